"""Which reply is to which command: for logs that write a session line by line.

RFC 5321 4.1.1 and RFC 2920: each command has one reply, and they come in the order of the commands,
of which a client may have sent several at once. Two replies are no end: 354 asks for the message
(RFC 5321 4.1.1.4), and 334 for more of the authentication (RFC 4954 4).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import attrs

from smtpreply.logs.delivery import Direction, ReplyBy, Status
from smtpreply.logs.toolkit.fields import stage_of
from smtpreply.stage import Stage

_MOST = 1000  # commands that wait for a reply, and recipients of a message
_MOST_LINES = 100  # of a reply: an EHLO that offers all there is has thirty
_ADDRESS = re.compile(
    r"(?:MAIL FROM|RCPT TO) ?: ?(?:<([^<>]{0,1000})>|([^\s<>]{1,1000}))", re.IGNORECASE
)
_LINE = re.compile(r"([2-5][0-9]{2})(?:([ -])|\Z)")
_VERBS = {
    "X-ANONYMOUSTLS": Stage.STARTTLS,
    "X-EXPS": Stage.AUTH,
    "XEXPS": Stage.AUTH,
    ".": Stage.END_OF_DATA,
}
_ABOUT_MAIL = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)
_OF_MESSAGE = (Stage.EHLO, Stage.MAIL)  # after these there is no recipient yet

# What a reply shows by itself, where the session's beginning is not in the log.
_BY_TEXT = (
    (re.compile(r"354"), Stage.DATA),
    (re.compile(r"(?:334|235|534|535|538|432)"), Stage.AUTH),
    (re.compile(r"221"), Stage.QUIT),
    (re.compile(r"220 2\.0\.0 "), Stage.STARTTLS),
    (re.compile(r"220[ -].{0,300}\b(?:ESMTP|SMTP)\b", re.IGNORECASE), Stage.CONNECT),
    (re.compile(r"250[ -] ?\S{1,255} (?:Hello|at your service)\b", re.IGNORECASE), Stage.EHLO),
    (re.compile(r"250[ -]2\.1\.0 "), Stage.MAIL),
    (re.compile(r"250[ -]2\.1\.5 "), Stage.RCPT),
    (re.compile(r"250[ -]2\.6\.0 "), Stage.END_OF_DATA),
)


@attrs.frozen
class Answered:
    """A whole reply, and what it is to.

    Attributes:
        stage: what was answered; None where the log does not show it.
        text: the reply, its lines parted by a newline.
        sender: the message's, once it is known.
        recipients: whom it is about: one for RCPT, all that were accepted for the message itself.
    """

    stage: Stage | None
    text: str
    sender: str | None = None
    recipients: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The reply code."""
        return self.text[:3]


class Session:
    """One session: feed it commands and lines of replies as the log has them.

    >>> session = Session()
    >>> for command in ("MAIL FROM:<al@example.com>", "RCPT TO:<bo@example.org>"):
    ...     session.command(command)
    >>> session.reply_line("250 2.1.0 Ok").stage.value
    'MAIL'
    >>> session.reply_line("550-5.1.1 No"), session.reply_line("550 5.1.1 such user").recipients
    (None, ('bo@example.org',))
    """

    def __init__(self) -> None:
        self.sender: str | None = None
        self._waiting: deque[tuple[Stage | None, str | None]] = deque(maxlen=_MOST)
        self._recipients: list[str] = []
        self._lines: list[str] = []
        self._challenged = False
        self._begun = False  # whether the log has shown what came before

    @property
    def idle(self) -> bool:
        """Whether no command waits for a reply."""
        return not self._waiting

    def connected(self) -> None:
        """Begin: the greeting comes first."""
        self._begun = True
        self._waiting.append((Stage.CONNECT, None))

    def command(self, text: str) -> None:
        """Take what a client sent: a command, or a part of an authentication, which is none."""
        self._begun = True
        if self._challenged or not text:
            self._challenged = False
            return
        stage = _stage(text)
        match = _ADDRESS.match(text) if stage in (Stage.MAIL, Stage.RCPT) else None
        address = (match[1] if match[1] is not None else match[2]) if match else None
        self._waiting.append((stage, address))

    def reply_line(self, text: str) -> Answered | None:
        """Take a line of a reply, and give the whole of it, if this is the last."""
        match = _LINE.match(text)
        if match is None and not self._lines:
            return None
        self._lines.append(text)
        goes_on = match is None or match[2] == "-"  # within a reply, some send lines without a code
        if goes_on and len(self._lines) < _MOST_LINES:
            return None
        return self.unfinished()

    def unfinished(self) -> Answered | None:
        """Return a reply whose last line never came."""
        if not self._lines:
            return None
        text = "\n".join(self._lines)
        self._lines = []
        return self._answered(text)

    def _answered(self, text: str) -> Answered:
        if not self._waiting:
            stage = None if self._begun else stage_shown_by(text)
            return Answered(stage, text, self.sender, self._about(stage, None, text))
        stage, address = self._waiting.popleft()
        self._challenged = stage is Stage.AUTH and text.startswith("334")
        if self._challenged:
            self._waiting.appendleft((stage, address))
        if stage is Stage.DATA and text.startswith("354"):
            self._waiting.appendleft((Stage.END_OF_DATA, None))
        about = self._about(stage, address, text)
        return Answered(stage, text, self.sender if stage in _ABOUT_MAIL else None, about)

    def _about(self, stage: Stage | None, address: str | None, text: str) -> tuple[str, ...]:
        accepted = text.startswith("2")
        if stage in _OF_MESSAGE and accepted:
            self._recipients = []
        if stage is Stage.MAIL:
            self.sender = address
        if stage is Stage.RCPT and address:
            if accepted and len(self._recipients) < _MOST:
                self._recipients.append(address)
            return (address,)
        if stage is Stage.END_OF_DATA:
            recipients = tuple(self._recipients)
            self._recipients = []
            return recipients
        return ()


def stage_shown_by(text: str) -> Stage | None:
    """Return the stage that a reply's own words show.

    >>> stage_shown_by("354 Start mail input")
    <Stage.DATA: 'DATA'>
    """
    return next((stage for pattern, stage in _BY_TEXT if pattern.match(text)), None)


def fields_for(answered: Answered, direction: Direction) -> Iterator[dict[str, Any]]:
    """Yield the fields of a reply's deliveries: one for each recipient that it is about."""
    reply_by = ReplyBy.REMOTE if direction is Direction.OUTGOING else ReplyBy.OWN
    for recipient in answered.recipients or (None,):
        yield {
            "direction": direction,
            "sender": answered.sender,
            "recipient": recipient,
            "stage": answered.stage,
            "status": _status(answered, direction),
            "text": answered.text,
            "reply_by": reply_by,
        }


def _status(answered: Answered, direction: Direction) -> Status | None:
    """Return what a reply makes of a message: an EHLO that is refused is only tried as HELO."""
    refused = answered.code[:1] in ("4", "5")
    if direction is Direction.INCOMING:
        return Status.REJECTED if refused and answered.stage in _ABOUT_MAIL else None
    if (answered.stage is Stage.RCPT and refused) or answered.stage is Stage.END_OF_DATA:
        by_class = {"2": Status.SENT, "4": Status.DEFERRED, "5": Status.BOUNCED}
        return by_class.get(answered.code[:1])
    return None


def _stage(text: str) -> Stage | None:
    verb = text.partition(" ")[0].upper()
    if verb == "BDAT":  # RFC 3030: each chunk has a reply, and only the last one the message's
        return Stage.END_OF_DATA if text.upper().rstrip().endswith(" LAST") else None
    return _VERBS.get(verb) or stage_of(verb)
