"""Microsoft Exchange, message tracking: what became of each message, and of each recipient.

From Microsoft's "Message tracking" (Exchange 2007 to 2019) and "Message trace" (Exchange Online,
where the extended report has the same columns)::

    file   = "#Software: Microsoft Exchange Server" ... "#Fields:" SP names *row
    names  = "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,"
             "connector-id,source,event-id,internal-message-id,message-id,[network-message-id,]"
             "recipient-address,recipient-status,total-bytes,recipient-count,"
             "related-recipient-address,reference,message-subject,sender-address,return-path,"
             "message-info" ["," more]     ; network-message-id since 2013, more since 2010
    names  =/ the same in `Get-MessageTrackingLog | Export-Csv`: "RecipientStatus"
    status = one or a list of what `smtpreply.logs.toolkit.exchange` reads, one for each recipient;
             or no reply at all: "To", "Cc", a folder
    source-context = [session] ";" reply [";ClientSubmitTime:" time]     ; SEND: to the end of data
                   / host "=" reply                                      ; HAREDIRECT: the shadow's

A SEND has two replies: recipient-status is that to RCPT, and source-context that to the message.
Where source-context names an agent that filters what clients bring, the reply is Exchange's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.exchange import (
    Answer,
    answer_in,
    holds_pairs,
    is_expired,
    statuses_in,
    values_in,
)
from smtpreply.logs.toolkit.fields import said_by
from smtpreply.logs.toolkit.tables import Head, Row, TableReader, claims_by, fields_of, with_columns
from smtpreply.logs.toolkit.timestamps import span_between, time_of
from smtpreply.stage import Stage

_NAME = "exchange-tracking"

# The outcomes of a message. Other events are steps on its way, which no server has answered.
_STATUSES: dict[str, Status | None] = {
    "SEND": Status.SENT,
    "SENDEXTERNAL": Status.SENT,
    "DELIVER": Status.SENT,
    "DUPLICATEDELIVER": Status.SENT,
    "FAIL": Status.BOUNCED,
    "BADMAIL": Status.BOUNCED,
    "DEFER": Status.DEFERRED,
    "DROP": Status.DISCARDED,
    "HAREDIRECT": None,
    "HAREDIRECTFAIL": None,
}
_ON_THE_WAY = frozenset({
    "AGENTINFO", "DSN", "DUPLICATEEXPAND", "DUPLICATEREDIRECT", "EXPAND", "HADISCARD",
    "HARECEIVE", "INITMESSAGECREATED", "JOURNAL", "LOAD", "MODERATIONEXPIRE",
    "MODERATORAPPROVE", "MODERATORREJECT", "MODERATORSALLNDR", "NOTIFYMAPI", "NOTIFYSHADOW",
    "POISONMESSAGE", "PROCESS", "PROCESSMEETINGMESSAGE", "RECEIVE", "REDIRECT", "RESOLVE",
    "RESUBMIT", "RESUBMITDEFER", "RESUBMITFAIL", "SUBMIT", "SUBMITDEFER", "SUBMITFAIL",
    "SUPPRESSED", "SUSPEND", "THROTTLE", "TRANSFER", "MAPISUBMIT", "ORIGARRIVAL", "COPY",
    "SPAM", "MALWARE",
})  # fmt: skip
_SOURCES = frozenset({
    "ADMIN", "AGENT", "APPROVAL", "BOOTLOADER", "DNS", "DSN", "GATEWAY", "MAILBOXRULE",
    "MEETINGMESSAGEPROCESSOR", "ORAR", "PICKUP", "POISONMESSAGE", "PUBLICFOLDER", "QUEUE",
    "REDUNDANCY", "RESOLVER", "ROUTING", "SAFETYNET", "SECURITY", "SMTP", "STOREDRIVER",
})  # fmt: skip
_OLD = tuple(
    "date-time client-ip client-hostname server-ip server-hostname source-context connector-id "
    "source event-id internal-message-id message-id recipient-address recipient-status total-bytes "
    "recipient-count related-recipient-address reference message-subject sender-address "
    "return-path message-info directionality tenant-id original-client-ip original-server-ip "
    "custom-data transport-traffic-type log-id schema-version".replace("-", "").split()
)
_NEW = (*_OLD[:11], "networkmessageid", *_OLD[11:])
_COLUMNS = {21: _OLD, 26: _OLD, **dict.fromkeys((27, 28, 29, 30), _NEW)}

_ROW = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z,")
_SPOKEN = re.compile(r"(?:[0-9A-Fa-f]{16})?;?([2-5][0-9]{2}[ -].*)\Z", re.DOTALL)
# "Anti-spam agents": they answer a client while it is connected.
_FILTERS = re.compile(
    r"(?:Connection Filtering|Content Filter|Protocol Analysis|Recipient Filter|Sender Filter|"
    r"Sender Id) Agent\Z",
    re.IGNORECASE,
)
_SHADOW = re.compile(r"([^\s=;]{1,255}) ?= ?([2-5][0-9]{2} .*)\Z", re.DOTALL)
_SUBMITTED = ";ClientSubmitTime:"

_is_head = with_columns(
    "date-time|date-time-utc|timestamp", "source", "event-id", "recipient-status",
    "recipient-address|recipients",
)  # fmt: skip


def _headless(fields: Sequence[str]) -> Head | None:
    columns = _COLUMNS.get(len(fields))
    if columns is None or fields[7] not in _SOURCES:
        return None
    return Head(columns) if fields[8] in _STATUSES or fields[8] in _ON_THE_WAY else None


def _detect(line: Line) -> bool:
    text = line.message
    if text.startswith("#"):
        return _claims([text])
    return _ROW.match(text) is not None and _headless(fields_of(text)) is not None


def deliveries_of(line: Line, row: Row, mta: str = _NAME) -> Iterable[Delivery] | None:
    """Return the deliveries that a row reports; None where its event is unknown.

    Args:
        line: where it is. It gets the time and the host of the row.
        row: by the names of columns, in small letters and without hyphens.
        mta: the format that is read.
    """
    event = row.get("eventid", "").upper()
    if event not in _STATUSES:
        return () if event in _ON_THE_WAY else None
    stamp = row.get("datetime") or row.get("datetimeutc") or row.get("timestamp")
    line.time = time_of(stamp, UTC if "datetimeutc" in row else None)
    line.host = row.get("clienthostname") if event.startswith("SEND") else None
    known = _known(row, line.time)
    source = row.get("source", "").upper()
    return [delivery_in(line, mta, **(known | told)) for told in _told(event, row, source)]


def _known(row: Row, time: datetime | None) -> dict[str, Any]:
    """Return what holds for all recipients of a row."""
    sender = row.get("returnpath") or row.get("senderaddress") or row.get("sender")
    return {
        "queue_id": row.get("internalmessageid"),
        "message_id": row.get("messageid", "").strip("<>") or None,
        "sender": None if sender is None else sender.strip("<>"),
        "delay": span_between(time_of(row.get("messageinfo", "").partition(";")[0]), time),
    }


def _told(event: str, row: Row, source: str) -> Iterator[dict[str, Any]]:
    """Yield the fields of a row for each recipient."""
    recipients = values_in(row.get("recipientaddress") or row.get("recipients", ""))
    context = row.get("sourcecontext", "")
    if event.startswith("HAREDIRECT"):
        if match := _SHADOW.match(context):
            yield _of_shadow(*match.groups())
        return
    given = _statuses(row, context, max(len(recipients), 1))
    if not recipients:
        yield from (_of_recipient(event, source, row, None, answer) for answer in given)
        return
    if len(given) != len(recipients):
        # Whose a status is remains unknown: a reply's own words may look like one more.
        given = [Answer(None, None)] * len(recipients)
    final = _reply_to_message(context) if event.startswith("SEND") else None
    for recipient, answer in zip(recipients, given, strict=True):
        told = _of_recipient(event, source, row, recipient, answer)
        if final is None:
            yield told
            continue
        if answer.reply_by is not None:
            yield told | {"status": None}
        told |= {"text": final, "reply_by": said_by(ReplyBy.REMOTE, final)}
        yield told | {"stage": Stage.END_OF_DATA}


def _statuses(row: Row, context: str, count: int) -> list[Answer]:
    """Return the answers for as many recipients, empty where there is no reply."""
    text = row.get("recipientstatus", "")
    text = text if holds_pairs(text) else text.strip("{}")
    spoke = row.get("source", "").upper() == "SMTP"
    listed = statuses_in(text, count)
    answers = [_answer(item, spoke=spoke) for item in listed]
    if any(answer.reply_by is not None for answer in answers):
        return answers * count if len(answers) == 1 else answers
    for elsewhere in (context, row.get("customdata", "")):
        if holds_pairs(elsewhere):
            return [answer_in(elsewhere)] * count
    told = _SPOKEN.match(context) if row.get("eventid", "").upper() in ("FAIL", "DEFER") else None
    if told is not None:
        return [_answer(told[1].partition(_SUBMITTED)[0], spoke=spoke)] * count
    return [Answer(None, None)] * count


def _answer(text: str, *, spoke: bool) -> Answer:
    """Read a status; what is no reply, such as "To", is about the recipient, not the delivery."""
    answer = answer_in(text, spoke=spoke)
    return answer if answer.reply_by is not None or answer.host else Answer(None, None)


def _reply_to_message(context: str) -> str | None:
    match = _SPOKEN.match(context)
    return match[1].rpartition(_SUBMITTED)[0] or match[1] if match else None


def _of_shadow(host: str, text: str) -> dict[str, Any]:
    return {
        "direction": Direction.LOCAL,
        "relay_host": host,
        "stage": Stage.END_OF_DATA,
        "text": text,
        "reply_by": ReplyBy.REMOTE,
    }


def _of_recipient(
    event: str, source: str, row: Row, recipient: str | None, answer: Answer
) -> dict[str, Any]:
    if (
        source == "SMTP"
        and event == "FAIL"
        and _FILTERS.match(row.get("sourcecontext", "").strip())
    ):
        return {
            "recipient": recipient,
            "direction": Direction.INCOMING,
            "status": Status.REJECTED,
            "text": answer.text,
            "reply_by": said_by(ReplyBy.OWN, answer.text),
        }
    spoke = source == "SMTP" and answer.reply_by is not ReplyBy.MTA
    sent = event.startswith("SEND")
    host, ip = answer.host, answer.ip
    if host is None and ip is None and (sent or spoke):
        host, ip = row.get("serverhostname"), row.get("serverip")
    return {
        "recipient": recipient,
        "direction": _direction(source, outgoing=sent or host is not None),
        "relay_host": host,
        "relay_ip": ip,
        "stage": Stage.RCPT if sent and answer.reply_by else None,
        "status": _status(event, answer.text or ""),
        "text": answer.text,
        "reply_by": answer.reply_by,
    }


def _direction(source: str, *, outgoing: bool) -> Direction | None:
    if source == "STOREDRIVER":
        return Direction.LOCAL
    return Direction.OUTGOING if outgoing or source == "SMTP" else None


def _status(event: str, text: str) -> Status | None:
    """Return what became of a recipient; a message that fails with a success was let fall."""
    status = _STATUSES[event]
    if status is not Status.BOUNCED:
        return status
    if text.startswith("2"):
        return Status.DISCARDED
    return Status.EXPIRED if is_expired(text) else status


_claims = claims_by(_is_head)
FORMAT = Format(
    _NAME,
    _detect,
    lambda: TableReader(_is_head, deliveries_of, _headless),
    claims=_claims,
    begins=r"#|[0-9-]{10}T[0-9:.]{8,18}Z,",
    needles=("Z,", "ecipient-status", "ecipientStatus", "ecipient_status"),
)
