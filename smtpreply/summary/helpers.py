"""Deliveries reported by a helper of a mail server, which the server's own log has, too.

Dovecot logs that it has stored a message, and so does the MTA that has handed it over; rspamd logs
that it has a message refused, and so does the MTA that has asked. Read alone, the helper's log is
all there is; read beside the server's, it reports an outcome a second time.
"""

from __future__ import annotations

from collections.abc import Mapping

from smtpreply.logs import Delivery, Direction, Status

_TOLD_BY_SERVER = {
    Direction.LOCAL: (Status.SENT,),
    Direction.INCOMING: (Status.REJECTED, Status.HELD, Status.DISCARDED),
}
"""The statuses under which a mail server logs what its helper logs, by direction."""


def is_by_helper(delivery: Delivery) -> bool:
    """Check whether a delivery is the report of a helper, which a mail server may repeat.

    >>> is_by_helper(Delivery(mta="rspamd", direction=Direction.INCOMING, status=Status.REJECTED))
    True
    >>> is_by_helper(Delivery(mta="postfix", direction=Direction.LOCAL, status=Status.SENT))
    False
    """
    if delivery.mta == "dovecot":
        return delivery.direction is Direction.LOCAL and delivery.status is Status.SENT
    return delivery.mta == "rspamd" and delivery.direction is Direction.INCOMING


def is_repeated(direction: Direction, by_server: Mapping[str, int], by_helper: int) -> bool:
    """Check whether a mail server reports what its helper does.

    Logs are cut somewhere, and a message may be stored twice: the numbers differ a little, so half
    of them is enough.

    Args:
        direction: of the deliveries.
        by_server: the server's deliveries in this direction by status.
        by_helper: the number of the helper's.

    >>> is_repeated(Direction.LOCAL, {"sent": 3}, 4), is_repeated(Direction.LOCAL, {"sent": 1}, 4)
    (True, False)
    """
    told = sum(by_server.get(status.value, 0) for status in _TOLD_BY_SERVER[direction])
    return 2 * told >= by_helper
