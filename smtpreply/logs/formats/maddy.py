"""maddy: a message and, after a tab, a JSON object.

From framework/log, internal/endpoint/smtp, internal/target/queue and internal/smtpconn::

    line    = [STAMP " "] ["[debug] "] LOGGER ": " MESSAGE [TAB JSON]
    MESSAGE = ("MAIL FROM" / "RCPT" / "DATA" / ...) " error"      ; its replies to clients
            / "delivery attempt failed" / "delivery error" / "not delivered, permanent error"
            / "delivered" / "incoming message" / CODE " " ENH " " TEXT " (msg ID = " ID ")"
            / REPLY / ...                                 ; of a stamped "smtp", with its io_debug
    JSON    = {"smtp_code": N, "smtp_enchcode": ENH, "smtp_msg": TEXT, "reason": WORDS,
               "rcpt": ADDR, "sender": ADDR, "msg_id": ID, "src_ip": ADDRESS, "remote_server": HOST}
    TEXT    = HOST " said: " TEXT                                 ; a server did
            / "Network I/O error" / ...                           ; made up: none did
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import ANY_STAMP, DATE, STAMP
from smtpreply.logs.input.syslog import SEVERITY, Line
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import coded, port_of, said_by, stage_of, text_of
from smtpreply.stage import Stage

_NAME = "maddy"

_OLD_STAMP = r"[0-9]{2}\.[0-9]{2}\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
_LINE = re.compile(
    rf"(?:(?:{STAMP}|{_OLD_STAMP}) )?(?:\[debug\] )?([a-z][A-Za-z0-9_./:-]{{0,60}}): (.*)\Z",
    re.DOTALL,
)
_OBJECT = re.compile(
    r"[\t ](?=\{\")|\t"
)  # where people quote lines, a tab has often become a space
_SPOKEN = re.compile(
    rf"(?:{STAMP}|{_OLD_STAMP}) (?:\[debug\] )?(?:smtp|submission|lmtp): "
    r"([2-5][0-9]{2}[ -](?!.* \(msg ID = ).*)\Z",
    re.DOTALL,
)
_WORDS = rf"(?!{SEVERITY})[A-Za-z][A-Za-z ,]{{0,60}}"
_KEYS = frozenset(("msg_id", "smtp_code", "rcpt", "src_ip"))
_TOLD = re.compile(r"([2-5][0-9]{2} .*) \(msg ID = ([0-9a-f]{4,40})\)\Z", re.DOTALL)
_REFUSED = re.compile(r"(MAIL FROM|RCPT|RCPT TO|DATA|BDAT|AUTH|EHLO|HELO|LHLO) error\Z")
_SAID = re.compile(r"(\S{1,255}?)\.? said: (.*)\Z", re.DOTALL)
_ADDRESS = re.compile(r"\[?([0-9A-Fa-f.:]{2,45}?)\]?:([0-9]{1,5})\Z")
_OUTCOMES: Mapping[str, Status | None] = {
    "delivered": Status.SENT,
    "delivery attempt failed": Status.DEFERRED,
    "delivery error": None,
    "not delivered, permanent error": Status.BOUNCED,
    "not delivered, too many delivery attempts": Status.EXPIRED,
}


class MaddyReader(Reader):
    """Reads the lines of one log. It remembers who sent each message."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)
        self._last: str | None = None

    def read(self, line: Line) -> Iterable[Delivery] | None:
        spoken, logger, message, fields = _taken_apart(line.message)
        if logger is None:
            return None
        if spoken is not None:
            return self._spoken(line, spoken.rstrip())
        message_id = text_of(fields.get("msg_id"))
        if message == "incoming message" and message_id:
            self._messages.learn(message_id, sender=text_of(fields.get("sender")))
            return ()
        if refused := _REFUSED.match(message):
            return (self._refused(line, refused[1], fields),)
        if told := _TOLD.match(message):
            return self._repeated(line, *told.groups())
        if message in _OUTCOMES and message_id:
            return (self._outcome(line, message, fields),)
        if message.partition("\t")[0] in _OUTCOMES:  # its fields were cut
            return None
        return () if fields or line.program == _NAME or "." not in logger else None

    def _refused(self, line: Line, command: str, fields: Mapping[str, Any]) -> Delivery:
        text = _reply(fields)
        self._last = text
        address = _ADDRESS.match(text_of(fields.get("src_ip")) or "")
        return self._messages.delivery(
            line,
            text_of(fields.get("msg_id")),
            direction=Direction.INCOMING,
            sender=text_of(fields.get("sender")),
            recipient=text_of(fields.get("rcpt")),
            relay_host=text_of(fields.get("src_host")),
            relay_ip=address[1] if address else None,
            relay_port=port_of(address[2]) if address else None,
            stage=Stage.END_OF_DATA if command in ("DATA", "BDAT") else stage_of(command),
            status=Status.REJECTED,
            text=text or text_of(fields.get("reason")),
            reply_by=said_by(ReplyBy.OWN, text),
        )

    def _spoken(self, line: Line, text: str) -> Iterable[Delivery]:
        """Read a line about a reply to a client."""
        if text == self._last:
            return ()
        return (
            self._messages.delivery(
                line,
                None,
                direction=Direction.INCOMING,
                status=Status.REJECTED if text[0] in "45" else None,
                text=text,
                reply_by=ReplyBy.OWN,
            ),
        )

    def _repeated(self, line: Line, text: str, message_id: str) -> Iterable[Delivery]:
        """Read a reply to a client, unless the line before has reported it with more details."""
        if text == self._last or text[0] in "23":
            self._last = None
            return ()
        return (
            self._messages.delivery(
                line,
                message_id,
                direction=Direction.INCOMING,
                status=Status.REJECTED,
                text=text,
                reply_by=ReplyBy.OWN,
            ),
        )

    def _outcome(self, line: Line, message: str, fields: Mapping[str, Any]) -> Delivery:
        said = _SAID.match(text_of(fields.get("smtp_msg")) or "")
        text = _reply({**fields, "smtp_msg": said[2]} if said else fields)
        by = said_by(ReplyBy.REMOTE if said else ReplyBy.MTA, text)
        host = text_of(fields.get("remote_server")) or (said[1] if said else None)
        address = _ADDRESS.match(text_of(fields.get("remote_addr")) or "")
        return self._messages.delivery(
            line,
            text_of(fields.get("msg_id")),
            direction=Direction.OUTGOING,
            recipient=text_of(fields.get("rcpt")),
            relay_host=host.removesuffix(".") if host else None,
            relay_ip=address[1] if address else None,
            relay_port=port_of(address[2]) if address else None,
            status=_OUTCOMES[message],
            text=text or text_of(fields.get("reason")),
            reply_by=by,
        )


@functools.lru_cache(maxsize=1)  # asked to detect a line, and to read it
def _taken_apart(line: str) -> tuple[str | None, str | None, str, Mapping[str, Any]]:
    """Return what is said to a client, or the logger, the message and its fields."""
    match = _LINE.match(line)
    if match is None:
        return None, None, "", {}
    if spoken := _SPOKEN.match(line):
        return spoken[1], match[1], "", {}
    return None, match[1], *_parted(match[2])


def _parted(text: str) -> tuple[str, Mapping[str, Any]]:
    """Split a message from its object."""
    tab = _OBJECT.search(text)
    if tab is None:
        return text, {}
    return text[: tab.start()].rstrip(), _object(text[tab.end() :])


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _reply(fields: Mapping[str, Any]) -> str | None:
    """Return a reply of its parts; None where there is no code."""
    code = fields.get("smtp_code")
    if not isinstance(code, int) or not 100 <= code <= 999:
        return None
    return coded(code, text_of(fields.get("smtp_msg")) or "", text_of(fields.get("smtp_enchcode")))


def _detect(line: Line) -> bool:
    if line.program is not None:
        return line.program == _NAME
    spoken, _, message, fields = _taken_apart(line.message)
    if spoken is not None or not _KEYS.isdisjoint(fields):
        return True
    return _TOLD.match(message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    MaddyReader,
    programs=r"maddy\Z",
    begins=rf"(?:{ANY_STAMP}|{_OLD_STAMP} )(?:\[debug\] )?[a-z][A-Za-z0-9_./:-]{{0,60}}: ",
    needles=("\t{", '"msg_id"', '"smtp_code"', "(msg ID = ", " smtp: ", " submission: "),
    certain=re.compile(
        rf"(?:{DATE}T[0-9:.]{{8,15}}Z )?(?:queue|smtp): {_WORDS}\t\{{|"
        # Dovecot has a program of this name: what may be its, is not certain.
        rf"submission: (?!.*-login: )(?=[^(]*\Z|[^(]*\(msg ID = [0-9a-f]{{4,40}}\)\Z)"
        rf"(?:{_WORDS}\t\{{|[2-5][0-9][0-9] )",
        re.DOTALL,
    ),
)
