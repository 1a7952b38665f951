"""Mail logs as lazy frames: the deliveries of `smtpreply.logs.scan`, a row each.

`scan` passes over the lines that report no delivery, a block at once. What the words of a reply
say is worked out by columns, and only as far as it is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import polars as pl
from polars.io.plugins import register_io_source

from smtpreply._support.octets import storable
from smtpreply.frames._parse import parsed_columns
from smtpreply.frames._rows import ATTRIBUTES, delivery_of, instant
from smtpreply.logs import Delivery, Format, Status, scan
from smtpreply.logs.delivery import known_outcome
from smtpreply.logs.record import (
    COLUMNS,
    VERDICT_COLUMNS,
    Column,
    Kind,
    take_octets,
    verdict_values,
)
from smtpreply.logs.registry import format_called
from smtpreply.reasons import Outcome

_TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "time": pl.Datetime("us", "UTC"),
    "boolean": pl.Boolean(),
    "int64": pl.Int64(),
    "int32": pl.Int32(),
    "uint16": pl.UInt16(),
    "float64": pl.Float64(),
    "octets": pl.List(pl.Struct({"key": pl.String(), "value": pl.Binary()})),  # a map, in Arrow
}


def _type(column: Column) -> pl.DataType:
    if column.choices is None:
        return _TYPES[column.kind]
    return pl.Enum([member.value for member in column.choices])


LOG: dict[str, pl.DataType] = {column.name: _type(column) for column in COLUMNS}
"""The columns of a log: `smtpreply.logs.record.COLUMNS`."""

# What a verdict is made of: the words, and what the log says beside them, which has few kinds.
_JUDGED_BY = [
    column.name
    for column in COLUMNS
    if column.origin == "delivery"
    and (column.choices or column.kind == "boolean" or column.name in {"text", "dsn"})
] + ["code"]
# Whom a failure is about decides whether it suppresses; of what was not given up, nobody is asked.
_PARTIES = ["recipient", "orig_recipient", "relay_host"]
_NO_PARTIES: dict[str, Any] = dict.fromkeys(_PARTIES)
_GIVEN_UP = [Status.BOUNCED.value, Status.EXPIRED.value]
_KEYS = [*_JUDGED_BY, *(f"judged {name}" for name in _PARTIES)]
_OF_TEXT = {"provider", "blocklist"}  # columns of a verdict that need all words of a positive reply
_TIMES = ("time", "utc_offset")
_OF_REPLY = ("code", "enhanced")
_BATCH = 10_000  # deliveries


def scan_mail_log(
    path: str | Path,
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
) -> pl.LazyFrame:
    """Read the deliveries in mail logs: `smtpreply.logs.scan` as a lazy frame.

    Only what is asked for is worked out, and only for rows that a filter leaves.

    Args:
        path: a file, a folder or a glob.
        format: as for `scan`.
        year: as for `scan`.
        tz: as for `scan`.

    Returns:
        A frame of the columns `LOG`.

    Raises:
        ValueError: there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        FileNotFoundError: when the frame is collected: the path leads to nothing.

    >>> frame = scan_mail_log("tests/data/sample.log").filter(pl.col("status") == "bounced")
    >>> frame.select("mta", "code").first().collect().rows()
    [('postfix', 552)]
    """
    only = format_called(format) if isinstance(format, str) else format
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz

    def read(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG001  (the blocks of a log are what they are)
    ) -> Iterator[pl.DataFrame]:
        wanted = list(LOG) if with_columns is None else with_columns
        asked = [] if predicate is None else predicate.meta.root_names()
        columns = _Columns({*wanted, *asked})
        deliveries = scan(path, format=only, year=year, tz=zone)
        left = n_rows
        while batch := list(islice(deliveries, _BATCH if left is None else min(left, _BATCH))):
            found = columns.of(batch, predicate)
            if left is not None:
                found = found.head(left)
                left -= len(found)
            yield found.select(wanted)

    return register_io_source(read, schema=LOG)


class _Columns:
    """Makes columns of deliveries.

    Args:
        wanted: which of `LOG`.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._of_verdict = tuple(name for name in VERDICT_COLUMNS if name in wanted)
        needed = {*wanted, *_JUDGED_BY, *_PARTIES} if self._of_verdict else set(wanted)
        self._of_reply = [name for name in _OF_REPLY if name in needed]
        self._recorded = [name for name in ATTRIBUTES if name in needed and name not in _TIMES]
        self._times = [name for name in _TIMES if name in needed]
        self._octets = "octets" in needed

    def of(self, deliveries: Sequence[Delivery], predicate: pl.Expr | None) -> pl.DataFrame:
        """Return the rows that the predicate leaves."""
        frame = self._unjudged(deliveries)
        if predicate is None:
            return self._judged(frame)
        if set(VERDICT_COLUMNS).isdisjoint(predicate.meta.root_names()):
            return self._judged(frame.filter(predicate))
        return self._judged(frame).filter(predicate)

    def _unjudged(self, deliveries: Sequence[Delivery]) -> pl.DataFrame:
        """Return all columns, but not those of the verdicts."""
        columns = [_column(name, deliveries) for name in self._recorded]
        if self._times:
            columns += _times(deliveries)
        if self._octets:
            columns.append(_octets(deliveries))
        # The number of rows is known from a column, even where no other is asked for.
        rows = pl.Series("", [None] * len(deliveries), dtype=pl.Null)
        frame = pl.DataFrame([*columns, rows])
        if not self._of_reply:
            return frame
        spoken = [delivery.text if delivery.reply_by else None for delivery in deliveries]
        replies = pl.Series("text", list(map(_stored, spoken)), dtype=pl.String)
        return frame.with_columns(parsed_columns(replies, self._of_reply))

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what the verdicts say; each text is judged once."""
        if not self._of_verdict:
            return frame
        given_up = pl.col("status").is_null() | pl.col("status").is_in(_GIVEN_UP)
        frame = frame.with_columns(
            pl.when(given_up).then(pl.col(name)).alias(f"judged {name}") for name in _PARTIES
        )
        keys = frame.select(_KEYS).unique().filter(pl.col("text").is_not_null())
        answers = [_verdict(key, self._of_verdict) for key in keys.iter_rows(named=True)]
        known = keys.with_columns(
            pl.Series(field, [answer[field] for answer in answers], dtype=LOG[field])
            for field in self._of_verdict
        )
        return frame.join(
            known,
            on=_KEYS,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )


def _column(name: str, deliveries: Sequence[Delivery]) -> pl.Series:
    values: list[Any] = list(map(attrgetter(name), deliveries))
    dtype = LOG[name]
    if name == "dsn":
        values = [None if value is None else str(value) for value in values]
    elif dtype == pl.String:
        values = list(map(_stored, values))
    return pl.Series(name, values, dtype=dtype)


def _times(deliveries: Sequence[Delivery]) -> list[pl.Series]:
    instants = []
    last = None
    for delivery in deliveries:
        if last is None or delivery.time is not last:  # deliveries of one second share their time
            last = delivery.time
            found = instant(last)
        instants.append(found)
    times = pl.Series("time", [time for time, _ in instants], dtype=pl.Int64)
    offsets = pl.Series("utc_offset", [offset for _, offset in instants], dtype=pl.Int32)
    return [times.cast(LOG["time"]), offsets]


def _octets(deliveries: Sequence[Delivery]) -> pl.Series:
    """Return the octets of each row's texts that are not UTF-8; null where there are none."""
    names = [name for name in ATTRIBUTES if LOG[name] == pl.String]
    found = [
        [
            {"key": name, "value": octets}
            for name, octets in take_octets({name: getattr(each, name) for name in names}).items()
        ]
        or None
        for each in deliveries
    ]
    return pl.Series("octets", found, dtype=LOG["octets"])


def _stored(text: str | None) -> str | None:
    return text if text is None or text.isascii() else storable(text)


def _verdict(key: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Return columns of the verdict on the delivery that a row of `_KEYS` is of."""
    fields = {name.removeprefix("judged "): value for name, value in key.items()}
    delivery = delivery_of({"mta": "", **fields})
    outcome = known_outcome(delivery.status, delivery.direction)
    is_positive = key["code"] is not None and key["code"] < 400
    if is_positive and outcome in {None, Outcome.SENT} and _OF_TEXT.isdisjoint(names):
        # The words of a success, an id mostly, do not matter.
        delivery = attrs.evolve(delivery, **_NO_PARTIES, text=str(key["code"]), dsn=None)
        return _values(delivery, names)
    return _values.__wrapped__(delivery, names)


@functools.lru_cache(maxsize=4096)
def _values(delivery: Delivery, names: tuple[str, ...]) -> dict[str, Any]:
    verdict = delivery.verdict
    assert verdict is not None
    return verdict_values(verdict, names)
