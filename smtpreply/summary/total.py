"""`Total`: the summary and the coverage of a scan."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from smtpreply.logs import Bundle, Coverage, Delivery, Scan
from smtpreply.logs.grouping import Party, party_of
from smtpreply.summary.counts import FINAL
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary


@attrs.frozen
class Total:
    """A summary, and the coverage of the logs that it was made from. Totals add up (`+`).

    >>> (Total() + Total()).summary.deliveries
    0
    """

    summary: Summary = attrs.field(factory=Summary)
    coverage: Coverage = attrs.field(factory=Coverage)

    def __add__(self, other: Total) -> Total:
        return Total(self.summary + other.summary, self.coverage + other.coverage)


def empty_summary(wanted: DeliveryFilter) -> Summary:
    """Return a summary to count the wanted deliveries in: by the minute, if a time is asked for.

    Without such a filter, `Scan.bundled` has the times of deliveries to the hour only.

    Args:
        wanted: which deliveries to count.

    >>> empty_summary(DeliveryFilter()).deliveries
    0
    """
    return Summary.by_minute() if wanted.by_time else Summary()


Refused = Callable[[Delivery, Party], object]
"""Called with a delivery that was refused and the party that it names."""


def total_of(run: Scan, wanted: DeliveryFilter, on_refused: Refused = lambda *_: None) -> Total:
    """Summarize the deliveries of a scan.

    Args:
        run: the scan; it is read to its end.
        wanted: which deliveries to count.
        on_refused: called for each that bounced, expired or was rejected.

    >>> from smtpreply.logs import scan
    >>> total = total_of(scan(["nothing"]), DeliveryFilter())
    >>> total.summary.deliveries, total.coverage.lines
    (0, 1)
    """
    summary = empty_summary(wanted)
    for found in run.bundled(finely=wanted.needs_each):
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
