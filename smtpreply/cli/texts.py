"""Split files into texts to classify: one a line, and a reply of several lines as one."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO, NamedTuple, cast

import click

from smtpreply._support.escape import escape
from smtpreply.logs.input.decode import BROKEN, plain

_CONTINUED = re.compile(rb"\s*([2-5][0-9][0-9])-")
_MOST_LINES = 100  # of one reply; further lines begin a new one
_MOST_OCTETS = 1 << 20  # of one reply
_LONGEST_LINE = 1 << 20  # octets; of a longer line the rest is left out


class Text(NamedTuple):
    """A text, and the number of its first line."""

    line: int
    octets: bytes


def texts_in(lines: Iterable[bytes]) -> Iterator[Text]:
    """Yield each line as a text, the lines ``550-``, ``550-``, ``550`` of a reply as one.

    >>> [text.octets for text in texts_in([b"550-No such", b"550 user", b"User unknown"])]
    [b'550-No such\\n550 user', b'User unknown']
    """
    kept: list[bytes] = []
    first, size, code = 0, 0, b""
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip(b"\r\n")
        full = len(kept) == _MOST_LINES or size > _MOST_OCTETS
        if kept and (full or not line.lstrip().startswith(code)):
            yield Text(first, b"\n".join(kept))
            kept = []
        if not line.strip():
            continue
        if not kept:
            first, size = number, 0
        kept.append(line)
        size += len(line)
        head = _CONTINUED.match(line)
        if head is None:
            yield Text(first, b"\n".join(kept))
            kept = []
        else:
            code = head[1]
    if kept:
        yield Text(first, b"\n".join(kept))


def lines_of(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of standard input for "-"; of long ones the first mebibyte.

    It may be compressed, UTF-16, or begin with a byte order mark, as the files that `scan` reads.
    What is left out of a line is reported on stderr.

    Raises:
        click.FileError: the file cannot be read.
        click.UsageError: standard input is wanted, and closed.
    """
    if path == "-":
        stdin()
    try:
        with click.open_file(path, "rb") as stream:
            chunks = plain(cast("io.BufferedReader", stream).read1)
            yield from _bounded(io.BufferedReader(_Chunks(chunks)), path)
    except BROKEN as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise click.FileError(escape(path), words) from None


def stdin() -> BinaryIO:
    """Return the octets of standard input.

    Raises:
        click.UsageError: it is closed.
    """
    if sys.stdin is None:
        raise click.UsageError("standard input is closed")
    return sys.stdin.buffer


class _Chunks(io.RawIOBase):
    """A stream of octets that come in pieces."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _bounded(stream: IO[bytes], name: str) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        is_cut = not line.endswith(b"\n") and _skip_rest(stream)
        if is_cut:
            place = f"{escape(name)}:{number}"
            click.echo(f"{place}: the line is longer than {_LONGEST_LINE:,} octets", err=True)
        yield line + b"\n" if is_cut else line


def _skip_rest(stream: IO[bytes]) -> bool:
    """Read on to the end of a line; return whether there was anything."""
    rest = b""
    found = False
    while not rest.endswith(b"\n") and (rest := stream.readline(_LONGEST_LINE)):
        found = found or rest != b"\n"
    return found
