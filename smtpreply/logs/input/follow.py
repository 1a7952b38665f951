"""A file that others write to and rotate, read as ``tail -F`` reads it: without an end."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_PAUSE = 0.2  # seconds between two looks


class Followed(io.RawIOBase):
    """A file's octets as they are written. At the end of what there is, a read waits for more.

    Where another file has come in its place (rotated), the old one is read to its end and then the
    new one from its start; where it has become shorter (copied and truncated), it is read anew.

    Args:
        path: of the file. It need not be there yet.
        goes_on: is asked while there is nothing to read; once it says no, the file ends.
    """

    def __init__(self, path: Path, goes_on: Callable[[], bool] = lambda: True) -> None:
        self._path = path
        self._goes_on = goes_on
        self._file: BinaryIO | None = None

    def readable(self) -> bool:
        """Say that it is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return what has been written; nothing once nobody waits any longer."""
        while True:
            octets = self._file.read(size) if self._file else b""
            if octets:
                return octets
            if not self._turned_over():
                if not self._goes_on():
                    return b""
                time.sleep(_PAUSE)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        super().close()

    def _turned_over(self) -> bool:
        """Open the file that stands at the path now; whether there is a new one to read."""
        try:
            now = self._path.stat()
        except OSError:
            return False  # between two files
        if self._file is not None:
            known = os.fstat(self._file.fileno())
            if (known.st_ino, known.st_dev) == (now.st_ino, now.st_dev):
                if now.st_size >= self._file.tell():
                    return False
                self._file.seek(0)
                return True
            if known.st_size > self._file.tell():
                return True  # something was written after the last read
            self._file.close()
        try:
            self._file = self._path.open("rb", buffering=0)
        except OSError:
            self._file = None
            return False
        return True
