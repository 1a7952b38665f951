"""Text of strangers is shown so that it can do nothing to a log or a terminal."""

from __future__ import annotations

import pytest

from smtpreply._support.escape import EXCERPT_LENGTH, escape, excerpt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "250 2.0.0 Ok: queued as 4F2C1",
        "Empfänger unbekannt",
        "宛先が見つかりません",
        "a 'b' \"c\" \\d",
    ],
)
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("\x9b31mred", r"\x9b31mred"),  # CSI in one character, as ESC [ is in two
        ("bell\x07", r"bell\x07"),
        ("nul\0", r"nul\x00"),
        ("rub\x7fout", r"rub\x7fout"),
        ("a\tb", r"a\tb"),
        ("a\r\nb", r"a\r\nb"),
        ("no\u00a0break", r"no\xa0break"),
        ("line\u2028end", r"line\u2028end"),
        ("\u202efdp.exe", r"\u202efdp.exe"),  # turns the direction of what follows
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\ufeffmark", r"\ufeffmark"),
        ("\ue000private", r"\ue000private"),
        ("\U000e0041tag", r"\U000e0041tag"),
    ],
)
def test_what_is_not_printable_shows_as_an_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_an_octet_that_is_not_utf8_shows_as_that_octet() -> None:
    text = b"Empf\xe4nger".decode("utf-8", "surrogateescape")
    assert escape(text) == r"Empf\xe4nger"


def test_a_surrogate_that_stands_for_no_octet_shows_as_an_escape() -> None:
    assert escape("\ud800 \udc7f \udd00") == r"\ud800 \udc7f \udd00"


def test_what_was_escaped_is_printable_whatever_the_character() -> None:
    for code_point in range(0x110000):
        shown = escape(chr(code_point))
        assert shown.isprintable(), f"U+{code_point:04X}"


def test_a_short_text_is_its_own_excerpt() -> None:
    assert excerpt("550 No") == "550 No"
    assert excerpt("x" * EXCERPT_LENGTH) == "x" * EXCERPT_LENGTH


def test_a_long_text_is_cut_and_says_so() -> None:
    assert excerpt("x" * (EXCERPT_LENGTH + 1)) == "x" * EXCERPT_LENGTH + "..."


def test_an_excerpt_is_cut_before_it_is_escaped() -> None:
    assert excerpt("\x1b\x1b\x1b", length=2) == r"\x1b\x1b..."
