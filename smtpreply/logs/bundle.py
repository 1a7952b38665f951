"""Deliveries that are alike, counted together: what a summary needs, at a tenth of the price.

Most lines of a log differ from others in names only. A reader that can `skim` takes a block of
lines at once, puts those that are alike in one group, and says which lines it leaves for reading
one by one. Of each group one line is read in full, and stands for all.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable
from typing import Protocol

import attrs

from smtpreply.logs.delivery import Delivery

MOST_GROUPS = 20_000
"""How many groups are kept before they are given out: some ten megabytes."""

Party = tuple[str | None, str | None, str | None]
"""Who was refused: sender, recipient, and the client that had come."""


@attrs.frozen
class Bundle:
    """Deliveries that a summary counts alike.

    They have in common: mta, program, the hour of their time, direction, relay, the recipient's
    domain, stage, status, whose words the text is, and what it means: its code, its enhanced
    status, and its verdict.

    Attributes:
        delivery: one of them.
        count: how many they are.
        delays: how long each took, in seconds, as the log writes it; where it does.
        refused: who was refused, of those that bounced, expired or were rejected.
    """

    delivery: Delivery
    count: int
    delays: list[str]
    refused: list[Party]


class Groups:
    """Lines of deliveries that are alike, by what makes them so.

    Attributes:
        lines: for each group, one line of it.
        delays: for each group, the delay of each of its deliveries, or "".
        refused: for each group of which a summary counts them, who was refused.
    """

    def __init__(self) -> None:
        self.lines: dict[Hashable, str] = {}
        self.delays: dict[Hashable, list[str]] = {}
        self.refused: dict[Hashable, list[Party]] = {}

    def add(self, key: Hashable, line: str, delay: str) -> None:
        """Add a delivery to the group of a key."""
        if key in self.delays:
            self.delays[key].append(delay)
        else:
            self.lines[key] = line
            self.delays[key] = [delay]

    def refuse(self, key: Hashable, party: Party) -> None:
        """Add who was refused to the group of a key."""
        if key in self.refused:
            self.refused[key].append(party)
        else:
            self.refused[key] = [party]


class Skimmer(Protocol):
    """A line reader that can also take many lines at once."""

    def skim(self, block: str, groups: Groups, *, exactly: bool) -> list[str]:
        """Put the deliveries of a block into groups, and give the lines that are not understood so.

        Args:
            block: whole lines, with their line ends.
            groups: where the deliveries go.
            exactly: whether those of a group have the same time to the second, not to the hour.
        """


# --- what makes texts alike ---

MASK = "\0"
"""Stands in a key for what makes no difference; it is in no line."""

_HEAD = len("250 2.0.0 ")
_CODE = len("250 ")
_STATUS_HEAD = re.compile(r"(2)[0-9]{2} \1\.[0-9]\.[0-9] ")
_TEXT_HEAD = re.compile(r"2[0-9]{2} [A-Za-z]")
# What the grammar of statuses looks for at the end of a text.
_STATUS_ENDS = frozenset(")] \t")
_NESTED = " from MTA("
# In a local part of these alone, no word of it is left when addresses are taken out of a text.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,60}+")
_LONGEST = 8000


def success_head(reply: str) -> str:
    """Give what of a success counts: code and enhanced status; all of it where they may be odd.

    >>> success_head("250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb"), success_head("250 OK id=1tx-5-42")
    ('250 2.0.0 ', '250 ')
    >>> success_head("250-2.0.0 a 250 2.0.0 b")
    '250-2.0.0 a 250 2.0.0 b'
    """
    length = _length_of_head(reply[:_HEAD])
    if not length or reply[-1] in _STATUS_ENDS or _NESTED in reply:
        return reply
    return reply[:length]


@functools.lru_cache(maxsize=4096)
def _length_of_head(head: str) -> int:
    if _STATUS_HEAD.fullmatch(head):
        return _HEAD
    return _CODE if _TEXT_HEAD.match(head) else 0


def without_address(text: str, local: str, address: str) -> str:
    """Mask an address in a text, where it stands in brackets and says nothing.

    Args:
        text: what was said.
        local: the address's local part.
        address: the address.
    """
    if _PLAIN_LOCAL.fullmatch(local) is None or len(text) > _LONGEST:
        return text
    return text.replace(f"<{address}>", MASK)
