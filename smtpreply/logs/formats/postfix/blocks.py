"""Postfix's lines, many at once: see `smtpreply.logs.grouping`. The grammar is that of `postfix`.

One pattern eats a block from its beginning to its end, line by line::

    block = *( *plain ( delivery / refusal / arrival / left ) )

Of `plain` lines nothing need be known; `left` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable

from smtpreply.logs.grouping import MASK, Groups, success_head, without_address
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.reasons.dedup import alike

_QID = r"(?:[0-9A-F]{6,15}+|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}+)"
_ANY_QID = r"[0-9A-Za-z]{6,20}+"

# "Nov 24 11:43:32 ", "2026-11-24T11:43:32.000000+01:00 ": loosely, where no time is wanted.
_ANY_STAMP = r"(?:[A-Z].{14} |[0-9]{4}-[^ \n]{15,30}+ )"
_HOUR = (
    r"(?:(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] [0-9]{2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2})"
)
_MINUTES = r":[0-9]{2}:[0-9]{2}"
_FRACTION = r"(?:\.[0-9]{1,9}+)?(?:[+-][0-9]{2}:[0-9]{2}|Z)?"
_HOST_AND_NAME = r" [^ \n]++ postfix(?:-[^/ \n]{1,50}+)?/"
_PID = r"\[[0-9]{1,10}+\]: "

_PLAIN = (
    rf"{_ANY_STAMP}[^ \n]++ postfix(?:-[^/ \n]{{1,50}}+)?/(?:"
    rf"(?:submission/|submissions/|smtps/)?smtpd{_PID}(?:(?:dis)?connect from |{_ANY_QID}: client=|"
    r"(?:lost connection|timeout|improper command pipelining|too many errors) after |"
    r"(?:Anonymous|Trusted|Untrusted|Verified) TLS connection )"
    rf"|cleanup{_PID}{_ANY_QID}: message-id="
    rf"|qmgr{_PID}{_ANY_QID}: removed"
    rf"|smtp{_PID}(?:Anonymous|Trusted|Untrusted|Verified) TLS connection "
    rf"|postscreen{_PID}(?:CONNECT from |PASS (?:NEW|OLD) |DISCONNECT |WHITELISTED |ALLOWLISTED |"
    r"HANGUP |PREGREET |DNSBL )"
    rf"|anvil{_PID}statistics: "
    rf"|pickup{_PID}{_ANY_QID}: uid="
    r")[^\n]*+\n"
)
_TO = r"to=<([^@> \t\n\"\\]++)@([^@> \t\n]++)>"
# What the reader takes for one: of each group, one line is read by it.
_RELAY = r"[^\[\], \n]*+(?:\[[^\]\n]*+\])?+(?::[0-9]++)?+"
_DELIVERY = (
    rf"([a-z]++){_PID}({_QID}): {_TO}, relay=({_RELAY}), (?:conn_use=[0-9]++, )?"
    r"delay=([0-9.]++), delays=[0-9./]++, (?:tls=[^,\n]*+, )?"
    r"dsn=([0-9.]++), status=(sent|deferred|bounced) \(([^\n]*+)\n"
)
_ARRIVAL = rf"qmgr{_PID}({_QID}): from=<([^> \t\n\"\\]*+)>, size=[0-9][^\n]*+\n"


_ENVELOPE = re.compile(rf"([^> \t\n\"\\]*+)> {_TO} proto=[A-Z]++ helo=<[^> \n]*+>\n?\Z")


@functools.cache
def _patterns(*, exactly: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the pattern of a block, and that of the head of a refusal in what it leaves."""
    stamp = f"({_HOUR}{_MINUTES})" if exactly else f"({_HOUR}){_MINUTES}"
    head = rf"{stamp}{_FRACTION}{_HOST_AND_NAME}"
    told = rf"({head}(?:{_DELIVERY}|{_ARRIVAL}))"
    block = rf"(?:{_PLAIN})*+(?:{told}|([^\n]*+\n|[^\n]++)|\Z)"
    refusal = (
        rf"{head}((?:submission/|submissions/|smtps/)?smtpd){_PID}NOQUEUE: reject: ([A-Z]++) from"
        r" [^\[\] \n]++\[([0-9.]{7,15}+)\](?::[0-9]++)?: "
    )
    return re.compile(block), re.compile(refusal)


def skim(block: str, groups: Groups, messages: Messages) -> list[str]:
    """Do what `Reader.skim` asks, with the memory of the reader that reads what is left."""
    pattern, refusal = _patterns(exactly=groups.finely)
    arrivals: dict[str, str] = {}
    left: list[str] = []
    for row in pattern.findall(block):
        (
            line, time, service, queue_id, local, domain, relay, delay, dsn, status, reason,
            arrived, sender, other,
        ) = row  # fmt: skip
        if arrived:
            arrivals[arrived] = sender
        elif status:
            # A host with its address has answered; what else may stand there is a word.
            word = "" if "[" in relay else relay
            key: Hashable
            if status == "sent":
                key = service, word, success_head(reason[:-1])
            else:
                recipient = f"{local}@{domain}"
                key = service, word, dsn, status, _in_general(reason, relay, local, recipient)
            group = groups.add(key, line, time, domain)
            group.servers.append(relay)
            group.delays.append(delay)
            if status != "sent":
                who = messages.sender_of(queue_id, arrivals)
                group.refused.append((who, recipient, None, queue_id))
        elif other and not _is_refusal(other, refusal, groups):
            left.append(other)
    messages.learn_senders(arrivals)
    return left


def _in_general(reason: str, relay: str, local: str, recipient: str) -> str:
    """Return what a reason says, whoever says it, and of whom."""
    # "host mx.example.org[192.0.2.1] said: ...": the relay without its port
    host = relay[: relay.rfind("]") + 1]
    if host and reason.startswith(f"host {host} "):
        reason = reason[len(host) + 6 :]
    return alike(without_address(reason, local, recipient))


def _is_refusal(line: str, pattern: re.Pattern[str], groups: Groups) -> bool:
    """Put a refusal into its group; whether it is one."""
    if ": NOQUEUE: reject: " not in line:
        return False
    told, _, envelope = line.rpartition("; from=<")
    whom, head = _ENVELOPE.match(envelope), pattern.match(told)
    if whom is None or head is None:
        return False
    sender, local, domain = whom.groups()
    time, service, command, ip = head.groups()
    recipient = f"{local}@{domain}"
    words = without_address(told[head.end() :], local, recipient)
    if sender:
        words = without_address(words, sender.partition("@")[0], sender)
    key: Hashable = service, command, alike(words.replace(ip, MASK))
    group = groups.add(key, line, time, domain)
    group.refused.append((sender, recipient, ip, None))
    return True
