"""dma, the DragonFly Mail Agent.

From dma.c, net.c and local.c; its name in syslog holds the queue id, and so is no number::

    line  = STAMP " " HOST " dma[" QID "]" ["[" PID "]"] ": " EVENT
          / STAMP " " HOST " dma" ["[" PID "]"] ": " QID ": " EVENT        ; before 2010
    EVENT = "<" RCPT "> trying delivery" / "<" RCPT "> delivery successful"
          / "mail from=<" A "> to=<" A "> queued ..."
          / "trying remote delivery to " H " [" IP "] pref " N
          / "remote delivery deferred: " H " [" IP "] failed after " CMD ": " WORDS
          / "remote delivery to " H " [" IP "] failed after " CMD ": " WORDS
          / "connect to " H " [" IP "] failed: " WORDS
          / ("remote" / "local") " delivery " ("failed" / "deferred") ": " WORDS
          / "can not bounce a bounce message, discarding"
    CMD   = "connect" / "EHLO" / "MAIL FROM" / "RCPT TO" / "DATA" / "final DATA"
    WORDS = REPLY / what became of the connection
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import DAY_AND_HOUR, MINUTES, MONTH, STAMP
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import PATH, said_by, stage_of
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "dma"

_HEAD = re.compile(
    rf"(?:{STAMP} (\S{{1,255}}) )?dma\[([0-9a-f.]{{1,40}})\](?:\[[0-9]{{1,10}}\])?: "
)
_QUEUED = re.compile(rf"mail from=<({PATH})> to=<({PATH})>")
_ADDRESSED = re.compile(rf"<({PATH})> (trying delivery|delivery successful)")
_HOST = r"(\S{1,255}) \[([0-9A-Fa-f.:]{2,45})\]"
_FAILED = re.compile(
    rf"remote delivery (deferred:|to) {_HOST} failed after ([A-Za-z ]{{4,12}}): (.*)\Z", re.DOTALL
)
_UNREACHED = re.compile(rf"connect to {_HOST} failed: (.*)\Z", re.DOTALL)
_OUTCOME = re.compile(r"<|(?:remote|local) delivery|connect to ")
"""How a line begins that reports what became of a message: one that was cut is not understood."""
_DROPPED = re.compile(r"can not bounce a bounce message, discarding")
_OTHERWISE = re.compile(r"(remote|local) delivery (failed|deferred): ?(.*)\Z", re.DOTALL)
_OLD_ID = re.compile(r"([0-9a-f]{1,20}\.[0-9a-f]{1,20}): ")


class DmaReader(Reader):
    """Reads the lines of one log. It remembers who wrote to whom."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)
        self._recipients: Memory[str] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        queue_id, event = _parted(line)
        if match := _QUEUED.match(event):
            if queue_id:
                self._messages.learn(queue_id, sender=match[1])
            return ()
        if match := _ADDRESSED.match(event):
            if queue_id:
                self._recipients[queue_id] = match[1]
            if match[2] == "trying delivery":
                return ()
            return (self._delivery(line, queue_id, status=Status.SENT, recipient=match[1]),)
        if match := _FAILED.match(event):
            return (self._failed(line, queue_id, match),)
        if match := _UNREACHED.match(event):
            return (self._unreached(line, queue_id, match),)
        if match := _OTHERWISE.match(event):
            return (self._otherwise(line, queue_id, match),)
        if match := _DROPPED.match(event):
            return (self._delivery(line, queue_id, status=Status.DISCARDED, text=match[0]),)
        if _OUTCOME.match(event):
            return None
        return () if line.program == _NAME or _HEAD.match(line.message) else None

    def _failed(self, line: Line, queue_id: str | None, match: re.Match[str]) -> Delivery:
        what, host, ip, command, words = match.groups()
        return self._delivery(
            line,
            queue_id,
            relay_host=host,
            relay_ip=ip,
            stage=Stage.END_OF_DATA if command == "final DATA" else stage_of(command),
            status=Status.BOUNCED if what == "to" else Status.DEFERRED,
            text=words or None,
            reply_by=said_by(ReplyBy.REMOTE, words),
        )

    def _unreached(self, line: Line, queue_id: str | None, match: re.Match[str]) -> Delivery:
        host, ip, words = match.groups()
        return self._delivery(
            line, queue_id, relay_host=host, relay_ip=ip, stage=Stage.CONNECT, text=words or None
        )

    def _otherwise(self, line: Line, queue_id: str | None, match: re.Match[str]) -> Delivery:
        where, result, words = match.groups()
        return self._delivery(
            line,
            queue_id,
            direction=Direction.LOCAL if where == "local" else Direction.OUTGOING,
            status=Status.BOUNCED if result == "failed" else Status.DEFERRED,
            text=words or None,
        )

    def _delivery(self, line: Line, queue_id: str | None, **fields: Any) -> Delivery:
        known: dict[str, Any] = {
            "direction": Direction.OUTGOING,
            "recipient": self._recipients.get(queue_id),
        }
        if (head := _HEAD.match(line.message)) and head[1]:
            known["host"] = head[1]
        return self._messages.delivery(line, queue_id, **(known | fields))


def _parted(line: Line) -> tuple[str | None, str]:
    head = _HEAD.match(line.message)
    if head is not None:
        return head[2], line.message[head.end() :]
    if match := _OLD_ID.match(line.message):
        return match[1], line.message[match.end() :]
    return str(line.pid) if line.pid is not None else None, line.message


def _detect(line: Line) -> bool:
    return line.program == _NAME or _HEAD.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    DmaReader,
    programs=r"dma\Z",
    needles=("dma[",),
    certain=re.compile(
        rf"{MONTH}{DAY_AND_HOUR}{MINUTES} [A-Za-z0-9._-]+ dma\[[0-9]*[a-f.][0-9a-f.]*\]"
    ),
)
