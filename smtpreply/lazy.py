"""A package's face: names that are imported from their modules when someone asks for them."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # what type checkers take for true; typing itself costs 8 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Face = tuple[Callable[[str], object], Callable[[], list[str]]]


def lazily(namespace: dict[str, object], homes: Mapping[str, Iterable[str]]) -> Face:
    """Give a package its ``__getattr__`` and ``__dir__`` (PEP 562).

    Args:
        namespace: the package's ``globals()``.
        homes: by the name of a module in it, what it has of the names.
    """
    package = namespace["__name__"]
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        namespace[name] = value  # the next look-up finds it at once
        return value

    return get, lambda: sorted({*namespace, *home_of})
