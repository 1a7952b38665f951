"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

from typing import Any, AnyStr, cast

from smtpreply._support import regex as re


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` does, but compiled when a method of it is first asked for.

    A pattern takes up to 2 ms to compile, and many are for lines that few logs have. A call costs
    30 ns more than that of a compiled one, so what each line goes through is compiled at once. The
    ``re`` of a match is the compiled pattern, another object.

    Args:
        pattern: the regular expression. What is wrong with it is raised by the first use.
        flags: as for `re.compile`.

    >>> lazy_pattern("[0-9]+").findall("250 2.0.0")
    ['250', '2', '0', '0']
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(pattern, flags))


class _LazyPattern:
    def __init__(self, pattern: Any, flags: int) -> None:
        self.pattern = pattern
        self._given = flags

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the pattern, which is this object's own from then on."""
        value = getattr(re.compile(self.pattern, self._given), name)
        setattr(self, name, value)
        return value
