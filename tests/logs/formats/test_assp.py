"""ASSP: what is refused is told once, whether its reply is logged or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply.logs import ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "assp.log"
SPAM, ANSWER = SAMPLE.read_text(encoding="utf-8").splitlines()[1:3]


def test_what_is_refused_is_told() -> None:
    run = scan(SAMPLE)
    assert [(told.line, told.recipient, told.text) for told in run] == [
        (2, "bob@example.org", "DNSBL, 203.0.113.10 listed in zen.example.net"),
        (4, "eve@example.org", "550 5.1.1 <eve@example.org>: User unknown"),
        (5, "bob@example.org", "451 4.7.1 Please try again later"),
        (7, None, "relay attempt blocked for: bob@example.com"),
    ]
    assert run.coverage.understood == run.coverage.lines == 8


def test_who_came_when_and_who_said_it() -> None:
    _, refused, *_ = scan(SAMPLE, tz="UTC")
    assert refused.time is not None
    assert refused.time.isoformat() == "2026-11-24T11:43:32+00:00"
    assert (refused.sender, refused.relay_ip) == ("x@example.com", "203.0.113.11")
    assert (refused.queue_id, refused.reply_by) == ("43412-05434", ReplyBy.OWN)


def test_an_answer_whose_reason_is_not_there_is_told() -> None:
    [told] = scan([ANSWER])
    assert (told.status, told.text) == (
        Status.REJECTED,
        "554 5.7.1 Mail (43411-05433) appears to be unsolicited",
    )
    assert len(list(scan([SPAM, ANSWER, ANSWER]))) == 2  # one reason, two answers


def test_by_syslog_there_is_no_stamp_of_its_own() -> None:
    [told] = scan([f"Nov 24 11:43:31 mx assp[42]: {SPAM[19:]}"], year=2026)
    assert told.text == "DNSBL, 203.0.113.10 listed in zen.example.net"
    assert told.host == "mx"


@pytest.mark.parametrize("end", [SPAM.index("] (") + 3, SPAM.index(" listed")])
def test_a_refusal_that_was_cut_is_not_understood(end: int) -> None:
    run = scan([SPAM[:end]])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


def test_a_quoted_sender_is_no_other_field() -> None:
    forged = '"x> to: v@example.org [SMTP Error] 250 ok"@example.com'
    [told] = scan([ANSWER.replace("x@example.com", forged)])
    assert (told.sender, told.recipient) == (forged, "bob@example.org")
    assert told.text is not None
    assert told.text.startswith("554 5.7.1 ")
