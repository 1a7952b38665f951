r"""ASSP, the Anti-Spam SMTP Proxy, and SPAMBOX, which is made of it: what it refuses.

From ``mlog``, ``thisIsSpam`` and ``error`` of assp.pl::

    line    = STAMP [" " ID] [" [Worker_" N "]"] *(" [" MARK "]") [" " IP] [" [OIP: " IP "]"]
              [" <" SENDER ">"] [" to: " RCPT] " " COMMENT
    STAMP   = MMM "-" DD "-" YY " " hh:mm:ss                 ; as set up; of syslog, none
    MARK    = "TLS-in" / "SSL-out" / "DNSBL" / "Bayesian" / "MessageOK" / ...
    COMMENT = "[spam found] (" WHY ")" ...                   ; it is refused
            / "[spam found] and possibly passing because " ...
            / ("[SMTP Error] " / "[SMTP Status] ") REPLY      ; what the client was answered
            / ("[SMTP Reply] ") REPLY / words

What is refused has its reason on one line and, where replies are logged, the reply on a later one
of the same message: it is reported once. What ASSP lets through, the server behind it reports.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply._support.dates import MONTH, MONTHS
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import BARE, PATH, said_by
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "assp"

_STAMP = re.compile(rf"({MONTH})-([0-9]{{2}})-([0-9]{{2}}) ([0-9:]{{8}}) ")
_HEAD = re.compile(
    r"(?:([a-z0-9]{0,8}-?[0-9]{5}-[0-9]{5}) )?(?:\[(?:Worker_[0-9]{1,3}|Main_Thread)\] )?"
    r"(?:(?:\[(?!spam found|SMTP )[A-Za-z][^\[\]]{0,60}\])+ ){0,4}"
    r"(?:(\[?[0-9A-Fa-f]{0,4}[.:][0-9A-Fa-f.:]{2,44}\]?) )?(?:\[OIP: [^\]\s]{0,60}\] )?"
    rf"(?:<({PATH})> )?(?:to: ({BARE}) )?(?=\S)"
)
_REPLY = re.compile(r"\[SMTP (Error|Status)\] ([45][0-9]{2}[ -].*)\Z", re.DOTALL)
_SPAM = re.compile(r"\[spam found\] \((.{1,500}?)\)(?:;| |\Z)", re.DOTALL)
_REFUSED = re.compile(
    r"(?:invalid address rejected|relay attempt blocked|recipient delayed|"
    r"(?:recipient|sender|connection|ip|mail|message)[^:]{0,60} "
    r"(?:rejected|blocked|denied|refused))\b.{0,500}\Z",
    re.DOTALL | re.IGNORECASE,
)
_BRACKETS = re.compile(r"<[^<>]*>|->")
_LET_THROUGH = re.compile(r"\[spam found\] and (?:possibly )?passing")
_TOLD = re.compile(r"\[spam found\]|\[SMTP (?:Error|Status)\]")


class AsspReader(Reader):
    """Reads the lines of one log. It remembers whose refusal has been reported with its reason."""

    def __init__(self) -> None:
        self._told: Memory[str] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        stamp = _STAMP.match(line.message)
        head = _HEAD.match(line.message, stamp.end() if stamp else 0)
        if head is None:
            return None
        comment = line.message[head.end() :]
        if ">" in _BRACKETS.sub("", comment):  # of an address, which may have ended before
            return None
        if _LET_THROUGH.match(comment):
            return ()
        key = head[1] or head[2] or ""
        if reply := _REPLY.match(comment):
            if self._told.get(key):
                self._told.forget(key)
                return ()
            return (_refused(line, stamp, head, reply[2], ReplyBy.OWN),)
        if key and (reason := _SPAM.match(comment) or _REFUSED.match(comment)):
            self._told[key] = key
            return (_refused(line, stamp, head, reason[reason.lastindex or 0], None),)
        return None if _TOLD.match(comment) else ()


def _refused(
    line: Line,
    stamp: re.Match[str] | None,
    head: re.Match[str],
    text: str,
    speaker: ReplyBy | None,
) -> Delivery:
    queue_id, ip, sender, recipient = head.groups()
    address = None if ip is None else ip.strip("[]")
    if stamp is not None:
        month = MONTHS.index(stamp[1]) + 1
        line.time = time_of(f"20{stamp[3]}-{month:02}-{stamp[2]} {stamp[4]}")
    return delivery_in(
        line,
        _NAME,
        direction=Direction.INCOMING,
        queue_id=queue_id,
        sender=sender,
        recipient=recipient,
        relay_host=address,
        relay_ip=address,
        status=Status.REJECTED,
        text=text.strip(),
        reply_by=speaker and said_by(speaker, text),
    )


def _detect(line: Line) -> bool:
    if line.program is not None:
        return True
    return _STAMP.match(line.message) is not None


FORMAT = Format(
    _NAME,
    _detect,
    AsspReader,
    programs=r"(?:assp|spambox)(?:\.pl)?\Z",
    begins=r"[A-Z][a-z]{2}-[0-9]",
    needles=tuple(f"{month}-" for month in MONTHS),
    certain=re.compile(rf"{MONTH}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} "),
)
