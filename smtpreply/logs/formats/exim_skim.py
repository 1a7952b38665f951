"""Exim's lines, many at once: see `smtpreply.logs.bundle`. The grammar is that of `exim`.

::

    block = *( *plain ( success / failure / arrival / left ) )

Of `plain` lines nothing need be known; `left` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re

from smtpreply.logs.bundle import Groups, success_head, without_address
from smtpreply.logs.formats.messages import Messages

_MSGID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_HOUR = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}"
_MINUTES = r":[0-9]{2}:[0-9]{2}"
_REST = r"(?:\.[0-9]{1,6}+)?(?: [+-][0-9]{4})? (?:\[[0-9]{1,10}+\] )?"

_PLAIN = (
    rf"{_HOUR}{_MINUTES}{_REST}(?:{_MSGID} Completed(?: QT=[^\n]*+)?\n"
    r"|(?:Start|End) queue run: [^\n]*+\n"
    r"|no host name found for [^\n]*+\n"
    r"|no IP address found for [^\n]*+\n"
    r"|SMTP connection from [^\n]*+\n)"
)
_ADDRESS = r"([^@\s<>\"|/:\\][^@\s<>\"\\]{0,63}+)@([^\s<>:]{1,255}+)"
_HOST = r"H=[^\s\[]++ \[[^\]\s]++\](?::[0-9]{1,5}+)?"
_ROUTED = r"(?: P=<[^>\s]*+>)?(?: R=\S++)? T=\S++(?: S=[0-9]++)?"
# A confirmation that holds a quote or an escape is left.
_SUCCESS = (
    rf"([-=]>) {_ADDRESS}(?: <[^>\s]++>)?{_ROUTED} ({_HOST})"
    r"(?: X=\S++(?: CV=\S++)?)?(?: DN=\"[^\"\n\\]*+\")?(?: K)?"
    r" C=\"([^\"\n\\]*+)\"(?: QT=[0-9.]++m?s)?(?: DT=([0-9.]++)s)?\n"
)
_FAILURE = rf"(\*\*|==) {_ADDRESS}( (?:R=|<)[^\n]*+)\n"
_ARRIVAL = r"<= ([^\s<>]++|<>) [^\n]*+\n"


@functools.cache
def _pattern(*, exactly: bool) -> re.Pattern[str]:
    stamp = f"({_HOUR}{_MINUTES})" if exactly else f"({_HOUR}){_MINUTES}"
    told = rf"({stamp}{_REST}({_MSGID}) (?:{_SUCCESS}|{_FAILURE}|{_ARRIVAL}))"
    return re.compile(rf"(?:{_PLAIN})*+(?:{told}|([^\n]*+\n|[^\n]++)|\Z)")


def skim(block: str, groups: Groups, messages: Messages, *, exactly: bool) -> list[str]:
    """Do what `Skimmer.skim` asks, with the memory of the reader that reads what is left."""
    arrivals: dict[str, str] = {}
    left: list[str] = []
    for (
        line, time, queue_id, flag, _, domain, host, reply, delay,
        failed, failed_local, failed_domain, words, sender, other,
    ) in _pattern(exactly=exactly).findall(block):  # fmt: skip
        if flag:
            groups.add((time, domain, host, success_head(reply)), line, delay)
        elif sender:
            arrivals[queue_id] = "" if sender == "<>" else sender
        # How long it took is read from the whole line, and so is a recipient that was quoted.
        elif failed and (" DT=" in words or ' <"' in words):
            left.append(line)
        elif failed:
            recipient = f"{failed_local}@{failed_domain}"
            words = without_address(words, failed_local, recipient)  # noqa: PLW2901
            key = (time, failed, failed_domain, words)
            groups.add(key, line, "")
            known = arrivals.get(queue_id)
            who = messages.sender_of(queue_id) if known is None else known
            groups.refuse(key, (who, recipient, None))
        elif other:
            left.append(other)
    messages.learn_senders(arrivals)
    return left
