"""Files in parts, which several processes can read side by side."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.input.clock import STAMP, Clock
from smtpreply.logs.input.decode import is_packed
from smtpreply.logs.input.syslog import read_prefix
from smtpreply.logs.registry import Detection, first_lines

_LEAST = 1 << 24  # octets: below, a process costs more than it saves
_HEAD = 1 << 16
_TAIL = 1 << 14
_MOST_LINES = 100
_MOST_OF_RECORD = 1 << 18  # octets of a message that Exim's rejectlog shows
_STANDS_ALONE = lazy_pattern(rf"(?:<[0-9]{{1,3}}>)?{STAMP}".encode())
_REPEATED = b"last message repeated "


@attrs.frozen
class Part:
    """Some lines of a file: from one octet on, up to another one.

    >>> Part(Path("mail.log"), 100, 300).size
    200

    Attributes:
        path: the file.
        start, end: the octets; without an end, the file is read to its own, as a pipe must be.
    """

    path: Path
    start: int
    end: int | None

    @property
    def size(self) -> int:
        """The number of octets; 0 where that is not known."""
        return 0 if self.end is None else self.end - self.start


def parts_of(paths: Iterable[Path], count: int) -> list[Part]:
    """Split files into about so many parts of the same size, each of whole lines.

    A file that is compressed, or of a format whose lines do not stand alone, has one part only.

    Args:
        paths: the files.
        count: how many parts; a file that is small has fewer.

    Raises:
        OSError: a file can't be read.

    >>> [(part.start, part.size) for part in parts_of([Path("tests/data/session.txt")], 8)]
    [(0, 1068)]
    """
    sizes = {path: size_of_file(path) for path in paths}
    size = max(_LEAST, sum(length or 0 for length in sizes.values()) // max(count, 1) + 1)
    return [part for path, length in sizes.items() for part in _parts(path, length, size)]


def size_of_file(path: Path) -> int | None:
    """Return how many octets a file has; None for what is no regular file, such as a pipe."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:  # it cannot be opened either, which is reported then
        return None


def span_of_files(paths: Iterable[Path]) -> timedelta | None:
    """Return how far the first and the last stamp of logs are apart, by the wall clock.

    Returns:
        None where that is not seen without reading them: a file is compressed, or no line of its
        beginning or of its end has a stamp.

    Raises:
        OSError: a file can't be read.

    >>> span_of_files([Path("tests/data/sample.log")]).days
    1
    """
    times: list[datetime] = []
    for path in paths:
        length = size_of_file(path)
        ends = _ends(path, length) if length else []
        found = [_time_in(lines) for lines in ends]
        if length is None or None in found:
            return None
        times += filter(None, found)
    return max(times) - min(times) if times else None


def _ends(path: Path, length: int) -> list[list[str]]:
    """Return the first lines of a file, and the last ones, from the last on."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if is_packed(head):
            return [[]]
        file.seek(max(0, length - _TAIL))
        tail = file.read(_TAIL)
    first, last = (octets.decode("utf-8", "surrogateescape") for octets in (head, tail))
    return [first.split("\n")[:_MOST_LINES], last.split("\n")[: -_MOST_LINES - 1 : -1]]


def _time_in(lines: list[str]) -> datetime | None:
    """Return the time of the first line that has one, without its zone."""
    clock = Clock()
    times = (read_prefix(line, 0, clock).time for line in lines)
    return next((time.replace(tzinfo=None) for time in times if time), None)


def _parts(path: Path, length: int | None, size: int) -> list[Part]:
    if length is None or length <= size or not can_be_parted(path):
        return [Part(path, 0, length)]
    with path.open("rb") as file:
        bounds = [0]
        while bounds[-1] + size < length:
            file.seek(bounds[-1] + size)
            bounds.append(min(_next_line(file), length))
    if bounds[-1] < length:
        bounds.append(length)
    return [Part(path, *pair) for pair in pairwise(bounds)]


def _next_line(file: BinaryIO) -> int:
    """Return where the next line begins that continues none: after its head, or what it repeats.

    Where no line has a stamp, it is the next line.
    """
    file.readline()
    first = at = file.tell()
    while at - first < _MOST_OF_RECORD:
        line = file.readline()
        if not line or (_STANDS_ALONE.match(line) and _REPEATED not in line):
            return at
        at = file.tell()
    return first


def can_be_parted(path: Path) -> bool:
    """Return whether a file's lines can be read apart from those before them.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb") as file:
        octets = file.read(_HEAD)
    if is_packed(octets):
        return False
    head = first_lines(octets.decode("utf-8", "surrogateescape"))
    detection = Detection()
    if detection.of_source(head) is not None:
        return False
    # Others' lines hang together over more than a part can see: sessions, numbers of attempts.
    lines = (read_prefix(line, 0, Clock()) for line in head)
    return any(known.reader().lines_stand_alone for known in map(detection.of_line, lines) if known)


class Stretch(io.RawIOBase):
    """The octets of a part."""

    def __init__(self, part: Part) -> None:
        self._file = part.path.open("rb", buffering=0)
        if part.start:
            self._file.seek(part.start)
        self._left = part.size
        self._has_end = part.end is not None

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return some octets; none at the end of the part.

        Raises:
            OSError: the file has become shorter since it was measured.
        """
        if not self._has_end:
            return self._file.read(size)
        wanted = self._left if size < 0 else min(size, self._left)
        octets = self._file.read(wanted)
        if wanted and not octets:
            raise OSError("the file has become shorter while it was read")
        self._left -= len(octets)
        return octets

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
