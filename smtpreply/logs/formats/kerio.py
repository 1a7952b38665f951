"""Kerio Connect: its mail log.

From the administrator's guide, "Mail log"::

    line = ["[" DD "/" Mmm "/" YYYY " " hh:mm:ss "] "] EVENT
    EVENT = "Recv: Queue-ID: " ID ", Service: " S ", From: <" A ">, To: <" A ">, Size: " N ...
          / "Sent: Queue-ID: " ID ", Recipient: <" A ">, Result: " RESULT
            ", Status: " STATUS [WORDS] ", " ["Remote-Host: " HOST ","] ["Msg-Id: <" ID ">"]
    RESULT = "delivered" / "delayed" / "deferred" / "failed" / "discarded"
    STATUS = enhanced status

Of a server's reply there is the enhanced status, with words that may be Kerio's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import MONTH
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import PATH, said_by, status_of
from smtpreply.logs.toolkit.timestamps import time_with_month

_NAME = "kerio"

_STAMP = re.compile(rf"\[([0-9]{{2}})/({MONTH})/([0-9]{{4}}) ([0-9:]{{8}})\] ")
_ID = "[0-9a-f]{8}-[0-9a-f]{8}"
_SENT = re.compile(
    rf"Sent: Queue-ID: ({_ID}), ?Recipient: <({PATH})>, ?Result: ([a-z]+), ?"
    r"Status: ([245]\.[0-9]{1,3}\.[0-9]{1,3})?(.*)\Z",
    re.DOTALL,
)
_AFTER = re.compile(
    r"(.*?) ?, ?(?:Remote-Host: ([^\s,]{1,255}))?(?:, ?)?(?:Msg-Id: <([^<>]{0,998})>)?\s*\Z",
    re.DOTALL,
)
_RECEIVED = re.compile(rf"Recv: Queue-ID: ({_ID}), ?Service: [^,]{{1,100}}, ?From: <({PATH})>")
_STATUSES = {
    "delivered": Status.SENT,
    "delayed": Status.DEFERRED,
    "deferred": Status.DEFERRED,
    "failed": Status.BOUNCED,
    "discarded": Status.DISCARDED,
}
# An address that has lost its quotes may hold what is after one: there are two readings.
_SECOND_END = ">, Result: "
_LOOPBACK = ("127.0.0.1", "::1")


class KerioReader(Reader):
    """Reads the lines of one log. It remembers who sent each message."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        event = _event(line)
        if match := _RECEIVED.match(event):
            self._messages.learn(match[1], sender=match[2])
            return ()
        match = _SENT.match(event)
        if match is None or _SECOND_END in match[5]:
            return () if event.startswith("Recv: Queue-ID: ") else None
        return (self._sent(line, match),)

    def _sent(self, line: Line, match: re.Match[str]) -> Delivery:
        queue_id, recipient, result, dsn, rest = match.groups()
        after = _AFTER.match(rest)
        words, host, message_id = after.groups() if after else (rest, None, None)
        text = words.strip()
        numeric = host if host and (":" in host or host.replace(".", "").isdecimal()) else None
        return self._messages.delivery(
            line,
            queue_id,
            time=line.time or _time(line),
            direction=Direction.LOCAL if host in _LOOPBACK else Direction.OUTGOING,
            message_id=message_id,
            recipient=recipient,
            relay_host=host,
            relay_ip=numeric,
            status=_STATUSES.get(result),
            dsn=status_of(dsn),
            text=text or None,
            reply_by=said_by(ReplyBy.REMOTE, text),
        )


def _event(line: Line) -> str:
    stamp = _STAMP.match(line.message)
    return line.message[stamp.end() :] if stamp else line.message


def _time(line: Line) -> datetime | None:
    stamp = _STAMP.match(line.message)
    return time_with_month(*stamp.groups()) if stamp else None


def _detect(line: Line) -> bool:
    return _event(line).startswith(("Recv: Queue-ID: ", "Sent: Queue-ID: "))


FORMAT = Format(
    _NAME,
    _detect,
    KerioReader,
    programs=r"mail\Z",
    needles=("Queue-ID: ",),
    certain=re.compile(rf"{_STAMP.pattern}(?:Recv|Sent): Queue-ID: "),
)
