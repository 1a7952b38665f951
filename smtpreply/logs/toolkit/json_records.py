r"""`JsonRecords`: lines that shippers have put into JSON objects, as plain lines again.

journald, Docker, Fluent Bit, Vector, Loki, Logstash, Filebeat and rsyslog write an object a line.
`read_prefix` finds out for each which part of it is what. But thousands of objects have members of
the same names and types, and of those the same ones have the message, the time and the host. So
`carried_in` is asked once for each shape, of an object whose values are the numbers of its members.
Of these a plain line is made, from which the same is read::

    line = [ STAMP SP [ HOST SP ] ] PROGRAM ["[" PID "]"] ":" SP MESSAGE

An object of which no such line can be made is left.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.octets import rejoined
from smtpreply.logs.input.clock import DATE, SYSLOG_STAMP, VALID_ISO_STAMP
from smtpreply.logs.input.syslog import (
    CONTAINERS,
    MEMBERS,
    OBJECTS,
    Carried,
    carried_in,
    json_object,
    since_1970,
    tag_in,
    within_envelopes,
)
from smtpreply.logs.toolkit.other_programs import HOST, PROGRAM

_STAMP = rf"(?:{VALID_ISO_STAMP}|{SYSLOG_STAMP})"
_stamp = lazy_pattern(_STAMP)
_host = lazy_pattern(rf"(?!{DATE}T){HOST} ")
_program = lazy_pattern(PROGRAM)
_stamps = lazy_pattern(rf"{_STAMP}(?:\n{_STAMP})*+")
# Up to the year 2096, so many are exact as a float, as which `since_1970` reads them.
_microseconds = lazy_pattern(r"[1-3][0-9]{15}(?:\n[1-3][0-9]{15})*+")
_SECOND = len("1772323200")
_BLANK = " \t"  # what a line begins with that may go on with the one before, if it is not empty

_ENOUGH = 64  # one object of so many makes a shape worth the time
_MOST_SHAPES = 256
_DEEPEST = 3  # objects in each other: an envelope, one such as ECS's "host", and what is in it
_NUMBERED = (str, int, float)

Name = str | tuple[str, ...]
"""The name of a member; of one in another object, the names that lead to it."""


Shipped = tuple[str, str, str]
"""A line without its end, and what its shipper knows of it: the stamp and the host, each with a
space after it, or ""; and the text that some program has written."""


class _Shape(NamedTuple):
    """The columns that have the parts of a line; None where it has none.

    Attributes:
        is_spaced: see `Carried`.
        containers: the columns that name a container.
    """

    message: int
    time: int | None
    host: int | None
    program: int | None
    pid: int | None
    is_spaced: bool
    containers: tuple[int, ...]


class JsonRecords:
    """The shapes of objects that were met."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[object, ...], _Shape | None] = {}

    def lines_in(self, texts: Sequence[str]) -> list[str | Shipped | None]:
        r"""Return the lines that JSON objects carry.

        Args:
            texts: lines without their ends, each of which may be an object.

        Returns:
            For each a plain line, with its end; a line whose own header has not been read; or None
            where it is no such object, or none that can be made a plain line.

        >>> text = '{"_HOSTNAME": "mx", "SYSLOG_IDENTIFIER": "postfix/smtp", "_PID": "42", '
        >>> text += '"__REALTIME_TIMESTAMP": "1795520612000001", "MESSAGE": "connect"}'
        >>> JsonRecords().lines_in([text, "a line"])
        ['2026-11-24T11:43:32.000001Z mx postfix/smtp[42]: connect\n', None]
        """
        places: dict[tuple[Name, ...], list[int]] = {}
        objects = _objects_in(texts)
        for place, members in enumerate(objects):
            places.setdefault(tuple(members), []).append(place)
        lines: list[str | Shipped | None] = [None] * len(texts)
        for names, same in places.items():
            wanted = tuple(name for name in names if _outermost(name) in MEMBERS)
            if wanted and len(same) * _ENOUGH >= len(texts):
                columns = [[objects[place][name] for place in same] for name in wanted]
                for kinds, rows, of_rows in _by_kinds(columns):
                    made = self._lines_of(wanted, kinds, of_rows)
                    if len(rows) == len(texts):
                        return list(made)
                    for row, line in zip(rows, made, strict=True):
                        lines[same[row]] = line
        return lines

    def _lines_of(
        self, names: tuple[Name, ...], kinds: tuple[type, ...], columns: Sequence[Sequence[Any]]
    ) -> Iterable[str | Shipped | None]:
        key = names, kinds
        if key not in self._shapes:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[key] = _shape_of(names, kinds)
        shape = self._shapes[key]
        return repeat(None, len(columns[0])) if shape is None else _lines_of(shape, columns)


def _by_kinds(
    columns: Sequence[Sequence[Any]],
) -> Iterator[tuple[tuple[type, ...], Sequence[int], Sequence[Sequence[Any]]]]:
    """Yield the rows whose values are of the same types: these, their places, and their columns."""
    kinds = [set(map(type, column)) for column in columns]
    count = len(columns[0])
    if all(len(kind) == 1 for kind in kinds):
        yield tuple(kind.pop() for kind in kinds), range(count), columns
        return
    places: dict[tuple[type, ...], list[int]] = {}
    for place, row in enumerate(zip(*columns, strict=True)):
        places.setdefault(tuple(map(type, row)), []).append(place)
    for of_row, rows in places.items():
        yield of_row, rows, [[column[place] for place in rows] for column in columns]


def _lines_of(shape: _Shape, columns: Sequence[Sequence[Any]]) -> Iterator[str | Shipped | None]:
    """Yield what `JsonRecords.lines_in` returns, of objects of one shape."""
    nothing = [None] * len(columns[0])
    times, hosts, programs, pids = (
        nothing if column is None else columns[column] for column in shape[1:5]
    )
    stamps = repeat("") if times is nothing else _stamps_of(times)
    of_containers: Iterable[bool] = repeat(False)
    if shape.containers:
        of_containers = map(any, zip(*map(columns.__getitem__, shape.containers), strict=True))
    headers = map(_header_of, hosts, programs, pids, of_containers)
    for message, stamp, header in zip(columns[shape.message], stamps, headers, strict=False):
        text = (message if message.isascii() else rejoined(message)).rstrip("\r\n")
        if shape.is_spaced and text.startswith(" ") and header and header.endswith(": "):
            text = text[1:]
        if stamp is None or header is None or "\n" in text or text[:1] in _BLANK:
            yield None
        elif not header.endswith(": "):
            # Of two stamps without a year, the line's own counts: let the clock read both.
            yield (stamp, header, text) if not stamp or stamp[0].isdigit() else None
        else:
            yield f"{stamp}{header}{text}\n" if stamp or hosts is nothing else None


@lru_cache(maxsize=4096, typed=True)
def _header_of(
    host: str | None,
    program: str | None,
    pid: Any,
    is_of_container: bool,  # noqa: FBT001  (of `map`)
) -> str | None:
    """Return host, program and process id; the host alone, where the message may have a header.

    Returns:
        None where these make no header.
    """
    before = f"{host} " if host else ""
    if before and not _host.fullmatch(before):
        return None
    name, number, may_go_on = tag_in(Carried("", None, host, program, pid, False, is_of_container))
    if may_go_on:
        return before
    if name is None or not _program.fullmatch(name) or (number is None and not host):
        return None
    return f"{before}{name}: " if number is None else f"{before}{name}[{number}]: "


def _stamps_of(times: Sequence[Any]) -> list[str | None]:
    """Return times as stamps, each with a space after it; None for one that is no stamp's."""
    if isinstance(times[0], str):
        written = "\n".join(times)
        if written.count("\n") >= len(times):
            pass
        elif _stamps.fullmatch(written):
            return [f"{time} " for time in times]
        elif _microseconds.fullmatch(written):
            seconds = {part: _second_of(part) for part in {time[:_SECOND] for time in times}}
            return [f"{seconds[time[:_SECOND]]}.{time[_SECOND:]}Z " for time in times]
    return list(map(_stamp_of, times))


def _stamp_of(time: str | float) -> str | None:
    if isinstance(time, str) and not time.isdecimal():
        return f"{time} " if _stamp.fullmatch(time) else None
    found = since_1970(time)
    return None if found is None else f"{found.isoformat()} "


def _second_of(seconds: str) -> str:
    """Return a count of seconds since 1970 as a stamp without a zone."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S")


# --- objects ---


def _objects_in(texts: Sequence[str]) -> list[dict[Name, Any]]:
    """Return the members of objects, those that count where some have their own; else none."""
    objects: list[dict[Name, Any]] = []
    for text in texts:
        members: dict[Any, Any] | None = json_object(text)
        if members is None:
            members = {}
        elif text.find("{", 1) > 0:
            members = _flat(members)
        objects.append(members)
    return objects


def _flat(members: dict[str, Any]) -> dict[Name, Any]:
    """Return the members of an object that count, each with those in it after it."""
    flat: dict[Name, Any] = {}

    def put(inner: dict[str, Any], path: tuple[str, ...], wanted: Container[str]) -> None:
        for name, value in inner.items():
            if name in wanted:
                names = (*path, name)
                flat[names if path else name] = value
                if type(value) is dict and name in OBJECTS and len(names) < _DEEPEST:
                    put(value, names, OBJECTS[name])

    put(members, (), MEMBERS)
    return flat


def _outermost(name: Name) -> str:
    return name if isinstance(name, str) else name[0]


def _shape_of(names: Sequence[Name], kinds: Sequence[type]) -> _Shape | None:
    """Return the shape of objects by their members and their types; None where they have no line.

    Only texts and numbers are found by their number; what else is, makes no shape.
    """
    objects: dict[tuple[str, ...], dict[str, Any]] = {(): {}}
    for number, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        path = (name,) if isinstance(name, str) else name
        value: Any = kind(number) if kind in _NUMBERED else kind()  # None, or what is empty
        objects[path[:-1]][path[-1]] = value
        if kind is dict:
            objects[path] = value
    fields = within_envelopes(objects[()])
    carried = carried_in(fields)
    if carried is None:
        return None
    message, time, host, program, pid = (
        int(part) if type(part) in _NUMBERED and part != "" else None for part in carried[:5]
    )
    if message is None or (time is None and carried.time is not None):
        return None
    outer = next(path for path, members in objects.items() if members is fields)
    containers = {(*outer, name) if outer else name for name in CONTAINERS}
    return _Shape(
        message,
        time,
        host if isinstance(carried.host, str) else None,  # as one of another type counts for none
        program if isinstance(carried.program, str) else None,
        pid,
        carried.is_spaced,
        tuple(column for column, name in enumerate(names) if name in containers),
    )
