"""Verdicts on what mail libraries, sockets and TLS raise."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from smtpreply import MultipleRepliesError, Reason, Reply, classify, classify_all, from_exception

REFUSED: dict[str, tuple[int, bytes]] = {
    "ann@example.org": (550, b"5.1.1 No such user"),
    "bob@example.org": (452, b"4.2.2 Mailbox full"),
}


class SMTPResponseException(Exception):  # noqa: N818
    """As aiosmtplib has it: ``code`` and ``message``."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class SMTPRecipientRefused(SMTPResponseException):
    def __init__(self, code: int, message: str, recipient: str) -> None:
        super().__init__(code, message)
        self.recipient = recipient
        self.args = (code, message, recipient)


class SMTPRecipientsRefused(Exception):  # noqa: N818
    def __init__(self, recipients: list[SMTPRecipientRefused]) -> None:
        super().__init__(recipients)
        self.recipients = recipients


AIO_REFUSED = SMTPRecipientsRefused(
    [
        SMTPRecipientRefused(550, "5.1.1 No such user", "ann@example.org"),
        SMTPRecipientRefused(452, "4.2.2 Mailbox full", "bob@example.org"),
    ]
)


@pytest.mark.parametrize(
    ("error", "reason", "code", "stage"),
    [
        (
            smtplib.SMTPSenderRefused(550, b"5.1.8 No", "a@example.org"),
            "sender_rejected",
            550,
            "MAIL",
        ),
        (smtplib.SMTPDataError(552, b"5.3.4 Too big"), "message_too_large", 552, "end of data"),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 No"), "credentials", 535, "AUTH"),
        (
            smtplib.SMTPConnectError(421, b"Too many connections"),
            "too_many_connections",
            421,
            "connect",
        ),
        (
            smtplib.SMTPRecipientsRefused({"a@x.org": (550, b"User unknown")}),
            "unknown_recipient",
            550,
            "RCPT",
        ),
        (
            SMTPRecipientRefused(550, "5.1.1 No such user", "a@x.org"),
            "unknown_recipient",
            550,
            "RCPT",
        ),
        (SMTPResponseException(554, "5.7.1 Relaying denied"), "relay_denied", 554, None),
        (SMTPResponseException(-1, "Malformed SMTP response"), "unknown", None, None),
        (smtplib.SMTPServerDisconnected("please run connect() first"), "network_error", None, None),
        (TimeoutError(), "network_error", None, None),
        (asyncio.TimeoutError(), "network_error", None, None),  # noqa: UP041
        (socket.gaierror(-2, "Name or service not known"), "network_error", None, None),
        (ConnectionRefusedError(111, "Connection refused"), "network_error", None, None),
        (OSError(101, "Network is unreachable"), "network_error", None, None),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "tls", None, None),
        (ssl.SSLCertVerificationError("certificate verify failed"), "tls", None, None),
        (ValueError("no idea"), "unknown", None, None),
    ],
)
def test_an_exception_is_explained(
    error: Exception, reason: str, code: int | None, stage: str | None
) -> None:
    for verdict in (from_exception(error), classify(error)):
        assert (verdict.reason.value, verdict.code, verdict.stage) == (reason, code, stage)
        assert not verdict.suppress or code == 550


def test_an_exception_without_a_reply_is_for_a_person() -> None:
    assert from_exception(ValueError("no idea")).disposition.value == "review"
    assert from_exception(ValueError()).text == "ValueError"


@pytest.mark.parametrize("error", [smtplib.SMTPRecipientsRefused(REFUSED), AIO_REFUSED])
def test_several_recipients_have_a_verdict_each(error: Exception) -> None:
    with pytest.raises(MultipleRepliesError, match="classify_all"):
        from_exception(error)
    with pytest.raises(MultipleRepliesError, match="classify_all"):
        classify(str(error) if isinstance(error, smtplib.SMTPException) else repr(error.args[0]))
    verdicts = classify_all(error)
    assert {whom: (each.code, each.disposition.value) for whom, each in verdicts.items()} == {
        "ann@example.org": (550, "stop"),
        "bob@example.org": (452, "retry"),
    }
    assert {each.stage for each in verdicts.values()} == {"RCPT"}


def test_what_sendmail_returns() -> None:
    assert list(classify_all(REFUSED)) == ["ann@example.org", "bob@example.org"]
    assert classify_all({}) == {}
    assert classify_all({"a@example.org": Reply(550), "b@example.org": "452 x"}).keys() == {
        "a@example.org",
        "b@example.org",
    }
    with pytest.raises(MultipleRepliesError, match="classify_all"):
        classify(REFUSED)
    assert classify({"ann@example.org": (550, b"5.1.1 No")}).code == 550


def test_one_reply_without_a_recipient_is_by_none() -> None:
    [(whom, verdict)] = classify_all(smtplib.SMTPDataError(554, b"Spam")).items()
    assert (whom, verdict.code) == (None, 554)
    assert list(classify_all("450 Greylisted")) == [None]


def chained(outer: Exception, inner: BaseException, *, explicitly: bool = True) -> Exception:
    """Return an exception as it is when it was raised from another, or while that was handled."""
    outer.__context__ = inner
    if explicitly:
        outer.__cause__ = inner  # as ``raise outer from inner`` does; it hides the context
    return outer


@pytest.mark.parametrize("explicitly", [True, False])
def test_a_cause_is_found(explicitly: bool) -> None:
    inner = smtplib.SMTPDataError(552, b"5.2.2 Mailbox full")
    error = chained(RuntimeError("could not send"), inner, explicitly=explicitly)
    assert from_exception(error).reason.value == "mailbox_full"
    timeout = chained(RuntimeError("sending"), TimeoutError(), explicitly=explicitly)
    assert from_exception(timeout).reason.value == "network_error"
    refused = chained(RuntimeError("x"), smtplib.SMTPRecipientsRefused(REFUSED))
    assert len(classify_all(refused)) == 2


def test_a_cause_tells_more_than_vague_words() -> None:
    error = chained(RuntimeError("try again later"), ConnectionRefusedError(111, "refused"))
    assert from_exception(error).reason.value == "network_error"


def test_the_only_exception_of_a_group_is_meant() -> None:
    refused = smtplib.SMTPDataError(552, b"5.2.2 Mailbox full")
    group = ExceptionGroup("unhandled errors in a TaskGroup", [refused])
    assert from_exception(group).reason.value == "mailbox_full"
    assert from_exception(chained(RuntimeError("x"), group)).reason.value == "mailbox_full"
    several = ExceptionGroup("x", [refused, smtplib.SMTPDataError(554, b"Spam")])
    assert from_exception(several).reason.value == "unknown"
    many = smtplib.SMTPRecipientsRefused(REFUSED)
    assert len(classify_all(ExceptionGroup("x", [many]))) == 2
    other = smtplib.SMTPRecipientsRefused({"eve@example.net": (550, b"5.1.1 No such user")})
    nested = ExceptionGroup("x", [many, ExceptionGroup("y", [other])])
    assert {*classify_all(nested)} == {*REFUSED, "eve@example.net"}


def test_a_hidden_cause_stays_hidden_and_circles_end() -> None:
    hidden = chained(RuntimeError("x"), smtplib.SMTPDataError(554, b"Spam"), explicitly=False)
    hidden.__suppress_context__ = True
    assert from_exception(hidden).code is None
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert from_exception(one).reason.value == "unknown"


@pytest.mark.parametrize("given", [550, None, object(), 5.5, [], (550,), ["550 a"], Path("x")])
def test_what_is_no_reply_is_one_clear_error(given: Any) -> None:
    with pytest.raises(TypeError, match="classify takes a Reply, text, octets"):
        classify(given)


def test_a_pair_and_a_view_of_octets_are_read() -> None:
    assert classify((550, b"5.1.1 No such user")).reason.value == "unknown_recipient"
    assert classify([552, "Mailbox full"]).reason.value == "mailbox_full"
    assert classify(memoryview(b"450 Greylisted")).code == 450


def test_a_dict_of_something_else_is_an_error() -> None:
    with pytest.raises(TypeError, match="a recipient's reply is text or"):
        classify_all({"ann@example.org": 550})


@pytest.mark.parametrize(
    "words", [b"No such user here", b"5.1.1 it's unknown", b'5.1.2 Domain "x"']
)
def test_the_text_of_a_refused_sender_is_about_the_sender(words: bytes) -> None:
    """``log.error("%s", error)`` leaves out the name of the exception."""
    error = smtplib.SMTPSenderRefused(550, words, "news@example.com")
    for text in (str(error), f"could not send: {error}", repr(error)):
        verdict = classify(text)
        assert (verdict.reason, verdict.suppress) == (Reason.SENDER_REJECTED, False)


def test_what_was_answered_about_the_sender_is_no_recipients() -> None:
    text = "550 Verification failed for <news@example.com>: 550 no such user"
    [(whom, verdict)] = classify_all(text).items()
    assert (whom, verdict.reason, verdict.suppress) == (None, Reason.SENDER_REJECTED, False)
