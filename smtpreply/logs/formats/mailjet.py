"""Mailjet: the events of its Event API.

From Mailjet's guide "Webhooks"::

    post  = event / "[" *event "]"
    event = "{" event time MessageID email mj_campaign_id mj_contact_id customcampaign CustomID
            Payload [smtp_reply] [blocked hard_bounce error_related_to error comment] ... "}"

What was sent has the reply in Postfix's form, ``sent (250 ...)``. Of a bounce, ``comment`` is what
was said, by the server or by Mailjet's own MTA; ``error`` is Mailjet's name of a class.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, bare, event_format, words
from smtpreply.stage import Stage

_OTHERS = {"open", "click", "spam", "unsub"}


def _knows(event: Event) -> bool:
    if event.text("event") is None or event.text("email") is None:
        return False
    return event.has("MessageID") or event.has("mj_campaign_id") or event.has("mj_message_id")


def _tells(event: Event) -> Iterable[Told] | None:
    kind = event.text("event") or ""
    status = _status(event, kind)
    if status is None:
        return () if kind in _OTHERS else None
    said = event.text("smtp_reply") or event.text("comment") or event.text("error")
    return [
        {
            "status": status,
            "time": event.time("time"),
            "queue_id": event.name("MessageID") or event.name("mj_message_id"),
            "message_id": bare(event.text("Message-ID")),
            "recipient": event.text("email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **words(said),
        }
    ]


def _status(event: Event, kind: str) -> Status | None:
    if kind == "bounce":
        return Status.BOUNCED if event.at("hard_bounce") is not False else Status.DEFERRED
    return {"sent": Status.SENT, "blocked": Status.REJECTED}.get(kind)


FORMAT = event_format(
    "mailjet",
    _knows,
    _tells,
    marks=r'"(?:mj_campaign_id|mj_contact_id)\b',
    needles=('"MessageID', '"mj_campaign_id', '"mj_message_id'),
)
