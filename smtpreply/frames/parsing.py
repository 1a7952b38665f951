"""`parse` over a whole column."""

from __future__ import annotations

import polars as pl

from smtpreply.frames.scalar import parsed_frame
from smtpreply.frames.schema import PARSED


def parsed(replies: pl.Series) -> pl.Series:
    """Read a column of texts or octets; give the struct of `PARSED`."""
    frame = parsed_frame(replies)
    whole = frame.select(
        pl.when(replies.is_not_null()).then(pl.struct(pl.all())).alias(replies.name)
    )
    return whole.to_series().cast(PARSED)
