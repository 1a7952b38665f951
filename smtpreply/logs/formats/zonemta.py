"""ZoneMTA: what its senders deliver.

From lib/sender.js, lib/bounces.js, and npmlog, which writes the level before the name::

    line     = [LEVEL " "] NAME " " ["id=" SESSION " "] QID "." SEQ " " EVENT
    NAME     = "Sender/" ZONE "/" PID ["[" N "]"]            ; once in parentheses
    EVENT    = "ACCEPTED" / ("DEFERRED" / "REJECTED") "[" CATEGORY "]", then
               " from=" SENDER ["[" ENVELOPE "]"] " to=" RCPT *(" " KEY "=" VALUE) " (" REPLY ")"
             / ("SMTPERR" / "SMTPCLOSE") " [" CONNECTION "]" ... (" error=" / " response=")
               QUOTE WORDS QUOTE [" connected=" SECONDS]
    KEY      = "src" / "mx" / "body" / "md5" / "id" / "message-id" / ...
    WORDS    = [what failed ": "] REPLY            ; nodemailer's, may be doubled: "R: R"

In an ACCEPTED, DEFERRED or REJECTED line the lines of a reply are joined by spaces, without the
codes of the later ones. The other events hold them as they are, and npmlog writes each line of a
message with level and name again: such lines are joined. A reply may be reported by several of them
in turn: it is given once. Where no server was found or answered,
ZoneMTA makes up a reply ("450 Can't find an MX server for example.org").
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import BARE, REPLY_HEAD, said_by, uncoloured
from smtpreply.logs.toolkit.recent import CAPACITY, Memory, Pending
from smtpreply.stage import Stage

_NAME = "zonemta"

_LEVEL = r"(?:(?:info|verb|sill|http|notice|warn|WARN|ERR!|error) )"
_HEAD = re.compile(
    rf"{_LEVEL}?\(?(Sender/[^\s()]{{1,200}})\)? (?:id=(\S{{1,64}}) )?"
    r"(?:([0-9a-f]{10,24}(?:\.[0-9a-f]{1,6})?) )?"
)
_OUTCOME = re.compile(
    rf"(ACCEPTED|DEFERRED|REJECTED)(?:\[([^\]]{{0,64}})\])? from=({BARE}) to=({BARE})"
    r"((?: (?:message-)?id=<[^<>]{0,998}>| [a-z0-9-]{1,20}=(?!<)\S*){0,12}) \((.*)\)\Z",
    re.DOTALL,
)
# A Message-ID that holds a bracket may hold what is after one: there are two readings.
_SECOND_END = re.compile(r"[^<>]*+> \(")
_FAILURE = re.compile(
    r"(?:SMTPERR|SMTPCLOSE|ERRCONNECT|CONNECTION)(?: .{0,1000}?)? ?(?:error|response)=\""
)
_TOLD = re.compile(r"ACCEPT|DEFERR|REJECT|SMTPERR|SMTPCLOSE|ERRCONNECT")
"""How an event begins that reports a delivery: one that was cut is not understood."""
_END = re.compile(r"\"(?: connected=[0-9.]{1,20}s?\.?)?\Z")
_REPLY = re.compile(r"(?:\A|: |response=)([2-5][0-9]{2}(?:[ -].*)?)\Z", re.DOTALL)
_MADE_UP = re.compile(
    r"[45]50 (?:Can't (?:find|connect)|Error connecting to|Connection to \S+ closed unexpectedly|"
    r"Network error when connecting|DNS Error|Failed to (?:connect|resolve|find)|"
    r"Unexpected socket close)"
)
_MX = re.compile(r" mx=([^\s\[]+)(?:\[([0-9A-Fa-f.:]+)\])?")
_MESSAGE_ID = re.compile(r" (?:message-)?id=<([^<>]+)>")
_BRACKETED = re.compile(r"[^\[]*\[(.*)\]\Z")
_STAGES = (
    ("Invalid greeting", Stage.CONNECT),
    ("Invalid HELO", Stage.EHLO),
    ("EHLO", Stage.EHLO),
    ("STARTTLS", Stage.STARTTLS),
    ("Invalid login", Stage.AUTH),
    ("Mail command failed", Stage.MAIL),
    ("recipients were rejected", Stage.RCPT),
    ("Recipient command failed", Stage.RCPT),
    ("Data command failed", Stage.DATA),
    ("Message failed", Stage.END_OF_DATA),
)
_STATUSES = {
    "ACCEPTED": Status.SENT,
    "DEFERRED": Status.DEFERRED,
    "REJECTED": Status.BOUNCED,
}
_MOST_LINES = 200  # of a message; npmlog has split it


@attrs.define
class _Failure:
    """The lines of a sender about one connection."""

    line: Line
    queue_id: str | None
    lines: list[str] = attrs.field(factory=list)

    def delivery(self) -> Delivery:
        """Return the reply, or what is in its place."""
        words = "\n".join(self.lines).rstrip()
        text, by = _last_reply(_END.sub("", words))
        return delivery_in(
            self.line,
            _NAME,
            direction=Direction.OUTGOING,
            queue_id=self.queue_id,
            stage=next((stage for known, stage in _STAGES if known in words), None),
            text=text or None,
            reply_by=by,
        )


class ZoneMtaReader(Reader):
    """Reads the lines of one log. It joins those that belong to one message of a sender."""

    def __init__(self) -> None:
        self._failures: Pending[_Failure] = Pending(CAPACITY)
        self._said: Memory[str] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        text = uncoloured(line.message)
        head = _HEAD.match(text)
        if head is None:
            return () if line.program is not None else None
        event = text[head.end() :]
        failure = _FAILURE.match(event)
        found = self._told(line, head, event, failure)
        if found or failure:
            return found
        return None if _TOLD.match(event) else ()

    def _told(
        self, line: Line, head: re.Match[str], event: str, failed: re.Match[str] | None
    ) -> list[Delivery]:
        name, _, queue_id = head.groups()
        found: list[Delivery] = []
        if REPLY_HEAD.match(event):
            failure = self._failures.setdefault(name, _Failure(line, queue_id))
            if len(failure.lines) < _MOST_LINES:
                failure.lines.append(event)
                self._failures.grows(name, line.text)
            if event[3:4] != "-":
                found += self._end(name)
        else:
            if name in self._failures:
                found += self._end(name)
            if (match := _OUTCOME.match(event)) and not _SECOND_END.match(match[6]):
                found.append(_outcome(line, queue_id, match))
            elif failed:
                found += self._failed(line, name, queue_id, event[failed.end() :])
        for overdue in self._failures.overdue():
            found += self._ended(overdue)
        return found

    def _failed(self, line: Line, name: str, queue_id: str | None, words: str) -> list[Delivery]:
        self._failures[name] = _Failure(line, queue_id, [words])
        self._failures.grows(name, line.text)
        return self._end(name) if _END.search(words) else []

    def _end(self, name: str) -> list[Delivery]:
        failure = self._failures.end(name)
        return [] if failure is None else self._ended(failure)

    def _ended(self, failure: _Failure) -> list[Delivery]:
        """Return a sender's report, unless it has made the same of this message before."""
        delivery = failure.delivery()
        told = delivery.queue_id and self._said.get(delivery.queue_id)
        if delivery.queue_id and delivery.text:
            self._said[delivery.queue_id] = delivery.text
        return [] if told and told == delivery.text else [delivery]

    def finish(self) -> Iterable[Delivery]:
        """Return the deliveries of lines that nothing has followed."""
        return [found for name in list(self._failures) for found in self._end(name)]


def _outcome(line: Line, queue_id: str | None, match: re.Match[str]) -> Delivery:
    event, _, sender, recipient, fields, text = match.groups()
    mx = _MX.search(fields)
    message_id = _MESSAGE_ID.search(fields)
    envelope = _BRACKETED.match(sender)
    by = _speaker(text)
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        queue_id=queue_id,
        message_id=message_id[1] if message_id else None,
        sender=envelope[1] if envelope else sender,
        recipient=recipient,
        relay_host=mx[1] if mx else None,
        relay_ip=mx[2] if mx else None,
        stage=Stage.END_OF_DATA if event == "ACCEPTED" else None,
        status=_STATUSES[event],
        text=text or None,
        reply_by=by,
    )


def _last_reply(words: str) -> tuple[str, ReplyBy | None]:
    """Return the reply at the end of a text; of a doubled one, one copy."""
    found = _REPLY.search(words)
    if found is None:
        return words, None
    text = found[1]
    half = len(text) // 2
    if text[half - 1 : half + 1] == ": " and text[: half - 1] == text[half + 1 :]:
        text = text[: half - 1]
    return text, _speaker(text)


def _speaker(text: str) -> ReplyBy | None:
    return said_by(ReplyBy.MTA if _MADE_UP.match(text) else ReplyBy.REMOTE, text)


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith(("zone-mta", "zonemta")):
        return True
    return _HEAD.match(uncoloured(line.message)) is not None


FORMAT = Format(_NAME, _detect, ZoneMtaReader, programs=r"zone-?mta", needles=("Sender/",))
