"""sSMTP: one line a mail, in syslog.

From ssmtp.c::

    line = "Sent mail for " SENDER " (" REPLY ") uid=" N " username=" U " outbytes=" N
         / COMMAND " (" REPLY ")"
         / "Cannot open " HOST ":" PORT / "Connection lost in middle of processing" / ...
         / words                                        ; of its settings, and of TLS

A success has the answer to QUIT. A failure has what was sent, and the answer to it, or why no
server answered: it keeps no queue, so the message is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import said_by, stage_of
from smtpreply.stage import Stage

_NAME = "ssmtp"

_SENT = re.compile(
    r"Sent mail for (\S{0,320}) \((.*)\) uid=[0-9]+ username=.{0,100} outbytes=[0-9]+\s*\Z",
    re.DOTALL,
)
_FAILED = re.compile(r"(.{1,400}?) \(([2-5][0-9]{2}(?:[ -].*)?)\)\s*\Z", re.DOTALL)
_LOST = re.compile(
    r"(?:Cannot open|Connection lost|Invalid response|Unable to (?:locate|connect|get)|"
    r"Server didn't|Did not get|Authorization failed|No recipients|STARTTLS|SSL not|SSL_connect)"
    r".{0,1000}\Z",
    re.DOTALL,
)
_UNDERSTOOD = re.compile(
    r"Creating SSL connection|SSL connection using|Set [A-Za-z]+=|Unable to set|"
    r".{1,255} not found\Z"
)
_ADDRESS = re.compile(r"(?:RCPT TO|MAIL FROM):<([^>]{0,320})>")


class SsmtpReader(Reader):
    """Reads each line on its own."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if match := _SENT.match(line.message):
            sender, text = match.groups()
            by = said_by(ReplyBy.REMOTE, text)
            return (
                delivery_in(
                    line,
                    _NAME,
                    direction=Direction.OUTGOING,
                    sender=sender,
                    stage=Stage.QUIT if by else None,
                    status=Status.SENT,
                    text=text or None,
                    reply_by=by,
                ),
            )
        match = _FAILED.match(line.message)
        if match is None and _LOST.match(line.message):
            return (
                delivery_in(
                    line,
                    _NAME,
                    direction=Direction.OUTGOING,
                    status=Status.BOUNCED,
                    text=line.message.strip(),
                ),
            )
        if match is None:
            return () if _UNDERSTOOD.match(line.message) else None
        command, text = match.groups()
        stage = stage_of(command.partition(":")[0])
        if stage is None and ("AUTH" in command or "uthoriz" in command):
            stage = Stage.AUTH
        address = _ADDRESS.match(command)
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.OUTGOING,
                sender=address[1] if address and stage is Stage.MAIL else None,
                recipient=address[1] if address and stage is Stage.RCPT else None,
                stage=stage,
                status=Status.BOUNCED,  # it keeps no queue
                text=text,
                reply_by=said_by(ReplyBy.REMOTE, text),
            ),
        )


def _detect(line: Line) -> bool:
    return line.program is not None and line.program.lower() == _NAME


FORMAT = Format(_NAME, _detect, SsmtpReader, programs=r"s[sS][mM][tT][pP]\Z")
