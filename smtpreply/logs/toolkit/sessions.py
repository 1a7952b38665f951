"""`Sessions`: deliveries from logs that record SMTP sessions, command by command.

`smtpreply.dialogue.session` pairs the replies with the commands. Here each reply becomes a
`Delivery`, one for each recipient that it is about, with a status where it decides what becomes of
the message.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import attrs

from smtpreply.dialogue.session import Answer, Session
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.stage import Stage

# Sessions at once, and the characters that they hold; of more, the oldest are given up.
_MOST = 10_000
_ROOM = 1 << 23

_ABOUT_MAIL = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.END_OF_DATA)
# An EHLO that is refused is only tried as HELO, and after STARTTLS the client may go on without.
_REFUSES_MAIL = (Stage.CONNECT, Stage.AUTH, *_ABOUT_MAIL)


def fields_for(answer: Answer, direction: Direction) -> Iterator[dict[str, Any]]:
    """Yield the fields of a reply's deliveries: one for each recipient it is about, or for none.

    Args:
        answer: the reply.
        direction: incoming where the replies are our own.
    """
    for recipient in answer.recipients or (None,):
        yield {
            "direction": direction,
            "sender": answer.sender,
            "recipient": recipient,
            "stage": answer.stage,
            "status": status_by(answer, direction),
            "text": answer.text,
            "reply_by": ReplyBy.REMOTE if direction is Direction.OUTGOING else ReplyBy.OWN,
            "shared": True if len(answer.recipients) > 1 else None,
        }


def status_by(answer: Answer, direction: Direction) -> Status | None:
    """Return what a reply makes of the message; None where it does not decide that."""
    refused = answer.code >= 400
    if direction is Direction.INCOMING:
        return Status.REJECTED if refused and answer.stage in _REFUSES_MAIL else None
    if refused and answer.stage in _ABOUT_MAIL:
        return Status.DEFERRED if answer.code < 500 else Status.BOUNCED
    accepted = answer.code < 300 and answer.stage is Stage.END_OF_DATA
    return Status.SENT if accepted else None


@attrs.define
class LoggedSession:
    """A session under way in a log.

    Attributes:
        mta: the format that is read.
        direction: incoming where we are the server.
        line: the line that was read last.
        fields: what is known of each of its deliveries; it has precedence over the reply's own.
        session: its commands and replies.
    """

    mta: str
    direction: Direction
    line: Line
    fields: dict[str, Any] = attrs.field(factory=dict)
    session: Session = attrs.field(factory=Session)

    def command(self, text: str) -> None:
        """Take what the client sent."""
        self.session.command(text)

    def reply(self, line: Line, text: str) -> list[Delivery]:
        """Take a line of a reply, or some of its lines; return its deliveries once it is whole."""
        self.line = line
        return self._deliveries(self.session.reply_line(text))

    def unfinished(self) -> list[Delivery]:
        """Return the deliveries of a reply whose last line is not in the log."""
        return self._deliveries(self.session.unfinished())

    def _deliveries(self, answer: Answer | None) -> list[Delivery]:
        if answer is None:
            return []
        return [
            delivery_in(self.line, self.mta, **(told | self.fields))
            for told in fields_for(answer, self.direction)
        ]


class Sessions:
    """The sessions under way in a log, by the names that the log gives them.

    Args:
        mta: the format that is read.
    """

    def __init__(self, mta: str) -> None:
        self._mta = mta
        self._sessions: OrderedDict[str, LoggedSession] = OrderedDict()
        self._given_up: list[Delivery] = []
        self._read = 0  # characters, since it was last counted what the sessions hold

    def get(self, name: str) -> LoggedSession | None:
        """Return the session of a name; None where there is none."""
        return self._sessions.get(name)

    def begin(self, name: str, direction: Direction, line: Line, **fields: Any) -> LoggedSession:
        """Begin a session, in place of one of the same name.

        Args:
            name: the session's.
            direction: incoming where we are the server.
            line: where it begins.
            fields: what is known of each of its deliveries.
        """
        self.end(name)
        session = self._sessions[name] = LoggedSession(self._mta, direction, line, fields)
        if len(self._sessions) > _MOST:
            self._give_up_oldest()
        return session

    def _give_up_oldest(self) -> None:
        _, oldest = self._sessions.popitem(last=False)
        self._given_up += oldest.unfinished()

    def _make_room(self) -> None:
        """Give up the oldest sessions where all hold too much."""
        self._read = 0
        held = {name: session.session.held for name, session in self._sessions.items()}
        total = sum(held.values())
        for name in list(held)[:-1]:
            if total <= _ROOM:
                break
            total -= held[name]
            self._give_up_oldest()

    def of(self, name: str, direction: Direction, line: Line) -> LoggedSession:
        """Return the session of a name, a new one where none goes in this direction."""
        known = self._sessions.get(name)
        self._read += len(line.text)
        if self._read > _ROOM:
            self._make_room()
            known = self._sessions.get(name)
        if known is not None and known.direction is direction:
            return known
        return self.begin(name, direction, line)

    def end(self, name: str) -> None:
        """Forget the session of a name, if there is one."""
        session = self._sessions.pop(name, None)
        self._given_up += session.unfinished() if session else []

    def given_up(self) -> list[Delivery]:
        """Return, once, the replies without an end of sessions that were forgotten."""
        if not self._given_up:
            return []
        found, self._given_up = self._given_up, []
        return found

    def finish(self) -> list[Delivery]:
        """Return the replies that have not ended."""
        for session in self._sessions.values():
            self._given_up += session.unfinished()
        return self.given_up()
