"""Mail logs summed up."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from smtpreply.logs import Bundle, Coverage, Delivery, Scan
from smtpreply.logs.grouping import Party, party_of
from smtpreply.summary.delivery_filter import Wanted
from smtpreply.summary.summary import FINAL, Summary


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


Refused = Callable[[Delivery, Party], object]
"""Is told of who was refused, by a delivery that says how."""


def total_of(run: Scan, wanted: Wanted, on_refused: Refused = lambda *_: None) -> Total:
    """Sum a run up.

    Args:
        run: what to sum up, as far as it has not been read.
        wanted: what to count.
        on_refused: is told of all that bounced, expired or was rejected.

    >>> from smtpreply.logs import scan
    >>> total = total_of(scan(["nothing"]), Wanted())
    >>> total.summary.deliveries, total.coverage.lines
    (0, 1)
    """
    summary = Summary()
    for found in run.bundled(finely=wanted.is_fine):
        delivery, parties = (
            (found.delivery, found.refused)
            if isinstance(found, Bundle)
            else (found, [party_of(found)])
        )
        if wanted(delivery):
            summary.add(found)
            if delivery.status in FINAL:
                for party in parties:
                    on_refused(delivery, party)
    return Total(summary, run.coverage)
