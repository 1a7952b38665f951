"""What a log comes to: counts of its deliveries, in memory that does not grow with the log."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from smtpreply.logs import Bundle, Delivery, Direction, ReplyBy, Status
from smtpreply.logs.grouping import LONGEST_NAME, party_of, provider_key
from smtpreply.reasons import Reason, template
from smtpreply.stage import Stage
from smtpreply.summary import wire as state
from smtpreply.summary.cross_table import Grid
from smtpreply.summary.outcome import Outcome, outcome_of
from smtpreply.summary.quantiles import Delays, DelaysBy
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.top_counter import Tally

FINAL = (Status.BOUNCED, Status.EXPIRED, Status.REJECTED)
_FITTING = {Outcome.DELIVERED: "2xx", Outcome.DEFERRED: "4xx", Outcome.BOUNCED: "5xx"}
_PERCENTS = (50, 90, 99)
_LONGEST = LONGEST_NAME
"""Of a key: a template of so many characters says enough, too."""
_LONGEST_KNOWN = 1000
"""Of a text whose facts are remembered."""


@attrs.define
class Summary:
    """Counts of deliveries; two are added to one, so that parts can be read apart.

    What has few kinds is counted exactly; of what may be anything, see `Tally`. Times are exact,
    and coarser in a log of many hours: see `Timeline`. Outcomes are those of `Outcome`.

    Attributes:
        deliveries: how many there were.
        status, reply_class, code, stage, reply_by, direction, mta: how many of each.
        enhanced: likewise; a hostile server can make up a million of them.
        status_class: status by the class of the reply, where one was given.
        times: time by outcome, in the log's own zone.
        reason, reason_times: of the replies and diagnostics that are no success: reason by
            outcome, and time by reason.
        example: for each reason the shortest text that was given.
        speaker: by reason, who refused, as far as the words tell: a provider or a software.
        blocklist: the lists that were named.
        provider: by outcome, whose server we spoke to, as its name tells; "" where it does not.
        relay, domain: pairs of the server that we spoke to, or the recipient's domain, and the
            outcome; `Grid.of` makes rows of them.
        relay_reason: pairs of such a server and a reason.
        unexplained: the templates of texts that nothing but the code explains.
        refused_sender, refused_recipient: of what bounced, expired or was rejected.
        refused_client: of what we rejected, who had come.
        delays: by outcome, from arrival to the attempt.
        provider_delays: the same of what was delivered, by provider.

    >>> from smtpreply.logs import scan
    >>> line = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org: Unrouteable address"
    >>> summary = Summary.of(scan([line])) + Summary.of(scan([line]))
    >>> summary.status, summary.domain.counts
    (Counter({'bounced': 2}), {('example.org', 'bounced'): 2})
    """

    deliveries: int = 0
    status: Counter[str] = attrs.field(factory=Counter)
    reply_class: Counter[str] = attrs.field(factory=Counter)
    code: Counter[str] = attrs.field(factory=Counter)
    enhanced: Tally[str] = attrs.field(factory=Tally)
    stage: Counter[str] = attrs.field(factory=Counter)
    reply_by: Counter[str] = attrs.field(factory=Counter)
    direction: Counter[str] = attrs.field(factory=Counter)
    mta: Counter[str] = attrs.field(factory=Counter)
    status_class: Grid = attrs.field(factory=Grid)
    times: Timeline = attrs.field(factory=Timeline)
    reason: Grid = attrs.field(factory=Grid)
    reason_times: Timeline = attrs.field(factory=Timeline)
    example: dict[str, str] = attrs.field(factory=dict)
    speaker: Grid = attrs.field(factory=Grid)
    blocklist: Counter[str] = attrs.field(factory=Counter)
    provider: Grid = attrs.field(factory=Grid)
    relay: Tally[tuple[str, str]] = attrs.field(factory=Tally)
    relay_reason: Tally[tuple[str, str]] = attrs.field(factory=Tally)
    domain: Tally[tuple[str, str]] = attrs.field(factory=Tally)
    unexplained: Tally[str] = attrs.field(factory=Tally)
    refused_sender: Tally[str] = attrs.field(factory=Tally)
    refused_recipient: Tally[str] = attrs.field(factory=Tally)
    refused_client: Tally[str] = attrs.field(factory=Tally)
    delays: DelaysBy = attrs.field(factory=DelaysBy)
    provider_delays: DelaysBy = attrs.field(factory=DelaysBy)

    @classmethod
    def of(cls, deliveries: Iterable[Delivery | Bundle]) -> Summary:
        """Sum deliveries up."""
        summary = cls()
        for delivery in deliveries:
            summary.add(delivery)
        return summary

    def add(self, found: Delivery | Bundle) -> None:
        """Count a delivery, or several that say the same: see `smtpreply.logs.Scan.bundled`."""
        if isinstance(found, Bundle):
            self._add_bundle(found)
        else:
            self.add_kind(found)
            self.add_own(found)

    def add_kind(self, delivery: Delivery, count: int = 1) -> None:
        """Count what many deliveries have in common, once for all of them.

        That is what comes from these fields alone: `mta`, `time` to the hour, `direction`,
        `status`, `stage`, `reply_by`, `text`, the server (`relay_host`, or else `relay_ip`; of the
        incoming, neither) and the domain of the `recipient`. Of the text, a success counts by its
        code and enhanced status only.
        """
        outcome = outcome_of(delivery.status).value
        reason = self._count_words(delivery, outcome, count)
        self._count_time(delivery.time, outcome, reason, count)
        self._count_server(_server(delivery), outcome, reason, count)
        if delivery.recipient and "@" in delivery.recipient:
            self._count_domain(delivery.recipient.rpartition("@")[2], outcome, count)

    def add_own(self, delivery: Delivery, count: int = 1) -> None:
        """Count what differs from delivery to delivery: the delay, and who was refused.

        That is what comes from `delay`, `sender`, `recipient` and the client, beside the fields of
        `add_kind`.
        """
        outcome = outcome_of(delivery.status).value
        server = _server(delivery)
        provider = provider_key(server) if server else None
        self._count_delay(delivery.delay, provider, outcome, count)
        for tally, name in zip(self._refused_by(delivery), party_of(delivery), strict=False):
            _count_name(tally, name, count)

    def _add_bundle(self, bundle: Bundle) -> None:
        """Count all of them, with what each has of its own."""
        delivery = bundle.delivery
        outcome = outcome_of(delivery.status).value
        reason = self._count_words(delivery, outcome, bundle.count)
        for time, count in bundle.times.items():
            self._count_time(time, outcome, reason, count)
        own = _server(delivery)
        for name, count in bundle.servers.items():
            server = name[:_LONGEST].lower() if name and own else own
            self._count_server(server, outcome, reason, count)
        of_own = provider_key(own)
        for (provider, delay), count in bundle.delays.items():
            at = of_own if provider is None else provider
            self._count_delay(delay, at if own else None, outcome, count)
        for domain, count in bundle.domains.items():
            self._count_domain(domain, outcome, count)
        members = zip(*bundle.refused, strict=True)
        for tally, names in zip(self._refused_by(delivery), members, strict=False):
            for name, count in Counter(names).items():
                _count_name(tally, name, count)

    def count_sender(self, sender: str | None, count: int) -> None:
        """Count who sent what was refused, where that became known only later."""
        _count_name(self.refused_sender, sender, count)

    def _count_words(self, delivery: Delivery, outcome: str, count: int) -> str | None:
        """Count what the words say, and the reason that they give; give it, too."""
        self.deliveries += count
        for counter, value in (
            (self.mta, delivery.mta),
            (self.status, delivery.status),
            (self.stage, delivery.stage),
            (self.reply_by, delivery.reply_by),
            (self.direction, delivery.direction),
        ):
            if value is not None:
                counter[str(value)] += count
        self._count_reply(delivery, count)
        return self._count_verdict(delivery, outcome, count) if _went_wrong(delivery) else None

    def _count_time(
        self, time: datetime | None, outcome: str, reason: str | None, count: int
    ) -> None:
        if time is not None:
            self.times.add_time(time, outcome, count)
            if reason is not None:
                self.reason_times.add_time(time, reason, count)

    def _count_server(self, server: str, outcome: str, reason: str | None, count: int) -> None:
        if server:
            self.relay.add((server, outcome), count)
            self.provider.add(provider_key(server), outcome, count)
            if reason is not None:
                self.relay_reason.add((server, reason), count)

    def _count_domain(self, domain: str, outcome: str, count: int) -> None:
        self.domain.add((domain[:_LONGEST].lower(), outcome), count)

    def _count_delay(
        self, delay: float | None, provider: str | None, outcome: str, count: int
    ) -> None:
        if delay is not None:
            self.delays.add(outcome, delay, count)
            if provider is not None and outcome == Outcome.DELIVERED.value:
                self.provider_delays.add(provider, delay, count)

    def _refused_by(self, delivery: Delivery) -> list[Tally[str]]:
        """Return what counts the members of a `Party`, in their order, as far as they count."""
        if delivery.status not in FINAL:
            return []
        tallies = [self.refused_sender, self.refused_recipient]
        if delivery.direction is Direction.INCOMING:
            tallies.append(self.refused_client)
        return tallies

    def _count_reply(self, delivery: Delivery, count: int) -> None:
        reply = delivery.reply
        if reply is None:
            return
        digit = f"{reply.code // 100}xx"
        self.reply_class[digit] += count
        self.code[str(reply.code)] += count
        if reply.enhanced is not None:
            self.enhanced.add(str(reply.enhanced), count)
        if delivery.status is not None:
            self.status_class.add(str(delivery.status), digit, count)

    def _count_verdict(self, delivery: Delivery, outcome: str, count: int) -> str:
        text = delivery.text or ""
        find = _facts if len(text) <= _LONGEST_KNOWN else _facts.__wrapped__
        facts = find(text, delivery.stage, delivery.reply_by)
        self.reason.add(facts.reason, outcome, count)
        shorter = _shorter(self.example.get(facts.reason), text[:_LONGEST])
        self.example[facts.reason] = shorter
        if facts.speaker is not None:
            self.speaker.add(facts.speaker, facts.reason, count)
        if facts.blocklist is not None:
            self.blocklist[facts.blocklist] += count
        if facts.unexplained is not None:
            self.unexplained.add(facts.unexplained, count)
        return facts.reason

    def __add__(self, other: Summary) -> Summary:
        names = [field.name for field in attrs.fields(Summary) if field.name != "example"]
        both = Summary(**{name: getattr(self, name) + getattr(other, name) for name in names})
        both.example = dict(self.example)
        for reason, text in other.example.items():
            both.example[reason] = _shorter(both.example.get(reason), text)
        return both

    @property
    def outcome(self) -> Counter[Outcome]:
        """How many deliveries came to each end."""
        found: Counter[Outcome] = Counter()
        for status, count in self.status.items():
            found[outcome_of(Status(status))] += count
        found[Outcome.OTHER] += self.deliveries - found.total()  # no status was told
        return +found

    @property
    def mismatch(self) -> Counter[str]:
        """Where status and code say different things, such as "deferred 5xx".

        A message that expired, or that we rejected, may do so with either.
        """
        return Counter(
            {
                f"{status} {digit}": count
                for status, cells in self.status_class.counts.items()
                for digit, count in cells.items()
                if Status(status) is not Status.EXPIRED
                and _FITTING.get(outcome_of(Status(status)), digit) != digit
            }
        )

    def to_dict(self, top: int = 20) -> dict[str, Any]:
        """Return what JSON can hold: of the tallies, the `top` commonest, and their error."""
        found = {
            field.name: _shown(getattr(self, field.name), top) for field in attrs.fields(Summary)
        }
        found["delays"]["all"] = _percentiles(self.delays.total())
        return found | {
            "outcome": _shown(self.outcome, top),
            "mismatch": _shown(self.mismatch, top),
        }

    def to_state(self) -> dict[str, Any]:
        """Return all that there is, as JSON can hold it: `from_state` makes the same summary of it.

        So the parts of a log that many machines read come together.
        """
        return state.packed(self)

    @classmethod
    def from_state(cls, packed: Any) -> Summary:
        """Make a summary of what `to_state` gave.

        Raises:
            ValueError: it is no such thing.

        >>> Summary.from_state(Summary(deliveries=3).to_state()).deliveries
        3
        """
        summary = state.unpacked(cls, packed)
        for status in (*summary.status, *summary.status_class.counts):
            Status(status)
        for reason in (*summary.reason.counts, *summary.example):
            Reason(reason)
        return summary


@attrs.frozen
class _Facts:
    """What is counted of a verdict."""

    reason: str
    speaker: str | None
    blocklist: str | None
    unexplained: str | None


@functools.lru_cache(maxsize=2048)  # a server says the same to many
def _facts(text: str, stage: Stage | None, reply_by: ReplyBy | None) -> _Facts:
    """Return the facts of a text, which are the same for all deliveries that it answers."""
    verdict = Delivery(mta="", text=text, stage=stage, reply_by=reply_by).verdict
    assert verdict is not None  # there is a text
    provider, listing = verdict.provider, verdict.blocklist
    return _Facts(
        reason=verdict.reason.value,
        speaker=None if provider is None else provider.key,
        blocklist=None if listing is None else listing.blocklist.key,
        unexplained=None if verdict.is_explained else template(text)[:_LONGEST],
    )


def _went_wrong(delivery: Delivery) -> bool:
    if not delivery.text:
        return False
    reply = delivery.reply
    return reply.code >= 400 if reply else delivery.status is not Status.SENT


def _server(delivery: Delivery) -> str:
    """Return the server that we spoke to: no client that came to us, nor a program of our own."""
    if delivery.direction is Direction.INCOMING:
        return ""
    if delivery.direction is Direction.LOCAL and delivery.reply_by is None:
        return ""
    return (delivery.relay_host or delivery.relay_ip or "")[:_LONGEST].lower()


def _count_name(tally: Tally[str], name: str | None, count: int) -> None:
    if name:
        tally.add(name[:_LONGEST], count)


def _shorter(one: str | None, other: str) -> str:
    """Return the shorter of two texts, and always the same of two that are equally long."""
    return other if one is None else min(one, other, key=lambda text: (len(text), text))


def _shown(value: Any, top: int) -> Any:
    if isinstance(value, Counter):
        return {str(key): count for key, count in value.most_common()}
    if isinstance(value, Timeline):
        times = {time: dict(cells) for time, cells in value.in_order()}
        return {"unit": value.unit, "counts": times}
    if isinstance(value, Grid):
        return value.to_dict()
    if isinstance(value, Tally):
        return {"top": _top(value, top), "error": value.error}
    if isinstance(value, DelaysBy):
        return {kind: _percentiles(delays) for kind, delays in value.rows()}
    return value


def _top(tally: Tally[Any], top: int) -> dict[str, Any]:
    """Return the commonest; of pairs, the commonest rows."""
    if any(isinstance(key, tuple) for key in tally.counts):
        return dict(list(Grid.of(tally.counts).to_dict().items())[:top])
    return dict(tally.most_common(top))


def _percentiles(delays: Delays) -> dict[str, Any]:
    found = {f"p{percent}": delays.percentile(percent) for percent in _PERCENTS}
    return {"count": len(delays)} | found
