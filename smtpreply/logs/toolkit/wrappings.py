r"""`Wrappings`: what containers, shippers and people put before lines, taken off a block at once.

`read_prefix` takes off whatever it knows, one line after the other. Here it is what most lines of a
block have before their header, which takes a tenth of the time::

    line   = [ NAME ] [ STAMP SP [ STREAM SP ] ] HEADER MESSAGE
    NAME   = "smtp-1  | " / "mail.log:12:" / "> " / "<22>" / ...   ; alike but for its numbers
    STREAM = ("stdout" / "stderr") SP ("F" / "P")                  ; Kubernetes' CRI
    HEADER = STAMP SP HOST SP PROGRAM ["[" PID "]"] ":" SP
    HEADER =/ [ STAMP SP [ SEVERITY SP ] ] PROGRAM "[" PID "]:" SP ; a container's, without a syslog
    line   =/ a JSON object that carries one: see `JsonRecords`

Of the two stamps that counts which `read_prefix` takes. It is asked of some lines, and where it
reads anything else in them, the block is left as it is; and so are the lines of other forms.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from operator import eq
from typing import NamedTuple

from smtpreply._support import regex as re
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.input.clock import DATE, ISO_STAMP, SYSLOG_STAMP, VALID_ISO_STAMP, Clock
from smtpreply.logs.input.syslog import NO_HOST, SEVERITY, read_prefix
from smtpreply.logs.toolkit.json_records import JsonRecords
from smtpreply.logs.toolkit.other_programs import END, HOST, PROGRAM
from smtpreply.logs.toolkit.shapes import TAGGED, capturing, sample_of

_WITH_HOST = rf"{HOST} {PROGRAM}{END}"
_WITHOUT_HOST = rf"{TAGGED}{PROGRAM}\["
# What `NO_HOST` does not have may be a host's name.
_SEVERITY = rf"(?={NO_HOST}){SEVERITY}[ \t]++"
_header = lazy_pattern(
    rf"(?:(?P<dated>{ISO_STAMP})|{SYSLOG_STAMP}) "
    rf"(?:(?P<host>{_WITH_HOST})|(?P<severity>{_SEVERITY}|){_WITHOUT_HOST})"
)
_STREAM = "(?:stdout|stderr) [FP] "
# Behind words of another kind, what looks like a program may be part of a message.
_bare_header = lazy_pattern(rf"(?:[^\n]*?(?:\| |{_STREAM}))?(?P<program>{_WITHOUT_HOST})")
_stamped = lazy_pattern(rf"([^\n]*?)({VALID_ISO_STAMP})( (?:{_STREAM})?)")
_dated = lazy_pattern(rf"{DATE}T")
_LONGEST = 300  # characters before and of the header
_MOST_WRAPPINGS = 32  # that are known
_BEGINNING = len("2026-11-24 11:43:32 ")
_FEW_OBJECTS = 3  # of a block are read in full, each of which may be long
_NOTHING = "", "", ""


class _Header(NamedTuple):
    """The first header in a line.

    Attributes:
        before: what is before it.
        has_stamp, is_dated, has_host, has_severity: what it has.
    """

    before: str
    has_stamp: bool
    is_dated: bool
    has_host: bool
    has_severity: bool


class _Wrapping(NamedTuple):
    """Lines whose header has the same before it.

    Attributes:
        line: a pattern of any line. Its groups are, of a line in the wrapping, the stamp with the
            space after it, and the rest; and a line of another form.
        has_host: whether there is a host in the rest.
    """

    line: re.Pattern[str]
    has_host: bool


class Wrappings:
    """The wrappings that were met."""

    def __init__(self) -> None:
        self._known: dict[_Header, _Wrapping | None] = {}
        self._bare: set[str] = set()  # how blocks begin whose lines have nothing before them
        self._records = JsonRecords()

    def taken_off(self, block: str) -> str:
        """Return a block without what its lines have before their header.

        Args:
            block: whole lines, each with its line end.

        Returns:
            The block as it is, where its lines have nothing before it, or what is not known.
        """
        beginning = re.sub("[0-9]", "0", block[:_BEGINNING])
        if beginning in self._bare:
            return block
        sample = sample_of(block, longest=len(block))
        if any(line.startswith("{") for line in sample):
            sample = sample_of(block, _FEW_OBJECTS, longest=len(block))
            found = self._records.lines_in(sample)
            if not any(found):
                return block
            whole = [f"{one[0]}{one[2]}" for one in found if isinstance(one, tuple)]
            take_off = partial(self._out_of_json, wrapping=self._wrapping_of(_header_in(whole)))
        else:
            header = _header_in(sample)
            if header is None or not (header.before or header.has_severity):
                if len(self._bare) < _MOST_WRAPPINGS:
                    self._bare.add(beginning)
                return block
            wrapping = self._wrapping_of(header)
            if wrapping is None:
                return block
            take_off = partial(_out_of_text, wrapping=wrapping)
        bare = take_off("".join([f"{line}\n" for line in sample])).split("\n")
        is_same = all(map(eq, map(_read, sample), map(_read, bare)))
        return take_off(block) if is_same else block

    def _wrapping_of(self, header: _Header | None) -> _Wrapping | None:
        """Return the wrapping of lines with such a header; None where none is known."""
        if header is None:
            return None
        kind = header._replace(before=re.sub("[0-9]+", "0", header.before))
        if kind not in self._known and len(self._known) < _MOST_WRAPPINGS:
            self._known[kind] = _wrapping(header)
        return self._known.get(kind)

    def _out_of_json(self, block: str, wrapping: _Wrapping | None) -> str:
        lines = block.removesuffix("\n").split("\n")
        found = self._records.lines_in(lines)
        whole = "".join([f"{one[0]}{one[2]}\n" for one in found if isinstance(one, tuple)])
        rows = iter(wrapping.line.findall(whole) if wrapping else ())
        is_named = wrapping is None or wrapping.has_host
        bare: list[str] = []
        for line, one in zip(lines, found, strict=True):
            made = None if isinstance(one, tuple) else one
            if isinstance(one, tuple):
                (stamp, rest, _), host = next(rows, _NOTHING), "" if is_named else one[1]
                made = f"{stamp}{host}{rest}" if rest and (stamp or not host) else None
            bare.append(f"{line}\n" if made is None else made)
        return "".join(bare)


def _out_of_text(block: str, wrapping: _Wrapping) -> str:
    return "".join(chain.from_iterable(wrapping.line.findall(block)))


def _header_in(lines: Iterable[str]) -> _Header | None:
    """Return the first header in some lines."""
    for line in lines:
        head = line[:_LONGEST]
        found, bare = _header.search(head), _bare_header.match(head)
        if found and not (bare and bare.start("program") < found.start()):
            stamp, host, severity = (found[part] for part in ("dated", "host", "severity"))
            before = head[: found.start()]
            return _Header(before, True, stamp is not None, host is not None, bool(severity))
        if bare:
            return _Header(head[: bare.start("program")], False, False, False, False)
    return None


def _wrapping(header: _Header) -> _Wrapping | None:
    """Return the wrapping of a line by the first header in it; None where more stamps count."""
    stamped = _stamped.fullmatch(header.before)
    name, stream = (stamped[1], stamped[3]) if stamped else (header.before, "")
    if _dated.search(name):
        return None
    before = re.sub("[0-9]+", "[0-9]++", re.escape(name))
    outer = inner = ""
    if stamped:
        outer = f"(?P<outer>{VALID_ISO_STAMP} ){_STREAM if stream.strip() else ''}"
    if header.has_stamp:
        dated = VALID_ISO_STAMP if header.before else ISO_STAMP  # or an outer one counts
        inner = f"(?P<inner>{dated if header.is_dated else SYSLOG_STAMP} )"
    rest = _WITH_HOST if header.has_host else _WITHOUT_HOST
    severity = "" if header.has_host or not header.has_stamp else f"(?:{_SEVERITY}|)"
    counts = "outer" if stamped and not header.is_dated else "inner"
    nothing = "" if stamped or header.has_stamp else "()"
    pattern = rf"{before}{outer}{inner}{nothing}{severity}(?P<rest>{rest}.*+\n)|(?P<other>.*+\n)"
    return _Wrapping(re.compile(capturing(pattern, (counts, "rest", "other"))), header.has_host)


def _read(text: str) -> tuple[object, ...]:
    """Return what the prefix of a line says."""
    line = read_prefix(text, 0, Clock())
    return line.time, line.is_dated, line.host, line.program, line.pid, line.message, line.fields
