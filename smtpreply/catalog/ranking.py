"""Full-text search over the catalog, with ranking."""

from __future__ import annotations

import bisect
import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import attrs

from smtpreply._support import data
from smtpreply.catalog.entries import Entry, KeywordEntry, ReplyCodeEntry, StatusEntry
from smtpreply.catalog.finder import everything
from smtpreply.catalog.text import FALLBACK, resolve

_WORD = re.compile(r"[0-9X]+(?:\.[0-9]+)+|[^\W_]+(?:-[^\W_]+)*")

# The weight of a word by the field that it is in: a title names the subject, an example only
# quotes a reply.
_KEY, _TITLE, _OFFICIAL, _WHEN, _PROSE, _EXAMPLE = 40.0, 10.0, 6.0, 3.0, 2.0, 2.0
# A word of the query that only begins a word of the text ("greylist" in "greylisting") counts less.
_PREFIX = 0.7


@attrs.frozen
class Hit:
    """A search result: an entry and its score; higher is better."""

    entry: Entry
    score: float


def search(query: str, *, limit: int = 20, language: str = FALLBACK) -> list[Hit]:
    """Return the entries that contain the words of `query`, the best first.

    Args:
        query: words in any language of the catalog, codes, keywords.
        limit: how many at the most.
        language: whose translation is searched beside the English text, and given.

    >>> [hit.entry.key for hit in search("greylisting", limit=2)]
    ['450', '451']
    """
    index = _index(resolve(language))
    words = _words(query)
    scores: dict[int, float] = defaultdict(float)
    for word in words:
        for number, weight in index.find(word).items():
            scores[number] += weight
    ranked = sorted(scores, key=lambda number: (-scores[number], number))
    return [Hit(index.entries[number], scores[number]) for number in ranked[:limit]]


class _Index:
    """An inverted index: for each word, the entries that have it and its best weight in each."""

    def __init__(self, entries: tuple[Entry, ...], tables: Sequence[data.Table]) -> None:
        self.entries = entries
        self._tables = tables
        self._words = sorted({word for table in tables for word in table})
        self._count = len(entries)

    def find(self, word: str) -> dict[int, float]:
        """Return the weight of a word in each entry that has it, or a word that begins with it."""
        found: dict[int, float] = {}
        for known in self._beginning_with(word):
            factor = 1.0 if known == word else _PREFIX
            postings = self._postings(known)
            # A frequent word ("message", "server") says less about an entry than a rare one.
            rarity = 1.0 - 0.8 * len(postings) / self._count
            for number, weight in postings.items():
                found[number] = max(found.get(number, 0.0), weight * factor * rarity)
        return found

    def _postings(self, word: str) -> dict[int, float]:
        weights: dict[int, float] = {}
        for table in self._tables:
            for number, weight in table.get(word, ()):
                weights[number] = max(weights.get(number, 0.0), weight)
        return weights

    def _beginning_with(self, word: str) -> Iterator[str]:
        start = bisect.bisect_left(self._words, word)
        for position in range(start, len(self._words)):
            if not self._words[position].startswith(word):
                return
            if len(word) > 2 or self._words[position] == word:
                yield self._words[position]


def _fields(entry: Entry) -> Iterator[tuple[float, str]]:
    yield _KEY, entry.key
    yield _TITLE, entry.title
    yield _PROSE, entry.description
    if isinstance(entry, ReplyCodeEntry):
        yield _OFFICIAL, entry.official_text or ""
        yield _WHEN, entry.when
        yield from ((_PROSE, meaning.text) for meaning in entry.meanings)
        yield from ((_PROSE, meaning.text) for meaning in entry.wild)
        yield from ((_EXAMPLE, example.text) for example in entry.examples)
    elif isinstance(entry, StatusEntry):
        yield _OFFICIAL, entry.official_text or ""
        yield _WHEN, entry.when
        yield from ((_PROSE, f"{row.provider} {row.code} {row.text}") for row in entry.providers)
    elif isinstance(entry, KeywordEntry):
        yield _WHEN, entry.when
        yield _PROSE, entry.use


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


@functools.cache
def _index(language: str) -> _Index:
    tables = [postings(tongue) for tongue in dict.fromkeys([FALLBACK, language])]
    return _Index(everything(language=language), tables)


@data.derived("catalog/data/search/{}")
def postings(language: str) -> data.Table:
    """Return by each word the entries that have it, as pairs of number in `everything` and weight.

    In a language other than English, those of translated entries only.
    """
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    pairs = zip(everything(language=language), everything(language=FALLBACK), strict=True)
    for number, (entry, english) in enumerate(pairs):
        if entry == english and language != FALLBACK:
            continue
        for weight, text in _fields(entry):
            for word in _words(text):
                known = weights[word]
                known[number] = max(known.get(number, 0.0), weight)
    return {word: list(known.items()) for word, known in weights.items()}
