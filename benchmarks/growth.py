"""Growth of the time with the length of the input."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

LIMIT = 6.0
"""The most that four times the length may take, as a multiple."""

SLOWEST = 1.0
"""Seconds that a text of some kilobytes may take, on a busy machine too."""

_MEMORY_SPEED = 1e-9  # seconds an octet
_ENOUGH = 0.002  # seconds of a measurement
_LONG = 5.0  # seconds of a measurement that needs no other
_SLOW = 0.5  # seconds of a measurement that says enough
_OTHER = 64  # octets by which the texts of one measurement differ

T = TypeVar("T")
Read = Callable[[T], object]
Make = Callable[[int], T]
"""Makes an input of about so many octets."""


class Growth(NamedTuple):
    """The growth of a cost with four times the length.

    Attributes:
        ratio: of the times; 0 where the text is read at the speed of memory, which shows the
            machine's caches and nothing else.
        seconds: for the longer one.
    """

    ratio: float
    seconds: float

    @property
    def is_linear(self) -> bool:
        """Whether the time is in proportion to the length, within the limit."""
        return self.ratio <= LIMIT

    def __str__(self) -> str:
        ratio = f"{self.ratio:.1f}" if self.ratio else "-"
        return f"{ratio if self.is_linear else f'**{ratio}**'} ({self.seconds:.2f})"


def once(read: Read[T], make: Make[T], size: int) -> Growth:
    """Read one text: what takes longer than `SLOWEST` grows beyond any limit."""
    seconds = _seconds(read, make, size, 1, enough=0)
    return Growth(math.inf if seconds > SLOWEST else 0.0, seconds)


def growth(read: Read[T], make: Make[T], size: int) -> Growth:
    """Measure how much longer an input of four times the `size` takes.

    A sixteenth of the `size` comes first, so that what is quadratic is found before it takes hours.
    """
    short = _checked(read, make, size // 16)
    if not short.is_linear and short.seconds > _SLOW:
        return short
    found = _checked(read, make, size)
    if found.is_linear or found.seconds > _SLOW:
        return found
    # A bounded effort at the beginning, or copies that outgrow a cache: larger texts lie beyond it.
    return _measured(read, make, 16 * size, 3)


def _checked(read: Read[T], make: Make[T], size: int) -> Growth:
    found = _measured(read, make, size, 1)
    if not found.is_linear and found.seconds < _LONG:  # a slip of the clock?
        found = _measured(read, make, size, 5)
    return found


def _measured(read: Read[T], make: Make[T], size: int, rounds: int) -> Growth:
    large = _seconds(read, make, 4 * size, rounds)
    if large < 4 * size * _MEMORY_SPEED:
        return Growth(0.0, large)
    return Growth(large / _seconds(read, make, size, rounds), large)


def _seconds(
    read: Read[T], make: Make[T], size: int, rounds: int, enough: float = _ENOUGH
) -> float:
    """Return the least CPU time of some rounds; of more than that, if they are short.

    Each round has a text of its own, since some answers are cached.
    """
    taken: list[float] = []
    while len(taken) < rounds or sum(taken) < enough:
        text = make(size + _OTHER * len(taken))
        start = time.process_time()
        read(text)
        taken.append(time.process_time() - start)
    return min(taken)
