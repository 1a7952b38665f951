"""The addresses of the site's pages, and which comparisons have one.

An address is relative to the folder of its language: "reply/550-mailbox-unavailable.html".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache, partial

from smtpreply.catalog import (
    CommandEntry,
    Entry,
    KeywordEntry,
    MechanismEntry,
    ReplyCodeEntry,
    StatusEntry,
    UnknownEntryError,
    codes,
    everything,
    lookup,
    statuses,
)
from smtpreply.catalog.comparison import CodeEntry, compare_entries, written_pairs

FOLDERS: dict[type[Entry], str] = {
    ReplyCodeEntry: "reply",
    StatusEntry: "status",
    KeywordEntry: "keyword",
    MechanismEntry: "mechanism",
    CommandEntry: "command",
}
COMPARE = "compare"


@cache
def pairs() -> tuple[tuple[str, str], ...]:
    """Return the comparisons with a page, as pairs of keys, the lower first.

    They are those within a family of reply codes, those of each code with its related ones, and
    those that have a sentence written by hand.
    """
    wanted = {*written_pairs()}
    for _, family in itertools.groupby(codes(), key=lambda entry: entry.code // 100):
        wanted.update(itertools.combinations([entry.key for entry in family], 2))
    entries: tuple[CodeEntry, ...] = (*codes(), *statuses())
    for entry in entries:
        others = (lookup(key) for key in entry.related)
        wanted |= {_in_order(entry, other) for other in others if isinstance(other, CodeEntry)}
    return tuple(sorted(wanted))


def address(entry: Entry) -> str:
    """Return the address of an entry's page."""
    return f"{FOLDERS[type(entry)]}/{entry.slug}.html"


def comparison_address(first: str, second: str) -> str:
    """Return the address of the page of a pair in `pairs`."""
    return f"{COMPARE}/{first.lower()}-vs-{second.lower()}.html"


def resolve(key: str) -> str | None:
    """Return the address of a key ("550", "5.1.1", "RCPT") or of a pair ("214/235"), if any.

    A concrete status has the page of its detail, a pair of them that of the pair of their details,
    and a name with two meanings has the page of the keyword.
    """
    found = _addresses().get(key)
    return found or _addresses().get("/".join(map(page_key, key.split("/"))))


@cache
def partners() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return, for the key of each page, the comparisons of its code: related ones first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs():
        for key in dict.fromkeys(map(page_key, pair)):
            found.setdefault(key, []).append(pair)
    return {key: tuple(sorted(rows, key=partial(_rank, key))) for key, rows in found.items()}


def _rank(key: str, pair: tuple[str, str]) -> tuple[bool, int]:
    """Return how near a comparison is to one of its codes: written by hand, then related."""
    other = pair[1] if page_key(pair[0]) == key else pair[0]
    related = _related().get(key, ())
    return pair not in written_pairs(), related.index(other) if other in related else len(related)


@cache
def _related() -> dict[str, tuple[str, ...]]:
    return {entry.key: entry.related for entry in (*codes(), *statuses())}


@cache
def page_key(key: str) -> str:
    """Return the key of the page on which a code is described: that of X.7.1 for "4.7.1"."""
    try:
        entry = lookup(key)
    except UnknownEntryError:
        return key
    if isinstance(entry, StatusEntry) and entry.classes and entry.status is not None:
        return f"X{key[1:]}"
    return key


@cache
def _addresses() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in everything():
        found.setdefault(entry.key, address(entry))
    for first, second in pairs():
        found[f"{first}/{second}"] = found[f"{second}/{first}"] = comparison_address(first, second)
    return found


def _in_order(first: CodeEntry, second: CodeEntry) -> tuple[str, str]:
    comparison = compare_entries(first, second)
    return comparison.first.key, comparison.second.key


def within_families() -> Iterator[tuple[str, str]]:
    """Yield the pairs of reply codes of one class, whose pages a script can address by itself."""
    for _, family in itertools.groupby(codes(), key=lambda entry: entry.code // 100):
        yield from itertools.combinations([entry.key for entry in family], 2)
