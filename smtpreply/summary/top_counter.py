"""Counts of what may be anything, in bounded memory, with an error that is known.

Misra and Gries, "Finding repeated elements", 1982; merged as by Agarwal et al., "Mergeable
summaries", 2012: where there are too many keys, the count of the least is taken off all.

The same sketch is in the package datasketches, as ``frequent_strings_sketch``. Ours stays: to count
a key there takes two thirds of the time, which is lost beside reading the line that has it, while
the package brings NumPy, takes strings only where pairs are counted here, and packs its state in a
form of its own.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

Key = TypeVar("Key", str, tuple[str, str])

CAPACITY = 4096


@attrs.define
class Tally(Generic[Key]):
    """How often each key was seen: exactly, until there are twice as many keys as it keeps.

    From then on a key was seen at least as often as its count says, and at most `error` times
    more; one that is not there, at most `error` times.

    Attributes:
        capacity: how many keys are kept.
        error: what was taken off.

    >>> tally: Tally[str] = Tally(capacity=2)
    >>> for key in "aaaabbbcd":
    ...     tally.add(key)
    >>> tally.most_common(1), tally.error
    ([('a', 4)], 0)
    """

    capacity: int = CAPACITY
    error: int = 0
    counts: dict[Key, int] = attrs.field(factory=dict)

    def add(self, key: Key, count: int = 1) -> None:
        """Count a key."""
        self.counts[key] = self.counts.get(key, 0) + count
        if len(self.counts) > 2 * self.capacity:
            self._shrink()

    def __add__(self, other: Tally[Key]) -> Tally[Key]:
        both: Tally[Key] = Tally(min(self.capacity, other.capacity), self.error + other.error)
        both.counts = dict(self.counts)
        for key, count in other.counts.items():
            both.counts[key] = both.counts.get(key, 0) + count
        if len(both.counts) > 2 * both.capacity:
            both._shrink()
        return both

    def most_common(self, number: int) -> list[tuple[Key, int]]:
        """Return the commonest keys and their counts, as `Counter` does; of equals, by name."""
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ordered[:number]

    def _shrink(self) -> None:
        least = sorted(self.counts.values(), reverse=True)[self.capacity]
        self.counts = {key: n - least for key, n in self.counts.items() if n > least}
        self.error += least
