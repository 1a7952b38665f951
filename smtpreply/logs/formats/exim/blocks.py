"""Exim's lines, a block at once: see `smtpreply.logs.grouping`.

::

    block = *( *silent ( success / failure / arrival / other ) )

Of `silent` lines nothing need be known; `other` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from smtpreply.logs.formats.exim.grammar import (
    ARRIVAL,
    ATTEMPT,
    BARE_HEAD,
    HEAD,
    MESSAGE,
    SILENT,
    USUAL_ATTEMPT,
    USUAL_MESSAGE,
)
from smtpreply.logs.grouping import Failure, Groups, success_head, without_address
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.shapes import OTHER, capturing, sample_of
from smtpreply.reasons.dedup import alike

_HEAD, _BARE_HEAD = re.compile(capturing(HEAD)), re.compile(rf"{capturing(BARE_HEAD)}(?![+[-])")

_ID, _FLAG, _SENDER = 2, 3, 10  # their places in what the pattern of a block gives of a line
_SENT = ("=>", "->")


def group(block: str, groups: Groups, messages: Messages) -> Iterator[str]:
    """Do what `Reader.group` asks, with the memory of the reader that reads what is left."""
    pattern = _grouping(_head_of(block), "stamp" if groups.finely else "hour")
    rows = pattern.findall(block)
    _group_sent([row for row in rows if row[_FLAG] in _SENT], groups)
    senders = messages.new_senders
    failures: list[Failure] = []
    for row in rows:
        if sender := row[_SENDER]:
            senders[row[_ID]] = "" if sender == "<>" else sender
        elif (flag := row[_FLAG]) not in _SENT:
            line, time, queue_id, _, local, domain, server, _, _, words, _, other = row
            if words:
                recipient = f"{local}@{domain}"
                key = flag, alike(without_address(words, local, recipient))
                party = messages.sender_of(queue_id), recipient, None, queue_id
                failures.append((key, line, time, domain, server, "", party))
            elif left := other or line:
                yield left
    groups.add_failures(failures)
    messages.settle()


def _group_sent(rows: list[tuple[str, ...]], groups: Groups) -> None:
    if rows:
        lines, times, _, flags, _, domains, servers, replies, delays, *_ = zip(*rows, strict=True)
        keys = zip(flags, map(success_head, replies), strict=True)
        groups.add(keys, lines, times, domains, servers, delays)


def rows_of(block: str) -> list[tuple[str, ...]]:
    """Return the lines of a block, each taken apart by its usual form.

    Each row has: silent lines that stand before it; a line of Exim's; its stamp and queue id;
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
    told = rf"{head}{USUAL_MESSAGE}(?:{USUAL_ATTEMPT}|{ARRIVAL})\n"
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
