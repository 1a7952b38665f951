"""`Memory`: what a reader remembers of messages under way, bounded, the oldest forgotten first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from sys import getsizeof
from typing import Generic, TypeVar

_V = TypeVar("_V")

CAPACITY = 65_536
ROOM = 12 << 20
"""Octets of the keys and values that a half of a `Memory` holds: 45,000 to 50,000 ids and addresses
of the usual length fill it, and fewer long ones."""

_SLOT = 100  # octets of an entry in a dict
_HALF_SLOT = _SLOT // 2
_UNKNOWN = 500  # octets of a value that is neither text nor a list of texts


class Memory(Generic[_V]):
    """Values by queue id: the newest, as many as its capacity and its room say or up to twice that.

    They are kept in two halves. When the newer one is full, it becomes the older one, and what was
    there is forgotten as a whole: to take the oldest out of a dict, one by one, takes ever longer.
    A half is full when it has as many values, or as many octets, as it may have.

    >>> memory = Memory(capacity=2)
    >>> for number, name in enumerate("abcde"):
    ...     memory[name] = number
    >>> memory.get("a"), memory.get("d"), memory.get("e")
    (None, 3, 4)
    """

    def __init__(self, capacity: int = CAPACITY, room: int = ROOM) -> None:
        self._capacity = capacity
        self._most = room
        self._room = room
        self._newer: dict[str, _V] = {}
        self._older: dict[str, _V] = {}

    def __setitem__(self, key: str, value: _V) -> None:
        before = self._newer.get(key)
        self._newer[key] = value
        self._room -= size_of(value) + (size_of(key) if before is None else -size_of(before))
        if self._room < 0 or len(self._newer) >= self._capacity:
            self._turn()

    def update(self, values: Mapping[str, _V]) -> set[str]:
        """Remember many values: a block's, by whose size a half may exceed its bounds.

        Returns:
            Those of their keys that had a value before.
        """
        newer, older = self._newer, self._older
        before = len(newer)
        newer.update(values)
        added = len(newer) - before
        known: set[str] = set()
        if added < len(values):
            known = set(values).difference(islice(reversed(newer), added))
        if not older.keys().isdisjoint(values):  # most are of new messages
            known.update(filter(older.__contains__, values))
        # Those that replace others take about as much room as what they replace.
        share = added / max(len(values), 1)
        self._room -= round(share * (_size_of_all(values) + _size_of_all(values.values())))
        if self._room < 0 or len(newer) >= self._capacity:
            self._turn()
        return known

    def get(self, key: str | None) -> _V | None:
        """Return what is remembered of a message; None for nothing."""
        if key is None:
            return None
        found = self._newer.get(key)
        return self._older.get(key) if found is None else found

    def values(self) -> dict[str, _V]:
        """Return all that is remembered, by its key; the oldest first."""
        return {**self._older, **self._newer}

    def forget(self, key: str) -> None:
        """Forget a message that has gone."""
        if (value := self._newer.pop(key, None)) is not None:
            self._room += size_of(key) + size_of(value)
        self._older.pop(key, None)

    def _turn(self) -> None:
        self._older, self._newer = self._newer, {}
        self._room = self._most


class Pending(dict[str, _V]):
    """Values that are under way until a later line ends them: bounded, by number and by octets.

    Args:
        capacity: how many there may be.
        room: how many octets, by `size_of` and what is added with `grows`.
    """

    def __init__(self, capacity: int = CAPACITY, room: int = 2 * ROOM) -> None:
        super().__init__()
        self._capacity = capacity
        self._room = room
        self._sizes: dict[str, int] = {}

    def grows(self, key: str, *values: object) -> None:
        """Count what has been added to the value of a key."""
        size = 0
        for value in values:
            size += size_of(value)
        self._sizes[key] = self._sizes.get(key, 0) + size
        self._room -= size

    def end(self, key: str) -> _V | None:
        """Take a value out, which is under way no longer; None where there is none."""
        self._room += self._sizes.pop(key, 0)
        return self.pop(key, None)

    def overdue(self) -> Sequence[_V]:
        """Take out and return the oldest values, where there are too many, or too long ones."""
        if self._room >= 0 and len(self) <= self._capacity:
            return ()
        found: list[_V] = []
        while self and (self._room < 0 or len(self) > self._capacity):
            value = self.end(next(iter(self)))
            if value is not None:
                found.append(value)
        return found


def size_of(value: object) -> int:
    """Return about how many octets of memory an entry takes.

    >>> size_of("a" * 1000) < size_of(("a" * 1000, "b" * 1000)) < 3000
    True
    """
    if isinstance(value, str):
        return getsizeof(value) + _HALF_SLOT
    if isinstance(value, (tuple, list)):
        return sum(map(size_of, value))
    return _UNKNOWN


def _size_of_all(values: Collection[object]) -> int:
    """Return about how many octets they take: of texts at least, and as fast as one is measured."""
    try:
        return getsizeof("".join(values)) + len(values) * (getsizeof("") + _SLOT // 2)  # type: ignore[arg-type]
    except TypeError:
        return sum(map(size_of, values))
