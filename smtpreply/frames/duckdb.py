"""SQL functions for DuckDB. Needs the extra ``duckdb``.

===========================  ==========================================================
``smtp_parse(text)``         STRUCT of `smtpreply.frames._schema.PARSED`: ``.code`` and so on
``smtp_code(text)``          USMALLINT: the reply code alone, in less time
``smtp_enhanced(text)``      VARCHAR: the enhanced status alone, such as 5.1.1
``smtp_classify(text)``      STRUCT of `smtpreply.frames._schema.CLASSIFIED`
``smtp_reason(text)``        VARCHAR: why, such as mailbox_full
``smtp_explain(text)``       VARCHAR: one line, what the reason is called and what to do
===========================  ==========================================================

NULL gives NULL. A VARCHAR is UTF-8, so octets as they were received are a BLOB: for them, each
function is there once more, as ``smtp_parse_blob`` and so on.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

try:
    import duckdb
    import numpy as np  # noqa: F401  (DuckDB asks for it when a function is made)
    import polars as pl
    import pyarrow as pa
except ImportError as error:
    from smtpreply.frames._missing import missing

    raise missing("duckdb", error.name or "duckdb", "duckdb") from None

from smtpreply.frames import polars as columns
from smtpreply.frames._classify import ColumnClassifier
from smtpreply.reasons import Classifier, Reason, advice_for

_Answer = Callable[[pl.Series], pl.Series]


class _Function(NamedTuple):
    """A function: its name after ``smtp_``, what it gives for a column, and of which type."""

    name: str
    answer: _Answer
    gives: pl.DataType


def register(
    connection: duckdb.DuckDBPyConnection,
    *,
    classifier: Classifier | None = None,
    language: str = "en",
) -> None:
    """Add the functions above to a connection; any under these names are replaced.

    They work on a batch of rows at a time, by Arrow, in as many threads as DuckDB uses.

    Args:
        connection: its cursors have them too.
        classifier: is asked; by default, that of our own rules.
        language: of ``smtp_explain``.

    Raises:
        UnknownLanguageError: the catalog does not speak the language.

    >>> connection = duckdb.connect()
    >>> register(connection)
    >>> connection.sql("SELECT smtp_code('552 Full'), smtp_reason('552 Full')").fetchall()
    [(552, 'mailbox_full')]
    """
    create: Any = connection.create_function  # whose types know no words for `type`
    for function in _functions(classifier, language):
        for suffix, takes in (("", "VARCHAR"), ("_blob", "BLOB")):
            name = f"smtp_{function.name}{suffix}"
            with contextlib.suppress(duckdb.InvalidInputException):  # there is none yet
                connection.remove_function(name)
            create(
                name,
                _over_arrow(function.answer),
                [takes],
                _in_duckdb(connection, function.gives),
                type="arrow",
                null_handling="special",  # a text that is no reply has no code
            )


def _functions(classifier: Classifier | None, language: str) -> Iterator[_Function]:
    lines = {
        reason.value: f"{advice.title}. {advice.action}"
        for reason in Reason
        for advice in [advice_for(reason, language)]
    }

    @functools.cache
    def asked() -> ColumnClassifier:  # when it is asked: to read the rules takes a while
        return ColumnClassifier(classifier)

    def classify(texts: pl.Series) -> pl.Series:
        return asked().classified(texts)

    def reason(texts: pl.Series) -> pl.Series:
        return classify(texts).struct.field("reason").cast(pl.String)

    def explain(texts: pl.Series) -> pl.Series:
        return reason(texts).replace_strict(lines, return_dtype=pl.String)

    yield _Function("parse", columns.parse, columns.PARSED)
    yield _Function("code", columns.code, pl.UInt16())
    yield _Function("enhanced", columns.enhanced, pl.String())
    yield _Function("classify", classify, columns.CLASSIFIED)
    yield _Function("reason", reason, pl.String())
    yield _Function("explain", explain, pl.String())


def _over_arrow(answer: _Answer) -> Callable[[Any], Any]:
    def over(texts: Any) -> Any:
        column = pl.from_arrow(texts)
        assert isinstance(column, pl.Series)
        return _arrow(answer(column))

    return over


def _in_duckdb(connection: duckdb.DuckDBPyConnection, given: pl.DataType) -> Any:
    """Return DuckDB's name for a type of Polars, as it has it when it reads such a column."""
    none = pa.table({"none": _arrow(pl.Series(dtype=given))})
    return connection.from_arrow(none).types[0]


def _arrow(column: pl.Series) -> Any:
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())
