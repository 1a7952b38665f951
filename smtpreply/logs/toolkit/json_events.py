r"""Events: JSON objects that report deliveries, from the webhooks and logs of mail services.

Their formats have in common: events come one a line, in a list on a line, or printed prettily
over lines, alone or inside what carried them; the reply is a string, often after words
of the service's own::

    words = [type] REPLY / outcome "(" REPLY ")" / "host " HOST " said: " REPLY [" (in reply to "
            CMD " command)"] / words of the service's own
    type  = "smtp;"                                ; RFC 3464 2.3.6
    outcome = "sent" / "bounced" / "deferred" / "soft bounce" / ...

An event is sent by a stranger, as everything in a webhook is: each of its members may be missing
or of any type, and is then as good as none. Of a payload, nothing is kept but what a `Delivery`
has a field for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from smtpreply._support.octets import rejoined
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, delivery_of
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.fields import REPLY_HEAD, said_by, stage_of
from smtpreply.logs.toolkit.json_stream import (
    ObjectsOverLines,
    begins_objects,
    carries,
    json_in,
    members,
    parsed_loosely,
)
from smtpreply.logs.toolkit.timestamps import time_of

Fields = dict[str, Any]
"""Fields of a `Delivery` by name."""

_MOST_DIGITS = 15

_TYPE = re.compile(r"smtp\s*;\s*", re.IGNORECASE)
_OUTCOME = re.compile(
    r"(?:sent|delivered|deferred|bounced?|expired|rejected|undeliverable|"
    r"(?:soft|hard)[ _-]bounced?)\s*\((.*)\)\Z",
    re.DOTALL | re.IGNORECASE,
)
_QUOTED = re.compile(
    r"(?:host )?([^\s\[\]]{1,255})\[([^\[\]\s]{1,60})\](?::[0-9]{1,5})? "
    r"(said|refused to talk to me): (.*)\Z",
    re.DOTALL,
)
_NAMED = re.compile(r"<((?:\"(?:[^\"\\]|\\.){0,1000}\")?[^<>\"]{1,1000})>\s*\Z")
_IN_REPLY = re.compile(r"(.*) \(in reply to (.{1,60}?)(?: command)?\)\Z", re.DOTALL)


class Event:
    """The members of a JSON object, each of which may be missing or of any type.

    >>> event = Event({"mail": {"id": "7"}, "codes": [550]})
    >>> event.text("mail", "id"), event.text("codes", "id"), event.number("codes")
    ('7', None, None)
    """

    __slots__ = ("members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members

    def at(self, *path: str) -> Any:
        """Return what is found under names, one inside the other; None for nothing."""
        value: Any = self.members
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def text(self, name: str, *inner: str) -> str | None:
        """Return a string; None for anything else."""
        value = self.members.get(name)
        if inner:
            value = self.at(name, *inner)
        if isinstance(value, str):
            return value if value.isascii() else rejoined(value)
        return None

    def name(self, *path: str) -> str | None:
        """Return a string that is not empty, or a number as one: an identifier."""
        value = self.at(*path)
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 128:
            return str(value)
        return self.text(*path) or None

    def number(self, *path: str) -> int | None:
        """Return a whole number, or digits as one."""
        value = self.at(*path)
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value) if len(value) <= _MOST_DIGITS else None
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole and abs(value) < 10**_MOST_DIGITS else None

    def part(self, *path: str) -> Event:
        """Return an object; an empty one for anything else."""
        value = self.at(*path)
        return Event(value if isinstance(value, dict) else {})

    def parts(self, *path: str) -> list[Event]:
        """Return the objects in a list; none for anything else."""
        value = self.at(*path)
        return [Event(item) for item in value if isinstance(item, dict)] if _list(value) else []

    def texts(self, *path: str) -> list[str]:
        """Return the strings in a list, or the one string that is in its place."""
        value = self.at(*path)
        items = value if _list(value) else [value]
        return [rejoined(item) for item in items if isinstance(item, str)]

    def time(self, *path: str) -> datetime | None:
        """Return a time: seconds or milliseconds since 1970, or ISO 8601."""
        return time_of(self.at(*path), UTC)  # services write UTC where they name no zone

    def seconds(self, *path: str) -> float | None:
        """Return milliseconds in seconds."""
        count = self.number(*path)
        return None if count is None or count < 0 else count / 1000

    def has(self, *names: str) -> bool:
        """Return whether there are members of all these names, and what they are is no null."""
        return None not in map(self.members.get, names)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def address_in(mailbox: str | None) -> str | None:
    """Return the address of a mailbox, which may have a name before it: RFC 5322 3.4.

    >>> address_in("Bob <bob@example.org>"), address_in("bob@example.org"), address_in(None)
    ('bob@example.org', 'bob@example.org', None)
    """
    named = _NAMED.search(mailbox) if mailbox else None
    return named[1] if named else mailbox


def bare(message_id: str | None) -> str | None:
    """Return a Message-ID without its brackets."""
    return message_id.strip().removeprefix("<").removesuffix(">") or None if message_id else None


def with_code(code: int | None, text: str, status: str | None = None) -> str:
    r"""Put back a code and an enhanced status that are apart from the text of a reply.

    >>> with_code(550, "No such user\nhere", "5.1.1")
    '550-5.1.1 No such user\n550 5.1.1 here'
    """
    if code is None or not 200 <= code <= 599:
        return text
    lines = [f"{status} {line}" if status else line for line in _lines(text)]
    return "\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}".rstrip()])


def reply_fields(
    text: str | None, *, code: int | None = None, by: ReplyBy = ReplyBy.REMOTE
) -> Fields:
    r"""Return the fields ``text`` and ``reply_by`` for the text of a reply or a diagnostic.

    Where a Postfix behind the service names a server, its name and address are returned, too.

    Args:
        text: as the event has it.
        code: of the reply, where the event has it apart; it is put back, unless it is there.
        by: who sent the reply, if it is one.

    >>> reply_fields("smtp; 550 5.1.1 No such user")
    {'text': '550 5.1.1 No such user', 'reply_by': <ReplyBy.REMOTE: 'remote'>}
    >>> reply_fields("Unsubscribed Address")
    {'text': 'Unsubscribed Address', 'reply_by': None}
    """
    body = (text or "").strip()
    if REPLY_HEAD.match(body):
        return {"text": _one_reply(body), "reply_by": by}
    body = body[typed.end() :] if (typed := _TYPE.match(body)) else body
    body = outcome[1].strip() if (outcome := _OUTCOME.match(body)) else body
    peer: Fields = {}
    if (quoted := _QUOTED.match(body)) is not None and (relayed := _relayed(quoted)):
        body = relayed.pop("text")
        peer = relayed
    if (body or code) and not REPLY_HEAD.match(body):
        body = with_code(code, body)
    return {"text": _one_reply(body) or None, "reply_by": said_by(by, body), **peer}


def _relayed(quoted: re.Match[str]) -> Fields | None:
    """Return the reply that a Postfix behind the service quotes; None where it is no reply."""
    host, ip, how, reply = quoted.groups()
    command = _IN_REPLY.match(reply)
    reply, stage = (command[1], command[2]) if command else (reply, None)
    if not REPLY_HEAD.match(reply):
        return None
    if how != "said":
        stage = "connect"
    fields = {"text": reply, "relay_host": host, "relay_ip": ip}
    return fields if stage is None else fields | {"stage": stage_of(stage)}


def _one_reply(text: str) -> str:
    """Mark lines that all have the same code as lines of one reply: an event has one reply."""
    if "\n" not in text or (code := REPLY_HEAD.match(text)) is None:
        return text
    lines = _lines(text)
    whole = re.compile(rf"{code[1]}(?:[ -]|\Z)")
    if not all(whole.match(line) for line in lines):
        return text
    return with_code(int(code[1]), "\n".join(line[4:] for line in lines))


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.rstrip("\r\n").split("\n")]


@attrs.define
class _Kind:
    """The events of a service: which are its own, and the deliveries that one of them reports."""

    name: str
    knows: Callable[[Event], bool]
    deliveries: Callable[[Event], Iterable[Fields] | None]
    _last: tuple[object, bool] = (None, False)

    def has(self, item: dict[str, Any]) -> bool:
        """Return whether an object is such an event; the one that was asked about is remembered.

        For a line's event is asked about where its format is detected, and where it is read.
        """
        last, known = self._last
        if item is not last:
            known = self.knows(Event(item))
            self._last = item, known
        return known


_LONGEST_SHAPE = 1000  # characters of an event that is not understood


class EventReader(Reader):
    """Reads the events of one service, whatever lines they are in."""

    def __init__(self, kind: _Kind) -> None:
        self._kind = kind
        self._document = ObjectsOverLines()
        self._source = "line"

    def read(self, line: Line) -> Iterable[Delivery] | None:
        """Read a line: the deliveries of the events that end with it."""
        self._source = line.source or "line"
        begun = self._document.under_way
        if (not begun or line.message.startswith("{")) and (value := json_in(line)) is not None:
            if self._document.inside:  # what was open has been cut off
                self._document.start_again()
            return self._deliveries(line, line.number, value)
        if not begun and not begins_objects((line.message,)):
            return () if not line.message or line.message.isspace() else None
        ended = self._document.feed(line.message, line.number)
        if not ended:
            return ()  # lines inside an object are read when it ends
        read = [self._deliveries(line, number, parsed_loosely(text)) for number, text in ended]
        if all(each is None for each in read):
            return None
        for each, (_, text) in zip(read, ended, strict=True):
            if each is None:
                self._leave(line, text)
        return [delivery for each in read if each for delivery in each]

    def finish(self) -> Iterable[Delivery]:
        """Drop what the source left unfinished, and report it as a problem."""
        self._document.start_again()
        lost = self._document.lost
        self.problems += [f"{self._source}:{number}: {why}" for number, why in lost]
        lost.clear()
        return ()

    def _deliveries(self, line: Line, number: int, value: Any) -> list[Delivery] | None:
        """Return the deliveries in a JSON value; None where no event is understood.

        Where some of the objects in it are understood and others are not, each of these is a
        shape of the line, which counts as not understood: no event is lost in silence.
        """
        if isinstance(value, dict) and self._kind.has(value):  # most lines are one event
            reported = self._kind.deliveries(Event(value))
            if reported is None:
                return None
            return [self._delivery(line, number, fields) for fields in reported]
        found: list[Delivery] = []
        unread = []
        is_any_read = False
        for member, is_known in members(value, self._kind.has):
            reported = self._kind.deliveries(Event(member)) if is_known else None
            if reported is None:
                unread.append(member)
                continue
            is_any_read = True
            found += [self._delivery(line, number, fields) for fields in reported]
        if not is_any_read:
            return None
        for member in unread:
            self._leave(line, json.dumps(member, ensure_ascii=False))
        return found

    def _leave(self, line: Line, text: str) -> None:
        """Count a part of a line as not understood."""
        self.not_understood.append(attrs.evolve(line, message=text[:_LONGEST_SHAPE]))

    def _delivery(self, line: Line, number: int, fields: Fields) -> Delivery:
        fields["time"] = fields.get("time") or line.time
        fields.setdefault("direction", Direction.OUTGOING)
        fields["mta"] = self._kind.name
        fields["host"] = line.host
        fields["program"] = line.program
        fields["source"] = line.source
        fields["line"] = number
        return delivery_of(fields)


def event_format(
    name: str,
    knows: Callable[[Event], bool],
    deliveries: Callable[[Event], Iterable[Fields] | None],
    *,
    marks: str | None = None,
    needles: tuple[str, ...],
    members: tuple[str, ...] = (),
    order: int = 70,
) -> Format:
    """Make the format of a service's events.

    Args:
        name: the service's.
        knows: whether an event is certainly the service's.
        deliveries: returns the deliveries that an event reports, each as the fields of a
            `Delivery`; None for an event that is not understood.
        marks: a pattern that shows, in the first lines of a list over several lines, whose it is;
            by default, a needle does.
        needles: see `Format`. None may end in a quote: in an event that is in a string, quotes
            are escaped.
        members: see `Format`; by default the needles, which are names of members then.
        order: see `Format`. By default, events are tried after the logs of mail servers.
    """
    kind = _Kind(name, knows, deliveries)
    shown = re.compile(marks or "|".join(map(re.escape, needles)))

    def detect(line: Line) -> bool:
        if line.fields is not None and kind.has(line.fields):  # most lines are one event
            return True
        return carries(json_in(line), kind.has)

    def claims(head: Sequence[str]) -> bool:
        return begins_objects(head) and shown.search("\n".join(head)) is not None

    return Format(
        name,
        detect,
        lambda: EventReader(kind),
        claims,
        needles=needles,
        members=members or needles,
        order=order,
    )


def each(recipients: Iterable[str], **fields: Any) -> Iterator[Fields]:
    """Yield the same of each recipient."""
    for recipient in recipients:
        yield {"recipient": recipient or None, **fields}
