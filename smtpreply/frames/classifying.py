r"""`classify` over a whole column: each text once, and of each only what it needs.

A column is cut down in three steps, none of which changes an answer:

1. Texts that are the same are classified once.
2. Expressions tell what a text cannot hold: a host of a known provider, a time to wait. They are
   looked for with more in them than the scalar code finds there, and only in ASCII, where small
   and capital letters are what Polars takes them for; so what is not found is not there.
3. A text that begins with a positive code is accepted whatever it says. Of the others, the
   classifier remembers the wordings: the words that its rules know, all others masked.

The patterns for a positive reply are those of `smtpreply.reasons.said`, for the case in which the
first match is at the start of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from smtpreply.codes import ENHANCED_STATUS
from smtpreply.frames.parsing import as_text
from smtpreply.frames.scalar import Row, Text
from smtpreply.frames.schema import CLASSIFIED
from smtpreply.frames.storable import storable
from smtpreply.reasons import Classifier, Verdict, default_classifier
from smtpreply.reasons.blocklists import Listing, listing_in
from smtpreply.reasons.hints import retry_after, waiting_words
from smtpreply.reasons.providers import Provider, known_hosts, provider_by_wording, provider_in

_FIELDS = CLASSIFIED.to_schema()

# A reply that begins with a positive code, and perhaps a status of its class.
_POSITIVE_STATUS = rf"^2[0-9][0-9][- ]#?2{ENHANCED_STATUS.removeprefix('([245])')}(?:[^0-9.]|$)"
_POSITIVE_CODE = "^[23][0-9][0-9](?:[- :,;.)<\"']|$)"
# Code and status that may stand in a later place: the reply is there, if they are of one class.
_LATER = r"[2-5][0-9][0-9][- ]#?[245]\."


def classified(replies: pl.Series, classifier: Classifier | None = None) -> pl.Series:
    """Tell why each text of a column was answered; give the struct of `CLASSIFIED`."""
    asked = default_classifier() if classifier is None else classifier
    texts = replies.alias("raw").to_frame()
    if replies.dtype not in (pl.String, pl.Binary):
        texts = as_text(replies).alias("raw").to_frame()
    distinct = texts.select(pl.col("raw").drop_nulls().unique())
    answers = distinct.with_columns(_answers(distinct.to_series(), asked).alias("answer"))
    found = texts.join(answers, on="raw", how="left", maintain_order="left")
    return found.get_column("answer").alias(replies.name)


def verdict_row(verdict: Verdict) -> Row:
    """Give the fields of a verdict in the order of `CLASSIFIED`."""
    return _decided(verdict) + _named(verdict.provider, verdict.blocklist) + (verdict.retry_after,)


def _answers(texts: pl.Series, classifier: Classifier) -> pl.Series:
    accepted = _decided(classifier.classify("250 Ok"))
    looked = as_text(texts).alias("text").to_frame().select(_looks())
    rows = [
        _row(classifier, accepted, text, looks)
        for text, looks in zip(texts, looked.iter_rows(), strict=True)
    ]
    return _struct(rows).alias(texts.name)


def _struct(rows: Sequence[Row]) -> pl.Series:
    columns: Iterable[Sequence[object]] = zip(*rows, strict=True) if rows else [()] * len(_FIELDS)
    frame = pl.DataFrame(
        [
            pl.Series(name, values, dtype=dtype)
            for (name, dtype), values in zip(_FIELDS.items(), columns, strict=True)
        ]
    )
    return frame.to_struct()


def _looks() -> list[pl.Expr]:
    """Tell of a text whether it is surely accepted, and what it may hold besides."""
    text = pl.col("text").str
    # What is not UTF-8 is null here.
    ascii_only = (text.len_bytes() == text.len_chars()).fill_null(value=False)
    accepted = text.contains(_POSITIVE_STATUS) | (
        text.contains(_POSITIVE_CODE) & ~text.contains(_LATER)
    )
    hosts = text.contains_any(sorted(known_hosts()), ascii_case_insensitive=True)
    waits = text.contains(_may_wait())
    return [
        (ascii_only & accepted.fill_null(value=False)).alias("accepted"),
        (~ascii_only | hosts.fill_null(value=True)).alias("may_name_host"),
        (~ascii_only | waits.fill_null(value=True)).alias("may_wait"),
    ]


def _may_wait() -> str:
    """Give a pattern for a number and a unit, or a time of a clock, with nothing else between."""
    units, numbers = ("|".join(sorted(filter(str.isascii, words))) for words in waiting_words())
    number = f"(?:[0-9]|(?:^|[^a-z])(?:{numbers})(?:[^a-z]))"
    return f"(?i){number}[^0-9a-z]*(?:{units})(?:[^a-z]|$)|[0-9]:[0-5][0-9]"


def _row(classifier: Classifier, accepted: Row, text: Text, looks: tuple[bool, bool, bool]) -> Row:
    is_accepted, may_name_host, may_wait = looks
    if is_accepted and isinstance(text, str):
        said, decided = text, accepted
    else:
        verdict = classifier.classify(text)
        said, decided = verdict.text, _decided(verdict)
    provider = provider_in(said) if may_name_host else provider_by_wording(said)
    pause = retry_after(said) if may_wait else None
    return (*decided, *_named(provider, listing_in(said)), pause)


def _decided(verdict: Verdict) -> Row:
    return (
        verdict.reason.value,
        verdict.disposition.value,
        verdict.suppress,
        verdict.basis.value,
        verdict.rule,
    )


def _named(provider: Provider | None, listing: Listing | None) -> Row:
    item = None if listing is None else listing.item
    return (
        None if provider is None else provider.key,
        None if listing is None else listing.blocklist.key,
        None if item is None else storable(item),
    )
