"""Where lines come from: files, folders, globs, streams; compressed or not; damaged or not.

What a file is compressed with is seen from its first octets, not from its name. Whatever goes
wrong on the way is recorded, and what could be read before it counts.
"""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import BinaryIO, cast

import attrs

from smtpreply.octets import rejoined

Problem = Callable[[str], None]
"""Is told what could not be read."""

Place = str | os.PathLike[str]
Source = Place | BinaryIO | Iterable[str] | Iterable[bytes] | Iterable[Place]

_MAGIC: tuple[tuple[bytes, Callable[[BinaryIO], BinaryIO]], ...] = (
    (b"\x1f\x8b", lambda stream: cast("BinaryIO", gzip.GzipFile(fileobj=stream))),
    (b"BZh", lambda stream: cast("BinaryIO", bz2.BZ2File(stream))),
    (b"\xfd7zXZ\x00", lambda stream: cast("BinaryIO", lzma.LZMAFile(stream))),  # noqa: SIM115
)
_ZSTD = b"\x28\xb5\x2f\xfd"
_LONGEST_MAGIC = 6

# Rotated: mail.log.2.gz (older the higher), mail.log-20261123.gz (older the lower).
_ROTATED = re.compile(
    r"(?P<base>.*?)(?:[.-](?P<date>[0-9]{8}(?:-?[0-9]{2,10})?)|\.(?P<age>[0-9]{1,4}))?"
    r"(?:\.(?:gz|bz2|xz|zst))?\Z"
)


@attrs.frozen
class Input:
    """One input of a run: its name, if it has one, its lines, and when it was last written to."""

    name: str | None
    lines: Iterable[str]
    latest: datetime | None = None


def inputs(source: Source, problem: Problem) -> Iterator[Input]:
    """Give what there is to read, rotated files from the oldest on.

    Args:
        source: a path, a folder, a glob; an open binary file; lines; or several paths.
        problem: is told of what cannot be read.

    Raises:
        FileNotFoundError: a path leads to nothing.
    """
    if isinstance(source, (str, os.PathLike)):
        yield from (_file(path, problem) for path in _paths([source]))
    elif hasattr(source, "read"):
        stream = cast("BinaryIO", source)
        name = getattr(stream, "name", None)
        lines = _decoded(stream, str(name or "the stream"), problem)
        yield Input(name if isinstance(name, str) else None, lines)
    else:
        yield from _several(cast("Iterable[object]", source), problem)


def _several(items: Iterable[object], problem: Problem) -> Iterator[Input]:
    """Tell paths from lines: a line is octets, or a string; a list of `Path` is files."""
    if (
        isinstance(items, (list, tuple))
        and items
        and all(isinstance(i, os.PathLike) for i in items)
    ):
        yield from (_file(path, problem) for path in _paths(items))
    else:
        yield Input(None, (_text(item) for item in items))


def _text(item: object) -> str:
    if isinstance(item, bytes):
        item = item.decode("utf-8", "surrogateescape")
    if not isinstance(item, str):
        raise TypeError(f"a line is str or bytes, not {type(item).__name__}")
    return rejoined(item).rstrip("\r\n")


def _paths(places: Iterable[Place]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        path = Path(place)
        if path.is_dir():
            found += [entry for entry in path.iterdir() if entry.is_file()]
        elif path.exists():
            found.append(path)
        elif matches := glob.glob(str(place)):  # noqa: PTH207  (absolute patterns too)
            found += [Path(match) for match in matches if Path(match).is_file()]
        else:
            raise FileNotFoundError(f"there is no such file: {str(place)!r}")
    return sorted(dict.fromkeys(found), key=age)


def age(path: PurePath) -> tuple[str, int, str, int]:
    """Give what sorts files: by their log, and within it from the oldest on.

    A rotated log has dated files, numbered ones, and last the present one. What comes first here
    is the log's own name, which all of its files share.
    """
    match = _ROTATED.match(path.name)
    assert match is not None
    base = str(path.parent / match["base"])
    if match["date"]:
        return base, 0, match["date"], 0
    return (base, 1, "", -int(match["age"])) if match["age"] else (base, 2, "", 0)


def _file(path: Path, problem: Problem) -> Input:
    latest = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Input(str(path), _file_lines(path, problem), latest)


def _file_lines(path: Path, problem: Problem) -> Iterator[str]:
    try:
        with path.open("rb") as stream:
            yield from _decoded(stream, str(path), problem)
    except OSError as error:  # on opening: later ones are told with their line
        problem(f"{path}: {error.strerror or error}")


def _decoded(stream: BinaryIO, name: str, problem: Problem) -> Iterator[str]:
    buffered = io.BufferedReader(cast("io.RawIOBase", _Rest(stream)))
    head = buffered.peek(_LONGEST_MAGIC)
    if head.startswith(_ZSTD):
        problem(f"{name}: compressed by zstd, which is not read yet; use zstdcat")
        return
    opened = next((opener for magic, opener in _MAGIC if head.startswith(magic)), None)
    lines: BinaryIO = opened(cast("BinaryIO", buffered)) if opened else cast("BinaryIO", buffered)
    count = 0
    try:
        for raw in lines:
            count += 1
            yield raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        problem(f"{name}: broken off after line {count}: {error}")


class _Rest(io.RawIOBase):
    """A stream's octets from where it stands, unbuffered, so that its head can be peeked at."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        octets = self._stream.read(len(view))
        view[: len(octets)] = octets
        return len(octets)
