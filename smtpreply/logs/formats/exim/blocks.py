"""Exim's lines, a block at once: see `smtpreply.logs.grouping`.

::

    block = *( *silent ( success / failure / arrival / other ) )

Of `silent` lines nothing need be known; `other` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence

from smtpreply.logs.formats.exim.grammar import (
    ARRIVAL,
    ATTEMPT,
    BARE_HEAD,
    HEAD,
    MESSAGE,
    SILENT,
    USUAL_ATTEMPT,
)
from smtpreply.logs.grouping import Failure, Groups, Origin, success_head, without_address
from smtpreply.logs.received import SIZE, envelope_text
from smtpreply.logs.toolkit.envelopes import Arrivals, Columns, Messages
from smtpreply.logs.toolkit.shapes import OTHER, capturing, sample_of, with_a_time
from smtpreply.reasons.dedup import alike

_HEAD, _BARE_HEAD = re.compile(capturing(HEAD)), re.compile(rf"{capturing(BARE_HEAD)}(?![+[-])")

# Their places in what the pattern of a block gives of a line:
_LINE, _TIME, _ID, _FLAG, _SENDER = 0, 1, 2, 3, 10
_SENT = ("=>", "->")

_SIZE = re.compile(r"[0-9]{1,15}(?=[ \n]|\Z)")


def group(block: str, groups: Groups, messages: Messages) -> Iterator[str]:
    """Do what `Reader.group` asks, with the memory of the reader that reads what is left."""
    pattern = _grouping(_head_of(block), "stamp" if groups.finely else "hour")
    rows = pattern.findall(block)
    arrivals = Arrivals(messages, groups, _columns_of, _envelope_of)
    add, ask = arrivals.add, arrivals.ask
    sent: list[tuple[str, ...]] = []
    failures: list[Failure] = []
    for row in rows:
        queue_id = row[_ID]
        if row[_SENDER]:
            add(queue_id, row)
        elif (flag := row[_FLAG]) in _SENT:
            sent.append(row)
            ask(queue_id)
        else:
            line, time, _, _, local, domain, server, _, _, words, _, other = row
            if words:
                recipient = f"{local}@{domain}"
                key = flag, alike(without_address(words, local, recipient))
                origin, sender = arrivals.origin_of(queue_id)
                party = sender, recipient, None, queue_id
                failures.append((key, line, time, domain, server, "", queue_id, origin, party))
            elif left := other or line:
                arrivals.settle()
                yield left
    arrivals.settle()
    _group_sent(sent, arrivals.origins, groups)
    groups.add_failures(failures)


def _columns_of(rows: Collection[tuple[str, ...]]) -> Columns:
    senders = ["" if row[_SENDER] == "<>" else row[_SENDER] for row in rows]
    sizes = [size_of_arrival(row[_LINE]) for row in rows]
    return (
        [row[_TIME] for row in rows],
        senders,
        [int(size or 0) for size in sizes],
        [0] * len(rows),
        [f"{sender}{SIZE}{size}" for sender, size in zip(senders, sizes, strict=True)],
    )


def _envelope_of(row: tuple[str, ...]) -> str:
    sender = "" if row[_SENDER] == "<>" else row[_SENDER]
    return envelope_text(sender, size_of_arrival(row[_LINE]))


def _group_sent(rows: list[tuple[str, ...]], origins: Sequence[Origin], groups: Groups) -> None:
    if rows:
        (
            lines, times, queue_ids, flags, _, domains, servers, replies, delays, *_,
        ) = zip(*rows, strict=True)  # fmt: skip
        keys = zip(flags, map(success_head, replies), strict=True)
        groups.add(keys, lines, times, domains, servers, delays, queue_ids, origins)


def size_of_arrival(line: str) -> str:
    """Return the size in octets that the line of an arrival names, as digits; "" for none.

    >>> size_of_arrival('<= al@example.com U=al P=local S=350 T="about S=1" for bob@example.org')
    '350'
    """
    before, _, fields = line.partition(" S=")
    # The subject, T="...", is chosen by the sender, and may look like a field.
    if ' T="' in before:
        return ""
    size = _SIZE.match(fields)
    return size[0] if size else ""


def rows_of(block: str) -> list[tuple[str, ...]]:
    """Return the lines of a block, each taken apart by its usual form.

    Each row has: silent lines that are before it; a line of Exim's; its stamp and queue id;
    of an attempt the flag, the recipient, the original one with its brackets, and the rest; of an
    arrival the sender and the rest; or any line else. The last ones may have silent lines alone.
    """
    return _walking(_head_of(block)).findall(block)


def _head_of(block: str) -> str:
    """Return a pattern of the head that the lines of a block have."""
    lines = list(filter(_HEAD.match, sample_of(block)))
    return BARE_HEAD if all(map(_BARE_HEAD.match, lines)) else HEAD


@functools.cache
def _grouping(head: str, time: str) -> re.Pattern[str]:
    fields = ("queue_id", "flag", "local", "domain", "server", "reply", "delay", "words", "sender")
    head = with_a_time(head)
    told = rf"{head}{MESSAGE}(?:{USUAL_ATTEMPT}|{ARRIVAL})\n"
    silent = capturing(rf"(?:{head}(?:{SILENT}))*+")
    # What may go on with the line before it stays with it.
    other = rf"(?P<other>{OTHER}(?:(?!{capturing(head)}){OTHER})*+)"
    block = rf"{silent}(?:(?P<line>{told})|{other}|\Z)"
    return re.compile(capturing(block, (*fields, "line", time, "other")))


@functools.cache
def _walking(head: str) -> re.Pattern[str]:
    of_attempt = ("queue_id", "flag", "recipient", "original", "rest", "sender", "envelope")
    silent = rf"(?P<silent>(?:{capturing(rf'{head}(?:{SILENT})')})*+)"
    line = rf"(?P<text>{head}{MESSAGE}(?:{ATTEMPT}|{ARRIVAL}|[^\n]*+))\n"
    block = rf"{silent}(?:{line}|(?P<other>{OTHER})|\Z)"
    return re.compile(capturing(block, ("silent", "text", "stamp", *of_attempt, "other")))
