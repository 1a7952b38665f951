"""Values of codes: RFC 5321 4.2.1 (reply codes) and RFC 3463 (enhanced status codes)."""

from __future__ import annotations

import enum
import functools
import re
from typing import Self

import attrs

from smtpreply.errors import ReplySyntaxError


class _Digit(enum.IntEnum):
    """A digit that carries its words, in the manner of `http.HTTPStatus`."""

    label: str
    description: str

    def __new__(cls, digit: int, label: str = "", description: str = "") -> Self:
        """Make a member that equals its digit. (The defaults let type checkers see a look-up.)"""
        member = int.__new__(cls, digit)
        member._value_ = digit
        member.label = label
        member.description = description
        return member


class ReplyClass(_Digit):
    """The first digit of a reply code: RFC 5321 4.2.1. A client must act on it alone.

    >>> ReplyClass(5).label
    '5xx Permanent Negative Completion'
    """

    POSITIVE_COMPLETION = (
        2,
        "2xx Positive Completion",
        "The requested action has been completed; a new request may be sent.",
    )
    POSITIVE_INTERMEDIATE = (
        3,
        "3xx Positive Intermediate",
        "The command has been accepted; the server waits for more before it acts.",
    )
    TRANSIENT_NEGATIVE = (
        4,
        "4xx Transient Negative Completion",
        "The action did not take place; the condition is temporary and may be tried again.",
    )
    PERMANENT_NEGATIVE = (
        5,
        "5xx Permanent Negative Completion",
        "The action did not take place; the same request should not be repeated.",
    )


class ReplySubject(_Digit):
    """The second digit of a reply code: RFC 5321 4.2.1. It has no meaning above 5.

    >>> ReplySubject(5).label
    'x5z Mail system'
    """

    SYNTAX = (
        0,
        "x0z Syntax",
        "Syntax errors, and commands that are unimplemented or superfluous.",
    )
    INFORMATION = (1, "x1z Information", "Answers to requests for information, such as HELP.")
    CONNECTIONS = (2, "x2z Connections", "The transmission channel.")
    UNSPECIFIED_3 = (3, "x3z Unspecified", "Left open by RFC 5321; used by AUTH (RFC 4954).")
    UNSPECIFIED_4 = (4, "x4z Unspecified", "Left open by RFC 5321.")
    MAIL_SYSTEM = (
        5,
        "x5z Mail system",
        "The state of the receiving mail system towards the requested transfer.",
    )


# RFC 3463 2:
#   status-code = class "." subject "." detail
#   class       = "2" / "4" / "5"
#   subject     = 1*3digit
#   detail      = 1*3digit
# "Subject and detail ... without leading zero digits."
_NUMBER = "(0|[1-9][0-9]{0,2})"
ENHANCED_STATUS = rf"([245])\.{_NUMBER}\.{_NUMBER}"
_enhanced_status = re.compile(ENHANCED_STATUS)


def _three_digits(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    if not 0 <= value <= 999:
        raise ValueError(f"{attribute.name} of an enhanced status code is 0 to 999, not {value}")


@attrs.frozen(order=True)
class EnhancedStatus:
    """An enhanced status code: RFC 3463. Orders as numbers and prints as ``5.1.1``.

    Args:
        class_: 2 success, 4 persistent transient failure, 5 permanent failure.
        subject: 0 to 999; 0 to 7 are registered.
        detail: 0 to 999.

    >>> EnhancedStatus(5, 1, 1) < EnhancedStatus.parse("5.1.10")
    True
    """

    class_: int = attrs.field(validator=attrs.validators.in_((2, 4, 5)))
    subject: int = attrs.field(validator=_three_digits)
    detail: int = attrs.field(validator=_three_digits)

    @staticmethod
    def parse(text: str) -> EnhancedStatus:
        """Read `text`, which is a whole enhanced status code and nothing else.

        Raises:
            ReplySyntaxError: it is not; leading zeros and a fourth digit are errors too.

        >>> str(EnhancedStatus.parse("4.7.650"))
        '4.7.650'
        """
        return _read(text)

    @property
    def reply_class(self) -> ReplyClass:
        """The reply class that goes with this status: RFC 3463 3 takes over the first digit."""
        return ReplyClass(self.class_)

    def __str__(self) -> str:
        return f"{self.class_}.{self.subject}.{self.detail}"


@functools.lru_cache(maxsize=1024)  # servers have a few dozen
def _read(text: str) -> EnhancedStatus:
    match = _enhanced_status.fullmatch(text)
    if match is None:
        raise ReplySyntaxError("no enhanced status code (RFC 3463 2)", text)
    class_, subject, detail = match.groups()
    return EnhancedStatus(int(class_), int(subject), int(detail))
