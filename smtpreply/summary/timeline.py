"""`Timeline`: exact counts over time in bounded memory, from minutes to years as the span asks.

A time is a prefix of ISO 8601 (``2026-11-24T11:43``, ``2026-11-24T11``, ``2026-11-24``,
``2026-11``, ``2026``), so that a coarser one is a shorter one. How coarse the times
are depends on which times were seen, not on their order: the sum of the timelines of all parts
equals the timeline of the whole.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import attrs

from smtpreply.summary.cross_table import CrossTable

LIMIT = 2048
"""The most times that are kept: 34 hours of minutes, 12 weeks of hours, 5 years of days, 170 years
of months."""
_UNITS = {"minute": 16, "hour": 13, "day": 10, "month": 7, "year": 4}
"""The length of the ISO 8601 prefix of each unit."""
_LENGTHS = tuple(_UNITS.values())


@attrs.define
class Timeline(CrossTable):
    """Counts of each kind by hour; by day, month or year where there are more than `limit`.

    Timelines add up (`+`) to the coarser of the two; an empty one changes nothing. `by_minute`
    returns one that starts finer.

    >>> timeline = Timeline(limit=2)
    >>> for hour in (11, 11, 12, 13):
    ...     timeline.add_time(datetime(2026, 11, 24, hour), "sent")
    >>> timeline.unit, timeline.counts
    ('day', {'2026-11-24': Counter({'sent': 4})})
    """

    limit: int = LIMIT
    length: int = _UNITS["hour"]

    @classmethod
    def by_minute(cls) -> Timeline:
        """Return an empty timeline whose times are minutes, for deliveries of a short span."""
        return cls(length=_UNITS["minute"])

    @property
    def unit(self) -> str:
        """The unit of the times: "minute", "hour", "day", "month" or "year"."""
        return next(unit for unit, length in _UNITS.items() if length == self.length)

    def add_time(self, time: datetime, kind: str, count: int = 1) -> None:
        """Count a kind at a time, by its own wall clock: the time zone is ignored."""
        self.add(time.isoformat()[: self.length], kind, count)
        if len(self.counts) > self.limit:
            self._coarsen()

    def __add__(self, other: Timeline) -> Timeline:
        lengths = [each.length for each in (self, other) if each.counts]
        length = min(lengths, default=max(self.length, other.length))
        both = Timeline(limit=min(self.limit, other.limit), length=length)
        for timeline in (self, other):
            for time, cells in timeline.counts.items():
                both.counts.setdefault(time[: both.length], Counter()).update(cells)
        both._coarsen()
        return both

    def _coarsen(self) -> None:
        """Change to the finest unit within the limit. Years, up to 9999, always are."""
        for length in _LENGTHS[_LENGTHS.index(self.length) + 1 :]:
            if len(self.counts) <= self.limit:
                return
            self.counts, self.length = self._in_units(length), length

    def _in_units(self, length: int) -> dict[str, Counter[str]]:
        counts: dict[str, Counter[str]] = {}
        for time, cells in self.counts.items():
            counts.setdefault(time[:length], Counter()).update(cells)
        return counts

    def coarser(self, most: int) -> Timeline:
        """Return the counts in the finest unit of which the span has at most `most`.

        Args:
            most: the greatest number of units from the first time to the last, gaps included.

        >>> timeline = Timeline()
        >>> for day in (1, 1, 30):
        ...     timeline.add_time(datetime(2026, 11, day), "sent")
        >>> timeline.coarser(100).unit, timeline.coarser(10).unit
        ('day', 'month')
        """
        found = self
        for length in _LENGTHS[_LENGTHS.index(self.length) + 1 :]:
            places = [place_of(time) for time in found.counts]
            if not places or max(places) - min(places) < most:
                break
            found = Timeline(found._in_units(length), self.limit, length)
        return found

    def stretches(self, most: int) -> tuple[int, list[Counter[str]]]:
        """Divide the span from the first to the last time into equal stretches, gaps included.

        Args:
            most: the greatest number of stretches.

        Returns:
            The length of a stretch in units (minutes to years), the least that makes at most `most`
            of them; and the counts in each.

        Raises:
            ValueError: the timeline is empty.
        """
        places = {time: place_of(time) for time in self.counts}
        first, last = min(places.values()), max(places.values())
        size = -(-(last - first + 1) // most)
        found: list[Counter[str]] = [Counter() for _ in range((last - first) // size + 1)]
        for time, cells in self.counts.items():
            found[(places[time] - first) // size].update(cells)
        return size, found

    def in_order(self) -> list[tuple[str, Counter[str]]]:
        """Return the times in order, without those that have no counts."""
        return sorted(self.counts.items())


def place_of(time: str) -> int:
    """Return the ordinal number of a minute, hour, day, month or year: neighbours differ by 1.

    Raises:
        ValueError: there is no such date.

    >>> place_of("2026-12-01") - place_of("2026-11-30"), place_of("2027-01") - place_of("2026-12")
    (1, 1)
    """
    day, _, clock = time.partition("T")
    hour, _, minute = clock.partition(":")
    parts = [int(part) for part in day.split("-")]
    if len(parts) < 3:
        return parts[0] * (12 if len(parts) == 2 else 1) + sum(parts[1:])
    days = date(*parts).toordinal()
    if minute:
        return (days * 24 + int(hour)) * 60 + int(minute)
    return days * 24 + int(hour) if hour else days
