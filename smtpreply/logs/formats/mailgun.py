r"""Mailgun: webhooks, the events API, and the webhooks of before 2018.

From Mailgun's "Event structure" and "Webhook payload", and its older manual::

    webhook  = "{" "signature" ":" ... "event-data" ":" event "}"
    api      = "{" "items" ":" "[" *event "]" ... "}"
    event    = "{" event severity reason recipient timestamp envelope message delivery-status "}"
    delivery-status = "{" code message description mx-host attempt-no session-seconds tls ... "}"
    legacy   = "{" event recipient domain timestamp code error notification description reason
               ... "}"                                        ; a form's fields

Code and text are apart, and each line of the text keeps its enhanced status only. Codes that
SMTP has not (605 for a suppressed address), and 498 and 499 for hosts that are not found or do not
answer, are Mailgun's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Fields, bare, event_format, reply_fields
from smtpreply.stage import Stage

_OTHERS = {
    "accepted", "stored", "opened", "clicked", "unsubscribed", "list_member",
    "list_member_uploaded", "list_uploaded", "email_validation",
}  # fmt: skip
_LEGACY_IDS = ("X-Mailgun-Sid", "signature", "message-headers", "body-plain")
_LEGACY_STATUSES = {
    "delivered": Status.SENT,
    "bounced": Status.BOUNCED,
    "complained": Status.COMPLAINED,
}
_OWN_CODES = (498, 499)
_SUPPRESSED = (605, 606, 607)  # it bounced before, was unsubscribed, or complained


def _knows(event: Event) -> bool:
    if event.has("event-data"):
        return event.text("event-data", "event") is not None
    return event.text("event") is not None and (_of_api(event) or _legacy(event))


def _of_api(event: Event) -> bool:
    if isinstance(event.at("delivery-status"), dict):
        return True
    return event.text("log-level") is not None and event.has("timestamp")


def _legacy(event: Event) -> bool:
    known = event.text("recipient") is not None and event.text("domain") is not None
    return known and any(name in event.members for name in _LEGACY_IDS)


def _deliveries(event: Event) -> Iterable[Fields] | None:
    if event.has("event-data"):
        return _of_event(event.part("event-data"))
    return _of_event(event) if _of_api(event) else _of_form(event)


def _of_event(event: Event) -> Iterable[Fields] | None:
    kind = event.text("event") or ""
    status = _status(event, kind)
    if status is None:
        return () if kind in _OTHERS else None
    said = event.part("delivery-status")
    return [
        {
            "status": status,
            "time": event.time("timestamp"),
            "queue_id": event.name("id"),
            "message_id": bare(event.text("message", "headers", "message-id")),
            "sender": event.text("envelope", "sender"),
            "recipient": event.text("recipient"),
            "relay_host": said.text("mx-host") or None,
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **_words(said, said.text("message"), event, tried=_tried(event, status)),
        }
    ]


def _status(event: Event, kind: str) -> Status | None:
    reason = event.text("reason") or ""
    if kind == "delivered":
        return Status.SENT
    if kind == "complained":
        return Status.COMPLAINED
    if kind == "rejected" or (kind == "failed" and reason.startswith("suppress-")):
        return Status.REJECTED
    if kind != "failed":
        return None
    if event.text("severity") == "temporary":
        return Status.DEFERRED
    return Status.EXPIRED if reason == "old" else Status.BOUNCED


def _tried(event: Event, status: Status) -> bool:
    """Return whether a server was spoken to: a route's URL gives a status of HTTP."""
    return status is not Status.REJECTED and event.text("envelope", "transport") != "http"


def _of_form(event: Event) -> Iterable[Fields] | None:
    kind = event.text("event") or ""
    status = _LEGACY_STATUSES.get(kind)
    if kind == "dropped":
        status = Status.EXPIRED if event.text("reason") == "old" else Status.BOUNCED
        status = Status.REJECTED if event.number("code") in _SUPPRESSED else status
    if status is None:
        return () if kind in _OTHERS else None
    said = event.text("error") or event.text("description")
    return [
        {
            "status": status,
            "time": event.time("timestamp"),
            "message_id": bare(event.text("Message-Id") or event.text("message-id")),
            "recipient": event.text("recipient"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **_words(event, said, event, tried=True),
        }
    ]


def _words(said: Event, text: str | None, event: Event, *, tried: bool) -> Fields:
    """Return the reply; of Mailgun's own refusals, the description or the reason."""
    code = said.number("code")
    own = not tried or (code is not None and (code in _OWN_CODES or not 200 <= code <= 599))
    if own or (not text and code is None):
        reject = event.text("reject", "description") or event.text("reject", "reason")
        return {"text": text or said.text("description") or reject, "reply_by": None}
    return reply_fields(text, code=code)


FORMAT = event_format(
    "mailgun",
    _knows,
    _deliveries,
    marks=r'"(?:event-data|log-level|message-headers)\b',
    needles=('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'),
)
