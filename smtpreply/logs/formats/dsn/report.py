r"""The fields of a delivery report: RFC 3464, in a message, or as lone lines.

RFC 3464 2, and RFC 6533 3 and 4, whose part is message/global-delivery-status::

    delivery-status = per-message-fields 1*( CRLF per-recipient-fields )
    per-message     = [ "Original-Envelope-Id:" ] "Reporting-MTA:" type ";" name
                      [ "Received-From-MTA:" ] [ "Arrival-Date:" date-time ]
    per-recipient   = [ "Original-Recipient:" type ";" address ] "Final-Recipient:" type ";" address
                      "Action:" ( "failed" / "delayed" / "delivered" / "relayed" / "expanded" )
                      "Status:" X.Y.Z [ "Remote-MTA:" type ";" name ]
                      [ "Diagnostic-Code:" type ";" text ] [ "Last-Attempt-Date:" date-time ]

Servers write the fields of a recipient in any order (Exim has Action first), without an empty line
before the next, with one among them, or twice. Postfix adds ``X-Postfix-Queue-ID`` and
``X-Postfix-Sender``; for probed addresses, its Action is "deliverable" or "undeliverable".

The type of a diagnostic shows whose words it is (RFC 3464 2.3.6 and 9.1): ``smtp`` is the reply of
the server that the reporting one spoke to. Other types are the reporting server's own words. But
Postfix calls them after itself, ``X-Postfix``, and ``host H[IP] said: ...`` may be in them. And
Exchange writes ``smtp`` before what it has made up without asking a server, which it marks by the
part of it that did: ``550 5.1.1 RESOLVER.ADR.RecipNotFound; not found``. ``X-Unix`` is the exit
status of a program. Where servers have put the reply into ``X-Supplementary-Info`` (IronPort,
Exchange), it counts as the diagnostic.

A reply is folded where the reporting server liked. Where each line begins with the code, these are
the lines of the reply; else they are joined, and the parser unfolds what it can.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.formats.dsn.entries import ADDRESS
from smtpreply.logs.formats.dsn.words import (
    ASKED_NO_SERVER,
    passed_on,
    reply_in_words,
    undoubled,
)
from smtpreply.logs.formats.postfix.lines import read_reason
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import port_of, said_by, status_by_code, status_of
from smtpreply.logs.toolkit.mime import FIELD, MOST_KEPT, date_of, mailbox_of, words_of

NAME = "dsn"

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
OF_RECIPIENT = _RECIPIENTS | {
    "action",
    "diagnostic-code",
    "final-log-id",
    "last-attempt-date",
    "remote-mta",
    "status",
    "will-retry-until",
    "x-actual-recipient",
    "x-supplementary-info",
}
_TELLING = frozenset({"action", "diagnostic-code", "status"})

_STATUSES = {
    "failed": Status.BOUNCED,
    "delayed": Status.DEFERRED,
    "delivered": Status.SENT,
    "relayed": Status.SENT,
    "expanded": Status.SENT,
    "deliverable": Status.VERIFIED,
    "undeliverable": Status.UNVERIFIED,
    # No actions of RFC 3464; OpenSMTPD and gateways have them.
    "error": Status.BOUNCED,
    "failure": Status.BOUNCED,
    "expired": Status.EXPIRED,
    "delay": Status.DEFERRED,
    "deferred": Status.DEFERRED,
}

# RFC 3464 2.3.2 has one recipient; WildDuck's and Nodemailer's queues have all of a domain.
_SEVERAL = re.compile(rf"(?:[A-Za-z0-9-]{{1,20}};)?\s*{ADDRESS}(?:\s*,\s*{ADDRESS}){{1,1000}}\s*\Z")
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
_CODE = re.compile(r"([245][0-9]{2})[ -]")
_NAME_AND_ADDRESS = re.compile(
    r"\[?([^\s\[\](),;<>]{1,255}?)\.?\]?(?:\s*[(\[]+([0-9A-Fa-f.:]{2,45})[\])]?.{0,1000})?\Z",
    re.DOTALL,
)
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?=.*:)[0-9A-Fa-f:.]{2,45}")
# RFC 6533 3: utf-8-addr-xtext and utf-8-addr-unitext
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})")
# PMDF writes "mx.example.org (TCP|192.0.2.9|47323|192.0.2.1|25) (mx.example.org ESMTP)"
_TCP = re.compile(
    r"\s*\(TCP\|[^|()]{1,60}\|[0-9]{1,5}\|([0-9A-Fa-f.:]{2,45})\|([0-9]{1,5})\).*\Z", re.DOTALL
)
# A greeting's first line, and the refusal that followed it: "220-mx.example.org 421 4.2.1 ..."
_GREETED = re.compile(r"2[0-9]{2}[ -]\S{1,255}\s+(?=[45][0-9]{2}[ -][245]\.[0-9])")
_EXIT_STATUS = re.compile(r"[0-9]{1,3}\s*\Z")


_Block = dict[str, str]


class Report:
    """Reads the fields of a report.

    Args:
        message: the fields of the message that the report came in.
        lone: whether its lines are in another text, where each may be all that is left.
    """

    def __init__(self, message: dict[str, str], *, lone: bool = False) -> None:
        self._written = date_of(message.get("date"))
        self._sender = mailbox_of(message.get("to"))  # RFC 3464 2: sent to the return address
        self._lone = lone
        self._of_message: _Block = {}
        self._block: _Block = {}
        self._start: Line | None = None
        self._pending: tuple[_Block, Line] | None = None
        self._name: str | None = None
        self._value: list[str] = []
        self._kept = 0

    def feed(self, text: str, line: Line) -> list[Delivery]:
        """Read a line. Its delivery is complete when the fields of its recipient end."""
        if not text or text.isspace():
            return self._block_ends()
        if text[0] in " \t":
            self._keep(text)
            return []
        match = FIELD.match(text)
        self._field_ends()
        if match is None:
            return []
        name = match[1].lower()
        found: list[Delivery] = []
        if self._is_next(name, match[2]):
            found = self._block_ends()
        if name not in self._block and (name in OF_RECIPIENT or name in _OF_MESSAGE):
            self._start = self._start or line
            self._name = name
            self._keep(match[2])
        return found

    def continues(self, text: str) -> bool:
        """Whether a line continues the field before it."""
        return self._name is not None and text[:1] in (" ", "\t")

    def end(self) -> list[Delivery]:
        """End the report."""
        found = self._block_ends()
        if self._pending is not None:
            found += self._deliveries(*self._pending)
            self._pending = None
        return found

    def _block_ends(self) -> list[Delivery]:
        """End the fields of a recipient, or those of the message."""
        self._field_ends()
        block, start = self._block, self._start
        self._block, self._start = {}, None
        self._of_message |= {name: block[name] for name in block.keys() & _OF_MESSAGE}
        if start is None or not block.keys() & OF_RECIPIENT:
            return []
        if self._lone:
            return self._deliveries(block, start) if block.keys() & _TELLING else []
        return self._whole(block, start)

    def _whole(self, block: _Block, start: Line) -> list[Delivery]:
        """Hold the fields of a recipient until the next: an empty line may have parted them."""
        pending, self._pending = self._pending, (block, start)
        if pending is None:
            return []
        begun, place = pending
        if _are_of_one(begun, block):
            self._pending = begun | block, place
            return []
        return self._deliveries(begun, place)

    def _is_next(self, name: str, value: str) -> bool:
        """Whether a field begins the next recipient, though no empty line is before it."""
        block = self._block
        if name in _OF_MESSAGE:
            return bool(block.keys() & OF_RECIPIENT)
        if name not in _RECIPIENTS and name not in block:
            return False
        first = next((known for known in block if known in OF_RECIPIENT), None)
        if name in block:
            return name in _RECIPIENTS or name == first
        if first not in _RECIPIENTS or not block.keys() & _TELLING:
            return False
        address = (_address(value) or "").lower()
        return all((_address(block.get(known)) or "").lower() != address for known in _RECIPIENTS)

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

    def _deliveries(self, block: _Block, start: Line) -> list[Delivery]:
        """Return the delivery of a recipient; of each, where there is a list in its place."""
        final = block.get("final-recipient", "")
        if "," not in final or not _SEVERAL.match(final):
            return [self._delivery(block, start)]
        kind, _, names = final.rpartition(";")
        parts = [f"{kind};{name}" if kind else name for name in names.split(",")]
        return [self._delivery(block | {"final-recipient": part}, start) for part in parts]

    def _delivery(self, block: _Block, start: Line) -> Delivery:
        message = self._of_message
        final = _address(block.get("final-recipient"))
        orig = _address(block.get("original-recipient"))
        sender = _address(message.get("x-postfix-sender"))
        status = _STATUS.match(block.get("status", ""))
        dsn = status_of(status[1]) if status else None
        relay = _relay(block.get("remote-mta"))
        reporter = _relay(message.get("reporting-mta"))["relay_host"]
        said = _diagnosis(block, same_mta=_is_same(relay["relay_host"], reporter))
        arrival = date_of(message.get("arrival-date"))
        attempt = date_of(block.get("last-attempt-date"))
        fields: dict[str, Any] = {
            "direction": Direction.OUTGOING,
            "queue_id": message.get("x-postfix-queue-id"),
            "sender": self._sender if sender is None else sender,
            "recipient": orig if final is None else final,
            "orig_recipient": orig if final is not None and orig != final else None,
            "status": _status(block, dsn, said.get("text"), said.get("reply_by")),
            "dsn": dsn,
            "delay": _between(arrival, attempt),
            "time": attempt or self._written or arrival or start.time,
            "host": reporter or start.host,
        }
        return delivery_in(start, NAME, **(fields | relay | said))


def _are_of_one(begun: _Block, block: _Block) -> bool:
    """Whether fields are of the recipient that others are of: not each has one, or an action."""
    if begun.keys() & _RECIPIENTS and block.keys() & _RECIPIENTS:
        return False
    return not begun.keys() & block.keys() & _TELLING


_BEGINS = re.compile(
    r"\s{0,8}(?:Reporting-MTA|(?:Final|Original)-Recipient|Action|Status|Diagnostic-Code)\s?:",
    re.IGNORECASE,
)
_NAMES = re.compile(r"\s{0,8}(?:Final|Original)-Recipient\s?:", re.IGNORECASE)
_TELLS = re.compile(r"\s{0,8}(?:Action|Status|Diagnostic-Code)\s?:", re.IGNORECASE)


def place_of_report(lines: Sequence[str]) -> int | None:
    """Return the number of the line where a report begins in a text; None where there is none.

    >>> place_of_report(["Sorry.", "Final-Recipient: rfc822; bob@example.org", "Action: failed"])
    1
    """
    if not any(map(_NAMES.match, lines)) or not any(map(_TELLS.match, lines)):
        return None
    return next(number for number, line in enumerate(lines) if _BEGINS.match(line))


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


def _relay(field: str | None) -> dict[str, Any]:
    """Return the server of ``dns; mx.example.org (192.0.2.1)``, or ``dns; [192.0.2.1]``."""
    words = " ".join((field or "").split())
    typed = _TYPED.match(words)
    words = typed[2] if typed else words
    connection = _TCP.search(words)
    match = _NAME_AND_ADDRESS.match(words[: connection.start()] if connection else words)
    if match is None:
        return {"relay_host": None, "relay_ip": None}
    name, ip = match.groups()
    literal = name.removeprefix("IPv6:") if _ADDRESS.fullmatch(name.removeprefix("IPv6:")) else None
    relay = {"relay_host": literal or name, "relay_ip": ip or literal}
    if connection:
        relay |= {"relay_ip": connection[1], "relay_port": port_of(connection[2])}
    return relay


def _is_same(remote: str | None, reporter: str | None) -> bool:
    """Whether the reporting server is the one that is named as the peer."""
    return remote is not None and reporter is not None and remote.lower() == reporter.lower()


def _diagnosis(block: _Block, *, same_mta: bool) -> dict[str, Any]:
    """Return what the diagnostic gives, or what supplements it where that is no reply."""
    said = _said(block.get("diagnostic-code"), same_mta=same_mta)
    if said.get("reply_by") is None:
        more = _said(block.get("x-supplementary-info"), same_mta=same_mta)
        if more.get("reply_by") is not None or (more.get("text") and not said.get("text")):
            return more
    return said


def _said(field: str | None, *, same_mta: bool) -> dict[str, Any]:
    """Return the text, whose words it is, and what else is in it."""
    if field is None:
        return {}
    typed = _TYPED.match(field)
    kind = typed[1].lower() if typed else "smtp"
    words = _GREETED.sub("", _unfolded(typed[2] if typed else field), count=1)
    if field.startswith("<") and words.count(">") > words.count("<"):
        words = words.rstrip().removesuffix(">")
    if kind in _PROTOCOLS:
        return _said_by_a_server(undoubled(words), same_mta=same_mta)
    if kind == "x-unix" and _EXIT_STATUS.match(words):
        return {"text": f"exit status {words.strip()}", "reply_by": None}
    text, by, stage, peer = read_reason(words.replace("\n", " "), spoke=False)
    said: dict[str, Any] = {"text": undoubled(text) or None, "reply_by": by, "stage": stage}
    if by is None:
        by = said_by(ReplyBy.MTA, text)
        if by is None and (reply := reply_in_words(text)):
            return said | {"text": reply, "reply_by": ReplyBy.REMOTE}
        return said | {"reply_by": by}
    if peer is not None:
        said |= {"relay_host": peer[0], "relay_ip": peer[1]}
    return said


def _said_by_a_server(words: str, *, same_mta: bool) -> dict[str, Any]:
    _, words = passed_on(words)
    relayed = _RELAYED.search(words)
    if relayed and not said_by(ReplyBy.REMOTE, words):
        words = undoubled(_relayed(relayed))
    elif quoted := _QUOTED.match(words):
        words = f"{quoted[1]} {quoted[2]}"
    elif not said_by(ReplyBy.REMOTE, words):
        words = reply_in_words(words) or words
    own = same_mta or ASKED_NO_SERVER.match(words) is not None
    by = said_by(ReplyBy.MTA if own else ReplyBy.REMOTE, words)
    return {"text": words or None, "reply_by": by}


def _relayed(match: re.Match[str]) -> str:
    """Return the reply that is inside of other words."""
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
    block: _Block, dsn: EnhancedStatus | None, text: str | None, by: ReplyBy | None
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
