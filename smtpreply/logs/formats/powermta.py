"""PowerMTA, accounting files: a record for each recipient that was delivered, bounced or deferred.

From the PowerMTA User's Guide (4.5, 5.0 and 5.5), "Accounting"; a table as RFC 4180 has it::

    file   = head *record
    head   = "type," names             ; as the administrator has chosen with record-fields
    type   = "d" / "b" / "rb" / "rs"   ; delivered, bounced; a bounce, or a status, that came back
           / "t" / "tq"                ; deferred: one recipient, or a whole queue
           / "r" / "f" / "p"           ; received, complained of, and other records of no delivery
    names  = "timeLogged,timeQueued,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,"
             "srcType,srcMta,dlvType,dlvSourceIp,dlvDestinationIp,dlvEsmtpAvailable,dlvSize,vmta,"
             "jobId,envId,queue,vmtaPool"              ; by default, of version 5
    time   = ISO 8601 / seconds since 1970
    dsnStatus = status [SP "(" words ")"]
    dsnDiag   = "smtp;" reply / name ";" words         ; as Diagnostic-Code has it in RFC 3464
    dsnMta    = host [SP "(" ip ")"]

Where dsnDiag is not among the columns, or empty, no reply is in the log: what dsnStatus has in
brackets are PowerMTA's own words for the status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import said_by, status_of
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, claims_by, fields_of, with_columns
from smtpreply.logs.toolkit.timestamps import span_between, span_of, time_of
from smtpreply.stage import Stage

_NAME = "powermta"

_STATUSES = {
    "d": Status.SENT,
    "delivery": Status.SENT,
    "b": Status.BOUNCED,
    "bounce": Status.BOUNCED,
    "rb": Status.BOUNCED,
    "remote-bounce": Status.BOUNCED,
    "rs": None,
    "remote-status": None,
    "t": Status.DEFERRED,
    "transient": Status.DEFERRED,
    "tq": Status.DEFERRED,
    "transient-queue": Status.DEFERRED,
}
_NO_DELIVERY = frozenset({"r", "receipt", "received", "f", "feedback-loop", "p"})
_ACTIONS = {
    "relayed": Status.SENT,
    "delivered": Status.SENT,
    "expanded": Status.SENT,
    "failed": Status.BOUNCED,
    "delayed": Status.DEFERRED,
}
# In front of dsnAction these are by default, and timeImprinted in version 3 and 4.
_BEFORE = ("type", "timelogged", "timequeued", "timeimprinted")
_FROM_ORIGINATOR = (
    "orig", "rcpt", "orcpt", "dsnaction", "dsnstatus", "dsndiag", "dsnmta", "bouncecat", "srctype",
    "srcmta", "dlvtype", "dlvsourceip", "dlvdestinationip", "dlvesmtpavailable", "dlvsize", "vmta",
    "jobid", "envid", "queue", "vmtapool",
)  # fmt: skip

_ROW = re.compile(
    r"(?:d|b|rb|rs|t),(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:[+-][0-9]{4})?|[0-9]{9,10}),"
)
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: ?\((.{0,1000})\))?\Z", re.DOTALL)
_DIAGNOSTIC = re.compile(r"(?:([A-Za-z][A-Za-z0-9-]{0,40}) ?; ?)?(.*)\Z", re.DOTALL)
_MTA = re.compile(r"(?:dns; ?)?([^\s()]{1,255})?(?: ?\(([0-9A-Fa-f:.]{2,45})\))?\Z")
_SMTP_DIAGNOSTIC = re.compile(r"smtp; ?[245][0-9]{2}[ -]")
_MAILBOX = re.compile(r"<?[^\s@<>]{1,256}@[^\s@<>]{1,255}>?\Z")
_SERVER = re.compile(r"[^\s()]{1,255} \([0-9A-Fa-f:.]{2,45}\)\Z")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}\Z")
_OVER_SMTP = ("smtp", "lmtp")
_EXPIRED = ("message-expired",)

_is_head = with_columns("type", "timeLogged", "rcpt|queue|dsnStatus")


def _headless(fields: Sequence[str]) -> Head | None:
    """Know a record of the default columns: by what dsnAction may be, at its place."""
    if not fields or fields[0] not in _STATUSES:
        return None
    if 12 <= len(fields) <= len(_BEFORE) + len(_FROM_ORIGINATOR):
        for count in range(2, len(_BEFORE) + 1):  # columns in front of orig
            status, recipient = fields[count + 4], fields[count + 1]
            if fields[count + 3] in _ACTIONS and _STATUS.match(status) and "@" in recipient:
                return Head(_BEFORE[:count] + _FROM_ORIGINATOR)
    return _by_form(fields)


def _by_form(fields: Sequence[str]) -> Head | None:
    """Know the columns of another choice by what is in them, if each can be but one.

    The guide has the originator in front of the recipient, and both in front of all that is about
    the reply; dsnMta is after srcMta, which looks alike.
    """
    names = ["type", "timelogged", *(f"other{number}" for number in range(2, len(fields)))]
    diagnostics = [place for place, field in enumerate(fields) if _SMTP_DIAGNOSTIC.match(field)]
    addresses = [place for place, field in enumerate(fields) if _MAILBOX.match(field)]
    if len(diagnostics) != 1 or len(addresses) not in (1, 2) or addresses[-1] > diagnostics[0]:
        return None
    servers = [place for place, field in enumerate(fields) if _SERVER.match(field)]
    statuses = [place for place, field in enumerate(fields) if _STATUS.match(field)]
    names[diagnostics[0]] = "dsndiag"
    names[addresses[-1]] = "rcpt"
    if len(addresses) == 2:
        names[addresses[0]] = "orig"
    if len(statuses) == 1:
        names[statuses[0]] = "dsnstatus"
    if servers and servers[-1] > addresses[-1]:
        names[servers[-1]] = "dsnmta"
    return Head(tuple(names))


def _detect(line: Line) -> bool:
    text = line.message
    if text.startswith("type"):
        return _claims([text])
    return _ROW.match(text) is not None and _headless(fields_of(text)) is not None


def _deliveries(line: Line, row: Row) -> Iterable[Delivery] | None:
    kind = row.get("type", "").lower()
    if kind not in _STATUSES:
        return () if kind in _NO_DELIVERY else None
    line.time = time_of(row.get("timelogged"))
    status = _STATUSES[kind] or _ACTIONS.get(row.get("dsnaction", "").lower())
    if status is Status.BOUNCED and row.get("bouncecat", "").lower() in _EXPIRED:
        status = Status.EXPIRED
    local = row.get("dlvtype", "smtp").lower() not in _OVER_SMTP
    fields = _peer(row) | _words(row)
    answered = fields["reply_by"] is not None and status is Status.SENT and not local
    return (
        delivery_in(
            line,
            _NAME,
            direction=Direction.LOCAL if local else Direction.OUTGOING,
            queue_id=row.get("envid"),
            message_id=row.get("headermessageid", "").strip("<>") or None,
            sender=row.get("orig", "").strip("<>") if "orig" in row else None,
            recipient=row.get("rcpt", "").strip("<>") or None,
            orig_recipient=_original(row.get("orcpt")),
            stage=Stage.END_OF_DATA if answered else None,
            status=status,
            delay=_delay(row, line),
            **fields,
        ),
    )


def _words(row: Row) -> dict[str, Any]:
    """Return the reply, or what is in its place, and the status beside it."""
    dsn = _STATUS.match(row.get("dsnstatus", ""))
    diagnostic = _DIAGNOSTIC.match(row.get("dsndiag", ""))
    kind, text = diagnostic.groups() if diagnostic else (None, "")
    text = text.strip() or (dsn and dsn[2]) or None
    said = bool(row.get("dsndiag")) and (kind or "smtp").lower() == "smtp"
    return {
        "dsn": status_of(dsn[1] if dsn else None),
        "text": text,
        "reply_by": said_by(ReplyBy.REMOTE, text) if said else None,
    }


def _peer(row: Row) -> dict[str, Any]:
    match = _MTA.match(row.get("dsnmta", ""))
    host, ip = match.groups() if match else (None, None)
    ip = row.get("dlvdestinationip") or ip
    if ip is not None and not _ADDRESS.match(ip):  # a pipe's or a folder's name
        ip = None
    return {"relay_host": host, "relay_ip": ip, "tls": row.get("dlvtlsprotocol")}


def _original(text: str | None) -> str | None:
    """Take the type off an original recipient: RFC 3461 4.2, "rfc822;bo@example.org"."""
    return (text.rpartition(";")[2].strip() or None) if text else None


def _delay(row: Row, line: Line) -> float | None:
    if "totalsecondsqueued" in row:
        return span_of(row["totalsecondsqueued"])
    return span_between(time_of(row.get("timequeued")), line.time)


_claims = claims_by(_is_head)
_NEEDLES = (
    "timeLogged", ",relayed,", ",delivered,", ",failed,", ",delayed,", ",expanded,", "smtp;",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    lambda: TableReader(_is_head, _deliveries, _headless),
    claims=_claims,
    begins=r"type|(?:d|b|rb|rs|t),",
    needles=_NEEDLES,
)
