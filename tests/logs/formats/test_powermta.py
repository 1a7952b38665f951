"""PowerMTA: accounting files with a head, and records without one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "powermta.csv"
LINES = DATA.read_text(encoding="utf-8").splitlines()
REMOTE = ReplyBy.REMOTE


def test_each_record_of_a_delivery_is_one() -> None:
    run = scan(DATA)
    found = [(one.recipient, one.status, one.reply_by, one.text) for one in run]
    assert found == [
        ("bo@example.org", Status.SENT, REMOTE, "250 2.0.0 Ok, queued"),
        ("cy@example.org", Status.BOUNCED, REMOTE, '550 5.1.1 <cy@example.org>: "No", never'),
        ("dan@example.org", Status.DEFERRED, REMOTE, "421 4.7.0 Try again later"),
        ("eve@example.net", Status.EXPIRED, None, "delivery time expired"),
        (None, Status.DEFERRED, None, "no answer from host"),
        ("gil@example.com", Status.SENT, None, "success"),
    ]
    assert run.coverage.understood == run.coverage.lines == len(LINES)


def test_every_field_of_a_delivery_is_told() -> None:
    sent, bounced, _, expired, queue, piped = scan(DATA)
    assert sent.time is not None
    assert sent.time.isoformat() == "2026-09-21T12:00:01+02:00"
    assert (sent.delay, sent.stage, sent.direction) == (61, Stage.END_OF_DATA, Direction.OUTGOING)
    assert (sent.relay_host, sent.relay_ip, str(sent.dsn)) == (
        "mx.example.org",
        "203.0.113.7",
        "2.0.0",
    )
    assert (sent.sender, sent.queue_id) == ("al@example.com", "env1")
    assert bounced.orig_recipient == "sales@example.org"
    assert expired.time == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert queue.relay_host == "mx.example.net"
    assert (piped.direction, piped.relay_ip) == (Direction.LOCAL, None)


def test_columns_are_found_by_name_in_any_order() -> None:
    [delivery] = scan(
        [
            "type,dsnDiag,rcpt,timeLogged",
            "b,smtp; 550 5.1.1 No,bo@example.org,2026-09-21 12:00:01+0000",
        ]
    )
    assert (delivery.recipient, delivery.text) == ("bo@example.org", "550 5.1.1 No")
    assert (delivery.sender, delivery.relay_host) == (None, None)


@pytest.mark.parametrize("line", LINES[1:4])
def test_a_record_of_the_default_columns_is_known_without_a_head(line: str) -> None:
    [alone] = scan([line])
    [with_head] = scan([LINES[0], line])
    assert alone.to_dict() | {"line": 0} == with_head.to_dict() | {"line": 0}


def test_the_older_default_has_a_time_more() -> None:
    line = LINES[2].replace("11:59:00+0200,", "11:59:00+0200,2026-09-21 11:59:01+0200,", 1)
    [delivery] = scan([line.rpartition(",")[0]])
    assert (delivery.recipient, delivery.relay_ip) == ("cy@example.org", "203.0.113.7")


def test_other_columns_are_known_where_each_can_be_but_one() -> None:
    [delivery] = scan(
        [
            "b,2026-09-21 12:00:01+0000,bad-mailbox,vmta1,al@example.com,bo@example.org,"
            "app.example.com (192.0.2.50),5.1.1 (bad destination mailbox address),"
            '"smtp;550 5.1.1 No, never",mx.example.org (203.0.113.7)'
        ]
    )
    assert (delivery.recipient, delivery.sender) == ("bo@example.org", "al@example.com")
    assert (delivery.relay_host, delivery.text) == ("mx.example.org", "550 5.1.1 No, never")


@pytest.mark.parametrize(
    "line",
    [
        "b,2026-09-21 12:00:01+0000,a@b.c,d@e.f,g@h.i,smtp;550 No",  # who is whom
        "b,2026-09-21 12:00:01+0000,smtp;550 No,a@b.c",
        "x,2026-09-21 12:00:01+0000,a@b.c,smtp;550 No",
        "b,yesterday,a@b.c,smtp;550 No",
    ],
)
def test_what_may_be_read_in_two_ways_is_not_read(line: str) -> None:
    assert list(scan([line])) == []


def test_a_reply_cannot_play_another_column() -> None:
    evil = 'smtp;550 No"",mx.evil.example (6.6.6.6),""x'
    line = LINES[2].replace('smtp;550 5.1.1 <cy@example.org>: ""No"", never', evil)
    [delivery] = scan([LINES[0], line])
    assert (delivery.relay_host, delivery.text) == (
        "mx.example.org",
        '550 No",mx.evil.example (6.6.6.6),"x',
    )


def test_a_diagnostic_of_another_kind_is_no_reply() -> None:
    [delivery] = scan([LINES[0], LINES[3].replace("smtp;421", "x-pmta;421")])
    assert (delivery.reply, delivery.diagnostic) == (None, "421 4.7.0 Try again later")


def test_a_record_of_an_unknown_kind_is_counted() -> None:
    run = scan([LINES[0], "zz" + LINES[1][1:]])
    assert list(run) == []
    assert run.coverage.understood == 1


_PIECES = st.sampled_from(
    ["b,", "2026-09-21 12:00:01+0000,", "smtp;550 ", "a@b.c", ",", '"', "(1.1.1.1)", "9" * 400, "("]
)


@example(text='smtp;550 "\r0')  # which csv will not part
@given(st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=14).map("".join))
def test_whatever_a_record_holds_it_is_read_or_counted(text: str) -> None:
    """No record raises, with a head or alone."""
    for lines in ([LINES[0], text], ["b,2026-09-21 12:00:01+0000," + text]):
        run = scan(lines)
        for delivery in run:
            assert delivery.to_dict()
        assert run.coverage.understood <= run.coverage.lines
