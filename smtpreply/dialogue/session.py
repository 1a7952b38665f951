r"""`Session`: pair the replies of an SMTP or LMTP session with the commands they answer.

The session is fed what each side sent, in the order in which a log or a transcript has it, and does
no I/O. RFC 5321 4.1.1: each command has one reply, and replies come in the order of the commands,
of which a client may have sent several at once (RFC 2920). There are exceptions:

- 354 answers DATA, and one more reply follows the message (RFC 5321 4.1.1.4). In LMTP one reply
  follows for each recipient that was accepted (RFC 2033 4.2).
- Each chunk that BDAT sends has a reply, and the last chunk's is the message's (RFC 3030 2).
- 334 asks for more of an AUTH exchange (RFC 4954 4). What the client answers is no command and may
  be a password, so it is dropped; of AUTH itself only the mechanism is kept.
"""

from __future__ import annotations

import re
from collections import deque

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.stage import Stage

_MOST_WAITING = 10_000  # commands without a reply
_MOST_RECIPIENTS = 10_000  # accepted, of one message
_MOST_LINES = 200  # of a reply: an EHLO that offers all there is has thirty
_LONGEST_REPLY = 1 << 18  # characters
_LONGEST_COMMAND = 2048  # characters: RFC 5321 4.5.3.1.4 says 512, and extensions add to them

_STAGES = {
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "LHLO": Stage.EHLO,
    "STARTTLS": Stage.STARTTLS,
    "X-ANONYMOUSTLS": Stage.STARTTLS,  # Exchange, between its own servers
    "AUTH": Stage.AUTH,
    "X-EXPS": Stage.AUTH,  # Exchange
    "XEXPS": Stage.AUTH,
    "MAIL": Stage.MAIL,
    "RCPT": Stage.RCPT,
    "DATA": Stage.DATA,
    "QUIT": Stage.QUIT,
}
# RFC 2920 3.1: these can only be the last command of a group. So if another command follows, the
# log does not have the reply to them.
_LAST_IN_GROUP = frozenset(
    {"EHLO", "HELO", "LHLO", "DATA", "VRFY", "EXPN", "TURN", "QUIT", "NOOP"}
    | {"STARTTLS", "X-ANONYMOUSTLS"}  # RFC 3207 4
    | {"AUTH", "X-EXPS", "XEXPS"}  # RFC 4954 4
)
# RFC 4954 4 and 6. What has one of these for a reply and is no command may be a password.
_OF_AUTH = (235, 334, 432, 534, 535, 538)
_OTHERS = frozenset({"BDAT", "RSET", "HELP", "ETRN", "BURL", "XCLIENT", "XFORWARD"})
_WITHOUT_SENDER = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.QUIT)
_KNOWN = _LAST_IN_GROUP | _OTHERS | _STAGES.keys()

_VERB = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LAST_CHUNK = re.compile(r"BDAT[ \t]+[0-9]+[ \t]+LAST[ \t]*\Z", re.IGNORECASE)
_PATH = lazy_pattern(
    r"(?:MAIL[ \t]+FROM|RCPT[ \t]+TO)[ \t]*:[ \t]*(?:<([^<>]{0,1000})>|([^\s<>]{1,1000}))",
    re.IGNORECASE,
)
_REPLY = re.compile(r"([2-5][0-9]{2})(?:([ -])|\Z)")
_END_OF_MESSAGE = "."

# What a reply shows by itself, where the command that it answers is not known. The keywords are
# from IANA's registry of SMTP service extensions; others than EHLO answer "250 Help", too.
_SHOWN_BY_TEXT: tuple[tuple[re.Pattern[str], Stage], ...] = (
    (re.compile(r"354"), Stage.DATA),  # RFC 5321 4.3.2
    (re.compile(r"(?:334|235|534|535|538|432)"), Stage.AUTH),  # RFC 4954 4 and 6
    (re.compile(r"221"), Stage.QUIT),
    (re.compile(r"220[ -]2\.0\.0 "), Stage.STARTTLS),
    # RFC 5321 4.2: a greeting may be the domain alone.
    (
        re.compile(r"220[ -](?:\S{1,255}\Z|.{0,1000}\b(?:E?SMTP|LMTP)\b)", re.IGNORECASE),
        Stage.CONNECT,
    ),
    (re.compile(r"250[ -] ?\S{1,255} (?:Hello|at your service)\b", re.IGNORECASE), Stage.EHLO),
    (re.compile(r"250[ -]2\.1\.0 "), Stage.MAIL),
    (re.compile(r"250[ -]2\.1\.5 "), Stage.RCPT),
    (re.compile(r"250[ -]2\.6\.0 "), Stage.END_OF_DATA),
    (
        lazy_pattern(
            r"(?:250-[^\n]{0,1000}\n){0,100}?250[ -](?:8BITMIME|AUTH|BINARYMIME|CHUNKING|DSN|"
            r"ENHANCEDSTATUSCODES|ETRN|HELP|LIMITS|PIPELINING|REQUIRETLS|SIZE|SMTPUTF8|STARTTLS|"
            r"VRFY)(?: [0-9A-Z=. -]{0,200})?(?:\n|\Z)"
        ),
        Stage.EHLO,
    ),
)


@attrs.define  # to make a frozen one takes three times as long
class Answer:
    """A whole reply, with what it answers.

    Attributes:
        code: the reply code; the last line's, where lines differ.
        text: the reply, its lines separated by a newline.
        stage: what was answered; None where that is not known, or is a command such as RSET.
        command: the client's command, "." for the end of the message; None where it is not known,
            and for the greeting. An AUTH command is without its credentials.
        sender: the message's, once it is known; "" is the null reverse-path.
        recipients: whom the reply is about: one for RCPT; for the end of the message, or where the
            message is refused before, all that were accepted; in LMTP one after the other.
    """

    code: int
    text: str
    stage: Stage | None = None
    command: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()


@attrs.define
class _Command:
    """A command that waits for its reply; `text` is None for the opening of the connection."""

    stage: Stage | None
    text: str | None
    address: str | None = None


_GREETING = _Command(Stage.CONNECT, None)
_CHALLENGED = _Command(Stage.AUTH, "AUTH")
_MESSAGE = _Command(Stage.END_OF_DATA, _END_OF_MESSAGE)


class Session:
    """One session. Feed it commands and replies, in their order.

    Args:
        shows_message: whether what the client sends after 354 is fed as well, line by line. Then
            nothing there is taken for a command, up to the dot that ends it.

    >>> session = Session()
    >>> for command in ("MAIL FROM:<al@example.com>", "RCPT TO:<bo@example.org>", "DATA"):
    ...     session.command(command)
    >>> session.reply_line("250 2.1.0 Ok").stage
    <Stage.MAIL: 'MAIL'>
    >>> session.reply_line("550-5.1.1 No"), session.reply_line("550 5.1.1 such user").recipients
    (None, ('bo@example.org',))
    >>> session.reply_line("503 5.5.1 RCPT first").command
    'DATA'
    """

    def __init__(self, *, shows_message: bool = False) -> None:
        self._shows_message = shows_message
        self._waiting: deque[_Command] = deque(maxlen=_MOST_WAITING)
        self._last: _Command | None = None
        self._sender: str | None = None
        self._recipients: deque[str] = deque()
        self._is_lmtp = False
        self._heard_client = False
        self._awaits_message = False
        self._awaits_answer = False
        self._lines: list[str] = []
        self._length = 0
        self._code = 0

    @property
    def idle(self) -> bool:
        """Whether no command waits for a reply."""
        return not self._waiting

    @property
    def awaits_message(self) -> bool:
        """Whether what the client sends next is of the message, not a command."""
        return self._awaits_message

    @property
    def awaits_answer(self) -> bool:
        """Whether what the client sends next answers a challenge of AUTH, and may be a secret."""
        return self._awaits_answer

    @property
    def held(self) -> int:
        """The number of characters of commands, recipients and a reply under way that are kept."""
        waiting = sum(len(command.text or "") for command in self._waiting)
        return waiting + sum(map(len, self._recipients)) + self._length

    def connected(self) -> None:
        """Note that the connection was opened: the first reply is the server's greeting."""
        self._waiting.append(_GREETING)

    def command(self, text: str) -> None:
        """Take a line that the client sent: a command, an answer to a challenge, or a message's."""
        text = text.strip()[:_LONGEST_COMMAND]
        self._heard_client = True
        if self._awaits_message:
            self._awaits_message = text != _END_OF_MESSAGE
        elif self._awaits_answer:
            self._awaits_answer = False
        elif match := _VERB.match(text):  # else "<opens connection>", or the dot of a message
            self._send(match[0].upper(), text)

    def _send(self, verb: str, text: str) -> None:
        newest = self._waiting[-1] if self._waiting else None
        if newest is not None and newest.text is not None and _verb(newest.text) in _LAST_IN_GROUP:
            if newest.stage is Stage.AUTH and verb not in _KNOWN:
                return  # an answer to a challenge that the log does not show
            self._waiting.clear()
        stage = _STAGES.get(verb)
        self._is_lmtp |= verb == "LHLO"
        if stage is Stage.AUTH:
            text = " ".join(text.split(None, 2)[:2])
        elif _LAST_CHUNK.match(text):
            stage = Stage.END_OF_DATA
        path = _PATH.match(text) if stage in (Stage.MAIL, Stage.RCPT) else None
        address = None if path is None else path[1] if path[1] is not None else path[2]
        self._waiting.append(_Command(stage, text, address))

    def reply_line(self, text: str) -> Answer | None:
        """Take a line of a reply, or some of its lines; return the whole of it with the last one.

        Within a reply some servers send lines without a code: they are of the reply. A line
        without a code where no reply has begun is ignored.
        """
        match = _REPLY.match(text.rpartition("\n")[2]) or _REPLY.match(text)
        if match is None and not self._lines:
            return None
        self._lines.append(text)
        self._length += len(text)
        self._code = int(match[1]) if match else self._code
        goes_on = match is None or match[2] == "-"
        has_room = len(self._lines) < _MOST_LINES and self._length < _LONGEST_REPLY
        return None if goes_on and has_room else self.unfinished()

    def unfinished(self) -> Answer | None:
        """End the reply under way, whose last line is missing; None where there is none."""
        if not self._lines:
            return None
        text = "\n".join(self._lines)
        self._lines, self._length = [], 0
        return self.reply(self._code, text)

    def reply(self, code: int, text: str) -> Answer:
        """Take a whole reply, its lines separated by a newline; return what it answers."""
        command = self._answered(code)
        self._awaits_message = self._awaits_answer = False
        if command is None:
            self._last = None
            answer = Answer(code, text, stage_shown_by(text), None, self._sender)
        else:
            self._last = command
            answer = self._answer(code, text, command)
        if code == 354 and self._heard_client:
            self._waiting.appendleft(_MESSAGE)
            self._awaits_message = self._shows_message
        elif code == 334 and command is not None:
            self._waiting.appendleft(command)
            self._awaits_answer = True
        return answer

    def _answered(self, code: int) -> _Command | None:
        # RFC 5321 4.3.2: any other code is no greeting, so the log does not have it.
        if self._waiting and self._waiting[0] is _GREETING and code != 220 and code < 400:
            self._waiting.popleft()
        if self._waiting:
            command = self._waiting.popleft()
            is_answer = code in _OF_AUTH and command.stage is None and command.text is not None
            return _CHALLENGED if is_answer and _verb(command.text) not in _KNOWN else command
        # RFC 2033 4.2, where the log does not show for how many recipients.
        again = self._is_lmtp and self._last and self._last.stage is Stage.END_OF_DATA
        return self._last if again else None

    def _answer(self, code: int, text: str, command: _Command) -> Answer:
        stage, accepted = command.stage, code < 300
        sender, recipients = self._sender, self._concerned(code, command)
        if stage is Stage.MAIL:
            sender = command.address
            if accepted or self._sender is None:  # RFC 5321 4.1.4: else the message continues
                self._forget_message()
                self._sender = sender
        elif accepted and (
            stage in (Stage.EHLO, Stage.STARTTLS)  # RFC 5321 4.1.4, RFC 3207 4.2
            or (stage is Stage.END_OF_DATA and not self._recipients)
            or _verb(command.text) == "RSET"
        ):
            self._forget_message()
        if stage in _WITHOUT_SENDER:
            sender = None
        if stage is None and code >= 400 and _verb(command.text) == "BDAT":
            stage = Stage.DATA  # RFC 3030 2: the message has failed, whatever chunks follow
        return Answer(code, text, stage, command.text, sender, recipients)

    def _concerned(self, code: int, command: _Command) -> tuple[str, ...]:
        """Return whom a reply is about, and keep account of the recipients that are accepted."""
        stage = command.stage
        if stage is Stage.RCPT:
            if command.address is None:
                return ()
            if code < 300 and len(self._recipients) < _MOST_RECIPIENTS:
                self._recipients.append(command.address)
            return (command.address,)
        if stage is Stage.END_OF_DATA and self._is_lmtp and self._recipients:
            recipient = self._recipients.popleft()
            if self._recipients:
                self._waiting.appendleft(command)
            return (recipient,)
        refused = code >= 400 and (stage is Stage.DATA or _verb(command.text) == "BDAT")
        if stage is Stage.END_OF_DATA or refused:
            recipients = tuple(self._recipients)
            self._recipients.clear()
            return recipients
        return ()

    def _forget_message(self) -> None:
        self._sender = None
        self._recipients.clear()


def stage_shown_by(text: str) -> Stage | None:
    """Return the stage that a reply's own words show; None where they show none.

    >>> stage_shown_by("354 Start mail input"), stage_shown_by("250 Ok")
    (<Stage.DATA: 'DATA'>, None)
    """
    return next((stage for pattern, stage in _SHOWN_BY_TEXT if pattern.match(text)), None)


def _verb(command: str | None) -> str:
    return (command or "").partition(" ")[0].upper()
