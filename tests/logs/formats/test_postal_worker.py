"""Postal's worker: the lines of an attempt belong together by the id that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply.logs import ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "postal_worker.log"
LINES = SAMPLE.read_text(encoding="utf-8").splitlines()
AT = "2026-11-24 11:43:33 +0000 "


def test_what_became_of_each_attempt() -> None:
    run = scan(SAMPLE)
    assert [(told.line, told.status, told.recipient, told.text) for told in run] == [
        (3, Status.SENT, "bob@example.org", None),
        (7, Status.BOUNCED, "eve@example.org", "550 5.1.1 <eve@example.org>: User unknown"),
        (9, None, None, "Connection refused - connect(2) for 192.0.2.26:25"),
        (10, Status.HELD, None, "recipient is on the suppression list"),
    ]
    assert run.coverage.understood == run.coverage.lines == 10


def test_who_answered_and_for_which_message() -> None:
    sent, refused, *_ = scan(SAMPLE)
    assert (sent.queue_id, sent.relay_host, sent.relay_port) == ("1::42", "mx.example.org", 25)
    assert (refused.queue_id, refused.relay_ip) == ("1::43", "192.0.2.25")
    assert refused.reply_by is ReplyBy.REMOTE


@pytest.mark.parametrize(
    ("message", "status", "text"),
    [
        ("Net::SMTPServerBusy: 450 4.2.0 Wait", Status.DEFERRED, "450 4.2.0 Wait"),
        ("Net::ReadTimeout: execution expired", Status.DEFERRED, "execution expired"),
        (
            "message has reached maximum number of attempts, hard failing",
            Status.EXPIRED,
            "message has reached maximum number of attempts",
        ),
    ],
)
def test_a_failure(message: str, status: Status, text: str) -> None:
    [told] = scan([f"{AT}ERROR   {message} log_id=K3J9QX2D "])
    assert (told.status, told.text) == (status, text)


def test_colours_are_no_words() -> None:
    message = "\x1b[31mERROR   \x1b[0m\x1b[37mNet::SMTPFatalError: 554 5.7.1 No\x1b[0m "
    [told] = scan([f"{AT}{message}\x1b[90mlog_id=\x1b[0m\x1b[37mK3J9QX2D\x1b[0m "])
    assert told.text == "554 5.7.1 No"


@pytest.mark.parametrize("after", [[], [f"{AT}INFO    other log_id=X "], [LINES[0], LINES[1]]])
def test_a_failure_whose_names_are_missing_is_not_lost(after: list[str]) -> None:
    [told] = scan([LINES[6], *after])
    assert (told.text, told.recipient) == ("550 5.1.1 <eve@example.org>: User unknown", None)


def test_a_line_by_syslog_with_less_space_behind_the_level() -> None:
    line = SAMPLE.read_text(encoding="utf-8").splitlines()[6].replace("ERROR   ", "ERROR  ")
    [found] = scan([f"Nov 24 11:43:33 mx postal-worker[42]: {line}"])
    assert (found.mta, found.status, found.reply_by) == (
        "postal-worker",
        Status.BOUNCED,
        ReplyBy.REMOTE,
    )
