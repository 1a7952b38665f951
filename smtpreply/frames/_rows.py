"""Deliveries as rows of plain values, and back.

The columns are the attributes of `smtpreply.logs.Delivery`, by their names, and:

``time``
    in microseconds since 1970. A time without a zone is stored as if it were UTC.
``utc_offset``
    the seconds by which the zone is ahead of UTC; None for a time without a zone.
``direction``, ``stage``, ``status``, ``reply_by``, ``dsn``
    the values as text.
``octets``
    the names of the columns whose text is not UTF-8, with their octets. In the column itself,
    each such octet is U+FFFD.
``code``, ``enhanced``
    the code and enhanced status of the reply in ``text``.
``reason``, ``disposition``, ``suppress``, ``bounce_type``, ``provider``, ``blocklist``, ``rule``
    the verdict: see `smtpreply.logs.record`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs

from smtpreply._support.octets import to_octets
from smtpreply.codes import EnhancedStatus
from smtpreply.logs import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.record import verdict_columns
from smtpreply.stage import Stage

ATTRIBUTES = tuple(field.name for field in attrs.fields(Delivery))

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (times without a zone are counted from it, too)
_MICROSECOND = timedelta(microseconds=1)
_SURROGATES = re.compile("[\ud800-\udfff]")
_READ: dict[str, Callable[[str], Any]] = {
    "direction": Direction,
    "stage": Stage,
    "status": Status,
    "dsn": EnhancedStatus.parse,
    "reply_by": ReplyBy,
}


def row_of(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as a row."""
    reply = delivery.reply
    row: dict[str, Any] = {name: getattr(delivery, name) for name in ATTRIBUTES}
    row |= {name: None if row[name] is None else str(row[name]) for name in _READ}
    row["time"], row["utc_offset"] = instant(delivery.time)
    row["code"] = reply and reply.code
    row["enhanced"] = str(reply.enhanced) if reply and reply.enhanced else None
    row |= verdict_columns(delivery)
    undecoded = {}
    for name, value in row.items():
        if isinstance(value, str) and not value.isascii():
            row[name] = storable(value)
            if row[name] != value:
                undecoded[name] = to_octets(value)
    row["octets"] = list(undecoded.items()) or None
    return row


def delivery_of(row: Mapping[str, Any]) -> Delivery:
    """Return the delivery that `row_of` was given."""
    values = {name: row[name] for name in ATTRIBUTES}
    for name, octets in row["octets"] or ():
        values[name] = octets.decode("utf-8", "surrogateescape")
    for name, read in _READ.items():
        values[name] = None if values[name] is None else read(values[name])
    values["time"] = _time(row["time"], row["utc_offset"])
    return Delivery(**values)


def storable(text: str) -> str:
    r"""Return a text as a column can hold it: valid UTF-8.

    Each octet that is not UTF-8, which stands in a text as a surrogate escape, becomes U+FFFD.

    >>> storable("\u00fc\udcff")
    'ü\ufffd'
    """
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def instant(time: datetime | None) -> tuple[int | None, int | None]:
    """Return a time in microseconds since 1970, and its zone in seconds."""
    if time is None:
        return None, None
    # `astimezone(UTC)` overflows at both ends of the calendar.
    since = time.replace(tzinfo=None) - _EPOCH
    offset = time.utcoffset()
    if offset is None:
        return since // _MICROSECOND, None
    return (since - offset) // _MICROSECOND, int(offset.total_seconds())


def _time(microseconds: int | None, offset: int | None) -> datetime | None:
    if microseconds is None:
        return None
    ahead = timedelta(seconds=offset or 0)
    wall = _EPOCH + timedelta(microseconds=microseconds) + ahead
    if offset is None:
        return wall
    return wall.replace(tzinfo=timezone(ahead) if offset else UTC)
