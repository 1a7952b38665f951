"""Helpers for readers: a delivery from a log line, and what earlier lines reported of a message."""

from __future__ import annotations

from typing import Any

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.recent import Memory


def delivery_in(line: Line, mta: str, **fields: Any) -> Delivery:
    """Return the delivery on a line, with the line's time, host, program and place."""
    return Delivery(
        mta=mta,
        time=line.time,
        host=line.host,
        program=line.program,
        source=line.source,
        line=line.number,
        **fields,
    )


class Messages:
    """The messages under way in a log: lines name the sender once, and then the queue id only.

    Args:
        mta: the format that is read.

    Attributes:
        new_senders, new_message_ids: what a block of lines reports, by queue id. Whoever reads it
            writes to them, and calls `settle` behind the block.
    """

    def __init__(self, mta: str) -> None:
        self._mta = mta
        self._senders: Memory[str] = Memory()
        self._message_ids: Memory[str] = Memory()
        self.new_senders: dict[str, str] = {}
        self.new_message_ids: dict[str, str] = {}

    def learn(
        self, queue_id: str, *, sender: str | None = None, message_id: str | None = None
    ) -> None:
        """Remember what a line reports of a message."""
        self.settle()
        if sender is not None:
            self._senders[queue_id] = sender
        if message_id is not None:
            self._message_ids[queue_id] = message_id

    def settle(self) -> None:
        """Remember what a block reported, and forget what is oldest."""
        for new, known in (
            (self.new_senders, self._senders),
            (self.new_message_ids, self._message_ids),
        ):
            if new:
                known.update(new)
                new.clear()

    def sender_of(self, queue_id: str | None) -> str | None:
        """Return a message's sender, if it is remembered."""
        found = self.new_senders.get(queue_id) if queue_id else None
        return self._senders.get(queue_id) if found is None else found

    def message_id_of(self, queue_id: str | None) -> str | None:
        """Return a message's Message-ID, if it is remembered."""
        found = self.new_message_ids.get(queue_id) if queue_id else None
        return self._message_ids.get(queue_id) if found is None else found

    @property
    def senders(self) -> dict[str, str]:
        """The senders that are remembered, by queue id."""
        self.settle()
        return self._senders.values()

    def forget(self, queue_id: str) -> None:
        """Forget a message that has left the queue."""
        self.settle()
        self._senders.forget(queue_id)
        self._message_ids.forget(queue_id)

    def delivery(self, line: Line, queue_id: str | None, **fields: Any) -> Delivery:
        """Return a delivery of a message; what the line does not report is as remembered."""
        for name, of in (("sender", self.sender_of), ("message_id", self.message_id_of)):
            if fields.get(name) is None:
                fields[name] = of(queue_id)
        return delivery_in(line, self._mta, queue_id=queue_id, **fields)
