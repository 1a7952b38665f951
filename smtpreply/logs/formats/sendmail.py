"""Sendmail (and Proofpoint, which is made of it): sendmail, sm-mta, sm-msp-queue.

From sendmail/deliver.c and sendmail/srvrsmtp.c::

    delivery = QID ": to=" ADDR *("," ADDR) [", ctladdr=" ...] ", delay=" [D "+"] HH:MM:SS
               ", xdelay=" ... ", mailer=" M ", pri=" N [", relay=" HOST] [", dsn=" X.Y.Z]
               ", stat=" STAT
    STAT     = "Sent (" TEXT ")" / "Deferred: " REPLY-or-words / REPLY / words
    arrival  = QID ": from=" ADDR ", size=" ... [", msgid=" ...] ...
    reject   = QID ": ruleset=" NAME ", arg1=" ADDR ... ", relay=" HOST ", reject=" REPLY
    HOST     = NAME ". [" IP "]"

The log keeps less than the server said: of a success only the text, without code and status; of
a reply of several lines only the first. Fields stand in a fixed order, and ``stat=`` is the last
one, so that what a server says can play no other field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.formats.messages import Messages
from smtpreply.logs.formats.words import said_by, seconds_of, status_of
from smtpreply.logs.prefix import Line
from smtpreply.stage import Stage

_NAME = "sendmail"
_PROGRAMS = ("sendmail", "sm-mta", "sm-msp-queue", "sm-acceptingconnections", "sm-que")

_QID = r"([0-9A-Za-z]{8,20}(?:-[0-9A-Za-z]{8,20})?)"
_DELIVERY = re.compile(
    rf"{_QID}: +to=(.{{0,4000}}?), +(?:ctladdr=.{{0,1000}}?, )?delay=(?:([0-9]{{1,9}})\+)?"
    r"([0-9]{1,9}):([0-9]{2}):([0-9]{2})(?:, +xdelay=[0-9+:]+)?(?:, +mailer=([^,]*))?"
    r"(?:, +tls_verify=[^,]*)?(?:, +pri=[0-9]+)?"  # Proofpoint writes tls_verify
    r"(?:, +relay=(.{0,300}?))?(?:, +dsn=([0-9.]+))?"
    r"(?:, +(?:quarantine|reply)=[^,]*)?, +stat=(.*)\Z",
    re.DOTALL,
)
_ARRIVAL = re.compile(rf"{_QID}: from=<?([^,>]*)>?, (?:.*?, msgid=<?([^,>]*)>?)?")
_REJECT = re.compile(
    rf"(?:{_QID}: )?ruleset=([a-z_]+), arg1=(.{{0,1000}}?), (?:arg2=.{{0,300}}?, )?"
    r"(?:relay=(.{0,300}?), )?(?:reject|discard|quarantine)=(.*)\Z",
    re.DOTALL,
)
_HOST = re.compile(r"(?:\[[^\]]*\]|([^\[\s]*?)\.?)\s*(?:\[([^\]]*)\])?(?:\s*\(may be forged\))?\Z")
_QUEUED = re.compile(
    rf"{_QID}: |STARTTLS=|AUTH=|starting daemon|ruleset=|started as|alias database"
)
_STAGES = {
    "check_relay": Stage.CONNECT,
    "check_mail": Stage.MAIL,
    "check_rcpt": Stage.RCPT,
    "check_data": Stage.DATA,
    "check_eom": Stage.END_OF_DATA,
}
_DEFERRED = "Deferred"
_LOCAL = ("local", "*file*", "prog", "relay-local")


def _detect(line: Line) -> bool:
    program = line.program
    if program is None:
        return _DELIVERY.match(line.message) is not None
    return program.startswith(_PROGRAMS)


class _Reader:
    """Reads the lines of one log. It remembers who sent each message."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)

    def __call__(self, line: Line) -> Iterable[Delivery] | None:
        message = line.message
        if match := _DELIVERY.match(message):
            return self._deliveries(line, match)
        if match := _REJECT.match(message):
            return (self._rejected(line, match),)
        if match := _ARRIVAL.match(message):
            self._messages.learn(match[1], sender=match[2], message_id=match[3] or None)
            return ()
        return () if _QUEUED.match(message) else None

    def _deliveries(self, line: Line, match: re.Match[str]) -> list[Delivery]:
        """Give one delivery a recipient: those that share a connection share a line."""
        queue_id, to, days, hours, minutes, seconds, mailer, relay, dsn, stat = match.groups()
        status = _status(stat, dsn)
        host, ip = _peer(relay)
        text, reply_by = _words(stat, spoke=ip is not None)
        fields = {
            "direction": Direction.LOCAL if mailer in _LOCAL else Direction.OUTGOING,
            "relay_host": host,
            "relay_ip": ip,
            "stage": Stage.END_OF_DATA if status is Status.SENT and ip else None,
            "status": status,
            "dsn": status_of(dsn),
            "delay": seconds_of(days, hours, minutes, seconds),
            "text": text,
            "reply_by": reply_by,
        }
        return [
            self._messages.delivery(line, queue_id, recipient=recipient.strip("<> "), **fields)
            for recipient in to.split(",")
        ]

    def _rejected(self, line: Line, match: re.Match[str]) -> Delivery:
        queue_id, ruleset, argument, relay, text = match.groups()
        stage = _STAGES.get(ruleset)
        host, ip = _peer(relay)
        address = argument.strip("<> ")
        return self._messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=address if stage is Stage.MAIL else None,
            recipient=address if stage is Stage.RCPT else None,
            relay_host=host,
            relay_ip=ip,
            stage=stage,
            status=Status.REJECTED,
            text=text,
            reply_by=said_by(ReplyBy.OWN, text),
        )


def _status(stat: str, dsn: str | None) -> Status:
    if stat.startswith(_DEFERRED):
        return Status.DEFERRED
    if stat.startswith("Sent"):
        return Status.SENT
    return Status.DEFERRED if (dsn or "").startswith("4") else Status.BOUNCED


def _words(stat: str, *, spoke: bool) -> tuple[str | None, ReplyBy | None]:
    """Give what was said. Of a success the log has the text alone, without its code."""
    if stat.startswith("Sent"):
        text = stat.removeprefix("Sent").strip().removeprefix("(").removesuffix(")").strip()
        return text or None, ReplyBy.REMOTE if spoke and text else None
    words = stat.removeprefix(_DEFERRED).removeprefix(": ").strip()
    return words or stat, said_by(ReplyBy.REMOTE, words)


def _peer(relay: str | None) -> tuple[str | None, str | None]:
    match = _HOST.match(relay or "")
    if match is None:
        return None, None
    return match[1] or match[2], match[2]


FORMAT = Format(_NAME, _detect, _Reader)
