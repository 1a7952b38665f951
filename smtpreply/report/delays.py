"""How long deliveries took: percentiles of known relative error, in bounded memory.

Buckets grow by a constant factor (Masson, Rim and Lee, "DDSketch", 2019).
"""

from __future__ import annotations

import math
from collections import Counter

import attrs

_ACCURACY = 0.01
_GROWTH = math.log((1 + _ACCURACY) / (1 - _ACCURACY))
_LEAST = 0.001  # seconds: below, a delay is 0
_MOST = 1e9  # seconds: thirty years


@attrs.define
class Delays:
    """Delays in seconds, of which any percentile is told with an error of at most one percent.

    >>> delays = Delays()
    >>> for second in range(1, 101):
    ...     delays.add(second)
    >>> round(delays.percentile(50))
    50
    """

    buckets: Counter[int] = attrs.field(factory=Counter)
    _NONE = -1_000_000

    def add(self, seconds: float) -> None:
        """Count a delay."""
        if seconds < _LEAST:
            self.buckets[self._NONE] += 1
        else:
            self.buckets[math.ceil(math.log(min(seconds, _MOST)) / _GROWTH)] += 1

    def __add__(self, other: Delays) -> Delays:
        return Delays(self.buckets + other.buckets)

    def percentile(self, percent: float) -> float | None:
        """Give the delay that so many percent do not exceed; None where there is none."""
        wanted = percent / 100 * self.buckets.total()
        seen = 0
        for bucket, count in sorted(self.buckets.items()):
            seen += count
            if seen >= wanted:
                return 0.0 if bucket == self._NONE else _middle(bucket)
        return None


def _middle(bucket: int) -> float:
    return math.exp(bucket * _GROWTH) * (1 - _ACCURACY)
