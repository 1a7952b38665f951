"""SparkPost and Momentum: events of webhooks and of the events API.

From SparkPost's events reference::

    webhook = "[" *("{" msys ":" "{" class ":" event "}" "}") "]"
    class   = "message_event" / "track_event" / "gen_event" / "unsubscribe_event" / "relay_event"
    api     = "{" results ":" "[" *event "]" ... "}"
    event   = "{" type rcpt_to raw_rcpt_to reason raw_reason error_code ip_address ... "}"

``raw_reason`` is the reply; in ``reason``, addresses and the like are masked. A reply with
``[internal]`` in it is Momentum's own, and so are those of messages that it did not take or make.
A delivery has no reply. ``ip_address`` is the server's, where there was one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import ReplyBy, Status
from smtpreply.logs.toolkit.json_events import Event, Fields, bare, event_format, reply_fields
from smtpreply.stage import Stage

_STATUSES = {
    "delivery": Status.SENT,
    "bounce": Status.BOUNCED,
    "out_of_band": Status.BOUNCED,
    "delay": Status.DEFERRED,
    "policy_rejection": Status.REJECTED,
    "generation_rejection": Status.REJECTED,
    "generation_failure": Status.REJECTED,
    "spam_complaint": Status.COMPLAINED,
}
_OTHERS = {
    "injection", "sms_status", "open", "click", "initial_open", "amp_open",
    "amp_click", "amp_initial_open", "link_unsubscribe", "list_unsubscribe", "relay_injection",
    "relay_rejection", "relay_delivery", "relay_tempfail", "relay_permfail",
}  # fmt: skip
_SERVER_SPOKE = ("bounce", "out_of_band", "delay")
_CLASSES = ("message_event", "track_event", "gen_event", "unsubscribe_event", "relay_event")
_INTERNAL = "[internal]"
_EXPIRED = re.compile(r"[45][0-9]{2} [45]\.4\.7 \[internal\]")  # RFC 3463 3.5: too old


def _knows(event: Event) -> bool:
    if event.has("msys"):
        return isinstance(event.at("msys"), dict)
    known = event.text("type") in _STATUSES or event.text("type") in _OTHERS
    return known and event.has("event_id", "rcpt_to") and event.has("timestamp")


def _deliveries(event: Event) -> Iterable[Fields] | None:
    if event.has("msys"):
        inside = next(
            (event.part("msys", kind) for kind in _CLASSES if event.at("msys", kind)), None
        )
        if inside is not None:
            return _of(inside)
        # Nothing tests whether a webhook listens; a message that came in is relayed whole.
        return () if not event.at("msys") or event.at("msys", "relay_message") else None
    return _of(event)


def _of(event: Event) -> Iterable[Fields] | None:
    kind = event.text("type") or ""
    status = _STATUSES.get(kind)
    if status is None:
        return () if kind in _OTHERS else None
    reason = event.text("raw_reason") or event.text("reason") or ""
    if _EXPIRED.match(reason):
        status = Status.EXPIRED
    said_by_server = kind in _SERVER_SPOKE and _INTERNAL not in reason
    by = ReplyBy.REMOTE if said_by_server else ReplyBy.MTA
    return [
        {
            "status": status,
            "time": event.time("timestamp"),
            "queue_id": event.name("message_id"),
            "message_id": bare(event.text("rfc822_message_id")),
            "sender": event.text("msg_from"),
            "recipient": event.text("raw_rcpt_to") or event.text("rcpt_to"),
            "relay_ip": event.text("ip_address") if kind != "out_of_band" else None,
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            "delay": event.seconds("queue_time"),
            **reply_fields(reason, code=event.number("error_code") if reason else None, by=by),
        }
    ]


FORMAT = event_format(
    "sparkpost",
    _knows,
    _deliveries,
    marks=r'"(?:msys|rcpt_to|bounce_class)\b',
    needles=('"msys', '"rcpt_to', '"bounce_class'),
)
