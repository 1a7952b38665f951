"""Deliveries as rows of plain values, and back.

The columns are `smtpreply.logs.record.COLUMNS`: see docs/columns.md. In a row,

``time``
    is in microseconds since 1970; a time without a zone, as if it were UTC.
``utc_offset``
    is the seconds by which the zone is ahead of UTC; None for a time without a zone.
``octets``
    has the names of the columns whose text is not UTF-8, with their octets. In the column itself,
    each such octet is U+FFFD.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from smtpreply.codes import EnhancedStatus
from smtpreply.logs import Delivery
from smtpreply.logs.record import COLUMNS, take_octets, utc_offset, verdict_columns

ATTRIBUTES = tuple(column.name for column in COLUMNS if column.origin == "delivery")

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (times without a zone are counted from it, too)
_MICROSECOND = timedelta(microseconds=1)
_READ: dict[str, Callable[[str], Any]] = {
    column.name: column.choices
    for column in COLUMNS
    if column.origin == "delivery" and column.choices is not None
} | {"dsn": EnhancedStatus.parse}


def row_of(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as a row."""
    reply = delivery.reply
    row: dict[str, Any] = {name: getattr(delivery, name) for name in ATTRIBUTES}
    row |= {name: None if row[name] is None else str(row[name]) for name in _READ}
    row["time"], row["utc_offset"] = instant(delivery.time)
    row["code"] = reply and reply.code
    row["enhanced"] = str(reply.enhanced) if reply and reply.enhanced else None
    row |= verdict_columns(delivery)
    row["octets"] = list(take_octets(row).items()) or None
    return row


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    """Return the delivery that `row_of` was given; columns that are not there are null."""
    values = {name: row[name] for name in ATTRIBUTES if row.get(name) is not None}
    for name, octets in row.get("octets") or ():
        values[name] = octets.decode("utf-8", "surrogateescape")
    for name, read in _READ.items():
        if name in values:
            values[name] = read(values[name])
    if "time" in values:
        values["time"] = _time(values["time"], row.get("utc_offset"))
    return Delivery(**values)


def instant(time: datetime | None) -> tuple[int | None, int | None]:
    """Return a time in microseconds since 1970, and its zone in seconds."""
    if time is None:
        return None, None
    # `astimezone(UTC)` overflows at both ends of the calendar.
    since = time.replace(tzinfo=None) - _EPOCH
    offset = time.utcoffset()
    return (since - (offset or timedelta(0))) // _MICROSECOND, utc_offset(time)


def _time(microseconds: int, offset: int | None) -> datetime:
    ahead = timedelta(seconds=offset or 0)
    wall = _EPOCH + timedelta(microseconds=microseconds) + ahead
    if offset is None:
        return wall
    return wall.replace(tzinfo=timezone(ahead) if offset else UTC)
