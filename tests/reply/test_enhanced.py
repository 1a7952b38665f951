"""The place of the enhanced status in a text, and texts without one."""

from __future__ import annotations

import pytest

from smtpreply import Defect, EnhancedStatus, parse
from smtpreply.reply.enhanced import KNOWN_STATUSES, may_have_status, split_status, statuses_of


def status(text: str) -> EnhancedStatus:
    return EnhancedStatus.parse(text)


@pytest.mark.parametrize(
    ("text", "code", "found", "rest"),
    [
        ("5.1.1 No such user", 550, "5.1.1", "No such user"),
        ("5.1.1", 550, "5.1.1", ""),
        ("5.1.1 ", 550, "5.1.1", ""),
        ("5.1.1  two spaces after", 550, "5.1.1", " two spaces after"),
        ("5.1.1\ttab", 550, "5.1.1", "tab"),
        ("4.7.650 The mail server", 451, "4.7.650", "The mail server"),
        ("5.7.509 Access denied", 550, "5.7.509", "Access denied"),
        ("4.1.1 another class", 550, "4.1.1", "another class"),
        ("2.0.0 Ready to start TLS", 220, "2.0.0", "Ready to start TLS"),
        ("2.7.0 Authentication successful", 235, "2.7.0", "Authentication successful"),
    ],
)
def test_a_status_at_the_start_is_in_due_form(text: str, code: int, found: str, rest: str) -> None:
    assert split_status(text, code) == (status(found), rest, None)


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("#5.1.0 Address rejected.", "5.1.0", "Address rejected."),  # Cisco
        ("5.1.1: user unknown", "5.1.1", "user unknown"),
        ("5.1.1; user unknown", "5.1.1", "user unknown"),
        ("5.1.1, user unknown", "5.1.1", "user unknown"),
        ("5.1.1:user unknown", "5.1.1", "user unknown"),
        ("5.1.1:", "5.1.1", ""),
        (" 5.1.1 two spaces before", "5.1.1", "two spaces before"),
        ("\t5.1.1 a tab before", "5.1.1", "a tab before"),
        ("[5.1.1] in brackets", "5.1.1", "in brackets"),
        ("(5.1.1) in parentheses", "5.1.1", "in parentheses"),
        ("(#5.1.1) both", "5.1.1", "both"),
        ("5.1.1<bob@example.org>: no", "5.1.1", "<bob@example.org>: no"),
        ("5.1.1(no)", "5.1.1", "(no)"),
        (
            "sorry, no mailbox here by that name. (#5.1.1)",
            "5.1.1",
            "sorry, no mailbox here by that name.",
        ),
        ("sorry [5.7.1]", "5.7.1", "sorry"),
        ("sorry [#5.7.1] ", "5.7.1", "sorry"),
    ],
)
def test_a_status_in_another_form_is_a_defect(text: str, found: str, rest: str) -> None:
    assert split_status(text, 550) == (status(found), rest, Defect.STATUS_FORM)


@pytest.mark.parametrize("text", ["#4.1.1 no", "4.1.1: no", "[4.1.1] no", "no (#4.1.1)"])
def test_a_status_in_another_form_and_of_another_class_is_none(text: str) -> None:
    found, rest, _ = split_status(text, 550)
    assert (found, rest) == (None, text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1 is listed",
        "2.0.0.1 is listed",
        "4.16.55.1 is listed",
        "5.6.7.8",
        "5.6.7.8: listed",
        "[5.6.7.8] listed",
        "listed: (5.6.7.8)",
        "listed: [5.6.7.8]",
        "listed: 5.6.7.8",
    ],
)
@pytest.mark.parametrize("code", [250, 450, 550])
def test_an_ip_address_is_no_status(text: str, code: int) -> None:
    assert split_status(text, code) == (None, text, None)


@pytest.mark.parametrize(
    "text",
    [
        "5.01.1 x",
        "5.1.01 x",
        "5.00.0 x",
        "5.7.1234 x",
        "5.1000.1 x",
        "5.1.0001: x",
        "#5.1.01 x",
        "5.1.01",
    ],
)
def test_leading_zeros_and_a_fourth_digit_make_it_no_status_and_a_defect(text: str) -> None:
    assert split_status(text, 550) == (None, text, Defect.STATUS_NUMBER)


@pytest.mark.parametrize(
    "text",
    [
        "3.1.1 x",
        "0.1.1 x",
        "5.1 x",
        "5.1.x",
        "5.1.1x",
        "5.1.1-x",
        "x 5.1.1 y",
        "5 .1.1 x",
        "５.1.1 x",
        "",
    ],
)
def test_what_only_resembles_a_status_is_text(text: str) -> None:
    assert split_status(text, 550) == (None, text, None)


@pytest.mark.parametrize("text", ["2.0.0 Go", "5.7.1 Go", "#5.7.1 Go", "Go (#5.7.1)"])
def test_an_intermediate_reply_has_no_status(text: str) -> None:
    # RFC 2034 4: 2yz, 4yz and 5yz replies carry one.
    assert split_status(text, 334) == (None, text, None)
    assert split_status(text, 354) == (None, text, None)


@pytest.mark.parametrize(
    "text", ["mx.example.com ESMTP Exim (4.9.6)", "5.7.1 ESMTP", "#2.0.0 ESMTP", "mx [2.0.0]"]
)
def test_a_banner_has_no_status(text: str) -> None:
    assert split_status(text, 220) == (None, text, None)


def test_a_banner_of_several_lines_has_no_status() -> None:
    found = statuses_of(["2.0.0 mx.example.com", "2.0.0 ESMTP"], 220)
    assert found == [(None, "2.0.0 mx.example.com", None), (None, "2.0.0 ESMTP", None)]


def test_no_status_is_read_from_an_ehlo_reply() -> None:
    reply = parse(
        b"250-mx.example.com Hello client.example [192.0.2.7]\r\n"
        b"250-SIZE 52428800\r\n250-X-VERSION 5.1.1\r\n250-AUTH PLAIN\r\n250 HELP\r\n"
    )
    assert reply.enhanced is None
    assert reply.statuses == (None,) * 5
    assert reply.defects == ()


def test_the_status_is_kept_for_each_line() -> None:
    reply = parse(b"550-5.7.1 a\r\n550-b\r\n550 5.7.26 c\r\n")
    assert reply.statuses == (status("5.7.1"), None, status("5.7.26"))
    assert reply.enhanced == status("5.7.1")
    assert reply.lines == ("a", "b", "c")
    assert reply.defects == (Defect.STATUS_MISSING, Defect.STATUS_CHANGE)


def test_the_first_line_that_carries_a_status_counts() -> None:
    reply = parse(b"550-no\r\n550 5.1.1 user\r\n")
    assert reply.enhanced == status("5.1.1")
    assert reply.defects == (Defect.STATUS_MISSING,)


@pytest.mark.parametrize("code", [250, 450, 550])
@pytest.mark.parametrize(
    "text",
    [
        "5.1.1",
        "#5.1.1 a",
        "a (#5.1.1)",
        " 5.1.1 a",
        "\t5.1.1 a",
        "a (#5.1.1)\t",
        "[5.1.1] a",
        "5.01.1",
    ],
)
def test_the_cheap_look_never_misses_what_the_full_look_finds(text: str, code: int) -> None:
    found, _, defect = split_status(text, code)
    assert may_have_status(text) or (found is None and defect is None)


def test_the_cheap_look_says_no_to_most_texts() -> None:
    assert not may_have_status("Ok: queued as 4F2C1")
    assert not may_have_status("")


def test_a_hostile_server_cannot_fill_the_memory_with_statuses() -> None:
    for subject in range(100):
        for detail in range(100):
            parse(b"550 5.%d.%d x\r\n" % (subject, detail)).enhanced  # noqa: B018
    assert len(KNOWN_STATUSES) <= 4096
    assert parse(b"550 5.998.997 x\r\n").enhanced == status("5.998.997")


def test_a_status_at_the_end_is_found_where_the_text_begins_with_a_number() -> None:
    reply = parse("451 203.0.113.7 is greylisted (#4.7.1)")
    assert str(reply.enhanced) == "4.7.1"
    assert reply.lines == ("203.0.113.7 is greylisted",)
