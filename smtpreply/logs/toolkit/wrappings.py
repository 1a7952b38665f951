"""`Wrappings`: what containers, shippers and people put before lines, taken off a block at once.

`read_prefix` takes off whatever it knows, one line after the other. Here it is what all lines of a
block have before their header, which takes a tenth of the time::

    line    = [ NAME ] [ STAMP SP [ STREAM SP ] ] HEADER MESSAGE
    NAME    = "smtp-1  | " / "mail.log:12:" / "> " / "<22>" / ...   ; alike but for its numbers
    STREAM  = ("stdout" / "stderr") SP ("F" / "P")                  ; Kubernetes' CRI
    HEADER  = STAMP SP HOST SP PROGRAM ["[" PID "]"] ":" SP

Of the two stamps that counts which `read_prefix` takes. It is asked of some lines, and where it
reads anything else in them, the block is left as it is.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import NamedTuple

from smtpreply.logs.input.clock import DATE, DAY_AND_HOUR, FRACTION, MINUTES, MONTH, Clock
from smtpreply.logs.input.syslog import read_prefix
from smtpreply.logs.toolkit.other_programs import END, HOST, PROGRAM
from smtpreply.logs.toolkit.shapes import capturing, sample_of

_DATED = rf"{DATE}T[0-9][0-9]{MINUTES}{FRACTION}"
_UNDATED = rf"{MONTH}{DAY_AND_HOUR}{MINUTES}"
_BEHIND_STAMP = rf" {HOST} {PROGRAM}{END}"
_header = re.compile(rf"(?:({_DATED})|{_UNDATED}){_BEHIND_STAMP}")
_stamped = re.compile(rf"([^\n]*?)({_DATED})( (?:std(?:out|err) [FP] )?)")
_LONGEST = 300  # characters before and of the header
_MOST_PATTERNS = 32


class _Wrapping(NamedTuple):
    """Patterns of a line in a wrapping, whose groups are what is left of it, and of such lines."""

    line: re.Pattern[str]
    lines: re.Pattern[str]


class Wrappings:
    """The wrappings that were met."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool], _Wrapping] = {}

    def taken_off(self, block: str) -> str:
        """Return a block without what all of its lines have before their header.

        Args:
            block: whole lines, each with its line end.

        Returns:
            The block as it is, where its lines have no wrapping, or different ones.
        """
        first = block[:_LONGEST].partition("\n")[0]
        header = _header.search(first)
        if header is None or not header.start():
            return block
        before = re.sub("[0-9]+", "0", first[: header.start()])
        known = self._known.get((before, header[1] is not None))
        if known is None:
            known = _wrapping(first[: header.start()], is_dated=header[1] is not None)
            if len(self._known) < _MOST_PATTERNS:
                self._known[before, header[1] is not None] = known
        if known.lines.fullmatch(block) is None:
            return block
        for line in sample_of(block):
            if _read(line) != _read("".join(chain(*known.line.findall(line)))):
                return block
        return "".join(chain.from_iterable(known.line.findall(block)))


def _wrapping(before: str, *, is_dated: bool) -> _Wrapping:
    """Return the wrapping of a line by what is before its header."""
    stamped = _stamped.fullmatch(before)
    name, outer = (stamped[1], stamped[3]) if stamped else (before, "")
    pattern = re.sub("[0-9]+", "[0-9]++", re.escape(name))
    if stamped:
        pattern += f"(?P<outer>{_DATED}){re.escape(outer)}"
    inner = _DATED if is_dated else _UNDATED
    line = rf"{pattern}(?P<inner>{inner})(?P<rest>{_BEHIND_STAMP}.*+\n?+)"
    left = ("outer" if stamped and not is_dated else "inner", "rest")
    return _Wrapping(re.compile(capturing(line, left)), re.compile(f"(?:{capturing(line)})++"))


def _read(text: str) -> tuple[object, ...]:
    """Return what the prefix of a line says."""
    line = read_prefix(text, 0, Clock())
    return line.time, line.is_dated, line.host, line.program, line.pid, line.message, line.fields
