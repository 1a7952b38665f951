"""`Total`: the summary and the coverage of a scan."""

from __future__ import annotations

from typing import Protocol

import attrs

from smtpreply.logs import Bundle, Coverage, Delivery, Scan
from smtpreply.logs.grouping import is_unsized
from smtpreply.logs.received import OnReceived, Received
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


def empty_summary(wanted: DeliveryFilter, *, by_minute: bool = False) -> Summary:
    """Return a summary to count the wanted deliveries in: by the minute, if a time is asked for.

    Without such a filter, `Scan.bundled` has the times of deliveries to the hour only.

    Args:
        wanted: which deliveries to count.
        by_minute: whether to count by the minute in any case.

    >>> empty_summary(DeliveryFilter()).deliveries
    0
    """
    return Summary.by_minute() if wanted.by_time or by_minute else Summary()


class OnStray(Protocol):
    """Called for an attempt at a message whose sender or size is not known.

    >>> strays: list[str] = []
    >>> def keep(delivery: Delivery, queue_id: str, *, has_sender: bool, count: int) -> None:
    ...     strays.extend([queue_id] * count)
    >>> on_stray: OnStray = keep
    """

    def __call__(
        self, delivery: Delivery, queue_id: str, *, has_sender: bool, count: int
    ) -> object:
        """Take so many attempts like `delivery`, at the message `queue_id`, into account."""


def _ignore(delivery: Delivery, queue_id: str, *, has_sender: bool, count: int) -> None:
    """Take no attempt into account."""


def total_of(
    run: Scan,
    wanted: DeliveryFilter,
    *,
    by_minute: bool = False,
    on_received: OnReceived = lambda _: None,
    on_stray: OnStray = _ignore,
) -> Total:
    """Summarize the deliveries of a scan.

    Args:
        run: the scan; it is read to its end.
        wanted: which deliveries to count.
        by_minute: whether to count times by the minute without a filter of the time, too, which
            takes longer the more minutes the log has.
        on_received: called with messages that entered the queue and are counted.
        on_stray: called for attempts at a message whose sender, or of what was sent the size,
            is not known.

    >>> from smtpreply.logs import scan
    >>> total = total_of(scan(["nothing"]), DeliveryFilter())
    >>> total.summary.deliveries, total.coverage.lines
    (0, 1)
    """
    summary = empty_summary(wanted, by_minute=by_minute)
    count_received(run, wanted, summary, on_received)
    for found in run.bundled(finely=wanted.needs_each, by_minute=by_minute):
        if isinstance(found, Bundle):
            delivery, strays, unsized = found.delivery, found.strays, found.unsized
            count = found.repeats
        else:
            delivery, count = found, 1
            names = [found.queue_id] if found.queue_id else []
            strays = names if found.sender is None else []
            unsized = names if is_unsized(found) else []
        if wanted(delivery):
            summary.add(found)
            for queue_id in strays:
                on_stray(delivery, queue_id, has_sender=False, count=count)
            for queue_id in unsized:
                on_stray(delivery, queue_id, has_sender=True, count=count)
    return Total(summary, run.coverage)


def count_received(
    run: Scan,
    wanted: DeliveryFilter,
    summary: Summary,
    on_received: OnReceived = lambda _: None,
) -> None:
    """Count the messages that enter the queue, as a scan reads them, in the volume of a summary.

    A filter other than of the time is about what becomes of a message, which is not known when it
    enters the queue: then none is counted.

    Args:
        run: a scan that has not begun: it counts as it reads.
        wanted: what is summed up.
        summary: whose volume is counted.
        on_received: called with what was counted.

    >>> from smtpreply.logs import scan
    >>> run = scan(["2026-11-24 11:43:32 1abcde-123456-00 <= ann@example.com U=ann P=local S=1234"])
    >>> summary = Summary()
    >>> count_received(run, DeliveryFilter(), summary)
    >>> list(run), summary.volume.messages, summary.volume.octets
    ([], 1, 1234)
    """

    def count(received: Received) -> None:
        if wanted.by_time:
            received = received.where(map(wanted.is_in_time, received.times))
        summary.volume.add(received)
        on_received(received)

    if wanted.is_of_time_alone:
        run.on_received = count
