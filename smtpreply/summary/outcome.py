"""`Outcome`: the result of a delivery attempt, reduced to the five values that a report shows."""

from __future__ import annotations

import enum

from smtpreply.logs import Status


class Outcome(enum.StrEnum):
    """The outcome of a delivery attempt, coarser than `smtpreply.logs.Status`.

    >>> outcome_of(Status.EXPIRED).value
    'bounced'
    """

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    """Given up, at once or after the last retry: the sender gets a non-delivery report."""
    REJECTED = "rejected"
    """Refused by our own server, before the message entered its queue."""
    OTHER = "other"
    """Held, discarded, warned, passed by a filter, an address probe, or no status in the log."""


_OUTCOMES = {
    Status.SENT: Outcome.DELIVERED,
    Status.DEFERRED: Outcome.DEFERRED,
    Status.BOUNCED: Outcome.BOUNCED,
    Status.EXPIRED: Outcome.BOUNCED,
    Status.REJECTED: Outcome.REJECTED,
}


def outcome_of(status: Status | None) -> Outcome:
    """Return the outcome that a status stands for; `Outcome.OTHER` for None."""
    return Outcome.OTHER if status is None else _OUTCOMES.get(status, Outcome.OTHER)
