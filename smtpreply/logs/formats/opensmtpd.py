"""OpenSMTPD: smtpd, in the three forms that its log has had.

From usr.sbin/smtpd/mta.c and lka/smtp sessions; the field names stay, the heads changed::

    5.x  = "relay: " RESULT " for " EVPID ": session=" S ", from=<" A ">, to=<" A ">, rcpt=<" A ">,
           source=" ... ", relay=" HOST ", delay=" DELAY ", stat=" REPLY
    6.0  = SESSION " mta event=delivery evpid=" E " from=<" A "> to=<" A "> rcpt=<" A ">
           source=" Q " relay=" Q " delay=" DELAY " result=" Q " stat=" Q
    6.4+ = SESSION " mta delivery evpid=" ...                       ; the same without "event="
    own  = SESSION " smtp [event=]failed-command ... command=" Q " result=" Q
         / "smtp-in: Failed command on session " S ": " Q " => " REPLY        ; 5.4
    RESULT = "Ok" / "TempFail" / "PermFail" / "Expired" ; DELAY = [D "d"] [H "h"] [M "m"] N "s"
    HOST = IP " (" NAME ")"

What a server said stands last, and its quotes are not escaped: it ends where the line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.formats.messages import delivery_in
from smtpreply.logs.formats.words import said_by, seconds_of, stage_of
from smtpreply.logs.prefix import Line
from smtpreply.stage import Stage

_NAME = "opensmtpd"

_FIELDS = (
    r"from=<([^>]*)>,? to=<([^>]*)>,? (?:rcpt=<([^>]*)>,? )?(?:user=\S+ )?"
    r"(?:source=\"?[^\" ,]*\"?,? )?(?:relay=\"?([^\" ,]*)(?: \(([^)]*)\))?\"?,? )?"
    r"(?:method=\S+ )?delay=([0-9dhms]+),? "
)
_OLD = re.compile(
    rf"(relay|delivery|mda|mta): ([A-Za-z]+) for ([0-9a-f]+): (?:session=[0-9a-f]+, )?{_FIELDS}"
    r"stat=(.*)\Z",
    re.DOTALL,
)
_NEW = re.compile(
    rf"[0-9a-f]{{16}} (mta|mda) (?:event=)?delivery evpid=([0-9a-f]+) {_FIELDS}"
    r"result=\"?([A-Za-z]+)\"? stat=(.*)\Z",
    re.DOTALL,
)
_OWN = re.compile(
    r"[0-9a-f]{16} smtp (?:event=)?failed-command (?:address=\S+ host=\S+ )?"
    r"command=\"(.{0,1000}?)\" result=\"(.*)\"\Z",
    re.DOTALL,
)
_OLD_OWN = re.compile(
    r"smtp-in: Failed command on session [0-9a-f]+: \"(.{0,1000}?)\" => (.*)\Z", re.DOTALL
)
# mail.lmtp tells what the LMTP server said inside its own words, and in the log's quotes.
_HELPER = re.compile(r"Error \(.{0,80}?LMTP server error: (.*)\Z", re.DOTALL)
_DELAY = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?\Z")
_SESSION = re.compile(r"[0-9a-f]{16} (?:smtp|mta|mda) |info: |warn: |debug: |scheduler: |smtp-in: ")
_STATUSES = {
    "Ok": Status.SENT,
    "TempFail": Status.DEFERRED,
    "PermFail": Status.BOUNCED,
    "Expired": Status.EXPIRED,
    "Expire": Status.EXPIRED,
    "Loop": Status.BOUNCED,
}


def _detect(line: Line) -> bool:
    if line.program is not None:
        return line.program == "smtpd"
    return bool(_NEW.match(line.message) or _OLD.match(line.message))


def _read(line: Line) -> Iterable[Delivery] | None:
    if match := _NEW.match(line.message):
        agent, evpid, sender, to, rcpt, ip, name, delay, result, said = match.groups()
    elif match := _OLD.match(line.message):
        agent, result, evpid, sender, to, rcpt, ip, name, delay, said = match.groups()
    elif match := _OWN.match(line.message) or _OLD_OWN.match(line.message):
        return (_refused(line, match),)
    else:
        return () if _SESSION.match(line.message) else None
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
            stage=Stage.END_OF_DATA if reply_by and status is Status.SENT else None,
            status=status,
            delay=_seconds(delay),
            text=text or None,
            reply_by=reply_by,
        ),
    )


def _refused(line: Line, match: re.Match[str]) -> Delivery:
    command, text = match.groups()
    return delivery_in(
        line,
        _NAME,
        direction=Direction.INCOMING,
        stage=stage_of(command.partition(":")[0]),
        status=Status.REJECTED,
        text=text,
        reply_by=said_by(ReplyBy.OWN, text),
    )


def _seconds(text: str) -> float | None:
    match = _DELAY.match(text)
    return seconds_of(*match.groups()) if match else None


FORMAT = Format(_NAME, _detect, lambda: _read)
