"""Helpers for readers: a delivery from a log line, and what earlier lines reported of a message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.grouping import Groups, Origin
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived, Received, envelope_text, sender_in, size_in
from smtpreply.logs.toolkit.recent import Memory

_Row = TypeVar("_Row")

_NOT_KNOWN: Origin = (None, 0)


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

    def remembered(self, queue_ids: Iterable[str]) -> set[str]:
        """Return those of some messages that are remembered."""
        return self._envelopes.intersection(queue_ids)

    def sender_of(self, queue_id: str | None) -> str | None:
        """Return a message's sender, if it is remembered."""
        found = self.envelope_of(queue_id)
        return None if found is None else sender_in(found)

    def size_of(self, queue_id: str | None) -> int | None:
        """Return a message's size in octets, if it is remembered."""
        found = self.envelope_of(queue_id)
        return None if found is None else size_in(found)

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
        for name, of in _REMEMBERED.items():
            if fields.get(name) is None:
                fields[name] = of(self, queue_id)
        return delivery_in(line, self._mta, queue_id=queue_id, **fields)


Columns = tuple[Sequence[str], Sequence[str], Sequence[int], Sequence[int], Sequence[str]]
"""Of the lines of arrivals: the stamps as `Groups` takes them, the senders, the sizes, the numbers
of recipients, and the envelopes as text."""


class Arrivals(Generic[_Row]):
    """The messages that the lines of a block report, read many at once and counted in their order.

    An attempt belongs to the last arrival of its message before it. So the arrivals of messages
    that differ are kept until something is asked that their order may matter to.

    Args:
        messages: what is remembered; it learns of each message.
        groups: where new messages are counted.
        columns_of: reads the lines of arrivals.
        text_of: reads the envelope of one, as `envelope_text` has it.

    Attributes:
        origins: who sent the message of each attempt that `ask` was called for.
    """

    def __init__(
        self,
        messages: Messages,
        groups: Groups,
        columns_of: Callable[[Collection[_Row]], Columns],
        text_of: Callable[[_Row], str],
    ) -> None:
        self._messages = messages
        self._groups = groups
        self._columns_of = columns_of
        self._text_of = text_of
        self._arrived: dict[str, _Row] = {}
        self._asked: list[str] = []
        self._asked_before: set[str] = set()
        self.origins: list[Origin] = []

    def add(self, queue_id: str, row: _Row) -> None:
        """Take the line of a message that enters the queue, or is taken up once more."""
        if queue_id in self._arrived or queue_id in self._asked_before:
            self.settle()
        self._arrived[queue_id] = row

    def ask(self, queue_id: str) -> None:
        """Ask for who sent a message: the answer is in `origins`, when all is settled."""
        self._asked.append(queue_id)
        if queue_id not in self._arrived:
            self._asked_before.add(queue_id)

    def origin_of(self, queue_id: str) -> tuple[Origin, str | None]:
        """Return at once who sent a message, and the sender itself."""
        row = self._arrived.get(queue_id)
        if row is None:
            self._asked_before.add(queue_id)
            text = self._messages.envelope_of(queue_id)
        else:
            text = self._text_of(row)
        if text is None:
            return _NOT_KNOWN, None
        sender = sender_in(text)
        return (sender[sender.rfind("@") + 1 :], size_in(text) or 0), sender

    def settle(self) -> None:
        """Count what was taken, answer what was asked, and have all of it remembered."""
        messages, arrived = self._messages, self._arrived
        found: dict[str, Origin] = {}
        if arrived:
            queue_ids = list(arrived)
            times, senders, sizes, recipients, texts = self._columns_of(arrived.values())
            domains = [sender[sender.rfind("@") + 1 :] for sender in senders]
            found = dict(zip(queue_ids, zip(domains, sizes, strict=True), strict=True))
            known = messages.remembered(queue_ids)
            columns = (times, senders, queue_ids, sizes, recipients)
            self._groups.receive(columns, [queue_id not in known for queue_id in queue_ids])
            messages.new_envelopes.update(zip(queue_ids, texts, strict=True))
        self.origins += [found.get(name) or self._origin_before(name) for name in self._asked]
        messages.settle()
        arrived.clear()
        self._asked.clear()
        self._asked_before.clear()

    def _origin_before(self, queue_id: str) -> Origin:
        """Return who sent a message that is remembered from before."""
        text = self._messages.envelope_of(queue_id)
        return _NOT_KNOWN if text is None else origin_in(text)


def origin_in(text: str) -> Origin:
    """Return who sent a message, by its envelope."""
    sender = sender_in(text)
    return sender[sender.rfind("@") + 1 :], size_in(text) or 0


_REMEMBERED: dict[str, Callable[[Messages, str | None], object]] = {
    "sender": Messages.sender_of,
    "message_id": Messages.message_id_of,
    "size": Messages.size_of,
}
