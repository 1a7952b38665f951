"""`Delivery`: an attempt to deliver a message, or its refusal, as a log records it."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import attrs

from smtpreply._support.checks import check_mapping, check_type
from smtpreply.codes import EnhancedStatus
from smtpreply.errors import MultipleRepliesError, ReplyError
from smtpreply.reasons.classifier import classify, default_classifier
from smtpreply.reasons.target import is_of_own_tables, verdict_for
from smtpreply.reasons.taxonomy import Outcome
from smtpreply.reasons.verdict import Verdict
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import parse
from smtpreply.stage import Stage


class Status(enum.StrEnum):
    """The outcome as the log states it; it may contradict the reply code (see `Delivery`).

    >>> from smtpreply.logs import scan
    >>> sorted({str(delivery.status) for delivery in scan("tests/data/sample.log")})[:4]
    ['bounced', 'deferred', 'expired', 'rejected']
    """

    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    REJECTED = "rejected"
    """Refused in the session: it never came into our queue."""
    ACCEPTED = "accepted"
    """Let through by a filter in front of our queue."""
    HELD = "held"
    WARNED = "warned"
    """Would have been refused, but for a setting that only warns."""
    DISCARDED = "discarded"
    FILTERED = "filtered"
    VERIFIED = "verified"
    """An address was probed and is deliverable; no message was sent."""
    UNVERIFIED = "unverified"
    """An address was probed and is not deliverable; no message was sent."""
    COMPLAINED = "complained"
    """A recipient reported a delivered message as spam (RFC 5965); a mail service passed it on."""


class Direction(enum.StrEnum):
    """The direction of a message, as our server sees it.

    >>> from collections import Counter
    >>> from smtpreply.logs import scan
    >>> counts = Counter(delivery.direction for delivery in scan("tests/data/sample.log"))
    >>> counts[Direction.OUTGOING] > counts[Direction.INCOMING] > counts[Direction.LOCAL]
    True
    """

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    LOCAL = "local"


class ReplyBy(enum.StrEnum):
    """The side that gave the reply.

    >>> from smtpreply.logs import scan
    >>> [delivery] = scan(["550 5.1.1 No such user"], format="transcript")
    >>> delivery.reply_by.value
    'remote'
    """

    REMOTE = "remote"
    """The server's that we spoke to."""
    OWN = "own"
    """Our own server's, to a client."""
    FILTER = "filter"
    """A filter's in between, which passes on the reply of the server behind it."""
    MTA = "mta"
    """Made up by the MTA in the form of a reply, where no server was asked or none answered."""


@attrs.define(kw_only=True, eq=False)
class _Values:
    """The attributes of a `Delivery`, which can be set."""

    mta: str
    time: datetime | None = None
    host: str | None = None
    program: str | None = None
    direction: Direction | None = None
    queue_id: str | None = None
    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    recipient: str | None = None
    orig_recipient: str | None = None
    relay_host: str | None = None
    relay_ip: str | None = None
    relay_port: int | None = None
    stage: Stage | None = None
    status: Status | None = None
    dsn: EnhancedStatus | None = None
    delay: float | None = None
    size: int | None = None
    tls: str | None = None
    text: str | None = None
    reply_by: ReplyBy | None = None
    shared: bool | None = None
    source: str | None = None
    line: int | None = None


@attrs.frozen(kw_only=True)
class Delivery(_Values):
    """An attempt to deliver a message to one recipient, or the refusal of one.

    What the log does not record is None. `status` is the outcome that the log states, and `reply`
    is the server's: they may differ, as where Postfix defers after a greeting of 554.

    >>> delivery = Delivery(
    ...     mta="postfix",
    ...     recipient="bob@example.org",
    ...     status=Status.BOUNCED,
    ...     text="550 5.1.1 No such user",
    ...     reply_by=ReplyBy.REMOTE,
    ... )
    >>> delivery.reply.code, delivery.verdict.reason.value
    (550, 'unknown_recipient')

    Attributes:
        time: aware where the stamp or the caller gives a time zone.
        host: the host that wrote the line.
        mta: the format that was read, such as "postfix".
        program: the program that wrote the line, such as "postfix/smtp".
        direction: outgoing, incoming, or local.
        queue_id: the message's name in our queue.
        message_id: the message's Message-ID, without its brackets.
        subject: the message's, where a bounce has a copy of it.
        sender, recipient: the envelope's; "" is the null reverse-path.
        orig_recipient: the recipient before aliases were followed.
        relay_host, relay_ip, relay_port: who was spoken to: the server, or the client that came.
        stage: what was answered.
        status: what became of the message.
        dsn: the enhanced status that the log gives beside the words (Postfix's ``dsn=``).
        delay: seconds from the message's arrival to this outcome; not how long the attempt took.
        size: the message's, in octets.
        tls: how the connection was encrypted, in the log's words.
        text: the reply or the diagnostic; a reply's lines are parted by a newline, or as the log
            flattened them.
        reply_by: whose words they are; None where no server spoke.
        shared: True where one reply was given to several recipients of a session, whose deliveries
            follow one another; None elsewhere.
        source: the file that the line is in; None for lines without one.
        line: its number there, from 1.
    """

    @functools.cached_property  # the summary, the verdict and a table ask for it, one after another
    def reply(self) -> Reply | None:
        """The server's reply; None where no server answered, or where the text is no reply."""
        return reply_in(self.text, self.reply_by)

    @property
    def diagnostic(self) -> str | None:
        """The log's own text where no server answered, such as "Connection timed out"."""
        return None if self.reply_by is not None else self.text

    @property
    def verdict(self) -> Verdict | None:
        """Why the message was refused or put off; None where the log has no words.

        What the log says beside the words counts: `dsn`, `status` and `direction`. The verdict
        suppresses only where the message was to leave (see `may_suppress`), and not where the
        words name another address than the recipient's, or another host than its domain, or are
        about several recipients and do not name this one.
        """
        if self.text is None:
            return None
        outcome = known_outcome(self.status, self.direction)
        return self.bounded(verdict_on(self.text, self.reply, self.stage, self.dsn, outcome))

    def bounded(self, verdict: Verdict) -> Verdict:
        """Return a verdict on the text as one that suppresses only where `verdict` may.

        Args:
            verdict: the verdict, such as that of a classifier with rules of your own.

        >>> from smtpreply import classify
        >>> local = Delivery(mta="postfix", direction=Direction.LOCAL, text="550 No such user")
        >>> local.bounded(classify("550 No such user")).suppress
        False
        """
        if verdict.advice.suppress and not may_suppress(
            self.direction, verdict.text, self.reply_by
        ):
            return verdict.as_soft() if verdict.suppress else verdict
        relay = self.relay_host if self.reply_by is None else None
        parties = (self.recipient, self.orig_recipient)
        return verdict_for(verdict, parties, relay, is_of_several=bool(self.shared))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, the reply taken apart."""
        values = attrs.asdict(self, value_serializer=_plain)
        reply = self.reply
        values["code"] = reply and reply.code
        values["enhanced"] = str(reply.enhanced) if reply and reply.enhanced else None
        return values

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Delivery:
        """Make a delivery from what `to_dict` returned; keys that it does not know are left out.

        Args:
            data: the dictionary, also after a way through JSON.

        Raises:
            KeyError: ``mta`` is missing.
            ValueError: a value is none that `to_dict` returns.
            TypeError: a value has another type, or `data` is no mapping.

        >>> delivery = Delivery(mta="postfix", status=Status.SENT, text="250 2.0.0 Ok")
        >>> Delivery.from_dict(delivery.to_dict()) == delivery
        True
        """
        check_mapping(data, "a delivery's data")
        values: dict[str, Any] = {"mta": data["mta"]}
        for field in attrs.fields(cls):
            value = data.get(field.name)
            if value is not None:
                check_type(value, _TYPES.get(field.name, str), field.name)
                read = _READ.get(field.name)
                values[field.name] = value if read is None else read(value)
        return cls(**values)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "relay_port": int,
    "line": int,
    "size": int,
    "delay": (int, float),
    "shared": bool,
}
_READ: dict[str, Callable[[str], Any]] = {
    "time": datetime.fromisoformat,
    "direction": Direction,
    "stage": Stage,
    "status": Status,
    "dsn": EnhancedStatus.parse,
    "reply_by": ReplyBy,
}


class Draft(_Values):
    """A delivery that is being filled in, and then becomes one by its class."""

    __slots__ = ("reply",)  # as `Delivery` has


def delivery_of(values: dict[str, Any]) -> Delivery:
    """Make a delivery of its attributes, by name; the class itself takes three times as long.

    For each attribute, `attrs.frozen` has to go around what forbids to set it.

    >>> delivery_of({"mta": "postfix"}) == Delivery(mta="postfix")
    True
    """
    made = Draft(**values)
    made.__class__ = Delivery  # type: ignore[assignment]
    return made  # type: ignore[return-value]


def with_changes(delivery: Delivery, **changes: Any) -> Delivery:
    """Return what `attrs.evolve` does, faster."""
    values = {name: getattr(delivery, name) for name in _NAMES}
    return delivery_of(values | changes)


_NAMES = tuple(field.name for field in attrs.fields(Delivery))


def reply_in(text: str | None, reply_by: ReplyBy | None) -> Reply | None:
    """Return the reply that the text of a delivery is.

    Returns:
        None where no server spoke (`reply_by` is None), or where the text is no reply, such as
        "850 RUBBISH".

    >>> reply_in("550 5.1.1 User unknown", ReplyBy.REMOTE).code
    550
    """
    if text is None or reply_by is None:
        return None
    try:
        return parse(text)
    except ReplyError:
        return None


_OUTCOMES = {
    Status.SENT: Outcome.SENT,
    Status.DEFERRED: Outcome.DEFERRED,
    Status.BOUNCED: Outcome.BOUNCED,
    Status.EXPIRED: Outcome.EXPIRED,
    Status.REJECTED: Outcome.REJECTED,
}


def known_outcome(status: Status | None, direction: Direction | None) -> Outcome | None:
    """Return what a log says became of a message, as `classify` takes it.

    What our own server refused was refused to the client that had come, whatever the log calls it.
    """
    outcome = None if status is None else _OUTCOMES.get(status)
    if direction is Direction.INCOMING and outcome in (Outcome.BOUNCED, Outcome.EXPIRED):
        return Outcome.REJECTED
    return outcome


def may_suppress(direction: Direction | None, text: str, reply_by: ReplyBy | None) -> bool:
    """Return whether a refusal can prove that an address of somebody else's is dead.

    What stays on this host, and what its own tables and routers do not know, may be the fault of
    its configuration. So it is where nobody knows whether the message was to leave, or where the
    line has no words, as one that was cut.

    >>> may_suppress(Direction.OUTGOING, "550 Unrouteable address", ReplyBy.REMOTE)
    True
    >>> may_suppress(None, "Unrouteable address", None)
    False
    """
    if direction is not Direction.OUTGOING or not text:
        return False
    return reply_by is not None or not is_of_own_tables(text)


def verdict_on(
    text: str,
    reply: Reply | None,
    stage: Stage | None,
    status: EnhancedStatus | None = None,
    outcome: Outcome | None = None,
) -> Verdict:
    """Return the verdict on the text of a delivery: on the reply where it is one (`reply_in`).

    A text that holds replies to several recipients leaves open which is this one's.

    >>> verdict_on("Connection timed out", None, Stage.CONNECT).reason.value
    'network_error'
    """
    try:
        return classify(reply or text, stage=stage, status=status, outcome=outcome)
    except MultipleRepliesError:
        return default_classifier().undecided(text)


def _plain(_instance: Any, _field: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (EnhancedStatus, enum.Enum)) else value
