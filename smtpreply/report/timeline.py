"""Counts over time that stay exact and few: where there are too many hours, days are counted.

A time is a prefix of ISO 8601 (``2026-11-24T11``, ``2026-11-24``, ``2026-11``, ``2026``), so that a
coarser one is a shorter one. How coarse the times are depends on which hours were seen, not on
their order: parts that are added up are as the whole would be.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import attrs

from smtpreply.report.grid import Grid

LIMIT = 2048
"""Twelve weeks of hours, five years of days, a hundred and seventy of months."""
_UNITS = {"hour": 13, "day": 10, "month": 7, "year": 4}
"""How long the prefix is."""
_LENGTHS = tuple(_UNITS.values())


@attrs.define
class Timeline(Grid):
    """How often each kind was seen in each hour; by day, month or year in a log of many hours.

    >>> timeline = Timeline(limit=2)
    >>> for hour in (11, 11, 12, 13):
    ...     timeline.add_time(datetime(2026, 11, 24, hour), "sent")
    >>> timeline.unit, timeline.counts
    ('day', {'2026-11-24': Counter({'sent': 4})})
    """

    limit: int = LIMIT
    length: int = _UNITS["hour"]

    @property
    def unit(self) -> str:
        """What is counted by: "hour", "day", "month" or "year"."""
        return next(unit for unit, length in _UNITS.items() if length == self.length)

    def add_time(self, time: datetime, kind: str, count: int = 1) -> None:
        """Count a kind at a time, which is taken as it stands, whatever its zone."""
        self.add(time.isoformat()[: self.length], kind, count)
        if len(self.counts) > self.limit:
            self._coarsen()

    def __add__(self, other: Timeline) -> Timeline:
        both = Timeline(limit=min(self.limit, other.limit), length=min(self.length, other.length))
        for timeline in (self, other):
            for time, cells in timeline.counts.items():
                both.counts.setdefault(time[: both.length], Counter()).update(cells)
        both._coarsen()
        return both

    def _coarsen(self) -> None:
        """Go to the finest unit that has room. Years end at 9999, so that they need no limit."""
        for length in _LENGTHS[_LENGTHS.index(self.length) + 1 :]:
            if len(self.counts) <= self.limit:
                return
            finer, self.counts, self.length = self.counts, {}, length
            for time, cells in finer.items():
                self.counts.setdefault(time[:length], Counter()).update(cells)

    def in_order(self) -> list[tuple[str, Counter[str]]]:
        """Give the times in their order; those that nothing was counted in are not there."""
        return sorted(self.counts.items())
