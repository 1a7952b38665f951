"""From raw text to a reply: each departure from the standard, with the server known for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from smtpreply import (
    Defect,
    EnhancedStatus,
    MultipleRepliesError,
    Reply,
    ReplyError,
    ReplySubject,
    ReplySyntaxError,
    iter_replies,
    parse,
    parse_all,
)
from smtpreply.reply.parser import Raw

D = Defect


def code_and_lines(reply: Reply) -> tuple[int, tuple[str, ...]]:
    return reply.code, reply.lines


def refused_by_strict(raw: Raw) -> bool:
    try:
        parse(raw, strict=True)
    except ReplySyntaxError:
        return True
    return False


# --- what comes in -------------------------------------------------------------------------

KINDS: list[Callable[[bytes], Raw]] = [
    bytes,
    bytearray,
    memoryview,
    lambda raw: raw.decode("utf-8", "surrogateescape"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strict", [False, True])
def test_text_and_octets_of_any_kind_give_the_same_reply(
    kind: Callable[[bytes], Raw], *, strict: bool
) -> None:
    raw = b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n"
    reply = parse(kind(raw), strict=strict)
    assert code_and_lines(reply) == (550, ("No such user", "here"))
    assert reply.raw == raw
    assert parse_all(kind(raw), strict=strict) == [reply]
    assert list(iter_replies(kind(raw), strict=strict)) == [reply]


def test_a_slice_of_a_memoryview_is_read_as_its_octets() -> None:
    assert parse(memoryview(b"xx250 Ok\r\nxx")[2:-2]).text == "Ok"
    assert parse(memoryview(b"2x5x0x xOxkx")[::2]).text == "Ok"


def test_a_reply_does_not_change_with_the_buffer_that_it_came_from() -> None:
    buffer = bytearray(b"250 Ok\r\n")
    reply = parse(buffer)
    buffer[:] = b"550 No\r\n"
    assert bytes(reply) == b"250 Ok\r\n"


def test_octets_are_read_as_utf8() -> None:
    assert parse("550 5.1.1 宛先不明\r\n".encode()).text == "宛先不明"


def test_octets_that_are_not_utf8_survive() -> None:
    raw = b"550 \xd3\xca\xcf\xe4 \x80\xff\r\n"
    reply = parse(raw)
    assert reply.text == "\udcd3\udcca\udccf\udce4 \udc80\udcff"
    assert bytes(reply) == raw


# --- strict --------------------------------------------------------------------------------

IN_FORM = [
    b"250\r\n",
    b"250 Ok\r\n",
    b"250  \r\n",
    b"250 \t\r\n",
    b"250-\r\n250\r\n",
    b"250-a\r\n250-\r\n250 c\r\n",
    b"250-a\r\n250\r\n",
    b"200 a\r\n",
    b"559 ~\r\n",
    b"334\r\n",
    b"235 \r\n",
    b"250-a\r\n250 \r\n",
    b"550 4.1.1 a status is not in the ABNF\r\n",
    b"250 " + b"x" * 600 + b"\r\n",
]


@pytest.mark.parametrize("raw", IN_FORM)
def test_strict_takes_what_the_abnf_generates(raw: bytes) -> None:
    assert parse(raw, strict=True) == parse(raw)
    assert not any(defect.in_grammar for defect in parse(raw).defects)


OUT_OF_FORM: list[tuple[bytes, Defect]] = [
    (b"250 Ok\n", D.BARE_LF),
    (b"250 Ok\r", D.BARE_CR),
    (b"250 O\rk\r\n", D.BARE_CR),
    (b"250 Ok\r\r\n", D.EXTRA_CR),
    (b"250 Ok", D.NO_FINAL_NEWLINE),
    (b"\r\n250 Ok\r\n", D.BLANK_LINE),
    (b"250-a\r\n\r\n250 b\r\n", D.BLANK_LINE),
    (b"250 Ok\r\n\r\n", D.BLANK_LINE),
    (b"250-a\r\n", D.UNTERMINATED),
    (b"250-a\r\n250-b\r\n", D.UNTERMINATED),
    (b"250-a 250 b\r\n", D.FOLDED),
    (b" 250 Ok\r\n", D.LEADING_SPACE),
    (b"\x00" + b"250 Ok\r\n", D.LEADING_NUL),
    (b"\xef\xbb\xbf250 Ok\r\n", D.BYTE_ORDER_MARK),
    (b"220-a\r\n521 b\r\n", D.CODE_CHANGE),
    (b"250-a\r\nb\r\n250 c\r\n", D.MISSING_CODE),
    (b"250 a\r\nb\r\n", D.MISSING_CODE),
    (b"571 No\r\n", D.SECOND_DIGIT),
    (b"250\tOk\r\n", D.BAD_SEPARATOR),
    (b"250OK\r\n", D.NO_SEPARATOR),
    (b"250 \x1b[m\r\n", D.CONTROL_CHARACTER),
    (b"250 \x7f\r\n", D.CONTROL_CHARACTER),
    ("250 grüß\r\n".encode(), D.NON_ASCII),
    ("250 grüß\r\n".encode("latin-1"), D.NOT_UTF8),
]


@pytest.mark.parametrize(("raw", "defect"), OUT_OF_FORM)
def test_what_lenient_notes_as_a_defect_of_the_grammar_strict_refuses(
    raw: bytes, defect: Defect
) -> None:
    reply = parse(raw)
    assert defect in reply.defects
    assert defect.in_grammar
    with pytest.raises(ReplySyntaxError):
        parse(raw, strict=True)
    with pytest.raises(ReplySyntaxError):
        parse(raw.decode("utf-8", "surrogateescape"), strict=True)
    with pytest.raises(ReplySyntaxError):
        parse_all(raw, strict=True)


def test_every_defect_of_the_grammar_has_a_case_that_strict_refuses() -> None:
    assert {defect for _, defect in OUT_OF_FORM} == {item for item in D if item.in_grammar}


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"Hello\r\n", b"650 a\r\n", b"25\r\n"])
def test_strict_refuses_what_has_no_reply_code(raw: bytes) -> None:
    with pytest.raises(ReplySyntaxError, match="no reply code"):
        parse(raw, strict=True)


def test_strict_refuses_more_than_one_reply_with_the_error_that_names_parse_all() -> None:
    with pytest.raises(MultipleRepliesError, match="parse_all"):
        parse(b"250 a\r\n250 b\r\n", strict=True)


def test_strict_gives_all_replies_in_due_form() -> None:
    replies = parse_all(b"250-a\r\n250 b\r\n354\r\n550 5.1.1 c\r\n", strict=True)
    assert [reply.code for reply in replies] == [250, 354, 550]


# --- the ends of the lines -----------------------------------------------------------------


def test_a_bare_lf_is_a_defect() -> None:
    # smtplib, aiosmtplib, Go, Postfix and Exim take it; smtpproto and Twisted wait for ever.
    reply = parse(b"250-a\n250 b\n")
    assert code_and_lines(reply) == (250, ("a", "b"))
    assert reply.defects == (D.BARE_LF,)


def test_a_bare_lf_on_one_line_only_is_a_defect() -> None:
    assert parse(b"250-a\n250 b\r\n").defects == (D.BARE_LF,)
    assert parse(b"250-a\r\n250 b\n").defects == (D.BARE_LF,)


def test_a_bare_cr_is_text_where_lf_ends_the_lines() -> None:
    # smtplib, aiosmtplib, Go and curl keep it in the text; Haraka cuts the line there.
    reply = parse(b"250 a\rb\r\n")
    assert code_and_lines(reply) == (250, ("a\rb",))
    assert reply.defects == (D.BARE_CR,)


def test_a_bare_cr_cannot_hide_a_reply() -> None:
    reply = parse(b"250 a\r550 b\r\n")
    assert code_and_lines(reply) == (250, ("a\r550 b",))


def test_a_bare_cr_ends_the_lines_of_a_text_without_any_lf() -> None:
    reply = parse(b"250-a\r250 b\r")
    assert code_and_lines(reply) == (250, ("a", "b"))
    assert reply.defects == (D.BARE_CR,)


def test_a_cr_too_many_is_a_defect() -> None:
    # Haraka, smtplib and smtp-proto drop it; Go, Twisted and curl keep it.
    reply = parse(b"250 ok\r\r\n")
    assert reply.text == "ok"
    assert reply.defects == (D.EXTRA_CR,)


def test_a_last_line_without_line_end_is_a_defect() -> None:
    # As logs, bounces and people hand replies over.
    assert parse("550 5.1.1 No such user").defects == (D.NO_FINAL_NEWLINE,)
    assert parse("550-5.1.1 No such\r\n550 5.1.1 user").defects == (D.NO_FINAL_NEWLINE,)
    assert parse("250").defects == (D.NO_FINAL_NEWLINE,)


def test_a_last_line_that_ends_on_cr_has_no_line_end_where_lf_ends_the_others() -> None:
    reply = parse(b"250-a\r\n250 b\r")
    assert reply.lines == ("a", "b")
    assert reply.defects == (D.NO_FINAL_NEWLINE,)


@pytest.mark.parametrize(
    "separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
)
def test_only_cr_and_lf_end_a_line(separator: str) -> None:
    # str.splitlines takes these for line ends, and would make two replies of one.
    reply = parse(f"250 a{separator}550 b\r\n")
    assert code_and_lines(reply) == (250, (f"a{separator}550 b",))


# --- blank lines ---------------------------------------------------------------------------


@pytest.mark.parametrize("blank", [b"\r\n", b"\r\n\r\n", b"  \r\n", b"\t \r\n"])
@pytest.mark.parametrize("place", ["before", "in", "after"])
def test_a_blank_line_is_a_defect(blank: bytes, place: str) -> None:
    # Internet.nl met a server that sends one after its greeting.
    raw = {
        "before": blank + b"220-a\r\n220 b\r\n",
        "in": b"220-a\r\n" + blank + b"220 b\r\n",
        "after": b"220-a\r\n220 b\r\n" + blank,
    }[place]
    reply = parse(raw)
    assert code_and_lines(reply) == (220, ("a", "b"))
    assert reply.defects == (D.BLANK_LINE,)
    assert reply.raw == raw


def test_a_blank_line_with_a_bare_lf_has_both_defects() -> None:
    assert parse(b"\n250 Ok\r\n").defects == (D.BARE_LF, D.BLANK_LINE)


def test_blank_lines_between_replies_part_nothing_and_make_no_reply() -> None:
    replies = parse_all(b"\r\n220 a\r\n\r\n\r\n250 b\r\n\r\n")
    assert [code_and_lines(reply) for reply in replies] == [(220, ("a",)), (250, ("b",))]


@pytest.mark.parametrize("raw", ["", "\r\n", "\n\n", " \r\n\t\r\n", b"", b"\r"])
def test_nothing_but_blank_lines_is_no_reply(raw: Raw) -> None:
    with pytest.raises(ReplySyntaxError, match="no reply code"):
        parse(raw)
    assert parse_all(raw) == []


# --- before the code -----------------------------------------------------------------------


@pytest.mark.parametrize("leading", [b" ", b"\t", b"   \t "])
def test_white_space_before_the_code_is_a_defect(leading: bytes) -> None:
    reply = parse(leading + b"250 Ok\r\n")
    assert code_and_lines(reply) == (250, ("Ok",))
    assert reply.defects == (D.LEADING_SPACE,)


def test_white_space_before_a_later_code_is_a_defect() -> None:
    reply = parse(b"250-a\r\n 250 b\r\n")
    assert reply.lines == ("a", "b")
    assert reply.defects == (D.LEADING_SPACE,)


@pytest.mark.parametrize("leading", [bytes(1), bytes(3)])
def test_nul_before_the_code_is_a_defect(leading: bytes) -> None:
    # smtp.qq.com sends it.
    reply = parse(leading + b"250 Ok\r\n")
    assert code_and_lines(reply) == (250, ("Ok",))
    assert reply.defects == (D.LEADING_NUL,)


def test_a_byte_order_mark_before_the_code_is_a_defect() -> None:
    # Editors and PowerShell write one to files.
    raws: list[Raw] = [b"\xef\xbb\xbf250 Ok\r\n", "\ufeff250 Ok\r\n"]
    for raw in raws:
        reply = parse(raw)
        assert code_and_lines(reply) == (250, ("Ok",))
        assert reply.defects == (D.BYTE_ORDER_MARK,)


@pytest.mark.parametrize("leading", [b"\xef\xbb", b"\xbf", b"\xbb\xbf\xef", b"\xef\xbb\xbf\xef"])
def test_octets_that_only_resemble_a_byte_order_mark_leave_no_code(leading: bytes) -> None:
    with pytest.raises(ReplySyntaxError):
        parse(leading + b"250 Ok\r\n")


# --- the code ------------------------------------------------------------------------------


def test_a_code_that_changes_between_lines_is_a_defect_and_the_last_one_counts() -> None:
    # Postfix, smtplib, Twisted, Haraka and curl take the last code; Exim and Nodemailer the first.
    reply = parse(b"220-host ESMTP\r\n521 5.7.1 Service unavailable\r\n")
    assert code_and_lines(reply) == (521, ("host ESMTP", "Service unavailable"))
    assert reply.enhanced == EnhancedStatus(5, 7, 1)
    assert D.CODE_CHANGE in reply.defects


def test_a_code_that_changes_in_the_middle_and_back_is_a_defect() -> None:
    reply = parse(b"250-a\r\n251-b\r\n250 c\r\n")
    assert code_and_lines(reply) == (250, ("a", "b", "c"))
    assert reply.defects == (D.CODE_CHANGE,)


@pytest.mark.parametrize("code", [b"250", b"334", b"220", b"421", b"550"])
def test_a_bare_code_is_no_defect(code: bytes) -> None:
    # RFC 5321 4.2 says that clients MUST take it. smtp.yandex.ru sends "334".
    reply = parse(code + b"\r\n")
    assert code_and_lines(reply) == (int(code), ("",))
    assert reply.defects == ()


def test_a_bare_code_as_the_last_of_several_lines_is_no_defect() -> None:
    # Go and Commons Net wait for ever.
    reply = parse(b"220-hello\r\n220\r\n")
    assert reply.lines == ("hello", "")
    assert reply.defects == ()


def test_a_bare_code_amid_a_reply_ends_it() -> None:
    assert [reply.lines for reply in parse_all(b"250-a\r\n250\r\n250 b\r\n")] == [("a", ""), ("b",)]


def test_a_last_line_with_a_hyphen_is_a_defect() -> None:
    # OpenSMTPD, Exim and others wait on, and the connection's end leaves this.
    reply = parse(b"250-a\r\n250-b\r\n")
    assert code_and_lines(reply) == (250, ("a", "b"))
    assert reply.defects == (D.UNTERMINATED,)
    assert parse(b"250-a\r\n").defects == (D.UNTERMINATED,)
    assert parse(b"250-\r\n").lines == ("",)


def test_a_line_without_code_is_a_defect() -> None:
    # FTP's form (RFC 959 4.2), or a server that puts a line feed into its text.
    reply = parse(b"230-first\r\nno code here\r\n230 last\r\n")
    assert code_and_lines(reply) == (230, ("first", "no code here", "last"))
    assert reply.defects == (D.MISSING_CODE,)


def test_a_line_without_code_after_the_last_one_is_a_defect() -> None:
    reply = parse(b"550 5.7.1 Spam.\r\nSee http://example.com/\r\n")
    assert code_and_lines(reply) == (550, ("Spam.", "See http://example.com/"))
    assert reply.defects == (D.MISSING_CODE, D.STATUS_MISSING)


def test_a_line_without_code_before_the_first_is_an_error() -> None:
    with pytest.raises(ReplySyntaxError, match="no reply code"):
        parse(b"Hello\r\n250 Ok\r\n")


@pytest.mark.parametrize("code", [260, 299, 370, 471, 571, 590, 599])
def test_a_second_digit_above_5_is_a_defect(code: int) -> None:
    # 571 comes from old Exchange and from filters. The ABNF ends at %x30-35.
    reply = parse(b"%d Message refused\r\n" % code)
    assert reply.code == code
    assert reply.reply_class == code // 100
    assert reply.subject is None
    assert reply.defects == (D.SECOND_DIGIT,)


def test_an_unknown_code_in_the_grammar_is_no_defect() -> None:
    reply = parse(b"559 Hm\r\n")
    assert reply.defects == ()
    assert reply.subject is ReplySubject.MAIL_SYSTEM


@pytest.mark.parametrize(
    "raw",
    [
        "150 hm",  # a first digit other than 2-5
        "050 hm",
        "650 hm",
        "950 hm",
        "2500 hm",  # four digits
        "25000",
        "25 hm",  # two
        "2 hm",
        "25",
        "25O ok",  # a letter
        "+25 hm",  # what int() takes
        "2_5 hm",
        "-250 hm",
        " 25 hm",
        "２５０ hm",  # full-width digits
        "٢٥٠ hm",  # Arabic digits
        "²⁵⁰ hm",
        "220.181.12.1 said",  # an address
        "250.0 hm",
        "Ok",
        "-",
        "SMTP 250 Ok",
    ],
)
def test_what_is_no_reply_code_is_an_error(raw: str) -> None:
    for text in (raw, raw + "\r\n"):
        with pytest.raises(ReplySyntaxError, match="no reply code"):
            parse(text)
        with pytest.raises(ReplySyntaxError, match="no reply code"):
            parse(text.encode())
        with pytest.raises(ReplySyntaxError, match="no reply code"):
            parse_all(text)


# --- the separator -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("250\tok", "ok"),
        ("250:ok", "ok"),
        ("250: ok", "ok"),
        ("250; ok", "ok"),
        ("250, ok", "ok"),
        ("250=ok", "ok"),
        ("250_ok", "ok"),
        ("250/ok", "ok"),
        ("250|ok", "ok"),
        ("250. ok", "ok"),
        ("250\t", ""),
    ],
)
def test_another_separator_is_a_defect(raw: str, text: str) -> None:
    # aiosmtplib, Go and smtp-proto refuse them; smtplib and Nodemailer do not.
    reply = parse(raw + "\r\n")
    assert code_and_lines(reply) == (250, (text,))
    assert reply.defects == (D.BAD_SEPARATOR,)


@pytest.mark.parametrize(("raw", "text"), [("250OK", "OK"), ("250ok", "ok"), ("550<bob>", "<bob>")])
def test_a_missing_separator_is_a_defect_and_costs_no_letter(raw: str, text: str) -> None:
    # smtplib makes "k" of "250ok".
    reply = parse(raw + "\r\n")
    assert reply.lines == (text,)
    assert reply.defects == (D.NO_SEPARATOR,)


def test_another_separator_ends_the_reply() -> None:
    # As smtplib, Twisted and Nodemailer have it: only a hyphen goes on.
    assert [reply.lines for reply in parse_all(b"250-a\r\n250,b\r\n250 c\r\n")] == [
        ("a", "b"),
        ("c",),
    ]


def test_a_space_with_nothing_after_it_is_in_due_form() -> None:
    # RFC 5321 4.2.1: servers SHOULD send it. Gmail's "235 ", and the empty challenge of RFC 4954 4.
    for strict in (False, True):
        reply = parse(b"334 \r\n", strict=strict)
        assert code_and_lines(reply) == (334, ("",))
        assert reply.defects == ()


def test_a_hyphen_with_nothing_after_it_is_no_defect() -> None:
    reply = parse(b"550-\r\n550 x\r\n")
    assert reply.lines == ("", "x")
    assert reply.defects == ()


def test_spaces_of_the_text_are_kept() -> None:
    assert parse(b"250  two before, two after  \r\n").lines == (" two before, two after  ",)


# --- the text ------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "defects"), [(512, ()), (513, (D.LINE_TOO_LONG,))])
def test_a_line_over_512_octets_is_a_defect(length: int, defects: tuple[Defect, ...]) -> None:
    line = b"250 ".ljust(length - 2, b"x") + b"\r\n"
    assert len(line) == length
    assert parse(line).defects == defects
    assert parse(b"250-a\r\n" + line).defects == defects
    assert parse(bytearray(line)).defects == defects


def test_many_short_lines_are_no_long_line() -> None:
    assert parse(b"250-xxxxxxxxxx\r\n" * 100 + b"250 x\r\n").defects == ()


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x07", "a\0b", "\x7f", "\x08\x08", "\x9b31m", "\x80", "\x9f"]
)
def test_a_control_character_in_the_text_is_a_defect_and_shows_escaped(text: str) -> None:
    reply = parse(f"550 {text}\r\n")
    assert D.CONTROL_CHARACTER in reply.defects
    assert reply.text == text
    assert str(reply).isprintable()


def test_a_tab_in_the_text_is_no_control_character() -> None:
    assert parse(b"250 a\tb\r\n").defects == ()


def test_a_space_outside_ascii_is_no_control_character() -> None:
    assert parse("250 a\u00a0b\r\n").defects == (D.NON_ASCII,)


def test_utf8_outside_ascii_is_a_defect() -> None:
    # RFC 6531 3.7.4.2 allows it after SMTPUTF8 only; Exim and Chinese hosters send it anyway.
    assert parse("550 Empfänger unbekannt\r\n").defects == (D.NON_ASCII,)


@pytest.mark.parametrize("encoding", ["latin-1", "gbk", "koi8-r", "shift_jis"])
def test_octets_that_are_not_utf8_are_a_defect(encoding: str) -> None:
    # smtp.qq.com sends GBK.
    words = {"latin-1": "Empfänger", "gbk": "邮箱", "koi8-r": "ящик", "shift_jis": "宛先不明"}
    raw = f"550 {words[encoding]}\r\n".encode(encoding)
    reply = parse(raw)
    assert reply.defects == (D.NOT_UTF8,)
    assert bytes(reply) == raw


# --- the enhanced status (test_statuses.py has every form) -----------------------------------


def test_a_status_of_another_class_is_a_defect_and_stays_as_it_is() -> None:
    reply = parse(b"550 4.1.1 Hm\r\n")
    assert reply.enhanced == EnhancedStatus(4, 1, 1)
    assert reply.reply_class == 5
    assert reply.defects == (D.STATUS_CLASS,)


def test_a_status_on_some_lines_only_is_a_defect() -> None:
    reply = parse(b"550-5.1.1 a\r\n550 b\r\n")
    assert reply.statuses == (EnhancedStatus(5, 1, 1), None)
    assert reply.defects == (D.STATUS_MISSING,)


def test_a_status_that_changes_is_a_defect() -> None:
    reply = parse(b"550-5.1.1 a\r\n550 5.7.1 b\r\n")
    assert reply.enhanced == EnhancedStatus(5, 1, 1)
    assert reply.defects == (D.STATUS_CHANGE,)


def test_a_status_in_another_form_is_a_defect() -> None:
    assert parse(b"550 #5.1.0 Address rejected.\r\n").defects == (D.STATUS_FORM,)


def test_a_status_alone_on_a_line_of_several_is_no_defect() -> None:
    reply = parse(b"550-5.1.1\r\n550 5.1.1 No such user\r\n")
    assert reply.lines == ("", "No such user")
    assert reply.defects == ()


def test_what_is_no_status_for_its_digits_is_a_defect() -> None:
    reply = parse(b"550 5.01.1 x\r\n")
    assert (reply.enhanced, reply.text) == (None, "5.01.1 x")
    assert reply.defects == (D.STATUS_NUMBER,)


@pytest.mark.parametrize("status", ["4.7.650", "5.7.509", "5.4.316"])
def test_microsofts_three_digits_are_read_whole(status: str) -> None:
    assert str(parse(f"{status[0]}50 {status} x").enhanced) == status


@pytest.mark.parametrize(
    "raw",
    [
        b"334 5.7.1 x\r\n",
        b"354 2.0.0 x\r\n",
        b"220 mx.example.com ESMTP (4.9.6)\r\n",
        b"220-2.0.0 mx.example.com\r\n220 2.0.0 ESMTP\r\n",
        b"250-mx.example.com\r\n250-X-BUILD 5.1.1\r\n250 HELP\r\n",
        b"550 127.0.0.1 is listed\r\n",
        b"250 2.0.0.1 is yours\r\n",
        b"450 4.16.55.1 is listed\r\n",
    ],
)
def test_a_status_is_never_invented(raw: bytes) -> None:
    reply = parse(raw)
    assert reply.enhanced is None
    assert reply.lines == reply.textstrings
    assert reply.defects == ()


# --- folded --------------------------------------------------------------------------------


def test_a_folded_reply_is_unfolded() -> None:
    # As Postfix writes it to its log and to bounces.
    reply = parse(
        "550-5.7.1 Our system has detected 550-5.7.1 that this message is 550 5.7.1 unsolicited."
    )
    assert reply.lines == ("Our system has detected", "that this message is", "unsolicited.")
    assert reply.statuses == (EnhancedStatus(5, 7, 1),) * 3
    assert reply.defects == (D.NO_FINAL_NEWLINE, D.FOLDED)


def test_a_folded_reply_without_status_is_unfolded() -> None:
    reply = parse(b"421-mx.example.com 421-busy 421 try later\r\n")
    assert reply.lines == ("mx.example.com", "busy", "try later")
    assert reply.defects == (D.FOLDED,)


def test_a_folded_reply_that_was_cut_off_is_unterminated_too() -> None:
    reply = parse(b"550-5.7.1 a 550-5.7.1 b\r\n")
    assert reply.lines == ("a", "b")
    assert reply.defects == (D.UNTERMINATED, D.FOLDED)


def test_a_folded_reply_that_turns_into_a_refusal_has_the_code_of_the_refusal() -> None:
    # As on two lines: the server has broken off.
    for raw in ("220-host 421 4.2.1 Too busy\r\n", "220-host\r\n421 4.2.1 Too busy\r\n"):
        reply = parse(raw)
        assert code_and_lines(reply) == (421, ("host", "Too busy"))
        assert reply.enhanced == EnhancedStatus(4, 2, 1)
        assert D.CODE_CHANGE in reply.defects
    assert parse("220-host 421 4.2.1 Too busy\r\n").defects == (
        D.FOLDED,
        D.CODE_CHANGE,
        D.STATUS_MISSING,
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"220-host 421 text\r\n",  # any number may stand in a text; a status makes it a reply
        b"220-host 421 5.2.1 text\r\n",
        b"550-host said: 250 2.0.0 Ok\r\n",  # never less than a refusal
        b"550-host said: 421 4.2.1 text\r\n",
    ],
)
def test_a_fold_changes_its_code_for_nothing_less_than_a_refusal_with_a_status(raw: bytes) -> None:
    reply = parse(raw)
    assert reply.code == int(raw[:3])
    assert reply.defects == (D.UNTERMINATED,)


@pytest.mark.parametrize(
    "text", ["Ok 250 bytes", "see error 550 5.7.1 page", "a 550-b 550 c", "250-a 250 b"]
)
def test_a_number_in_the_text_of_a_last_line_does_not_fold_it(text: str) -> None:
    for code in (250, 550):
        reply = parse(f"{code} {text}\r\n")
        assert reply.lines == (text,)
        assert reply.defects == ()


def test_a_number_in_the_text_of_several_lines_does_not_fold_them() -> None:
    reply = parse(b"550-a 550-b\r\n550 c 550 d\r\n")
    assert reply.lines == ("a 550-b", "c 550 d")
    assert reply.defects == ()


@pytest.mark.parametrize("cr", [b"\r", b"\r\r"])
def test_an_unfolded_line_goes_through_its_own_octets_even_with_a_cr_at_its_end(cr: bytes) -> None:
    reply = parse(b"550-a" + cr + b" 550 b\r\n")
    assert parse(bytes(reply)) == reply


@pytest.mark.parametrize("given", [550, 550.0, None, [b"550 x"], object()])
def test_what_is_neither_text_nor_octets_is_one_clear_error(given: object) -> None:
    for door in (parse, parse_all):
        with pytest.raises(TypeError, match="a reply is text or octets, not"):
            door(given)  # type: ignore[arg-type]


# --- more than one -------------------------------------------------------------------------


def test_more_than_one_reply_is_an_error_that_names_parse_all() -> None:
    with pytest.raises(MultipleRepliesError, match="parse_all"):
        parse("250 2.1.0 Ok\r\n354 Go\r\n")


def test_all_replies_come_out_one_by_one() -> None:
    raw = b"250 2.1.0 Ok\r\n250-a\r\n250 b\r\n354 Go\r\n250 2.0.0 Ok: queued as 4F2C1\r\n"
    replies = parse_all(raw)
    assert [code_and_lines(reply) for reply in replies] == [
        (250, ("Ok",)),
        (250, ("a", "b")),
        (354, ("Go",)),
        (250, ("Ok: queued as 4F2C1",)),
    ]
    assert b"".join(reply.raw for reply in replies) == raw


def test_the_replies_of_lmtp_to_one_message_come_out_one_by_one() -> None:
    raw = b"250 2.1.5 <a@example.org> Saved\r\n452 4.2.2 <b@example.org> Quota exceeded\r\n"
    assert [reply.code for reply in parse_all(raw)] == [250, 452]


def test_each_reply_has_its_own_defects_only() -> None:
    replies = parse_all(b"250 a\n250:b\r\n250 c\r\n250 d")
    assert [reply.defects for reply in replies] == [
        (D.BARE_LF,),
        (D.BAD_SEPARATOR,),
        (),
        (D.NO_FINAL_NEWLINE,),
    ]


def test_a_line_without_a_code_goes_with_the_reply_before_it() -> None:
    replies = parse_all(b"550 Spam.\r\nSee our page.\r\n250 Ok\r\n")
    assert [reply.lines for reply in replies] == [("Spam.", "See our page."), ("Ok",)]


def test_the_octets_of_all_replies_are_those_that_came_in() -> None:
    raw = b"\r\n250 a\n\n250-b\r\nc\r\n550:d\r\r\n\r\n421-e"
    assert b"".join(reply.raw for reply in parse_all(raw)) == raw


def test_the_iterator_reads_a_reply_only_when_it_is_asked_for() -> None:
    replies = iter_replies("220 mx.example.com ESMTP\r\nrubbish\r\n650 nothing\r\n", strict=True)
    assert isinstance(replies, Iterator)
    assert next(replies).code == 220
    with pytest.raises(ReplySyntaxError) as caught:
        next(replies)
    assert caught.value.line == 2


def test_the_iterator_ends_after_the_last_reply() -> None:
    assert list(iter_replies(b"250 a\r\n250 b\r\n")) == [Reply(250, ["a"]), Reply(250, ["b"])]
    assert list(iter_replies("")) == []


# --- hostile -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"250-" * 5000,
        b"250-\r\n" * 5000,
        b"2" * 20000,
        b" " * 20000,
        b"\0" * 20000,
        b"\xef\xbb\xbf" * 5000 + b"250",
        b"250 " + b"x" * 20000,
        b"250-a\r\n550-b\r\n" * 2000,
        b"550-5." * 5000,
        b"550-5.7.1 a 550-5.7.1" * 1000,
        b"\r" * 20000,
        b"\r\n" * 10000,
        b"250 " + b"\x1b" * 20000,
        b"550 " + b"(#5.1.1" * 3000,
        b"550 " + b"5." * 9000,
    ],
)
def test_hostile_text_gives_a_reply_or_the_documented_error(raw: bytes) -> None:
    for door in (parse, parse_all):
        for strict in (False, True):
            try:
                result = door(raw, strict=strict)
            except ReplyError:
                continue
            replies = result if isinstance(result, list) else [result]
            assert all(bytes(reply) and str(reply) and repr(reply) for reply in replies)


def test_an_endless_head_is_not_kept() -> None:
    from smtpreply.reply import opening

    assert parse(b" " * 5000 + b"250 Ok\r\n").code == 250
    before = opening._known_opening.cache_info().currsize
    assert parse(b" " * 5001 + b"250 Ok\r\n").code == 250
    assert opening._known_opening.cache_info().currsize == before


def test_strict_and_lenient_agree_on_what_both_take() -> None:
    for raw in IN_FORM:
        assert not refused_by_strict(raw)
        assert parse(raw, strict=True).to_dict() == parse(raw).to_dict()
