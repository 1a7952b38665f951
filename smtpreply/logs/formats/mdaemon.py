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

import attrs

from smtpreply._support.dates import WEEKDAY, WEEKDAYS
from smtpreply.logs.delivery import Delivery, Direction
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.fields import REPLY_HEAD, port_of
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.sessions import Sessions
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "mdaemon"

_LINE = re.compile(
    rf" ?{WEEKDAY} "
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
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
class _Peer:
    """The peer of a session, as far as its lines name it."""

    direction: Direction | None = None
    host: str | None = None
    ip: str | None = None
    port: int | None = None

    def meet(self, match: re.Match[str]) -> None:
        attempting, accepting, connecting, host, port = match.groups()
        if host is None:
            return
        if host.endswith(":"):  # an address of IPv6, whose end is no port
            host, port = f"{host}:{port}", None
        if self.direction is None and (attempting or accepting or connecting):
            self.direction = Direction.INCOMING if accepting else Direction.OUTGOING
        if _NUMERIC.match(host):
            self.ip = host
        else:
            self.host, self.ip = host, None
        self.port = port_of(port) or self.port


class MDaemonReader(Reader):
    """Reads the lines of one log. It remembers the sessions under way."""

    def __init__(self) -> None:
        self._peers: Memory[_Peer] = Memory()
        self._sessions = Sessions(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _LINE.match(line.message)
        if match is None:
            return None
        stamp, number, event = match.groups()
        line.time = line.time or time_of(stamp)
        name = number or ""
        peer = self._peers.get(name)
        if peer is None or _BEGIN.match(event):
            peer = self._peers[name] = _Peer()
            self._sessions.end(name)
        if spoken := _SPOKEN.match(event):
            return [*self._spoken(line, name, peer, spoken), *self._sessions.given_up()]
        if met := _PEER.match(event):
            peer.meet(met)
        return self._sessions.given_up()

    def _spoken(self, line: Line, name: str, peer: _Peer, spoken: re.Match[str]) -> list[Delivery]:
        way, text = spoken.groups()
        is_reply = REPLY_HEAD.match(text) is not None
        direction = Direction.INCOMING if (way == "-->") is is_reply else Direction.OUTGOING
        peer.direction = peer.direction or direction
        if peer.direction is not direction:  # a text of the message, or a secret
            return []
        session = self._sessions.of(name, direction, line)
        if not is_reply:
            session.command(text)
            return []
        session.fields = {"relay_host": peer.host, "relay_ip": peer.ip, "relay_port": peer.port}
        return session.reply(line, text)

    def finish(self) -> Iterable[Delivery]:
        """Return the replies that have not ended."""
        return self._sessions.finish()


def _detect(line: Line) -> bool:
    return line.program is None and _LINE.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    MDaemonReader,
    begins=r" ?[A-Z][a-z]{2} [0-9]{4}-",
    needles=tuple(f"{day} 2" for day in WEEKDAYS),
    certain=re.compile(rf"{WEEKDAY} 2[0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}} [0-9:.]{{8,15}}: "),
)
