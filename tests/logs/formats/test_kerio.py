"""The mail log of Kerio Connect."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply.logs import Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "kerio.log"
HEAD = "Sent: Queue-ID: 6305ef2b-00000003, Recipient: <bob@example.org>, Result: "


def test_a_message_is_followed() -> None:
    run = scan(SAMPLE, tz="UTC")
    bob, eve = run
    assert (run.coverage.lines, run.coverage.understood) == (3, 3)
    assert (bob.sender, bob.recipient, bob.status) == (
        "al@example.com",
        "bob@example.org",
        Status.SENT,
    )
    assert (bob.relay_ip, bob.message_id, str(bob.dsn)) == ("192.0.2.1", "7@example.com", "2.0.0")
    assert (bob.text, bob.direction) == (None, Direction.OUTGOING)
    assert bob.time == datetime(2026, 11, 24, 11, 43, 31, tzinfo=UTC)
    assert (eve.status, eve.direction) == (Status.DEFERRED, Direction.LOCAL)
    assert (eve.diagnostic, str(eve.dsn)) == ("Recipient's mailbox busy, sorry", "4.3.0")


def test_a_syslog_carries_it() -> None:
    [found] = scan(
        [
            f"<22>1 2026-11-24T11:43:31+01:00 mx1 mail - - - {HEAD}failed, "
            "Status: 5.1.1 No, Msg-Id: <7@e>"
        ]
    )
    assert (found.status, found.diagnostic, found.host) == (Status.BOUNCED, "No", "mx1")


def test_a_servers_words_begin_with_a_code() -> None:
    [found] = scan([HEAD + "failed, Status: 5.1.1 550 5.1.1 No, Remote-Host: mx, Msg-Id: <7@e>"])
    assert (found.text, found.reply_by, found.relay_host) == (
        "550 5.1.1 No",
        ReplyBy.REMOTE,
        "mx",
    )


def test_spaces_may_be_missing() -> None:
    [found] = scan(
        [HEAD.replace(", ", ",") + "failed,Status: 5.1.1 550 No, Remote-Host: mx,Msg-Id: <7@e>"]
    )
    assert (found.text, found.relay_host, found.message_id) == ("550 No", "mx", "7@e")


def test_words_cannot_play_another_field() -> None:
    [found] = scan(
        [
            HEAD
            + "delayed, Status: 4.0.0 450 x, Remote-Host: evil, y, Remote-Host: mx, Msg-Id: <7@e>"
        ]
    )
    assert (found.relay_host, found.text) == ("mx", "450 x, Remote-Host: evil, y")


@pytest.mark.parametrize("line", [HEAD, "[99/Nov/2026 11:43:31] " + HEAD + "unknown, Status: x"])
def test_what_is_incomplete_is_read_as_far_as_it_goes(line: str) -> None:
    run = scan([line])
    found = [(delivery.status, delivery.time) for delivery in run]
    assert found in ([], [(None, None)])
    assert run.coverage.understood == len(found)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_words_are_read(words: str) -> None:
    """Whatever stands behind a status, it is one delivery."""
    if "\n" not in words and "\0" not in words:
        [found] = scan([f"{HEAD}failed, Status: 5.0.0 {words}"])
        assert found.to_dict()
