"""The reply in a text, whoever wrote it down."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.reasons.extract import _SENDER, _STAGE, _STAGES, extract_from


@pytest.mark.parametrize(
    ("text", "code", "status", "stage"),
    [
        ("550 5.1.1 No such user", 550, "5.1.1", None),
        ("smtp; 550 5.1.1 No such user", 550, "5.1.1", None),
        ("smtp;550-5.1.1 No such user", 550, "5.1.1", None),
        (
            "host mx.example.com[192.0.2.1] said: 450 4.2.0 Later (in reply to RCPT TO command)",
            450,
            "4.2.0",
            "RCPT",
        ),
        (
            "SMTP error from remote mail server after RCPT TO:<a@example.com>: 550 No",
            550,
            None,
            "RCPT",
        ),
        (
            "SMTP error from remote mail server after end of data: 554 5.7.1 Spam",
            554,
            "5.7.1",
            "end of data",
        ),
        ("host x[192.0.2.1] refused to talk to me: 421 Busy", 421, None, "connect"),
        ("did not like our RCPT TO:552 5.2.2 <a@example.com>: Full", 552, "5.2.2", "RCPT"),
        ("<<< 550 User unknown", 550, None, None),
        ("(550, b'5.1.1 x')", 550, "5.1.1", None),
        ("Remote host said: 550 sorry, no mailbox here (#5.1.1)", 550, "5.1.1", None),
        ("Connection timed out", None, None, None),
        ("5.1.1 (bad destination mailbox address)", None, "5.1.1", None),
        ("Your limit of 500 messages is reached", None, None, None),
        ("from 5.1.1.4 to 192.0.2.1", None, None, None),
        ("250 2.0.0 Ok: queued", 250, "2.0.0", None),
    ],
)
def test_code_status_and_stage(
    text: str, code: int | None, status: str | None, stage: str | None
) -> None:
    extract = extract_from(text)
    assert extract.code == code
    assert (extract.status and str(extract.status)) == status
    assert extract.stage == stage


def test_codes_of_further_lines_do_not_part_the_words() -> None:
    extract = extract_from("550-5.1.1 The account does not\n550 5.1.1 exist here")
    assert "not           exist" in " ".join(extract.sentence.split("\n"))
    assert len(extract.sentence) == len(extract.text)


def test_what_stands_around_a_reply_is_its_frame() -> None:
    extract = extract_from("rejected by a host that said: 550 User unknown")
    assert extract.sentence.strip() == "550 User unknown"
    assert extract.frame == extract.text


@given(st.from_regex(re.compile(_STAGE.pattern.pattern, _STAGE.pattern.flags)))
def test_a_stage_is_told_in_all_of_its_words(text: str) -> None:
    """The substrings that are sought first stand in all that the pattern finds."""
    found = _STAGE.pattern.search(text)
    assert found is not None
    assert found.lastindex is not None
    assert extract_from(text).stage is _STAGES[found.lastindex - 1][0]


@given(st.from_regex(re.compile(_SENDER.pattern.pattern, _SENDER.pattern.flags)))
def test_a_sender_is_named_in_all_of_its_words(text: str) -> None:
    assert _SENDER.search(text) is not None


@given(st.text(st.characters(codec=None), max_size=200) | st.binary(max_size=200))
def test_any_text_can_be_read(text: str | bytes) -> None:
    """Whatever comes in, something comes out, at the same places."""
    extract = extract_from(text)
    assert len(extract.sentence) == len(extract.text)
