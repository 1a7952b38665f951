"""Exchange's status of a queue or a recipient, alone: as it is pasted into tickets and threads.

From the output of ``Get-Queue``, ``Get-Message``, ``Get-MessageTrackingLog`` and
``Get-MessageTraceDetail``, the Queue Viewer and Exchange Online's message trace::

    line  = [label] status [words]
    label = name 1*SP ":" SP        ; a list in PowerShell: "LastError : ", "RecipientStatus : "
          / name "=" / [event ":"] "Reason:" SP
    name  = "LastError" / "Last Error" / "RecipientStatus" / "Status" / "Detail" / "Error"

where ``status`` has pairs: see `smtpreply.logs.toolkit.exchange`. Behind LastError a reply may
stand alone, as Exchange 2007 and 2010 write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.exchange import answer_in, is_expired
from smtpreply.logs.toolkit.fields import status_by_code
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "exchange-status"

_STATUS = re.compile(
    r"[ \t]{0,80}['\"]?(?:(?:Last ?Error|RecipientStatus|Status|Detail|Error)[ \t]{0,80}[:=] ?)?"
    r"(?:(?:[A-Za-z]{2,20}: ?)?Reason: ?)?['\"]?\{?\[\{(?:LRT=[^{}]{0,80}\};\{)?LED=",
    re.IGNORECASE,
)
_LAST_ERROR = re.compile(
    r"[ \t]{0,80}Last ?Error[ \t]{0,80}: ([2-5][0-9]{2}[ -].*)\Z", re.IGNORECASE | re.DOTALL
)
_IN_QUEUE = re.compile(r"[ \t]{0,80}Last ?Error", re.IGNORECASE)


def _detect(line: Line) -> bool:
    text = line.message
    return _STATUS.match(text) is not None or _LAST_ERROR.match(text) is not None


class ExchangeStatusReader(Reader):
    """Reads each line on its own."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        last = _LAST_ERROR.match(line.message)
        if last is None and not _STATUS.match(line.message):
            return None
        answer = answer_in(last[1] if last else line.message)
        line.time = line.time or time_of(answer.retried)
        queued = last is not None or _IN_QUEUE.match(line.message) is not None
        spoke = answer.host is not None or answer.reply_by is ReplyBy.REMOTE
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.OUTGOING if spoke else None,
                relay_host=answer.host,
                relay_ip=answer.ip,
                status=_status(answer.text or "", queued=queued),
                text=answer.text,
                reply_by=answer.reply_by,
            ),
        )


def _status(text: str, *, queued: bool) -> Status | None:
    """Return the status. What has a last error in a queue is tried again, whatever the error."""
    if queued:
        return Status.DEFERRED
    status = status_by_code(text)
    if status is not Status.DEFERRED and is_expired(text):  # 400 4.4.7 warns of a delay
        return Status.EXPIRED
    return status


FORMAT = Format(
    _NAME,
    _detect,
    ExchangeStatusReader,
    needles=("{LED=", "LastError", "Last Error"),
    certain=re.compile(
        r"(?:(?:LastError|RecipientStatus|Status) *[:=] ?)?\{?\[\{L|LastError *: [2-5][0-9]{2} "
    ),
)
