"""`record_of`: a delivery with its verdict as a flat row, the same in every output."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from smtpreply.codes import EnhancedStatus
from smtpreply.logs.delivery import Delivery, ReplyBy, known_outcome, reply_in, verdict_on
from smtpreply.reasons.taxonomy import Outcome
from smtpreply.stage import Stage

SCHEMA = 1
"""The version of the columns: raised when one changes or is removed, not when one is added."""

VERDICT_COLUMNS = (
    "reason", "disposition", "suppress", "bounce_type", "provider", "blocklist", "rule",
)  # fmt: skip
"""The columns of `verdict_columns`, in their order."""

_LONGEST_KNOWN = 1000  # characters of a text whose verdict is remembered
_NOTHING: Mapping[str, Any] = MappingProxyType(dict.fromkeys(VERDICT_COLUMNS))


def record_of(delivery: Delivery) -> dict[str, Any]:
    """Return the values of a delivery and of its verdict, as JSON can hold them.

    Returns:
        `Delivery.to_dict`, `verdict_columns`, and under ``schema`` the version, `SCHEMA`.

    >>> delivery = Delivery(mta="x", text="552 5.2.2 Mailbox full", reply_by=ReplyBy.REMOTE)
    >>> record = record_of(delivery)
    >>> record["code"], record["reason"], record["suppress"], record["schema"]
    (552, 'mailbox_full', False, 1)
    """
    return {**delivery.to_dict(), **verdict_columns(delivery), "schema": SCHEMA}


def verdict_columns(delivery: Delivery) -> Mapping[str, Any]:
    """Return the columns of a delivery's verdict; None in all of them where it has no text.

    ``provider`` and ``blocklist`` are keys: of who wrote the text, and of the list that it names.
    """
    text = delivery.text
    if text is None:
        return _NOTHING
    outcome = known_outcome(delivery.status, delivery.direction)
    find = _columns if len(text) <= _LONGEST_KNOWN else _columns.__wrapped__
    return find(text, delivery.stage, delivery.reply_by, delivery.dsn, outcome)


@functools.lru_cache(maxsize=2048)  # servers give many messages the same reply
def _columns(
    text: str,
    stage: Stage | None,
    reply_by: ReplyBy | None,
    dsn: EnhancedStatus | None,
    outcome: Outcome | None,
) -> Mapping[str, Any]:
    verdict = verdict_on(text, reply_in(text, reply_by), stage, dsn, outcome)
    bounce, provider, listing = verdict.bounce_type, verdict.provider, verdict.blocklist
    values = (
        verdict.reason.value,
        verdict.disposition.value,
        verdict.suppress,
        None if bounce is None else bounce.value,
        None if provider is None else provider.key,
        None if listing is None else listing.blocklist.key,
        verdict.rule,
    )
    return MappingProxyType(dict(zip(VERDICT_COLUMNS, values, strict=True)))
