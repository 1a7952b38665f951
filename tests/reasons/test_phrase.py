"""Phrases: what they hold, and where they are found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.reasons.phrase import GAPS, Phrase, PhraseError


def chunks(phrase: str) -> list[tuple[str, ...]]:
    return [variant.chunks for variant in Phrase(phrase).variants]


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
        ("the of", "at least one whole word"),
        ("suspend*", "at least one whole word"),
        (
            "user (not|is) unknown",
            "'is' in 'user (not|is) unknown' has no words, so it always matches",
        ),
        ("(a|b)" * 12 + " x", "more than 1000 variants"),
    ],
)
def test_phrases_that_cannot_be_read(phrase: str, message: str) -> None:
    with pytest.raises(PhraseError, match=re.escape(message)):
        Phrase(phrase)


def test_a_stem_alone_will_do_where_nothing_is_found_by_it() -> None:
    assert [variant.chunks for variant in Phrase("greylist*", findable=False).variants] == [
        (" greylist",)
    ]


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
    (variant,) = Phrase(phrase).variants
    assert (variant.spans(text) is not None) is found
    assert (variant.head in text and (variant.is_whole or variant.follows(text))) is found


@given(
    st.lists(st.sampled_from("xyza"), max_size=40), st.sampled_from(["x ~ y", "x * y", "x ~ y ~ z"])
)
def test_both_ways_to_look_agree_with_a_regular_expression(words: list[str], phrase: str) -> None:
    """Whether a phrase is found does not depend on which way one looks."""
    text = f" {' '.join(words)} "
    (variant,) = Phrase(phrase).variants
    gap = {"~": "(?:[a-z] ){0,3}", "*": "(?:[a-z] ){0,8}"}
    pattern = " " + "".join(gap.get(part, f"{part} ") for part in phrase.split())
    expected = re.search(pattern, text) is not None
    assert (variant.spans(text) is not None) == expected
    assert (variant.head in text and variant.follows(text)) == expected


PHRASES = st.lists(
    st.sampled_from(
        [
            "user",
            "(mailbox|account)",
            "[really]",
            "post*",
            "*",
            "~",
            "(a|b c)",
            "(a|d)",
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


@given(PHRASES)
def test_every_way_has_a_word_of_every_key(phrase: str) -> None:
    """A text that holds the phrase has one word of each tuple of a key: so it is found by it."""
    try:
        read = Phrase(phrase)
    except PhraseError:
        return
    for key in read.keys:
        alternatives = {word for words in key for word in words}
        for variant in read.variants:
            assert alternatives & set(variant.words)
    assert {word for variant in read.variants for word in variant.words} == read.words
    stems = {stem for variant in read.variants for stem in variant.stems}
    assert stems == read.stems


@given(PHRASES)
def test_the_variants_with_a_word_are_those_of_all_that_have_it(phrase: str) -> None:
    """Expanding the variants with one word gives what all variants have of them, in their order."""
    try:
        read = Phrase(phrase)
    except PhraseError:
        return
    for word in read.words:
        found = sorted(read.variants_with(word), key=lambda pair: pair[0])
        each_once = dict.fromkeys((variant.chunks, variant.gaps) for _, variant in found)
        having = [variant for variant in read.variants if word in variant.words]
        assert list(each_once) == [(variant.chunks, variant.gaps) for variant in having]
