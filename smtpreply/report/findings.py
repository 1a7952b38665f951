"""`Report` and `Findings`: the content of a report, computed once and drawn by every view.

Keys are replaced by names, and counts are joined with the advice on them. Texts from logs are kept
as they are: each view escapes them in its own way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from smtpreply.errors import ReplyError
from smtpreply.logs.grouping import provider_key
from smtpreply.reasons import (
    Actor,
    Advice,
    BlockList,
    Reason,
    advice_for,
    blocklists,
    providers,
)
from smtpreply.reasons.advice import given_up_action, unproven_action
from smtpreply.reply.parser import parse
from smtpreply.summary.counts import Counts
from smtpreply.summary.cross_table import CrossTable
from smtpreply.summary.outcome import FAILURES, Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.summary import Summary
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.top_counter import TopCounter
from smtpreply.summary.volume import Volume

if TYPE_CHECKING:
    from smtpreply.summary.comparison import Change

__all__ = ["BlockListCount", "Destination", "Findings", "ReasonCount", "Report"]

TITLE = "Mail delivery report"
NO_ACTION = "No action needed."
OTHERS = "Other servers"
NULL_SENDER = "<> (notifications)"
MAILS = {
    "report": "delivery reports (bounces)",
    "complaint": "complaints",
    "auto-reply": "automatic replies",
    "receipt": "read receipts",
    "unread": "looked like a bounce, not understood",
    "other": "other mails",
}
"""The kinds of `Coverage.mails` in words."""


@attrs.frozen(kw_only=True)
class Destination:
    """A provider, a server or a domain, and the outcomes of the mail to it.

    Attributes:
        name: the provider's name, or the server or domain as the log has it.
        messages, octets: what was received from a sender's domain; 0 of what is no sender.
        provider: the key of the provider that runs the server; "" where it is unknown.
        outcomes: attempts by outcome.
        reason: the most frequent reason of failures; None without one.
        delays: delays of delivered mail; empty where they are not counted.

    >>> outcomes = Counter({"delivered": 8, "deferred": 2})
    >>> destination = Destination(name="mx.example.org", outcomes=outcomes)
    >>> destination.total, destination.trouble
    (10, 2)
    """

    name: str
    outcomes: Counter[str]
    provider: str = ""
    reason: Reason | None = None
    delays: Delays = attrs.field(factory=Delays)
    messages: int = 0
    octets: int = 0

    @property
    def total(self) -> int:
        """The number of attempts."""
        return self.outcomes.total()

    @property
    def trouble(self) -> int:
        """The number of attempts that were deferred or refused."""
        return sum(self.outcomes[outcome] for outcome in FAILURES)


@attrs.frozen(kw_only=True)
class ReasonCount:
    """A reason, the outcomes of the attempts that failed for it, and an example of the text.

    Attributes:
        reason: the reason.
        outcomes: the failed attempts by outcome.
        example: one of the texts.
        proven: the number of attempts whose text proves that the address is dead.

    >>> row = ReasonCount(
    ...     reason=Reason.GREYLISTED, outcomes=Counter({"deferred": 2}), example="450 Greylisted"
    ... )
    >>> row.total, row.calls_for_action
    (2, False)
    """

    reason: Reason
    outcomes: Counter[str]
    example: str
    proven: int = 0

    @property
    def total(self) -> int:
        """The number of attempts that failed for this reason."""
        return self.outcomes.total()

    @property
    def advice(self) -> Advice:
        """The meaning of the reason and the advice, in English."""
        return advice_for(self.reason)

    @property
    def gain(self) -> int:
        """The number of attempts on which somebody must act.

        After greylisting, for example, the next attempt succeeds, unless the message is given up.
        """
        if self.advice.actor is Actor.NOBODY:
            return self.outcomes[Outcome.BOUNCED]
        return self.total

    @property
    def calls_for_action(self) -> bool:
        """Whether anybody must act."""
        return self.gain > 0

    @property
    def actor(self) -> Actor:
        """The party that must act: see `smtpreply.reasons.Verdict.actor`."""
        is_given_up = self.advice.actor is Actor.NOBODY and self.calls_for_action
        return Actor.POSTMASTER if is_given_up else self.advice.actor

    @property
    def action(self) -> str:
        """The recommended action, in English: each of them where attempts call for different ones.

        No address is taken off a list unless a text proves that it is dead.
        """
        if not self.calls_for_action:
            return NO_ACTION
        advised = str(self.advice.action)
        if self.advice.actor is Actor.NOBODY:
            kept = "" if self.gain == self.total else f"{self.gain:,} of {self.total:,}: "
            return f"{kept}{given_up_action()}"
        if not self.advice.suppress or self.proven == self.total:
            return advised
        others = str(unproven_action())
        if not self.proven:
            return others
        return f"{self.proven:,} of {self.total:,}: {advised} Others: {others}"


@attrs.frozen
class BlockListCount:
    """A block list, and how often it was named.

    `blocklist` is None for a list that this version does not know, in a summary of a newer one.

    >>> BlockListCount("spamhaus-zen", 3, blocklists()["spamhaus-zen"]).name
    'Spamhaus ZEN'
    """

    key: str
    count: int
    blocklist: BlockList | None

    @property
    def name(self) -> str:
        """The list's name, or its key where it is unknown."""
        return self.blocklist.name if self.blocklist else self.key


@attrs.frozen(kw_only=True)
class Findings:
    """The content of a report on one direction: counts, and what they mean.

    Attributes:
        counts: the counts.
        span: the first and the last time, in the unit of `Counts.times`; None without a time.
        reasons: why mail did not arrive, by descending count.
        providers: the providers of the remote servers, by descending count; all unknown servers
            are one destination, the last.
        servers: the remote servers, by descending count.
        domains: the recipients' domains, by descending count.
        sender_domains: the senders' domains, by descending count of failures, then of attempts.
        blocklists: the block lists that were named, by descending count.
        refused: headings, and counts of the senders, recipients and clients that were refused.

    >>> from datetime import datetime
    >>> counts = Counts()
    >>> counts.times.add_time(datetime(2026, 11, 24, 11, 43), "delivered")
    >>> Findings.of(counts).span
    ('2026-11-24 11:00', '2026-11-24 11:59')
    """

    counts: Counts
    span: tuple[str, str] | None
    reasons: list[ReasonCount]
    providers: list[Destination]
    servers: list[Destination]
    domains: list[Destination]
    sender_domains: list[Destination]
    blocklists: list[BlockListCount]
    refused: list[tuple[str, TopCounter[str]]]

    @classmethod
    def of(cls, counts: Counts, volume: Volume | None = None) -> Findings:
        """Return the findings of the counts of one direction, and of the volume of mail."""
        known = blocklists()
        named = counts.blocklist.most_common()
        return cls(
            counts=counts,
            span=_span(counts.times),
            reasons=_reasons(counts),
            providers=_providers(counts),
            servers=_servers(counts),
            domains=_domains(counts),
            sender_domains=_sender_domains(counts, volume or Volume()),
            blocklists=[BlockListCount(key, count, known.get(key)) for key, count in named],
            refused=[
                ("Recipients", counts.refused_recipient),
                ("Senders", counts.refused_sender),
                ("Clients", counts.refused_client),
            ],
        )

    @property
    def actions(self) -> list[ReasonCount]:
        """The reasons that call for action, by what acting would gain.

        Those come first that our side can act on, the sender or the postmaster; then those that
        only the recipient can; each by descending count of the attempts that call for it.
        """
        found = [row for row in self.reasons if row.calls_for_action]
        return sorted(found, key=lambda row: (row.actor is Actor.RECIPIENT, -row.gain))

    @property
    def without_text(self) -> int:
        """The failures that have no reason, since the log has no text of theirs.

        Postfix, for example, writes none when a message expires: its deferrals have the reason.
        """
        by_reason: Counter[str] = sum((row.outcomes for row in self.reasons), Counter())
        return sum(max(self.counts.outcome[one] - by_reason[one], 0) for one in FAILURES)

    @property
    def has_providers(self) -> bool:
        """Whether any server is that of a known provider."""
        return any(row.provider for row in self.providers)

    @property
    def no_actions(self) -> list[ReasonCount]:
        """The reasons that call for no action, by descending count."""
        return [row for row in self.reasons if not row.calls_for_action]


@attrs.frozen(kw_only=True)
class Report:
    """The content of a report: the findings of each direction.

    Attributes:
        deliveries: the number of deliveries of all directions.
        span: the first and the last time of all.
        outgoing, incoming, local, unknown: the findings of each direction.
        volume: the messages that entered our queue.

    >>> from smtpreply.logs import scan
    >>> report = Report.of(Summary.of(scan("tests/data/sample.log")))
    >>> [(heading, findings.counts.deliveries) for heading, findings in report.parts]
    [('Outgoing', 148), ('Incoming', 20), ('Local', 3)]
    """

    deliveries: int
    span: tuple[str, str] | None
    outgoing: Findings
    incoming: Findings
    local: Findings
    unknown: Findings
    volume: Volume

    @property
    def delivered(self) -> int:
        """The number of deliveries to recipients, of all directions."""
        return sum(findings.counts.outcome[Outcome.DELIVERED] for _, findings in self.parts)

    @property
    def handed_on(self) -> int:
        """The number of deliveries within this host, after which a message is received again."""
        return sum(findings.counts.handed_on for _, findings in self.parts)

    @property
    def octets(self) -> int:
        """The octets that were delivered, outgoing and local, to each recipient."""
        parts = (self.outgoing, self.local, self.unknown)
        return sum(findings.counts.octets for findings in parts)

    @classmethod
    def of(cls, summary: Summary) -> Report:
        """Return the content of a report on a summary."""
        times = (counts.times for counts in summary.parts.values())
        return cls(
            deliveries=summary.deliveries,
            span=_span(sum(times, Timeline())),
            volume=summary.volume,
            **{name: Findings.of(counts, summary.volume) for name, counts in summary.parts.items()},
        )

    @property
    def parts(self) -> list[tuple[str, Findings]]:
        """The directions that have deliveries, by their headings."""
        return [
            (heading, findings)
            for heading, findings in (
                ("Outgoing", self.outgoing),
                ("Incoming", self.incoming),
                ("Local", self.local),
                ("Direction unknown", self.unknown),
            )
            if findings.counts.deliveries
        ]


WITHOUT_TEXT = "{:,} more have no text in the log, such as messages that expired in the queue."
"""The remark on `Findings.without_text`."""


HANDED_ON = "counted as received once more"
"""The remark on `Report.handed_on`."""


def provider_name(key: str) -> str:
    """Return the name of a provider by its key."""
    known = providers().get(key)
    return known.name if known else key or OTHERS


BY = {
    "sender-domain": "sender's domain",
    "domain": "recipient's domain",
    "provider": "provider",
    "server": "remote server",
}
"""The keys that `destinations_by` knows, in words."""


def destinations_by(findings: Findings, by: str) -> list[Destination]:
    """Return the mail of a direction by one of `BY`: the most failures first, then attempts."""
    rows = {
        "sender-domain": findings.sender_domains,
        "domain": findings.domains,
        "provider": findings.providers,
        "server": findings.servers,
    }[by]
    return _by_failures(rows)


def _by_failures(rows: Iterable[Destination]) -> list[Destination]:
    return sorted(rows, key=lambda row: (-row.trouble, -row.total, row.name))


def change_title(change: Change) -> str:
    """Return what a change is about, such as "outgoing: Greylisted"."""
    if change.kind == "reason":
        name = str(advice_for(Reason(change.key)).title)
    elif change.kind == "provider":
        name = f"failures at {provider_name(change.key) if change.key else OTHERS.lower()}"
    else:
        name = change.key
    return f"{change.direction}: {name}"


def duration(seconds: float | None) -> str:
    """Return a delay as text in a fitting unit, with two digits; "" for None.

    >>> duration(None), duration(0.25), duration(45), duration(600), duration(7200), duration(3e5)
    ('', '0.25 s', '45 s', '10 min', '2.0 h', '3.5 d')
    """
    if seconds is None:
        return ""
    for unit, limit in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * limit:
            return (
                f"{_two_digits(seconds / limit)} {unit}"
                if seconds < 99.5 * limit
                else f">99 {unit}"
            )
    return f"{_two_digits(seconds)} s"


def size(octets: int) -> str:
    """Return a number of octets as text in a fitting unit, with two digits or more.

    >>> size(999), size(1000), size(5_068_800), size(317_000), size(7_300_000_000)
    ('999 B', '1.0 kB', '5.1 MB', '317 kB', '7.3 GB')
    """
    if octets < 1000:
        return f"{octets} B"
    for unit, divisor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if octets < 999.5 * divisor:
            return f"{_two_digits(octets / divisor)} {unit}"
    return f"{octets / 1e12:,.1f} TB"


def _two_digits(number: float) -> str:
    """Return a number with two significant digits at least, and all of those before the point.

    >>> [_two_digits(number) for number in (0, 0.004, 0.25, 2, 9.96, 12.5, 317.2)]
    ['0.00', '0.00', '0.25', '2.0', '10', '12', '317']
    """
    decimals = 2 if number < 0.995 else 1 if number < 9.95 else 0
    return f"{number:.{decimals}f}"


def period(span: tuple[str, str]) -> str:
    """Return a first and a last time as text, of which a common date is written once.

    >>> period(("2026-11-24 11:00", "2026-11-24 11:59")), period(("2026-11-24", "2026-11-24"))
    ('2026-11-24 11:00 to 11:59', '2026-11-24')
    >>> period(("2026-11-24 11:00", "2026-11-25 11:59"))
    '2026-11-24 11:00 to 2026-11-25 11:59'
    """
    first, last = span
    if first == last:
        return first
    date, _, time = last.partition(" ")
    return f"{first} to {time if time and first.startswith(date) else last}"


def recipients_each(volume: Volume) -> str:
    """Return the mean number of recipients, and of how many messages if not of all; "" for none.

    >>> recipients_each(Volume(messages=2, recipients=5, addressed=2))
    '2.5 each'
    >>> recipients_each(Volume(messages=9, recipients=5, addressed=2)), recipients_each(Volume())
    ('2.5 each, in 2 messages with a count', '')
    """
    if not volume.addressed:
        return ""
    each = f"{volume.recipients / volume.addressed:.1f} each"
    if volume.addressed == volume.messages:
        return each
    return f"{each}, in {volume.addressed:,} messages with a count"


# --- the parts of the findings -------------------------------------------------------------


def _span(timeline: Timeline) -> tuple[str, str] | None:
    times = timeline.counts
    if not times:
        return None
    first, last = min(times), max(times)
    if timeline.unit == "minute":
        return first.replace("T", " "), last.replace("T", " ")
    if timeline.unit != "hour":
        return first, last
    return f"{first.replace('T', ' ')}:00", f"{last.replace('T', ' ')}:59"


def _reasons(counts: Counts) -> list[ReasonCount]:
    examples = counts.example
    return [
        ReasonCount(
            reason=Reason(key),
            outcomes=outcomes,
            example=_unfolded(examples.get(key, "")),
            proven=counts.suppressed[key],
        )
        for key, outcomes in counts.reason.rows()
    ]


def _providers(counts: Counts) -> list[Destination]:
    rows = sorted(counts.provider.rows(), key=lambda row: not row[0])
    return [
        Destination(
            name=provider_name(key),
            provider=key,
            outcomes=outcomes,
            delays=counts.provider_delays.of(key),
        )
        for key, outcomes in rows
    ]


def _servers(counts: Counts) -> list[Destination]:
    reasons = dict(CrossTable.of(counts.relay_reason.counts).rows())
    return [
        Destination(
            name=name,
            outcomes=outcomes,
            provider=provider_key(name),
            reason=_most_frequent(reasons.get(name)),
        )
        for name, outcomes in CrossTable.of(counts.relay.counts).rows()
    ]


def _domains(counts: Counts) -> list[Destination]:
    rows = CrossTable.of(counts.domain.counts).rows()
    return [Destination(name=name, outcomes=outcomes) for name, outcomes in rows]


def _sender_domains(counts: Counts, volume: Volume) -> list[Destination]:
    reasons = dict(CrossTable.of(counts.sender_reason.counts).rows())
    found = [
        Destination(
            name=name or NULL_SENDER,
            outcomes=outcomes,
            reason=_most_frequent(reasons.get(name)),
            messages=volume.domain.counts.get(name, 0),
            octets=volume.domain_octets.counts.get(name, 0),
        )
        for name, outcomes in CrossTable.of(counts.sender_domain.counts).rows()
    ]
    return _by_failures(found)


def _unfolded(text: str) -> str:
    r"""Return a reply on one line, with its code once; any other text unchanged.

    >>> _unfolded("550-5.1.1 No such user\n550 5.1.1 here"), _unfolded("Connection refused")
    ('550 5.1.1 No such user here', 'Connection refused')
    """
    try:
        reply = parse(text)
    except ReplyError:
        return text
    head = f"{reply.code} {reply.enhanced}" if reply.enhanced else str(reply.code)
    return " ".join([head, *reply.lines])


def _most_frequent(reasons: Counter[str] | None) -> Reason | None:
    return Reason(reasons.most_common(1)[0][0]) if reasons else None
