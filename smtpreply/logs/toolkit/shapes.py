"""Patterns that run over whole blocks of lines, made of a grammar's productions.

A production names its fields, as in ``delay=(?P<delay>[0-9.]+)``. The exact reader captures all of
them. A pattern that runs over a block captures few, since each group costs it as much as ten
characters; and it has the prefix that the lines of this block have, not any that there may be.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from smtpreply._support import regex as re
from smtpreply.logs.input.clock import (
    DATE,
    DAY_AND_HOUR,
    FRACTION,
    ISO_STAMP,
    MINUTES,
    MONTH,
    OFFSET,
    VALID_MINUTES,
    VALID_OFFSET,
)
from smtpreply.logs.input.syslog import NO_HOST, PROGRAM_NAME

OTHER = r".*+\n"
"""Any line."""

# Where nothing is odd, as a bracket is: what a filter was told by the server after it may be there,
# "from MTA(...)", and at the end what looks like a status, "(#2.1.0)".
SUCCESS_HEAD = r"(?P<head>2[0-9][0-9] (?:2\.[0-9]\.[0-9] |(?=[A-Za-z])))"
"""What counts of the text of a success: the code and the enhanced status."""
SUCCESS_LAST = r"[^()\] \t]"
"""The last character of such a text."""

_NAMED = re.compile(r"\(\?P<([a-z_]+)>")
# An escape; any set; a set of all characters but several, that repeats possessively.
_REPEATED_SET = re.compile(
    r"\\.|(?P<set>\[\^(?:\\.|[^\]\\]){2,}\])(?P<times>\*\+|\+\+|\{[0-9]+,[0-9]+\}\+)|\[(?:\\.|[^\]\\])+\]",
    re.DOTALL,
)
_MOST_LATIN = 0xFF

# RFC 3339 has a "T"; after a space, a host may also be an id of Exim.
_MINUTE = VALID_MINUTES[: len(VALID_MINUTES) // 2]  # or the second: they are alike
_ISO_HOUR = rf"{DATE}T[0-9][0-9]"
# Printable ASCII without brackets, and no colon at the end: that would be a program's.
_HOST = rf"(?!{NO_HOST}|{DATE}T|{{)" r"[!-Z\\^-~]{1,255}+(?<!:)"
# Without a host, a header is one beyond doubt where it has a process id.
TAGGED = rf"(?={PROGRAM_NAME}\[[0-9]{{1,10}}+\]: )"
"""A pattern of the place before a program and its process id."""
_ISO_STAMP = rf"(?P<stamp>(?P<hour>{_ISO_HOUR}){MINUTES}{FRACTION})"
_STAMPS = rf"(?:({MONTH}){DAY_AND_HOUR}{MINUTES}|{ISO_STAMP})"
# RFC 3164 4.1.2 has two characters for a day, and most programs write them.
_PADDED_DAY_AND_HOUR = r" [ 0-9][0-9] [0-9][0-9]"
_PADDED = re.compile(rf"{MONTH}{_PADDED_DAY_AND_HOUR}:")
_SAMPLE = 8
_MOST_WORDS = 3
_LONGEST_PREFIX = 300
_PROGRAM = 3  # the group that `SyslogPrefix` has for it


class Prefix(NamedTuple):
    """The common beginning of lines.

    Attributes:
        head: a pattern of the stamp and the host, with the fields ``stamp``, of it ``hour``, and
            ``host``, which are empty where lines have none.
        program: a pattern of the beginning of the program's name.
    """

    head: str
    program: str


def capturing(pattern: str, fields: Collection[str] = ()) -> str:
    """Return a pattern whose named groups are plain groups for `fields`, and none for the others.

    >>> capturing("a=(?P<a>[0-9]+), b=(?P<b>[0-9]+)", ["b"])
    'a=(?:[0-9]+), b=([0-9]+)'
    """
    return _NAMED.sub(lambda group: "(" if group[1] in fields else "(?:", pattern)


def compiled(pattern: str, fields: Collection[str] = ()) -> re.Pattern[str]:
    """Return the pattern of a block's lines, with plain groups for `fields`; it is made faster.

    `re` takes three times as long to see that a character is none of several as that it is one of
    many. So a set of the first kind that repeats becomes one of Latin-1 characters of the second
    kind. In names and addresses, which hold no space, others are rare, and a line with such a one
    is not matched. In free text they are not: there, the set of the first kind stands behind the
    other one, which leaves it little to do.

    >>> found = compiled("<(?P<local>[^@<> ]++)@[^<>]++>", ["local"]).findall
    >>> found("<al@example.com> <@b> <ø@b> <猫@b> <al@猫>")
    ['al', 'ø', 'al']
    """
    return re.compile(_REPEATED_SET.sub(_with_latin_set, capturing(pattern, fields)))


def _with_latin_set(found: re.Match[str]) -> str:
    others, times = found["set"], found["times"]
    if others is None or (len(others) == len(r"[^\n]") and others[2] == "\\"):  # that is fast
        return found[0]
    latin = _latin_in(others)
    if " " in others or r"\s" in others:
        return f"{latin}{times}"
    if times == "*+":
        return f"{latin}*+{others}*+"
    if times == "++":
        return f"(?>{latin}++|{others}){others}*+"
    return f"(?>{latin}{times}(?!{others})|{others}{times})"


@functools.cache
def _latin_in(others: str) -> str:
    """Return a set of the Latin-1 characters in another set."""
    chars = "".join(map(chr, range(_MOST_LATIN + 1)))
    spans = [found[0] for found in re.finditer(f"{others}+", chars)]
    return f"[{''.join(f'{re.escape(span[0])}-{re.escape(span[-1])}' for span in spans)}]"


def lines_found(pattern: re.Pattern[str], block: str) -> list[str]:
    """Return the lines that the pattern of a block finds and whose beginning is its first group.

    Args:
        pattern: as its `findall` gives a row for each line, it need not capture all of it.
        block: whole lines, each with its line end.

    Returns:
        For each row a line, which is "" where the first group has not matched.
    """
    found = pattern.finditer(block)
    return [block[one.start(1) : one.end()] if one[1] is not None else "" for one in found]


def sample_of(block: str, count: int = _SAMPLE, *, longest: int = _LONGEST_PREFIX) -> list[str]:
    r"""Return the beginnings of some lines of a block, from all over it.

    Args:
        block: whole lines.
        count: how many of them at most.
        longest: how many characters of each.

    >>> sample_of("one\ntwo\nthree\n", 2)
    ['one', 'three']
    """
    starts = {
        block.find("\n", len(block) * number // count) + 1 if number else 0
        for number in range(count)
    }
    found = sorted(start for start in starts if start < len(block))
    ends = (block.find("\n", start, start + longest) for start in found)
    return [
        block[start : start + longest if end < 0 else end]
        for start, end in zip(found, ends, strict=True)
    ]


def with_a_time(head: str, *, by_minute: bool = False) -> str:
    """Return a pattern of the head of a line that only matches where the stamp is a time.

    Args:
        head: the pattern of any head, with the field ``hour``.
        by_minute: whether this field has the minute, too.

    >>> with_a_time("(?P<hour>[0-9][0-9]):[0-9][0-9]:[0-9][0-9]")
    '(?P<hour>[0-9][0-9]):[0-5][0-9]:[0-5][0-9]'
    >>> with_a_time("(?P<hour>[0-9][0-9]):[0-9][0-9]:[0-9][0-9]", by_minute=True)
    '(?P<hour>[0-9][0-9]:[0-5][0-9]):[0-5][0-9]'
    """
    head = head.replace(MINUTES, VALID_MINUTES).replace(OFFSET, VALID_OFFSET)
    return head.replace(f"){VALID_MINUTES}", f"{_MINUTE}){_MINUTE}") if by_minute else head


def ends_in(block: str, lines: str) -> bool:
    """Return whether the last lines of a block are these; there must be some."""
    is_end = bool(lines) and block.endswith(lines)
    return is_end and f"\n{block[-len(lines) - 1 :]}".endswith(f"\n{lines}")


class SyslogPrefix:
    """Common beginning of a program's lines, learnt from the blocks of a log in their order.

    It knows one form of stamp, or lines without a host, or without a stamp and a host. Where few
    hosts write, it knows these alone, and likewise months and programs: to look for one word is
    faster than to look for any.

    Args:
        program: a pattern of the beginning of the program's name.
        host: a pattern of the host's name.
    """

    def __init__(self, program: str, *, host: str = _HOST) -> None:
        self._program = program
        self._host = host
        self._of_line = re.compile(rf"(?:{_STAMPS} (?:({host}) |{TAGGED})|{TAGGED})({program})")
        self._hosts: set[str] = set()
        self._programs: set[str] = set()
        self._known: Prefix | None = None
        self._matches: Callable[[str], object] = self._of_line.match

    def of(self, block: str) -> Prefix:
        """Return the prefix for a block of whole lines; it is learnt anew if some have another."""
        lines = list(filter(self._of_line.match, sample_of(block)))
        if self._known is None or not all(map(self._matches, lines)):
            self._known = self._learnt(lines)
            self._matches = re.compile(capturing("".join(self._known))).match
        return self._known

    def _learnt(self, lines: list[str]) -> Prefix:
        matches = [match for match in map(self._of_line.match, lines) if match]
        found = [match.groups() for match in matches]
        months, hosts, programs = ({words[part] for words in found} for part in range(3))
        for known, new in ((self._hosts, hosts - {None}), (self._programs, programs)):
            if len(known) <= _MOST_WORDS:
                known.update(new)
        name = _any_of(self._programs, self._program)
        half = len(found) / 2
        if sum(match.start(_PROGRAM) == 0 for match in matches) > half:
            return Prefix(rf"(?P<stamp>(?P<hour>))(?P<host>){TAGGED}", name)
        stamp = _ISO_STAMP
        if sum(month is not None for month, _, _ in found) >= half:
            month = _any_of(filter(None, months), MONTH)
            hour = _PADDED_DAY_AND_HOUR if all(map(_PADDED.match, lines)) else DAY_AND_HOUR
            stamp = rf"(?P<stamp>(?P<hour>{month}{hour}){MINUTES})"
        if sum(host is None for _, host, _ in found) > half:
            return Prefix(rf"{stamp} (?P<host>){TAGGED}", name)
        return Prefix(rf"{stamp} (?P<host>{_any_of(self._hosts, self._host)}) ", name)


def _any_of(words: Iterable[str], otherwise: str) -> str:
    """Return a pattern of some words; the other pattern where they are none, or many."""
    known = sorted(words)
    return f"(?:{'|'.join(map(re.escape, known))})" if 0 < len(known) <= _MOST_WORDS else otherwise
