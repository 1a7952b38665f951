r"""Postal: the events of its webhooks.

From Postal's "Webhooks" and app/senders/smtp_sender.rb::

    post    = "{" event timestamp payload uuid "}" / payload
    payload = "{" message status details output sent_with_ssl time timestamp "}"
            / "{" original_message bounce "}"                 ; MessageBounced
    message = "{" id token direction message_id to from subject ... "}"
    details = "Message for " RCPT " accepted by " SERVER / "Permanent SMTP delivery error when
              sending to " SERVER / "Temporary SMTP delivery error when sending to " SERVER / words
    SERVER  = IP ":" PORT " (" HOST ")" / HOST " (" IP ")"

``output`` is what Ruby's Net::SMTP gives: the whole reply of a success, the first line of another;
or the message of an error, where no server spoke. ``details`` are Postal's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Direction, Status
from smtpreply.logs.formats.events import Event, Told, bare, event_format, words
from smtpreply.logs.formats.words import port_of
from smtpreply.stage import Stage

_STATUSES = {
    "Sent": Status.SENT,
    "SoftFail": Status.DEFERRED,
    "HardFail": Status.BOUNCED,
    "Held": Status.HELD,
}
_OTHERS = {
    "MessageBounced", "MessageLinkClicked", "MessageLoaded", "DomainDNSError",
    "SendLimitApproaching", "SendLimitExceeded",
}  # fmt: skip
_MARKS = (
    r'"event\\*"\s*:\s*\\*"(?:Message|SendLimit|DomainDNS)|'
    r'"(?:sent_with_ssl|spam_status|direction)\b'
)
_SERVER = re.compile(
    r"(?:.{0,400} accepted by|Message sent by SMTP to|.{0,100} when sending to|"
    r"An error occurred while sending the message to) "
    r"(?:\[?([0-9A-Fa-f.:]{3,45}?)\]?:([0-9]{1,5}) \(([^\s()]{1,255})\)"
    r"|([^\s():]{1,255})(?: \(([0-9A-Fa-f.:]{3,45})\)|\Z))",
    re.DOTALL,
)


def _knows(event: Event) -> bool:
    if event.has("payload", "event"):
        kind = event.text("event") or ""
        payload = event.part("payload")
        return kind in _OTHERS or (kind.startswith("Message") and _is_status(payload))
    return _is_status(event) and event.text("message", "token") is not None


def _is_status(payload: Event) -> bool:
    known = payload.text("status") in _STATUSES and "output" in payload.members
    return known and isinstance(payload.at("message"), dict)


def _tells(event: Event) -> Iterable[Told] | None:
    if event.text("event") in _OTHERS:
        return ()
    payload = event.part("payload") if event.has("payload") else event
    status = _STATUSES.get(payload.text("status") or "")
    if status is None:
        return None
    message = payload.part("message")
    output, details = payload.text("output"), payload.text("details")
    incoming = message.text("direction") == "incoming"
    return [
        {
            "direction": Direction.INCOMING if incoming else Direction.OUTGOING,
            "status": status,
            "time": payload.time("timestamp") or event.time("timestamp"),
            "queue_id": message.name("id"),
            "message_id": bare(message.text("message_id")),
            "sender": message.text("from"),
            "recipient": message.text("to"),
            "stage": Stage.END_OF_DATA if status is Status.SENT else None,
            **_server(details),
            **words(output or details),
        }
    ]


def _server(details: str | None) -> Told:
    match = _SERVER.match(details or "")
    if match is None:
        return {}
    ip, port, host, other_host, other_ip = match.groups()
    return {
        "relay_host": host or other_host,
        "relay_ip": ip or other_ip,
        "relay_port": port_of(port),
    }


FORMAT = event_format("postal", _knows, _tells, marks=_MARKS)
