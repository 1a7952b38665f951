"""Numbers in text."""

from __future__ import annotations

import math


def number_of(text: str) -> float | None:
    """Return a number; None for what is none, such as "1.2.3", or is too large for one.

    >>> number_of("1.5"), number_of("1e999")
    (1.5, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
