"""Google Workspace: the export of Email Log Search, and Gmail's logs in BigQuery as JSON.

From Google's "Email log search export fields" and "Schema for Gmail logs in BigQuery"::

    file  = "Message ID,Start date,End date,Sender,Message size,Subject,Direction,Attachments,"
            "Recipient address,Event target,Event date,Event status,Event target IP address,"
            "Has encryption,Event SMTP reply code,Event description," ... *row    ; CSV
    Event target = "SMTP_OUT"              ; to another server, whose the code is
                 / "SMTP_IN"               ; from one: the code is Google's, on our behalf
                 / "GMAIL_INBOX" / ...     ; no SMTP
    row   = {"event_info": {"timestamp_usec", "success", ...},
             "message_info": {"rfc2822_message_id", "source": {"address"},
             "destination": [{"address"}], "connection_info": {"smtp_reply_code",
             "smtp_out_connect_ip", "smtp_out_remote_host", "smtp_in_connect_ip", ...}}}   ; JSON,
             one object a line, or the same as the member "gmail"

Of a reply there is the code alone. The description is Google's own, in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import status_by_code
from smtpreply.logs.toolkit.tables import Row, TableReader, claims_by, with_columns
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "google-workspace"

_CODE = re.compile(r"[2-5][0-9]{2}\Z")
_TARGETS = {"SMTP_OUT": ReplyBy.REMOTE, "SMTP_IN": ReplyBy.OWN}
_STATUSES = {
    "delivered": Status.SENT,
    "inserted": Status.SENT,
    "bounced": Status.BOUNCED,
    "rejected": Status.REJECTED,
    "quarantined": Status.HELD,
    "marked spam": Status.FILTERED,
    "dropped": Status.DISCARDED,
}
_MOST_RECIPIENTS = 1000

_is_head = with_columns(
    "Message ID", "Event target", "Event date", "Event status", "Event SMTP reply code"
)


def _detect(line: Line) -> bool:
    return _of_gmail(line) is not None


def _read_export(line: Line, row: Row) -> Iterable[Delivery] | None:
    target = row.get("eventtarget", "").upper()
    line.time = time_of(row.get("eventdate"))
    code = row.get("eventsmtpreplycode", "").strip()
    code = code if _CODE.match(code) else ""
    status = _STATUSES.get(row.get("eventstatus", "").strip().lower())
    reply_by = _TARGETS.get(target) if code else None
    if reply_by is None and status is None:
        return ()
    return (
        _delivery(
            line,
            reply_by,
            code,
            local=target not in _TARGETS,
            status=status,
            message_id=row.get("messageid", "").strip("<>") or None,
            sender=row.get("sender"),
            recipient=row.get("recipientaddress"),
            relay_ip=row.get("eventtargetipaddress"),
        ),
    )


def _of_gmail(line: Line) -> dict[str, Any] | None:
    """Return the event of a JSON object, if it is one of Gmail's."""
    fields = line.fields or {}
    fields = fields["gmail"] if isinstance(fields.get("gmail"), dict) else fields
    known = isinstance(fields.get("event_info"), dict) and isinstance(
        fields.get("message_info"), dict
    )
    return fields if known else None


def _read_json(line: Line) -> Iterable[Delivery] | None:
    event = _of_gmail(line)
    if event is None:
        return None
    message = event["message_info"]
    connection = _member(message, "connection_info")
    code = str(connection.get("smtp_reply_code") or "")
    if not _CODE.match(code):  # 0 where no SMTP was spoken
        return ()
    microseconds = _text(event["event_info"].get("timestamp_usec")) or ""
    line.time = time_of(microseconds[:-6])
    out = _text(connection.get("smtp_out_connect_ip"))
    host = _text(connection.get("smtp_out_remote_host"))
    came_from = _text(connection.get("smtp_in_connect_ip"))
    outgoing = bool(out or host)
    return [
        _delivery(
            line,
            ReplyBy.REMOTE if outgoing else ReplyBy.OWN,
            code,
            message_id=(_text(message.get("rfc2822_message_id")) or "").strip("<>") or None,
            sender=_text(_member(message, "source").get("address")),
            recipient=recipient,
            relay_host=host,
            relay_ip=out if outgoing else came_from,
            tls=_text(connection.get("smtp_tls_version")),
        )
        for recipient in _destinations(message)
    ]


def _destinations(message: dict[str, Any]) -> Iterator[str | None]:
    listed = message.get("destination")
    listed = listed[:_MOST_RECIPIENTS] if isinstance(listed, list) else []
    found = [_text(one.get("address")) for one in listed if isinstance(one, dict)]
    yield from filter(None, found) if any(found) else (None,)


def _member(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    """Return a value as text: BigQuery writes whole numbers as strings, or as numbers."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and abs(value) < 10**18 else None


def _delivery(
    line: Line,
    reply_by: ReplyBy | None,
    code: str,
    *,
    local: bool = False,
    status: Status | None = None,
    **fields: Any,
) -> Delivery:
    outgoing = reply_by is ReplyBy.REMOTE
    if status is None and outgoing:
        status = status_by_code(code)
    elif status is None and code[:1] in ("4", "5"):
        status = Status.REJECTED
    direction = Direction.OUTGOING if outgoing else Direction.INCOMING
    return delivery_in(
        line,
        _NAME,
        direction=Direction.LOCAL if local else direction,
        status=status,
        text=code if reply_by is not None else None,
        reply_by=reply_by,
        **fields,
    )


class GoogleWorkspaceReader(TableReader):
    """Reads the rows of an export, and JSON objects, which may be in one run."""

    def __init__(self) -> None:
        super().__init__(_is_head, _read_export)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        return super().read(line) if line.fields is None else _read_json(line)


FORMAT = Format(
    _NAME,
    _detect,
    GoogleWorkspaceReader,
    claims=claims_by(_is_head),
    needles=("SMTP reply code", "message_info"),
    members=('"gmail"', '"message_info"'),
)
