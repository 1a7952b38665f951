"""`Outcome`: the result of a delivery attempt, reduced to the five values that a report shows."""

from __future__ import annotations

import enum
import re
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
# What sendmail's submission (sm-msp) logs of what it hands to sm-mta: srvrsmtp.c, "accepted".
_BY_SENDMAIL = re.compile(r"(?:250 2\.0\.0 )?[0-9A-Za-z]{8,20} Message accepted for delivery\s*\Z")
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
    """Return the status as which a delivery is counted: filtered, where `is_handed_on_here`.

    >>> words = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"
    >>> handed = Delivery(
    ...     mta="postfix", status=Status.SENT, text=words, reply_by=ReplyBy.FILTER,
    ...     relay_ip="127.0.0.1",
    ... )
    >>> counted_status(handed).value
    'filtered'
    """
    return Status.FILTERED if is_handed_on_here(delivery) else delivery.status


def is_handed_on_here(delivery: Delivery) -> bool:
    """Check whether a delivery only hands a message on within this host, which delivers it later.

    A content filter on the same host (Postfix's content_filter, amavis) takes a message and gives
    it back to the queue, under a new id that its reply names; sendmail hands what is submitted on
    the host to its own daemon. From there the message is delivered, and counted, once more. So here
    it is not sent, nor has it left: both attempts stay in the log.
    """
    if delivery.status is not Status.SENT:
        return False
    if delivery.mta == "sendmail":
        words = delivery.text or ""
        return _is_this_host(delivery.relay_ip) and _BY_SENDMAIL.match(words) is not None
    if delivery.reply_by is not ReplyBy.FILTER or _QUEUED_AGAIN not in (delivery.text or ""):
        return False
    of_a_socket = delivery.relay_ip is None and delivery.mta == "postfix"
    return of_a_socket or _is_this_host(delivery.relay_ip)


def _is_this_host(address: str | None) -> bool:
    try:
        return address is not None and ip_address(address).is_loopback
    except ValueError:
        return False
