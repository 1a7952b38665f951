"""The SMTP service of Internet Information Services, in the W3C extended log file format.

From Microsoft's "Protocol logs" for the SMTP service, and the W3C's "Extended Log File Format"::

    file     = "#Software: Microsoft Internet Information Services" ... "#Fields:" SP names *row
    names    = any of "date time c-ip cs-username s-sitename s-computername s-ip s-port cs-method"
               "cs-uri-stem cs-uri-query sc-status sc-win32-status sc-bytes cs-bytes time-taken" ...
    outgoing = row with cs-username "OutboundConnectionCommand": cs-method and cs-uri-query are
               the command; or "OutboundConnectionResponse": cs-uri-query is the reply
    incoming = row with the client's name: cs-method is its command, sc-status our reply's code
    value    = "-" for none, "+" for a space

Of a reply of several lines only the first is logged, and of our own only the code. The sessions of
a server differ by the other side's address alone. HTTP logs have the same names: a row is the
SMTP service's where s-sitename is SMTPSVC1 or the like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import port_of, stage_of
from smtpreply.logs.toolkit.sessions import LoggedSession, Sessions
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, claims_by, with_columns
from smtpreply.logs.toolkit.timestamps import time_of
from smtpreply.stage import Stage

_NAME = "iis-smtp"

_COMMAND = "OutboundConnectionCommand"
_RESPONSE = "OutboundConnectionResponse"
_SERVICE = "SMTPSVC"

_is_table = with_columns("c-ip", "cs-username", "cs-method", "cs-uri-query")


def _is_head(head: Head) -> bool:
    return head.delimiter == " " and _is_table(head)


# A row alone: which columns are in front of the address, and how many after the port, varies.
_ALONE = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} )?(?:[0-9]{2}:[0-9]{2}:[0-9]{2} )?[0-9A-Fa-f:.]{2,45} "
    rf"\S{{1,255}} {_SERVICE}[0-9]{{1,5}} \S{{1,255}} \S{{1,45}} [0-9]{{1,5}} "
)
_COLUMNS = ("cip", "csusername", "ssitename", "scomputername", "sip", "sport", "csmethod")
_CODE = re.compile(r"[2-5][0-9]{2}\Z")
_RECIPIENT = re.compile(r"\+?(?:TO|FROM): ?\+?<?([^<>]{0,1000})>?", re.IGNORECASE)
_REFUSED = ("4", "5")


def _headless(fields: Sequence[str]) -> Head | None:
    before: list[str] = []
    if fields and fields[0].count("-") == 2:
        before.append("date")
    if len(fields) > len(before) and fields[len(before)].count(":") == 2:
        before.append("time")
    start = len(before) + len(_COLUMNS)
    if len(fields) <= start or not fields[start - 5].startswith(_SERVICE):
        return None
    # cs-uri-stem is not in the log, or "-"
    stem = ["csuristem"] if fields[start] == "-" and len(fields) > start + 1 else []
    behind = [f"other{number}" for number in range(len(fields))]
    # sc-status is there where sc-win32-status, which is no error, follows it: sc-bytes may be 250,
    # but no command has 0 cs-bytes.
    status = start + len(stem) + 1
    if fields[status + 1 : status + 2] == ["0"] and _CODE.match(fields[status]):
        behind[0] = "scstatus"
    return Head((*before, *_COLUMNS, *stem, "csuriquery", *behind), " ")


def _detect(line: Line) -> bool:
    return _ALONE.match(line.message) is not None


def _claims(head: Sequence[str]) -> bool:
    return claims_by(_is_head)(head) and any(
        f" {_SERVICE}" in line or _RESPONSE in line or _COMMAND in line for line in head
    )


class IisSmtpReader(TableReader):
    """Reads the rows of one log. It remembers the sessions with other servers, by address."""

    def __init__(self) -> None:
        super().__init__(_is_head, self._read, _headless)
        self._sessions = Sessions(_NAME)

    def _alone(self, line: Line) -> list[Delivery] | None:
        fields = line.message.split(" ")
        head = _headless(fields)
        return self._row(line, fields, head) if head else None

    def _read(self, line: Line, row: Row) -> Iterable[Delivery] | None:
        row = {name: value for name, value in row.items() if value != "-"}
        if not row.get("ssitename", _SERVICE).startswith(_SERVICE):
            return ()
        line.time = time_of(f"{row.get('date', '')} {row.get('time', '')}Z")
        line.host = row.get("scomputername")
        words = row.get("csuriquery", "").replace("+", " ")
        user = row.get("csusername")
        if user == _COMMAND:
            self._session(line, row).command(f"{row.get('csmethod', '')} {words}".strip())
            return ()
        return self._replied(line, row, words) if user == _RESPONSE else _received(line, row)

    def _session(self, line: Line, row: Row) -> LoggedSession:
        return self._sessions.of(row.get("cip", ""), Direction.OUTGOING, line)

    def _replied(self, line: Line, row: Row, text: str) -> list[Delivery]:
        session = self._session(line, row)
        if session.session.idle and text.startswith("220"):  # a new connection to the same server
            session = self._sessions.begin(row.get("cip", ""), Direction.OUTGOING, line)
            session.session.connected()
        session.fields = {"relay_ip": row.get("cip"), "relay_port": port_of(row.get("sport"))}
        return session.reply(line, text) or session.unfinished()


def _received(line: Line, row: Row) -> Iterable[Delivery]:
    """Read a client's command: of our reply the log has the code."""
    code = row.get("scstatus", "")
    if not _CODE.match(code):
        return ()
    stage = stage_of(row.get("csmethod"))
    if stage is Stage.DATA and code != "354":
        stage = Stage.END_OF_DATA
    about = stage in (Stage.MAIL, Stage.RCPT)
    match = _RECIPIENT.match(row.get("csuriquery", "")) if about else None
    return (
        delivery_in(
            line,
            _NAME,
            direction=Direction.INCOMING,
            sender=match[1] if match and stage is Stage.MAIL else None,
            recipient=match[1] if match and stage is Stage.RCPT else None,
            relay_ip=row.get("cip"),
            stage=stage,
            status=Status.REJECTED if stage and code.startswith(_REFUSED) else None,
            text=code,
            reply_by=ReplyBy.OWN,
        ),
    )


FORMAT = Format(
    _NAME,
    _detect,
    IisSmtpReader,
    claims=_claims,
    needles=("OutboundConnection", "SMTPSVC"),
    order=10,  # before exim, which takes any line with a date and a time for one of its own
)
