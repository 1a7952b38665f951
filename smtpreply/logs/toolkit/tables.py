"""Tables in text: a head line that names the columns, and below it a record a row.

RFC 4180 2, with what exports add to it::

    file      = *preamble head *record
    preamble  = "#" words / "sep=" delimiter / empty      ; Exchange, PowerShell, Excel
    head      = ["#Fields:" SP] record                    ; Exchange, after the W3C's log files
    record    = field *(delimiter field)                  ; over several lines where a field is
    field     = DQUOTE *(any / 2DQUOTE) DQUOTE / *any     ; quoted and holds line ends
    delimiter = "," / ";" / TAB
              / SP                            ; W3C: nothing is quoted, "+" stands for a space

Which columns there are, and in which order, is the administrator's choice: so a value is found by
the name of its column, and never by its place. Names are compared by their letters and digits
alone: ``recipient-status``, ``recipient_status`` and ``"RecipientStatus"`` are one.

A record that is not closed within `MOST_LINES` lines or `MOST_CHARACTERS` characters has a quote
too many. Its first line is reported as a problem, and reading starts again at the next one.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from smtpreply.logs.coverage import MOST_PROBLEMS
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.format import Reader
from smtpreply.logs.input.syslog import Line

MOST_LINES = 100  # a bounce that is quoted in a trace has some dozens
MOST_CHARACTERS = 65_536  # the csv module takes twice as many for one field

_LONGEST_KEPT = 4096  # characters of a head

_DELIMITERS = ",;\t"
_FIELDS = "#fields:"
_BEGINS_PREAMBLE = "\ufeff#s"
_PREAMBLE = re.compile(r"\ufeff?(?:#[A-Za-z-]{1,20}[: ]|sep=)")

Row = Mapping[str, str]
"""The values of a record, by the bare names of their columns. No empty value is in it."""

ReadRow = Callable[[Line, Row], Iterable[Delivery] | None]
"""Returns the deliveries of a row; None where it is not understood.

The line is the record's first."""


def bare(name: str) -> str:
    """Return a column's name as it is compared.

    >>> bare("recipient-status"), bare("RecipientStatus")
    ('recipientstatus', 'recipientstatus')
    """
    return "".join(filter(str.isalnum, name.lower()))


@attrs.frozen
class Head:
    """The columns of a table.

    Attributes:
        columns: their bare names.
        delimiter: what is between two fields.
    """

    columns: tuple[str, ...]
    delimiter: str = ","

    def row(self, fields: Sequence[str]) -> Row | None:
        """Name the fields of a record.

        None where there are more than columns: then something that should have been quoted was
        not, and each field after it is in doubt.
        """
        columns = self.columns
        if len(fields) > len(columns) and any(fields[len(columns) :]):
            return None
        # A record that was cut has fewer fields than its head.
        row = {name: value for name, value in zip(columns, fields, strict=False) if value}
        if not self._are_different:  # of two columns of one name the first has it
            named = list(zip(columns, fields, strict=False))
            row = {name: value for name, value in reversed(named) if value}
        return row

    @functools.cached_property
    def _are_different(self) -> bool:
        return len(set(self.columns)) == len(self.columns)


IsHead = Callable[[Head], bool]
"""Whether a table with these columns is of a format."""


def with_columns(*names: str) -> IsHead:
    """Make a test for heads that have all of these columns; "a|b" is either.

    >>> with_columns("type", "rcpt|recipient")(Head(("type", "recipient", "vmta")))
    True
    """
    wanted = [frozenset(map(bare, name.split("|"))) for name in names]
    return lambda head: all(not choice.isdisjoint(head.columns) for choice in wanted)


def read_head(text: str) -> Head | None:
    """Take a line for a head: None where it is certainly none.

    >>> read_head("#Fields: date-time,event-id").columns
    ('datetime', 'eventid')
    """
    return (_read_head if len(text) <= _LONGEST_KEPT else _read_head.__wrapped__)(text)


@functools.lru_cache(maxsize=64)  # several formats ask, and the files of a log have the same one
def _read_head(text: str) -> Head | None:
    text = text.strip("\ufeff \t\r")
    if text[: len(_FIELDS)].lower() == _FIELDS:
        text = text[len(_FIELDS) :].strip()
        if "," not in text and " " in text:
            return Head(tuple(map(bare, text[:MOST_CHARACTERS].split(" "))), " ")
    elif _PREAMBLE.match(text):
        return None
    if len(text) > MOST_CHARACTERS:
        return None
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        fields = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return None
    return Head(tuple(map(bare, fields)), delimiter) if len(fields) > 1 else None


def claims_by(is_head: IsHead) -> Callable[[Sequence[str]], bool]:
    """Make a test for sources that begin with a head of a format."""

    def claims(lines: Sequence[str]) -> bool:
        return any(is_head(head) for head in map(read_head, lines) if head is not None)

    return claims


def fields_of(text: str, delimiter: str = ",") -> list[str]:
    """Split one line into fields, as a record of its own; none where it cannot be.

    >>> fields_of('a,"b,c",')
    ['a', 'b,c', '']
    """
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return []


class TableReader(Reader):
    """Reads the lines of a format's tables.

    Args:
        is_head: knows a head of the format.
        read_row: returns the deliveries of a row.
        headless: names the columns of a record that stands alone, as in an issue thread, by its
            form; None where it is not certain.

    Attributes:
        problems: records that were never closed, in words.
        preamble: the lines before the head that begin with "#", the sign taken off; of the latest
            table.
    """

    def __init__(
        self,
        is_head: IsHead,
        read_row: ReadRow,
        headless: Callable[[Sequence[str]], Head | None] | None = None,
    ) -> None:
        self.preamble: list[str] = []
        self._is_head = is_head
        self._read_row = read_row
        self._headless = headless
        self._head: Head | None = None
        self._begun = False  # whether a head has come since the preamble began
        self._open: list[Line] = []  # of a record that is not closed yet
        self._held: list[
            Delivery
        ] = []  # yielded with the next line, since this one was not understood

    def read(self, line: Line) -> Iterable[Delivery] | None:
        """Return the deliveries of the records that end with a line."""
        if not self._held and not self._open:  # most lines
            return self._line(line)
        found = self._held
        self._held = []
        understood = True
        if self._open and line.number != self._open[-1].number + 1:
            found += self._closed_by_force()  # what is between was of another format
            understood = False
        read = self._line(line)
        if read is None or not understood:
            self._held = [*found, *(read or ()), *self._held]
            return None
        return found + read

    def finish(self) -> Iterator[Delivery]:
        """End a source: its last record may be open, and the next one has a head of its own."""
        yield from self._held
        self._held = []
        yield from self._closed_by_force()
        self._head, self._begun = None, False
        self.preamble = []

    def _line(self, line: Line) -> list[Delivery] | None:
        text = line.message
        if not self._open:
            if not text or text.isspace():
                return []
            # Of a table that has its head, a line may be the head of another one.
            head = read_head(text) if self._head is None or text[0] == "#" else None
            if head is not None and self._is_head(head):
                self._head, self._begun = head, True
                return []
            if text[0] in _BEGINS_PREAMBLE and _PREAMBLE.match(text):
                return self._preamble(text, another=head is not None)
        if self._head is None:
            return self._alone(line)
        if not self._open:  # most records are one line
            fields = _fields_of_whole(text, self._head.delimiter)
            if fields is not None:
                return self._row(line, fields, self._head)
        self._open.append(line)
        return self._closed()

    def _preamble(self, text: str, *, another: bool) -> list[Delivery]:
        if another:  # the head of a table that is not of this format: its rows are none of ours
            self._head = None
        if self._begun:  # files that were put together
            self._begun = False
            self.preamble = []
        if len(self.preamble) < MOST_LINES:
            self.preamble.append(text.lstrip("\ufeff#")[:MOST_CHARACTERS])
        return []

    def _alone(self, line: Line) -> list[Delivery] | None:
        """Read a record that has no head: it is one line, even where that was cut."""
        fields = fields_of(line.message)
        head = self._headless(fields) if self._headless and fields else None
        return self._row(line, fields, head) if head else None

    def _closed(self) -> list[Delivery] | None:
        """Read the records that are closed by now."""
        found: list[Delivery] = []
        understood = True
        goes_on = len(self._open) > 1 and '"' not in self._open[-1].message
        for first, fields in () if goes_on else self._take():
            read = self._row(first, fields, self._head) if fields is not None else None
            understood = understood and read is not None
            found += read or []
        if self._overlong():
            found += self._resumed()
            understood = False
        if understood:
            return found
        self._held += found
        return None

    def _row(self, line: Line, fields: Sequence[str], head: Head | None) -> list[Delivery] | None:
        row = head.row(fields) if head else None
        if row is None:
            return None
        read = self._read_row(line, row)
        return read if read is None or isinstance(read, list) else list(read)

    def _take(self) -> list[tuple[Line, list[str] | None]]:
        """Take the closed records off the open lines: the first line of each, and its fields."""
        assert self._head is not None
        found, taken = _records(self._open, self._head.delimiter)
        del self._open[:taken]
        return found

    def _overlong(self) -> bool:
        return (
            len(self._open) > MOST_LINES
            or sum(len(line.message) for line in self._open) > MOST_CHARACTERS
        )

    def _resumed(self) -> list[Delivery]:
        """Give up the first open line, and read on with the next."""
        first = self._open.pop(0)
        if len(self.problems) < MOST_PROBLEMS:
            place = f"{first.source or 'line'}:{first.number}"
            self.problems.append(f"{place}: a quote that is never closed")
        found: list[Delivery] = []
        for line, fields in self._take():
            read = self._row(line, fields, self._head) if fields is not None else None
            found += read or []
        return found

    def _closed_by_force(self) -> list[Delivery]:
        found: list[Delivery] = []
        while self._open:
            found += self._resumed()
        return found


def _fields_of_whole(text: str, delimiter: str) -> list[str] | None:
    """Split a line that is a whole record; None where it goes on, or may do so."""
    if delimiter == " " or ('"' not in text and "\r" not in text):
        return text.split(delimiter)
    lines = iter((f"{text}\n", ""))  # a record that goes on takes both
    try:
        fields = next(csv.reader(lines, _dialect(delimiter)), None)
    except csv.Error:
        return None
    return None if next(lines, None) is None else fields


@functools.cache
def _dialect(delimiter: str) -> csv.Dialect:
    """Return the form of records: it takes longer to make than to split a record."""
    return csv.reader((), delimiter=delimiter).dialect  # type: ignore[return-value]


class _Supply(Iterator[str]):
    """Lines for the csv module, which asks for one more where a record continues."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self.taken = 0
        self.short = False

    def __next__(self) -> str:
        if self.taken == len(self._lines):
            self.short = True
            raise StopIteration
        self.taken += 1
        return self._lines[self.taken - 1].message + "\n"


def _records(
    lines: Sequence[Line], delimiter: str
) -> tuple[list[tuple[Line, list[str] | None]], int]:
    """Split lines into records, and count the lines of the closed ones.

    The fields of a record that the csv module does not take, such as one with a field of a
    megabyte, are None.
    """
    if delimiter == " ":
        return [(line, line.message.split(delimiter)) for line in lines], len(lines)
    found: list[tuple[Line, list[str] | None]] = []
    supply = _Supply(lines)
    reader = csv.reader(supply, delimiter=delimiter)
    done = 0
    while done < len(lines):
        fields: list[str] | None
        try:
            fields = next(reader, None)
        except csv.Error:
            fields = None
            reader = csv.reader(supply, delimiter=delimiter)
        if supply.short:
            break
        found.append((lines[done], fields))
        done = supply.taken
    return found, done
