"""What a log format is: a small value, of which there is one a module in `smtpreply.logs.formats`.

A user's own is used by giving it to `scan`, or by registering it for all scans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.prefix import Line

LineReader = Callable[[Line], Iterable[Delivery] | None]
"""Reads line after line of one source, and may remember what it needs from earlier ones.

It gives the deliveries that a line tells of, none for a line that tells of none, and None for a
line that it does not understand.
"""


@attrs.frozen
class Format:
    """A log format.

    Attributes:
        name: how `scan` and `Delivery.mta` call it.
        detect: whether a line is of this format, by its program or its form. It is asked of each
            line in a file of mixed programs, so it should be quick.
        reader: makes a reader for one source.
    """

    name: str
    detect: Callable[[Line], bool]
    reader: Callable[[], LineReader]
