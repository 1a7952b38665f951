"""`Queue`: the recipients whose last outcome is a deferral, from deliveries; with the MTA's list.

Manual removals are not logged (``postsuper -d``, ``exim -Mrm``). What `smtpreply.tools.mailq`
reads of the MTA itself is certain, and `Queue.listed` joins the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import attrs

from smtpreply.logs import Delivery, Direction, Status

LIMIT = 500_000
"""The number of recipients that are remembered by default."""

_LONGEST_TEXT = 2000  # characters of a reply that are kept
_ENDS = (Status.SENT, Status.BOUNCED, Status.EXPIRED, Status.DISCARDED)


@attrs.frozen(kw_only=True)
class Queued:
    """A recipient that a message in the queue is still to be delivered to.

    Attributes:
        queue_id: the message's name in the queue.
        sender, recipient: the envelope's; "" is the null reverse-path.
        host: the host that wrote the log.
        mta: the format that was read.
        state: what the MTA calls it, such as "deferred", "active", "hold" or "frozen".
        arrived: when the message entered the queue, as far as known.
        last: the time of the last attempt.
        attempts: the attempts in the log; None where only the MTA's list names the message.
        text: what was answered last, or the MTA's words.
        reason: a value of `smtpreply.reasons.Reason`.
        age: the time since `arrived`.

    >>> Queued(queue_id="4E74613FE7", recipient="bob@example.org", mta="postfix").state
    'deferred'
    """

    queue_id: str
    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    mta: str
    state: str = Status.DEFERRED.value
    arrived: datetime | None = None
    last: datetime | None = None
    attempts: int | None = None
    text: str | None = None
    reason: str | None = None
    age: timedelta | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON: times as ISO 8601, the age in seconds."""
        return attrs.asdict(self, value_serializer=_plain)


class Queue:
    """The recipients that wait, of the deliveries that were added in the order of time.

    Memory is bounded: beyond `limit` recipients, the one whose last attempt is the longest ago is
    forgotten, and counted.

    Args:
        limit: the number of recipients, at least 1.

    Attributes:
        left_out: recipients that were forgotten.

    Raises:
        ValueError: `limit` is below 1.

    >>> from smtpreply.logs import scan
    >>> line = (
    ...     "2026-11-24T11:43:32Z mx1 postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    ...     "relay=mx.example.org[192.0.2.1]:25, delay=90, delays=1/1/1/87, dsn=4.7.1, "
    ...     "status=deferred (host mx.example.org[192.0.2.1] said: 451 4.7.1 Greylisted)"
    ... )
    >>> [found] = Queue.of(scan([line]))
    >>> found.queue_id, found.reason, str(found.age), found.attempts
    ('4E74613FE7', 'greylisted', '0:01:30', 1)
    """

    def __init__(self, limit: int = LIMIT) -> None:
        if limit < 1:
            raise ValueError("the limit must be at least 1")
        self.left_out = 0
        self._limit = limit
        # By message and recipient: an MTA gives a queue id again, but not while it is in use.
        self._waiting: dict[tuple[str, str], _Waiting] = {}
        self._recipients: dict[str, set[str]] = {}
        self._latest: dict[bool, datetime] = {}  # for times with and without a zone

    @classmethod
    def of(cls, deliveries: Iterable[Delivery], limit: int = LIMIT) -> Queue:
        """Return the queue that deliveries leave; several hosts' logs may follow one another.

        Args:
            deliveries: such as a `smtpreply.logs.scan`.
            limit: as for `Queue`.
        """
        made = cls(limit)
        for delivery in deliveries:
            made.add(delivery)
        return made

    def add(self, delivery: Delivery) -> None:
        """Take a delivery into account: an attempt for a message in our queue."""
        if delivery.time is not None:
            is_aware = delivery.time.tzinfo is not None
            self._latest[is_aware] = max(self._latest.get(is_aware, delivery.time), delivery.time)
        if delivery.queue_id is None or delivery.direction is Direction.INCOMING:
            return
        message = f"{delivery.mta}\0{delivery.host or ''}\0{delivery.queue_id}"
        recipient = (delivery.recipient or "").lower()
        if delivery.status is Status.DEFERRED:
            self._defer(message, recipient, delivery)
        elif delivery.status in _ENDS:
            # Postfix's "expired, returned to sender" is of the whole message.
            for one in [recipient] if recipient else [*self._recipients.get(message, ())]:
                self._remove(message, one)

    def _defer(self, message: str, recipient: str, delivery: Delivery) -> None:
        key = message, recipient
        before = self._waiting.pop(key, None)  # the newest are last
        text = delivery.text and delivery.text[:_LONGEST_TEXT]
        self._waiting[key] = _Waiting(
            attrs.evolve(delivery, text=text),
            before.arrived if before else _arrival(delivery),
            before.attempts + 1 if before else 1,
        )
        self._recipients.setdefault(message, set()).add(recipient)
        if len(self._waiting) > self._limit:
            self._remove(*next(iter(self._waiting)))
            self.left_out += 1

    def _remove(self, message: str, recipient: str) -> None:
        if self._waiting.pop((message, recipient), None) is None:
            return
        recipients = self._recipients[message]
        recipients.discard(recipient)
        if not recipients:
            del self._recipients[message]

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Queued]:
        """Yield what waits, the oldest first; ages are up to the latest time in the logs."""
        waiting = [each.queued(self._latest) for each in self._waiting.values()]
        yield from sorted(waiting, key=_by_age)

    def listed(self, listed: Iterable[Queued]) -> Iterator[Queued]:
        """Yield what an MTA lists, completed by the log; what only the log has is left out.

        Args:
            listed: of `smtpreply.tools.mailq.read_mailq`.
        """
        known = {(each.queue_id, (each.recipient or "").lower()): each for each in self}
        for each in listed:
            found = known.get((each.queue_id, (each.recipient or "").lower()))
            yield each if found is None else _joined(each, found)


@attrs.frozen
class _Waiting:
    """The last attempt of a recipient that waits."""

    delivery: Delivery
    arrived: datetime | None
    attempts: int

    def queued(self, latest: dict[bool, datetime]) -> Queued:
        delivery, arrived = self.delivery, self.arrived
        verdict = delivery.verdict
        return Queued(
            queue_id=delivery.queue_id or "",
            sender=delivery.sender,
            recipient=delivery.recipient,
            host=delivery.host,
            mta=delivery.mta,
            arrived=arrived,
            last=delivery.time,
            attempts=self.attempts,
            text=delivery.text,
            reason=None if verdict is None else verdict.reason.value,
            age=None if arrived is None else latest[arrived.tzinfo is not None] - arrived,
        )


def _arrival(delivery: Delivery) -> datetime | None:
    time, delay = delivery.time, delivery.delay
    if time is None or delay is None:
        return time
    try:
        return time - timedelta(seconds=delay)
    except OverflowError:  # a log may have any number
        return time


def _joined(listed: Queued, logged: Queued) -> Queued:
    """Return what the MTA lists, and what only the log has of it."""
    added = {
        field.name: getattr(logged, field.name)
        for field in attrs.fields(Queued)
        if getattr(listed, field.name) is None
    }
    return attrs.evolve(listed, **added)


def _by_age(queued: Queued) -> tuple[float, str, str]:
    age = queued.age.total_seconds() if queued.age is not None else 0
    return -age, queued.queue_id, queued.recipient or ""


def _plain(_instance: Any, _field: Any, value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else value
