"""``series.smtp`` gives a frame of what Arrow gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

import smtpreply.frames.pandas  # noqa: E402, F401
from smtpreply.frames import arrow  # noqa: E402

FROM_PANDAS_3 = pytest.mark.skipif(pd.__version__ < "3", reason="its strings were objects")
REPLIES = ["550 5.1.1 No such user", None, "", "450 4.2.0 Greylisted for 300 seconds"]


@pytest.mark.parametrize(
    "dtype",
    [
        pytest.param("str", marks=FROM_PANDAS_3),
        "string[pyarrow]",
        pd.ArrowDtype(pa.string()),
        pd.ArrowDtype(pa.string_view()),
    ],
)
def test_strings_that_arrow_holds_are_read(dtype: Any) -> None:
    series = pd.Series(REPLIES, dtype=dtype, index=list("abca"))
    column = pa.array(REPLIES)
    for frame, expected in (
        (series.smtp.parse(), arrow.parse(column)),
        (series.smtp.classify(), arrow.classify(column)),
    ):
        assert list(frame.index) == list("abca")
        found = pa.RecordBatch.from_pandas(frame, preserve_index=False)
        for field, values in zip(expected.type, expected.flatten(), strict=True):
            assert found.column(field.name).to_pylist() == values.to_pylist()


def test_octets_are_read() -> None:
    series = pd.Series([b"550 Empf\xe4nger"], dtype=pd.ArrowDtype(pa.binary()))
    assert series.smtp.parse()["text"].to_list() == ["Empf\ufffdnger"]


def test_the_columns_are_held_by_arrow_or_categorical_and_can_be_counted() -> None:
    frame = pd.Series(REPLIES, dtype="string[pyarrow]").smtp.classify()
    kinds = (pd.ArrowDtype, pd.CategoricalDtype)
    assert all(isinstance(dtype, kinds) for dtype in frame.dtypes)
    assert frame["reason"].value_counts()["greylisted"] == 1
    assert frame.groupby("reason", observed=True).size()["unknown_recipient"] == 1


def test_an_empty_series_gives_an_empty_frame() -> None:
    frame = pd.Series([], dtype="string[pyarrow]").smtp.parse()
    assert list(frame.columns) == arrow.PARSED.names
    assert frame.empty


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, 2]),
        pd.Series(["250 Ok"], dtype=object),
        pd.Series(["250 Ok"], dtype="category"),
        pd.Series([1], dtype=pd.ArrowDtype(pa.int8())),
    ],
    ids=lambda series: str(series.dtype),
)
def test_other_series_have_no_such_accessor(series: Any) -> None:
    assert not hasattr(series, "smtp")
    with pytest.raises(AttributeError, match=r"\.astype.*not for"):
        series.smtp  # noqa: B018


@pytest.mark.parametrize("needed", ["pandas", "polars", "pyarrow"])
def test_a_missing_extra_is_one_clear_line(
    needed: str, said_without: Callable[[str, str], str]
) -> None:
    line = f'smtpreply.frames.pandas needs {needed}: pip install "smtpreply[pandas]"'
    assert said_without(needed, "smtpreply.frames.pandas") == line
