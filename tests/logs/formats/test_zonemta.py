"""The log of ZoneMTA: what servers said, what it made up, and what npmlog split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.formats import zonemta

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "zonemta.log"
NAME = "Sender/default/42[6]"
HEAD = f"info {NAME} 15e091ac6130002871.001 "
TO = "from=al@example.com to=bob@example.org mx=mx.example.org "


def account(lines: list[str], **options: Any) -> Coverage:
    run = scan(lines, **options)
    assert list(run) == []
    return run.coverage


def one(*lines: str) -> Delivery:
    [delivery] = scan(list(lines), year=2026)
    assert delivery.mta == "zonemta"
    return delivery


def test_outcomes_and_a_reply_over_several_lines() -> None:
    run = scan(SAMPLE, year=2026)
    sent, refused, closed = run
    assert (run.coverage.lines, run.coverage.understood) == (6, 6)
    assert (sent.recipient, sent.status, sent.stage) == (
        "bob@example.org",
        Status.SENT,
        Stage.END_OF_DATA,
    )
    assert (sent.text, sent.reply_by) == ("250 2.0.0 Ok (queued) as 7", ReplyBy.REMOTE)
    assert (sent.relay_host, sent.relay_ip) == ("mx.example.org", "192.0.2.1")
    assert (sent.message_id, sent.sender) == ("7@example.com (550 no)", "al@example.com")
    assert (sent.queue_id, sent.direction) == ("1984e8a65b30004db0.001", Direction.OUTGOING)
    assert (refused.sender, refused.status) == ("srs0=al@example.com", Status.BOUNCED)
    assert closed.text == (
        "421-4.7.26 Your mail is not\n421-4.7.26 authenticated.\n421 4.7.26 See example.org"
    )
    assert (closed.stage, closed.status) == (Stage.END_OF_DATA, None)
    assert closed.queue_id == "1984e8a65b30004db1.001"


@pytest.mark.parametrize(
    "prefix",
    ["", "0|npm run start  | ", "zone-mta-1  | ", "Nov 24 11:43:32 mx1 zone-mta[42]: ", "\x1b[32m"],
)
def test_prefixes(prefix: str) -> None:
    found = one(f"{prefix}{HEAD}DEFERRED[network] {TO}(451 4.7.1 Later)")
    assert (found.text, found.status) == ("451 4.7.1 Later", Status.DEFERRED)


def test_syslogs_early_days() -> None:
    found = one(
        "Nov 24 11:43:32 mx1 zone-mta[42]: (Sender/default/42) 15e091ac6130002871.001 "
        f"DEFERRED[dns] {TO}(450 Can't find an MX server for example.org)"
    )
    assert (found.reply_by, found.status) == (ReplyBy.MTA, Status.DEFERRED)


@pytest.mark.parametrize(
    "text",
    [
        "450 Can't connect to any MX server for example.org",
        "550 Can't connect to the MX server 127.0.0.1 for example.org",
        "450 Error connecting to 192.0.2.1. read ECONNRESET",
        "450 Connection to mx.example.org closed unexpectedly",
    ],
)
def test_what_it_made_up_is_no_servers(text: str) -> None:
    assert one(f"{HEAD}REJECTED[dns] {TO}({text})").reply_by is ReplyBy.MTA


@pytest.mark.parametrize(
    ("words", "text", "stage"),
    [
        ("Invalid greeting. response=554 5.7.0 No: 554 5.7.0 No", "554 5.7.0 No", Stage.CONNECT),
        ("Mail command failed: 550 5.7.1 a: b", "550 5.7.1 a: b", Stage.MAIL),
        ("Invalid login: 535 No", "535 No", Stage.AUTH),
        ("Can't send mail - all recipients were rejected: 550 No", "550 No", Stage.RCPT),
        ("Connection timeout", "Connection timeout", None),
    ],
)
def test_failures_of_a_connection(words: str, text: str, stage: Stage | None) -> None:
    found = one(f'ERR! {NAME} 17ee78226740009630.001 SMTPERR [z] src=203.0.113.1 error="{words}"')
    assert (found.text, found.stage) == (text, stage)
    assert (found.reply_by is None) is (stage is None)


def test_what_is_said_again_is_given_once() -> None:
    log = [
        f'{HEAD}SMTPERR [z] src=203.0.113.1 error="Message failed: 421-4.7.26 a',
        f'info {NAME} 421 4.7.26 b"',
        f'{HEAD}SMTPCLOSE [z] Connection closed response="421-4.7.26 a',
        f'info {NAME} 421 4.7.26 b" connected=0.317s.',
        f'{HEAD}SMTPCLOSE [z] Connection closed response="421 Bye" connected=0.3s.',
    ]
    assert [found.text for found in scan(log)] == ["421-4.7.26 a\n421 4.7.26 b", "421 Bye"]


def test_a_line_of_a_reply_alone_is_given() -> None:
    found = one(f"0|npm run start  | info {NAME} 421-4.7.26 requires all senders")
    assert found.reply is not None
    assert (found.reply.code, str(found.reply.enhanced)) == (421, "4.7.26")


def test_a_reply_that_is_cut_off_is_given_when_the_sender_goes_on() -> None:
    log = [f"info {NAME} 421-4.7.26 a", f"{HEAD}ACCEPTED {TO}(250 Ok)"]
    assert [found.text for found in scan(log)] == ["421-4.7.26 a", "250 Ok"]


def test_no_more_is_kept_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zonemta, "CAPACITY", 3)
    log = (f"info Sender/default/{number} 421-a" for number in range(9))
    run = scan(log)
    next(run)
    assert run.coverage.lines == 4
    assert sum(1 for _ in run) == 8


def test_a_reply_cannot_play_another_field() -> None:
    found = one(f"{HEAD}REJECTED[x] {TO}(550 No mx=evil (250 ok) to=x@y (250 Ok))")
    assert (found.relay_host, found.text) == (
        "mx.example.org",
        "550 No mx=evil (250 ok) to=x@y (250 Ok)",
    )


def test_lines_without_a_delivery() -> None:
    head = "Nov 24 11:43:32 mx1 zone-mta[42]: "
    run = scan([head + "info smtp:feeder Connection from x", head + HEAD + "CLOSED [x]", "Sender/"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 2)
    assert account(["Sender/"], format="zonemta").understood == 0


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from(["ACCEPTED ", f"REJECTED[x] {TO}(", 'SMTPERR error="', "421"]))
def test_any_event_is_read(words: str, event: str) -> None:
    """Whatever a sender says, it is read, or counted as not understood."""
    if "\n" not in words and "\0" not in words:
        run = scan([HEAD + event + words])
        assert all(found.to_dict() for found in run)
        assert run.coverage.understood + run.coverage.shapes.total() == 1
