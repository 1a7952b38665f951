r"""Amazon SES: notifications and published events, in whatever brought them.

From Amazon's "Contents of event data that Amazon SES publishes" (to SNS, Firehose, EventBridge)::

    event     = "{" ("eventType" / "notificationType") ":" type mail details "}"
    details   = bounce / complaint / delivery / deliveryDelay / reject / ...
    bounce    = "{" bounceType bounceSubType bouncedRecipients reportingMTA remoteMtaIp ... "}"
    recipient = "{" emailAddress action status diagnosticCode "}"
    delivery  = "{" recipients smtpResponse remoteMtaIp processingTimeMillis ... "}"
    carried   = event / "{" Message ":" string-of-event "}"       ; SNS
              / "{" detail ":" event "}"                          ; EventBridge
              / "{" Sns ":" ... "}" / "{" body ":" string-of-carried "}"  ; Lambda's records

Some keep a bounce alone, without the event. A recipient may have a name before the address. An
event is of all recipients of a message that fared alike: each has a delivery of its own. A
diagnostic code is the remote server's (``smtp; 550 ...``), but for those that SES writes when it
gives a message up, cannot find a server, or does not try since the address is suppressed; where
there is none, the status is all the words. A bounce of type ``Transient`` is no fault of the
address, whatever its status.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from smtpreply.logs.delivery import ReplyBy, Status
from smtpreply.logs.toolkit.fields import status_of, transient
from smtpreply.logs.toolkit.json_events import (
    Event,
    Fields,
    address_in,
    bare,
    each,
    event_format,
    reply_fields,
)
from smtpreply.logs.toolkit.json_stream import parsed
from smtpreply.stage import Stage

_OTHERS = {
    "Send", "Open", "Click", "Subscription", "Rendering Failure",
    "AmazonSnsSubscriptionSucceeded", "Received",
}  # fmt: skip
_MOST_CARRIERS = 4
_OWN = re.compile(
    r"[45][0-9]{2} (?:[45]\.[0-9.]{3,7} )?"
    r"(?:Message expired|Unable to lookup DNS|Unable to connect to remote host|Amazon SES )"
)
_EXPIRED = re.compile(r"[45][0-9]{2} (?:[45]\.[0-9.]{3,7} )?Message expired")
# In the string that SNS brings, quotes are escaped.
_MARKS = (
    r'(?:notificationType|eventType)\\*"\s*:\s*\\*"(?:Bounce|Complaint|Delivery|Send|Reject|Open|'
    r'Click|Rendering|Subscription|Amazon|Received)|"aws\.ses"|"bouncedRecipients"\s*:'
)
_OWN_SUBTYPES = ("Suppressed", "OnAccountSuppressionList")
_OWN_DELAYS = ("InternalFailure", "SendingDeferral")


def _carried(event: Event) -> Event | None:
    """Return an event out of what brought it; None where there is none."""
    for _ in range(_MOST_CARRIERS):
        if _is_event(event):
            return event
        if event.text("Type") == "Notification" or event.has("Message", "TopicArn"):
            inside = _parsed(event.text("Message"))
        elif event.has("Sns"):
            inside = event.part("Sns")
        elif event.text("eventSource") == "aws:sqs":
            inside = _parsed(event.text("body"))
        elif event.text("source") == "aws.ses":
            inside = event.part("detail")
        else:
            inside = event.part("message")  # of Lambda's own log
        if not inside or not inside.members:
            return None
        event = inside
    return None


def _is_event(event: Event) -> bool:
    """Check whether it is an event. Some keep one without the mail, but not without its details."""
    kind = _kind_of(event)
    if not kind:
        return event.has("bounceType", "bouncedRecipients", "feedbackId")
    if isinstance(event.at("mail"), dict):
        return True
    part = kind[:1].lower() + kind[1:]
    return kind in _TELLERS and isinstance(event.at(part), dict)


def _kind_of(event: Event) -> str:
    return event.text("eventType") or event.text("notificationType") or ""


def _parsed(text: str | None) -> Event | None:
    value = parsed(text) if text else None
    return Event(value) if isinstance(value, dict) else None


def _knows(event: Event) -> bool:
    return _carried(event) is not None


def _deliveries(event: Event) -> Iterable[Fields] | None:
    inside = _carried(event)
    if inside is None:
        return None
    kind = _kind_of(inside)
    if not kind:  # the details alone
        return _bounce(Event({"bounce": inside.members}))
    teller = _TELLERS.get(kind.replace(" ", ""))
    if teller is None:
        return () if kind in _OTHERS else None
    mail = inside.part("mail")
    envelope = {
        "queue_id": mail.text("messageId"),
        "message_id": bare(mail.text("commonHeaders", "messageId")),
        "sender": address_in(mail.text("source")),
    }
    return (envelope | told for told in teller(inside))


def _delivery(event: Event) -> Iterable[Fields]:
    delivery = event.part("delivery")
    return each(
        _addresses(delivery.texts("recipients") or event.texts("mail", "destination")),
        status=Status.SENT,
        stage=Stage.END_OF_DATA,
        time=delivery.time("timestamp"),
        relay_ip=delivery.text("remoteMtaIp"),
        delay=delivery.seconds("processingTimeMillis"),
        **reply_fields(delivery.text("smtpResponse")),
    )


def _bounce(event: Event) -> Iterator[Fields]:
    bounce = event.part("bounce")
    suppressed = bounce.text("bounceSubType") in _OWN_SUBTYPES
    is_transient = bounce.text("bounceType") == "Transient"
    for recipient in bounce.parts("bouncedRecipients"):
        told = _said_of(recipient, own=suppressed)
        expired = _EXPIRED.match(told["text"] or "")
        if is_transient:
            told["dsn"] = transient(told["dsn"])
        yield {
            "status": Status.EXPIRED if expired else Status.BOUNCED,
            "time": bounce.time("timestamp"),
            "relay_ip": bounce.text("remoteMtaIp"),
            **told,
        }


def _delay(event: Event) -> Iterator[Fields]:
    delay = event.part("deliveryDelay")
    own = delay.text("delayType") in _OWN_DELAYS
    for recipient in delay.parts("delayedRecipients"):
        yield {
            "status": Status.DEFERRED,
            "time": delay.time("timestamp"),
            **_said_of(recipient, own=own),
        }


def _complaint(event: Event) -> Iterator[Fields]:
    """Read that a recipient complained: who did is known only where one may have."""
    complaint = event.part("complaint")
    if complaint.text("complaintFeedbackType") == "not-spam":  # says the reverse
        return
    suspects = complaint.parts("complainedRecipients")
    yield {
        "status": Status.COMPLAINED,
        "time": complaint.time("timestamp") or event.time("mail", "timestamp"),
        "recipient": address_in(suspects[0].text("emailAddress")) if len(suspects) == 1 else None,
    }


def _reject(event: Event) -> Iterable[Fields]:
    """Read that SES has not sent what it took: a virus was in it."""
    return each(
        _addresses(event.texts("mail", "destination")),
        status=Status.REJECTED,
        time=event.time("mail", "timestamp"),
        text=event.text("reject", "reason"),
    )


def _addresses(mailboxes: list[str]) -> list[str]:
    """Return the addresses of mailboxes, or an empty one: what happened to a recipient counts."""
    return [address_in(mailbox) or "" for mailbox in mailboxes] or [""]


def _said_of(recipient: Event, *, own: bool) -> Fields:
    status = recipient.text("status")
    told = reply_fields(recipient.text("diagnosticCode") or status)
    if told["reply_by"] and (own or _OWN.match(told["text"])):
        told["reply_by"] = ReplyBy.MTA
    return {
        "recipient": address_in(recipient.text("emailAddress")),
        "dsn": status_of(status),
        **told,
    }


_TELLERS = {
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "DeliveryDelay": _delay,
    "Reject": _reject,
}

FORMAT = event_format(
    "ses",
    _knows,
    _deliveries,
    marks=_MARKS,
    needles=("notificationType", "eventType", "aws.ses", "bouncedRecipients"),
    members=(
        '"bouncedRecipients"',
        *('"eventType"', '"notificationType"', '"Type"', '"TopicArn"', '"Sns"', '"eventSource"'),
        *('"source"', '"message"'),
    ),
)
