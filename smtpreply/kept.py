"""What takes long to make of our data files, kept in the user's cache folder from run to run.

That is ``$SMTPREPLY_CACHE``, or ``smtpreply`` in ``$XDG_CACHE_HOME`` or in ``~/.cache``; an empty
``SMTPREPLY_CACHE`` keeps nothing. What is kept is no longer used when one of its sources changes.
Where nothing can be kept, it is made each time.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

Plain = TypeVar("Plain")
"""Made of dicts, lists, tuples, sets, texts, numbers, booleans and None only."""

_LONGEST = 90 * 86_400  # seconds that something is kept

Stamp = tuple[tuple[str, int, int], ...]


def kept(name: str, sources: Iterable[Traversable], make: Callable[[], Plain]) -> Plain:
    """Give what `make` makes: what is kept of it, while no source has changed since.

    Args:
        name: under which it is kept; one for each thing that is made.
        sources: the files that it is made of, and the folders of which every file counts.
        make: makes it, of plain values only.

    >>> kept("doctest", [], lambda: {"made": True})
    {'made': True}
    """
    paths = [source for source in sources if isinstance(source, Path)]
    if not paths:
        return make()
    place = _place(paths[0], name)
    if place is None:
        return make()
    stamp = _stamp(paths)
    found = _read(place)
    if found is not None and found[0] == stamp:
        known: Plain = found[1]
        return known
    made = make()
    _write(place, (stamp, made))
    return made


def toml(source: Traversable) -> dict[str, Any]:
    """Read a TOML file of ours.

    Raises:
        tomllib.TOMLDecodeError: it is none.
    """
    return kept(source.name, [source], lambda: toml_afresh(source))


def toml_afresh(source: Traversable) -> dict[str, Any]:
    """Read a TOML file without keeping it: for those who keep what they make of it."""
    import tomllib  # noqa: PLC0415  (5 ms that most runs need not spend)

    return tomllib.loads(source.read_text(encoding="utf-8"))


def _stamp(paths: Iterable[Path]) -> Stamp:
    files = sorted(file for path in paths for file in _files(path))
    return tuple((file, (stat := os.stat(file)).st_mtime_ns, stat.st_size) for file in files)  # noqa: PTH116


def _files(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield str(path)
        return
    for folder, folders, files in os.walk(path):
        folders[:] = [inner for inner in folders if inner != "__pycache__"]
        yield from (f"{folder}{os.sep}{file}" for file in files)


def _place(source: Path, name: str) -> Path | None:
    folder = os.environ.get("SMTPREPLY_CACHE")
    if folder is None:
        try:
            home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        except RuntimeError:  # a user without a home
            return None
        folder = str(Path(home, "smtpreply"))
    # Several versions may be installed, in several places, for several Pythons.
    where = zlib.crc32(os.fsencode(source.parent))
    tag = sys.implementation.cache_tag
    return Path(folder, f"{name}-{where:08x}.{tag}") if folder and tag else None


def _read(place: Path) -> tuple[Stamp, Any] | None:
    try:
        with place.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != _user():
                return None  # who can write it can have us load anything
            found = marshal.loads(file.read())  # noqa: S302
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return found if isinstance(found, tuple) and len(found) == 2 else None


def _user() -> int:
    """Give the number of the user; 0 where there are none, as on Windows, where files have 0."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _write(place: Path, value: tuple[Stamp, Any]) -> None:
    """Write it as a whole or not at all; that it can't be written is no reason to fail."""
    with contextlib.suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        draft.write_bytes(marshal.dumps(value))
        draft.replace(place)
        _forget_old(place.parent)


def _forget_old(folder: Path) -> None:
    """Take away what was written long ago: an environment may have gone since, or moved."""
    last = time.time() - _LONGEST
    for path in folder.iterdir():
        if path.stat().st_mtime < last:
            path.unlink()
