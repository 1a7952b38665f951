"""The face for Polars: expressions, series and names; eager, lazy and streaming."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

import smtpreply.frames.polars as frames
from benchmarks.corpus import corpus
from smtpreply import Defect, parse
from smtpreply.frames._classify import classified
from smtpreply.frames._parse import parsed

REPLIES = ["550 5.1.1 No such user\r\n", None, "rubbish", "250-a\r\n250 b\r\n", "571-x 571 y", ""]


def frame() -> pl.DataFrame:
    return pl.DataFrame({"number": range(len(REPLIES)), "reply": REPLIES})


FUNCTIONS: list[tuple[Callable[..., pl.Expr], Callable[[pl.Series], pl.Series]]] = [
    (frames.parse, parsed),
    (frames.classify, classified),
    (frames.code, lambda texts: parsed(texts).struct.field("code")),
    (frames.enhanced, lambda texts: parsed(texts).struct.field("enhanced")),
]
each_function = pytest.mark.parametrize(
    ("function", "wanted"), FUNCTIONS, ids=["parse", "classify", "code", "enhanced"]
)


@each_function
@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_an_expression_works_in_every_engine(
    function: Callable[..., pl.Expr], wanted: Callable[[pl.Series], pl.Series], engine: Any
) -> None:
    lazy = frame().lazy().select(answer=function(pl.col("reply")))
    expected = wanted(frame().get_column("reply")).alias("answer").to_frame()
    assert lazy.collect_schema() == expected.schema
    assert_frame_equal(lazy.collect(engine=engine), expected)


@each_function
def test_a_name_a_series_and_the_namespaces_give_the_same(
    function: Callable[..., pl.Expr], wanted: Callable[[pl.Series], pl.Series]
) -> None:
    expected = wanted(frame().get_column("reply")).alias("reply")
    name = function.__name__
    of_column = getattr(pl.col("reply").smtp, name)()  # type: ignore[attr-defined]
    of_series = getattr(frame().get_column("reply").smtp, name)()  # type: ignore[attr-defined]
    given = [
        *(frame().select(function("reply")).to_series(), frame().select(of_column).to_series()),
        *(function(frame().get_column("reply")), of_series),
    ]
    for found in given:
        assert_series_equal(found, expected)


def test_the_class_of_the_namespaces_has_types() -> None:
    """A type checker knows what the methods return, which it does not of a namespace."""
    series = frame().get_column("reply")
    of_column = assert_type(frames.Replies(pl.col("reply")).parse(fields=["code"]), pl.Expr)
    of_series = assert_type(frames.Replies(series).parse(fields=["code"]), pl.Series)
    assert_series_equal(frame().select(of_column).to_series(), of_series)


def test_some_fields_are_a_struct_of_these() -> None:
    fields = ["enhanced", "code"]
    some = frame().lazy().select(frames.parse("reply", fields=fields))
    whole = frames.parse(frame().get_column("reply")).struct.unnest().select(fields)
    assert_frame_equal(some.unnest("reply").collect(engine="streaming"), whole)
    assert some.collect_schema()["reply"] == pl.Struct({"enhanced": pl.String, "code": pl.UInt16})


@pytest.mark.parametrize("fields", [[], ["colour"]])
def test_fields_that_there_are_not_are_an_error(fields: list[str]) -> None:
    with pytest.raises(ValueError, match="fields are some of code, reply_class"):
        frames.parse("reply", fields=fields)


def test_answers_stand_beside_their_rows_after_a_filter() -> None:
    wanted = [(0, 550), (3, 250), (4, 571)]
    lazy = frame().lazy().with_columns(code=frames.code("reply")).filter(pl.col("code") > 0)
    assert lazy.select("number", "code").collect(engine="streaming").rows() == wanted


def test_a_parquet_file_is_read_in_the_streaming_engine(tmp_path: object) -> None:
    path = f"{tmp_path}/replies.parquet"
    values = corpus(3000)
    pl.DataFrame({"reply": values}).write_parquet(path, row_group_size=700)
    counts = (
        pl.scan_parquet(path)
        .group_by(code=frames.code("reply"))
        .agg(pl.len())
        .sort("code")
        .collect(engine="streaming")
    )
    codes = [parse(value).code for value in values]
    assert counts.rows() == sorted((code, codes.count(code)) for code in set(codes))


def test_a_digit_equals_the_member_that_it_is() -> None:
    answer = parsed(pl.Series(["550 5.1.1 No such user"])).to_list()[0]
    reply = parse("550 5.1.1 No such user")
    assert answer["reply_class"] == reply.reply_class
    assert answer["subject"] == reply.subject


def test_defects_are_bits_names_and_members() -> None:
    text = "550-#5.1.1 a\n571 b"
    defects = frames.parse(pl.lit(text)).struct.field("defects")
    found = pl.select(
        bits=defects,
        names=frames.defect_names(defects),
        bare=frames.has_defect(defects, Defect.BARE_LF),
        long=frames.has_defect(defects, Defect.LINE_TOO_LONG),
    )
    [(bits, names, bare, long)] = found.rows()
    assert frames.defects_of(bits) == parse(text).defects
    assert names == [defect.value for defect in parse(text).defects]
    assert (bare, long) == (True, False)


def test_a_clean_reply_has_no_defect_and_no_reply_has_none_known() -> None:
    replies = pl.DataFrame({"reply": ["250 Ok\r\n", "rubbish", None]})
    names = frames.defect_names(frames.parse("reply").struct.field("defects"))
    assert replies.select(names).to_series().to_list() == [[], None, None]


def test_the_bits_of_defects_never_change() -> None:
    """They are stored in users' files: a new defect gets the next bit, whatever its place."""
    names = [
        *("bare-lf", "bare-cr", "extra-cr", "no-final-newline", "blank-line", "line-too-long"),
        *("unterminated", "folded", "leading-space", "leading-nul", "byte-order-mark"),
        *("code-change", "missing-code", "second-digit", "bad-separator", "no-separator"),
        *("control-character", "non-ascii", "not-utf8", "status-class"),
        *("status-missing", "status-change", "status-form", "status-number"),
    ]
    bits = {defect.value: bit for defect, bit in frames.DEFECT_BITS.items()}
    assert bits == {name: 2**place for place, name in enumerate(names)}


def test_a_hundred_thousand_rows_of_rubbish_are_answered() -> None:
    rubbish = pl.select(pl.int_range(100_000).cast(pl.String) + pl.lit(" x\x00\xff")).to_series()
    assert parsed(rubbish).struct.field("error").is_in(["no reply"]).sum() > 90_000
