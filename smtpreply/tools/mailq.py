r"""`read_mailq`: what an MTA itself lists as queued: ``postqueue -j`` and ``exim -bp``.

Postfix, postqueue(1), an object a line::

    message   = "{" "queue_name" "queue_id" "arrival_time" "message_size" "forced_expire"
                "sender" "recipients" ":" "[" *recipient "]" "}"
    recipient = "{" "address" ["delay_reason"] "}"          ; a reason in the deferred queue only

Exim, src/queue.c (queue_list)::

    message   = age SP size SP MSGID SP "<" SENDER ">" [" *** frozen ***"] LF *recipient LF
    age       = digits ("m" / "h" / "d")
    recipient = 8SP ("D" / SP / "+D") SP ADDRESS LF         ; "D": delivered already
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from smtpreply.logs.delivery import reply_in, verdict_on
from smtpreply.logs.formats.postfix.lines import read_reason
from smtpreply.reasons import Outcome
from smtpreply.tools.queue import Queued

_MESSAGE = re.compile(
    r" {0,4}(?P<age>[0-9]{1,5})(?P<unit>[mhd]) +[0-9.]{1,10}[KMG]? +"
    r"(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) <(?P<sender>[^>]{0,1000})>"
    r"(?P<frozen> \*\*\* frozen \*\*\*)?(?: \([^)]{0,100}\))?\s*\Z"
)
_RECIPIENT = re.compile(r" {8,12}(?P<address>[^ ].{0,999}?)\s*\Z")
_DELIVERED = re.compile(r" {6,10}(?:D|\+D) [^ ]")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST_TIME = 253_402_300_800  # seconds to the year 10000


class MailqError(ValueError):
    """A line is none of ``postqueue -j`` or ``exim -bp``.

    >>> list(read_mailq(["Hello"]))
    Traceback (most recent call last):
        ...
    smtpreply.tools.mailq.MailqError: line 1 is not of postqueue -j or exim -bp

    Attributes:
        line: its number, from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not of postqueue -j or exim -bp")
        self.line = line


def read_mailq(lines: Iterable[str], now: datetime | None = None) -> Iterator[Queued]:
    r"""Yield what is queued: for each message, the recipients that it is still to be delivered to.

    Args:
        lines: the output of ``postqueue -j`` or ``exim -bp``, one line or many.
        now: when it was printed, with a time zone; by default, now.

    Raises:
        MailqError: a line is of neither.

    >>> printed = [" 25m  2.9K 0t5C6f-0000c8-00 <al@example.com>\n", "          bob@example.org\n"]
    >>> [found] = read_mailq(printed)
    >>> found.recipient, str(found.age), found.mta
    ('bob@example.org', '0:25:00', 'exim')
    """
    now = now or datetime.now(UTC)
    message: dict[str, Any] | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            message = None
        elif line.startswith("{"):
            yield from _of_postfix(line, number, now)
        elif (match := _MESSAGE.match(line)) is not None:
            message = _of_exim(match, now)
        elif message is None:
            raise MailqError(number)
        elif _DELIVERED.match(line) is None:
            recipient = _RECIPIENT.match(line)
            if recipient is None:
                raise MailqError(number)
            yield Queued(**message, recipient=recipient["address"])


def _of_postfix(line: str, number: int, now: datetime) -> Iterator[Queued]:
    try:
        message = json.loads(line)
        name, recipients = str(message["queue_id"]), message["recipients"]
        seconds = int(message["arrival_time"])
        for each in recipients:
            text, reason = _reason(each.get("delay_reason"))
            arrived = datetime.fromtimestamp(min(max(seconds, 0), _LONGEST_TIME - 1), UTC)
            yield Queued(
                queue_id=name,
                sender=_sender(str(message["sender"])),
                recipient=str(each["address"]),
                mta="postfix",
                state=str(message["queue_name"]),
                arrived=arrived,
                text=text,
                reason=reason,
                age=max(now - arrived, timedelta(0)),
            )
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise MailqError(number) from None


def _reason(words: Any) -> tuple[str | None, str | None]:
    """Return the reply and its reason in a delay_reason, which has the form of Postfix's log."""
    if not isinstance(words, str):
        return None, None
    text, reply_by, stage, _ = read_reason(words, spoke=False)
    verdict = verdict_on(text, reply_in(text, reply_by), stage, None, Outcome.DEFERRED)
    return text, verdict.reason.value


def _sender(sender: str) -> str:
    """Return the null reverse-path as logs have it: postqueue shows empty_address_recipient."""
    return "" if sender == "MAILER-DAEMON" else sender


def _of_exim(match: re.Match[str], now: datetime) -> dict[str, Any]:
    age = int(match["age"]) * _UNITS[match["unit"]]
    return {
        "queue_id": match["id"],
        "sender": match["sender"],
        "mta": "exim",
        "state": "frozen" if match["frozen"] else "queued",
        "arrived": now - age,
        "age": age,
    }
