"""The session logs of MDaemon."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "mdaemon.log"
HEAD = "Tue 2026-11-24 11:43:31: "


def test_a_session_is_read_reply_by_reply() -> None:
    run = scan(SAMPLE, tz="UTC")
    found = list(run)
    assert (run.coverage.lines, run.coverage.understood) == (28, 28)
    assert [delivery.stage for delivery in found] == [
        Stage.CONNECT,
        Stage.EHLO,
        Stage.MAIL,
        Stage.RCPT,
        Stage.RCPT,
        Stage.DATA,
        Stage.END_OF_DATA,
        Stage.QUIT,
        Stage.CONNECT,
        Stage.RCPT,
    ]
    assert found[1].text == "250-mx.example.org\n250 SIZE"
    refused, sent, ours = found[4], found[6], found[-1]
    assert (refused.text, refused.recipient) == ("550 5.1.1 --> No such user", "eve@example.org")
    assert (refused.status, refused.reply_by) == (Status.BOUNCED, ReplyBy.REMOTE)
    assert (sent.recipient, sent.sender) == ("bob@example.org", "al@example.com")
    assert (sent.status, sent.relay_host, sent.relay_ip, sent.relay_port) == (
        Status.SENT,
        "mx.example.org",
        "192.0.2.1",
        25,
    )
    assert sent.time == datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)
    assert (ours.reply_by, ours.status) == (ReplyBy.OWN, Status.REJECTED)
    assert (ours.direction, ours.relay_ip) == (Direction.INCOMING, "203.0.113.9")


@pytest.mark.parametrize(("way", "by"), [("<--", ReplyBy.REMOTE), ("-->", ReplyBy.OWN)])
def test_a_reply_alone_tells_which_side_we_are_on(way: str, by: ReplyBy) -> None:
    [found] = scan([f"{HEAD}[12:3] {way} 550 No"])
    assert (found.reply_by, found.text, found.stage) == (by, "550 No", None)


def test_sessions_that_are_logged_as_they_run_have_numbers() -> None:
    log = [
        f"{HEAD}[1:1] Attempting to connect to 2001:db8::1",
        f"{HEAD}[2:1] Accepting SMTP connection from [203.0.113.9:4242]",
        f"{HEAD}[1:1] --> MAIL FROM:<>",
        f"{HEAD}[2:1] <-- RSET",
        f"{HEAD}[1:1] <-- 450 Later",
        f"{HEAD}[2:1] --> 250 Ok",
    ]
    one, two = scan(log)
    assert (one.sender, one.stage, one.status) == ("", Stage.MAIL, Status.DEFERRED)
    assert (one.relay_ip, one.relay_port) == ("2001:db8::1", None)
    assert (two.reply_by, two.stage, two.status) == (ReplyBy.OWN, None, None)


def test_a_client_cannot_play_our_replies() -> None:
    log = [
        f"{HEAD}[1:1] Accepting SMTP connection from [203.0.113.9:4242]",
        f"{HEAD}[1:1] <-- 250 Ok",
    ]
    run = scan(log)
    assert list(run) == []
    assert run.coverage.understood == 2


def test_lines_of_others_are_not_understood() -> None:
    run = scan(["Tue 2026-11-24 11:43: --> 250 Ok", "x --> 250 ok"], format="mdaemon")
    assert (list(run), run.coverage.understood) == ([], 0)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_line_of_a_session_is_read(words: str) -> None:
    """Whatever is said in a session, it is read."""
    if "\n" not in words and "\0" not in words:
        log = [
            f"{HEAD}{way}{words}"
            for way in ("--> ", "<-- ", "<-- 250 ", "Attempting to connect to ")
        ]
        run = scan(log)
        assert all(found.to_dict() for found in run)
        assert run.coverage.understood == 4
