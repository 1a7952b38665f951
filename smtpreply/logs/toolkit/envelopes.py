"""Helpers for readers: a delivery from a log line, and what earlier lines reported of a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, Generic, TypeVar

from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery, Direction, Draft, ReplyBy, Status
from smtpreply.logs.grouping import Groups, Origin
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, Received, envelope_text, sender_in, size_in
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_Row = TypeVar("_Row")

_new = object.__new__
_OF_THE_LINE: Any = object()

_NOT_KNOWN: Origin = (None, 0, None)


def delivery_in(  # noqa: D417  (see `Delivery`)
    line: Line,
    mta: str,
    *,
    time: datetime | None = _OF_THE_LINE,
    host: str | None = _OF_THE_LINE,
    direction: Direction | None = None,
    queue_id: str | None = None,
    message_id: str | None = None,
    subject: str | None = None,
    sender: str | None = None,
    recipient: str | None = None,
    orig_recipient: str | None = None,
    relay_host: str | None = None,
    relay_ip: str | None = None,
    relay_port: int | None = None,
    stage: Stage | None = None,
    status: Status | None = None,
    dsn: EnhancedStatus | None = None,
    delay: float | None = None,
    size: int | None = None,
    tls: str | None = None,
    text: str | None = None,
    reply_by: ReplyBy | None = None,
) -> Delivery:
    """Return the delivery on a line, with the line's time, host, program and place.

    All of a `Delivery` is written down here, since it takes half as long as to pass it on.

    Args:
        line: the line.
        mta: the format.
        time: where the format writes one itself; by default, the line's.
        host: likewise.
    """
    made = _new(Draft)
    made.mta = mta
    made.time = line.time if time is _OF_THE_LINE else time
    made.host = line.host if host is _OF_THE_LINE else host
    made.program = line.program
    made.source = line.source
    made.line = line.number
    made.direction = direction
    made.queue_id = queue_id
    made.message_id = message_id
    made.subject = subject
    made.sender = sender
    made.recipient = recipient
    made.orig_recipient = orig_recipient
    made.relay_host = relay_host
    made.relay_ip = relay_ip
    made.relay_port = relay_port
    made.stage = stage
    made.status = status
    made.dsn = dsn
    made.delay = delay
    made.size = size
    made.tls = tls
    made.text = text
    made.reply_by = reply_by
    made.__class__ = Delivery  # type: ignore[assignment]
    return made  # type: ignore[return-value]


class Messages:
    """The messages under way in a log: lines name the sender once, and then the queue id only.

    Args:
        mta: the format that is read.

    Attributes:
        on_received: called for each message that enters the queue; None where nobody asks.
        new_envelopes, new_message_ids: what a block of lines reports, by queue id. Whoever reads it
            writes to them, and calls `settle` after the block.
    """

    def __init__(self, mta: str) -> None:
        self._mta = mta
        self.on_received: OnReceived | None = None
        self._envelopes: Memory[str] = Memory()
        self._message_ids: Memory[str] = Memory()
        self.new_envelopes: dict[str, str] = {}
        self.new_message_ids: dict[str, str] = {}

    def learn(
        self,
        queue_id: str,
        *,
        sender: str | None = None,
        message_id: str | None = None,
        size: str | None = None,
    ) -> None:
        """Remember what a line reports of a message; its size is of digits alone."""
        self.settle()
        if sender is not None:
            self._envelopes[queue_id] = envelope_text(sender, size)
        if message_id is not None:
            self._message_ids[queue_id] = message_id

    def receive(
        self,
        time: datetime | None,
        queue_id: str,
        sender: str,
        size: str | None,
        recipients: str | None = None,
    ) -> None:
        """Remember a message that enters the queue; it is new unless it is remembered already.

        Postfix logs it whenever it takes a message up, for each attempt anew.
        """
        if self.on_received is not None and self.envelope_of(queue_id) is None:
            columns = [time], [sender], [queue_id], [int(size or 0)], [int(recipients or 0)]
            self.on_received(Received(*columns))
        self.learn(queue_id, sender=sender, size=size)

    def settle(self) -> None:
        """Remember what a block reported, and forget what is oldest."""
        for new, known in (
            (self.new_envelopes, self._envelopes),
            (self.new_message_ids, self._message_ids),
        ):
            if new:
                known.update(new)
                new.clear()

    def envelope_of(self, queue_id: str | None) -> str | None:
        """Return a message's envelope as text, if it is remembered: see `received`."""
        found = self.new_envelopes.get(queue_id) if queue_id else None
        return self._envelopes.get(queue_id) if found is None else found

    def remembered(self, queue_ids: Collection[str]) -> set[str]:
        """Return those of some messages that are remembered."""
        return self._envelopes.intersection(queue_ids)

    def message_id_of(self, queue_id: str | None) -> str | None:
        """Return a message's Message-ID, if it is remembered."""
        found = self.new_message_ids.get(queue_id) if queue_id else None
        return self._message_ids.get(queue_id) if found is None else found

    @property
    def envelopes(self) -> dict[str, str]:
        """What `envelope_of` returns for each message that is remembered, by queue id."""
        self.settle()
        return self._envelopes.values()

    def forget(self, queue_id: str) -> None:
        """Forget a message that has left the queue."""
        self.settle()
        self._envelopes.forget(queue_id)
        self._message_ids.forget(queue_id)

    def delivery(
        self,
        line: Line,
        queue_id: str | None,
        *,
        sender: str | None = None,
        size: int | None = None,
        message_id: str | None = None,
        **fields: Any,
    ) -> Delivery:
        """Return a delivery of a message; what the line does not report is as remembered."""
        if (envelope := self.envelope_of(queue_id)) is not None:
            sender = sender_in(envelope) if sender is None else sender
            size = size_in(envelope) if size is None else size
        if message_id is None:
            message_id = self.message_id_of(queue_id)
        return delivery_in(
            line,
            self._mta,
            queue_id=queue_id,
            sender=sender,
            size=size,
            message_id=message_id,
            **fields,
        )


Columns = tuple[
    Sequence[str], Sequence[str], Sequence[str], Sequence[int], Sequence[int], Sequence[str]
]
"""Of the lines of arrivals: the stamps as `Groups` takes them, the senders, the queue ids, the
sizes, the numbers of recipients, and the envelopes as text."""


class Arrivals(Generic[_Row]):
    """The messages that the lines of a block report, read many at once and counted in their order.

    An attempt belongs to the last arrival of its message before it. Whoever goes through the lines
    keeps the lists up to date, which is faster than a call for each line.

    Args:
        messages: what is remembered; it learns of each message.
        groups: where new messages are counted.
        columns_of: reads the lines of arrivals.

    Attributes:
        rows: the lines of arrivals, until `settle` is called.
        places: of each message the place of its last arrival in `rows`.
        of_sent, of_failed: of each attempt that has succeeded or failed the place of its message's
            arrival; its queue id where there is none; or the origin itself.
        origins_of_sent, origins_of_failed: who sent their messages, once `settle` has been called.
    """

    def __init__(
        self,
        messages: Messages,
        groups: Groups,
        columns_of: Callable[[Sequence[_Row]], Columns],
    ) -> None:
        self._messages = messages
        self._groups = groups
        self._columns_of = columns_of
        self.rows: list[_Row] = []
        self.places: dict[str, int] = {}
        self.of_sent: list[int | str | Origin] = []
        self.of_failed: list[int | str | Origin] = []
        self.origins_of_sent: list[Origin] = []
        self.origins_of_failed: list[Origin] = []

    def settle(self) -> None:
        """Count what has arrived, find what was asked, and have all of it remembered."""
        messages = self._messages
        arrived: list[Origin] = []
        if self.rows:
            times, senders, queue_ids, sizes, recipients, texts = self._columns_of(self.rows)
            domains = [sender[sender.rfind("@") + 1 :] for sender in senders]
            arrived = list(zip(domains, sizes, senders, strict=True))
            columns = times, senders, queue_ids, sizes, recipients
            known = messages.remembered(queue_ids)
            if known or len(self.places) < len(self.rows):
                is_new = _first(queue_ids, known)
                self._groups.receive(compress(column, is_new) for column in columns)
            else:
                self._groups.receive(columns)
        # What is asked without a place is of before.
        for asked, origins in (
            (self.of_sent, self.origins_of_sent),
            (self.of_failed, self.origins_of_failed),
        ):
            origins += [
                arrived[of] if isinstance(of, int) else self._origin_before(of) for of in asked
            ]
            asked.clear()
        if self.rows:
            messages.new_envelopes.update(zip(queue_ids, texts, strict=True))
        messages.settle()
        self.rows.clear()
        self.places.clear()

    def _origin_before(self, asked: str | Origin) -> Origin:
        """Return who sent a message that is remembered from before."""
        if isinstance(asked, tuple):
            return asked
        text = self._messages.envelope_of(asked)
        if text is None:
            return _NOT_KNOWN
        sender = sender_in(text)
        return sender[sender.rfind("@") + 1 :], size_in(text) or 0, sender


def _first(names: Iterable[str], known: set[str]) -> list[bool]:
    """Return of each name whether it is new: neither known nor one of those before it."""
    seen = set(known)
    return [name not in seen and not seen.add(name) for name in names]  # type: ignore[func-returns-value]
