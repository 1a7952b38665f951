"""`Outcome`: the result of a delivery attempt, reduced to the five values that a report shows."""

from __future__ import annotations

import enum
from ipaddress import ip_address

from smtpreply.logs import Delivery, ReplyBy, Status


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


FAILURES = (Outcome.DEFERRED, Outcome.BOUNCED, Outcome.REJECTED)
"""The outcomes of what was put off, given up, or refused."""

_QUEUED_AGAIN = ": queued as "
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


def counted_status(delivery: Delivery) -> Status | None:
    """Return the status as which a delivery is counted: its own, but for what filters take.

    A content filter on the same host (Postfix's content_filter, amavis) takes a message and gives
    it back to the queue, under a new id that its reply names. From there the message is delivered,
    and counted, once more. So here it is not sent, but filtered: both attempts stay in the log.

    >>> words = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"
    >>> handed = Delivery(
    ...     mta="postfix", status=Status.SENT, text=words, reply_by=ReplyBy.FILTER,
    ...     relay_ip="127.0.0.1",
    ... )
    >>> counted_status(handed).value
    'filtered'
    """
    return Status.FILTERED if _is_handed_to_filter(delivery) else delivery.status


def _is_handed_to_filter(delivery: Delivery) -> bool:
    if delivery.reply_by is not ReplyBy.FILTER or delivery.status is not Status.SENT:
        return False
    if delivery.relay_ip is None:  # as of a socket
        is_here = delivery.mta == "postfix"
    else:
        is_here = _is_this_host(delivery.relay_ip)
    return is_here and _QUEUED_AGAIN in (delivery.text or "")


def _is_this_host(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
