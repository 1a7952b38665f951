"""The columns that come out: their names and types, and how defects stand in one number.

Needs Polars, as all that imports it does.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from smtpreply.reasons import Basis, Disposition, Reason
from smtpreply.reply.defects import Defect

DEFECTS: tuple[Defect, ...] = tuple(Defect)
"""The defects by their bits: the first is bit 0. New ones come behind, so a bit keeps its sense."""

DEFECT_BITS: dict[Defect, int] = {defect: 1 << place for place, defect in enumerate(DEFECTS)}

NO_REPLY = "no reply"
SEVERAL_REPLIES = "several replies"
ERRORS = pl.Enum([NO_REPLY, SEVERAL_REPLIES])
"""Why a text gives no reply: where `parse` raises ReplySyntaxError, or MultipleRepliesError."""

PARSED = pl.Struct(
    {
        "code": pl.UInt16,
        "reply_class": pl.UInt8,
        "subject": pl.UInt8,
        "detail": pl.UInt8,
        "enhanced": pl.String,
        "enhanced_class": pl.UInt8,
        "enhanced_subject": pl.UInt16,
        "enhanced_detail": pl.UInt16,
        "text": pl.String,
        "line_count": pl.UInt32,
        "defects": pl.UInt32,
        "error": ERRORS,
    }
)
"""What `parse` gives, by the names of `Reply`'s attributes.

- ``reply_class``, ``subject`` and ``detail`` are the digits of the code, which equal the members of
  `ReplyClass` and `ReplySubject`; ``subject`` is null above 5.
- ``enhanced`` is the enhanced status as text, and in its three numbers; null where there is none.
- ``text`` is `Reply.text`. Octets that are not UTF-8 (of a binary column) are U+FFFD, each.
- ``defects`` is a bit set of `DEFECT_BITS`: 0 for a clean reply.
- ``error`` is null but for a text that is no reply, or several: then all else is null.

The struct itself is null where the text is.
"""

CLASSIFIED = pl.Struct(
    {
        "reason": pl.Enum([reason.value for reason in Reason]),
        "disposition": pl.Enum([disposition.value for disposition in Disposition]),
        "suppress": pl.Boolean,
        "basis": pl.Enum([basis.value for basis in Basis]),
        "rule": pl.String,
        "provider": pl.String,
        "blocklist": pl.String,
        "listed": pl.String,
        "retry_after": pl.Duration("us"),
    }
)
"""What `classify` gives, by the names of `Verdict`'s attributes.

``provider`` and ``blocklist`` are keys of `smtpreply.reasons.providers` and ``blocklists``;
``listed`` is the address or domain that stands on the list (`Listing.item`). The struct itself is
null where the text is.
"""


def defect_bits(defects: Iterable[Defect]) -> int:
    """Return defects as one number.

    >>> defect_bits([Defect.BARE_LF, Defect.EXTRA_CR])
    5
    """
    return sum(DEFECT_BITS[defect] for defect in set(defects))


def defects_of(bits: int) -> tuple[Defect, ...]:
    """Return the defects that a number stands for, in the order of `Defect`.

    >>> defects_of(5)
    (<Defect.BARE_LF: 'bare-lf'>, <Defect.EXTRA_CR: 'extra-cr'>)
    """
    return tuple(defect for defect in DEFECTS if bits & DEFECT_BITS[defect])
