r"""`read_mailq`: the messages that a mail server itself lists as queued.

Of Postfix, postqueue(1), ``postqueue -j`` has an object a line, and ``postqueue -p`` (``mailq``) is
for people, src/postqueue/showq_compat.c::

    message   = "{" "queue_name" "queue_id" "arrival_time" "message_size" "forced_expire"
                "sender" "recipients" ":" "[" *recipient "]" "}"
    recipient = "{" "address" ["delay_reason"] "}"          ; a reason in the deferred queue only

    message   = ID ["*" / "!"] ["#"] SP size SP Www SP Mmm SP DD SP HH:MM:SS SP SENDER LF
                *([reason] SP ADDRESS LF)                ; "*": active, "!": on hold, "#": expired
    reason    = SP "(" words ")" LF                      ; of the recipients up to the next reason

Sendmail's ``mailq`` (sendmail/queue.c, print_single_queue) is nearly the same::

    message   = ID ["*" / "-" / "X" / "?"] SP size SP Www SP Mmm SP DD SP HH:MM SP SENDER LF
                [SP "QUARANTINE: " words LF] [SP [body] SP "(" words ")" LF] *(SP ADDRESS LF)

Exim's ``exim -bp``, src/queue.c (queue_list)::

    message   = age SP size SP MSGID SP "<" SENDER ">" [" *** frozen ***"] LF *recipient LF
    age       = digits ("m" / "h" / "d")
    recipient = 8SP ("D" / SP / "+D") SP ADDRESS LF         ; "D": delivered already

OpenSMTPD's ``smtpctl show queue`` (smtpctl.c, show_queue_envelope) has a line a recipient, and
qmail's ``qmail-qread`` (qmail-qread.c) one below each message::

    envelope  = EVPID "|" source "|" agent "|" flags "|" SENDER "|" RCPT "|" DEST "|" created "|"
                expires "|" last-try "|" tries "|" state "|" seconds "|" words

    message   = DD SP Mmm SP YYYY SP HH:MM:SS SP "GMT  #" ID 2SP size 2SP "<" SENDER "> "
                [" bouncing"] LF *(["  done"] HTAB ("local" / "remote") HTAB ADDRESS LF)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from smtpreply._support import regex as re
from smtpreply._support.dates import MONTH, MONTHS, WEEKDAY, WEEKDAYS
from smtpreply.logs.delivery import ReplyBy, reply_in, verdict_on
from smtpreply.logs.formats.postfix.lines import read_reason
from smtpreply.logs.toolkit.fields import said_by
from smtpreply.reasons import Outcome
from smtpreply.stage import Stage
from smtpreply.tools.queue import Queued

_KNOWN = "postqueue -j or -p, exim -bp, sendmail's mailq, smtpctl show queue or qmail-qread"
_DATE = rf"(?P<month>{MONTH}) {{1,2}}(?P<date>[0-9]{{1,2}})"

# What is around the messages: headings, totals, empty queues, what qmail-qread cannot read.
_AROUND = re.compile(
    r"-{1,6}Queue ID-|-{4,6}Q-ID-|-- [0-9]+ Kbytes in [0-9]+ Requests?\.|Mail queue is empty\Z"
    r"|M(?:SP|TA) Queue status\.\.\.|\s{1,20}Total requests: [0-9]+"
    r"|[0-9A-Za-z]{5,32}[*X-]?\s{1,10}\(job completed\)\Z"  # Sendmail, of one that has just left
    r"|\s{0,20}/\S{1,500} (?:is empty\Z|\([0-9]+ requests?[,)])|warning: trouble with #[0-9]"
)
_EXIM = re.compile(
    r" {0,4}(?P<age>[0-9]{1,5})(?P<unit>[mhd]) +[0-9.]{1,10}[KMG]? +"
    r"(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) <(?P<sender>[^>]{0,1000})>"
    r"(?P<frozen> \*\*\* frozen \*\*\*)?(?: \([^)]{0,100}\))?\Z"
)
_EXIM_DELIVERED = re.compile(r" {6,10}(?:D|\+D) [^ ]")
# Postfix and Sendmail, which prints no seconds; with -v it prints a priority and no day.
_CLASSIC = re.compile(
    r" {0,12}(?P<id>[0-9A-Za-z]{5,32})(?P<marks>[*!#?-]{0,3}) {0,12} -?[0-9]{1,12} "
    rf"{{1,3}}(?:-?[0-9]{{1,12}}[+ ])?(?:(?P<day>{WEEKDAY}) )?{_DATE} "
    r"(?P<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?) {1,3}(?P<sender>\S.{0,999})\Z"
)
_SENDMAIL_BUSY = re.compile(r"[A-Za-z0-9]{8}[0-9]{6,7}X\Z")  # the load is too high for it
_QMAIL = re.compile(
    rf"(?P<date>[0-9]{{1,2}}) (?P<month>{MONTH}) (?P<year>[0-9]{{4}}) "
    r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) GMT  #(?P<id>[0-9]{1,20})  [0-9]{1,20}  "
    r"<(?P<sender>.{0,1000})>(?:  bouncing)?\Z"
)
_QMAIL_RECIPIENT = re.compile(r"(?P<done>  done)?\t(?:local|remote)\t(?P<address>\S.{0,999})\Z")
_RECIPIENT = re.compile(r"[ \t]{5,60}(?P<address>[^ \t(].{0,999})\Z")
_REASON = re.compile(r"[ \t]{0,80}(?:[0-9A-Z]{4,10}[ \t]{1,4})?\((?P<words>.*)", re.DOTALL)
_QUARANTINE = re.compile(r"[ \t]{3,8}QUARANTINE: (?P<words>.*)\Z")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST_TIME = 253_402_300_800  # seconds to the year 10000
_LONGEST_REASON = 10_000  # characters
_INDENT = 30  # columns before an address, of 41 or 47
_YEARS_BACK = 12  # in which each day of the year has been each day of the week
_MOST_UNKNOWN = 20  # lines before the first of a listing


class MailqError(ValueError):
    """A line is of no listing that is known, or a listing ends within a message.

    >>> list(read_mailq(["Hello"]))
    Traceback (most recent call last):
        ...
    smtpreply.tools.mailq.MailqError: line 1 is not of postqueue -j or -p, exim -bp, ...

    Attributes:
        line: its number, from 1.
    """

    def __init__(self, line: int, words: str = f"is not of {_KNOWN}") -> None:
        super().__init__(f"line {line} {words}")
        self.line = line


def read_mailq(
    lines: Iterable[str],
    now: datetime | None = None,
    tz: tzinfo | None = None,
    on_error: Callable[[MailqError], None] | None = None,
) -> Iterator[Queued]:
    r"""Yield what is queued: for each message, the recipients that it is still to be delivered to.

    Args:
        lines: the output of ``postqueue -j``, ``postqueue -p``, ``exim -bp``, Sendmail's ``mailq``,
            ``smtpctl show queue`` or ``qmail-qread``, one line or many.
        now: when it was printed, with a time zone; by default, now.
        tz: the time zone of the stamps of ``postqueue -p`` and Sendmail, which name none; by
            default, that of this computer.
        on_error: called for each line within a listing that cannot be read, and for a listing that
            ends within a message; reading goes on. By default, the error is raised.

    Raises:
        MailqError: a line is of none of these; with `on_error`, the first lines are not.

    >>> printed = [" 25m  2.9K 0t5C6f-0000c8-00 <al@example.com>\n", "          bob@example.org\n"]
    >>> [found] = read_mailq(printed)
    >>> found.recipient, str(found.age), found.mta
    ('bob@example.org', '0:25:00', 'exim')
    """
    listing = _Listing(now or datetime.now(UTC), tz)
    unknown: list[MailqError] = []  # before the first line of a listing
    is_known, number = False, 0
    for number, line in enumerate(lines, start=1):
        found = listing.read(line)
        if found is not None:
            if line.strip() and not is_known and on_error is not None:
                is_known = True
                for error in unknown:
                    on_error(error)
            yield from found
            continue
        listing.leave_out(line)
        error = MailqError(number)
        if on_error is None:
            raise error
        if is_known:
            on_error(error)
        else:
            unknown.append(error)
        if len(unknown) == _MOST_UNKNOWN and not is_known:
            break
    if unknown and not is_known:
        raise unknown[0]
    if listing.is_cut:
        error = MailqError(number, "is the last one: the listing ends within a message")
        if on_error is None:
            raise error
        on_error(error)


class _Listing:
    """Reads a listing, line by line."""

    def __init__(self, now: datetime, tz: tzinfo | None) -> None:
        self._now = now
        self._tz = tz
        self._message: dict[str, Any] | None = None
        self._reason: dict[str, Any] = {}
        self._has_recipient = False
        self._unclosed: str | None = None  # a reason that goes on in the next line
        self._heads: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...]
        self._heads = ((_EXIM, self._exim), (_CLASSIC, self._classic), (_QMAIL, self._qmail))

    def read(self, line: str) -> Iterable[Queued] | None:
        """Return what a line lists; None where it is of no listing."""
        line = line.rstrip()
        if self._unclosed is not None:
            if self._goes_on(line):
                return self._further_reason(line)
            self._end_reason(self._unclosed)
        if not line:
            self._message = None
            return ()
        if line.startswith("{"):
            return self._postfix_object(line)
        for pattern, read in self._heads:
            if (match := pattern.match(line)) is not None:
                self._message, self._reason, self._has_recipient = read(match), {}, False
                return ()
        if _AROUND.match(line) is not None:
            self._message = None
            return ()
        if line.count("|") >= _FIELDS:
            return self._opensmtpd(line)
        return None if self._message is None else self._below(self._message, line)

    def leave_out(self, line: str) -> None:
        """Go on behind a line that cannot be read; what is below the head of a message is its."""
        self._unclosed = None
        if not line.startswith((" ", "\t")):
            self._message = None

    @property
    def is_cut(self) -> bool:
        """Whether the last message has no recipient yet."""
        return self._message is not None and not self._has_recipient

    def _below(self, message: dict[str, Any], line: str) -> Iterable[Queued] | None:
        """Read a line below a message: a recipient, or why the next ones wait."""
        mta = message["mta"]
        if mta == "qmail":
            recipient = _QMAIL_RECIPIENT.match(line)
            is_done = recipient is not None and recipient["done"] is not None
        elif mta == "exim":
            recipient, is_done = _RECIPIENT.match(line), _EXIM_DELIVERED.match(line) is not None
        elif (held := _QUARANTINE.match(line)) is not None:
            message |= {"state": "hold", "text": held["words"]}
            return ()
        elif (reason := _REASON.match(line)) is not None:
            self._unclosed = ""
            return self._further_reason(reason["words"])
        elif mta == "sendmail" and _is_body_type(line):
            return ()
        else:
            recipient, is_done = _RECIPIENT.match(line), False
        self._has_recipient |= is_done or recipient is not None
        if recipient is None:
            return () if is_done else None
        address = recipient["address"]
        if mta == "sendmail":
            address = _bare(address)
        return () if is_done else [Queued(**(message | self._reason), recipient=address)]

    def _goes_on(self, line: str) -> bool:
        """Return whether a line may be the rest of a reason, which a terminal has wrapped."""
        if not line or line.expandtabs().startswith(" " * _INDENT) or line.startswith("{"):
            return False
        return _AROUND.match(line) is None and not any(head.match(line) for head, _ in self._heads)

    def _further_reason(self, line: str) -> Iterable[Queued] | None:
        """Read on in a reason, which ends with a line's last parenthesis."""
        words = f"{self._unclosed} {line.lstrip()}".strip()
        if len(words) > _LONGEST_REASON:
            return None
        if words.endswith(")"):
            self._end_reason(words[:-1])
        else:
            self._unclosed = words
        return ()

    def _end_reason(self, words: str) -> None:
        self._unclosed = None
        self._reason = self._why(words)

    def _why(self, words: str) -> dict[str, Any]:
        assert self._message is not None
        if words == "reason unavailable":
            return {}
        if self._message["mta"] == "sendmail":
            said = words.removeprefix("Deferred: ")
            text, reason = _explained(said, said_by(ReplyBy.REMOTE, said), None)
        else:
            text, reason = _of_postfix(words)
        state = self._message["state"]
        return {"text": text, "reason": reason, "state": state if state != "queued" else "deferred"}

    # --- the messages of each server ---

    def _arrived(self, arrived: datetime) -> dict[str, Any]:
        return {"arrived": arrived, "age": max(self._now - arrived, timedelta(0))}

    def _postfix_object(self, line: str) -> list[Queued] | None:
        try:
            message = json.loads(line)
            seconds = int(message["arrival_time"])
            arrived = datetime.fromtimestamp(min(max(seconds, 0), _LONGEST_TIME - 1), UTC)
            found = []
            for each in message["recipients"]:
                words = each.get("delay_reason")
                text, reason = _of_postfix(words) if isinstance(words, str) else (None, None)
                found.append(
                    Queued(
                        queue_id=str(message["queue_id"]),
                        sender=_sender(str(message["sender"])),
                        recipient=str(each["address"]),
                        mta="postfix",
                        state=str(message["queue_name"]),
                        text=text,
                        reason=reason,
                        **self._arrived(arrived),
                    )
                )
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError):
            return None
        return found

    def _exim(self, match: re.Match[str]) -> dict[str, Any]:
        age = int(match["age"]) * _UNITS[match["unit"]]
        return {
            "queue_id": match["id"],
            "sender": match["sender"],
            "mta": "exim",
            "state": "frozen" if match["frozen"] else "queued",
            "arrived": self._now - age,
            "age": age,
        }

    def _classic(self, match: re.Match[str]) -> dict[str, Any]:
        name, marks = match["id"], match["marks"]
        mta = "postfix" if match["time"].count(":") == 2 else "sendmail"
        if mta == "sendmail" and _SENDMAIL_BUSY.match(name):
            name = name.removesuffix("X")
        arrived = self._without_year(match)
        return {
            "queue_id": name,
            "sender": _sender(_bare(match["sender"]) if mta == "sendmail" else match["sender"]),
            "mta": mta,
            "state": "active" if "*" in marks else "hold" if "!" in marks else "queued",
            **({} if arrived is None else self._arrived(arrived)),
        }

    def _without_year(self, match: re.Match[str]) -> datetime | None:
        """Return the latest time of a stamp that is not in the future, and of its day of the week.

        None where there is no such day in any year.
        """
        clock = match["time"] if match["time"].count(":") == 2 else f"{match['time']}:00"
        day = MONTHS.index(match["month"]) + 1, int(match["date"])
        latest = self._now + timedelta(days=1)  # clocks differ
        found: datetime | None = None
        for year in range(latest.year, latest.year - _YEARS_BACK, -1):
            try:
                text = f"{year:04}-{day[0]:02}-{day[1]:02} {clock}"
                naive = datetime.fromisoformat(text)
                arrived = naive.replace(tzinfo=self._tz) if self._tz else naive.astimezone()
            except (ValueError, OverflowError):  # no leap year, no such time
                continue
            if arrived > latest:
                continue
            found = found or arrived
            if match["day"] in (None, WEEKDAYS[naive.weekday()]):
                return arrived
        return found

    def _qmail(self, match: re.Match[str]) -> dict[str, Any]:
        month = MONTHS.index(match["month"]) + 1
        text = f"{match['year']}-{month:02}-{int(match['date']):02} {match['time']}"
        try:
            arrived = self._arrived(datetime.fromisoformat(text).replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            arrived = {}
        sender = match["sender"]
        return {"queue_id": match["id"], "sender": sender, "mta": "qmail", "state": "queued"} | (
            arrived
        )

    def _opensmtpd(self, line: str) -> list[Queued] | None:
        name, _, _, flags, sender, _, recipient, created, _, tried, tries, state, *rest = (
            line.split("|", _FIELDS)
        )
        numbers = (created, tried, tries)
        if not all(number.isascii() and number.isdecimal() for number in numbers):
            return None
        if _EVPID.match(name) is None:
            return None
        seconds, last, attempts = (min(int(number[:15]), _LONGEST_TIME - 1) for number in numbers)
        words = rest[-1] if len(rest) > 1 else ""
        text, reason = _explained(words, said_by(ReplyBy.REMOTE, words), None)
        marks = {"hold": "hold", "suspend": "hold"}
        held = next((marks[flag] for flag in flags.split(",") if flag in marks), None)
        waiting = "deferred" if attempts else "queued"
        return [
            Queued(
                queue_id=name,
                sender="" if sender == "@" else sender,
                recipient=recipient,
                mta="opensmtpd",
                state=held or ("active" if state == "inflight" else waiting),
                last=datetime.fromtimestamp(last, UTC) if last else None,
                attempts=attempts or None,
                text=text,
                reason=reason,
                **self._arrived(datetime.fromtimestamp(seconds, UTC)),
            )
        ]


_FIELDS = 13  # separators before the words
_EVPID = re.compile(r"[0-9a-f]{16}\Z")


def _of_postfix(words: str) -> tuple[str | None, str | None]:
    """Return the reply and its reason in Postfix's words, which have the form of its log."""
    text, reply_by, stage, _ = read_reason(words, spoke=False)
    return _explained(text, reply_by, stage)


def _explained(
    text: str, reply_by: ReplyBy | None, stage: Stage | None
) -> tuple[str | None, str | None]:
    if not text:
        return None, None
    verdict = verdict_on(text, reply_in(text, reply_by), stage, None, Outcome.DEFERRED)
    return text, verdict.reason.value


def _sender(sender: str) -> str:
    """Return the null reverse-path as logs have it: the servers show empty_address_recipient."""
    return "" if sender == "MAILER-DAEMON" else sender


def _bare(address: str) -> str:
    """Return an address without brackets; Sendmail cuts long ones off, and the last with them."""
    return address.removeprefix("<").removesuffix(">") if address.startswith("<") else address


def _is_body_type(line: str) -> bool:
    return line.strip() in ("7BIT", "8BITMIME")
