"""What is said where the library that a module of frames is for is not installed."""

from __future__ import annotations


def missing(module: str, needed: str, extra: str) -> ImportError:
    """Return the error for a module of `smtpreply.frames` that needs a library, in one line.

    >>> str(missing("arrow", "pyarrow", "arrow"))
    'smtpreply.frames.arrow needs pyarrow: pip install "smtpreply[arrow]"'
    """
    return ImportError(
        f'smtpreply.frames.{module} needs {needed}: pip install "smtpreply[{extra}]"'
    )
