"""Lazy re-exports for a package's ``__init__`` (PEP 562)."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # what type checkers take for true; typing itself costs 8 ms to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Exports = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def lazy_exports(namespace: dict[str, object], modules: Mapping[str, Iterable[str]]) -> Exports:
    """Return a package's ``__getattr__``, ``__dir__`` and ``__all__``.

    A name's module is imported when the name is first asked for.

    Args:
        namespace: the package's ``globals()``.
        modules: the public names of each module in the package, by the module's name.
    """
    package = namespace["__name__"]
    module_of = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        namespace[name] = value  # so that `__getattr__` is not called again
        return value

    return get, lambda: sorted({*namespace, *module_of}), sorted(module_of, key=_order)


def _order(name: str) -> tuple[bool, bool, str]:
    """Return the sort key of a name: constants, classes, functions, as linters sort ``__all__``."""
    return not name.isupper(), name[0].islower(), name
