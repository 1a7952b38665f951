"""Exchange Online, message trace: reports and exports in which a message is a row.

From Microsoft's "Message trace in the new Exchange admin center" and the commands' output. The
extended report is not here: it has the columns of `smtpreply.logs.formats.exchange_tracking`::

    summary  = "origin_timestamp_utc,sender_address,recipient_status,message_subject," ...
    trace    = '"Received","SenderAddress","RecipientAddress","Subject","Status",' ['"Detail",'] ...
               ; Get-MessageTrace | Export-Csv, columns in any order and more of them
    detail   = '"MessageId",' ... '"Date","Event","Action","Detail"' ...
               ; Get-MessageTraceDetail | Export-Csv
          ; ConvertTo-Json: the same names, an object a line
    recipient_status = address "##" event *("," SP event) *(";" ...)
    Detail   = [words "."] SP reply ["[" name "=" value "]"] / "Reason: " status [words]

where ``status`` is that of `smtpreply.logs.toolkit.exchange`. Reports are written in UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.exchange import Answer, answer_in, holds_pairs, is_expired
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, bare, claims_by, with_columns
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "exchange-online"

_STATUSES = {
    "delivered": Status.SENT,
    "deliver": Status.SENT,
    "send": Status.SENT,
    "send external": Status.SENT,
    "sendexternal": Status.SENT,
    "failed": Status.BOUNCED,
    "fail": Status.BOUNCED,
    "pending": Status.DEFERRED,
    "defer": Status.DEFERRED,
    "gettingstatus": Status.DEFERRED,
    "quarantined": Status.HELD,
    "filteredasspam": Status.FILTERED,
    "filtered as spam": Status.FILTERED,
    "spam": Status.FILTERED,
    "drop": Status.DISCARDED,
}
_ON_THE_WAY = frozenset(
    {
        "receive", "submit", "expand", "expanded", "expand dl", "resolve", "redirect", "transfer",
        "journal", "spam diagnostics", "dlp rule", "transport rule", "malware", "none", "process",
        "resolved", "advanced threat protection", "released", "custom delivery",
    }
)  # fmt: skip
_TOLD = re.compile(
    r"(?:.{0,200}?[.:] )?([245][0-9]{2} [245]\.[0-9]{1,3}\.[0-9]{1,3} .*)\Z", re.DOTALL
)
_ATTEMPTED = re.compile(r"\[LastAttempted(?:ServerName|IP)=([^\[\]]{1,255})\]")
_DIRECTIONS = {"1": Direction.INCOMING, "2": Direction.OUTGOING}
_DIRECTIONS |= {"inbound": Direction.INCOMING, "outbound": Direction.OUTGOING}

_is_summary = with_columns(
    "origin-timestamp-utc|origin-timestamp", "recipient-status", "sender-address"
)
_is_trace = with_columns(
    "received|date|origin-timestamp-utc", "sender-address", "recipient-address", "status"
)
_is_detail = with_columns("date", "event", "detail", "message-trace-id|message-id")
# Less is asked of a head than of an object: other programs' objects have a sender and a status too.
_is_json_trace = with_columns(
    "received|message-trace-id", "sender-address", "recipient-address", "status"
)


def _is_head(head: Head) -> bool:
    return _is_summary(head) or _is_trace(head) or _is_detail(head)


def _detect(line: Line) -> bool:
    return _claims([line.message]) if line.fields is None else _json_row(line) is not None


def _json_row(line: Line) -> Row | None:
    """Name the values of a JSON object, as ``ConvertTo-Json -Compress`` writes a row."""
    named = {bare(name): value for name, value in (line.fields or {}).items()}
    known = _is_json_trace(Head(tuple(named)))
    return {name: value for name, value in named.items() if _is_text(value)} if known else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


class ExchangeOnlineReader(TableReader):
    """Reads the rows of a report, and those that are JSON objects."""

    def __init__(self) -> None:
        super().__init__(_is_head, _deliveries)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if line.fields is None:
            return super().read(line)
        row = _json_row(line)
        return None if row is None else _deliveries(line, row)


def _deliveries(line: Line, row: Row) -> Iterable[Delivery] | None:
    stamp = next((row[name] for name in _STAMPS if name in row), None)
    line.time = time_of(stamp, UTC)
    told = list(_of_summary(row)) if "##" in row.get("recipientstatus", "") else _of_trace(row)
    if told is None:
        return None
    sender = row.get("senderaddress")
    known = {
        "direction": _DIRECTIONS.get(row.get("directionality", "").lower(), Direction.OUTGOING),
        "message_id": row.get("messageid", "").strip("<>") or None,
        "sender": None if sender is None else sender.strip("<>"),
        "recipient": row.get("recipientaddress"),
    }
    return [delivery_in(line, _NAME, **(known | fields)) for fields in told]


def _of_summary(row: Row) -> Iterator[dict[str, Any]]:
    """Yield each recipient, and the last that happened to it."""
    for item in row["recipientstatus"].split(";"):
        recipient, separator, events = item.partition("##")
        status = _STATUSES.get(events.rpartition(",")[2].strip().lower())
        if separator:
            yield {"recipient": recipient.strip() or None, "status": status}


def _of_trace(row: Row) -> list[dict[str, Any]] | None:
    """Return the fields of a row's recipient; nothing while the message is on its way."""
    event = (row.get("status") or row.get("event") or "").strip().lower()
    answer = _answer(row.get("detail") or row.get("customdata") or "")
    status = _STATUSES.get(event)
    if status is None and answer.reply_by is None:
        return [] if event in _ON_THE_WAY else None
    expired = status is Status.BOUNCED and is_expired(answer.text or "")
    return [
        {
            "relay_host": answer.host,
            "relay_ip": answer.ip or row.get("toip"),
            "status": Status.EXPIRED if expired else status,
            "text": answer.text,
            "reply_by": answer.reply_by,
        }
    ]


def _answer(detail: str) -> Answer:
    """Read a detail: a status with pairs, or a reply after a sentence."""
    if holds_pairs(detail):
        return answer_in(detail)
    match = _TOLD.match(detail)
    if match is None:
        return Answer(detail.strip() or None, None)
    text, attempted = match[1], _ATTEMPTED.search(match[1])
    answer = answer_in(text, spoke=attempted is not None)
    answer.host = attempted[1] if attempted else None
    return answer


_STAMPS = ("origintimestamputc", "origintimestamp", "received", "date", "datetimeutc")
_claims = claims_by(_is_head)
FORMAT = Format(
    _NAME,
    _detect,
    ExchangeOnlineReader,
    claims=_claims,
    needles=("ecipient_status", "enderAddress", "essageTraceId"),
    members=("enderAddress", "essageTraceId"),
)
