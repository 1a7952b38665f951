r"""Transcripts of sessions: what swaks, curl, sendmail, Exim, mail libraries and others print.

`smtpreply.dialogue.dialects` has the marks of each program, and `smtpreply.dialogue.transcript`
reads them. Of its own, this format has what sendmail writes below the words of a server::

    VERDICT = CODE " " X.Y.Z " " ADDR "... " words

A source that begins as a transcript is read as a whole. A line in a mixed file is read where its
mark is certain; what it answers is then known only if the command is there, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.dialogue.session import Answer
from smtpreply.dialogue.transcript import (
    Exchange,
    Peer,
    Skipped,
    TranscriptReader,
    is_marked,
    is_session,
    is_unknown_session,
)
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.sessions import fields_for

_NAME = "transcript"

_VERDICT = lazy_pattern(
    r"([45][0-9]{2} [45]\.[0-9]{1,3}\.[0-9]{1,3} "
    r"(?:<?([^\s<>@]{1,300}@[^\s<>]{1,255}?)>?\.\.\. .{1,1000}|Service unavailable))\s*\Z"
)

# How a source begins that is a transcript as a whole; and, for the marks that other texts have
# too, what must be near.
_BEGINNINGS = lazy_pattern(
    r"=== (?:Trying|Connected to) |connect: (?:to )?\('|CONNECTED\([0-9A-F]+\)|"
    r"\S{1,300}\.\.\. Connecting to \S+ via |\.\.\. while talking to \S+:|"
    r"[ \t]{0,20}(?:S|Server|C|Client): ?(?:220[ -]|<(?:waits|opens)|EHLO |HELO |LHLO )|"
    r" ?Out: 220[ -]|220[ -].*\b(?:E?SMTP|LMTP)\b|\s*-{5} Transcript of session follows|"
    r"Transcript of session follows\.|Unexpected response from \S+\]\.|"
    r"The original message was received at |"
    # exim -v and -d
    r"LOG: [A-Z]|delivering [0-9A-Za-z-]{16,23}\Z|(?:[0-9:. ]{0,30} )?Exim version [0-9]|"
    r"Connecting to \S{1,255} \[\S{1,60}\]:[0-9]|"
    # JavaMail, MailKit, Ruby, Swift Mailer, Net::SMTP
    r"DEBUG SMTP: |DEBUG: (?:setDebug|getProvider|(?:JavaMail|Jakarta Mail|Angus Mail) version)|"
    r"Connected to smtps?://|Connection opened: \S{1,255}:(?:25|465|587|2525)\b|"
    r"\+\+ Starting Swift_|Net::[LS]MTP>>> "
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
    if _BEGINNINGS.match(first) or _is_of_one_dialect(first, lines) or is_session(lines):
        return True
    if any(_MAIL_PORT.match(line) for line in lines):
        return True
    return bool(_BY_HAND.match(first)) and any(line.startswith(_CONNECTED) for line in lines)


def _is_of_one_dialect(first: str, lines: Iterable[str]) -> bool:
    if not is_marked(first):
        return False
    reader = TranscriptReader(first)
    return all(reader.goes_on_with(line) for line in lines if line.strip())


def fields_of(item: Exchange | Skipped, *, own: bool) -> Iterator[dict[str, Any]]:
    """Yield the fields of the deliveries of a reply, or of a verdict of sendmail's.

    Args:
        item: what was read in the transcript.
        own: whether the server wrote the transcript itself.
    """
    if isinstance(item, Exchange):
        yield from _fields_of_reply(item, own=own)
    elif verdict := _VERDICT.match(item.text):
        yield {
            "direction": Direction.OUTGOING,
            "recipient": verdict[2],
            "text": verdict[1],
            "reply_by": ReplyBy.MTA,
            **_fields_of_peer(item.peer),
        }


def _fields_of_reply(exchange: Exchange, *, own: bool) -> Iterator[dict[str, Any]]:
    reply = exchange.reply
    text = reply.raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n").strip()
    answer = Answer(
        reply.code, text, exchange.stage, exchange.command, exchange.sender, exchange.recipients
    )
    for fields in fields_for(answer, Direction.INCOMING if own else Direction.OUTGOING):
        yield fields | _fields_of_peer(exchange.peer)


def _fields_of_peer(peer: Peer | None) -> dict[str, Any]:
    if peer is None:
        return {}
    return {"relay_host": peer.host, "relay_ip": peer.ip, "relay_port": peer.port}


class TranscriptLogReader(Reader):
    """Reads transcripts that are a source of their own, or lines of them in a mixed file."""

    def __init__(self) -> None:
        self._reader: TranscriptReader | None = None
        self._line: Line | None = None
        self._is_marked = False

    def read(self, line: Line) -> list[Delivery]:
        found: list[Delivery] = []
        text = line.message
        # Where lines are without a mark, it makes no difference.
        marked = (self._reader is None or self._is_marked) and is_marked(text)
        if self._reader is not None and marked and self._is_marked:
            found = [] if self._reader.goes_on_with(text) else self.finish()
        self._line = line
        if self._reader is None and not marked and _VERDICT.match(text):
            return self._deliveries([Skipped(line.number, text)], own=False)
        if self._reader is None:
            self._reader = TranscriptReader(text if marked else None)
            self._is_marked = marked
        items = self._reader.feed(text, line.number)
        return found + self._deliveries(items, own=self._reader.is_of_a_server)

    def continues(self, line: Line) -> bool:
        """Whether an indented line is of the transcript that the line before it was of."""
        return self._reader is not None and self._reader.goes_on_with(line.text)

    def finish(self) -> list[Delivery]:
        """Return the reply that ends with a source, or with the lines of one dialect."""
        reader, self._reader = self._reader, None
        return self._deliveries(reader.end(), own=reader.is_of_a_server) if reader else []

    def _deliveries(self, items: Iterable[Exchange | Skipped], *, own: bool) -> list[Delivery]:
        line = self._line
        assert line is not None
        found = []
        for item in items:
            place = Line("", "", item.line, line.source, line.time, line.host, line.program)
            found += [delivery_in(place, _NAME, **fields) for fields in fields_of(item, own=own)]
        return found


_NEEDLES = (
    "<-", "<~", "<**", "->", "~>", "<<<", ">>>", "SMTP<<", "SMTP>", "SMTP|", "SMTP+", "reply: ",
    "send: ", "b'", 'b"', "Trying", "Connect", "connect:", "CONNECTED", "220", "... ",
    "Transcript", "Service unavailable", "S: ", "C: ", "Unexpected response",
    "The original message was", "LOG: ", "delivering ", "Exim version", "EHLO ", "[S] ", "<CRLF>",
    "SMTP Response: ", "<rx>", "DEBUG SMTP", "++ Starting", "HELO ", "MAIL FROM:", "RCPT TO:",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    TranscriptLogReader,
    claims=_claims,
    claims_unknown=is_unknown_session,
    needles=_NEEDLES,
    order=60,  # it has no form of its own, but many people's
)
