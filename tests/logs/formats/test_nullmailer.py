"""The log of nullmailer: one message after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "nullmailer.log"
START = "Starting delivery: host: mx protocol: smtp file: 1"


def test_a_message_is_followed() -> None:
    run = scan(SAMPLE, year=2026)
    bob, eve, sent = run
    assert (run.coverage.lines, run.coverage.understood) == (11, 11)
    assert [bob.recipient, eve.recipient] == ["bob@example.org", "eve@example.org"]
    assert (bob.sender, bob.message_id, bob.queue_id) == (
        "al@example.com",
        "7@example.com",
        "1559199706.31426",
    )
    assert (bob.text, bob.status) == ("553 5.7.1 Sending failed: Host not found", Status.BOUNCED)
    assert (bob.reply_by, bob.direction) == (ReplyBy.REMOTE, Direction.OUTGOING)
    assert (sent.text, sent.status, sent.stage) == (
        "250 2.0.0 Ok: queued",
        Status.SENT,
        Stage.END_OF_DATA,
    )
    assert (sent.relay_host, sent.queue_id) == ("mx.example.org", "1559199707.31427")


def test_where_no_server_answered_there_is_no_reply() -> None:
    [found] = scan([START, "smtp: Failed: Connect failed", "Sending failed:  Host not found"])
    assert (found.diagnostic, found.status) == ("Connect failed", Status.DEFERRED)
    [found] = scan([START, "Sending failed:  Host not found"])
    assert (found.diagnostic, found.status) == ("Host not found", Status.DEFERRED)


@pytest.mark.parametrize(("what", "status"), [("Failed", None), ("Succeeded", Status.SENT)])
def test_an_answer_without_an_outcome_is_given(what: str, status: Status | None) -> None:
    [found] = scan([f"smtp: {what}: 250 Ok"])
    assert (found.text, found.status) == ("250 Ok", status)
    found, _ = scan([f"smtp: {what}: 250 Ok", START, "smtp: Failed: 550 No"])
    assert (found.text, found.status) == ("250 Ok", status)


def test_lines_of_others_are_not_understood() -> None:
    run = scan(["hello", "Message-Id: <7@example.com>"], format="nullmailer")
    assert (list(run), run.coverage.understood) == ([], 1)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_words_are_read(words: str) -> None:
    """Whatever a protocol says, it is one delivery."""
    if "\n" not in words and "\0" not in words:
        [found] = scan([f"smtp: Failed: {words}", f"Sending failed: {words}"])
        assert found.to_dict()
