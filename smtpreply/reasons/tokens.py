"""The variable parts of a text: URLs, addresses, hosts, times, ids and numbers.

One scanner for all who look for them: `hints` collects them, `template` masks them. A text is cut
into runs of characters that no space and no bracket or quote parts, each run is looked at once,
so that all is linear.
"""

from __future__ import annotations

import enum
import functools
import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from smtpreply._support import regex as re


class Kind(enum.StrEnum):
    """The kind of a variable part; the value is its placeholder in a template."""

    URL = "<url>"
    ADDRESS = "<address>"
    IP = "<ip>"
    HOST = "<host>"
    TIME = "<time>"
    ID = "<id>"
    NUMBER = "<number>"


class Token(NamedTuple):
    """A variable part, and where it is."""

    kind: Kind
    text: str
    start: int
    end: int


_Span = tuple[Kind, int, int]
"""A variable part of a run: its kind, its start and its end."""

_LONGEST_KNOWN = 100
_PARTS_RUNS = r"""\s<>()\[\]{}"'`,;|"""
# Plain words are passed over, since no variable part is one.
_RUN = re.compile(rf"(?:[A-Za-z]*+[{_PARTS_RUNS}]++)*+([^{_PARTS_RUNS}]*+)")
_EDGE = ".:!?*#=-_"
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_TOP_LEVEL = re.compile(r"(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59}|[A-Z]{2,24})")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T_][0-9:.]{5,15}(?:Z|[+-][0-9:]{4,6})?)?"
    r"|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}"
)
_STATUS = re.compile(r"#?[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*%?")
_SHORT = 7  # a word of fewer characters, digits among them, is a code of the provider ("TSS04")
# What precedes a part of a run: "to:bob@example.com", "client=192.0.2.1", "host/192.0.2.1".
_PARTING = re.compile(r"[:=/]")


def tokens(text: str) -> Iterator[Token]:
    """Yield the variable parts of a text, in their order.

    >>> [(t.kind.name, t.text) for t in tokens("<bob@example.com>: see https://example.org/a?b, 5")]
    [('ADDRESS', 'bob@example.com'), ('URL', 'https://example.org/a?b'), ('NUMBER', '5')]
    """
    for match in _RUN.finditer(text):
        run = match[1]
        found = _in_run(run) if len(run) <= _LONGEST_KNOWN else _in_run.__wrapped__(run)
        for kind, start, end in found:
            at = match.start(1)
            yield Token(kind, run[start:end], at + start, at + end)


@functools.lru_cache(maxsize=2)  # of one text they are asked for several times in turn
def names_in(text: str) -> tuple[tuple[int, int], ...]:
    """Return where host names and URLs are in a text: their words are no words of the server.

    >>> names_in("see https://example.com/user-unknown")
    ((4, 36),)
    """
    return tuple([(t.start, t.end) for t in tokens(text) if t.kind in (Kind.HOST, Kind.URL)])


def without_names(text: str) -> str:
    """Return a text with its host names and URLs blanked, all else at the same places.

    >>> without_names("at mx.example.com: full")
    'at               : full'
    """
    parts: list[str] = []
    at = 0
    for start, end in names_in(text):
        parts += text[at:start], " " * (end - start)
        at = end
    return "".join([*parts, text[at:]])


@functools.lru_cache(maxsize=8192)  # most words of a server's texts recur
def _in_run(run: str) -> tuple[_Span, ...]:
    """Return the variable parts of a run."""
    scheme = run.find("://")
    if scheme > 0:
        start = max(run.rfind(mark, 0, scheme) for mark in ":=/") + 1
        return ((Kind.URL, start, start + len(run[start:].rstrip(_EDGE))),)
    left = run.lstrip(_EDGE)
    at = len(run) - len(left)
    run = left.rstrip(_EDGE)
    kind = _kind(run)
    if kind in (None, Kind.ID) and _PARTING.search(run) and (parts := tuple(_in_parts(run, at))):
        return parts
    return () if kind is None else ((kind, at, at + len(run)),)


def _in_parts(run: str, at: int) -> Iterator[_Span]:
    start = 0
    for mark in (*_PARTING.finditer(run), None):
        part = run[start : mark.start() if mark else len(run)]
        bare = part.strip(_EDGE)
        kind = _kind(bare) if bare else None
        if kind is not None:
            first = at + start + part.index(bare)
            yield kind, first, first + len(bare)
        start = mark.end() if mark else 0


def _kind(run: str) -> Kind | None:
    if not run or run.isalpha():
        return None
    if "@" in run:
        return _of_address(run)
    if _TIME.fullmatch(run):
        return Kind.TIME
    if _is_ip(run):
        return Kind.IP
    if _STATUS.fullmatch(run):
        return None
    if _is_host(run):
        return Kind.HOST
    if _NUMBER.fullmatch(run):
        return Kind.NUMBER
    return Kind.ID if _is_id(run) else None


def _of_address(run: str) -> Kind | None:
    local, _, domain = run.rpartition("@")
    plain = local and "@" not in local and not any(mark in local for mark in ":/")
    return Kind.ADDRESS if plain and all(map(_LABEL.fullmatch, domain.split("."))) else None


def _is_ip(run: str) -> bool:
    if not 2 <= len(run) <= 45 or not (run.count(".") == 3 or run.count(":") >= 2):
        return False
    try:
        ipaddress.ip_address(run.removeprefix("IPv6:"))
    except ValueError:
        return False
    return True


def _is_host(run: str) -> bool:
    if len(run) > 253 or "." not in run:
        return False
    *labels, top = run.split(".")
    # "exist.Please" is two words without a space between them.
    return bool(_TOP_LEVEL.fullmatch(top)) and all(map(_LABEL.fullmatch, labels))


def _is_id(run: str) -> bool:
    """Return generated words among written ones: digits in a long word without a space."""
    return len(run) >= _SHORT and any(c.isdigit() for c in run) and "://" not in run
