"""Phrases: what they hold, and where they are found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.reasons.phrase import GAPS, Phrase, PhraseError


def chunks(phrase: str) -> list[tuple[str, ...]]:
    return [wanted.chunks for wanted in Phrase(phrase).ways]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("no such user", [(" no such user ",)]),
        ("(user|mailbox) unknown", [(" user unknown ",), (" mailbox unknown ",)]),
        ("user [really] unknown", [(" user really unknown ",), (" user unknown ",)]),
        ("(a(b|c)|d) x", [(" ab x ",), (" ac x ",), (" d x ",)]),
        ("user * unknown", [(" user ", " unknown ")]),
        ("postf* voll", [(" postf", " voll ")]),
        ("收件人", [(" 收 件 人 ",)]),
        ("message[s] rejected", [(" mail reject ",)]),
    ],
)
def test_ways_to_say_a_phrase(phrase: str, expected: list[tuple[str, ...]]) -> None:
    assert chunks(phrase) == expected


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("(user|mailbox unknown", "'(' is not closed"),
        ("user] unknown", "']' stands alone"),
        ("the of", "no whole word"),
        ("suspend*", "no whole word"),
        ("user (not|is) unknown", "'is' is silent"),
        ("(a|b)" * 12 + " x", "more than 1000 ways"),
    ],
)
def test_phrases_that_cannot_be_read(phrase: str, message: str) -> None:
    with pytest.raises(PhraseError, match=re.escape(message)):
        Phrase(phrase)


def test_a_stem_alone_will_do_where_nothing_is_found_by_it() -> None:
    assert [way.chunks for way in Phrase("greylist*", findable=False).ways] == [(" greylist",)]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("x * y", " x y ", True),
        ("x * y", f" x {'a ' * GAPS['*']}y ", True),
        ("x * y", f" x {'a ' * (GAPS['*'] + 1)}y ", False),
        ("x ~ y", f" x {'a ' * GAPS['~']}y ", True),
        ("x ~ y", f" x {'a ' * (GAPS['~'] + 1)}y ", False),
        ("x * y", f" x {'a ' * 20}x a y ", True),
        ("x * y", " y x ", False),
        ("x * y * z", " x a y b z ", True),
        ("x * y * z", " x a z b y ", False),
        ("post* voll", " postfach voll ", True),
        ("post* voll", " postfach x voll ", False),
        ("post* * voll", " postfach x voll ", True),
        ("x * x", " x ", False),
    ],
)
def test_gaps_and_stems(phrase: str, text: str, found: bool) -> None:
    (wanted,) = Phrase(phrase).ways
    assert (wanted.spans(text) is not None) is found
    assert (wanted.head in text and (wanted.is_whole or wanted.follows(text))) is found


@given(
    st.lists(st.sampled_from("xyza"), max_size=40), st.sampled_from(["x ~ y", "x * y", "x ~ y ~ z"])
)
def test_both_ways_to_look_agree_with_a_regular_expression(words: list[str], phrase: str) -> None:
    """Whether a phrase is found does not depend on which way one looks."""
    text = f" {' '.join(words)} "
    (wanted,) = Phrase(phrase).ways
    gap = {"~": "(?:[a-z] ){0,3}", "*": "(?:[a-z] ){0,8}"}
    pattern = " " + "".join(gap.get(part, f"{part} ") for part in phrase.split())
    expected = re.search(pattern, text) is not None
    assert (wanted.spans(text) is not None) == expected
    assert (wanted.head in text and wanted.follows(text)) == expected


@given(
    st.lists(
        st.sampled_from(
            [
                "user",
                "(mailbox|account)",
                "[really]",
                "post*",
                "*",
                "~",
                "(a|b c)",
                "refuse[d]",
                "x(y|z)",
                "收件[人]",
                "kop(ie|pel)*",
                "(ab|cd)ef*",
            ]
        ),
        min_size=1,
        max_size=5,
    ).map(" ".join)
)
def test_every_way_has_a_word_of_every_key(phrase: str) -> None:
    """A text that holds the phrase has one word of each tuple of a key: so it is found by it."""
    try:
        read = Phrase(phrase)
    except PhraseError:
        return
    for key in read.keys:
        alternatives = {word for words in key for word in words}
        for way in read.ways:
            assert alternatives & set(way.words)
    assert {word for way in read.ways for word in way.words} <= read.words
    stems = {stem for way in read.ways for stem in way.stems}
    assert stems == read.stems
