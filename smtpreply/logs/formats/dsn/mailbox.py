r"""Mail as it comes in files: a message, a mailbox of messages, or lone lines of a report.

A mailbox (mbox, RFC 4155) is messages after one another, each after a line of ``From ``, a sender
and a date, in whatever form a program has written the date; lines of a message that begin so have a
``>`` before them. MMDF has a line of four control-A before and after each message.

A message may have lost its first line, begin with an empty one, or end its lines with CR alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from smtpreply._support.dates import MONTH, WEEKDAY
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.dsn.message import Message
from smtpreply.logs.formats.dsn.report import NAME, OF_RECIPIENT, Report
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.mime import FIELD

# "Action" and "Status" are words that other programs begin lines with too.
_LONE = re.compile(
    r"(?:(?:Final|Original)-Recipient|(?:Reporting|Remote|Received-From)-MTA|Diagnostic-Code|"
    r"Arrival-Date|Last-Attempt-Date|Will-Retry-Until|X-Postfix-(?:Queue-ID|Sender)|"
    r"X-Actual-Recipient|Original-Envelope-Id|Final-Log-ID)[ \t]*:"
    r"|Action[ \t]*:[ \t]*(?:failed|delayed|delivered|relayed|expanded|"
    r"(?:un)?deliverable)\s*(?:\(|\Z)"
    r"|Status[ \t]*:[ \t]*[245]\.[0-9]{1,3}\.[0-9]{1,3}\s*(?:\(|\Z)",
    re.IGNORECASE,
)
# asctime's form and others that programs write.
_FROM_LINE = re.compile(
    r"From (?:\S{1,500}|\"[^\"]{1,200}\"\S{0,255})? {1,4}"
    rf"(?:{WEEKDAY},? {{1,2}})?(?:(?:[0-9]{{1,2}}[ -])?{MONTH}[ -].{{0,12}}?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])[0-9]{1,2}:[0-9]{1,2}\b"
)
_IN_COLUMNS = re.compile(r"[A-Z][A-Za-z]{1,40}[ \t]{2,40}:")
_OF_A_DAEMON = re.compile(r"From <?(MAILER-DAEMON(?:@[^\s<>]{1,255})?|)>?\s", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
_MMDF = "\x01\x01\x01\x01"
_OF_A_MAILBOX = ("F", ">", "\x01")
"""First characters of the lines that are the mailbox's, and not the message's."""
_OF_MAIL = re.compile(
    # "Received: 250 Ok" is what a program prints of a session.
    r"(?:Return-Path|Received(?![ \t]*:[ \t]*[2-5][0-9][0-9][ -])|Delivered-To|"
    r"X-Original-To|Envelope-To|From|To|Subject|Date|"
    r"Message-ID|MIME-Version|Content-Type|DKIM-Signature|Authentication-Results|"
    r"ARC-[A-Za-z-]{4,30}|X-Failed-Recipients|Auto-Submitted|Received-SPF|Reply-To|Sender|"
    r"Errors-To|Precedence|List-Id|X-Mailer|"
    r"X-(?!Postfix-|Actual-|Supplementary-)[A-Za-z0-9]{1,30}-[A-Za-z0-9-]{1,60})[ \t]*:",
    re.IGNORECASE,
)


def _detect(line: Line) -> bool:
    return line.program is None and _LONE.match(line.message) is not None


def _claims(head: Sequence[str]) -> bool:
    """Whether these lines begin a mailbox, a message, or a delivery-status part in a file."""
    lines = [part for line in head for part in line.split("\r") if part.strip()]
    if not lines:
        return False
    lines[0] = lines[0].removeprefix("\ufeff")
    if lines[0][:1] in ("", " ", "\t"):
        return False
    if lines[0] == _MMDF or _begins_message(lines[0]):
        return True
    if lines[0].startswith("From ") and any(map(_OF_MAIL.match, lines[1:2])):
        return True  # a mailbox, with a date of any form
    fields = list(takewhile(_is_field, lines))
    of_mail = sum(_OF_MAIL.match(line) is not None for line in fields)
    if len(fields) < len(lines):  # the body begins
        return of_mail > 1
    return of_mail > 0 or _is_report(fields)


def _begins_message(line: str) -> bool:
    return line.startswith("From ") and bool(_FROM_LINE.match(line) and _YEAR.search(line[:600]))


def _is_field(line: str) -> bool:
    """Return whether it may be a line of a header, and not of a list with PowerShell's columns."""
    if _IN_COLUMNS.match(line):
        return False
    return line[0] in " \t" or FIELD.match(line) is not None


def _is_report(fields: Sequence[str]) -> bool:
    """Whether it is the part alone: it has the fields that each must have, RFC 3464 2."""
    names = {line.partition(":")[0].strip().lower() for line in fields}
    return "reporting-mta" in names and bool(names & OF_RECIPIENT)


class DsnReader(Reader):
    """Reads messages, or lone lines, of one source after another."""

    def __init__(self) -> None:
        self._message: Message | None = None
        self._lone: Report | None = None
        self._has_begun = self._in_mailbox = self._in_mmdf = self._by_cr = False

    def read(self, line: Line) -> Iterable[Delivery] | None:
        text = line.message
        if not self._has_begun:
            if not text or text.isspace():
                return ()  # in front of the first field
            self._begin(line)
        if self._lone is not None:
            return self._lone.feed(text, line)
        if not self._by_cr:
            return self._read(text, line)
        return [found for part in text.split("\r") for found in self._read(part, line)]

    def continues(self, line: Line) -> bool:
        """Whether a line that begins with white space continues the one before it."""
        return self._lone is not None and self._lone.continues(line.message)

    def finish(self) -> list[Delivery]:
        """Return what is known at the end of a source."""
        found = self._ended()
        if self._lone is not None:
            found += self._lone.end()
            self._lone = None
        self._has_begun = self._in_mailbox = self._in_mmdf = self._by_cr = False
        return found

    def _begin(self, line: Line) -> None:
        self._has_begun = True
        text = line.message.removeprefix("\ufeff")
        # Only a file without other line ends has fields after a CR: elsewhere, a stranger put it.
        self._by_cr = "\r" in text.rstrip("\r")
        first = text.partition("\r")[0]
        self._in_mmdf = first == _MMDF
        self._in_mailbox = first.startswith("From ")
        if not self._in_mailbox and not self._in_mmdf and _LONE.match(first):
            self._lone = Report({}, lone=True)

    def _read(self, text: str, line: Line) -> list[Delivery]:
        found: list[Delivery] = []
        text = text.rstrip("\r")
        if text[:1] not in _OF_A_MAILBOX:
            pass
        elif (self._in_mailbox and _begins_message(text)) or (self._in_mmdf and text == _MMDF):
            found = self._ended()
            if self._in_mmdf:
                return found
        elif self._in_mailbox and text.startswith(">") and text.lstrip(">").startswith("From "):
            text = text[1:]
        if self._message is None:
            if not text or text.isspace():
                return found
            self._message = Message()
            if self._in_mailbox and (null := _OF_A_DAEMON.match(text)):
                text = f"Return-Path: <{null[1]}>"  # RFC 4155: the line has the envelope's sender
        settled = self._message.feed(text, line)
        return found + settled if found else settled

    def _ended(self) -> list[Delivery]:
        """End a message, if one has begun."""
        message, self._message = self._message, None
        if message is None:
            return []
        found, lost, kinds = message.end()
        self.not_understood.extend(lost)
        self.mails.update(map(str, kinds))
        return found


_NEEDLES = (
    "-MTA:", "-mta:", "-Recipient:", "-recipient:", "-Code:", "-code:", "-Date:", "Action:",
    "Status:", "X-Postfix-", "X-Actual-", "Original-", "Final-", "Will-", "From ", "From:",
    "Received:", "Return-Path:", "Return-path:", "Delivered-To:", "Envelope-To:", "To:", "Subject:",
    "Date:", "Message-ID:", "Message-Id:", "Message-id:", "MIME-Version:", "Mime-Version:",
    "Content-", "DKIM-Signature:", "Authentication-Results:", "ARC-", "Auto-Submitted:", "X-",
    "Received-SPF:", _MMDF,
)  # fmt: skip

FORMAT = Format(
    NAME,
    _detect,
    DsnReader,
    claims=_claims,
    needles=_NEEDLES,
    order=60,  # its fields may be quoted in another format's lines
)
