"""`OtherPrograms`: lines of programs that report no delivery, taken out of blocks many at once.

In the log of a whole host (``/var/log/syslog``, ``journalctl``), most lines may be of programs that
have nothing to do with mail, or of a mail server's parts that deliver none, such as logins. One
pattern takes a block apart, line by line::

    block   = *( *kept *foreign *silent ) [ odd ]
    foreign = HEADER of a program whose lines no format knows
    silent  = HEADER of a format's program, and what its `Format.silent` matches
    kept    = HEADER of any other program, or another message
    odd     = a line without a HEADER, and all after it
    HEADER  = STAMP SP HOST SP PROGRAM ["[" PID "]"] ":" SP

A block with an odd line is left as it is: such a line may go on with the one before it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.input.syslog import CARRIERS, NO_HOST, PRINTK, PROGRAM_NAME
from smtpreply.logs.toolkit.shapes import SyslogPrefix, capturing

if TYPE_CHECKING:
    from smtpreply.logs.format import Format

# A name with a slash in it may be that of a stream, of which `syslog.unwrapped` knows.
HOST = rf"(?!{NO_HOST})[0-9A-Za-z][0-9A-Za-z._-]{{0,254}}+"
_BEGINS_LIKE_A_STAMP = r"[A-Z][a-z][a-z] [ 0-9]|[0-9]{4}-"
PROGRAM = rf"(?!{CARRIERS}){PROGRAM_NAME}"
END = r"(?:\[[0-9]{1,10}+\]|): "
# As `may_be_event` has it. Repeats count.
_FOREIGN = rf"{END}(?!\{{|(?!{PRINTK})\[|message repeated )"

_LEAST_LINES = 8  # of a program, before its name is made part of the pattern
_MOST_PROGRAMS = 32  # whose names are part of it
_MOST_NAMES = 1000  # of programs whose lines are counted: a hostile log may have any number
_MOST_HEADS = 16  # of which a pattern is remembered: months, and sets of hosts
_ENOUGH = 16  # one line of so many makes it worth the time


@attrs.frozen
class Kept:
    """A block without the lines that were taken out of it.

    Attributes:
        block: the lines that are left.
        counts: how many lines were taken out: of each format, and of None those of no format.
        begins, ends: whether the first and the last line of the block are among those left.
        last: the format of the last line that was taken out.
    """

    block: str
    counts: dict[Format | None, int]
    begins: bool
    ends: bool
    last: Format | None


class OtherPrograms:
    """The programs that were met, and whose lines report no delivery."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._formats: dict[str, Format | None] = {}
        self._prefix = SyslogPrefix("", host=HOST)
        self._patterns: dict[str, re.Pattern[str]] = {}  # by the head of lines
        self._noted = 0  # lines since the last block

    def add(self, program: str, known: Format | None) -> None:
        """Note a line of a program.

        Args:
            program: forwards no lines of others.
            known: the one format that knows its lines, and which has `silent`; None for none.
        """
        self._noted += 1
        if program in self._formats or len(self._formats) >= _MOST_PROGRAMS:
            return
        if program in self._lines or len(self._lines) < _MOST_NAMES:
            self._lines[program] += 1
        if self._lines[program] >= _LEAST_LINES:
            self._formats[program] = known
            self._patterns.clear()

    def taken_out(self, block: str, count: int) -> Kept | None:
        """Take the lines of these programs out of a block.

        Args:
            block: whole lines, each with its line end.
            count: how many.

        Returns:
            What is left, and how many lines are not; None where the block is to be read as it is.
        """
        noted, self._noted = self._noted, 0
        if noted * _ENOUGH < count or not self._formats:
            return None
        formats = list(dict.fromkeys([None, *self._formats.values()]))
        head = capturing(self._prefix.of(block).head)
        pattern = self._patterns.get(head)
        if pattern is None:
            if len(self._patterns) >= _MOST_HEADS:
                self._patterns.clear()
            pattern = self._patterns[head] = self._compiled(head, formats)
        rows = pattern.findall(block)
        kept, *others, odd = map("".join, zip(*rows, strict=True))
        counts = {known: text.count("\n") for known, text in zip(formats, others, strict=True)}
        self._noted = sum(counts.values())
        if not self._noted or odd:
            return None
        # The last match is empty: it is that at the very end.
        last = max(place for place, text in enumerate(rows[-2]) if text)
        return Kept(kept, counts, bool(rows[0][0]), last == 0, formats[last - 1] if last else None)

    def _compiled(self, head: str, formats: list[Format | None]) -> re.Pattern[str]:
        """Return the pattern of a block: kept lines, those of each format, and what is odd."""
        behind_heads = []
        for known in formats:
            programs = [re.escape(name) for name, its in self._formats.items() if its is known]
            what = _FOREIGN if known is None else f"{END}(?:{known.silent})"
            behind_heads.append(f"(?:{'|'.join(programs)}){what}" if programs else "(?!)")
        kept = f"(?!{'|'.join(behind_heads)}){PROGRAM}{END}"
        lines = [rf"((?:{head}{behind}.*+\n)*+)" for behind in (kept, *behind_heads)]
        return re.compile(rf"{''.join(lines)}(?:(?={_BEGINS_LIKE_A_STAMP}|\Z)|((?s:.++)))")
