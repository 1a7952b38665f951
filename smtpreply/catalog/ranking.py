"""Full-text search over the catalog, with ranking.

A query is a code, some words, or a whole pasted reply. The codes in it come first, then what the
words mean by the table of synonyms, then the entries whose text has the words.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import attrs

from smtpreply._support import data
from smtpreply.catalog.entries import Entry, KeywordEntry, ReplyCodeEntry, Standing, StatusEntry
from smtpreply.catalog.finder import UnknownEntryError, everything, lookup
from smtpreply.catalog.tables import read
from smtpreply.catalog.text import FALLBACK, Text, resolve

_WORD = re.compile(r"[0-9X]+(?:\.[0-9]+)+|[^\W_]+(?:-[^\W_]+)*")

# Chinese and Japanese have no spaces between words, so a query is looked for anywhere in a text.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff]")

# A status in a pasted reply, but no part of an IP address or of a version.
_STATUS = re.compile(
    r"(?:^|[^0-9.A-Za-z])([245Xx]\.[0-9]{1,3}\.[0-9]{1,3})(?=[^0-9.A-Za-z]|\.(?:[^0-9]|$)|$)"
)
_REPLY_CODE = re.compile(r"(?:^|[\s(:,;/])([1-5][0-9]{2})(?=[\s),;:/-]|$)")

# A query's word is looked up without its ending: "greylisted" finds "greylisting". The stem keeps
# four letters.
_SHORTEST_STEM = 4

# The weight of a word by the field that it is in: a title names the subject, an example only
# quotes a reply.
_KEY, _TITLE, _OFFICIAL, _WHEN, _PROSE, _EXAMPLE = 40.0, 10.0, 6.0, 3.0, 2.0, 2.0
# A word of the query that only begins a word of the text ("greylist" in "greylisting") counts less.
_PREFIX = 0.7
# Codes that are in the query go before everything, and what synonyms mean before plain words.
_NAMED, _MEANT, _STEP = 1000.0, 100.0, 10.0


@attrs.frozen
class Hit:
    """A search result: an entry and its score; higher is better.

    >>> [hit] = search("greylisting", limit=1)
    >>> hit.entry.key, hit.score > 0
    ('450', True)
    """

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
    >>> [hit.entry.key for hit in search("550 5.1.1 User unknown", limit=2)]
    ['X.1.1', '550']
    """
    tongue = resolve(language)
    index = _index(tongue)
    scores: dict[int, float] = defaultdict(float)
    for word in _words(query):
        for number, weight in index.find(word).items():
            scores[number] += weight
    for rank, key in enumerate(_meant(query)):
        scores[index.numbers[key]] += _MEANT - _STEP * rank
    named = _named(query, tongue)
    for rank, entry in enumerate(named):
        if entry.key in index.numbers:
            scores[index.numbers[entry.key]] += _NAMED * (len(named) - rank)
    unlisted = [
        Hit(entry, _NAMED * (len(named) - rank))
        for rank, entry in enumerate(named)
        if entry.key not in index.numbers
    ]
    listed = [Hit(index.entries[number], score) for number, score in scores.items()]
    # Equal scores keep the order of the catalog: `scores` would give that of the words.
    listed.sort(key=lambda hit: index.numbers[hit.entry.key])
    return sorted([*unlisted, *listed], key=lambda hit: -hit.score)[:limit]


def _named(query: str, language: str) -> list[Entry]:
    """Return the entries of the codes in a query, the most specific first.

    An enhanced status says more than the reply code beside it, unless its detail is 0 ("other").
    """
    statuses = [_page_of(key.upper(), language) for key in _STATUS.findall(query)]
    codes = []
    for key in dict.fromkeys(_REPLY_CODE.findall(query)):
        entry = _page_of(key, language)
        # A number among words is a code only if the catalog has it: "port 587" names none.
        if entry is not None and (
            entry.standing is not Standing.UNREGISTERED or query.strip() == key
        ):
            codes.append(entry)
    telling = [entry for entry in statuses if entry is not None and not entry.key.endswith(".0")]
    vague = [entry for entry in statuses if entry is not None and entry.key.endswith(".0")]
    return list({entry.key: entry for entry in (*telling, *codes, *vague)}.values())


def _page_of(key: str, language: str) -> Entry | None:
    """Return the entry that has a page: for a registered detail, the one of no class."""
    for candidate in (key, f"X{key[1:]}"):
        try:
            entry = lookup(candidate, language=language)
        except UnknownEntryError:
            continue
        if candidate == key and isinstance(entry, StatusEntry) and entry.classes:
            continue
        return entry
    return None


def _meant(query: str) -> list[str]:
    """Return the keys that the synonyms in a query mean, the longest phrase's first."""
    words = _words(query)
    fitting = [
        (len(phrase), keys) for phrase, keys in synonyms() if all(_begins(words, w) for w in phrase)
    ]
    fitting.sort(key=lambda row: -row[0])
    return list(dict.fromkeys(key for _, keys in fitting for key in keys))


def _begins(words: list[str], start: str) -> bool:
    if _UNSPACED.search(start):
        return any(start in word for word in words)
    return any(word.startswith(start) for word in words)


def _beginnings(word: str) -> Iterator[str]:
    """Yield the strings by whose beginning a word is found: itself, and its ends if unspaced."""
    yield word
    if _UNSPACED.search(word):
        yield from (word[start:] for start in range(1, len(word)))


@functools.cache
def synonyms() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Return the phrases that people search by, each as words, with the keys that they mean."""
    return tuple(
        (tuple(_words(phrase)), tuple(row["keys"]))
        for row in read("synonyms")["synonym"]
        for phrase in row["phrases"]
    )


@functools.cache
def _endings() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(endings())})$")


def endings() -> tuple[str, ...]:
    """Return the endings that a word of a query may have in excess, the longest first."""
    return tuple(read("synonyms")["endings"])


class _Index:
    """An inverted index: for each word, the entries that have it and its best weight in each."""

    def __init__(self, entries: tuple[Entry, ...], tables: Sequence[data.Table]) -> None:
        self.entries = entries
        self._tables = tables
        self._words = sorted({word for table in tables for word in table})
        self.numbers: dict[str, int] = {}
        for number, entry in enumerate(entries):
            self.numbers.setdefault(entry.key, number)
        self._count = len(entries)

    def find(self, word: str) -> dict[int, float]:
        """Return the weight of a word in each entry that has it, or a word that begins with it."""
        found: dict[int, float] = {}
        stem = _endings().sub("", word)
        start = stem if len(stem) >= _SHORTEST_STEM else word
        for known in self._beginning_with(start):
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
            if len(word) > 2 or self._words[position] == word or _UNSPACED.search(word):
                yield self._words[position]


def _fields(entry: Entry) -> Iterator[tuple[float, str]]:
    yield _KEY, entry.key
    yield _TITLE, entry.title
    yield _PROSE, entry.description
    yield from ((_EXAMPLE, check.command) for check in entry.practice.checks)
    yield from ((_EXAMPLE, names) for _, names in entry.practice.settings)
    if isinstance(entry, ReplyCodeEntry):
        yield _OFFICIAL, entry.official_text or ""
        yield _WHEN, entry.when
        yield from ((_PROSE, meaning.text) for meaning in entry.meanings)
        yield from ((_PROSE, meaning.text) for meaning in entry.wild)
        yield from ((_EXAMPLE, example.text) for example in entry.examples)
    elif isinstance(entry, StatusEntry):
        yield _OFFICIAL, entry.official_text or ""
        yield _WHEN, entry.when
        yield from ((_PROSE, f"{row.provider} {row.code}") for row in entry.providers)
        yield from ((_PROSE, row.text) for row in entry.providers)
    elif isinstance(entry, KeywordEntry):
        yield _WHEN, entry.when
        yield _PROSE, entry.use


def searched_words(entry: Entry) -> Iterator[str]:
    """Yield the words by which an entry is found, as the search compares them."""
    for _, text in _fields(entry):
        yield from _words(text)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


@functools.cache
def _index(language: str) -> _Index:
    tables = [postings(tongue) for tongue in dict.fromkeys([FALLBACK, language])]
    return _Index(everything(language=language), tables)


@data.derived("catalog/data/search/{}")
def postings(language: str) -> data.Table:
    """Return by each word the entries that have it, as pairs of number in `everything` and weight.

    In a language other than English, those of translated texts only: the index has both.
    """
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    for number, entry in enumerate(everything(language=language)):
        for weight, text in _fields(entry):
            if language != FALLBACK and not (isinstance(text, Text) and text.language == language):
                continue
            for word in itertools.chain.from_iterable(map(_beginnings, _words(text))):
                known = weights[word]
                known[number] = max(known.get(number, 0.0), weight)
    return {word: list(known.items()) for word, known in weights.items()}
