"""Parse and classify columns of a Polars frame. Needs the extra ``polars``.

::

    import polars as pl
    import smtpreply.frames.polars  # registers the namespace

    frame.with_columns(pl.col("reply").smtp.parse().alias("parsed"))

The functions take a column of String or Binary, and return for each text the values of
`smtpreply.parse` and `smtpreply.classify`: see `PARSED` and `CLASSIFIED`. They work on series and
in expressions, lazily and in the streaming engine.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

try:
    import polars as pl
except ImportError:
    from smtpreply.frames._missing import missing

    raise missing("polars", "polars", "polars") from None

from smtpreply.frames._classify import ColumnClassifier
from smtpreply.frames._mail_log import LOG, scan_mail_log
from smtpreply.frames._parse import field, parsed
from smtpreply.frames._schema import (
    CLASSIFIED,
    DEFECT_BITS,
    PARSED,
    defects_of,
)
from smtpreply.reasons import Classifier
from smtpreply.reply.defects import Defect

__all__ = [
    "CLASSIFIED",
    "DEFECT_BITS",
    "LOG",
    "PARSED",
    "Replies",
    "classify",
    "code",
    "defect_names",
    "defects_of",
    "enhanced",
    "has_defect",
    "parse",
    "scan_mail_log",
]

_Column = TypeVar("_Column", pl.Expr, pl.Series)


@overload
def parse(replies: pl.Series, *, fields: Sequence[str] | None = None) -> pl.Series: ...
@overload
def parse(replies: pl.Expr | str, *, fields: Sequence[str] | None = None) -> pl.Expr: ...
def parse(
    replies: pl.Expr | pl.Series | str, *, fields: Sequence[str] | None = None
) -> pl.Expr | pl.Series:
    """Parse each reply of a column.

    Args:
        replies: texts or octets, one reply each: an expression, the name of a column, or a series.
        fields: the fields of `PARSED` to return, by default all; fewer are faster.

    Returns:
        The struct of `PARSED`; null where the text is null.

    Raises:
        ValueError: a field is unknown, or `fields` is empty.

    >>> frame = pl.DataFrame({"reply": ["550 5.1.1 No such user", None]})
    >>> frame.select(parse("reply", fields=["code", "enhanced"]).struct.unnest()).rows()
    [(550, '5.1.1'), (None, None)]
    """
    if fields is None:
        return _over(replies, parsed, PARSED)
    types = PARSED.to_schema()
    if not fields or not types.keys() >= set(fields):
        raise ValueError(f"fields are some of {', '.join(types)}, not {list(fields)}")
    answer = pl.Struct({name: types[name] for name in fields})
    return _over(replies, functools.partial(parsed, fields=list(answer.to_schema())), answer)


@overload
def code(replies: pl.Series) -> pl.Series: ...
@overload
def code(replies: pl.Expr | str) -> pl.Expr: ...
def code(replies: pl.Expr | pl.Series | str) -> pl.Expr | pl.Series:
    """Return the code of each reply: the field ``code`` of `parse`, faster.

    Args:
        replies: as for `parse`.

    >>> code(pl.Series(["550 5.1.1 No such user", None])).to_list()
    [550, None]
    """
    return _over(replies, functools.partial(field, name="code"), pl.UInt16())


@overload
def enhanced(replies: pl.Series) -> pl.Series: ...
@overload
def enhanced(replies: pl.Expr | str) -> pl.Expr: ...
def enhanced(replies: pl.Expr | pl.Series | str) -> pl.Expr | pl.Series:
    """Return the enhanced status of each reply as text: the field ``enhanced`` of `parse`.

    Args:
        replies: as for `parse`.

    >>> enhanced(pl.Series(["550 5.1.1 No such user", "250 Ok"])).to_list()
    ['5.1.1', None]
    """
    return _over(replies, functools.partial(field, name="enhanced"), pl.String())


@overload
def classify(replies: pl.Series, classifier: Classifier | None = None) -> pl.Series: ...
@overload
def classify(replies: pl.Expr | str, classifier: Classifier | None = None) -> pl.Expr: ...
def classify(
    replies: pl.Expr | pl.Series | str, classifier: Classifier | None = None
) -> pl.Expr | pl.Series:
    """Classify each reply of a column.

    Args:
        replies: texts or octets, as for `smtpreply.classify`: an expression, a name, or a series.
        classifier: the classifier; by default, the one of the built-in rules.

    Returns:
        The struct of `CLASSIFIED`; null where the text is null.

    >>> classify(pl.Series(["552 5.2.2 Mailbox full"])).struct.field("reason").to_list()
    ['mailbox_full']
    """
    return _over(replies, ColumnClassifier(classifier).classified, CLASSIFIED)


def has_defect(defects: pl.Expr, defect: Defect) -> pl.Expr:
    r"""Return for each bit set of defects whether the `defect` is in it.

    Args:
        defects: the field ``defects`` of `parse`.
        defect: the defect.

    >>> defects = pl.col("reply").smtp.parse().struct.field("defects")
    >>> frame = pl.DataFrame({"reply": ["250 Ok\r\n", "250 Ok\n"]})
    >>> frame.select(has_defect(defects, Defect.BARE_LF)).to_series().to_list()
    [False, True]
    """
    return (defects & DEFECT_BITS[defect]) != 0


def defect_names(defects: pl.Expr) -> pl.Expr:
    r"""Return each bit set of defects as a list of their names.

    Args:
        defects: the field ``defects`` of `parse`.

    >>> defects = pl.col("reply").smtp.parse().struct.field("defects")
    >>> frame = pl.DataFrame({"reply": ["250 Ok\r\n", "250 Ok\n"]})
    >>> frame.select(defect_names(defects)).to_series().to_list()
    [[], ['bare-lf']]
    """
    names = [
        pl.when(has_defect(defects, defect)).then(pl.lit(defect.value)) for defect in DEFECT_BITS
    ]
    return pl.when(defects.is_not_null()).then(pl.concat_list(names).list.drop_nulls())


def _over(
    replies: pl.Expr | pl.Series | str,
    function: Callable[[pl.Series], pl.Series],
    answer: pl.DataType,
) -> pl.Expr | pl.Series:
    if isinstance(replies, pl.Series):
        return function(replies)
    column = pl.col(replies) if isinstance(replies, str) else replies
    return column.map_batches(function, return_dtype=answer, is_elementwise=True)


class Replies(Generic[_Column]):
    """The functions of this module as methods: the namespace ``smtp`` of expressions and series.

    Type checkers do not know namespaces that are registered at run time. This class does the same
    with types: ``Replies(pl.col("reply")).parse()`` is ``pl.col("reply").smtp.parse()``.

    Args:
        replies: texts or octets, one reply each.

    >>> Replies(pl.Series(["552 5.2.2 Mailbox full"])).code().to_list()
    [552]
    """

    def __init__(self, replies: _Column) -> None:
        self._replies: _Column = replies

    def parse(self, *, fields: Sequence[str] | None = None) -> _Column:
        """Return what `smtpreply.frames.polars.parse` returns, of all `fields` or some."""
        return parse(self._replies, fields=fields)

    def classify(self, classifier: Classifier | None = None) -> _Column:
        """Return what `smtpreply.frames.polars.classify` returns, by a `classifier` or ours."""
        return classify(self._replies, classifier)

    def code(self) -> _Column:
        """Return what `smtpreply.frames.polars.code` returns."""
        return code(self._replies)

    def enhanced(self) -> _Column:
        """Return what `smtpreply.frames.polars.enhanced` returns."""
        return enhanced(self._replies)


pl.api.register_expr_namespace("smtp")(Replies)
pl.api.register_series_namespace("smtp")(Replies)
