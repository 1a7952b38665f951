"""Courier: courieresmtp and the other modules that deliver, and courieresmtpd's refusals.

From libs/comctlfile.c, module.esmtp/esmtpclient.c, module.esmtp/courieresmtpd.c::

    line    = head ": " WORDS                ; a line of a reply, or Courier's own words
            / head ",success: " WORDS
            / head ",status: " ("success" / "failure" / "deferred")
    head    = "id=" ID ",from=<" A ">,addr=<" A ">" [",size=" N]
    WORDS   = REPLYLINE / "delivered: " HOST " [" IP "]" / ...
    refusal = client [",from=<" A ">"] [",to=<" A ">"] ": " REPLY
            / client ",msg=" QUOTE REPLY QUOTE ",cmd: " COMMAND
    client  = "error,relay=" IP [",port=" N] [",ident=" I]
    other   = ("started" / "newmsg" / "completed") ",id=" ID ... / words

Each line of a reply (the first ten) is a line of the log, and so is the outcome: they belong
together by the message's id and the recipient. courierlocal reports a success on one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import PATH, REPLY_HEAD, ends_again, port_of, said_by, stage_of
from smtpreply.logs.toolkit.recent import CAPACITY, Pending
from smtpreply.stage import Stage

_NAME = "courier"

_HEAD = re.compile(
    r"id=([0-9A-Fa-f]{8,16}\.[0-9A-Fa-f]{8,16}\.[0-9A-Fa-f]{8,16})"
    rf",from=<({PATH})>,addr=<({PATH})>(?:,size=[0-9]+)?"
    r"(?:,(status|success))?: ",
)
_PEER = re.compile(r"delivered: (\S*) \[([^\]]{1,64})\]\Z")
_REFUSAL = re.compile(
    r"error,relay=([0-9A-Fa-f:.]{1,64})(?:,port=([0-9]{1,5}))?"
    r"(?:,ident=(?:\"[^\"]{0,200}\"|[^,]{0,200}))?"
    rf"(?:(?:,from=<({PATH})>)?(?:,to=<({PATH})>)?: (.*)|,msg=\"(.*)\",cmd: (.*))\Z",
    re.DOTALL,
)
_OTHER = re.compile(
    r"(?:started|newmsg|completed|cancelled|deferred),|started|Started|Waiting|Loading|Installing|"
    r"Purging|queuelo=|Initialized|Connection|Disconnected|LOGIN|LOGOUT|TIMEOUT|LOGOUT|"
    r"courier|Copyright|(?!id=|error,)\S+: "
)
_STATUSES = {
    "success": Status.SENT,
    "failure": Status.BOUNCED,
    "deferred": Status.DEFERRED,
}
_BARE = re.compile(r"courier[a-z]{0,20}: ")  # a line without a syslog's stamp, as people quote it
_MOST_LINES = 100  # of a reply; the log has ten at most
_MAPPED = "::ffff:"  # an IPv4 address on a socket of IPv6


@attrs.define
class _Attempt:
    """The lines of an attempt, until its outcome is logged."""

    line: Line
    queue_id: str
    sender: str
    recipient: str
    reply: list[str] = attrs.field(factory=list)
    words: str | None = None
    status: Status | None = None
    host: str | None = None
    ip: str | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the last line of a reply has been read."""
        return bool(self.reply) and self.reply[-1][3:4] != "-"

    def add(self, words: str) -> None:
        """Note a line of a reply, or Courier's own words."""
        if REPLY_HEAD.match(words):
            if len(self.reply) < _MOST_LINES:
                self.reply.append(words)
        else:
            self.words = words

    def delivery(self) -> Delivery:
        """Return what has been read."""
        text = "\n".join(self.reply) or self.words
        sent = self.status is Status.SENT
        return delivery_in(
            self.line,
            _NAME,
            direction=Direction.LOCAL if _is_local(self.line) else Direction.OUTGOING,
            queue_id=self.queue_id,
            sender=self.sender,
            recipient=self.recipient,
            relay_host=self.host,
            relay_ip=self.ip,
            stage=Stage.END_OF_DATA if sent and self.reply else None,
            status=self.status,
            text=text,
            reply_by=ReplyBy.REMOTE if self.reply else None,
        )


class CourierReader(Reader):
    """Reads the lines of one log, and joins the lines of an attempt."""

    def __init__(self) -> None:
        self._attempts: Pending[_Attempt] = Pending(CAPACITY)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        body = _body(line)
        if head := _HEAD.match(body):
            if ends_again(body, head.end()):
                return None
            return self._told(line, head, body[head.end() :])
        if match := _REFUSAL.match(body):
            return None if ends_again(match[5] or "", 0) else (_refused(line, match),)
        return () if _OTHER.match(body) else None

    def _told(self, line: Line, head: re.Match[str], words: str) -> list[Delivery]:
        queue_id, sender, recipient, what = head.groups()
        key = f"{queue_id} {recipient}"
        attempt = self._attempts.get(key)
        found: list[Delivery] = []
        if attempt is not None and _begins_anew(attempt, what, words):
            found.append(attempt.delivery())  # of one server of several
            attempt = None
        if attempt is None:
            attempt = _Attempt(line, queue_id, sender, recipient)
        attempt.line = line
        if what == "status":
            self._attempts.end(key)
            attempt.status = _STATUSES.get(words)
            found.append(attempt.delivery())
            return found
        if what == "success":
            attempt.status = Status.SENT
        if peer := _PEER.match(words):
            attempt.host, attempt.ip = peer[1] or peer[2], peer[2].removeprefix(_MAPPED)
        else:
            attempt.add(words)
        if what == "success" and _is_local(line):
            self._attempts.end(key)
            found.append(attempt.delivery())
            return found
        self._attempts[key] = attempt
        self._attempts.grows(key, line.text)
        found += [overdue.delivery() for overdue in self._attempts.overdue()]
        return found

    def finish(self) -> Iterable[Delivery]:
        """Return the attempts whose outcome is not in the log."""
        left = [attempt.delivery() for attempt in self._attempts.values()]
        self._attempts.clear()
        return left


def _begins_anew(attempt: _Attempt, what: str | None, words: str) -> bool:
    """Whether a reply follows a reply that was complete, or is of another code."""
    code = REPLY_HEAD.match(words) if what is None else None
    if code is None or not attempt.reply:
        return False
    return attempt.is_answered or attempt.reply[-1][:3] != code[1]


def _body(line: Line) -> str:
    bare = _BARE.match(line.message) if line.program is None else None
    return line.message[bare.end() :] if bare else line.message


def _is_local(line: Line) -> bool:
    return not (line.program or line.message).startswith(("courieresmtp", "id="))


def _refused(line: Line, match: re.Match[str]) -> Delivery:
    ip, port, sender, recipient, reply, message, command = match.groups()
    text = message if reply is None else reply
    if recipient is not None:
        stage: Stage | None = Stage.RCPT
    elif sender is not None:
        stage = Stage.MAIL
    else:
        stage = stage_of((command or "").partition(":")[0])
        if stage is None and text.startswith("535"):  # the command is the secret, in base64
            stage = Stage.AUTH
    fields: dict[str, Any] = {
        "relay_ip": ip.removeprefix(_MAPPED),
        "relay_port": port_of(port),
        "sender": sender,
        "recipient": recipient,
    }
    return delivery_in(
        line,
        _NAME,
        direction=Direction.INCOMING,
        stage=stage,
        status=Status.REJECTED,
        text=text or None,
        reply_by=said_by(ReplyBy.OWN, text),
        **fields,
    )


def _detect(line: Line) -> bool:
    if line.program is not None:
        return line.program.startswith("courier")
    body = _body(line)
    return bool(_HEAD.match(body) or _REFUSAL.match(body))


FORMAT = Format(
    _NAME, _detect, CourierReader, programs=r"courier", needles=(",addr=<", "error,relay=")
)
