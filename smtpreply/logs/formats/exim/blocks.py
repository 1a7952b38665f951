"""Exim's lines, a block at once: see `smtpreply.logs.grouping`.

::

    block = *( *silent ( success / arrival / other ) )

Of `silent` lines nothing need be known. An `other` one is matched again: it may be a usual failure,
and is left to `lines` if it is none. All that repeats is possessive, so that no character is looked
at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from itertools import compress

from smtpreply.logs.formats.exim.grammar import (
    ARRIVAL,
    ATTEMPT,
    BARE_HEAD,
    FIELDS,
    HEAD,
    LEAD,
    MESSAGE,
    QUOTED,
    SECOND_ATTEMPT,
    SILENT,
    USUAL_ATTEMPT,
    USUAL_SUCCESS,
)
from smtpreply.logs.grouping import Attempt, Groups, Precision, without_address
from smtpreply.logs.received import envelope_text, sender_in
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.shapes import (
    OTHER,
    capturing,
    compiled,
    lines_found,
    sample_of,
    with_a_time,
)
from smtpreply.reasons.dedup import alike

_HEAD, _BARE_HEAD = re.compile(capturing(HEAD)), re.compile(rf"{capturing(BARE_HEAD)}(?![+[-])")

# Their places in what the pattern of a block gives of a line:
_TIME, _ID, _FIELDS, _SENDER, _SIZE, _OTHER = 0, 1, 4, 7, 8, 9

_LEAD = f": {LEAD}"
_WORDS = " C="
_SERVER = re.compile(rf"{capturing(FIELDS, ['server'])}{_WORDS}")
_QUOTED = re.compile(rf"{_WORDS}{capturing(QUOTED, ['words', 'delay'])}\Z")
_SECOND_ATTEMPT = re.compile(SECOND_ATTEMPT)
_TOOK = " DT="
_SPAN = re.compile(r"(?=[0-9])(?:[0-9]{1,9}[wdhm]){0,4}(?:[0-9.]{1,20}m?s)?")
_MOST_KNOWN = 1 << 14
_LONGEST_KNOWN = 400


class _Servers(dict[str, str]):
    """The server that the fields of a success name; "" where they are not as usual."""

    def __missing__(self, fields: str) -> str:
        match = _SERVER.fullmatch(fields)
        server = match[1] if match else ""
        if len(self) < _MOST_KNOWN and len(fields) <= _LONGEST_KNOWN:
            self[fields] = server
        return server


_servers = _Servers()


def group(block: str, groups: Groups, messages: Messages) -> Iterator[str]:
    """Do what `Reader.group` asks, with the memory of the reader that reads what is left."""
    pattern, attempt = _grouping(_head_of(block), groups.precision)
    envelopes, envelope_of = messages.new_envelopes, messages.envelope_of
    arrived = messages.arrivals_in(groups)
    sent: list[tuple[str, ...]] = []
    servers: list[str] = []
    of_sent: list[str | None] = []
    failures: list[Attempt] = []
    rows = pattern.findall(block)
    lines = functools.cache(functools.partial(lines_found, pattern, block))
    for number, row in enumerate(rows):
        if sender := row[_SENDER]:
            text = envelope_text("" if sender == "<>" else sender, row[_SIZE])
            envelopes[row[_ID]] = text
            arrived.append((row[_TIME], text, row[_ID], 0))
        elif (fields := row[_FIELDS]) and (server := _servers[fields]):
            sent.append(row)
            servers.append(server)
            of_sent.append(envelopes.get(row[_ID]) or envelope_of(row[_ID]))
        elif fields or row[_OTHER]:
            text = row[_OTHER] or lines()[number]
            failure, left = _attempt_in(text, attempt, envelope_of)
            if failure is not None:
                failures.append(failure)
            if left:
                yield left
    messages.settle()
    if sent:
        times, queue_ids, flags, domains, _, heads, delays, *_ = zip(*sent, strict=True)
        columns = times, domains, servers, delays, queue_ids, of_sent
        is_sent = (_servers[row[_FIELDS]] for row in rows)
        yield from groups.add_successes(flags, heads, lambda: compress(lines(), is_sent), *columns)
    yield from groups.add(failures)


def _attempt_in(
    text: str, pattern: re.Pattern[str], envelope_of: Callable[[str], str | None]
) -> tuple[Attempt | None, str]:
    """Return the attempt that a line reports, if it is a usual one, and what is left."""
    match = pattern.match(text)
    if match is None:
        return None, text
    time, queue_id, flag, local, domain, rest = match.groups()
    fields, lead, words = rest.partition(_LEAD)
    delay = ""
    if not lead:
        quoted = _QUOTED.search(rest)
        if quoted is None:
            return None, text
        fields = rest[: quoted.start()]
        words, delay = quoted.groups("")
    elif " R=" in words and _SECOND_ATTEMPT.search(words):
        return None, text
    server = _servers[fields + _WORDS]
    if not server:
        return None, text
    if flag == "**":
        words = without_time(words)
    recipient = f"{local}@{domain}"
    key = flag, lead, alike(without_address(words, local, recipient))
    envelope = envelope_of(queue_id)
    row = time, domain, server, delay, queue_id, envelope
    party = None
    if flag == "**":
        sender = None if envelope is None else sender_in(envelope)
        party = sender, recipient, None, queue_id
    return (key, match[0], row, party), text[match.end() :]


def without_time(words: str) -> str:
    """Take off how long the attempt took, which follows the words of a failure.

    >>> without_time("550 5.1.1 No such user DT=0.123s")
    '550 5.1.1 No such user'
    """
    start = words.rfind(_TOOK)
    if start < 0 or not _SPAN.fullmatch(words, start + len(_TOOK)):
        return words
    return words[:start]


def rows_of(block: str) -> list[tuple[str, ...]]:
    """Return the lines of a block, each taken apart by its usual form.

    Each row has: silent lines that are before it; a line of Exim's; its stamp and queue id;
    of an attempt the flag, the recipient, the original one with its brackets, and the rest; of an
    arrival the sender, the size and the Message-ID; or any line else. The last ones may have silent
    lines alone.
    """
    return _walking(_head_of(block)).findall(block)


def _head_of(block: str) -> str:
    """Return a pattern of the head that the lines of a block have."""
    lines = list(filter(_HEAD.match, sample_of(block)))
    return BARE_HEAD if all(map(_BARE_HEAD.match, lines)) else HEAD


@functools.cache
def _grouping(head: str, precision: Precision) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of a block, and that of an attempt in what it leaves."""
    head = with_a_time(head, by_minute=precision is Precision.MINUTE)
    time = precision.field
    of_success = (time, "queue_id", "flag", "domain", "fields", "head", "delay")
    of_attempt = (time, "queue_id", "flag", "local", "domain", "fields")
    message = rf"{head}{MESSAGE}(?:{USUAL_SUCCESS}|{ARRIVAL})\n"
    silent = capturing(rf"(?:{head}(?:{SILENT}))*+")
    # What may go on with the line before it stays with it.
    other = rf"(?P<other>{OTHER}(?:(?!{capturing(head)}){OTHER})*+)"
    block = rf"{silent}(?:{message}|{other}|\Z)"
    attempt = rf"{head}{MESSAGE}{USUAL_ATTEMPT}\n"
    return (
        compiled(block, (*of_success, "sender", "size", "other")),
        compiled(attempt, of_attempt),
    )


@functools.cache
def _walking(head: str) -> re.Pattern[str]:
    of_attempt = ("queue_id", "flag", "recipient", "original", "rest")
    of_arrival = ("sender", "size", "message_id")
    silent = rf"(?P<silent>(?:{capturing(rf'{head}(?:{SILENT})')})*+)"
    line = rf"(?P<text>{head}{MESSAGE}(?:{ATTEMPT}|{ARRIVAL}(?=\n)|[^\n]*+))\n"
    block = rf"{silent}(?:{line}|(?P<other>{OTHER})|\Z)"
    return compiled(block, ("silent", "text", "stamp", *of_attempt, *of_arrival, "other"))
