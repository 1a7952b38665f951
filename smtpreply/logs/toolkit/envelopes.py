"""Helpers for readers: a delivery from a log line, and what earlier lines reported of a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import compress
from typing import Any

from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery, Direction, Draft, ReplyBy, Status
from smtpreply.logs.grouping import Arrival, Groups
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, Received, envelope_text, sender_in, size_in
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_new = object.__new__
_OF_THE_LINE: Any = object()


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
    shared: bool | None = None,
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
    made.shared = shared
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
        self._arrivals: list[Arrival] = []
        self._groups: Groups | None = None
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
            columns = [time], [envelope_text(sender, size)], [queue_id], [int(recipients or 0)]
            self.on_received(Received(*columns))
        self.learn(queue_id, sender=sender, size=size)

    def arrivals_in(self, groups: Groups) -> list[Arrival]:
        """Return a list for the arrivals of a block, whose envelopes go into `new_envelopes` too.

        `settle` counts those of them in the groups that are new, as `receive` does.
        """
        self._groups = groups
        return self._arrivals

    def settle(self) -> None:
        """Remember what a block reported so far, count its arrivals, and forget what is oldest."""
        new, arrivals = self.new_envelopes, self._arrivals
        if new:
            known = self._envelopes.update(new)
            if self._groups is not None and arrivals:
                if known or len(new) < len(arrivals):
                    is_new = _first((arrival[2] for arrival in arrivals), known)
                    self._groups.receive(compress(arrivals, is_new))
                else:
                    self._groups.receive(arrivals)
                arrivals.clear()
            new.clear()
        if self.new_message_ids:
            self._message_ids.update(self.new_message_ids)
            self.new_message_ids.clear()

    def envelope_of(self, queue_id: str | None) -> str | None:
        """Return a message's envelope as text, if it is remembered: see `received`."""
        found = self.new_envelopes.get(queue_id) if queue_id else None
        return self._envelopes.get(queue_id) if found is None else found

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


def _first(names: Iterable[str], known: set[str]) -> list[bool]:
    """Return of each name whether it is new: neither known nor one of those before it."""
    seen = set(known)
    return [name not in seen and not seen.add(name) for name in names]  # type: ignore[func-returns-value]
