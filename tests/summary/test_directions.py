"""Directions are apart: nothing that our own server refuses is in a figure of outgoing mail."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.mail_logs import ANSWERS, REFUSALS, postfix
from smtpreply.logs import Direction, scan
from smtpreply.reasons import Reason
from smtpreply.report.findings import Report
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import total_of

SAMPLE = Path(__file__).parent.parent / "data" / "sample.log"
OUR_DOMAIN = "example.com"


@pytest.fixture(scope="module")
def seeded() -> tuple[Summary, Counter[str]]:
    counts: Counter[str] = Counter()
    log = list(postfix(20_000, counts))
    return Summary.of(scan(["\n".join(log)], year=2026).bundled()), counts


def test_the_sample_has_known_counts_per_direction() -> None:
    summary = Summary.of(scan(SAMPLE))
    assert {name: counts.deliveries for name, counts in summary.parts.items()} == {
        "outgoing": 148,
        "incoming": 20,
        "local": 3,
        "unknown": 0,
    }
    assert summary.outgoing.status == {"sent": 98, "deferred": 27, "bounced": 21, "expired": 2}
    assert summary.incoming.status == {"rejected": 20}
    assert summary.incoming.reason.total() == {
        "ip_blocked": 12,
        "missing_ptr": 6,
        "relay_denied": 2,
    }
    assert summary.outgoing.reason.total()["ip_blocked"] == 6
    assert summary.incoming.blocklist.total() == 12
    assert "spamhaus-zen" not in summary.outgoing.blocklist


def test_a_seeded_log_has_the_counts_that_it_was_made_with(
    seeded: tuple[Summary, Counter[str]],
) -> None:
    summary, made = seeded
    assert summary.incoming.deliveries == made["status rejected"] > 0
    assert summary.outgoing.deliveries == made["deliveries"] - made["status rejected"]
    assert summary.outgoing.status == {
        status: made[f"status {status}"] for status in ("sent", "deferred", "bounced")
    }
    assert summary.incoming.code.keys() == {str(code) for _, code, _, _ in REFUSALS}
    assert summary.outgoing.code.keys() == {str(code) for _, _, code, *_ in ANSWERS}
    assert summary.total.code == {
        key.removeprefix("code "): count for key, count in made.items() if key.startswith("code ")
    }


def test_our_own_domain_is_not_among_those_that_refuse_us(
    seeded: tuple[Summary, Counter[str]],
) -> None:
    summary, _ = seeded
    assert OUR_DOMAIN in {domain for domain, _ in summary.incoming.domain.counts}
    for each in (summary, Summary.of(scan(SAMPLE))):
        assert OUR_DOMAIN not in {domain for domain, _ in each.outgoing.domain.counts}
        assert OUR_DOMAIN not in {row.name for row in Report.of(each).outgoing.domains}


def test_actions_are_on_outgoing_mail_and_greylisting_is_none() -> None:
    report = Report.of(Summary.of(scan(SAMPLE)))
    first = [(row.reason, row.total) for row in report.outgoing.actions]
    assert first[:3] == [
        (Reason.POOR_REPUTATION, 16),
        (Reason.UNKNOWN_RECIPIENT, 14),
        (Reason.IP_BLOCKED, 6),
    ]
    assert first[-1] == (Reason.MAILBOX_FULL, 3)  # the recipient alone can act
    assert [row.reason for row in report.outgoing.no_actions] == [Reason.GREYLISTED]


@pytest.mark.parametrize("direction", Direction)
def test_a_filter_keeps_one_direction(direction: Direction) -> None:
    whole = Summary.of(scan(SAMPLE))
    some = total_of(scan(SAMPLE), DeliveryFilter(direction=direction.value)).summary
    assert some.part(direction).status == whole.part(direction).status
    assert some.deliveries == whole.part(direction).deliveries > 0
