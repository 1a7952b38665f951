"""Split files into texts to classify: one a line, and a reply of several lines as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import click

from smtpreply._support.escape import escape

_CONTINUED = re.compile(rb"\s*([2-5][0-9][0-9])-")
_MOST_LINES = 100  # of one reply; further lines begin a new one


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
    first, code = 0, b""
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip(b"\r\n")
        if kept and (not line.lstrip().startswith(code) or len(kept) == _MOST_LINES):
            yield Text(first, b"\n".join(kept))
            kept = []
        if not line.strip():
            continue
        if not kept:
            first = number
        kept.append(line)
        head = _CONTINUED.match(line)
        if head is None:
            yield Text(first, b"\n".join(kept))
            kept = []
        else:
            code = head[1]
    if kept:
        yield Text(first, b"\n".join(kept))


def lines_of(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of standard input for "-".

    Raises:
        click.FileError: the file cannot be read.
    """
    try:
        with click.open_file(path, "rb") as stream:
            yield from stream
    except OSError as error:
        raise click.FileError(escape(path), error.strerror) from None
