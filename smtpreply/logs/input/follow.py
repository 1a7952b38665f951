"""`Followed`: a file that others write to and rotate, read without an end, as by ``tail -F``."""

from __future__ import annotations

import glob
import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from smtpreply.logs.input.decode import BROKEN, Problem, plain
from smtpreply.logs.input.rotation import age

_PAUSE = 0.2  # seconds between two looks
_HEAD = 256  # octets by which a file is known again: a log's first stamp, and what it is about


class Followed(io.RawIOBase):
    """A file's octets as they are written. At the end of what there is, a read waits for more.

    A file is rotated in one of two ways, and no line is lost or read twice by either:

    - It is renamed, and another takes its place. A writer that has not noticed yet goes on to write
      to the old one, so that is read until the new one has something in it. Where the log was
      rotated again before anybody looked, the files between the two are read by their names.
    - It is copied and truncated (logrotate's ``copytruncate``). It is known by being shorter, or
      by another beginning. What was written between the last look and the copy is read from the
      copy, where that is beside the file and not compressed.

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
        if self._file is not None:
            self._file.close()
        super().close()

    def _endless(self) -> Iterator[bytes]:
        if self._open() and self._file is not None:
            yield from self._grown(upto=os.fstat(self._file.fileno()).st_size)
        while self._goes_on():
            yield from self._grown()
            while self._is_followed_by_another():
                yield from self._grown()  # what was written before the other was
                yield from self._line_end()
                for path in self._between():
                    yield from self._whole(path)
                    yield from self._line_end()
                self._open()
                yield from self._grown()
            if self._file is not None or not self._open():
                time.sleep(_PAUSE)

    def _grown(self, upto: int | None = None) -> Iterator[bytes]:
        """Yield what has been added to the file that is open, up to an offset if one is given."""
        file = self._file
        while file is not None:
            if self._is_truncated(file):
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

    def _between(self) -> list[Path]:
        """Return the files that took the place of the one that is open, before the present one."""
        assert self._file is not None
        known = os.fstat(self._file.fileno())
        ages = {path: age(path) for path in self._rotated()}
        opened = next((ages[path] for path in ages if _is_same(path, known)), None)
        if opened is None:
            return []
        present = age(self._path)
        return sorted((path for path in ages if opened < ages[path] < present), key=age)

    def _whole(self, path: Path) -> Iterator[bytes]:
        """Yield the octets of a file that nobody writes to any more, which may be compressed."""
        try:
            with path.open("rb", buffering=0) as file:
                for octets in plain(file.read):
                    for start in range(0, len(octets), self._size):
                        yield octets[start : start + self._size]
        except BROKEN as error:
            self._problem(f"{path}: broken off: {error}")

    def _rotated(self) -> Iterator[Path]:
        """Yield what is beside the file under its name and more."""
        return self._path.parent.glob(f"{glob.escape(self._path.name)}?*")

    def _is_truncated(self, file: BinaryIO) -> bool:
        at = file.tell()
        if os.fstat(file.fileno()).st_size < at:
            return True
        file.seek(0)
        head = file.read(len(self._head))
        file.seek(at)
        return head != self._head

    def _missed(self, at: int) -> Iterator[bytes]:
        """Yield what a copy of the file has behind the octets that were read of it."""
        copy = self._copy(at)
        if copy is None:
            return
        with copy.open("rb", buffering=0) as file:
            file.seek(at)
            while octets := file.read(self._size):
                yield octets

    def _copy(self, at: int) -> Path | None:
        """Return the file beside this one that begins alike and is longer, the newest of several.

        A file of which less than a whole line was read is like too many.
        """
        if b"\n" not in self._head:
            return None
        found = []
        for path in self._rotated():
            try:
                if path.is_file() and path.stat().st_size > at and self._begins(path):
                    found.append((path.stat().st_mtime, path))
            except OSError:  # it is gone, or not for us to read
                continue
        return max(found)[1] if found else None

    def _begins(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(len(self._head)) == self._head


def _is_same(path: Path, known: os.stat_result) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    return (known.st_ino, known.st_dev) == (now.st_ino, now.st_dev)
