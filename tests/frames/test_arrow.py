"""Arrow arrays in and out: all types of text, nulls, and the columns of record batches."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from smtpreply import classify, parse
from smtpreply.frames import arrow
from smtpreply.frames._classify import verdict_row
from smtpreply.frames._scalar import parsed_frame

TEXTS = ["550 5.1.1 No such user", None, "rubbish", "250-a\r\n250 b\r\n", "571-x 571 y", "", None]
TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.binary(),
    pa.large_binary(),
    pa.binary_view(),
]


def wanted(values: list[Any]) -> list[Any]:
    return [
        None if value is None else row
        for value, row in zip(values, parsed_frame(values).rows(named=True), strict=True)
    ]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_an_array_of_any_type_of_text_is_read(kind: Any) -> None:
    answers = arrow.parse(pa.array(TEXTS).cast(kind))
    assert isinstance(answers, pa.StructArray)
    assert answers.type == arrow.PARSED
    assert answers.to_pylist() == wanted(TEXTS)
    assert answers.null_count == 2


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_an_array_of_any_type_of_text_is_classified(kind: Any) -> None:
    answers = arrow.classify(pa.array(TEXTS).cast(kind))
    assert answers.type == arrow.CLASSIFIED
    rows = [None if text is None else verdict_row(classify(text)) for text in TEXTS]
    assert [row and tuple(row.values()) for row in answers.to_pylist()] == rows


def test_octets_that_are_no_utf8_are_read_as_octets() -> None:
    octets = ["550 5.1.1 Empfänger unbekannt".encode("latin-1"), b"\xff"]
    [reply, error] = arrow.parse(pa.array(octets)).to_pylist()
    assert (reply["code"], reply["text"]) == (550, "Empf\ufffdnger unbekannt")
    assert parse(octets[0]).text == "Empf\udce4nger unbekannt"
    assert error["error"] == "no reply"


@pytest.mark.parametrize("index", [pa.int8(), pa.int32()], ids=str)
def test_a_dictionary_of_texts_is_read(index: Any) -> None:
    array = pa.array(TEXTS).dictionary_encode().cast(pa.dictionary(index, pa.string()))
    assert arrow.parse(array).to_pylist() == wanted(TEXTS)


def test_a_chunked_array_gives_one_array() -> None:
    chunks = pa.chunked_array([TEXTS[:3], [], TEXTS[3:]], pa.string())
    assert arrow.parse(chunks).to_pylist() == wanted(TEXTS)
    assert arrow.parse(pa.chunked_array([], pa.string())).type == arrow.PARSED


def test_a_slice_of_an_array_is_that_slice() -> None:
    assert arrow.parse(pa.array(TEXTS)[2:5]).to_pylist() == wanted(TEXTS[2:5])


@pytest.mark.parametrize("make", [pa.record_batch, pa.table])
@pytest.mark.parametrize("column", ["reply", 1])
def test_a_column_is_named_or_numbered(make: Any, column: str | int) -> None:
    rows = make({"id": list(range(len(TEXTS))), "reply": TEXTS})
    assert arrow.parse(rows, column).to_pylist() == wanted(TEXTS)
    assert arrow.classify(rows, column).field("reason").to_pylist()[0] == "unknown_recipient"


def test_an_array_of_nulls_only_is_nulls() -> None:
    answers = arrow.parse(pa.nulls(3))
    assert (answers.type, answers.null_count) == (arrow.PARSED, 3)


@pytest.mark.parametrize(
    ("replies", "column", "message"),
    [
        (pa.array([550]), None, "of texts or octets is wanted, not of int64"),
        (["250 Ok"], None, "Arrow array or record batch is wanted, not list"),
        (pa.array(["250 Ok"]), "reply", "an array has no columns"),
        (pa.table({"reply": ["250 Ok"]}), None, "column= is required"),
    ],
)
def test_what_is_no_array_of_texts_is_a_type_error(
    replies: Any, column: str | None, message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        arrow.parse(replies, column)
