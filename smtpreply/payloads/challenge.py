"""The server's part of an authentication: the challenge of a 334.

RFC 4954 4::

    continue-req = "334" SP [base64] CRLF

The text is base64 (RFC 4648 4, with padding) and nothing else; without text the challenge is empty.
"""

from __future__ import annotations

import binascii
import enum
import re
from typing import Self

import attrs

from smtpreply.reply.model import Reply

CONTINUE = 334

# RFC 4954 8:
#   base64          = base64-terminal / ( 1*(4base64-char) [base64-terminal] )
#   base64-terminal = (2base64-char "==") / (3base64-char "=")
# Python's own strict mode has let more padding through than this, depending on its version.
_CHAR = "[A-Za-z0-9+/]"
_BASE64 = re.compile(f"(?:{_CHAR}{{4}})*(?:{_CHAR}{{2}}==|{_CHAR}{{3}}=)?")


class ChallengeDefect(enum.Enum):
    """Why there is no challenge in a 334.

    Attributes:
        description: what was seen.

    >>> ChallengeDefect.NOT_BASE64.value
    'not-base64'
    """

    description: str

    def __new__(cls, value: str, description: str = "") -> Self:
        """Make a member that carries its words. (The default lets type checkers see a look-up.)"""
        member = object.__new__(cls)
        member._value_ = value
        member.description = description
        return member

    NOT_BASE64 = (
        "not-base64",
        "The text is not base64, or its padding is missing: '334 Go on', '334 Username:'.",
    )
    EXTRA_TEXT = (
        "extra-text",
        "More words follow the first one, so that what looks like base64 may be prose.",
    )
    SEVERAL_LINES = ("several-lines", "The reply has more than one line, which 334 never has.")


@attrs.frozen
class Challenge:
    """The challenge of a 334 reply: its octets, or the defect that hides them; the other is None.

    >>> from smtpreply import parse
    >>> challenge_of(parse("334 VXNlcm5hbWU6")).text
    'Username:'
    """

    octets: bytes | None
    """The challenge, decoded; empty where the mechanism wants the client to begin."""

    defect: ChallengeDefect | None = None
    """Why it could not be decoded."""

    @property
    def text(self) -> str | None:
        """The challenge as text, such as the "Username:" of LOGIN; None where it is not UTF-8.

        >>> Challenge(b"Password:").text
        'Password:'
        """
        if self.octets is None:
            return None
        try:
            return self.octets.decode("utf-8")
        except UnicodeDecodeError:
            return None


def challenge_of(reply: Reply) -> Challenge | None:
    r"""Decode the challenge of a 334: RFC 4954 4. Bad base64 is a defect, never an error.

    Nothing is guessed: "334 Just go on" begins with a word that could be base64, and an answer to
    what was never asked would give a secret away.

    Args:
        reply: the reply to AUTH, or to an answer during it.

    Returns:
        None where the code is not 334.

    >>> from smtpreply import parse
    >>> challenge_of(parse("334 VXNlcm5hbWU6\r\n"))
    Challenge(octets=b'Username:', defect=None)
    >>> challenge_of(parse("334 Username:\r\n")).defect
    <ChallengeDefect.NOT_BASE64: 'not-base64'>
    """
    if reply.code != CONTINUE:
        return None
    if len(reply.textstrings) > 1:
        return Challenge(None, ChallengeDefect.SEVERAL_LINES)
    text = reply.textstrings[0].strip(" \t")
    word, _, rest = text.partition(" ")
    if not _BASE64.fullmatch(word):
        return Challenge(None, ChallengeDefect.NOT_BASE64)
    if rest:
        return Challenge(None, ChallengeDefect.EXTRA_TEXT)
    return Challenge(binascii.a2b_base64(word))
