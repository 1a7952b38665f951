"""`Threshold`: a bound on a count or a share of a summary, for alarms."""

from __future__ import annotations

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs import Status
from smtpreply.reasons import Reason
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary

_ALL = "deliveries"
_THRESHOLD = lazy_pattern(
    r"\s*(?:(?P<part>[a-z]{1,20})\.)?(?P<name>[a-z_]{1,40})\s*(?P<sign>[<>])\s*(?P<bound>[0-9]{1,12}(?:\.[0-9]{1,9})?)"
    r"\s*(?P<percent>%?)\s*\Z"
)


@attrs.frozen
class Threshold:
    """A bound, such as ``bounced>5%``.

    Attributes:
        name: ``deliveries``, an outcome of `smtpreply.summary.outcome.Outcome`, a status of
            `smtpreply.logs.Status` or a reason; of names that are two, the first counts.
        part: the direction whose deliveries are counted, such as "outgoing"; None for all.
        is_upper: whether it is exceeded above `bound`, and not below it.
        bound: the count, or the share of the deliveries of the part in percent.
        is_percent: whether it is a share.

    >>> bound = Threshold.parse("outgoing.bounced > 5%")
    >>> bound.measure(Summary()), bound.is_exceeded(Summary()), str(bound)
    (0.0, False, 'outgoing.bounced>5%')
    """

    part: str | None
    name: str
    is_upper: bool
    bound: float
    is_percent: bool

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Return the threshold that a text is.

        Raises:
            ValueError: it is none.
        """
        match = _THRESHOLD.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not like 'bounced>5%' or 'deliveries<1'")
        name = match["name"]
        if name not in {_ALL, *Outcome, *Status, *Reason}:
            raise ValueError(f"{name!r} is not an outcome, a status or a reason")
        part = match["part"]
        if part is not None and part not in Summary().parts:
            raise ValueError(f"{part!r} is not a direction")
        return cls(part, name, match["sign"] == ">", float(match["bound"]), bool(match["percent"]))

    def measure(self, summary: Summary) -> float:
        """Return the count of a summary, or the share in percent: 0 where it has no deliveries."""
        counts = summary.total if self.part is None else summary.parts[self.part]
        count = self._count(counts)
        if not self.is_percent:
            return count
        return 100 * count / counts.deliveries if counts.deliveries else 0.0

    def is_exceeded(self, summary: Summary) -> bool:
        """Check whether the measure of a summary is beyond the bound; one that is equal is not."""
        measure = self.measure(summary)
        return measure > self.bound if self.is_upper else measure < self.bound

    def __str__(self) -> str:
        sign, unit = ">" if self.is_upper else "<", "%" if self.is_percent else ""
        return f"{self.full_name}{sign}{self.bound:.15g}{unit}"

    @property
    def full_name(self) -> str:
        """The name with its part."""
        return self.name if self.part is None else f"{self.part}.{self.name}"

    def _count(self, counts: Counts) -> int:
        if self.name == _ALL:
            return counts.deliveries
        if self.name in set(Outcome):
            return counts.outcome[Outcome(self.name)]
        if self.name in set(Status):
            return counts.status[self.name]
        return sum(counts.reason.counts.get(self.name, {}).values())
