"""The names and types of the columns of results, and the bit set of defects. Needs Polars."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from smtpreply.reasons import Basis, Disposition, Reason
from smtpreply.reply.defects import Defect

DEFECTS: tuple[Defect, ...] = tuple(Defect)
"""The defects by their bits: the first is bit 0. New ones are appended, so bits never change."""

DEFECT_BITS: dict[Defect, int] = {defect: 1 << place for place, defect in enumerate(DEFECTS)}

NO_REPLY = "no reply"
SEVERAL_REPLIES = "several replies"
ERRORS = pl.Enum([NO_REPLY, SEVERAL_REPLIES])
"""Why a text is not one reply: `parse` raises ReplySyntaxError, or MultipleRepliesError."""

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
"""The type that `parse` returns, with the names of `Reply`'s attributes.

- ``reply_class``, ``subject`` and ``detail`` are the digits of the code, which equal the members of
  `ReplyClass` and `ReplySubject`; ``subject`` is null above 5.
- ``enhanced`` is the enhanced status as text, followed by its three numbers; null without one.
- ``text`` is `Reply.text`. Each octet of a binary column that is not UTF-8 is U+FFFD.
- ``defects`` is a bit set of `DEFECT_BITS`: 0 for a clean reply.
- ``error`` is null unless the text is not one reply: then all other fields are null.

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
"""The type that `classify` returns, with the names of `Verdict`'s attributes.

``provider`` and ``blocklist`` are keys of `smtpreply.reasons.providers` and ``blocklists``;
``listed`` is the address or domain on the list (`Listing.item`). The struct itself is
null where the text is.
"""


def defect_bits(defects: Iterable[Defect]) -> int:
    """Return defects as a bit set.

    >>> defect_bits([Defect.BARE_LF, Defect.EXTRA_CR])
    5
    """
    return sum(DEFECT_BITS[defect] for defect in set(defects))


def defects_of(bits: int) -> tuple[Defect, ...]:
    """Return the defects of a bit set, in the order of `Defect`.

    Args:
        bits: the bit set: the field ``defects`` of `PARSED`.

    >>> defects_of(5)
    (<Defect.BARE_LF: 'bare-lf'>, <Defect.EXTRA_CR: 'extra-cr'>)
    """
    return tuple(defect for defect in DEFECTS if bits & DEFECT_BITS[defect])
