"""Elastic Email: the events of its API.

From the documentation of its REST API, "RecipientEvent"::

    list  = "[" *event "]"
    event = "{" TransactionID MsgID FromEmail To Subject EventType EventDate NextTryOn Message ...
            "}"

``Message`` is what went wrong with a failed attempt or a bounce: the server's reply, or words of
Elastic Email's own. ``IPAddress`` is what it sent from.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "Sent": Status.SENT,
    "FailedAttempt": Status.DEFERRED,
    "Bounce": Status.BOUNCED,
}
_OTHERS = {"Submission", "Open", "Click", "Unsubscribe", "Complaint"}


def _knows(event: Event) -> bool:
    names = ("TransactionID", "MsgID", "EventType", "To")
    return all(event.text(name) is not None for name in names)


def _tells(event: Event) -> Iterable[Told] | None:
    kind = event.text("EventType") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    return [
        {
            "status": status,
            "time": event.time("EventDate"),
            "queue_id": event.text("MsgID"),
            "sender": event.text("FromEmail"),
            "recipient": event.text("To"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **words(event.text("Message")),
        }
    ]


FORMAT = event_format(
    "elastic-email",
    _knows,
    _tells,
    marks=r'"(?:TransactionID|MsgID)\b',
    needles=('"TransactionID',),
)
