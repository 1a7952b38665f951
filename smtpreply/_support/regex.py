"""`re`, for patterns that repeat a group possessively, as in ``(?:a|b)*+``.

CPython up to 3.11.4 goes on behind such a group from wherever its last attempt to match once more
has failed, not from where it began (https://github.com/python/cpython/issues/106052). Debian 12
has 3.11.2. There, the group is written as an atomic one, ``(?>(?:a|b)*)``, which matches the same
and takes a little longer. A module with such patterns imports this one as ``re``.
"""

from __future__ import annotations

import re
import sys
from re import (
    ASCII,
    DOTALL,
    IGNORECASE,
    MULTILINE,
    Match,
    Pattern,
    error,
    escape,
    finditer,
    fullmatch,
    split,
    sub,
)
from typing import AnyStr

__all__ = [
    "ASCII",
    "DOTALL",
    "IGNORECASE",
    "MULTILINE",
    "Match",
    "Pattern",
    "compile",
    "error",
    "escape",
    "finditer",
    "fullmatch",
    "split",
    "sub",
]

_IS_SOUND = sys.version_info >= (3, 11, 5)
_PIECE = re.compile(
    r"(?P<literal>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<begin>\()"
    r"|(?P<end>\)(?:(?P<times>[*+?]|\{[0-9,]+\})(?P<possessive>\+)?)?)|(?P<other>.)",
    re.DOTALL,
)


def compile(pattern: AnyStr, flags: int = 0) -> Pattern[AnyStr]:  # noqa: A001  (what `re` calls it)
    """Return what `re.compile` returns.

    >>> compile("(?:a|b)*+b").match("aab") is None
    True
    """
    return re.compile(pattern if _IS_SOUND else with_atomic_groups(pattern), flags)


def with_atomic_groups(pattern: AnyStr) -> AnyStr:
    """Return a pattern with atomic groups for groups that are repeated possessively.

    Args:
        pattern: a valid pattern, without the flag ``re.VERBOSE``.

    >>> with_atomic_groups(r"[)*+]*+(?:a|(?:b\\)*+)++){1,2}+c")
    '[)*+]*+(?>(?:a|(?>(?:b\\\\)*+)+)){1,2})c'
    """
    if isinstance(pattern, bytes):
        return with_atomic_groups(pattern.decode("latin-1")).encode("latin-1")
    made: list[str] = []
    begun: list[int] = []
    for piece in _PIECE.finditer(pattern):
        if piece["begin"]:
            begun.append(len(made))
        made.append(piece[0])
        if piece["end"]:
            start = begun.pop()
            if piece["possessive"]:
                made[start] = f"(?>{made[start]}"
                made[-1] = f"){piece['times']})"
    return "".join(made)
