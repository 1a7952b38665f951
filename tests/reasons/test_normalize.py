"""Text as the rules see it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.reasons.normalize import LONGEST, placed_words, words_of

ANY_TEXT = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("User_unknown", ["user", "unknown"]),
        ("The mailbox is full.", ["mailbox", "full"]),
        ("doesn't exist", ["not", "exist"]),
        ("messages were rejected", ["mail", "reject"]),
        ("<bob@example.com>: Recipient", ["recipient"]),
        ("RCPT TO:<spam@example.com> spam", ["recipient", "spam"]),
        ("ip [192.0.2.1] 550 5.7.1 blocked", ["ip", "block"]),
        ("S3140 and 8bit", ["s3140", "8bit"]),
        ("Boîte pleine", ["boite", "pleine"]),
        ("邮箱满 full", ["邮", "箱", "满", "full"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


@given(ANY_TEXT)
def test_placed_words_are_the_same_words(text: str) -> None:
    """The words with their places are the words, where letters keep their length in small."""
    if len(text.lower()) == len(text):
        assert tuple(word for word, _, _ in placed_words(text)) == words_of(text)


@given(ANY_TEXT)
def test_places_are_in_the_text_and_in_order(text: str) -> None:
    """Each word stands where it is said to, behind the one before it."""
    at = 0
    for _, start, end in placed_words(text):
        assert at <= start < end <= len(text)
        at = end


def test_no_more_is_read_than_the_bound() -> None:
    assert "tail" not in words_of("x " * LONGEST + "tail")
