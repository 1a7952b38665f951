"""Cisco Secure Email Gateway (ESA, IronPort, AsyncOS): its text mail logs.

From the User Guide for AsyncOS, "Logging", and the lines that it gives as examples::

    line     = ["Www Mmm dd hh:mm:ss yyyy "] LEVEL ": " EVENT
             / ["<" PRI ">"] "Mmm dd hh:mm:ss " LOG ": " LEVEL ": " EVENT     ; pushed to a syslog,
                                                                            ; which wrote no host
    EVENT    = ("Bounced" / "Delayed") [" by destination server"] ": DCID" [":"] " " N
               (" MID " / " Message ") M [" From: <" A "> To: <" A ">"] [" to"] [" RID"] " " R
               " - " STATUS " - " WORDS " (" CODE ", " TEXTS ")" [" []"]
             / "MID " M " RID [" RIDS "] Response " ("'" TEXT "'" / TEXT)      ; a success
             / "Message done DCID " N " MID " M " to RID [" RIDS "]"
             / "Delivery start DCID " N " MID " M " to RID [" RIDS "]"
             / "New SMTP DCID " N " interface " IP " address " IP " port " N
             / "MID " M " ICID " N " From: <" A ">" / "MID " M " ICID " N " RID " R " To: <" A ">"
             / "MID " M " Message-ID '<" ID ">'" / ...
             / "New SMTP ICID " N " interface " NAME " (" IP ") address " IP ...    ; a client
             / ["MID " M " "] "ICID " N " " ["RID " R " "] ("To" / "From") ": <" A "> " WORDS
                                           ; WORDS: "Rejected by RAT", "sender rejected, ..."
             / "ICID " N (" REJECT SG " / " TCPREFUSE SG " / " Dropping connection due to ") ...
             / "Message aborted MID " M " Dropped by " WORDS / "MID " M " quarantined to " ...
            / "MID " M " enqueued for transfer to centralized quarantine " ...
             / ("Bounced: " / "Delayed: ") M ":" R " From:<" A "> To:<" A "> Reason: " DQUOTE
               STATUS " - " WORDS DQUOTE " Response: " DQUOTE "(" CODE ", " TEXTS ")" DQUOTE ...
                                                                 ; the bounce log
             / N (" Sent" / " Rcvd") ": '" TEXT "'"                   ; the domain debug log
             / ("Sent to" / "Rcvd from") " '" IP "': '" TEXT "'"      ; the injection debug log
    CODE     = "'" 3DIGIT "'"                     ; '000' where no server answered
    TEXTS    = "[" STRING *(", " STRING) "]"      ; as Python writes a list of strings

A success is logged without its code. Peer, sender and recipient are on earlier lines, by the
numbers of the connection (DCID), the message (MID) and the recipient (RID).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from smtpreply._support import regex as re
from smtpreply._support.dates import WEEKDAY
from smtpreply._support.octets import character_of, rejoined
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import MONTH
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import Messages
from smtpreply.logs.toolkit.fields import PATH, coded, port_of, status_of
from smtpreply.logs.toolkit.recent import CAPACITY, Memory, Pending
from smtpreply.logs.toolkit.sessions import Sessions
from smtpreply.logs.toolkit.timestamps import time_with_month
from smtpreply.stage import Stage

_NAME = "cisco-esa"

_N = r"([0-9]{1,20})"
_STAMP = re.compile(
    rf"{WEEKDAY} ({MONTH}) "
    r"([ 0-9][0-9]) ([0-9]{2}:[0-9]{2}:[0-9]{2}) ([0-9]{4}) "
)
_BARE_SYSLOG = re.compile(
    r"(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} )?"
    r"(?:[A-Za-z0-9_.-]{1,64}:? )?(?=(?:Info|Warning|Critical|Debug|Trace): )"
)
_LEVEL = re.compile(r"(?:Info|Warning|Critical|Debug|Trace): ")
_FAILED = re.compile(
    rf"(Bounced|Delayed)(?: by destination server)?: DCID:? {_N} (?:MID|Message) {_N} "
    rf"(?:From: ?<({PATH})> To: ?<({PATH})> )?(?:to )?(?:RID )?\[?([0-9, ]{{1,1000}}?)\]? "
    r"- ([0-9]\.[0-9]{1,3}\.[0-9]{1,3}) - (.*)\Z",
    re.DOTALL,
)
_BOUNCE = re.compile(
    rf"(Bounced|Delayed): {_N}:{_N} From: ?<({PATH})> To: ?<({PATH})> "
    r"Reason: ?\"([0-9]\.[0-9]{1,3}\.[0-9]{1,3}) - ([^\"]{0,200})\" Response: ?\"(\(.*)\Z",
    re.DOTALL,
)
_SAID = re.compile(r" ?\((['\"])([0-9]{3})\1, \[")
_STRING = re.compile(r"u?(?:'((?:[^'\\]|\\.)*+)'|\"((?:[^\"\\]|\\.)*+)\")(?:, )?", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}
_RESPONSE = re.compile(
    rf"MID {_N} RID \[([0-9, ]{{1,1000}})\] Response (['\"]?)(.*)\3\Z", re.DOTALL
)
_DONE = re.compile(rf"Message done DCID {_N} MID {_N} to RID \[([0-9, ]{{1,1000}})\]")
_CLOSE = re.compile(rf"DCID {_N} close")
_DELIVERING = re.compile(rf"Delivery start DCID {_N} MID {_N} to RID \[([0-9, ]{{1,1000}})\]")
_CONNECTED = re.compile(
    rf"New SMTP DCID {_N} interface \S+ address ([0-9A-Fa-f.:]{{2,45}})(?: port ([0-9]{{1,5}}))?"
)
_FROM = re.compile(rf"MID {_N} ICID {_N} From: <({PATH})>")
_TO = re.compile(rf"MID {_N} ICID {_N} RID {_N} To: <({PATH})>")
_MESSAGE_ID = re.compile(rf"MID {_N} Message-ID '<([^>]{{0,998}})>'")
_CLIENT = re.compile(
    rf"New SMTP ICID {_N} interface [^()]{{1,80}}(?:\(\S{{1,60}}\) )?"
    r"address ([0-9A-Fa-f.:]{2,45})"
)
_REFUSED = re.compile(
    rf"(?:MID {_N} )?ICID {_N} (?:RID [0-9]{{1,20}} )?(To|From|Address): ?<({PATH})> "
    r"((?:(?:sender|recipient) )?(?i:rejected)\b.*)\Z",
    re.DOTALL,
)
_TURNED_AWAY = re.compile(
    rf"ICID {_N} ((?:(?:REJECT|TCPREFUSE) SG|Dropping connection due to) .*)\Z", re.DOTALL
)
_DROPPED = re.compile(rf"Message aborted MID {_N} (Dropped by .*)\Z", re.DOTALL)
_QUARANTINED = re.compile(rf"MID {_N} ((?:quarantined|enqueued for transfer) to .*)\Z", re.DOTALL)
_DEBUG = re.compile(rf"{_N} (Sent|Rcvd): '(.*)'\Z", re.DOTALL)
_INJECTION = re.compile(r"(Sent to|Rcvd from) '([0-9A-Fa-f.:]{2,45})': '(.*)'\Z", re.DOTALL)
_DETECTED = re.compile(
    r"(?:(?:Bounced|Delayed)(?: by destination server)?: (?:DCID|[0-9]+:[0-9]+ From:)|MID [0-9]+ |"
    r"Message done DCID |Delivery start DCID |New SMTP [DI]CID |[DI]CID:? [0-9]+ |"
    r"Start MID |Message (?:finished|aborted) MID |Connection Error: DCID|"
    r"[0-9]+ (?:Sent|Rcvd): '|(?:Sent to|Rcvd from) '[0-9])"
)
_OUTCOME = re.compile(r"Bounced|Delayed|Message done |MID [0-9]{1,20} RID \[")
"""How an event begins that reports what became of a message: one cut short is not understood."""
_EXPIRED = "Delivery expired"
_MOST_RECIPIENTS = 1000  # whose response is waited for in one connection


class CiscoEsaReader(Reader):
    """Reads the lines of one log. It remembers who wrote to whom, and who is spoken to."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)
        self._recipients: Memory[str] = Memory()
        self._peers: Memory[tuple[str, int | None]] = Memory()
        self._clients: Memory[str] = Memory()
        self._connections: Memory[str] = Memory()
        self._answered: Memory[bool] = Memory()
        self._sessions = Sessions(_NAME)
        self._done_with: Pending[dict[str, Delivery]] = Pending(CAPACITY)

    def read(self, line: Line) -> Iterable[Delivery] | None:
        event = _event(line)
        if match := _FAILED.match(event):
            return list(self._failed(line, match))
        if match := _BOUNCE.match(event):
            return [self._bounced(line, match)]
        if match := _RESPONSE.match(event):
            return list(self._responded(line, match))
        if match := _DONE.match(event):
            return self._done(line, match)
        if match := _CLOSE.match(event):
            return self._closed(match[1])
        if refused := self._refused(line, event):
            return [refused]
        if match := _DEBUG.match(event) or _INJECTION.match(event):
            return self._spoken(line, match)
        if _OUTCOME.match(event):
            return None
        if self._learnt(event) or _DETECTED.match(event):
            return ()
        return None

    def _refused(self, line: Line, event: str) -> Delivery | None:
        """Read what was refused to a client, and what was taken and not delivered."""
        mid = icid = recipient = sender = stage = None
        status = Status.REJECTED
        if match := _REFUSED.match(event):
            mid, icid, part, address, text = match.groups()
            is_recipient = part == "To"
            recipient, sender = (address, None) if is_recipient else (None, address)
            stage = Stage.RCPT if is_recipient else Stage.MAIL
        elif match := _TURNED_AWAY.match(event):
            (icid, text), stage = match.groups(), Stage.CONNECT
        elif match := _DROPPED.match(event):
            (mid, text), status = match.groups(), Status.DISCARDED
        elif match := _QUARANTINED.match(event):
            (mid, text), status = match.groups(), Status.HELD
        else:
            return None
        client = self._clients.get(icid or "")
        return self._messages.delivery(
            _timed(line),
            mid,
            direction=Direction.INCOMING,
            status=status,
            stage=stage,
            recipient=recipient,
            relay_host=client,
            relay_ip=client,
            text=text,
            sender=sender,
        )

    def _learnt(self, event: str) -> bool:
        if match := _FROM.match(event):
            self._messages.learn(match[1], sender=match[3])
        elif match := _TO.match(event):
            self._recipients[f"{match[1]} {match[3]}"] = match[4]
        elif match := _MESSAGE_ID.match(event):
            self._messages.learn(match[1], message_id=match[2])
        elif match := _CONNECTED.match(event):
            self._peers[match[1]] = match[2], port_of(match[3])
        elif match := _CLIENT.match(event):
            self._clients[match[1]] = match[2]
        elif match := _DELIVERING.match(event):
            for rid in _rids(match[3]):
                self._connections[f"{match[2]} {rid}"] = match[1]
        else:
            return False
        return True

    def _failed(self, line: Line, match: re.Match[str]) -> Iterator[Delivery]:
        event, dcid, mid, sender, recipient, rids, dsn, words = match.groups()
        status = Status.BOUNCED if event == "Bounced" else Status.DEFERRED
        if event == "Bounced" and words.startswith(_EXPIRED):
            status = Status.EXPIRED
        text, by = _read_words(words)
        for rid in _rids(rids):
            yield self._delivery(
                line,
                mid,
                rid,
                dcid,
                sender=sender,
                recipient=recipient,
                status=status,
                dsn=status_of(dsn),
                text=text,
                reply_by=by,
            )

    def _bounced(self, line: Line, match: re.Match[str]) -> Delivery:
        event, mid, rid, sender, recipient, dsn, reason, words = match.groups()
        text, by = _read_words(f"{reason} {words}")
        return self._delivery(
            line,
            mid,
            rid,
            None,
            sender=sender,
            recipient=recipient,
            status=Status.BOUNCED if event == "Bounced" else Status.DEFERRED,
            dsn=status_of(dsn),
            text=text,
            reply_by=by,
        )

    def _responded(self, line: Line, match: re.Match[str]) -> Iterator[Delivery]:
        mid, rids, _, text = match.groups()
        for rid in _rids(rids):
            key = f"{mid} {rid}"
            dcid = self._connections.get(key)
            done = self._done_with.get(dcid or "", {}).pop(key, None)
            if done is None:
                self._answered[key] = True
            yield self._delivery(
                line,
                mid,
                rid,
                dcid,
                status=Status.SENT,
                stage=Stage.END_OF_DATA,
                text=_unescaped(text) or None,
                reply_by=ReplyBy.REMOTE if text else None,
            )

    def _done(self, line: Line, match: re.Match[str]) -> list[Delivery]:
        """Note a success, since its response may be after it."""
        dcid, mid, rids = match.groups()
        waiting = self._done_with.setdefault(dcid, {})
        for rid in _rids(rids):
            key = f"{mid} {rid}"
            if self._answered.get(key):
                self._answered.forget(key)
                continue
            self._connections[key] = dcid
            waiting[key] = self._delivery(line, mid, rid, dcid, status=Status.SENT)
        if len(waiting) > _MOST_RECIPIENTS:
            return self._closed(dcid)
        self._done_with.grows(dcid, line.text, *(waiting.keys()))
        return [done for overdue in self._done_with.overdue() for done in overdue.values()]

    def _closed(self, dcid: str) -> list[Delivery]:
        done = self._done_with.end(dcid)
        return [] if done is None else list(done.values())

    def _spoken(self, line: Line, match: re.Match[str]) -> list[Delivery]:
        """Read a command or a reply of a session that is logged as a whole."""
        is_ours = match.re is _INJECTION
        way, peer = (match[1], match[2]) if is_ours else (match[2], match[1])
        _timed(line)
        direction = Direction.INCOMING if is_ours else Direction.OUTGOING
        session = self._sessions.of(peer, direction, line)
        text = _unescaped(match[3]).rstrip()
        if way.startswith("Sent") is not is_ours:
            session.command(text)
            return []
        session.fields = {"relay_host": peer, "relay_ip": peer} if is_ours else {}
        return [*session.reply(line, text), *self._sessions.given_up()]

    def finish(self) -> Iterable[Delivery]:
        """Return the successes whose response is not in the log."""
        left = [done for dcid in list(self._done_with) for done in self._closed(dcid)]
        return left + self._sessions.finish()

    def _delivery(
        self, line: Line, mid: str, rid: str, dcid: str | None, **fields: Any
    ) -> Delivery:
        key = f"{mid} {rid}"
        dcid = dcid if dcid not in (None, "0") else self._connections.get(key)
        ip, port = self._peers.get(dcid) or (None, None)
        known = {
            "direction": Direction.OUTGOING,
            "recipient": self._recipients.get(key),
            "relay_host": ip,
            "relay_ip": ip,
            "relay_port": port,
        }
        told = {name: value for name, value in fields.items() if value is not None}
        return self._messages.delivery(_timed(line), mid, **(known | told))


def _read_words(words: str) -> tuple[str | None, ReplyBy | None]:
    """Return the reply or diagnostic, and whose it is: a server's only where there is a code."""
    said = _SAID.search(words)
    if said is None:
        return words or None, None
    texts = []
    position = said.end()
    while match := _STRING.match(words, position):
        texts.append(_unescaped(match[1] if match[1] is not None else match[2]))
        position = match.end()
    text = "\n".join(texts)
    if said[2] == "000":
        reason = words[: said.start()]
        return f"{reason}: {text}" if text else reason, None
    return coded(said[2], text), ReplyBy.REMOTE


def _unescaped(text: str) -> str:
    """Undo Python's way of writing a string of octets."""
    if "\\" not in text:
        return text

    def meaning(match: re.Match[str]) -> str:
        if match[3]:
            return _NAMED.get(match[3], match[3])
        return character_of(int(match[1], 16) if match[1] else int(match[2], 8))

    return rejoined(_ESCAPE.sub(meaning, text))


def _rids(text: str) -> list[str]:
    return [rid for rid in text.replace(",", " ").split() if rid]


def _event(line: Line) -> str:
    text = line.message
    if stamp := _STAMP.match(text):
        text = text[stamp.end() :]
    elif bare := _BARE_SYSLOG.match(text):
        text = text[bare.end() :]
    level = _LEVEL.match(text)
    return text[level.end() :] if level else text


def _timed(line: Line) -> Line:
    """Return a line, which now has the time of AsyncOS' own stamp unless a syslog wrote one."""
    line.time = line.time or _time(line)
    return line


def _time(line: Line) -> datetime | None:
    stamp = _STAMP.match(line.message)
    if stamp is None:
        return None
    month, day, clock, year = stamp.groups()
    return time_with_month(day, month, year, clock)


def _detect(line: Line) -> bool:
    return _DETECTED.match(_event(line)) is not None


_NEEDLES = (
    "DCID", "MID ", "ICID ", " Response: ", " Rcvd: '", " Sent: '", "Sent to '", "Rcvd from '",
)  # fmt: skip

# A stamp, a level after what syslog writes, or an event.
_BEGINS = (
    r"[A-Z][a-z]{2} [A-Z][a-z]{2} |(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} )?"
    r"(?:[A-Za-z0-9_.-]{1,64}:? )?(?:Info|Warning|Critical|Debug|Trace): |"
    r"Bounced|Delayed|MID |Message |Delivery start |New SMTP |[DI]CID|Start MID |"
    r"Connection Error|[0-9]+ (?:Sent|Rcvd): |Sent to|Rcvd from"
)
FORMAT = Format(
    _NAME,
    _detect,
    CiscoEsaReader,
    programs=r"(?i:mail_?logs?|iron_?port|esa)\Z",
    begins=_BEGINS,
    needles=_NEEDLES,
    certain=re.compile(rf"{_STAMP.pattern}(?:{_LEVEL.pattern})"),
)
