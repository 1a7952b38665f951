r"""Haraka: what its outbound queue delivers, and what it refuses to clients.

From logger.js, outbound/hmail.js, outbound/queue.js and connection.js::

    line     = [STAMP " "] "[" LEVEL "] [" UUID "] [" ORIGIN "] " MESSAGE   ; colours on a tty
             / "level=" LEVEL " uuid=" UUID " origin=" ORIGIN " message=" M *(" " KEY "=" VALUE)
             / {"level": LEVEL, "uuid": UUID, "origin": ORIGIN, "message": M, KEY: VALUE, ...}
    UUID     = "-" / connection ["." transaction ["." copy]]  ; "origin" was once "source"
    outbound = "recipient <" ADDR "> " ("rejected" / "deferred") ": " CODE " " [ENH " "] TEXT
             / "delivered file=" F " domain=" D " host=" H " ip=" IP " port=" N " mode=" M
               " tls=" YN [" auth=" YN] " response=" TEXT " delay=" S " fails=" N " rcpts=" N/N/N
             / "bouncing mail: " WHY / "Temp failing " FILE " for " N " seconds: " WHY
             / "Attempting to deliver to: " HOST ":" PORT ...
             / "Remote end " HOST ":" PORT " closed connection ..."
             / "Ongoing connection failed to " HOST ":" PORT " : " WORDS
    WHY      = REPLY / "Upstream error: " REPLY / "Too many failures (" WHY ")" / WORDS
             / "Some recipients failed: ..."                  ; each was reported before
    core     = ("sender" / "recipient") " <" ADDR "> " [...] "code=" WORD " msg=" TEXT ...
             / "message mid=" ID " size=" N " rcpts=" N/N/N " delay=" S " code=" WORD " msg=" TEXT
             / "queue code=" WORD " msg=" TEXT
             / "disconnect ip=" IP " rdns=" HOST ... " lr=" REPLY " time=" S  ; the last refusal

             / ("C" / "S") ": " LINE                         ; the PROTOCOL level
    plugin   = ("C" / "S") ": " LINE     ; of queue/smtp_forward and the like, as with "outbound"

The lines of a reply are joined by a space, without their codes, and a success has no code at all.
The PROTOCOL level has each reply in full, but other lines say what became of the message.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from smtpreply._support import regex as re
from smtpreply._support.numbers import number_of
from smtpreply._support.octets import rejoined
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status, with_changes
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import ANY_STAMP, DATE, STAMP
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages, delivery_in
from smtpreply.logs.toolkit.fields import PATH, ends_again, port_of, said_by, uncoloured
from smtpreply.logs.toolkit.json_events import bare
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.sessions import Sessions
from smtpreply.stage import Stage

_NAME = "haraka"

_UUID = r"(-|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?:\.[0-9]{1,9}){0,3})"
_LEVEL = r"(?:DATA|PROTOCOL|DEBUG|INFO|NOTICE|WARN|ERROR|CRIT|ALERT|EMERG)"
_STAMPED = re.compile(rf"{STAMP} +")
_HEAD = re.compile(
    rf"\[{_LEVEL}\] \[{_UUID}\] (?:\[core\] )?\[([^\[\]\s]{{1,100}})\] +|"
    rf"\[{_LEVEL}\] \[{_UUID}\] \[core\] +|\[(outbound)\] (?=recipient <)"
)
_LOGFMT = re.compile(
    rf"level={_LEVEL} uuid={_UUID} (?:origin|source)=([^\s=\"]{{1,100}}) message=",
)
_PAIR = re.compile(r"([^\s=]+)(?:=(\"(?:[^\"\\]|\\.)*+\"|\S*))?")
_ESCAPED = re.compile(r"\\(.)")

_RECIPIENT = re.compile(rf"recipient <({PATH})> (rejected|deferred): (.*)\Z", re.DOTALL)
_DELIVERED = re.compile(
    r"delivered file=\S* domain=\S* host=(?P<host>\S*) ip=(?P<ip>\S*) port=(?P<port>\S*) "
    r"mode=\S* (?:tls=(?P<tls>\S*) )?(?:auth=\S* )?"
    r"response=(?P<response>.*) delay=(?P<delay>[0-9.]*) fails=\S* rcpts=\S*\Z",
    re.DOTALL,
)
_BOUNCING = re.compile(r"bouncing mail: (.*)\Z", re.DOTALL)
_TEMP_FAILING = re.compile(r"Temp failing \S+ for [0-9.]+ seconds: (.*)\Z", re.DOTALL)
_OUTCOME = re.compile(r"recipient <|delivered file=|bouncing mail|Temp failing")
"""How a line begins that reports what became of a message: one that was cut is not understood."""
_TOO_MANY = re.compile(r"Too many failures \((.*)\)\Z", re.DOTALL)
_UPSTREAM = "Upstream error: "
_TOLD_BEFORE = re.compile(r"Some recipients (?:temp )?failed: ")
_ATTEMPT = re.compile(r"Attempting to deliver to: (\S{1,255}):([0-9]{1,5})")
_LOST = re.compile(
    r"(?:Remote end (\S{1,255}?):([0-9]{1,5}) closed connection|"
    r"Ongoing connection failed to (\S{1,255}?):([0-9]{1,5}) : )"
)
_ENVELOPE = re.compile(rf"(sender|recipient) <({PATH})>(?: +(.*))?\Z", re.DOTALL)
_QUEUE = re.compile(r"queue(?: +(.*))?\Z", re.DOTALL)
_CODE = re.compile(
    r"(?:relay=\S* )?code=(?P<code>[A-Z_]+) msg=(?P<msg>\".*?\"|\S*)"
    r"(?: (?:sender|relay|address|user|host)=(?:\"[^\"]*\"|\S*)){0,4}\Z",
    re.DOTALL,
)
# A client has chosen the Message-ID, and what a plugin says of the message may have its words:
# where another such line may begin in either, it is not known which is this one's.
_MESSAGE = re.compile(r"message(?: +(mid=.*))?\Z", re.DOTALL)
_COUNTED = r" size=[0-9]+ rcpts=[0-9]+/[0-9]+/[0-9]+ delay=[0-9.]+ "
_CHECKED = re.compile(rf"mid=(?P<mid>\".*\"|\S*){_COUNTED}(?=code=)", re.DOTALL)
_COUNTS = re.compile(_COUNTED)
_DISCONNECT = re.compile(r"disconnect(?: +(.*))?\Z", re.DOTALL)
_DISCONNECTED = re.compile(
    r"ip=(?P<ip>\S*) rdns=(?P<rdns>\S*) helo=.{0,300}? relay=[YN] early=[YN] esmtp=[YN] "
    r"tls=[YN] pipe=[YN] (?:errors=[0-9]+ )?txns=[0-9]+ rcpts=[0-9/]+ msgs=[0-9/]+ bytes=[0-9]+ "
    r"lr=(?P<lr>\".*\"|\S*) time=[0-9.]*\Z",
    re.DOTALL,
)
_NO_NAMES = ("", "Unknown", "DNSERROR", "NXDOMAIN", "NOHOST", "unknown")
_SPOKEN = re.compile(r"([CS]): (.*)\Z", re.DOTALL)
_DENIED = ("DENY", "DENYSOFT", "DENYDISCONNECT", "DENYSOFTDISCONNECT")
_NO_WORDS = ("", "[object Object]", "undefined")
_FORWARDERS = ("queue/smtp_", "queue/lmtp")


@attrs.define  # to make a frozen one takes three times as long
class _Entry:
    """A line taken apart, in whichever of the three forms it was written."""

    uuid: str | None
    origin: str
    message: str
    fields: Mapping[str, str] | None


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith("haraka"):
        return True
    return _entry(line) is not None


class HarakaReader(Reader):
    """Reads the lines of one log. It remembers senders, relays, and connections refused."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)
        self._relays: Memory[tuple[str, int | None]] = Memory()
        self._refused: Memory[bool] = Memory()
        self._sessions = Sessions(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        entry = _entry(line)
        if entry is None:
            return None
        if match := _SPOKEN.match(entry.message):
            return self._spoken(line, entry, *match.groups())
        is_outbound = entry.origin == "outbound"
        told = self._outbound(line, entry) if is_outbound else self._inbound(line, entry)
        if told is not None:
            return (told,)
        if _MESSAGE.match(entry.message) and len(_COUNTS.findall(entry.message)) > 1:
            return None
        return None if is_outbound and _is_cut(entry.message) else ()

    def _spoken(self, line: Line, entry: _Entry, who: str, text: str) -> Iterable[Delivery]:
        """Read a command or a line of a reply: in the core we are the server."""
        if entry.origin not in ("outbound", "core") and not entry.origin.startswith(_FORWARDERS):
            return ()
        is_ours = entry.origin == "core"
        key = f"{_connection(entry) if is_ours else entry.uuid} {entry.origin}"
        direction = Direction.INCOMING if is_ours else Direction.OUTGOING
        session = self._sessions.of(key, direction, line)
        text = text.removesuffix("\\r\\n").rstrip()
        if who == "C":
            session.command(text)
            return ()
        relay = None if is_ours else self._relays.get(entry.uuid)
        session.fields = {} if relay is None else _relay(*relay)
        session.fields |= {"queue_id": entry.uuid, "status": None}
        return [*session.reply(line, text), *self._sessions.given_up()]

    def finish(self) -> Iterable[Delivery]:
        """Return the replies that have not ended."""
        return self._sessions.finish()

    def _outbound(self, line: Line, entry: _Entry) -> Delivery | None:
        message = entry.message
        if match := _RECIPIENT.match(message):
            recipient, result, text = match.groups()
            if ends_again(text, 0):
                return None
            return self._sent(
                line,
                entry,
                recipient=recipient,
                status=Status.BOUNCED if result == "rejected" else Status.DEFERRED,
                stage=Stage.RCPT,
                text=text,
                reply_by=said_by(ReplyBy.REMOTE, text),
            )
        if (fields := _delivered(entry)) is not None:
            return self._delivered(line, entry, fields)
        if match := _BOUNCING.match(message):
            return self._given_up(line, entry, match[1], Status.BOUNCED)
        if match := _TEMP_FAILING.match(message):
            return self._given_up(line, entry, match[1], Status.DEFERRED)
        if (match := _ATTEMPT.match(message)) and entry.uuid:
            self._relays[entry.uuid] = match[1], port_of(match[2])
        elif match := _LOST.match(message):
            host, port = match[1] or match[3], match[2] or match[4]
            return self._sent(line, entry, relay=(host, port_of(port)), text=message)
        return None

    def _delivered(self, line: Line, entry: _Entry, fields: Mapping[str, str]) -> Delivery:
        text = fields.get("response") or None
        return self._sent(
            line,
            entry,
            relay_host=fields.get("host") or None,
            relay_ip=fields.get("ip") or None,
            relay_port=port_of(fields.get("port")),
            tls="Y" if fields.get("tls") == "Y" else None,
            status=Status.SENT,
            stage=Stage.END_OF_DATA,
            delay=number_of(fields.get("delay") or ""),
            text=text,
            reply_by=ReplyBy.REMOTE if text else None,
        )

    def _given_up(self, line: Line, entry: _Entry, why: str, status: Status) -> Delivery | None:
        if match := _TOO_MANY.match(why):
            status, why = Status.EXPIRED, match[1]
        if _TOLD_BEFORE.match(why):
            return None
        text = why.removeprefix(_UPSTREAM)
        by = said_by(ReplyBy.REMOTE, text)
        return self._sent(line, entry, status=status, text=text, reply_by=by)

    def _sent(
        self,
        line: Line,
        entry: _Entry,
        relay: tuple[str, int | None] | None = None,
        **fields: Any,
    ) -> Delivery:
        """Return what became of a message: its name is that of the transaction and of a copy."""
        relay = relay or self._relays.get(entry.uuid)
        known = {} if relay is None else _relay(*relay)
        if entry.uuid:
            transaction = entry.uuid.rpartition(".")[0]
            known["sender"] = self._messages.delivery(line, transaction).sender
        return self._messages.delivery(
            line, entry.uuid, **({"direction": Direction.OUTGOING} | known | fields)
        )

    def _inbound(self, line: Line, entry: _Entry) -> Delivery | None:
        if match := _ENVELOPE.match(entry.message):
            who, address, rest = match.groups()
            if who == "sender" and entry.uuid:
                self._messages.learn(entry.uuid, sender=address)
            return self._refusal(line, entry, rest, who, address)
        if match := _QUEUE.match(entry.message):
            return self._refusal(line, entry, match[1], "queue", None)
        if match := _MESSAGE.match(entry.message):
            return self._checked(line, entry, match[1])
        if match := _DISCONNECT.match(entry.message):
            return self._disconnected(line, entry, match[1])
        return None

    def _refusal(
        self, line: Line, entry: _Entry, rest: str | None, who: str, address: str | None
    ) -> Delivery | None:
        fields = _fields(entry, _CODE, rest)
        if fields is None or fields.get("code") not in _DENIED:
            return None
        self._refused[_connection(entry)] = True
        words = _unquoted(fields.get("msg") or "")
        text = None if words in _NO_WORDS else words
        return self._messages.delivery(
            line,
            entry.uuid,
            direction=Direction.INCOMING,
            sender=address if who == "sender" else None,
            recipient=address if who == "recipient" else None,
            stage={"sender": Stage.MAIL, "recipient": Stage.RCPT}.get(who, Stage.END_OF_DATA),
            status=Status.REJECTED,
            text=text,
            reply_by=ReplyBy.OWN if text else None,
        )

    def _checked(self, line: Line, entry: _Entry, rest: str | None) -> Delivery | None:
        """Read whether a message was refused after its data, by hooks of ``data_post``."""
        if entry.fields is not None:
            words, message_id = None, entry.fields.get("mid")
        elif (match := _CHECKED.match(rest or "")) and len(_COUNTS.findall(rest or "")) == 1:
            words, message_id = (rest or "")[match.end() :], _unquoted(match["mid"])
        else:
            return None
        refusal = self._refusal(line, entry, words, "message", None)
        return refusal and with_changes(refusal, message_id=bare(message_id))

    def _disconnected(self, line: Line, entry: _Entry, rest: str | None) -> Delivery | None:
        """Read the last refusal of a session, where no line before has reported one."""
        fields = _fields(entry, _DISCONNECTED, rest)
        told = self._refused.get(_connection(entry))
        self._refused.forget(_connection(entry))
        text = _unquoted(fields.get("lr") or "") if fields else ""
        if fields is None or told or not text:
            return None
        name = _unquoted(fields.get("rdns") or "")
        return delivery_in(
            line,
            _NAME,
            queue_id=entry.uuid,
            direction=Direction.INCOMING,
            relay_host=None if name in _NO_NAMES else name,
            relay_ip=fields.get("ip") or None,
            status=Status.REJECTED,
            text=text,
            reply_by=said_by(ReplyBy.OWN, text),
        )


def _entry(line: Line) -> _Entry | None:
    return _written(line.message) if line.fields is None else _structured(line.fields)


@functools.lru_cache(maxsize=1)  # asked to detect a line, and to read it
def _written(message: str) -> _Entry | None:
    text = uncoloured(message)
    if stamp := _STAMPED.match(text):
        text = text[stamp.end() :]
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return _structured(value) if isinstance(value, dict) else None
    if head := _HEAD.match(text):
        uuid = head[1] or head[3]
        origin = head[2] or head[4] or "core"
        return _Entry(None if uuid == "-" else uuid, origin, text[head.end() :], None)
    if head := _LOGFMT.match(text):
        fields = {
            pair[1]: _unquoted(pair[2] or "") for pair in _PAIR.finditer(text, head.end() - 8)
        }
        uuid = None if head[1] == "-" else head[1]
        return _Entry(uuid, head[2], fields.pop("message", "").strip(), fields)
    return None


def _is_cut(message: str) -> bool:
    """Return whether a message begins as an outcome does, and does not go on as one."""
    if _BOUNCING.match(message) or _TEMP_FAILING.match(message):
        return False  # of recipients that have lines of their own
    return _OUTCOME.match(message) is not None


def _structured(fields: Mapping[str, Any]) -> _Entry | None:
    uuid, origin, level = (fields.get(name) for name in ("uuid", "origin", "level"))
    message = fields.get("message")
    if not all(isinstance(part, str) for part in (uuid, origin, level, message)):
        return None
    if re.fullmatch(_UUID, str(uuid)) is None or re.fullmatch(_LEVEL, str(level)) is None:
        return None
    plain = {
        name: rejoined(str(value))
        for name, value in fields.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    }
    told = rejoined(str(message)).strip()
    return _Entry(None if uuid == "-" else str(uuid), str(origin), told, plain)


def _delivered(entry: _Entry) -> Mapping[str, str] | None:
    if entry.fields is not None:
        return entry.fields if "response" in entry.fields and "rcpts" in entry.fields else None
    match = _DELIVERED.match(entry.message)
    if match is None:
        return None
    return {name: _unquoted(value or "") for name, value in match.groupdict().items()}


def _fields(entry: _Entry, pattern: re.Pattern[str], rest: str | None) -> Mapping[str, str] | None:
    if entry.fields is not None:
        return entry.fields
    match = pattern.match(rest or "")
    return match.groupdict() if match else None


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text


def _connection(entry: _Entry) -> str:
    return (entry.uuid or "").partition(".")[0]


def _relay(host: str, port: int | None) -> dict[str, Any]:
    numeric = ":" in host or host.replace(".", "").isdecimal()
    return {"relay_host": host, "relay_ip": host if numeric else None, "relay_port": port}


_NEEDLES = (
    "[outbound] ", "[PROTOCOL] [", "[NOTICE] [", "[INFO] [", "[WARN] [", "[ERROR] [", "uuid=",
    '"uuid"',
)  # fmt: skip

FORMAT = Format(
    _NAME,
    _detect,
    HarakaReader,
    programs=r"haraka",
    begins=rf"{ANY_STAMP}(?:\[[A-Z]{{4,8}}\] |\[outbound\] |\{{\s*+\"|level=)",
    needles=_NEEDLES,
    members=('"uuid"',),
    certain=re.compile(rf"{DATE}T[0-9:.]{{8,15}}Z \[{_LEVEL}\] \[{_UUID}\] \["),
)
