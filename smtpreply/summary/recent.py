"""`Recent`: the summary of the last minutes of a log that grows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from smtpreply.logs import Delivery
from smtpreply.summary.summary import Summary

_MOST_KEPT = 4  # times the minutes asked for: how many are kept before old ones are dropped


class Recent:
    """The deliveries of the last minutes, by the log's own clock, in bounded memory.

    The log's clock stands at the time of the last delivery that was added, and goes on from there:
    so it does not matter in which zone the log was written, and whether its host's clock is right.

    Args:
        minutes: how many, at least 1.
        clock: returns seconds, which never go back.

    Raises:
        ValueError: `minutes` is below 1.

    >>> recent = Recent(15, clock=lambda: 0)
    >>> for minute in (1, 20, 21):
    ...     recent.add(Delivery(mta="postfix", time=datetime(2026, 11, 24, 12, minute)))
    >>> recent.summary().deliveries
    2
    """

    def __init__(self, minutes: int = 15, clock: Callable[[], float] = time.monotonic) -> None:
        if minutes < 1:
            raise ValueError("there must be at least 1 minute")
        self.minutes = minutes
        self._clock = clock
        self._kept: dict[datetime, Summary] = {}  # by minute
        self._last: datetime | None = None
        self._added = 0.0

    def add(self, delivery: Delivery) -> None:
        """Count a delivery; one without a time is not counted."""
        if delivery.time is None:
            return
        self._last, self._added = _comparable(delivery.time), self._clock()
        minute = self._last.replace(second=0, microsecond=0)
        self._kept.setdefault(minute, Summary()).add(delivery)
        if len(self._kept) > _MOST_KEPT * self.minutes:
            self._kept = self._within()

    def summary(self) -> Summary:
        """Return the summary of the last minutes up to now; the present minute is one of them."""
        return sum(self._within().values(), Summary())

    def _within(self) -> dict[datetime, Summary]:
        if self._last is None:
            return {}
        try:
            now = self._last + timedelta(seconds=self._clock() - self._added)
            first = now - timedelta(minutes=self.minutes)
        except OverflowError:  # at both ends of the calendar
            return {}
        return {minute: found for minute, found in self._kept.items() if first < minute <= now}


def _comparable(moment: datetime) -> datetime:
    """Return a time by which those with and without a zone can be compared."""
    try:
        return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)
