r"""Delivery reports: RFC 3464, in a message, a mailbox of messages, or as lone lines.

RFC 3464 2, and RFC 6533 3 and 4, whose part is message/global-delivery-status::

    delivery-status = per-message-fields 1*( CRLF per-recipient-fields )
    per-message     = [ "Original-Envelope-Id:" ] "Reporting-MTA:" type ";" name
                      [ "Received-From-MTA:" ] [ "Arrival-Date:" date-time ]
    per-recipient   = [ "Original-Recipient:" type ";" address ] "Final-Recipient:" type ";" address
                      "Action:" ( "failed" / "delayed" / "delivered" / "relayed" / "expanded" )
                      "Status:" X.Y.Z [ "Remote-MTA:" type ";" name ]
                      [ "Diagnostic-Code:" type ";" text ] [ "Last-Attempt-Date:" date-time ]

Postfix adds ``X-Postfix-Queue-ID`` and ``X-Postfix-Sender``. Where a bounce has no such part, its
words are read: see `smtpreply.logs.formats.dsn.prose`.

The type of a diagnostic shows whose words it is (RFC 3464 2.3.6 and 9.1): ``smtp`` is the reply of
the server that the reporting one spoke to. Other types are the reporting server's own words. But
Postfix calls them after itself, ``X-Postfix``, and ``host H[IP] said: ...`` may stand in them. And
Exchange writes ``smtp`` before what it has made up without asking a server, which it marks by the
part of it that did: ``550 5.1.1 RESOLVER.ADR.RecipNotFound; not found``.

A mailbox (mbox, RFC 4155) is messages after one another, each behind a line of ``From ``, a sender
and a date; lines of a message that begin so have a ``>`` before them.

A reply is folded where the reporting server liked. Where each line begins with the code, these are
the lines of the reply; else they are joined, and the parser unfolds what it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.dsn.prose import Notice
from smtpreply.logs.formats.postfix.lines import read_reason
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import said_by, status_by_code, status_of
from smtpreply.logs.toolkit.mime import (
    FIELD,
    MOST_KEPT,
    MailReader,
    Part,
    date_of,
    mailbox_of,
    words_of,
)
from smtpreply.logs.toolkit.recent import size_of

_NAME = "dsn"

_OF_MESSAGE = frozenset(
    {
        "arrival-date",
        "dsn-gateway",
        "original-envelope-id",
        "received-from-mta",
        "reporting-mta",
        "x-postfix-queue-id",
        "x-postfix-sender",
    }
)
_RECIPIENTS = frozenset({"final-recipient", "original-recipient"})
_OF_RECIPIENT = _RECIPIENTS | {
    "action",
    "diagnostic-code",
    "final-log-id",
    "last-attempt-date",
    "remote-mta",
    "status",
    "will-retry-until",
    "x-actual-recipient",
}
_TELLING = frozenset({"action", "diagnostic-code", "status"})

# "Action" and "Status" are words that other programs begin lines with too.
_LONE = re.compile(
    r"(?:(?:Final|Original)-Recipient|(?:Reporting|Remote|Received-From)-MTA|Diagnostic-Code|"
    r"Arrival-Date|Last-Attempt-Date|Will-Retry-Until|X-Postfix-(?:Queue-ID|Sender)|"
    r"X-Actual-Recipient|Original-Envelope-Id|Final-Log-ID)[ \t]*:"
    r"|Action[ \t]*:[ \t]*(?:failed|delayed|delivered|relayed|expanded)\s*(?:\(|\Z)"
    r"|Status[ \t]*:[ \t]*[245]\.[0-9]{1,3}\.[0-9]{1,3}\s*(?:\(|\Z)",
    re.IGNORECASE,
)
_FROM_LINE = re.compile(
    r"From \S{0,500} {1,2}(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? "
    r".{0,12}[ 0-9][0-9]:[0-9]{2}.{0,30}[0-9]{4}"
)
_OF_MAIL = re.compile(
    r"(?:Return-Path|Received|Delivered-To|X-Original-To|Envelope-To|From|To|Subject|Date|"
    r"Message-ID|MIME-Version|Content-Type|DKIM-Signature|Authentication-Results|"
    r"ARC-Seal|X-Failed-Recipients|Auto-Submitted)[ \t]*:",
    re.IGNORECASE,
)
_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")

_STATUSES = {
    "failed": Status.BOUNCED,
    "delayed": Status.DEFERRED,
    "delivered": Status.SENT,
    "relayed": Status.SENT,
    "expanded": Status.SENT,
}

# RFC 3464 2.1.2; Exchange writes the host and the status before it: "<mx.example.com #5.1.1 smtp;".
_TYPED = re.compile(
    r"(?:(?:<?[A-Za-z0-9.-]{1,255}[ \t]+)?#[0-9.]{1,12}[ \t]+)?"
    r"([A-Za-z][A-Za-z0-9.-]{0,40})[ \t]*(?:\([^()]{0,200}\)[ \t]*)?;[ \t]*(.*)\Z",
    re.DOTALL,
)
_PROTOCOLS = ("smtp", "lmtp")
_REPLY = r"[245][0-9]{2}(?:[ -]|\Z)"
# Google: "... The error that the other server returned was: 550 ..."; Exchange: "Remote Server
# returned '550 5.1.1 ...'" and "'[{LED=550 ...};{MSG=};{FQDN=...};{IP=...};{LRT=...}]'".
_RELAYED = re.compile(
    r"(?:the (?:other |remote )?server returned was|the response(?: from the remote server)? was|"
    r"remote server returned(?: an error)?|remote host said)[ \t]*:?[ \t\n]{0,20}(['\"<]?)"
    rf"(?:\[?\{{LED=|(?={_REPLY}))(.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
# Cisco ESA: "5.1.0 - Unknown address error 550-'5.1.1 ...' (delivery attempts: 0)"
_QUOTED = re.compile(
    r"[245]\.[0-9]{1,3}\.[0-9]{1,3} - [^0-9']{1,100} ([245][0-9]{2})-'(.*)'"
    r"(?:\s*\(delivery attempts: [0-9]{1,6}\))?\s*\Z",
    re.DOTALL,
)
# Parts of Exchange that answer without asking a server. (STOREDRV.Deliver speaks for a mailbox.)
_ASKED_NO_SERVER = re.compile(
    r"[245][0-9]{2}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?(?:RESOLVER|ROUTING|CAT|QUEUE|AGENT|"
    r"SMTPSEND|TRANSPORT|XMITQ|APPROVAL)\.[A-Za-z]"
)
_CODE = re.compile(r"([245][0-9]{2})[ -]")
_NAME_AND_ADDRESS = re.compile(
    r"\[?([^\s\[\](),;<>]{1,255}?)\.?\]?(?:\s*[(\[]+([0-9A-Fa-f.:]{2,45})[\])]?.{0,1000})?\Z",
    re.DOTALL,
)
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?=.*:)[0-9A-Fa-f:.]{2,45}")
# RFC 6533 3: utf-8-addr-xtext and utf-8-addr-unitext
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})")
# Reported before the end of their message:
_MOST_RECIPIENTS = 10_000
_MOST_REPORTED = 1 << 23  # octets of their diagnostics


def _detect(line: Line) -> bool:
    return line.program is None and _LONE.match(line.message) is not None


def _claims(head: Sequence[str]) -> bool:
    """Whether these lines begin a mailbox, a message, or a delivery-status part in a file."""
    lines = [line.removeprefix("\ufeff") for line in head if line.strip()]
    if not lines or lines[0][0] in " \t":
        return False
    if _FROM_LINE.match(lines[0]):
        return True
    fields = list(takewhile(_is_field, lines))
    of_mail = sum(_OF_MAIL.match(line) is not None for line in fields)
    if len(fields) < len(lines):  # the body begins
        return of_mail > 1
    return of_mail > 0 or _is_report(fields)


def _is_field(line: str) -> bool:
    return line[0] in " \t" or FIELD.match(line) is not None


def _is_report(fields: Sequence[str]) -> bool:
    """Whether it is the part alone: it has the fields that each must have, RFC 3464 2."""
    names = {line.partition(":")[0].strip().lower() for line in fields}
    return "reporting-mta" in names and bool(names & _OF_RECIPIENT)


class DsnReader(Reader):
    """Reads messages, or lone lines, of one source after another."""

    def __init__(self) -> None:
        self._message: _Message | None = None
        self._lone: _Report | None = None
        self._in_mailbox = False

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if self._message is None and self._lone is None:
            self._begin(line)
        if self._message is None:
            assert self._lone is not None
            return self._lone.feed(line.message, line)
        found: list[Delivery] = []
        text = line.message
        if self._in_mailbox and _FROM_LINE.match(text):
            found += self.finish()
            self._in_mailbox = True
            self._message = _Message()
        elif self._in_mailbox and text.startswith(">") and text.lstrip(">").startswith("From "):
            text = text[1:]
        found += self._message.feed(text, line)
        return found

    def continues(self, line: Line) -> bool:
        """Whether a line that begins with white space goes on with the one before it."""
        return self._lone is not None and self._lone.continues(line.message)

    def finish(self) -> list[Delivery]:
        """Return what is known at the end of a source."""
        found = self._message.end() if self._message else []
        if self._lone is not None:
            found += self._lone.end()
        self._message, self._lone = None, None
        self._in_mailbox = False
        return found

    def _begin(self, line: Line) -> None:
        text = line.message.removeprefix("\ufeff")
        self._in_mailbox = _FROM_LINE.match(text) is not None
        if not self._in_mailbox and _LONE.match(text):
            self._lone = _Report({})
        else:
            self._message = _Message()


class _Message:
    """Reads one message: the reports in it, or the words of a bounce that has none."""

    def __init__(self) -> None:
        self._line: Line | None = None
        self._told: list[Delivery] = []
        self._size = 0  # of the diagnostics in `_told`
        self._settled: list[Delivery] = []
        self._returned: dict[str, str] = {}
        self._report: _Report | None = None
        self._notice: Notice | None = None
        self._has_report = False
        self._fields: dict[str, str] = {}
        self._mail = MailReader(self)

    def feed(self, text: str, line: Line) -> list[Delivery]:
        self._line = line
        self._mail.feed(text)
        if len(self._told) > _MOST_RECIPIENTS or self._size > _MOST_REPORTED:
            self._settle()
        return self._all_settled() if self._settled else self._settled

    def end(self) -> list[Delivery]:
        self._mail.close()
        self._next({})
        return self._all_settled()

    def _all_settled(self) -> list[Delivery]:
        settled, self._settled = self._settled, []
        return settled

    def _next(self, fields: dict[str, str]) -> None:
        """Begin a message: this one, or one that was forwarded in it."""
        if self._notice is not None and not self._has_report:
            self._tell(self._notice.end())
        self._settle()
        self._fields, self._returned = fields, {}
        self._notice, self._has_report = None, False

    def _settle(self) -> None:
        """Return which message it was about: what is left of it stands behind the report."""
        message_id = (self._returned.get("message-id") or "").strip("<> \t") or None
        self._settled += [attrs.evolve(told, message_id=message_id) for told in self._told]
        self._told.clear()
        self._size = 0

    def _tell(self, found: Iterable[Delivery]) -> None:
        for delivery in found:
            self._told.append(delivery)
            self._size += size_of(delivery.text or "")

    # What the mail reader calls:

    def begins(self, part: Part) -> bool:
        if part.is_message:
            if part.within is not None and part.within.is_returned:
                self._returned = part.fields
                return False
            self._next(part.fields)
        self._report = None
        if part.type in _STATUS_PARTS:
            self._has_report = True
            self._report = _Report(self._fields)
            return True
        if part.type == "text/plain" and self._notice is None and not self._has_report:
            notice = Notice(_NAME, self._fields)
            if notice.is_of_a_bounce:
                self._notice = notice
                return True
        return False

    def says(self, text: str) -> None:
        assert self._line is not None
        if self._report is not None:
            self._tell(self._report.feed(text, self._line))
        elif self._notice is not None:
            self._notice.feed(text, self._line)

    def ends(self, part: Part) -> None:  # noqa: ARG002  (the listener's)
        if self._report is not None:
            self._tell(self._report.end())
            self._report = None


class _Report:
    """Reads the fields of a report.

    Args:
        message: the fields of the message that the report came in.
    """

    def __init__(self, message: dict[str, str]) -> None:
        self._written = date_of(message.get("date"))
        self._sender = mailbox_of(message.get("to"))  # RFC 3464 2: sent to the return address
        self._of_message: dict[str, str] = {}
        self._block: dict[str, str] = {}
        self._start: Line | None = None
        self._name: str | None = None
        self._value: list[str] = []
        self._kept = 0

    def feed(self, text: str, line: Line) -> list[Delivery]:
        """Read a line. Its delivery is complete when the fields of its recipient end."""
        if not text or text.isspace():
            return self.end()
        if text[0] in " \t":
            self._keep(text)
            return []
        match = FIELD.match(text)
        self._field_ends()
        if match is None:
            return []
        name = match[1].lower()
        found: list[Delivery] = []
        if name in self._block or self._is_next(name):
            found = self.end()
        if name in _OF_RECIPIENT or name in _OF_MESSAGE:
            self._start = self._start or line
            self._name = name
            self._keep(match[2])
        return found

    def continues(self, text: str) -> bool:
        """Whether a line goes on with the field before it."""
        return self._name is not None and text[:1] in (" ", "\t")

    def end(self) -> list[Delivery]:
        """End the fields of a recipient, or those of the message."""
        self._field_ends()
        block, start = self._block, self._start
        self._block, self._start = {}, None
        self._of_message |= {name: block[name] for name in block.keys() & _OF_MESSAGE}
        if start is None or not block.keys() & _TELLING:
            return []
        return [self._delivery(block, start)]

    def _is_next(self, name: str) -> bool:
        """Whether a field begins the next recipient, though no empty line stands before it."""
        block = self._block.keys()
        if name in _OF_MESSAGE:
            return bool(block & _OF_RECIPIENT)
        return name in _RECIPIENTS and bool(block & _TELLING) and bool(block & _RECIPIENTS)

    def _keep(self, text: str) -> None:
        if self._name is not None and self._kept < MOST_KEPT:
            self._value.append(text.strip()[: MOST_KEPT - self._kept])
            self._kept += len(self._value[-1]) + 1

    def _field_ends(self) -> None:
        if self._name is not None:
            self._block[self._name] = "\n".join(self._value)
        self._name = None
        self._value.clear()
        self._kept = 0

    def _delivery(self, block: dict[str, str], start: Line) -> Delivery:
        message = self._of_message
        final = _address(block.get("final-recipient"))
        orig = _address(block.get("original-recipient"))
        sender = _address(message.get("x-postfix-sender"))
        host, ip = _peer(block.get("remote-mta"))
        status = _STATUS.match(block.get("status", ""))
        dsn = status_of(status[1]) if status else None
        said = _said(block.get("diagnostic-code"), same_mta=_is_same(message, block))
        arrival = date_of(message.get("arrival-date"))
        attempt = date_of(block.get("last-attempt-date"))
        fields: dict[str, Any] = {
            "direction": Direction.OUTGOING,
            "queue_id": message.get("x-postfix-queue-id"),
            "sender": self._sender if sender is None else sender,
            "recipient": orig if final is None else final,
            "orig_recipient": orig if final is not None and orig != final else None,
            "relay_host": host,
            "relay_ip": ip,
            "status": _status(block, dsn, said.get("text"), said.get("reply_by")),
            "dsn": dsn,
            "delay": _between(arrival, attempt),
        }
        delivery = delivery_in(start, _NAME, **(fields | said))
        reporter, _ = _peer(message.get("reporting-mta"))
        return attrs.evolve(
            delivery,
            time=attempt or self._written or arrival or start.time,
            host=reporter or start.host,
        )


def _address(field: str | None) -> str | None:
    """Return the address of ``rfc822; bob@example.org``, or of ``utf-8; b\\x{F6}b@example.org``."""
    if field is None:
        return None
    words = field.replace("\n", "").strip()
    typed = re.match(r"([A-Za-z0-9.-]{1,40})[ \t]*;[ \t]*", words)
    address = (words[typed.end() :] if typed else words).strip()
    if address.startswith("<") and address.endswith(">"):
        address = address[1:-1]
    if typed and typed[1].lower() == "utf-8":
        address = _EMBEDDED.sub(_character, address)
    return address or None


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1], 16)
    is_one = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF
    return chr(number) if is_one else escape[0]


def _peer(field: str | None) -> tuple[str | None, str | None]:
    """Return name and address of ``dns; mx.example.org (192.0.2.1)``, or ``dns; [192.0.2.1]``."""
    words = " ".join((field or "").split())
    typed = _TYPED.match(words)
    match = _NAME_AND_ADDRESS.match(typed[2] if typed else words)
    if match is None:
        return None, None
    name, ip = match.groups()
    literal = name.removeprefix("IPv6:") if _ADDRESS.fullmatch(name.removeprefix("IPv6:")) else None
    return literal or name, ip or literal


def _is_same(message: dict[str, str], block: dict[str, str]) -> bool:
    """Whether the reporting server is the one that is named as the peer."""
    remote, _ = _peer(block.get("remote-mta"))
    reporter, _ = _peer(message.get("reporting-mta"))
    return remote is not None and reporter is not None and remote.lower() == reporter.lower()


def _said(field: str | None, *, same_mta: bool) -> dict[str, Any]:
    """Return the text, whose words it is, and what else is in it."""
    if field is None:
        return {}
    typed = _TYPED.match(field)
    kind = typed[1].lower() if typed else "smtp"
    words = _unfolded(typed[2] if typed else field)
    if kind in _PROTOCOLS:
        relayed = _RELAYED.search(words)
        if relayed and not said_by(ReplyBy.REMOTE, words):
            words = _relayed(relayed)
        elif quoted := _QUOTED.match(words):
            words = f"{quoted[1]} {quoted[2]}"
        own = same_mta or _ASKED_NO_SERVER.match(words) is not None
        by = said_by(ReplyBy.MTA if own else ReplyBy.REMOTE, words)
        return {"text": words or None, "reply_by": by}
    text, by, stage, peer = read_reason(words.replace("\n", " "), spoke=False)
    said: dict[str, Any] = {"text": text or None, "reply_by": by, "stage": stage}
    if by is None:
        return said | {"reply_by": said_by(ReplyBy.MTA, text)}
    if peer is not None:
        said |= {"relay_host": peer[0], "relay_ip": peer[1]}
    return said


def _relayed(match: re.Match[str]) -> str:
    """Return the reply that stands inside of other words."""
    quote, words = match.groups()
    words = words.partition("}")[0] if "LED=" in match[0][:200] else words
    return words.strip().removesuffix(quote or " ").strip()


def _unfolded(value: str) -> str:
    """Undo the folding: RFC 5322 2.2.3. The lines of a reply stay lines where they are certain."""
    lines = [line for line in value.split("\n") if line]
    code = _CODE.match(lines[0]) if lines else None
    if len(lines) > 1 and code and lines[0][3] == "-":
        heads = (code[1] + "-", code[1] + " ")
        if all(line.startswith(heads) for line in lines[1:]):
            return "\n".join(lines)
    return words_of(" ".join(lines))


def _status(
    block: dict[str, str], dsn: EnhancedStatus | None, text: str | None, by: ReplyBy | None
) -> Status | None:
    words = block.get("action", "").split()
    action = _STATUSES.get(words[0].lower()) if words else None
    if action is Status.BOUNCED and dsn and (dsn.subject, dsn.detail) == (4, 7):
        return Status.EXPIRED  # RFC 3463 3.5: delivery time expired
    if action is not None:
        return action
    return status_by_code(str(dsn) if dsn else text if text and by else "")


def _between(first: datetime | None, last: datetime | None) -> float | None:
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return None
    seconds = (last - first).total_seconds()
    return seconds if seconds >= 0 else None


_NEEDLES = (
    "-MTA:", "-mta:", "-Recipient:", "-recipient:", "-Code:", "-code:", "-Date:", "Action:",
    "Status:", "X-Postfix-", "X-Actual-", "Original-", "Final-", "Will-", "From ", "From:",
    "Received:", "Return-Path:", "Delivered-To:", "Envelope-To:", "To:", "Subject:", "Date:",
    "Message-ID:", "Message-Id:", "MIME-Version:",
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    DsnReader,
    claims=_claims,
    needles=_NEEDLES,
    order=60,  # its fields may be quoted in another format's lines
)
