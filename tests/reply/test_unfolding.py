"""Replies as logs, bounces and programs write them down: folded, quoted, in a field."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import (
    Defect,
    EnhancedStatus,
    MultipleRepliesError,
    Reply,
    ReplyError,
    ReplySyntaxError,
)
from smtpreply.reply.diagnostic import parse_diagnostic
from smtpreply.reply.unfolding import unfold, unfold_to_any_code
from smtpreply.testing import replies


@pytest.mark.parametrize(
    ("text", "lines", "ended"),
    [
        (b"", [b""], False),
        (b"a", [b"a"], False),
        (b"a 550 b", [b"a", b"b"], True),
        (b"a 550-b", [b"a", b"b"], False),
        (b"a 550-b 550 c", [b"a", b"b", b"c"], True),
        (b"5.7.1 a 550-5.7.1 b 550 5.7.1 c", [b"5.7.1 a", b"5.7.1 b", b"5.7.1 c"], True),
        # No line repeats the status: all heads count.
        (b"5.7.1 a 550-b 550 c", [b"5.7.1 a", b"b", b"c"], True),
        # An empty line between.
        (b"a 550- 550 b", [b"a", b"", b"b"], True),
        (b"5.7.1 a 550- 550 5.7.1 b", [b"5.7.1 a", b"", b"5.7.1 b"], True),
        (b"5.7.1 a 550- 550-5.7.1 b", [b"5.7.1 a", b"", b"5.7.1 b"], False),
    ],
)
def test_heads_in_the_text_become_lines(text: bytes, lines: list[bytes], ended: bool) -> None:
    assert unfold(b"550", text) == (lines, ended)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"5.7.1 a 550-5.7.1 b 550 c", [b"5.7.1 a", b"5.7.1 b", b"c"]),
        (b"5.7.1 a 550-5.7.1 b 550 5.1.1 c", [b"5.7.1 a", b"5.7.1 b", b"5.1.1 c"]),
        (b"5.7.1 a 550 b", [b"5.7.1 a", b"b"]),
    ],
)
def test_the_last_line_may_have_another_status_or_none(text: bytes, lines: list[bytes]) -> None:
    assert unfold(b"550", text) == (lines, True)


def test_a_folded_reply_that_was_cut_off_has_no_last_line() -> None:
    assert unfold(b"550", b"5.7.1 a 550-5.7.1 b") == ([b"5.7.1 a", b"5.7.1 b"], False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a 421 4.2.1 b", (b"421", [b"a", b"4.2.1 b"], True)),
        (b"a 220-b 554 5.7.1 c", (b"554", [b"a", b"b", b"5.7.1 c"], True)),
        (b"a 421-4.2.1 b 421 4.2.1 c", (b"421", [b"a", b"4.2.1 b", b"4.2.1 c"], True)),
        (b"a 421-4.2.1 b", (b"421", [b"a", b"4.2.1 b"], False)),
        (b"a 220 b 421 4.2.1 c", (b"220", [b"a", b"b 421 4.2.1 c"], True)),
        (b"a 421 b", (b"220", [b"a 421 b"], False)),
        (b"a 421 5.2.1 b", (b"220", [b"a 421 5.2.1 b"], False)),
        (b"a 250 2.0.0 b", (b"220", [b"a 250 2.0.0 b"], False)),
    ],
)
def test_a_refusal_with_a_status_is_the_last_line_of_a_positive_reply(
    text: bytes, expected: tuple[bytes, list[bytes], bool]
) -> None:
    assert unfold_to_any_code(b"220", text) == expected


def test_a_refusal_does_not_become_another() -> None:
    text = b"a 421 4.2.1 b"
    assert unfold_to_any_code(b"550", text) == (b"550", [text], False)


def test_another_code_is_no_head() -> None:
    assert unfold(b"550", b"a 250-b 250 c") == ([b"a 250-b 250 c"], False)


def test_a_number_that_does_not_repeat_the_status_is_no_head_where_others_do() -> None:
    text = b"5.7.1 call extension 550-12 or 550 13 550 5.7.1 for help"
    assert unfold(b"550", text) == (
        [b"5.7.1 call extension 550-12 or 550 13", b"5.7.1 for help"],
        True,
    )


def test_a_number_within_a_word_is_no_head() -> None:
    assert unfold(b"550", b"room A550-3, x550 y") == ([b"room A550-3, x550 y"], False)


def test_what_follows_the_last_line_is_its_text() -> None:
    assert unfold(b"550", b"a 550 b 550 c") == ([b"a", b"b 550 c"], True)


@pytest.mark.parametrize("piece", [b" 550-5.7.1 a", b" 550-", b" 550 ", b" ", b"550-5."])
def test_a_long_text_is_unfolded_all_the_same(piece: bytes) -> None:
    texts, _ = unfold(b"550", b"5.7.1 x" + piece * 80_000)  # quadratic time would be minutes
    assert texts[0].startswith(b"5.7.1 x")


# --- the Diagnostic-Code of a bounce, and how programs print a reply ---------------------------

NO_USER = Reply(550, ["No such user"], EnhancedStatus(5, 1, 1))
TWO_LINES = Reply(550, ["No such", "user"], EnhancedStatus(5, 1, 1))


@pytest.mark.parametrize(
    "text",
    [
        "smtp; 550 5.1.1 No such user",
        "SMTP;550 5.1.1 No such user",
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n",
        "diagnostic-code:smtp ; 550 5.1.1 No such user",
        "smtp (a comment); 550 5.1.1 No such user",
        "X-Postfix; 550 5.1.1 No such user",
        "smtp; 550 5.1.1 No\r\n such user",
        "smtp;\r\n    550 5.1.1 No such user",
        "smtp; 550 5.1.1 No\n\tsuch user",
        "550 5.1.1 No such user",
        "(550, b'5.1.1 No such user')",  # smtplib.SMTPDataError
        "(550, '5.1.1 No such user')",
        "{'bob@example.org': (550, b'5.1.1 No such user')}",  # SMTPRecipientsRefused
        "{'a@b.c': (550, b'5.1.1 No such user'), 'd@e.f': (550, b'5.1.1 No such user')}",
        "(550, b'5.1.1 No such user', 'news@example.org')",  # SMTPSenderRefused
        "SMTPResponse(code=550, message='5.1.1 No such user')",  # aiosmtplib
        '550 "5.1.1 No such user"',  # Go's net/textproto
        '"550 5.1.1 No such user"',  # JSON
        "'550 5.1.1 No such user'",
    ],
)
def test_a_reply_is_found_in_a_diagnostic(text: str) -> None:
    assert parse_diagnostic(text) == NO_USER
    assert parse_diagnostic(text.encode()) == NO_USER


@pytest.mark.parametrize(
    "text",
    [
        "smtp; 550-5.1.1 No such 550 5.1.1 user",
        "smtp; 550-5.1.1 No such\r\n    550 5.1.1 user",
        "Diagnostic-Code: smtp; 550-5.1.1 No such\n\t550 5.1.1 user\n",
        r"(550, b'5.1.1 No such\n5.1.1 user')",
        r"SMTPResponse(code=550, message='5.1.1 No such\n5.1.1 user')",
        r'550 "5.1.1 No such\n5.1.1 user"',
        r'"550-5.1.1 No such\r\n550 5.1.1 user\r\n"',
        r'"550-5.1.1 No such\n550 5.1.1 user"',
    ],
)
def test_a_reply_of_several_lines_is_found_in_a_diagnostic(text: str) -> None:
    assert parse_diagnostic(text) == TWO_LINES


def test_a_reply_that_the_bounce_has_folded_has_the_defect() -> None:
    reply = parse_diagnostic("smtp; 550-5.1.1 No such\r\n    550 5.1.1 user")
    assert reply.defects == (Defect.FOLDED,)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r"(550, b'\xe9\x82\xae')", "邮"),
        (r"(550, b'\xd3\xca')", "\udcd3\udcca"),
        (r"(550, 'Empf\xe4nger')", "Empfänger"),
        (r"(550, 'Empf\u00e4nger')", "Empfänger"),
        (r"""(550, b"it's")""", "it's"),
        (r"(550, b'it\'s \\n')", r"it's \n"),
        (r'550 "a \"b\" \t"', 'a "b" \t'),
        (r'"550 \u5bdb"', "\u5bdb"),
        (r"(550, b'')", ""),
    ],
)
def test_escapes_of_the_programs_are_undone(text: str, line: str) -> None:
    assert parse_diagnostic(text).lines == (line,)


def test_a_surrogate_that_stands_for_no_octet_is_read() -> None:
    # JSON can hold one.
    assert parse_diagnostic("(550, b'\ud800 \\xe9')").code == 550


@pytest.mark.parametrize(
    "text",
    [
        "",
        "smtp;",
        "x-unix; 75",
        'X-Postfix; unknown user: "bob"',
        "(-1, b'rubbish')",
        "(2500, b'rubbish')",
        "{}",
        "\x1b[31m",
    ],
)
def test_a_diagnostic_without_a_reply_is_an_error_that_carries_it(text: str) -> None:
    with pytest.raises(ReplySyntaxError, match="no reply code") as caught:
        parse_diagnostic(text)
    assert caught.value.text == text
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "{'a@example.org': (550, b'5.1.1 No'), 'b@example.org': (450, b'4.2.0 Later')}",
        "smtp; 550 5.1.1 No\r\n450 4.2.0 Later",
    ],
)
def test_a_diagnostic_with_replies_that_differ_is_an_error(text: str) -> None:
    with pytest.raises(MultipleRepliesError):
        parse_diagnostic(text)


@pytest.mark.parametrize(
    "quoted", ["(250, 'Ok')", "(250, b'Ok')", '250 "Ok"', "{'a': (250, b'Ok')}"]
)
@pytest.mark.parametrize("kind", ["", "smtp; "])
def test_a_servers_text_cannot_pass_for_a_reply(quoted: str, kind: str) -> None:
    # The text is the server's, and it may quote what it was told.
    reply = parse_diagnostic(f"{kind}550 5.1.1 You said {quoted}")
    assert (reply.code, reply.text) == (550, f"You said {quoted}")


@pytest.mark.parametrize(
    "text",
    [r"(550, '\ud800')", r'550 "\ud800"', r'"550 \ud800"', r"(550, b'\ud800')", "550 \ud800"],
)
def test_a_surrogate_in_a_diagnostic_is_no_other_exception(text: str) -> None:
    assert parse_diagnostic(text).code == 550


PIECES = (
    "smtp;|550|250-| |5.1.1|(|)|(550, |b|'|\"|\\|n|\r\n |\n|\\ud800|\\xff|{|}|code=|message=|"
    "Diagnostic-Code:|é|\udcff"
)
diagnostics = st.lists(st.sampled_from(PIECES.split("|")) | st.text(max_size=3), max_size=15).map(
    "".join
)


@given(diagnostics | st.text(st.characters(exclude_categories=[])))
def test_any_diagnostic_gives_a_reply_or_a_reply_error(text: str) -> None:
    """Any text gives a Reply or a ReplyError and nothing else."""
    try:
        reply = parse_diagnostic(text)
    except ReplyError as error:
        assert str(error).isprintable()  # noqa: PT017
    else:
        assert 200 <= reply.code <= 599


@given(replies())
def test_what_smtplib_prints_of_a_reply_gives_that_reply(reply: Reply) -> None:
    """parse_diagnostic(str((code, message))) == reply for the octets and the text of a message."""
    message = "\n".join(reply.textstrings).encode("utf-8", "surrogateescape")
    assert parse_diagnostic(str((reply.code, message))) == reply
    assert parse_diagnostic(str({"bob@example.org": (reply.code, message)})) == reply


HOSTILE = {
    "spaces": " ",
    "line ends": "\r\n ",
    "parentheses": "(",
    "openings": "(550, '",
    "both openings": "(550, \"(550, '",
    "backslashes": "\\",
    "escaped quotes": '550 "\\"',
    "letters": "a",
    "hosts": "a.b #5.1.1 ",
    "comments": "smtp (",
    "codes": "550-5.",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_long_diagnostic_is_a_reply_or_an_error(piece: str) -> None:
    with contextlib.suppress(ReplyError):
        assert parse_diagnostic(piece * 100_000).code  # quadratic time would be minutes
