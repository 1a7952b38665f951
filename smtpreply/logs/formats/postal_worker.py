r"""Postal's worker: attempts to send, in its log on standard output.

From app/senders/smtp_sender.rb, app/lib/message_dequeuer/, and klogger's "go" formatter::

    line    = DATE " " TIME " " ZONE " " LEVEL MESSAGE *(" " NAME "=" VALUE) " "    ; or in colour
    LEVEL   = "INFO    " / "ERROR   " / ...                        ; or with less space behind it
    MESSAGE = "Sending message " SERVER-ID "::" ID " to " RCPT
            / "Connected to " PEER / "Accepted by " PEER " for " RCPT
            / "Cannot connect to " PEER " (" CLASS ": " WORDS ")"
            / CLASS ": " WORDS [LF]                          ; the failure of an attempt
            / WHY (", holding" / ", hard failing") / other
    PEER    = IP ":" PORT " (" HOST ")"
    CLASS   = "Net::SMTPFatalError" / "Net::SMTPServerBusy" / "Net::ReadTimeout" / ...

The lines of one attempt share the value of ``log_id``. Of a reply, Ruby's Net::SMTP gives the first
line with its line end, so that the names are on a line of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import SEVERITY, Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import BARE, port_of, said_by, uncoloured
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "postal-worker"

_HEAD = re.compile(
    r"[0-9-]{10} [0-9:]{8} [+-][0-9]{4} (?:DEBUG  |INFO   |WARN   |ERROR  |FATAL  ) ?"
)
_NAMES = re.compile(r"(?:\A| )((?:[a-z_]{1,40}=\S{0,200} ){0,20}(?:[a-z_]{1,40}=\S{0,200}) ?)\Z")
_LOG_ID = re.compile(r"(?:\A| )log_id=([A-Za-z0-9]{1,40})(?: |\Z)")
_PEER = r"\[?([0-9A-Fa-f.:]{2,45}?)\]?:([0-9]{1,5}) \(([^\s()]{1,255})\)"
_SENDING = re.compile(rf"Sending message ([0-9]+::[0-9]+) to ({BARE})\Z")
_CONNECTED = re.compile(rf"Connected to {_PEER}\Z")
_ACCEPTED = re.compile(rf"Accepted by {_PEER} for ({BARE})\Z")
_UNREACHED = re.compile(rf"Cannot connect to {_PEER} \((?:[A-Z]\w*(?:::\w+)*): (.*)\)\Z", re.DOTALL)
_FAILED = re.compile(
    r"((?:Net|Errno|OpenSSL|EOF|IO|Socket|Timeout)[A-Za-z:]{0,80}): (.*)\Z", re.DOTALL
)
_STOPPED = re.compile(r"(.*), (holding|hard failing)(?: message)?\Z", re.DOTALL)
_TOO_OFTEN = "maximum number of attempts"


@attrs.define
class _Attempt:
    """An attempt under way, as far as its lines have been read."""

    message: str | None = None
    recipient: str | None = None
    ip: str | None = None
    port: str | None = None
    host: str | None = None


class PostalWorkerReader(Reader):
    """Reads the lines of one log. It remembers the attempts under way."""

    def __init__(self) -> None:
        self._attempts: Memory[_Attempt] = Memory()
        self._failed: Line | None = None

    def read(self, line: Line) -> Iterable[Delivery] | None:
        text = uncoloured(line.message)
        head = _HEAD.match(text)
        if head is None:
            return self._named(text)
        before = self._unnamed()
        names = _NAMES.search(text, head.end())
        body = text[head.end() : names.start() if names else None].rstrip()
        if names is None and _FAILED.match(body):
            self._failed = attrs.evolve(line, message=body)
            return before
        found = self._told(line, body, names[1] if names else "")
        return None if found is None else [*before, *found]

    def continues(self, line: Line) -> bool:
        return self._failed is not None and _NAMES.match(uncoloured(line.text)) is not None

    def finish(self) -> Iterable[Delivery]:
        return self._unnamed()

    def _named(self, names: str) -> Iterable[Delivery]:
        """Read the names of the line before."""
        failed, self._failed = self._failed, None
        return () if failed is None else self._told(failed, failed.message, names) or ()

    def _unnamed(self) -> Iterable[Delivery]:
        return self._named("")

    def _told(self, line: Line, body: str, names: str) -> list[Delivery] | None:
        log_id = _LOG_ID.search(names)
        key = log_id[1] if log_id else ""
        attempt = self._attempts.get(key) or _Attempt()
        if match := _SENDING.match(body):
            self._remember(key, attrs.evolve(attempt, message=match[1], recipient=match[2]))
        elif match := _CONNECTED.match(body):
            ip, port, host = match.groups()
            self._remember(key, attrs.evolve(attempt, ip=ip, port=port, host=host))
        elif match := _ACCEPTED.match(body):
            ip, port, host, recipient = match.groups()
            attempt = _Attempt(attempt.message, recipient, ip, port, host)
            return [_delivery(line, attempt, Status.SENT, None, Stage.END_OF_DATA)]
        elif match := _UNREACHED.match(body):
            ip, port, host, words = match.groups()
            attempt = _Attempt(ip=ip, port=port, host=host)
            return [_delivery(line, attempt, None, words, Stage.CONNECT)]
        elif match := _FAILED.match(body):
            fatal = match[1] == "Net::SMTPFatalError"
            status = Status.BOUNCED if fatal else Status.DEFERRED
            return [_delivery(line, attempt, status, match[2].strip())]
        elif match := _STOPPED.match(body):
            given_up = Status.EXPIRED if _TOO_OFTEN in match[1] else Status.BOUNCED
            status = Status.HELD if match[2] == "holding" else given_up
            return [_delivery(line, attempt, status, match[1])]
        return []

    def _remember(self, key: str, attempt: _Attempt) -> None:
        if key:
            self._attempts[key] = attempt


def _delivery(
    line: Line,
    attempt: _Attempt,
    status: Status | None,
    text: str | None,
    stage: Stage | None = None,
) -> Delivery:
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        queue_id=attempt.message,
        recipient=attempt.recipient,
        relay_host=attempt.host,
        relay_ip=attempt.ip,
        relay_port=port_of(attempt.port),
        stage=stage,
        status=status,
        text=text,
        reply_by=said_by(ReplyBy.REMOTE, text),
    )


def _detect(line: Line) -> bool:
    if line.program is not None and not line.program.startswith("postal"):
        return False
    return _HEAD.match(uncoloured(line.message)) is not None


FORMAT = Format(
    _NAME,
    _detect,
    PostalWorkerReader,
    programs=r"postal",
    needles=("DEBUG  ", "INFO   ", "WARN   ", "ERROR  ", "FATAL  "),
    begins=r"[0-9-]{10} [0-9:]{8} [+-][0-9]{4} [A-Z]",
    order=30,  # before exim, whose lines begin with the same stamp and may go on with anything
    certain=re.compile(rf"{_HEAD.pattern}[A-Za-z]+ (?!{SEVERITY})[A-Za-z]+ "),
)
