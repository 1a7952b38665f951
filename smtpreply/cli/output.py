"""Output to a terminal: whether there is one, and drawing on it."""

from __future__ import annotations

import os
import sys

from rich.console import Console, RenderableType


def wants_drawing() -> bool:
    """Return whether stdout is a terminal and NO_COLOR is not set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def draw(renderable: RenderableType) -> None:
    """Print a rich renderable on stdout, without interpreting markup in it."""
    Console(markup=False, emoji=False, highlight=False).print(renderable)
