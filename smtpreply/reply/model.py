"""`Reply`: an SMTP reply as an immutable value."""
# ruff: noqa: SLF001  (what makes a reply fills in its private slots)

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from smtpreply._support.checks import check_mapping, check_type, items_of
from smtpreply._support.escape import escape
from smtpreply._support.octets import to_octets
from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.defects import Defect, in_order
from smtpreply.reply.enhanced import statuses_of
from smtpreply.reply.grammar import Content
from smtpreply.reply.opening import FIRST, OPENINGS, Opening, new_opening, opening_of
from smtpreply.reply.plain import LazyReply, read_in_full

if TYPE_CHECKING:
    from smtpreply.catalog.entries import ReplyCodeEntry

__all__ = ["Defect", "EnhancedStatus", "Reply", "ReplyClass", "ReplySubject"]


class Reply(LazyReply):
    """One reply of a mail server: RFC 5321 4.2. A value, which never changes.

    Two replies are equal when their code and their textstrings are. How they were written down
    (`defects`, `raw`) takes no part, so that ``parse(bytes(reply)) == reply``.

    Args:
        code: 200 to 599.
        lines: the text of each line, without the enhanced status. None at all means one empty line.
        enhanced: the enhanced status, which every line will carry: RFC 2034 4.
        defects: how the text from which this comes departed from the standard.

    Raises:
        ValueError: a code, a line or a status that no reply can have: a line with a line end, a
            status on a 3yz reply or on a greeting of several lines (RFC 2034 4).

    >>> reply = Reply(550, ["No such user"], EnhancedStatus(5, 1, 1))
    >>> bytes(reply)
    b'550 5.1.1 No such user\\r\\n'
    """

    __slots__ = ()

    def __init__(
        self,
        code: int,
        lines: Iterable[str] = (),
        enhanced: EnhancedStatus | None = None,
        defects: Iterable[Defect] = (),
    ) -> None:
        if isinstance(lines, str):
            raise TypeError("lines is an iterable of lines, not one string")
        texts = list(lines)
        if any("\r" in text or "\n" in text for text in texts):
            raise ValueError("a line of a reply holds no line end")
        head = "" if enhanced is None else f"{enhanced} "
        textstrings = [f"{head}{text}" if text else str(enhanced or "") for text in texts]
        made = Reply.from_textstrings(code, textstrings or [str(enhanced or "")], defects)
        if enhanced is not None and set(made.statuses) != {enhanced}:
            raise ValueError(f"a {code} reply of {len(made.lines)} line(s) carries no {enhanced}")
        self._opening, self._octets, self._content = made._opening, made._octets, made._content

    @classmethod
    def from_textstrings(
        cls, code: int, textstrings: Iterable[str], defects: Iterable[Defect] = ()
    ) -> Reply:
        """Make a reply from the text of its lines as they are sent, status included.

        Args:
            code: the reply code, 200 to 599.
            textstrings: the text of each line.
            defects: what is known of the reply beside what its lines show.

        Raises:
            ValueError: as `Reply` does.
            TypeError: the text of a line is no str.

        >>> Reply.from_textstrings(250, ["2.1.5 Ok"]).enhanced
        EnhancedStatus(class_=2, subject=1, detail=5)
        """
        if not _is_code(code):
            raise ValueError(f"a reply code is 200 to 599, not {code!r}")
        texts = [_checked(text) for text in items_of(textstrings, "textstrings")]
        if not texts:
            raise ValueError("a reply has at least one line")
        octets = _wire_form(code, texts)
        lines, text, status, own, sent = read_in_full(octets)
        content = (lines, text, status, in_order((*own, *defects)), sent)
        return reply_of(opening_of(code), octets, content)

    @classmethod
    def from_response(cls, code: int, message: str | bytes | Iterable[str | bytes] = b"") -> Reply:
        """Make a reply of what other libraries hand out: a code, and the text of all its lines.

        That is ``smtplib``'s ``(250, b"...")`` and the ``smtp_code`` and ``smtp_error`` of its
        exceptions, and the ``SMTPResponse(code, message)`` of aiosmtplib and smtpproto.

        Args:
            code: the reply code.
            message: the lines' texts joined with a line end, or one by one.

        Raises:
            ReplySyntaxError: the code is none, as smtplib's -1 for a line that it could not read.
            TypeError: the code is no int, or the message neither text nor octets.

        >>> Reply.from_response(550, b"5.1.1 No such user\\n5.1.1 here").lines
        ('No such user', 'here')
        """
        check_type(code, int, "a reply code")
        is_one = isinstance(message, (str, bytes, bytearray, memoryview))
        parts: Iterable[Any] = (
            [message] if is_one else items_of(message, "a message that is neither text nor octets")
        )
        octets = b"\n".join(_octets_of(part) for part in parts)
        texts = [line.rstrip(b"\r") for line in octets.split(b"\n")]
        if not _is_code(code):
            raise ReplySyntaxError(
                f"no reply code: {code!r}", octets.decode("utf-8", "surrogateescape")
            )
        octets = _wire_form(code, texts)
        return reply_of(opening_of(code), octets, read_in_full(octets))

    # --- the code ---

    @property
    def code(self) -> int:
        """The reply code, 200 to 599. Where lines differ, that of the last one."""
        return self._opening.code

    @property
    def reply_class(self) -> ReplyClass:
        """The first digit, which a client must act on even if it knows no more: RFC 5321 4.2.1."""
        return self._opening.reply_class

    @property
    def subject(self) -> ReplySubject | None:
        """The second digit: RFC 5321 4.2.1. None where it is above 5."""
        return self._opening.subject

    @property
    def detail(self) -> int:
        """The third digit, 0 to 9: a finer gradation within the subject."""
        return self.code % 10

    @property
    def is_positive(self) -> bool:
        """Whether it is 2yz: done."""
        return 200 <= self.code <= 299

    @property
    def is_intermediate(self) -> bool:
        """Whether it is 3yz: go on."""
        return 300 <= self.code <= 399

    @property
    def is_transient(self) -> bool:
        """Whether it is 4yz: not now."""
        return 400 <= self.code <= 499

    @property
    def is_permanent(self) -> bool:
        """Whether it is 5yz: no."""
        return self.code >= 500

    # --- the text ---

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of each line: no code, no separator, no enhanced status, no line end.

        Octets that are not UTF-8 are kept as surrogate escapes (PEP 383).
        """
        content = self._content
        return (self._read() if content is None else content)[0]

    @property
    def text(self) -> str:
        r"""The `lines` as one string, joined with ``\n``."""
        content = self._content
        return (self._read() if content is None else content)[1]

    @property
    def enhanced(self) -> EnhancedStatus | None:
        """The enhanced status of the first line that carries one: RFC 2034, RFC 3463."""
        content = self._content
        return (self._read() if content is None else content)[2]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """The departures of the text from the standard. Empty for a clean reply."""
        content = self._content
        return (self._read() if content is None else content)[3]

    @property
    def textstrings(self) -> tuple[str, ...]:
        """The text of each line exactly as it was sent, enhanced status included: RFC 5321 4.2."""
        lines, _, enhanced, _, textstrings = self._content or self._read()
        if textstrings is not None:
            return textstrings
        return lines if enhanced is None else tuple([f"{enhanced} {line}" for line in lines])

    @property
    def statuses(self) -> tuple[EnhancedStatus | None, ...]:
        """The enhanced status of each line, or None where the line has none."""
        lines, _, enhanced, _, textstrings = self._content or self._read()
        if textstrings is None:
            return (enhanced,) * len(lines)
        return tuple([status for status, _, _ in statuses_of(textstrings, self.code)])

    @property
    def entry(self) -> ReplyCodeEntry:
        """The catalog's entry of the code. It is loaded when the first reply is asked for it.

        >>> Reply(421, ["mx.example.com closing"]).entry.title
        'Service Not Available'
        """
        from smtpreply.catalog.finder import lookup  # noqa: PLC0415  (20 ms to import)

        return lookup(self.code)

    @property
    def raw(self) -> bytes:
        """The octets as they were received, defects and all; `bytes` gives the canonical form."""
        return self._octets

    # --- other forms ---

    def __bytes__(self) -> bytes:
        """Return the form on the wire: each line with code and CRLF, the last one with a space."""
        texts = [text.encode("utf-8", "surrogateescape") for text in self.textstrings]
        return _wire_form(self.code, texts)

    def __str__(self) -> str:
        """Return the lines as they are on the wire, joined with a line end, safe for a terminal."""
        *before, last = [escape(text) for text in self.textstrings]
        end = f"{self.code} {last}" if last else str(self.code)
        return "\n".join([*(f"{self.code}-{text}" for text in before), end])

    def __repr__(self) -> str:
        shown = f"{self.code}, lines={self.lines!r}"
        if self.enhanced is not None:
            shown += f", enhanced={str(self.enhanced)!r}"
        if self.defects:
            shown += f", defects=({', '.join(defect.name for defect in self.defects)})"
        return f"Reply({shown})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reply):
            return NotImplemented
        return self.code == other.code and self.textstrings == other.textstrings

    def __hash__(self) -> int:
        return hash((self.code, self.textstrings))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (self.code, self._octets, self._content)

    def __replace__(self, /, **changes: Any) -> Reply:
        """Return a copy with other `code`, `lines`, `enhanced` or `defects`: `copy.replace`.

        Other `lines` all get the `enhanced` status; the old ones keep theirs line by line.
        """
        if not {"lines", "enhanced"} & changes.keys():
            old = {"code": self.code, "textstrings": self.textstrings, "defects": self.defects}
            merged: dict[str, Any] = old | changes
            return Reply.from_textstrings(**merged)
        names = ("code", "lines", "enhanced", "defects")
        return Reply(**{name: getattr(self, name) for name in names} | changes)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_dict` makes the same reply of it.

        Keys: ``code``, ``reply_class`` and ``subject`` (names, subject may be None), ``enhanced``
        (text or None), ``lines``, ``textstrings`` and ``defects`` (lists of text).

        >>> Reply(250, ["Ok"]).to_dict()["reply_class"]
        'POSITIVE_COMPLETION'
        """
        return {
            "code": self.code,
            "reply_class": self.reply_class.name,
            "subject": None if self.subject is None else self.subject.name,
            "enhanced": None if self.enhanced is None else str(self.enhanced),
            "lines": list(self.lines),
            "textstrings": list(self.textstrings),
            "defects": [defect.value for defect in self.defects],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reply:
        """Make the reply that `to_dict` gave; it needs ``code`` and ``textstrings`` only.

        Raises:
            ValueError: no reply can be what the data says.
            TypeError: the data has another shape.
            KeyError: ``code`` or ``textstrings`` is missing.
        """
        check_mapping(data, "a reply's data")
        defects = [Defect(value) for value in items_of(data.get("defects", ()), "defects")]
        return cls.from_textstrings(data["code"], data["textstrings"], defects)


# (A partial saves an eighth over `object.__new__(Reply)`.)
new_reply = functools.partial(object.__new__, Reply)


def reply_of(opening: Opening, octets: bytes, content: Content | None = None) -> Reply:
    """Make a reply of octets that have been seen to be one. For the parser and the reader.

    Without `content` the octets are read when someone asks for what they say; their heads have
    been seen to be those of a plain reply (see `plain`).
    """
    reply = new_reply()
    reply._opening = opening
    reply._octets = octets
    reply._content = content
    return reply


def _unpickled(code: int, octets: bytes, content: Content | None) -> Reply:
    # Unread octets say by their opening how they are to be read.
    if content is None:
        opening = OPENINGS.get(octets[FIRST]) or new_opening(octets)
        assert opening is not None
        return reply_of(opening, octets)
    return reply_of(opening_of(code), octets, content)


def _is_code(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 200 <= code <= 599


def _octets_of(text: str | bytes | bytearray | memoryview) -> bytes:
    check_type(text, (str, bytes, bytearray, memoryview), "a line of a message")
    return to_octets(text) if isinstance(text, str) else bytes(text)


def _checked(text: str) -> bytes:
    check_type(text, str, "a textstring")
    # A CR inside is what a server has sent, see Defect.BARE_CR; at the end it would end the line.
    octets = text.encode("utf-8", "surrogateescape")
    if b"\n" in octets or octets.endswith(b"\r"):
        raise ValueError(f"a line of a reply holds no line end: {text!r}")
    return octets


def _wire_form(code: int, texts: list[bytes]) -> bytes:
    *before, last = texts
    end = b"%d %s\r\n" % (code, last) if last else b"%d\r\n" % code
    return b"".join([*(b"%d-%s\r\n" % (code, text) for text in before), end])
