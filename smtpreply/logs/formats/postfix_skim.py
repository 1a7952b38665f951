"""Postfix's lines, many at once: see `smtpreply.logs.bundle`. The grammar is that of `postfix`.

One pattern eats a block from its beginning to its end, line by line::

    block = *( *plain ( delivery / refusal / arrival / left ) )

Of `plain` lines nothing need be known; `left` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re

from smtpreply.logs.bundle import MASK, Groups, success_head, without_address
from smtpreply.logs.formats.messages import Messages

_QID = r"(?:[0-9A-F]{6,15}+|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}+)"
_ANY_QID = r"[0-9A-Za-z]{6,20}+"

# "Nov 24 11:43:32 ", "2026-11-24T11:43:32.000000+01:00 ": loosely, where no time is wanted.
_ANY_STAMP = r"(?:[A-Z][a-z]{2} .{11} |[0-9]{4}-[^ \n]{15,30}+ )"
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
_TO = r"to=<([^@>\s\"\\]{1,64}+)@([^@>\s]{1,255}+)>"
# What the reader takes for one: of each group, one line is read by it.
_RELAY = r"[^\[\], \n]*+(?:\[[^\]\n]*+\])?+(?::[0-9]++)?+"
_DELIVERY = (
    rf"([a-z]++){_PID}({_QID}): {_TO}, relay=({_RELAY}), (?:conn_use=[0-9]++, )?"
    r"delay=([0-9.]++), delays=[0-9./]++, (?:tls=[^,\n]*+, )?"
    r"dsn=[0-9.]++, status=(sent|deferred|bounced) \(([^\n]*+)\n"
)
_ARRIVAL = rf"qmgr{_PID}({_QID}): from=<([^>\s\"\\]*+)>, size=[0-9][^\n]*+\n"


@functools.cache
def _patterns(*, exactly: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Give the pattern of a block, and that of a refusal in what it leaves."""
    stamp = f"({_HOUR}{_MINUTES})" if exactly else f"({_HOUR}){_MINUTES}"
    head = rf"{stamp}{_FRACTION}{_HOST_AND_NAME}"
    told = rf"({head}(?:{_DELIVERY}|{_ARRIVAL}))"
    block = rf"(?:{_PLAIN})*+(?:{told}|([^\n]*+\n|[^\n]++)|\Z)"
    refusal = (
        rf"{head}((?:submission/|submissions/|smtps/)?smtpd{_PID}NOQUEUE: reject: [A-Z]++ from)"
        rf" [^\[\] \n]++\[([0-9.]{7, 15}+)\](?::[0-9]++)?: "
        rf"([^\n]*?); from=<([^>\s\"\\]*+)> {_TO} proto=[A-Z]++ helo=<[^>\s]*+>\n?\Z"
    )
    return re.compile(block), re.compile(refusal)


def skim(block: str, groups: Groups, messages: Messages, *, exactly: bool) -> list[str]:
    """Do what `Skimmer.skim` asks, with the memory of the reader that reads what is left."""
    pattern, refusal = _patterns(exactly=exactly)
    arrivals: dict[str, str] = {}
    left: list[str] = []
    for (
        line, time, service, queue_id, local, domain, relay, delay, status, reason,
        arrived, sender, other,
    ) in pattern.findall(block):  # fmt: skip
        if arrived:
            arrivals[arrived] = sender
        elif status == "sent":
            groups.add((time, service, domain, relay, success_head(reason[:-1])), line, delay)
        elif status:
            recipient = f"{local}@{domain}"
            key = (time, service, domain, relay, status, without_address(reason, local, recipient))
            groups.add(key, line, delay)
            known = arrivals.get(queue_id)
            who = messages.sender_of(queue_id) if known is None else known
            groups.refuse(key, (who, recipient, None))
        elif other:
            if match := refusal.match(other):
                _add_refusal(other, match, groups)
            else:
                left.append(other)
    messages.learn_senders(arrivals)
    return left


def _add_refusal(line: str, match: re.Match[str], groups: Groups) -> None:
    time, told, ip, words, sender, local, domain = match.groups()
    recipient = f"{local}@{domain}"
    words = without_address(words, local, recipient)
    if sender:
        words = without_address(words, sender.partition("@")[0], sender)
    key = (time, told, domain, words.replace(ip, MASK))
    groups.add(key, line, "")
    groups.refuse(key, (sender, recipient, ip))
