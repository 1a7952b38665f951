r"""hMailServer: each command and each reply of each session.

From Common/Application/Logger.cpp::

    row     = QSERVICE TAB THREAD TAB SESSION TAB QSTAMP TAB QIP TAB QUOTE WAY ": " TEXT QUOTE
            / QTYPE TAB THREAD TAB QSTAMP TAB QTEXT          ; QTYPE: "APPLICATION", "TCPIP", ...
    SERVICE = "SMTPC"               ; we are the client: what is received are the server's replies
            / "SMTPD"               ; we are the server: what is sent are our own replies
            / "POP3D" / "IMAPD" / ...
    WAY     = "SENT" / "RECEIVED"

A newline is "[nl]". Nothing is escaped, and what is longer than a set length is cut in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.sessions import Sessions
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "hmailserver"

# Where people quote such rows, their tabs have often become spaces.
_ROW = re.compile(
    r"\"(SMTPC|SMTPD)\"[\t ]+-?[0-9]{1,10}[\t ]+([0-9]{1,20})[\t ]+\"([^\"\t]{0,40})\"[\t ]+"
    r"\"([^\"\t]{0,100})\"[\t ]+\"(SENT|RECEIVED): (.*)\"?\Z",
    re.DOTALL,
)
_OTHER = re.compile(
    r"\"(?:SMTPC|SMTPD|POP3C|POP3D|IMAPD|APPLICATION|DEBUG|ERROR|TCPIP|BACKUP|EVENTS)\""
    r"[\t ]+-?[0-9]"
)
_NEWLINE = "[nl]"


class HMailServerReader(Reader):
    """Reads the rows of one log. It remembers the sessions under way."""

    def __init__(self) -> None:
        self._sessions = Sessions(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        row = _ROW.match(line.message)
        if row is None:
            return () if _OTHER.match(line.message) else None
        service, number, stamp, ip, way, text = row.groups()
        is_ours = service == "SMTPD"
        direction = Direction.INCOMING if is_ours else Direction.OUTGOING
        line.time = line.time or time_of(stamp)
        session = self._sessions.of(f"{service} {number} {ip}", direction, line)
        text = text.removesuffix('"').replace(_NEWLINE, "\n").rstrip()
        if (way == "RECEIVED") is is_ours:
            session.command(text)
            return ()
        session.fields = {"relay_host": ip or None, "relay_ip": ip or None}
        return [*session.reply(line, text), *self._sessions.given_up()]

    def finish(self) -> Iterable[Delivery]:
        """Return the replies that have not ended."""
        return self._sessions.finish()


def _detect(line: Line) -> bool:
    return line.program is None and _OTHER.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    HMailServerReader,
    begins=r'"',
    needles=('"SMTP', '"APPLICATION"', '"TCPIP"', '"DEBUG"'),
    certain=re.compile(r"\"(?:SMTP[CD]|APPLICATION|TCPIP|DEBUG)\"\t+-?[0-9]"),
)
