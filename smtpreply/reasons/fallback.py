"""The reasons of bare statuses and codes, from ``data/fallback.toml``."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from smtpreply._support import data
from smtpreply.codes import EnhancedStatus
from smtpreply.reasons.taxonomy import Reason
from smtpreply.stage import Stage


class Meaning(NamedTuple):
    """A reason, and whether servers use the status or code for it alone."""

    reason: Reason
    sharp: bool = False


class Fallback:
    """The reasons of statuses and codes."""

    def __init__(self, statuses: dict[str, Meaning], codes: dict[str, Meaning]) -> None:
        self._statuses = statuses
        self._codes = codes
        self._of_status = functools.lru_cache(maxsize=1024)(self._look_up)

    def of_status(self, status: EnhancedStatus | None) -> Meaning | None:
        """Return the meaning of a negative status: its own, or else its subject's."""
        return None if status is None or status.class_ == 2 else self._of_status(status)

    def of_code(self, code: int | None, stage: Stage | None) -> Meaning | None:
        """Return the meaning of a reply code, at a stage or at any."""
        return self._codes.get(f"{code} {stage}") or self._codes.get(str(code))

    def _look_up(self, status: EnhancedStatus) -> Meaning | None:
        subject = f"X.{status.subject}"
        keys = (str(status), f"{subject}.{status.detail}", subject)
        return next((self._statuses[key] for key in keys if key in self._statuses), None)


@functools.cache
def default_fallback() -> Fallback:
    """Read ours."""
    tables = data.read("reasons/data/fallback")
    statuses, codes = (
        {key: _meaning(told) for key, told in tables[kind].items()} for kind in ("status", "code")
    )
    return Fallback(statuses, codes)


def _meaning(told: str | dict[str, Any]) -> Meaning:
    if isinstance(told, str):
        return Meaning(Reason(told))
    return Meaning(Reason(told["reason"]), told.get("sharp", False))
