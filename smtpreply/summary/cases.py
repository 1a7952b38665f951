"""`Cases`: a few deliveries of each kind, to look up in the log."""

from __future__ import annotations

import attrs

from smtpreply.logs import Delivery

MOST = 5
_LONGEST = 320


@attrs.frozen
class Case:
    """The facts of a delivery that lead to its lines in the log; "" for those it does not have.

    Attributes:
        time: the time, by the log's own clock.
        queue_id: the message's name in the queue.
        recipient: the envelope recipient.
        server: the remote server, or the client that came.
        text: the reply or the diagnostic.
    """

    time: str
    queue_id: str
    recipient: str
    server: str
    text: str

    @classmethod
    def of(cls, delivery: Delivery) -> Case:
        """Return the case that a delivery is.

        >>> Case.of(Delivery(mta="postfix", queue_id="4E74613FE7", text="550 no")).queue_id
        '4E74613FE7'
        """
        time = delivery.time
        values = (
            delivery.queue_id,
            delivery.recipient,
            delivery.relay_host or delivery.relay_ip,
            delivery.text,
        )
        stamp = time.replace(tzinfo=None).isoformat(" ", "seconds") if time else ""
        return cls(stamp, *((value or "")[:_LONGEST] for value in values))


@attrs.define
class Cases:
    """The first deliveries of each kind, five at most. They add up (`+`).

    >>> cases = Cases()
    >>> for _ in range(9):
    ...     cases.add("expired", Delivery(mta="postfix"))
    >>> len(cases.kinds["expired"])
    1
    """

    kinds: dict[str, list[Case]] = attrs.field(factory=dict)

    def add(self, kind: str, delivery: Delivery) -> None:
        """Keep a delivery, if there is room and it is not kept already."""
        known = self.kinds.setdefault(kind, [])
        if len(known) < MOST:
            self._keep(kind, Case.of(delivery))

    def _keep(self, kind: str, case: Case) -> None:
        known = self.kinds.setdefault(kind, [])
        if len(known) < MOST and case not in known:
            known.append(case)

    def __add__(self, other: Cases) -> Cases:
        both = Cases()
        for cases in (self, other):
            for kind, known in cases.kinds.items():
                for case in known:
                    both._keep(kind, case)
        return both
