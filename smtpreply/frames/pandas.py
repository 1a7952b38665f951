"""The accessor ``smtp`` of a pandas series. Needs the extra ``pandas``.

::

    import smtpreply.frames.pandas

    frame.join(frame["reply"].smtp.parse())

It accepts strings and octets in Arrow memory: pandas' own strings (``str``, and
``string[pyarrow]``), and ``pandas.ArrowDtype`` of any type that `smtpreply.frames.arrow` takes.
"""

from __future__ import annotations

from typing import Any

try:
    import pandas as pd
    import polars as pl  # noqa: F401  (the module `arrow` needs it, and so does this extra)
    import pyarrow as pa
except ImportError as error:
    from smtpreply.frames._missing import missing

    raise missing("pandas", error.name or "pandas", "pandas") from None

from smtpreply.frames import arrow
from smtpreply.reasons import Classifier

__all__ = ["Replies"]


@pd.api.extensions.register_series_accessor("smtp")
class Replies:
    """The accessor ``series.smtp``.

    Raises:
        AttributeError: the series does not hold strings or octets in Arrow.

    >>> replies = pd.Series(["550 5.1.1 No such user", None], index=["a", "b"])
    >>> replies.smtp.parse()["code"].to_dict()
    {'a': 550, 'b': None}
    """

    def __init__(self, series: Any) -> None:
        if not _in_arrow(series):
            raise AttributeError(
                f'.smtp is for strings in Arrow memory, see .astype("string[pyarrow]"), '
                f"not for {series.dtype}"
            )
        self._series = series

    def parse(self) -> Any:
        """Parse each reply.

        Returns:
            A frame with the same index, and a column for each field of
            `smtpreply.frames._schema.PARSED`: in Arrow memory, but categorical for an enumeration;
            missing where the text is missing.
        """
        return self._frame(arrow.parse(self._column()))

    def classify(self, classifier: Classifier | None = None) -> Any:
        """Classify each reply.

        Args:
            classifier: the classifier; by default, the one of the built-in rules.

        Returns:
            A frame like that of `parse`, with the fields of `smtpreply.frames._schema.CLASSIFIED`.
        """
        return self._frame(arrow.classify(self._column(), classifier=classifier))

    def _column(self) -> Any:
        return self._series.array.__arrow_array__()

    def _frame(self, answers: Any) -> Any:
        columns = zip(answers.type.names, answers.flatten(), strict=True)
        frame = pd.DataFrame({name: _values(column) for name, column in columns})
        frame.index = self._series.index
        return frame


def _values(column: Any) -> Any:
    """Return a column as a pandas array: an enumeration as a categorical."""
    if pa.types.is_dictionary(column.type):
        codes = column.indices.cast(pa.int16()).fill_null(-1)
        return pd.Categorical.from_codes(codes.to_numpy(), column.dictionary.to_pylist())
    return pd.array(column, dtype=pd.ArrowDtype(column.type))


def _in_arrow(series: Any) -> bool:
    if isinstance(series.dtype, pd.StringDtype):
        return bool(series.dtype.storage == "pyarrow")
    if not isinstance(series.dtype, pd.ArrowDtype):
        return False
    try:
        arrow.parse(series.array[:0].__arrow_array__())
    except TypeError:
        return False
    return True
