r"""Patterns: regular expressions from which all has been taken that could run away.

A pattern confirms what words have found. It may hold literals, classes (``[0-9]``, ``\d``), groups
and alternatives, ``?``, and counts up to 64 after a single character or class: no ``*``, no
``+``, no counted groups, no look-around, no back-references. So a search costs at most a constant
for each character of the text, whoever wrote the pattern.
"""

from __future__ import annotations

import re

MOST_COUNTS = 3
MOST_REPEATS = 64

_TOKEN = re.compile(
    r"(?P<escape>\\[dDwWsSbB.\\/()\[\]{}*+?|^$-])"
    r"|(?P<class>\[\^?\]?[^\]]*\])"
    r"|(?P<count>\{(?P<most>(?:[0-9]{1,3},)?[0-9]{1,3})\})"
    r"|(?P<group>\((?:\?:|(?!\?)))"
    r"|(?P<plain>[^\\\[\]{}*+(])"
)


class PatternError(ValueError):
    """A pattern that is not allowed, or no regular expression at all."""


def compiled(pattern: str) -> re.Pattern[str]:
    r"""Check a pattern and compile it; it ignores the case.

    Raises:
        PatternError: it is none, or holds what a pattern may not.

    >>> bool(compiled(r"AS\([0-9]{1,12}\)").search("Server busy. [as(201806281)]"))
    True
    """
    at, counts, before = 0, 0, ""
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise PatternError(f"{pattern[at]!r} at {at} is not allowed in {pattern!r}")
        if token["count"]:
            counts += 1
            if before == ")":
                raise PatternError(f"a group may not be counted, at {at} of {pattern!r}")
            if int(token["most"].rpartition(",")[2]) > MOST_REPEATS:
                raise PatternError(f"a count above {MOST_REPEATS}, at {at} of {pattern!r}")
        before, at = token[0], token.end()
    if counts > MOST_COUNTS:
        raise PatternError(f"more than {MOST_COUNTS} counts in {pattern!r}")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise PatternError(f"{error} in {pattern!r}") from None
