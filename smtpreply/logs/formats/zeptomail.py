"""ZeptoMail (Zoho): the bounces of its webhooks.

From ZeptoMail's "Webhooks"::

    post    = "{" "event_name" ":" "[" kind "]" "event_message" ":" "[" *message "]"
              "mailagent_key" ":" string "webhook_request_id" ":" string "}"
    message = "{" "email_info" ":" email "event_data" ":" "[" *data "]" "request_id" ":" string "}"
    email   = "{" email_reference from to processed_time ... "}"
    data    = "{" "object" ":" kind "details" ":" "[" *detail "]" "}"
    detail  = "{" bounced_recipient reason time [diagnostic_message] "}"
    kind    = "softbounce" / "hardbounce" / "email_open" / "email_link_click" / ...

A detail is of one recipient. ``diagnostic_message`` is the server's, ``reason`` ZeptoMail's name of
a class. A message that has bounced softly may still be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Fields, address_in, event_format, reply_fields

_STATUSES = {"softbounce": Status.DEFERRED, "hardbounce": Status.BOUNCED}


def _knows(event: Event) -> bool:
    return bool(event.texts("event_name")) and isinstance(event.at("event_message"), list)


def _deliveries(event: Event) -> Iterable[Fields]:
    [kind, *_] = event.texts("event_name")
    return [
        fields
        for message in event.parts("event_message")
        for data in message.parts("event_data")
        for fields in _bounces(message, data, data.text("object") or kind)
    ]


def _bounces(message: Event, data: Event, kind: str) -> Iterator[Fields]:
    status = _STATUSES.get(kind)
    if status is None:
        return
    for detail in data.parts("details"):
        yield {
            "status": status,
            "time": detail.time("time"),
            "queue_id": message.text("email_info", "email_reference"),
            "sender": message.text("email_info", "from", "address"),
            "recipient": address_in(detail.text("bounced_recipient")),
            **reply_fields(detail.text("diagnostic_message") or detail.text("reason")),
        }


FORMAT = event_format("zeptomail", _knows, _deliveries, needles=('"event_message',))
