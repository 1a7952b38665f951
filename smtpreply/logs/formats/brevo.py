"""Brevo (Sendinblue): transactional webhooks, and the event report of its API.

From Brevo's "Transactional webhooks" and "Get all your transactional email activity"::

    post   = event / "[" *event "]"
    event  = "{" event email message-id date ts ts_event ts_epoch [reason] [sending_ip] ... "}"
    report = "{" "events" ":" "[" *("{" event email messageId date [reason] [from] ... "}") "]" "}"

``reason`` is the server's reply, behind the class of an error of Brevo's and at times behind the
code once more: ``550 RecipientError: 550 5.1.1 ...``. Words without a code are Brevo's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, bare, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "delivered": Status.SENT,
    "deferred": Status.DEFERRED,
    "soft_bounce": Status.BOUNCED,
    "softBounces": Status.BOUNCED,
    "hard_bounce": Status.BOUNCED,
    "hardBounces": Status.BOUNCED,
    "bounces": Status.BOUNCED,
    "blocked": Status.REJECTED,
    "invalid_email": Status.REJECTED,
    "invalid": Status.REJECTED,
    "error": Status.REJECTED,
}
_OTHERS = {
    "request", "requests", "opened", "unique_opened", "click", "clicks", "spam", "unsubscribed",
    "proxy_open", "unique_proxy_open", "loadedByProxy", "complaint",
}  # fmt: skip
_CLASS = re.compile(r"\s*(?:[2-5][0-9]{2}[ -])?[A-Z][A-Za-z]{1,40}Error: (?=[2-5][0-9]{2}[ -])")


def _knows(event: Event) -> bool:
    if event.text("event") is None or event.text("email") is None:
        return False
    if event.text("message-id") is not None:
        return True
    kind = event.text("event")
    return event.has("messageId", "date") and (kind in _STATUSES or kind in _OTHERS)


def _tells(event: Event) -> Iterable[Told] | None:
    kind = event.text("event") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    said = words(_CLASS.sub("", event.text("reason") or "", count=1))
    if status is Status.REJECTED:
        said["reply_by"] = None
    return [
        {
            "status": status,
            "time": _time(event),
            "message_id": bare(event.text("message-id") or event.text("messageId")),
            "sender": event.text("from"),
            "recipient": event.text("email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **said,
        }
    ]


def _time(event: Event) -> datetime | None:
    """Return the time. A webhook's date is in the time zone of the account, and names none."""
    if event.has("messageId"):
        return event.time("date")
    return event.time("ts_epoch") or event.time("ts_event") or event.time("ts")


FORMAT = event_format(
    "brevo",
    _knows,
    _tells,
    marks=r'"(?:message-id|messageId)\b',
    needles=('"message-id', '"messageId'),
    order=80,  # its "messageId" is in events of ses, too
)
