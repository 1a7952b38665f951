"""Read the data files of the catalog, each on its first use."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

from smtpreply._support.toml import read_toml


@functools.cache
def read(name: str) -> dict[str, Any]:
    """Return one data file, such as "replies-2xx" or "ru/replies-2xx"; empty if there is none."""
    path = files(__package__).joinpath("data", *f"{name}.toml".split("/"))
    return read_toml(path) if path.is_file() else {}
