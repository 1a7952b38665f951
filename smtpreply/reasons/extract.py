r"""What was said: the reply code, the status and the stage in a text, whoever wrote it down.

A reply has them in their places. A log or a bounce has them somewhere in a sentence of its own
("host mx.example.com[192.0.2.1] said: 550-5.1.1 ... (in reply to RCPT TO command)"), and a bare
diagnostic ("Connection timed out") has none.
"""

from __future__ import annotations

import functools
import re

import attrs

from smtpreply.codes import ENHANCED_STATUS, EnhancedStatus
from smtpreply.reasons.normalize import LONGEST
from smtpreply.reply.model import Reply
from smtpreply.stage import Stage

# A code stands at the start, or behind what introduces it: "said: 550 ", "RCPT TO:550 ",
# "<<< 550-", "smtp; 550 ", "(550 ". A number in a sentence ("more than 500 messages") is none.
_INTRODUCED = re.compile(
    rf"""(?:\A\s{{0,8}}|[:;<>("'=,]\s{{0,4}}|\bsaid:?\s{{1,4}}|\berror:?\s{{1,4}})"""
    rf"([2-5][0-9][0-9])(?:[- ]#?({ENHANCED_STATUS})\b)?(?:[- :,;.)<\"']|\Z)",
    re.IGNORECASE,
)
# With a status behind it, it is one anywhere. What may not stand before a digit is looked for when
# the digit is found: a pattern that begins with digits is sought several times as fast.
_WITH_STATUS = re.compile(
    rf"([2-5](?<![0-9.][2-5])[0-9][0-9])[- ]#?({ENHANCED_STATUS})(?:[^0-9.]|\.?\s|\Z)"
)
_BEHIND_CLASS = ENHANCED_STATUS.removeprefix("([245])")
_STATUS = re.compile(
    rf"(([245])(?<![0-9A-Za-z.-][245]){_BEHIND_CLASS})(?:[^0-9A-Za-z.]|\.\s|\.?\Z)"
)

_STAGES = (
    (Stage.CONNECT, r"refused to talk to me|while connected from|initial connection|greeting"),
    (Stage.STARTTLS, r"STARTTLS(?: command)?\)|after STARTTLS"),
    (Stage.END_OF_DATA, r"end of data|end of DATA command|end of message|after pipelined end"),
    (Stage.RCPT, r"RCPT TO|pipelined RCPT"),
    (Stage.MAIL, r"MAIL FROM|pipelined MAIL"),
    (Stage.EHLO, r"in reply to (?:EHLO|HELO|LHLO)|after (?:EHLO|HELO|LHLO)"),
    (Stage.AUTH, r"in reply to AUTH|after AUTH"),
    (Stage.DATA, r"in reply to DATA|after DATA|pipelined DATA"),
)
_STAGE = re.compile("|".join(f"({words})" for _, words in _STAGES), re.IGNORECASE)
# Of these, in small letters, one is in each text that tells a stage.
_STAGE_NEEDLES = (
    *("refused to talk", "while connected", "initial connection", "greeting", "starttls"),
    *("end of ", "after ", "pipelined ", "rcpt to", "mail from", "in reply to "),
)


@attrs.frozen
class Said:
    """A text, and what of a reply could be told apart in it."""

    text: str
    code: int | None
    status: EnhancedStatus | None
    stage: Stage | None
    sentence: str
    """The reply in it, at the same places: what stands around it is blanked, and codes but one."""

    @property
    def frame(self) -> str | None:
        """The whole text, where it is more than the reply."""
        return None if self.sentence is self.text else self.text

    @property
    def digit(self) -> int | None:
        """The class, from the code or else from the status."""
        if self.code is not None:
            return self.code // 100
        return None if self.status is None else self.status.class_


@attrs.frozen
class SaidByReply:
    """The same of a `Reply`, which is asked when somebody asks."""

    reply: Reply
    stage: Stage | None

    @property
    def text(self) -> str:
        """Its lines."""
        return self.reply.text

    @property
    def code(self) -> int:
        """Its code."""
        return self.reply.code

    @property
    def status(self) -> EnhancedStatus | None:
        """Its enhanced status."""
        return self.reply.enhanced

    @property
    def sentence(self) -> str:
        """Its lines."""
        return self.reply.text

    @property
    def frame(self) -> None:
        """Nothing stands around it."""
        return

    @property
    def digit(self) -> int:
        """The class."""
        return self.reply.code // 100


AnySaid = Said | SaidByReply


def said_in(text: str | bytes, stage: Stage | None = None) -> Said:
    """Take any text, and seek the reply in it.

    >>> said = said_in("host mx.example.com[192.0.2.1] said: 550 5.1.1 No such user")
    >>> said.code, str(said.status), said.digit
    (550, '5.1.1', 5)
    >>> said_in("Your limit of 500 messages is reached").code is None
    True
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = _repaired(text)
    read = text[:LONGEST]
    head = _head(read)
    if head is None:
        return Said(text, None, status_in(read), stage or _stage(read), text)
    code = int(head[1])
    status = EnhancedStatus.parse(head[2]) if head[2] else status_in(read)
    reply = " " * head.start(1) + read[head.start(1) :]
    return Said(text, code, status, stage or _stage(read), _without_heads(reply, code))


def _repaired(text: str) -> str:
    """Undo what those did who read UTF-8 as Latin-1, as many logs and bounces have it."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _head(text: str) -> re.Match[str] | None:
    """Find the code that begins the reply, with the status behind it if there is one."""
    match = _WITH_STATUS.search(text)
    if match is not None and match[1][0] == match[2][0]:
        return match
    return _INTRODUCED.search(text)


def status_in(text: str) -> EnhancedStatus | None:
    """Seek a status anywhere in a text, as servers put it that know no RFC 2034."""
    # Most texts hold none, and substrings are sought ten times as fast as patterns.
    if "5." not in text and "4." not in text and "2." not in text:
        return None
    found = _STATUS.search(text[:LONGEST])
    return None if found is None else EnhancedStatus.parse(found[1])


def _without_heads(text: str, code: int | None) -> str:
    """Blank the code and status of each further line, which would part the words around them."""
    if code is None or text.count(str(code)) < 2:
        return text
    return _heads(code).sub(lambda head: " " * len(head[0]), text)


@functools.cache
def _heads(code: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\A|[^0-9.]){code}[- ](?:{ENHANCED_STATUS}(?:[ ]|\Z))?")


def _stage(text: str) -> Stage | None:
    # As above: most tell none. What is not ASCII may be the same in small letters, to a pattern.
    if text.isascii() and not any(map(text.lower().__contains__, _STAGE_NEEDLES)):
        return None
    match = _STAGE.search(text)
    return None if match is None else _STAGES[_group_of(match)][0]


def _group_of(match: re.Match[str]) -> int:
    return next(number for number, group in enumerate(match.groups()) if group is not None)
