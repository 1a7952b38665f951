"""The log of sSMTP: one line a mail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

HEAD = "Nov 24 11:43:32 mx1 sSMTP[2005]: "


def test_a_success_has_the_answer_to_quit() -> None:
    [found] = scan(
        [HEAD + "Sent mail for al@example.com (221 2.0.0 Bye (x)) uid=0 username=root outbytes=444"]
    )
    assert (found.sender, found.text, found.stage) == (
        "al@example.com",
        "221 2.0.0 Bye (x)",
        Stage.QUIT,
    )
    assert (found.status, found.direction) == (Status.SENT, Direction.OUTGOING)


@pytest.mark.parametrize(
    ("words", "stage", "recipient", "sender"),
    [
        ("RCPT TO:<bob@example.org>", Stage.RCPT, "bob@example.org", None),
        ("MAIL FROM:<al@example.com>", Stage.MAIL, None, "al@example.com"),
        ("Authorization failed", Stage.AUTH, None, None),
        ("Server didn't like our AUTH LOGIN", Stage.AUTH, None, None),
        ("Invalid response", None, None, None),
    ],
)
def test_a_failure_has_what_was_sent(
    words: str, stage: Stage | None, recipient: str | None, sender: str | None
) -> None:
    [found] = scan([f"{HEAD}{words} (550 5.1.1 No (sorry))"])
    assert (found.text, found.stage) == ("550 5.1.1 No (sorry)", stage)
    assert (found.recipient, found.sender) == (recipient, sender)
    assert (found.status, found.reply_by) == (Status.BOUNCED, ReplyBy.REMOTE)


def test_lines_without_a_delivery() -> None:
    run = scan([HEAD + "Creating SSL connection to host", HEAD + "x not found", "RCPT TO (550 x)"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 2)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_words_are_read(words: str) -> None:
    """Whatever sSMTP says, it is read or tells of nothing."""
    if "\n" not in words and "\0" not in words:
        for line in (words, f"RCPT TO:<a@b> ({words})", f"Sent mail for a ({words}) uid=1"):
            run = scan([HEAD + line])
            assert all(found.to_dict() for found in run)
            assert run.coverage.understood <= run.coverage.known == 1


@pytest.mark.parametrize(
    "words", ["Cannot open mail:25", "Connection lost in middle of processing"]
)
def test_a_message_that_no_server_took_is_lost(words: str) -> None:
    [found] = scan([f"Nov 24 11:43:32 mx1 sSMTP[42]: {words}"])
    assert (found.status, found.text, found.reply_by) == (Status.BOUNCED, words, None)


def test_words_that_nobody_knows_are_not_understood() -> None:
    run = scan(
        [
            "Nov 24 11:43:32 mx1 sSMTP[42]: Creating SSL connection to host",
            "Nov 24 11:43:32 mx1 sSMTP[42]: something else",
        ]
    )
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)
