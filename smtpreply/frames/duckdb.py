"""SQL functions for DuckDB, and mail logs as relations. Needs the extra ``duckdb``.

===========================  ==========================================================
``smtp_parse(text)``         STRUCT of `smtpreply.frames._schema.PARSED`: ``.code`` and so on
``smtp_code(text)``          USMALLINT: the reply code alone, which is faster
``smtp_enhanced(text)``      VARCHAR: the enhanced status alone, such as 5.1.1
``smtp_classify(text)``      STRUCT of `smtpreply.frames._schema.CLASSIFIED`
``smtp_reason(text)``        VARCHAR: the reason, such as mailbox_full
``smtp_explain(text)``       VARCHAR: the title of the reason and what to do, in one line
===========================  ==========================================================

The result for NULL is NULL. A VARCHAR is UTF-8, so octets as received are a BLOB: each function has
a variant for them, such as ``smtp_parse_blob``.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple

try:
    import duckdb
    import numpy as np  # noqa: F401  (DuckDB needs it to create a function)
    import polars as pl
    import pyarrow as pa
except ImportError as error:
    from smtpreply.frames._missing import missing

    raise missing("duckdb", error.name or "duckdb", "duckdb") from None

from smtpreply.frames import polars as columns
from smtpreply.frames._classify import ColumnClassifier
from smtpreply.frames._deliveries import MailLog
from smtpreply.logs import Format
from smtpreply.reasons import Classifier, Reason, advice_for

_Answer = Callable[[pl.Series], pl.Series]


class _Function(NamedTuple):
    """A function: its name after ``smtp_``, its implementation for a column, and its type."""

    name: str
    answer: _Answer
    returns: pl.DataType


def register(
    connection: duckdb.DuckDBPyConnection,
    *,
    classifier: Classifier | None = None,
    language: str = "en",
) -> None:
    """Add the functions above to a connection; functions of the same names are replaced.

    They get a batch of rows at a time, as Arrow arrays, in as many threads as DuckDB uses.

    Args:
        connection: the connection; its cursors have the functions, too.
        classifier: the classifier; by default, the one of the built-in rules.
        language: the language of ``smtp_explain``.

    Raises:
        UnknownLanguageError: the catalog has no such language.

    >>> connection = duckdb.connect()
    >>> register(connection)
    >>> connection.sql("SELECT smtp_code('552 Full'), smtp_reason('552 Full')").fetchall()
    [(552, 'mailbox_full')]
    """
    create: Any = connection.create_function  # its annotations lack the literal values of `type`
    for function in _functions(classifier, language):
        for suffix, takes in (("", "VARCHAR"), ("_blob", "BLOB")):
            name = f"smtp_{function.name}{suffix}"
            with contextlib.suppress(duckdb.InvalidInputException):  # no such function yet
                connection.remove_function(name)
            create(
                name,
                _over_arrow(function.answer),
                [takes],
                _in_duckdb(connection, function.returns),
                type="arrow",
                null_handling="special",  # the code of a text that is no reply is NULL
            )


def scan_mail_log(
    connection: duckdb.DuckDBPyConnection,
    path: str | Path,
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
) -> duckdb.DuckDBPyRelation:
    """Return the deliveries in mail logs as a relation, whose queries read the logs anew.

    Args:
        connection: the connection to query by.
        path: a file, a folder or a glob.
        format: as for `smtpreply.logs.scan`.
        year: as for `scan`.
        tz: as for `scan`.

    Returns:
        A relation of the columns of `smtpreply.frames.arrow.DELIVERY_SCHEMA`.

    Raises:
        ValueError: there is no such format or year.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        duckdb.Error: when the relation is queried: the path leads to nothing.

    >>> log = scan_mail_log(duckdb.connect(), "tests/data/sample.log", year=2026)
    >>> log.filter("suppress").aggregate("reason, count(*)").fetchall()
    [('unknown_recipient', 14)]
    """
    return connection.from_arrow(MailLog(path, format=format, year=year, tz=tz))


def _functions(classifier: Classifier | None, language: str) -> Iterator[_Function]:
    lines = {
        reason.value: f"{advice.title}. {advice.action}"
        for reason in Reason
        for advice in [advice_for(reason, language)]
    }

    @functools.cache
    def column_classifier() -> ColumnClassifier:  # lazily: loading the rules takes a while
        return ColumnClassifier(classifier)

    def classify(texts: pl.Series) -> pl.Series:
        return column_classifier().classified(texts)

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
    """Return DuckDB's type for a type of Polars: the one that it derives from such a column."""
    none = pa.table({"none": _arrow(pl.Series(dtype=given))})
    return connection.from_arrow(none).types[0]


def _arrow(column: pl.Series) -> Any:
    return column.to_arrow(compat_level=pl.CompatLevel.oldest())
