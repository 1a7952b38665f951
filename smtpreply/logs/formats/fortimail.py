r"""FortiMail: its event and history logs, on disk or by syslog.

From Fortinet's "FortiMail Log Reference" (log message syntax, history logs, event logs)::

    line    = [PRI] [STAMP " " HOST " "] ("date=" DATE SEP "time=" TIME / DATE " " TIME)
              1*(SEP FIELD)
    SEP     = " " / ","                     ; a comma where it is set to log in the CSV format
    FIELD   = NAME "=" (QUOTE *char QUOTE / 1*char)
    event   = ... "type=event" ... " session_id=" QUOTE ID QUOTE " msg=" QUOTE MESSAGE QUOTE
    history = ... "type=statistics" ... "session_id" "client_name" ... "from" "to" ... "subject" ...
              "disposition=" QUOTE *(ACTION [";"]) QUOTE " classifier=" QUOTE WHY QUOTE ...
    MESSAGE = of Sendmail, without its queue id / "to=" RCPT ", delay=" N ", " ... ", to_ip=" IP
              ", mailer=proxy, stat=" WORDS                          ; of the transparent proxy

The session's id is the queue id: FortiMail's MTA is a Sendmail, whose grammar its messages have.
A history line is of one recipient. It has what was refused, discarded or quarantined; what became
of a message that was accepted, and in which words a client was refused, is in the events. A subject
is a stranger's words: a line on which a name is twice is not understood. Nor is one with its
disposition as a hexadecimal number, as in files that are downloaded from the web interface.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.sendmail import SendmailReader
from smtpreply.logs.input.clock import STAMP
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.received import OnReceived
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import PATH, said_by, status_by_code
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "fortimail"

_TIME = r"(?:date=)?([0-9]{4}-[0-9]{2}-[0-9]{2})[ ,](?:time=)?([0-9:]{8}(?:\.[0-9]{1,6})?)"
_HEAD = re.compile(
    rf"(?:<[0-9]{{1,3}}>)?(?:{STAMP} \S{{1,255}} )?{_TIME}([ ,])"
    r"(?=(?:[a-z_]{1,40}=[^\s,]{0,255}[ ,]){0,4}log_id=[0-9]+[ ,])"
)
_FIELD = re.compile(r"([a-z_]{1,40})=(?:\"([^\"]*)\"|([^\s\"]*))(?: |\Z)")
_FIELD_OF_CSV = re.compile(r"([a-z_]{1,40})=(?:\"([^\"]*)\"|([^,\"]*))(?:,|\Z)")
_MESSAGE = "msg="  # the last field
_PROXIED = re.compile(
    rf"to=<?({PATH})>?, delay=([0-9]{{1,9}}), (?:[a-z_]{{1,20}}=[^,]{{0,300}}, ){{0,6}}?"
    r"to_ip=([0-9A-Fa-f.:]{2,45}), mailer=proxy, stat=(.*)\Z",
    re.DOTALL,
)
_SENT = "Sent"
_KEPT_BACK = {
    "Reject": Status.REJECTED,
    "Discard": Status.DISCARDED,
    "Quarantine": Status.HELD,
    "System Quarantine": Status.HELD,
    "User Quarantine": Status.HELD,
    "Domain Quarantine": Status.HELD,
}
_LET_THROUGH = {
    "Accept", "Add Header", "Modify Subject", "Insert Disclaimer", "Notification", "Archive",
    "Replace", "Rewrite Recipient", "BCC", "Encrypt", "Treat As Spam",
}  # fmt: skip
_OUTCOMES = re.compile(r"stat=|reject=")


class FortiMailReader(Reader):
    """Reads the lines of one log. It remembers who sent each message, and what was refused."""

    def __init__(self) -> None:
        self._events = SendmailReader(_NAME)
        self._refused: Memory[str] = Memory()

    def envelopes(self) -> dict[str, str]:
        """Return the envelopes that are remembered, by session."""
        return self._events.envelopes()

    def report_received(self, on_received: OnReceived) -> None:
        """Report each message that enters the queue: see `Reader`."""
        self._events.report_received(on_received)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        head = _HEAD.match(line.message)
        if head is None:
            return None
        pattern = _FIELD_OF_CSV if head[3] == "," else _FIELD
        fields, end = _fields(line.message, head.end(), pattern)
        if fields is None:
            return None
        line.time = time_of(f"{head[1]} {head[2]}") or line.time
        kind = fields.get("type")
        if kind == "statistics":
            is_whole = end >= len(line.message.rstrip())
            return self._history(line, fields) if is_whole else None
        left = line.message[end:].rstrip()
        if kind != "event" or fields.get("subtype") != "smtp" or not left.startswith(_MESSAGE):
            return None if end < len(line.message) and not left.startswith(_MESSAGE) else ()
        message = left.removeprefix(_MESSAGE).removeprefix('"').removesuffix('"')
        return self._event(line, fields.get("session_id") or "", message)

    def _event(self, line: Line, session: str, message: str) -> list[Delivery] | None:
        if match := _PROXIED.match(message):
            return [_proxied(line, session, match)]
        words = f"{session}: {message}" if session else message
        place = line.number, line.source, line.time, line.host, line.program, line.pid
        found = self._events.read(Line(line.text, words, *place))
        if found is None:
            return None if session or _OUTCOMES.search(message) else []
        deliveries = list(found)
        if any(each.status is Status.REJECTED for each in deliveries):
            self._refused[session] = session
        return deliveries

    def _history(self, line: Line, fields: Mapping[str, str]) -> tuple[Delivery, ...] | None:
        actions = [action.strip() for action in fields.get("disposition", "").split(";")]
        status = next((_KEPT_BACK[action] for action in actions if action in _KEPT_BACK), None)
        if status is None:
            return () if set(actions) <= _LET_THROUGH else None
        session = fields.get("session_id") or None
        if status is Status.REJECTED and self._refused.get(session) is not None:
            return ()
        client = fields.get("client_ip") or fields.get("client_name")
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.OUTGOING
                if fields.get("direction") == "out"
                else Direction.INCOMING,
                queue_id=session,
                sender=fields.get("from"),
                recipient=fields.get("to") or None,
                relay_host=fields.get("client_name") or client or None,
                relay_ip=client or None,
                status=status,
                text=": ".join(filter(None, (";".join(actions), fields.get("classifier")))),
            ),
        )


def _fields(text: str, start: int, pattern: re.Pattern[str]) -> tuple[dict[str, str] | None, int]:
    """Return the fields up to the message, and where that begins; None where one is there twice."""
    fields: dict[str, str] = {}
    while (match := pattern.match(text, start)) and match[1] != "msg":
        if match[1] in fields:
            return None, start
        fields[match[1]] = match[2] if match[2] is not None else match[3]
        start = match.end()
    return fields, start


def _proxied(line: Line, session: str, match: re.Match[str]) -> Delivery:
    recipient, delay, ip, words = match.groups()
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        queue_id=session or None,
        recipient=recipient,
        relay_host=ip,
        relay_ip=ip,
        status=Status.SENT if words.startswith(_SENT) else status_by_code(words),
        delay=float(delay),
        text=words,
        reply_by=said_by(ReplyBy.REMOTE, words),
    )


def _detect(line: Line) -> bool:
    return _HEAD.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    FortiMailReader,
    needles=("log_id=",),
    order=30,  # before exim, whose lines begin with the same stamp and may go on with anything
    certain=re.compile(r"date=[0-9-]{10}[ ,]time=[0-9:.]{8,15}[ ,][a-z_]{1,40}="),
)
