"""`trace`: the life of messages through the logs of one or several hosts.

A message changes its queue id whenever a server hands it to the next: to a filter that puts it back
into the queue, or to another host. Two identifiers connect the parts: the Message-ID, and the queue
id that the next server names in its 250 (`smtpreply.payloads.queue_id`). Behind a filter, the id is
that of the server after it. Servers reuse short queue ids: over weeks, two messages may be taken
for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from smtpreply.logs import Delivery, Direction, ReplyBy, Status
from smtpreply.payloads.queue_id import queue_id_of

LIMIT = 10_000
"""The number of deliveries that are kept by default."""

_NAMING = (ReplyBy.REMOTE, ReplyBy.FILTER)
_NEVER = datetime.min.replace(tzinfo=UTC)
_PASSES = 8  # readings of the logs at most: each finds what is connected to the last one's


@attrs.frozen(kw_only=True)
class Step:
    """A delivery in the life of a message.

    Attributes:
        delivery: an attempt or a refusal.
        next_id: the queue id under which the next server has the message.
        is_handover: whether what became of the message afterwards is among the steps, so that this
            is no outcome of its own.

    >>> Step(delivery=Delivery(mta="postfix", queue_id="4E74613FE7")).is_handover
    False
    """

    delivery: Delivery
    next_id: str | None = None
    is_handover: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON: those of the delivery, and its own."""
        added = {"next_id": self.next_id, "is_handover": self.is_handover}
        return self.delivery.to_dict() | added


@attrs.frozen(kw_only=True)
class Life:
    """The life of a message.

    Attributes:
        message_id: the Message-ID, without its brackets.
        queue_ids: its names in the queues, in the order in which they were seen.
        sender: the envelope's.
        arrived: when it came, as far as known: the first attempt less its delay.
        steps: its deliveries, in the order of time.
        outcomes: for each recipient the status of the last step that is no handover; None where no
            line reports one.

    >>> from smtpreply.logs import scan
    >>> life = trace(lambda: scan("tests/data/sample.log"), "1vN1z6-0000000GGmh-BipV").lives[0]
    >>> life.queue_ids, life.sender, len(life.steps)
    (('1vN1z6-0000000GGmh-BipV',), 'ann@example.com', 1)
    """

    message_id: str | None
    queue_ids: tuple[str, ...]
    sender: str | None
    arrived: datetime | None
    steps: tuple[Step, ...]
    outcomes: dict[str, Status | None]

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "message_id": self.message_id,
            "queue_ids": list(self.queue_ids),
            "sender": self.sender,
            "arrived": self.arrived and self.arrived.isoformat(),
            "outcomes": {name: found and found.value for name, found in self.outcomes.items()},
            "steps": [step.to_dict() for step in self.steps],
        }


@attrs.frozen
class Traced:
    """The result of `trace`.

    Attributes:
        lives: the messages, in the order of their first steps.
        left_out: deliveries beyond the limit.

    >>> trace(lambda: (), "4E74613FE7")
    Traced(lives=(), left_out=0)
    """

    lives: tuple[Life, ...]
    left_out: int


def trace(read: Callable[[], Iterable[Delivery]], key: str, limit: int = LIMIT) -> Traced:
    """Find messages, and follow each through its queues, filters and hosts.

    The logs are read several times: until a reading finds nothing that is connected to what is
    known, eight times at most.

    Args:
        read: returns the deliveries of the logs, from their beginning.
        key: a queue id, a Message-ID with or without brackets, or the address of a sender or
            recipient.
        limit: the number of deliveries to keep; memory is in proportion to it.

    >>> from smtpreply.logs import scan
    >>> log = [
    ...     "2026-11-24T11:43:32Z mx1 postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    ...     "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent "
    ...     "(250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 5A0B213FE8)",
    ...     "2026-11-24T11:43:33Z mx1 postfix/smtp[42]: 5A0B213FE8: to=<bob@example.org>, "
    ...     "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=5.1.1, "
    ...     "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user)",
    ... ]
    >>> [life] = trace(lambda: scan(log), "4E74613FE7").lives
    >>> life.queue_ids, life.outcomes["bob@example.org"].value
    (('4E74613FE7', '5A0B213FE8'), 'bounced')
    """
    wanted = _Wanted(key)
    found: list[Step] = []
    left_out = 0
    for _ in range(_PASSES):
        before = wanted.size
        found, left_out = [], 0
        for delivery in read():
            step = wanted.step(delivery)
            if step is None:
                continue
            if len(found) < limit:
                found.append(step)
                wanted.learn(step)
            else:
                left_out += 1
        if wanted.size == before:
            break
    return Traced(tuple(_lives(found)), left_out)


class _Wanted:
    """The ids and addresses by which messages are found."""

    def __init__(self, key: str) -> None:
        self._key = key.strip().removeprefix("<").removesuffix(">")
        self._address = self._key.lower() if "@" in self._key else None
        self._ids = {self._key}

    @property
    def size(self) -> int:
        return len(self._ids)

    def step(self, delivery: Delivery) -> Step | None:
        """Return the step that a delivery is in the life of a message that is wanted."""
        ids = self._ids
        if self._address is not None and self._address in _addresses(delivery):
            return Step(delivery=delivery, next_id=_next_id(delivery))
        if delivery.queue_id in ids or delivery.message_id in ids:
            return Step(delivery=delivery, next_id=_next_id(delivery))
        if delivery.status is not Status.SENT:
            return None
        next_id = _next_id(delivery)
        return Step(delivery=delivery, next_id=next_id) if next_id in ids else None

    def learn(self, step: Step) -> None:
        delivery = step.delivery
        self._ids.update(filter(None, (delivery.queue_id, delivery.message_id, step.next_id)))


def _addresses(delivery: Delivery) -> set[str]:
    addresses = delivery.sender, delivery.recipient, delivery.orig_recipient
    return {address.lower() for address in addresses if address}


def _next_id(delivery: Delivery) -> str | None:
    """Return the queue id that the next server names; after a filter, the one after it."""
    if delivery.status is not Status.SENT or delivery.reply_by not in _NAMING:
        return None
    reply = delivery.reply
    found = None if reply is None else queue_id_of(reply)
    return None if found is None else found.text


def _lives(steps: list[Step]) -> Iterable[Life]:
    """Split the steps by message: those that share an id belong to one."""
    groups: dict[str, int] = {}
    parts: dict[int, list[Step]] = {}
    for number, step in enumerate(steps):
        ids = _ids_of(step) or [f"\0{number}"]
        joined = {groups[name] for name in ids if name in groups}
        home = min(joined, default=number)
        part = parts.setdefault(home, [])
        for other in joined - {home}:
            moved = parts.pop(other)
            part += moved
            groups |= {name: home for each in moved for name in _ids_of(each)}
        part.append(step)
        groups |= dict.fromkeys(ids, home)
    return sorted(map(_life, parts.values()), key=lambda life: _moment(life.steps[0].delivery))


def _ids_of(step: Step) -> list[str]:
    delivery = step.delivery
    return list(filter(None, (delivery.queue_id, delivery.message_id, step.next_id)))


def _life(steps: list[Step]) -> Life:
    seen = {step.delivery.queue_id for step in steps}
    ordered = sorted(
        (
            attrs.evolve(step, is_handover=step.next_id in seen - {step.delivery.queue_id})
            for step in steps
        ),
        key=lambda step: _moment(step.delivery),
    )
    outcomes: dict[str, Status | None] = {}
    for step in ordered:
        recipient, status = step.delivery.recipient, step.delivery.status
        if recipient is not None:
            known = outcomes.setdefault(recipient, None)
            outcomes[recipient] = known if step.is_handover else status or known
        elif status is Status.EXPIRED:  # Postfix returns the message, for all who still wait
            waiting = [one for one, last in outcomes.items() if last is Status.DEFERRED]
            outcomes |= dict.fromkeys(waiting, status)
    deliveries = [step.delivery for step in ordered]
    return Life(
        message_id=_first(one.message_id for one in deliveries),
        queue_ids=tuple(dict.fromkeys(one.queue_id for one in deliveries if one.queue_id)),
        sender=_first(one.sender for one in deliveries),
        arrived=_arrival(deliveries),
        steps=tuple(ordered),
        outcomes=outcomes,
    )


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _moment(delivery: Delivery) -> datetime:
    """Return a time by which deliveries are ordered; local times count as UTC."""
    time = delivery.time or _NEVER
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _arrival(deliveries: list[Delivery]) -> datetime | None:
    first = next((one for one in deliveries if one.time is not None), None)
    if first is None or first.time is None:
        return None
    if first.delay is None or first.direction is Direction.INCOMING:
        return first.time
    try:
        return first.time - timedelta(seconds=first.delay)
    except OverflowError:  # a log may have any number
        return first.time
