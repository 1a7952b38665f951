"""`scan`: the deliveries that mail logs tell of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from itertools import chain, islice
from zoneinfo import ZoneInfo

import attrs

from smtpreply.logs.clock import STAMP, Clock
from smtpreply.logs.coverage import Coverage
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Format, LineReader
from smtpreply.logs.prefix import Line, read_prefix
from smtpreply.logs.registry import Detection, format_called
from smtpreply.logs.source import Input, Source, inputs

_STAMP = re.compile(STAMP)
_HEAD = 10  # lines of a source that tell whose it is

Unreadable = Callable[[Line], None]


class Scan(Iterator[Delivery]):
    """A run over a source: an iterator over its deliveries.

    Attributes:
        coverage: what has been read so far, and what not.
    """

    def __init__(
        self,
        source: Source,
        only: Format | None,
        year: int | None,
        zone: tzinfo | None,
        on_unreadable: Unreadable | None,
    ) -> None:
        self.coverage = Coverage()
        self._detection = Detection(only)
        self._readers: dict[str, LineReader] = {}
        self._year = year
        self._zone = zone
        self._on_unreadable = on_unreadable
        self._deliveries = self._all(source)

    def __next__(self) -> Delivery:
        return next(self._deliveries)

    def _all(self, source: Source) -> Iterator[Delivery]:
        for given in inputs(source, self.coverage.problems.append):
            for found in chain(self._one(given), self._left()):
                self.coverage.deliveries += 1
                yield found

    def _one(self, given: Input) -> Iterator[Delivery]:
        clock = Clock(year=self._year, zone=self._zone, latest=given.latest)
        lines = iter(given.lines)
        head = list(islice(lines, _HEAD))
        owner = self._detection.of_source(head)
        for number, text in enumerate(chain(head, lines), start=1):
            whole = text
            if "\0" in text:  # a hole that a crash has left
                whole = text.strip("\0")
                self.coverage.problems.append(f"{given.name or 'line'}:{number}: NUL octets")
            empty = not whole or whole.isspace()
            self.coverage.lines += not empty
            if owner is not None:
                line = Line(whole, whole, number, given.name)
                yield from self._read(line, owner, empty=empty)
            elif not empty:
                line = read_prefix(whole, number, clock, given.name)
                yield from self._detected(line, clock)

    def _detected(self, line: Line, clock: Clock) -> Iterable[Delivery]:
        known = self._detection.of_line(line)
        if known is None:
            self._unread(line)
            return ()
        if line.time is None:
            _stamp_from_message(line, clock)
        return self._read(line, known)

    def _read(self, line: Line, known: Format, *, empty: bool = False) -> Iterable[Delivery]:
        found = self._reader_of(known)(line)
        if empty:
            return found or ()
        coverage = self.coverage
        coverage.known += 1
        coverage.formats[known.name] += 1
        if found is None:
            coverage.not_understood(line.message)
            self._unread(line)
            return ()
        coverage.understood += 1
        return found if self._zone is None else self._in_zone(found)

    def _in_zone(self, found: Iterable[Delivery]) -> Iterator[Delivery]:
        """Give the zone to times that a format reads itself, from stamps in its own fields."""
        for delivery in found:
            if delivery.time is not None and delivery.time.tzinfo is None:
                yield attrs.evolve(delivery, time=delivery.time.replace(tzinfo=self._zone))
            else:
                yield delivery

    def _reader_of(self, known: Format) -> LineReader:
        """Give the reader of a format: a message may go on in the next file, so it is the run's."""
        reader = self._readers.get(known.name)
        if reader is None:
            reader = self._readers[known.name] = known.reader()
        return reader

    def _left(self) -> Iterator[Delivery]:
        """Give what readers have kept back until they see no more lines of a source."""
        for reader in self._readers.values():
            finish: Callable[[], Iterable[Delivery]] | None = getattr(reader, "finish", None)
            if finish is not None:
                yield from finish() if self._zone is None else self._in_zone(finish())

    def _unread(self, line: Line) -> None:
        if self._on_unreadable is not None:
            self._on_unreadable(line)


def _stamp_from_message(line: Line, clock: Clock) -> None:
    """Read a stamp that stands where no syslog has written one: Exim's own files."""
    match = _STAMP.match(line.message)
    if match is not None:
        line.time = clock.read(match[0])


def scan(
    source: Source,
    *,
    format: str | Format | None = None,  # noqa: A002  (what users call it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
    on_unreadable: Unreadable | None = None,
) -> Scan:
    """Read the deliveries in mail logs, one after the other, as they are asked for.

    Args:
        source: the path of a file or folder, a glob, or a list of `pathlib.Path`; an open binary
            file, such as ``sys.stdin.buffer``; or an iterable of lines. Files may be compressed by
            gzip, bzip2 or xz. Those of one rotated log are read from the oldest on.
        format: the only format to expect, by name or as a `Format`; by default, each line is read
            by the format that it shows.
        year: of the first stamp, where stamps have none. By default, from the file's own time.
        tz: the time zone of stamps that name none, such as "Europe/Vienna"; without it, their
            times are naive.
        on_unreadable: is called with each `Line` that no format knows or understands.

    Returns:
        An iterator of `Delivery`. Its ``coverage`` tells what was read so far, and what not.

    Raises:
        ValueError: there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        FileNotFoundError: when the first delivery is asked for: a path leads to nothing.

    >>> log = [
    ...     "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    ...     "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    ...     "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
    ...     "(in reply to RCPT TO command))"
    ... ]
    >>> [delivery] = scan(log)
    >>> delivery.recipient, delivery.status.value, str(delivery.reply), delivery.stage.value
    ('bob@example.org', 'bounced', '550 5.1.1 No such user', 'RCPT')
    """
    only = format_called(format) if isinstance(format, str) else format
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    return Scan(source, only, year, zone, on_unreadable)
