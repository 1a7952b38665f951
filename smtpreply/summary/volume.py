"""`Volume`: counts of the messages that entered our queue, in bounded memory."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs

from smtpreply.logs.received import Received, domain_of, sender_in, size_in
from smtpreply.summary import wire
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.top_counter import TopCounter

_LONGEST = 320  # RFC 5321 4.5.3.1: no address is longer
RECEIVED = "received"
"""The kind of `Volume.times`."""


@attrs.define
class Volume:
    """Counts of messages, as they enter the queue. Volumes add up (`+`).

    Each message counts once, however often it is retried. What the log does not have is 0: Exim's
    has no number of recipients, unless ``log_selector`` asks for them.

    Attributes:
        messages: the number of messages.
        octets: the sum of their sizes.
        recipients: the sum of the numbers of their recipients.
        addressed: the number of messages whose number of recipients the log has.
        times: messages over time.
        sender: messages by sender; "" is the null reverse-path, of notifications.
        sender_octets: octets by sender.
        domain: messages by the sender's domain.
        domain_octets: octets by the sender's domain.

    >>> volume = Volume()
    >>> volume.add(Received([None], ["al@example.com>, size=2112"], ["4E74613FE7"], [3]))
    >>> volume.messages, volume.octets, volume.recipients, volume.domain.counts
    (1, 2112, 3, {'example.com': 1})
    """

    messages: int = 0
    octets: int = 0
    recipients: int = 0
    addressed: int = 0
    times: Timeline = attrs.field(factory=Timeline)
    sender: TopCounter[str] = attrs.field(factory=TopCounter)
    sender_octets: TopCounter[str] = attrs.field(factory=TopCounter)
    domain: TopCounter[str] = attrs.field(factory=TopCounter)
    domain_octets: TopCounter[str] = attrs.field(factory=TopCounter)

    def add(self, received: Received) -> None:
        """Count messages."""
        self._add(received, 1)

    def take_back(self, received: Received) -> None:
        """Take back messages that were counted: they had entered the queue before."""
        self._add(received, -1)
        times = self.times.counts
        self.times.counts = {time: cells for time, cells in times.items() if cells[RECEIVED]}

    def _add(self, received: Received, sign: int) -> None:
        self.messages += sign * len(received)
        self.recipients += sign * sum(received.recipients)
        self.addressed += sign * sum(map(bool, received.recipients))
        for time, count in Counter(received.times).items():
            if time is not None:
                self.times.add_time(time, RECEIVED, sign * count)
        messages: Counter[str] = Counter()
        octets: Counter[str] = Counter()
        for envelope, count in Counter(received.envelopes).items():
            name = sender_in(envelope)[:_LONGEST]
            messages[name] += count
            octets[name] += count * (size_in(envelope) or 0)
        self.octets += sign * octets.total()
        for name, count in messages.items():
            domain = domain_of(name).lower()
            self.sender.add(name, sign * count)
            self.sender_octets.add(name, sign * octets[name])
            self.domain.add(domain, sign * count)
            self.domain_octets.add(domain, sign * octets[name])

    def __add__(self, other: Volume) -> Volume:
        names = [field.name for field in attrs.fields(Volume)]
        return Volume(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def to_dict(self, top: int = 20) -> dict[str, Any]:
        """Return the counts as JSON values: of a `TopCounter`, the `top` keys and the error."""
        times = {time: cells[RECEIVED] for time, cells in self.times.in_order()}
        found: dict[str, Any] = {
            "messages": self.messages,
            "octets": self.octets,
            "recipients": self.recipients,
            "addressed": self.addressed,
            "times": {"unit": self.times.unit, "counts": times},
        }
        for name in ("sender", "sender_octets", "domain", "domain_octets"):
            counter: TopCounter[str] = getattr(self, name)
            found[name] = {"top": dict(counter.most_common(top)), "error": counter.error}
        return found

    def to_state(self) -> dict[str, Any]:
        """Return the whole state as JSON values, from which `from_state` restores the counts."""
        return wire.pack(self)

    @classmethod
    def from_state(cls, packed: Any) -> Volume:
        """Return the volume that `to_state` was called on.

        Raises:
            ValueError: `packed` is not the state of a volume.
        """
        return wire.unpack(cls, packed)
