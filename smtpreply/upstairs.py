"""The doors from a value to the floors above it, which are made of such values.

They can't be imported from below, so they are opened by name, and only for those who ask.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def catalog_entry(code: Any) -> Any:
    """Look a reply code or an enhanced status up in the catalog."""
    return import_module("smtpreply.catalog").lookup(code)


def verdict_on(reply: Any, stage: Any) -> Any:
    """Tell why a server answered with this reply."""
    return import_module("smtpreply.reasons").classify(reply, stage=stage)
