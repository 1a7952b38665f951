"""`TopCounter`: counts of the most frequent keys in bounded memory, with a known error.

The algorithm of Misra and Gries, "Finding repeated elements", 1982, merged as in Agarwal et al.,
"Mergeable summaries", 2012: where there are too many keys, a common amount is subtracted from all.

The package datasketches has the same sketch, ``frequent_strings_sketch``, which needs two thirds of
the time per key. That does not matter beside the parsing of a line, while the package requires
NumPy, takes strings only where pairs are counted here, and has a binary state of its own.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

Key = TypeVar("Key", str, tuple[str, str])

CAPACITY = 4096


@attrs.define
class TopCounter(Generic[Key]):
    """Counts of keys: exact, until there are more than twice `capacity` of them.

    From then on a count is at most `error` too low, and a key without a count was seen at most
    `error` times. Two counters add up (`+`).

    Attributes:
        capacity: the number of keys to keep.
        error: the amount that has been subtracted from the counts.

    >>> counter: TopCounter[str] = TopCounter(capacity=2)
    >>> for key in "aaaabbbcd":
    ...     counter.add(key)
    >>> counter.most_common(1), counter.error
    ([('a', 4)], 0)
    """

    capacity: int = CAPACITY
    error: int = 0
    counts: dict[Key, int] = attrs.field(factory=dict)

    def add(self, key: Key, count: int = 1) -> None:
        """Count a key; a negative count takes back what was counted."""
        self.counts[key] = left = self.counts.get(key, 0) + count
        if left <= 0:
            del self.counts[key]
        if len(self.counts) > 2 * self.capacity:
            self._shrink()

    def __add__(self, other: TopCounter[Key]) -> TopCounter[Key]:
        both: TopCounter[Key] = TopCounter(
            min(self.capacity, other.capacity), self.error + other.error
        )
        both.counts = dict(self.counts)
        for key, count in other.counts.items():
            both.counts[key] = both.counts.get(key, 0) + count
        if len(both.counts) > 2 * both.capacity:
            both._shrink()
        return both

    def most_common(self, number: int) -> list[tuple[Key, int]]:
        """Return the most frequent keys and their counts, as `Counter` does; ties by name."""
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ordered[:number]

    def _shrink(self) -> None:
        least = sorted(self.counts.values(), reverse=True)[self.capacity]
        self.counts = {key: n - least for key, n in self.counts.items() if n > least}
        self.error += least
