"""Deliveries that are alike, counted together: what a summary needs, at a tenth of the price.

Most lines of a log differ from others in names only. A reader that can `skim` takes a block of
lines at once, puts those that say the same in one group, and says which lines it leaves for
reading one by one. Of each group one line is read in full, and stands for all.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Hashable
from datetime import datetime
from typing import Protocol

import attrs

from smtpreply.logs.clock import Clock
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.formats.words import number_of

Party = tuple[str | None, str | None, str | None, str | None]
"""Who was refused: sender, recipient, the client that had come, and the message's queue id."""


def party_of(delivery: Delivery) -> Party:
    """Give who was refused, if the delivery was."""
    client = delivery.relay_ip or delivery.relay_host
    return delivery.sender, delivery.recipient, client, delivery.queue_id


@attrs.frozen
class Bundle:
    """Deliveries that say the same.

    They have in common: mta, program, direction, stage, status, whose words the text is, and what
    it means: its code, its enhanced status, and its verdict.

    Attributes:
        delivery: one of them.
        times: how many there were at each time, to the hour or to the second.
        domains: how many recipients there were in each domain.
        attempts: how many there were at each server, and how long they took: None for the server
            of `delivery`, and for an unknown delay in seconds.
        refused: who was refused, of those that bounced, expired or were rejected.
    """

    delivery: Delivery
    times: Counter[datetime | None]
    domains: Counter[str]
    attempts: Counter[tuple[str | None, float | None]]
    refused: list[Party]

    @property
    def count(self) -> int:
        """How many they are."""
        return self.times.total()


class Group:
    """Lines of deliveries that say the same, as a skimmer collects them.

    Attributes:
        line: one of them.
        times: the stamp of each: its hour, or all but its zone.
        domains: the recipient's domain of each.
        attempts: the server of each as the log names it, or "", and the delay, or "".
        refused: see `Bundle`.
    """

    __slots__ = ("attempts", "domains", "line", "refused", "times")

    def __init__(self, line: str) -> None:
        self.line = line
        self.times: list[str] = []
        self.domains: list[str] = []
        self.attempts: list[tuple[str, str]] = []
        self.refused: list[Party] = []


class Groups:
    """Groups by what makes their lines alike; `size` tells how many lines they hold."""

    def __init__(self, *, finely: bool) -> None:
        self.finely = finely
        self.known: dict[Hashable, Group] = {}

    def add(  # noqa: PLR0917  (it is called for each line)
        self, key: Hashable, line: str, time: str, domain: str, server: str, delay: str
    ) -> Group:
        """Add a delivery to the group of its key, and give the group."""
        if self.finely:
            key = key, time, domain
        group = self.known.get(key)
        if group is None:
            group = self.known[key] = Group(line)
        group.times.append(time)
        group.domains.append(domain)
        group.attempts.append((server, delay))
        return group


def bundle_of(group: Group, delivery: Delivery, clock: Clock) -> Bundle:
    """Make a bundle of a group.

    Args:
        group: the group.
        delivery: what its line tells.
        clock: reads the times.
    """
    times: Counter[datetime | None] = Counter()
    for stamp, count in Counter(group.times).items():
        times[clock.read(stamp if stamp.count(":") == 2 else f"{stamp}:00:00")] += count
    attempts: Counter[tuple[str | None, float | None]] = Counter()
    for (server, delay), count in Counter(group.attempts).items():
        attempts[_name_in(server), number_of(delay)] += count
    return Bundle(delivery, times, Counter(group.domains), attempts, group.refused)


def _name_in(server: str) -> str | None:
    """Give the name of a server, or else its address: of "mx[192.0.2.1]:25", "H=mx [192.0.2.1]"."""
    name, _, address = server.removeprefix("H=").partition("[")
    return name.strip() or address.partition("]")[0] or None


class Skimmer(Protocol):
    """A line reader that can also take many lines at once."""

    def skim(self, block: str, groups: Groups) -> list[str]:
        """Put the deliveries of a block into groups, and give the lines that are not understood so.

        Args:
            block: whole lines, with their line ends.
            groups: where the deliveries go. If `finely`, those of a group have one time to the
                second, and their recipients one domain.
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
