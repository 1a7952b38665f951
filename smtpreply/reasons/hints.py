"""Hints in a text besides its reason: how long to wait; addresses, hosts and URLs."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from smtpreply._support import data
from smtpreply.reasons.normalize import LONGEST
from smtpreply.reasons.tokens import Kind, tokens

_LONGEST_PAUSE = timedelta(days=30)
# "1,500" is one thousand five hundred, "1.5" and "1,5" have decimals, and "1.500" may be either.
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+")
_NUMBER = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?")
# Clock times as durations: "Greylisted, please try again in 00:04:59".
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")
_BEFORE, _BEHIND = 10, 3


def urls(text: str) -> tuple[str, ...]:
    """Return the URLs in a text, in their order, each once.

    >>> urls("550 see https://example.com/blocked?ip=192.0.2.1.")
    ('https://example.com/blocked?ip=192.0.2.1',)
    """
    return _of_kind(text, Kind.URL)


def addresses(text: str) -> tuple[str, ...]:
    """Return the mail addresses in a text, in their order, each once."""
    return _of_kind(text, Kind.ADDRESS)


def ips(text: str) -> tuple[str, ...]:
    """Return the IP addresses in a text, in their order, each once."""
    return tuple(dict.fromkeys(each_ip(text)))


def each_ip(text: str) -> Iterator[str]:
    """Return the IP addresses in a text as they come, for those who need but the first."""
    return (ip.removeprefix("IPv6:") for ip in _each(text, Kind.IP))


def hostnames(text: str) -> tuple[str, ...]:
    """Return the host and domain names that are by themselves, in their order, each once."""
    return _of_kind(text, Kind.HOST)


def each_hostname(text: str) -> Iterator[str]:
    """Return what `hostnames` gives, as they come."""
    return _each(text, Kind.HOST)


def _of_kind(text: str, kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_each(text, kind)))


def _each(text: str, kind: Kind) -> Iterator[str]:
    return (token.text for token in tokens(text[:LONGEST]) if token.kind is kind)


# --- how long to wait ---


class _Vocabulary(NamedTuple):
    cues: frozenset[str]
    units: dict[str, timedelta]
    numbers: dict[str, int]


@functools.cache
def _word() -> re.Pattern[str]:
    # Compiled when a text is first read: ideographs take 2 ms, a tenth of what our modules take.
    return re.compile(
        r"[0-9]{1,2}(?::[0-5][0-9]){1,2}|[0-9]+(?:[.,][0-9]+)*|[\u3400-\u9fff\uac00-\ud7af]+"
        r"|[^\W\d_]+"
    )


@functools.cache
def _vocabulary() -> _Vocabulary:
    tables = data.read("reasons/data/durations")
    units = {
        word: timedelta(**{f"{unit}s": 1})
        for unit, words in tables["units"].items()
        for word in words
    }
    numbers = {word: int(n) for n, words in tables["numbers"].items() for word in words}
    return _Vocabulary(frozenset(tables["cues"]), units, numbers)


def waiting_words() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the units, the numbers that are words, and the cues by which `retry_after` goes."""
    known = _vocabulary()
    return frozenset(known.units), frozenset(known.numbers), known.cues


def retry_after(text: str) -> timedelta | None:
    """Return how long a text asks to wait; None where it names no time.

    >>> retry_after("451 4.7.1 Greylisted for 300 seconds").total_seconds()
    300.0
    >>> retry_after("450 try again in an hour").total_seconds()
    3600.0
    """
    words = _word().findall(text[:LONGEST].lower())
    cues, units, _ = _vocabulary()
    for at, word in enumerate(words):
        if ":" not in word and (at + 1 == len(words) or words[at + 1] not in units):
            continue
        pause = _clock(word) or _counted(words, at)
        if pause is None or not timedelta(0) < pause <= _LONGEST_PAUSE:
            continue
        near = (*words[max(0, at - _BEFORE) : at], *words[at + 2 : at + 2 + _BEHIND])
        if not cues.isdisjoint(near):
            return pause
    return None


def _clock(word: str) -> timedelta | None:
    match = _CLOCK.fullmatch(word)
    if match is None:
        return None
    first, second, third = match.groups()
    if third is None:
        return timedelta(minutes=int(first), seconds=int(second))
    return timedelta(hours=int(first), minutes=int(second), seconds=int(third))


def _counted(words: list[str], at: int) -> timedelta | None:
    """Read a number and its unit, such as "5 minutes" or "an hour"."""
    known = _vocabulary()
    if at + 1 == len(words):
        return None
    unit = known.units.get(words[at + 1])
    if unit is None:
        return None
    number = _number(words[at]) if words[at][0].isdecimal() else known.numbers.get(words[at])
    if number is None or number > _LONGEST_PAUSE / unit:
        return None
    return number * unit


def _number(word: str) -> float | None:
    """Return a written number, whole or with decimals; None where it is too long or ambiguous."""
    if _GROUPED.fullmatch(word):
        word = word.replace(",", "")
    return float(word.replace(",", ".")) if _NUMBER.fullmatch(word) else None
