"""Blocks of lines: deliveries that say the same are counted together, and silent lines passed over.

Most lines of a log differ from others in names only. For a summary, a `Reader` puts those of a
block that say the same into one group, of which one line is read in full and stands for all. For
the deliveries one by one, it passes over the lines that report none. What it does not know is left
to the reader that reads line after line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs

from smtpreply._support.numbers import number_of
from smtpreply.logs.delivery import Delivery
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.received import Received
from smtpreply.reasons import provider_at

LONGEST_NAME = 320
"""How much is looked at of a server's name or an address: RFC 5321 4.5.3.1 has no longer one."""

_MOST_SERVERS = 1 << 16  # whose providers are remembered: large sites connect to that many

Party = tuple[str | None, str | None, str | None, str | None]
"""Who was refused: sender, recipient, the client that had come, and the message's queue id."""

Origin = tuple[str | None, int, str | None]
"""The domain of a message's sender, None where the sender is not known; its size in octets, 0 where
that is not known; and the sender."""


def party_of(delivery: Delivery) -> Party:
    """Return who was refused, if the delivery was."""
    client = delivery.relay_ip or delivery.relay_host
    return delivery.sender, delivery.recipient, client, delivery.queue_id


@attrs.frozen
class Bundle:
    """Deliveries that say the same.

    >>> from smtpreply.logs import scan
    >>> found = scan("tests/data/sample.log").bundled()
    >>> largest = max((one for one in found if isinstance(one, Bundle)), key=lambda one: one.count)
    >>> largest.count, largest.domains["example.org"], largest.delivery.reply.code
    (51, 12, 250)

    They have in common: mta, program, direction, stage, status, whose words the text is, and what
    it means: its code, its enhanced status, and its verdict.

    Attributes:
        delivery: one of them.
        times: how many there were at each time, to the hour or to the second.
        domains: how many recipients there were in each domain.
        servers: how many there were at each server; None is the server of `delivery`.
        delays: how many took how many seconds, None for unknown, at servers of each provider: by
            its key, "" where the server's name does not show it, None for the server of `delivery`.
        senders: how many had a sender in each domain; "" is the null reverse-path.
        octets: the sum of the sizes of their messages, of those whose size is known.
        strays: the queue ids of those whose sender is not known.
        refused: who was refused, of those that bounced, expired or were rejected.
    """

    delivery: Delivery
    times: Counter[datetime | None]
    domains: Counter[str]
    servers: Counter[str | None]
    delays: Counter[tuple[str | None, float | None]]
    senders: Counter[str]
    octets: int
    strays: list[str]
    refused: list[Party]

    @property
    def count(self) -> int:
        """How many they are."""
        return self.times.total()


@attrs.define
class Group:
    """Lines that say the same: one of them, and how often each has what is its own.

    Attributes:
        line: the first of them.
        times: their stamps: the hour, or all but the zone.
        domains: the recipients' domains.
        servers: whom we spoke to, as the log names it: "mx[192.0.2.1]:25", "H=mx [192.0.2.1]"; ""
            where nobody was.
        delays: the server's provider, as `Bundle.delays` has it, and how long it took, in seconds;
            "" where the log has none.
        senders, octets, strays, refused: see `Bundle`.
    """

    line: str
    times: Counter[str] = attrs.field(factory=Counter)
    domains: Counter[str] = attrs.field(factory=Counter)
    servers: Counter[str] = attrs.field(factory=Counter)
    delays: Counter[tuple[str | None, str]] = attrs.field(factory=Counter)
    senders: Counter[str] = attrs.field(factory=Counter)
    octets: int = 0
    strays: list[str] = attrs.field(factory=list)
    refused: list[Party] = attrs.field(factory=list)

    def __len__(self) -> int:
        return self.times.total()

    def bundle(self, delivery: Delivery, clock: Clock) -> Bundle:
        """Make a bundle of it.

        Args:
            delivery: what one of its lines reports.
            clock: reads the times.
        """
        times: Counter[datetime | None] = Counter()
        for stamp, count in self.times.items():
            times[_time(stamp, clock)] += count
        servers: Counter[str | None] = Counter()
        for text, count in self.servers.items():
            servers[_name_in(text)] += count
        delays: Counter[tuple[str | None, float | None]] = Counter()
        for (provider, seconds), count in self.delays.items():
            delays[provider, number_of(seconds)] += count
        return Bundle(
            delivery,
            times,
            self.domains,
            servers,
            delays,
            self.senders,
            self.octets,
            self.strays,
            self.refused,
        )


def _time(stamp: str, clock: Clock) -> datetime | None:
    """Return the time of a stamp, of which an hour lacks the minutes."""
    return clock.read(stamp if stamp.count(":") == 2 else f"{stamp}:00:00")


def _name_in(server: str) -> str | None:
    """Return the name of a server, or else its address; None for a word such as "none"."""
    if server.startswith("H=") and " [" in server:  # as Exim has it
        server = server.removeprefix("H=")
    name, bracket, address = server.partition("[")
    return (name.strip() or address.partition("]")[0] or None) if bracket else None


def provider_key(name: str) -> str:
    """Return the key of the provider whose server it is; "" where the name does not show it."""
    provider = provider_at(name[:LONGEST_NAME])
    return provider.key if provider else ""


class _Providers(dict[str, str | None]):
    """The provider's key for each server as the log names it; None where it is no server."""

    def __missing__(self, server: str) -> str | None:
        name = _name_in(server)
        provider = name and provider_key(name)
        if len(self) < _MOST_SERVERS and len(server) <= LONGEST_NAME:
            self[server] = provider
        return provider


_providers = _Providers()


class _Numbers(dict[Hashable, int]):
    """Numbers that stand for keys, in their order: to count by them is faster."""

    def __missing__(self, key: Hashable) -> int:
        self[key] = number = len(self)
        return number


Failure = tuple[Hashable, str, str, str, str, str, str | None, str | None, str | None]
"""Of a line that reports a failure: what `Groups.add` takes of it, but for the origin; and the
recipient and the client, if it was refused."""


class Groups:
    """Groups by what makes their lines alike.

    The lines of a block are added all at once, column by column: so `Counter` does the counting,
    and not a loop.

    Attributes:
        finely: whether those of a group have one time to the second, and their recipients one
            domain; else their times are rounded down to the hour.
    """

    def __init__(self, *, finely: bool) -> None:
        self.finely = finely
        self._numbers = _Numbers()
        self._lines: dict[int, str] = {}
        self._times: Counter[tuple[int, str]] = Counter()
        self._domains: Counter[tuple[int, str]] = Counter()
        self._servers: Counter[tuple[int, str]] = Counter()
        self._delays: Counter[tuple[int, str | None, str]] = Counter()
        self._senders: Counter[tuple[int, str | None]] = Counter()
        self._octets: defaultdict[int, int] = defaultdict(int)
        self._strays: dict[int, list[str]] = {}
        self._refused: dict[int, list[Party]] = {}
        self._names = 0
        self._received = _no_columns()

    def __len__(self) -> int:
        """How much is kept: of each group what is its own, each once."""
        counted = len(self._domains) + len(self._servers) + len(self._times) + len(self._senders)
        return counted + self._names

    def add(  # noqa: PLR0917  (the columns of a table)
        self,
        keys: Iterable[Hashable],
        lines: Sequence[str],
        times: Sequence[str],
        domains: Sequence[str],
        servers: Sequence[str],
        delays: Sequence[str],
        queue_ids: Sequence[str | None],
        origins: Sequence[Origin],
    ) -> list[int]:
        """Put lines into the groups of their keys, and if finely, of their times and domains.

        Args:
            keys: of each line, what makes it like others.
            lines: the lines. What follows is of each as in a `Group`.
            times: when it was.
            domains: of the recipient.
            servers: whom we spoke to.
            delays: how long it took.
            queue_ids: the message's.
            origins: who sent the message, and its size.

        Returns:
            The numbers of their groups.
        """
        if self.finely:
            keys = zip(keys, times, domains, strict=True)
        numbers = list(map(self._numbers.__getitem__, keys))
        first = dict(zip(reversed(numbers), reversed(lines), strict=True))
        self._lines = first | self._lines
        self._times.update(zip(numbers, times, strict=True))
        self._domains.update(zip(numbers, domains, strict=True))
        self._servers.update(zip(numbers, servers, strict=True))
        self._delays.update(zip(numbers, map(_providers.__getitem__, servers), delays, strict=True))
        self._add_origins(numbers, queue_ids, origins)
        return numbers

    def add_failures(self, failures: Sequence[Failure], origins: Sequence[Origin]) -> None:
        """Put lines that report failures into their groups; `origins` is as `add` has it."""
        if not failures:
            return
        (
            keys, lines, times, domains, servers, delays, queue_ids, recipients, clients,
        ) = zip(*failures, strict=True)  # fmt: skip
        numbers = self.add(keys, lines, times, domains, servers, delays, queue_ids, origins)
        for number, origin, recipient, client, queue_id in zip(
            numbers, origins, recipients, clients, queue_ids, strict=True
        ):
            if recipient is not None:
                party = origin[2], recipient, client, queue_id
                self._refused.setdefault(number, []).append(party)
                self._names += 1

    def _add_origins(
        self, numbers: list[int], queue_ids: Sequence[str | None], origins: Sequence[Origin]
    ) -> None:
        """Count who sent the messages, and how large they are."""
        domains, sizes, _ = zip(*origins, strict=True)
        self._senders.update(zip(numbers, domains, strict=True))
        octets = self._octets
        for number, size in zip(numbers, sizes, strict=True):
            octets[number] += size
        if any((number, None) in self._senders for number in set(numbers)):
            for number, queue_id, domain in zip(numbers, queue_ids, domains, strict=True):
                if domain is None and queue_id is not None:
                    self._strays.setdefault(number, []).append(queue_id)
                    self._names += 1

    def receive(self, columns: Iterable[Iterable[Any]]) -> None:
        """Count messages that enter the queue.

        Args:
            columns: the times as a `Group` has them, and the other columns of `Received`.
        """
        for values, column in zip(self._received, columns, strict=True):
            values.extend(column)

    def take_received(self, clock: Clock) -> Received:
        """Return the messages that entered the queue, which are kept no longer."""
        stamps, *columns = self._received
        self._received = _no_columns()
        times = {stamp: _time(stamp, clock) for stamp in dict.fromkeys(stamps)}
        return Received([times[stamp] for stamp in stamps], *columns)

    def items(self) -> Iterator[tuple[Hashable, Group]]:
        """Yield each group with its key."""
        groups = [Group(self._lines[number]) for number in self._numbers.values()]
        for (number, time), count in self._times.items():
            groups[number].times[time] = count
        for (number, domain), count in self._domains.items():
            groups[number].domains[domain] = count
        for (number, server), count in self._servers.items():
            groups[number].servers[server] = count
        for (number, provider, seconds), count in self._delays.items():
            groups[number].delays[provider, seconds] = count
        for (number, sender), count in self._senders.items():
            if sender is not None:
                groups[number].senders[sender] = count
        for number, octets in self._octets.items():
            groups[number].octets = octets
        for number, queue_ids in self._strays.items():
            groups[number].strays = queue_ids
        for number, parties in self._refused.items():
            groups[number].refused = parties
        return zip(self._numbers, groups, strict=True)


def _no_columns() -> tuple[list[Any], ...]:
    """Return the columns of `Received`, empty."""
    return tuple([] for _ in attrs.fields(Received))


@attrs.define
class Place:
    """The position up to which a source has been read.

    Attributes:
        number: of the last line that was read, from 1.
        clock: reads the stamps of the source.
        source: the source's name.
    """

    number: int
    clock: Clock
    source: str | None


# --- what makes texts alike ---

MASK = "\0"
"""Stands in a key for what makes no difference; it is in no line."""

# In a local part of these alone, no word of it is left when addresses are taken out of a text.
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,60}+")
_LONGEST = 8000


def without_address(text: str, local: str, address: str) -> str:
    """Mask an address in a text, where it is in brackets and says nothing.

    Args:
        text: the reply or the diagnostic.
        local: the address's local part.
        address: the address.
    """
    if "<" not in text:
        return text
    plain = (local.isascii() and local.isalnum()) or _PLAIN_LOCAL.fullmatch(local)
    return text.replace(f"<{address}>", MASK) if plain and len(text) <= _LONGEST else text
