"""What formats share that log each command and each reply of a session, as hMailServer's does.

A reply answers the command before it. It is given as a `Delivery`, with a status where it decides
what becomes of the message: a refusal of a recipient does, and the answer to the end of the data
does for all recipients that were accepted before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import stage_of
from smtpreply.logs.toolkit.recent import CAPACITY, Memory
from smtpreply.stage import Stage

_REPLY = re.compile(r"([2-5][0-9]{2})(?:[ -]|\Z)")
_ADDRESS = re.compile(r"(?:MAIL FROM|RCPT TO):\s*<?([^<>\s]{0,320})>?", re.IGNORECASE)
_OTHER = re.compile(r"(?:RSET|NOOP|HELP|VRFY|EXPN|ETRN)(?= |\Z)", re.IGNORECASE)
_MOST_RECIPIENTS = 1000
_MOST_LINES = 200  # of a reply
# Where no command was seen, as at the beginning of a file, the code alone may tell.
_STAGES = {"220": Stage.CONNECT, "221": Stage.QUIT, "334": Stage.AUTH, "354": Stage.DATA}


@attrs.define
class Dialogue:
    """A session under way, as a log tells of it line by line.

    Attributes:
        is_ours: whether we are the server: then the replies are our own.
        stage: what has been asked last; None at the beginning.
        sender, recipients: of the message under way.
    """

    is_ours: bool
    stage: Stage | None = None
    sender: str | None = None
    recipients: list[str] = attrs.field(factory=list)
    asked: str | None = None

    def command(self, text: str) -> None:
        """Note a command of the client."""
        stage = stage_of(text.partition(":")[0].strip())
        if stage is None and (other := _OTHER.match(text)):
            self.stage = None
            if other[0].upper() == "RSET":
                self.sender, self.recipients = None, []
        if stage is None:
            return  # or a secret of AUTH, or text of the message
        self.stage = stage
        address = _ADDRESS.match(text)
        if stage is Stage.MAIL:
            self.sender, self.recipients = address[1] if address else None, []
        elif stage is Stage.RCPT:
            self.asked = address[1] if address else None

    def reply(self, text: str) -> Iterator[dict[str, Any]]:
        """Yield what a reply of the server tells: the fields of a delivery, or of several."""
        match = _REPLY.match(text)
        if match is None:
            return
        code = match[1]
        stage = self.stage or _STAGES.get(code)
        recipients: list[str | None] = [self.asked] if stage is Stage.RCPT else [None]
        status = self._status(stage, code)
        if stage is Stage.RCPT and code < "300" and self.asked is not None:
            if len(self.recipients) < _MOST_RECIPIENTS:
                self.recipients.append(self.asked)
        elif stage is Stage.DATA and code == "354":
            self.stage = Stage.END_OF_DATA
        elif stage is Stage.END_OF_DATA and self.recipients:
            recipients, self.recipients = [*self.recipients], []
        for recipient in recipients:
            yield {
                "direction": Direction.INCOMING if self.is_ours else Direction.OUTGOING,
                "sender": self.sender,
                "recipient": recipient,
                "stage": stage,
                "status": status,
                "text": text,
                "reply_by": ReplyBy.OWN if self.is_ours else ReplyBy.REMOTE,
            }

    def _status(self, stage: Stage | None, code: str) -> Status | None:
        if self.is_ours:
            return Status.REJECTED if code >= "400" else None
        if stage is Stage.END_OF_DATA and code < "300":
            return Status.SENT
        if code < "400" or stage not in (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA):
            return None
        return Status.BOUNCED if code >= "500" else Status.DEFERRED


@attrs.frozen
class _Held:
    """Lines of a reply whose last one has not been seen."""

    line: Line
    dialogue: Dialogue
    fields: Mapping[str, Any]
    lines: list[str]


class Dialogues:
    """The sessions under way in a log, and the replies that go on in a later line.

    Args:
        mta: the format that is read.
    """

    def __init__(self, mta: str) -> None:
        self._mta = mta
        self._sessions: Memory[Dialogue] = Memory()
        self._held: dict[str, _Held] = {}

    def of(self, key: str, *, is_ours: bool) -> Dialogue:
        """Return the session of a name, new where it is not known."""
        known = self._sessions.get(key)
        if known is None or known.is_ours is not is_ours:
            known = self._sessions[key] = Dialogue(is_ours)
        return known

    def replied(
        self, line: Line, key: str, dialogue: Dialogue, text: str, **fields: Any
    ) -> list[Delivery]:
        """Return what a reply tells, when its last line has been seen.

        Args:
            line: where it stands.
            key: the session's name.
            dialogue: the session.
            text: the reply, or a line of it.
            fields: what else is known of a delivery; a ``time`` is used where the line has none.
        """
        held = self._held.pop(key, None)
        lines = [*held.lines, text] if held else [text]
        last = text.rpartition("\n")[2]
        if not (_REPLY.match(last) and last[3:4] == "-" and len(lines) < _MOST_LINES):
            return self._told(line, dialogue, lines, fields)
        self._held[key] = _Held(line, dialogue, fields, lines)
        if len(self._held) > CAPACITY:
            return self._left(next(iter(self._held)))
        return []

    def finish(self) -> list[Delivery]:
        """Return the replies that have not come to an end."""
        return [found for key in list(self._held) for found in self._left(key)]

    def _left(self, key: str) -> list[Delivery]:
        held = self._held.pop(key)
        return self._told(held.line, held.dialogue, held.lines, held.fields)

    def _told(
        self, line: Line, dialogue: Dialogue, lines: list[str], fields: Mapping[str, Any]
    ) -> list[Delivery]:
        known = dict(fields)
        time = known.pop("time", None)
        found = [
            delivery_in(line, self._mta, **(told | known))
            for told in dialogue.reply("\n".join(lines))
        ]
        if line.time is None and time is not None:
            return [attrs.evolve(delivery, time=time) for delivery in found]
        return found
