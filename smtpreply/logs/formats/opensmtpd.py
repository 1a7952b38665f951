"""OpenSMTPD: smtpd, in the three forms that its log has had.

From usr.sbin/smtpd/mta.c and lka/smtp sessions; the field names stay, the heads changed::

    5.x  = "relay: " RESULT " for " EVPID ": session=" S ", from=<" A ">, to=<" A ">, rcpt=<" A ">,
           source=" ... ", relay=" HOST ", delay=" DELAY ", stat=" REPLY
    6.0  = SESSION " mta event=delivery evpid=" E " from=<" A "> to=<" A "> rcpt=<" A ">
           source=" Q " relay=" Q " delay=" DELAY " result=" Q " stat=" Q
    6.4+ = SESSION " mta delivery evpid=" ...                       ; the same without "event="
    own  = SESSION " smtp [event=]failed-command ... command=" Q " result=" Q
         / "smtp-in: Failed command on session " S ": " Q " => " REPLY        ; 5.4
         / SESSION " smtp [event=]bad-input result=" Q           ; what is no command is not logged
    error = SESSION " mta [event=]error reason=" ["\""] WHAT " rejected: " REPLY
         / "smtp-out: Error on session " SESSION [" after " N " message" ["s"] " sent"] ": " ...
    peer  = SESSION " mta [event=]connecting address=" SCHEME "://" IP ":" PORT " host=" NAME
         / SESSION " smtp [event=]connected address=" IP " host=" NAME
    RESULT = "Ok" / "TempFail" / "PermFail" / "Expired" ; DELAY = [D "d"] [H "h"] [M "m"] N "s"
    HOST = IP " (" NAME ")" ; WHAT = "BANNER" / "EHLO" / "HELO" / "LHLO" / "AUTH" / "STARTTLS"

Of a reply of several lines, the first stays whole; of the others, the code and the enhanced status
are taken off, and what is left is put after it as it is ("550-5.7.1 We do not like you"). What a
server said is last, and its quotes are not escaped: it ends where the line ends. The port of a
server and the address of a client are in the line that opens the session, and are remembered.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from smtpreply._support import regex as re
from smtpreply._support.octets import character_of, rejoined
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import (
    PATH,
    ends_again,
    port_of,
    said_by,
    seconds_of,
    stage_of,
)
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.stage import Stage

_NAME = "opensmtpd"

_FIELDS = (
    rf"from=<({PATH})>,? to=<({PATH})>,? (?:rcpt=<({PATH})>,? )?(?:user=\S+ )?"
    r"(?:source=\"?[^\" ,]*\"?,? )?(?:relay=\"?([^\" ,]*)(?: \(([^)]*)\))?\"?,? )?"
    r"(?:method=\S+ )?delay=([0-9dhms]+),? "
)
_OLD = re.compile(
    rf"(relay|delivery|mda|mta): ([A-Za-z]+) for ([0-9a-f]+): (?:session=[0-9a-f]+, )?{_FIELDS}"
    r"stat=(.*)\Z",
    re.DOTALL,
)
_NEW = re.compile(
    rf"([0-9a-f]{{16}}) (mta|mda) (?:event=)?delivery evpid=([0-9a-f]+) {_FIELDS}"
    r"result=\"?([A-Za-z]+)\"? stat=(.*)\Z",
    re.DOTALL,
)
# A client's command may hold what looks like a result: the last one is it.
_OWN = re.compile(
    r"([0-9a-f]{16}) smtp (?:event=)?failed-command "
    r"(?:address=\[?(\S+?)\]? host=(\S+) )?"
    r"command=\"(.{0,4000})\" result=\"(.*)\"\Z",
    re.DOTALL,
)
_BAD_INPUT = re.compile(
    r"([0-9a-f]{16}) smtp (?:event=)?bad-input "
    r"(?:address=\[?(\S+?)\]? host=(\S+) )?()result=\"(.*)\"\Z",
    re.DOTALL,
)
_OLD_OWN = re.compile(
    r"smtp-in: Failed command on session ([0-9a-f]+):()() \"(.{0,4000})\" => (.*)\Z", re.DOTALL
)
_OLD_SESSION = re.compile(r"smtp-(?:in|out): [A-Z][a-z]+ .{1,2000}? session [0-9a-f]{16}")
_OPENED = re.compile(
    r"([0-9a-f]{16}) (?:mta (?:event=)?connecting|smtp (?:event=)?connected) "
    r"address=(?:[a-z+]+://)?(?:\[([^\]]*)\]|([^\s:]+))(?::([0-9]+))?(?: host=(\S+))?"
)
_CLOSED = re.compile(r"([0-9a-f]{16}) (?:mta|smtp) (?:event=)?(?:disconnected|closed)")
_ERROR = re.compile(
    r"(?:([0-9a-f]{16}) mta (?:event=)?error reason=\"?|"
    r"smtp-out: Error on session ([0-9a-f]+)(?: after [0-9]+ messages? sent)?: )"
    r"([A-Z]+) rejected: (.*)\Z",
    re.DOTALL,
)
# A command is written as strnvis(3) does with VIS_SAFE and VIS_CSTYLE (smtp_session.c): octets
# above 127 as "\\M-C" or "\\M^H"; others that are not printed as "\\^H", in octal, or as in C.
_ESCAPE = re.compile(r"\\(?:M-([ -~])|(M?)\^([?-_])|([0-3][0-7]{2})|([abfnrstv0\\]))")
_LETTERS = dict(zip("abfnrstv0\\", b"\a\b\f\n\r \t\v\0\\", strict=True))
_RCPT = re.compile(r"RCPT TO: ?<(.*)>", re.IGNORECASE | re.DOTALL)
# mail.lmtp quotes the LMTP server's reply inside its own words, and in the log's quotes.
_HELPER = re.compile(r"Error \(.{0,80}?LMTP server error: (.*)\Z", re.DOTALL)
_DELAY = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?\Z")
_SESSION = re.compile(
    # What was refused or tried, and is not read above, was cut.
    r"[0-9a-f]{16} (?:smtp|mta|mda) "
    r"(?!(?:event=)?(?:failed-command|bad-input|delivery|error reason=\"?[A-Z]+ r))|"
    r"info: |warn: |debug: |scheduler: |smtp-(?:in|out): "
)
_BARE = (
    *(_NEW, _OLD, _OWN, _OPENED, _OLD_SESSION),
    re.compile(
        r"[0-9a-f]{16} (?:smtp (?:event=)?(?:bad-input|disconnected|tls)|mta (?:event=)?error) "
    ),
)
"""Patterns of lines that are known without their program."""
_STATUSES = {
    "Ok": Status.SENT,
    "TempFail": Status.DEFERRED,
    "PermFail": Status.BOUNCED,
    "Expired": Status.EXPIRED,
    "Expire": Status.EXPIRED,
    "Loop": Status.BOUNCED,
    "Remove": Status.DISCARDED,  # queue.c: by smtpctl(8)
}


def _detect(line: Line) -> bool:
    if line.program is not None:
        return line.program == "smtpd"
    return any(pattern.match(line.message) for pattern in _BARE)


_Peer = tuple[str | None, str | None, int | None]
_UNKNOWN: _Peer = (None, None, None)


class OpenSmtpdReader(Reader):
    """Reads the lines of one log. It remembers the peer of each session: name, address, port."""

    def __init__(self) -> None:
        self._peers: Memory[_Peer] = Memory()

    def read(self, line: Line) -> Iterable[Delivery] | None:
        message = line.message
        if match := _NEW.match(message):
            session, agent, evpid, sender, to, rcpt, ip, name, delay, result, said = match.groups()
        elif match := _OLD.match(message):
            session = None
            agent, result, evpid, sender, to, rcpt, ip, name, delay, said = match.groups()
        else:
            return self._session(line)
        if ends_again(message, match.start(9)):
            return None
        text = said.strip()
        text = text.removeprefix('"').removesuffix('"') if text.startswith('"') else text
        local = agent in ("mda", "delivery")
        if helper := _HELPER.match(text):
            text = helper[1].removesuffix(")").removesuffix('"')
        reply_by = None if local and not helper else said_by(ReplyBy.REMOTE, text)
        status = _STATUSES.get(result)
        return (
            delivery_in(
                line,
                _NAME,
                direction=Direction.LOCAL if local else Direction.OUTGOING,
                queue_id=evpid,
                sender=sender,
                recipient=to,
                orig_recipient=rcpt if rcpt not in (None, "-", to) else None,
                relay_host=name or ip or None,
                relay_ip=ip or None,
                relay_port=self._peer(session)[2],
                stage=Stage.END_OF_DATA if reply_by and status is Status.SENT else None,
                status=status,
                delay=_seconds(delay),
                text=text or None,
                reply_by=reply_by,
            ),
        )

    def _session(self, line: Line) -> Iterable[Delivery] | None:
        """Read what belongs to a session, and to no message."""
        message = line.message
        if "failed-command " in message or " Failed command " in message:
            if match := _OWN.match(message) or _OLD_OWN.match(message):
                return (self._refused(line, match),)
        elif "bad-input " in message:
            if match := _BAD_INPUT.match(message):
                return (self._refused(line, match),)
        elif " rejected: " in message and (match := _ERROR.match(message)):
            return (self._sent_away(line, match),)
        elif " address=" in message and (match := _OPENED.match(message)):
            session, v6, v4, port, name = match.groups()
            if v4 != "local":  # a bounce of our own
                self._peers[session] = name or v6 or v4, v6 or v4, port_of(port)
        elif match := _CLOSED.match(message):
            self._peers.forget(match[1])
        return () if _SESSION.match(message) else None

    def _peer(self, session: str | None) -> _Peer:
        return self._peers.get(session) or _UNKNOWN

    def _sent_away(self, line: Line, match: re.Match[str]) -> Delivery:
        """Read a server's reply before any message was sent, which no message's line repeats."""
        session, old_session, what, said = match.groups()
        host, ip, port = self._peer(session or old_session)
        text = said.rstrip()
        text = text.removesuffix('"') if match[0].startswith(f"{session} mta event=error") else text
        return delivery_in(
            line,
            _NAME,
            direction=Direction.OUTGOING,
            relay_host=host,
            relay_ip=ip,
            relay_port=port,
            stage=Stage.CONNECT if what == "BANNER" else stage_of(what),
            text=text,
            reply_by=said_by(ReplyBy.REMOTE, text),
        )

    def _refused(self, line: Line, match: re.Match[str]) -> Delivery:
        session, address, name, written, text = match.groups()
        command = _unescaped(written)
        host, ip, port = self._peer(session)
        recipient = _RCPT.match(command)
        return delivery_in(
            line,
            _NAME,
            direction=Direction.INCOMING,
            recipient=recipient[1] if recipient else None,
            relay_host=name or host,
            relay_ip=address or ip,
            relay_port=port,
            stage=stage_of(command.partition(":")[0]),
            status=Status.REJECTED,
            text=text,
            reply_by=said_by(ReplyBy.OWN, text),
        )


def _unescaped(command: str) -> str:
    if "\\" not in command:
        return command
    return rejoined(_ESCAPE.sub(lambda escape: character_of(_octet(escape)), command))


def _octet(escape: re.Match[str]) -> int:
    printed, meta, control, octal, letter = escape.groups()
    if letter is not None:
        return _LETTERS[letter]
    if octal is not None:
        return int(octal, 8)
    if printed is not None:
        return ord(printed) | 0x80
    return ord(control) ^ 0x40 | (0x80 if meta else 0)


@functools.lru_cache(maxsize=1024)  # most messages wait as long as others
def _seconds(text: str) -> float | None:
    match = _DELAY.match(text)
    return seconds_of(*match.groups()) if match else None


FORMAT = Format(
    _NAME,
    _detect,
    OpenSmtpdReader,
    programs=r"smtpd\Z",
    begins=r"[0-9a-f]{16} |(?:relay|delivery|mda|mta): |smtp-(?:in|out): ",
    needles=("stat=", "smtp", "delivery"),
)
