"""The times in tables, exports and events, each in the form that says itself what it means.

::

    time    = iso / epoch / dotted / american
    iso     = year "-" month "-" day ("T" / SP) time [zone]      ; RFC 3339, and without a zone
    epoch   = 9*10DIGIT ["." digits] / 12*13DIGIT                ; seconds, milliseconds
    dotted  = day "." month "." year SP time                     ; in most of Europe
    american = month "/" day "/" year SP time SP ("AM" / "PM")   ; 12 hours: en-US

Between 3/4/2026 and 4/3/2026 nothing but the writer's country decides: where the rest of the text
does not show it, there is no time.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, tzinfo

from smtpreply.logs.input.clock import PLAIN_ISO
from smtpreply.logs.input.months import month_number

_ISO = re.compile(
    r"([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[T ]([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,9}))?(?: ?(Z|UTC)| ?([+-])([0-9]{2}):?([0-9]{2}))?\Z"
)
_EPOCH = re.compile(r"(?:[0-9]{9,10}(?:\.[0-9]{1,9})?|[0-9]{12,13})\Z")
_LONGEST = 64  # characters: no form of a time has as many
_MILLISECONDS = 100_000_000_000  # in the year 5138, if these were seconds
_SPAN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?\Z")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2})\Z")
_AMERICAN = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}),? ([0-9]{1,2}):([0-9]{2}):([0-9]{2})[ \u202f]([AP])M\Z",
    re.IGNORECASE,
)


def time_of(value: object, zone: tzinfo | None = None) -> datetime | None:
    """Return the time that a value means; None where it means none, or more than one.

    Args:
        value: a text, or a number of seconds or milliseconds since 1970, as a member of JSON may
            be.
        zone: of times that name none; without it, they are naive.

    >>> time_of("2026-11-24 11:43:32+0100").isoformat()
    '2026-11-24T11:43:32+01:00'
    >>> time_of("24.11.2026 11:43:32").isoformat(), time_of("11/12/2026 11:43:32")
    ('2026-11-24T11:43:32', None)
    >>> time_of(1764000000) == time_of("1764000000000") == time_of("2025-11-24T17:00:00+01:00")
    True
    """
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _since_1970(value)
        if not isinstance(value, str):
            return None
        if PLAIN_ISO.match(value) is None:
            text = value.strip()
            return _time_of(text, zone) if len(text) <= _LONGEST else None
        time = datetime.fromisoformat(value)
        return time if zone is None else _in_zone(time, zone)
    except (ValueError, OverflowError, OSError):  # the 31st of February; the year 9999 in the west
        return None


def time_with_month(day: str, month: str, year: str, clock: str) -> datetime | None:
    """Return the time of a stamp with the English name of its month, which has no zone.

    Returns:
        None where there is no such time.

    >>> time_with_month("24", "Nov", "2026", "11:43:32").isoformat()
    '2026-11-24T11:43:32'
    """
    try:
        return datetime.fromisoformat(f"{year}-{month_number(month):02}-{day.strip():0>2}T{clock}")
    except ValueError:
        return None


def span_of(text: str | None) -> float | None:
    """Return a number of seconds; None for what is none.

    >>> span_of("0.393"), span_of("1e999")
    (0.393, None)
    """
    return float(text) if text and _SPAN.match(text) else None


def span_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds between two times; None where one is missing, or one has no zone."""
    if start is None or end is None or (start.tzinfo is None) != (end.tzinfo is None):
        return None
    return max((end - start).total_seconds(), 0.0)


@functools.lru_cache(maxsize=64)  # in seconds all of them, so that some lines have the same
def _time_of(text: str, zone: tzinfo | None) -> datetime | None:
    if PLAIN_ISO.match(text):
        return _in_zone(datetime.fromisoformat(text), zone)
    if text[4:5] in ("-", "/") and (match := _ISO.match(text)):
        return _iso(match, zone)
    if _EPOCH.match(text):
        return _since_1970(float(text))
    if match := _DOTTED.match(text):
        day, month, year, hour, minute, second = map(int, match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    if match := _AMERICAN.match(text):
        month, day, year, hour, minute, second = map(int, match.groups()[:6])
        hour = hour % 12 + (12 if match[7] in "Pp" else 0)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    return None


def _since_1970(number: float) -> datetime:
    return datetime.fromtimestamp(number / (1000 if number > _MILLISECONDS else 1), UTC)


def _iso(match: re.Match[str], zone: tzinfo | None) -> datetime:
    year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes = match.groups()
    offset = "+00:00" if utc else f"{sign}{hours}:{minutes}" if sign else ""
    # A leap second is the last second's second half.
    second = min(second, "59")
    time = datetime.fromisoformat(
        f"{year}-{month}-{day}T{hour:>02}:{minute}:{second}.{(fraction or '')[:6]:0<6}{offset}"
    )
    return _in_zone(time, zone)


def _in_zone(time: datetime, zone: tzinfo | None) -> datetime:
    return time if time.tzinfo or zone is None else time.replace(tzinfo=zone)
