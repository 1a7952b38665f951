"""The wire form of a summary: all of its state as JSON values, and back.

A `Counter` is an object of numbers; a `CrossTable`, an object of counters; a `Timeline`, an array
of its limit, the length of its times and their counters; a `TopCounter`, an array of its capacity,
its error and its keys with their counts (a pair is an array); `Delays`, an object of buckets by
number; `Cases`, an object of arrays of cases, which are arrays of five texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.summary.cases import MOST, Case, Cases
from smtpreply.summary.cross_table import CrossTable
from smtpreply.summary.quantiles import Delays, DelaysByKind
from smtpreply.summary.timeline import Timeline, place_of
from smtpreply.summary.top_counter import TopCounter

_Fields = TypeVar("_Fields", bound=attrs.AttrsInstance)
_Item = TypeVar("_Item")

# The times of a `Timeline`: prefixes of ISO 8601.
_TIME = lazy_pattern("[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}(?::[0-9]{2})?)?)?)?")


def pack(value: attrs.AttrsInstance) -> dict[str, Any]:
    """Return the fields of an attrs class of counts, each in its wire form."""
    return {field.name: _pack(getattr(value, field.name)) for field in attrs.fields(type(value))}


def unpack(kind: type[_Fields], packed: Any) -> _Fields:
    """Return the instance of an attrs class of counts that `pack` was given.

    Raises:
        ValueError: a field is missing, unknown, or not in its wire form.
    """
    empty = kind()
    names = [field.name for field in attrs.fields(kind)]
    _require(isinstance(packed, dict) and sorted(packed) == sorted(names), "the set of fields")
    return kind(**{name: _unpack(getattr(empty, name), packed[name], name) for name in names})


def _pack(value: Any) -> Any:
    if isinstance(value, Timeline):
        return [value.limit, value.length, _pack(value.counts)]
    if isinstance(value, CrossTable):
        return _pack(value.counts)
    if isinstance(value, TopCounter):
        return [value.capacity, value.error, [[key, n] for key, n in value.counts.items()]]
    if isinstance(value, Cases):
        return {
            kind: [list(attrs.astuple(case)) for case in known]
            for kind, known in value.kinds.items()
        }
    if isinstance(value, DelaysByKind):
        return {kind: _pack(delays.buckets) for kind, delays in value.kinds.items()}
    if isinstance(value, dict):
        return {str(key): _pack(inner) for key, inner in value.items()}
    return value


def _unpack(empty: Any, value: Any, name: str) -> Any:
    """Return the value of the type of `empty`."""
    if isinstance(empty, Timeline):
        limit, length, counts = _array(value, 3, name)
        _require(length in (16, 13, 10, 7, 4) and _number(limit, name) > 0, name)
        counts = _object(counts, _counter, name)
        _require(all(_TIME.fullmatch(time) and len(time) == length for time in counts), name)
        for time in counts:
            place_of(time)  # raises ValueError for a date that does not exist
        return Timeline(counts, limit, length)
    if isinstance(empty, CrossTable):
        return CrossTable(_object(value, _counter, name))
    if isinstance(empty, TopCounter):
        return _top_counter(value, name)
    if isinstance(empty, Cases):
        return Cases(_object(value, _cases, name))
    if isinstance(empty, DelaysByKind):
        return DelaysByKind(_object(value, _delays, name))
    if isinstance(empty, Counter):
        return _counter(value, name)
    if isinstance(empty, dict):
        return _object(value, _string, name)
    return _number(value, name)


def _top_counter(value: Any, name: str) -> TopCounter[Any]:
    capacity, error, items = _array(value, 3, name)
    _require(_number(capacity, name) > 0 and isinstance(items, list), name)
    pairs = (_array(item, 2, name) for item in items)
    counts = {_key(key, name): _number(count, name) for key, count in pairs}
    _require(len(counts) == len(items) <= 2 * capacity, name)
    return TopCounter(capacity, _number(error, name), counts)


def _key(value: Any, name: str) -> str | tuple[str, str]:
    if isinstance(value, str):
        return value
    row, column = _array(value, 2, name)
    return _string(row, name), _string(column, name)


def _cases(value: Any, name: str) -> list[Case]:
    _require(isinstance(value, list) and len(value) <= MOST, name)
    return [Case(*(_string(text, name) for text in _array(item, 5, name))) for item in value]


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


def _require(valid: bool, name: str) -> None:  # noqa: FBT001
    if not valid:
        raise ValueError(f"not the state of a summary: {name} is invalid")
