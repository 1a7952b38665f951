"""Postfix's lines, a block at once: see `smtpreply.logs.grouping`.

One pattern runs over a block from its beginning to its end, line by line::

    block = *( *silent ( success / arrival / other ) )

Of `silent` lines nothing need be known. An `other` one is matched again: it may be a usual failure
or refusal, and is left to `lines` if it is none. All that repeats is possessive, so that no
character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from itertools import compress
from typing import NamedTuple

from smtpreply.logs.formats.postfix.grammar import (
    COMMAND,
    ENVELOPE_BEGINS,
    ENVELOPE_MARK,
    MESSAGE_ID,
    NAMING,
    PID,
    PLAIN_ADDRESS,
    PLAIN_ARRIVAL,
    PLAIN_MESSAGE_ID,
    QUEUE_ID,
    REASON,
    RELAY,
    SECOND_ADDRESS,
    SERVER,
    SILENT,
    STATUS,
    TIMES,
    USUAL_SERVER,
)
from smtpreply.logs.grouping import MASK, Attempt, Groups, Precision, without_address
from smtpreply.logs.received import envelope_text, sender_in
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.shapes import (
    OTHER,
    SUCCESS_HEAD,
    SUCCESS_LAST,
    Prefix,
    SyslogPrefix,
    capturing,
    compiled,
    lines_found,
    with_a_time,
)
from smtpreply.reasons.dedup import alike

# Behind the head of a line and the program's name:
_LONGEST_SERVICE = 190  # with the instance's name before it as long as a program's name may be
_LINE = rf"[0-9A-Za-z_.@/-]{{1,{_LONGEST_SERVICE}}}+)(?:{PID}|: )"
_TO = rf"to=<(?P<recipient>{PLAIN_ADDRESS})>, (?:orig_to=<(?P<original>[^<>\n\"]{{1,1000}}+)>, |)"
_STATUS = rf"{_TO}relay=(?P<relay>{RELAY}), {TIMES}{STATUS}"
_ATTEMPT = rf"{_STATUS}{REASON}"
_SUCCESS = (
    rf"{_TO}relay=(?P<relay>{SERVER}), {TIMES}sent \({SUCCESS_HEAD}[^(>\n]*+"
    rf"(?:>(?!, (?:relay|orig_to)=)[^(>\n]*+)*+(?<={SUCCESS_LAST}\))"
)
_NAMED = rf"{MESSAGE_ID}{PLAIN_MESSAGE_ID}(?=\n)"
_OF_MESSAGE = rf"(?P<queue_id>{QUEUE_ID}): "
_REFUSAL = (
    rf"(?:submission/|submissions/|smtps/|)smtpd){PID}NOQUEUE: reject: "
    rf"{COMMAND} from [^\[\], \n]*+\[(?P<ip>[0-9.]{{7,15}}+)\](?::[0-9]++|): "
    r"(?P<words>[^;\n]*+(?:;(?! from=<)[^;\n]*+)*+)"
    rf"; from=<(?P<sender>[^> \t\n\"\\]{{0,1000}}+)> to=<{PLAIN_ADDRESS}> "
    r"proto=[A-Z]++ helo=<[^> \n]*+>\n"
)
_REFUSED = ": NOQUEUE: reject: "
_NOT_REFUSED = ("sent", "deferred")
_SECOND_ADDRESS = ">, "  # a needle: see `SECOND_ADDRESS`
# Their places in what the pattern of a block gives of a line:
_TIME, _ID, _HEAD, _ENVELOPE, _RECIPIENTS, _OTHER = 0, 2, 6, 7, 8, 9


class _Patterns(NamedTuple):
    """The patterns of a block's lines.

    Attributes:
        block: finds usual successes, arrivals and what is left; it passes over silent lines.
        attempt, refusal: match a line of what is left.
    """

    block: re.Pattern[str]
    attempt: re.Pattern[str]
    refusal: re.Pattern[str]


# --- many lines in one group ---


def group(block: str, prefix: SyslogPrefix, groups: Groups, messages: Messages) -> Iterator[str]:
    """Do what `Reader.group` asks, with what the reader knows that reads what is left."""
    patterns = _grouping(prefix.of(block), groups.precision)
    envelopes, envelope_of = messages.new_envelopes, messages.envelope_of
    arrived = messages.arrivals_in(groups)
    sent: list[tuple[str, ...]] = []
    of_sent: list[str | None] = []
    failures: list[Attempt] = []
    rows = patterns.block.findall(block)
    for row in rows:
        if row[_HEAD]:
            sent.append(row)
            of_sent.append(envelopes.get(row[_ID]) or envelope_of(row[_ID]))
        elif envelope := row[_ENVELOPE]:
            envelopes[row[_ID]] = envelope
            arrived.append((row[_TIME], envelope, row[_ID], int(row[_RECIPIENTS])))
        elif other := row[_OTHER]:
            failure, left = _failure_in(other, patterns, envelope_of)
            if failure is not None:
                failures.append(failure)
            if left:
                yield left
    messages.settle()
    if sent:
        times, programs, queue_ids, domains, relays, delays, heads, *_ = zip(*sent, strict=True)
        columns = times, domains, relays, delays, queue_ids, of_sent
        is_sent = (row[_HEAD] for row in rows)
        yield from groups.add_successes(
            programs, heads, lambda: compress(lines_found(patterns.block, block), is_sent), *columns
        )
    yield from groups.add(failures)


@functools.lru_cache(maxsize=32)
def _grouping(prefix: Prefix, precision: Precision) -> _Patterns:
    head = with_a_time(prefix.head, by_minute=precision is Precision.MINUTE)
    name, time = prefix.program, precision.field
    silent = capturing(rf"(?:{head}{name}(?:{SILENT}|{NAMING})\n)*+")
    program = rf"{head}(?P<program>{name}[a-z/]{{1,{_LONGEST_SERVICE}}}+){PID}"
    message = rf"{program}{_OF_MESSAGE}(?:{_SUCCESS}|{PLAIN_ARRIVAL})\n"
    # What may go on with the line before it stays with it.
    other = rf"(?P<other>{OTHER}(?:(?!{capturing(head)}){OTHER})*+)"
    of_success = (time, "program", "queue_id", "domain", "relay", "delay", "head")
    of_attempt = (
        "program", "queue_id", "local", "domain", "relay", "delay", "dsn", "status", "reason",
    )  # fmt: skip
    of_refusal = ("program", "command", "ip", "words", "sender", "local", "domain")
    of_block = (*of_success, "envelope", "recipients", "other")
    return _Patterns(
        compiled(rf"{silent}(?:{message}|{other}|\Z)", of_block),
        compiled(rf"{program}{_OF_MESSAGE}{_STATUS}(?P<reason>.*+)\n", (time, *of_attempt)),
        compiled(rf"{head}(?P<program>{name}{_REFUSAL}", (time, *of_refusal)),
    )


def _failure_in(
    text: str, patterns: _Patterns, envelope_of: Callable[[str], str | None]
) -> tuple[Attempt | None, str]:
    """Return the attempt or refusal that a line reports, if it is a usual one, and what is left."""
    is_refused = _REFUSED in text
    match = (patterns.refusal if is_refused else patterns.attempt).match(text)
    if match is None:
        return None, text
    line, left = match[0], text[match.end() :]
    if is_refused:
        time, program, command, ip, words, sender, local, domain = match.groups()
        # An address or the words may look like an envelope.
        if ENVELOPE_BEGINS in words and ENVELOPE_MARK.search(words):
            return None, text
        recipient = f"{local}@{domain}"
        if "<" in words:
            words = without_address(words, local, recipient)
            if sender:
                words = without_address(words, sender.partition("@")[0], sender)
        key = program, command, alike(words.replace(ip, MASK))
        of_refused = time, domain, "", "", None, envelope_text(sender, None)
        return (key, line, of_refused, (sender, recipient, ip, None)), left
    time, program, queue_id, local, domain, relay, delay, dsn, status, reason = match.groups()
    if _SECOND_ADDRESS in reason and SECOND_ADDRESS.search(reason):
        return None, text
    recipient = f"{local}@{domain}"
    word = "" if USUAL_SERVER.fullmatch(relay) else relay  # its name makes no difference
    said = program, word, dsn, status, _in_general(reason, relay, local, recipient)
    envelope = envelope_of(queue_id)
    row = time, domain, relay, delay, queue_id, envelope
    if status in _NOT_REFUSED:
        return (said, line, row, None), left
    sender = None if envelope is None else sender_in(envelope)
    return (said, line, row, (sender, recipient, None, queue_id)), left


def _in_general(reason: str, relay: str, local: str, recipient: str) -> str:
    """Return the text of a reason, who gave it, and about whom."""
    # "host mx.example.org[192.0.2.1] said: ...": the relay without its port
    host = relay[: relay.rfind("]") + 1]
    if host and reason.startswith(f"host {host} "):
        reason = reason[len(host) + 6 :]
    return alike(without_address(reason, local, recipient))


# --- one line after the other ---


def rows_of(block: str, prefix: SyslogPrefix) -> list[tuple[str, ...]]:
    """Return the lines of a block, each taken apart by its usual form.

    Each row has: silent lines that are before it; of a line of Postfix's the stamp, host,
    program and process id, and the queue id; of an attempt the recipient, the original one, the
    relay, the delay, ``tls=``, ``dsn=``, ``status=`` and the reason; of an arrival what follows
    ``from=<``; the Message-ID; of other lines of Postfix's the message; or any line else. The
    last ones may have silent lines alone.
    """
    return _walking(prefix.of(block)).findall(block)


@functools.lru_cache(maxsize=32)
def _walking(prefix: Prefix) -> re.Pattern[str]:
    of_line = ("silent", "stamp", "host", "program", "pid", "queue_id", "message", "other")
    of_attempt = ("recipient", "original", "relay", "delay", "tls", "dsn", "status", "reason")
    head, name = prefix
    silent = rf"(?P<silent>(?:{capturing(head + name + SILENT)}\n)*+)"
    message = rf"(?:{_OF_MESSAGE}(?:{_ATTEMPT}|{PLAIN_ARRIVAL}|{_NAMED})|(?P<message>.*+))"
    line = rf"{head}(?P<program>{name}{_LINE}{message}\n"
    block = rf"{silent}(?:{line}|(?P<other>{OTHER})|\Z)"
    return compiled(block, (*of_line, *of_attempt, "arrival", "message_id"))
