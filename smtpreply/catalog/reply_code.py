"""The reply codes of SMTP as an enumeration, in the manner of `http.HTTPStatus`."""

from __future__ import annotations

import enum

from smtpreply.catalog.entries import ReplyCodeEntry
from smtpreply.catalog.finder import lookup
from smtpreply.codes import ReplyClass


class ReplyCode(enum.IntEnum):
    """The reply codes that SMTP's RFCs define; a member equals its number.

    >>> ReplyCode.MAILBOX_UNAVAILABLE == 550
    True
    >>> ReplyCode(354).phrase
    'Start Mail Input'
    """

    SYSTEM_STATUS = 211
    HELP_MESSAGE = 214
    SERVICE_READY = 220
    SERVICE_CLOSING = 221
    AUTHENTICATION_SUCCEEDED = 235
    COMPLETED = 250
    WILL_FORWARD = 251
    CANNOT_VERIFY = 252
    PENDING_MESSAGES_STARTED = 253
    AUTHENTICATION_CHALLENGE = 334
    START_MAIL_INPUT = 354
    TRANSACTION_OFFSET = 355
    SERVICE_NOT_AVAILABLE = 421
    PASSWORD_TRANSITION_NEEDED = 432
    MAILBOX_BUSY = 450
    LOCAL_ERROR = 451
    INSUFFICIENT_STORAGE = 452
    NO_MAIL = 453
    TEMPORARY_AUTHENTICATION_FAILURE = 454
    CANNOT_ACCOMMODATE_PARAMETERS = 455
    CANNOT_QUEUE_FOR_NODE = 458
    NODE_NOT_ALLOWED = 459
    COMMAND_UNRECOGNIZED = 500
    PARAMETER_SYNTAX_ERROR = 501
    COMMAND_NOT_IMPLEMENTED = 502
    BAD_SEQUENCE = 503
    PARAMETER_NOT_IMPLEMENTED = 504
    HOST_ACCEPTS_NO_MAIL = 521
    AUTHENTICATION_REQUIRED = 530
    MECHANISM_TOO_WEAK = 534
    CREDENTIALS_INVALID = 535
    ENCRYPTION_REQUIRED = 538
    MAILBOX_UNAVAILABLE = 550
    USER_NOT_LOCAL = 551
    STORAGE_EXCEEDED = 552
    MAILBOX_NAME_NOT_ALLOWED = 553
    TRANSACTION_FAILED = 554
    PARAMETERS_NOT_RECOGNIZED = 555
    DOMAIN_ACCEPTS_NO_MAIL = 556

    @property
    def entry(self) -> ReplyCodeEntry:
        """The catalog entry."""
        entry = lookup(int(self))
        assert isinstance(entry, ReplyCodeEntry)
        return entry

    @property
    def phrase(self) -> str:
        """The title of the catalog entry."""
        return self.entry.title

    @property
    def description(self) -> str:
        """The meaning, in a few sentences."""
        return self.entry.description

    @property
    def reply_class(self) -> ReplyClass:
        """The first digit."""
        return ReplyClass(self // 100)

    @property
    def is_positive(self) -> bool:
        """Whether it is 2yz, positive completion."""
        return self.reply_class is ReplyClass.POSITIVE_COMPLETION

    @property
    def is_intermediate(self) -> bool:
        """Whether it is 3yz, positive intermediate."""
        return self.reply_class is ReplyClass.POSITIVE_INTERMEDIATE

    @property
    def is_transient(self) -> bool:
        """Whether it is 4yz, transient negative."""
        return self.reply_class is ReplyClass.TRANSIENT_NEGATIVE

    @property
    def is_permanent(self) -> bool:
        """Whether it is 5yz, permanent negative."""
        return self.reply_class is ReplyClass.PERMANENT_NEGATIVE
