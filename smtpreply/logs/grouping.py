"""Blocks of lines: deliveries that say the same are counted together, and silent lines passed over.

Most lines of a log differ from others in names only. For a summary, a `Reader` takes the fields of
a block's lines: of each kind of lines, which say the same, one is read in full and stands for all,
and of the fields it is counted how often each value occurs. For the deliveries one by one, it
passes over the lines that report none. What it does not know is left to the reader that reads line
after line.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import repeat
from operator import itemgetter
from typing import Any

import attrs

from smtpreply._support.numbers import number_of
from smtpreply.logs.delivery import Delivery, Status
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.received import Received, domain_of, sender_in, size_in
from smtpreply.reasons import provider_at
from smtpreply.reasons.dedup import alike

LONGEST_NAME = 320
"""How much is looked at of a server's name or an address: RFC 5321 4.5.3.1 has no longer one."""

_MOST_KINDS = 10_000  # whose line has been read
_MOST_OF_KINDS = 1 << 22  # characters of their lines
_MOST_SERVERS = 1 << 16  # whose providers are remembered: large sites connect to that many

FINAL = (Status.BOUNCED, Status.EXPIRED, Status.REJECTED)
"""The statuses of what is refused for good, and not tried again."""

Party = tuple[str | None, str | None, str | None, str | None]
"""Who was refused: sender, recipient, the client that had come, and the message's queue id."""


def party_of(delivery: Delivery) -> Party:
    """Return who was refused, if the delivery was."""
    client = delivery.relay_ip or delivery.relay_host
    return delivery.sender, delivery.recipient, client, delivery.queue_id


def is_unsized(delivery: Delivery) -> bool:
    """Return whether the line names the sender of what was sent, but the size is not known."""
    is_known = delivery.sender is None or delivery.size is not None
    return delivery.status is Status.SENT and not is_known and delivery.queue_id is not None


@attrs.frozen
class Bundle:
    """Deliveries that say the same.

    >>> from smtpreply.logs import scan
    >>> found = scan("tests/data/sample.log").bundled()
    >>> largest = max((one for one in found if isinstance(one, Bundle)), key=lambda one: one.count)
    >>> largest.count, largest.domains["example.org"], largest.delivery.reply.code
    (90, 12, 250)

    They have in common: mta, program, direction, stage, status, whose words the text is, and what
    it means: its verdict. Successes may differ in their code and enhanced status.

    Attributes:
        kinds: of those that have code and enhanced status in common, one delivery and the number.
        times: how many there were at each time, to the hour, to the minute or to the second.
        domains: how many recipients there were in each domain.
        servers: how many there were at each server; None is the server of `delivery`.
        delays: how many took how many seconds, None for unknown, at servers of each provider: by
            its key, "" where the server's name does not show it, None for the server of `delivery`.
        senders: how many had a sender in each domain; "" is the null reverse-path.
        octets: the sum of the sizes of their messages, of those whose size is known.
        strays: the queue ids of those whose sender is not known.
        refused: who was refused, of those that bounced, expired or were rejected.
        unsized: the queue ids of those that were sent, whose sender is known and size is not.
        repeats: how many deliveries each item of `strays`, `refused` and `unsized` stands for: more
            than one where the log says how often a line was repeated.
    """

    kinds: list[tuple[Delivery, int]]
    times: Counter[datetime | None]
    domains: Counter[str]
    servers: Counter[str | None]
    delays: Counter[tuple[str | None, float | None]]
    senders: Counter[str]
    octets: int
    strays: list[str]
    refused: list[Party]
    unsized: list[str] = attrs.field(factory=list)
    repeats: int = 1

    @property
    def delivery(self) -> Delivery:
        """One of them."""
        return self.kinds[0][0]

    @property
    def count(self) -> int:
        """The number of deliveries."""
        return self.times.total()


def _time(stamp: str, clock: Clock) -> datetime | None:
    """Return the time of a stamp: to the hour or minute, or whole, perhaps with a zone."""
    return clock.read(stamp + ":00" * max(0, 2 - stamp.count(":")))


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


_Row = tuple[str, str, str, str, str | None, str | None]
"""The time, as `Groups.precision` has it; the recipient's domain; the server as the
log names it, "mx[192.0.2.1]:25" or "H=mx [192.0.2.1]", "" where there is none; how long it took, in
seconds, "" where the log does not have it; the message's queue id; and its envelope as text (see
`smtpreply.logs.received`), None where it is not known."""
Attempt = tuple[Hashable, str, _Row, Party | None]
"""An attempt or a refusal: its kind, which is what makes it like others; the line; what is counted
of it; and who was refused, if anybody was."""

Arrival = tuple[str, str, str, int]
"""A message that enters the queue: its time, as a `_Row` has it; its envelope as text; its name in
the queue; and the number of its recipients, 0 where that is not known."""


@attrs.define
class _Columns:
    """Counts of the values in attempts that count alike: see `_Row` and `Bundle`."""

    times: Counter[str] = attrs.field(factory=Counter)
    domains: Counter[str] = attrs.field(factory=Counter)
    servers: Counter[str] = attrs.field(factory=Counter)
    delays: Counter[tuple[str | None, str]] = attrs.field(factory=Counter)
    envelopes: Counter[str | None] = attrs.field(factory=Counter)
    strays: list[str] = attrs.field(factory=list)

    def __len__(self) -> int:
        counted = len(self.times) + len(self.domains) + len(self.servers) + len(self.delays)
        return counted + len(self.envelopes) + len(self.strays)

    def count(  # noqa: PLR0917  (the columns of a table)
        self,
        times: Sequence[str],
        domains: Sequence[str],
        servers: Sequence[str],
        delays: Sequence[str],
        queue_ids: Sequence[str | None],
        envelopes: Sequence[str | None],
    ) -> None:
        """Count attempts, column by column: so `Counter` runs the loops, and not Python."""
        self.times.update(times)
        self.domains.update(domains)
        self.servers.update(servers)
        self.delays.update(zip(map(_providers.__getitem__, servers), delays, strict=True))
        self.envelopes.update(envelopes)
        if self.envelopes.pop(None, 0):
            whose = zip(queue_ids, envelopes, strict=True)
            self.strays += [name for name, known in whose if known is None and name is not None]

    def bundle(
        self, kinds: list[tuple[Delivery, int]], refused: list[Party], clock: Clock
    ) -> Bundle:
        """Return the bundle of the attempts; a clock reads the times."""
        times: Counter[datetime | None] = Counter()
        for stamp, count in self.times.items():
            times[_time(stamp, clock)] += count
        servers: Counter[str | None] = Counter()
        for text, count in self.servers.items():
            servers[_name_in(text)] += count
        delays: Counter[tuple[str | None, float | None]] = Counter()
        for (provider, seconds), count in self.delays.items():
            delays[provider, number_of(seconds)] += count
        senders: Counter[str] = Counter()
        octets = 0
        for envelope, count in self.envelopes.items():
            assert envelope is not None  # or it would be one of `strays`
            senders[domain_of(sender_in(envelope))] += count
            octets += count * (size_in(envelope) or 0)
        return Bundle(
            kinds, times, self.domains, servers, delays, senders, octets, self.strays, refused
        )


def repeated_bundle(delivery: Delivery, count: int, precision: Precision) -> Bundle:
    """Return the bundle of a delivery that was logged so many times."""
    one = _bundle_of([delivery], _FINER_THAN[precision])
    return attrs.evolve(
        one,
        kinds=[(delivery, count)],
        times=Counter(dict.fromkeys(one.times, count)),
        domains=Counter(dict.fromkeys(one.domains, count)),
        servers=Counter(dict.fromkeys(one.servers, count)),
        delays=Counter(dict.fromkeys(one.delays, count)),
        senders=Counter(dict.fromkeys(one.senders, count)),
        octets=one.octets * count,
        repeats=count,
    )


class Bundler:
    """Bundles deliveries that were read one by one, those that say the same together.

    Args:
        by_minute: whether times are rounded down to the minute, and not to the hour.
    """

    def __init__(self, *, by_minute: bool = False) -> None:
        self._by_minute = by_minute
        self._kinds: dict[Hashable, list[Delivery]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many deliveries are kept until `bundles` is called."""
        return self._count

    def add(self, delivery: Delivery) -> None:
        """Keep a delivery."""
        self._kinds.setdefault(_kind_of(delivery), []).append(delivery)
        self._count += 1

    def bundles(self) -> Iterator[Bundle | Delivery]:
        """Yield what has been kept, and forget it; a delivery that is like no other as it is."""
        kinds, self._kinds, self._count = self._kinds, {}, 0
        finer = _FINER_THAN[coarse_precision(by_minute=self._by_minute)]
        for deliveries in kinds.values():
            yield deliveries[0] if len(deliveries) == 1 else _bundle_of(deliveries, finer)


def _kind_of(delivery: Delivery) -> Hashable:
    """Return what is equal for deliveries that say the same: see `Bundle`."""
    recipient, address, words = delivery.recipient, delivery.relay_ip, delivery.text or ""
    if recipient and "<" in words:
        words = without_address(words, recipient[: recipient.rfind("@")], recipient)
    return (
        delivery.mta,
        delivery.program,
        # Enums and statuses are hashed slowly, and there is one of each.
        id(delivery.direction),
        id(delivery.stage),
        id(delivery.status),
        id(delivery.dsn),
        id(delivery.reply_by),
        delivery.shared,
        delivery.text is None,
        alike(words),
        # Whether there is a server, and whether it is this host.
        not (delivery.relay_host or address),
        address and address.startswith(("127.", "::")),
    )


def _bundle_of(deliveries: list[Delivery], finer: dict[str, Any]) -> Bundle:
    """Return the bundle of deliveries of one kind; what is finer than their times is set to 0."""
    times = [time and time.replace(**finer) for time in (one.time for one in deliveries)]
    servers = [delivery.relay_host or delivery.relay_ip for delivery in deliveries]
    delays: Counter[tuple[str | None, float | None]] = Counter()
    took = zip(servers, (delivery.delay for delivery in deliveries), strict=True)
    for (server, delay), count in Counter(took).items():
        delays[provider_key(server) if server else None, delay] += count
    recipients = [delivery.recipient or "" for delivery in deliveries]
    sent = [delivery for delivery in deliveries if delivery.sender is not None]
    return Bundle(
        kinds=[(deliveries[0], len(deliveries))],
        times=Counter(times),
        domains=Counter(domain_of(address) for address in recipients if "@" in address),
        servers=Counter(servers),
        delays=delays,
        senders=Counter(domain_of(delivery.sender or "") for delivery in sent),
        octets=sum(delivery.size or 0 for delivery in sent),
        strays=[one.queue_id for one in deliveries if one.sender is None and one.queue_id],
        refused=list(map(party_of, deliveries)) if deliveries[0].status in FINAL else [],
        unsized=[one.queue_id for one in deliveries if is_unsized(one) and one.queue_id],
    )


def _unread(_line: str) -> None:
    """Read nothing: the line is left."""


def _places_of(names: Iterable[str]) -> dict[str, list[int]]:
    """Return the places at which each name is."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return places


def _chosen(places: list[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return a function that returns what is at some places of a column."""
    if len(places) == 1:  # `itemgetter` would return the value itself
        [place] = places
        return lambda column: (column[place],)
    return itemgetter(*places)


class Precision(enum.Enum):
    """The part of a stamp that counts: up to the hour or the minute, or all of it, with a zone."""

    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"

    @property
    def field(self) -> str:
        """The field of the head of a line that has it, in a format's grammar."""
        return "stamp" if self is Precision.SECOND else "hour"


def coarse_precision(*, by_minute: bool) -> Precision:
    """Return the precision of times that are rounded down."""
    return Precision.MINUTE if by_minute else Precision.HOUR


_FINER_THAN: dict[Precision, dict[str, Any]] = {
    Precision.HOUR: {"minute": 0, "second": 0, "microsecond": 0},
    Precision.MINUTE: {"second": 0, "microsecond": 0},
    Precision.SECOND: {},
}


class Groups:
    """Attempts by kind, of which one line is read in full and stands for all.

    Args:
        read: reads a line in full, and returns its delivery; None where it does not report exactly
            one.
        finely: whether the deliveries of a bundle have one time, to the second, and one domain of
            the recipients; otherwise times are rounded down to the hour.
        by_minute: whether they are rounded down to the minute instead. A log has sixty times as
            many of these.

    Attributes:
        precision: that of the times of what is added.
    """

    def __init__(
        self,
        read: Callable[[str], Delivery | None] = _unread,
        *,
        finely: bool,
        by_minute: bool = False,
    ) -> None:
        self.finely = finely
        self.precision = Precision.SECOND if finely else coarse_precision(by_minute=by_minute)
        self._read = read
        self._deliveries: dict[Hashable, Delivery | None] = {}
        self._room = _MOST_OF_KINDS
        self._successes: dict[str, tuple[Counter[Hashable], _Columns]] = {}
        self._rows: dict[Hashable, tuple[list[_Row], list[Party]]] = {}
        self._kept = 0
        self._received: list[Arrival] = []

    def __len__(self) -> int:
        """Return how much is kept until `bundles` is called."""
        return self._kept

    def add_successes(
        self,
        names: Sequence[str],
        heads: Sequence[str],
        lines: Callable[[], Iterable[str]],
        *columns: Sequence[Any],
    ) -> Iterator[str]:
        """Count successes; yield the lines that the full reading does not know.

        Args:
            names: of each line, what makes it count like others, but for code and status.
            heads: its code and status.
            lines: returns the lines; it is called where there are kinds that have not been read.
            columns: those of a `_Row`.
        """
        kinds = list(zip(names, heads, strict=True))
        counts = Counter(kinds)
        if self.finely or not all(map(self._deliveries.get, counts)):
            read = list(lines())
            firsts = dict(zip(reversed(kinds), reversed(read), strict=False))
            if self.finely or not all(map(self._delivery, firsts, firsts.values())):
                rows = zip(*columns, strict=True)
                yield from self.add(zip(kinds, read, rows, repeat(None), strict=False))
                return
        of_names: dict[str, Counter[Hashable]] = {}
        for kind, count in counts.items():
            of_names.setdefault(kind[0], Counter())[kind] = count
        places = _places_of(names) if len(of_names) > 1 else {}
        for name, of_name in of_names.items():
            known, found = self._successes.setdefault(name, (Counter(), _Columns()))
            known.update(of_name)
            before = len(found)
            found.count(*(map(_chosen(places[name]), columns) if places else columns))
            self._kept += len(found) - before

    def add(self, attempts: Iterable[Attempt]) -> Iterator[str]:
        """Count attempts and refusals; yield the lines that the full reading does not know."""
        for named, line, row, party in attempts:
            kind = (named, row[0], row[1]) if self.finely else named
            found = self._rows.get(kind)
            if found is None:
                if self._delivery(kind, line) is None:
                    yield line
                    continue
                found = self._rows[kind] = ([], [])
            rows, refused = found
            rows.append(row)
            if party is not None:
                refused.append(party)
            self._kept += 1

    def _delivery(self, kind: Hashable, line: str) -> Delivery | None:
        """Return the delivery that stands for a kind, of which this is the first line."""
        if kind not in self._deliveries:
            self._deliveries[kind] = self._read(line)
            self._room -= len(line)
        return self._deliveries[kind]

    def bundles(self, clock: Clock) -> Iterator[Bundle]:
        """Yield what has been counted, and forget it; a clock reads the times."""
        deliveries = self._deliveries
        for counts, columns in self._successes.values():
            kinds = [(found, n) for kind, n in counts.items() if (found := deliveries[kind])]
            yield columns.bundle(kinds, [], clock)
        for kind, (rows, refused) in self._rows.items():
            columns = _Columns()
            columns.count(*zip(*rows, strict=True))
            if delivery := deliveries[kind]:
                yield columns.bundle([(delivery, len(rows))], refused, clock)
        self._successes, self._rows, self._kept = {}, {}, 0
        # Of fine groups each has a time of its own, which no later line has.
        if self.finely or len(deliveries) > _MOST_KINDS or self._room < 0:
            deliveries.clear()
            self._room = _MOST_OF_KINDS

    def receive(self, arrived: Iterable[Arrival]) -> None:
        """Count messages that enter the queue."""
        self._received.extend(arrived)

    def take_received(self, clock: Clock, *, least: int = 0) -> Received | None:
        """Return the messages that entered the queue, which are kept no longer.

        Args:
            clock: reads the times.
            least: with fewer messages than that, they are kept, and None is returned.
        """
        if len(self._received) <= least:
            return None
        stamps, *columns = zip(*self._received, strict=True)
        self._received = []
        times = {stamp: _time(stamp, clock) for stamp in dict.fromkeys(stamps)}
        return Received([times[stamp] for stamp in stamps], *map(list, columns))


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
