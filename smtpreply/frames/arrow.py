"""Replies in Arrow arrays; deliveries as Arrow streams and in Parquet. Needs the extra ``arrow``.

The columnar path is that of `smtpreply.frames.polars`: arrays go in and out of Polars, which shares
the octets of texts and the numbers with Arrow.
"""

from __future__ import annotations

from typing import Any

try:
    import pyarrow as pa
except ImportError:
    from smtpreply.frames._missing import missing

    raise missing("arrow", "pyarrow", "arrow") from None

try:
    import polars as pl
except ImportError:
    from smtpreply.frames._missing import missing

    raise missing("arrow", "polars", "arrow") from None

from smtpreply.frames import _classify as classifying
from smtpreply.frames import _parse as parsing
from smtpreply.frames import _schema as schema
from smtpreply.frames._deliveries import (
    DELIVERY_SCHEMA,
    MailLog,
    read_deliveries,
    write_deliveries,
)
from smtpreply.reasons import Classifier

__all__ = [
    "CLASSIFIED",
    "DELIVERY_SCHEMA",
    "PARSED",
    "MailLog",
    "classify",
    "parse",
    "read_deliveries",
    "write_deliveries",
]


def _of_polars(answer: pl.DataType) -> Any:
    return pl.Series([], dtype=answer).to_arrow(compat_level=pl.CompatLevel.oldest()).type


PARSED = _of_polars(schema.PARSED)
"""The type that `parse` returns: `smtpreply.frames._schema.PARSED` with text as large_string."""

CLASSIFIED = _of_polars(schema.CLASSIFIED)
"""The type that `classify` returns: `smtpreply.frames._schema.CLASSIFIED` in Arrow's types."""


def parse(replies: Any, column: str | int | None = None) -> Any:
    """Parse each reply of an array.

    Args:
        replies: a `pyarrow.Array` or `ChunkedArray` of string, large_string, string_view, binary,
            large_binary, binary_view, or a dictionary of them; or a `RecordBatch` or `Table`.
        column: the column of a record batch or table, by name or position.

    Returns:
        A `pyarrow.StructArray` of the type `PARSED`; null where the text is null.

    Raises:
        TypeError: the array is of another type, or `column` is given for an array.

    >>> parse(pa.array(["550 5.1.1 No such user"])).field("code").to_pylist()
    [550]
    """
    return _to_arrow(parsing.parsed(_texts(replies, column)))


def classify(
    replies: Any, column: str | int | None = None, *, classifier: Classifier | None = None
) -> Any:
    """Classify each reply of an array.

    Args:
        replies: as for `parse`.
        column: as for `parse`.
        classifier: the classifier; by default, the one of the built-in rules.

    Returns:
        A `pyarrow.StructArray` of the type `CLASSIFIED`; null where the text is null.

    Raises:
        TypeError: as for `parse`.

    >>> reasons = classify(pa.array(["552 5.2.2 Mailbox full"])).field("reason")
    >>> reasons.to_pylist()
    ['mailbox_full']
    """
    return _to_arrow(classifying.classified(_texts(replies, column), classifier))


def _texts(replies: Any, column: str | int | None) -> pl.Series:
    array = replies
    if isinstance(replies, (pa.RecordBatch, pa.Table)):
        if column is None:
            raise TypeError("column= is required for a record batch or table")
        array = replies.column(column)
    elif not isinstance(replies, (pa.Array, pa.ChunkedArray)):
        raise TypeError(f"an Arrow array or record batch is wanted, not {type(replies).__name__}")
    elif column is not None:
        raise TypeError("an array has no columns")
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    texts = pl.from_arrow(array)
    assert isinstance(texts, pl.Series)
    if texts.dtype not in (pl.String, pl.Binary):
        raise TypeError(f"an array of texts or octets is wanted, not of {array.type}")
    return texts


def _to_arrow(answers: pl.Series) -> Any:
    array = answers.to_arrow(compat_level=pl.CompatLevel.oldest())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
