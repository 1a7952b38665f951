"""HCL (IBM Lotus) Domino: what servers answer its router, where SMTPClientDebug=1 is set.

From IBM's technotes on SMTPClientDebug and on replies of several lines (swg21622401); on the
console, in console.log and in the Miscellaneous Events of log.nsf::

    line  = stamp SP "[" process ":" thread "-" thread "]" SP "SMTPClient: " words
    words = "ReceiveResponse: " one line of a reply / ...
    stamp = date SP time [SP ("AM" / "PM")]        ; in the form of the server's country

The lines of a reply are those of one thread. The command before it is not logged in a form that is
documented, so the stage is what the reply's own words show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.sessions import Answered, Session
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "domino"

_LINE = re.compile(
    r"(?:([0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: [AP]M)?) +)?"
    r"(\[[0-9A-Fa-f]{1,8}:[0-9A-Fa-f]{1,8}(?:-[0-9A-Fa-f]{1,16})?\]) +SMTPClient: (.*)\Z",
    re.DOTALL,
)
_RESPONSE = "ReceiveResponse: "
_THREADS = 1000  # whose replies are under way; a server has fewer


def _detect(line: Line) -> bool:
    return _LINE.match(line.text) is not None


@attrs.define
class _Thread:
    """A thread of the router, and the line that it wrote last."""

    line: Line
    session: Session = attrs.field(factory=Session)


class DominoReader(Reader):
    """Reads the lines of one log. It remembers the reply that each thread is receiving."""

    def __init__(self) -> None:
        self._threads: dict[str, _Thread] = {}

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _LINE.match(line.text)
        if match is None:
            return None
        stamp, name, words = match.groups()
        line.time = line.time or time_of(stamp)
        if not words.startswith(_RESPONSE):
            return self._left(name)  # whatever it does next, the reply is over
        thread = self._threads.setdefault(name, _Thread(line))
        thread.line = line
        answered = thread.session.reply_line(words.removeprefix(_RESPONSE).rstrip())
        found = _deliveries(thread, answered)
        if found:
            del self._threads[name]
        if len(self._threads) > _THREADS:
            found += self._left(next(iter(self._threads)))
        return found

    def finish(self) -> Iterator[Delivery]:
        """Yield the replies whose last line is not in the log."""
        while self._threads:
            yield from self._left(next(iter(self._threads)))

    def _left(self, name: str) -> list[Delivery]:
        thread = self._threads.pop(name, None)
        return _deliveries(thread, thread.session.unfinished()) if thread else []


def _deliveries(thread: _Thread, answered: Answered | None) -> list[Delivery]:
    if answered is None:
        return []
    return [
        delivery_in(
            thread.line,
            _NAME,
            direction=Direction.OUTGOING,
            stage=answered.stage,
            text=answered.text,
            reply_by=ReplyBy.REMOTE,
        )
    ]


FORMAT = Format(
    _NAME,
    _detect,
    DominoReader,
    needles=("SMTPClient: ",),
    order=10,  # before exim, which takes any line with a date and a time for one of its own
)
