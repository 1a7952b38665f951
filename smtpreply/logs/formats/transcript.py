r"""Transcripts of sessions: what swaks, curl, sendmail, Exim, smtplib, telnet and others print.

`smtpreply.dialogue.transcript` knows their marks::

    swaks       " -> " COMMAND / "<-  " REPLY / "<** " REPLY       ; "~" for "-" or "*" under TLS
    curl -v     "> " COMMAND / "< " REPLY / "* Connected to " HOST " (" IP ") port " N
    sendmail -v ADDR "... Connecting to " HOST " via " MAILER "..." / ">>> " COMMAND / REPLY
    bounces     "... while talking to " HOST ".:" / ">>> " COMMAND / "<<< " REPLY / VERDICT
    exim -v, -d "  SMTP>> " COMMAND / "  SMTP<< " REPLY / "Connecting to " HOST " [" IP "]:" N
    smtplib     "send: '" COMMAND "\r\n'" / "reply: b'" REPLY "\r\n'"
    telnet      "Trying " IP "..." / "Connected to " HOST "." / REPLY / COMMAND
    VERDICT     = CODE " " X.Y.Z " " ADDR "... " words             ; sendmail's own, to the sender

A source that begins as one of these is read as a whole. A line in a mixed file is read where its
mark is certain; what it answers is then known only if the command stands there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from smtpreply.dialogue.transcript import Exchange, Skipped, TranscriptReader, is_marked
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import port_of, stage_of
from smtpreply.reply.model import Reply
from smtpreply.stage import Stage

_NAME = "transcript"

_IPV6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]{0,3}\.){0,3}[0-9]{0,3}"
_PEER = re.compile(
    r"(?:(?:=== |\* {1,5})?(Trying|Connected to|Connecting to)|\S{1,300}\.\.\. (Connecting to)|"
    r"(\.\.\. while talking to)|connect: to|Unexpected response from) "
    rf"(?:\(')?\[?({_IPV6}|[A-Za-z0-9_.-]{{1,255}})\]?"
    r"(?: ?[\[(]([0-9A-Fa-f.:]{2,45})[\])])?(?:', |:| port )?([0-9]{1,5})?"
)
_IS_ADDRESS = re.compile(rf"{_IPV6}\Z|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}\Z")
_VERDICT = re.compile(
    r"([45][0-9]{2} [45]\.[0-9]{1,3}\.[0-9]{1,3} "
    r"(?:<?([^\s<>@]{1,300}@[^\s<>]{1,255}?)>?\.\.\. .{1,1000}|Service unavailable))\s*\Z"
)
_PATH = re.compile(r"(?:MAIL FROM|RCPT TO)\s*:\s*<([^<>]{0,1000})>", re.IGNORECASE)

# RFC 5321 4.3.2, RFC 4954 4 and 6: what nothing else is answered with.
_STAGE_BY_CODE = {
    221: Stage.QUIT,
    235: Stage.AUTH,
    334: Stage.AUTH,
    354: Stage.DATA,
    534: Stage.AUTH,
    535: Stage.AUTH,
}
_GREETING = re.compile(r"\b(?:E?SMTP|LMTP)\b")
# From IANA's registry of SMTP service extensions. Others say "250 Help" too.
_KEYWORD = re.compile(
    r"(?:8BITMIME|AUTH|BINARYMIME|CHUNKING|DSN|ENHANCEDSTATUSCODES|ETRN|HELP|LIMITS|PIPELINING|"
    r"REQUIRETLS|SIZE|SMTPUTF8|STARTTLS|VRFY)(?: [0-9A-Z=. -]{0,200})?\Z"
)

# How a source begins that is a transcript as a whole; and, for the marks that other texts have
# too, what must stand near.
_BEGINNINGS = re.compile(
    r"=== (?:Trying|Connected to) |connect: (?:to )?\('|CONNECTED\([0-9A-F]+\)|"
    r"\S{1,300}\.\.\. Connecting to \S+ via |\.\.\. while talking to \S+:|"
    r"[ \t]{0,20}(?:S|Server|C|Client): ?(?:220[ -]|<(?:waits|opens)|EHLO |HELO |LHLO )|"
    r" ?Out: 220[ -]|220[ -].*\b(?:E?SMTP|LMTP)\b|\s*-{5} Transcript of session follows|"
    r"Transcript of session follows\.|Unexpected response from \S+\]\.|"
    r"The original message was received at |"
    # exim -v and -d
    r"LOG: [A-Z]|delivering [0-9A-Za-z-]{16,23}\Z|(?:[0-9:. ]{0,30} )?Exim version [0-9]|"
    r"Connecting to \S{1,255} \[\S{1,60}\]:[0-9]"
)
_MAIL_PORT = re.compile(
    r"\* {1,5}(?:Connected to|Trying) .{1,300}(?: port |:)(?:25|465|587|2525)\b"
)
_BY_HAND = re.compile(
    r"(?:.{0,100}[$#>%] ?)?(?:telnet|openssl s_client) |Trying \S+\.\.\.|Connecting to "
)
_CONNECTED = ("Escape character is", "CONNECTED(")


def _detect(line: Line) -> bool:
    return line.program is None and (is_marked(line.message) or bool(_VERDICT.match(line.message)))


def _claims(head: Sequence[str]) -> bool:
    lines = [line.removeprefix("\ufeff") for line in head]
    first = next((line for line in lines if line.strip()), "")
    if _BEGINNINGS.match(first) or _is_of_one_form(first, lines):
        return True
    if any(_MAIL_PORT.match(line) for line in lines):
        return True
    return bool(_BY_HAND.match(first)) and any(line.startswith(_CONNECTED) for line in lines)


def _is_of_one_form(first: str, lines: Iterable[str]) -> bool:
    if not is_marked(first):
        return False
    reader = TranscriptReader(first)
    return all(reader.goes_on_with(line) for line in lines if line.strip())


class Session:
    """What a transcript has told so far: who is spoken to, from whom to whom a message goes."""

    def __init__(self) -> None:
        self._peer: dict[str, Any] = {}
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._greeted = True  # a lone line may be of any stage

    def told_by(self, item: Exchange | Skipped, *, own: bool) -> dict[str, Any] | None:
        """Return what a reply, or a verdict of sendmail's, tells; None for a line that tells none.

        Args:
            item: what was read in the transcript.
            own: whether its server is the one that wrote it.
        """
        if isinstance(item, Exchange):
            return self._answered(item, own=own)
        if match := _PEER.match(item.text):
            self._connects(match)
        elif match := _VERDICT.match(item.text):
            return self._peer | {
                "direction": Direction.OUTGOING,
                "recipient": match[2],
                "text": match[1],
                "reply_by": ReplyBy.MTA,
            }
        return None

    def _connects(self, match: re.Match[str]) -> None:
        trying, _, bounce, name, ip, port = match.groups()
        name = name.rstrip(".")
        if trying != "Connected to":
            self._peer = {}
        if _IS_ADDRESS.match(name):
            ip = ip or name
        told = {"relay_host": name, "relay_ip": ip, "relay_port": port_of(port)}
        self._peer |= {key: value for key, value in told.items() if value is not None}
        self._greeted = bounce is not None  # sendmail shows what was refused, not the greeting
        self._sender = None
        self._recipients.clear()

    def _answered(self, item: Exchange, *, own: bool) -> dict[str, Any]:
        reply, command = item.reply, item.command
        stage = _stage_of(reply, command, first=not self._greeted)
        self._greeted = True
        path = _PATH.match(command or "")
        recipient = path[1] if path and stage is Stage.RCPT else None
        if path and stage is Stage.MAIL:
            self._sender = path[1]
            self._recipients.clear()
        elif recipient and reply.code < 300 and len(self._recipients) < 2:
            self._recipients.append(recipient)
        elif stage in (Stage.DATA, Stage.END_OF_DATA) and len(self._recipients) == 1:
            recipient = self._recipients[0]
        text = reply.raw.decode("utf-8", "surrogateescape")
        return self._peer | {
            "direction": Direction.INCOMING if own else Direction.OUTGOING,
            "sender": self._sender,
            "recipient": recipient,
            "stage": stage,
            "text": text.replace("\r\n", "\n").strip(),
            "reply_by": ReplyBy.OWN if own else ReplyBy.REMOTE,
        }


def _stage_of(reply: Reply, command: str | None, *, first: bool) -> Stage | None:
    if command == ".":
        return Stage.END_OF_DATA
    if command is not None:
        return stage_of(command.replace(":", " "))
    greets = reply.code == 220 and _GREETING.search(reply.text[:1000])
    if greets or (first and (reply.code == 220 or reply.code >= 400)):
        return Stage.CONNECT
    if reply.code in _STAGE_BY_CODE:
        return _STAGE_BY_CODE[reply.code]
    lines = reply.lines if len(reply.lines) == 1 else reply.lines[1:]
    if reply.code == 250 and any(_KEYWORD.match(line) for line in lines[:100]):
        return Stage.EHLO
    return None


class TranscriptLogReader(Reader):
    """Reads transcripts that are a source of their own, or lines of them in a mixed file."""

    def __init__(self) -> None:
        self._reader: TranscriptReader | None = None
        self._session = Session()
        self._line: Line | None = None
        self._is_marked = False

    def read(self, line: Line) -> list[Delivery]:
        found: list[Delivery] = []
        text = line.message
        marked = is_marked(text)
        if self._reader is not None and marked and self._is_marked:
            found = [] if self._reader.goes_on_with(text) else self.finish()
        self._line = line
        if self._reader is None and not marked and _VERDICT.match(text):
            return self._told([Skipped(line.number, text)], own=False)
        if self._reader is None:
            self._reader = TranscriptReader(text if marked else None)
            self._is_marked = marked
        items = self._reader.feed(text, line.number)
        return found + self._told(items, own=self._reader.is_of_a_server)

    def continues(self, line: Line) -> bool:
        """Whether an indented line is of the transcript that the line before it was of."""
        return self._reader is not None and self._reader.goes_on_with(line.text)

    def finish(self) -> list[Delivery]:
        """Return the reply that ends with a source, or with the lines of one form."""
        reader, self._reader = self._reader, None
        found = self._told(reader.end(), own=reader.is_of_a_server) if reader else []
        self._session = Session()
        return found

    def _told(self, items: Iterable[Exchange | Skipped], *, own: bool) -> list[Delivery]:
        line = self._line
        found = []
        for item in items:
            told = self._session.told_by(item, own=own)
            if told is not None and line is not None:
                place = Line("", "", item.line, line.source, line.time, line.host, line.program)
                found.append(delivery_in(place, _NAME, **told))
        return found


_NEEDLES = (
    "<-", "<~", "<**", "->", "~>", "<<<", ">>>", "SMTP<<", "SMTP>", "SMTP|", "SMTP+", "reply: ",
    "send: ", "b'", 'b"', "Trying", "Connect", "connect:", "CONNECTED", "220", "... ",
    "Transcript", "Service unavailable", "S: ", "C: ", "Unexpected response",
    "The original message was", "LOG: ", "delivering ", "Exim version",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    TranscriptLogReader,
    claims=_claims,
    needles=_NEEDLES,
    order=60,  # it has no form of its own, but many people's
)
