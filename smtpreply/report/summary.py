"""What a log comes to: counts of its deliveries, in memory that does not grow with the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from smtpreply.logs import Delivery, Direction, Status
from smtpreply.reasons import template
from smtpreply.report.delays import Delays
from smtpreply.report.tally import Tally

_FINAL = (Status.BOUNCED, Status.EXPIRED, Status.REJECTED)
_PERCENTS = (50, 90, 99)
_LONGEST_TEMPLATE = 300


@attrs.define
class Summary:
    """Counts of deliveries; two are added to one, so that parts can be read apart.

    What has few kinds is counted exactly; of what may be anything, see `Tally`.

    Attributes:
        deliveries: how many there were.
        status, reply_class, code, enhanced, stage, reply_by, hour: how many of each; the hour is
            ``2026-11-24T11``, in the log's own zone.
        reason, provider, blocklist: of the replies and diagnostics that are no success.
        relay, domain: by the server that we spoke to, and by the recipient's domain.
        refused_sender, refused_recipient: of what bounced, expired or was rejected.
        unexplained: the templates of texts that nothing but the code explains.
        delays: from arrival to the attempt.

    >>> from smtpreply.logs import scan
    >>> line = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org: Unrouteable address"
    >>> summary = Summary.of(scan([line])) + Summary.of(scan([line]))
    >>> summary.status, summary.domain.most_common(1)
    (Counter({'bounced': 2}), [('example.org', 2)])
    """

    deliveries: int = 0
    status: Counter[str] = attrs.field(factory=Counter)
    reply_class: Counter[str] = attrs.field(factory=Counter)
    code: Counter[str] = attrs.field(factory=Counter)
    enhanced: Counter[str] = attrs.field(factory=Counter)
    stage: Counter[str] = attrs.field(factory=Counter)
    reply_by: Counter[str] = attrs.field(factory=Counter)
    reason: Counter[str] = attrs.field(factory=Counter)
    provider: Counter[str] = attrs.field(factory=Counter)
    blocklist: Counter[str] = attrs.field(factory=Counter)
    hour: Tally = attrs.field(factory=Tally)
    relay: Tally = attrs.field(factory=Tally)
    domain: Tally = attrs.field(factory=Tally)
    refused_sender: Tally = attrs.field(factory=Tally)
    refused_recipient: Tally = attrs.field(factory=Tally)
    unexplained: Tally = attrs.field(factory=Tally)
    delays: Delays = attrs.field(factory=Delays)

    @classmethod
    def of(cls, deliveries: Iterable[Delivery]) -> Summary:
        """Sum deliveries up."""
        summary = cls()
        for delivery in deliveries:
            summary.add(delivery)
        return summary

    def add(self, delivery: Delivery) -> None:
        """Count a delivery."""
        self.deliveries += 1
        reply = delivery.reply
        if reply is not None:
            self.reply_class[f"{reply.code // 100}xx"] += 1
            self.code[str(reply.code)] += 1
            if reply.enhanced is not None:
                self.enhanced[str(reply.enhanced)] += 1
        _count(self.status, delivery.status)
        _count(self.stage, delivery.stage)
        _count(self.reply_by, delivery.reply_by)
        self._count_places(delivery)
        if delivery.delay is not None:
            self.delays.add(delivery.delay)
        if delivery.text and not (reply.code < 400 if reply else delivery.status is Status.SENT):
            self._count_verdict(delivery)

    def _count_places(self, delivery: Delivery) -> None:
        if delivery.time is not None:
            self.hour.add(f"{delivery.time:%Y-%m-%dT%H}")
        server = delivery.relay_host or delivery.relay_ip
        if server and delivery.direction is not Direction.INCOMING:
            self.relay.add(server.lower())
        if delivery.recipient and "@" in delivery.recipient:
            self.domain.add(delivery.recipient.rpartition("@")[2].lower())
        if delivery.status in _FINAL:
            if delivery.sender:
                self.refused_sender.add(delivery.sender)
            if delivery.recipient:
                self.refused_recipient.add(delivery.recipient)

    def _count_verdict(self, delivery: Delivery) -> None:
        verdict = delivery.verdict
        self.reason[verdict.reason.value] += 1
        if verdict.provider is not None:
            self.provider[verdict.provider.key] += 1
        if verdict.blocklist is not None:
            self.blocklist[verdict.blocklist.blocklist.key] += 1
        if not verdict.is_explained:
            self.unexplained.add(template(delivery.text or "")[:_LONGEST_TEMPLATE])

    def __add__(self, other: Summary) -> Summary:
        names = [field.name for field in attrs.fields(Summary)]
        return Summary(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def to_dict(self, top: int = 20) -> dict[str, Any]:
        """Give what JSON can hold: of the tallies, the `top` commonest, and their error."""
        found: dict[str, Any] = {}
        for field in attrs.fields(Summary):
            value = getattr(self, field.name)
            if isinstance(value, Counter):
                found[field.name] = dict(value.most_common())
            elif isinstance(value, Tally):
                found[field.name] = {"top": dict(value.most_common(top)), "error": value.error}
            elif isinstance(value, Delays):
                found[field.name] = {
                    f"p{percent}": value.percentile(percent) for percent in _PERCENTS
                }
            else:
                found[field.name] = value
        return found


def _count(counter: Counter[str], value: object) -> None:
    if value is not None:
        counter[str(value)] += 1
