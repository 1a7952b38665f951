// Search in the page: no network, no library. Each row of the index is [key, title, address, words].
"use strict";
(() => {
  const input = document.getElementById("query");
  const results = document.getElementById("results");
  const count = document.getElementById("count");
  const forms = JSON.parse(count.dataset.forms);
  const plural = new Intl.PluralRules(document.documentElement.lang);

  const scoreWord = (word, [key, title, , words]) => {
    if (key.toLowerCase() === word) return 100;
    if (key.toLowerCase().startsWith(word)) return 40;
    if (title.toLowerCase().split(/[^\p{L}\p{N}.-]+/u).some((part) => part.startsWith(word))) return 10;
    return words.includes(word) ? 2 : 0;
  };

  const score = (queried, row) => {
    let sum = 0;
    for (const word of queried) {
      const found = scoreWord(word, row);
      if (!found) return 0;
      sum += found;
    }
    return sum;
  };

  const show = () => {
    const queried = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    results.replaceChildren();
    count.textContent = "";
    if (!queried.length) return;
    const hits = window.SMTP_INDEX.map((row) => [score(queried, row), row])
      .filter(([points]) => points > 0)
      .sort((one, other) => other[0] - one[0]);
    const form = forms[plural.select(hits.length)] || forms.other;
    count.textContent = hits.length ? form.replace("{count}", hits.length) : count.dataset.nothing;
    for (const [, [key, title, address]] of hits.slice(0, 30)) {
      const link = document.createElement("a");
      link.href = address;
      const code = document.createElement("b");
      code.textContent = key;
      link.append(code, " ", title);
      const item = document.createElement("li");
      item.append(link);
      results.append(item);
    }
  };

  input.addEventListener("input", show);
  show();
})();
