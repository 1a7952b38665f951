"""Positive replies: what delivers, what only goes on, and what no exception means."""

from __future__ import annotations

import smtplib

import pytest

from smtpreply import Disposition, Reason, Reply, classify, classify_all, from_exception
from smtpreply.reasons import Outcome


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(250, b"2.0.0 Ok"),
        smtplib.SMTPDataError(354, b"Go ahead"),
        smtplib.SMTPAuthenticationError(334, b"VXNlcm5hbWU6"),
        smtplib.SMTPHeloError(220, b"mx.example.org"),
        smtplib.SMTPSenderRefused(250, b"Ok", "ann@example.org"),
        smtplib.SMTPRecipientsRefused({"bob@example.org": (250, b"Ok")}),
    ],
)
def test_an_exception_never_means_accepted(error: smtplib.SMTPException) -> None:
    for verdict in (from_exception(error), *classify_all(error).values()):
        assert verdict.reason is Reason.UNKNOWN
        assert verdict.disposition is Disposition.REVIEW
        assert not verdict.suppress


@pytest.mark.parametrize(
    "text",
    ["354 go", "220 mx.example.org", "334 VXNlcm5hbWU6", "221 bye", "235 2.7.0 Ok", "252 Perhaps"],
)
def test_a_step_of_the_session_delivers_nothing(text: str) -> None:
    verdict = classify(text)
    assert verdict.reason is Reason.ACCEPTED
    assert verdict.disposition is Disposition.CONTINUE


def test_only_a_positive_reply_to_the_end_of_data_delivers() -> None:
    for stage in (None, "end of data"):
        assert classify("250 Ok", stage=stage).disposition is Disposition.DELIVERED
    for stage in ("EHLO", "MAIL", "RCPT", "QUIT"):
        assert classify("250 Ok", stage=stage).disposition is Disposition.CONTINUE
    sent = classify("250 Ok", stage="RCPT", outcome=Outcome.SENT)
    assert sent.disposition is Disposition.DELIVERED


@pytest.mark.parametrize("pair", [(-1, b""), (1000, b"x"), (550, None), ("550", "x")])
def test_a_pair_that_is_no_reply_says_what_one_is(pair: tuple[object, object]) -> None:
    with pytest.raises(TypeError, match="a pair is a reply code from 200 to 599 and text"):
        classify(pair)


def test_what_is_no_response_or_exception_says_so() -> None:
    with pytest.raises(TypeError, match="a reply code is int, not str"):
        Reply.from_response("550", "x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="neither text nor octets"):
        Reply.from_response(550, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="BaseException, not int"):
        from_exception(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "end",
    [
        *("\r\n", "\n", r"\r\n", r"\n", r"\015\012", r"\x0d\x0a", r"\u000d\u000a", r"\\r\\n"),
        *("#015#012", "<CR><LF>", "<CRLF>", "^M", "%0D%0A", "=0D=0A", "&#13;&#10;", "\u240d\u240a"),
    ],
)
@pytest.mark.parametrize(
    "before", ["250 ok{}", "220 mx ESMTP{0}250-mx{0}250 SIZE{0}", "b'250 ok{}"]
)
def test_what_is_accepted_before_a_refusal_is_not_the_last_word(before: str, end: str) -> None:
    text = f"{before.format(end)}550 5.1.1 no such user{end}"
    for given in (text, text.encode(), bytearray(text.encode())):
        assert classify(given).reason is Reason.UNKNOWN_RECIPIENT
    [verdict] = classify_all(text).values()
    assert verdict.reason is Reason.UNKNOWN_RECIPIENT


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("smtplib.SMTPRecipientsRefused: ", Reason.UNKNOWN),
        ("Could not be delivered, error: ", Reason.UNKNOWN),
        ("", Reason.ACCEPTED),
    ],
)
def test_the_text_of_an_exception_means_no_acceptance(before: str, reason: Reason) -> None:
    text = f"{before}{{'ann@example.org': (250, b'Ok'), 'bob@example.org': (550, b'Rejected')}}"
    assert classify_all(text)["ann@example.org"].reason is reason
