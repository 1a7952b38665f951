"""`Followed`: a file that others write to and rotate, read without an end, as by ``tail -F``."""

from __future__ import annotations

import glob
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain
from pathlib import Path, PurePath
from typing import BinaryIO

from smtpreply.logs.input.decode import BROKEN, Problem, plain
from smtpreply.logs.input.rotation import age

_PAUSE = 0.2  # seconds between two looks
_GRACE = 600.0  # seconds after which a rotated file that nobody writes to is closed
_LONGEST_LATE = 1 << 20  # octets of a line without its end, which is cut there
_HEAD = 256  # octets by which a file is known again: a log's first stamp, and what it is about


class Followed(io.RawIOBase):
    """A file's octets as they are written. At the end of what there is, a read waits for more.

    A file is rotated in one of two ways, and no line is lost or read twice by either:

    - It is renamed, and another takes its place. A writer that has not noticed yet goes on to write
      to the old one. That is read until the new one has something in it, and beside the new one,
      line by line, until it is rotated in turn or nobody has written to the old one for ten
      minutes: several programs may write one log, and notice one after the other. Where the log
      was rotated again before anybody looked, the files between the two are read by their names.
    - It is copied and truncated (logrotate's ``copytruncate``). It is known by being shorter, or
      by another beginning. What was written between the last look and the copy is read from the
      copy, and what came after it from the copies since.

    Rotated files are looked for beside the file, and where the system has moved the one that is
    open. They may be compressed. Where the one that was read last is not found, lines may have been
    missed, which is a problem.

    A line that ends without a line end where a file ends gets one.

    Args:
        path: of the file. Neither it nor its folder needs to be there yet.
        goes_on: is asked when all is read that was there at first, and while there is nothing to
            read; once it says no, the file ends.
        problem: called with what cannot be read, in words.
    """

    def __init__(
        self,
        path: Path,
        goes_on: Callable[[], bool] = lambda: True,
        problem: Problem = lambda _: None,
    ) -> None:
        self._path = path
        self._goes_on = goes_on
        self._problem = problem
        self._file: BinaryIO | None = None
        self._was_open = False
        self._before: BinaryIO | None = None  # what was rotated last
        self._head_before = b""  # its first octets
        self._late = b""  # the beginning of a line in it
        self._last_late = 0.0  # when it grew last
        self._head = b""
        self._ended = True  # whether the last octet that was read is a line end
        self._pieces = self._endless()
        self._size = 0  # how many octets the present read wants

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def read(self, size: int = 1 << 16, /) -> bytes:
        """Return what has been written; nothing once nobody waits any longer."""
        self._size = size
        octets = next(self._pieces, b"")
        if octets:
            self._ended = octets.endswith(b"\n")
        return octets

    def close(self) -> None:
        """Close the file."""
        for file in (self._file, self._before):
            if file is not None:
                file.close()
        super().close()

    def _endless(self) -> Iterator[bytes]:
        if self._open() and self._file is not None:
            yield from self._grown(upto=os.fstat(self._file.fileno()).st_size)
        while self._goes_on():
            yield from self._grown()
            yield from self._late_lines()
            while self._is_followed_by_another():
                yield from self._grown()  # what was written before the other was
                yield from self._line_end()
                yield from self._late_lines(is_last=True)
                yield from self._after(self._opened())
                self._put_aside()
                self._open()
                yield from self._grown()
            if self._file is not None or not self._open():
                time.sleep(_PAUSE)
        if self._before is not None:
            yield from self._line_end()
            yield from self._late_lines(is_last=True)

    def _put_aside(self) -> None:
        """Keep the file that is open, which has been rotated, for who has not noticed yet."""
        self._before, self._file = self._file, None
        self._head_before = self._head
        self._last_late = time.monotonic()

    def _late_lines(self, *, is_last: bool = False) -> Iterator[bytes]:
        """Yield whole lines that were added to the file that was rotated last.

        Args:
            is_last: whether it is closed after that, and a line without an end is yielded, too.
        """
        if self._before is None or not self._ended:  # no line goes into the middle of another
            return
        is_same = not _is_truncated(self._before, self._head_before)
        while is_same and (octets := self._before.read(1 << 16)):
            self._last_late = time.monotonic()
            lines, end, self._late = (self._late + octets).rpartition(b"\n")
            yield from self._in_pieces(lines + end)
            if len(self._late) > _LONGEST_LATE:
                yield from self._rest_of_late()
        if is_last or not is_same or time.monotonic() - self._last_late > _GRACE:
            yield from self._rest_of_late()
            self._before.close()
            self._before = None

    def _rest_of_late(self) -> Iterator[bytes]:
        rest, self._late = self._late, b""
        if rest:
            yield from self._in_pieces(rest + b"\n")

    def _in_pieces(self, octets: bytes) -> Iterator[bytes]:
        """Yield octets, as many at once as a read wants."""
        while octets:
            piece, octets = octets[: self._size], octets[self._size :]
            yield piece

    def _grown(self, upto: int | None = None) -> Iterator[bytes]:
        """Yield what has been added to the file that is open, up to an offset if one is given."""
        file = self._file
        while file is not None:
            if _is_truncated(file, self._head):
                yield from self._missed(file.tell())
                yield from self._line_end()
                file.seek(0)
                self._head = b""
            at = file.tell()
            octets = file.read(self._size if upto is None else min(self._size, max(upto - at, 0)))
            if not octets:
                return
            if at < _HEAD:
                self._head += octets[: _HEAD - at]
            yield octets

    def _line_end(self) -> Iterator[bytes]:
        if not self._ended:
            yield b"\n"

    def _open(self) -> bool:
        """Open the file that is at the path now; whether there is one.

        Raises:
            OSError: it is there and cannot be opened; but for a moment, a file that has just been
                rotated may belong to somebody else.
        """
        self._head = b""
        if self._file is not None:
            self._file.close()
            self._file = None
        try:
            self._file = self._path.open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            if not self._was_open:
                raise
            return False
        self._was_open = True
        return True

    def _is_followed_by_another(self) -> bool:
        """Check whether another file is at the path, which a writer has begun to write to."""
        if self._file is None:
            return False
        try:
            size = self._path.stat().st_size
        except OSError:
            return False  # between two files
        return size > 0 and not _is_same(self._path, os.fstat(self._file.fileno()))

    def _opened(self) -> Path | None:
        """Return the name that the open file has after its rotation; None where it has none."""
        assert self._file is not None
        known = os.fstat(self._file.fileno())
        rotated = self._rotated()
        return next((path for path in rotated if _is_same(path, known)), None) or self._newest(
            path for path in rotated if self._begins(path)
        )

    def _after(self, path: Path | None) -> Iterator[bytes]:
        """Yield the octets of the rotated files after one, up to the present one."""
        if path is None:
            self._problem(f"{self._path}: rotated or truncated, and lines before may be missing")
            return
        for later in self._between(path):
            yield from self._whole(later)
            yield from self._line_end()

    def _between(self, first: Path) -> list[Path]:
        """Return the rotated files after one, each once, though it is being compressed."""
        begin, end = _age(first), _age(self._path)
        found: dict[object, Path] = {}
        # What is not compressed has the shorter name, and is whole.
        for path in sorted(self._rotated(), key=lambda path: len(path.name)):
            if begin < _age(path) < end:
                found.setdefault(_age(path), path)
        return sorted(found.values(), key=_age)

    def _whole(self, path: Path, start: int = 0) -> Iterator[bytes]:
        """Yield the octets of a file that nobody writes to any more, which may be compressed."""
        try:
            with path.open("rb", buffering=0) as file:
                for octets in plain(file.read):
                    for at in range(start, len(octets), self._size):
                        yield octets[at : at + self._size]
                    start = max(start - len(octets), 0)
        except BROKEN as error:
            self._problem(f"{path}: broken off: {error}")

    def _rotated(self) -> list[Path]:
        """Return the files beside this one, or where it is now, under its name and more."""
        folders = [self._path.parent]
        now = None if self._file is None else _folder_of(self._file)
        if now is not None and now != folders[0].resolve():
            folders.append(now)
        found = (folder.glob(f"{glob.escape(self._path.name)}?*") for folder in folders)
        return [path for path in chain.from_iterable(found) if os.path.isfile(path)]  # noqa: PTH113

    def _missed(self, at: int) -> Iterator[bytes]:
        """Yield what copies of the file have behind the octets that were read of it."""
        copy = self._newest(
            path for path in self._rotated() if self._begins(path) and self._has(path, at)
        )
        if copy is not None:
            yield from self._whole(copy, at)
            yield from self._line_end()
        yield from self._after(copy)

    def _newest(self, paths: Iterable[Path]) -> Path | None:
        """Return the newest of some files, if there are any: of this log, before other copies."""
        own, *_ = _age(self._path)
        return max(paths, key=lambda path: (_age(path)[0] == own, _age(path)), default=None)

    def _begins(self, path: Path) -> bool:
        """Return whether a file begins as the open one did.

        A file of which less than a whole line was read is like too many.
        """
        return b"\n" in self._head and _octets_of(path, len(self._head)) == self._head

    @staticmethod
    def _has(path: Path, count: int) -> bool:
        """Return whether a file has so many octets, once it is decompressed."""
        try:
            with path.open("rb", buffering=0) as file:
                pieces = map(len, plain(file.read))
                return any(total >= count for total in accumulate(pieces, initial=0))
        except BROKEN:
            return False


def _is_truncated(file: BinaryIO, head: bytes) -> bool:
    """Return whether a file is shorter than what was read of it, or does not begin so any more."""
    at = file.tell()
    if os.fstat(file.fileno()).st_size < at:
        return True
    file.seek(0)
    now = file.read(len(head))
    file.seek(at)
    return now != head


def _octets_of(path: Path, count: int) -> bytes:
    """Return the first octets of a file, which may be compressed; b"" where it cannot be read."""
    found = b""
    try:
        with path.open("rb", buffering=0) as file:
            for octets in plain(file.read):
                found += octets
                if len(found) >= count:
                    break
    except BROKEN:
        return b""
    return found[:count]


def _age(path: Path) -> tuple[str, int, str, int]:
    """Return what sorts the files of a log, whatever folder they are in."""
    return age(PurePath(path.name))


def _folder_of(file: BinaryIO) -> Path | None:
    """Return the folder that an open file is in now, where the system tells it (Linux)."""
    try:
        return Path(os.readlink(f"/proc/self/fd/{file.fileno()}")).parent  # noqa: PTH115
    except OSError:
        return None


def _is_same(path: Path, known: os.stat_result) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    return (known.st_ino, known.st_dev) == (now.st_ino, now.st_dev)
