"""`Opening`: what the head of a line, its code and separator, says of the reply.

RFC 5321 4.2::

    Reply-line  = *( Reply-code "-" [ textstring ] CRLF )
                  Reply-code [ SP textstring ] CRLF
    Reply-code  = %x32-35 %x30-35 %x30-39

Nearly every line begins with one of 800 heads (``200 ``, ``200-``, up to ``599-``), and so do
replies. What follows from the head alone is kept in a table, and a `Reply` refers to its row.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import attrs

from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import GREETING, STATUS_WORDS


@attrs.frozen
class Opening:
    """What a code and its separator say.

    Attributes:
        code: 200 to 599.
        reply_class: the first digit.
        subject: the second digit; None where it is above 5.
        continued: whether the separator is a hyphen, so that more lines follow.
        statuses: the enhanced statuses with which the text may plainly begin, by their octets with
            the space behind: those of the code's own class, and none where RFC 2034 4 allows none.
        defects: what is wrong with the head.
    """

    code: int
    reply_class: ReplyClass
    subject: ReplySubject | None
    continued: bool
    statuses: Mapping[bytes, EnhancedStatus]
    defects: tuple[Defect, ...]


def _opening(code: int, *, continued: bool) -> Opening:
    first, second = code // 100, code // 10 % 10
    # RFC 2034 4: a greeting has no status, but the 220 that answers STARTTLS, in one line, has.
    may_carry = not (code == GREETING and continued)
    return Opening(
        code,
        ReplyClass(first),
        ReplySubject(second) if second <= 5 else None,
        continued,
        STATUS_WORDS[first] if may_carry else {},
        # As in "571 Message refused" (old Exchange).
        () if second <= 5 else (Defect.SECOND_DIGIT,),
    )


_CODES = range(200, 600)
OPENINGS = {b"%d " % code: _opening(code, continued=False) for code in _CODES}
OPENINGS |= {b"%d-" % code: _opening(code, continued=True) for code in _CODES}
OPENINGS_BY_CODE = {code: OPENINGS[b"%d " % code] for code in _CODES}

# --- heads of any form ---------------------------------------------------------------------

# What may stand before a code. A byte order mark comes from editors and PowerShell, NULs come from
# damaged files and smtp.qq.com, spaces from copied text.
_LEADING = r"((?:[ \t\0]|\xef\xbb\xbf)*+)"
# Anything may follow a code, but no digit ("2500 ok") and no number ("220.181.12.1" is an address).
_CODE = r"([2-5][0-9][0-9])(?![0-9]|\.[0-9])"
# What stands for a separator where there should be a space or a hyphen, and the blanks behind it.
# All else is text: "250OK", "550<bob>".
_SEPARATOR = r"([- ]|[\t:;,=_/|.][ \t]*+|)"
_HEAD = re.compile(f"{_LEADING}{_CODE}{_SEPARATOR}".encode("latin-1"))

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_head(line: bytes) -> tuple[Opening, bytes] | None:
    """Split a line (without its end) into what its head says and its text.

    None where it has no reply code.
    """
    opening = OPENINGS.get(line[:4])
    if opening is not None:
        return opening, line[4:]
    match = _HEAD.match(line)
    if match is None:
        return None
    head = match[0]
    text = line[len(head) :]
    # A server has an odd head of its own, and sends it each time; a hostile one sends endless ones.
    read = _known_opening if len(head) <= _LONGEST_KNOWN else _odd_opening
    return read(head, bool(text)), text


def _odd_opening(head: bytes, has_text: bool) -> Opening:  # noqa: FBT001  (keywords take time)
    match = _HEAD.match(head)
    assert match is not None
    leading, code, separator = match.groups()
    opening = OPENINGS[code + (b"-" if separator == b"-" else b" ")]
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
