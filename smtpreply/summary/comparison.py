"""`changes`: what differs between two summaries by more than chance.

Each reason of failure and each provider's failures are compared as shares of all attempts, or of
all attempts to the provider, by a test of two proportions: Fisher's exact test where counts are
small, otherwise the normal approximation. Since many shares are compared, the level is divided by
their number (Bonferroni). The test takes attempts for independent. They are not quite: one message
to a thousand recipients that is refused is one event. So a change is a place to look at, no proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs

from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import FAILURES
from smtpreply.summary.summary import Summary

LEVEL = 0.01
"""The probability that two runs of equal mail show any change at all in one direction."""
_SMALL = 10  # expected counts below this need the exact test
_MOST_TERMS = 100_000


@attrs.frozen(kw_only=True)
class Share:
    """A number of attempts out of a total."""

    count: int
    total: int

    @property
    def rate(self) -> float:
        """The share, from 0 to 1; 0 of nothing."""
        return self.count / self.total if self.total else 0.0


@attrs.frozen(kw_only=True)
class Change:
    """A share that differs between two summaries.

    Attributes:
        direction: "outgoing", "incoming", "local" or "unknown".
        kind: "outcome", "reason" or "provider" (whose failures are meant).
        key: an outcome, a reason or the key of a provider.
        before, after: the shares.
        chance: the probability of a difference as large, if nothing had changed.
    """

    direction: str
    kind: str
    key: str
    before: Share
    after: Share
    chance: float

    @property
    def is_new(self) -> bool:
        """Whether there was none before."""
        return not self.before.count

    def to_dict(self) -> dict[str, object]:
        """Return the change as JSON values."""
        return attrs.asdict(self)


def changes(before: Summary, after: Summary, level: float = LEVEL) -> list[Change]:
    """Return what changed from one summary to another, the least probable first.

    Args:
        before: the earlier summary.
        after: the later one.
        level: the probability of any change in a direction, if nothing has changed.

    >>> log = Summary()
    >>> changes(log, log)
    []
    """
    found: list[Change] = []
    for direction, earlier in before.parts.items():
        later = after.parts[direction]
        compared = list(_compared(direction, earlier, later))
        found += [change for change in compared if change.chance < level / len(compared)]
    return sorted(found, key=lambda change: (change.chance, change.kind, change.key))


def _compared(direction: str, before: Counts, after: Counts) -> Iterator[Change]:
    if not (before.deliveries and after.deliveries):
        return
    for kind, one, other in (
        ("outcome", _outcomes(before), _outcomes(after)),
        ("reason", _reasons(before), _reasons(after)),
        ("provider", _providers(before), _providers(after)),
    ):
        for key in sorted(one.keys() | other.keys()):
            was = one.get(key, Share(count=0, total=_total(kind, before)))
            now = other.get(key, Share(count=0, total=_total(kind, after)))
            if was.total and now.total:
                yield Change(
                    direction=direction,
                    kind=kind,
                    key=key,
                    before=was,
                    after=now,
                    chance=chance(was, now),
                )


def _total(kind: str, counts: Counts) -> int:
    """Return what a missing share is of: nothing is known of a provider without attempts."""
    return 0 if kind == "provider" else counts.deliveries


def _outcomes(counts: Counts) -> dict[str, Share]:
    total = counts.deliveries
    return {str(key): Share(count=count, total=total) for key, count in counts.outcome.items()}


def _reasons(counts: Counts) -> dict[str, Share]:
    total = counts.deliveries
    return {key: Share(count=n, total=total) for key, n in counts.reason.total().items()}


def _providers(counts: Counts) -> dict[str, Share]:
    return {
        key: Share(count=sum(cells[outcome] for outcome in FAILURES), total=cells.total())
        for key, cells in counts.provider.counts.items()
    }


def chance(one: Share, other: Share) -> float:
    """Return the probability that two shares differ as much as these or more, if they are equal.

    >>> round(chance(Share(count=3, total=10), Share(count=3, total=10)), 2)
    1.0
    >>> chance(Share(count=10, total=1000), Share(count=60, total=1000)) < 1e-6
    True
    """
    count, total = one.count + other.count, one.total + other.total
    least = min(one.total, other.total) / total * min(count, total - count)
    if least < _SMALL and min(count, one.total) <= _MOST_TERMS:
        return _exact(one, other)
    rate = count / total
    spread = math.sqrt(rate * (1 - rate) * (1 / one.total + 1 / other.total))
    return math.erfc(abs(one.rate - other.rate) / spread / math.sqrt(2)) if spread else 1.0


def _exact(one: Share, other: Share) -> float:
    """Return the two-sided probability of Fisher's exact test."""
    count, total = one.count + other.count, one.total + other.total

    def log_probability(first: int) -> float:
        return _log_choose(one.total, first) + _log_choose(other.total, count - first)

    seen = log_probability(one.count)
    possible = range(max(0, count - other.total), min(count, one.total) + 1)
    logs = (log_probability(first) for first in possible)
    whole = _log_choose(total, count)
    # Equally probable outcomes may differ in the last digits.
    return min(1.0, math.fsum(math.exp(log - whole) for log in logs if log <= seen + 1e-7))


def _log_choose(total: int, count: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(count + 1) - math.lgamma(total - count + 1)
