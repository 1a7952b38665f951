r"""Exim: mainlog and rejectlog.

From src/src/deliver.c, transports/smtp.c, string.c::

    line  = stamp [" " zone] [" [" PID "]"] [" " MSGID] " " BODY
    MSGID = 6-6-2 characters (to 4.96) / 6-11-4 (from 4.97)
    BODY  = ("=>" / "->" / ">>" / "*>") " " ADDR [" <" ORIG ">"] fields [' C="' REPLY '"'] fields
          / "**" " " ADDR fields ": SMTP error from remote mail server after " CMD ": " REPLY
          / "==" " " ADDR fields " defer (" ERRNO ")" ...: the same, or Exim's own words
          / "<=" " " SENDER fields / "Completed"
          / "H=" HOST ": SMTP error from ..."          ; one host of several
          / ... "rejected RCPT <a>: " TEXT             ; own refusal, its code is not logged
    CMD   = ["pipelined "] "RCPT TO:<a>" / "MAIL FROM:<a>" [" SIZE=" n] / "DATA" / "end of data"
          / "initial connection" / "HELO x" / "EHLO x" / "STARTTLS" / "BDAT " n

Error lines are escaped by string_printing (``\n``, ``\t``, ``\ooo``, ``\\``). ``C="..."`` has the
quote and the backslash escaped once more. Before 4.8x the host stood after the command:
"after RCPT TO:<a>: host mx.example.org [192.0.2.1]: 550 ...", and 3.x said "remote mailer".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from smtpreply.logs.bundle import Groups
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format
from smtpreply.logs.formats.exim_skim import skim
from smtpreply.logs.formats.messages import Messages
from smtpreply.logs.formats.words import number_of, port_of, stage_of
from smtpreply.logs.prefix import Line
from smtpreply.octets import rejoined
from smtpreply.stage import Stage

_NAME = "exim"

_MSGID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_STAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?: [+-][0-9]{4})?"
_HEAD = re.compile(rf"({_STAMP}) (?:\[[0-9]+\] )?(?:({_MSGID}) )?")
_BARE_HEAD = re.compile(rf"({_MSGID}) ")

# A local part may be quoted, and then hold spaces; an address may be a pipe or a file: "|/bin/x".
_ADDRESS = r"((?:\"(?:[^\"\\]|\\.)*\"|[^\s\"<])\S*?)"
_ATTEMPT = re.compile(
    rf"(=>|->|>>|\*>|\*\*|==) {_ADDRESS}(?: \([^)]*\))?(?: <([^>]*)>)?(?=\s|:\s|\Z):?"
)
_ARRIVAL = re.compile(r"<= (\S+)")
_MESSAGE_ID = re.compile(r" id=(\S+)")
# The bounds here and below keep a search that starts over at each place linear.
_HOST = r"(\S{1,255})(?: \([^)]{0,255}\))? \[([^\]]{1,255})\](?::([0-9]{1,5}))?"
_H = re.compile(rf" ?H={_HOST}")
_OLD_HOST = re.compile(rf"host {_HOST}: ")
# "127.0.0.1 [127.0.0.1] : SMTP error": the host of a callout
_CALLOUT_HOST = re.compile(rf"(?:\A|[ :])(?:H=)?{_HOST}[ :]{{0,4}}\Z")
_TLS = re.compile(r" X=(\S+)")
_SENDER = re.compile(r" F=<([^>]{0,1000})>")
_DELAY = re.compile(r" DT=([0-9.]{1,20})(m?)s(?: |\Z)")
_CONFIRMATION = re.compile(r' C="((?:[^"\\]|\\.)*)"?', re.DOTALL)
_ERROR = re.compile(
    r"(?:SMTP|LMTP) error from remote (?:mail server|mailer) after "
    r"((?:pipelined )?(?:(?:RCPT TO|MAIL FROM):<[^>]{0,1000}>(?: SIZE=[0-9]{1,20})?|"
    r"[A-Za-z]{1,20}(?: [^:]{0,300})?)): "
)
_RESPONSE = re.compile(r"response to \"([A-Z][^\"]{0,1000})\" was: ")
_RECIPIENT = re.compile(r"RCPT TO:<([^>]{0,1000})>")
_REJECTED = re.compile(
    r"(?:temporarily )?rejected ((?:RCPT|MAIL|DATA|EHLO|HELO|AUTH|VRFY|EXPN|ETRN|STARTTLS|"
    r"after DATA|connection|by [a-z_]{1,40})[^<:]{0,200})(?:<([^>]{0,1000})>)?(?:: (.*))?\Z",
    re.DOTALL,
)
_AUTHENTICATOR = re.compile(
    rf"authenticator failed for (?:H=)?{_HOST}[^:]{{0,200}}: (.*)\Z", re.DOTALL
)
_VERIFY = re.compile(r"(?:sender|recipient) verify (?:fail|defer) for <([^>]{0,1000})>")
_REPLY = re.compile(r"[0-9]{3}(?:[ -]|\Z|\\n)")
_SILENT = re.compile(
    r":? ?((?:Malformed SMTP reply|SMTP timeout|Remote host closed connection|Connection|"
    r"No route to host|Network is unreachable|TLS session:).*)\Z",
    re.DOTALL,
)
_AFTER = re.compile(r"(?:in response to|after|while sending) (.+)")
# What Exim itself adds behind a reply.
_ADDED = ": retry timeout exceeded"
_DEFER = re.compile(r" defer \((-?[0-9]+)\)(?: H=\S+ \[[^\]]*\](?::[0-9]+)?)?:? ?")
_ESCAPE = re.compile(r"\\(?:([0-7]{3})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}
_UNDERSTOOD = re.compile(
    r"(?:Completed|<= |Start queue run|End queue run|exim |no host name found|no IP address|"
    r"SMTP connection|SMTP command|SMTP protocol|SMTP data|SMTP call|Connection|Unfrozen|Frozen|"
    r"Message is frozen|H=|TLS |unexpected|cwd=|U=|I=|\[|Warning|lost connection|"
    r"fixed_login|login|plain|dovecot|cancelled|removed|DKIM|SPF|DMARC|no MAIL in SMTP|"
    r"Spool file|retry time not reached|routing|remote host|daemon|log string|event )"
)

_STATUSES = {
    "=>": Status.SENT,
    "->": Status.SENT,
    ">>": Status.SENT,
    "*>": Status.SENT,
    "**": Status.BOUNCED,
    "==": Status.DEFERRED,
}


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith("exim"):
        return True
    return line.program is None and (_HEAD.match(line.text) is not None)


class _Reader:
    """Reads the lines of one log. It remembers who sent each message."""

    def __init__(self) -> None:
        self._messages = Messages(_NAME)

    def __call__(self, line: Line) -> Iterable[Delivery] | None:
        queue_id, body = _parted_head(line)
        if match := _ATTEMPT.match(body):
            return (self._attempt(line, queue_id, match, body),)
        if queue_id and (match := _ARRIVAL.match(body)):
            self._arrived(queue_id, match[1], body)
            return ()
        if queue_id and body.startswith("Completed"):
            self._messages.forget(queue_id)
            return ()
        delivery = (
            self._error(line, queue_id, body)
            or self._refusal(line, queue_id, body)
            or self._silence(line, queue_id, body)
        )
        if delivery is not None:
            return (delivery,)
        return () if _UNDERSTOOD.match(body) else None

    def skim(self, block: str, groups: Groups, *, exactly: bool) -> list[str]:
        """Take many lines at once: see `smtpreply.logs.bundle.Skimmer`."""
        return skim(block, groups, self._messages, exactly=exactly)

    def _arrived(self, queue_id: str, sender: str, body: str) -> None:
        match = _MESSAGE_ID.search(body.partition(' T="')[0])
        self._messages.learn(
            queue_id,
            sender="" if sender == "<>" else sender,
            message_id=match[1] if match else None,
        )

    def _attempt(
        self, line: Line, queue_id: str | None, match: re.Match[str], body: str
    ) -> Delivery:
        flag, address, orig = match.groups()
        rest = body[match.end() :]
        error = _ERROR.search(rest)
        # What stands before the words are Exim's own fields: a reply may look like any of them.
        confirmation = None if error else _CONFIRMATION.search(rest)
        fields = _fields_before(error or confirmation, rest)
        sender = _SENDER.search(fields)
        tls = _TLS.search(fields)
        words: dict[str, Any] = {}
        if error:
            words = _said(error, rest)
        elif confirmation:
            words = _confirmed(confirmation)
        elif flag in ("**", "=="):
            words = {"text": _own_words(rest)}
        known = _host_fields(_H.search(fields)) | words
        return self._messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING if "relay_ip" in known else Direction.LOCAL,
            recipient=address,
            orig_recipient=orig,
            sender=sender[1] if sender else None,
            tls=tls[1] if tls else None,
            status=_STATUSES[flag],
            delay=_delay(rest[confirmation.end() :] if confirmation else fields),
            **known,
        )

    def _error(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read what one host of several said, or a callout."""
        error = _ERROR.search(body) or _RESPONSE.search(body)
        if error is None:
            return None
        before = body[: error.start()]
        host = _CALLOUT_HOST.search(before)
        rejected = _REJECTED.search(before)
        verify = _VERIFY.search(before)
        recipient = _RECIPIENT.search(error[1])
        named = (rejected and rejected[2]) or (verify and verify[1]) or None
        return self._messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            recipient=recipient[1] if recipient else named,
            **(_host_fields(host) | _said(error, body)),
        )

    def _silence(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        """Read how an attempt at one host ended without a reply."""
        host = _H.match(body)
        words = _SILENT.match(body, host.end()) if host and queue_id else None
        if words is None:
            return None
        after = _AFTER.search(words[1])
        return self._messages.delivery(
            line,
            queue_id,
            direction=Direction.OUTGOING,
            stage=stage_of(after[1].partition(" (")[0].partition(":")[0]) if after else None,
            text=_unescaped(words[1]),
            **_host_fields(host),
        )

    def _refusal(self, line: Line, queue_id: str | None, body: str) -> Delivery | None:
        if match := _AUTHENTICATOR.search(body):
            text = match[4].partition(" (set_id=")[0]
            spoke = ReplyBy.OWN if _REPLY.match(text) else None
            return self._messages.delivery(
                line,
                queue_id,
                direction=Direction.INCOMING,
                stage=Stage.AUTH,
                status=Status.REJECTED,
                text=text,
                reply_by=spoke,
                **_host_fields(match),
            )
        match = _REJECTED.search(body)
        if match is None:
            return None
        where, address, text = match.groups()
        before = body[: match.start()]
        sender = _SENDER.search(" " + before)
        host = _H.match(before)
        words = _unescaped(text) if text else None
        stage = Stage.END_OF_DATA if "after DATA" in where else stage_of(where.strip())
        return self._messages.delivery(
            line,
            queue_id,
            direction=Direction.INCOMING,
            sender=sender[1] if sender else None,
            recipient=address if stage is Stage.RCPT else None,
            stage=stage,
            status=Status.REJECTED,
            text=words,
            reply_by=ReplyBy.OWN if words and _REPLY.match(words) else None,
            **_host_fields(host),
        )


def _parted_head(line: Line) -> tuple[str | None, str]:
    """Take stamp and message id off, which syslog repeats or leaves out."""
    text = line.message
    if head := _HEAD.match(text):
        return head[2], text[head.end() :]
    if head := _BARE_HEAD.match(text):
        return head[1], text[head.end() :]
    return None, text


def _fields_before(said: re.Match[str] | None, rest: str) -> str:
    """Give the fields of an attempt, which end where words begin: a server's, or Exim's own."""
    if said is not None:
        return rest[: said.start()]
    defer = _DEFER.search(rest)
    return rest[: defer.end()] if defer else rest


def _host_fields(host: re.Match[str] | None) -> dict[str, Any]:
    if host is None:
        return {}
    return {"relay_host": host[1], "relay_ip": host[2], "relay_port": port_of(host[3])}


def _said(error: re.Match[str], body: str) -> dict[str, Any]:
    """Give what a server said, which runs to the end of the line, and who it was in old lines."""
    host = _OLD_HOST.match(body, error.end())
    words = body[(host or error).end() :].rstrip().removesuffix(">").removesuffix(_ADDED)
    known = {"text": _unescaped(words), "reply_by": ReplyBy.REMOTE, "stage": stage_of(error[1])}
    return known | _host_fields(host)


def _confirmed(confirmation: re.Match[str]) -> dict[str, Any]:
    """Give what a server said to the end of the message."""
    text = _unescaped(_unescaped_quotes(confirmation[1]))
    if not _REPLY.match(text):
        return {"text": text}
    return {"text": text, "reply_by": ReplyBy.REMOTE, "stage": Stage.END_OF_DATA}


def _own_words(rest: str) -> str | None:
    """Give Exim's own words, behind its fields."""
    defer = _DEFER.search(rest)
    words = rest[defer.end() :] if defer else rest.rpartition(": ")[2]
    return _unescaped(words.strip()) or None


def _delay(fields: str) -> float | None:
    match = _DELAY.search(fields)
    seconds = number_of(match[1]) if match else None
    return seconds / 1000 if seconds is not None and match and match[2] else seconds


def _unescaped_quotes(text: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", text)


def _unescaped(text: str) -> str:
    """Undo string_printing."""
    if "\\" not in text:
        return text

    def meaning(match: re.Match[str]) -> str:
        if match[1]:
            octet = int(match[1], 8) & 0xFF
            return chr(octet) if octet < 0x80 else chr(0xDC00 + octet)
        return _NAMED.get(match[2], match[2])

    return rejoined(_ESCAPE.sub(meaning, text))


FORMAT = Format(_NAME, _detect, _Reader)
