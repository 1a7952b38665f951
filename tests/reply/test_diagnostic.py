"""The one reply in a diagnostic, where libraries and bounces put it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smtpreply import MultipleRepliesError, ReplySyntaxError, parse_diagnostic


@pytest.mark.parametrize(
    ("text", "code", "status", "words"),
    [
        (
            "smtp; 5.1.0 - Unknown address error 550-'5.1.1 <bob@example.org>... User unknown' "
            "(delivery attempts: 0)",
            550,
            "5.1.1",
            "<bob@example.org>... User unknown",
        ),
        (
            "smtp;Remote Server at example.org (192.0.2.3) returned '550 5.4.300 Queue expired; x'",
            550,
            "5.4.300",
            "Queue expired; x",
        ),
        ("Server responded with 550 Unknown user\r\n", 550, None, "Unknown user"),
        ("SMTPSenderRefused: 550\n5.7.1Unauthorized", 550, "5.7.1", "Unauthorized"),
        (
            'Expected response code "250" but got code "552", with message "552 5.2.2 Full"',
            552,
            "5.2.2",
            "Full",
        ),
        ("permanent error (550): 5.1.1 No such user", 550, "5.1.1", "No such user"),
        (
            "host mx[192.0.2.1] said: 451 4.3.0 Later (in reply to RCPT TO command)",
            451,
            "4.3.0",
            "Later",
        ),
        (
            "SMTP error after RCPT TO:<b@example.org>: 550-5.1.1 No\n 550 5.1.1 user",
            550,
            "5.1.1",
            "No\nuser",
        ),
    ],
)
def test_a_reply_within_a_sentence(text: str, code: int, status: str | None, words: str) -> None:
    reply = parse_diagnostic(text)
    assert (reply.code, reply.enhanced and str(reply.enhanced)) == (code, status)
    assert reply.text == words


@pytest.mark.parametrize("text", ["Connection timed out", "dial tcp 192.0.2.1:587: refused", ""])
def test_a_diagnostic_without_a_reply_is_an_error(text: str) -> None:
    with pytest.raises(ReplySyntaxError, match="in the diagnostic"):
        parse_diagnostic(text)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_octets_is_read(kind: Callable[[bytes], bytes]) -> None:
    assert parse_diagnostic(kind(b"smtp; 550 5.1.1 No")).code == 550


@pytest.mark.parametrize("given", [None, 550])
def test_what_is_no_text_is_one_clear_error(given: Any) -> None:
    with pytest.raises(TypeError, match="text or octets, not"):
        parse_diagnostic(given)


def test_replies_that_differ_are_of_the_text_as_a_whole() -> None:
    with pytest.raises(MultipleRepliesError) as caught:
        parse_diagnostic("{'a@b.example': (550, b'x'), 'c@b.example': (551, b'x')}")
    assert "position" not in str(caught.value)


LINE_ENDS = [
    *(r"\r\n", r"\n", r"\r", r"\015\012", r"\x0d\x0A", r"\u000d\u000a", r"\\r\\n"),
    *("#015#012", "#012", "<CR><LF>", "<CRLF>", "<br>", "^M", "^M^J", "%0D%0A", "=0D=0A"),
    *("&#13;&#10;", "&#xD;&#xA;", "\u240d\u240a", "\u2424", r"\r\n "),
]


@pytest.mark.parametrize("end", LINE_ENDS)
def test_the_mark_of_a_line_end_before_a_code_is_a_line_end(end: str) -> None:
    reply = parse_diagnostic(f"550-5.1.1 No such{end}550 5.1.1 user{end}")
    assert reply.lines == ("No such", "user")
    with pytest.raises(MultipleRepliesError):
        parse_diagnostic(f"250 ok{end}550 5.1.1 No such user")
    said = parse_diagnostic(f"host mx.example.org said: 250 ok{end}550 5.1.1 No such user{end}")
    assert (said.code, said.text) == (550, "No such user")


@pytest.mark.parametrize("text", [r"550 No C:\new\mail", r"550 No\r\nsuch user", "550 100%0D 5500"])
def test_the_mark_of_a_line_end_elsewhere_is_text(text: str) -> None:
    assert parse_diagnostic(text).text == text.removeprefix("550 ")
