"""SendGrid: the event webhook, and the lists of bounces and blocks of its API.

From Twilio SendGrid's "Event Webhook Reference"::

    post    = "[" *event "]"
    event   = "{" event email timestamp sg_event_id sg_message_id smtp-id [response] [reason]
              [status] [type] [attempt] [tls] ... "}"
    bounces = "[" *("{" created email reason status "}") "]"   ; suppression/bounces, .../blocks

``response`` (delivered, deferred) and ``reason`` (bounce, dropped) hold the server's reply, its
lines joined by a space; or words of SendGrid's own, which have no code. ``ip`` is the address that
SendGrid sent from. Arguments of the sender's own stand beside all these, under any other name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import ReplyBy, Status
from smtpreply.logs.toolkit.fields import status_of
from smtpreply.logs.toolkit.json_events import Event, Told, bare, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "delivered": Status.SENT,
    "deferred": Status.DEFERRED,
    "bounce": Status.BOUNCED,
    "bounced": Status.BOUNCED,
    "blocked": Status.BOUNCED,
    "dropped": Status.REJECTED,
}
_OTHERS = {
    "processed", "open", "click", "spamreport", "unsubscribe", "group_unsubscribe",
    "group_resubscribe", "machine_opened", "account_status_change",
}  # fmt: skip
_OWN_IDS = ("sg_event_id", "sg_message_id", "smtp-id")
_MARKS = r'"(?:sg_event_id|sg_message_id|smtp-id)\b|"created"\s*:\s*[0-9]{9,10},\s*"email"'
_OF_LISTS = {"created", "email", "reason", "status"}
# What it says where it spoke to no server, in some of which it puts a code before.
_OWN = re.compile(
    r"[45][0-9]{2} (?:[45]\.[0-9.]{3,7} )?(?:unable to get mx info|unable to resolve|"
    r"error dialing|Bounced Address|Email was deferred)",
    re.IGNORECASE,
)


def _knows(event: Event) -> bool:
    if _listed(event):
        return True
    return (
        event.text("event") is not None
        and event.text("email") is not None
        and any(event.text(name) for name in _OWN_IDS)
    )


def _listed(event: Event) -> bool:
    """Return whether it is of a list of the API, which has these four and no others."""
    members = event.members
    return members.keys() == _OF_LISTS and type(members["created"]) is int


def _tells(event: Event) -> Iterable[Told] | None:
    kind = "bounce" if _listed(event) else event.text("event") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    said = words(event.text("response") or event.text("reason"))
    if status is Status.REJECTED:  # not even tried
        said["reply_by"] = None
    elif said["reply_by"] and _OWN.match(said["text"]):
        said["reply_by"] = ReplyBy.MTA
    return [
        {
            "status": status,
            "time": event.time("timestamp") or event.time("created"),
            "queue_id": event.text("sg_message_id"),
            "message_id": bare(event.text("smtp-id")),
            "recipient": event.text("email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            "dsn": status_of(event.text("status")),
            **said,
        }
    ]


FORMAT = event_format(
    "sendgrid",
    _knows,
    _tells,
    marks=_MARKS,
    needles=('"sg_event_id', '"sg_message_id', '"smtp-id', '"created'),
)
