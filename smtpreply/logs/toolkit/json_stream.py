"""JSON objects over several lines: found as they end, and never more than one held in memory.

A file of events may be one array, printed prettily, of any size. So brackets and strings are
scanned line by line, and the text of one object is kept until it closes::

    document = object / "[" [object *("," object)] "]" / wrapper
    wrapper  = "{" ... carrier ":" "[" [object *("," object)] "]" ... "}"
    carrier  = %s"events" / %s"items" / %s"results" / ...    ; what APIs call their lists
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from smtpreply._support import regex as re
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.coverage import MOST_PROBLEMS
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit import notations

_STRING = r'"(?:[^"\\]++|\\.)*+"?'  # RFC 8259 7: no line end is in it
_TOKEN = re.compile(rf"{_STRING}|[{{}}\[\]]", re.DOTALL)
_LOOSE_TOKEN = lazy_pattern(f"(?s:{notations.TOKEN})")
_IN_A_ROW = re.compile(r"\}[ \t]*+\{")
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_BEGINS = re.compile(r'\s*(?:\[\s*(?:\{|\Z)|\{\s*(?:"|\Z))')

# Mailgun's events API; SparkPost's; Postmark's bounces; Mailtrap, Brevo and AWS; Mandrill; Amazon
# SQS as its command line shows it; and UniSender Go, which has lists in a list.
_CARRIERS = frozenset(
    (
        *("events", "items", "results", "Bounces", "Records", "mandrill_events", "Messages"),
        "events_by_user",
    )
)
_CARRIER_OF_LISTS, _CARRIER_IN_IT = "events_by_user", "events"

# The members that hold an event as a string, each with one that is beside it: CloudWatch's export;
# Amazon SQS, as Lambda and as its API have it; and what API Gateway hands to Lambda.
_IN_STRING = (
    ("message", "timestamp"),
    ("body", "receiptHandle"),
    ("Body", "ReceiptHandle"),
    ("body", "httpMethod"),
    ("body", "routeKey"),
)

_CARRYING = _CARRIERS.union(name for name, _ in _IN_STRING)
_MOST_CARRIERS = 4  # around each other
_LONGEST = 4 * 1024 * 1024  # characters of an object; an event has some thousands


def begins_objects(head: Sequence[str]) -> bool:
    """Check whether lines begin an object, or a list of them, that goes over several lines.

    >>> begins_objects(["[", "  {"]), begins_objects(['{"a": 1}']), begins_objects(["[NOTICE] a"])
    (True, False, False)
    """
    first = next((line for line in head if line and not line.isspace()), "")
    return _BEGINS.match(first.removeprefix("\ufeff")) is not None and parsed(first) is None


def parsed(text: str) -> dict[str, Any] | list[Any] | None:
    """Return the object or the list that a JSON text is; None where it is neither.

    Objects one after the other, as Firehose stores them, are a list.

    >>> parsed('{"a": 1}'), parsed('{"a": 1}{"a": 2}'), parsed("{a}")
    ({'a': 1}, [{'a': 1}, {'a': 2}], None)
    """
    try:
        value = json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        return _in_a_row(text) if _IN_A_ROW.search(text) else None
    return value if isinstance(value, (dict, list)) else None


def parsed_loosely(text: str) -> dict[str, Any] | list[Any] | None:
    """Return what `parsed` does, of commented JSON and of what other languages print, too.

    >>> parsed_loosely('{"a": 1}'), parsed_loosely("{'a': None}")
    ({'a': 1}, {'a': None})
    """
    value = parsed(text)
    return notations.value_in(text) if value is None else value


def json_in(line: Line) -> dict[str, Any] | list[Any] | None:
    """Return the object or the list that a line is; None where it is neither on its own."""
    return _parsed(line.message) if line.fields is None else line.fields


@functools.lru_cache(maxsize=1)  # each format that a line may be of asks, and then its reader
def _parsed(text: str) -> dict[str, Any] | list[Any] | None:
    text = text.lstrip("\ufeff \t")
    return parsed(text) if text.startswith(("{", "[")) else None


def _in_a_row(text: str) -> list[Any] | None:
    values = []
    at = 0
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        values.append(value)
        space = _SPACE.match(text, at)
        assert space is not None
        at = space.end()
    return values


def carries(value: Any, wanted: Callable[[dict[str, Any]], bool], *, inside: int = 0) -> bool:
    """Return whether a value is or carries a wanted object, as `members` finds them.

    >>> carries([{"b": 1}, {"items": [{"a": 2}]}], lambda item: "a" in item)
    True
    """
    for item in value if isinstance(value, list) else (value,):
        if not isinstance(item, dict):
            continue
        if wanted(item):
            return True
        inner = _carried_by(item) if inside < _MOST_CARRIERS else None
        if inner is not None and carries(inner, wanted, inside=inside + 1):
            return True
    return False


def members(
    value: Any, wanted: Callable[[dict[str, Any]], bool], *, inside: int = 0
) -> Iterator[tuple[Any, bool]]:
    """Yield all that a value is or carries, each with whether it is a wanted object.

    What is wanted is not looked into: a stranger may have put into an event what looks like others.

    >>> list(members({"items": [{"a": 2}, 7]}, lambda item: "a" in item))
    [({'a': 2}, True), (7, False)]
    """
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            yield item, False
        elif wanted(item):
            yield item, True
        elif inside < _MOST_CARRIERS and (inner := _carried_by(item)) is not None:
            yield from members(inner, wanted, inside=inside + 1)
        else:
            yield item, False


def member_names(value: Any, *, inside: int = 0) -> tuple[str, ...]:
    """Return the names of the members of all objects that a value is or carries.

    >>> member_names([{"a": 1, "b": 2}, {"items": [{"c": {"d": 3}}]}])
    ('a', 'b', 'items', 'c')
    """
    if isinstance(value, dict) and _carried_by(value) is None:  # most lines are one event
        return tuple(value)
    names: dict[str, None] = {}
    for item in value if isinstance(value, list) else (value,):
        if isinstance(item, dict):
            names |= dict.fromkeys(item)
            if inside < _MOST_CARRIERS and (inner := _carried_by(item)) is not None:
                names |= dict.fromkeys(member_names(inner, inside=inside + 1))
    return tuple(names)


def _carried_by(item: dict[str, Any]) -> Any:
    """Return what a wrapper carries: a list under one of their names, or a recorded event."""
    if _CARRYING.isdisjoint(item):  # most objects are events
        return None
    for name in _CARRIERS & item.keys():
        if isinstance(item[name], list):
            return item[name]
    for name, beside in _IN_STRING:
        text = item.get(name)
        if isinstance(text, str) and beside in item:
            if text.startswith(("{", "[")):
                return parsed(text)
            if "=" in text[:100] and (form := notations.form_in(text)):
                return form
    return None


class ObjectsOverLines:
    r"""Finds the objects of a document, line after line.

    >>> document = ObjectsOverLines()
    >>> document.feed("[", 1), document.feed(" {", 2), document.feed('  "a": 1}', 3)
    ([], [], [(2, '{\n  "a": 1}')])

    Attributes:
        lost: the objects that are not given: the number of the first line of each, and why.
        loosely: whether strings are looked for in the notation of another language: see
            `smtpreply.logs.toolkit.notations`.
    """

    def __init__(self) -> None:
        self.lost: list[tuple[int, str]] = []
        self.loosely = False
        self._start()

    def start_again(self) -> None:
        """Begin another document. An object that is open is lost."""
        if self._depth and self._kept is not None:
            self._lose("an object that is never closed")
        self._start()

    def _start(self) -> None:
        self._around: list[str] = []  # the brackets of lists and wrappers that are open
        self._carrier = ""
        self._depth = 0  # of the brackets that are open inside of these
        self._kept: list[str] | None = None  # what is between them; None where it is passed by
        self._size = 0
        self._first = 0
        self._string = ""
        self._indented = False
        self._too_long = False

    @property
    def inside(self) -> bool:
        """Whether an object is open."""
        return bool(self._depth)

    @property
    def under_way(self) -> bool:
        """Whether the document continues."""
        return bool(self._around or self._depth)

    def feed(self, text: str, number: int) -> list[tuple[int, str]]:
        """Return the objects that end in this line, each with the number of its first line."""
        if self._depth:
            if text.startswith(("{", "[")) and (self._indented or self._too_long):
                self.start_again()  # at the margin: another document
            self._indented |= text[:1] in (" ", "\t")
        found: list[tuple[int, str]] = []
        begin = 0
        for token in (_LOOSE_TOKEN if self.loosely else _TOKEN).finditer(text):
            mark = token[0]
            if mark[0] not in "{}[]":
                self._string = mark[1:-1]
            elif mark in "{[":
                if self._opens(mark, number):
                    begin = token.start()
            elif self._closes():
                self._keep(text[begin : token.end()])
                if self._kept is not None:
                    found.append((self._first, "\n".join(self._kept)))
                self._kept = None
        if self._depth:
            self._keep(text[begin:])
        return found

    def _opens(self, bracket: str, number: int) -> bool:
        """Take an opening bracket. Whether an object of interest begins with it."""
        if self._depth:
            if self._depth == 1 and bracket == "[" and self._wraps():
                self._around += "{["
                self._depth, self._kept, self._carrier = 0, None, self._string
            else:
                self._depth += 1
            return False
        if bracket == "[" and self._around in ([], ["["]):  # Mandrill's lists, in a list
            self._around.append(bracket)
            return False
        self._depth, self._size, self._first = 1, 0, number
        self._indented = self._too_long = False
        # In a wrapper, beside its list: pages and the like.
        beside = bracket == "[" or (self._around and self._around[-1] == "{")
        self._kept = None if beside else []
        return not beside

    def _wraps(self) -> bool:
        """Return whether the object that is open has a list of events in it, by the list's name."""
        if self._kept is None or self._string not in _CARRIERS:
            return False
        if not self._around:
            return True
        return (self._carrier, self._string) == (_CARRIER_OF_LISTS, _CARRIER_IN_IT)

    def _closes(self) -> bool:
        """Take a closing bracket. Whether an object that was kept ends with it."""
        if self._depth:
            self._depth -= 1
            return not self._depth and self._kept is not None
        if self._around:
            self._around.pop()
        return False

    def _keep(self, part: str) -> None:
        if self._kept is None:
            return
        self._size += len(part) + 1
        self._kept.append(part)
        if self._size > _LONGEST:
            self._kept, self._too_long = None, True
            self._lose(f"an object of more than {_LONGEST:,} characters")

    def _lose(self, why: str) -> None:
        if len(self.lost) < MOST_PROBLEMS:
            self.lost.append((self._first, why))
