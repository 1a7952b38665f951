"""Barracuda Email Security Gateway (Spam & Virus Firewall): inbound/pass, scan, outbound/smtp.

From Barracuda's "Syslog and the Barracuda Email Security Gateway" and "How can I read the
debug/archive smtp logs"::

    line = [client SP] ID SP start SP end SP service
    service = "RECV" SP sender SP recipient SP action SP reason SP extra      ; incoming
            / "SCAN" SP tls SP sender SP recipient SP score SP action SP reason SP extra [words]
            / "SEND" [SP tls] SP action SP queue-id SP reply                  ; to the server behind
    client  = [host] "[" [ip] "]" / ip
    tls     = "ENC" / "-"
    action  = 1*2DIGIT      ; of SEND: 1 delivered, 2 rejected, 3 deferred, 4 expired; of the
                            ; others: 2 blocked, 3 and 6 quarantined, 5 deferred; else let through,
                            ; or aborted by the client
    reason  = 1*3DIGIT      ; Barracuda's number of a cause, with the list, word or rule as `extra`

What it accepts it hands to a server in a Postfix of its own, whose lines are in the same log
under the same names. The reply is last; the recipient is in the SCAN of the same ID.
"""

from __future__ import annotations

from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import BARE, said_by
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "barracuda"

_HEAD = re.compile(
    r"(?:(?:([^\s\[]{0,255})\[)?([0-9A-Fa-f:.]{0,45})\]? )?"
    r"([0-9]{9,10}-[0-9A-Za-z]{1,20}-[0-9A-Za-z-]{1,20}) [0-9]{1,10} [0-9]{1,10} "
    r"(RECV|SCAN|SEND) (.*)\Z",
    re.DOTALL,
)
_ACTION = r"([0-9]{1,2}) ([0-9]{1,3})(?: (\S{1,300})| |\Z)"
_RECEIVED = re.compile(rf"({BARE}) ({BARE}) {_ACTION}")
_SCANNED = re.compile(rf"(?:ENC|-) ({BARE}) ({BARE}) \S{{1,20}} {_ACTION}")
_SENT = re.compile(r"(?:(ENC|-) )?([0-9]{1,2}) (\S{1,64}) (.*)\Z", re.DOTALL)
_STATUSES = {
    "1": Status.SENT,
    "2": Status.BOUNCED,
    "3": Status.DEFERRED,
    "4": Status.EXPIRED,
}
_KEPT_BACK = {
    "2": (Status.REJECTED, "Blocked"),
    "3": (Status.HELD, "Quarantined"),
    "5": (Status.REJECTED, "Deferred"),
    "6": (Status.HELD, "Quarantined"),
}


def _detect(line: Line) -> bool:
    return _HEAD.match(line.message) is not None


class BarracudaReader(Reader):
    """Reads the lines of one log. It remembers whom each message is from, and for."""

    def __init__(self) -> None:
        self._envelopes: Memory[tuple[str | None, str | None]] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        head = _HEAD.match(line.message)
        if head is None:
            return None
        name, ip, message, service, rest = head.groups()
        if service == "SEND":
            match = _SENT.match(rest)
            return (self._sent(line, message, match),) if match else None
        match = (_RECEIVED if service == "RECV" else _SCANNED).match(rest)
        if match is None:
            return None
        sender, recipient, action, reason, extra = match.groups()
        self._envelopes[message] = _named(sender), _named(recipient)
        kept = _KEPT_BACK.get(action)
        if kept is None:
            return ()
        status, word = kept
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.INCOMING,
                queue_id=message,
                sender=_named(sender),
                recipient=_named(recipient),
                relay_host=name or ip or None,
                relay_ip=ip or None,
                stage=Stage.END_OF_DATA if service == "SCAN" else None,
                status=status,
                text=f"{word}, reason {reason}"
                + (f": {extra}" if extra not in (None, "-") else ""),
            ),
        )

    def _sent(self, line: Line, message: str, match: re.Match[str]) -> Delivery:
        tls, action, queue_id, text = match.groups()
        sender, recipient = self._envelopes.get(message) or (None, None)
        status = _STATUSES.get(action)
        reply_by = said_by(ReplyBy.REMOTE, text)
        return delivery_in(
            line,
            _NAME,
            direction=Direction.OUTGOING,
            queue_id=queue_id,
            sender=sender,
            recipient=recipient,
            stage=Stage.END_OF_DATA if reply_by and status is Status.SENT else None,
            status=status,
            tls=tls if tls != "-" else None,
            text=text or None,
            reply_by=reply_by,
        )


def _named(text: str) -> str | None:
    """Return an address; "-" is none."""
    return None if text == "-" else text.strip("<>")


FORMAT = Format(
    _NAME,
    _detect,
    BarracudaReader,
    programs=r"(?:outbound/smtp|inbound/pass[0-9]?|scan)\Z",
    needles=(" SEND ", " RECV ", " SCAN "),
    order=10,  # before postfix: its own Postfix logs under the same names
)
