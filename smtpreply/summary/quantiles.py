"""`Delays`: percentiles of delivery delays with a known relative error, in bounded memory.

Buckets grow by a constant factor (Masson, Rim and Lee, "DDSketch", 2019). The sketches of the
package datasketches (KLL, REQ) bound the error of the rank, not of the delay: on the long tail of a
queue KLL gave 500 s for a percentile 99.9 that was 1300 s. Hence this implementation.
"""

from __future__ import annotations

import functools
import math
from collections import Counter

import attrs

_ACCURACY = 0.01
_GROWTH = math.log((1 + _ACCURACY) / (1 - _ACCURACY))
_LEAST = 0.001  # seconds: below, a delay is 0
_MOST = 1e9  # seconds: thirty years
_NONE = -1_000_000  # the bucket of delays that count as 0


@attrs.define
class Delays:
    """A histogram of delays in seconds: each percentile is within one percent. They add up (`+`).

    >>> delays = Delays()
    >>> for second in range(1, 101):
    ...     delays.add(second)
    >>> round(delays.percentile(50)), delays.within(20)
    (50, 20)
    """

    buckets: Counter[int] = attrs.field(factory=Counter)

    def add(self, seconds: float, count: int = 1) -> None:
        """Count a delay. NaN and negative numbers, which occur in logs, count as 0."""
        self.buckets[_bucket(seconds)] += count

    def __add__(self, other: Delays) -> Delays:
        return Delays(self.buckets + other.buckets)

    def __len__(self) -> int:
        return self.buckets.total()

    def percentile(self, percent: float) -> float | None:
        """Return the delay in seconds that `percent` of all do not exceed; None without delays."""
        wanted = percent / 100 * len(self)
        seen = 0
        for bucket, count in sorted(self.buckets.items()):
            seen += count
            if seen >= wanted:
                return 0.0 if bucket == _NONE else _middle(bucket)
        return None

    def within(self, seconds: float) -> int:
        """Return how many took at most so many seconds; the limit is exact within one percent."""
        last = _bucket(seconds)
        return sum(count for bucket, count in self.buckets.items() if bucket <= last)


@attrs.define
class DelaysByKind:
    """Delays by kind, such as the outcome, of which there are few. They add up (`+`).

    >>> delays = DelaysByKind()
    >>> delays.add("delivered", 1.5)
    >>> delays.add("deferred", 30)
    >>> len(delays.total()), len(delays.of("delivered")), len(delays.of("bounced"))
    (2, 1, 0)
    """

    kinds: dict[str, Delays] = attrs.field(factory=dict)

    def add(self, kind: str, seconds: float, count: int = 1) -> None:
        """Count a delay."""
        delays = self.kinds.get(kind)
        if delays is None:
            delays = self.kinds[kind] = Delays()
        delays.add(seconds, count)

    def __add__(self, other: DelaysByKind) -> DelaysByKind:
        names = dict.fromkeys([*self.kinds, *other.kinds])
        return DelaysByKind({kind: self.of(kind) + other.of(kind) for kind in names})

    def of(self, kind: str) -> Delays:
        """Return the delays of a kind; empty where there are none."""
        return self.kinds.get(kind) or Delays()

    def total(self) -> Delays:
        """Return the delays of all kinds together."""
        return sum(self.kinds.values(), Delays())

    def rows(self) -> list[tuple[str, Delays]]:
        """Return the kinds by descending number of delays; ties by name."""
        return sorted(self.kinds.items(), key=lambda item: (-len(item[1]), item[0]))


@functools.lru_cache(maxsize=4096)  # logs round to two or three digits, so few delays differ
def _bucket(seconds: float) -> int:
    if not seconds >= _LEAST:  # true for NaN, too
        return _NONE
    return math.ceil(math.log(min(seconds, _MOST)) / _GROWTH)


def _middle(bucket: int) -> float:
    return math.exp(bucket * _GROWTH) * (1 - _ACCURACY)
