"""The whole of a summary as JSON can hold it, and back: packed, sent, unpacked, added up.

Each kind of count has its form: a counter is an object of numbers; a grid, an object of counters;
a timeline, its limit, the length of its times and their counters; a tally, its capacity, its error
and its keys with their counts (a pair is an array); delays, an object of buckets by number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from smtpreply.summary.cross_table import Grid
from smtpreply.summary.quantiles import Delays, DelaysBy
from smtpreply.summary.timeline import Timeline, place_of
from smtpreply.summary.top_counter import Tally

_Fields = TypeVar("_Fields", bound=attrs.AttrsInstance)
_Item = TypeVar("_Item")

# As `Timeline` has them. Ten thousand years are not enough to make it hold much.
_TIME = re.compile("[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2})?)?)?")


def packed(value: attrs.AttrsInstance) -> dict[str, Any]:
    """Return the fields of an attrs class of counts, each in its form."""
    return {field.name: _pack(getattr(value, field.name)) for field in attrs.fields(type(value))}


def unpacked(kind: type[_Fields], packed: Any) -> _Fields:
    """Make a value of an attrs class of counts.

    Raises:
        ValueError: a field is missing, unknown, or not in its form.
    """
    empty = kind()
    names = [field.name for field in attrs.fields(kind)]
    _require(isinstance(packed, dict) and sorted(packed) == sorted(names), "not its fields")
    return kind(**{name: _unpack(getattr(empty, name), packed[name], name) for name in names})


def _pack(value: Any) -> Any:
    if isinstance(value, Timeline):
        return [value.limit, value.length, _pack(value.counts)]
    if isinstance(value, Grid):
        return _pack(value.counts)
    if isinstance(value, Tally):
        return [value.capacity, value.error, [[key, n] for key, n in value.counts.items()]]
    if isinstance(value, DelaysBy):
        return {kind: _pack(delays.buckets) for kind, delays in value.kinds.items()}
    if isinstance(value, dict):
        return {str(key): _pack(inner) for key, inner in value.items()}
    return value


def _unpack(empty: Any, value: Any, name: str) -> Any:
    """Make what `empty` is an example of."""
    if isinstance(empty, Timeline):
        limit, length, counts = _array(value, 3, name)
        _require(length in (13, 10, 7, 4) and _number(limit, name) > 0, name)
        counts = _object(counts, _counter, name)
        _require(all(_TIME.fullmatch(time) and len(time) == length for time in counts), name)
        for time in counts:
            place_of(time)  # which says so of a day that is in no calendar
        return Timeline(counts, limit, length)
    if isinstance(empty, Grid):
        return Grid(_object(value, _counter, name))
    if isinstance(empty, Tally):
        return _tally(value, name)
    if isinstance(empty, DelaysBy):
        return DelaysBy(_object(value, _delays, name))
    if isinstance(empty, Counter):
        return _counter(value, name)
    if isinstance(empty, dict):
        return _object(value, _string, name)
    return _number(value, name)


def _tally(value: Any, name: str) -> Tally[Any]:
    capacity, error, items = _array(value, 3, name)
    _require(_number(capacity, name) > 0 and isinstance(items, list), name)
    pairs = (_array(item, 2, name) for item in items)
    counts = {_key(key, name): _number(count, name) for key, count in pairs}
    _require(len(counts) == len(items) <= 2 * capacity, name)
    return Tally(capacity, _number(error, name), counts)


def _key(value: Any, name: str) -> str | tuple[str, str]:
    if isinstance(value, str):
        return value
    row, column = _array(value, 2, name)
    return _string(row, name), _string(column, name)


def _delays(value: Any, name: str) -> Delays:
    buckets = _object(value, _number, name)
    _require(all(key.removeprefix("-").isdecimal() and len(key) < 9 for key in buckets), name)
    return Delays(Counter({int(key): count for key, count in buckets.items()}))


def _counter(value: Any, name: str) -> Counter[str]:
    return Counter(_object(value, _number, name))


def _object(value: Any, inner: Callable[[Any, str], _Item], name: str) -> dict[str, _Item]:
    _require(isinstance(value, dict) and all(isinstance(key, str) for key in value), name)
    return {key: inner(item, name) for key, item in value.items()}


def _array(value: Any, length: int, name: str) -> list[Any]:
    _require(isinstance(value, (list, tuple)) and len(value) == length, name)
    return list(value)


def _string(value: Any, name: str) -> str:
    _require(isinstance(value, str), name)
    return str(value)


def _number(value: Any, name: str) -> int:
    _require(isinstance(value, int) and not isinstance(value, bool) and value >= 0, name)
    return int(value)


def _require(fine: bool, name: str) -> None:  # noqa: FBT001
    if not fine:
        raise ValueError(f"no state of a summary: {name}")
