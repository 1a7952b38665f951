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
from smtpreply.logs.toolkit.fields import port_of
from smtpreply.logs.toolkit.json_events import Event, Fields, bare, event_format, reply_fields
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
    return (event.text("event") in _OTHERS and event.has("payload")) or _payload(event) is not None


def _payload(event: Event) -> Event | None:
    """Return the part with a message's status; None where there is none."""
    if (event.text("event") or "").startswith("Message") and event.has("payload"):
        payload, certain = event.part("payload"), True
    else:
        payload, certain = event, event.text("message", "token") is not None
    known = payload.text("status") in _STATUSES and "output" in payload.members
    return payload if certain and known and isinstance(payload.at("message"), dict) else None


def _deliveries(event: Event) -> Iterable[Fields] | None:
    payload = _payload(event)
    if payload is None:
        return ()
    status = _STATUSES[payload.text("status") or ""]
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
            **reply_fields(output or details),
        }
    ]


def _server(details: str | None) -> Fields:
    match = _SERVER.match(details or "")
    if match is None:
        return {}
    ip, port, host, other_host, other_ip = match.groups()
    return {
        "relay_host": host or other_host,
        "relay_ip": ip or other_ip,
        "relay_port": port_of(port),
    }


FORMAT = event_format(
    "postal", _knows, _deliveries, marks=_MARKS, needles=('"payload', '"output', '"direction')
)
