"""What a delivery came to, in the few words that a chart has colours for."""

from __future__ import annotations

import enum

from smtpreply.logs import Status


class Outcome(enum.StrEnum):
    """The end of an attempt, as the reader of a report asks for it; `Status` has it in full.

    >>> outcome_of(Status.EXPIRED).value
    'bounced'
    """

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    """Given up, at once or after the last retry: the sender gets a report."""
    REJECTED = "rejected"
    """Refused at our own door."""
    OTHER = "other"
    """Held, discarded, warned, let through by a filter, an address probed; or nothing is told."""


_OUTCOMES = {
    Status.SENT: Outcome.DELIVERED,
    Status.DEFERRED: Outcome.DEFERRED,
    Status.BOUNCED: Outcome.BOUNCED,
    Status.EXPIRED: Outcome.BOUNCED,
    Status.REJECTED: Outcome.REJECTED,
}


def outcome_of(status: Status | None) -> Outcome:
    """Return what a status comes to."""
    return Outcome.OTHER if status is None else _OUTCOMES.get(status, Outcome.OTHER)
