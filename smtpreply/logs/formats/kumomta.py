r"""KumoMTA: its log records, one JSON object a line (in files that zstd has compressed).

From crates/kumo-log-types (JsonLogRecord) and crates/rfc5321 (Response)::

    record   = "{" ... type id sender recipient response peer_address timestamp ... "}"
    type     = "Reception" / "Delivery" / "Bounce" / "TransientFailure" / "Expiration" /
               "AdminBounce" / "OOB" / "Feedback" / "Rejection" / "AdminRebind" / ...
    response = "{" code enhanced_code content command "}"
    enhanced_code = "{" class subject detail "}" / null
    peer_address  = "{" name addr "}" / null

Code and enhanced status are taken off all lines of a reply, and put back here. Its lines are joined
by a space, but for those of the first versions. The command is what was sent, ``.`` (or ``.\r\n``)
for the end of the data. A response that KumoMTA has made up has no peer, or begins ``KumoMTA
internal: ...``. Its replies to clients are in Reception and Rejection. A Feedback record has a
report of a mailbox provider (RFC 5965), which is a complaint or something else::

    feedback_report    = "{" feedback_type original_mail_from original_rcpto_to source_ip
                         supplemental_trace ... "}"
    supplemental_trace = "{" ... recipient ... "}" / null        ; of KumoMTA's own trace header
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Direction, ReplyBy, Status
from smtpreply.logs.toolkit.fields import COMPLAINTS, stage_of, status_of
from smtpreply.logs.toolkit.json_events import (
    Event,
    Fields,
    each,
    event_format,
    reply_fields,
    with_code,
)
from smtpreply.stage import Stage

_STATUSES = {
    "Reception": Status.ACCEPTED,
    "Rejection": Status.REJECTED,
    "Delivery": Status.SENT,
    "Bounce": Status.BOUNCED,
    "TransientFailure": Status.DEFERRED,
    "Expiration": Status.EXPIRED,
    "AdminBounce": Status.BOUNCED,
    "OOB": Status.BOUNCED,
}
_FEEDBACK = "Feedback"
# They move a message from queue to queue.
_OTHERS = ("AdminRebind", "DeferredInjectRebind", "Delayed", "XferIn", "XferOut")
_KINDS = (*_STATUSES, _FEEDBACK, *_OTHERS)
_MARKS = rf'"type\\*"\s*:\s*\\*"(?:{"|".join(_KINDS)})\\*"'
_INCOMING = ("Reception", "Rejection")
_MADE_UP = ("Expiration", "AdminBounce")
_INTERNAL = "KumoMTA internal:"
_NO_SMTP = ("HTTP", "LogRecord")  # how messages come in that no client has spoken for


def _knows(event: Event) -> bool:
    return (
        event.text("type") in _KINDS
        and isinstance(event.at("response", "content"), str)
        and "command" in event.part("response").members
    )


def _deliveries(event: Event) -> Iterable[Fields] | None:
    kind = event.text("type") or ""
    if kind in _OTHERS:
        return ()
    if kind == _FEEDBACK:
        return _complaints(event)
    response = event.part("response")
    enhanced = _enhanced(response.part("enhanced_code"))
    incoming = kind in _INCOMING
    told = {
        "direction": Direction.INCOMING if incoming else Direction.OUTGOING,
        "status": _STATUSES[kind],
        "time": event.time("timestamp"),
        "queue_id": event.name("id"),
        "sender": event.text("sender"),
        "relay_host": (event.text("peer_address", "name") or "").rstrip(".") or None,
        "relay_ip": _address(event.text("peer_address", "addr")),
        "stage": _stage(response.text("command")),
        "dsn": status_of(enhanced),
        "delay": _delay(event.number("created"), event.number("timestamp")),
        "tls": _tls(event),
        **_words(event, response, kind, enhanced),
    }
    # One that was delivered to several at once names them in a list.
    return each(event.texts("recipient") or [""], **told)


def _complaints(event: Event) -> Iterable[Fields]:
    """Read a report about a mail, which KumoMTA has got by mail: the record's own sender and
    recipient are those of the report.
    """
    report = event.part("feedback_report")
    kind = report.text("feedback_type") or ""
    if kind.lower() not in COMPLAINTS:
        return ()
    traced = report.text("supplemental_trace", "recipient")
    named = [traced] if traced else report.texts("original_rcpto_to")
    sender = report.text("original_mail_from")
    return each(
        [address.strip("<> ") for address in named] or [""],
        direction=Direction.OUTGOING,
        status=Status.COMPLAINED,
        time=event.time("timestamp"),
        sender=None if sender is None else sender.strip("<> "),
        relay_ip=report.text("source_ip"),
        text=f"Feedback-Type: {kind}",
    )


def _words(event: Event, response: Event, kind: str, enhanced: str | None) -> Fields:
    content = response.text("content") or ""
    if kind == "OOB":
        return _reported(response, content)
    code = response.number("code")
    if code is None or not 200 <= code <= 599:
        return {"text": content or None, "reply_by": None}
    text = with_code(code, content, enhanced)
    return {"text": text, "reply_by": _speaker(event, response, kind, content)}


def _reported(response: Event, content: str) -> Fields:
    """Read the diagnostic of a report that a server has sent.

    The code is 550 where the report has none, or has it with a hyphen; then it still is in the
    content. The enhanced status is that of the report, beside that in the content.
    """
    if not content:
        return {"text": None, "reply_by": None}
    return reply_fields(content, code=response.number("code"))


def _speaker(event: Event, response: Event, kind: str, content: str) -> ReplyBy:
    if kind in _INCOMING:
        return ReplyBy.MTA if event.text("reception_protocol") in _NO_SMTP else ReplyBy.OWN
    answered = event.has("peer_address") or response.has("command")
    made_up = kind in _MADE_UP or content.startswith(_INTERNAL) or not answered
    return ReplyBy.MTA if made_up else ReplyBy.REMOTE


def _enhanced(code: Event) -> str | None:
    """Return an enhanced status in its written form; None where there is none, or no such one."""
    parts = [code.number(name) for name in ("class", "subject", "detail")]
    written = ".".join(str(part) for part in parts)
    return written if None not in parts and status_of(written) else None


def _stage(command: str | None) -> Stage | None:
    """Return what was answered; the words of a command that was sent may have parameters."""
    command = (command or "").strip()
    return Stage.END_OF_DATA if command == "." else stage_of(command)


def _address(text: str | None) -> str | None:
    """Return an address; none where a report has come in without one."""
    return None if text in ("0.0.0.0", "::") else text  # noqa: S104  (nothing is bound to it)


def _delay(created: int | None, time: int | None) -> float | None:
    return None if created is None or time is None or time < created else float(time - created)


def _tls(event: Event) -> str | None:
    parts = (event.text("tls_protocol_version"), event.text("tls_cipher"))
    return " ".join(part for part in parts if part) or None


FORMAT = event_format(
    "kumomta", _knows, _deliveries, marks=_MARKS, needles=('"response', '"queue', '"egress_pool')
)
