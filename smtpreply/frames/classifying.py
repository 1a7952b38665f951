"""`classify` over a whole column."""

from __future__ import annotations

import polars as pl

from smtpreply.frames.scalar import Row, Text
from smtpreply.frames.schema import CLASSIFIED
from smtpreply.frames.storable import storable
from smtpreply.reasons import Classifier, Verdict, default_classifier

_NO_ROW: Row = (None,) * len(CLASSIFIED.fields)


def classified(replies: pl.Series, classifier: Classifier | None = None) -> pl.Series:
    """Tell why each text of a column was answered; give the struct of `CLASSIFIED`."""
    asked = default_classifier() if classifier is None else classifier
    rows = [_NO_ROW if text is None else _row(asked, text) for text in replies]
    frame = pl.DataFrame(rows, schema=dict(CLASSIFIED), orient="row")
    whole = frame.select(
        pl.when(replies.is_not_null()).then(pl.struct(pl.all())).alias(replies.name)
    )
    return whole.to_series().cast(CLASSIFIED)


def _row(classifier: Classifier, text: Text) -> Row:
    return verdict_row(classifier.classify(text))


def verdict_row(verdict: Verdict) -> Row:
    """Give the fields of a verdict in the order of `CLASSIFIED`."""
    provider, listing = verdict.provider, verdict.blocklist
    item = None if listing is None else listing.item
    return (
        verdict.reason.value,
        verdict.disposition.value,
        verdict.suppress,
        verdict.basis.value,
        verdict.rule,
        None if provider is None else provider.key,
        None if listing is None else listing.blocklist.key,
        None if item is None else storable(item),
        verdict.retry_after,
    )
