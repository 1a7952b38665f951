"""Write `smtpreply.logs.format_table` from the modules of `smtpreply.logs.formats`.

Run it where a format has been added or changed: ``python -m smtpreply.logs.make_format_table``.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from smtpreply.logs import format_table, formats
from smtpreply.logs.format import Format
from smtpreply.logs.registry import formats_of

_HEAD = '''"""The signs by which a line's format is found, without importing the format's module.

Generated from the modules of `smtpreply.logs.formats`: do not edit, but run
``python -m smtpreply.logs.make_format_table``.
"""
# ruff: noqa: E501, Q000  (a row is a line, as Python prints it)
# fmt: off

# In the order in which they are tried: name, module, programs, needles, how lines begin, members,
# whether it claims sources.
_Strings = tuple[str, ...]
FORMATS: tuple[tuple[str, str, str | None, _Strings, str | None, _Strings, bool], ...] = (
'''
_PREFIXES = """)

# How lines of programs' own log files begin that could be taken for the prefix of syslog.
PREFIXES: tuple[str, ...] = (
"""


def table() -> str:
    """Return the source of the table that the modules have at present.

    Raises:
        ValueError: a format has neither programs nor needles, so that no line would be its.
    """
    found = [
        (known.order, known.name, module.name, known)
        for module in iter_modules(formats.__path__)
        for known in formats_of(import_module(f"smtpreply.logs.formats.{module.name}"))
    ]
    for *_, known in found:
        if known.programs is None and not known.needles:
            raise ValueError(f"{known.name} would never be found: it needs programs= or needles=")
    rows = [
        f"    {(name, module, *_signs(known))!r},\n"
        for _, name, module, known in sorted(found, key=lambda each: each[:2])
    ]
    prefixes = [f"    {known.prefix!r},\n" for *_, known in found if known.prefix is not None]
    return "".join([_HEAD, *rows, _PREFIXES, *prefixes, ")\n"])


def _signs(known: Format) -> tuple[object, ...]:
    return known.programs, known.needles, known.begins, known.members, known.claims_sources


if __name__ == "__main__":
    Path(format_table.__file__).write_text(table(), encoding="utf-8")
