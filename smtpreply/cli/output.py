"""Where output goes, and how it looks there."""

from __future__ import annotations

import os
import sys

from rich.console import Console, RenderableType


def wants_drawing() -> bool:
    """Whether a person looks at a terminal, and has not asked for plain text (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def draw(renderable: RenderableType) -> None:
    """Draw on the terminal."""
    Console(markup=False, emoji=False, highlight=False).print(renderable)
