"""Postmark: the bounce and delivery webhooks, and the bounces of its API.

From Postmark's "Bounce webhook", "Delivery webhook" and "Bounce API"::

    bounce   = "{" ["RecordType" ":" "Bounce"] Type TypeCode MessageID Description Details Email
               From BouncedAt ... "}"
    delivery = "{" "RecordType" ":" "Delivery" MessageID Recipient DeliveredAt Details ... "}"
    list     = "{" "Bounces" ":" "[" *bounce "]" ... "}"

``Details`` is the diagnostic (``smtp;550 ...``); ``Description`` explains the type and is
Postmark's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, event_format, words
from smtpreply.stage import Stage

# https://postmarkapp.com/developer/api/bounce-api#bounce-types
_STATUSES = {
    "HardBounce": Status.BOUNCED,
    "SoftBounce": Status.BOUNCED,
    "Transient": Status.DEFERRED,
    "DnsError": Status.BOUNCED,
    "SpamNotification": Status.BOUNCED,
    "BadEmailAddress": Status.BOUNCED,
    "Blocked": Status.BOUNCED,
    "SMTPApiError": Status.BOUNCED,
    "VirusNotification": Status.BOUNCED,
    "DMARCPolicy": Status.BOUNCED,
    "Unknown": Status.BOUNCED,
    "ManuallyDeactivated": Status.REJECTED,
    "TemplateRenderingFailed": Status.REJECTED,
}
# Mail that came back and is no bounce, or is not about what was sent.
_ANSWERS = {
    "Subscribe", "Unsubscribe", "AutoResponder", "AddressChange", "OpenRelayTest",
    "SpamComplaint", "ChallengeVerification", "Unconfirmed", "InboundError",
}  # fmt: skip
_OTHERS = {"Open", "Click", "SpamComplaint", "SubscriptionChange"}


def _knows(event: Event) -> bool:
    record = event.text("RecordType")
    if record is None:  # the API's, and webhooks of before 2018
        return event.has("TypeCode", "BouncedAt", "Email")
    return record in ("Bounce", "Delivery") or (record in _OTHERS and event.has("MessageID"))


def _tells(event: Event) -> Iterable[Told] | None:
    record = event.text("RecordType") or "Bounce"
    if record == "Delivery":
        return (_delivery(event),)
    if record in _OTHERS:
        return ()
    kind = event.text("Type")
    status = _STATUSES.get(kind or "")
    if status is None:
        return () if kind in _ANSWERS else None
    return (_bounce(event, status),)


def _delivery(event: Event) -> Told:
    return {
        "status": Status.SENT,
        "stage": Stage.END_OF_DATA,
        "time": event.time("DeliveredAt"),
        "queue_id": event.text("MessageID"),
        "recipient": event.text("Recipient"),
        **words(event.text("Details")),
    }


def _bounce(event: Event, status: Status) -> Told:
    return {
        "status": status,
        "time": event.time("BouncedAt"),
        "queue_id": event.text("MessageID"),
        "sender": event.text("From"),
        "recipient": event.text("Email"),
        **words(event.text("Details") or event.text("Description")),
    }


FORMAT = event_format(
    "postmark",
    _knows,
    _tells,
    marks=r'"(?:RecordType|TypeCode|BouncedAt)\b',
    needles=('"RecordType', '"TypeCode'),
    order=80,  # after sendgrid
)
