"""Exim's lines, many at once: see `smtpreply.logs.grouping`. The grammar is that of `exim`.

::

    block = *( *plain ( success / failure / arrival / left ) )

Of `plain` lines nothing need be known; `left` ones are read one by one. All that repeats is
possessive, so that no character is looked at twice.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Hashable

from smtpreply.logs.formats.exim.message_id import EXIM_ID
from smtpreply.logs.grouping import Groups, success_head, without_address
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.reasons.dedup import alike

_HOUR = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}"
_MINUTES = r":[0-9]{2}:[0-9]{2}"
# Most logs have nothing between time and message: that is tried first.
_REST = r"(?: |(?:\.[0-9]{1,6}+)?(?: [+-][0-9]{4})? (?:\[[0-9]{1,10}+\] )?)"

_PLAIN = (
    # That they are such is seen from the end of their fixed part: most lines come by here.
    r"[0-9]{4}-.{14} (?:[0-9A-Za-z]{6}-(?:.{9}|.{16}) Completed(?: QT=[^\n]*+)?\n"
    r"|(?:Start|End) queue run: [^\n]*+\n"
    r"|no host name found for [^\n]*+\n"
    r"|no IP address found for [^\n]*+\n"
    r"|SMTP connection from [^\n]*+\n)"
)
# A space is the only blank here: what is behind another one is for the reader, see `skim`.
_ADDRESS = r"([^@ \t\n<>\"|/:\\]++)@([^ \t\n<>:]++)"
_HOST = r"H=[^ \t\n\[]++ \[[^ \t\n\]]++\](?::[0-9]{1,5}+)?"
_TLS = r"(?: X=[^ \n]++(?: CV=[^ \n]++)?)?(?: DN=\"[^\"\n\\]*+\")?"
# A confirmation that holds a quote or an escape is left.
_SUCCESS = (
    rf"([-=]>) {_ADDRESS}(?: <[^> \t\n]++>)?(?: P=<[^> \n]*+>)?(?: R=[^ \n]++)? T=[^ \n]++"
    rf"(?: S=[0-9]++)? ({_HOST}){_TLS}(?: K)?"
    r" C=\"([^\"\n\\]*+)\"(?: QT=[0-9.]++m?s)?(?: DT=([0-9.]++)s)?\n"
)
_FAILURE = (
    rf"(\*\*|==) {_ADDRESS} R=[^ \n]++ T=[^ \n]++(?: defer \(-?[0-9]++\))? ({_HOST}){_TLS}"
    r"(: SMTP error from remote mail server after [^\n]*+)\n"
)
_ARRIVAL = r"<= ([^ \t\n<>]++|<>) [^\n]*+\n"


@functools.cache
def _pattern(*, exactly: bool) -> re.Pattern[str]:
    stamp = f"({_HOUR}{_MINUTES})" if exactly else f"({_HOUR}){_MINUTES}"
    told = rf"({stamp}{_REST}({EXIM_ID}) (?:{_SUCCESS}|{_FAILURE}|{_ARRIVAL}))"
    return re.compile(rf"(?:{_PLAIN})*+(?:{told}|([^\n]*+\n|[^\n]++)|\Z)")


def skim(block: str, groups: Groups, messages: Messages) -> list[str]:
    """Do what `Reader.skim` asks, with the memory of the reader that reads what is left."""
    arrivals: dict[str, str] = {}
    left: list[str] = []
    for row in _pattern(exactly=groups.finely).findall(block):
        (
            line, time, queue_id, flag, _, domain, server, reply, delay,
            failed, local, failed_domain, failed_server, words, sender, other,
        ) = row  # fmt: skip
        key: Hashable
        if sender:
            arrivals[queue_id] = "" if sender == "<>" else sender
        elif flag:
            key = success_head(reply)
            group = groups.add(key, line, time, domain)
            group.servers.append(server)
            group.delays.append(delay)
        elif failed:
            recipient = f"{local}@{failed_domain}"
            key = failed, alike(without_address(words, local, recipient))
            group = groups.add(key, line, time, failed_domain)
            group.servers.append(failed_server)
            who = messages.sender_of(queue_id, arrivals)
            group.refused.append((who, recipient, None, queue_id))
        elif other:
            left.append(other)
    messages.learn_senders(arrivals)
    return left
