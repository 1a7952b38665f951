"""Mail logs summed up."""

from __future__ import annotations

import attrs

from smtpreply.logs import Coverage, Scan
from smtpreply.report.summary import Summary
from smtpreply.report.wanted import Wanted


@attrs.frozen
class Total:
    """What deliveries come to, and what of their logs was read. Two are added to one.

    >>> (Total() + Total()).summary.deliveries
    0
    """

    summary: Summary = attrs.field(factory=Summary)
    coverage: Coverage = attrs.field(factory=Coverage)

    def __add__(self, other: Total) -> Total:
        return Total(self.summary + other.summary, self.coverage + other.coverage)


def total_of(run: Scan, wanted: Wanted) -> Total:
    """Sum a run up.

    >>> from smtpreply.logs import scan
    >>> total = total_of(scan(["nothing"]), Wanted())
    >>> total.summary.deliveries, total.coverage.lines
    (0, 1)
    """
    summary = Summary()
    for bundle in run.bundled(exactly=wanted.by_time):
        if wanted(bundle.delivery):
            summary.add_bundle(bundle)
    return Total(summary, run.coverage)
