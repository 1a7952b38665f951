"""The registry of log formats, and which of them a line or a source is of.

The patterns of all formats take longer to compile than a small log takes to read. So the module of
a format is imported when a line may be its, which a row of `smtpreply.logs.format_table` decides.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import chain
from types import MappingProxyType, ModuleType
from typing import Any

import attrs

from smtpreply.logs.format import Format
from smtpreply.logs.format_table import FORMATS
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.input.syslog import Line, may_be_event, read_prefix
from smtpreply.logs.toolkit.json_stream import begins_objects, json_in, member_names


@functools.cache
def _imported(module: str) -> Mapping[str, Format]:
    """Return the formats of a module, by name."""
    return {
        found.name: found for found in formats_of(import_module(f"smtpreply.logs.formats.{module}"))
    }


def formats_of(module: ModuleType) -> tuple[Format, ...]:
    """Return the formats of a module: its ``FORMAT`` or, where it has several, ``FORMATS``."""
    single: Format | None = getattr(module, "FORMAT", None)
    several: tuple[Format, ...] = getattr(module, "FORMATS", ())
    return several if single is None else (single,)


@attrs.frozen
class Builtin:
    """A built-in format, whose module is not imported before a line may be its.

    Attributes:
        name: the format's.
        module: its module's in `smtpreply.logs.formats`.
        programs: see `Format`.
        needles: see `Format`.
        begins: see `Format`.
        members: see `Format`.
        claims: whether a source may be of it as a whole: see `Format.claims`.
    """

    name: str
    module: str
    programs: str | None = None
    needles: tuple[str, ...] = ()
    begins: str | None = None
    members: tuple[str, ...] = ()
    claims: bool = False

    @functools.cached_property
    def format(self) -> Format:
        """The format itself."""
        return _imported(self.module)[self.name]

    def logs_as(self, program: str) -> bool:
        """Check whether one of its programs has this name."""
        return self.programs is not None and re.match(self.programs, program) is not None

    def shows_in(self, text: str) -> bool:
        """Check whether a text without a program may be its."""
        return any(needle in text for needle in self.needles)

    def is_named_in(self, names: str) -> bool:
        """Check whether an object with members of these names, each in quotes, may be its."""
        return any(member in names for member in self.members)


BUILTIN = tuple(Builtin(*row) for row in FORMATS)
"""The built-in formats, in the order in which a line is shown to them; the first that detects it
has it."""

HEAD = 10
"""How many lines of a source are looked at to find its format."""
_HEAD_OF_DOCUMENT = 100
_LONGEST_HEAD = 1 << 16  # characters of them

_own: dict[str, Format] = {}
_PROGRAMS = 1000  # names whose formats are cached: a hostile log may have any number
_OBJECTS = 1000  # names of members, likewise
_LONGEST_OBJECT = 1 << 14  # characters


def register(known: Format) -> None:
    """Make `scan` detect a format of your own, before the built-in ones.

    Args:
        known: the format.

    Raises:
        ValueError: a format of this name exists.

    >>> from smtpreply.logs import Reader
    >>> register(Format("acmemail", lambda line: line.program == "acmemail", Reader))
    >>> "acmemail" in known_formats()
    True
    >>> unregister("acmemail")
    """
    if known.name in known_formats():
        raise ValueError(f"there is a format {known.name!r} already")
    _own[known.name] = known


def unregister(name: str) -> None:
    """Take back what `register` did: the format of this name is detected no more.

    Args:
        name: the format's name.

    Raises:
        ValueError: no format of this name was registered.

    >>> unregister("acmemail")
    Traceback (most recent call last):
        ...
    ValueError: no format 'acmemail' was registered
    """
    if _own.pop(name, None) is None:
        raise ValueError(f"no format {name!r} was registered")


def known_formats() -> Mapping[str, Format | Builtin]:
    """Return all formats that `scan` detects, by name.

    >>> "postfix" in known_formats()
    True
    """
    builtin = {known.name: known for known in BUILTIN}
    return MappingProxyType({**_own, **builtin})


def format_called(name: str) -> Format:
    """Return the format of a name.

    Raises:
        ValueError: no such format.
    """
    found = known_formats().get(name)
    if found is None:
        raise ValueError(f"there is no format {name!r}; there are: {', '.join(known_formats())}")
    return found.format if isinstance(found, Builtin) else found


def _length_of_head(text: str) -> int:
    """Return how many lines to look at: in a JSON document, what shows whose it is may be deep."""
    return _HEAD_OF_DOCUMENT if begins_objects(text.split("\n", HEAD)[:HEAD]) else HEAD


def first_lines(text: str) -> list[str]:
    """Return those of the first lines of a text that are not empty.

    They are ten at most; of a JSON document over several lines, a hundred.

    >>> first_lines("one\\n\\ntwo\\n")
    ['one', 'two']
    """
    text = text[:_LONGEST_HEAD]
    length = _length_of_head(text)
    return [line for line in text.split("\n", length)[:length] if line]


def beginning(blocks: Iterable[str], *, patient: bool = True) -> tuple[list[str], Iterable[str]]:
    """Return the first lines, and all blocks; of the first block only, unless `patient`."""
    rest = iter(blocks)
    seen: list[str] = []
    size = 0
    wanted = HEAD
    for block in rest:
        seen.append(block)
        size += len(block)
        wanted = max(wanted, _length_of_head(block[:_LONGEST_HEAD]))
        enough = len(seen) >= wanted or size >= _LONGEST_HEAD or block.count("\n") >= wanted
        if enough or not patient:
            break
    head = first_lines("".join(block[:_LONGEST_HEAD] for block in seen))
    return head, chain(_given_away(seen), rest)


def _given_away(blocks: list[str]) -> Iterator[str]:
    """Yield blocks and hold none of them any longer: the next may be as large."""
    blocks.reverse()
    while blocks:
        yield blocks.pop()


def _begun_as(text: str) -> Iterator[Builtin]:
    """Yield the formats of which a text without a program may be by how it begins, in order.

    One pattern for all spares most lines most of some hundred needles.
    """
    place = 0
    while place < len(BUILTIN):
        pattern, places = _beginnings(place)
        match = pattern.match(text)
        found = places[match.lastindex or 0] if match else len(BUILTIN)
        yield from _without_beginning(place, found)
        if match:
            yield BUILTIN[found]
        place = found + 1


@functools.cache
def _beginnings(start: int) -> tuple[re.Pattern[str], dict[int, int]]:
    """Return the pattern of how lines begin, and of which format each of its groups is.

    Args:
        start: the place of the first format that it is for.
    """
    begun = [(place, known.begins) for place, known in enumerate(BUILTIN) if known.begins]
    begun = [(place, begins) for place, begins in begun if place >= start]
    pattern = re.compile("|".join(f"({begins})" for _, begins in begun) or "(?!)")
    return pattern, {group: place for group, (place, _) in enumerate(begun, start=1)}


@functools.cache
def _without_beginning(start: int, end: int) -> tuple[Builtin, ...]:
    return tuple(known for known in BUILTIN[start:end] if not known.begins)


class Detection:
    """Finds the format of a line or a source.

    Args:
        only: the one format to expect: every line is its, but for those that name another program.
            By default, all formats are expected.
    """

    def __init__(self, only: Format | None = None) -> None:
        self._only = only
        self._own = (only,) if only else tuple(_own.values())
        self._builtin = () if only else BUILTIN
        self._programs: dict[str, tuple[Format, ...]] = {}
        self._objects: dict[tuple[str, ...], tuple[Format, ...]] = {}

    @property
    def has_own(self) -> bool:
        """Whether formats of the user's own are asked of any line, before the built-in ones."""
        return bool(self._own and self._builtin)

    def of_line(self, line: Line) -> Format | None:
        """Return the format of a line; None where no format knows it."""
        for known in self._candidates(line):
            if known.detect(line):
                return known
        return self._only if line.program is None else None

    def is_foreign(self, program: str, message: str) -> bool:
        """Return whether no format knows a line, as one of the same program has shown before."""
        return self._programs.get(program) == () and not may_be_event(message)

    def is_only_of(self, known: Format, program: str) -> bool:
        """Return whether no other format may know a line of a program."""
        return self._programs.get(program) == (known,)

    def of_source(self, head: list[str], *, unwrapped: bool = False) -> Format | None:
        """Return the format that a source is of as a whole, by its first lines.

        Args:
            head: the first lines.
            unwrapped: whether what they had in common was taken off. Then a log may be among them
                whose own lines are not known any more.
        """
        text = "\n".join(head)
        named = [known for known in self._builtin if known.claims and known.shows_in(text)]
        if named and not unwrapped and self._are_of_a_log(head):
            named = []  # whose modules need not be imported
        shown = [known.format for known in named]
        for known in (*self._own, *shown):
            if known.claims(head):
                return known
        if unwrapped:
            return None
        asking = [known for known in shown if known.claims_sources_unknown]
        of_lines = self._formats_of(head) if asking else set()
        return next(
            (known for known in asking if of_lines <= {known} and known.claims_unknown(head)), None
        )

    def _are_of_a_log(self, head: list[str]) -> bool:
        """Return whether all lines are of formats that claim no source as a whole."""
        lines = (read_prefix(text, 0, Clock()) for text in head if text and not text.isspace())
        found = map(self.of_line, lines)
        return all(known is not None and not known.claims_sources for known in found)

    def _formats_of(self, head: list[str]) -> set[Format]:
        """Return the formats of some lines."""
        lines = (read_prefix(text, 0, Clock()) for text in head)
        return set(filter(None, map(self.of_line, lines)))

    def _candidates(self, line: Line) -> Iterable[Format]:
        if line.program is not None:
            found = self._programs.get(line.program)
            found = self._of_program(line.program) if found is None else found
            # A program that is no mail server may log the events that a service has sent to it.
            if found or not may_be_event(line.message):
                return found
        # What begins like JSON may be a line of another kind, or the first of several.
        if line.message.startswith(("{", "[{")) and (value := json_in(line)) is not None:
            return self._of_json(value, len(line.message))
        is_bare = line.program is None and "\x1b" not in line.message
        return self._of_text(line.message, is_bare=is_bare)

    def _of_json(self, value: dict[str, Any] | list[Any], length: int) -> tuple[Format, ...]:
        names = member_names(value)
        found = self._objects.get(names)
        if found is None:
            written = "".join(f'"{name}"' for name in names)
            ours = (known.format for known in self._builtin if known.is_named_in(written))
            found = (*self._own, *ours)
            if len(self._objects) < _OBJECTS and length <= _LONGEST_OBJECT:
                self._objects[names] = found
        return found

    def _of_program(self, program: str) -> tuple[Format, ...]:
        ours = (known.format for known in self._builtin if known.logs_as(program))
        found = (*self._own, *ours)
        if len(self._programs) < _PROGRAMS:
            self._programs[program] = found
        return found

    def _of_text(self, text: str, *, is_bare: bool) -> Iterator[Format]:
        yield from self._own
        for known in _begun_as(text) if is_bare and self._builtin else self._builtin:
            for needle in known.needles:  # `shows_in` inlined: each such line comes here
                if needle in text:
                    yield known.format
                    break
