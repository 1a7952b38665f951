"""Microsoft Exchange, protocol logs of its receive and send connectors: a row each line spoken.

From Microsoft's "Protocol logging" (Exchange 2007 to 2019)::

    file   = "#Software: Microsoft Exchange Server" ... "#Log-type: SMTP" ("Receive" / "Send")
             "Protocol Log" ... "#Fields:" SP names *row
    names  = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,"
             "event,data,context"
    event  = "+" / "-" / ">" / "<" / "*"        ; connect, disconnect, sent, received, information
    endpoint = ipv4 ":" port / "[" ipv6 "]:" port

In a receive log what is sent is our reply, in a send log what is received is the server's. Which
one it is shows in the head, or the file's name (RECV..., SEND...), or the ports. The sessions of a
server are mixed, and a reply of several lines has as many rows; newer versions join the lines of
some replies by spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.format import Format
from smtpreply.logs.formats.sessions import Answered, Session, fields_for
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import REPLY_HEAD, port_of
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, claims_by, fields_of, with_columns
from smtpreply.logs.toolkit.timestamps import time_of
from smtpreply.stage import Stage

_NAME = "exchange-smtp"

_COLUMNS = (
    "datetime", "connectorid", "sessionid", "sequencenumber", "localendpoint", "remoteendpoint",
    "event", "data", "context",
)  # fmt: skip
_EVENTS = ("+", "-", ">", "<", "*")
_SESSIONS = 10_000  # at once; of more, the oldest are given up

_ROW = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z,")
_SESSION_ID = re.compile(r"[0-9A-Fa-f]{8,32}\Z")
_ENDPOINT = re.compile(r"\[?([0-9A-Fa-f:.]{2,45}?)(?:%[^\]]{1,20})?\]?(?::([0-9]{1,5}))?\Z")
_FAILED = re.compile(r"Failed to connect|.{0,80}(?:Winsock|Socket) ?error", re.IGNORECASE)
_SERVER_PORTS = (25, 465, 475, 587, 717, 2525)

_is_head = with_columns("date-time", "session-id", "local-endpoint", "remote-endpoint", "event")


def _headless(fields: Sequence[str]) -> Head | None:
    """Know a row that stands alone; one that was cut behind the data too."""
    if not 8 <= len(fields) <= len(_COLUMNS) or fields[6] not in _EVENTS:
        return None
    known = _SESSION_ID.match(fields[2]) and fields[3].isascii() and fields[3].isdecimal()
    return Head(_COLUMNS) if known else None


def _detect(line: Line) -> bool:
    text = line.message
    if text.startswith("#"):
        return _claims([text])
    return _ROW.match(text) is not None and _headless(fields_of(text)) is not None


@attrs.define
class _Known:
    """A session, and what holds for all of its deliveries."""

    direction: Direction
    line: Line
    peer: dict[str, Any]
    session: Session = attrs.field(factory=Session)


class ExchangeSmtpReader(TableReader):
    """Reads the rows of one log. It remembers the sessions that are open."""

    def __init__(self) -> None:
        super().__init__(_is_head, self._read, _headless)
        self._sessions: dict[str, _Known] = {}

    def finish(self) -> Iterator[Delivery]:
        yield from super().finish()
        while self._sessions:
            yield from self._given_up(next(iter(self._sessions)))

    def _read(self, line: Line, row: Row) -> Iterable[Delivery] | None:
        event, session_id = row.get("event"), row.get("sessionid", "")
        if event not in _EVENTS:
            return None
        line.time = time_of(row.get("datetime"))
        known = self._known(session_id, line, row)
        known.line = line
        data = row.get("data", "")
        found: Iterable[Delivery] = ()
        if event == "+":
            known.session.connected()
        elif event == "-":
            found = self._given_up(session_id)
        elif event == "*":
            found = self._told(known, data or row.get("context", ""))
        elif (event == "<") == (known.direction is Direction.OUTGOING):
            found = self._answered(known, known.session.reply_line(data))
        else:
            known.session.command(data)
        return [*found, *self._oldest()]

    def _known(self, session_id: str, line: Line, row: Row) -> _Known:
        known = self._sessions.get(session_id)
        if known is None:
            host, port = _endpoint(row.get("remoteendpoint", ""))
            peer = {"queue_id": session_id or None, "relay_ip": host, "relay_port": port}
            known = _Known(self._direction(line, row), line, peer)
            self._sessions[session_id] = known
        return known

    def _direction(self, line: Line, row: Row) -> Direction:
        """Tell a receive log from a send log: by its head, its name, the ports, or the row."""
        for text in (*self.preamble, line.source or ""):
            lowered = text.lower()
            if "smtp receive" in lowered or "smtpreceive" in lowered or "recv" in lowered:
                return Direction.INCOMING
            if "smtp send" in lowered or "smtpsend" in lowered or "send2" in lowered:
                return Direction.OUTGOING
        _, local = _endpoint(row.get("localendpoint", ""))
        _, remote = _endpoint(row.get("remoteendpoint", ""))
        if (local in _SERVER_PORTS) != (remote in _SERVER_PORTS):
            return Direction.INCOMING if local in _SERVER_PORTS else Direction.OUTGOING
        speaks = REPLY_HEAD.match(row.get("data", "")) is not None
        ours = row.get("event") == ">"
        return Direction.INCOMING if speaks == ours else Direction.OUTGOING

    def _answered(self, known: _Known, answered: Answered | None) -> list[Delivery]:
        if answered is None:
            return []
        return [
            delivery_in(known.line, _NAME, **known.peer, **fields)
            for fields in fields_for(answered, known.direction)
        ]

    def _told(self, known: _Known, text: str) -> list[Delivery]:
        """Read information, of which only that no server could be reached is about a delivery."""
        if known.direction is not Direction.OUTGOING or not _FAILED.match(text):
            return []
        told = {"stage": Stage.CONNECT, "status": Status.DEFERRED, "text": text}
        fields = {"direction": Direction.OUTGOING, **told}
        return [delivery_in(known.line, _NAME, **known.peer, **fields)]

    def _oldest(self) -> list[Delivery]:
        if len(self._sessions) <= _SESSIONS:
            return []
        return self._given_up(next(iter(self._sessions)))

    def _given_up(self, session_id: str) -> list[Delivery]:
        """Forget a session; the last line of its last reply never came."""
        known = self._sessions.pop(session_id)
        return self._answered(known, known.session.unfinished())


def _endpoint(text: str) -> tuple[str | None, int | None]:
    """Take an address and a port apart.

    >>> _endpoint("[2001:db8::1]:25"), _endpoint("192.0.2.1:25"), _endpoint("")
    (('2001:db8::1', 25), ('192.0.2.1', 25), (None, None))
    """
    match = _ENDPOINT.match(text)
    return (match[1], port_of(match[2])) if match else (None, None)


_claims = claims_by(_is_head)
FORMAT = Format(_NAME, _detect, ExchangeSmtpReader, claims=_claims, needles=("Z,", "session-id"))
