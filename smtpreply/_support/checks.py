"""Checks of the types of arguments, where a wrong one would be taken for something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def check_type(value: object, types: type | tuple[type, ...], what: str) -> None:
    """Check that a value has one of some types.

    Raises:
        TypeError: it has none of them.

    >>> check_type(5, str, "a text")
    Traceback (most recent call last):
        ...
    TypeError: a text is str, not int
    """
    if not isinstance(value, types):
        known = types if isinstance(types, tuple) else (types,)
        names = " or ".join(kind.__name__ for kind in known)
        raise TypeError(f"{what} is {names}, not {type(value).__name__}")


def check_mapping(value: object, what: str) -> None:
    """Check that a value is a mapping, such as JSON's objects are read as.

    Raises:
        TypeError: it is none.
    """
    check_type(value, Mapping, what)


def member_of(data: Mapping[str, Any], name: str, *types: type) -> Any:
    """Return a member of a mapping, which has one of some types, or is None.

    Raises:
        KeyError: there is no member of this name.
        TypeError: it has another type.

    >>> member_of({"code": "550"}, "code", int)
    Traceback (most recent call last):
        ...
    TypeError: code is int, not str
    """
    value = data[name]
    if value is not None:
        check_type(value, types, name)
    return value


def items_of(value: Any, what: str) -> Iterable[Any]:
    """Return the items of a list, or of another iterable; a text, or octets, is none.

    Raises:
        TypeError: there are no items.
    """
    if isinstance(value, (str, bytes, bytearray, memoryview)) or not isinstance(value, Iterable):
        raise TypeError(f"{what} is a list, not {type(value).__name__}")
    return value
