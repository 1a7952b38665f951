r"""`Wrappings`: what containers, shippers and people put before lines, taken off a block at once.

`read_prefix` takes off whatever it knows, one line after the other. Here it is what all lines of a
block have before their header, which takes a tenth of the time::

    line    = [ NAME ] [ STAMP SP [ STREAM SP ] ] HEADER MESSAGE
    NAME    = "smtp-1  | " / "mail.log:12:" / "> " / "<22>" / ...   ; alike but for its numbers
    STREAM  = ("stdout" / "stderr") SP ("F" / "P")                  ; Kubernetes' CRI
    HEADER  = STAMP SP HOST SP PROGRAM ["[" PID "]"] ":" SP
    line    =/ '{"log":"' HEADER MESSAGE '\n","stream":"stdout","time":"' STAMP '"}'   ; of docker

Of the two stamps that counts which `read_prefix` takes. It is asked of some lines, and where it
reads anything else in them, the block is left as it is.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import NamedTuple

from smtpreply._support import regex as re
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.input.clock import (
    ISO_STAMP,
    SYSLOG_STAMP,
    VALID_MINUTES,
    VALID_OFFSET,
    Clock,
)
from smtpreply.logs.input.syslog import read_prefix
from smtpreply.logs.toolkit.other_programs import END, HOST, PROGRAM
from smtpreply.logs.toolkit.shapes import capturing, sample_of

# An `ISO_STAMP` that is a time: another one does not count where a second stamp follows.
_TIME = (
    r"(?!0000)[0-9]{4}-(?:02-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:0[1-9]|[12][0-9]|30)|"
    r"(?:0[13578]|1[02])-31)T(?:[01][0-9]|2[0-3])"
    rf"{VALID_MINUTES}(?:[.,][0-9]{{1,9}})?(?:Z|{VALID_OFFSET}|)"
)
_BEHIND_STAMP = rf" {HOST} {PROGRAM}{END}"
_header = lazy_pattern(rf"(?:({ISO_STAMP})|{SYSLOG_STAMP}){_BEHIND_STAMP}")
_stamped = lazy_pattern(rf"([^\n]*?)({_TIME})( (?:std(?:out|err) [FP] )?)")
_LONGEST = 300  # characters before and of the header
# What docker's driver json-file writes: each line, of which none is cut in two.
_docker = lazy_pattern(
    r'\{"log":("[^"\\\n]*+(?:\\[^n\n][^"\\\n]*+)*+)\\n","stream":"std(?:out|err)","time":"'
    rf'({ISO_STAMP})"\}}\n'
)
_dockers = lazy_pattern(f"(?:{_docker.pattern})++")
_MOST_WRAPPINGS = 32  # that are known


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
        is_of_docker = block.startswith('{"log":"')
        text = _logged_by_docker(block) if is_of_docker else block
        first = text[:_LONGEST].partition("\n")[0]
        header = _header.search(first)
        if header is None or not header.start():
            return block
        before = re.sub("[0-9]+", "0", first[: header.start()])
        key = before, header[1] is not None
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST_WRAPPINGS:
                return block
            known = _wrapping(first[: header.start()], is_dated=header[1] is not None)
            self._known[key] = known
        if known.lines.fullmatch(text) is None:
            return block
        for line in sample_of(block, longest=len(block)):
            wrapped = _logged_by_docker(f"{line}\n") if is_of_docker else line
            if _read(line) != _read("".join(chain(*known.line.findall(wrapped)))):
                return block
        return "".join(chain.from_iterable(known.line.findall(text)))


def _wrapping(before: str, *, is_dated: bool) -> _Wrapping:
    """Return the wrapping of a line by what is before its header."""
    stamped = _stamped.fullmatch(before)
    name, outer = (stamped[1], stamped[3]) if stamped else (before, "")
    pattern = re.sub("[0-9]+", "[0-9]++", re.escape(name))
    if stamped:
        pattern += f"(?P<outer>{_TIME}){re.escape(outer)}"
    inner = ISO_STAMP if is_dated else SYSLOG_STAMP
    line = rf"{pattern}(?P<inner>{inner})(?P<rest>{_BEHIND_STAMP}.*+\n?+)"
    left = ("outer" if stamped and not is_dated else "inner", "rest")
    return _Wrapping(re.compile(capturing(line, left)), re.compile(f"(?:{capturing(line)})++"))


def _logged_by_docker(block: str) -> str:
    """Return docker's lines as ``docker logs -t`` shows them; "" where one has another form."""
    if _dockers.fullmatch(block) is None:
        return ""
    found = _docker.findall(block)
    try:
        texts = json.loads("[" + ",".join([f'{text}"' for text, _ in found]) + "]")
    except ValueError:  # a control character, or half an escape
        return ""
    text = "".join([f"{time} {text}\n" for text, (_, time) in zip(texts, found, strict=True)])
    return text if text.count("\n") == len(found) else ""


def _read(text: str) -> tuple[object, ...]:
    """Return what the prefix of a line says."""
    line = read_prefix(text.removesuffix("\n"), 0, Clock())
    return line.time, line.is_dated, line.host, line.program, line.pid, line.message, line.fields
