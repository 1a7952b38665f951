"""The words of the verdicts: why, what to do next, who acts, and what decided."""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from smtpreply._support import data


class Group(enum.StrEnum):
    """The subject area of a reason.

    >>> from smtpreply import Reason
    >>> [reason.value for reason in Reason if reason.group == Group.PACE]
    ['greylisted', 'rate_limited', 'too_many_connections', 'too_many_recipients']
    """

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"
    PACE = "pace"
    SYSTEM = "system"
    OTHER = "other"


class BounceType(enum.StrEnum):
    """The industry's two kinds of bounce: only a hard one is about the address itself.

    >>> from smtpreply import classify
    >>> classify("550 5.1.1 No such user").bounce_type, classify("552 Too big").bounce_type
    (<BounceType.HARD: 'hard'>, <BounceType.SOFT: 'soft'>)
    """

    HARD = "hard"
    """The address takes no mail, whatever is sent to it."""
    SOFT = "soft"
    """The address may be good: this message, this sender or this attempt was refused."""


class Reason(enum.StrEnum):
    """Why a server answered as it did. `smtpreply.reasons.advice` has its title and meaning.

    Attributes:
        group: what the reason is about.
        bounce_type: hard or soft, if the message is returned for it; None where nothing bounced,
            or nobody knows.

    >>> Reason("mailbox_full").group
    <Group.RECIPIENT: 'recipient'>
    >>> Reason.MAILBOX_FULL.bounce_type, Reason.UNKNOWN_RECIPIENT.bounce_type
    (<BounceType.SOFT: 'soft'>, <BounceType.HARD: 'hard'>)
    """

    group: Group
    bounce_type: BounceType | None

    def __new__(
        cls, value: str, group: Group = Group.OTHER, bounce_type: BounceType | None = None
    ) -> Self:
        """Make a member that knows its group. (The defaults let type checkers see a look-up.)"""
        member = str.__new__(cls, value)
        member._value_ = value
        member.group = group
        member.bounce_type = bounce_type
        return member

    UNKNOWN_RECIPIENT = "unknown_recipient", Group.RECIPIENT, BounceType.HARD
    UNKNOWN_DOMAIN = "unknown_domain", Group.RECIPIENT, BounceType.HARD
    RECIPIENT_MOVED = "recipient_moved", Group.RECIPIENT, BounceType.HARD
    MAILBOX_DISABLED = "mailbox_disabled", Group.RECIPIENT, BounceType.HARD
    MAILBOX_FULL = "mailbox_full", Group.RECIPIENT, BounceType.SOFT
    RECIPIENT_RESTRICTED = "recipient_restricted", Group.RECIPIENT, BounceType.SOFT

    MESSAGE_TOO_LARGE = "message_too_large", Group.MESSAGE, BounceType.SOFT
    SPAM_CONTENT = "spam_content", Group.MESSAGE, BounceType.SOFT
    VIRUS = "virus", Group.MESSAGE, BounceType.SOFT
    CONTENT_REJECTED = "content_rejected", Group.MESSAGE, BounceType.SOFT
    MALFORMED_MESSAGE = "malformed_message", Group.MESSAGE, BounceType.SOFT

    IP_BLOCKED = "ip_blocked", Group.SENDER, BounceType.SOFT
    DOMAIN_BLOCKED = "domain_blocked", Group.SENDER, BounceType.SOFT
    POOR_REPUTATION = "poor_reputation", Group.SENDER, BounceType.SOFT
    SENDER_REJECTED = "sender_rejected", Group.SENDER, BounceType.SOFT
    SENDER_AUTHENTICATION = "sender_authentication", Group.SENDER, BounceType.SOFT
    MISSING_PTR = "missing_ptr", Group.SENDER, BounceType.SOFT
    RELAY_DENIED = "relay_denied", Group.SENDER, BounceType.SOFT
    CREDENTIALS = "credentials", Group.SENDER, BounceType.SOFT
    TLS = "tls", Group.SENDER, BounceType.SOFT
    POLICY = "policy", Group.SENDER, BounceType.SOFT

    GREYLISTED = "greylisted", Group.PACE, BounceType.SOFT
    RATE_LIMITED = "rate_limited", Group.PACE, BounceType.SOFT
    TOO_MANY_CONNECTIONS = "too_many_connections", Group.PACE, BounceType.SOFT
    TOO_MANY_RECIPIENTS = "too_many_recipients", Group.PACE, BounceType.SOFT

    SYSTEM_FULL = "system_full", Group.SYSTEM, BounceType.SOFT
    SYSTEM_ERROR = "system_error", Group.SYSTEM, BounceType.SOFT
    NETWORK_ERROR = "network_error", Group.SYSTEM, BounceType.SOFT
    ROUTING_LOOP = "routing_loop", Group.SYSTEM, BounceType.SOFT
    EXPIRED = "expired", Group.SYSTEM, BounceType.SOFT
    NOT_ACCEPTING_MAIL = "not_accepting_mail", Group.SYSTEM, BounceType.SOFT
    PROTOCOL_ERROR = "protocol_error", Group.SYSTEM, BounceType.SOFT

    ACCEPTED = "accepted", Group.OTHER
    UNKNOWN = "unknown", Group.OTHER

    @property
    def aliases(self) -> Mapping[str, tuple[str, ...]]:
        """The names that tools and services use, from ``data/aliases.toml``; some have none for it.

        >>> Reason.MAILBOX_FULL.aliases["sparkpost"]
        ('22 Mailbox Full',)
        """
        return _aliases()[self]


class Disposition(enum.StrEnum):
    """The action of the sending system on the message.

    >>> from smtpreply import classify
    >>> replies = ("250 2.0.0 Queued as 4E74613FE7", "450 Greylisted", "550 5.1.1 No such user")
    >>> [classify(reply, stage="end of data").disposition.value for reply in replies]
    ['delivered', 'retry', 'stop']
    """

    DELIVERED = "delivered"
    CONTINUE = "continue"
    """The server agrees with a step of the session; the message is not delivered by that."""
    RETRY = "retry"
    RETRY_SLOWER = "retry_slower"
    STOP = "stop"
    REVIEW = "review"
    """Nothing is known: a person looks before the message is sent again or given up."""


class Outcome(enum.StrEnum):
    """The outcome of the message, as a log or a program knows it beside the words.

    >>> from smtpreply import classify
    >>> classify("Connection timed out", outcome=Outcome.DEFERRED).disposition.value
    'retry'
    >>> classify("Connection timed out", outcome=Outcome.EXPIRED).disposition.value
    'stop'
    """

    SENT = "sent"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    """Given up after the last retry."""
    REJECTED = "rejected"
    """Refused by our own server: the sender acts, and no list of ours has the address."""


class Actor(enum.StrEnum):
    """The party that can change the outcome.

    >>> from smtpreply import classify
    >>> classify("552 5.2.2 Mailbox full").advice.actor
    <Actor.RECIPIENT: 'recipient'>
    """

    SENDER = "sender"
    """Whoever runs the list or the sending program."""
    AUTHOR = "message author"
    POSTMASTER = "postmaster"
    """Of the sending side."""
    RECIPIENT = "recipient"
    """Or the postmaster of the receiving side."""
    NOBODY = "nobody"


class Basis(enum.StrEnum):
    """The grounds of a verdict, from the strongest to none.

    >>> from smtpreply import classify
    >>> [classify(each).basis.value for each in ("552 Mailbox full", "552 5.2.2", "552", "Hello")]
    ['words', 'enhanced status', 'code', 'nothing']
    """

    CLASS = "class"
    """The first digit: a positive reply needs no more."""
    OUTCOME = "outcome"
    """The log, which says that the message was sent."""
    WORDS = "words"
    HINT = "vague words"
    """Words that many servers use for many reasons."""
    STATUS = "enhanced status"
    CODE = "code"
    NOTHING = "nothing"


def services() -> Mapping[str, str]:
    """Return the tools and services whose names `Reason.aliases` has: the key and the name of each.

    >>> services()["kumomta"]
    'KumoMTA'
    """
    return MappingProxyType(_tables()["services"])


@functools.cache
def _tables() -> data.Table:
    return data.read("reasons/data/aliases")


@functools.cache
def _aliases() -> dict[Reason, Mapping[str, tuple[str, ...]]]:
    return {
        reason: MappingProxyType({key: tuple(_tables()[reason].get(key, ())) for key in services()})
        for reason in Reason
    }
