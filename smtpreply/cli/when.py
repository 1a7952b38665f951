"""`WHEN`: the type of command-line options that take a point in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_AGO = re.compile(r"-([0-9]{1,6})(min|m|h|d|w)")
_SECONDS = {"m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604_800}
_DAYS = {"today": 0, "yesterday": 1}


def moment(text: str, now: datetime) -> datetime:
    """Return the time that a text names.

    Args:
        text: ISO 8601, a date alone being its midnight; ``today`` or ``yesterday``; or a time ago,
            such as ``-90m``, ``-1h``, ``-2d`` or ``-1w``.
        now: the present, with its time zone.

    Returns:
        A time with a zone where the text gives one, and for a time ago; otherwise without one, to
        be compared to the log's own clock.

    Raises:
        ValueError: the text names no time.

    >>> now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    >>> moment("yesterday", now).isoformat(), moment("-1h", now).isoformat()
    ('2026-11-24T00:00:00', '2026-11-25T11:00:00+00:00')
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(seconds=int(ago[1]) * _SECONDS[ago[2]])
    if text in _DAYS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return midnight - timedelta(days=_DAYS[text])
    return datetime.fromisoformat(text)


class _When(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the time that an argument names."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(value, datetime.now(UTC).astimezone())
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is not a valid time: give 2026-11-25, '2026-11-25 12:00', with a zone "
                "2026-11-25T12:00+01:00, today, yesterday, or a time ago: -90m, -1h, -2d, -1w",
                param,
                ctx,
            )


WHEN = _When()
