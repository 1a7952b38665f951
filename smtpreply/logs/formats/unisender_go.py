"""UniSender Go: the events of its webhooks.

From the documentation of its Web API, "Event callback"::

    post  = "{" "auth" ":" string "events_by_user" ":" "[" *("{" ... "events" ":" "[" *event "]"
            "}") "]" "}"
    event = "{" "event_name" ":" name "event_data" ":" data "}" / data-with-event_name
    data  = "{" job_id email status event_time [delivery_info] ... "}"
    delivery_info = "{" delivery_status [destination_response] ... "}"

``destination_response`` is what the server said; ``delivery_status`` is the service's name of a
class. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, event_format, words
from smtpreply.stage import Stage

_STATUS_EVENT = "transactional_email_status"
_OTHER_EVENTS = ("transactional_spam_block",)
_STATUSES = {
    "delivered": Status.SENT,
    "soft_bounced": Status.DEFERRED,
    "hard_bounced": Status.BOUNCED,
}
# Said to be sent is that the service has begun to try.
_OTHERS = {"sent", "opened", "clicked", "unsubscribed", "subscribed", "spam"}


def _knows(event: Event) -> bool:
    return event.text("event_name") in (_STATUS_EVENT, *_OTHER_EVENTS)


def _tells(event: Event) -> Iterable[Told] | None:
    if event.text("event_name") in _OTHER_EVENTS:
        return ()
    data = event.part("event_data") if event.has("event_data") else event
    kind = data.text("status") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    details = data.part("delivery_info")
    said = details.text("destination_response") or details.text("delivery_status")
    return [
        {
            "status": status,
            "time": data.time("event_time"),
            "queue_id": data.text("job_id"),
            "recipient": data.text("email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **words(said),
        }
    ]


FORMAT = event_format(
    "unisender-go",
    _knows,
    _tells,
    marks=r'"(?:events_by_user|event_name)\b',
    needles=('"event_name',),
)
