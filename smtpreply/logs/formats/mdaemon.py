"""MDaemon: each command and each reply of each session, in its own words around them.

From the manual (Logging, "Log ID string in mail session logs") and transcripts in its bounces::

    line    = WEEKDAY " " DATE " " TIME ": " ["[" SESSION [":" CHILD] "] "] EVENT
    EVENT   = "Session " N "; child " N            ; a session begins
            / "--> " TEXT                          ; MDaemon sends
            / "<-- " TEXT                          ; MDaemon receives
            / "Attempting SMTP connection to [" HOST [":" PORT] "]"        ; it is the client
            / "Accepting SMTP connection from [" IP [":" PORT] "] ..."     ; it is the server
            / "Attempting to connect to " IP ":" PORT / words

A session is logged as a whole, when it is over. Which side MDaemon is on shows in its replies, too:
they begin with a code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import attrs

from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.dialogue import Dialogue, Dialogues
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.fields import REPLY_HEAD, port_of
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "mdaemon"

_LINE = re.compile(
    r" ?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]{1,6})?): (?:[0-9]{2}: )?(?:\[([0-9]{1,10}(?::[0-9]{1,10})?)\] )?(.*)\Z",
    re.DOTALL,
)
_SPOKEN = re.compile(r"(-->|<--) ?(.*)\Z", re.DOTALL)
_BEGIN = re.compile(r"Session [0-9]|-{5,}|Parsing message <")
_PEER = re.compile(
    r"(?:(Attempting) (?:SMTP|ESMTP)? ?connection to|(Accepting) (?:SMTP|ESMTP) connection from|"
    r"(Attempting) to connect to|Connection established)"
    r" ?[\[(]?(?:([^\s\[\]]{1,255}?)(?::([0-9]{1,5}))?)?(?=[\s\])]|\.?\Z)"
)
_NUMERIC = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{2,45}\Z")


@attrs.define
class _Session:
    dialogue: Dialogue | None = None
    host: str | None = None
    ip: str | None = None
    port: int | None = None


class MDaemonReader(Reader):
    """Reads the lines of one log. It remembers the sessions under way."""

    def __init__(self) -> None:
        self._sessions: Memory[_Session] = Memory()
        self._dialogues = Dialogues(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _LINE.match(line.message)
        if match is None:
            return None
        stamp, number, event = match.groups()
        key = number or ""
        session = self._sessions.get(key)
        if session is None or _BEGIN.match(event):
            session = self._sessions[key] = _Session()
        if spoken := _SPOKEN.match(event):
            return self._spoken(line, key, session, time_of(stamp), spoken)
        if peer := _PEER.match(event):
            _met(session, peer)
        return ()

    def _spoken(
        self,
        line: Line,
        key: str,
        session: _Session,
        time: datetime | None,
        spoken: re.Match[str],
    ) -> list[Delivery]:
        way, text = spoken.groups()
        is_reply = REPLY_HEAD.match(text) is not None
        is_ours = (way == "-->") is is_reply
        if session.dialogue is None:
            session.dialogue = Dialogue(is_ours)
        if session.dialogue.is_ours is not is_ours:  # a text of the message, or a secret
            return []
        if not is_reply:
            session.dialogue.command(text)
            return []
        return self._dialogues.replied(
            line,
            key,
            session.dialogue,
            text,
            relay_host=session.host,
            relay_ip=session.ip,
            relay_port=session.port,
            time=time,
        )

    def finish(self) -> Iterable[Delivery]:
        """Return the replies that have not come to an end."""
        return self._dialogues.finish()


def _met(session: _Session, peer: re.Match[str]) -> None:
    attempting, accepting, connecting, host, port = peer.groups()
    if host is None:
        return
    if host.endswith(":"):  # an address of IPv6, whose end is no port
        host, port = f"{host}:{port}", None
    if session.dialogue is None and (attempting or accepting or connecting):
        session.dialogue = Dialogue(is_ours=accepting is not None)
    if _NUMERIC.match(host):
        session.ip = host
    else:
        session.host, session.ip = host, None
    session.port = port_of(port) or session.port


def _detect(line: Line) -> bool:
    return line.program is None and _LINE.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    MDaemonReader,
    needles=("Mon 2", "Tue 2", "Wed 2", "Thu 2", "Fri 2", "Sat 2", "Sun 2"),
)
