"""Mailtrap: the events of its sending webhooks.

From Mailtrap's documentation, "Webhooks"::

    post  = "{" "events" ":" "[" *event "]" "}"
    event = "{" event timestamp sending_stream email message_id event_id [response] [response_code]
            [bounce_category] [reason] ... "}"

The reply stands in Postfix's form, ``soft bounce (450 ...)``, or its code apart from its text.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "delivery": Status.SENT,
    "soft bounce": Status.DEFERRED,
    "bounce": Status.BOUNCED,
    "suspension": Status.REJECTED,
    "reject": Status.REJECTED,
}
_OTHERS = {"open", "click", "spam complaint", "spam", "unsubscribe"}


def _knows(event: Event) -> bool:
    names = ("event", "event_id", "sending_stream", "email")
    return all(event.text(name) is not None for name in names)


def _tells(event: Event) -> Iterable[Told] | None:
    kind = (event.text("event") or "").replace("_", " ")
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    said = words(event.text("response") or event.text("reason"), code=event.number("response_code"))
    if status is Status.REJECTED:  # by Mailtrap, before any server was asked
        said["reply_by"] = None
    return [
        {
            "status": status,
            "time": event.time("timestamp"),
            "queue_id": event.text("message_id"),
            "recipient": event.text("email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **said,
        }
    ]


FORMAT = event_format(
    "mailtrap",
    _knows,
    _tells,
    marks=r'"sending_stream\b',
    needles=('"sending_stream',),
)
