"""`NeedledPattern`: a pattern that is searched for only in texts that may have a match."""

from __future__ import annotations

import re
from typing import NamedTuple


class NeedledPattern(NamedTuple):
    """A pattern of words, of which most texts have none.

    A substring is found ten times as fast as a pattern.

    Attributes:
        pattern: the pattern.
        needles: in small letters; of these, one is in each match that is ASCII. What is not ASCII
            may be the same letter to a pattern, so such a text is always searched.

    >>> found = NeedledPattern(re.compile(r"\\b(?:un)?til\\b", re.IGNORECASE), ("til",))
    >>> found.search("Until noon") is not None, found.search("No such user") is not None
    (True, False)
    """

    pattern: re.Pattern[str]
    needles: tuple[str, ...]

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match in a text."""
        if text.isascii() and not any(map(text.lower().__contains__, self.needles)):
            return None
        return self.pattern.search(text)
