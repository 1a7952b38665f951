"""The error of a module of `smtpreply.frames` whose library is not installed."""

from __future__ import annotations


def missing(module: str, needed: str, extra: str) -> ImportError:
    """Return the error for a module that needs a library, with the command that installs it.

    >>> str(missing("arrow", "pyarrow", "arrow"))
    'smtpreply.frames.arrow needs pyarrow: pip install "smtpreply[arrow]"'
    """
    return ImportError(
        f'smtpreply.frames.{module} needs {needed}: pip install "smtpreply[{extra}]"'
    )
