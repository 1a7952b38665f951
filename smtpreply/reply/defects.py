"""`Defect`: a departure of a reply from the standard, as data rather than as failure."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable
from typing import Self


class Defect(enum.Enum):
    """One way in which a reply departs from the RFCs.

    Attributes:
        description: what was seen, and from whom where that is known.
        reference: the rule that it breaks (RFC and section).

    A defect that is `in_grammar` breaks the ABNF of RFC 5321 4.2: ``strict=True`` refuses it.

    >>> Defect.BARE_LF.reference
    'RFC 5321 2.3.8'
    """

    description: str
    reference: str

    # Each member exists once. (An enum's own hash is that of its name, by a call of Python's.)
    __hash__ = object.__hash__

    def __new__(cls, value: str, reference: str = "", description: str = "") -> Self:
        """Make a member that carries its words. (The defaults let type checkers see a look-up.)"""
        member = object.__new__(cls)
        member._value_ = value
        member.reference = reference
        member.description = description
        return member

    # The lines
    BARE_LF = ("bare-lf", "RFC 5321 2.3.8", "A line ends with LF alone.")
    BARE_CR = (
        "bare-cr",
        "RFC 5321 2.3.8",
        "A CR stands alone: it ends the lines of a text that has no LF at all; else it is text.",
    )
    EXTRA_CR = ("extra-cr", "RFC 5321 2.3.8", "More than one CR stands before the LF.")
    NO_FINAL_NEWLINE = ("no-final-newline", "RFC 5321 4.2", "The last line has no line end.")
    BLANK_LINE = (
        "blank-line",
        "RFC 5321 4.2",
        "An empty line stands before, in or after the reply; some servers send one after the "
        "greeting.",
    )
    LINE_TOO_LONG = (
        "line-too-long",
        "RFC 5321 4.5.3.1.5",
        "A line has more than 512 octets, line end included.",
    )
    UNTERMINATED = (
        "unterminated",
        "RFC 5321 4.2.1",
        "The last line still has the hyphen that says that more lines follow.",
    )
    FOLDED = (
        "folded",
        "RFC 5321 4.2.1",
        "Several lines were written as one, as Postfix and others write them to logs and bounces.",
    )

    # The head of a line: code and separator
    LEADING_SPACE = ("leading-space", "RFC 5321 4.2", "White space stands before the code.")
    LEADING_NUL = ("leading-nul", "RFC 5321 4.2", "NUL octets stand before the code.")
    BYTE_ORDER_MARK = (
        "byte-order-mark",
        "RFC 5321 4.2",
        "A UTF-8 byte order mark stands before the code, as editors write it to files.",
    )
    CODE_CHANGE = (
        "code-change",
        "RFC 5321 4.2.1",
        "The code is not the same on every line; the last line's code counts.",
    )
    MISSING_CODE = (
        "missing-code",
        "RFC 5321 4.2.1",
        "A line of the reply has no code, as FTP allows (RFC 959 4.2), or as a server writes that "
        "puts line feeds into its text.",
    )
    SECOND_DIGIT = (
        "second-digit",
        "RFC 5321 4.2",
        "The second digit is above 5 (471, 571): outside the grammar, but seen from old Exchange "
        "and from filters.",
    )
    BAD_SEPARATOR = (
        "bad-separator",
        "RFC 5321 4.2",
        "Something else than a space or a hyphen follows the code: a tab, a colon.",
    )
    NO_SEPARATOR = ("no-separator", "RFC 5321 4.2", "The text follows the code at once.")

    # The text
    CONTROL_CHARACTER = (
        "control-character",
        "RFC 5321 4.2",
        "The text has a control character: an escape sequence, a NUL.",
    )
    NON_ASCII = (
        "non-ascii",
        "RFC 5321 4.2",
        "The text is UTF-8 outside ASCII, which RFC 6531 3.7.4.2 allows after SMTPUTF8 only.",
    )
    NOT_UTF8 = (
        "not-utf8",
        "RFC 5321 4.2",
        "The text is neither ASCII nor UTF-8 (Latin-1, or GBK from qq.com); its octets are kept.",
    )

    # The enhanced status
    STATUS_CLASS = (
        "status-class",
        "RFC 2034 4",
        "The enhanced status is of another class than the code, as in Microsoft's '550 4.4.7'.",
    )
    STATUS_MISSING = (
        "status-missing",
        "RFC 2034 4",
        "The enhanced status stands on some lines of the reply only.",
    )
    STATUS_CHANGE = (
        "status-change",
        "RFC 2034 4",
        "The enhanced status is not the same on every line; the first one counts.",
    )
    STATUS_FORM = (
        "status-form",
        "RFC 2034 4",
        "The enhanced status is not plainly at the start of the text: '#5.1.0' (Cisco), '5.1.1:', "
        "'(#5.1.1)' at the end (qmail), '[5.1.1]'.",
    )
    STATUS_NUMBER = (
        "status-number",
        "RFC 3463 2",
        "What looks like an enhanced status has leading zeros or more than three digits: it is "
        "none.",
    )

    @property
    def in_grammar(self) -> bool:
        """Whether it breaks the ABNF: the length of a line and the enhanced status do not."""
        return self.reference.startswith(("RFC 5321 4.2", "RFC 5321 2.3.8"))


def in_order(found: Iterable[Defect]) -> tuple[Defect, ...]:
    """Return each of the `found` defects once, in the order in which `Defect` names them."""
    defects = tuple(found)
    if len(defects) < 2:
        return defects
    return _in_order(frozenset(defects))


@functools.lru_cache(maxsize=256)  # few sets recur, and a server can make any
def _in_order(defects: frozenset[Defect]) -> tuple[Defect, ...]:
    return tuple(sorted(defects, key=_PLACES.__getitem__))


_PLACES = {defect: place for place, defect in enumerate(Defect)}
