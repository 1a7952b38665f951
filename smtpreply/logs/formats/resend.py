"""Resend: the email events of its webhooks.

From Resend's "Webhooks"::

    post   = "{" "type" ":" "email." kind created_at data "}"
    data   = "{" email_id from "to" ":" "[" *address "]" subject [bounce] [failed] ... "}"
    bounce = "{" message type subType [diagnosticCode] "}"

``diagnosticCode`` has what the server said (``smtp; 550 ...``); ``message`` explains the type of
the bounce, and is Resend's own. An event is of all recipients of the message.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply.logs.delivery import Status
from smtpreply.logs.toolkit.json_events import Event, Told, bare, each, event_format, words
from smtpreply.stage import Stage

_STATUSES = {
    "delivered": Status.SENT,
    "delivery_delayed": Status.DEFERRED,
    "bounced": Status.BOUNCED,
    "failed": Status.REJECTED,
    "suppressed": Status.REJECTED,
}
_PREFIX = "email."


def _knows(event: Event) -> bool:
    kind = event.text("type") or ""
    return kind.startswith(_PREFIX) and event.text("data", "email_id") is not None


def _tells(event: Event) -> Iterable[Told] | None:
    kind = (event.text("type") or "").removeprefix(_PREFIX)
    status = _STATUSES.get(kind)
    if status is None:  # sent to Resend, opened, clicked, ...
        return ()
    data = event.part("data")
    return each(
        map(_address, data.texts("to")),
        status=status,
        time=event.time("created_at"),
        queue_id=data.text("email_id"),
        message_id=bare(data.text("message_id")),
        sender=_address(data.text("from") or "") or None,
        stage=Stage.END_OF_DATA if status is Status.SENT else None,
        **_words(data),
    )


def _address(mailbox: str) -> str:
    """Return the address of a mailbox, which may have a name before it: RFC 5322 3.4."""
    return mailbox.rpartition("<")[2].removesuffix(">")


def _words(data: Event) -> Told:
    said = "\n".join(data.texts("bounce", "diagnosticCode"))
    if said:
        return words(said)
    own = data.text("bounce", "message") or data.text("failed", "reason")
    return {"text": own or data.text("suppressed", "message"), "reply_by": None}


FORMAT = event_format(
    "resend",
    _knows,
    _tells,
    marks=r'"email\.[a-z_]+',
    needles=('"email_id',),
)
