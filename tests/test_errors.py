"""Errors carry data and show a stranger's text only shortened and escaped."""

from __future__ import annotations

import pickle

import pytest

from smtpreply import (
    IncompleteReplyError,
    LineTooLongError,
    MultipleRepliesError,
    ReplyError,
    ReplySyntaxError,
    ReplyTooLongError,
    StreamError,
    TooManyLinesError,
    parse,
    parse_all,
)
from smtpreply._support.escape import EXCERPT_LENGTH
from smtpreply.reply.parser import Raw

STREAM_ERRORS = [IncompleteReplyError, LineTooLongError, TooManyLinesError, ReplyTooLongError]


def error_of(raw: Raw, *, strict: bool = False) -> ReplySyntaxError:
    with pytest.raises(ReplySyntaxError) as caught:
        parse(raw, strict=strict)
    return caught.value


def test_all_errors_are_reply_errors() -> None:
    for kind in [ReplySyntaxError, MultipleRepliesError, StreamError, *STREAM_ERRORS]:
        assert issubclass(kind, ReplyError)


def test_a_syntax_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no reply code"):
        parse("Hello")


@pytest.mark.parametrize("kind", STREAM_ERRORS)
def test_each_fault_of_a_stream_is_a_stream_error(kind: type[StreamError]) -> None:
    error = kind("a bound was exceeded", b"250-a\r\n250-\x1b")
    assert isinstance(error, StreamError)
    assert error.received == b"250-a\r\n250-\x1b"
    assert str(error) == r"a bound was exceeded: '250-a\r\n250-\x1b'"


def test_a_stream_error_with_nothing_received_shows_its_message_alone() -> None:
    assert str(IncompleteReplyError("the stream ended")) == "the stream ended"


def test_a_stream_error_shows_octets_that_are_not_utf8_as_escapes() -> None:
    assert str(StreamError("bad", b"\xe4")) == r"bad: '\xe4'"


def test_an_error_carries_message_text_position_and_line() -> None:
    error = error_of("\r\n\r\nHello\r\n")
    assert error.message == "no reply code"
    assert error.text == "\r\n\r\nHello\r\n"
    assert error.position == 4
    assert error.line == 3


def test_an_error_shows_message_line_position_and_excerpt() -> None:
    assert str(error_of("\nHello\n")) == "no reply code at line 2, position 1: 'Hello'"


def test_the_excerpt_is_of_the_line_at_fault() -> None:
    error = error_of("250-mx.example.com\r\n650 Ok\r\n", strict=True)
    assert error.line == 2
    assert error.excerpt.startswith("650 Ok")


def test_the_excerpt_is_of_the_line_at_fault_where_cr_ends_the_lines() -> None:
    error = error_of("\r\rHello")
    assert error.line == 3
    assert error.excerpt == "Hello"


def test_the_excerpt_is_shortened() -> None:
    assert error_of("x" * 5000).excerpt == "x" * EXCERPT_LENGTH + "..."
    assert len(str(error_of("x" * 5000))) < 200


@pytest.mark.parametrize("raw", ["\x1b[2Jpwned", b"\x1b[2Jpwned", "\u202epwned", b"\xffpwned"])
def test_a_servers_text_never_stands_raw_in_an_error(raw: str | bytes) -> None:
    error = error_of(raw)
    assert str(error).isprintable()
    assert error.excerpt.isprintable()
    assert "pwned" in error.excerpt


def test_the_position_counts_characters_in_text_and_octets_in_octets() -> None:
    text = "250 ä\r\n250 ö\r\n"
    assert error_of(text).position == 7
    assert error_of(text.encode()).position == 8


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_position_is_in_octets_whatever_holds_them(kind: type[bytes]) -> None:
    error = error_of(kind("250 ä\r\n250 ö\r\n".encode()))
    assert error.position == 8
    assert error.text == "250 ä\r\n250 ö\r\n"


def test_the_position_in_text_with_escaped_octets_counts_each_as_a_character() -> None:
    text = b"250 \xe4\xf6\r\n250 Ok\r\n".decode("utf-8", "surrogateescape")
    error = error_of(text)
    assert text[error.position :] == "250 Ok\r\n"


def test_the_position_in_text_with_surrogates_that_are_no_octets_points_at_the_fault() -> None:
    text = "250 \ud800\r\n250 Ok\r\n"
    error = error_of(text)
    assert text[error.position :] == "250 Ok\r\n"


def test_octets_that_are_not_utf8_are_kept_as_surrogate_escapes() -> None:
    assert error_of(b"\xe4").text == "\udce4"


@pytest.mark.parametrize(
    ("raw", "position", "line"),
    [
        (b"", 0, 1),
        (b"250", 3, 1),  # no CRLF
        (b"250 ", 4, 1),
        (b"250 a\n", 5, 1),
        (b"250 a\x1b\r\n", 5, 1),
        (b"250\tOk\r\n", 3, 1),
        (b"571 Ok\r\n", 0, 1),
        (b" 250 Ok\r\n", 0, 1),
        (b"250-a\r\n", 7, 2),  # the last line is missing
        (b"250-a\r\n251 b\r\n", 7, 2),
        (b"250-a\r\n\r\n250 b\r\n", 7, 2),
        ("250 grüß\r\n".encode(), 6, 1),
        (b"250 Ok\r\n\r\n", 8, 2),
        (b"250 Ok\r\nHello\r\n", 8, 2),
    ],
)
def test_a_strict_error_stands_at_the_first_octet_outside_the_abnf(
    raw: bytes, position: int, line: int
) -> None:
    error = error_of(raw, strict=True)
    assert (error.position, error.line) == (position, line)


def test_more_than_one_reply_is_an_error_that_names_parse_all() -> None:
    with pytest.raises(MultipleRepliesError, match="parse_all") as caught:
        parse(b"250 2.1.0 Ok\r\n550 5.1.1 No such user\r\n")
    assert caught.value.line == 2
    assert caught.value.position == 14
    assert caught.value.excerpt.startswith("550 5.1.1")


def test_an_error_of_parse_all_counts_from_the_start_of_the_whole_text() -> None:
    with pytest.raises(ReplySyntaxError) as caught:
        parse_all("250 a\r\n250 b\r\n650 c\r\n", strict=True)
    assert (caught.value.position, caught.value.line) == (14, 3)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "error",
    [
        ReplySyntaxError("no reply code", "Hello \udce4", 3, 2),
        MultipleRepliesError("more than one reply", "250 a\n250 b", 6, 2),
        IncompleteReplyError("the stream ended", b"250-a"),
    ],
)
def test_an_error_pickles_with_all_its_data(error: ReplyError, protocol: int) -> None:
    # Errors cross process borders in pools of workers.
    copied = pickle.loads(pickle.dumps(error, protocol))
    assert type(copied) is type(error)
    assert vars(copied) == vars(error)
    assert str(copied) == str(error)
