"""One truth, two speeds: a column's answers are the scalar parser's, field by field."""

from __future__ import annotations

import random
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchmarks.corpus import corpus
from smtpreply.frames._parse import FIELDS, parsed, parsed_columns
from smtpreply.frames._scalar import parsed_frame
from smtpreply.testing import damaged_replies, replies, streams, wire_replies

# What meets at the edges of the patterns: heads, statuses in and out of form, line ends.
_PIECES = st.sampled_from(
    [
        *("250 ", "250-", "550 ", "550-", "220 ", "354 ", "571 ", "199 ", "600 ", "25"),
        *("5.1.1 ", "5.1.1", "2.0.0 ", "4.7.650 ", "5.01.1 ", "5.1.1234 ", "5.1.1\t"),
        *(
            "#5.1.0 ",
            "(#5.1.1)",
            " [5.1.1]",
            "(4.0.0)  ",
            "5.1.1: ",
            "5.1.1<",
            "x",
            "No such user",
            " ",
            "\t",
        ),
        *("\r\n", "\n", "\r", "\r\r\n", "é", "\x85", "\0", "\x1b", "\x7f", "\ufeff", "\U0001f4ec"),
        *(" 550 5.1.1 ", "\n550 ", "\r\n550-5.1.1 "),
    ]
)
_composed = st.lists(_PIECES, max_size=9).map("".join).map(str.encode)
_in_form = st.builds(
    lambda code, texts, end, last: (
        "".join(f"{code}-{text}{end}" for text in texts[:-1]) + f"{code} {texts[-1]}{last}"
    ).encode(),
    st.sampled_from((220, 250, 354, 450, 550, 571)),
    st.lists(
        st.sampled_from(
            ("", "5.1.1 a", "5.1.1 b", "4.2.2 c", "2.0.0 d", "plain", "(x) y", "5.1.1")
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(("\r\n", "\n")),
    st.sampled_from(("\r\n", "\n", "")),
)
_folded = st.builds(
    lambda octets: octets.replace(b"\r\n", b" "), replies().map(bytes) | _in_form | wire_replies()
)
_texts = (
    damaged_replies()
    | wire_replies()
    | replies().map(bytes)
    | streams().map(lambda stream: stream.octets)
    | _composed
    | _in_form
    | _folded
    | st.binary(max_size=40)
    | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))
)
_columns = st.lists(st.none() | _texts, max_size=12)


def octets(values: Sequence[bytes | None]) -> pl.Series:
    return pl.Series("reply", values, dtype=pl.Binary)


@settings(max_examples=120, deadline=None)
@given(_columns)
def test_a_column_of_octets_is_read_as_the_scalar_parser_reads_each(
    values: list[bytes | None],
) -> None:
    """Whatever octets stand in a column, each field of each row is what `parse` gives."""
    assert_frame_equal(parsed_columns(octets(values)), parsed_frame(values))


@settings(max_examples=60, deadline=None)
@given(_columns)
def test_a_column_of_texts_is_read_as_the_scalar_parser_reads_each(
    values: list[bytes | None],
) -> None:
    """Whatever text stands in a column, each field of each row is what `parse` gives."""
    texts = [None if value is None else value.decode("utf-8", "replace") for value in values]
    assert_frame_equal(
        parsed_columns(pl.Series("reply", texts, dtype=pl.String)), parsed_frame(texts)
    )


@settings(max_examples=60, deadline=None)
@given(_columns, st.sets(st.sampled_from(FIELDS), min_size=1))
def test_some_fields_alone_are_as_they_are_among_all(
    values: list[bytes | None], wanted: set[str]
) -> None:
    """To ask for less changes no answer, though less is looked at."""
    fields = [field for field in FIELDS if field in wanted]
    assert_frame_equal(parsed_columns(octets(values), fields), parsed_frame(values).select(fields))


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_alone_is_right_over_the_corpus(field: str) -> None:
    values = corpus(400)
    assert_frame_equal(parsed_columns(octets(values), [field]), parsed_frame(values).select(field))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.rstrip("\r\n"),
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\n").rstrip("\n"),
        lambda text: text.replace("\r\n", " ").rstrip(),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: text.replace("o", "ö"),
        lambda text: text.replace("e", "\x07"),
        lambda text: text.replace(" ", "\x85 "),
        lambda text: text * 2,
        lambda text: text + "x" * 500,
        lambda text: text.replace("5", "7"),
    ],
)
def test_the_corpus_in_other_forms_is_read_alike(change: object) -> None:
    assert callable(change)
    texts = [change(value.decode()) for value in corpus(400)]
    assert_frame_equal(parsed_columns(pl.Series("reply", texts)), parsed_frame(texts))


def test_what_is_in_form_does_not_go_through_the_scalar_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The expressions settle all of the corpus; of what is not in form, each text comes once."""
    from smtpreply.frames import _parse as parsing

    seen: list[bytes] = []

    def counted(values: pl.Series) -> pl.DataFrame:
        seen.extend(values)
        return parsed_frame(values)

    monkeypatch.setattr(parsing, "parsed_frame", counted)
    parsed_columns(octets([*corpus(1000), b"250\tOk", None, b"rubbish", b"250\tOk"]))
    assert seen == [b"250\tOk"]


def test_rows_keep_their_places_among_rows_of_all_kinds() -> None:
    values: list[bytes | None] = [*corpus(300), *[None] * 50, *[b"rubbish"] * 50, *[b"\xff"] * 50]
    values += [b"550-a\r\n250 b\r\n", b"250 a\r\n250 b\r\n", b""] * 20
    random.Random(6).shuffle(values)
    assert_frame_equal(parsed_columns(octets(values)), parsed_frame(values))


def test_null_and_unreadable_text_can_be_told_apart() -> None:
    column = parsed(pl.Series(["250 Ok", None, "rubbish", "250 a\r\n250 b", ""]))
    assert column.is_null().to_list() == [False, True, False, False, False]
    assert column.struct.field("code").to_list() == [250, None, None, None, None]
    errors = [None, None, "no reply", "several replies", "no reply"]
    assert column.struct.field("error").to_list() == errors


@pytest.mark.parametrize("text", ["550 5.1.1 " + "x" * 2**20, "550-a\r\n" * 2**17, "\xff" * 2**19])
def test_a_megabyte_in_one_cell_is_answered(text: str) -> None:
    assert_frame_equal(parsed_columns(pl.Series([text])), parsed_frame([text]))


def test_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError, match="String or Binary, not of Int64"):
        parsed(pl.Series([550]))
