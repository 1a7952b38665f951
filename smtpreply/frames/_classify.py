r"""`classify` over a whole column: each distinct text once, and only the work that it needs.

Three steps reduce the work, none of which changes a result:

1. Equal texts are classified once per batch and, within bounds, once per query.
2. Expressions rule out what a text does not contain: words or a host of a known provider, a block
   list, a time to wait. They match a superset of what the scalar code matches, and are applied to
   ASCII only, where Polars and Python agree on upper and lower case.
3. A text that begins with a positive code is accepted, whatever follows. For all others, the
   classifier caches wordings: the words that its rules use, with all others masked.

The patterns for a positive reply find less than `smtpreply.reply.embedded` does, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from smtpreply._support.octets import storable
from smtpreply.codes import ENHANCED_STATUS
from smtpreply.errors import MultipleRepliesError
from smtpreply.frames._parse import as_text
from smtpreply.frames._scalar import Row, Text
from smtpreply.frames._schema import CLASSIFIED
from smtpreply.reasons import Classifier, Verdict, default_classifier
from smtpreply.reasons.blocklists import Listing, blocklist_forms, listing_in
from smtpreply.reasons.hints import retry_after, waiting_words
from smtpreply.reasons.providers import (
    Provider,
    known_hosts,
    provider_by_wording,
    provider_forms,
    provider_in,
)
from smtpreply.reply.literals import IN_MARKS

_FIELDS = CLASSIFIED.to_schema()
# Together these bound the cache between batches to some 20 megabytes.
_MOST_KNOWN = 32_768
_LONGEST_KNOWN = 512

# A reply that begins with a positive code, and perhaps a status of its class.
_STATUS = rf"2{ENHANCED_STATUS.removeprefix('([245])')}(?:[^0-9.]|$)"
_POSITIVE = rf"^250(?:[- ](?:[^0-9%@*=]|#?{_STATUS})|$)"
# A number that may be a code after it, a line that may be another's words, or a text that says
# what code a client had expected.
_DOUBTFUL = "[^0-9A-Za-z.,/_+-][2-5][0-9][0-9](?:[^0-9A-Za-z_]|$)|\n|(?i)expected|wanted"


class ColumnClassifier:
    """A classifier of columns with a cache of texts. Any number of threads may share one.

    A query passes a column in batches, in which the same texts recur.

    Args:
        classifier: the classifier; by default, the one of the built-in rules.
    """

    def __init__(self, classifier: Classifier | None = None) -> None:
        self._classifier = default_classifier() if classifier is None else classifier
        self._accepted = _decided(self._classifier.classify("250 Ok"))
        self._plain = pl.lit(_struct([(*self._accepted, *_named(None, None), None)])).first()
        self._known: dict[Text, Row] = {}

    def classified(self, replies: pl.Series) -> pl.Series:
        """Classify each text of a column; return the struct of `CLASSIFIED`."""
        raw = replies if replies.dtype == pl.Binary else as_text(replies)
        texts = raw.alias("raw").to_frame()
        distinct = texts.select(pl.col("raw").drop_nulls().unique())
        looks = as_text(distinct.to_series()).alias("text").to_frame().select(_looks())
        looked = distinct.with_columns(looks.get_columns())
        is_plain = pl.col("accepted") & ~pl.any_horizontal(pl.col("^may_.*$"))
        plain = looked.filter(is_plain).select("raw", self._plain.alias("answer"))
        others = looked.filter(~is_plain)
        answers = others.select("raw", pl.lit(_struct(self._rows(others))).alias("answer"))
        found = texts.join(pl.concat([plain, answers]), on="raw", how="left", maintain_order="left")
        return found.get_column("answer").alias(replies.name)

    def _rows(self, looked: pl.DataFrame) -> list[Row]:
        """Return the row of each text, by what it may contain."""
        if len(self._known) >= _MOST_KNOWN:
            self._known = {}
        rows = []
        for text, *looks in looked.iter_rows():
            row = self._known.get(text)
            if row is None:
                row = self._row(text, looks)
                if len(text) <= _LONGEST_KNOWN and len(self._known) < _MOST_KNOWN:
                    self._known[text] = row
            rows.append(row)
        return rows

    def _row(self, text: Text, looks: Sequence[bool]) -> Row:
        is_accepted, may_name_provider, may_name_host, may_name_list, may_wait = looks
        if is_accepted and isinstance(text, str):
            read, decided = text, self._accepted
        else:
            verdict = self._verdict(text)
            read, decided = verdict.text, _decided(verdict)
        provider = None
        if may_name_host:
            provider = provider_in(read)
        elif may_name_provider:
            provider = provider_by_wording(read)
        listing = listing_in(read) if may_name_list else None
        pause = retry_after(read) if may_wait else None
        return (*decided, *_named(provider, listing), pause)

    def _verdict(self, text: Text) -> Verdict:
        try:
            return self._classifier.classify(text)
        except MultipleRepliesError as error:  # for each recipient another: a person looks
            return self._classifier.undecided(error.text)


def classified(replies: pl.Series, classifier: Classifier | None = None) -> pl.Series:
    """Classify each text of a column; return the struct of `CLASSIFIED`."""
    return ColumnClassifier(classifier).classified(replies)


def verdict_row(verdict: Verdict) -> Row:
    """Return the fields of a verdict in the order of `CLASSIFIED`."""
    return _decided(verdict) + _named(verdict.provider, verdict.blocklist) + (verdict.retry_after,)


def _struct(rows: Sequence[Row]) -> pl.Series:
    columns: Iterable[Sequence[object]] = zip(*rows, strict=True) if rows else [()] * len(_FIELDS)
    frame = pl.DataFrame(
        [
            pl.Series(name, values, dtype=dtype)
            for (name, dtype), values in zip(_FIELDS.items(), columns, strict=True)
        ]
    )
    return frame.to_struct("answer")


def _looks() -> list[pl.Expr]:
    """Return expressions for whether a text is surely accepted, and what it may contain."""
    text = pl.col("text").str
    # Text that is not UTF-8 is null here.
    ascii_only = (text.len_bytes() == text.len_chars()).fill_null(value=False)
    # A mark of a line end may part words, and replies.
    as_it_is = ascii_only & ~text.contains_any(list(IN_MARKS)).fill_null(value=True)
    accepted = text.contains(_POSITIVE) & ~text.contains(_DOUBTFUL)
    may = {
        "may_name_provider": _has_each_of(pl.col("text"), provider_forms()),
        "may_name_host": text.contains_any(sorted(known_hosts()), ascii_case_insensitive=True),
        "may_name_list": _has_each_of(pl.col("text"), blocklist_forms()),
        "may_wait": _may_wait(pl.col("text")),
    }
    return [
        (as_it_is & accepted.fill_null(value=False)).alias("accepted"),
        *((~as_it_is | holds.fill_null(value=True)).alias(name) for name, holds in may.items()),
    ]


def _has_each_of(text: pl.Expr, sets: Iterable[frozenset[str]]) -> pl.Expr:
    """Return whether an ASCII text has a word of each set; a word is of letters and digits."""
    return pl.all_horizontal(
        text.str.contains(f"(?i)(?:^|[^0-9a-z])(?:{words})(?:[^0-9a-z]|$)")
        for words in ("|".join(sorted(filter(str.isascii, forms))) for forms in sets)
    )


def _may_wait(text: pl.Expr) -> pl.Expr:
    """Return whether a text has a cue, and either a number with a unit or a clock time."""
    units, numbers, cues = (sorted(filter(str.isascii, words)) for words in waiting_words())
    number = f"(?:[0-9]|(?:^|[^a-z])(?:{'|'.join(numbers)})[^a-z])"
    pause = f"(?i){number}[^0-9a-z]*(?:{'|'.join(units)})(?:[^a-z]|$)|[0-9]:[0-5][0-9]"
    has_cue = text.str.contains_any(cues, ascii_case_insensitive=True)
    return has_cue & text.str.contains(pause)


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
