r"""From the transcript of a session to the server's replies, with where they stand in it.

What programs print of a session mixes the server's lines with the client's and with their own.
`iter_transcript` finds out from a sample which marks a transcript has, then walks it line by line.
A table of (pattern, role) for each known form decides whose line a line is; the first row that
matches counts. Nothing in a transcript is an error: what can't be read is `Skipped`, and seen.

The line ends of a text file are the business of whoever saved it, not of the server. So where the
first line ends with LF alone, a line's LF stands for CRLF. Where it ends with CRLF, the file may be
a copy of the octets, and line ends are kept and judged.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from smtpreply.dialogue.session import Session
from smtpreply.reply.grammar import Head, read_head
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import iter_replies, octets_of
from smtpreply.stage import Stage


@attrs.frozen
class Peer:
    """The server that a program speaks to, as far as its transcript names it.

    Attributes:
        host: its name, or its address where there is no name.
        ip: its address.
        port: the port.
    """

    host: str
    ip: str | None = None
    port: int | None = None


@attrs.frozen
class Exchange:
    """A reply in a transcript, and what it answers.

    Attributes:
        reply: the reply.
        line: the line of the transcript on which it begins, from 1.
        command: the client's command that it answers, "." for the end of the message; None where
            the transcript does not show one. An AUTH command is without its credentials.
        stage, sender, recipients: what was answered, and which message and whom it is about: see
            `smtpreply.dialogue.session.Answer`.
        peer: the server, where the transcript names it.
    """

    reply: Reply
    line: int
    command: str | None = None
    stage: Stage | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    peer: Peer | None = None


@attrs.frozen
class Skipped:
    """A line of a transcript that is neither the server's nor the client's.

    Attributes:
        line: its number, from 1.
        text: the line without its end; octets that are not UTF-8 are kept as surrogate escapes.
        peer: the server spoken to, where the transcript names it.
    """

    line: int
    text: str
    peer: Peer | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Transcript:
    """All that was read in a transcript.

    Attributes:
        exchanges: the replies, in their order.
        skipped: the lines that nobody said.
    """

    exchanges: tuple[Exchange, ...]
    skipped: tuple[Skipped, ...]


def read_transcript(lines: Iterable[str] | Iterable[bytes]) -> Transcript:
    r"""Read the whole transcript in `lines`: `iter_transcript`, sorted into two tuples.

    >>> session = read_transcript(["S: 220 mx.example.org", "C: QUIT", "S: 221 Bye", "(closed)"])
    >>> [(exchange.line, exchange.command) for exchange in session.exchanges]
    [(1, None), (3, 'QUIT')]
    >>> session.skipped
    (Skipped(line=4, text='(closed)'),)
    """
    found = list(iter_transcript(lines))
    return Transcript(
        tuple(item for item in found if isinstance(item, Exchange)),
        tuple(item for item in found if isinstance(item, Skipped)),
    )


def iter_transcript(lines: Iterable[str] | Iterable[bytes]) -> Iterator[Exchange | Skipped]:
    r"""Read the transcript in `lines` bit by bit, as it is asked for.

    Args:
        lines: the lines, with or without their ends: an open file, or a list. Plain replies, and
            what these print or show: swaks, ``openssl s_client``, ``curl -v``, telnet, smtplib with
            ``set_debuglevel``, ``sendmail -v``, ``exim -v``, Postfix's and sendmail's notices, and
            the marks ``S:`` and ``C:`` of the RFCs.

    Returns:
        The replies and the lines that nobody said, each as soon as it is known to be one.

    A reply that is broken off, or odd in another way, says so in its `defects`.

    >>> for item in iter_transcript([" -> RCPT TO:<bob@example.org>", "<** 550 5.1.1 Unknown"]):
    ...     print(item.line, item.command, item.reply)
    2 RCPT TO:<bob@example.org> 550 5.1.1 Unknown
    """
    if isinstance(lines, (str, bytes)):
        raise TypeError("lines is an iterable of lines, not one string")
    reader = TranscriptReader()
    for line in lines:
        yield from reader.feed(line)
    yield from reader.end()


class TranscriptReader:
    r"""Reads a transcript that is pushed to it, line by line.

    Args:
        like: a line that shows, by a mark that nothing else has, which form the transcript is of:
            see `is_marked`. Without it, the first thousand lines tell.

    >>> reader = TranscriptReader()
    >>> reader.feed(" -> QUIT"), reader.feed("<-  221 Bye")
    ([], [])
    >>> [str(exchange.reply) for exchange in reader.end()]
    ['221 Bye']
    """

    def __init__(self, like: str | bytes | None = None) -> None:
        form = None if like is None else _marking(octets_of(like))
        self._walk = None if form is None else _Walk(form, ends_as_sent=False)
        self._sample: list[tuple[int, bytes]] = []
        self._sampled = 0
        self._number = 0

    @property
    def is_of_a_server(self) -> bool:
        """Whether the program that wrote the transcript is the server: what is read is its own."""
        return self._walk is not None and self._walk.form.of_a_server

    def goes_on_with(self, line: str | bytes) -> bool:
        """Whether a line has a mark of the form that the transcript is known to be of."""
        if self._walk is None:
            return False
        form = self._walk.form
        return _said(form, _parted(octets_of(line))[0])[0] is not form.unmarked

    def feed(self, line: str | bytes, number: int | None = None) -> list[Exchange | Skipped]:
        """Read a line.

        Args:
            line: with or without its end.
            number: its number, where it is not the one after the last.

        Returns:
            What is known now: replies as soon as they have ended, and lines that nobody said.
        """
        octets = octets_of(line)
        self._number = self._number + 1 if number is None else number
        if self._walk is not None:
            return list(self._walk.step(self._number, octets))
        if not self._sample:
            octets = octets.removeprefix(b"\xef\xbb\xbf")  # an editor's, not the server's
        self._sample.append((self._number, octets))
        self._sampled += len(octets)
        whole = len(self._sample) >= _SAMPLE or self._sampled >= _MOST_HELD
        return self._begin() if whole else []

    def end(self) -> list[Exchange | Skipped]:
        """End the transcript; give what was not known before."""
        found = self._begin() if self._walk is None and self._sample else []
        return [*found, *self._walk.end()] if self._walk is not None else found

    def _begin(self) -> list[Exchange | Skipped]:
        sample, self._sample = self._sample, []
        lines = [line for _, line in sample]
        walk = self._walk = _Walk(_form_of(lines), ends_as_sent=lines[0].endswith(b"\r\n"))
        return [item for number, line in sample for item in walk.step(number, line)]


def is_marked(line: str | bytes) -> bool:
    """Return whether a line, alone, is certainly of a transcript: a reply, or a client's command.

    >>> is_marked("<** 550 5.1.1 Unknown"), is_marked("> 550 5.1.1 Unknown"), is_marked("<<< git")
    (True, False, False)
    """
    return _marking(octets_of(line)) is not None


# --- the forms -----------------------------------------------------------------------------


class _Role(enum.Enum):
    """Whose a line is."""

    REPLY = enum.auto()  # the server's
    BARE = enum.auto()  # nobody's mark is on it: the server's, if it has a reply code
    COMMAND = enum.auto()  # the client's
    WRAPPED = enum.auto()  # the rest of the line before it
    SUMMARY = enum.auto()  # the program tells again what the server said
    NOISE = enum.auto()  # the program's own


def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


@attrs.frozen
class _Row:
    """A pattern for whole lines, and the role of those that match.

    The first group is what was said. `literal` says that it stands there as Python's `repr` of it.
    """

    pattern: re.Pattern[bytes] = attrs.field(converter=_compiled)
    role: _Role
    literal: bool = False


@attrs.frozen
class _Form:
    """A form of transcript: its rows, and the role of the lines that none of them matches.

    `of_a_server` says that the server itself writes it.
    """

    rows: tuple[_Row, ...]
    unmarked: _Role = _Role.NOISE
    of_a_server: bool = False

    @property
    def marks_the_client(self) -> bool:
        return self is not _SESSION


# "<-  " as expected, "<** " not so; with "~" under TLS: TRANSACTION HINTS in the manual of swaks.
_SWAKS = _Form(
    (
        _Row(rb"<(?:- |~ |\*\*|~\*) ?(.*)", _Role.REPLY),
        _Row(rb"(?: -|\*\*| ~|\*~)> ?(.*)", _Role.COMMAND),
    )
)
# The progress meter has no line end of its own: "--:--:--     0< 220 mx.example.org ESMTP".
_CURL = _Form(
    (
        _Row(rb"(?:[\r 0-9.kMG:-]*--:--:--[ 0-9.kMG]*)?< (.*)", _Role.REPLY),
        _Row(rb"(?:[\r 0-9.kMG:-]*--:--:--[ 0-9.kMG]*)?> (.*)", _Role.COMMAND),
    )
)
# set_debuglevel(2) writes the time before each line.
_SMTPLIB = _Form(
    (
        _Row(rb"(?:[0-9:.]+ )?reply: b(['\"].*['\"])", _Role.REPLY, literal=True),
        _Row(
            rb"(?:[0-9:.]+ )?reply: retcode \(([2-5][0-9][0-9])\); Msg: b(['\"].*['\"])",
            _Role.SUMMARY,
        ),
        _Row(rb"(?:[0-9:.]+ )?send: b?(['\"].*['\"])", _Role.COMMAND, literal=True),
    )
)
# What a program printed of octets that it read: socket.recv, asyncio's streams.
_LITERALS = _Form((_Row(rb"b(['\"][2-5][0-9][0-9][ -].*['\"])", _Role.REPLY, literal=True),))
# Exim writes its mark on the first line of a reply only, and indents the others. A command is
# marked ">>", "|>" where it waits for others, or "+>". Before these, there may be a time and a
# process id, and bars for the depth of an ACL.
_EXIM_HEAD = rb"(?:[0-9:.]{8,15} +)?(?:[0-9]{1,10} )?(?: |\||\xe2\x95\x8e)*"
_EXIM = _Form(
    (
        _Row(_EXIM_HEAD + rb"SMTP<< (.*)", _Role.REPLY),
        _Row(_EXIM_HEAD + rb" {9}([2-5][0-9][0-9][ -].*)", _Role.REPLY),
        _Row(_EXIM_HEAD + rb"SMTP[>|+]> (.*)", _Role.COMMAND),
    )
)
# Where Exim is the server, what goes out are the replies.
_EXIM_SERVER = _Form(
    (
        _Row(_EXIM_HEAD + rb"SMTP>> (.*)", _Role.REPLY),
        _Row(_EXIM_HEAD + rb" {7}([2-5][0-9][0-9][ -].*)", _Role.REPLY),
        _Row(_EXIM_HEAD + rb"SMTP<< (.*)", _Role.COMMAND),
    ),
    of_a_server=True,
)
# The "Transcript of session follows" of a sendmail bounce; the lines below "<<<" that have a code
# but no mark are sendmail's own words to the sender.
_ARROWS = _Form(
    (
        _Row(rb"<<< ?(.*)", _Role.REPLY),
        _Row(rb">>> ?(.*)", _Role.COMMAND),
    )
)
_LETTERS = _Form(
    (
        _Row(rb"[ \t]*(?:S|Server): ?(.*)", _Role.REPLY),
        _Row(rb"[ \t]*(?:C|Client): ?(.*)", _Role.COMMAND),
    )
)
# Postfix's notices to the postmaster, wrapped after 78 characters. For smtpd(8) what goes out is
# the server's; for smtp(8), the client, what comes in is.
_POSTFIX_SMTPD = _Form(
    (
        _Row(rb" ?Out: (.*)", _Role.REPLY),
        _Row(rb" ?In:  ?(.*)", _Role.COMMAND),
        _Row(rb" {4}(.*)", _Role.WRAPPED),
    ),
    of_a_server=True,
)
_POSTFIX_SMTP = _Form(
    (
        _Row(rb" ?In:  ?(.*)", _Role.REPLY),
        _Row(rb" ?Out: (.*)", _Role.COMMAND),
        _Row(rb" {4}(.*)", _Role.WRAPPED),
    )
)
_MARKED = (
    _SWAKS,
    _CURL,
    _SMTPLIB,
    _LITERALS,
    _EXIM,
    _EXIM_SERVER,
    _ARROWS,
    _LETTERS,
    _POSTFIX_SMTPD,
    _POSTFIX_SMTP,
)

# "sendmail -v" marks what it says, and not what it hears.
_SENDMAIL = _Form((_Row(rb">>> ?(.*)", _Role.COMMAND),), unmarked=_Role.BARE)

# A terminal's copy of telnet or "openssl s_client": no marks at all. The programs' own lines are
# named where they might stand inside of a reply that was broken off; elsewhere, no code is enough.
_SESSION = _Form(
    (
        _Row(
            rb"((?:EHLO|HELO|LHLO|VRFY|EXPN|ETRN|NOOP|HELP)(?:[ \t]+[!-~]+)?)[ \t]*", _Role.COMMAND
        ),
        _Row(rb"((?:MAIL[ \t]+FROM|RCPT[ \t]+TO)[ \t]*:.*)", _Role.COMMAND),
        _Row(rb"((?:AUTH|BDAT|BURL|XCLIENT|XFORWARD)[ \t].*)", _Role.COMMAND),
        _Row(rb"((?:DATA|RSET|QUIT|STARTTLS|TURN))[ \t]*", _Role.COMMAND),
        _Row(rb"((?:Trying|Connected to|Escape character is|Connection closed) .*)", _Role.NOISE),
        _Row(rb"((?:CONNECTED\(|depth=|verify |---|telnet> ).*)", _Role.NOISE),
        _Row(rb"(closed|DONE|read R BLOCK)", _Role.NOISE),
    ),
    unmarked=_Role.BARE,
)

# Replies and nothing else: all is the server's.
_PLAIN = _Form((), unmarked=_Role.REPLY)

# Marks that no other text has at the start of a line, so that a line of a mixed file shows them.
# "< 550 ..." is what diff prints, "> ..." quotes a letter, "S: ..." may be anything.
_CODE = rb"[2-5][0-9][0-9](?:[ -]|$)"
_VERB = (
    rb"(?:(?:EHLO|HELO|LHLO) [!-~]|(?:MAIL[ ]FROM|RCPT[ ]TO)[ ]?:|AUTH [A-Z]|BDAT [0-9]|"
    rb"(?:DATA|RSET|QUIT|STARTTLS)\s*$)"
)
_CERTAIN: tuple[tuple[re.Pattern[bytes], _Form], ...] = (
    (_compiled(rb"<(?:- |~ |\*\* |~\* ) ?" + _CODE), _SWAKS),
    (_compiled(rb"(?: -|\*\*| ~|\*~)> " + _VERB), _SWAKS),
    (_compiled(rb"<<< ?" + _CODE), _ARROWS),
    (_compiled(rb">>> ?" + _VERB), _ARROWS),
    (_compiled(_EXIM_HEAD + rb"SMTP<< " + _CODE), _EXIM),
    (_compiled(_EXIM_HEAD + rb"SMTP[>|+]> " + _VERB), _EXIM),
    (_compiled(_EXIM_HEAD + rb"SMTP>> " + _CODE), _EXIM_SERVER),
    (_compiled(_EXIM_HEAD + rb"SMTP<< " + _VERB), _EXIM_SERVER),
    (_compiled(rb"(?:[0-9:.]+ )?reply: (?:b['\"]" + _CODE + rb"|retcode \([2-5])"), _SMTPLIB),
    (_compiled(rb"(?:[0-9:.]+ )?send: b?['\"](?:" + _VERB + rb"|[a-z]+\\r)"), _SMTPLIB),
    (_compiled(rb"b(['\"])[2-5][0-9][0-9][ -].*\\r\\n\1\s*$"), _LITERALS),
)


def _marking(line: bytes) -> _Form | None:
    """Find the form whose mark a line has beyond doubt."""
    return next((form for pattern, form in _CERTAIN if pattern.match(line)), None)


_SAMPLE = 1000  # lines: an s_client that shows its certificates has some 200 before the first reply
_MOST_HELD = 1 << 20  # octets, of a sample or of a reply that does not end

# Where no mark says whose a line is, a code counts only with what may part it from the text:
# "404B7C8C2C47F0000:error:..." is what OpenSSL prints.
_BARE_REPLY = re.compile(rb"[ \t\0]*[2-5][0-9][0-9](?:[ \t:-]|$)")
_GO_AHEAD = re.compile(rb"\b354[ -]")


def _form_of(sample: Sequence[bytes]) -> _Form:
    """Find the form of a transcript that begins with the lines of `sample`.

    A message may quote another transcript, so what stands before the first message decides.
    """
    lines = [_parted(line)[0] for line in sample]
    go_ahead = (number for number, line in enumerate(lines) if _GO_AHEAD.search(line))
    return _most_seen(lines[: next(go_ahead, len(lines)) + 1]) or _most_seen(lines) or _PLAIN


def _most_seen(lines: Sequence[bytes]) -> _Form | None:
    """Find the form that reads most replies in `lines`; at a tie, marks win. None: no replies."""
    bare = sum(_head_of(_Role.BARE, line) is not None for line in lines)
    counts = [sum(_is_marked_reply(form, line) for line in lines) for form in _MARKED]
    most = max(counts)
    if most and most >= bare:
        return _MARKED[counts.index(most)]
    for form in (_SESSION, _SENDMAIL):
        if any(_said(form, line)[0] is not form.unmarked for line in lines):
            return form
    return _PLAIN if bare else None


def _is_marked_reply(form: _Form, line: bytes) -> bool:
    role, text = _said(form, line)
    return role is _Role.SUMMARY or (role is _Role.REPLY and _head_of(role, text) is not None)


def _said(form: _Form, line: bytes) -> tuple[_Role, bytes]:
    """Return whose the `line` is, and what was said in it. A summary is given whole."""
    for row in form.rows:
        match = row.pattern.fullmatch(line)
        if match is not None:
            if row.role is _Role.SUMMARY:
                return row.role, line
            return row.role, _unquoted(match[1]) if row.literal else match[1]
    return form.unmarked, line


def _head_of(role: _Role, text: bytes) -> Head | None:
    if role is _Role.BARE and _BARE_REPLY.match(text) is None:
        return None
    return read_head(text)


# --- the walk ------------------------------------------------------------------------------


_IPV6 = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]{0,3}\.){0,3}[0-9]{0,3}"
_PEER = re.compile(
    r"(?:(?:=== |\* {1,5})?(Trying|Connected to|Connecting to)|\S{1,300}\.\.\. (Connecting to)|"
    r"(\.\.\. while talking to)|connect: to|Unexpected response from) "
    rf"(?:\(')?\[?({_IPV6}|[A-Za-z0-9_.-]{{1,255}})\]?"
    r"(?: ?[\[(]([0-9A-Fa-f.:]{2,45})[\])])?(?:', |:| port )?([0-9]{1,5})?"
)
_IS_ADDRESS = re.compile(rf"{_IPV6}\Z|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}\Z")


class _Walk:
    """Walks the lines of a transcript, and knows what it has heard so far."""

    def __init__(self, form: _Form, *, ends_as_sent: bool) -> None:
        self.form = form
        self._ends_as_sent = ends_as_sent
        # The server's lines that are no reply yet, text and end by turns.
        self._block: list[bytes] = []
        self._start = 0
        self._continued = False
        self._held = 0
        self._session = Session(shows_message=True)
        self._peer: Peer | None = None

    def step(self, number: int, line: bytes) -> Iterator[Exchange | Skipped]:
        text, end = _parted(line)
        if not self._ends_as_sent and end in (b"", b"\n"):
            end = b"\r\n"
        role, said = _said(self.form, text)
        if self._is_message(text):
            return
        if role in (_Role.REPLY, _Role.BARE):
            yield from self._server(number, role, said, end)
        elif role is _Role.COMMAND:
            yield from self._reply()
            self._session.command(said.decode("utf-8", "surrogateescape"))
        elif role is _Role.WRAPPED and self._block:
            self._block.pop()
            yield from self._hold([b" ", said, end])
        elif role is _Role.SUMMARY:
            yield from self._summary(number, said)
        else:
            yield from self._noise(number, text)

    def end(self) -> Iterator[Exchange]:
        return self._reply()

    def _server(
        self, number: int, role: _Role, text: bytes, end: bytes
    ) -> Iterator[Exchange | Skipped]:
        text, own_end = _parted(text)
        spoken = [text, own_end or end]  # what smtplib shows has its own line end
        head = _head_of(role, text)
        if head is None:
            if self._block and (self._continued or role is _Role.REPLY):
                yield from self._hold(spoken)
            elif self._session.awaits_answer and text.strip():
                self._session.command(text.decode("utf-8", "surrogateescape"))
            else:
                yield from self._noise(number, text)
            return
        if not self._continued:
            yield from self._reply()
        if not self._block:
            self._start = number
        self._continued = head.continued
        yield from self._hold(spoken)
        if role is _Role.BARE and not self._continued:
            yield from self._reply()

    def _hold(self, spoken: list[bytes]) -> Iterator[Exchange]:
        """Keep what was spoken until the reply ends, or until it is too much."""
        self._block += spoken
        self._held += sum(map(len, spoken))
        if self._held > _MOST_HELD:
            yield from self._reply()

    def _summary(self, number: int, line: bytes) -> Iterator[Exchange]:
        """Read smtplib's own summary of a reply, if the lines of the reply were not shown."""
        if self._block:
            yield from self._reply()
            return
        _, code, rest = re.split(rb"retcode \((...)\); Msg: b", line, maxsplit=1)
        reply = Reply.from_response(int(code), _unquoted(rest))
        yield self._exchange(reply, number)

    def _noise(self, number: int, text: bytes) -> Iterator[Exchange | Skipped]:
        if not self._continued:  # curl writes "{ [5 bytes data]" into the middle of a reply
            yield from self._reply()
        if text.strip():
            words = text.decode("utf-8", "surrogateescape")
            if match := _PEER.match(words):
                self._connects(match)
            yield Skipped(number, words, self._peer)

    def _connects(self, match: re.Match[str]) -> None:
        trying, _, bounce, name, ip, port = match.groups()
        name = name.rstrip(".")
        known = self._peer if trying == "Connected to" else None
        if _IS_ADDRESS.match(name):
            ip = ip or name
        known = known or Peer(name)
        self._peer = Peer(name, ip or known.ip, int(port) if port else known.port)
        self._session = Session(shows_message=True)
        if bounce is None:  # sendmail shows what was refused, not the greeting
            self._session.connected()

    def _is_message(self, line: bytes) -> bool:
        """Whether the `line` is the client's message, though no mark says so."""
        if not self._session.awaits_message or self.form.marks_the_client:
            return False
        self._session.command(line.decode("utf-8", "surrogateescape"))
        return True

    def _reply(self) -> Iterator[Exchange]:
        """Yield what the server's lines so far say."""
        octets = b"".join(self._block)
        line = self._start
        self._block = []
        self._held = 0
        self._continued = False
        for reply in iter_replies(octets):
            yield self._exchange(reply, line)
            line += reply.raw.count(b"\n")

    def _exchange(self, reply: Reply, line: int) -> Exchange:
        text = reply.raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n").strip()
        answer = self._session.reply(reply.code, text)
        return Exchange(
            reply, line, answer.command, answer.stage, answer.sender, answer.recipients, self._peer
        )


def _parted(line: bytes) -> tuple[bytes, bytes]:
    """Split a line and its end."""
    text = line.rstrip(b"\r\n")
    return text, line[len(text) :]


_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _unquoted(literal: bytes) -> bytes:
    """Undo Python's `repr` of octets."""

    def meaning(match: re.Match[bytes]) -> bytes:
        name = match[1]
        return bytes.fromhex(name[1:].decode()) if len(name) == 3 else _ESCAPED.get(name, name)

    return _ESCAPE.sub(meaning, literal[1:-1])
