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
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.fields import REPLY_HEAD
from smtpreply.logs.toolkit.sessions import Sessions
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "domino"

_LINE = re.compile(
    r"(?:([0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?: [AP]M)?) +)?"
    r"(\[[0-9A-Fa-f]{1,8}:[0-9A-Fa-f]{1,8}(?:-[0-9A-Fa-f]{1,16})?\]) +SMTPClient: (.*)\Z",
    re.DOTALL,
)
_RESPONSE = "ReceiveResponse: "


def _detect(line: Line) -> bool:
    return _LINE.match(line.text) is not None


class DominoReader(Reader):
    """Reads the lines of one log. It remembers the reply that each thread is receiving."""

    def __init__(self) -> None:
        self._threads = Sessions(_NAME)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        match = _LINE.match(line.text)
        if match is None:
            return None
        stamp, name, words = match.groups()
        line.time = line.time or time_of(stamp)
        if not words.startswith(_RESPONSE):
            self._threads.end(name)  # whatever it does next, the reply is over
            return self._threads.given_up()
        thread = self._threads.of(name, Direction.OUTGOING, line)
        thread.fields = {"status": None}  # which recipients it is about, is not logged
        text = words.removeprefix(_RESPONSE).rstrip()
        goes_on = thread.session.held > 0  # a reply's later lines may lack its code
        found = [*thread.reply(line, text), *self._threads.given_up()]
        return found if found or goes_on or REPLY_HEAD.match(text) else None

    def finish(self) -> Iterable[Delivery]:
        """Return the replies whose last line is not in the log."""
        return self._threads.finish()


FORMAT = Format(
    _NAME,
    _detect,
    DominoReader,
    needles=("SMTPClient: ",),
    order=10,  # before exim, which takes any line with a date and a time for one of its own
    certain=re.compile(
        r"[0-9]{2}[./][0-9]{2}[./][0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?: [AP]M)? +"
        r"\[[0-9A-F:-]+\] +SMTPClient: "
    ),
)
