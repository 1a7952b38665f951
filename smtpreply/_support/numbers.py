"""Numbers in text."""

from __future__ import annotations


def number_of(text: str) -> float | None:
    """Return a number; None for what is none, such as "1.2.3"."""
    try:
        return float(text)
    except ValueError:
        return None
