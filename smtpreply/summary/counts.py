"""`Counts`: aggregate counts of a set of deliveries, in bounded memory."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.logs import Bundle, Delivery, Direction, ReplyBy, Status
from smtpreply.logs.delivery import known_outcome, reply_in, verdict_on
from smtpreply.logs.grouping import FINAL, LONGEST_NAME, party_of, provider_key
from smtpreply.logs.received import domain_of
from smtpreply.reasons import Outcome as KnownOutcome
from smtpreply.reasons import Reason, Verdict, template
from smtpreply.stage import Stage
from smtpreply.summary import wire
from smtpreply.summary.cases import Cases
from smtpreply.summary.cross_table import CrossTable
from smtpreply.summary.outcome import Outcome, counted_status, is_handed_on_here, outcome_of
from smtpreply.summary.quantiles import Delays, DelaysByKind
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.top_counter import TopCounter

_FITTING = {Outcome.DELIVERED: "2xx", Outcome.DEFERRED: "4xx", Outcome.BOUNCED: "5xx"}
_PERCENTS = (50, 90, 99)
_LONGEST = LONGEST_NAME
"""The greatest length of a key, be it a name or a template."""
_LONGEST_KNOWN = 1000
"""The greatest length of a text whose facts are cached."""


class Stray(NamedTuple):
    """The counted facts of an attempt at a message whose sender or size is not known yet.

    Attributes:
        mta, direction, queue_id: whose message it is.
        outcome, reason: as `Counts` counts them.
        is_refused: whether the message bounced, expired or was rejected.
        has_sender: whether the line names the sender, so that only the size is not known.
    """

    mta: str
    direction: Direction | None
    queue_id: str
    outcome: str
    reason: str | None
    is_refused: bool
    has_sender: bool = False

    @classmethod
    def of(
        cls,
        delivery: Delivery,
        direction: Direction | None,
        queue_id: str,
        *,
        has_sender: bool = False,
    ) -> Stray:
        """Return what counts of an attempt at the message `queue_id` like this delivery."""
        reason = _facts_of(delivery).reason if _has_failed(delivery) else None
        outcome = outcome_of(counted_status(delivery)).value
        refused = delivery.status in FINAL
        return cls(delivery.mta, direction, queue_id, outcome, reason, refused, has_sender)


@attrs.define
class Counts:
    """Counts of deliveries. Counts add up (`+`), so parts of a log can be read in parallel.

    Fields with few values are counted exactly, those with any number of values by a `TopCounter`.
    Times are counted by hour, or coarser in a long log: see `Timeline`. Outcomes are those of
    `Outcome`.

    Attributes:
        deliveries: the number of deliveries.
        status, reply_class, code, stage, reply_by, direction, mta: deliveries by each value.
        enhanced: deliveries by enhanced status; a hostile server can invent a million of them.
        status_class: status by the class of the reply, where there is a reply.
        times: time by outcome, in the log's own time zone.
        reason, reason_times: reason by outcome, and time by reason, of replies and diagnostics
            that are no success.
        example: for each reason its shortest text.
        suppressed: failures by reason whose text proves that the recipient's address is dead: those
            whose `Delivery.verdict` suppresses.
        cases, provider_cases: a few of the failed deliveries by reason, and by provider of the
            remote server.
        speaker: provider or software that the wording of the text reveals, by reason.
        blocklist: block lists named in texts.
        provider: provider of the remote server by outcome, judged by the server's name; "" for an
            unknown provider.
        relay, domain: pairs of the remote server, or the recipient's domain, and the outcome;
            `CrossTable.of` turns them into rows.
        relay_reason: pairs of the remote server and the reason.
        sender_domain: pairs of the sender's domain and the outcome; "" is the null reverse-path.
        sender_reason: pairs of the sender's domain and the reason.
        handed_on: deliveries within this host, after which the message enters the queue again: see
            `smtpreply.summary.outcome.is_handed_on_here`.
        octets: the sum of the sizes of delivered messages, where the log has them; a message to
            several recipients counts for each.
        unexplained: templates of texts that nothing but the code explains.
        refused_sender, refused_recipient: addresses of what bounced, expired or was rejected.
        refused_client: clients whose mail our server rejected.
        delays: seconds from arrival to the attempt, by outcome.
        provider_delays: the same for delivered mail, by provider.

    >>> from smtpreply.logs import scan
    >>> line = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org: Unrouteable address"
    >>> counts = Counts.of(scan([line])) + Counts.of(scan([line]))
    >>> counts.status, counts.domain.counts
    (Counter({'bounced': 2}), {('example.org', 'bounced'): 2})
    """

    deliveries: int = 0
    status: Counter[str] = attrs.field(factory=Counter)
    reply_class: Counter[str] = attrs.field(factory=Counter)
    code: Counter[str] = attrs.field(factory=Counter)
    enhanced: TopCounter[str] = attrs.field(factory=TopCounter)
    stage: Counter[str] = attrs.field(factory=Counter)
    reply_by: Counter[str] = attrs.field(factory=Counter)
    direction: Counter[str] = attrs.field(factory=Counter)
    mta: Counter[str] = attrs.field(factory=Counter)
    status_class: CrossTable = attrs.field(factory=CrossTable)
    times: Timeline = attrs.field(factory=Timeline)
    reason: CrossTable = attrs.field(factory=CrossTable)
    reason_times: Timeline = attrs.field(factory=Timeline)
    example: dict[str, str] = attrs.field(factory=dict)
    suppressed: Counter[str] = attrs.field(factory=Counter)
    # Which of many are kept depends on how the log is read, so they make no difference.
    cases: Cases = attrs.field(factory=Cases, eq=False)
    provider_cases: Cases = attrs.field(factory=Cases, eq=False)
    speaker: CrossTable = attrs.field(factory=CrossTable)
    blocklist: Counter[str] = attrs.field(factory=Counter)
    provider: CrossTable = attrs.field(factory=CrossTable)
    relay: TopCounter[tuple[str, str]] = attrs.field(factory=TopCounter)
    relay_reason: TopCounter[tuple[str, str]] = attrs.field(factory=TopCounter)
    domain: TopCounter[tuple[str, str]] = attrs.field(factory=TopCounter)
    sender_domain: TopCounter[tuple[str, str]] = attrs.field(factory=TopCounter)
    sender_reason: TopCounter[tuple[str, str]] = attrs.field(factory=TopCounter)
    handed_on: int = 0
    octets: int = 0
    unexplained: TopCounter[str] = attrs.field(factory=TopCounter)
    refused_sender: TopCounter[str] = attrs.field(factory=TopCounter)
    refused_recipient: TopCounter[str] = attrs.field(factory=TopCounter)
    refused_client: TopCounter[str] = attrs.field(factory=TopCounter)
    delays: DelaysByKind = attrs.field(factory=DelaysByKind)
    provider_delays: DelaysByKind = attrs.field(factory=DelaysByKind)

    @classmethod
    def of(cls, deliveries: Iterable[Delivery | Bundle]) -> Counts:
        """Return the counts of deliveries, or of bundles of them."""
        counts = cls()
        for delivery in deliveries:
            counts.add(delivery)
        return counts

    def add(self, found: Delivery | Bundle) -> None:
        """Count a delivery, or a bundle of alike ones: see `smtpreply.logs.Scan.bundled`."""
        if isinstance(found, Bundle):
            self._add_bundle(found)
        else:
            self.add_kind(found)
            self.add_own(found)

    def add_kind(self, delivery: Delivery, count: int = 1) -> None:
        """Count the common part of `count` alike deliveries.

        That is what derives from these fields alone: `mta`, `time` to the hour, `direction`,
        `status`, `stage`, `reply_by`, `text`, the server (`relay_host`, or else `relay_ip`;
        neither of incoming mail) and the domain of the `recipient`. Of the text of a success, only
        the code and the enhanced status count.
        """
        outcome = outcome_of(counted_status(delivery)).value
        reason = self._count_text(delivery, outcome, count)
        self._count_time(delivery.time, outcome, reason, count)
        self._count_server(_server(delivery), outcome, reason, count)
        if delivery.recipient and "@" in delivery.recipient:
            self._count_domain(domain_of(delivery.recipient), outcome, count)

    def add_own(self, delivery: Delivery, count: int = 1) -> None:
        """Count what differs between alike deliveries: the delay, the sender and who was refused.

        That is what derives from `delay`, `sender`, `size`, `recipient` and the client, beside the
        fields of `add_kind`.
        """
        outcome = outcome_of(counted_status(delivery)).value
        if delivery.sender is not None:
            reason = _facts_of(delivery).reason if _has_failed(delivery) else None
            self._count_envelope(delivery.sender, delivery.size, outcome, reason, count)
        server = _server(delivery)
        provider = provider_key(server) if server else None
        self._count_delay(delivery.delay, provider, outcome, count)
        for counter, name in zip(self._refused_by(delivery), party_of(delivery), strict=False):
            _count_name(counter, name, count)

    def _add_bundle(self, bundle: Bundle) -> None:
        """Count all deliveries of a bundle: the common part, and what differs."""
        delivery = bundle.delivery
        outcome = outcome_of(counted_status(delivery)).value
        reason = None
        for kind, count in bundle.kinds:
            reason = self._count_text(kind, outcome, count)
        for time, count in bundle.times.items():
            self._count_time(time, outcome, reason, count)
        sample = _server(delivery)
        if sample:
            for name, count in bundle.servers.items():
                server = name[:_LONGEST].lower() if name else sample
                self._count_relay(server, outcome, reason, count)
        sample_provider = provider_key(sample)
        for (provider, delay), count in bundle.delays.items():
            key = sample_provider if provider is None else provider
            if sample:
                self.provider.add(key, outcome, count)
            self._count_delay(delay, key if sample else None, outcome, count)
        for domain, count in bundle.domains.items():
            self._count_domain(domain, outcome, count)
        for domain, count in bundle.senders.items():
            self._count_sender_domain(domain, outcome, reason, count)
        if outcome == Outcome.DELIVERED.value:
            self.octets += bundle.octets
        members = zip(*bundle.refused, strict=True)
        for counter, names in zip(self._refused_by(delivery), members, strict=False):
            for name, count in Counter(names).items():
                _count_name(counter, name, count * bundle.repeats)

    def add_envelope(
        self, stray: Stray, sender: str, size: int | None = None, count: int = 1
    ) -> None:
        """Count the sender and size of an attempt that was counted before they were known."""
        if stray.has_sender:
            self._count_octets(size, stray.outcome, count)
            return
        self._count_envelope(sender, size, stray.outcome, stray.reason, count)
        if stray.is_refused:
            _count_name(self.refused_sender, sender, count)

    def _count_text(self, delivery: Delivery, outcome: str, count: int) -> str | None:
        """Count status and text; return the reason of a failure, None for a success."""
        self.deliveries += count
        if is_handed_on_here(delivery):
            self.handed_on += count
        for counter, value in (
            (self.mta, delivery.mta),
            (self.status, counted_status(delivery)),
            (self.stage, delivery.stage),
            (self.reply_by, delivery.reply_by),
            (self.direction, delivery.direction),
        ):
            if value is not None:
                counter[str(value)] += count
        self._count_reply(delivery, count)
        return self._count_verdict(delivery, outcome, count) if _has_failed(delivery) else None

    def _count_time(
        self, time: datetime | None, outcome: str, reason: str | None, count: int
    ) -> None:
        if time is not None:
            self.times.add_time(time, outcome, count)
            if reason is not None:
                self.reason_times.add_time(time, reason, count)

    def _count_server(self, server: str, outcome: str, reason: str | None, count: int) -> None:
        if server:
            self._count_relay(server, outcome, reason, count)
            self.provider.add(provider_key(server), outcome, count)

    def _count_relay(self, server: str, outcome: str, reason: str | None, count: int) -> None:
        self.relay.add((server, outcome), count)
        if reason is not None:
            self.relay_reason.add((server, reason), count)

    def _count_domain(self, domain: str, outcome: str, count: int) -> None:
        self.domain.add((domain[:_LONGEST].lower(), outcome), count)

    def _count_envelope(
        self, sender: str, size: int | None, outcome: str, reason: str | None, count: int
    ) -> None:
        self._count_sender_domain(domain_of(sender), outcome, reason, count)
        self._count_octets(size, outcome, count)

    def _count_octets(self, size: int | None, outcome: str, count: int) -> None:
        if outcome == Outcome.DELIVERED.value:
            self.octets += (size or 0) * count

    def _count_sender_domain(
        self, domain: str, outcome: str, reason: str | None, count: int
    ) -> None:
        name = domain[:_LONGEST].lower()
        self.sender_domain.add((name, outcome), count)
        if reason is not None:
            self.sender_reason.add((name, reason), count)

    def _count_delay(
        self, delay: float | None, provider: str | None, outcome: str, count: int
    ) -> None:
        if delay is not None:
            self.delays.add(outcome, delay, count)
            if provider is not None and outcome == Outcome.DELIVERED.value:
                self.provider_delays.add(provider, delay, count)

    def _refused_by(self, delivery: Delivery) -> list[TopCounter[str]]:
        """Return the counters of a `Party`'s members, in order; empty where nobody was refused."""
        if delivery.status not in FINAL:
            return []
        counters = [self.refused_sender, self.refused_recipient]
        if delivery.direction is Direction.INCOMING:
            counters.append(self.refused_client)
        return counters

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
        facts = _facts_of(delivery)
        text = delivery.text or ""
        self.reason.add(facts.reason, outcome, count)
        shorter = _shorter(self.example.get(facts.reason), text[:_LONGEST])
        self.example[facts.reason] = shorter
        # It is the same object unless it is a soft bounce now; to ask `suppress` takes longer.
        if facts.proof is not None and delivery.bounded(facts.proof) is facts.proof:
            self.suppressed[facts.reason] += count
        self.cases.add(facts.reason, delivery)
        if server := _server(delivery):
            self.provider_cases.add(provider_key(server), delivery)
        if facts.speaker is not None:
            self.speaker.add(facts.speaker, facts.reason, count)
        if facts.blocklist is not None:
            self.blocklist[facts.blocklist] += count
        if facts.unexplained is not None:
            self.unexplained.add(facts.unexplained, count)
        return facts.reason

    def __add__(self, other: Counts) -> Counts:
        names = [field.name for field in attrs.fields(Counts) if field.name != "example"]
        both = Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})
        both.example = dict(self.example)
        for reason, text in other.example.items():
            both.example[reason] = _shorter(both.example.get(reason), text)
        return both

    @property
    def outcome(self) -> Counter[Outcome]:
        """Deliveries by outcome."""
        found: Counter[Outcome] = Counter()
        for status, count in self.status.items():
            found[outcome_of(Status(status))] += count
        found[Outcome.OTHER] += self.deliveries - found.total()  # deliveries without a status
        return +found

    @property
    def mismatch(self) -> Counter[str]:
        """Deliveries whose status and code contradict each other, such as "deferred 5xx".

        Expired and rejected messages are left out: either class fits them.
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
        """Return the counts as JSON values: of a `TopCounter`, the `top` keys and the error."""
        found = {
            field.name: _shown(getattr(self, field.name), top) for field in attrs.fields(Counts)
        }
        found["delays"]["all"] = _percentiles(self.delays.total())
        return found | {
            "outcome": _shown(self.outcome, top),
            "mismatch": _shown(self.mismatch, top),
        }

    def to_state(self) -> dict[str, Any]:
        """Return the whole state as JSON values, from which `from_state` restores the counts."""
        return wire.pack(self)

    @classmethod
    def from_state(cls, packed: Any) -> Counts:
        """Return the counts that `to_state` was called on.

        Raises:
            ValueError: `packed` is not the state of counts.

        >>> Counts.from_state(Counts(deliveries=3).to_state()).deliveries
        3
        """
        counts = wire.unpack(cls, packed)
        for status in (*counts.status, *counts.status_class.counts):
            Status(status)
        for reason in (*counts.reason.counts, *counts.example, *counts.suppressed):
            Reason(reason)
        return counts


class _Facts(NamedTuple):
    """The parts of a verdict that are counted.

    Attributes:
        reason, speaker, blocklist: as `Counts` counts them.
        proof: the verdict, if it suppresses by the text alone, whoever the recipient is.
        unexplained: the template of the text, if nothing but the code explains it.
    """

    reason: str
    proof: Verdict | None
    speaker: str | None
    blocklist: str | None
    unexplained: str | None


def _facts_of(delivery: Delivery) -> _Facts:
    text = delivery.text or ""
    find = _facts if len(text) <= _LONGEST_KNOWN else _facts.__wrapped__
    known = known_outcome(delivery.status, delivery.direction)
    return find(text, delivery.stage, delivery.reply_by, delivery.dsn, known)


@functools.lru_cache(maxsize=2048)  # servers give many messages the same reply
def _facts(
    text: str,
    stage: Stage | None,
    reply_by: ReplyBy | None,
    status: EnhancedStatus | None,
    outcome: KnownOutcome | None,
) -> _Facts:
    """Return the facts of a text, which are the same for all deliveries with this text."""
    verdict = verdict_on(text, reply_in(text, reply_by), stage, status, outcome)
    provider, listing = verdict.provider, verdict.blocklist
    return _Facts(
        reason=verdict.reason.value,
        proof=verdict if verdict.suppress else None,
        speaker=None if provider is None else provider.key,
        blocklist=None if listing is None else listing.blocklist.key,
        unexplained=None if verdict.is_explained else template(text[:_LONGEST_KNOWN])[:_LONGEST],
    )


def _has_failed(delivery: Delivery) -> bool:
    """Return whether the text of a delivery is that of a failure."""
    if not delivery.text:
        return False
    reply = delivery.reply
    return reply.code >= 400 if reply else delivery.status is not Status.SENT


def _server(delivery: Delivery) -> str:
    """Return the remote server, in small letters; "" for incoming mail and local programs."""
    if delivery.direction is Direction.INCOMING:
        return ""
    if delivery.direction is Direction.LOCAL and delivery.reply_by is None:
        return ""
    return (delivery.relay_host or delivery.relay_ip or "")[:_LONGEST].lower()


def _count_name(counter: TopCounter[str], name: str | None, count: int) -> None:
    if name:
        counter.add(name[:_LONGEST], count)


def _shorter(one: str | None, other: str) -> str:
    """Return the shorter of two texts; of equally long ones the lesser, whatever their order."""
    return other if one is None else min(one, other, key=lambda text: (len(text), text))


def _shown(value: Any, top: int) -> Any:
    if isinstance(value, Counter):
        return {str(key): count for key, count in value.most_common()}
    if isinstance(value, Timeline):
        times = {time: dict(cells) for time, cells in value.in_order()}
        return {"unit": value.unit, "counts": times}
    if isinstance(value, CrossTable):
        return value.to_dict()
    if isinstance(value, TopCounter):
        return {"top": _top(value, top), "error": value.error}
    if isinstance(value, Cases):
        return {kind: [attrs.asdict(case) for case in known] for kind, known in value.kinds.items()}
    if isinstance(value, DelaysByKind):
        return {kind: _percentiles(delays) for kind, delays in value.rows()}
    return value


def _top(counter: TopCounter[Any], top: int) -> dict[str, Any]:
    """Return the most frequent keys; of pairs, the most frequent rows."""
    if any(isinstance(key, tuple) for key in counter.counts):
        return dict(list(CrossTable.of(counter.counts).to_dict().items())[:top])
    return dict(counter.most_common(top))


def _percentiles(delays: Delays) -> dict[str, Any]:
    found = {f"p{percent}": delays.percentile(percent) for percent in _PERCENTS}
    return {"count": len(delays)} | found
