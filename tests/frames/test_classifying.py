"""A column is classified as each of its texts is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.corpus import corpus
from smtpreply import classify
from smtpreply.frames._classify import classified, verdict_row
from smtpreply.frames._schema import CLASSIFIED
from smtpreply.reasons import Classifier, rules_in
from smtpreply.reasons.lexicon import table
from smtpreply.reasons.phrase import Phrase
from smtpreply.testing import damaged_replies, replies

_PIECES = st.sampled_from(
    [
        *(
            "250 ",
            "250-",
            "354 ",
            "550 ",
            "451 4.7.1 ",
            "250 2.0.0 ",
            "250 5.1.1 ",
            "250 2.0.0",
            "2500",
        ),
        *(
            "250 2.0.0.1 ",
            "250.",
            "550 5.1.1 ",
            "said: ",
            "\n",
            " ",
            "(550 ",
            "host mx.example.com[192.0.2.1] ",
        ),
        *(
            "Greylisted, ",
            "try again in ",
            "wait ",
            "5 minutes",
            "an hour",
            "00:04:59",
            "300s",
            "one_day",
            "A min",
        ),
        *(
            "gsmtp",
            "mx1.hotmail.com ",
            "MX.Google.COM ",
            "blocked using zen.spamhaus.org",
            "192.0.2.9 ",
        ),
        *(
            "User unknown",
            "Mailbox full",
            "é",
            "\u212a",
            "неизвестный",
            "через 5 минут",
            "\x1c",
            ".\x1c",
        ),
    ]
)
_texts = (
    st.lists(_PIECES, max_size=8).map("".join)
    | st.sampled_from([reply.decode() for reply in corpus(500)])
    | st.text(max_size=30)
)
_octets = damaged_replies() | replies().map(bytes) | st.binary(max_size=30)


def rows_of(column: pl.Series) -> list[tuple[object, ...] | None]:
    # A frame's rows keep a struct as a dict, whose values stand in the order of its fields.
    return [None if row is None else tuple(row.values()) for row in column.to_list()]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | _texts, max_size=10))
@example(["451 Greylisted, wait 5min", "250 2.0.0 Ok 550 5.1.1 x", "250 Ok 550 5.7.1 x"])
@example([r"250 ok\r\n550 5.1.1 no such user", "250 ok#015#012550 x", r"550-a\r\ngoogle\r\n550 b"])
@example(
    ["250 ok<br>550 no such user", "250 ok^M550 5.7.1 x", "250 ok%0D%0A550 x", "250 a&#10;550 b"]
)
def test_a_column_of_texts_is_classified_as_each_is(values: list[str | None]) -> None:
    """Whatever text stands in a column, each field of each verdict is what `classify` gives."""
    column = classified(pl.Series("reply", values, dtype=pl.String))
    assert column.dtype == CLASSIFIED
    assert rows_of(column) == [v if v is None else verdict_row(classify(v)) for v in values]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | _octets | _texts.map(str.encode), max_size=10))
def test_a_column_of_octets_is_classified_as_each_is(values: list[bytes | None]) -> None:
    """Whatever octets stand in a column, each field of each verdict is what `classify` gives."""
    column = classified(pl.Series("reply", values, dtype=pl.Binary))
    assert rows_of(column) == [v if v is None else verdict_row(classify(v)) for v in values]


def test_the_corpus_is_classified_alike() -> None:
    values = [reply.decode() for reply in corpus(2000)]
    assert rows_of(classified(pl.Series(values))) == [verdict_row(classify(v)) for v in values]


@pytest.mark.parametrize("name", ["providers", "blocklists"])
def test_what_is_named_is_found_in_all_of_its_wordings(name: str) -> None:
    """The words that are sought first stand in all texts that the indexes know."""
    rows = table(name).values()
    phrases = [Phrase(text) for row in rows for text in row.get("words", ())]
    texts = [f"550 {' '.join(way.words).upper()}" for phrase in phrases for way in phrase.variants]
    assert len(texts) > len(phrases) > 100
    assert rows_of(classified(pl.Series(texts))) == [verdict_row(classify(text)) for text in texts]


def test_each_text_is_classified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = Classifier.classify

    def counted(self: Classifier, text: str) -> object:
        asked.append(text)
        return ask(self, text)

    monkeypatch.setattr(Classifier, "classify", counted)
    classified(pl.Series(["550 User unknown", "550 Mailbox full", None] * 50 + ["250 Ok: queued"]))
    assert sorted(asked) == ["250 Ok", "550 Mailbox full", "550 User unknown"]


def test_a_classifier_of_your_own_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[own-attic]\nreason = "mailbox_full"\nwords = ["attic is full"]\n'
        'catches = ["552 The attic is full"]\nseen = "a house"\n'
    )
    column = classified(pl.Series(["552 The attic is full"]), Classifier(rules_in(path)))
    assert column.struct.field("rule").to_list() == ["own-attic"]


def test_a_verdict_is_in_the_types_of_polars() -> None:
    column = classified(pl.Series(["451 4.7.1 Greylisted for 300 seconds", None]))
    assert column.null_count() == 1
    assert column.struct.field("retry_after").to_list() == [dt.timedelta(minutes=5), None]
    assert isinstance(column.struct.field("reason").dtype, pl.Enum)


def test_no_rows_are_no_verdicts() -> None:
    assert classified(pl.Series([], dtype=pl.String)).to_list() == []
    assert classified(pl.Series([None, None])).to_list() == [None, None]
