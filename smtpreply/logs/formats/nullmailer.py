"""nullmailer: nullmailer-send, and the protocol that it runs.

From src/send.cc and protocols/protocol.cc::

    line = "Starting delivery: " *(("host: " H / "protocol: " P) " ") "file: " FILE
         / "From: <" A "> to: <" A ">" *(", <" A ">") / "Message-Id: <" ID ">"
         / ("smtp" / "qmqp") ": " ("Failed" / "Succeeded") ": " (REPLY / words)
         / "Sent file." / "Sending failed: " WHY / "Moving message " FILE " into failed" / ...

It delivers one message after the other: a line is about the one that was started last.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import PATH, said_by
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "nullmailer"

_START = re.compile(r"Starting delivery: (.{0,600})file: (\S{1,100})\Z", re.DOTALL)
_HOST = re.compile(r"host: (\S{1,255}) ")
_ENVELOPE = re.compile(rf"From: <({PATH})> to: (.*)\Z", re.DOTALL)
_RECIPIENT = re.compile(rf"<({PATH})>")
_MESSAGE_ID = re.compile(r"Message-Id: <([^>]{1,998})>")
_TOLD = re.compile(r"(?:smtp|qmqp): (Failed|Succeeded): (.*)\Z", re.DOTALL)
_SENT = "Sent file."
_FAILED = re.compile(r"Sending failed: ")
_OUTCOME = re.compile(r"(?:smtp|qmqp): |Sending |Sent ")
"""How a line begins that reports what became of a message: one that was cut is not understood."""
_PERMANENT = "Permanent error"
_DETECTED = re.compile(
    r"(?:smtp|qmqp): (?:Failed|Succeeded): |Starting delivery: .{0,600}file: |Sending failed: "
)


@attrs.define
class _Attempt:
    """The message that is being sent."""

    line: Line
    file: str | None = None
    host: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    message_id: str | None = None
    text: str | None = None
    status: Status | None = None

    def deliveries(self) -> list[Delivery]:
        """Return one delivery a recipient."""
        by = said_by(ReplyBy.REMOTE, self.text)
        return [
            delivery_in(
                self.line,
                _NAME,
                direction=Direction.OUTGOING,
                queue_id=self.file,
                message_id=self.message_id,
                sender=self.sender,
                recipient=recipient,
                relay_host=self.host,
                stage=Stage.END_OF_DATA if by and self.status is Status.SENT else None,
                status=self.status,
                text=self.text,
                reply_by=by,
            )
            for recipient in self.recipients or (None,)
        ]


class NullmailerReader(Reader):
    """Reads the lines of one log. It remembers the message under way, of each host."""

    def __init__(self) -> None:
        self._attempts: Memory[_Attempt] = Memory()
        self._told: dict[str, _Attempt] = {}

    def read(self, line: Line) -> Iterable[Delivery] | None:
        host, message = line.host or "", line.message
        if match := _START.match(message):
            named = _HOST.search(match[1])
            self._attempts[host] = _Attempt(line, match[2], named[1] if named else None)
            return self._left(host)
        if match := _TOLD.match(message):
            attempt = self._attempt(host, line)
            attempt.text = match[2] or None
            attempt.status = Status.SENT if match[1] == "Succeeded" else None
            self._told[host] = attempt
            return ()
        if message == _SENT or _FAILED.match(message):
            return self._ended(host, line)
        attempt = self._attempt(host, line)
        if match := _ENVELOPE.match(message):
            attempt.sender = match[1]
            attempt.recipients = tuple(_RECIPIENT.findall(match[2]))
        elif match := _MESSAGE_ID.match(message):
            attempt.message_id = match[1]
        elif line.program is None or _OUTCOME.match(message):
            return None
        return ()

    def _attempt(self, host: str, line: Line) -> _Attempt:
        attempt = self._attempts.get(host)
        if attempt is None:
            attempt = self._attempts[host] = _Attempt(line)
        return attempt

    def _ended(self, host: str, line: Line) -> list[Delivery]:
        attempt = self._attempt(host, line)
        attempt.line = line
        why = _FAILED.match(line.message)
        if why is None:
            attempt.status = Status.SENT
        else:
            words = line.message[why.end() :].strip()
            attempt.text = attempt.text or words or None
            permanent = words.startswith(_PERMANENT)
            attempt.status = Status.BOUNCED if permanent else Status.DEFERRED
        self._attempts.forget(host)
        self._told.pop(host, None)
        return attempt.deliveries()

    def _left(self, host: str) -> list[Delivery]:
        told = self._told.pop(host, None)
        return told.deliveries() if told else []

    def finish(self) -> Iterable[Delivery]:
        """Return the replies of attempts whose outcome is not in the log."""
        left = [told for host in list(self._told) for told in self._left(host)]
        self._told.clear()
        return left


def _detect(line: Line) -> bool:
    if line.program is not None:
        return line.program.startswith(_NAME)
    return _DETECTED.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    NullmailerReader,
    programs=r"nullmailer",
    begins=r"(?:smtp|qmqp): |Starting delivery: |Sending failed: ",
    needles=("smtp: Failed: ", "smtp: Succeeded: ", "Starting delivery: ", "Sending failed: "),
)
