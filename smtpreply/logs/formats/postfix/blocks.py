"""Postfix's lines, a block at once: see `smtpreply.logs.grouping`.

One pattern runs over a block from its beginning to its end, line by line::

    block = *( *silent ( attempt / arrival / other ) )

Of `silent` lines nothing need be known; `other` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence

from smtpreply.logs.formats.postfix.grammar import (
    COMMAND,
    ENVELOPE_MARK,
    MESSAGE_ID,
    NAMING,
    PID,
    PLAIN_ADDRESS,
    PLAIN_ARRIVAL,
    PLAIN_MESSAGE_ID,
    PROGRAM,
    QUEUE_ID,
    REASON,
    RELAY,
    SILENT,
    TIMES,
)
from smtpreply.logs.grouping import MASK, Failure, Groups, Origin, success_head, without_address
from smtpreply.logs.received import SIZE
from smtpreply.logs.toolkit.envelopes import Arrivals, Columns, Messages
from smtpreply.logs.toolkit.shapes import OTHER, Prefix, capturing, syslog_prefix, with_a_time
from smtpreply.reasons.dedup import alike

# Behind the head of a line and the program's name:
_LINE = rf"[0-9A-Za-z_.@/-]++)(?:{PID}|: )"
_ATTEMPT = (
    rf"to=<(?P<recipient>{PLAIN_ADDRESS})>, (?:orig_to=<(?P<original>[^<>\n\"]{{1,1000}}+)>, |)"
    rf"relay=(?P<relay>{RELAY}), {TIMES}{REASON}"
)
_NAMED = rf"{MESSAGE_ID}{PLAIN_MESSAGE_ID}(?=\n)"
_OF_MESSAGE = rf"(?P<queue_id>{QUEUE_ID}): "
_REFUSAL = (
    rf"(?:submission/|submissions/|smtps/|)smtpd){PID}NOQUEUE: reject: "
    rf"{COMMAND} from [^\[\], \n]*+\[(?P<ip>[0-9.]{{7,15}}+)\](?::[0-9]++|): "
    r"(?P<words>[^;\n]*+(?:;(?! from=<)[^;\n]*+)*+)"
    rf"; from=<(?P<sender>[^> \t\n\"\\]{{0,1000}}+)> to=<{PLAIN_ADDRESS}> "
    r"proto=[A-Z]++ helo=<[^> \n]*+>\Z"
)
_NUMBER = ", nrcpt="
_REFUSED = ": NOQUEUE: reject: "
# Their places in what the pattern of a block gives of a line:
_TIME, _ID, _STATUS, _ARRIVAL = 1, 3, 9, 11


# --- many lines in one group ---


def group(block: str, groups: Groups, messages: Messages) -> Iterator[str]:
    """Do what `Reader.group` asks, with the memory of the reader that reads what is left."""
    prefix = syslog_prefix(block, PROGRAM)
    pattern, refusal = _grouping(prefix, "stamp" if groups.finely else "hour")
    rows = pattern.findall(block)
    arrivals = Arrivals(messages, groups, _columns_of, _envelope_of)
    add, ask = arrivals.add, arrivals.ask
    sent: list[tuple[str, ...]] = []
    failures: list[Failure] = []
    for row in rows:
        if row[_ARRIVAL]:
            add(row[_ID], row)
        elif row[_STATUS] == "sent":
            sent.append(row)
            ask(row[_ID])
        else:
            (
                line, time, program, queue_id, local, domain, relay, delay, dsn, status, reason,
                _, other,
            ) = row  # fmt: skip
            if status:
                recipient = f"{local}@{domain}"
                words = _in_general(reason, relay, local, recipient)
                key = program, _word_in(relay), dsn, status, words
                origin, sender = arrivals.origin_of(queue_id)
                party = sender, recipient, None, queue_id
                failures.append((key, line, time, domain, relay, delay, queue_id, origin, party))
            elif other:
                line, _, rest = other.partition("\n")
                failure = _refusal_in(line, refusal)
                if failure is not None:
                    failures.append(failure)
                if left := other if failure is None else rest:
                    arrivals.settle()
                    yield left
    arrivals.settle()
    _group_sent(sent, arrivals.origins, groups)
    groups.add_failures(failures)


def _columns_of(rows: Collection[tuple[str, ...]]) -> Columns:
    parted = [row[_ARRIVAL].rpartition(_NUMBER) for row in rows]
    texts = [text for text, _, _ in parted]
    envelopes = [text.rpartition(SIZE) for text in texts]
    return (
        [row[_TIME] for row in rows],
        [sender for sender, _, _ in envelopes],
        [int(size) for _, _, size in envelopes],
        [int(number) for _, _, number in parted],
        texts,
    )


def _envelope_of(row: tuple[str, ...]) -> str:
    return row[_ARRIVAL].rpartition(_NUMBER)[0]


def _group_sent(rows: list[tuple[str, ...]], origins: Sequence[Origin], groups: Groups) -> None:
    if rows:
        (
            lines, times, programs, queue_ids, _, domains, relays, delays, _, _, reasons, *_,
        ) = zip(*rows, strict=True)  # fmt: skip
        heads = [success_head(reason[:-1]) for reason in reasons]
        keys = zip(programs, map(_word_in, relays), heads, strict=True)
        groups.add(keys, lines, times, domains, relays, delays, queue_ids, origins)


def _word_in(relay: str) -> str:
    """Return what stands for a relay: "" for a host with its address, which has answered."""
    return "" if "[" in relay else relay


@functools.lru_cache(maxsize=32)
def _grouping(prefix: Prefix, time: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of a block, and that of a refusal in what it leaves."""
    of_attempt = ("queue_id", "local", "domain", "relay", "delay", "dsn", "status", "reason")
    fields = ("line", time, "program", *of_attempt, "arrival", "other")
    head, name = with_a_time(prefix.head), prefix.program
    silent = capturing(rf"(?:{head}{name}(?:{SILENT}|{NAMING})\n)*+")
    program = rf"(?P<program>{name}[a-z/]++){PID}"
    message = rf"(?P<line>{head}{program}{_OF_MESSAGE}(?:{_ATTEMPT}|{PLAIN_ARRIVAL})\n)"
    # What may go on with the line before it stays with it.
    other = rf"(?P<other>{OTHER}(?:(?!{capturing(head)}){OTHER})*+)"
    block = capturing(rf"{silent}(?:{message}|{other}|\Z)", fields)
    of_refusal = (time, "program", "command", "ip", "words", "sender", "local", "domain")
    refusal = capturing(rf"{head}(?P<program>{name}{_REFUSAL}", of_refusal)
    return re.compile(block), re.compile(refusal)


def _in_general(reason: str, relay: str, local: str, recipient: str) -> str:
    """Return the text of a reason, who gave it, and about whom."""
    # "host mx.example.org[192.0.2.1] said: ...": the relay without its port
    host = relay[: relay.rfind("]") + 1]
    if host and reason.startswith(f"host {host} "):
        reason = reason[len(host) + 6 :]
    return alike(without_address(reason, local, recipient))


def _refusal_in(line: str, pattern: re.Pattern[str]) -> Failure | None:
    """Return the refusal that a line reports; None where it is none."""
    if _REFUSED not in line:
        return None
    match = pattern.match(line)
    if match is None:
        return None
    time, program, command, ip, words, sender, local, domain = match.groups()
    if ENVELOPE_MARK.search(words):  # an address or the words may look like an envelope
        return None
    recipient = f"{local}@{domain}"
    words = without_address(words, local, recipient)
    if sender:
        words = without_address(words, sender.partition("@")[0], sender)
    key = program, command, alike(words.replace(ip, MASK))
    party = sender, recipient, ip, None
    origin = sender[sender.rfind("@") + 1 :], 0
    return key, line, time, domain, "", "", None, origin, party


# --- one line after the other ---


def rows_of(block: str) -> list[tuple[str, ...]]:
    """Return the lines of a block, each taken apart by its usual form.

    Each row has: silent lines that are before it; of a line of Postfix's the stamp, host,
    program and process id, and the queue id; of an attempt the recipient, the original one, the
    relay, the delay, ``tls=``, ``dsn=``, ``status=`` and the reason; of an arrival what follows
    ``from=<``; the Message-ID; of other lines of Postfix's the message; or any line else. The
    last ones may have silent lines alone.
    """
    return _walking(syslog_prefix(block, PROGRAM)).findall(block)


@functools.lru_cache(maxsize=32)
def _walking(prefix: Prefix) -> re.Pattern[str]:
    of_line = ("silent", "stamp", "host", "program", "pid", "queue_id", "message", "other")
    of_attempt = ("recipient", "original", "relay", "delay", "tls", "dsn", "status", "reason")
    head, name = prefix
    silent = rf"(?P<silent>(?:{capturing(head + name + SILENT)}\n)*+)"
    message = rf"(?:{_OF_MESSAGE}(?:{_ATTEMPT}|{PLAIN_ARRIVAL}|{_NAMED})|(?P<message>.*+))"
    line = rf"{head}(?P<program>{name}{_LINE}{message}\n"
    block = rf"{silent}(?:{line}|(?P<other>{OTHER})|\Z)"
    return re.compile(capturing(block, (*of_line, *of_attempt, "arrival", "message_id")))
