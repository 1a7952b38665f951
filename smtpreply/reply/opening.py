"""`Opening`: what the first octets of a reply say: code, separator, enhanced status.

RFC 5321 4.2::

    Reply-line  = *( Reply-code "-" [ textstring ] CRLF )
                  Reply-code [ SP textstring ] CRLF
    Reply-code  = %x32-35 %x30-35 %x30-39

Replies begin alike: with one of 800 heads (``200 ``, ``200-``, up to ``599-``), and then with an
enhanced status or without. What the first ten octets say is kept in a table (`OPENINGS`), and each
`Reply` refers to a row of it, so that a code and its class cost one look-up, and the status none.
A row says only what holds whatever follows the ten octets; where that is nothing, it is None, and
the reply is read the long way (`grammar.read_reply`). What is needed to read a line that begins so
is in the row too (`LineForm`), since it is the same for all of them.
"""

from __future__ import annotations

import functools

import attrs

from smtpreply._support import regex as re
from smtpreply.codes import ENHANCED_STATUS, EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import GREETING, STATUS_WORDS, may_begin_with_status, status_of


@attrs.frozen
class LineForm:
    """Lines that begin as an opening says, and that all end alike.

    Attributes:
        place: where the text of such a line stands in it.
        defects: what is wrong with its head and its end.
        non_ascii: the same, and that its text is not ASCII.
        next_head: what stands between the texts of two such lines: line end, code, hyphen, status.
        last_head: the same before the last line, with a space for the hyphen.
    """

    place: slice
    defects: tuple[Defect, ...]
    non_ascii: tuple[Defect, ...]
    next_head: str
    last_head: str


@attrs.frozen
class Opening:
    """What the first octets of a reply say.

    Attributes:
        code: 200 to 599.
        reply_class: the first digit.
        subject: the second digit; None where it is above 5.
        continued: whether the separator is a hyphen, so that more lines follow.
        defects: what is wrong with the head.
        status: the enhanced status, where one of the code's class stands plainly behind the head.
        text_start: where the text begins, behind the head and the status.
        begins_oddly: whether the text begins like one with a status in another form.
        ends_in_status: whether a status begins here plainly, and may go on: see `with_long_status`.
        crlf, lf, cr, unended: the lines that begin so and end with CRLF, LF, CR and none of these.
    """

    code: int
    reply_class: ReplyClass
    subject: ReplySubject | None
    continued: bool
    defects: tuple[Defect, ...]
    status: EnhancedStatus | None = None
    text_start: int = 4
    begins_oddly: bool = False
    ends_in_status: bool = False
    crlf: LineForm = attrs.field(init=False)
    lf: LineForm = attrs.field(init=False)
    cr: LineForm = attrs.field(init=False)
    unended: LineForm = attrs.field(init=False)

    @crlf.default
    def _crlf(self) -> LineForm:
        return self._line_form("\r\n")

    @lf.default
    def _lf(self) -> LineForm:
        return self._line_form("\n", Defect.BARE_LF)

    @cr.default
    def _cr(self) -> LineForm:
        return self._line_form("\r", Defect.BARE_CR)

    @unended.default
    def _unended(self) -> LineForm:
        return self._line_form("", Defect.NO_FINAL_NEWLINE)

    def _line_form(self, line_end: str, *defects: Defect) -> LineForm:
        status = "" if self.status is None else f"{self.status} "
        return LineForm(
            slice(self.text_start, -len(line_end) or None),
            (*defects, *self.defects),
            (*defects, *self.defects, Defect.NON_ASCII),
            f"{line_end}{self.code}-{status}",
            f"{line_end}{self.code} {status}",
        )


HEADS: dict[bytes, Opening] = {}
"""The openings of the plain heads that have been met: 800 at most, ``200 `` to ``599-``."""


@functools.cache
def opening_of(code: int, separator: bytes = b" ") -> Opening:
    """Return the opening of lines with a plain head and any text, and note it in `HEADS`."""
    code = int(code)  # may be an enum's, as of aiosmtplib, and is kept for all others
    first, second = code // 100, code // 10 % 10
    subject = ReplySubject(second) if second <= 5 else None
    # As in "571 Message refused" (old Exchange).
    defects = () if second <= 5 else (Defect.SECOND_DIGIT,)
    opening = Opening(code, ReplyClass(first), subject, separator == b"-", defects)
    HEADS[b"%d%b" % (code, separator)] = opening
    return opening


# --- heads of any form ---------------------------------------------------------------------

# What may be before a code. A byte order mark comes from editors and PowerShell, NULs come from
# damaged files and smtp.qq.com, spaces from copied text.
_LEADING = r"((?:[ \t\0]|\xef\xbb\xbf)*+)"
# Anything may follow a code, but no digit ("2500 ok") and no number ("220.181.12.1" is an address).
_CODE = r"([2-5][0-9][0-9])(?![0-9]|\.[0-9])"
# What stands for a separator where there should be a space or a hyphen, and the blanks after it.
# All else is text: "250OK", "550<bob>".
_SEPARATOR = r"([- ]|[\t:;,=_/|.][ \t]*+|)"
_match_head = re.compile(f"{_LEADING}{_CODE}{_SEPARATOR}".encode("latin-1")).match

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_head(line: bytes) -> tuple[Opening, bytes] | None:
    """Split a line (without its end) into what its head says and its text.

    None where it has no reply code.
    """
    opening = HEADS.get(line[:4])
    if opening is not None:
        return opening, line[4:]
    match = _match_head(line)
    if match is None:
        return None
    head = match[0]
    text = line[len(head) :]
    # A server has an odd head of its own, and sends it each time; a hostile one sends endless ones.
    read = _known_opening if len(head) <= _LONGEST_KNOWN else _odd_opening
    return read(head, bool(text)), text


def _odd_opening(head: bytes, has_text: bool) -> Opening:  # noqa: FBT001  (keywords take time)
    match = _match_head(head)
    assert match is not None
    leading, code, separator = match.groups()
    opening = opening_of(int(code), b"-" if separator == b"-" else b" ")
    defects = _leading_defects(leading) + opening.defects
    if separator not in {b" ", b"-", b""}:
        defects += (Defect.BAD_SEPARATOR,)
    elif has_text and not separator:
        defects += (Defect.NO_SEPARATOR,)
    return attrs.evolve(opening, defects=defects)


_known_opening = functools.lru_cache(maxsize=1024)(_odd_opening)
_LONGEST_KNOWN = 16


def _leading_defects(leading: bytes) -> tuple[Defect, ...]:
    defects = []
    if b" " in leading or b"\t" in leading:
        defects.append(Defect.LEADING_SPACE)
    if b"\0" in leading:
        defects.append(Defect.LEADING_NUL)
    if _BYTE_ORDER_MARK in leading:
        defects.append(Defect.BYTE_ORDER_MARK)
    return tuple(defects)


# --- the first octets of replies -----------------------------------------------------------

_PLAIN_HEAD = re.compile(rb"([2-5][0-9][0-9])([ -])")
_BEGINNING_OF_STATUS = re.compile(rb"[0-9]{3}[ -][245]\.[0-9]+(?:\.[0-9]*)?")
_LONG_STATUS = re.compile(f"[0-9]{{3}}[ -]({ENHANCED_STATUS}) ".encode())

OPENINGS: dict[bytes, Opening | None] = {}
"""The openings by the first `OPENING_LENGTH` octets of the replies that have been met.

None where these are not enough: there is no code, no text behind an odd head, or an odd head with
a hyphen. (A dict that makes what it lacks, by ``__missing__``, takes a quarter longer to look up.)
"""
OPENING_LENGTH = len(b"550 5.1.1 ")
FIRST = slice(OPENING_LENGTH)
_LONGEST = len(b"550 5.999.999 ")
_MAX_OPENINGS = 4096  # a busy log has some hundred, and a hostile server sends any


def new_opening(octets: bytes) -> Opening | None:
    """Return the opening of a reply that begins as none has before, and note it in `OPENINGS`."""
    first = octets[FIRST]
    opening = _read_opening(first)
    _keep(first, opening)
    return opening


def _keep(first: bytes, opening: Opening | None) -> None:
    if len(OPENINGS) >= _MAX_OPENINGS:
        OPENINGS.clear()
    OPENINGS[first] = opening


def _read_opening(octets: bytes) -> Opening | None:
    plain = _PLAIN_HEAD.match(octets)
    if plain is not None:
        opening, text = opening_of(int(plain[1]), plain[2]), octets[4:]
    else:
        head = read_head(octets)
        if head is None:
            return None
        opening, text = head
        # It takes two octets to see that a status may follow, and where the head ends.
        if opening.continued or len(text) < 2 or text[0] in b"\r\n":
            return None
        opening = attrs.evolve(opening, text_start=len(octets) - len(text))
    # RFC 2034 4: a greeting has no status, but the 220 that answers STARTTLS, in one line, has.
    if not (opening.code == GREETING and opening.continued):
        status = STATUS_WORDS[opening.reply_class].get(text)
        if status is not None:
            return attrs.evolve(opening, status=status, text_start=OPENING_LENGTH)
    if not may_begin_with_status(text.decode("latin-1")):
        return opening
    ends_in_status = _BEGINNING_OF_STATUS.fullmatch(octets) is not None
    return attrs.evolve(opening, begins_oddly=True, ends_in_status=ends_in_status)


def with_long_status(opening: Opening, octets: bytes) -> Opening:
    """Return the opening with the status that the octets begin with, where it is plain and whole.

    "550 5.7.26 " is longer than what is looked up first.
    """
    first = octets[: octets.find(b" ", OPENING_LENGTH, _LONGEST) + 1]
    known = OPENINGS.get(first)
    if known is not None:
        return known
    plain = _LONG_STATUS.fullmatch(first)
    status = None if plain is None else status_of(plain[1].decode())
    is_greeting = opening.code == GREETING and opening.continued
    if status is None or status.class_ != opening.reply_class or is_greeting:
        return opening
    opening = attrs.evolve(opening, status=status, text_start=len(first), begins_oddly=False)
    _keep(first, opening)
    return opening
