"""The log of dma, whose name in syslog is no name."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "dma.log"
HEAD = "Nov 24 11:43:32 mx1 dma[17c0.560e2b2000]: "


def test_a_message_is_followed() -> None:
    run = scan(SAMPLE, year=2026)
    deferred, sent = run
    assert (run.coverage.lines, run.coverage.understood) == (5, 5)
    assert (deferred.sender, deferred.recipient) == ("al@example.com", "bob@example.org")
    assert (deferred.relay_host, deferred.relay_ip) == ("mx.example.org", "192.0.2.1")
    assert (deferred.text, deferred.stage) == ("450 4.7.1 Greylisted", Stage.RCPT)
    assert (deferred.status, deferred.reply_by) == (Status.DEFERRED, ReplyBy.REMOTE)
    assert (deferred.queue_id, deferred.host) == ("17c0.560e2b2000", "mx1")
    assert deferred.time is not None
    assert (sent.status, sent.recipient, sent.text) == (Status.SENT, "bob@example.org", None)
    assert sent.direction is Direction.OUTGOING


@pytest.mark.parametrize(
    ("event", "status", "stage", "text"),
    [
        ("remote delivery to mx [192.0.2.1] failed after final DATA: 502 x: y", Status.BOUNCED,
         Stage.END_OF_DATA, "502 x: y"),
        ("remote delivery deferred: mx [192.0.2.1] failed after connect: Timeout reached",
         Status.DEFERRED, Stage.CONNECT, "Timeout reached"),
        ("connect to mx [192.0.2.1] failed: Connection refused", None, Stage.CONNECT,
         "Connection refused"),
        ("remote delivery failed: DNS lookup failure: host x not found", Status.BOUNCED, None,
         "DNS lookup failure: host x not found"),
    ],
)  # fmt: skip
def test_what_ends_an_attempt(
    event: str, status: Status | None, stage: Stage | None, text: str
) -> None:
    for head in (HEAD, "Nov 24 11:43:32 mx1 dma[42]: ", "dma[17c0.56][9]: "):
        [found] = scan([head + event], year=2026)
        assert (found.status, found.stage, found.text) == (status, stage, text)
        assert (found.reply_by is None) is (not text.startswith("502"))


def test_lines_without_a_delivery() -> None:
    run = scan([HEAD + "using smarthost (mx:25)"])
    assert (list(run), run.coverage.understood) == ([], 1)
    run = scan(["x"], format="dma")
    assert (list(run), run.coverage.understood) == ([], 0)


@settings(deadline=None)  # the first example imports the format
@given(
    st.text(), st.sampled_from(["", "remote delivery deferred: mx [1.1.1.1] failed after DATA: "])
)
def test_any_event_is_read(words: str, head: str) -> None:
    """Whatever dma says, it is read, or counted as not understood."""
    if "\n" not in words and "\0" not in words:
        run = scan([HEAD + head + words])
        assert all(found.to_dict() for found in run)
        assert run.coverage.understood + run.coverage.shapes.total() == 1


def test_a_bounce_that_cannot_be_delivered_is_lost() -> None:
    [found] = scan(["Nov 24 11:43:32 mx dma[1a2b.55]: can not bounce a bounce message, discarding"])
    assert (found.status, found.queue_id) == (Status.DISCARDED, "1a2b.55")


def test_what_stays_on_this_host_may_be_put_off() -> None:
    [found] = scan([f"{HEAD}local delivery deferred: can not lock `/var/mail/bob'"], year=2026)
    assert (found.status, found.direction) == (Status.DEFERRED, Direction.LOCAL)
    assert found.text == "can not lock `/var/mail/bob'"


def test_the_first_versions_have_the_id_behind_the_name() -> None:
    event = "remote delivery deferred: AUTH login failed: No such file or directory"
    [found] = scan([f"Nov 24 11:43:32 mx1 dma: 1a2b.55f0: {event}"])
    assert (found.queue_id, found.status, found.direction) == (
        "1a2b.55f0",
        Status.DEFERRED,
        Direction.OUTGOING,
    )
