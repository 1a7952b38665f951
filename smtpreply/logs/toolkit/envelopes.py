"""Helpers for readers: a delivery from a log line, and what earlier lines reported of a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import compress
from typing import Any

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.grouping import Arrival, Groups
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, Received, envelope_text, sender_in, size_in
from smtpreply.logs.toolkit.recent import Memory


def delivery_in(line: Line, mta: str, **fields: Any) -> Delivery:
    """Return the delivery on a line, with the line's time, host, program and place.

    Args:
        line: the line.
        mta: the format.
        fields: the others of a `Delivery`; a time or a host that the format writes itself counts.
    """
    fields.setdefault("time", line.time)
    fields.setdefault("host", line.host)
    return Delivery(mta=mta, program=line.program, source=line.source, line=line.number, **fields)


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
            columns = [time], [envelope_text(sender, size)], [queue_id], [int(recipients or 0)]
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

    def receive_all(self, arrived: list[Arrival], groups: Groups) -> None:
        """Count the messages that lines of a block report, as `receive` does, and settle.

        Args:
            arrived: what the lines report, which is in `new_envelopes` as well; it is emptied.
            groups: where they are counted.
        """
        if arrived:
            queue_ids = [arrival[2] for arrival in arrived]
            known = self._envelopes.intersection(queue_ids)
            if known or len(self.new_envelopes) < len(arrived):
                is_new = _first(queue_ids, known)
                groups.receive(compress(arrived, is_new))
            else:
                groups.receive(arrived)
            arrived.clear()
        self.settle()

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

    def delivery(self, line: Line, queue_id: str | None, **fields: Any) -> Delivery:
        """Return a delivery of a message; what the line does not report is as remembered."""
        if (envelope := self.envelope_of(queue_id)) is not None:
            if fields.get("sender") is None:
                fields["sender"] = sender_in(envelope)
            if fields.get("size") is None:
                fields["size"] = size_in(envelope)
        if fields.get("message_id") is None:
            fields["message_id"] = self.message_id_of(queue_id)
        return delivery_in(line, self._mta, queue_id=queue_id, **fields)


def _first(names: Iterable[str], known: set[str]) -> list[bool]:
    """Return of each name whether it is new: neither known nor one of those before it."""
    seen = set(known)
    return [name not in seen and not seen.add(name) for name in names]  # type: ignore[func-returns-value]
