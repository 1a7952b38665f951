"""What a summary has to say, in rows that the terminal and the page both show.

Keys become names here, and counts come together with the advice on them. Texts of strangers stay
as they are: each view makes them safe in its own way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from smtpreply.errors import ReplyError
from smtpreply.reasons import (
    Advice,
    BlockList,
    Reason,
    advice_for,
    blocklists,
    provider_at,
    providers,
)
from smtpreply.reply.parser import parse
from smtpreply.summary.cross_table import Grid
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import Tally

OTHERS = "Other servers"
_TROUBLE = (Outcome.DEFERRED, Outcome.BOUNCED, Outcome.REJECTED)


@attrs.frozen(kw_only=True)
class Place:
    """Where mail went, and what came of it: a provider, a server or a domain.

    Attributes:
        name: as people name it, or as the log does.
        provider: whose server it is; "" where its name does not tell.
        outcomes: how many came to each end.
        reason: the commonest why not.
        delays: of what was delivered; empty where they are not counted.
    """

    name: str
    outcomes: Counter[str]
    provider: str = ""
    reason: Reason | None = None
    delays: Delays = attrs.field(factory=Delays)

    @property
    def total(self) -> int:
        """How many attempts there were."""
        return self.outcomes.total()

    @property
    def trouble(self) -> int:
        """How many of them were put off or refused."""
        return sum(self.outcomes[outcome] for outcome in _TROUBLE)


@attrs.frozen(kw_only=True)
class Why:
    """A reason, how often it was given, and an example of the words."""

    reason: Reason
    outcomes: Counter[str]
    example: str

    @property
    def total(self) -> int:
        """How often it was given."""
        return self.outcomes.total()

    @property
    def advice(self) -> Advice:
        """What it means and what to do, in English."""
        return advice_for(self.reason)


@attrs.frozen
class Listed:
    """A block list, and how often it was named. An entry of a newer version has no `blocklist`."""

    key: str
    count: int
    blocklist: BlockList | None

    @property
    def name(self) -> str:
        """As people name it."""
        return self.blocklist.name if self.blocklist else self.key


def span(summary: Summary) -> tuple[str, str] | None:
    """Return when it began and ended, as fine as it is counted; None without a time.

    >>> from datetime import datetime
    >>> summary = Summary()
    >>> summary.times.add_time(datetime(2026, 11, 24, 11, 43), "delivered")
    >>> span(summary)
    ('2026-11-24 11:00', '2026-11-24 11:59')
    """
    times = summary.times.counts
    if not times:
        return None
    first, last = min(times), max(times)
    if summary.times.unit != "hour":
        return first, last
    return f"{first.replace('T', ' ')}:00", f"{last.replace('T', ' ')}:59"


def whys(summary: Summary) -> list[Why]:
    """Return why mail did not arrive, the commonest reason first."""
    return [
        Why(reason=Reason(key), outcomes=outcomes, example=_unfolded(summary.example.get(key, "")))
        for key, outcomes in summary.reason.rows()
    ]


def provider_name(key: str) -> str:
    """Return the name of a provider by its key."""
    known = providers().get(key)
    return known.name if known else key or OTHERS


def provider_places(summary: Summary) -> list[Place]:
    """Return the providers whose servers were spoken to; the rest comes as one, and last."""
    rows = sorted(summary.provider.rows(), key=lambda row: not row[0])
    return [
        Place(
            name=provider_name(key),
            provider=key,
            outcomes=outcomes,
            delays=summary.provider_delays.of(key),
        )
        for key, outcomes in rows
    ]


def servers(summary: Summary) -> list[Place]:
    """Return the servers that were spoken to, the busiest first."""
    reasons = dict(Grid.of(summary.relay_reason.counts).rows())
    return [
        Place(name=name, outcomes=outcomes, provider=_owner(name), reason=_first(reasons.get(name)))
        for name, outcomes in Grid.of(summary.relay.counts).rows()
    ]


def domains(summary: Summary) -> list[Place]:
    """Return the recipients' domains, the busiest first."""
    rows = Grid.of(summary.domain.counts).rows()
    return [Place(name=name, outcomes=outcomes) for name, outcomes in rows]


def listings(summary: Summary) -> list[Listed]:
    """Return the block lists that were named, the commonest first."""
    known = blocklists()
    return [Listed(key, count, known.get(key)) for key, count in summary.blocklist.most_common()]


def refused(summary: Summary) -> Iterator[tuple[str, Tally[str]]]:
    """Yield who was refused, under a heading each."""
    yield "Recipients", summary.refused_recipient
    yield "Senders", summary.refused_sender
    yield "Clients", summary.refused_client


def duration(seconds: float | None) -> str:
    """Say a delay in the unit that fits.

    >>> duration(None), duration(0.25), duration(45), duration(600), duration(7200), duration(3e5)
    ('', '0.25 s', '45 s', '10 min', '2 h', '3.5 d')
    """
    if seconds is None:
        return ""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 100 * size else f">99 {unit}"
    return f"{seconds:.2g} s"


def _unfolded(text: str) -> str:
    r"""Return a reply on one line, with its code once; what is none, as it is.

    >>> _unfolded("550-5.1.1 No such user\n550 5.1.1 here"), _unfolded("Connection refused")
    ('550 5.1.1 No such user here', 'Connection refused')
    """
    try:
        reply = parse(text)
    except ReplyError:
        return text
    head = f"{reply.code} {reply.enhanced}" if reply.enhanced else str(reply.code)
    return " ".join([head, *reply.lines])


def _owner(host: str) -> str:
    provider = provider_at(host)
    return provider.key if provider else ""


def _first(reasons: Counter[str] | None) -> Reason | None:
    return Reason(reasons.most_common(1)[0][0]) if reasons else None
