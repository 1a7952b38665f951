// Search on every page, as `smtpreply.catalog.search` does it: the codes in the query first, then
// what its words mean by the synonyms, then the entries that have the words. No network, no
// library: the index of the language is a script beside the pages, loaded when somebody types.
"use strict";
(() => {
  const input = document.getElementById("query");
  const results = document.getElementById("results");
  const count = document.getElementById("count");
  const forms = JSON.parse(count.dataset.forms);
  const plural = new Intl.PluralRules(document.documentElement.lang);
  const folder = input.dataset.folder;
  const STATUS = /(?:^|[^0-9.A-Za-z])([245Xx]\.[0-9]{1,3}\.[0-9]{1,3})(?=[^0-9.A-Za-z]|\.(?:[^0-9]|$)|$)/g;
  const REPLY_CODE = /(?:^|[\s(:,;/])([1-5][0-9]{2})(?=[\s),;:/-]|$)/g;
  const WORD = /[0-9x]+(?:\.[0-9]+)+|[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)*/gu;
  // Chinese and Japanese have no spaces between words.
  const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff]/;
  const NAMED = 1000, MEANT = 100, STEP = 10, SHORTEST_STEM = 4, MOST = 30;
  let byKey = null;

  const load = () => {
    if (load.begun) return;
    load.begun = true;
    const script = document.createElement("script");
    script.src = `${folder}search-index.js`;
    script.addEventListener("load", () => {
      byKey = new Map();
      for (const row of window.SMTP_INDEX.rows) if (!byKey.has(row[0])) byKey.set(row[0], row);
      show();
    });
    document.head.append(script);
  };

  const numbers = (status) => status.split(".").map((part) => part === "X" ? 0 : Number(part));
  const compare = (one, other) => {
    const [a, b] = [numbers(one), numbers(other)];
    return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  };

  const rowOfStatus = (status) => {
    const range = window.SMTP_INDEX.ranges.find(
      ([first, last]) => compare(first, status) <= 0 && compare(status, last) <= 0);
    return byKey.get(status) || (range && byKey.get(range[2])) || byKey.get(`X${status.slice(1)}`);
  };

  const named = (query) => {
    const statuses = [...query.matchAll(STATUS)].map((found) => rowOfStatus(found[1].toUpperCase()));
    const codes = [...query.matchAll(REPLY_CODE)].map((found) => byKey.get(found[1]));
    const vague = (row) => row && row[0].endsWith(".0");
    return [...new Set([
      ...statuses.filter((row) => row && !vague(row)), ...codes.filter(Boolean), ...statuses.filter(vague),
    ])];
  };

  const begins = (word, start) => UNSPACED.test(start) ? word.includes(start) : word.startsWith(start);

  const meant = (words) => {
    const fits = ([phrase]) => phrase.every((start) => words.some((word) => begins(word, start)));
    const fitting = window.SMTP_INDEX.synonyms.filter(fits).sort((a, b) => b[0].length - a[0].length);
    return [...new Set(fitting.flatMap(([, keys]) => keys))];
  };

  const stem = (word) => {
    const ending = window.SMTP_INDEX.endings.find(
      (end) => word.endsWith(end) && word.length - end.length >= SHORTEST_STEM);
    return ending ? word.slice(0, word.length - ending.length) : word;
  };

  const scoreWord = (word, [key, title, , words]) => {
    if (key.toLowerCase() === word) return 40;
    const start = UNSPACED.test(word) ? word : ` ${stem(word)}`;
    if (` ${title.toLowerCase()}`.includes(start)) return 10;
    return ` ${words}`.includes(start) ? 2 : 0;
  };

  const rank = (query) => {
    const words = query.toLowerCase().match(WORD) || [];
    const codes = named(query);
    const meanings = meant(words).map((key) => byKey.get(key));
    const score = (row) => {
      let sum = words.reduce((total, word) => total + scoreWord(word, row), 0);
      const code = codes.indexOf(row), meaning = meanings.indexOf(row);
      if (code >= 0) sum += NAMED * (codes.length - code);
      if (meaning >= 0) sum += MEANT - STEP * meaning;
      return sum;
    };
    return window.SMTP_INDEX.rows.map((row) => [score(row), row])
      .filter(([points]) => points > 0)
      .sort((one, other) => other[0] - one[0])
      .map(([, row]) => row);
  };

  // Two codes in a query ask for their comparison: within a class of reply codes every pair has a
  // page, two enhanced codes have their own or that of their details.
  const pairOf = (query) => {
    const codes = [...new Set([...query.matchAll(REPLY_CODE)].map((found) => found[1]))].sort();
    const statuses = [...new Set([...query.matchAll(STATUS)].map((found) => found[1].toUpperCase()))].sort(compare);
    const exists = (pair) => window.SMTP_INDEX.pairs.includes(pair.join("/"));
    if (codes.length === 2 && statuses.length === 0 && codes.every((code) => byKey.has(code))) {
      return codes[0][0] === codes[1][0] || exists(codes) ? codes : null;
    }
    if (statuses.length !== 2 || codes.length > 0) return null;
    const details = statuses.map((status) => `X${status.slice(1)}`);
    if (exists(statuses)) return statuses;
    return statuses[0][0] === statuses[1][0] && exists(details) ? details : null;
  };

  const comparison = (query) => {
    const pair = pairOf(query);
    if (!pair) return [];
    const title = input.dataset.compare.replace("{a}", pair[0]).replace("{b}", pair[1]);
    return [[pair.join(" / "), title, `compare/${pair.join("-vs-").toLowerCase()}.html`]];
  };

  const show = () => {
    const query = input.value.trim();
    results.replaceChildren();
    count.textContent = "";
    if (!query || !byKey) return;
    const hits = [...comparison(query), ...rank(query)];
    const form = forms[plural.select(hits.length)] || forms.other;
    count.textContent = hits.length ? form.replace("{count}", hits.length) : count.dataset.nothing;
    for (const [key, title, address] of hits.slice(0, MOST)) {
      const link = document.createElement("a");
      link.href = folder + address;
      const code = document.createElement("b");
      code.textContent = key;
      link.append(code, " ", title);
      const item = document.createElement("li");
      item.append(link);
      results.append(item);
    }
  };

  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    const first = results.querySelector("a");
    if (first) first.click();
  });
  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) { input.value = asked; load(); }
})();
