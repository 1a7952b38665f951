"""Transcripts in which the lines of several sessions are mixed."""

import pytest

from smtpreply.dialogue.transcript import Exchange, read_transcript

_MIXED = (
    "S: 220 mx ESMTP",
    "S: 220 mx ESMTP",
    "C: EHLO a",
    "S: 250 mx",
    "C: EHLO a",
    "S: 250 mx",
    "C: MAIL FROM:<al@example.com>",
    "S: 250 ok",
    "C: MAIL FROM:<al@example.com>",
    "S: 250 ok",
    "C: RCPT TO:<bob@example.org>",
    "C: RCPT TO:<carl@example.org>",
    "S: 550 5.1.1 No such user",
    "S: 250 ok",
)
_TO_BOB = ("C: MAIL FROM:<al@example.com>", "S: 250 ok", "C: RCPT TO:<bob@example.org>")


def _last(*lines: str) -> Exchange:
    return read_transcript(lines).exchanges[-1]


def test_a_reply_in_mixed_sessions_is_about_nobody_and_says_so() -> None:
    refusal, acceptance = read_transcript(_MIXED).exchanges[-2:]
    for exchange in (refusal, acceptance):
        assert (exchange.command, exchange.stage, exchange.sender) == (None, None, None)
        assert exchange.recipients == ()
        assert "mixed" in (exchange.doubt or "")


@pytest.mark.parametrize(
    "between",
    [
        ("C: EHLO b", "S: 250 mx"),
        ("C: MAIL FROM:<cy@example.com>", "S: 250 ok"),
        ("S: 220 mx ESMTP",),
    ],
)
def test_what_begins_a_session_inside_a_transaction_is_of_another_one(
    between: tuple[str, ...],
) -> None:
    lines = ("C: MAIL FROM:<al@example.com>", "S: 250 ok", *between)
    exchange = _last(*lines, "C: RCPT TO:<bob@example.org>", "S: 550 No")
    assert exchange.recipients == ()
    assert exchange.doubt


def test_a_message_may_be_followed_at_once_by_the_next() -> None:
    sent = ("S: 250 ok", "C: DATA", "S: 354 go", "C: Subject: a", "C: .")
    replies = ("S: 250 queued", "S: 250 ok", "S: 550 No")
    exchange = _last(*_TO_BOB, *sent, _TO_BOB[0], _TO_BOB[2], *replies)
    assert (exchange.recipients, exchange.doubt) == (("bob@example.org",), None)


def test_a_greeting_is_not_the_acceptance_of_a_message() -> None:
    sent = ("S: 250 ok", "C: DATA", "S: 354 go", "C: Subject: a", "C: .")
    exchange = _last(*_TO_BOB, *sent, "S: 220 mx ESMTP")
    assert (exchange.recipients, exchange.command) == ((), None)


def test_a_command_in_the_place_of_a_message_is_of_another_session() -> None:
    asked = ("S: 250 ok", "C: DATA", "S: 354 go")
    exchange = _last(*_TO_BOB, *asked, "C: MAIL FROM:<cy@example.com>", "S: 250 ok")
    assert exchange.recipients == ()
    assert exchange.doubt


def test_a_message_may_begin_with_a_mailing_list_and_quote_a_session() -> None:
    asked = ("S: 250 ok", "C: DATA", "S: 354 go")
    message = ("C: Mailing-List: a", "C: ", "C: MAIL FROM:<cy@example.com>", "C: .")
    exchange = _last(*_TO_BOB, *asked, *message, "S: 250 queued")
    assert (exchange.recipients, exchange.doubt) == (("bob@example.org",), None)


def test_a_recipient_of_a_session_that_seemed_cut_off_shows_that_it_is_open() -> None:
    opened = "Connection opened: mx.example.org:25"
    exchange = _last("C: EHLO a", "S: 250 mx", *_TO_BOB[:2], opened, _TO_BOB[2], "S: 550 No")
    assert exchange.recipients == ()
    assert exchange.doubt


@pytest.mark.parametrize(
    "end",
    [
        ("S: 550 No", "C: RSET", "S: 250 ok"),
        ("S: 550 No", "C: QUIT", "S: 221 Bye", "S: 220 mx ESMTP", "C: EHLO a", "S: 250 mx"),
        ("S: 250 ok", "C: DATA", "S: 354 go", "C: .", "S: 250 queued"),
        ("S: 250 ok", "C: DATA", "S: 554 5.7.1 No"),
        ("S: 421 Shutting down", "S: 220 mx ESMTP", "C: EHLO a", "S: 250 mx"),
        ("Connection opened: mx.example.org:25", "S: 220 mx ESMTP", "C: EHLO a", "S: 250 mx"),
    ],
)
def test_one_session_after_another_keeps_its_recipients(end: tuple[str, ...]) -> None:
    exchange = _last(*_TO_BOB, *end, *_TO_BOB[:2], "C: RCPT TO:<dan@example.org>", "S: 550 No")
    assert exchange.recipients == ("dan@example.org",)
    assert exchange.sender == "al@example.com"
    assert exchange.doubt is None
