"""The stamps of log lines, and the year that RFC 3164 leaves out.

RFC 3164 4.1.2: ``Mmm dd hh:mm:ss``, local time, no year and no zone. RFC 5424 6.2.3 (RFC 3339):
``2026-11-24T11:43:32.000+01:00``; Exim and others write a space for the T, and ``+0100``.
``journalctl`` writes months in the user's language, ``-o short-unix`` seconds of the epoch; web
pages write days as the browser's locale has them: ``24.11.2026, 11:43:32``, ``11/24/2026, 9:43:32
PM``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from smtpreply._support import dates
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.input.months import month_number

MONTH = dates.MONTH
# Two digits are written as two: to match "[0-9]{2}" takes `re` twice as long.
DAY_AND_HOUR = r" [ 0-9]?[0-9] [0-9][0-9]"
DATE = r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
MINUTES = r":[0-9][0-9]:[0-9][0-9]"
OFFSET = r"[+-][0-9]{2}:?[0-9]{2}"
FRACTION = rf"(?:[.,][0-9]{{1,9}})?(?: ?{OFFSET}|Z)?"
"""Of a second, and the zone: a stamp of RFC 3164 has neither."""
SYSLOG_STAMP = rf"{MONTH}{DAY_AND_HOUR}{MINUTES}"
ISO_STAMP = rf"{DATE}T[0-9][0-9]{MINUTES}{FRACTION}"
"""As RFC 3164 4.1.2 has it, and as RFC 3339 has it."""
STAMP = rf"(?:{SYSLOG_STAMP}|{DATE}[T ][0-9][0-9]{MINUTES}{FRACTION})"

VALID_MINUTES = r":[0-5][0-9]:[0-5][0-9]"
VALID_OFFSET = r"[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]"
"""What is never read where lines are counted by the hour; with others, a stamp is no time."""
VALID_ISO_STAMP = (
    r"(?!0000)[0-9]{4}-(?:02-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:0[1-9]|[12][0-9]|30)|"
    r"(?:0[13578]|1[02])-31)T(?:[01][0-9]|2[0-3])"
    rf"{VALID_MINUTES}(?:[.,][0-9]{{1,9}})?(?:Z|{VALID_OFFSET}|)"
)
"""An `ISO_STAMP` that is a time beyond doubt, as is no 29th of February."""

LOCAL_STAMP = r"(?:[^\W\d_]{1,12}\.?|1?[0-9][월月]) [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
"""A stamp without a year, its month in any language: see `month_number`."""

DATE_OF_A_PAGE = (
    r"[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: ?[AaPp][Mm])?"
)
"""A stamp as web pages show it."""

ANY_STAMP = (
    r"(?:(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8}|[0-9-]{10}[T ][0-9:]{8}[0-9.,:+Z -]{0,17}) +)?"
)
"""What each stamp matches, with the space after it, and what has none: see `Format.begins`."""

EPOCH = r"[0-9]{10}\.[0-9]{1,9}"
"""Seconds since 1970, with a fraction."""

_ISO = lazy_pattern(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,6})[0-9]*)?"
    r"(?: ?([+-][0-9]{2}):?([0-9]{2})|(Z))?\Z"
)
PLAIN_ISO = re.compile(
    rf"{DATE}[T ][0-9][0-9]:[0-9][0-9]:[0-5][0-9](?:[.,][0-9]{{1,9}})?"
    r"(?:Z|[+-][0-9][0-9]:?[0-9][0-9])?\Z"
)
"""The stamps that `datetime.fromisoformat` reads as they are."""
_PLAIN_MINUTE = re.compile(rf"{MONTH} [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]")
_MINUTE = len("Nov 24 11:43")
_SECONDS = {f":{second:02}": min(second, 59) for second in range(61)}  # with a leap second
_SYSLOG = re.compile(r"(\S+) +([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})\Z")
_PAGE = lazy_pattern(
    r"([0-9]{1,2})([./])([0-9]{1,2})[./]([0-9]{4}),? ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) ?([AaPp]?)"
)
_EPOCH = re.compile(EPOCH)
_NOON = 12
# Clocks differ, and a file's time may be that of a copy made in another zone.
_TOLERANCE = timedelta(days=1)
_YEARS_TO_A_LEAP_YEAR = 8  # 1896 to 1904


def has_year(stamp: str) -> bool:
    """Return whether a stamp says its year.

    >>> has_year("2026-11-24 11:43:32"), has_year("Nov 24 11:43:32"), has_year("11월 24 11:43:32")
    (True, False, False)
    """
    return stamp[:1].isdigit() and stamp[1:3].strip("0123456789")[:1] not in ("月", "월")


class Clock:
    """Turns stamps into times. One a file, since a year that is given runs on over New Year.

    Args:
        year: of the first stamp. Where it is not given, a stamp without a year is the last such
            day that is not after `latest`.
        zone: of stamps that name none; without it, their times are naive.
        latest: when the file was last written to; None for now, as of one that grows.

    >>> clock = Clock(latest=datetime(2025, 1, 2, tzinfo=UTC))
    >>> clock.read("Dec 31 23:59:59").year, clock.read("Jan  1 00:00:01").year
    (2024, 2025)
    """

    def __init__(
        self,
        *,
        year: int | None = None,
        zone: tzinfo | None = None,
        latest: datetime | None = None,
    ) -> None:
        self._zone = zone
        self._year = year
        self._month: int | None = None
        self._latest = latest
        self._last: tuple[str, datetime | None] = ("", None)
        self._day = "", ""  # of the last stamp without a year: the month's name, and the day
        self._year_and_month = 0, 0  # of this day
        self._minute = ""  # the beginning of the last stamp of syslogd's, without its seconds
        self._times: dict[str, datetime] = {}  # in this minute, by the seconds, as in ":32"

    def in_minute(self, stamp: str) -> datetime | None:
        """Return the time of a stamp that differs in its seconds alone from the last of syslogd's.

        Returns:
            None for any other text, which `read` may know.

        >>> clock = Clock(year=2026)
        >>> clock.in_minute("Nov 24 11:43:32"), clock.read("Nov 24 11:43:00").year
        (None, 2026)
        >>> clock.in_minute("Nov 24 11:43:32").second
        32
        """
        if stamp[:_MINUTE] != self._minute:
            return None
        seconds = stamp[_MINUTE:]
        time = self._times.get(seconds)
        if time is None and self._times and (second := _SECONDS.get(seconds)) is not None:
            time = next(iter(self._times.values())).replace(second=second)
            self._times[seconds] = time
        return time

    def read(self, stamp: str) -> datetime | None:
        """Return the time; None where there is no such time, as on the 31st of February."""
        last, time = self._last
        if stamp != last:
            time = self._read(stamp)
            self._last = stamp, time
        return time

    def _read(self, stamp: str) -> datetime | None:
        try:
            if stamp[4:5] == "-":
                return self._iso(stamp)
            return self._dated(stamp) if has_year(stamp) else self._syslog(stamp)
        except (ValueError, OverflowError):  # a wrapping may say anything for a time
            return None

    def _dated(self, stamp: str) -> datetime:
        if match := _PAGE.match(stamp):
            return self._of_page(match)
        if _EPOCH.fullmatch(stamp):
            return datetime.fromtimestamp(float(stamp), UTC)
        raise ValueError(stamp)

    def _of_page(self, match: re.Match[str]) -> datetime:
        """Read a date as a browser shows it: month first only beside AM and PM (en-US)."""
        first, separator, second, year, *clock, half = match.groups()
        day, month = (second, first) if half and separator == "/" else (first, second)
        hour, minute, seconds = map(int, clock)
        if half:
            hour = hour % _NOON + _NOON * (half in "Pp")
        return datetime(int(year), int(month), int(day), hour, minute, seconds, tzinfo=self._zone)

    def _iso(self, stamp: str) -> datetime:
        if PLAIN_ISO.match(stamp):
            time = datetime.fromisoformat(stamp)
        elif match := _ISO.match(stamp):
            day, second, fraction, hours, minutes, zulu = match.groups()
            zone = "+00:00" if zulu else f"{hours}:{minutes}" if hours else ""
            text = f"{day}T{second}.{(fraction or '').ljust(6, '0')}{zone}"
            time = datetime.fromisoformat(text)
        else:
            raise ValueError(stamp)
        return time if time.tzinfo else time.replace(tzinfo=self._zone)

    def _syslog(self, stamp: str) -> datetime:
        match = _SYSLOG.match(stamp)
        if not match:
            raise ValueError(stamp)
        name, day, hour, minute, second = match.groups()
        clock = int(hour), int(minute), min(int(second), 59)  # a leap second
        self._minute, self._times = "", {}
        if self._day != (name, day):
            self._begin_day(name, day, clock)
        time = datetime(*self._year_and_month, int(day), *clock, tzinfo=self._zone)
        if self._day[0] and _PLAIN_MINUTE.match(stamp):
            self._minute, self._times = stamp[:_MINUTE], {stamp[_MINUTE:]: time}
        return time

    def _begin_day(self, name: str, day: str, clock: tuple[int, int, int]) -> None:
        """Find out in which year a day is, by the first stamp of it."""
        month = month_number(name)
        if not month:
            raise ValueError(name)
        if self._year is not None:
            self._day, self._year_and_month = (name, day), (self._running_year(month), month)
            return
        latest = (self._latest or datetime.now(UTC)).astimezone(self._zone).replace(tzinfo=None)
        # Blocks of lines are counted by the hour, so an hour has one year as a whole.
        latest = (latest + _TOLERANCE).replace(minute=59, second=59)
        for back in range(_YEARS_TO_A_LEAP_YEAR + 1):
            try:
                time = datetime(latest.year - back, month, int(day), *clock)  # noqa: DTZ001
            except ValueError:  # the 29th of February
                continue
            if time <= latest:
                # Of the latest day of the year that there may be, the year depends on the hour.
                is_sure = (month, time.day) != (latest.month, latest.day)
                self._day = (name, day) if is_sure else ("", "")
                self._year_and_month = time.year, month
                return
        raise ValueError(name)

    def _running_year(self, month: int) -> int:
        """Go on to the next year after December, and back where lines are out of order."""
        assert self._year is not None
        if self._month is not None:
            self._year += (self._month - month > 6) - (month - self._month > 6)
        self._month = month
        return self._year
