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

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import REPLY_HEAD, port_of
from smtpreply.logs.toolkit.sessions import LoggedSession, Sessions
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, claims_by, fields_of, with_columns
from smtpreply.logs.toolkit.timestamps import time_of
from smtpreply.stage import Stage

_NAME = "exchange-smtp"

_COLUMNS = (
    "datetime", "connectorid", "sessionid", "sequencenumber", "localendpoint", "remoteendpoint",
    "event", "data", "context",
)  # fmt: skip
_EVENTS = ("+", "-", ">", "<", "*")

_ROW = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z,")
_SESSION_ID = re.compile(r"[0-9A-Fa-f]{8,32}\Z")
_ENDPOINT = re.compile(r"\[?([0-9A-Fa-f:.]{2,45}?)(?:%[^\]]{1,20})?\]?(?::([0-9]{1,5}))?\Z")
_FAILED = re.compile(r"Failed to connect|.{0,80}(?:Winsock|Socket) ?error", re.IGNORECASE)
_SERVER_PORTS = (25, 465, 475, 587, 717, 2525)

_is_head = with_columns("date-time", "session-id", "local-endpoint", "remote-endpoint", "event")


def _headless(fields: Sequence[str]) -> Head | None:
    """Know a row that stands alone; one that was cut after the data too."""
    if not 8 <= len(fields) <= len(_COLUMNS) or fields[6] not in _EVENTS:
        return None
    known = _SESSION_ID.match(fields[2]) and fields[3].isascii() and fields[3].isdecimal()
    return Head(_COLUMNS) if known else None


def _detect(line: Line) -> bool:
    text = line.message
    if text.startswith("#"):
        return _claims([text])
    return _ROW.match(text) is not None and _headless(fields_of(text)) is not None


class ExchangeSmtpReader(TableReader):
    """Reads the rows of one log. It remembers the sessions that are open."""

    def __init__(self) -> None:
        super().__init__(_is_head, self._read, _headless)
        self._sessions = Sessions(_NAME)

    def finish(self) -> Iterator[Delivery]:
        yield from super().finish()
        yield from self._sessions.finish()

    def _read(self, line: Line, row: Row) -> Iterable[Delivery] | None:
        event, session_id = row.get("event"), row.get("sessionid", "")
        if event not in _EVENTS:
            return None
        line.time = time_of(row.get("datetime"))
        session = self._session(session_id, line, row)
        session.line = line
        data = row.get("data", "")
        found: Iterable[Delivery] = ()
        if event == "+":
            session.session.connected()
        elif event == "-":
            self._sessions.end(session_id)
        elif event == "*":
            found = _failed(line, session, data or row.get("context", ""))
        elif (event == "<") == (session.direction is Direction.OUTGOING):
            found = session.reply(line, data)
        else:
            session.command(data)
        given_up = self._sessions.given_up()
        return [*found, *given_up] if given_up else found

    def _session(self, session_id: str, line: Line, row: Row) -> LoggedSession:
        known = self._sessions.get(session_id)
        if known is not None:
            return known
        host, port = _endpoint(row.get("remoteendpoint", ""))
        peer = {"queue_id": session_id or None, "relay_ip": host, "relay_port": port}
        return self._sessions.begin(session_id, self._direction(line, row), line, **peer)

    def _direction(self, line: Line, row: Row) -> Direction:
        """Distinguish a receive log from a send log, by its head, name, ports, or the row."""
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


def _failed(line: Line, session: LoggedSession, text: str) -> list[Delivery]:
    """Read information, of which only that no server could be reached is about a delivery."""
    if session.direction is not Direction.OUTGOING or not _FAILED.match(text):
        return []
    told: dict[str, Any] = {"stage": Stage.CONNECT, "status": Status.DEFERRED, "text": text}
    return [delivery_in(line, _NAME, direction=Direction.OUTGOING, **session.fields, **told)]


def _endpoint(text: str) -> tuple[str | None, int | None]:
    """Take an address and a port apart.

    >>> _endpoint("[2001:db8::1]:25"), _endpoint("192.0.2.1:25"), _endpoint("")
    (('2001:db8::1', 25), ('192.0.2.1', 25), (None, None))
    """
    match = _ENDPOINT.match(text)
    return (match[1], port_of(match[2])) if match else (None, None)


_claims = claims_by(_is_head)
FORMAT = Format(
    _NAME,
    _detect,
    ExchangeSmtpReader,
    claims=_claims,
    begins=r"#|[0-9-]{10}T[0-9:.]{8,18}Z,",
    needles=("Z,", "session-id"),
)
