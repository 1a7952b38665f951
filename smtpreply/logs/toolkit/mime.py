r"""A message, line by line: its parts, decoded, in memory that does not grow with the message.

RFC 5322 2.2, RFC 2045 5 and 6, RFC 2046 5.1.1::

    fields       = *( field-name ":" unstructured CRLF )      ; folded lines begin with white space
    body-part    = [ fields ] [ CRLF body ]
    multipart    = [ preamble CRLF ] "--" boundary CRLF body-part *( "--" boundary CRLF body-part )
                   "--" boundary "--" [ CRLF epilogue ]

The standard library's feed parser keeps the message as a whole, so a mailbox of ten gigabytes may
be one message to it. Here the fields are kept that are asked for, and lines are handed on.

What was returned to its sender is not looked into: a delivery report about a delivery report holds
a report of another delivery. Only its own fields are read.

A message that was damaged on its way is read as far as it can be: empty lines before its fields, a
boundary that is not the one its fields name, parts without any boundary (`Listener.says_before`).
"""

from __future__ import annotations

import binascii
import codecs
import functools
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header
from email.utils import parsedate_to_datetime
from typing import Protocol

import attrs

from smtpreply._support.octets import to_octets

MOST_KEPT = 65_536
"""Characters of a field, or of a decoded line: the rest of a longer one is not kept."""

_DEEPEST = 16  # parts within parts

FIELD = re.compile(r"([!-9;-~]{1,80})[ \t]*:(.*)\Z", re.DOTALL)
_TYPE = re.compile(r"\s*([!-.0-~]{1,100}/[!-.0-:<-~]{1,100})")
_BOUNDARY = re.compile(
    r";\s*boundary\*?\s*=\s*(?:\"((?:[^\"\\]|\\.){1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE
)

_MESSAGES = ("message/rfc822", "message/global")
_FIELDS_ALONE = ("text/rfc822-headers", "message/global-headers")
_HOLDING_FIELDS = _MESSAGES + _FIELDS_ALONE
_KEPT = frozenset(
    {
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "date",
        "delivered-to",
        "from",
        "in-reply-to",
        "list-id",
        "message-id",
        "precedence",
        "received",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-amz-sns-message-id",
        "x-autoreply",
        "x-autorespond",
        "x-failed-recipients",
        "x-hmxmroriginalrecipient",
        "x-mailer",
        "x-original-to",
        "x-vacation",
    }
)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?\s*([A-Za-z0-9][A-Za-z0-9_.:+-]{0,40})", re.IGNORECASE)
# Of Python's codecs, those of character sets that mail has: others are slow, or are none.
_CODECS = re.compile(r"(?:x-)?(?:iso|windows|cp|koi8|shift|sjis|euc|gb|big5|ks|tis|latin|mac|ibm)")
_PARAMETER = re.compile(r"(?:boundary|charset|report-type|name|format|type)\*?\s*=", re.IGNORECASE)
_CONTENT_FIELD = re.compile(r"Content-[A-Za-z-]{1,40}[ \t]*:", re.IGNORECASE)


@attrs.define
class Part:
    """A part of a message, or the message itself.

    Attributes:
        within: the part that it is in; None for the message.
        fields: those that are kept, by their names in lower case; of several the first.
    """

    within: Part | None = None
    fields: dict[str, str] = attrs.field(factory=dict)

    @property
    def type(self) -> str:
        """The media type, in lower case. RFC 2045 5.2: without one, a part is plain text."""
        match = _TYPE.match(self.fields.get("content-type", ""))
        return match[1].lower() if match else "text/plain"

    @property
    def boundary(self) -> str | None:
        """The boundary between its parts; None where it has none."""
        match = _BOUNDARY.search(self.fields.get("content-type", "")[:MOST_KEPT])
        if match is None or not self.type.startswith("multipart/"):
            return None
        quoted = match[1] and re.sub(r"\\(.)", r"\1", match[1])
        return (quoted or match[2]).rstrip()

    @property
    def charset(self) -> str | None:
        """The character set of its text, in lower case; None where it is UTF-8, or not known."""
        match = _CHARSET.search(self.fields.get("content-type", "")[:MOST_KEPT])
        name = match[1].lower() if match else ""
        try:
            return codecs.lookup(name).name if _CODECS.match(name) else None
        except LookupError:
            return None

    @property
    def depth(self) -> int:
        """The number of parts around it."""
        return 0 if self.within is None else self.within.depth + 1

    @property
    def encoding(self) -> str:
        """The encoding of its lines: RFC 2045 6."""
        return self.fields.get("content-transfer-encoding", "").strip().lower()

    @property
    def is_message(self) -> bool:
        """Whether its fields are those of a message, and not of a part of one."""
        return self.within is None or self.within.type in _HOLDING_FIELDS

    @property
    def is_returned(self) -> bool:
        """Whether it is the message, or what is left of it, that a report is about: RFC 6522 3."""
        if self.type in _FIELDS_ALONE:
            return True
        inside = self.within is not None and self.within.type == "multipart/report"
        return inside and self.type in _MESSAGES


class Listener(Protocol):
    """Hears what a message holds."""

    def begins(self, part: Part) -> bool:
        """Take the fields of a part, and return whether its lines are wanted."""

    def enters(self, part: Part) -> bool:
        """Return whether the parts of a part are wanted, whose lines are not."""

    def says(self, text: str) -> None:
        """Learn a line of the part that began last, decoded."""

    def says_before(self, text: str) -> None:
        """Learn a line before the first part: the words themselves, where boundaries are lost."""

    def ends(self, part: Part) -> None:
        """Learn that a part whose lines were wanted has no more of them."""


class MailReader:
    """Walks the lines of one message.

    Args:
        listener: gets its parts.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._open: list[tuple[str, Part]] = []  # the parts that hold others, by their boundaries
        self._maybe: str | None = None  # a line that may be a boundary: the next one decides
        self._begin(Part())

    def feed(self, line: str) -> None:
        """Read the next line, without its end."""
        if self._open and line.startswith("--") and self._is_boundary(line.rstrip()):
            return
        if self._takes is None:
            return
        if self._decoding.is_none or self._takes == self._before:
            self._takes(line)
        else:
            for text in self._decoding.lines(line):
                self._take(text)

    def close(self) -> None:
        """End the message."""
        self._end_part()
        self._open.clear()

    # The walk: `_take` is given the lines of the part, which are its fields first.

    def _begin(self, part: Part) -> None:
        self._part = part
        self._heard = self._has_fields = False
        self._field: str | None = None
        self._value: list[str] = []
        self._kept = 0
        self._takes: Callable[[str], None] | None = self._read_field
        self._decoding = _Decoding("", None)

    def _before(self, line: str) -> None:
        """Read a line before the first boundary, and see whether it is one that was changed."""
        maybe, self._maybe = self._maybe, None
        if maybe is not None and _CONTENT_FIELD.match(line):
            _, part = self._open.pop()
            self._open.append((maybe.removeprefix("--"), part))
            self._begin(Part(within=part))
            self._read_field(line)
            return
        if maybe is not None:
            self._listener.says_before(maybe)
        if line.startswith("--") and len(line.rstrip()) > len("--"):
            self._maybe = line.rstrip()
        else:
            self._listener.says_before(line)

    def _take(self, text: str) -> None:
        if self._takes is not None:
            self._takes(text)

    def _read_field(self, line: str) -> None:
        if not line or line.isspace():
            # RFC 5322 has no empty line before the fields of a message; some files and parts do.
            if self._has_fields or not self._part.is_message:
                self._fields_end()
        elif line[0] in " \t":
            self._keep(line)
        elif match := FIELD.match(line):
            self._field_ends()
            self._has_fields = True
            name = match[1].lower()
            self._field = name if name in _KEPT and name not in self._part.fields else None
            self._keep(match[2])
        elif self._field == "content-type" and _PARAMETER.match(line):
            self._keep(line)  # a fold that has lost its white space
        elif not line.startswith(("From ", ">From ")):  # no field: the body has begun
            self._fields_end()
            self._take(line)

    def _keep(self, line: str) -> None:
        if self._field is not None and self._kept < MOST_KEPT:
            self._value.append(line.strip()[: MOST_KEPT - self._kept])
            self._kept += len(self._value[-1]) + 1

    def _field_ends(self) -> None:
        if self._field is not None:
            self._part.fields[self._field] = " ".join(self._value).strip()
        self._field = None
        self._value.clear()
        self._kept = 0

    def _fields_end(self) -> None:
        self._field_ends()
        part = self._part
        self._takes = None
        if self._listener.begins(part):
            self._heard = True
            self._takes = self._listener.says
            self._decoding = _Decoding(part.encoding, part.charset)
        elif len(self._open) + part.depth > _DEEPEST or not self._listener.enters(part):
            return
        elif part.boundary is not None:
            self._open.append((part.boundary, part))
            self._takes = self._before
        elif part.type in _MESSAGES or part.is_returned:
            self._begin(Part(within=part))
            self._decoding = _Decoding(part.encoding, None)

    def _is_boundary(self, line: str) -> bool:
        for depth in range(len(self._open) - 1, -1, -1):
            boundary, part = self._open[depth]
            if line == f"--{boundary}":
                self._end_part()
                del self._open[depth + 1 :]
                self._begin(Part(within=part))
                return True
            if line == f"--{boundary}--":
                self._end_part()
                del self._open[depth:]
                return True
        return False

    def _end_part(self) -> None:
        if self._takes == self._read_field:  # cut off amid its fields
            self._fields_end()
        if self._takes == self._before:
            self._takes = None
        for text in self._decoding.rest():
            self._take(text)
        if self._heard:
            self._listener.ends(self._part)
        self._heard = False
        self._takes = None


class _Decoding:
    """Undoes what a content transfer encoding has done to lines: RFC 2045 6.7 and 6.8.

    Args:
        encoding: the transfer encoding; one that is not known leaves lines as they are.
        charset: a Python codec; None for UTF-8, whose octets need no change.

    Attributes:
        is_none: whether lines are as they were.
    """

    def __init__(self, encoding: str, charset: str | None) -> None:
        self._decode = {"base64": self._base64, "quoted-printable": _quoted_printable}.get(encoding)
        self._charset = charset
        self.is_none = self._decode is None and charset is None
        self._symbols = ""
        self._begun = b""

    def lines(self, line: str) -> Iterator[str]:
        """Yield the lines that are complete with this one."""
        if self._decode is None:
            yield line if self._charset is None else self._text(to_octets(line))
            return
        *whole, self._begun = (self._begun + self._decode(line)).split(b"\n")
        for octets in whole:
            yield self._text(octets)
        if len(self._begun) > MOST_KEPT:
            yield from self.rest()

    def rest(self) -> Iterator[str]:
        """Yield the last line, which has no end."""
        if self._begun:
            yield self._text(self._begun)
        self._begun = b""

    def _base64(self, line: str) -> bytes:
        symbols = self._symbols + line.strip()
        whole = len(symbols) - len(symbols) % 4
        self._symbols = symbols[whole:]
        try:
            return binascii.a2b_base64(to_octets(symbols[:whole]))
        except binascii.Error:
            return b""

    def _text(self, octets: bytes) -> str:
        """Return a line as text. What claims a character set and is UTF-8 is read as what it is."""
        octets = octets.rstrip(b"\r")
        if self._charset is None or (octets.isascii() and b"\x1b" not in octets):
            return octets.decode("utf-8", "surrogateescape")
        try:
            return octets.decode("utf-8") if b"\x1b" not in octets else octets.decode(self._charset)
        except UnicodeDecodeError:
            return octets.decode(self._charset, "replace")


def _quoted_printable(line: str) -> bytes:
    octets = to_octets(line.rstrip())
    soft = octets.endswith(b"=")
    return binascii.a2b_qp(octets[:-1] if soft else octets) + (b"" if soft else b"\n")


_MAILBOX = re.compile(r"[^<>]{0,1000}+<([^<>]{1,1000})>\s*|\s*([^\s<>,]{1,1000})\s*")

# What is longer is no date, and is not worth a search for encoded words, which is not linear.
_LONGEST_DATE = 100
_LONGEST_ENCODED = 4096


def words_of(text: str) -> str:
    """Return the text of a field, its encoded words decoded: RFC 2047.

    >>> words_of("=?utf-8?q?Gr=C3=BC=C3=9Fe?= to all")
    'Grüße to all'
    """
    if "=?" not in text or len(text) > _LONGEST_ENCODED:
        return text
    try:
        parts = decode_header(text)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii", "replace")
            for part, charset in parts
        )
    except (MessageError, ValueError, LookupError):
        return text


def mailbox_of(text: str | None) -> str | None:
    """Return the one address of a field such as To: RFC 5322 3.4; None for several, or none.

    >>> mailbox_of("Al <al@example.com>"), mailbox_of("al@example.com, bob@example.org")
    ('al@example.com', None)
    """
    found = _MAILBOX.fullmatch(text or "")
    return (found[1] or found[2]) if found else None


def date_of(text: str | None) -> datetime | None:
    """Return the time of a date field: RFC 5322 3.3; None for what is none.

    >>> date_of("Tue, 24 Nov 2026 11:43:32 +0100 (CET)").isoformat()
    '2026-11-24T11:43:32+01:00'
    """
    return _date_of(text[:_LONGEST_DATE]) if text else None


@functools.lru_cache(maxsize=256)  # the recipients of a message share some
def _date_of(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
