"""JSON documents over several lines that hold lines of logs, as ``jq`` and ``aws logs`` print them.

What holds the lines is read as JSON, and not line by line: in a string, quotes and backslashes are
escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.input.decode import Problem
from smtpreply.logs.input.syslog import Line, read_prefix, records_in
from smtpreply.logs.toolkit.json_stream import ObjectsOverLines, begins_objects, parsed
from smtpreply.logs.toolkit.notations import as_json, form_as_json, value_in

_MAY_GO_ON = lazy_pattern(
    r'[ \t\r]*+(?:["{}\[\],]|(?:true|false|null|-?[0-9][0-9.eE+-]*+)[ \t\r]*+,?[ \t\r]*+\Z|\Z)'
)
"""The beginning of a line of a document that is printed prettily: no line of a log has it."""

_MOST_WAITING = 1000  # lines of a document without an object

_STRING = lazy_pattern(r'^[ \t]*+"(?:[^"\\\n]++|\\.)*+"[ \t\r]*+,?[ \t\r]*+$', re.MULTILINE)
"""A line of a document that is one of the strings of a list."""


_LOOSE = lazy_pattern(
    r"[ \t\r]*+(?:['\"`{}\[\](),+]|//|/\*|\*|:?[A-Za-z_$][\w$]*+[ \t]*+(?::(?!\S)|=>)|"
    r"(?:[Tt]rue|[Ff]alse|[Nn]one|null|nil|-?[0-9][0-9.eE+-]*+)[ \t\r]*+,?[ \t\r]*+\Z)"
)
"""The beginning of a line of a document in the notation of another language, likewise."""

_BEGINS_LOOSELY = lazy_pattern(
    r"\ufeff?[ \t]*+(?:\[[ \t]*+)?\{[ \t]*+"
    r"(?:'|[A-Za-z_$][\w$]*+: |:?[A-Za-z_]\w*+ ?=>|\"[^\"]*+\" ?=>)"
)
_BRACKETS = lazy_pattern(r"[\s\[{]*+\Z")

# A bracket, or two, and then a name or the line's end: "[{LED=550 ..." is no such line.
_BEGINNING = lazy_pattern(r'\ufeff?\s*+[\[{]\s*+\{?+\s*+(?:"|\Z)')


def begins_document(head: Sequence[str]) -> bool:
    """Return whether lines begin a JSON document that goes over several lines.

    >>> begins_document(["[", "  {"]), begins_document(["[{LED=550 5.7.1 No};{MSG=}]"])
    (True, False)
    """
    first = next((line for line in head if line and not line.isspace()), "")
    if _BEGINS_LOOSELY.match(first):
        return value_in(first) is None
    return begins_objects((first,)) and _BEGINNING.match(first) is not None


def objects_on_lines(blocks: Iterable[str], name: str, problem: Problem) -> Iterator[str]:
    r"""Yield text in which each JSON object over several lines is on one line, where it begins.

    The lines after it are empty, and so are those around objects: the numbers of lines remain. What
    is no part of a document remains as it is, and so does one without an object. Of an object that
    is lost, a bracket remains.

    Args:
        blocks: whole lines.
        name: of the source.
        problem: called with what is lost, in words.

    >>> list(objects_on_lines(['{\n "line": "a"\n}\nb\n'], "x.json", print))
    ['{ "line": "a"}\n\n\nb\n']
    """
    document = ObjectsOverLines()
    number = written = 0
    # The lines of the document that is under way, until it gives an object: then None.
    waiting: list[tuple[int, str]] | None = None

    def lost() -> Iterator[tuple[int, str]]:
        for first, why in document.lost:
            problem(f"{name}:{first}: {why}")
            yield first, "{"
        document.lost.clear()

    for block in blocks:
        found: list[tuple[int, str]] = []
        for text in block.removesuffix("\n").split("\n"):
            number += 1
            if document.under_way and not _goes_on(text):
                # One that begins with brackets alone shows its notation by what follows them.
                may_be_loose = document.loosely or _are_brackets(waiting or ())
                document.loosely = may_be_loose and _LOOSE.match(text) is not None
                if not document.loosely:
                    document.start_again()
                    found += list(lost()) or waiting or ()
                    waiting = None
            if document.under_way or begins_document((text,)):
                if not document.under_way:
                    document.loosely = _BEGINS_LOOSELY.match(text) is not None
                    waiting = []
                if waiting is not None:
                    waiting.append((number, text))
                was_inside = document.inside
                ended = document.feed(text, number)
                given = list(lost())
                for first, each in ended:
                    given += _as_lines(first, _strict(each))
                if not was_inside and _STRING.fullmatch(text):  # of a list of lines
                    given.append((number, text))
                if given:
                    waiting = None
                elif waiting and (not document.under_way or len(waiting) > _MOST_WAITING):
                    given, waiting = waiting, None
                found += given
            else:
                found.append((number, text))
        if found:
            lines = _placed(found, written)
            written += len(lines)
            yield "\n".join([*lines, ""])
    document.start_again()
    if left := list(lost()) or waiting:
        yield "\n".join([*_placed(left, written), ""])


def objects_in(line: Line) -> Iterator[str]:
    r"""Yield the records of a line that is a list of them, or that has them one after the other.

    CloudWatch's command line prints the first without indentation, Firehose stores the second. A
    string in a list is a line as it is. What another language has printed is written as JSON, and
    so is a form.

    Args:
        line: the line, which no format knows.

    >>> line = read_prefix('[{"timestamp": 1, "message": "a"}, "b"]', 1, Clock())
    >>> list(objects_in(line))
    ['{"timestamp": 1, "message": "a"}', 'b']
    >>> list(objects_in(read_prefix("{'event': 'open', 'ip': None}", 1, Clock())))
    ['{"event": "open", "ip": null}']
    """
    text = line.message
    if line.program is not None:
        return
    if not text.startswith(("[", "{")):
        if "=" in text[:80] and (form := form_as_json(text)) is not None:
            yield form
        return
    found = parsed(text)
    if found is None and (found := value_in(text)) is not None and not isinstance(found, list):
        found = [found]
    for value in found if isinstance(found, list) else ():
        if isinstance(value, dict):
            yield json.dumps(value)
        elif isinstance(value, str):
            yield value


def _as_lines(first: int, text: str) -> Iterator[tuple[int, str]]:
    """Yield an object on one line; what has strings in lists, and holds no lines else, as it is."""
    on_one = text.replace("\n", "")
    if _STRING.search(text):
        line = read_prefix(on_one, first, Clock())
        if line.message == on_one and next(records_in(line), None) is None:
            yield from enumerate(text.split("\n"), first)
            return
    yield first, on_one


def _placed(found: Iterable[tuple[int, str]], written: int) -> list[str]:
    """Return lines, each at its number as far as possible, after as many as were written before."""
    lines: list[str] = []
    for number, text in found:
        lines += [""] * (number - 1 - written - len(lines))
        lines.append(text)
    return lines


def _strict(text: str) -> str:
    """Return an object as JSON, whatever notation it is in, with as many line ends as it has."""
    if parsed(text) is not None or (written := as_json(text)) is None:
        return text
    return written


def _are_brackets(lines: Sequence[tuple[int, str]]) -> bool:
    """Return whether there are lines, and they hold brackets alone."""
    return bool(lines) and all(_BRACKETS.match(line) for _, line in lines)


def _goes_on(text: str) -> bool:
    """Return whether a line may be one of the document that is under way."""
    return _MAY_GO_ON.match(text) is not None and not (text[:1] == "{" and parsed(text))
