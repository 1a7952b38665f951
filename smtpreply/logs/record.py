"""`COLUMNS`, the one schema of deliveries in rows; `record_of`, a delivery as such a row in text.

JSON lines, CSV, Parquet, Arrow, Polars, DuckDB and Spark have these columns under these names. The
attributes of `Delivery` are taken from the class itself, so a new one is in every output.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_type_hints

import attrs

from smtpreply._support.octets import storable, to_octets
from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery
from smtpreply.reasons.taxonomy import BounceType, Disposition, Reason
from smtpreply.reasons.verdict import Verdict

SCHEMA = 1
"""The version of the columns: raised when one changes or is removed, not when one is added."""

Kind = Literal["text", "time", "boolean", "int64", "int32", "uint16", "float64", "octets"]


@attrs.frozen
class Column:
    """A column of deliveries. Any but ``mta`` may be null.

    Attributes:
        name: the name, in every output.
        kind: the type; "time" has microseconds, "octets" is a map of columns to their octets.
        choices: the enumeration whose values a text is one of; None where it may be any.
        origin: what it is of: the attribute of the `Delivery`, its reply, its verdict, or a part of
            an attribute that a value of its type cannot hold.
    """

    name: str
    kind: Kind
    choices: type[enum.StrEnum] | None = None
    origin: Literal["delivery", "reply", "verdict", "part"] = "delivery"


_TYPES: dict[type, Kind] = {
    str: "text",
    EnhancedStatus: "text",
    bool: "boolean",
    int: "int64",
    float: "float64",
    datetime: "time",
}


def _attribute(name: str, hint: Any) -> Column:
    [type_] = [one for one in get_args(hint) or (hint,) if one is not type(None)]
    if issubclass(type_, enum.StrEnum):
        return Column(name, "text", type_)
    return Column(name, _TYPES[type_])


def _attributes() -> Iterator[Column]:
    hints = get_type_hints(Delivery)
    for field in attrs.fields(Delivery):
        yield _attribute(field.name, hints[field.name])
        if field.name == "time":
            yield Column("utc_offset", "int32", origin="part")


_OF_VERDICT: tuple[tuple[Column, Callable[[Verdict], Any]], ...] = (
    (Column("reason", "text", Reason, "verdict"), lambda verdict: verdict.reason.value),
    (
        Column("disposition", "text", Disposition, "verdict"),
        lambda verdict: verdict.disposition.value,
    ),
    (Column("suppress", "boolean", origin="verdict"), lambda verdict: verdict.suppress),
    (
        Column("bounce_type", "text", BounceType, "verdict"),
        lambda verdict: verdict.bounce_type and verdict.bounce_type.value,
    ),
    (
        Column("provider", "text", origin="verdict"),
        lambda verdict: verdict.provider and verdict.provider.key,
    ),
    (
        Column("blocklist", "text", origin="verdict"),
        lambda verdict: verdict.blocklist and verdict.blocklist.blocklist.key,
    ),
    (Column("rule", "text", origin="verdict"), lambda verdict: verdict.rule),
)

COLUMNS = (
    *_attributes(),
    Column("octets", "octets", origin="part"),
    Column("code", "uint16", origin="reply"),
    Column("enhanced", "text", origin="reply"),
    *(column for column, _ in _OF_VERDICT),
)
"""The columns of all outputs of deliveries. docs/columns.md describes each."""

VERDICT_COLUMNS = tuple(column.name for column, _ in _OF_VERDICT)
"""The columns of `verdict_columns`, in their order."""


def record_of(delivery: Delivery) -> dict[str, Any]:
    r"""Return a delivery as a row that JSON can hold, with the values of `COLUMNS`.

    Every text can be read as UTF-8: an octet that is none, as a log may have, is U+FFFD, and
    ``octets`` has the whole text as hexadecimal digits under the name of its column.

    Returns:
        The values by column, and under ``schema`` the version, `SCHEMA`.

    >>> delivery = Delivery(mta="x", text="552 5.2.2 Mailbox full")
    >>> record = record_of(delivery)
    >>> record["text"], record["reason"], record["suppress"], record["schema"]
    ('552 5.2.2 Mailbox full', 'mailbox_full', False, 1)
    >>> record_of(Delivery(mta="x", sender="b\udce4r@example.org"))["octets"]
    {'sender': '62e472406578616d706c652e6f7267'}
    """
    values = delivery.to_dict() | verdict_columns(delivery)
    values |= {"time": _iso(delivery.time), "utc_offset": utc_offset(delivery.time)}
    octets = take_octets(values)
    values["octets"] = {name: found.hex() for name, found in octets.items()} or None
    return {column.name: values[column.name] for column in COLUMNS} | {"schema": SCHEMA}


def take_octets(values: dict[str, Any]) -> dict[str, bytes]:
    """Make all texts of a row valid UTF-8; return the octets of those that were not, by column."""
    octets = {}
    for name, value in values.items():
        if isinstance(value, str) and not value.isascii():
            values[name] = storable(value)
            if values[name] != value:
                octets[name] = to_octets(value)
    return octets


def utc_offset(time: datetime | None) -> int | None:
    """Return the seconds by which a time's zone is ahead of UTC; None for a time without one."""
    offset = None if time is None else time.utcoffset()
    return None if offset is None else int(offset.total_seconds())


def _iso(time: datetime | None) -> str | None:
    """Return a time as ISO 8601, in UTC where it has a zone: so texts are in the order of time."""
    if time is None:
        return None
    if time.tzinfo is None:
        return time.isoformat()
    try:
        return time.astimezone(UTC).isoformat()
    except OverflowError:  # at both ends of the calendar
        return time.isoformat()


def verdict_columns(delivery: Delivery) -> dict[str, Any]:
    """Return the columns of a delivery's verdict; None in all of them where it has no text.

    ``provider`` and ``blocklist`` are keys: of who wrote the text, and of the list that it names.
    """
    verdict = delivery.verdict
    return dict.fromkeys(VERDICT_COLUMNS) if verdict is None else verdict_values(verdict)


def verdict_values(verdict: Verdict, names: Collection[str] = VERDICT_COLUMNS) -> dict[str, Any]:
    """Return the values of a verdict's columns, or of some of them.

    >>> from smtpreply.reasons import classify
    >>> verdict_values(classify("552 5.2.2 Mailbox full"), ("reason", "bounce_type"))
    {'reason': 'mailbox_full', 'bounce_type': 'soft'}
    """
    return {column.name: value(verdict) for column, value in _OF_VERDICT if column.name in names}
