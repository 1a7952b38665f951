"""Read the package's own TOML files."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import Any


def read_toml(source: Traversable) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        tomllib.TOMLDecodeError: the file is not valid TOML.
    """
    import tomllib  # noqa: PLC0415  (5 ms, not needed by most runs)

    return tomllib.loads(source.read_text(encoding="utf-8"))
