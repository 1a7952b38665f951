"""`Received`: messages that entered the queue, and how their envelope is kept as text.

An envelope is kept as Postfix's qmgr logs it after ``from=<``: "al@example.com>, size=2112".
A text takes the least memory, and that one need not be built for each line of a log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import compress

import attrs

SIZE = ">, size="


@attrs.frozen
class Received:
    """Messages that entered the queue, column by column: of each one value in each.

    Attributes:
        times: the time, to the hour or finer; None where the log has none.
        envelopes: the sender and the size, as text: see `envelope_text`.
        queue_ids: the message's name in the queue.
        recipients: the number of recipients; 0 where the log does not have it.
    """

    times: list[datetime | None]
    envelopes: list[str]
    queue_ids: list[str]
    recipients: list[int]

    def __len__(self) -> int:
        return len(self.queue_ids)

    def where(self, selectors: Iterable[bool]) -> Received:
        """Return those messages whose selector is true; there is one for each message."""
        chosen = list(selectors)
        columns = attrs.astuple(self, recurse=False)
        return Received(*(list(compress(column, chosen)) for column in columns))


OnReceived = Callable[[Received], object]


def envelope_text(sender: str, size: str | None) -> str:
    """Return an envelope as text, which is never empty; its size is of digits alone.

    >>> text = envelope_text("al@example.com", "2112")
    >>> sender_in(text), size_in(text)
    ('al@example.com', 2112)
    """
    return f"{sender}{SIZE}{size or ''}"


def sender_in(text: str) -> str:
    """Return the sender of an envelope."""
    return text[: text.rfind(SIZE)]


def domain_of(address: str) -> str:
    """Return the domain of an address; "" is that of the null reverse-path.

    >>> domain_of('"a@b"@example.com'), domain_of("postmaster"), domain_of("")
    ('example.com', 'postmaster', '')
    """
    return address[address.rfind("@") + 1 :]


def size_in(text: str) -> int | None:
    """Return the size in octets of an envelope; None where it is unknown."""
    digits = text[text.rfind("=") + 1 :]
    return int(digits) if digits else None
