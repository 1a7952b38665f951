"""Momentum: mainlog, bouncelog and rejectlog."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "momentum.log"
LINES = DATA.read_text(encoding="utf-8").splitlines()
HEAD = "1790868660@00/00-25004-31B987F6@00/00-03736-F4101B54@00/00-04532-A3456B54@"


def test_each_failure_has_its_reply_and_a_delivery_has_none() -> None:
    run = scan(DATA)
    found = [(one.recipient, one.status, one.stage, one.reply_by, one.text) for one in run]
    assert found == [
        ("bo@example.org", Status.SENT, None, None, None),
        (None, Status.DEFERRED, None, ReplyBy.MTA, "421 no adequate servers"),
        (
            None,
            Status.BOUNCED,
            Stage.RCPT,
            ReplyBy.REMOTE,
            "550 5.1.1 <cy@example.org>: No such user",
        ),
        (
            "dan@example.net",
            Status.BOUNCED,
            Stage.END_OF_DATA,
            ReplyBy.REMOTE,
            "554 5.7.1 Spam, see abuse@example.net",
        ),
        (
            "eve@example.net",
            Status.EXPIRED,
            None,
            ReplyBy.MTA,
            "554 5.4.7 [internal] exceeded max time without delivery",
        ),
        (None, Status.REJECTED, Stage.MAIL, ReplyBy.OWN, "550 relaying denied"),
    ]
    assert run.coverage.understood == run.coverage.lines == len(LINES)


def test_every_field_of_a_delivery_is_told() -> None:
    sent, _, _, bounced, internal, rejected = scan(DATA)
    assert sent.time == datetime(2026, 10, 1, 15, 30, 57, tzinfo=UTC)
    assert (sent.queue_id, sent.sender, sent.delay, sent.relay_ip) == (
        "00/00-25004-31B987F3",
        "al@example.com",
        0.393,
        "203.0.113.7",
    )
    assert bounced.sender == "al@example.com"
    assert (internal.sender, internal.relay_ip) == ("", None)
    assert (rejected.direction, rejected.relay_ip, rejected.relay_port) == (
        Direction.INCOMING,
        "198.51.100.9",
        42601,
    )


def test_of_two_recipients_at_a_domain_none_is_told() -> None:
    second = LINES[0].replace("@bo@", "@bea@")
    [delivery] = scan([LINES[0], second, LINES[1]])
    assert (delivery.recipient, delivery.status) == (None, Status.SENT)


@pytest.mark.parametrize(
    "record",
    [
        # A recipient that looks like the fields behind it, and a reply like those in front of it.
        'B@"x@a.example@a@b@g@b@5@10@9@6.6.6.6@250 Ok"@b.example@a@b@g@b@5@10@9@192.0.2.1@550 No',
        "B@bo@example.org@a@b@g@b@5@10@9@192.0.2.1@550 No@g@b@5@10@9@6.6.6.6@250 Ok",
    ],
)
def test_a_bounce_that_can_be_read_in_two_ways_is_not_read(record: str) -> None:
    run = scan([HEAD + record])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


def test_a_reply_may_hold_addresses() -> None:
    [delivery] = scan([HEAD + "T@example.org@0@g@b@4@0@1.5@192.0.2.1@450 4.1.1 <a@b>@@: x@y"])
    assert (delivery.text, delivery.stage) == ("450 4.1.1 <a@b>@@: x@y", Stage.RCPT)


_PIECES = st.sampled_from(
    ["B@", "T@", "P@", "R@", "D@", "@", "5@10@9@", "1.1.1.1@", "550 No", "9" * 99]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=20).map("".join))
def test_whatever_a_record_holds_it_is_read_or_counted(text: str) -> None:
    """No record raises, and its line is in the account."""
    for line in (HEAD + text, '1790868664: R="1.1.1.1:2" L="" C="" P="' + text):
        run = scan([line])
        for delivery in run:
            assert delivery.to_dict()
        assert run.coverage.understood <= run.coverage.lines
