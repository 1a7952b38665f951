"""What a reader remembers of messages under way: bounded, the oldest forgotten first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

_V = TypeVar("_V")

CAPACITY = 65_536


class Memory(Generic[_V]):
    """Values by queue id: of the newest as many as its capacity, and at most twice as many.

    They are kept in two halves. When the newer one is full, it becomes the older one, and what was
    there is forgotten as a whole: to take the oldest out of a dict, one by one, takes ever longer.

    >>> memory = Memory(capacity=2)
    >>> for number, name in enumerate("abcde"):
    ...     memory[name] = number
    >>> memory.get("a"), memory.get("d"), memory.get("e")
    (None, 3, 4)
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._newer: dict[str, _V] = {}
        self._older: dict[str, _V] = {}

    def __setitem__(self, key: str, value: _V) -> None:
        self._newer[key] = value
        if len(self._newer) >= self._capacity:
            self._turn()

    def update(self, values: Mapping[str, _V]) -> None:
        """Remember many values."""
        self._newer.update(values)
        if len(self._newer) >= self._capacity:
            self._turn()

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
        self._newer.pop(key, None)
        self._older.pop(key, None)

    def _turn(self) -> None:
        self._older, self._newer = self._newer, {}
