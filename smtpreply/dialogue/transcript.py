r"""Read the transcript of a session: the server's replies, with the commands they answer.

What programs print of a session mixes the server's lines with the client's and with their own.
`smtpreply.dialogue.dialects` is a table of how they mark whose a line is. `iter_transcript` finds
out from a sample which dialect a transcript is of, then walks it line by line, and
`smtpreply.dialogue.session` pairs replies with commands. Nothing in a transcript is an error: what
cannot be read is `Skipped`, and a reply that may have lines of others says so in `Exchange.doubt`.

The line ends of a text file are the business of whoever saved it, not of the server. So where the
first line ends with LF alone, a line's LF stands for CRLF. Where it ends with CRLF, the file may be
a copy of the octets, and line ends are kept and judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.dialogue.dialects import (
    DIALECTS,
    OF_THE_SERVER,
    PLAIN,
    PREFIX,
    SENDMAIL,
    TERMINAL,
    Dialect,
    Role,
    Written,
)
from smtpreply.dialogue.learned import LEARNED, learned
from smtpreply.dialogue.overlap import Overlap
from smtpreply.dialogue.session import Answer, Session, stage_shown_by
from smtpreply.reply.literals import with_line_ends
from smtpreply.reply.model import Reply
from smtpreply.reply.opening import Opening, read_head
from smtpreply.reply.parser import iter_replies, octets_of
from smtpreply.stage import Stage

__all__ = [
    "Exchange",
    "Peer",
    "Skipped",
    "Transcript",
    "TranscriptReader",
    "iter_transcript",
    "read_transcript",
]


@attrs.frozen
class Peer:
    """The server that a program speaks to, as far as its transcript names it.

    Attributes:
        host: its name, or its address where there is no name.
        ip: its address.
        port: the port.

    >>> Peer("mx.example.org", "192.0.2.1", 25).port
    25
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
        doubt: why the reply may have lines that are not the server's, in words: the transcript has
            marks, and the reply has lines without a code. Or that several sessions are mixed in the
            transcript: then `command`, `sender` and `recipients` are left out. None where all is
            well.

    >>> [exchange] = read_transcript(["C: RCPT TO:<bob@example.org>", "S: 550 No"]).exchanges
    >>> exchange.line, exchange.command, exchange.recipients
    (2, 'RCPT TO:<bob@example.org>', ('bob@example.org',))
    """

    reply: Reply
    line: int
    command: str | None = None
    stage: Stage | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    peer: Peer | None = None
    doubt: str | None = None


@attrs.frozen
class Skipped:
    """A line of a transcript that is neither the server's nor the client's.

    Attributes:
        line: its number, from 1.
        text: the line without its end; octets that are not UTF-8 are kept as surrogate escapes.
        peer: the server spoken to, where the transcript names it.

    >>> read_transcript(["S: 221 Bye", "(closed)"]).skipped
    (Skipped(line=2, text='(closed)'),)
    """

    line: int
    text: str
    peer: Peer | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class Transcript:
    """The result of reading a transcript.

    Attributes:
        exchanges: the replies, in their order.
        skipped: the lines that are neither the server's nor the client's.

    >>> transcript = read_transcript(["S: 221 Bye", "(closed)"])
    >>> len(transcript.exchanges), len(transcript.skipped)
    (1, 1)
    """

    exchanges: tuple[Exchange, ...]
    skipped: tuple[Skipped, ...]


def read_transcript(lines: Iterable[str] | Iterable[bytes]) -> Transcript:
    r"""Read a whole transcript: `iter_transcript`, sorted into two tuples.

    Args:
        lines: as for `iter_transcript`.

    Raises:
        TypeError: as for `iter_transcript`.

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
    r"""Yield what is read in a transcript, as soon as it is known.

    Args:
        lines: the lines, with or without their ends: an open file, or a list. Plain replies, and
            what these print or show: swaks, ``openssl s_client``, ``curl -v``, telnet, smtplib with
            ``set_debuglevel``, ``sendmail -v``, ``exim -v``, Postfix's and sendmail's notices, and
            the marks ``S:`` and ``C:`` of the RFCs.

    Yields:
        The replies, and the lines that are neither the server's nor the client's.

    Raises:
        TypeError: `lines` is one string.

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
        like: a line that shows, by a mark that nothing else has, which dialect the transcript is
            of: see `is_marked`. Without it, the first thousand lines show it.

    >>> reader = TranscriptReader()
    >>> reader.feed(" -> QUIT"), reader.feed("<-  221 Bye")
    ([], [])
    >>> [str(exchange.reply) for exchange in reader.end()]
    ['221 Bye']
    """

    def __init__(self, like: str | bytes | None = None) -> None:
        dialect = None if like is None else _marking(octets_of(like))
        self._walk = None if dialect is None else _Walk(dialect, ends_as_sent=False)
        self._sample: list[tuple[int, bytes]] = []
        self._sampled = 0
        self._number = 0

    @property
    def is_of_a_server(self) -> bool:
        """Whether the program that wrote the transcript is the server: what is read is its own."""
        return self._walk is not None and self._walk.dialect.of_a_server

    def goes_on_with(self, line: str | bytes) -> bool:
        """Whether a line has a mark of the dialect that the transcript is known to be of."""
        if self._walk is None:
            return False
        dialect = self._walk.dialect
        return dialect.said(_parted(octets_of(line))[0])[0] is not dialect.unmarked

    def feed(self, line: str | bytes, number: int | None = None) -> list[Exchange | Skipped]:
        """Read a line.

        Args:
            line: with or without its end.
            number: its number, where it is not the one after the last.

        Returns:
            What is known now: replies as soon as they have ended, and lines of neither side.
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
        walk = self._walk = _Walk(_dialect_of(lines), ends_as_sent=lines[0].endswith(b"\r\n"))
        return [item for number, line in sample for item in walk.step(number, line)]


def is_marked(line: str | bytes) -> bool:
    """Return whether a line, alone, is certainly of a transcript: a reply, or a client's command.

    >>> is_marked("<** 550 5.1.1 Unknown"), is_marked("> 550 5.1.1 Unknown"), is_marked("<<< git")
    (True, False, False)
    """
    return _marking(octets_of(line)) is not None


def is_session(lines: Iterable[str] | Iterable[bytes]) -> bool:
    """Check whether lines are mostly of one dialect, with certain marks or with both sides heard.

    >>> is_session(["[2026-05-06 10:15:02] < 220 mx", "[2026-05-06 10:15:02] > EHLO a"])
    True
    """
    texts = _texts_of(lines)
    seen = _most_marked(texts)
    return seen is not None and not seen.dialect.is_log and _is_mostly(seen.dialect, texts)


def is_unknown_session(lines: Iterable[str] | Iterable[bytes]) -> bool:
    """Check whether lines show a dialect of their own, and are mostly of it, with both sides heard.

    Lines of a log may do so, too: ask only where no log is known to have such lines.

    >>> is_unknown_session(["06.05.26 10:15:02 smtp: 220 mx", "06.05.26 10:15:02 smtp: EHLO a"])
    True
    """
    texts = _texts_of(lines)
    dialect = _dialect_of(texts)
    return dialect.name == LEARNED and _is_mostly(dialect, texts)


def _is_mostly(dialect: Dialect, texts: Sequence[bytes]) -> bool:
    spoken = list(_spoken(dialect, texts))
    by_the_client = sum(role is Role.COMMAND and bool(_VERB.match(said)) for role, said in spoken)
    marked = sum(role not in (Role.NOISE, Role.TEXT, Role.WITHIN) for role, _ in spoken)
    heard = by_the_client > 0 or dialect.is_certain
    return heard and 2 * marked >= sum(bool(text.strip()) for text in texts)


def _texts_of(lines: Iterable[str] | Iterable[bytes]) -> list[bytes]:
    """Return lines without their ends and without the colours of a terminal."""
    return [_COLOUR.sub(b"", _parted(octets_of(line))[0]) for line in lines]


# --- which dialect -------------------------------------------------------------------------

# Marks that no other text has, before a reply code or one of these, show a line of a mixed file.
_CODE = re.compile(rb"[2-5][0-9][0-9](?:[ -]|$)")
_VERB = lazy_pattern(
    rb"(?:(?:EHLO|HELO|LHLO) [!-~]|(?:MAIL[ ]FROM|RCPT[ ]TO)[ ]?:|AUTH [A-Z]|BDAT [0-9]|"
    rb"(?:DATA|RSET|QUIT|STARTTLS)\s*$|[a-z]+\r)",
    re.IGNORECASE,
)


_CERTAIN = tuple(dialect for dialect in DIALECTS if dialect.is_certain)


def _marking(line: bytes) -> Dialect | None:
    """Find the dialect whose mark a line has beyond doubt."""
    lowered = line.lower()
    for dialect in _CERTAIN:
        if dialect.may_be_in(lowered):
            for known in (dialect, dialect.with_prefix) if dialect.needle else (dialect,):
                role, text, written = known.said(line)
                if role is Role.NOISE or role is Role.FOLLOWS:  # most
                    continue
                said = _written(text, written)
                is_reply = role in OF_THE_SERVER and _CODE.match(said)
                is_command = role is Role.COMMAND and _VERB.match(said)
                if is_reply or is_command or role is Role.SUMMARY:
                    return known
    return None


_SAMPLE = 1000  # lines: an s_client that shows its certificates has some 200 before the first reply
_MOST_HELD = 1 << 20  # octets, of a sample or of a reply that does not end

# Where no mark shows the side, a code counts only with what may separate it from the text:
# "404B7C8C2C47F0000:error:..." is what OpenSSL prints.
_BARE_REPLY = re.compile(rb"[ \t\0]*[2-5][0-9][0-9](?:[ \t:-]|$)")
_A_CODE = re.compile(rb"(?<![0-9A-Za-z.])[2-5][0-9][0-9][ -]")
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,20}m")
_GO_AHEAD = re.compile(rb"\b354[ -]")


def _dialect_of(sample: Sequence[bytes]) -> Dialect:
    """Find the dialect of a transcript that begins with the lines of `sample`.

    A message may quote another transcript, so what precedes the first message decides.
    """
    lines = _texts_of(sample)
    go_ahead = (number for number, line in enumerate(lines) if _GO_AHEAD.search(line))
    return _most_seen(lines[: next(go_ahead, len(lines)) + 1]) or _most_seen(lines) or PLAIN


def _most_seen(lines: Sequence[bytes]) -> Dialect | None:
    """Find the dialect that reads most replies; at a tie, marks win. None: there are no replies."""
    bare = sum(_opening_of(Role.BARE, line) is not None for line in lines)
    marked = _most_marked(lines)
    own = _learned_from(lines, marked, bare)
    if own is not None:
        return own
    if marked is not None and marked.replies >= bare:
        return marked.dialect
    for dialect in (TERMINAL, SENDMAIL):
        if any(dialect.said(line)[0] is not dialect.unmarked for line in lines):
            return dialect
    return PLAIN if bare else None


def _codes_in(lines: Iterable[bytes]) -> int:
    """Count the lines that hold a reply code, at any place."""
    return sum(_A_CODE.search(line) is not None for line in lines)


@attrs.frozen
class _Seen:
    """A dialect, and how many lines of replies it reads in a sample."""

    dialect: Dialect
    replies: int


def _most_marked(lines: Sequence[bytes]) -> _Seen | None:
    """Find the dialect with marks that reads most lines of replies; the first one at a tie."""
    text = b"\n".join(lines).lower()
    known = [dialect for dialect in DIALECTS if dialect.may_be_in(text)]
    best = _best_of(known, lines)
    if best.replies and 4 * best.replies >= 3 * _codes_in(lines):
        return best  # the prefixes need not be tried, which take longer
    behind_a_prefix = _best_of([dialect.with_prefix for dialect in known], lines)
    best = max(best, behind_a_prefix, key=lambda seen: seen.replies)
    return best if best.replies else None


def _learned_from(lines: Sequence[bytes], marked: _Seen | None, bare: int) -> Dialect | None:
    """Learn the dialect of lines, if it reads more of them than the known one, or both sides."""
    by_marks = marked.replies if marked else 0
    read = max(bare, by_marks)
    reads_most = 2 * read >= _codes_in(lines)
    if reads_most and marked and by_marks >= bare and _hears_both(marked.dialect, lines):
        return None
    own = learned(lines)
    if own is None:
        return None
    replies = _replies_in(own, lines)
    hears_more = reads_most and by_marks >= bare and replies == by_marks
    if reads_most and not _hears_both(own, lines):
        return None
    return own if replies > read or hears_more else None


def _hears_both(dialect: Dialect, lines: Iterable[bytes]) -> bool:
    """Check whether a dialect that reads replies also reads a command."""
    spoken = _spoken(dialect, lines)
    return any(role is Role.COMMAND and _VERB.match(said) is not None for role, said in spoken)


def _best_of(dialects: Iterable[Dialect], lines: Sequence[bytes]) -> _Seen:
    counts = (_Seen(dialect, _replies_in(dialect, lines)) for dialect in dialects)
    return max(counts, key=lambda seen: seen.replies, default=_Seen(PLAIN, 0))


def _replies_in(dialect: Dialect, lines: Sequence[bytes]) -> int:
    """Count the lines that a dialect reads as a reply's and that have a reply code."""
    if not dialect.reads_any(lines):
        return 0
    return sum(
        role is Role.SUMMARY or (role in OF_THE_SERVER and read_head(said) is not None)
        for role, said in _spoken(dialect, lines)
    )


def _spoken(dialect: Dialect, lines: Iterable[bytes]) -> Iterator[tuple[Role, bytes]]:
    """Yield the side of each line, and what it sent."""
    heard_last = Role.NOISE
    awaited = b""  # the code of a reply whose last line is to come
    for line in lines:
        role, text, written = dialect.said(line)
        if role is Role.FOLLOWS:
            known = heard_last in OF_THE_SERVER or heard_last is Role.COMMAND
            role = heard_last if known else Role.NOISE
        elif role is Role.NOISE and awaited and _goes_on(line, awaited):
            role = Role.REPLY
        elif line.strip():
            heard_last = role
        said = _written(text, written)
        if role in OF_THE_SERVER:
            awaited = said.lstrip()[:3] if _CONTINUED.match(said) else b""
        yield role, said


_CONTINUED = re.compile(rb"[ \t]*[2-5][0-9][0-9]-")


def _goes_on(line: bytes, code: bytes) -> bool:
    """Check whether a line without a mark is a further line of a reply, by its code."""
    text = line.lstrip(b" \t")
    return text.startswith(code) and text[3:4] in (b"", b" ", b"-")


def _opening_of(role: Role, text: bytes) -> Opening | None:
    if role is Role.BARE and _BARE_REPLY.match(text) is None:
        return None
    head = read_head(text)
    return None if head is None else head[0]


# --- the walk ------------------------------------------------------------------------------

_IPV6 = rb"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:[0-9]{0,3}\.){0,3}[0-9]{0,3}"
_PEER = (
    rb"(?:(?:=== |\* {1,5})?(Trying|Connected to|Connecting to)|\S{1,300}\.\.\. (Connecting to)|"
    rb"(\.\.\. while talking to)|connect: to|Unexpected response from|"
    rb"DEBUG SMTP: trying to connect to host|"  # JavaMail
    rb"(?:Secure c|C)onnection established to|"  # nodemailer
    rb"Connection: opening to|"  # PHPMailer
    rb"Connection opened:) "  # Ruby
    rb"(?:\(')?(?:smtps?://)?[\[\"]?(" + _IPV6 + rb"|[A-Za-z0-9_.-]{1,255})[\]\"]?"
    rb"(?: ?[\[(]([0-9A-Fa-f.:]{2,45})[\])])?(?:', |:|,? port:? )?([0-9]{1,5})?"
)
_IS_ADDRESS = lazy_pattern(_IPV6 + rb"\Z|[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")
_PEER_AT_ONCE = lazy_pattern(_PEER)
_STAMPED = re.compile(rb"\[?[0-9]{4}[-/.][0-9]")
# What is in a text whose marks are not known: a code or a command after a mark.
_LOOKS_MARKED = lazy_pattern(
    rb"\S{0,40}(?:[:>|\]=-]|<<) ?(?:[2-5][0-9][0-9][ -]|(?:EHLO|HELO) \S|(?:MAIL FROM|RCPT TO):|"
    rb"AUTH [A-Z]|(?:DATA|QUIT|STARTTLS)\s*$)",
    re.IGNORECASE,
)


_MIXED = "sessions are mixed in the transcript, so it is not known what the reply answers"


class _Walk:
    """Walks the lines of a transcript, and knows what it has heard so far."""

    def __init__(self, dialect: Dialect, *, ends_as_sent: bool) -> None:
        self.dialect = dialect
        self._ends_as_sent = ends_as_sent
        self._has_marks = dialect not in (PLAIN, TERMINAL, SENDMAIL)
        self._peer_of = _PEER_AT_ONCE if not dialect.prefixed else re.compile(PREFIX + _PEER)
        # The server's lines that are no reply yet, text and end by turns.
        self._block: list[bytes] = []
        self._start = 0
        self._continued = False
        self._has_lines_without_code = False
        self._held = 0
        self._shown: set[bytes] = set()  # the lines of the last reply, until a command follows
        self._has_repeats = any(row.role is Role.REPEATED for row in dialect.rows)
        self._in_message = False
        self._heard_last = Role.NOISE
        self._dumped = b""
        self._session = Session(shows_message=True)
        self._overlap = Overlap()
        self._peer: Peer | None = None

    def step(self, number: int, line: bytes) -> Iterator[Exchange | Skipped]:
        text, end = _parted(line)
        if not self._ends_as_sent and end in (b"", b"\n"):
            end = b"\r\n"
        if self._has_marks and b"\x1b[" in text:
            text = _COLOUR.sub(b"", text)
        role, said, written = self.dialect.said(text)
        if self._is_message(role, said):
            return
        heard_last = self._heard_last
        if role is Role.FOLLOWS:
            role = self._role_of_what_follows(_written(said, written), written)
        elif text.strip():
            self._heard_last = role
        if written is Written.HEX:
            if role is not heard_last:
                yield from self._rest_of_dump(number, heard_last)
            said = self._undumped(said)
        else:
            said = _written(said, written)
        if role is Role.REPLY_SO_FAR and self._continued and said.startswith(b"".join(self._block)):
            self._block.clear()
        if role is Role.QUOTED or role is Role.REPEATED:
            yield from self._quoted(number, role, said, end)
        elif role in (Role.REPLY, Role.REPLY_SO_FAR):
            if not said and self.dialect.has_lines_that_follow:
                if written is not Written.HEX:
                    yield from self._reply()  # the next one is below
                return
            for part in _spoken_lines(said) if written is Written.PLAIN else _lines_of(said):
                yield from self._server(number, Role.REPLY, part, end)
        elif role is Role.COMMAND:
            yield from self._reply()
            self._shown.clear()
            for part in _lines_of(said) if said else ():
                self._command(part.decode("utf-8", "surrogateescape"))
        else:
            yield from self._other(number, role, said, text, end)

    def _other(
        self, number: int, role: Role, said: bytes, text: bytes, end: bytes
    ) -> Iterator[Exchange | Skipped]:
        if role is Role.BARE:
            for part in _spoken_lines(said):
                yield from self._server(number, role, part, end)
        elif role is Role.PART:
            yield from self._part(number, said, end)
        elif role is Role.WITHIN and self._continued:
            yield from self._server(number, Role.REPLY, said, end)
        elif role is Role.TEXT and self._block and text.strip() and not _STAMPED.match(text):
            yield from self._further(self._block[-2][:3] + b" " + said, end)
        elif role is Role.WRAPPED and self._block:
            self._block.pop()
            yield from self._hold([b" ", said, end])
        elif role is Role.SUMMARY:
            yield from self._summary(number, said)
        else:
            yield from self._noise(number, text)

    def end(self) -> Iterator[Exchange | Skipped]:
        yield from self._rest_of_dump(self._start, self._heard_last)
        yield from self._reply()

    def _role_of_what_follows(self, said: bytes, written: Written) -> Role:
        if self._heard_last in OF_THE_SERVER:
            goes_on = written is Written.HEX or (self._continued and bool(said.strip()))
            is_reply = goes_on or read_head(said) is not None
            return Role.REPLY if is_reply else Role.NOISE
        return Role.COMMAND if self._heard_last is Role.COMMAND else Role.NOISE

    def _undumped(self, said: bytes) -> bytes:
        """Return the lines that are whole by now, of a side whose octets are dumped."""
        self._dumped += _written(said, Written.HEX)
        end = self._dumped.rfind(b"\n") + 1
        if len(self._dumped) - end > _MOST_HELD:
            end = len(self._dumped)
        lines, self._dumped = self._dumped[:end], self._dumped[end:]
        return lines

    def _rest_of_dump(self, number: int, role: Role) -> Iterator[Exchange | Skipped]:
        """Take what a side sent last, if it is a line without an end."""
        rest, self._dumped = self._dumped, b""
        if rest and role in OF_THE_SERVER:
            yield from self._server(number, Role.REPLY, rest, b"\r\n")

    def _server(
        self, number: int, role: Role, text: bytes, end: bytes
    ) -> Iterator[Exchange | Skipped]:
        text, own_end = _parted(text)
        spoken = [text, own_end or end]  # what smtplib shows has its own line end
        opening = _opening_of(role, text)
        if opening is None:
            if self._block and (self._continued or role in OF_THE_SERVER):
                self._has_lines_without_code = True
                yield from self._hold(spoken)
            elif self._session.awaits_answer and text.strip():
                self._command(text.decode("utf-8", "surrogateescape"))
            else:
                yield from self._noise(number, text)
            return
        if not self._continued:
            yield from self._reply()
        if not self._block:
            self._start = number
        self._continued = opening.continued
        yield from self._hold(spoken)
        if not self._continued and (role is Role.BARE or not self.dialect.marks_the_client):
            yield from self._reply()

    def _command(self, text: str) -> None:
        is_command = not (self._session.awaits_message or self._session.awaits_answer)
        if is_command or self._overlap.is_at_message or text.strip() == ".":
            self._overlap.command(text)
        self._session.command(text)

    def _quoted(
        self, number: int, role: Role, said: bytes, end: bytes
    ) -> Iterator[Exchange | Skipped]:
        """Take what the program quotes of the server, unless it was shown just before."""
        lines = _lines_of(said)
        if role is Role.REPEATED and self._shown.issuperset(map(bytes.strip, lines)):
            yield Skipped(number, said.decode("utf-8", "surrogateescape"), self._peer)
            return
        if self._block and self._block[-2][:3] != said[:3]:
            yield from self._reply()
        for line in lines:
            yield from self._server(number, role, line, end)

    def _part(self, number: int, text: bytes, end: bytes) -> Iterator[Exchange]:
        """Take a line of a reply, of which only the code shows which reply it continues."""
        if self._block and self._block[-2][:3] == text[:3]:
            yield from self._further(text, end)
            return
        yield from self._reply()
        self._start = number
        yield from self._hold([text, end])

    def _further(self, text: bytes, end: bytes) -> Iterator[Exchange]:
        """Take a further line of a reply that seemed to be at its end."""
        last = self._block[-2]
        self._block[-2] = last[:3] + b"-" + last[4:]
        yield from self._hold([text, end])

    def _hold(self, spoken: list[bytes]) -> Iterator[Exchange]:
        """Keep what was spoken until the reply ends, or until it is too much."""
        if self._has_repeats:
            if not self._block:
                self._shown.clear()
            self._shown.add(spoken[-2].strip())
        self._block += spoken
        self._held += sum(map(len, spoken))
        if self._held > _MOST_HELD:
            yield from self._reply()

    def _summary(self, number: int, said: bytes) -> Iterator[Exchange]:
        """Read smtplib's own summary of a reply, if the lines of the reply were not shown."""
        if self._block:
            yield from self._reply()
            return
        code, rest = said[len(b"retcode (") :][:3], said.partition(b"Msg: b")[2]
        yield self._exchange(Reply.from_response(int(code), _unescaped(rest[1:-1])), number)

    def _noise(self, number: int, text: bytes) -> Iterator[Exchange | Skipped]:
        if self._has_marks and self._continued and _goes_on(text, self._block[-2].lstrip()[:3]):
            yield from self._server(number, Role.REPLY, text.lstrip(b" \t"), b"\r\n")
            return
        if not self._continued:  # curl writes "{ [5 bytes data]" into the middle of a reply
            yield from self._reply()
        if text.strip():
            if match := self._peer_of.match(text):
                self._connects(*match.groups())
            yield Skipped(number, text.decode("utf-8", "surrogateescape"), self._peer)

    def _connects(
        self,
        trying: bytes | None,
        _sendmail: bytes | None,
        bounce: bytes | None,
        host: bytes,
        address: bytes | None,
        port: bytes | None,
    ) -> None:
        host = host.rstrip(b".")
        address = host if address is None and _IS_ADDRESS.match(host) else address
        name, ip = host.decode(), address and address.decode()
        known = self._peer if trying == b"Connected to" else None
        known = known or Peer(name)
        self._peer = Peer(name, ip or known.ip, int(port) if port else known.port)
        self._session = Session(shows_message=True)
        if bounce is None:  # sendmail shows what was refused, not the greeting
            self._session.connected()
            self._overlap.connected()

    def _is_message(self, role: Role, line: bytes) -> bool:
        """Whether the `line` is the client's message, though no mark says so."""
        if not self._session.awaits_message or self.dialect.marks_the_client:
            self._in_message = False
            return False
        if role is Role.REPLY and not (self._in_message or self.dialect.shows_message):
            return False  # a message begins with a header: this one was left out
        self._in_message = True
        self._command(line.decode("utf-8", "surrogateescape"))
        return True

    def _reply(self) -> Iterator[Exchange]:
        """Yield what the server's lines so far say."""
        if not self._block:
            return
        octets = b"".join(self._block)
        line = self._start
        self._block = []
        self._held = 0
        self._continued = False
        has_lines_without_code, self._has_lines_without_code = self._has_lines_without_code, False
        for reply in iter_replies(octets):
            yield self._exchange(
                reply, line, self._doubt(reply) if has_lines_without_code else None
            )
            line += reply.raw.count(b"\n")

    def _exchange(self, reply: Reply, line: int, doubt: str | None = None) -> Exchange:
        text = reply.raw.decode("utf-8", "surrogateescape").replace("\r\n", "\n").strip()
        answer = self._session.reply(reply.code, text)
        self._overlap.reply(answer)
        if self._overlap.is_seen:
            answer = Answer(reply.code, text, stage_shown_by(text))
            doubt = doubt or _MIXED
        return Exchange(
            reply,
            line,
            answer.command,
            answer.stage,
            answer.sender,
            answer.recipients,
            self._peer,
            doubt,
        )

    def _doubt(self, reply: Reply) -> str | None:
        """Return why a reply may have lines that are not its own; None where it has not."""
        lines = [line for line in reply.raw.split(b"\n") if line.strip() and not read_head(line)]
        if not lines or not (self._has_marks or any(map(_LOOKS_MARKED.match, lines))):
            return None
        count = len(lines)
        return f"{count} line{'s' * (count > 1)} without a reply code read as part of the reply"


_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


def _lines_of(said: bytes) -> list[bytes]:
    """Split what was sent in one entry into lines, with their ends."""
    return _LINE.findall(said) if b"\n" in said else [said]


def _spoken_lines(said: bytes) -> list[bytes]:
    r"""Split a line that is several lines of replies, whose line ends are written as marks.

    So it is in what is copied out of JSON or a program's log: ``250 ok\r\n550 5.1.1 No``.
    """
    if not (b"\\" in said or b"#01" in said or b"^M" in said or b"<CR" in said):
        return _lines_of(said)
    text = with_line_ends(said.decode("utf-8", "surrogateescape"))
    lines = [line for line in octets_of(text).split(b"\r\n") if line]
    return lines if len(lines) > 1 else _lines_of(said)  # it may be what the server has written


def _parted(line: bytes) -> tuple[bytes, bytes]:
    """Split a line and its end."""
    text = line.rstrip(b"\r\n")
    return text, line[len(text) :]


_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"e": b"\x1b"}  # "\e" is Ruby's


def _unescaped(text: bytes) -> bytes:
    """Undo the way in which Python, Ruby or JSON writes octets or characters down."""

    def meaning(match: re.Match[bytes]) -> bytes:
        name = match[1]
        if len(name) == 5:
            return chr(int(name[1:], 16)).encode("utf-8", "surrogatepass")
        return bytes.fromhex(name[1:].decode()) if len(name) == 3 else _ESCAPED.get(name, name)

    return _ESCAPE.sub(meaning, text)


_LINE_BREAK = re.compile(rb"<br ?/?>\s*", re.IGNORECASE)
_REFERENCES = {b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&#039;": b"'", b"&amp;": b"&"}


def _from_html(text: bytes) -> bytes:
    text = _LINE_BREAK.sub(b"\r\n", text)
    return re.sub(rb"&(?:lt|gt|quot|amp|#039);", lambda match: _REFERENCES[match[0]], text)


def _written(text: bytes, written: Written) -> bytes:
    """Return what was sent, from text in a certain notation."""
    if written is Written.LITERAL:
        return _unescaped(text[1:-1])
    if written is Written.ESCAPED:
        return _unescaped(text)
    if written is Written.HTML:
        return _from_html(text)
    if written is Written.CRLF:
        return text.replace(b"<CRLF>", b"\r\n")
    if written is Written.HEX:
        return bytes.fromhex(text.replace(b"-", b" ").decode())
    return text
