r"""`DIALECTS`: how programs and mail libraries print SMTP sessions, as a table.

A dialect is a list of rows, each a pattern for whole lines and the role of those that match. Above
each is where it was seen; its example is also its test. To add one is to add an entry here.

Any dialect may have a stamp, a level and the name of a logger in front of its marks: see `PREFIX`.
Patterns are for octets, and the first group of each is what the side sent.
"""

from __future__ import annotations

import enum
import functools
import itertools
import re
from collections.abc import Iterable

import attrs

from smtpreply._support.dates import MONTH, WEEKDAY


class Role(enum.Enum):
    """The side that a line is from."""

    REPLY = enum.auto()
    """The server's."""
    REPLY_SO_FAR = enum.auto()
    """The server's, and repeats what was shown of the same reply before."""
    QUOTED = enum.auto()
    """The server's, quoted by the program: another code begins another reply."""
    REPEATED = enum.auto()
    """Quoted likewise, by the program's own sentence, unless it was shown just before."""
    COMMAND = enum.auto()
    """The client's."""
    BARE = enum.auto()
    """Without a mark: the server's, if it has a reply code."""
    FOLLOWS = enum.auto()
    """Without a mark: of the side that was heard last."""
    TEXT = enum.auto()
    """Without a mark: a further line of the reply before it, whose code was taken off."""
    WITHIN = enum.auto()
    """The server's if a reply continues, though it has no code; else the program's own."""
    PART = enum.auto()
    """The server's: code and text of one line of a reply, in two groups."""
    WRAPPED = enum.auto()
    """The rest of the line before it."""
    SUMMARY = enum.auto()
    """The program repeats the reply in its own form."""
    NOISE = enum.auto()
    """The program's own."""


OF_THE_SERVER = (Role.REPLY, Role.REPLY_SO_FAR, Role.QUOTED, Role.REPEATED, Role.PART)


class Written(enum.Enum):
    """The notation of what a side sent."""

    PLAIN = enum.auto()
    LITERAL = enum.auto()
    """As Python, Ruby and others write a string: ``b'250 Ok\\r\\n'``."""
    ESCAPED = enum.auto()
    """As within such a string."""
    HTML = enum.auto()
    """With character references, and ``<br>`` for line ends."""
    CRLF = enum.auto()
    """With ``<CRLF>`` for line ends."""
    HEX = enum.auto()
    """As rows of a hexadecimal dump, which end anywhere."""


@functools.cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


@attrs.frozen
class Row:
    """A pattern for whole lines, and the role of those that match."""

    pattern: bytes
    role: Role
    written: Written = Written.PLAIN


# What loggers write before a message: stamps, levels, threads, names with a colon or with dots.
_TOKENS = (
    rb"\[[^\]\r\n]{0,120}\]:?",
    rb"\([^)\r\n]{0,80}\):?",
    rb"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
    rb"(?:[T_][0-9:.,]{5,20}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?=\s)",
    rb"[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4}(?=\s)",
    rb"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
    rb"(?:Z|[+-][0-9]{2}:?[0-9]{2}| [AP]M)?(?=\s)",
    WEEKDAY.encode() + rb",?(?=\s)",
    MONTH.encode() + rb"[ \t]{1,2}[0-9]{1,2},?"
    rb"(?: [0-9]{4})?(?=\s)",
    rb"(?:TRACE|DEBUG|VERBOSE|INFO|NOTICE|WARN|WARNING|ERROR|FINE|FINER|FINEST|D|I|V)(?=\s)",
    rb"[A-Z_][A-Z0-9_.$/@#-]{0,80}(?:\[[0-9]{1,10}\])?:",
    rb"(?:[A-Z_][A-Z0-9_]{0,60}::){1,9}[A-Z0-9_]{1,60}:",
    rb"[A-Z_][A-Z0-9_$]{0,60}(?:\.[A-Z0-9_$]{1,60}){1,12}(?=\s)",
    rb"[DIWEV]/[A-Z]{1,30}(?=\s)",
    rb"0x[0-9A-F]{1,16}:?",
    rb"[0-9]{1,10}(?:\[[0-9A-F]{1,16}\]:)?(?=\s)",
    rb"[-|:]{1,3}(?=\s)",
    rb"[DIWEF],(?=\s)",  # Ruby's Logger
    rb"(?:[0-9]{1,6}\|)?[A-Z0-9][A-Z0-9_.-]{0,80}[ \t]{0,80}\|(?=\s)",  # pm2, docker compose
    # syslog: host, program, process id
    rb"[A-Z0-9][A-Z0-9.-]{0,100} [A-Z0-9_./-]{1,60}\[[0-9]{1,10}\]:",
)
# As few as possible, so that a mark is the first that a line has. Some marks begin with spaces too:
# were there no bound here, it would be tried at each space how many are whose.
PREFIX = rb"(?:(?:" + rb"|".join(_TOKENS) + rb")[ \t]{0,24}){0,9}?"


@attrs.frozen
class Dialect:
    """The form in which a program prints a session.

    Attributes:
        name: the program's or the library's.
        rows: the first one that matches a line decides.
        example: lines of a session, whose replies are 220 to nothing, 250 to EHLO, and 550 to RCPT
            for <bob@example.org>; empty where tests/data/transcripts has a whole session.
        unmarked: the role of lines that no row matches.
        needle: is, in any case, in each transcript.
        of_a_server: whether the server itself writes it: what is sent are the replies.
        is_certain: whether a reply or a command with the mark is a line of a transcript, even among
            lines of others.
        is_log: whether the marks are in a log that has the deliveries, too. Then the log is the
            source, and the marks alone are not taken for a transcript.
        prefixed: whether lines have a prefix before the mark, of stamp, level and logger.
        marks_the_client: whether the lines of a message that the client sends are marked as the
            client's.
        shows_message: whether they are surely there.
    """

    name: str
    rows: tuple[Row, ...]
    example: str = ""
    unmarked: Role = Role.NOISE
    needle: bytes = b""
    of_a_server: bool = False
    is_certain: bool = False
    is_log: bool = False
    prefixed: bool = False
    marks_the_client: bool = True
    shows_message: bool = True

    @functools.cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        rows = b"|".join(b"(?:" + row.pattern + b")" for row in self.rows) or b"(?!)"
        return _compiled((PREFIX if self.prefixed else b"") + b"(?:" + rows + b")")

    @functools.cached_property
    def _row_of_group(self) -> dict[int, Row]:
        """The rows, by the number of the last group of each in the pattern of all."""
        counts = (1 + (row.role is Role.PART) for row in self.rows)
        return dict(zip(itertools.accumulate(counts), self.rows, strict=True))

    @functools.cached_property
    def has_lines_that_follow(self) -> bool:
        """Whether a mark stands for the lines below it, too."""
        return Role.FOLLOWS in (self.unmarked, *(row.role for row in self.rows))

    @functools.cached_property
    def with_prefix(self) -> Dialect:
        """The same with stamps, levels and loggers before its marks."""
        return attrs.evolve(self, prefixed=True)

    def may_be_in(self, text: bytes) -> bool:
        """Check whether a text, in lower case, has what each transcript of the dialect has."""
        return self._needle in text

    @functools.cached_property
    def _needle(self) -> bytes:
        return self.needle.lower()

    def reads_any(self, lines: Iterable[bytes]) -> bool:
        """Check whether any line is from a side, or may be."""
        return self.unmarked is not Role.NOISE or any(map(self._pattern.fullmatch, lines))

    def said(self, line: bytes) -> tuple[Role, bytes, Written]:
        """Return the side that a line is from, what it sent, and in which notation."""
        match = self._pattern.fullmatch(line)
        if match is None or match.lastindex is None:
            return self.unmarked, line, Written.PLAIN
        row = self._row_of_group[match.lastindex]
        if row.role is Role.PART:
            code_and_text = match.group(match.lastindex - 1, match.lastindex)
            return row.role, b" ".join(code_and_text), row.written
        return row.role, match[match.lastindex], row.written


_REPLY = rb"([2-5][0-9][0-9](?:[ -].*)?)"
FOLLOWING = Row(rb"[ \t]*" + _REPLY, Role.FOLLOWS)
# What is typed into telnet, as far as it is a command beyond doubt.
TYPED = (
    rb"((?:(?:EHLO|HELO|LHLO|VRFY|EXPN|ETRN|NOOP|HELP)(?:[ \t]+[!-~]+)?|"
    rb"(?:MAIL[ \t]+FROM|RCPT[ \t]+TO)[ \t]*:.*|(?:AUTH|BDAT|BURL|XCLIENT|XFORWARD)[ \t].*|"
    rb"DATA|RSET|QUIT|STARTTLS|TURN))[ \t]*"
)
# Exim writes its mark on the first line of a reply only, and indents the others. A command is
# marked ">>", "|>" where it waits for others, or "+>". Before these, there may be a time and a
# process id, and bars for the depth of an ACL.
_EXIM = rb"(?:[0-9:.]{8,15} )?(?: {0,9}[0-9]{1,10} )?(?: |\||\xe2\x95\x8e)*"
# set_debuglevel(2) writes the time before each line.
_SMTPLIB = rb"(?:[0-9:.]+ )?"
_TAGS = rb"(?:</?(?:pre|br ?/?)>)*"
_QUOTED = rb"(\"[^\"\\]*(?:\\.[^\"\\]*)*\")"
_PORTS = rb"(?:00025|00465|00587|02525)"
_TCPFLOW = rb"(?:[0-9]{3}\.){4}"
_HARAKA = rb"\[PROTOCOL\] \[[^\]\s]{1,60}\] \[(?:outbound|core|queue/[a-z_]{1,30})\] "

DIALECTS: tuple[Dialect, ...] = (
    # "<-  " as expected, "<** " not so; with "~" under TLS: swaks(1), TRANSACTION HINTS.
    Dialect(
        "swaks",
        (
            Row(rb"<(?:- |~ |\*\*|~\*) ?(.*)", Role.REPLY),
            Row(rb"(?: -|\*\*| ~|\*~)> ?(.*)", Role.COMMAND),
        ),
        needle=b"<",
        is_certain=True,
    ),
    # curl -v; Symfony Mailer's SentMessage::getDebug(), stamped since 6.4 (AbstractStream.php). The
    # progress meter has no line end of its own: "--:--:--     0< 220 mx.example.org ESMTP".
    Dialect(
        "curl",
        (
            Row(rb"(?:[\r 0-9.kMG:-]*--:--:--[ 0-9.kMG]*)?< (.*)", Role.REPLY),
            Row(rb"(?:[\r 0-9.kMG:-]*--:--:--[ 0-9.kMG]*)?> (.*)", Role.COMMAND),
        ),
        "[2026-05-06T10:15:02.123456+00:00] < 220 mx.example.org ESMTP\n"
        "[2026-05-06T10:15:02.123999+00:00] > EHLO client\n"
        "[2026-05-06T10:15:02.223999+00:00] < 250-mx.example.org\n"
        "[2026-05-06T10:15:02.223999+00:00] < 250 SIZE 1000\n"
        "[2026-05-06T10:15:02.323999+00:00] > RCPT TO:<bob@example.org>\n"
        "[2026-05-06T10:15:02.423999+00:00] < 550 5.1.1 No such user",
        needle=b"< ",
    ),
    # Python's smtplib: set_debuglevel.
    Dialect(
        "smtplib",
        (
            Row(_SMTPLIB + rb"reply: b(['\"].*['\"])", Role.REPLY, Written.LITERAL),
            Row(
                _SMTPLIB + rb"reply: (retcode \([2-5][0-9][0-9]\); Msg: b['\"].*['\"])",
                Role.SUMMARY,
            ),
            Row(_SMTPLIB + rb"send: b?(['\"].*['\"])", Role.COMMAND, Written.LITERAL),
        ),
        "DEBUG:mail:reply: b'220 mx.example.org ESMTP\\r\\n'\n"
        "DEBUG:mail:send: 'ehlo client\\r\\n'\n"
        "DEBUG:mail:reply: b'250-mx.example.org\\r\\n'\n"
        "DEBUG:mail:reply: b'250 SIZE 1000\\r\\n'\n"
        "DEBUG:mail:reply: retcode (250); Msg: b'mx.example.org\\nSIZE 1000'\n"
        "DEBUG:mail:send: 'rcpt TO:<bob@example.org>\\r\\n'\n"
        "DEBUG:mail:reply: b'550 5.1.1 No such user\\r\\n'",
        needle=b"reply: ",
        is_certain=True,
    ),
    # What a program printed of octets that it read: socket.recv, asyncio's streams.
    Dialect(
        "octets with a line end",
        (
            Row(
                rb"b('[2-5][0-9][0-9][ -].*\\r\\n'|\"[2-5][0-9][0-9][ -].*\\r\\n\")",
                Role.REPLY,
                Written.LITERAL,
            ),
        ),
        needle=b"\\r\\n",
        is_certain=True,
    ),
    Dialect(
        "octets",
        (Row(rb"b(['\"][2-5][0-9][0-9][ -].*['\"])", Role.REPLY, Written.LITERAL),),
        needle=b"b",
    ),
    Dialect(
        "exim",
        (
            Row(_EXIM + rb"SMTP<< (.*)", Role.REPLY),
            Row(_EXIM + rb" {9}([2-5][0-9][0-9][ -].*)", Role.FOLLOWS),
            Row(_EXIM + rb"SMTP[>|+]> (.*)", Role.COMMAND),
        ),
        needle=b"SMTP",
        is_certain=True,
    ),
    # Where Exim is the server, what goes out are the replies.
    Dialect(
        "exim -d -bs",
        (
            Row(_EXIM + rb"SMTP>> (.*)", Role.REPLY),
            Row(_EXIM + rb" {7}([2-5][0-9][0-9][ -].*)", Role.FOLLOWS),
            Row(_EXIM + rb"SMTP<< (.*)", Role.COMMAND),
        ),
        needle=b"SMTP",
        of_a_server=True,
        is_certain=True,
    ),
    # The "Transcript of session follows" of a sendmail bounce: the lines below "<<<" that have a
    # code but no mark are sendmail's own words to the sender. Twisted's SMTPClient.log; after
    # "mta: 0x...: ", OpenSMTPD's "-T mta" (mta_session.c).
    Dialect(
        "arrows",
        (Row(rb"<<< ?(.*)", Role.REPLY), Row(rb">>> ?(.*)", Role.COMMAND)),
        "mta: 0x7f1e20: <<< 220 mx.example.org ESMTP\n"
        "mta: 0x7f1e20: >>> EHLO client\n"
        "mta: 0x7f1e20: <<< 250-mx.example.org\n"
        "mta: 0x7f1e20: <<< 250 SIZE 1000\n"
        "mta: 0x7f1e20: >>> RCPT TO:<bob@example.org>\n"
        "mta: 0x7f1e20: <<< 550 5.1.1 No such user",
        needle=b"<<<",
        is_certain=True,
    ),
    # OpenSMTPD -T smtp (smtp_session.c): the server's own replies go out.
    Dialect(
        "opensmtpd -T smtp",
        (
            Row(rb"smtp: 0x[0-9a-f]{1,16}: >>> (.*)", Role.REPLY),
            Row(rb"smtp: 0x[0-9a-f]{1,16}: <<< (.*)", Role.COMMAND),
        ),
        "smtp: 0x7f1e20: >>> 220 mx.example.org ESMTP\n"
        "smtp: 0x7f1e20: <<< EHLO client\n"
        "smtp: 0x7f1e20: >>> 250-mx.example.org\n"
        "smtp: 0x7f1e20: >>> 250 SIZE 1000\n"
        "smtp: 0x7f1e20: <<< RCPT TO:<bob@example.org>\n"
        "smtp: 0x7f1e20: >>> 550 5.1.1 No such user",
        needle=b"smtp: 0x",
        of_a_server=True,
        is_log=True,
    ),
    # Perl's Net::SMTP and Net::LMTP, Debug => 1 (Net/Cmd.pm, debug_print): the object, then arrows.
    # "Net::SMTP>>> Net::SMTP(3.05)" are the versions of its modules.
    Dialect(
        "Net::SMTP",
        (
            Row(
                rb"Net::[LS]MTP(?:::[A-Z]{1,20})?=[A-Z]{1,10}\(0x[0-9a-f]{1,16}\)<<< (.*)",
                Role.REPLY,
            ),
            Row(
                rb"Net::[LS]MTP(?:::[A-Z]{1,20})?=[A-Z]{1,10}\(0x[0-9a-f]{1,16}\)>>> (.*)",
                Role.COMMAND,
            ),
        ),
        "Net::SMTP>>> Net::SMTP(3.13)\n"
        "Net::SMTP=GLOB(0x55d0c8)<<< 220 mx.example.org ESMTP\n"
        "Net::SMTP=GLOB(0x55d0c8)>>> EHLO client\n"
        "Net::SMTP=GLOB(0x55d0c8)<<< 250-mx.example.org\n"
        "Net::SMTP=GLOB(0x55d0c8)<<< 250 SIZE 1000\n"
        "Net::SMTP=GLOB(0x55d0c8)>>> RCPT TO:<bob@example.org>\n"
        "Net::SMTP=GLOB(0x55d0c8)<<< 550 5.1.1 No such user",
        needle=b"MTP",
        is_certain=True,
    ),
    # Haraka at its PROTOCOL level, as client (outbound, plugins that forward) and server (core).
    Dialect(
        "haraka",
        (
            Row(_HARAKA + rb"S: (.*)", Role.REPLY),
            Row(_HARAKA + rb"C: (.*)", Role.COMMAND),
        ),
        "[PROTOCOL] [D33D6290.1.1] [outbound] S: 220 mx.example.org ESMTP\n"
        "[PROTOCOL] [D33D6290.1.1] [outbound] C: EHLO client\n"
        "[PROTOCOL] [D33D6290.1.1] [outbound] S: 250-mx.example.org\n"
        "[PROTOCOL] [D33D6290.1.1] [outbound] S: 250 SIZE 1000\n"
        "[PROTOCOL] [D33D6290.1.1] [outbound] C: RCPT TO:<bob@example.org>\n"
        "[PROTOCOL] [D33D6290.1.1] [outbound] S: 550 5.1.1 No such user",
        needle=b"[PROTOCOL] [",
        is_log=True,
    ),
    # nodemailer with logger and debug (lib/shared): a stamp, a level and the session's id.
    Dialect(
        "nodemailer",
        (
            Row(rb"\[[0-9 :-]{19}\] [A-Z]{4,5} {1,2}\[[^\]\s]{1,60}\] S: ?(.*)", Role.REPLY),
            Row(rb"\[[0-9 :-]{19}\] [A-Z]{4,5} {1,2}\[[^\]\s]{1,60}\] C: ?(.*)", Role.COMMAND),
        ),
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] SMTP handshake started\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] S: 220 mx.example.org ESMTP\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] C: EHLO client\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] S: 250-mx.example.org\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] S: 250 SIZE 1000\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] C: RCPT TO:<bob@example.org>\n"
        "[2026-05-06 10:15:02] DEBUG [aB3dE5fG] S: 550 5.1.1 No such user",
        needle=b"] S: ",
        is_certain=True,
    ),
    # The RFCs; MailKit's ProtocolLogger, which may write a stamp before them.
    Dialect(
        "letters",
        (
            Row(rb"[ \t]*(?:S|Server): ?(.*)", Role.REPLY),
            Row(rb"[ \t]*(?:C|Client): ?(.*)", Role.COMMAND),
        ),
        "Connected to smtp://mx.example.org:587/?starttls=when-available\n"
        "2026-05-06T10:15:02Z S: 220 mx.example.org ESMTP\n"
        "2026-05-06T10:15:02Z C: EHLO client\n"
        "2026-05-06T10:15:02Z S: 250-mx.example.org\n"
        "2026-05-06T10:15:02Z S: 250 SIZE 1000\n"
        "2026-05-06T10:15:02Z C: RCPT TO:<bob@example.org>\n"
        "2026-05-06T10:15:02Z S: 550 5.1.1 No such user",
        needle=b"S",
    ),
    # Postfix's notices to the postmaster, wrapped after 78 characters. For smtpd(8) what goes out
    # is the server's; for smtp(8), the client, what comes in is.
    Dialect(
        "postfix smtpd notice",
        (
            Row(rb" ?Out: (.*)", Role.REPLY),
            Row(rb" ?In:  ?(.*)", Role.COMMAND),
            Row(rb" {4}(.*)", Role.WRAPPED),
        ),
        needle=b"Out: ",
        of_a_server=True,
    ),
    Dialect(
        "postfix smtp notice",
        (
            Row(rb" ?In:  ?(.*)", Role.REPLY),
            Row(rb" ?Out: (.*)", Role.COMMAND),
            Row(rb" {4}(.*)", Role.WRAPPED),
        ),
        needle=b"In: ",
    ),
    # Postfix with -v (smtp_chat.c and smtpd_chat.c): "< HOST[IP]:PORT: " is what was heard.
    Dialect(
        "postfix smtp -v",
        (
            Row(rb"< \S{1,255}\[[^\]\s]{1,60}\](?::[0-9]{1,5})?: (.*)", Role.REPLY),
            Row(rb"> \S{1,255}\[[^\]\s]{1,60}\](?::[0-9]{1,5})?: (.*)", Role.COMMAND),
        ),
        "May  6 10:15:02 mx1 postfix/smtp[42]: < mx[192.0.2.25]:25: 220 mx.example.org\n"
        "May  6 10:15:02 mx1 postfix/smtp[42]: > mx[192.0.2.25]:25: EHLO client\n"
        "May  6 10:15:02 mx1 postfix/smtp[42]: < mx[192.0.2.25]:25: 250-mx.example.org\n"
        "May  6 10:15:02 mx1 postfix/smtp[42]: < mx[192.0.2.25]:25: 250 SIZE 1000\n"
        "May  6 10:15:02 mx1 postfix/smtp[42]: > mx[192.0.2.25]:25: RCPT TO:<bob@example.org>\n"
        "May  6 10:15:02 mx1 postfix/smtp[42]: < mx[192.0.2.25]:25: 550 5.1.1 No such user",
        needle=b"]",
        is_log=True,
    ),
    Dialect(
        "postfix smtpd -v",
        (
            Row(rb"> \S{1,255}\[[^\]\s]{1,60}\](?::[0-9]{1,5})?: (.*)", Role.REPLY),
            Row(rb"< \S{1,255}\[[^\]\s]{1,60}\](?::[0-9]{1,5})?: (.*)", Role.COMMAND),
        ),
        "postfix/smtpd[42]: > unknown[192.0.2.1]: 220 mx.example.org ESMTP\n"
        "postfix/smtpd[42]: < unknown[192.0.2.1]: EHLO client\n"
        "postfix/smtpd[42]: > unknown[192.0.2.1]: 250-mx.example.org\n"
        "postfix/smtpd[42]: > unknown[192.0.2.1]: 250 SIZE 1000\n"
        "postfix/smtpd[42]: < unknown[192.0.2.1]: RCPT TO:<bob@example.org>\n"
        "postfix/smtpd[42]: > unknown[192.0.2.1]: 550 5.1.1 No such user",
        needle=b"]",
        of_a_server=True,
        is_log=True,
    ),
    # PHPMailer since 5.2 (SMTP.php, edebug): one entry for a reply, whose further lines have no
    # mark; on a page, "<br>" ends a line. Level 4 shows each line as it comes, before the reply, as
    # 'SMTP INBOUND: "..."' or 'SMTP -> get_lines(): ...'.
    Dialect(
        "PHPMailer",
        (
            Row(rb"SERVER -> CLIENT: ?(.*)", Role.REPLY),
            Row(rb"SERVER -&gt; CLIENT: ?(.*)", Role.REPLY, Written.HTML),
            Row(rb"CLIENT -> (?:SERVER|SMTP): ?(.*)", Role.COMMAND),
            Row(rb"CLIENT -&gt; (?:SERVER|SMTP): ?(.*)", Role.COMMAND, Written.HTML),
            Row(rb"(SMTP (?:INBOUND|-> ).*)", Role.NOISE),
            FOLLOWING,
        ),
        "2026-05-06 10:15:02\tConnection: opened\n"
        '2026-05-06 10:15:02\tSMTP INBOUND: "220 mx.example.org ESMTP"\n'
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 220 mx.example.org ESMTP\n"
        "2026-05-06 10:15:02\tCLIENT -> SERVER: EHLO client\n"
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 250-mx.example.org\n"
        "                   \t                  250 SIZE 1000\n"
        "2026-05-06 10:15:02\tCLIENT -> SERVER: RCPT TO:<bob@example.org>\n"
        "2026-05-06 10:15:02\tSERVER -> CLIENT: 550 5.1.1 No such user\n"
        "2026-05-06 10:15:02\tSMTP ERROR: RCPT TO command failed: 550 5.1.1 No such user",
        needle=b"CLIENT",
        is_certain=True,
    ),
    # PHPMailer before 5.2: the server's side alone, at first with the reply below the mark.
    Dialect(
        "PHPMailer 5.1",
        (
            Row(rb"SMTP -> FROM SERVER: ?(.*?)(?:<br ?/?>)?", Role.REPLY),
            Row(rb"(SMTP -> .*)", Role.NOISE),
            FOLLOWING,
        ),
        needle=b"FROM SERVER:",
        is_certain=True,
    ),
    # lettre 0.10 and later (tracing): "<< " repeats what it has read of a reply so far.
    Dialect(
        "lettre",
        (
            Row(rb"<< ([2-5][0-9][0-9].*)", Role.REPLY_SO_FAR, Written.CRLF),
            Row(rb"Read: (.*)", Role.REPLY_SO_FAR, Written.CRLF),
            Row(rb"Wrote: (.*)", Role.COMMAND, Written.CRLF),
        ),
        "DEBUG lettre::transport::smtp::client: << 220 mx.example.org ESMTP<CRLF>\n"
        "DEBUG lettre::transport::smtp::client: Wrote: EHLO client<CRLF>\n"
        "DEBUG lettre::transport::smtp::client: << 250-mx.example.org<CRLF>\n"
        "DEBUG lettre::transport::smtp::client: << 250-mx.example.org<CRLF>250 SIZE 1000<CRLF>\n"
        "DEBUG lettre::transport::smtp::client: Wrote: RCPT TO:<bob@example.org><CRLF>\n"
        "DEBUG lettre::transport::smtp::client: << 550 5.1.1 No such user<CRLF>",
        needle=b"<CRLF>",
        is_certain=True,
    ),
    # Swift Mailer's loggers; gmass.co's test. The further lines of a reply have no mark.
    Dialect(
        "Swift Mailer",
        (
            Row(rb"(?:\+\+ .{0,100})?<< ([^<].*)", Role.REPLY),
            Row(rb">> ([^>].*)", Role.COMMAND),
            Row(rb"((?:\+\+|!!) .*)", Role.NOISE),
            FOLLOWING,
        ),
        "++ Starting Swift_SmtpTransport\n"
        "<< 220 mx.example.org ESMTP\n\n"
        ">> EHLO client\n\n"
        "<< 250-mx.example.org\n"
        "250 SIZE 1000\n\n"
        ">> RCPT TO:<bob@example.org>\n\n"
        "<< 550 5.1.1 No such user\n\n"
        '!! Expected response code 250/251/252 but got code "550", with message "550 No"',
        needle=b"<< ",
    ),
    Dialect(
        "Swift Mailer, HTML",
        (
            Row(rb"(?:\+\+ .{0,100})?&lt;&lt; (.*)", Role.REPLY, Written.HTML),
            Row(rb"&gt;&gt; (.*)", Role.COMMAND, Written.HTML),
            Row(rb"[ \t]*([2-5][0-9][0-9](?:[ -].*)?)", Role.FOLLOWS, Written.HTML),
        ),
        "++ Starting Swift_SmtpTransport<br />\n"
        "&lt;&lt; 220 mx.example.org ESMTP<br />\n<br />\n"
        "&gt;&gt; EHLO client<br />\n<br />\n"
        "&lt;&lt; 250-mx.example.org<br />\n"
        "250 SIZE 1000<br />\n<br />\n"
        "&gt;&gt; RCPT TO:&lt;bob@example.org&gt;<br />\n<br />\n"
        "&lt;&lt; 550 5.1.1 No such user<br />",
        needle=b"&lt;&lt; ",
    ),
    # msmtp --debug.
    Dialect(
        "msmtp",
        (Row(rb"<-- ?(.*)", Role.REPLY), Row(rb"--> ?(.*)", Role.COMMAND)),
        "<-- 220 mx.example.org ESMTP\n"
        "--> EHLO client\n"
        "<-- 250-mx.example.org\n"
        "<-- 250 SIZE 1000\n"
        "--> RCPT TO:<bob@example.org>\n"
        "<-- 550 5.1.1 No such user",
        needle=b"<--",
    ),
    # mailsend and mailsend-go -v.
    Dialect(
        "mailsend",
        (Row(rb"\[S\] (.*)", Role.REPLY), Row(rb"\[C\] (.*)", Role.COMMAND)),
        "[S] 220 mx.example.org ESMTP\n"
        "[C] EHLO client\n"
        "[S] 250-mx.example.org\n"
        "[S] 250 SIZE 1000\n"
        "[C] RCPT TO:<bob@example.org>\n"
        "[S] 550 5.1.1 No such user",
        needle=b"[S] ",
        is_certain=True,
    ),
    # smtp-cli --verbose: code and text of each line apart.
    Dialect(
        "smtp-cli",
        (Row(rb"\[([2-5][0-9][0-9])\] '(.*)'", Role.PART), Row(rb"> (.*)", Role.COMMAND)),
        "[220] 'mx.example.org ESMTP'\n"
        "> EHLO client\n"
        "[250] 'mx.example.org'\n"
        "[250] 'SIZE 1000'\n"
        "> RCPT TO:<bob@example.org>\n"
        "[550] '5.1.1 No such user'",
        needle=b"] '",
    ),
    # go-mail (log/stdlog.go): net/textproto has taken the codes off, but for the first.
    Dialect(
        "go-mail",
        (
            Row(rb"C <-- S: (.*)", Role.REPLY),
            Row(rb"C --> S: (.*)", Role.COMMAND),
        ),
        "2026/05/06 10:15:02 DEBUG: C <-- S: 220 mx.example.org ESMTP\n"
        "2026/05/06 10:15:02 DEBUG: C --> S: EHLO client\n"
        "2026/05/06 10:15:02 DEBUG: C <-- S: 250 mx.example.org\n"
        "SIZE 1000\n"
        "2026/05/06 10:15:02 DEBUG: C --> S: RCPT TO:<bob@example.org>\n"
        "2026/05/06 10:15:02 DEBUG: C <-- S: 550 5.1.1 No such user",
        unmarked=Role.TEXT,
        needle=b"C <-- S: ",
        is_certain=True,
    ),
    # Ruby's net/smtp, set_debug_output (net/protocol.rb), and so the mail gem and Action Mailer.
    Dialect(
        "net/smtp",
        (
            Row(rb"-> " + _QUOTED, Role.REPLY, Written.LITERAL),
            Row(rb"<- " + _QUOTED, Role.COMMAND, Written.LITERAL),
        ),
        "Connection opened: mx.example.org:25\n"
        '-> "220 mx.example.org ESMTP\\r\\n"\n'
        '<- "EHLO client\\r\\n"\n'
        '-> "250-mx.example.org\\r\\n"\n'
        '-> "250 SIZE 1000\\r\\n"\n'
        '<- "RCPT TO:<bob@example.org>\\r\\n"\n'
        '-> "550 5.1.1 No such user\\r\\n"',
        needle=b'-> "',
        is_certain=True,
    ),
    # nodemailer 0.x (simplesmtp, lib/client.js): who speaks is on a line of its own.
    Dialect(
        "nodemailer 0.x",
        (
            Row(rb"SERVER(?:@[^\s:]{1,40})?:()", Role.REPLY),
            Row(rb"CLIENT(?:@[^\s:]{1,40})?:()", Role.COMMAND),
            Row(rb"(?:\xe2\x94\x94\xe2\x94\x80\xe2\x94\x80|   )(.*)", Role.FOLLOWS),
        ),
        "SERVER:\n"
        "\u2514\u2500\u2500220 mx.example.org ESMTP\n"
        "CLIENT:\n"
        "\u2514\u2500\u2500EHLO client\n"
        "SERVER:\n"
        "\u2514\u2500\u2500250-mx.example.org\n"
        "   250 SIZE 1000\n"
        "CLIENT:\n"
        "\u2514\u2500\u2500RCPT TO:<bob@example.org>\n"
        "SERVER:\n"
        "\u2514\u2500\u2500550 5.1.1 No such user",
        needle=b"SERVER",
    ),
    # Thunderbird, MOZ_LOG=SMTP:4 (nsSmtpProtocol.cpp).
    Dialect(
        "Thunderbird",
        (
            Row(rb"SMTP Response: (.*)", Role.REPLY),
            Row(rb"SMTP Send: (.*)", Role.COMMAND),
        ),
        "[Parent 5788: Main Thread]: I/SMTP SMTP entering state: 0\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Response: 220 mx.example.org ESMTP\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Send: EHLO client\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Response: 250-mx.example.org\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Response: 250 SIZE 1000\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Send: RCPT TO:<bob@example.org>\n"
        "[Parent 5788: Main Thread]: I/SMTP SMTP Response: 550 5.1.1 No such user",
        needle=b"SMTP Response: ",
        is_certain=True,
    ),
    # Outlook's and Outlook Express' transport logs.
    Dialect(
        "Outlook",
        (
            Row(rb"SMTP(?: \([^)]{1,255}\))?: (?:[0-9:]{7,8} )?[<\[]rx[>\]] ?(.*)", Role.REPLY),
            Row(rb"SMTP(?: \([^)]{1,255}\))?: (?:[0-9:]{7,8} )?[<\[]tx[>\]] ?(.*)", Role.COMMAND),
        ),
        "2026.05.06 10:15:02 SMTP (mx.example.org): <rx> 220 mx.example.org ESMTP\n"
        "2026.05.06 10:15:02 SMTP (mx.example.org): [tx] EHLO client\n"
        "2026.05.06 10:15:02 SMTP (mx.example.org): <rx> 250-mx.example.org\n"
        "2026.05.06 10:15:02 SMTP (mx.example.org): <rx> 250 SIZE 1000\n"
        "2026.05.06 10:15:02 SMTP (mx.example.org): [tx] RCPT TO:<bob@example.org>\n"
        "2026.05.06 10:15:02 SMTP (mx.example.org): <rx> 550 5.1.1 No such user",
        needle=b"SMTP",
        is_certain=True,
    ),
    # .NET, System.Net tracing of SmtpClient: a dump of each chunk.
    Dialect(
        "System.Net",
        (
            Row(
                rb"System\.Net[A-Z.]{0,20} Verbose: [0-9]+ : (?:\[[0-9]{1,10}\] )?"
                rb"Data from \S{1,100}::(?:Begin|End)?(?:Receive|Read)[A-Z]{0,20}()",
                Role.REPLY,
                Written.HEX,
            ),
            Row(
                rb"System\.Net[A-Z.]{0,20} Verbose: [0-9]+ : (?:\[[0-9]{1,10}\] )?"
                rb"Data from \S{1,100}::(?:Begin|End|Multiple)?(?:Send|Write)[A-Z]{0,20}()",
                Role.COMMAND,
                Written.HEX,
            ),
            Row(
                rb"System\.Net[A-Z.]{0,20} Verbose: [0-9]+ : (?:\[[0-9]{1,10}\] )?"
                rb"[0-9A-F]{8} : ((?:[0-9A-F]{2}[ -]){1,16}) *: .*",
                Role.FOLLOWS,
                Written.HEX,
            ),
        ),
        "System.Net Verbose: 0 : [1208] Data from Socket#7::Receive\n"
        "System.Net Verbose: 0 : [1208] 00000000 : 32 32 30 20 6D 78 0D 0A "
        "                       : 220 mx..\n"
        "System.Net Verbose: 0 : [1208] Data from Socket#7::Send\n"
        "System.Net Verbose: 0 : [1208] 00000000 : 45 48 4C 4F 20 61 0D 0A "
        "                       : EHLO a..\n"
        "System.Net Verbose: 0 : [1208] Data from Socket#7::Receive\n"
        "System.Net Verbose: 0 : [1208] 00000000 : 32 35 30 2D 6D 78 0D 0A-32 35 30 20 53 49 5A 45"
        " : 250-mx..250 SIZE\n"
        "System.Net Verbose: 0 : [1208] 00000010 : 20 31 0D 0A "
        "                                   :  1..\n"
        "System.Net Verbose: 0 : [1208] Data from Socket#7::Send\n"
        "System.Net Verbose: 0 : [1208] 00000000 : 52 43 50 54 20 54 4F 3A-3C 62 6F 62 40 65 78 61"
        " : RCPT TO:<bob@exa\n"
        "System.Net Verbose: 0 : [1208] 00000010 : 6D 70 6C 65 2E 6F 72 67-3E 0D 0A "
        "               : mple.org>..\n"
        "System.Net Verbose: 0 : [1208] Data from Socket#7::Receive\n"
        "System.Net Verbose: 0 : [1208] 00000000 : 35 35 30 20 35 2E 31 2E-31 20 4E 6F 0D 0A "
        "      : 550 5.1.1 No..",
        needle=b"System.Net",
    ),
    # CodeIgniter's Email::print_debugger (system/libraries/Email.php, _send_command), as a page has
    # it or as its source: each reply after the name of the step, the greeting before all of them.
    Dialect(
        "CodeIgniter",
        (
            Row(
                _TAGS + rb"(?:hello|starttls|from|to|data|reset|quit): " + _REPLY,
                Role.REPLY,
                Written.HTML,
            ),
            Row(
                _TAGS + rb"The following SMTP error was encountered: " + _REPLY,
                Role.REPEATED,
                Written.HTML,
            ),
            Row(_TAGS + rb"([2-5][0-9][0-9](?:[ -].*)?)", Role.BARE, Written.HTML),
        ),
        needle=b"hello: ",
        marks_the_client=False,
    ),
    # aiosmtpd, logger mail.log: a server, which writes out.
    Dialect(
        "aiosmtpd",
        (
            Row(
                rb"\('[^']{1,60}', [0-9]{1,5}[0-9, ]{0,20}\) << b(['\"].*['\"])",
                Role.REPLY,
                Written.LITERAL,
            ),
            Row(
                rb"\('[^']{1,60}', [0-9]{1,5}[0-9, ]{0,20}\) >> b(['\"].*['\"])",
                Role.COMMAND,
                Written.LITERAL,
            ),
        ),
        "INFO:mail.log:('192.0.2.1', 4242) << b'220 mx.example.org Python SMTP'\n"
        "INFO:mail.log:('192.0.2.1', 4242) >> b'EHLO client'\n"
        "INFO:mail.log:('192.0.2.1', 4242) << b'250-mx.example.org'\n"
        "INFO:mail.log:('192.0.2.1', 4242) << b'250 SIZE 1000'\n"
        "INFO:mail.log:('192.0.2.1', 4242) >> b'RCPT TO:<bob@example.org>'\n"
        "INFO:mail.log:('192.0.2.1', 4242) << b'550 5.1.1 No such user'",
        needle=b"mail.log",
        of_a_server=True,
    ),
    # tcpflow -c: addresses and ports before the first line of a packet.
    Dialect(
        "tcpflow",
        (
            Row(_TCPFLOW + _PORTS + b"-" + _TCPFLOW + rb"[0-9]{5}: (.*)", Role.REPLY),
            Row(_TCPFLOW + rb"[0-9]{5}-" + _TCPFLOW + _PORTS + rb": (.*)", Role.COMMAND),
        ),
        "192.000.002.025.00025-192.000.002.001.51234: 220 mx.example.org ESMTP\n"
        "192.000.002.001.51234-192.000.002.025.00025: EHLO client\n"
        "192.000.002.025.00025-192.000.002.001.51234: 250-mx.example.org\n"
        "250 SIZE 1000\n"
        "192.000.002.001.51234-192.000.002.025.00025: RCPT TO:<bob@example.org>\n"
        "192.000.002.025.00025-192.000.002.001.51234: 550 5.1.1 No such user",
        unmarked=Role.FOLLOWS,
        needle=b"-",
    ),
    # JavaMail, Jakarta Mail and Angus Mail with mail.debug, where a logger or a container has put a
    # prefix on each line. Without one it is as a terminal shows a session.
    Dialect(
        "JavaMail",
        (
            Row(rb"(DEBUG(?: SMTP)?: .*)", Role.NOISE),
            Row(rb"([2-5][0-9][0-9](?:[ -].*)?)", Role.REPLY),
            Row(TYPED, Role.COMMAND),
            Row(rb"(\.)", Role.COMMAND),
        ),
        "10:15:02,123 INFO  [stdout] (default task-1) DEBUG SMTP: useEhlo true, useAuth false\n"
        "10:15:02,123 INFO  [stdout] (default task-1) 220 mx.example.org ESMTP\n"
        "10:15:02,123 INFO  [stdout] (default task-1) EHLO client\n"
        "10:15:02,123 INFO  [stdout] (default task-1) 250-mx.example.org\n"
        "10:15:02,123 INFO  [stdout] (default task-1) 250 SIZE 1000\n"
        '10:15:02,123 INFO  [stdout] (default task-1) DEBUG SMTP: Found extension "SIZE", arg ""\n'
        "10:15:02,123 INFO  [stdout] (default task-1) RCPT TO:<bob@example.org>\n"
        "10:15:02,123 INFO  [stdout] (default task-1) 550 5.1.1 No such user",
        needle=b"DEBUG SMTP: ",
        marks_the_client=False,
    ),
)

SENDMAIL = Dialect("sendmail -v", (Row(rb">>> ?(.*)", Role.COMMAND),), unmarked=Role.BARE)
"""What the client says is marked, and what it hears is not."""

TERMINAL = Dialect(
    "terminal",
    (
        Row(TYPED, Role.COMMAND),
        Row(rb"((?:Trying|Connected to|Escape character is|Connection closed) .*)", Role.NOISE),
        Row(rb"((?:CONNECTED\(|depth=|verify |---|telnet> ).*)", Role.NOISE),
        Row(rb"(closed|DONE|read R BLOCK)", Role.NOISE),
    ),
    unmarked=Role.BARE,
    marks_the_client=False,
)
"""A terminal's copy of telnet or ``openssl s_client``, or Wireshark's "Follow TCP Stream": no marks
at all. The programs' own lines are named where they might be inside of a reply that was
broken off; elsewhere, no code is enough."""

PLAIN = Dialect("replies", (), unmarked=Role.REPLY)
"""Replies and nothing else: all is the server's."""
