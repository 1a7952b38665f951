"""A reply as a value: how it is built, compared, shown, and carried elsewhere."""

from __future__ import annotations

import copy
import enum
import json
import pickle
import smtplib
from typing import Any, NamedTuple

import pytest

from smtpreply import (
    Defect,
    EnhancedStatus,
    Reply,
    ReplyClass,
    ReplySubject,
    ReplySyntaxError,
    parse,
)
from smtpreply.reply.opening import opening_of

NO_USER = EnhancedStatus(5, 1, 1)


class Status(enum.IntEnum):
    """As aiosmtplib and others have it."""

    UNAVAILABLE = 550


FOLDED_GMAIL = (
    b"550-5.1.1 The email account that you tried to reach does not exist. "
    b"550-5.1.1 Please try double-checking the address. 550 5.1.1 q1-2002 - gsmtp"
)

SAMPLES = [
    Reply(250),
    Reply(250, ["Ok"]),
    Reply(550, ["No such user", "here"], NO_USER),
    Reply(571, ["refused"], defects=[Defect.SECOND_DIGIT]),
    parse(b"550 5.1.1 No such user\r\n"),
    parse(b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n"),
    parse(b"220-host ESMTP\r\n521 5.7.1 Service unavailable\r\n"),
    parse("550 邮箱不存在\r\n".encode("gbk")),
    parse("550 5.1.1 Empfänger unbekannt"),
    parse(FOLDED_GMAIL),
]


# --- what it is made of --------------------------------------------------------------------


def test_a_reply_is_built_of_code_lines_and_status() -> None:
    reply = Reply(550, ["No such user", "here"], NO_USER)
    assert reply.code == 550
    assert reply.lines == ("No such user", "here")
    assert reply.enhanced == NO_USER
    assert reply.statuses == (NO_USER, NO_USER)
    assert reply.textstrings == ("5.1.1 No such user", "5.1.1 here")
    assert reply.text == "No such user\nhere"
    assert reply.defects == ()


def test_a_reply_without_lines_has_one_empty_line() -> None:
    assert Reply(250).lines == ("",)
    assert Reply(250, []) == Reply(250, [""]) == parse(b"250\r\n")


def test_a_reply_with_a_status_alone_has_one_empty_line() -> None:
    reply = Reply(250, enhanced=EnhancedStatus(2, 0, 0))
    assert (reply.lines, reply.textstrings) == (("",), ("2.0.0",))


def test_an_empty_line_of_a_reply_with_a_status_carries_the_status_too() -> None:
    assert Reply(550, ["", "x"], NO_USER).textstrings == ("5.1.1", "5.1.1 x")


def test_lines_may_come_from_an_iterator() -> None:
    assert Reply(250, iter(["a", "b"])).lines == ("a", "b")


def test_one_string_is_no_list_of_lines() -> None:
    with pytest.raises(TypeError, match="iterable of lines"):
        Reply(250, "Ok")


@pytest.mark.parametrize("code", [199, 600, 0, -1, 25, 2500, 1000])
def test_a_code_outside_200_to_599_is_no_reply_code(code: int) -> None:
    with pytest.raises(ValueError, match="200 to 599"):
        Reply(code)


@pytest.mark.parametrize("code", ["250", 250.0, None, True, b"250"])
def test_a_code_is_a_number(code: Any) -> None:
    with pytest.raises(ValueError, match="200 to 599"):
        Reply(code)


@pytest.mark.parametrize("line", ["a\nb", "a\rb", "\r\n", "Ok\r\n"])
def test_a_line_holds_no_line_end(line: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        Reply(250, [line])


@pytest.mark.parametrize("text", ["a\nb", "\r\n", "Ok\r\n", "Ok\r"])
def test_a_textstring_holds_no_line_end(text: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        Reply.from_textstrings(250, [text])


def test_a_textstring_may_hold_the_cr_that_a_server_sent_inside_it() -> None:
    assert Reply.from_textstrings(250, ["a\rb"]) == parse(b"250 a\rb\r\n")


@pytest.mark.parametrize("code", [334, 354])
def test_an_intermediate_reply_carries_no_status(code: int) -> None:
    with pytest.raises(ValueError, match="carries no"):
        Reply(code, ["Go"], EnhancedStatus(2, 0, 0))


def test_a_greeting_of_several_lines_carries_no_status() -> None:
    with pytest.raises(ValueError, match="carries no"):
        Reply(220, ["a", "b"], EnhancedStatus(2, 0, 0))
    assert Reply(220, ["Ready to start TLS"], EnhancedStatus(2, 0, 0)).textstrings == (
        "2.0.0 Ready to start TLS",
    )


def test_from_textstrings_reads_the_status_from_the_text() -> None:
    reply = Reply.from_textstrings(550, ["5.1.1 No such user", "here"])
    assert reply.statuses == (NO_USER, None)
    assert reply.lines == ("No such user", "here")
    assert reply.defects == (Defect.STATUS_MISSING,)


def test_a_reply_has_at_least_one_textstring() -> None:
    with pytest.raises(ValueError, match="line"):
        Reply.from_textstrings(250, [])


def test_a_built_reply_keeps_the_defects_that_it_is_given_and_finds_its_own() -> None:
    reply = Reply(550, ["\x1b[31mred"], EnhancedStatus(4, 1, 1), [Defect.FOLDED, Defect.FOLDED])
    assert reply.defects == (Defect.FOLDED, Defect.CONTROL_CHARACTER, Defect.STATUS_CLASS)


@pytest.mark.parametrize("text", ["refused", "5.7.1 refused", ""])
def test_a_built_reply_has_the_defect_of_its_code_as_a_parsed_one_has(text: str) -> None:
    parsed = parse(f"571 {text}".rstrip() + "\r\n")
    assert parsed.defects == (Defect.SECOND_DIGIT,)
    assert Reply.from_textstrings(571, [text]).defects == parsed.defects
    assert Reply.from_response(571, text).defects == parsed.defects


# --- the code ------------------------------------------------------------------------------


def test_a_code_of_an_enum_is_kept_as_a_number() -> None:
    opening_of.cache_clear()
    for reply in (Reply.from_response(Status.UNAVAILABLE, "x"), Reply(550, ["x"])):
        assert type(reply.code) is int


@pytest.mark.parametrize("code", range(200, 600))
def test_every_code_has_class_subject_and_detail(code: int) -> None:
    reply = Reply(code)
    assert reply.reply_class == code // 100
    second = code // 10 % 10
    assert reply.subject == (ReplySubject(second) if second <= 5 else None)
    assert reply.detail == code % 10


def test_an_unknown_code_still_has_its_class_and_subject() -> None:
    # RFC 5321 4.2.1: a client must be able to act on the first digit alone.
    assert Reply(559).reply_class is ReplyClass.PERMANENT_NEGATIVE
    assert Reply(559).subject is ReplySubject.MAIL_SYSTEM
    assert Reply(599).reply_class is ReplyClass.PERMANENT_NEGATIVE
    assert Reply(573).subject is None


@pytest.mark.parametrize(
    ("code", "holds"),
    [
        (200, "is_positive"),
        (299, "is_positive"),
        (300, "is_intermediate"),
        (399, "is_intermediate"),
        (400, "is_transient"),
        (499, "is_transient"),
        (500, "is_permanent"),
        (599, "is_permanent"),
    ],
)
def test_exactly_one_of_the_four_answers_is_true(code: int, holds: str) -> None:
    names = ["is_positive", "is_intermediate", "is_transient", "is_permanent"]
    assert [name for name in names if getattr(Reply(code), name)] == [holds]


# --- how it compares -----------------------------------------------------------------------


def test_replies_are_equal_when_code_and_textstrings_are() -> None:
    assert parse(b"250 Ok\n") == parse("250 Ok") == Reply(250, ["Ok"])
    assert hash(parse(b"250 Ok\n")) == hash(Reply(250, ["Ok"]))
    assert Reply(250, ["Ok"]) != Reply(251, ["Ok"])
    assert Reply(250, ["Ok"]) != Reply(250, ["OK"])
    assert Reply(250, ["a", "b"]) != Reply(250, ["a b"])


def test_a_reply_does_not_equal_what_is_no_reply() -> None:
    assert Reply(250) != 250
    assert Reply(250) != (250, "")
    assert Reply(250) != b"250\r\n"
    assert Reply(250) != None  # noqa: E711


def test_replies_serve_in_sets_and_as_keys() -> None:
    assert {parse("250 Ok"), parse("250 Ok\r\n"), Reply(250, ["Ok"])} == {Reply(250, ["Ok"])}


@pytest.mark.parametrize("name", ["code", "lines", "enhanced", "defects", "textstrings", "other"])
def test_a_reply_never_changes(name: str) -> None:
    for reply in [Reply(250, ["Ok"]), parse(b"250 Ok\r\n")]:
        with pytest.raises(AttributeError):
            setattr(reply, name, 1)
        with pytest.raises(AttributeError):
            delattr(reply, name)


@pytest.mark.parametrize("reply", SAMPLES)
def test_a_reply_is_slotted_and_of_the_one_class(reply: Reply) -> None:
    assert type(reply) is Reply
    assert not hasattr(reply, "__dict__")


# --- how it is carried ---------------------------------------------------------------------


def fields(reply: Reply) -> tuple[object, ...]:
    names = ("code", "lines", "enhanced", "defects", "textstrings", "statuses", "raw")
    return tuple(getattr(reply, name) for name in names)


@pytest.mark.parametrize("reply", SAMPLES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_reply_pickles_with_every_field(reply: Reply, protocol: int) -> None:
    copied = pickle.loads(pickle.dumps(reply, protocol))
    assert copied == reply
    assert fields(copied) == fields(reply)


def test_a_reply_pickles_before_anyone_has_read_it() -> None:
    copied = pickle.loads(pickle.dumps(parse(b"550 5.1.1 No such user\r\n")))
    assert copied.enhanced == NO_USER


@pytest.mark.parametrize("reply", SAMPLES)
def test_a_reply_copies_with_every_field(reply: Reply) -> None:
    assert fields(copy.copy(reply)) == fields(reply)
    assert fields(copy.deepcopy(reply)) == fields(reply)


@pytest.mark.parametrize("reply", SAMPLES)
def test_a_reply_goes_through_json(reply: Reply) -> None:
    copied = Reply.from_dict(json.loads(json.dumps(reply.to_dict())))
    assert copied == reply
    assert copied.to_dict() == reply.to_dict()


def test_to_dict_names_what_people_look_for() -> None:
    assert parse(b"550-5.1.1 No such\n550 5.1.1 user\n").to_dict() == {
        "code": 550,
        "reply_class": "PERMANENT_NEGATIVE",
        "subject": "MAIL_SYSTEM",
        "enhanced": "5.1.1",
        "lines": ["No such", "user"],
        "textstrings": ["5.1.1 No such", "5.1.1 user"],
        "defects": ["bare-lf"],
    }


def test_to_dict_has_none_where_there_is_nothing() -> None:
    data = parse(b"571 refused\r\n").to_dict()
    assert data["subject"] is None
    assert data["enhanced"] is None


def test_from_dict_needs_code_and_textstrings_only() -> None:
    assert Reply.from_dict({"code": 250, "textstrings": ["Ok"]}) == Reply(250, ["Ok"])


@pytest.mark.parametrize(
    "data",
    [
        {"code": 650, "textstrings": ["Ok"]},
        {"code": "250", "textstrings": ["Ok"]},
        {"code": 250, "textstrings": ["a\nb"]},
        {"code": 250, "textstrings": []},
        {"code": 250, "textstrings": ["Ok"], "defects": ["no-such-defect"]},
    ],
)
def test_from_dict_refuses_what_no_reply_can_be(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Reply.from_dict(data)
    assert "unpack" not in str(caught.value)  # says what is wrong with the data, not with the code


@pytest.mark.parametrize("missing", ["code", "textstrings"])
def test_from_dict_names_the_key_that_is_missing(missing: str) -> None:
    data = Reply(250, ["Ok"]).to_dict()
    del data[missing]
    with pytest.raises(KeyError, match=missing):
        Reply.from_dict(data)


def test_a_reply_with_a_bare_cr_in_its_text_goes_through_a_dict() -> None:
    reply = parse(b"250 a\rb\r\n")
    assert Reply.from_dict(reply.to_dict()) == reply


@pytest.mark.parametrize("reply", SAMPLES)
def test_a_replacement_of_nothing_is_the_same_reply(reply: Reply) -> None:
    assert reply.__replace__() == reply


def test_a_replacement_of_nothing_keeps_which_lines_have_a_status() -> None:
    reply = parse(b"550-5.1.1 No such user\r\n550 here\r\n")
    assert reply.__replace__() == reply


def test_a_replacement_changes_what_it_is_told() -> None:
    reply = Reply(550, ["No such user"], NO_USER)
    assert reply.__replace__(code=450, enhanced=EnhancedStatus(4, 1, 1)) == parse(
        "450 4.1.1 No such user"
    )
    assert reply.__replace__(lines=["Nobody"]).textstrings == ("5.1.1 Nobody",)
    assert reply.__replace__(enhanced=None).textstrings == ("No such user",)


def test_a_replacement_checks_as_building_does() -> None:
    with pytest.raises(ValueError, match="200 to 599"):
        Reply(250).__replace__(code=650)


# --- how it is shown -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"250 Ok\r\n", b"250 Ok\r\n"),
        (b"250 Ok", b"250 Ok\r\n"),
        (b"250-a\n250 b\n", b"250-a\r\n250 b\r\n"),
        (b"250\n", b"250\r\n"),
        (b"250 \r\n", b"250\r\n"),
        (b"250-\r\n250-\r\n250 \r\n", b"250-\r\n250-\r\n250\r\n"),
        (b"250-a\r\n", b"250 a\r\n"),
        (b" 250:ok\r\n", b"250 ok\r\n"),
        (b"250-a\r\n550 b\r\n", b"550-a\r\n550 b\r\n"),
        (b"550 \xd3\xca\xcf\xe4\n", b"550 \xd3\xca\xcf\xe4\r\n"),
        (b"550 #5.1.0 Address rejected.\r\n", b"550 #5.1.0 Address rejected.\r\n"),
        (
            FOLDED_GMAIL,
            b"550-5.1.1 The email account that you tried to reach does not exist.\r\n"
            b"550-5.1.1 Please try double-checking the address.\r\n"
            b"550 5.1.1 q1-2002 - gsmtp\r\n",
        ),
    ],
)
def test_bytes_give_the_canonical_form_on_the_wire(raw: bytes, canonical: bytes) -> None:
    reply = parse(raw)
    assert bytes(reply) == canonical
    assert parse(canonical) == reply


def test_raw_gives_the_octets_as_they_were_received() -> None:
    raw = b"\r\n 250-a\n250:b\xff"
    assert parse(raw).raw == raw
    assert parse(raw.decode("utf-8", "surrogateescape")).raw == raw


def test_str_shows_the_lines_as_they_are_on_the_wire() -> None:
    assert str(parse(b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n")) == (
        "550-5.1.1 No such user\n550 5.1.1 here"
    )
    assert str(Reply(250)) == "250"
    assert str(Reply(250, ["", ""])) == "250-\n250"


def test_str_shows_control_characters_escaped() -> None:
    reply = parse(b"550 \x1b]0;pwned\x07\x1b[2J caf\xe9 \xc2\x9b31m\r\n")
    assert str(reply) == r"550 \x1b]0;pwned\x07\x1b[2J caf\xe9 \x9b31m"


def test_str_shows_text_that_people_write_as_it_is() -> None:
    assert str(parse("550 5.1.1 宛先が見つかりません")) == "550 5.1.1 宛先が見つかりません"


@pytest.mark.parametrize("reply", SAMPLES)
def test_str_and_repr_are_safe_for_a_terminal(reply: Reply) -> None:
    assert str(reply).replace("\n", "").isprintable()
    assert repr(reply).isprintable()


def test_repr_names_code_lines_status_and_defects() -> None:
    assert repr(Reply(250)) == "Reply(250, lines=('',))"
    assert repr(parse(b"550-5.1.1 a\n550 5.1.1 b\n")) == (
        "Reply(550, lines=('a', 'b'), enhanced='5.1.1', defects=(BARE_LF))"
    )


# --- bridges -------------------------------------------------------------------------------


class Response(NamedTuple):
    """In the form of aiosmtplib's and smtpproto's SMTPResponse."""

    code: int
    message: str


def test_from_response_takes_the_tuple_of_smtplib() -> None:
    code, message = (550, b"5.1.1 No such user\n5.1.1 here")
    reply = Reply.from_response(code, message)
    assert reply == parse(b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n")
    assert reply.defects == ()


def test_from_response_takes_an_exception_of_smtplib() -> None:
    error = smtplib.SMTPDataError(554, b"5.7.1 Spam message rejected")
    assert isinstance(error.smtp_error, bytes)
    reply = Reply.from_response(error.smtp_code, error.smtp_error)
    assert (reply.enhanced, reply.text) == (EnhancedStatus(5, 7, 1), "Spam message rejected")


def test_from_response_takes_the_refused_recipients_of_smtplib() -> None:
    error = smtplib.SMTPRecipientsRefused({"bob@example.org": (550, b"5.1.1 No such user")})
    replies = {
        address: Reply.from_response(*answer) for address, answer in error.recipients.items()
    }
    assert replies == {"bob@example.org": Reply(550, ["No such user"], NO_USER)}


def test_from_response_takes_code_and_message_of_aiosmtplib() -> None:
    response = Response(250, "mx.example.com\nSIZE 1000\nHELP")
    assert Reply.from_response(*response).lines == ("mx.example.com", "SIZE 1000", "HELP")


@pytest.mark.parametrize(
    "message", ["a\nb", b"a\nb", "a\r\nb", b"a\r\nb", ["a", "b"], [b"a", b"b"]]
)
def test_from_response_takes_the_lines_in_any_form(
    message: str | bytes | list[str | bytes],
) -> None:
    assert Reply.from_response(250, message) == Reply(250, ["a", "b"])


def test_from_response_takes_an_empty_message() -> None:
    # smtplib gives (334, b"") for a bare 334, as Yandex sends it.
    assert Reply.from_response(334, b"") == Reply.from_response(334) == parse(b"334\r\n")


def test_from_response_keeps_octets_that_are_not_utf8() -> None:
    reply = Reply.from_response(550, "邮箱不存在".encode("gbk"))
    assert bytes(reply) == b"550 " + "邮箱不存在".encode("gbk") + b"\r\n"
    assert reply.defects == (Defect.NOT_UTF8,)


@pytest.mark.parametrize("code", [-1, 0, 25, 199, 600, 2500])
def test_from_response_refuses_what_is_no_reply_code(code: int) -> None:
    # smtplib says -1 for a line that it could not read.
    with pytest.raises(ReplySyntaxError, match="no reply code") as caught:
        Reply.from_response(code, b"Hello \xff")
    assert caught.value.text == "Hello \udcff"


def test_the_text_is_there_without_the_status_and_as_it_was_sent() -> None:
    reply = parse(b"550-5.1.1 No such user\r\n550 5.1.1 here\r\n")
    assert reply.text == "No such user\nhere"
    assert "\n".join(reply.textstrings) == "5.1.1 No such user\n5.1.1 here"
