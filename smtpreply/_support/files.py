"""Write files as a whole: under another name first, which is then that of the file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_MODE = 0o666  # as `open` has it: the umask takes its share


@contextmanager
def part_of(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a new file beside `path`, which takes its place at the end.

    Where writing fails or is interrupted, the new file is removed, and an old one of that name
    stays as it was. A link is followed: what it leads to is replaced. What is no regular file, such
    as ``/dev/stdout`` or a pipe, cannot be replaced: its own path is given.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    part = target.with_name(f".{target.name[:200]}.{os.urandom(4).hex()}.part")
    # O_EXCL: nobody else's file or link of this name is written to.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE))
    try:
        with contextlib.suppress(OSError):  # the old file's permissions
            part.chmod(target.stat().st_mode & 0o7777)
        yield part
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


@contextmanager
def replacing(
    path: str | os.PathLike[str], *, errors: str = "strict", newline: str | None = "\n"
) -> Iterator[TextIO]:
    """Open a text file for writing, in UTF-8, which takes the place of `path` at the end.

    Args:
        path: the file; see `part_of`.
        errors: what becomes of surrogates, as for `open`.
        newline: what becomes of line ends, as for `open`.
    """
    with (
        part_of(path) as part,
        part.open("w", encoding="utf-8", errors=errors, newline=newline) as file,
    ):
        yield file


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file as a whole, in UTF-8."""
    with replacing(path) as file:
        file.write(text)
