"""Zeek's smtp.log: what it saw of mail on a network.

From scripts/base/protocols/smtp/main.zeek and the logging framework::

    table  = "#separator " ... LF *("#" NAME TAB VALUE LF) "#fields" *(TAB NAME) LF *row
    row    = VALUE *(TAB VALUE) LF                  ; "-" is unset, "(empty)" empty, "," parts a set
    object = {"ts": ..., "mailfrom": ..., "rcptto": [...], "last_reply": ..., ...}

Of each message there is the last reply that the server gave, to whatever that was. The next message
or QUIT may have been answered, too, so it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from smtpreply.logs.delivery import Delivery, ReplyBy
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import port_of, said_by, text_of
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "zeek"

_PATH = "#path\tsmtp"
_FIELDS = "#fields\t"
_UNSET = ("-", "(empty)")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")


class ZeekReader(Reader):
    """Reads the rows of one log. It remembers what its columns are."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if line.fields is not None:
            return _deliveries(line, line.fields) if _is_ours(line.fields) else None
        text = line.message
        if text.startswith("#"):
            if text.startswith(_FIELDS):
                self._names = text.split("\t")[1:]
            return ()
        values = text.split("\t")
        if not self._names or len(values) != len(self._names):
            return None
        fields = {
            name: _unescaped(value)
            for name, value in zip(self._names, values, strict=True)
            if value not in _UNSET
        }
        recipients = fields.get("rcptto")
        return _deliveries(line, {**fields, "rcptto": recipients.split(",") if recipients else []})


def _deliveries(line: Line, fields: Mapping[str, Any]) -> list[Delivery]:
    recipients = fields.get("rcptto")
    peer = fields.get("id")
    server = (
        peer
        if isinstance(peer, dict)
        else {name: fields.get(f"id.{name}") for name in ("resp_h", "resp_p")}
    )
    text = text_of(fields.get("last_reply")) or None
    ip = text_of(server.get("resp_h"))
    message_id = text_of(fields.get("msg_id"))
    line.time = line.time or time_of(fields.get("ts"))
    return [
        delivery_in(
            line,
            _NAME,
            queue_id=text_of(fields.get("uid")),
            message_id=message_id.strip("<>") if message_id else None,
            sender=text_of(fields.get("mailfrom")),
            recipient=recipient,
            relay_host=ip,
            relay_ip=ip,
            relay_port=port_of(str(server.get("resp_p"))),
            tls="T" if fields.get("tls") in (True, "T") else None,
            text=text,
            reply_by=said_by(ReplyBy.REMOTE, text),
        )
        for recipient in _texts(recipients) or (None,)
    ]


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(item.strip("<>") for item in map(text_of, value) if item is not None)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "\\x" in text else text


def _is_ours(fields: Mapping[str, Any]) -> bool:
    return "last_reply" in fields and "rcptto" in fields and "uid" in fields


def _claims(head: Sequence[str]) -> bool:
    return any(line == _PATH for line in head)


def _detect(line: Line) -> bool:
    return line.fields is not None and _is_ours(line.fields)


FORMAT = Format(
    _NAME,
    _detect,
    ZeekReader,
    claims=_claims,
    needles=("#path\tsmtp", '"last_reply"'),
    members=('"last_reply"',),
)
