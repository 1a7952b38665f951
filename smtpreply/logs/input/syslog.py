"""What stands before the message of a line: stamp, host, program, and the wrappings of others.

RFC 3164 4.1::

    HEADER = TIMESTAMP SP HOSTNAME SP TAG ["[" PID "]"] ":" SP CONTENT

RFC 5424 6::

    HEADER = "<" PRIVAL ">" "1" SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP SD SP MSG

Around these, a line may be a JSON object (``journalctl -o json``, Docker's json-file driver,
CloudWatch's export), or have a container's name or Kubernetes' CRI header before it.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import attrs

from smtpreply._support.octets import rejoined
from smtpreply.logs.input.clock import STAMP, Clock

_STAMP = re.compile(STAMP)
_TAG = r"([A-Za-z0-9_.@][A-Za-z0-9_.@/-]*)(?:\[([0-9]+)\])?: "
_PRIORITY = r"(?:<[0-9]{1,3}>)?"
# FreeBSD writes "<mail.info>" after the stamp and the host where syslogd runs with -v -v.
_FACILITY = r"(?:<[a-z0-9]+\.[a-z]+> )?"

EXIM_ID = "[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
"""The id of a message in Exim's log: 6-6-2 characters to 4.96, 6-11-4 from 4.97."""
# In Exim's own files no host follows the stamp, but the message's id: "... 1sQpLm-... DKIM: d=...".
_OF_EXIM = rf"[0-9-]{{10}} [0-9:.]{{8,15}} (?:[+-][0-9]{{4}} )?(?:\[[0-9]+\] )?{EXIM_ID} "
_IN_EXIM = re.compile(_OF_EXIM)
_SYSLOG = re.compile(
    rf"(?!{_OF_EXIM}){_PRIORITY}({STAMP}) {_FACILITY}(?!\[[a-z]+\] )(\S*[^\s:]) "
    rf"{_FACILITY}{_TAG}"
)
# Where people quote lines, the host is often missing: "Nov 24 11:43:32 maddy[42]: ..."
_HOSTLESS = re.compile(rf"({STAMP}) ([A-Za-z0-9_.@][A-Za-z0-9_.@/-]*)\[([0-9]+)\]: ")
_SYSLOG_5424 = re.compile(
    rf"<[0-9]{{1,3}}>[0-9]{{1,2}} ({STAMP}|-) (\S+) (\S+) (\S+) \S+ "
    r"(?:-|(?:\[(?:[^\]\"\\]|\"(?:[^\"\\]|\\.)*\"|\\.)*\])+) ?(?:\ufeff)?"
)
# Without a stamp, only the process id tells a program from a queue id: "4E74613FE7: to=<...>".
_BARE_TAG = re.compile(r"([A-Za-z0-9_.@][A-Za-z0-9_.@/-]*)\[([0-9]+)\]: ")
# docker compose logs: "mail-1  | "; pm2 logs: "0|npm run start  | ";
# Kubernetes' CRI: "2026-11-24T11:43:32.1Z stdout F "
_COMPOSE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]* +|[0-9]{1,6}\|[^|]{1,80})\| ")
_CRI = re.compile(rf"({STAMP}) (?:stdout|stderr) [FP] ")

_EXPORT_TIMES = ("timestamp", "@timestamp", "time")

_MOST_WRAPPINGS = 4  # around each other; compose around JSON around CRI are three
_LONGEST_PID = 10  # digits


@attrs.define
class Line:
    """A line of a log: where it stands, and its prefix taken apart.

    Attributes:
        text: what stood in the file, wrappings taken off, without its end.
        message: what follows the prefix; all of `text` where there is none.
        time, host, program, pid: what the prefix says.
        number: of the line in its file, from 1.
        source: the file.
        fields: the members of the JSON object that the message is, if it is one.
    """

    text: str
    message: str
    number: int
    source: str | None = None
    time: datetime | None = None
    host: str | None = None
    program: str | None = None
    pid: int | None = None
    fields: dict[str, Any] | None = None


def read_prefix(
    text: str, number: int, clock: Clock, source: str | None = None, *, wrappings: int = 0
) -> Line:
    """Take a line's prefix off. A line without one, or in too many wrappings, is a message.

    >>> line = read_prefix("Nov 24 11:43:32 mx postfix/smtp[42]: connect", 1, Clock(year=2026))
    >>> line.host, line.program, line.pid, line.message
    ('mx', 'postfix/smtp', 42, 'connect')
    """
    match = _SYSLOG.match(text)
    if match is None:
        return _unwrapped(text, number, clock, source, wrappings + 1)
    stamp, host, program, pid = match.groups()
    time = clock.read(stamp)
    message = text[match.end() :]
    line = Line(text, message, number, source, time, host, program, _pid(pid))
    if message.startswith("{"):
        line.fields = _json_object(message)
    return line


def _unwrapped(text: str, number: int, clock: Clock, source: str | None, wrappings: int) -> Line:
    # No wrapping looks like Exim's own line, and in its log most lines are some.
    if wrappings > _MOST_WRAPPINGS or _IN_EXIM.match(text):
        return Line(text, text, number, source)
    if text.startswith("{") and (fields := _json_object(text)):
        line = _from_json(fields, number, clock, source, wrappings)
        return line or Line(text, text, number, source, fields=fields)
    if match := _SYSLOG_5424.match(text):
        stamp, host, program, pid = (None if part == "-" else part for part in match.groups())
        time = clock.read(stamp) if stamp else None
        return Line(text, text[match.end() :], number, source, time, host, program, _pid(pid))
    if match := _COMPOSE.match(text):
        return read_prefix(text[match.end() :], number, clock, source, wrappings=wrappings)
    if match := _CRI.match(text):
        line = read_prefix(text[match.end() :], number, clock, source, wrappings=wrappings)
        line.time = line.time or clock.read(match[1])
        return line
    if match := _HOSTLESS.match(text):
        message, time = text[match.end() :], clock.read(match[1])
        return Line(text, message, number, source, time, None, match[2], _pid(match[3]))
    if match := _BARE_TAG.match(text):
        message = text[match.end() :]
        return Line(text, message, number, source, program=match[1], pid=_pid(match[2]))
    return Line(text, text, number, source)


def stamp_from_message(line: Line, clock: Clock) -> None:
    """Read a stamp that stands where no syslog has written one: Exim's own files."""
    match = _STAMP.match(line.message) if line.time is None else None
    if match is not None:
        line.time = clock.read(match[0])


def _pid(text: str | None) -> int | None:
    """Return a process id; None for what is none, however long."""
    if text and len(text) <= _LONGEST_PID and text.isascii() and text.isdecimal():
        return int(text)
    return None


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _from_json(
    fields: dict[str, Any], number: int, clock: Clock, source: str | None, wrappings: int
) -> Line | None:
    message = _octets_as_text(fields.get("MESSAGE"))
    if message is not None:
        line = Line(message, message, number, source)
        line.time = _microseconds(fields.get("__REALTIME_TIMESTAMP"))
        line.host = _text(fields.get("_HOSTNAME"))
        line.program = _text(fields.get("SYSLOG_IDENTIFIER")) or _text(fields.get("_COMM"))
        line.pid = _pid(_text(fields.get("_PID")))
        return line
    inner = _text(fields.get("log"))
    if inner is None and any(name in fields for name in _EXPORT_TIMES):
        inner = _text(fields.get("message"))  # without a time it is a program's own JSON
    if inner is None or _is_event(fields):
        return None
    line = read_prefix(inner.rstrip("\r\n"), number, clock, source, wrappings=wrappings)
    line.time = line.time or _any_time(fields.get("time") or fields.get("timestamp"), clock)
    return line


def _is_event(fields: dict[str, Any]) -> bool:
    """Tell an event of a mail service, which may have a message of its own, from a wrapping."""
    names = ("event", "email") if "email" in fields else ("event", "recipient")
    return all(isinstance(fields.get(name), str) for name in names)


def _octets_as_text(value: Any) -> str | None:
    """Journald gives a MESSAGE that is not UTF-8 as an array of octets."""
    if isinstance(value, list):
        try:
            return bytes(value).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            return None
    return _text(value)


def _text(value: Any) -> str | None:
    return rejoined(value) if isinstance(value, str) else None


def _any_time(value: Any, clock: Clock) -> datetime | None:
    if isinstance(value, int):  # CloudWatch counts milliseconds
        return _microseconds(value * 1000)
    return clock.read(value) if isinstance(value, str) else None


def _microseconds(value: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value) / 1_000_000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
