"""Read the data files of the catalog, each on its first use."""

from __future__ import annotations

import functools

from smtpreply._support import data


@functools.cache
def read(name: str) -> data.Table:
    """Return one data file, such as "replies-2xx" or "ru/replies-2xx"; empty if there is none."""
    return data.find(f"catalog/data/{name}") or {}
