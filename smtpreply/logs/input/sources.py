"""Sources of lines: files, folders, globs, streams, or lines themselves."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from smtpreply._support.octets import rejoined
from smtpreply.logs.input.decode import HOLE, Problem, Progress, blocks_of, cleaned
from smtpreply.logs.input.follow import Followed
from smtpreply.logs.input.rotation import age
from smtpreply.logs.input.split import Part, Stretch

GoesOn = Callable[[], bool]
"""Whether to wait for more: asked while there is nothing to read."""
Place = str | os.PathLike[str]
Source = Place | Part | BinaryIO | Iterable[str] | Iterable[bytes] | Iterable[Place]

_OF_LINES = re.compile(r"[\s,;\"<>{}|]")
"""Characters that most lines of logs have, and hardly any path."""
_MAILDIR = ("cur", "new")


class Input(NamedTuple):
    """One input of a run: its name, if it has one, its text, and when it was last written to.

    Attributes:
        name: the path of a file.
        blocks: the text, in blocks of whole lines with their line ends.
        latest: when it was last written to, as far as that is known; None for now.
        is_whole: whether it is read from its beginning.
    """

    name: str | None
    blocks: Iterable[str]
    latest: datetime | None = None
    is_whole: bool = True


class Reading(NamedTuple):
    """The options for reading inputs, and the callbacks to notify.

    Attributes:
        problem: called with what cannot be read, in words.
        progress: called with the number of octets read, counted before decompression.
        follow: whether to wait for more at the end of a file, and read on: asked while there is
            nothing to read; None for not at all.
    """

    problem: Problem
    progress: Progress | None = None
    follow: GoesOn | None = None


def inputs(source: Source, reading: Reading) -> Iterator[Input]:
    """Yield what there is to read, rotated files from the oldest on.

    Args:
        source: a path, a folder, a glob; an open binary file; lines; or several paths.
        reading: how to read it.

    Raises:
        FileNotFoundError: a path leads to nothing.
    """
    if isinstance(source, Part):
        yield _part(source, reading)
        return
    if reading.follow is not None:
        yield _followed(path_to_follow(source), reading.follow, reading)
        return
    paths = paths_of(source)
    if paths is not None:
        yield from (_file(path, reading) for path in paths)
    elif hasattr(source, "read"):
        stream = cast("BinaryIO", source)
        name = getattr(stream, "name", None)
        called = name if isinstance(name, str) else None
        blocks = blocks_of(stream, called or "the stream", reading.problem, reading.progress)
        yield Input(called, blocks)
    else:
        items = cast("Iterable[object]", source)
        yield Input(None, (_block(item, reading.problem) for item in items))


def readable(source: object) -> Source:
    """Return a source in a form that `inputs` takes.

    A text file is read by its octets, and a message of the email package as the octets it is.

    Raises:
        TypeError: it is no source. Octets are none, since a path may be octets as well.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        raise TypeError("scan takes a path, an open file or lines; wrap octets in io.BytesIO")
    if isinstance(source, io.TextIOBase):
        return _octets_of_file(source)
    as_octets = getattr(source, "as_bytes", None)
    if callable(as_octets) and not isinstance(source, os.PathLike):
        return io.BytesIO(as_octets())
    if isinstance(source, (str, os.PathLike, Part, Iterable)) or hasattr(source, "read"):
        return cast("Source", source)
    raise TypeError(f"scan takes a path, an open file or lines, not {type(source).__name__}")


def _octets_of_file(file: io.TextIOBase) -> Source:
    octets = getattr(file, "buffer", None)
    if octets is None:  # io.StringIO
        return (line for line in file)
    if file.seekable():
        file.seek(file.tell())  # what was read ahead is read again
    return cast("BinaryIO", octets)


def paths_of(source: Source) -> list[Path] | None:
    """Return the files that a source names, those of a rotated log from the oldest on.

    Returns:
        None where it names none, but is a stream or lines.

    Raises:
        FileNotFoundError: a path leads to nothing.
    """
    if isinstance(source, Part):
        return [source.path]
    if isinstance(source, (str, os.PathLike)):
        return _paths([source])
    if isinstance(source, (list, tuple)) and _are_paths(source):
        return _paths(source)
    return None


def path_to_follow(source: Source) -> Path:
    """Return the one file that a source names, which need not be there yet.

    Raises:
        ValueError: it names none, or several.
    """
    given = source if isinstance(source, (list, tuple)) else [source]
    paths: list[Path] = []
    for place in given:
        if isinstance(place, (str, os.PathLike)) and "\n" not in os.fspath(place):
            is_there = Path(place).exists() or glob.has_magic(os.fspath(place))
            paths += _paths([place]) if is_there else [Path(place)]
    if len(given) != 1 or len(paths) != 1:
        raise ValueError("one file can be followed, and it must be given by its path")
    return paths[0]


def _are_paths(items: Sequence[object]) -> bool:
    """Return whether items are paths, and not lines: one is that of a file, and all may be paths.

    So a folder among files is one, and so is a name that is not there.
    """
    are_named = False
    for item in items:
        if _is_path(item):
            are_named = True
        elif not isinstance(item, str) or not _may_be_path(item):
            return False
    return are_named


def _is_path(item: object) -> bool:
    # `Path.is_file` raises where a line is longer than the name of a file can be.
    return isinstance(item, os.PathLike) or (
        isinstance(item, str) and os.path.isfile(item)  # noqa: PTH113
    )


def _may_be_path(text: str) -> bool:
    return (bool(text) and _OF_LINES.search(text) is None) or os.path.isdir(text)  # noqa: PTH112


def _block(item: object, problem: Problem) -> str:
    """Return an item's lines: one, unless it holds line ends inside."""
    if isinstance(item, bytes):
        item = item.decode("utf-8", "surrogateescape")
    if not isinstance(item, str):
        raise TypeError(f"a line is str or bytes, not {type(item).__name__}")
    text = cleaned(rejoined(item if item.endswith("\n") else f"{item}\n"))
    if "\0" in text:
        problem(f"line: {text.count(chr(0))} NUL octets")
        text = HOLE.sub("\n", text)
    return text


def _paths(places: Sequence[Place]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        path = Path(place)
        if not os.fspath(place):  # `Path` would take it for the current folder
            raise FileNotFoundError("a path is empty")
        if path.is_dir():
            found += _files_in(path)
        elif path.exists() or (len(places) > 1 and path.is_symlink()):
            found.append(path)  # of several files, one that is not there is reported, no more
        elif matches := _matches(place):
            found += matches
        else:
            is_text = isinstance(place, str) and "\n" in place
            hint = "; text of a log is given as a list of lines, or as io.StringIO"
            raise FileNotFoundError(f"there is no such file: {str(place)!r}{hint * is_text}")
    return sorted(_different(found), key=age)


def _different(paths: Iterable[Path]) -> Iterable[Path]:
    """Return each file once, under whatever names it is there: not under that of a link to it."""
    known: dict[object, Path] = {}
    for path in sorted(paths, key=Path.is_symlink):
        try:
            status = path.stat()
        except OSError:  # which is reported when it is opened
            known[path] = path
        else:
            known.setdefault((status.st_dev, status.st_ino), path)
    return known.values()


def _matches(pattern: Place) -> list[Path]:
    if not glob.has_magic(str(pattern)):  # what exists, and is no link that leads nowhere
        return []
    found = map(Path, glob.glob(str(pattern), recursive=True))  # noqa: PTH207  (absolute ones too)
    return [path for path in found if _may_be_read(path)]


def _may_be_read(path: Path) -> bool:
    """Check whether a path is that of a file, or of a link to none, which will be reported."""
    return path.is_file() or (path.is_symlink() and not path.exists())


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder; of a maildir, the messages."""
    if all(folder.joinpath(name).is_dir() for name in _MAILDIR):
        for name in _MAILDIR:
            yield from _files_in(folder / name)
    else:
        yield from filter(_may_be_read, folder.iterdir())


def _file(path: Path, reading: Reading) -> Input:
    def opened() -> BinaryIO:
        return path.open("rb", buffering=0)

    return Input(str(path), _file_blocks(path, opened, reading), _latest(path))


def _followed(path: Path, goes_on: GoesOn, reading: Reading) -> Input:
    def opened() -> BinaryIO:
        return cast("BinaryIO", Followed(path, goes_on, reading.problem))

    return Input(str(path), _file_blocks(path, opened, reading))  # it is written to now


def _part(part: Part, reading: Reading) -> Input:
    def opened() -> BinaryIO:
        return cast("BinaryIO", Stretch(part))

    # Lines of a part are counted from its beginning.
    behind = f" (from octet {part.start:,})" if part.start else ""
    blocks = _file_blocks(part.path, opened, reading, f"{part.path}{behind}")
    return Input(str(part.path), blocks, _latest(part.path), is_whole=part.start == 0)


def _latest(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # it has been rotated away: opening it will fail
        return None


def _file_blocks(
    path: Path, opened: Callable[[], BinaryIO], reading: Reading, name: str | None = None
) -> Iterator[str]:
    try:
        with opened() as stream:
            yield from blocks_of(stream, name or str(path), reading.problem, reading.progress)
    except OSError as error:  # on opening: later ones are reported with their line
        reading.problem(f"{path}: {error.strerror or error}")
