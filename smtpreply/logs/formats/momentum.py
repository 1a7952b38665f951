r"""Momentum (Ecelerity): mainlog, bouncelog and rejectlog.

From the Momentum 4 documentation, "Log Formats" (ec_logger, bounce_logger)::

    line      = time "@" message "@" batch "@" connection "@" record
    reception = "R@" local "@" domain "@" local "@" domain "@" ip "@" size "@" protocol
                "@" group "@" binding
    delivery  = "D@" domain "@" size "@" group "@" binding "@" retries "@" delay "@" ip
    failure   = ("T" / "P") "@" domain "@" octets "@" group "@" binding "@" stage "@" retries
                "@" delay "@" ip "@" reply              ; mainlog: transient, permanent
    bounce    = ("B" / "T") "@" local "@" domain "@" local "@" domain "@" group "@" binding
                "@" stage "@" class "@" size "@" ip "@" reply                     ; bouncelog
    other     = "X@" ... / "M" ["1"]                    ; to another node; a sign of life
    reject    = time ":" SP 'R="' ip ":" port '" L="' ... '"' ... SP 'P="' phase '" E=' code
                SP "M=" module SP "CTXCONN=[" ... "] CTXMESS=[" ... "]" SP words  ; rejectlog

``[internal]`` in a reply is Momentum's own sign that it came from no server. Nothing is escaped: a
local part with an "@" moves all fields after it. A bounce that can be read in two ways, because
its recipient or its reply is made to look like the fields between them, is not read at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import port_of, said_by
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.timestamps import span_of, time_of
from smtpreply.stage import Stage

_NAME = "momentum"

_ID = r"[0-9A-Fa-f]{1,4}/[0-9A-Fa-f]{1,4}-[0-9A-Fa-f]{1,10}-[0-9A-Fa-f]{1,10}"
_IP = r"([0-9A-Fa-f:.]{2,45})?(?::[0-9]{1,5})?"
_HEAD = re.compile(rf"([0-9]{{9,10}})@({_ID})@(?:{_ID})?@(?:{_ID})?@([RDTPBX])@")
_SIGN_OF_LIFE = re.compile(r"[0-9]{9,10}(?:@@@@M1?|: Marker 1)\s*\Z")
_RECEPTION = re.compile(r"([^@]*)@([^@]*)@([^@]*)@([^@]*)@[^@]*@[0-9]*@")
_DELIVERY = re.compile(rf"([^@]+)@[0-9]+@[^@]*@[^@]*@[0-9]+@([0-9.]+)@{_IP}\Z")
_FAILURE = re.compile(
    rf"([^@]+)@[0-9]+@[^@]*@[^@]*@([0-9]{{1,2}})@[0-9]+@([0-9.]+)@{_IP}@(.*)\Z", re.DOTALL
)
_BOUNCE = re.compile(
    r"([^@]*)@([^@]*)@([^@]*)@([^@]*)@[^@]*@[^@]*"
    rf"@([0-9]{{1,2}})@[0-9]{{1,3}}@[0-9]+@{_IP}@(.*)\Z",
    re.DOTALL,
)
_BETWEEN = re.compile(r"@[0-9]{1,2}@[0-9]{1,3}@[0-9]+@[0-9A-Fa-f:.]{0,45}@")
_REJECT = re.compile(
    r"([0-9]{9,10}): R=\"\[?([0-9A-Fa-f:.]{2,45}?)\]?(?::([0-9]{1,5}))?\" L=\"[^\"]*\" "
    r"C=\"([^\"]*)\" (?:PATH(?:_GRP)?=\"[^\"]*\" ){0,2}P=\"([^\"]*)\" E=([2-5][0-9]{2}) M=\S*"
    r"(.*)\Z",
    re.DOTALL,
)
_INTERNAL = re.compile(r".{0,30}?\[internal\]")
_NOT_CONNECTED = "0"
_STAGES = {
    "2": Stage.MAIL,
    "3": Stage.MAIL,
    "4": Stage.RCPT,
    "5": Stage.RCPT,
    "6": Stage.DATA,
    "7": Stage.DATA,
    "8": Stage.END_OF_DATA,
    "9": Stage.END_OF_DATA,
    "10": Stage.EHLO,
    "11": Stage.EHLO,
    "12": Stage.CONNECT,
    "15": Stage.STARTTLS,
    "16": Stage.STARTTLS,
}
_PHASES = {"mailfrom": Stage.MAIL, "rcptto": Stage.RCPT, "data": Stage.DATA, "ehlo": Stage.EHLO}
_MOST_RECIPIENTS = 100  # of one message, to remember


def _detect(line: Line) -> bool:
    text = line.message
    return bool(_HEAD.match(text) or _SIGN_OF_LIFE.match(text) or _REJECT.match(text))


class MomentumReader(Reader):
    """Reads the lines of one log. It remembers who is to have each message."""

    def __init__(self) -> None:
        self._senders: Memory[str] = Memory()
        self._recipients: Memory[tuple[str, ...]] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        text = line.message
        head = _HEAD.match(text)
        if head is None:
            match = _REJECT.match(text)
            if match is None:
                return () if _SIGN_OF_LIFE.match(text) else None
            return (_rejected(line, match),)
        stamp, message, kind = head.groups()
        line.time = time_of(stamp)
        rest = text[head.end() :]
        if kind == "R":
            return self._received(message, rest)
        if kind == "D":
            return self._delivered(line, message, rest)
        if kind in "TP" and (match := _FAILURE.match(rest)):
            return (self._failed(line, message, kind, match),)
        if kind in "TB":
            return self._bounced(line, message, kind, rest)
        return () if kind == "X" else None

    def _received(self, message: str, rest: str) -> Iterable[Delivery] | None:
        match = _RECEPTION.match(rest)
        if match is None:
            return None
        known = self._recipients.get(message) or ()
        self._recipients[message] = (*known[:_MOST_RECIPIENTS], f"{match[1]}@{match[2]}")
        self._senders[message] = _address(match[3], match[4])
        return ()

    def _delivered(self, line: Line, message: str, rest: str) -> Iterable[Delivery] | None:
        """Read a delivery: it has no reply, and no more of its recipient than the domain."""
        match = _DELIVERY.match(rest)
        if match is None:
            return None
        domain, delay, ip = match.groups()
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.OUTGOING,
                queue_id=message,
                sender=self._senders.get(message),
                recipient=self._recipient(message, domain),
                relay_ip=ip,
                status=Status.SENT,
                delay=span_of(delay),
            ),
        )

    def _failed(self, line: Line, message: str, kind: str, match: re.Match[str]) -> Delivery:
        domain, stage, delay, ip, text = match.groups()
        return delivery_in(
            line,
            _NAME,
            direction=Direction.OUTGOING,
            queue_id=message,
            sender=self._senders.get(message),
            recipient=self._recipient(message, domain),
            relay_ip=ip,
            stage=_STAGES.get(stage),
            status=Status.DEFERRED if kind == "T" else _permanent(text),
            delay=span_of(delay),
            text=text or None,
            reply_by=_speaker(text, stage),
        )

    def _bounced(self, line: Line, message: str, kind: str, rest: str) -> Iterable[Delivery] | None:
        match = _BOUNCE.match(rest)
        if match is None or len(_BETWEEN.findall(rest)) != 1:
            return None
        local, domain, sender, sender_domain, stage, ip, text = match.groups()
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.OUTGOING,
                queue_id=message,
                sender=_address(sender, sender_domain),
                recipient=_address(local, domain),
                relay_ip=ip,
                stage=_STAGES.get(stage),
                status=Status.DEFERRED if kind == "T" else _permanent(text),
                text=text or None,
                reply_by=_speaker(text, stage),
            ),
        )

    def _recipient(self, message: str, domain: str) -> str | None:
        """Return the recipient at a domain, if there is but one."""
        ending = f"@{domain}".lower()
        known = self._recipients.get(message) or ()
        found = [address for address in known if address.lower().endswith(ending)]
        return found[0] if len(found) == 1 else None


def _rejected(line: Line, match: re.Match[str]) -> Delivery:
    """Read a refusal of ours: the code is apart from the words, which are the last ones."""
    stamp, ip, port, connection, phase, code, rest = match.groups()
    line.time = time_of(stamp)
    stage = _PHASES.get(phase.removeprefix("awaiting ").strip())
    return delivery_in(
        line,
        _NAME,
        direction=Direction.INCOMING,
        queue_id=connection or None,
        relay_ip=ip,
        relay_port=port_of(port),
        stage=stage,
        status=Status.REJECTED,
        text=f"{code} {rest.rpartition('] ')[2].strip()}",
        reply_by=ReplyBy.OWN,
    )


def _address(local: str, domain: str) -> str:
    """Put an address together; both parts of the null one are empty."""
    return f"{local}@{domain}" if local or domain else ""


def _permanent(text: str) -> Status:
    return Status.EXPIRED if "[internal] exceeded max" in text[:60] else Status.BOUNCED


def _speaker(text: str, stage: str) -> ReplyBy | None:
    """Return who wrote a reply; an out-of-band bounce has a server's that was not spoken to."""
    internal = _INTERNAL.match(text) is not None or stage == _NOT_CONNECTED
    return said_by(ReplyBy.MTA if internal else ReplyBy.REMOTE, text)


FORMAT = Format(
    _NAME,
    _detect,
    MomentumReader,
    begins=r"[0-9]{9,10}[@:]",
    needles=("@D@", "@T@", "@P@", "@B@", "@R@", "@X@", "@@@@M", ": Marker 1", ': R="'),
    certain=re.compile(
        # What else might be a file's name or a program's.
        rf"{_HEAD.pattern}(?!\S{{0,255}}(?:[:\[{{{{]|-[0-9]{{1,9}}-[A-Za-z0-9_.-]*+(?:\s|\Z)))"
    ),
)
