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
    """

    def __init__(self, mta: str) -> None:
        self._mta = mta
        self._senders: Memory[str] = Memory()
        self._message_ids: Memory[str] = Memory()

    def learn(
        self, queue_id: str, *, sender: str | None = None, message_id: str | None = None
    ) -> None:
        """Remember what a line reports of a message."""
        if sender is not None:
            self._senders[queue_id] = sender
        if message_id is not None:
            self._message_ids[queue_id] = message_id

    def learn_senders(self, senders: dict[str, str]) -> None:
        """Remember who sent each of these messages."""
        self._senders.update(senders)

    def sender_of(self, queue_id: str, newer: dict[str, str]) -> str | None:
        """Return a message's sender, from `newer` or as remembered; None where unknown."""
        sender = newer.get(queue_id)
        return self._senders.get(queue_id) if sender is None else sender

    @property
    def senders(self) -> dict[str, str]:
        """The senders that are remembered, by queue id."""
        return self._senders.values()

    def forget(self, queue_id: str) -> None:
        """Forget a message that has left the queue."""
        self._senders.forget(queue_id)
        self._message_ids.forget(queue_id)

    def delivery(self, line: Line, queue_id: str | None, **fields: Any) -> Delivery:
        """Return a delivery of a message; what the line does not report is as remembered."""
        for name, known in (("sender", self._senders), ("message_id", self._message_ids)):
            if fields.get(name) is None:
                fields[name] = known.get(queue_id)
        return delivery_in(line, self._mta, queue_id=queue_id, **fields)
