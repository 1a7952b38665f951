"""The replies of a session that decide, and the verdicts on sessions as texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply import Disposition, MultipleRepliesError, Reason, classify, classify_all
from smtpreply.dialogue.decisive import decisive, session_in
from smtpreply.stage import Stage

DATA = Path(__file__).parents[1] / "data"

BEGINNING = """\
220 mx.example.org ESMTP
EHLO client.example.com
250-mx.example.org
250 SIZE 1000
MAIL FROM:<al@example.com>
250 2.1.0 Ok
RCPT TO:<bob@example.org>
"""
ACCEPTED = """\
250 2.1.5 Ok
DATA
354 Go ahead
Subject: Hello

550 5.1.1 is a code
.
250 2.0.0 Ok: queued as 4bX7kQ2mPzQ9
"""
END = "QUIT\n221 Bye\n"


def marked(session: str) -> str:
    """Return a session with the marks of the RFCs."""
    return "".join(
        f"{'S' if line[:3].isdigit() and line[3:4] in ' -' else 'C'}: {line}\n"
        for line in session.splitlines()
        if not line.startswith("550 5.1.1 is")
    )


def told(text: str) -> list[tuple[str | None, int, Stage | None]]:
    return [
        (recipient, exchange.reply.code, exchange.stage)
        for recipient, exchange in decisive(session_in(text)).items()
    ]


@pytest.mark.parametrize("form", [str, marked], ids=["plain", "marked"])
@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (BEGINNING + "550 5.1.1 No\n" + END, ("bob@example.org", 550, Stage.RCPT)),
        (
            BEGINNING + "550 5.1.1 No\nDATA\n554 5.5.1 No valid recipients\n" + END,
            ("bob@example.org", 550, Stage.RCPT),
        ),
        (BEGINNING + ACCEPTED + END, ("bob@example.org", 250, Stage.END_OF_DATA)),
        (BEGINNING + "250 2.1.5 Ok\nDATA\n354 Go\n", (None, 354, Stage.DATA)),
        (BEGINNING + "250 2.1.5 Ok\n" + END, (None, 250, Stage.RCPT)),
        (
            "220 mx ESMTP\nEHLO a\n502 No\nHELO a\n250 mx\nMAIL FROM:<a@example.com>\n553 No\n",
            (None, 553, Stage.MAIL),
        ),
        ("220 mx ESMTP\nEHLO a\n250 mx\nSTARTTLS\n454 No\n" + END, (None, 454, Stage.STARTTLS)),
        ("220 mx ESMTP\nEHLO a\n550 Go away\n" + END, (None, 550, Stage.EHLO)),
        ("220 mx ESMTP\nEHLO a\n250 mx\nVRFY bob\n550 No such user\n" + END, (None, 550, None)),
    ],
)
def test_the_reply_that_decides(
    session: str, expected: tuple[str | None, int, Stage | None], form: type[str]
) -> None:
    assert told(form(session)) == [expected]


def test_a_login_that_was_tried_again_decides_nothing() -> None:
    login = "AUTH PLAIN x\n535 5.7.8 No\nAUTH PLAIN y\n235 Ok\nMAIL FROM:"
    session = (BEGINNING + ACCEPTED).replace("MAIL FROM:", login)
    assert told(session) == [("bob@example.org", 250, Stage.END_OF_DATA)]


def test_a_connection_that_is_lost_after_a_refused_recipient_is_not_left_out() -> None:
    session = (
        "550 No\nRCPT TO:<ann@example.org>\n250 Ok\nRSET\n250 Ok\nMAIL FROM:<a@b.example>\n421 x"
    )
    assert told(BEGINNING + session) == [
        ("bob@example.org", 550, Stage.RCPT),
        (None, 421, Stage.MAIL),
    ]


def test_replies_without_commands_follow_the_greeting() -> None:
    replies = "220 mx ESMTP\n250-mx\n250 SIZE\n250 Ok\n250 Ok\n354 Go\n250 Queued\n221 Bye"
    assert told(replies) == [(None, 250, Stage.END_OF_DATA)]


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 No",
        "550-5.1.1 No such\n550 5.1.1 user",
        "250 ok\n550 5.1.1 No such user",
        "220 mx ESMTP\n550 one\n450 another",
        "Subject: EHLO and\nother commands",
    ],
)
def test_other_texts_are_no_sessions(text: str) -> None:
    assert session_in(text) == ()


def test_a_log_of_sessions_is_no_session() -> None:
    assert session_in((DATA / "sample.log").read_text()) == ()


# --- verdicts ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [str, marked], ids=["plain", "marked"])
def test_a_refused_recipient_in_a_session_is_refused_at_rcpt(form: type[str]) -> None:
    text = form(BEGINNING + "550 5.1.1 No such user\n" + END)
    verdict = classify(text)
    assert (verdict.reason, verdict.stage) == (Reason.UNKNOWN_RECIPIENT, Stage.RCPT)
    assert verdict.suppress
    assert classify_all(text) == {"bob@example.org": verdict}
    escaped = text.replace("\n", r"\r\n")
    assert classify(escaped).reason is Reason.UNKNOWN_RECIPIENT


@pytest.mark.parametrize("form", [str, marked], ids=["plain", "marked"])
@pytest.mark.parametrize("lines", range(1, 9))
def test_a_session_without_its_end_delivers_nothing(lines: int, form: type[str]) -> None:
    text = form("\n".join((BEGINNING + "250 2.1.5 Ok\nDATA").splitlines()[:lines]) + "\n")
    for verdict in (classify(text), *classify_all(text).values()):
        assert verdict.disposition is not Disposition.DELIVERED


@pytest.mark.parametrize("form", [str, marked], ids=["plain", "marked"])
def test_a_session_delivers_by_the_reply_to_the_end_of_data(form: type[str]) -> None:
    verdict = classify(form(BEGINNING + ACCEPTED + END))
    assert (verdict.disposition, verdict.stage) == (Disposition.DELIVERED, Stage.END_OF_DATA)


def test_recipients_of_a_session_have_a_verdict_each() -> None:
    text = (DATA / "session.txt").read_text()
    with pytest.raises(MultipleRepliesError):
        classify(text)
    verdicts = classify_all(text)
    assert {recipient: verdict.reason.value for recipient, verdict in verdicts.items()} == {
        "bobb@gmail.example": "unknown_recipient",
        "bob@example.org": "accepted",
    }
