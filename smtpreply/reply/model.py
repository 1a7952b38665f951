"""What a reply is: `Reply`, the value that everything else here is a function of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from smtpreply._support.escape import escape
from smtpreply._support.octets import to_octets
from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.defects import Defect, in_order
from smtpreply.reply.grammar import Content, newline_of, read_in_form, read_reply

if TYPE_CHECKING:
    from smtpreply.catalog.entries import ReplyCodeEntry

__all__ = ["Defect", "EnhancedStatus", "Reply", "ReplyClass", "ReplySubject"]

# Looking up beats calling the enums on the hot path.
CLASSES = {digit.value: digit for digit in ReplyClass}
_SUBJECTS = {digit.value: digit for digit in ReplySubject}


@attrs.frozen(init=False, eq=False, repr=False)
class Reply:
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

    code: int
    """The reply code, 200 to 599. Where lines differ, that of the last one."""

    reply_class: ReplyClass
    """The first digit, which a client must act on even if it knows no more: RFC 5321 4.2.1."""

    _octets: bytes
    _content: Content | None

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
        for name in ("code", "reply_class", "_octets", "_content"):
            object.__setattr__(self, name, getattr(made, name))

    @classmethod
    def from_textstrings(
        cls, code: int, textstrings: Iterable[str], defects: Iterable[Defect] = ()
    ) -> Reply:
        """Make a reply of the text of its lines as they are sent, status included.

        Raises:
            ValueError: as `Reply` does.

        >>> Reply.from_textstrings(250, ["2.1.5 Ok"]).enhanced
        EnhancedStatus(class_=2, subject=1, detail=5)
        """
        if not _is_code(code):
            raise ValueError(f"a reply code is 200 to 599, not {code!r}")
        texts = [_checked(text) for text in textstrings]
        if not texts:
            raise ValueError("a reply has at least one line")
        octets = _wire_form(code, texts)
        lines, status, own, sent, statuses = _read_in_full(octets)
        extra = in_order((*own, *defects))
        return sealed(code, octets, (lines, status, extra, sent, statuses))

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

        >>> Reply.from_response(550, b"5.1.1 No such user\\n5.1.1 here").lines
        ('No such user', 'here')
        """
        parts = [message] if isinstance(message, (str, bytes)) else list(message)
        octets = b"\n".join(_octets_of(part) for part in parts)
        texts = [line.rstrip(b"\r") for line in octets.split(b"\n")]
        if not _is_code(code):
            raise ReplySyntaxError(
                f"no reply code: {code!r}", octets.decode("utf-8", "surrogateescape")
            )
        octets = _wire_form(code, texts)
        return sealed(code, octets, _read_in_full(octets))

    # --- the code ---

    @property
    def subject(self) -> ReplySubject | None:
        """The second digit: RFC 5321 4.2.1. None where it is above 5."""
        return _SUBJECTS.get(self.code // 10 % 10)

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
        return (self._content or self._read())[0]

    @property
    def text(self) -> str:
        r"""The `lines` as one string, joined with ``\n``."""
        return "\n".join((self._content or self._read())[0])

    @property
    def enhanced(self) -> EnhancedStatus | None:
        """The enhanced status of the first line that carries one: RFC 2034, RFC 3463."""
        return (self._content or self._read())[1]

    @property
    def defects(self) -> tuple[Defect, ...]:
        """How the text departed from the standard. Empty for a clean reply."""
        return (self._content or self._read())[2]

    @property
    def textstrings(self) -> tuple[str, ...]:
        """The text of each line exactly as it was sent, enhanced status included: RFC 5321 4.2."""
        return (self._content or self._read())[3]

    @property
    def statuses(self) -> tuple[EnhancedStatus | None, ...]:
        """The enhanced status of each line, or None where the line has none."""
        return (self._content or self._read())[4]

    @property
    def entry(self) -> ReplyCodeEntry:
        """What the catalog says of the code. It is loaded when the first reply is asked for it.

        >>> Reply(421, ["mx.example.com closing"]).entry.title
        'Service Not Available'
        """
        from smtpreply.catalog.finder import lookup  # noqa: PLC0415  (20 ms to import)

        return lookup(self.code)

    @property
    def raw(self) -> bytes:
        """The octets as they were received, defects and all; `bytes` gives the canonical form."""
        return self._octets

    def _read(self) -> Content:
        content = read_in_form(self._octets, self.code)
        if content is None:
            content = _read_in_full(self._octets)
        _keep_content(self, content)
        return content

    # --- as other things ---

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
            KeyError: ``code`` or ``textstrings`` is missing.
        """
        defects = [Defect(value) for value in data.get("defects", ())]
        return cls.from_textstrings(data["code"], data["textstrings"], defects)


# The slot itself: a frozen class lets nothing else through, and `object.__setattr__` takes longer.
_keep_content: Callable[[Reply, Content], None] = vars(Reply)["_content"].__set__


class Draft(Reply):
    """A `Reply` while it is made: the same slots, but they may be set.

    Setting a slot of a frozen class from outside costs ten times as much as setting a plain one,
    which would be half of what parsing a reply costs. So a reply is made as this, and then told
    its real class; nobody else ever sees a draft.
    """

    __slots__ = ()
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__

    if TYPE_CHECKING:  # mypy takes the fields of a frozen class for read-only
        code: int
        reply_class: ReplyClass
        _octets: bytes
        _content: Content | None


def sealed(code: int, octets: bytes, content: Content | None = None) -> Reply:
    """Make a reply of octets that have been seen to be one in form. For the layers above.

    Without `content` the octets are read when someone asks for what they say.
    """
    draft = object.__new__(Draft)
    draft.code = code
    draft.reply_class = CLASSES[code // 100]
    draft._octets = octets
    draft._content = content
    reply: Reply = draft
    reply.__class__ = Reply
    return reply


def _read_in_full(octets: bytes) -> Content:
    reading = read_reply(octets, 0, newline_of(octets))
    assert reading is not None  # the octets have been seen to hold a reply
    return reading.content


def _is_code(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 200 <= code <= 599


def _octets_of(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else to_octets(text)


def _checked(text: str) -> bytes:
    # A CR inside is what a server has sent, see Defect.BARE_CR; at the end it would end the line.
    octets = text.encode("utf-8", "surrogateescape")
    if b"\n" in octets or octets.endswith(b"\r"):
        raise ValueError(f"a line of a reply holds no line end: {text!r}")
    return octets


def _wire_form(code: int, texts: list[bytes]) -> bytes:
    *before, last = texts
    end = b"%d %s\r\n" % (code, last) if last else b"%d\r\n" % code
    return b"".join([*(b"%d-%s\r\n" % (code, text) for text in before), end])
