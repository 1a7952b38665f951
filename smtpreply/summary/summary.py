"""`Summary`: the counts of a log's deliveries, outgoing, incoming and local ones apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import attrs

from smtpreply.logs import Bundle, Delivery, Direction, Scan, Status
from smtpreply.logs.trouble import is_own_failure
from smtpreply.summary.counts import Counts, Stray
from smtpreply.summary.helpers import is_by_helper, is_repeated
from smtpreply.summary.outcome import is_handed_on_here
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.volume import Volume

_UNKNOWN = "unknown"
_PARTS = ("outgoing", "incoming", "local", _UNKNOWN)
_SETTLED = ("incoming", "local")  # of which a helper may report a part once more


def direction_of(delivery: Delivery) -> Direction | None:
    """Return the direction under which a delivery counts.

    An outgoing message that our own server failed to send counts as local: no other server or
    domain is to be blamed for it. So does one that is handed on within our host, to a content
    filter that gives it back.

    Args:
        delivery: the delivery.

    >>> direction_of(Delivery(mta="postfix", direction=Direction.INCOMING)).value
    'incoming'
    """
    if delivery.direction is Direction.OUTGOING and delivery.reply_by is None:
        return Direction.LOCAL if is_own_failure(delivery.text) else Direction.OUTGOING
    if delivery.direction is Direction.OUTGOING and is_handed_on_here(delivery):
        return Direction.LOCAL
    return delivery.direction


def _as_filtered(found: Delivery | Bundle) -> Delivery | Bundle:
    """Return what a helper reports as it counts where the mail server reports it."""
    if isinstance(found, Delivery):
        return attrs.evolve(found, status=Status.FILTERED, text=None)
    kinds = [
        (attrs.evolve(one, status=Status.FILTERED, text=None), count) for one, count in found.kinds
    ]
    return attrs.evolve(found, kinds=kinds)


@attrs.define
class Summary:
    """Counts by direction. Summaries add up (`+`), so parts of a log can be read in parallel.

    What our own server refuses and what other servers refuse call for different actions, so no
    figure of one direction has anything of another in it; `total` is their sum.

    Attributes:
        outgoing: our mail to other servers.
        incoming: mail that came to our server, and that it refused, held or let pass. What rspamd
            and the server that asks it both report counts once.
        local: our mail to our own mailboxes, programs and filters, and what our own server failed
            to send, without another server's having a part in it. What an MTA hands to Dovecot,
            and both report, counts once.
        unknown: deliveries whose log does not give the direction.
        volume: messages that entered our queue, whatever became of them.

    >>> from smtpreply.logs import scan
    >>> line = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org H=mx [192.0.2.1]: no"
    >>> summary = Summary.of(scan([line])) + Summary.of(scan([line]))
    >>> summary.outgoing.status, summary.incoming.deliveries, summary.deliveries
    (Counter({'bounced': 2}), 0, 2)
    """

    outgoing: Counts = attrs.field(factory=Counts)
    _incoming: Counts = attrs.field(factory=Counts)
    _local: Counts = attrs.field(factory=Counts)
    unknown: Counts = attrs.field(factory=Counts)
    volume: Volume = attrs.field(factory=Volume)
    # What helpers report, as it is counted where the mail server does not report it, and where it
    # does: which of the two holds is known at the end of the log.
    _incoming_alone: Counts = attrs.field(factory=Counts)
    _incoming_again: Counts = attrs.field(factory=Counts)
    _local_alone: Counts = attrs.field(factory=Counts)
    _local_again: Counts = attrs.field(factory=Counts)

    @classmethod
    def of(cls, deliveries: Iterable[Delivery | Bundle]) -> Self:
        """Return the summary of deliveries, of bundles of them, or of a scan.

        A scan is read bundled (`Scan.bundled`), which takes a fraction of the time. The messages
        that entered the queue are counted in `volume`, unless the scan has begun already or its
        `Scan.on_received` is set.

        >>> from smtpreply.logs import scan
        >>> summary = Summary.of(scan("tests/data/sample.log"))
        >>> summary.deliveries, summary.volume.messages
        (171, 61)
        """
        summary = cls()
        if isinstance(deliveries, Scan):
            if deliveries.on_received is None and not deliveries.coverage.lines:
                deliveries.on_received = summary.volume.add
            deliveries = deliveries.bundled()
        for delivery in deliveries:
            summary.add(delivery)
        return summary

    @classmethod
    def by_minute(cls) -> Self:
        """Return an empty summary that counts by the minute, until the span is too long for it."""
        counts = {
            field.alias: Counts(times=Timeline.by_minute(), reason_times=Timeline.by_minute())
            for field in attrs.fields(cls)
            if field.name != "volume"
        }
        return cls(**counts, volume=Volume(times=Timeline.by_minute()))

    def add(self, found: Delivery | Bundle) -> None:
        """Count what was found: a delivery, or a bundle of them (`smtpreply.logs.Scan.bundled`)."""
        delivery = found.delivery if isinstance(found, Bundle) else found
        if delivery.direction and is_by_helper(delivery):
            name = delivery.direction.value
            getattr(self, f"_{name}_alone").add(found)
            getattr(self, f"_{name}_again").add(_as_filtered(found))
        else:
            self._part(direction_of(delivery)).add(found)

    def add_envelope(
        self, stray: Stray, sender: str, size: int | None = None, count: int = 1
    ) -> None:
        """Count the sender and size of attempts that were counted before they were known.

        Args:
            stray: what is known of the attempts.
            sender: the envelope's.
            size: of the message, in octets; None where it is unknown.
            count: the number of attempts.
        """
        self._part(stray.direction).add_envelope(stray, sender, size, count)

    def _part(self, direction: Direction | None) -> Counts:
        """Return what counts a direction, but for what helpers report."""
        name = _UNKNOWN if direction is None else direction.value
        counts: Counts = getattr(self, f"_{name}" if name in _SETTLED else name)
        return counts

    def part(self, direction: Direction | str | None) -> Counts:
        """Return the counts of a direction; `unknown` for None."""
        return self.parts[_UNKNOWN if direction is None else Direction(direction).value]

    @property
    def incoming(self) -> Counts:
        """The counts of incoming mail; see the class for what rspamd reports."""
        return self._settled(Direction.INCOMING)

    @property
    def local(self) -> Counts:
        """The counts of local mail. What Dovecot and an MTA report counts as a delivery of each.

        The outcome is counted once: that which the MTA reports.

        >>> from smtpreply.logs import scan
        >>> store = "Nov 24 11:43:32 mx dovecot: lmtp(bob)<9><x>: msgid=<7@b>: saved mail to INBOX"
        >>> Summary.of(scan([store])).local.status
        Counter({'sent': 1})
        """
        return self._settled(Direction.LOCAL)

    def _settled(self, direction: Direction) -> Counts:
        own = self._part(direction)
        alone: Counts = getattr(self, f"_{direction.value}_alone")
        if not alone.deliveries:
            return own
        is_again = is_repeated(direction, own.status, alone.deliveries)
        again: Counts = getattr(self, f"_{direction.value}_again")
        return own + (again if is_again else alone)

    @property
    def parts(self) -> dict[str, Counts]:
        """The counts of each direction by its name, also of those without a delivery."""
        return {name: getattr(self, name) for name in _PARTS}

    @property
    def total(self) -> Counts:
        """The counts of all directions together, added up anew at each call."""
        return sum(self.parts.values(), Counts())

    @property
    def deliveries(self) -> int:
        """The number of deliveries of all directions."""
        return sum(counts.deliveries for counts in self.parts.values())

    def __add__(self, other: Self) -> Self:
        return type(self)(
            **{
                field.alias: getattr(self, field.name) + getattr(other, field.name)
                for field in attrs.fields(type(self))
            }
        )

    def to_dict(self, top: int = 20) -> dict[str, Any]:
        """Return the summary as JSON values: `Counts.to_dict` of all, and of each direction.

        Those of the directions are under ``directions``; directions without a delivery are left
        out.

        Args:
            top: the number of servers, domains and the like to list, the most frequent first.
        """
        directions = {
            name: counts.to_dict(top) for name, counts in self.parts.items() if counts.deliveries
        }
        found = {"directions": directions, "volume": self.volume.to_dict(top)}
        return self.total.to_dict(top) | found

    def to_state(self) -> dict[str, Any]:
        """Return the whole state as JSON values, from which `from_state` restores the summary.

        So the summaries of the parts of a log can be collected from several machines.
        """
        fields = attrs.fields(type(self))
        return {field.alias: getattr(self, field.name).to_state() for field in fields}

    @classmethod
    def from_state(cls, packed: Any) -> Self:
        """Return the summary that `to_state` was called on.

        Raises:
            ValueError: `packed` is not the state of a summary.

        >>> Summary.from_state(Summary(local=Counts(deliveries=3)).to_state()).local.deliveries
        3
        """
        names = [field.alias for field in attrs.fields(cls)]
        if not isinstance(packed, dict) or sorted(packed) != sorted(names):
            raise ValueError("not the state of a summary: the directions are invalid")
        states = {name: packed[name] for name in names if name != "volume"}
        counts = {name: Counts.from_state(state) for name, state in states.items()}
        return cls(**counts, volume=Volume.from_state(packed["volume"]))
