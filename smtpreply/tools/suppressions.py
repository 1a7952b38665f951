"""`Suppressions`: the addresses that a sender takes off the list, from deliveries in any order.

A refusal counts where the verdict of the `Delivery` suppresses, which only that of a message does
that was to leave, and where the log says that it was given up. A delivery to the same address
afterwards takes the refusals back; it does not take back a complaint. Where the order of the two is
unknown, the address stays on the list of the sender: nothing is suppressed in doubt. A message that
stays on this host is not delivered yet: a content filter or the local MTA has it (Postfix's
content_filter, Sendmail's submission program).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import attrs

from smtpreply._support.escape import excerpt
from smtpreply.logs import Delivery, Direction, Status
from smtpreply.reasons import Verdict
from smtpreply.summary.outcome import is_handed_on_here

COMPLAINT = "complaint"
"""The reason of a `Suppression` whose recipient reported a message as spam."""

LIMIT = 500_000
"""The number of addresses that are remembered by default, on either side."""

_LONGEST_ADDRESS = 64 + 1 + 255  # octets: RFC 5321 4.5.3.1.1 and 4.5.3.1.2
_LONGEST_EVIDENCE = 200
_SEVERAL = "\0"  # in the place of a file's name, which has no NUL


@attrs.frozen(kw_only=True)
class Suppression:
    """An address to take off the list, and the grounds.

    Attributes:
        address: the recipient, as it was first written.
        reason: a value of `smtpreply.reasons.Reason`, or `COMPLAINT`.
        evidence: the words or the enhanced status that decided, escaped; of a complaint None.
        rule: the id of the rule whose words decided.
        orig_recipient: the address before it was forwarded or expanded, of the last refusal.
        first, last: the times of the first and the last refusal, or complaint; None where the log
            has none. Refusals before a delivery that takes them back do not count.
        count: the number of them.
        mta: the format that the last was read from.

    >>> Suppression(address="bob@example.org", reason="unknown_recipient", mta="dsn").count
    1
    """

    address: str
    reason: str
    evidence: str | None = None
    rule: str | None = None
    orig_recipient: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    count: int = 1
    mta: str

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON, times as ISO 8601."""
        return attrs.asdict(self, value_serializer=_plain)


class Suppressions:
    """The addresses to take off the list, of the deliveries that were added.

    Memory is bounded: at most `limit` addresses that refused or complained, and as many that
    accepted, are remembered, with about 1 kB for each of the former and 300 octets for each of the
    latter. Deliveries that are forgotten are those accepted longest ago; a refusal that may be
    older than one of them is not listed, but counted as `undecided`.

    Args:
        limit: the number of addresses, at least 1.

    Attributes:
        undecided: refusals that are not listed since a delivery may be later: one that was
            forgotten, or one whose time cannot be compared.
        left_out: refusals and complaints of addresses beyond the limit.
        no_address: refusals and complaints whose recipient is no address, such as a bare user name.

    Raises:
        ValueError: `limit` is below 1.

    >>> from smtpreply.logs import scan
    >>> log = [
    ...     "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org R=dnslookup "
    ...     "T=remote_smtp H=mx.example.org [192.0.2.1]: SMTP error from remote mail server "
    ...     "after RCPT TO:<bob@example.org>: 550 5.1.1 No such user"
    ... ]
    >>> [found] = Suppressions.of(scan(log))
    >>> found.address, found.reason, found.evidence
    ('bob@example.org', 'unknown_recipient', 'No such user')
    """

    def __init__(self, limit: int = LIMIT) -> None:
        if limit < 1:
            raise ValueError("the limit must be at least 1")
        self.undecided = 0
        self.left_out = 0
        self.no_address = 0
        self._limit = limit
        self._refused: dict[str, _Entry] = {}
        self._complained: dict[str, _Entry] = {}
        self._accepted: dict[str, _Event] = {}
        self._forgotten: dict[str, _Event] = {}  # the latest, for each way to write a time

    @classmethod
    def of(cls, deliveries: Iterable[Delivery], limit: int = LIMIT) -> Suppressions:
        """Return the suppressions of deliveries; several logs may follow one another.

        Args:
            deliveries: such as a `smtpreply.logs.scan`.
            limit: as for `Suppressions`.
        """
        made = cls(limit)
        for delivery in deliveries:
            made.add(delivery)
        return made

    def add(self, delivery: Delivery) -> None:
        """Take a delivery into account; only outgoing ones matter."""
        if delivery.direction is not Direction.OUTGOING or not delivery.recipient:
            return
        if delivery.status is Status.SENT:
            if not is_handed_on_here(delivery):
                self._add_accepted(delivery)
        elif delivery.status is Status.COMPLAINED:
            self._add_complaint(delivery)
        elif delivery.status is Status.BOUNCED:
            self._add_refused(delivery)

    def __iter__(self) -> Iterator[Suppression]:
        """Yield the suppressions, by address; of an address that also complained, the complaint."""
        entries = self._refused | self._complained
        for key in sorted(entries):
            yield entries[key].suppression

    def __len__(self) -> int:
        return len(self._refused.keys() | self._complained.keys())

    # --- what is added ---

    def _add_accepted(self, delivery: Delivery) -> None:
        key, event = _key(delivery.recipient), _Event.of(delivery)
        if key is None:
            return
        entry = self._refused.get(key)
        if entry is not None and (later := event.follows(entry.latest)) is not False:
            self.undecided += 0 if later else entry.suppression.count
            del self._refused[key]
        # The order of this dictionary is that of the last deliveries: the first is the oldest.
        self._accepted[key] = event.or_later(self._accepted.pop(key, event))
        if len(self._accepted) > self._limit:
            self._forget(self._accepted.pop(next(iter(self._accepted))))

    def _forget(self, event: _Event) -> None:
        before = self._forgotten.get(event.kind, event)
        latest = event.or_later(before)
        if event.source != before.source:
            latest = attrs.evolve(latest, source=_SEVERAL)
        self._forgotten[event.kind] = latest

    def _add_refused(self, delivery: Delivery) -> None:
        verdict = delivery.verdict
        if verdict is None or not verdict.suppress:
            return
        key, event = _key(delivery.recipient), _Event.of(delivery)
        if key is None:
            self.no_address += 1
        elif (later := self._is_later(event, key)) is not None:
            if later:
                self._count_refused(delivery, verdict, key, event)
        else:
            self.undecided += 1

    def _is_later(self, event: _Event, key: str) -> bool | None:
        """Return whether a refusal is later than the last delivery to its address."""
        accepted = self._accepted.get(key)
        if accepted is not None:
            return event.follows(accepted)
        # A delivery that was forgotten may have been to this address.
        return all(map(event.follows, self._forgotten.values())) or None

    def _count_refused(self, delivery: Delivery, verdict: Verdict, key: str, event: _Event) -> None:
        words = verdict.evidence.words if verdict.evidence else str(verdict.status or "")
        self._count(
            self._refused,
            key,
            event,
            Suppression(
                address=delivery.recipient or "",
                reason=verdict.reason.value,
                evidence=excerpt(words, _LONGEST_EVIDENCE) or None,
                rule=verdict.rule,
                orig_recipient=_bounded(delivery.orig_recipient),
                first=delivery.time,
                last=delivery.time,
                mta=delivery.mta,
            ),
        )

    def _add_complaint(self, delivery: Delivery) -> None:
        key = _key(delivery.recipient)
        if key is None:
            self.no_address += 1
            return
        found = Suppression(
            address=delivery.recipient or "",
            reason=COMPLAINT,
            first=delivery.time,
            last=delivery.time,
            mta=delivery.mta,
        )
        self._count(self._complained, key, _Event.of(delivery), found)

    def _count(
        self, entries: dict[str, _Entry], key: str, event: _Event, found: Suppression
    ) -> None:
        entry = entries.get(key)
        if entry is not None:
            entry.add(event, found)
        elif len(entries) < self._limit:
            entries[key] = _Entry(found, event)
        else:
            self.left_out += 1


@attrs.frozen
class _Event:
    """The time of an event in a log, as far as the order of two events needs it."""

    time: datetime | None
    source: str | None

    @classmethod
    def of(cls, delivery: Delivery) -> _Event:
        return cls(delivery.time, delivery.source)

    @property
    def kind(self) -> str:
        """The way the time is written: times of different kinds have no order."""
        if self.time is None:
            return "none"
        return "local" if self.time.tzinfo is None else "aware"

    def follows(self, other: _Event) -> bool | None:
        """Return whether this is later than `other`, which was read before; None: nobody knows."""
        if self.kind == other.kind and self.time and other.time and self.time != other.time:
            return self.time > other.time
        # Of one second, or without a time: a log is in order, two logs are not.
        return True if self.source == other.source else None

    def or_later(self, other: _Event) -> _Event:
        """Return `other`, which was read before, if it is certainly later; otherwise this."""
        return other if self.follows(other) is False else self


@attrs.define
class _Entry:
    """A suppression that grows, and its latest event."""

    suppression: Suppression
    latest: _Event

    def add(self, event: _Event, found: Suppression) -> None:
        old = self.suppression
        times = [time for time in (old.first, old.last, found.last) if time is not None]
        newer = event.follows(self.latest) is not False
        in_order = len({time.tzinfo is None for time in times}) == 1
        self.suppression = attrs.evolve(
            found if newer else old,
            address=old.address,
            first=min(times) if in_order else old.first,
            last=max(times) if in_order else old.last,
            count=old.count + 1,
        )
        self.latest = event if newer else self.latest


def _key(address: str | None) -> str | None:
    """Return the address by which mail counts as of one recipient; None where it is no address.

    RFC 5321 2.4 leaves case in local parts to the receiver, but no server in use distinguishes two
    mailboxes apart by it, and lists do not either.
    """
    if address is None or len(address) > _LONGEST_ADDRESS or not address.isprintable():
        return None
    local, _, domain = address.rpartition("@")
    return address.lower() if local and domain else None


def _bounded(address: str | None) -> str | None:
    return None if address is None else excerpt(address, _LONGEST_ADDRESS)


def _plain(_instance: Any, _field: Any, value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
