"""What a reader remembers of messages under way: bounded, the oldest forgotten first."""

from __future__ import annotations

from typing import Generic, TypeVar

_V = TypeVar("_V")

CAPACITY = 65_536


class Memory(Generic[_V]):
    """Values by queue id. Forgets the oldest where there are more than it holds.

    >>> memory = Memory(capacity=2)
    >>> for number, name in enumerate("abc"):
    ...     memory[name] = number
    >>> memory.get("a"), memory.get("c")
    (None, 2)
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._values: dict[str, _V] = {}

    def __setitem__(self, key: str, value: _V) -> None:
        self._values.pop(key, None)
        self._values[key] = value
        if len(self._values) > self._capacity:
            del self._values[next(iter(self._values))]

    def get(self, key: str | None) -> _V | None:
        """Give what is remembered of a message; None for nothing."""
        return None if key is None else self._values.get(key)

    def forget(self, key: str) -> None:
        """Forget a message that has gone."""
        self._values.pop(key, None)
