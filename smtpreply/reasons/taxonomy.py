"""The words of the verdicts: why, what to do next, who acts, and what decided."""

from __future__ import annotations

import enum
from typing import Self


class Group(enum.StrEnum):
    """What a reason is about."""

    RECIPIENT = "recipient"
    MESSAGE = "message"
    SENDER = "sender"
    PACE = "pace"
    SYSTEM = "system"
    OTHER = "other"


class Reason(enum.StrEnum):
    """Why a server answered as it did. `smtpreply.reasons.advice` has its title and meaning.

    >>> Reason("mailbox_full").group
    <Group.RECIPIENT: 'recipient'>
    """

    group: Group

    def __new__(cls, value: str, group: Group = Group.OTHER) -> Self:
        """Make a member that knows its group. (The default lets type checkers see a look-up.)"""
        member = str.__new__(cls, value)
        member._value_ = value
        member.group = group
        return member

    UNKNOWN_RECIPIENT = "unknown_recipient", Group.RECIPIENT
    UNKNOWN_DOMAIN = "unknown_domain", Group.RECIPIENT
    RECIPIENT_MOVED = "recipient_moved", Group.RECIPIENT
    MAILBOX_DISABLED = "mailbox_disabled", Group.RECIPIENT
    MAILBOX_FULL = "mailbox_full", Group.RECIPIENT
    RECIPIENT_RESTRICTED = "recipient_restricted", Group.RECIPIENT

    MESSAGE_TOO_LARGE = "message_too_large", Group.MESSAGE
    SPAM_CONTENT = "spam_content", Group.MESSAGE
    VIRUS = "virus", Group.MESSAGE
    CONTENT_REJECTED = "content_rejected", Group.MESSAGE
    MALFORMED_MESSAGE = "malformed_message", Group.MESSAGE

    IP_BLOCKED = "ip_blocked", Group.SENDER
    POOR_REPUTATION = "poor_reputation", Group.SENDER
    SENDER_REJECTED = "sender_rejected", Group.SENDER
    SENDER_AUTHENTICATION = "sender_authentication", Group.SENDER
    MISSING_PTR = "missing_ptr", Group.SENDER
    RELAY_DENIED = "relay_denied", Group.SENDER
    CREDENTIALS = "credentials", Group.SENDER
    TLS = "tls", Group.SENDER
    POLICY = "policy", Group.SENDER

    GREYLISTED = "greylisted", Group.PACE
    RATE_LIMITED = "rate_limited", Group.PACE
    TOO_MANY_CONNECTIONS = "too_many_connections", Group.PACE
    TOO_MANY_RECIPIENTS = "too_many_recipients", Group.PACE

    SYSTEM_FULL = "system_full", Group.SYSTEM
    SYSTEM_ERROR = "system_error", Group.SYSTEM
    NETWORK_ERROR = "network_error", Group.SYSTEM
    ROUTING_LOOP = "routing_loop", Group.SYSTEM
    EXPIRED = "expired", Group.SYSTEM
    NOT_ACCEPTING_MAIL = "not_accepting_mail", Group.SYSTEM
    PROTOCOL_ERROR = "protocol_error", Group.SYSTEM

    ACCEPTED = "accepted", Group.OTHER
    UNKNOWN = "unknown", Group.OTHER


class Disposition(enum.StrEnum):
    """What the sending system does with the message."""

    DELIVERED = "delivered"
    RETRY = "retry"
    RETRY_SLOWER = "retry slower"
    STOP = "stop"


class Actor(enum.StrEnum):
    """Who can change the outcome."""

    SENDER = "sender"
    """Whoever runs the list or the sending program."""
    AUTHOR = "message author"
    POSTMASTER = "postmaster"
    """Of the sending side."""
    RECIPIENT = "recipient"
    """Or the postmaster of the receiving side."""
    NOBODY = "nobody"


class Basis(enum.StrEnum):
    """What decided."""

    CLASS = "class"
    """The first digit: a positive reply needs no more."""
    WORDS = "words"
    HINT = "vague words"
    """Words that many servers use for many things."""
    STATUS = "enhanced status"
    CODE = "code"
    NOTHING = "nothing"
