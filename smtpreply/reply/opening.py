"""`Opening`: what the first octets of a reply say of it, made once for each code.

Nearly every reply begins with one of 800 heads (``250 ``, ``250-``, up to ``599-``), so what
follows from the head alone is kept in a table, and a `Reply` refers to its row.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from smtpreply.codes import EnhancedStatus, ReplyClass, ReplySubject
from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import GREETING, STATUS_WORDS

_NO_STATUSES: Mapping[bytes, EnhancedStatus] = {}


@attrs.frozen
class Opening:
    """What a code and its separator say.

    Attributes:
        code: 200 to 599.
        reply_class: the first digit.
        subject: the second digit; None where it is above 5.
        continued: whether the separator is a hyphen, so that more lines follow.
        statuses: the enhanced statuses that the text may plainly begin with, by their octets with
            the space behind: those of the code's own class, and none where RFC 2034 4 allows none.
        defects: what is wrong with the code.
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
    may_carry = first != 3 and not (code == GREETING and continued)
    return Opening(
        code,
        ReplyClass(first),
        ReplySubject(second) if second <= 5 else None,
        continued,
        STATUS_WORDS[first] if may_carry else _NO_STATUSES,
        () if second <= 5 else (Defect.SECOND_DIGIT,),
    )


CODES = range(200, 600)
OPENINGS = {b"%d " % code: _opening(code, continued=False) for code in CODES}
OPENINGS |= {b"%d-" % code: _opening(code, continued=True) for code in CODES}
OPENINGS_BY_CODE = {code: OPENINGS[b"%d " % code] for code in CODES}
