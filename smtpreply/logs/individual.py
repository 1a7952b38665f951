"""`is_individual`: whether a delivery has a verdict of its own, which alike ones need not share.

Deliveries that say the same are counted together, and one of them is judged for all: see
`smtpreply.logs.grouping`. Their texts differ in ids and in the recipient's address where it is in
brackets. What else a text names is the same in all, and has to be compared with each recipient.
"""

from __future__ import annotations

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.grouping import without_address
from smtpreply.reasons.target import names_target
from smtpreply.reasons.taxonomy import Reason

# Whatever the words are: see `smtpreply.logs.delivery.known_outcome`.
_NEVER_SUPPRESSED = (Status.SENT, Status.DEFERRED, Status.REJECTED)


def is_individual(delivery: Delivery) -> bool:
    """Return whether `Delivery.verdict` may suppress for this delivery and not for alike ones.

    So it is where the words name an address other than by the recipient's in brackets, or a host or
    domain that was not found; where the server that was not found is the one to be spoken to; and
    where one reply is about several recipients.

    Args:
        delivery: the delivery.

    >>> words = "550 5.1.1 <{}>: User unknown"
    >>> one = Delivery(
    ...     mta="postfix", direction=Direction.OUTGOING, recipient="bob@example.org",
    ...     text=words.format("bob@example.org"),
    ... )
    >>> other = Delivery(
    ...     mta="postfix", direction=Direction.OUTGOING, recipient="bob@example.org",
    ...     text=words.format("ann@example.com"),
    ... )
    >>> is_individual(one), is_individual(other)
    (False, True)
    """
    text = delivery.text
    if (
        not text
        or delivery.direction is not Direction.OUTGOING
        or delivery.status in _NEVER_SUPPRESSED
    ):
        return False
    recipient = delivery.recipient or ""
    if delivery.shared or names_target(
        without_address(text, recipient.rpartition("@")[0], recipient)
    ):
        return True
    if delivery.reply_by is not None or delivery.relay_host is None:
        return False
    verdict = delivery.verdict
    return verdict is not None and verdict.reason is Reason.UNKNOWN_DOMAIN
