"""Prefixes of lines: timestamp, host, program, and what other programs put before them.

RFC 3164 4.1::

    HEADER = TIMESTAMP SP HOSTNAME SP TAG ["[" PID "]"] ":" SP CONTENT

RFC 5424 6::

    HEADER = "<" PRIVAL ">" "1" SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP SD SP MSG

Around these a line may have what shippers, containers, tools and people put before it: a JSON
object, a container's name, a file's name, a mark of quotation, another header. `read_prefix` takes
them off from the left, one after the other, and no more than `_MOST_WRAPPINGS`.
"""

from __future__ import annotations

import functools
import json
import os.path
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import attrs

from smtpreply._support.dates import WEEKDAY
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.octets import rejoined
from smtpreply.logs.format_table import PREFIXES
from smtpreply.logs.input.clock import (
    DATE,
    DATE_OF_A_PAGE,
    EPOCH,
    LOCAL_STAMP,
    MONTH,
    STAMP,
    Clock,
    has_year,
)
from smtpreply.logs.input.months import month_number

# What follows a name is never a character of names: so one that is taken whole is not tried again
# shorter, which is most of the time that a line without a header takes.
PROGRAM_NAME = "[A-Za-z0-9_.@][A-Za-z0-9_.@/-]{0,254}+"
_TAG = rf"({PROGRAM_NAME})(?:\[([0-9]+)\])?: "
_PRIORITY = r"(?:<[0-9]{1,3}>)?"
_STAMP = re.compile(rf"{_PRIORITY}({STAMP})")
SEVERITY = (
    r"(?:\[?(?i:emerg(?:ency)?|alert|crit(?:ical)?|err(?:or)?|warn(?:ing)?|notice|info|debug|trace|"
    r"fatal)\]?)"
)
# busybox's syslogd writes "mail.info" before the tag; FreeBSD's "<mail.info>" after the stamp and
# after the host, where it runs with -v -v.
_FACILITY = r"(?:<[a-z0-9]+\.[a-z]+> )?"
_PLAIN_FACILITY = (
    r"(?:(?:kern|user|mail|daemon|auth|authpriv|syslog|lpr|news|uucp|cron|ftp|local[0-7])\."
    r"(?:emerg|alert|crit|err|error|warn|warning|notice|info|debug))"
)

# Lines of a program's own log file have no prefix, though some begin like one: see `Format.prefix`.
_OWN = "|".join(PREFIXES)
_OWN_LINE = re.compile(_OWN)
NO_HOST = (
    rf"\[[a-z][A-Za-z0-9_./-]{{0,254}}+\] |{_PLAIN_FACILITY} |"
    r"(?:EMERG|ALERT|CRIT|ERR|WARN|NOTICE|INFO|DEBUG)[A-Z]{0,8} "
)
_AFTER_SYSLOG_STAMP = rf" {_FACILITY}(?!{NO_HOST}|{DATE}T|{{)(\S++)(?<!:) {_FACILITY}{_TAG}"
_SYSLOG = re.compile(rf"(?!{_OWN}){_PRIORITY}({STAMP}){_AFTER_SYSLOG_STAMP}")
PRINTK = r"\[ *+[0-9]++\.[0-9]{6}\] "
"""What Linux writes before its own messages: the seconds since it was started (printk.time)."""
_PRINTK = lazy_pattern(PRINTK)
_HEADER = re.compile(rf"{_AFTER_SYSLOG_STAMP}\Z")
_STAMP_LENGTH = len("Nov 24 11:43:32")
_LONGEST_HEADER = 100  # characters of those that are remembered
_AFTER_STAMP = lazy_pattern(rf"({STAMP}) ")  # what _HOSTLESS, _CRI and _STAMPED follow
# Where people quote lines, the host is often missing: "Nov 24 11:43:32 maddy[42]: ..." What follows
# may look like a header, too: it is the program's own.
_HOSTLESS = re.compile(rf"({PROGRAM_NAME})\[([0-9]+)\]: ")
# metalog writes neither host nor process id: "Nov 24 11:43:32 [postfix/smtp] ..."
_METALOG = lazy_pattern(rf"\[(?!{SEVERITY} |[A-Z0-9])({PROGRAM_NAME})\] ")
_SYSLOG_5424 = lazy_pattern(
    rf"<[0-9]{{1,3}}>[0-9]{{1,2}} ({STAMP}|-) (\S+) (\S{{1,255}}) (\S+) \S+ "
    r"(?:-|(?:\[(?:[^\]\"\\]|\"(?:[^\"\\]|\\.)*\"|\\.)*\])+) ?(?:\ufeff)?"
)
# A header with what some programs add or leave out: journalctl's weekday, zone and local month, the
# severity of container images, busybox's facility; a stamp or a host that is missing. As so much is
# optional, the tag must be beyond doubt: it has a process id or a slash.
_NAME_AND_STAMP = rf"[A-Za-z0-9_.:-]{{1,255}}?{DATE}T"  # as grep writes them: no host's name
_LOOSE = lazy_pattern(
    rf"{_PRIORITY}(?:(?:[^\W\d_]{{2,4}}\.? )?({STAMP}|{LOCAL_STAMP}|{EPOCH})(?: [A-Z]{{3,5}})?"
    rf"[ \t]++)?(?:{SEVERITY}[ \t]++)?(?:(?!{_NAME_AND_STAMP})([A-Za-z0-9_.:-]{{1,255}}+)[ \t]++)??"
    rf"(?:{_PLAIN_FACILITY}[ \t]++)?(?:{SEVERITY}[ \t]++)?"
    rf"(?:({PROGRAM_NAME})\[([0-9]{{1,10}})\]:|([A-Za-z0-9_.@-]++/{PROGRAM_NAME}):|"
    r"([a-z][a-z0-9_-]{0,63}+/[a-z0-9_/-]{1,255}+)\[([0-9]{1,10})\]) "
)
# docker compose logs: "mail-1  | "; pm2 logs: "0|npm run start  | "; with colours on a terminal.
_COLOUR = r"(?:\x1b\[[0-9;]{0,20}m)?"
_COMPOSE = lazy_pattern(
    rf"{_COLOUR}(?:[A-Za-z0-9][A-Za-z0-9_.-]* +|[0-9]{{1,6}}\|[^|]{{1,80}})\|{_COLOUR} "
)
# Kubernetes' CRI: "2026-11-24T11:43:32.1Z stdout F "
_CRI = re.compile("(?:stdout|stderr) [FP] ")
_WEEKDAY = f"{WEEKDAY} "
_ANY_STAMP = rf"(?:{STAMP}|{LOCAL_STAMP})"
_CONTAINER_NAME = "(?=[A-Za-z]{0,255}+[0-9_.-])[A-Za-z0-9_.-]{1,255}+"  # has a number
# What must follow for a line to have something before its header.
_NEXT = (
    rf"(?={_PRIORITY}(?:{_WEEKDAY})?{_ANY_STAMP}[ \t]|{PROGRAM_NAME}\[[0-9]{{1,10}}\]: |"
    rf"{_CONTAINER_NAME} +\| |\{{\"|\[pod/)"
)
# "docker logs -t" and "kubectl logs --timestamps" put a stamp before each line; "aws logs tail" a
# stamp and the stream's name.
_STAMPED = lazy_pattern(rf"(?:(?!{_WEEKDAY}|{{)\S{{1,255}}+ )??{_NEXT}")
_FILE = r"[^\s:{}\[\]\"']{1,255}"
# grep: "mail.log:12:"; "kubectl logs --prefix": "[pod/mail-0/postfix] "; stern: "mail-0 postfix ";
# journalctl -o json-sse: "data: "; a quotation: "> "; a page's or a ticket's indentation.
_BEFORE = lazy_pattern(
    rf"(?:(?:[>|] ?){{1,5}}|{_FILE}+:(?:[0-9]{{1,9}}:)?|{_FILE}-[0-9]{{1,9}}-|"
    rf"\[[a-z]{{1,20}}/[^\s\]]{{1,255}}\] |data: |{_CONTAINER_NAME} (?:[A-Za-z0-9_.-]{{1,255}}+ )?)"
    rf"{_NEXT}"
)
_INDENTED = lazy_pattern(
    rf"[ \t]{{1,100}}(?={_PRIORITY}{_ANY_STAMP}[ \t]+(?:\S{{1,255}} \S{{1,255}}: |"
    rf"(?:{SEVERITY}[ \t]+)?{PROGRAM_NAME}\[[0-9]{{1,10}}\]: )|"
    rf"{_CONTAINER_NAME} +\| )"
)
_STREAM = r"[^\s:/]{1,255}(?:/[^\s:/]{1,255}){2,9}"
_IN_STREAM = lazy_pattern(rf"({STAMP}) {_STREAM} ")  # looks like a host and a program's tag
# The same and more, whatever follows: of lines that no format knows as they are.
_BEFORE_ANY = lazy_pattern(
    rf"\[?({STAMP})\]?[ \t]+|[ \t\xa0\u200b\ufeff]{{1,100}}|(?:[>|+] ?){{1,5}}|[*\u2022-] +|"
    r"(?:#{1,4}|//|--|;)[ \t]{0,20}(?=\S)|"  # a comment of a program or a configuration
    rf"[0-9]{{1,9}}(?:[.):] +|\t)|(?=[A-Za-z./~_]){_FILE}?-[0-9]{{1,9}}-|"
    rf"(?=[A-Za-z./~_]){_FILE}:(?:[0-9]{{1,9}}:|(?!\s))|\[[a-z]{{1,20}}/[^\s\]]{{1,255}}\] |"
    rf"({_CONTAINER_NAME}) +(?=\S)|{_STREAM} +"
)
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u00ab": "\u00bb"}
_QUOTED = lazy_pattern(rf"(?:([{''.join(_QUOTES)}])\1{{0,2}}|\*\*(?=[^\s*]))")
_BOLD = "**"  # of Markdown
# Of forums, [CODE]; and of web pages.
_ELEMENTS = r"(?i:code|quote|indent|font|size|color|pre|tt|p|b|i|strong|span|li|td)"
_MARKED_UP = lazy_pattern(
    rf"(?:\[{_ELEMENTS}(?:=[^\]]{{0,80}})?\]|<{_ELEMENTS}(?: [^<>]{{0,80}})?>){{1,4}}"
)
_CLOSED = lazy_pattern(rf"(?:\[/{_ELEMENTS}\]|</{_ELEMENTS}>){{1,4}}[ \t,;]*\Z")
_TABBED = lazy_pattern(rf"{_PRIORITY}(?:{MONTH}|{DATE})[^\t]{{0,60}}\t")
_NAME_IN_POD = re.compile(r"[a-z][a-z0-9-]{0,62} +(?=\S)")  # after the pod's, of stern
# mailcow's page of logs, copied: "24.11.2026, 11:43:32 | info | NOQUEUE: reject: ..."
_CELL = r"[ \t]*[|\t][ \t]*"
_ROW = lazy_pattern(
    rf"({DATE_OF_A_PAGE}){_CELL}(?:(?!{SEVERITY}{_CELL})({PROGRAM_NAME}){_CELL})?"
    rf"(?:{SEVERITY}{_CELL})?(?=\S)"
)

_REPEATED = re.compile(r"message repeated ([0-9]++) times?: \[ ?(.*)\Z", re.DOTALL)
_MOST_DIGITS = 9  # of a number of repetitions: see `scanner`
_LAST_REPEATED = lazy_pattern(
    rf"(?:{STAMP} \S+ )?(?:-+ )?last message repeated ([0-9]++) times?(?: -+)?\s*\Z"
)
# The first group is the same in all lines of a source.
_ON_EACH_LINE = (
    re.compile(r"([>|])(?: |\Z)"),
    re.compile(rf"{_COLOUR}([A-Za-z0-9][A-Za-z0-9_.-]*) +\|{_COLOUR} ?"),
    re.compile(rf"({_FILE}):(?:[0-9]{{1,9}}:)?"),
)
_FEWEST_WRAPPED = 2  # lines

_MOST_WRAPPINGS = 6  # around each other; compose around JSON around CRI are three
_LONGEST_PID = 10  # digits
_LONGEST_PROGRAM = 255  # characters: RFC 3164 4.1.3 has 32 for a tag, RFC 5424 6.2.5 has 48

# Programs that forward lines which others have written whole. What any other program writes stays
# its own, though it begins as a line of a mail server does: a stranger may have chosen the words.
CARRIERS = (
    r"(?:docker|podman|container|conmon|crio|kube|k8s|compose|lxc|systemd-nspawn|journal|rsyslog|"
    r"syslog-ng|fluent|td-agent|vector|promtail|logspout|supervisord|s6-|runsv)|"
    r"[0-9a-f]{12}(?:[0-9a-f]{52})?(?![A-Za-z0-9_.@/-])"
)
_CARRIERS = lazy_pattern(CARRIERS)


@attrs.define
class Line:
    """A line of a log: where it is, and its prefix taken apart.

    >>> from smtpreply.logs import scan
    >>> lines = []
    >>> _ = list(scan(["Nov 24 11:43:32 mx cron[7]: nightly job"], on_unreadable=lines.append))
    >>> lines[0].program, lines[0].pid, lines[0].message
    ('cron', 7, 'nightly job')

    Attributes:
        text: what was in the file, wrappings taken off, without its end.
        message: what follows the prefix; all of `text` where there is none.
        time, host, program, pid: what the prefix says.
        number: of the line in its file, from 1.
        source: the file.
        fields: the members of the JSON object that the message is, if it is one.
        is_dated: whether the log itself says the year of `time`.
    """

    text: str
    message: str
    number: int
    source: str | None = None
    time: datetime | None = None
    host: str | None = None
    program: str | None = None
    pid: int | None = None
    fields: dict[str, Any] | None = None
    is_dated: bool = False


def read_prefix(text: str, number: int, clock: Clock, source: str | None = None) -> Line:
    """Take a line's prefix off. A line without one, or in too many wrappings, is a message.

    Of several stamps the innermost that says its year counts; where none does, the innermost.

    >>> line = read_prefix("Nov 24 11:43:32 mx postfix/smtp[42]: connect", 1, Clock(year=2026))
    >>> line.host, line.program, line.pid, line.message
    ('mx', 'postfix/smtp', 42, 'connect')
    """
    if (time := clock.in_minute(text[:_STAMP_LENGTH])) is not None:
        # The first colon with a space ends the header, if it is one: none has another. No line of a
        # program's own file (`PREFIXES`) begins with such a stamp.
        end = text.find(": ", _STAMP_LENGTH, _STAMP_LENGTH + _LONGEST_HEADER) + 2
        header = _header(text[_STAMP_LENGTH:end]) if end > _STAMP_LENGTH else None
        if header is not None:
            message = text[end:]
            line = Line(text, message, number, source, time, *header)
            if message[:1] == "{":
                line.fields = json_object(message)
            return line
    if text.startswith("{"):  # no header, and no line of a program's own file, begins like that
        line = Line(text, text, number, source)
        is_wrapped = _unwrap_json(line, clock)
    elif match := _SYSLOG.match(text):  # most lines have one header and no wrapping
        stamp, host, program, pid = match.groups()
        message, time = text[match.end() :], clock.read(stamp)
        line = Line(text, message, number, source, time, host, program, _pid(pid))
        line.is_dated = has_year(stamp)
        is_wrapped = _is_carrier(program)
    else:
        # No wrapping looks like such a line, and in such a log most lines are some.
        line = Line(text, text, number, source)
        is_wrapped = not _OWN_LINE.match(text) and _unwrap_other(line, clock)
    if is_wrapped:
        for _ in range(_MOST_WRAPPINGS):
            if not _unwrap(line, clock):
                break
    if line.fields is None and line.message.startswith("{"):
        line.fields = json_object(line.message)
    return line


@functools.lru_cache(maxsize=4096)  # a log has few hosts and programs
def _header(text: str) -> tuple[str, str, int | None] | None:
    """Return the host, the program and the process id that a header has after its stamp.

    Returns:
        None where it is none, or where what follows may be another header.
    """
    match = _HEADER.match(text)
    if match is None or _is_carrier(match[2]):
        return None
    return match[1], match[2], _pid(match[3])


def header_in(text: str) -> tuple[str, str, str] | None:
    """Return the host, the program and the message of a line, where no other header is in it.

    This takes a fifth of the time of `read_prefix`, which finds the same.

    >>> header_in("Nov 24 11:43:32 mx cron[7]: nightly job")
    ('mx', 'cron', 'nightly job')
    """
    match = _SYSLOG.match(text)
    if match is None:
        return None
    _, host, program, _ = match.groups()
    return None if "/" in host or _is_carrier(program) else (host, program, text[match.end() :])


def may_be_event(message: str) -> bool:
    """Return whether a message begins as an event in JSON does, or with a level in brackets.

    >>> may_be_event('[{"event": "bounce"}]'), may_be_event("[12345.678901] usb 1-1: new device")
    (True, False)
    """
    return message.startswith(("{", "[")) and _PRINTK.match(message) is None


def unwrapped(line: Line, clock: Clock) -> Iterator[Line]:
    """Yield what a line that no format knows may be, taking off one wrapping after the other.

    `read_prefix` takes a wrapping off where what follows shows that it is one. Many formats have
    lines with a beginning of their own: the caller knows what such a line is.

    >>> line = read_prefix("mdaemon.log:12:Tue 2026-11-24 11:43:32: ...", 1, Clock())
    >>> [each.message for each in unwrapped(line, Clock())]
    ['Tue 2026-11-24 11:43:32: ...']
    """
    if _is_of_another(line):
        return
    line = attrs.evolve(line)
    is_pod = False
    for _ in range(_MOST_WRAPPINGS):
        if _is_of_another(line):
            return
        if line.program is not None:
            if match := _IN_STREAM.match(line.text):
                line.message, line.host = line.text[match.end() :], None
            line.text, line.program, line.pid = line.message, None, None
        elif _TABBED.match(line.message):
            line = read_prefix(line.message.replace("\t", " "), line.number, clock, line.source)
        elif match := _QUOTED.match(line.message):
            line.text = line.message = _unquoted(line.message, match)
            _unwrap(line, clock)
        elif match := _MARKED_UP.match(line.message):
            line.text = line.message = _CLOSED.sub("", line.message[match.end() :])
            _unwrap(line, clock)
        elif match := _BEFORE_ANY.match(line.message):
            if match[1]:
                _set_time(line, match[1], clock)
            is_pod = match[2] is not None
            _cut(line, match.end())
            _unwrap(line, clock)
        elif is_pod and (match := _NAME_IN_POD.match(line.message)):
            is_pod = False
            _cut(line, match.end())
        else:
            return
        if line.fields is None and line.message.startswith("{"):
            line.fields = json_object(line.message)
        yield line


def _unquoted(text: str, opened: re.Match[str]) -> str:
    """Return a line without the marks of quotation or of Markdown around it, and a comma behind."""
    closing = _QUOTES[opened[1]] * len(opened[0]) if opened[1] else _BOLD
    text = text[opened.start() :].rstrip(" \t,;")
    if opened[0] == '"' and '\\"' in text:  # of a JSON document
        try:
            return rejoined(str(json.loads(text)))
        except ValueError:
            pass
    return text[len(opened[0]) :].removesuffix(closing)


def as_written(text: str) -> str:
    r"""Return a line as its program wrote it, where it was copied from a web page.

    A page may have no-break spaces for those before the message, and entities for all brackets.

    >>> as_written("Nov\xa024 11:43:32 mx postfix/smtp[42]:\xa0connect").isascii()
    True
    >>> as_written("to=&lt;bob@example.org&gt;, relay=none"), as_written("=&gt; bob R=out")
    ('to=<bob@example.org>, relay=none', '=> bob R=out')
    """
    if ("&lt;" in text and "<" not in text) or ("&gt;" in text and ">" not in text):
        import html  # noqa: PLC0415  (of what no log has)

        text = html.unescape(text).replace("\n", " ")
    head = text.partition(": ")[0]
    return text.replace("\xa0", " ") if "\xa0" in head and not text.startswith("{") else text


_LINK = lazy_pattern(
    # Outlook: bob@example.org<mailto:bob@example.org>, mx.example.org<http://mx.example.org/>
    r"(?P<outlook><(?:mailto:|https?://)(?P<to>[^|<>\s]{1,600}?)/?>)"
    # Slack: <mailto:bob@example.org|bob@example.org>
    r"|<(?:mailto:|https?://)(?P<slack>[^|<>\s]{1,600})\|(?P=slack)>"
    # Markdown: [bob@example.org](mailto:bob@example.org)
    r"|\[(?P<markdown>[^\[\]\s]{1,600})\]\((?:mailto:|https?://)(?P=markdown)/?\)"
    # Forums: [email]bob@example.org[/email], [email=bob@example.org]bob@example.org[/email]; some
    # set a space before it.
    r"|(?:(?<=<) )?\[(?P<tag>(?i:email|url))(?:=[^\[\]\s]{1,600})?\]"
    r"(?P<forum>[^\[\]\s]{1,600})\[/(?P=tag)\]"
)
_LINKED = ("mailto:", "<http", "[/email]", "[/EMAIL]", "[/url]", "[/URL]")


def unlinked(text: str) -> str:
    """Return lines without the links into which mail programs, chats and forums turn addresses.

    >>> unlinked("to=<bob@example.org<mailto:bob@example.org>>, relay=none")
    'to=<bob@example.org>, relay=none'
    """
    if not any(map(text.__contains__, _LINKED)):
        return text

    def shown(found: re.Match[str]) -> str:
        if found["outlook"] is None:
            return found["slack"] or found["markdown"] or found["forum"]
        return "" if text.endswith(found["to"], 0, found.start()) else found[0]

    return _LINK.sub(shown, text)


def _is_of_another(line: Line) -> bool:
    """Return whether a program wrote it that forwards no lines of others."""
    if line.program is None or _is_carrier(line.program):
        return False
    return line.host is None or "/" not in line.host or _IN_STREAM.match(line.text) is None


def repeated_in(line: Line) -> tuple[int, str | None] | None:
    """Return how often a line says that a message was repeated, and the message.

    rsyslog writes ``message repeated 3 times: [ MESSAGE]``, with the program that wrote it; syslogd
    of BSD and macOS writes ``last message repeated 3 times``, of the line before.

    Returns:
        The message is None where it is that of the line before. None for any other line.

    >>> line = read_prefix("Nov 24 11:43:32 mx a[1]: message repeated 2 times: [ b]", 1, Clock())
    >>> repeated_in(line)
    (2, 'b')
    >>> repeated_in(read_prefix("Nov 24 11:43:32 mx last message repeated 3 times", 1, Clock()))
    (3, None)
    """
    if match := _REPEATED.match(line.message):
        return _repeats(match[1]), match[2].removesuffix("]")
    if line.program in (None, "syslogd") and (match := _LAST_REPEATED.match(line.message)):
        return _repeats(match[1]), None
    return None


def _repeats(digits: str) -> int:
    """Read a number that may have any length; one that is too long to be true is cut off."""
    return int(digits.lstrip("0")[:_MOST_DIGITS] or 0)


def common_wrapping(lines: Sequence[str]) -> Callable[[str], str] | None:
    """Return what takes off what all lines have before them: a quotation, a name, indentation.

    It is for sources that are of one format as a whole, whose lines have no header of their own.

    >>> unwrap = common_wrapping(["> Subject: failure", "> From: <>"])
    >>> unwrap("> x"), unwrap(">"), unwrap("x")
    ('x', '', 'x')
    """
    if len(lines) < _FEWEST_WRAPPED:
        return None
    indent = os.path.commonprefix(lines)  # noqa: RUF071  (of characters, not of folders)
    indent = indent[: len(indent) - len(indent.lstrip(" \t"))]
    if indent:
        return lambda text: text.removeprefix(indent)
    for pattern in _ON_EACH_LINE:
        found = [pattern.match(line) for line in lines]
        if all(found) and len({match[1] for match in found if match}) == 1:
            return lambda text: text[match.end() :] if (match := pattern.match(text)) else text
    return None


def stamp_from_message(line: Line, clock: Clock) -> None:
    """Read a stamp that the program has written itself, as Exim does in its own files.

    It counts where no syslog has written one, and where syslog's does not say the year.
    """
    message = line.message
    if line.fields is not None or (
        line.time is not None and (line.is_dated or not message[:1].isdigit())
    ):
        return
    if match := _STAMP.match(message):
        _set_time(line, match[1], clock)


def _unwrap(line: Line, clock: Clock) -> bool:
    """Take one header or one wrapping off; return whether there may be another."""
    text = line.message
    if match := _SYSLOG.match(text):
        stamp, host, program, pid = match.groups()
        return _set_header(line, match.end(), clock, stamp, host, program, pid)
    return not _OWN_LINE.match(text) and _unwrap_other(line, clock)


def _unwrap_other(line: Line, clock: Clock) -> bool:
    """Take one wrapping off that is not the usual header, nor before a program's own lines."""
    text = line.message
    if text.startswith("{"):
        return _unwrap_json(line, clock)
    if text.startswith("<") and (match := _SYSLOG_5424.match(text)):
        given = (None if part == "-" else part for part in match.groups())
        return _set_header(line, match.end(), clock, *given)
    if "|" in text and (match := _COMPOSE.match(text)):
        return _cut(line, match.end())
    if stamp := _AFTER_STAMP.match(text):
        at = stamp.end()
        if match := _HOSTLESS.match(text, at):
            return _set_header(line, match.end(), clock, stamp[1], None, match[1], match[2])
        if not text[0].isdigit() and (match := _METALOG.match(text, at)):
            return _set_header(line, match.end(), clock, stamp[1], None, match[1], None)
        if match := _CRI.match(text, at) or _STAMPED.match(text, at):
            _set_time(line, stamp[1], clock)
            return _cut(line, match.end())
    return _unwrap_oddly(line, clock)


def _unwrap_oddly(line: Line, clock: Clock) -> bool:
    """Take off what is rarer, and what people and web pages put before lines."""
    text = line.message
    has_tag = "]: " in text or "/" in text  # or there is no need to look for one
    if has_tag and (match := _LOOSE.match(text)):
        stamp, host, named, pid, path, bare, bare_pid = match.groups()
        # maddy's "smtp/pipeline: ..." is no program: without a process id, a stamp must be there.
        if (
            (stamp is None and path is None)
            or (stamp and has_year(stamp))
            or (stamp and month_number(stamp.split()[0]) is not None)
        ):
            program, pid = named or path or bare, pid or bare_pid
            return _set_header(line, match.end(), clock, stamp, host, program, pid)
    if match := _BEFORE.match(text) or _INDENTED.match(text):
        return _cut(line, match.end())
    if match := _ROW.match(text):
        _set_time(line, match[1], clock)
        line.program = match[2]
        return _cut(line, match.end())
    return False


def _cut(line: Line, length: int) -> bool:
    """Cut a wrapping off: what is left is what the file might as well have held."""
    line.text = line.message = line.message[length:]
    return True


def _set_header(line: Line, length: int, clock: Clock, *parts: str | None) -> bool:
    """Take a header off, of stamp, host, program and process id.

    Returns:
        Whether its program forwards lines of others.
    """
    stamp, host, program, pid = parts
    if line.program is not None:  # of a carrier, whose line this was
        line.text = line.message
    line.message = line.message[length:]
    if stamp:
        _set_time(line, stamp, clock)
    line.host, line.program, line.pid = host or line.host, program, _pid(pid)
    return program is not None and _is_carrier(program)


@functools.lru_cache(maxsize=1024)  # a log has few programs; a hostile one, any number
def _is_carrier(program: str) -> bool:
    return _CARRIERS.match(program) is not None


def _set_time(line: Line, stamp: str, clock: Clock) -> None:
    time = clock.read(stamp)
    is_dated = has_year(stamp)
    if time is not None and (is_dated or not line.is_dated):
        line.time, line.is_dated = time, is_dated


def _pid(text: str | None) -> int | None:
    """Return a process id; None for what is none, however long."""
    if text and len(text) <= _LONGEST_PID and text.isascii() and text.isdecimal():
        return int(text)
    return None


# --- JSON ----------------------------------------------------------------------------------

# Under which names journald, rsyslog, syslog-ng, Docker, Fluent Bit, Vector, Loki, Logstash and
# Filebeat (ECS), CloudWatch and Google Cloud have the parts of a line; a dot leads into an object.
_PROGRAMS = (
    *("SYSLOG_IDENTIFIER", "_COMM", "PROGRAM", "appname", "app_name", "app-name", "ident"),
    *("syslogtag", "program", "programname", "syslog_program", "process.name"),
)
_PIDS = ("_PID", "SYSLOG_PID", "PID", "procid", "pid", "syslog_pid", "process.pid")
_HOSTS = ("_HOSTNAME", "HOST", "hostname", "sysloghost", "logsource", "host.name", "host")
_TIMES = (
    *("__REALTIME_TIMESTAMP", "timestamp", "@timestamp", "time", "timereported", "ISODATE"),
    *("DATE", "date", "ts"),
)
_TEXTS = ("log", "line", "textPayload")
"""Under these names alone, a text is a line."""
_MESSAGES = ("message", "msg")
"""Under these it is one beside a time or a program: many programs have a message of their own."""
_CARRYING = frozenset(("MESSAGE", *_TEXTS, *_MESSAGES))
ENVELOPES = ("_source", "jsonPayload")
"""Under which a store has what it was sent."""
_LABELS = {"host": _HOSTS, "program": _PROGRAMS, "pid": _PIDS}
_LONGEST_LABEL = 255
_DECODER = json.JSONDecoder()
CONTAINERS = ("CONTAINER_ID", "CONTAINER_NAME", "container_id", "container_name", "kubernetes")
"""The members that name the container that wrote a line."""
_EVENTS = (("event", "email"), ("event", "recipient"))
"""The members of an event of a mail service: see `_is_event`."""
_NAMES = [name.partition(".") for name in (*_PROGRAMS, *_PIDS, *_HOSTS, *_TIMES)]
MEMBERS = frozenset(outer for outer, _, _ in _NAMES).union(
    _CARRYING, ENVELOPES, CONTAINERS, *_EVENTS
)
"""The members of an object that `within_envelopes` and `carried_in` look at."""
OBJECTS = dict.fromkeys(ENVELOPES, MEMBERS) | {
    outer: frozenset(inner for name, _, inner in _NAMES if name == outer)
    for outer, dot, _ in _NAMES
    if dot
}
"""Those of them that may be objects, with the members of these that they look at."""


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is; None where it is none."""
    try:
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    is_whole = end == len(text) or not text[end:].strip(" \t\r\n")  # as json.loads has it
    return value if is_whole and isinstance(value, dict) else None


class Carried(NamedTuple):
    """The parts of a line that a JSON object carries, as the object has them.

    Attributes:
        message: what the program wrote, or a whole line.
        time, host, program, pid: of any type; None where the object has none.
        is_spaced: whether the message may begin with the space that follows the program: rsyslog's
            ``msg`` does.
        is_of_container: whether the object names the container that wrote the line.
    """

    message: str
    time: Any
    host: Any
    program: Any
    pid: Any
    is_spaced: bool
    is_of_container: bool


def within_envelopes(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the object that another one holds with what a store has added; else the object."""
    for name in ENVELOPES:
        if isinstance(inner := fields.get(name), dict):
            fields = inner
    return fields


def carried_in(fields: Mapping[str, Any]) -> Carried | None:
    """Return the line that a JSON object carries; None where it is an event, or is no line's.

    >>> carried_in({"MESSAGE": "connect", "_PID": "42"})[:5]
    ('connect', None, None, None, '42')
    """
    message = _message_in(fields)
    if message is None:
        return None
    time, host, program, pid = (
        _first(fields, names) for names in (_TIMES, _HOSTS, _PROGRAMS, _PIDS)
    )
    is_of_container = any(map(fields.get, CONTAINERS))
    return Carried(message, time, host, program, pid, "MESSAGE" not in fields, is_of_container)


def tag_in(carried: Carried) -> tuple[str | None, int | None, bool]:
    """Return the program and the process id of a line, and whether a header may follow."""
    program = _text(carried.program)
    if program is None:
        return None, None, True
    program, _, tagged = program[:_LONGEST_PROGRAM].rstrip(":] ").partition("[")
    pid = carried.pid
    number = _pid(tagged or (str(pid) if isinstance(pid, int) else _text(pid)))
    return program, number, _is_carrier(program) or carried.is_of_container


def _unwrap_json(line: Line, clock: Clock) -> bool:
    fields = json_object(line.message)
    if fields is None:
        return False
    fields = within_envelopes(fields)
    carried = carried_in(fields)
    if carried is None:
        line.fields = fields
        return False
    line.text = line.message = carried.message.rstrip("\r\n")
    _set_any_time(line, carried.time, clock)
    line.host = _text(carried.host) or line.host
    program, pid, may_go_on = tag_in(carried)
    if program is not None:
        line.program, line.pid = program, pid
        if carried.is_spaced:
            line.text = line.message = line.message.removeprefix(" ")
    return may_go_on


def _message_in(fields: Mapping[str, Any]) -> str | None:
    """Return the text of the line; None where there is none."""
    if _CARRYING.isdisjoint(fields):
        return None
    message = _octets_as_text(fields.get("MESSAGE"))
    if message is not None or _is_event(fields):
        return message
    inner = _text(_first(fields, _TEXTS))
    if inner is None and (message := _text(_first(fields, _MESSAGES))) is not None:
        dated = any(_first(fields, names) is not None for names in (_TIMES, _PROGRAMS))
        inner = message if dated else None
    return inner


def records_in(line: Line) -> Iterator[str]:
    """Yield the records of a line that is a body in which lines are shipped, each a JSON object.

    Loki has them in streams, with labels for each: as pushed, ``{"streams": [{"stream": {...},
    "values": [[STAMP, LINE], ...]}]}``, and as queried, under ``data`` and ``result``. CloudWatch
    has ``logEvents`` and ``events``, Elasticsearch ``hits`` in ``hits``. What another program logs
    is its own.

    >>> text = '{"streams": [{"stream": {"host": "mx"}, "values": [["1795520612", "a line"]]}]}'
    >>> list(records_in(read_prefix(text, 1, Clock())))
    ['{"host": "mx", "timestamp": "1795520612", "line": "a line"}']
    """
    fields = line.fields
    if fields is None or line.program is not None:
        return
    data, hits = fields.get("data"), fields.get("hits")
    for stream in _objects(data.get("result") if isinstance(data, dict) else fields.get("streams")):
        values, labels = stream.get("values"), stream.get("stream")
        known = _labels_in(labels) if isinstance(labels, dict) else {}
        for value in values if isinstance(values, list) else ():
            if isinstance(value, list) and len(value) > 1 and isinstance(value[1], str):
                yield json.dumps({**known, "timestamp": value[0], "line": value[1]})
    records = hits.get("hits") if isinstance(hits, dict) else fields.get("logEvents")
    yield from map(json.dumps, _objects(records))
    events = _objects(fields.get("events"))
    if all(isinstance(event.get("message"), str) and "timestamp" in event for event in events):
        yield from map(json.dumps, events)


def _labels_in(labels: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels that say who wrote the lines: each of these gets them."""
    found = ((name, _text(_first(labels, names))) for name, names in _LABELS.items())
    return {name: text for name, text in found if text and len(text) <= _LONGEST_LABEL}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_event(fields: Mapping[str, Any]) -> bool:
    """Return whether it is an event of a mail service, which may have a message of its own."""
    names = _EVENTS["email" not in fields]
    return all(isinstance(fields.get(name), str) for name in names)


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Return the value of the first name that has one which is no object."""
    for name in names:
        outer, _, inner = name.partition(".")
        value = fields.get(outer)
        if inner and isinstance(value, dict):
            value = value.get(inner)
        elif inner:
            continue
        if value is not None and not isinstance(value, dict):
            return value
    return None


def _octets_as_text(value: Any) -> str | None:
    """Journald gives a MESSAGE that is not UTF-8 as an array of octets."""
    if isinstance(value, list):
        try:
            return bytes(value).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            return None
    return _text(value)


def _text(value: Any) -> str | None:
    return rejoined(value) if isinstance(value, str) else None


def _set_any_time(line: Line, value: Any, clock: Clock) -> None:
    """Take over a time that is a stamp, or a count since 1970 of any unit."""
    if isinstance(value, str) and not value.isdecimal():
        _set_time(line, value, clock)
        return
    time = since_1970(value)
    if time is not None:
        line.time, line.is_dated = time, True


def since_1970(value: Any) -> datetime | None:
    """Read a count of seconds, milliseconds, microseconds or nanoseconds, known by its size."""
    try:
        count = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    for unit in (1, 1e3, 1e6, 1e9):
        if _FIRST <= count / unit < _LAST:
            return datetime.fromtimestamp(count / unit, UTC)
    return None


_FIRST, _LAST = 1e9, 1e11  # seconds since 1970: in 2001, and in 5138
