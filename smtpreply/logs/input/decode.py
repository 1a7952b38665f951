"""Octets to blocks of whole lines: decompressed, decoded, and parted where a crash left a hole.

Line ends are LF, CRLF, or CR where there is no LF. What a terminal shows as colours (ECMA-48: SGR,
and EL, which ``grep --color`` adds) is taken out, as are the byte order marks of files that were
put together.

What a stream is compressed with, and whether it is UTF-16, is seen from its first octets, not from
a name. Whatever goes wrong on the way is recorded, and what could be read before it counts.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO, Protocol, cast

Problem = Callable[[str], None]
"""Called with what could not be read, in words."""
Progress = Callable[[int], None]
"""Called with the number of octets read since the last call, counted before decompression."""

SIZE = 1 << 17
"""How many octets are read at once: enough to read lines in bulk, and with what is made of them
small beside a processor's cache."""
LONGEST_LINE = 1 << 22
"""How many octets of a line are read; what is after them is left out."""
MOST_WINDOW = 26
"""The base-2 logarithm of the most octets that a decompressor may look back on: 64 MiB, which is
what ``xz -9`` asks for. A file chooses this itself, up to 4 GiB."""
_MOST_XZ = (1 << MOST_WINDOW) + (1 << 20)  # octets: its window, and what it needs beside

HOLE = re.compile(r"\0+")
"""What a crash leaves of lines that were not yet written."""
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[mK]")
_ESCAPE = "\x1b"
_COLOURS_END = ("\x1b[0m", "\x1b[m")  # ECMA-48 8.3.117: the default rendition
_MARK = "\ufeff"  # U+FEFF, the byte order mark


class Octets(Protocol):
    """A stream that gives what it has: at most so many octets, none at its end."""

    def read1(self, size: int, /) -> bytes:
        """Return some octets."""


class _Zstd:
    """Decompresses zstd: in the standard library from 3.14 on (PEP 784), else by a backport."""

    def __init__(self, stream: BinaryIO) -> None:
        zstd = _zstd_module()
        options = {zstd.DecompressionParameter.window_log_max: MOST_WINDOW}
        self._file = zstd.ZstdFile(stream, options=options)
        self._error: type[Exception] = zstd.ZstdError

    def read1(self, size: int, /) -> bytes:
        """Return some octets."""
        try:
            octets: bytes = self._file.read1(size)
        except self._error as error:
            raise OSError(str(error)) from None
        return octets


class _Xz:
    """Decompresses xz with bounded memory, which `lzma.LZMAFile` cannot."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder: lzma.LZMADecompressor | None = None

    def read1(self, size: int, /) -> bytes:
        """Return some octets."""
        octets = b""
        while not octets:
            decoder = self._decoder
            if decoder is None or decoder.eof:
                # Streams may follow one another, with zeros between them (xz format, 2.2).
                left = (decoder.unused_data if decoder else b"").lstrip(b"\0")
                left = left or self._stream.read(SIZE).lstrip(b"\0")
                if not left:
                    return b""
                decoder = self._decoder = lzma.LZMADecompressor(memlimit=_MOST_XZ)
            elif decoder.needs_input:
                left = self._stream.read(SIZE)
                if not left:
                    raise EOFError("the file ends before the end of its compressed data")
            else:
                left = b""
            octets = decoder.decompress(left, size)
        return octets


def _zstd_module() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise OSError('compressed by zstd, which needs backports.zstd: pip install "smtpreply[zstd]"')


_MAGIC: tuple[tuple[bytes, Callable[[BinaryIO], Octets]], ...] = (
    (b"\x1f\x8b", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", _Xz),
    (b"\x28\xb5\x2f\xfd", _Zstd),
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKED = (*(magic for magic, _ in _MAGIC), *_UTF_16)
_LEADING = (*_PACKED, codecs.BOM_UTF8)
"""Leading octets that decide how a stream is read."""
BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError)
"""What is raised where compressed data is broken."""


class _LineCount:
    """Line count of a block; that of the last block is kept, since two callers ask for it."""

    def __init__(self) -> None:
        self._last = ("", 0)

    def __call__(self, block: str) -> int:
        """Return the number of line ends in a block."""
        last, count = self._last
        if block is not last:
            count = block.count("\n")
            self._last = block, count
        return count


count_lines = _LineCount()


def is_packed(octets: bytes) -> bool:
    """Whether octets that begin a file are compressed, or UTF-16: no part of it stands alone."""
    return octets.startswith(_PACKED)


def cleaned(text: str) -> str:
    r"""Return text with LF for CRLF, without colours and without byte order marks at lines' heads.

    >>> cleaned("\x1b[36mmx-1  |\x1b[0m one\r\n\ufefftwo\n")
    'mx-1  | one\ntwo\n'
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _ESCAPE in text:  # one character is found much faster than several
        text = "\n".join(map(_uncoloured, text.split("\n")))
    if _MARK in text:
        text = text.removeprefix(_MARK).replace(f"\n{_MARK}", "\n")
    return text


def _uncoloured(line: str) -> str:
    """Remove a program's colours; without their end, an escape sequence is of what was logged."""
    return _COLOUR.sub("", line) if any(end in line for end in _COLOURS_END) else line


def plain(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield what a stream holds: decompressed, UTF-16 as UTF-8, without a byte order mark.

    Args:
        read: returns at most so many octets of the stream, and none at its end.

    Raises:
        EOFError, OSError, zlib.error, lzma.LZMAError: the compressed data is broken.
    """
    head = _head(read)
    opened = next((opener for magic, opener in _MAGIC if head.startswith(magic)), None)
    if opened is not None:
        read = opened(cast("BinaryIO", io.BufferedReader(_Rest(head, read), SIZE))).read1
        head = _head(read)
    if head.startswith(_UTF_16):
        yield from _as_utf_8(head, read)
        return
    octets = head.removeprefix(codecs.BOM_UTF8) or read(SIZE)
    while octets:
        yield octets
        octets = read(SIZE)


def _head(read: Callable[[int], bytes]) -> bytes:
    """Return the first octets of a stream: enough to see how it is read, however few come at once.

    Raises:
        EOFError, OSError, zlib.error, lzma.LZMAError: the compressed data is broken.
    """
    head = read(SIZE)
    while head and any(head != magic and magic.startswith(head) for magic in _LEADING):
        more = read(SIZE)
        if not more:
            break
        head += more
    return head


def blocks_of(
    stream: BinaryIO, name: str, problem: Problem, progress: Progress | None = None
) -> Iterator[str]:
    """Return what a stream holds, in blocks of whole lines, each with its line end.

    Octets that are not UTF-8 become surrogate escapes (PEP 383); CRLF becomes LF. NUL octets,
    which are what a crash leaves of lines that were not yet written, end a line.

    Args:
        stream: open for reading octets, at its beginning; it need not seek.
        name: how problems call it.
        problem: called with what cannot be read, in words.
        progress: called with the number of octets read.
    """
    return _Reader(stream, name, problem, progress).blocks()


class _Reader:
    """Reads one stream to its end, or to where it is broken off."""

    def __init__(
        self, stream: BinaryIO, name: str, problem: Problem, progress: Progress | None
    ) -> None:
        self._stream = stream
        self._progress = progress
        self._name = name
        self._problem = problem
        self._broken: Exception | None = None

    def blocks(self) -> Iterator[str]:
        lines = 0
        for octets in self._whole_lines():
            block = cleaned(octets.decode("utf-8", "surrogateescape"))
            if "\0" in block:
                at = lines + block.count("\n", 0, block.index("\0")) + 1
                self._problem(f"{self._name}:{at}: {block.count(chr(0))} NUL octets")
                block = HOLE.sub("\n", block)
            yield block
            lines += count_lines(block)
        if self._broken is not None:
            words = str(self._broken) or type(self._broken).__name__
            self._problem(f"{self._name}: broken off after line {lines}: {words}")

    def _whole_lines(self) -> Iterator[bytes]:
        """Cut the octets after line ends; a line that is too long is cut off."""
        begun: list[bytes] = []  # a line whose end has not come yet
        room = LONGEST_LINE
        for octets in self._octets():
            end = octets.rfind(b"\n") + 1
            if end:
                yield b"".join((*begun, memoryview(octets)[:end]))
                begun, room = [], LONGEST_LINE
            rest = octets[end:]
            if len(rest) > room >= 0:
                self._problem(f"{self._name}: a line is longer than {LONGEST_LINE:,} octets")
                room = -1
            if room > 0:
                begun.append(rest)
                room -= len(rest)
        if any(begun):
            yield b"".join(begun)

    def _octets(self) -> Iterator[bytes]:
        """Yield the text's octets as UTF-8, decompressed, as they come."""
        chunks = self._until_broken(plain(self._read))
        head = bytearray()
        for octets in chunks:
            head += octets
            if b"\n" in octets or len(head) >= SIZE:
                break
        # Behind so much, a CR at its end may be of a CRLF.
        is_all = len(head) < SIZE
        by_cr = b"\n" not in head and b"\r" in (head if is_all else head[:-1])
        for octets in chain((bytes(head),), chunks):
            yield octets.replace(b"\r", b"\n") if by_cr else octets

    def _until_broken(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except BROKEN as error:
            self._broken = error

    def _read(self, size: int) -> bytes:
        octets = self._stream.read(size)
        if self._progress is not None:
            self._progress(len(octets))
        return octets


def _as_utf_8(octets: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield UTF-16, as PowerShell writes tables, as UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    while octets:
        yield decoder.decode(octets).encode("utf-8", "surrogatepass")
        octets = read(SIZE)
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


class _Rest(io.RawIOBase):
    """A stream's octets, unbuffered: those that have been read, and those from its position on."""

    def __init__(self, head: bytes, read: Callable[[int], bytes]) -> None:
        self._head = head
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        octets = self._head[: len(view)] or self._read(len(view))
        self._head = self._head[len(octets) :]
        view[: len(octets)] = octets
        return len(octets)
