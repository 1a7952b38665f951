"""Compare two codes: their common and different properties.

A `Comparison` holds facts: axes with a value for each side, computed from the entries. `describe`
and `render` put them into sentences of a language. For pairs that people look up, the sentence on
the difference in meaning is written by hand, in ``data/versus.toml``.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator

import attrs

from smtpreply.catalog.entries import Entry, ReplyCodeEntry, Standing, State, StatusEntry
from smtpreply.catalog.finder import Key, lookup
from smtpreply.catalog.tables import read
from smtpreply.catalog.text import FALLBACK, Text, resolve
from smtpreply.errors import ReplyError

CodeEntry = ReplyCodeEntry | StatusEntry


class Axis(enum.StrEnum):
    """A property by which codes are compared, the most important first.

    >>> from smtpreply.catalog import compare
    >>> [point.axis.value for point in compare(450, 550).differences][:2]
    ['class', 'advice']
    """

    CLASS = "class"
    MIXED_CLASS = "mixed_class"
    KIND = "kind"
    ADVICE = "advice"
    COMMANDS = "commands"
    ACTOR = "actor"
    STATE = "state"
    SUBJECT = "subject"
    STATUS_SUBJECT = "status_subject"
    ASSOCIATION = "association"
    ENHANCED = "enhanced"
    CODES = "codes"
    LINES = "lines"
    TEXT = "text"
    STANDING = "standing"
    REFERENCE = "reference"
    MEANING = "meaning"


Value = str | int | bool | tuple[str | int, ...] | None


@attrs.frozen
class Point:
    """One axis, and the value of each of the two codes on it.

    >>> from smtpreply.catalog import compare
    >>> compare(450, 550).differences[0]
    Point(axis=<Axis.CLASS: 'class'>, first=4, second=5)
    """

    axis: Axis
    first: Value
    second: Value

    @property
    def same(self) -> bool:
        """Whether both codes have the same value."""
        return self.first == self.second


@attrs.frozen
class Comparison:
    """The comparison of two codes, the lower first, whatever the order of the arguments.

    >>> comparison = compare(235, 214)
    >>> comparison.first.key, comparison.second.key
    ('214', '235')
    >>> [str(point.axis) for point in comparison.shared]
    ['class', 'advice', 'actor']
    """

    first: CodeEntry
    second: CodeEntry
    shared: tuple[Point, ...]
    """The axes on which both have the same value."""

    differences: tuple[Point, ...]
    """The axes on which they differ, the most important first; empty for two unregistered codes
    of which nothing is known but the same digits."""

    others: tuple[tuple[str, str], ...]
    """Related comparisons, as pairs of keys."""

    statement: Text | None = None
    """The difference in meaning, in a sentence or two; None where nobody has written it."""


class NotComparableError(ReplyError, ValueError):
    """Only reply codes and enhanced status codes can be compared, and not with themselves.

    >>> compare(550, 550)
    Traceback (most recent call last):
        ...
    smtpreply.catalog.comparison.NotComparableError: 550 cannot be compared with itself

    Attributes:
        first, second: the keys that were given.
    """

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first, second)
        self.first = first
        self.second = second

    def __str__(self) -> str:
        if self.first == self.second:
            return f"{self.first} cannot be compared with itself"
        return f"{self.first} and {self.second} are not both codes, so they cannot be compared"


def compare(first: Key, second: Key, *, language: str = FALLBACK) -> Comparison:
    """Compare two reply codes, two enhanced status codes, or one of each.

    Args:
        first: as for `lookup`.
        second: as for `lookup`.
        language: of the prose in the two entries, where it is translated.

    Raises:
        UnknownEntryError: one of them is no code.
        NotComparableError: they are the same, or one is a keyword, a mechanism or a command.
        UnknownLanguageError: the catalog does not speak that language.

    >>> compare(550, 450).differences[0].axis.value
    'class'
    """
    one, other = lookup(first, language=language), lookup(second, language=language)
    return compare_entries(one, other, language=language)


@functools.cache
def written_pairs() -> tuple[tuple[str, str], ...]:
    """Return the pairs of keys, the lower first, whose difference is described by hand.

    >>> ("450", "451") in written_pairs()
    True
    """
    return tuple(
        (first, second) for first, _, second in (key.partition("/") for key in read("versus"))
    )


def compare_entries(first: Entry, second: Entry, *, language: str = FALLBACK) -> Comparison:
    """Compare two entries that have been looked up in `language`."""
    if not isinstance(first, CodeEntry) or not isinstance(second, CodeEntry):
        raise NotComparableError(first.key, second.key)
    if first.key == second.key:
        raise NotComparableError(first.key, second.key)
    a, b = sorted((first, second), key=_order)
    points = tuple(_points(a, b))
    return Comparison(
        first=a,
        second=b,
        shared=tuple(point for point in points if point.same and point.axis in _WORTH_SHARING),
        differences=tuple(point for point in points if not point.same),
        others=tuple(_others(a, b)),
        statement=_statement(a, b, resolve(language)),
    )


def _statement(a: CodeEntry, b: CodeEntry, language: str) -> Text | None:
    """Return the written sentence on two codes; on two of one class, also that on their details."""
    pairs = [f"{a.key}/{b.key}"]
    if isinstance(a, StatusEntry) and a.key[0] == b.key[0]:
        pairs.append(f"X{a.key[1:]}/X{b.key[1:]}")
    for pair in pairs:
        for tag in (language, FALLBACK):
            sentence = read("versus" if tag == FALLBACK else f"{tag}/versus").get(pair)
            if sentence is not None:
                return Text(sentence, tag)
    return None


def _order(entry: CodeEntry) -> tuple[int, list[int], str]:
    if isinstance(entry, ReplyCodeEntry):
        return 0, [entry.code], entry.key
    return 1, [int(part) if part != "X" else 0 for part in entry.key.split(".")], entry.key


def _points(a: CodeEntry, b: CodeEntry) -> Iterator[Point]:
    if isinstance(a, ReplyCodeEntry) and isinstance(b, ReplyCodeEntry):
        axes = _REPLY_AXES
        if a.reply_class is None or b.reply_class is None:
            # What is no SMTP reply has no second digit, no session and no lines to compare.
            axes = tuple(row for row in axes if row[0] in _OUTSIDE_SMTP)
    elif isinstance(a, StatusEntry) and isinstance(b, StatusEntry):
        axes = _STATUS_AXES
    else:
        yield from _mixed_points(a, b)
        return
    for axis, value in axes:
        yield from _point(axis, value(a), value(b))


def _point(axis: Axis, first: Value, second: Value) -> Iterator[Point]:
    """Yield the points of one axis; two lists may both share and differ in items.

    An axis that one side has no value on says nothing about the pair. The exception is the first
    digit: that a code has none is the difference.
    """
    if isinstance(first, tuple) and isinstance(second, tuple):
        both = tuple(item for item in first if item in second)
        if both:
            yield Point(axis, both, both)
        if set(first) != set(second):
            yield Point(axis, first, second)
    elif (first is not None and second is not None) or (axis is Axis.CLASS and first is not second):
        yield Point(axis, first, second)


def _mixed_points(a: CodeEntry, b: CodeEntry) -> Iterator[Point]:
    """Compare a reply code with an enhanced status code, which refines it."""
    if _class_of(a) is not None and _class_of(b) is not None:
        yield Point(Axis.MIXED_CLASS, _class_of(a), _class_of(b))
    assert isinstance(a, ReplyCodeEntry)
    assert isinstance(b, StatusEntry)
    yield Point(Axis.KIND, "reply code", "enhanced status code")
    if b.codes and b.standing is not Standing.PROVIDER:
        yield Point(Axis.ASSOCIATION, a.key, a.key if a.code in b.codes else b.codes)
    for axis, value in _COMMON_AXES:
        yield from _point(axis, value(a), value(b))


def _class_of(entry: CodeEntry) -> Value:
    return int(entry.reply_class) if entry.reply_class is not None else None


def _class_of_status(entry: CodeEntry) -> Value:
    return int(entry.key[0]) if entry.key[0].isdigit() else None


def _subject_of(entry: CodeEntry) -> Value:
    assert isinstance(entry, ReplyCodeEntry)
    return int(entry.subject) if entry.subject is not None else None


def _field(name: str) -> Callable[[CodeEntry], Value]:
    def value(entry: CodeEntry) -> Value:
        found = getattr(entry, name)
        return str(found) if isinstance(found, enum.StrEnum) else found

    return value


def _state(entry: CodeEntry) -> Value:
    """Return what the code changes; None where that depends on the command."""
    assert isinstance(entry, ReplyCodeEntry)
    return None if entry.state is State.VARIES else str(entry.state)


def _lines(entry: CodeEntry) -> Value:
    """Return whether several lines are normal; None where the command decides, as for 250."""
    assert isinstance(entry, ReplyCodeEntry)
    return None if entry.multiline and len(entry.commands) > 1 else entry.multiline


def _source(entry: CodeEntry) -> Value:
    """Return the RFC and section that define the code; None for one that no RFC defines.

    The references of such a code are to what an RFC says of all codes.
    """
    if entry.standing in _DEFINED_BY_NO_RFC or not entry.references:
        return None
    first = entry.references[0]
    return first.text if first.rfc is not None else None


_DEFINED_BY_NO_RFC = frozenset(
    {
        Standing.WILD,
        Standing.NOT_SMTP,
        Standing.DRAFT,
        Standing.DOCUMENTED,
        Standing.REPORT,
        Standing.PROVIDER,
        Standing.UNREGISTERED,
    }
)


_COMMON_AXES: tuple[tuple[Axis, Callable[[CodeEntry], Value]], ...] = (
    (Axis.ADVICE, _field("advice")),
    (Axis.ACTOR, _field("actor")),
    (Axis.STANDING, _field("standing")),
    (Axis.MEANING, _field("title")),
)
_REPLY_AXES: tuple[tuple[Axis, Callable[[CodeEntry], Value]], ...] = (
    (Axis.CLASS, _class_of),
    (Axis.ADVICE, _field("advice")),
    (Axis.COMMANDS, _field("commands")),
    (Axis.ACTOR, _field("actor")),
    (Axis.STATE, _state),
    (Axis.SUBJECT, _subject_of),
    (Axis.ENHANCED, _field("enhanced")),
    (Axis.LINES, _lines),
    (Axis.TEXT, _field("text_parsed")),
    (Axis.STANDING, _field("standing")),
    (Axis.REFERENCE, _source),
    (Axis.MEANING, _field("title")),
)
_STATUS_AXES: tuple[tuple[Axis, Callable[[CodeEntry], Value]], ...] = (
    (Axis.CLASS, _class_of_status),
    (Axis.ADVICE, _field("advice")),
    (Axis.ACTOR, _field("actor")),
    (Axis.STATUS_SUBJECT, lambda entry: int(entry.key.split(".")[1])),
    (Axis.CODES, _field("codes")),
    (Axis.STANDING, _field("standing")),
    (Axis.REFERENCE, _source),
    (Axis.MEANING, _field("title")),
)

_OUTSIDE_SMTP = (
    *(Axis.CLASS, Axis.ADVICE, Axis.ACTOR),
    *(Axis.STANDING, Axis.REFERENCE, Axis.MEANING),
)

# Where it is of interest that both are alike. That both are one-line replies does not.
_WORTH_SHARING = frozenset(
    {
        Axis.CLASS,
        Axis.MIXED_CLASS,
        Axis.ADVICE,
        Axis.COMMANDS,
        Axis.ACTOR,
        Axis.STATE,
        Axis.SUBJECT,
        Axis.STATUS_SUBJECT,
        Axis.ASSOCIATION,
        Axis.ENHANCED,
        Axis.CODES,
    }
)

_OTHERS = 6


def _others(a: CodeEntry, b: CodeEntry) -> Iterator[tuple[str, str]]:
    """Return related comparisons: each of the codes with those closest to it."""
    seen = {a.key, b.key}
    pairs = [
        (entry.key, key)
        for rank in range(_OTHERS)
        for entry in (a, b)
        for key in entry.related[rank : rank + 1]
        # A code in a class is not compared with a detail that does not occur in that class.
        if key not in seen and key.startswith("X") is entry.key.startswith("X")
    ]
    yield from pairs[:_OTHERS]
