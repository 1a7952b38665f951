"""MailerSend: the activity events of its webhooks.

From MailerSend's "Webhooks"::

    post  = "{" "type" ":" "activity." kind created_at webhook_id url data "}"
    data  = "{" object id type created_at email [morph] ... "}"
    email = "{" id from subject message recipient ... "}"
    recipient = "{" id email ... "}"
    morph = "{" "object" ":" "recipient_bounce" "reason" ":" words "}" / null

``reason`` is the server's reply, or MailerSend's words where none spoke.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "delivered": Status.SENT,
    "deferred": Status.DEFERRED,
    "soft_bounced": Status.BOUNCED,
    "hard_bounced": Status.BOUNCED,
}
_PREFIX = "activity."


def _knows(event: Event) -> bool:
    kind = event.text("type") or ""
    return kind.startswith(_PREFIX) and event.text("data", "object") == "activity"


def _tells(event: Event) -> Iterable[Told] | None:
    kind = (event.text("type") or "").removeprefix(_PREFIX)
    status = _STATUSES.get(kind)
    if status is None:  # sent to MailerSend, opened, clicked, ...
        return ()
    data = event.part("data")
    return [
        {
            "status": status,
            "time": data.time("created_at") or event.time("created_at"),
            "queue_id": data.name("email", "message", "id"),
            "sender": data.text("email", "from"),
            "recipient": data.text("email", "recipient", "email"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **words(data.text("morph", "reason")),
        }
    ]


FORMAT = event_format(
    "mailersend",
    _knows,
    _tells,
    marks=r'"activity\.',
    needles=('"activity.',),
)
