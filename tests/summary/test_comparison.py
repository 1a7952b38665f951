"""Comparison: a planted change is found, and equal mail shows none."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.mail_logs import postfix
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.summary.comparison import Share, chance, changes
from smtpreply.summary.summary import Summary

BLOCKED = Delivery(
    mta="postfix",
    direction=Direction.OUTGOING,
    status=Status.DEFERRED,
    relay_host="gmail-smtp-in.l.google.com",
    text="421 4.7.28 unusual rate of mail from your IP address",
    reply_by=ReplyBy.REMOTE,
)


@pytest.fixture(scope="module")
def halves() -> tuple[Summary, Summary]:
    lines = list(postfix(30_000, Counter()))
    middle = len(lines) // 2
    first, second = "\n".join(lines[:middle]), "\n".join(lines[middle:])
    return (
        Summary.of(scan([first], year=2026).bundled()),
        Summary.of(scan([second], year=2026).bundled()),
    )


def test_a_run_against_itself_and_mail_of_the_same_mix_show_no_change(
    halves: tuple[Summary, Summary],
) -> None:
    first, second = halves
    assert changes(first, first) == []
    assert changes(first, second) == []


def test_a_planted_change_is_found(halves: tuple[Summary, Summary]) -> None:
    first, second = halves
    after = second + Summary.of([BLOCKED] * 100)
    found = {(change.direction, change.kind, change.key) for change in changes(first, after)}
    assert ("outgoing", "reason", "rate_limited") in found
    assert ("outgoing", "outcome", "deferred") in found
    assert {direction for direction, _, _ in found} == {"outgoing"}


def test_a_provider_that_begins_to_refuse_is_found() -> None:
    sent = Delivery(
        mta="postfix",
        direction=Direction.OUTGOING,
        status=Status.SENT,
        relay_host=BLOCKED.relay_host,
        text="250 2.0.0 OK",
        reply_by=ReplyBy.REMOTE,
    )
    found = changes(Summary.of([sent] * 200), Summary.of([sent] * 180 + [BLOCKED] * 20))
    [provider] = [change for change in found if change.kind == "provider"]
    assert (provider.key, provider.is_new) == ("gmail", True)
    assert provider.after == Share(count=20, total=200)
    assert provider.to_dict()["after"] == {"count": 20, "total": 200}


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_a_chance_is_a_probability_and_the_same_both_ways(
    one: int, of_one: int, other: int, of_other: int
) -> None:
    """Shares of any size have a probability from 0 to 1, and equal shares one of 1."""
    first = Share(count=min(one, of_one), total=of_one)
    second = Share(count=min(other, of_other), total=of_other)
    assert 0 <= chance(first, second) <= 1
    assert math.isclose(chance(first, second), chance(second, first), rel_tol=1e-6)
    assert chance(first, first) == pytest.approx(1)


def test_small_counts_are_tested_exactly() -> None:
    """Fisher's tea: of 8 cups 4 and 4, all told right or all told wrong: 2 of 70."""
    assert chance(Share(count=4, total=4), Share(count=0, total=4)) == pytest.approx(2 / 70)
