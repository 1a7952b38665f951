"""Lazy re-exports for a package's ``__init__`` (PEP 562)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # what type checkers take for true; typing itself costs 8 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Exports = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def lazy_exports(namespace: dict[str, object], homes: Mapping[str, Iterable[str]]) -> Exports:
    """Return a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    A name's module is imported when the name is first asked for.

    Args:
        namespace: the package's ``globals()``.
        homes: by the name of a module in the package, the public names that it defines.
    """
    package = namespace["__name__"]
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home_of[name]}"), name)
        namespace[name] = value  # the next look-up finds it at once
        return value

    return get, lambda: sorted({*namespace, *home_of}), sorted(home_of, key=_order)


def _order(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions: as linters sort ``__all__``."""
    return not name.isupper(), name[0].islower(), name
