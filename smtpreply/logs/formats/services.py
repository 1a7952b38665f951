"""Mail services whose events differ in the names of their members: a table, a row a service.

Above each row is the grammar of its events, from the service's documentation. A row names the
members that the fields of a `Delivery` are in: "data.email.id" is a member of members, "a|b" is the
first of two that is there, and a function is given the event where there is a choice to make.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, cached_property, partial
from operator import methodcaller
from typing import Any, TypeVar

import attrs

from smtpreply.logs.delivery import ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.toolkit.fields import status_of, transient
from smtpreply.logs.toolkit.json_events import (
    Event,
    Fields,
    address_in,
    bare,
    event_format,
    reply_fields,
)
from smtpreply.stage import Stage

T = TypeVar("T")


@attrs.frozen(kw_only=True, slots=False)
class Service:
    """A mail service: which events are its own, and where in them the fields of a delivery are.

    Attributes:
        name: the format's name.
        needles, members, order: see `event_format`.
        marks: see `event_format`.
        knows: whether an event is certainly the service's.
        kind: what happened.
        sent, deferred, bounced, rejected: the kinds that mean this for a message; "a|b" are two.
        soft: those of `bounced` after which the service takes the address for a good one.
        complained: the kinds by which a recipient reports a message as spam.
        others: the kinds that are about no delivery; None where all the rest are.
        data: the part of the event that the names below are of.
        time, queue_id, message_id, sender, recipient, dsn: members with the fields of a delivery.
        reply: members with the text of the reply, or a function of the event and the status that
            returns the fields ``text`` and ``reply_by``.
    """

    name: str
    needles: tuple[str, ...]
    members: tuple[str, ...] = ()
    marks: str | None = None
    order: int = 70
    knows: Callable[[Event], bool]
    kind: str | Callable[[Event], str | None]
    sent: str = ""
    deferred: str = ""
    bounced: str = ""
    soft: str = ""
    rejected: str = ""
    complained: str = ""
    others: str | None = None
    data: Callable[[Event], Event] = lambda event: event
    time: str | Callable[[Event], datetime | None]
    queue_id: str = ""
    message_id: str = ""
    sender: str | Callable[[Event], str | None] = ""
    recipient: str | Callable[[Event], Iterable[str | None]]
    dsn: str = ""
    reply: str | Callable[[Event, Status], Fields]

    @cached_property
    def statuses(self) -> dict[str, Status]:
        """The status of a message for each kind of event."""
        kinds = {
            Status.SENT: self.sent,
            Status.DEFERRED: self.deferred,
            Status.BOUNCED: self.bounced,
            Status.REJECTED: self.rejected,
            Status.COMPLAINED: self.complained,
        }
        return {
            kind: status
            for status, named in kinds.items()
            for kind in filter(None, named.split("|"))
        }

    def deliveries(self, event: Event) -> Iterable[Fields] | None:
        """Return the deliveries that an event reports; None where its kind is unknown."""
        kind = self._kind(event) or ""
        status = self.statuses.get(kind)
        if status is None:
            return () if self.others is None or kind in self.others.split("|") else None
        data = self.data(event)
        fields = {name: read(data) for name, read in self._fields.items()}
        fields["status"] = status
        fields["stage"] = Stage.END_OF_DATA if status is Status.SENT else None
        fields["message_id"] = bare(fields["message_id"])
        fields["dsn"] = dsn = status_of(fields["dsn"])
        if kind in self._soft:
            fields["dsn"] = transient(dsn)
        fields |= self._reply_fields(data, status)
        named = self.recipient
        if not callable(named):
            return [fields]
        return [fields | {"recipient": recipient} for recipient in named(data)]

    def _reply_fields(self, data: Event, status: Status) -> Fields:
        if status is Status.COMPLAINED:  # no server was spoken to
            return {}
        reply = self.reply
        return reply(data, status) if callable(reply) else reply_fields(_texts(reply)(data))

    @cached_property
    def _soft(self) -> frozenset[str]:
        return frozenset(self.soft.split("|"))

    @cached_property
    def _kind(self) -> Callable[[Event], str | None]:
        return _reading(self.kind, "text")

    @cached_property
    def _fields(self) -> dict[str, Callable[[Event], Any]]:
        reads: dict[str, Callable[[Event], Any]] = {
            "time": _reading(self.time, "time"),
            "queue_id": _reading(self.queue_id, "name"),
            "message_id": _reading(self.message_id, "text"),
            "sender": _reading(self.sender, "text"),
            "dsn": _reading(self.dsn, "text"),
        }
        return reads if callable(self.recipient) else reads | {"recipient": _texts(self.recipient)}

    def format(self) -> Format:
        """Return the log format of the service's events."""
        return event_format(
            self.name,
            self.knows,
            self.deliveries,
            needles=self.needles,
            members=self.members,
            marks=self.marks,
            order=self.order,
        )


def _reading(names: str | Callable[[Event], T | None], method: str) -> Callable[[Event], T | None]:
    """Return what reads the first value that is not empty under these names.

    The only one may be empty: as a sender, "" is the null reverse-path.

    Args:
        names: see `Service`.
        method: the method of `Event` that reads it.
    """
    if callable(names):
        return names
    readers = [methodcaller(method, *name.split(".")) for name in names.split("|") if name]
    if not readers:
        return lambda _event: None
    first, *others = readers
    if not others:
        return first

    def value_of(event: Event) -> T | None:
        value: T | None = first(event)
        for read in others:
            if value:
                break
            value = read(event)
        return value

    return value_of


@cache  # the table has some dozens
def _texts(names: str) -> Callable[[Event], str | None]:
    return _reading(names, "text")


def _has_texts(*names: str) -> Callable[[Event], bool]:
    """Return a check for events that have strings under all of these names."""
    return lambda event: None not in map(event.text, names)


_has_email = _has_texts("event", "email")


# --- where there is a choice to make ---


def _unless_rejected(fields: Fields, status: Status) -> Fields:
    """Return the fields of a reply; where the service refused the message, no server has spoken."""
    return fields | {"reply_by": None} if status is Status.REJECTED else fields


# An error of Brevo's own is before the reply, and at times the code once more.
_BREVO_ERROR = re.compile(
    r"\s*(?:[2-5][0-9]{2}[ -])?[A-Z][A-Za-z]{1,40}Error: (?=[2-5][0-9]{2}[ -])"
)
# The members "messageId" and "date" are not Brevo's alone: with these kinds they are.
_BREVO_BOUNCED = "soft_bounce|softBounces|hard_bounce|hardBounces|bounces"
_BREVO_REJECTED = "blocked|invalid_email|invalid|error"
_BREVO_OTHERS = (
    "request|requests|opened|unique_opened|click|clicks|unsubscribed|proxy_open|unique_proxy_open|"
    "loadedByProxy"
)
_BREVO_COMPLAINED = "spam|complaint"
_BREVO_KINDS = (
    f"delivered|deferred|{_BREVO_BOUNCED}|{_BREVO_REJECTED}|{_BREVO_COMPLAINED}|{_BREVO_OTHERS}"
).split("|")


def _is_brevo(event: Event) -> bool:
    kind = event.text("event")
    if kind is None or event.text("email") is None:
        return False
    if event.text("message-id") is not None:
        return True
    return event.has("messageId", "date") and kind in _BREVO_KINDS


def _brevo_time(event: Event) -> datetime | None:
    """Return the time. A webhook's date is in the time zone of the account, and names none."""
    if event.has("messageId"):
        return event.time("date")
    return event.time("ts_epoch") or event.time("ts_event") or event.time("ts")


def _brevo_reply(event: Event, status: Status) -> Fields:
    reason = event.text("reason") or ""
    if "Error: " in reason:
        reason = _BREVO_ERROR.sub("", reason, count=1)
    return _unless_rejected(reply_fields(reason), status)


def _is_mailjet(event: Event) -> bool:
    ids = ("MessageID", "mj_campaign_id", "mj_message_id")
    return _has_email(event) and any(map(event.has, ids))


def _mailjet_kind(event: Event) -> str | None:
    kind = event.text("event")
    return "soft bounce" if kind == "bounce" and event.at("hard_bounce") is False else kind


_MAILTRAP_REJECTED = "suspension|reject"
_MAILTRAP_COMPLAINED = "spam complaint|spam"
_MAILTRAP_OTHERS = "open|click|unsubscribe"
_MAILTRAP_KINDS = (
    f"delivery|soft bounce|bounce|{_MAILTRAP_REJECTED}|{_MAILTRAP_COMPLAINED}|{_MAILTRAP_OTHERS}"
).split("|")


def _is_mailtrap(event: Event) -> bool:
    """Check for its members: `sending_stream` is not in all, and the others are not its alone."""
    if not _has_email(event) or event.text("event_id") is None:
        return False
    if event.text("sending_stream") is not None:
        return True
    return (
        _mailtrap_kind(event) in _MAILTRAP_KINDS
        and event.text("message_id") is not None
        and event.has("timestamp")
    )


def _mailtrap_kind(event: Event) -> str:
    return (event.text("event") or "").replace("_", " ")


def _mailtrap_reply(event: Event, status: Status) -> Fields:
    text = event.text("response") or event.text("reason")
    return _unless_rejected(reply_fields(text, code=event.number("response_code")), status)


_POSTMARK_OTHERS = "Open|Click|SubscriptionChange"
_POSTMARK_COMPLAINED = "SpamComplaint"


def _is_postmark(event: Event) -> bool:
    record = event.text("RecordType")
    if record is None:  # the API's, and webhooks of before 2018
        return event.has("TypeCode", "BouncedAt", "Email")
    kinds = f"{_POSTMARK_OTHERS}|{_POSTMARK_COMPLAINED}".split("|")
    known = record in kinds and event.has("MessageID")
    return known or record in ("Bounce", "Delivery")


def _postmark_kind(event: Event) -> str | None:
    record = event.text("RecordType") or "Bounce"
    return event.text("Type") if record == "Bounce" else record


def _kind_behind(prefix: str, event: Event) -> str:
    return (event.text("type") or "").removeprefix(prefix)


def _resend_reply(event: Event, _status: Status) -> Fields:
    said = "\n".join(event.texts("data", "bounce", "diagnosticCode"))
    if said:
        return reply_fields(said)
    names = "data.bounce.message|data.failed.reason|data.suppressed.message"
    return {"text": _texts(names)(event), "reply_by": None}


_SENDGRID_IDS = ("sg_event_id", "sg_message_id", "smtp-id")
_SENDGRID_LIST = {"email", "reason", "status"}
# What it says where it spoke to no server, in some of which it puts a code before.
_SENDGRID_OWN = re.compile(
    r"[45][0-9]{2} (?:[45]\.[0-9.]{3,7} )?(?:unable to get mx info|unable to resolve|"
    r"error dialing|Bounced Address|Email was deferred)",
    re.IGNORECASE,
)


def _is_listed_by_sendgrid(event: Event) -> bool:
    """Check whether it is of a list of the API, which has these members and no others."""
    if len(event.members) > len(_SENDGRID_LIST) + 1:  # most are not
        return False
    if event.members.keys() - {"created"} != _SENDGRID_LIST:
        return False
    dated = "created" not in event.members or event.time("created") is not None
    return dated and status_of(event.text("status")) is not None and bool(event.text("email"))


def _is_sendgrid(event: Event) -> bool:
    if _is_listed_by_sendgrid(event):
        return True
    if not _has_email(event):
        return False
    return any(map(event.text, _SENDGRID_IDS)) or _is_sendgrid_without_ids(event)


# Whoever passes events on may leave their ids out. Those of other services have ids of their own.
_SENDGRID_ATTEMPTS = frozenset(["delivered", "deferred", "bounce", "blocked", "dropped"])
_OTHERS_IDS = frozenset(
    [
        "message_id",
        "message-id",
        "messageId",
        "MessageID",
        "event_id",
        "id",
        "_id",
        "sending_stream",
    ]
)


def _is_sendgrid_without_ids(event: Event) -> bool:
    if event.text("event") not in _SENDGRID_ATTEMPTS or event.number("timestamp") is None:
        return False
    has_words = event.text("reason") is not None or event.text("response") is not None
    return has_words and _OTHERS_IDS.isdisjoint(event.members)


def _sendgrid_kind(event: Event) -> str | None:
    if _is_listed_by_sendgrid(event):
        return "bounce"
    kind = event.text("event")
    return "blocked" if kind == "bounce" and event.text("type") == "blocked" else kind


def _sendgrid_reply(event: Event, status: Status) -> Fields:
    fields = reply_fields(event.text("response") or event.text("reason"))
    if fields["reply_by"] and _SENDGRID_OWN.match(fields["text"]):
        fields["reply_by"] = ReplyBy.MTA
    return _unless_rejected(fields, status)


_UNISENDER_STATUS, _UNISENDER_BLOCK = "transactional_email_status", "transactional_spam_block"


def _unisender_data(event: Event) -> Event:
    return event.part("event_data") if event.has("event_data") else event


def _unisender_kind(event: Event) -> str | None:
    name = event.text("event_name")
    return name if name == _UNISENDER_BLOCK else _unisender_data(event).text("status")


# --- the table ---

SERVICES = (
    # Brevo (Sendinblue): "Transactional webhooks", "Get all your transactional email activity".
    #
    #   post   = event / "[" *event "]"
    #   event  = "{" event email message-id date ts ts_event ts_epoch [reason] ... "}"
    #   report = "{" "events" ":" "[" *("{" event email messageId date [reason] [from] "}") "]" "}"
    #
    # Words in `reason` without a code are Brevo's own.
    Service(
        name="brevo",
        needles=('"message-id', '"messageId'),
        order=80,  # events of ses have a "messageId", too
        knows=_is_brevo,
        kind="event",
        sent="delivered",
        deferred="deferred",
        bounced=_BREVO_BOUNCED,
        soft="soft_bounce|softBounces",
        rejected=_BREVO_REJECTED,
        complained=_BREVO_COMPLAINED,
        others=_BREVO_OTHERS,
        time=_brevo_time,
        message_id="message-id|messageId",
        sender="from",
        recipient="email",
        reply=_brevo_reply,
    ),
    # Elastic Email: "RecipientEvent" of its REST API.
    #
    #   list  = "[" *event "]"
    #   event = "{" TransactionID MsgID FromEmail To EventType EventDate NextTryOn Message ... "}"
    Service(
        name="elastic-email",
        needles=('"TransactionID',),
        knows=_has_texts("TransactionID", "MsgID", "EventType", "To"),
        kind="EventType",
        sent="Sent",
        deferred="FailedAttempt",
        bounced="Bounce",
        complained="Complaint",
        others="Submission|Open|Click|Unsubscribe",
        time="EventDate",
        queue_id="MsgID",
        sender="FromEmail",
        recipient="To",
        reply="Message",
    ),
    # MailerSend: "Webhooks".
    #
    #   post  = "{" "type" ":" "activity." kind created_at webhook_id url data "}"
    #   data  = "{" object id type created_at email [morph] ... "}"
    #   email = "{" id from subject message recipient ... "}"
    #   morph = "{" "object" ":" "recipient_bounce" "reason" ":" text "}" / null
    #
    # Other kinds: sent to MailerSend, opened, clicked, ...
    Service(
        name="mailersend",
        needles=('"activity.',),
        members=('"data"',),
        knows=lambda event: (
            (event.text("type") or "").startswith("activity.")
            and event.text("data", "object") == "activity"
        ),
        kind=partial(_kind_behind, "activity."),
        sent="delivered",
        deferred="deferred",
        bounced="soft_bounced|hard_bounced",
        soft="soft_bounced",
        complained="spam_complaint",
        time="data.created_at|created_at",
        queue_id="data.email.message.id",
        sender="data.email.from",
        recipient="data.email.recipient.email",
        reply="data.morph.reason",
    ),
    # Mailjet: guide "Webhooks".
    #
    #   post  = event / "[" *event "]"
    #   event = "{" event time MessageID email mj_campaign_id mj_contact_id ...
    #           [smtp_reply] [blocked hard_bounce error_related_to error comment] ... "}"
    #
    # A success has the reply in Postfix's form, "sent (250 ...)". Of a bounce, `comment` is the
    # text of the server or of Mailjet's own MTA, and `error` Mailjet's name of a class.
    Service(
        name="mailjet",
        needles=('"MessageID', '"mj_campaign_id', '"mj_message_id'),
        marks=r'"(?:mj_campaign_id|mj_contact_id)\b',
        knows=_is_mailjet,
        kind=_mailjet_kind,
        sent="sent",
        deferred="soft bounce",
        bounced="bounce",
        rejected="blocked",
        complained="spam",
        others="open|click|unsub",
        time="time",
        queue_id="MessageID|mj_message_id",
        message_id="Message-ID",
        recipient="email",
        reply="smtp_reply|comment|error",
    ),
    # Mailtrap: "Webhooks".
    #
    #   post  = "{" "events" ":" "[" *event "]" "}"
    #   event = "{" event timestamp [sending_stream] email message_id event_id [response]
    #           [response_code] [bounce_category] [reason] ... "}"
    #
    # The reply is in Postfix's form, "soft bounce (450 ...)", or its code apart from its text.
    Service(
        name="mailtrap",
        needles=('"sending_stream', '"event_id'),
        marks=r'"sending_stream\b',
        order=75,  # the arguments of a sender may make an event of sendgrid look like one
        knows=_is_mailtrap,
        kind=_mailtrap_kind,
        sent="delivery",
        deferred="soft bounce",
        bounced="bounce",
        rejected=_MAILTRAP_REJECTED,
        complained=_MAILTRAP_COMPLAINED,
        others=_MAILTRAP_OTHERS,
        time="timestamp",
        queue_id="message_id",
        recipient="email",
        reply=_mailtrap_reply,
    ),
    # Postmark: "Bounce webhook", "Delivery webhook", "Bounce API" (with the types of bounces).
    #
    #   bounce   = "{" ["RecordType" ":" "Bounce"] Type TypeCode MessageID Description Details
    #              Email From BouncedAt ... "}"
    #   delivery = "{" "RecordType" ":" "Delivery" MessageID Recipient DeliveredAt Details ... "}"
    #   list     = "{" "Bounces" ":" "[" *bounce "]" ... "}"
    #
    # `Details` is the diagnostic, "smtp;550 ..."; `Description` explains the type, in Postmark's
    # words. The other types came back and are no bounce, or are not about what was sent.
    Service(
        name="postmark",
        needles=('"RecordType', '"TypeCode'),
        order=80,  # the arguments of a sender may make an event of sendgrid look like one
        knows=_is_postmark,
        kind=_postmark_kind,
        sent="Delivery",
        deferred="Transient",
        bounced=(
            "HardBounce|SoftBounce|DnsError|SpamNotification|BadEmailAddress|Blocked|"
            "SMTPApiError|VirusNotification|DMARCPolicy|Unknown"
        ),
        soft="SoftBounce",
        rejected="ManuallyDeactivated|TemplateRenderingFailed",
        complained=_POSTMARK_COMPLAINED,
        others=(
            f"{_POSTMARK_OTHERS}|"
            "Subscribe|Unsubscribe|AutoResponder|AddressChange|OpenRelayTest|"
            "ChallengeVerification|Unconfirmed|InboundError"
        ),
        time="DeliveredAt|BouncedAt",
        queue_id="MessageID",
        sender="From",
        recipient="Recipient|Email",
        reply="Details|Description",
    ),
    # Resend: "Webhooks". An event is of all recipients of the message.
    #
    #   post   = "{" "type" ":" "email." kind created_at data "}"
    #   data   = "{" email_id from "to" ":" "[" *address "]" subject [bounce] [failed] ... "}"
    #   bounce = "{" message type subType [diagnosticCode] "}"
    #
    # `diagnosticCode` has the server's text, "smtp; 550 ..."; `message` explains the type of the
    # bounce, in Resend's words. Other kinds: sent to Resend, opened, clicked, ...
    Service(
        name="resend",
        needles=('"email_id',),
        members=('"data"',),
        marks=r'"email\.[a-z_]+',
        knows=lambda event: (
            (event.text("type") or "").startswith("email.")
            and event.text("data", "email_id") is not None
        ),
        kind=partial(_kind_behind, "email."),
        sent="delivered",
        deferred="delivery_delayed",
        bounced="bounced",
        rejected="failed|suppressed",
        complained="complained",
        time="created_at",
        queue_id="data.email_id",
        message_id="data.message_id",
        sender=lambda event: address_in(event.text("data", "from")) or None,
        recipient=lambda event: map(address_in, event.texts("data", "to")),
        reply=_resend_reply,
    ),
    # SendGrid: Twilio SendGrid's "Event Webhook Reference", and the API's bounces and blocks.
    #
    #   post    = "[" *event "]"
    #   event   = "{" event email timestamp sg_event_id sg_message_id smtp-id [response] [reason]
    #             [status] [type] [attempt] [tls] ... "}"
    #   bounces = "[" *("{" [created] email reason status "}") "]"      ; of version 2 without a
    #                                                                    ; time, unless asked for
    #
    # `response` (delivered, deferred) and `reason` (bounce, dropped) have the server's reply, its
    # lines joined by a space, or SendGrid's own words. Arguments of the sender's own are beside
    # all these, under any other name. Attempts are known without their ids, too.
    Service(
        name="sendgrid",
        needles=('"sg_event_id', '"sg_message_id', '"smtp-id', '"reason', '"response'),
        marks=(
            r'"(?:sg_event_id|sg_message_id|smtp-id)\b|"created"\s*:\s*[0-9]{9,10},\s*"email"'
            r'|\{\s*"status"\s*:\s*"[45]\.[0-9.]{3,7}",\s*(?:"created"\s*:\s*"[^"]*",\s*)?"reason"'
        ),
        knows=_is_sendgrid,
        kind=_sendgrid_kind,
        sent="delivered",
        deferred="deferred",
        bounced="bounce|bounced|blocked",
        soft="blocked",
        rejected="dropped",
        complained="spamreport",
        others=(
            "processed|open|click|unsubscribe|group_unsubscribe|group_resubscribe|"
            "machine_opened|account_status_change"
        ),
        time="timestamp|created",
        queue_id="sg_message_id",
        message_id="smtp-id",
        recipient="email",
        reply=_sendgrid_reply,
        dsn="status",
    ),
    # UniSender Go: "Event callback" of its Web API. Times are UTC.
    #
    #   post  = "{" "auth" ":" string "events_by_user" ":" "[" *("{" "events" ":" "[" *event "]"
    #           "}") "]" "}"
    #   event = "{" "event_name" ":" name "event_data" ":" data "}" / data-with-event_name
    #   data  = "{" job_id email status event_time [delivery_info] ... "}"
    #   delivery_info = "{" delivery_status [destination_response] ... "}"
    #
    # `destination_response` is the server's text, `delivery_status` UniSender's name of a class.
    # "sent" is no success: the service has begun to try.
    Service(
        name="unisender-go",
        needles=('"event_name',),
        marks=r'"event_name"\s*:\s*"',  # ZeptoMail has a list of names
        knows=lambda event: event.text("event_name") in (_UNISENDER_STATUS, _UNISENDER_BLOCK),
        kind=_unisender_kind,
        sent="delivered",
        deferred="soft_bounced",
        bounced="hard_bounced",
        complained="spam",
        others="sent|opened|clicked|unsubscribed|subscribed|transactional_spam_block",
        data=_unisender_data,
        time="event_time",
        queue_id="job_id",
        recipient="email",
        reply="delivery_info.destination_response|delivery_info.delivery_status",
    ),
)

FORMATS = tuple(service.format() for service in SERVICES)
