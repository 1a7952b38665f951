r"""`learned`: the dialect of a transcript that none of the table is of, from its own lines.

Programs write what each side says after something of their own: a stamp, a logger's name, a word
for the side. Where a reply or a command is in some lines, all before it is their prefix; what
prefixes have in common, with stamps and numbers left open, is a mark. So the transcript shows which
mark is the server's and which is the client's, or that one prefix is before both.

A reply after a prefix that has been seen once may be the program's own sentence about a reply. It
counts only after one of `SIDES`, and only if the transcript has not just shown the same words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import attrs

from smtpreply._support.dates import MONTH, WEEKDAY
from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.dialogue.dialects import FOLLOWING, TYPED, Dialect, Role, Row, Written

LEARNED = "learned"
"""The name of each dialect that is learned."""

_MOST_SHAPES = 40  # of prefixes: a program has a handful
_LONGEST_PREFIX = 300  # octets
_LONGEST_LINE = 1000  # octets that are looked at

SIDES: tuple[tuple[str, str], ...] = (
    (r"server|srv|s|remote|peer|mx", r"client|c|local|me"),
    (r"received|receive|receiving|recv|recvd|rcvd", r"sent|send|sending|snd"),
    (r"read|reading|readline|readyread", r"wrote|write|writing|written"),
    (r"got|heard", r"put|said"),
    (r"in|incoming|inbound|input", r"out|outgoing|outbound|output"),
    (r"rx", r"tx"),
    (
        r"response|reply|replied|replies|responded|answer|answered|responds|result|message",
        r"command|cmd|request|req|query|question",
    ),
    (r"<+[-=~*]*", r"[-=~*]*>+"),
    (r"s ?<+", r"c ?>+"),
)
"""Words and arrows for the server's lines and for the client's, as a client writes them. A server
that writes what it received and sent uses them the other way round."""

_CLOSES = {b"[": b"]", b"<": b">", b"(": b")", b"'": b"'", b"`": b"'", b"{": b"}"}


def _at_the_end(words: Iterable[str]) -> re.Pattern[bytes]:
    """Compile a pattern for a prefix that ends with one of the words, and what separates it."""
    named = "|".join(words)
    return re.compile(
        rf"(?:^|[^0-9A-Za-z<>-])((?:{named})[ \t]*(?:[\]\)}}|:=,>-]{{0,3}}|<<<?|<-+|-+>)"
        rf"[ \t]*[\[(<{{]?b?[\"'`]?)\Z".encode(),
        re.IGNORECASE,
    )


_SERVER_MARK = _at_the_end(server for server, _ in SIDES)
_CLIENT_MARK = _at_the_end(client for _, client in SIDES)
# What programs raise or log of a refusal. It is a reply if nothing else is, and has a status.
_FAILURE_MARK = _at_the_end([r"[A-Za-z:]{0,60}(?:error|exception|failed|failure|refused|rejected)"])
_WITH_STATUS = rb"[45][0-9][0-9][ -][45]\.[0-9]{1,3}\.[0-9]{1,3}(?:[ ]|$)"

# The codes of RFC 5321 4.2.3 and of IANA's extensions, and those that servers made up near them.
_CODE = (
    rb"(?:21[14]|22[01]|23[45]|25[0-3]|334|354|"
    rb"4(?:[25][0-9]|3[0-2]|7[01])|5(?:[0-5][0-9]|7[0-9]))"
)
_SPOKEN = re.compile(
    # A number before a dash or another number is a process id, or a part of a stamp.
    rb"(?:(?<![0-9A-Za-z.,@/#-])|(?<=[<=-]-))(?:("
    + _CODE
    + rb"(?:-[^0-9\s-]|-[0-9]\.|-\S{0,60}[ .]|[ ]\s?[^\s\[(|:-]|"
    rb"[ ]?(?:\\r|<CRLF>|[\"'\])}]{0,3}\s*$)))|("
    rb"(?:EHLO|HELO|LHLO) [!-~]|MAIL FROM:|RCPT TO:|AUTH [A-Z][A-Z0-9-]{3}|"
    rb"(?:DATA|RSET|QUIT|STARTTLS)(?:\\r|<CRLF>|[\"'\])]|\s*$)))",
    re.IGNORECASE,
)

_VARIES = (
    r"(?:TRACE|DEBUG|VERBOSE|INFO|NOTICE|WARN|WARNING|ERROR|FINE|FINER|FINEST"
    rf"|{WEEKDAY}|{MONTH})"
)
_PIECE = lazy_pattern(
    rb"(?P<bracket>\[[^\[\]]{0,120}\]|\([^()]{0,80}\))|(?P<number>[A-Za-z_+-]{0,40}[0-9]"
    rb"[0-9A-Za-z_.,:+/-]{0,300})|(?P<name>\b" + _VARIES.encode() + rb"\b)|(?P<space>[ \t]+)",
    re.IGNORECASE,
)
_IS_SIDE = lazy_pattern(
    r"[\[(](?:" + "|".join(word for pair in SIDES for word in pair) + r"|smtp)[\])]", re.IGNORECASE
)


@attrs.frozen
class _Heard:
    """A reply or a command in a line, and the prefix before it."""

    prefix: bytes
    is_reply: bool
    rest: bytes


@attrs.define
class _Shape:
    """A shape of prefixes, and what was seen after them.

    Attributes:
        pattern: matches the prefixes.
        label: the last part of it, which is the same in all.
        prefix: the first one.
        replies, commands: how often these were after it.
        rest: the first of these.
    """

    pattern: bytes
    label: bytes
    prefix: bytes
    rest: bytes
    replies: int = 0
    commands: int = 0

    @property
    def side(self) -> bytes | None:
        """The word or the arrow that ends the prefix, if there is one."""
        mark = _SERVER_MARK.search(self.prefix) or _CLIENT_MARK.search(self.prefix)
        return mark[1].lower() if mark else None

    @property
    def is_quoted(self) -> bool:
        """Whether the prefix leaves quotes open."""
        return self.prefix.count(b'"') % 2 == 1 or self.prefix[-1:] in _CLOSES


def learned(lines: Iterable[bytes]) -> Dialect | None:
    r"""Return the dialect that lines are of, as far as they show it; None where they show none.

    Args:
        lines: of a transcript, without their ends.

    >>> lines = [b"07.07.26 17:23:12 smtp: 220 mx ESMTP", b"07.07.26 17:23:13 smtp: EHLO client"]
    >>> learned(lines).said(b"08.07.26 17:24:12 smtp: 250 mx")[:2]
    (<Role.REPLY: 1>, b'250 mx')
    """
    lines = [line for line in lines if line.strip()]
    shapes = _shapes_of(lines)
    servers, clients, both = _sides(shapes, len(lines))
    if not servers and not both:
        return None
    rows = [_row_of_client(shape) for shape in clients]
    rows += [row for shape in both for row in _rows_of_both(shape)]
    main = max(servers, key=lambda shape: shape.replies, default=None)
    for shape in sorted(servers, key=lambda shape: len(shape.prefix)):
        is_main = not both and main is not None and shape.label == main.label
        rows.append(_row_of_server(shape, repeats=not is_main))
        if is_main and shape.side is not None and not shape.is_quoted:
            rows.append(Row(shape.pattern + rb"(.*)", Role.WITHIN))
    return Dialect(
        LEARNED,
        (*rows, FOLLOWING),
        of_a_server=_is_of_a_server(servers, clients),
        marks_the_client=not both,
        shows_message=not both,
    )


def _shapes_of(lines: Iterable[bytes]) -> list[_Shape]:
    """Count what is after the prefixes of each shape; the most frequent shapes only."""
    shapes: dict[bytes, _Shape] = {}
    for heard in _heard_in(lines):
        pattern, label = _pattern_of(heard.prefix)
        shape = shapes.setdefault(pattern, _Shape(pattern, label, heard.prefix, heard.rest))
        shape.replies += heard.is_reply
        shape.commands += not heard.is_reply
    most = Counter({pattern: shape.replies + shape.commands for pattern, shape in shapes.items()})
    return [shapes[pattern] for pattern, _ in most.most_common(_MOST_SHAPES)]


def _heard_in(lines: Iterable[bytes]) -> Iterator[_Heard]:
    """Yield the first reply or command of each line that has a prefix before it."""
    for line in lines:
        start = line[:_LONGEST_LINE]
        match = _SPOKEN.search(start)
        if match and 0 < match.start() <= _LONGEST_PREFIX and start[: match.start()].strip():
            prefix = start[: match.start()]
            yield _Heard(prefix, match[1] is not None, start[match.start() :])


def _pattern_of(prefix: bytes) -> tuple[bytes, bytes]:
    """Return a pattern for a prefix, and its end, after all stamps, numbers, levels, brackets."""
    pattern, label, end = b"", b"", 0
    for piece in _PIECE.finditer(prefix):
        fixed = re.escape(prefix[end : piece.start()])
        opened = _open(piece)
        pattern += fixed + opened
        label = label + fixed + opened if piece["space"] else b""
        end = piece.end()
    rest = re.escape(prefix[end:])
    return pattern + rest, label + rest


def _open(piece: re.Match[bytes]) -> bytes:
    if piece["space"]:
        return rb"[ \t]+"
    if piece["name"]:
        return rb"[A-Za-z]{3,8}"
    if piece["number"]:
        return rb"[0-9A-Za-z_.,:+/-]{1,300}"
    if _IS_SIDE.fullmatch(piece["bracket"].decode("latin-1")):
        return re.escape(piece["bracket"])
    return rb"\[[^\[\]]{0,120}\]" if piece["bracket"].startswith(b"[") else rb"\([^()]{0,80}\)"


def _sides(shapes: list[_Shape], count: int) -> tuple[list[_Shape], list[_Shape], list[_Shape]]:
    """Return the server's shapes, the client's, and those that are before both sides."""
    both = [shape for shape in shapes if shape.replies and shape.commands]
    clients = [shape for shape in shapes if not shape.replies]
    named = [shape for shape in clients if shape.side is not None]
    theirs = [re.compile(shape.pattern, re.IGNORECASE) for shape in named]
    replies = [
        shape
        for shape in shapes
        if not shape.commands and not any(pattern.match(shape.prefix) for pattern in theirs)
    ]
    servers = [shape for shape in replies if _is_servers(shape, clients)]
    if not servers and not both and replies:
        best = max(replies, key=lambda shape: shape.replies)
        servers = [best] if clients or 1 < best.replies >= count / 2 else []
        servers = servers or [shape for shape in replies if _tells_of_failure(shape)]
    unmarked = [shape for shape in clients if shape.side is None]
    return servers, named, [*both, *unmarked]


def _is_servers(shape: _Shape, clients: list[_Shape]) -> bool:
    if _SERVER_MARK.search(shape.prefix):
        return True
    # "Sent: 220 ..." is what a server writes, and then it also writes what it received.
    return bool(
        _CLIENT_MARK.search(shape.prefix)
        and any(_SERVER_MARK.search(client.prefix) for client in clients)
    )


def _tells_of_failure(shape: _Shape) -> bool:
    has_status = re.match(_WITH_STATUS, shape.rest) is not None
    return has_status and _FAILURE_MARK.search(shape.prefix) is not None


def _is_of_a_server(servers: list[_Shape], clients: list[_Shape]) -> bool:
    return bool(clients and servers) and all(
        _CLIENT_MARK.search(shape.prefix) and not _SERVER_MARK.search(shape.prefix)
        for shape in servers
    )


# --- rows ----------------------------------------------------------------------------------

_IN_QUOTES = rb"(?:[^\"\\]|\\.)*"


def _row_of_server(shape: _Shape, *, repeats: bool) -> Row:
    role = Role.REPEATED if repeats else Role.QUOTED if shape.is_quoted else Role.REPLY
    return _row(shape, rb"[2-5][0-9][0-9]", role)


def _row_of_client(shape: _Shape) -> Row:
    return _row(shape, b"", Role.COMMAND)


def _rows_of_both(shape: _Shape) -> Iterator[Row]:
    yield _row(shape, rb"[2-5][0-9][0-9](?![0-9A-Za-z.,:])", Role.REPLY)
    yield Row(shape.pattern + TYPED, Role.COMMAND)
    yield Row(shape.pattern + rb"(\.)", Role.COMMAND)


def _row(shape: _Shape, start: bytes, role: Role) -> Row:
    """Return the row of what begins with `start` after a prefix, up to where its quotes close."""
    written = Written.CRLF if b"<CRLF>" in shape.rest else Written.PLAIN
    if b"\\r" in shape.rest or b"\\n" in shape.rest:
        written = Written.ESCAPED
    if shape.prefix.count(b'"') % 2 == 1:
        closed = rb"(" + start + _IN_QUOTES + rb")\".*"
        return Row(shape.pattern + closed, role, Written.ESCAPED)
    closing = _CLOSES.get(shape.prefix[-1:])
    end = (
        b")"
        if closing is None
        else rb")" + re.escape(closing) + rb"[^" + re.escape(closing) + rb"]*"
    )
    return Row(shape.pattern + rb"(" + start + rb".*" + end, role, written)
