"""Mandrill (Mailchimp Transactional): the message webhooks.

From Mailchimp's "Webhook format"::

    post  = "[" *event "]" / "mandrill_events=" post        ; as a form's field
    event = "{" event ts _id msg "}"
    msg   = "{" _id email sender state [diag] [bounce_description] smtp_events ... "}"
    smtp_events = "[" *("{" ts type diag source_ip destination_ip size "}") "]"

A bounce's reply is ``diag`` (``smtp;550 ...``); that of a deferral, and of a delivery, the last of
the SMTP events. ``bounce_description`` is Mandrill's own name of a class.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.fields import transient
from smtpreply.logs.toolkit.json_events import Event, Fields, event_format, reply_fields
from smtpreply.stage import Stage

_STATUSES = {
    "send": Status.SENT,
    "delivered": Status.SENT,
    "deferral": Status.DEFERRED,
    "hard_bounce": Status.BOUNCED,
    "soft_bounce": Status.BOUNCED,
    "reject": Status.REJECTED,
    "spam": Status.COMPLAINED,
}
_OTHERS = {"open", "click", "unsub"}


def _knows(event: Event) -> bool:
    return event.text("event") is not None and event.text("msg", "_id") is not None


def _deliveries(event: Event) -> Iterable[Fields] | None:
    kind = event.text("event") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    message = event.part("msg")
    if status is Status.COMPLAINED:  # the SMTP events are those of the delivery before
        return [_envelope(event, message, status)]
    last = next(iter(reversed(message.parts("smtp_events"))), Event({}))
    # A bounce has earlier replies among its SMTP events.
    final = kind in ("hard_bounce", "soft_bounce")
    said = message.text("diag") or (None if final else last.text("diag"))
    own = message.text("bounce_description") or message.text("reject", "reason")
    return [
        {
            **_envelope(event, message, status),
            "relay_ip": last.text("destination_ip") if said == last.text("diag") else None,
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            "dsn": transient(None) if kind == "soft_bounce" else None,
            **reply_fields(said or own),
        }
    ]


def _envelope(event: Event, message: Event, status: Status) -> Fields:
    return {
        "status": status,
        "time": event.time("ts"),
        "queue_id": message.text("_id"),
        "sender": message.text("sender"),
        "recipient": message.text("email"),
    }


FORMAT = event_format(
    "mandrill",
    _knows,
    _deliveries,
    marks=r'mandrill_events|"msg\\*"\s*:',
    needles=('"msg', "mandrill_events"),
)
