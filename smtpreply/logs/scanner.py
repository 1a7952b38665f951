"""`scan`: the deliveries that mail logs tell of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from smtpreply.logs.clock import STAMP, Clock
from smtpreply.logs.coverage import Coverage
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Format, LineReader
from smtpreply.logs.formats.exim import EXIM
from smtpreply.logs.formats.opensmtpd import OPENSMTPD
from smtpreply.logs.formats.postfix import POSTFIX
from smtpreply.logs.formats.sendmail import SENDMAIL
from smtpreply.logs.prefix import Line, read_prefix
from smtpreply.logs.source import Input, Source, inputs

_STAMP = re.compile(STAMP)

Unreadable = Callable[[Line], None]

_formats: dict[str, Format] = {known.name: known for known in (POSTFIX, EXIM, SENDMAIL, OPENSMTPD)}
formats = MappingProxyType(_formats)
"""All formats that `scan` detects, by name."""


def register(known: Format) -> None:
    """Have `scan` detect a format of your own, before those that are there.

    Raises:
        ValueError: there is one of this name.
    """
    if known.name in _formats:
        raise ValueError(f"there is a format {known.name!r} already")
    others = dict(_formats)
    _formats.clear()
    _formats.update({known.name: known} | others)


class Scan(Iterator[Delivery]):
    """A run over a source: an iterator over its deliveries.

    Attributes:
        coverage: what has been read so far, and what not.
    """

    def __init__(
        self,
        source: Source,
        known: Iterable[Format],
        year: int | None,
        zone: tzinfo | None,
        on_unreadable: Unreadable | None,
    ) -> None:
        self.coverage = Coverage()
        self._known = tuple(known)
        self._year = year
        self._zone = zone
        self._on_unreadable = on_unreadable
        self._deliveries = self._all(source)

    def __next__(self) -> Delivery:
        return next(self._deliveries)

    def _all(self, source: Source) -> Iterator[Delivery]:
        # A message may go on in the next file of a rotated log, so the readers are the run's.
        readers = {known.name: known.reader() for known in self._known}
        for given in inputs(source, self.coverage.problems.append):
            yield from self._one(given, readers)

    def _one(self, given: Input, readers: dict[str, LineReader]) -> Iterator[Delivery]:
        clock = Clock(year=self._year, zone=self._zone, latest=given.latest)
        coverage = self.coverage
        for number, text in enumerate(given.lines, start=1):
            whole = text
            if "\0" in text:  # a hole that a crash has left
                whole = text.strip("\0")
                coverage.problems.append(f"{given.name or 'line'}:{number}: NUL octets")
            if not whole or whole.isspace():
                continue
            coverage.lines += 1
            line = read_prefix(whole, number, clock, given.name)
            found = self._read(line, clock, readers)
            if found:
                coverage.deliveries += len(found)
                yield from found

    def _read(
        self, line: Line, clock: Clock, readers: dict[str, LineReader]
    ) -> tuple[Delivery, ...]:
        known = next((known for known in self._known if self._is_of(line, known)), None)
        if known is None:
            self._unread(line)
            return ()
        if line.time is None:
            _stamp_from_message(line, clock)
        coverage = self.coverage
        coverage.known += 1
        coverage.formats[known.name] += 1
        found = readers[known.name](line)
        if found is None:
            coverage.not_understood(line.message)
            self._unread(line)
            return ()
        coverage.understood += 1
        return tuple(found)

    def _is_of(self, line: Line, known: Format) -> bool:
        """Whether to read a line so. One format alone has all lines that name no other program."""
        return known.detect(line) or (len(self._known) == 1 and line.program is None)

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
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    return Scan(source, _wanted(format), year, zone, on_unreadable)


def _wanted(wanted: str | Format | None) -> Iterable[Format]:
    if wanted is None:
        return formats.values()
    if isinstance(wanted, Format):
        return (wanted,)
    if wanted not in formats:
        raise ValueError(f"there is no format {wanted!r}; there are: {', '.join(formats)}")
    return (formats[wanted],)
