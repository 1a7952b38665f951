"""What a log format is: a small value, of which there is one a module in `smtpreply.logs.formats`.

A user's own is used by giving it to `scan`, or by registering it for all scans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import attrs

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.input.syslog import Line

LineReader = Callable[[Line], Iterable[Delivery] | None]
"""Reads line after line of one run, and may remember what it needs from earlier ones.

It gives the deliveries that a line tells of, none for a line that tells of none, and None for a
line that it does not understand. Where what a line began is told in later ones, it may also have a
method ``finish``, which is called at the end of each source and gives the deliveries that are left.
Where a line may have more lines, it may have a method ``continues``, which tells whether a `Line`
goes on with the one that the reader was given just before. It is asked about lines that begin with
white space, and about those that no format knows.
And it may have a list ``problems``, in words: then the run's account takes over what is in it.
"""

MOST_PROBLEMS = 100
"""Of a source, in words: each line of a hostile file may be one, and is counted anyway."""


def _claims_nothing(_head: Sequence[str]) -> bool:
    return False


@attrs.frozen
class Format:
    """A log format.

    Attributes:
        name: how `scan` and `Delivery.mta` call it.
        detect: whether a line is of this format, by its program or its form. It is asked of each
            line in a file of mixed programs, so it should be quick.
        reader: makes a reader for one run.
        claims: whether a source that begins with these lines (ten at most) is of this format as a
            whole, as a table with a head line is, or a message. Then each of its lines, empty ones
            too, is given to the reader as it stands: no prefix is sought.
    """

    name: str
    detect: Callable[[Line], bool]
    reader: Callable[[], LineReader]
    claims: Callable[[Sequence[str]], bool] = _claims_nothing
