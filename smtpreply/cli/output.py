"""Output to a terminal: whether there is one, and drawing on it."""

from __future__ import annotations

import errno
import os
import sys

from rich.console import Console, RenderableType


def wants_drawing() -> bool:
    """Return whether stdout is a terminal and NO_COLOR is not set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def draw(renderable: RenderableType) -> None:
    """Print a rich renderable on stdout, without interpreting markup in it."""
    _Console(markup=False, emoji=False, highlight=False).print(renderable)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the group of commands: rich would end the process, with 1."""
        raise BrokenPipeError(errno.EPIPE, "the output was closed")
