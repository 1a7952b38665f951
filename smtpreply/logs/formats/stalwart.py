r"""Stalwart: its event log, the JSON of its webhooks, and the log of its first versions.

From crates/trc (serializers, event descriptions) and crates/smtp/src/outbound/session.rs::

    line   = [STAMP " "] LEVEL " " DESCRIPTION " (" EVENT ") " [PAIR *(", " PAIR)]
                                                     ; with or without a terminal's colours
    EVENT  = "delivery." NAME / "queue." NAME / "smtp." NAME / ...
    PAIR   = KEY " = " VALUE
    VALUE  = QUOTE TEXT QUOTE                        ; \r \n \t \\ are escaped, a quote is not
           / "[" VALUE *(", " VALUE) "]" / number / stamp / address
           / DESCRIPTION " (" EVENT ") { " PAIRS " }"
    span   = "queueId = " N ", " ["queueName = " V ", "] "from = " V ", to = [" VALUES "], "
             "size = " N ", total = " N
    reply  = "code = " N ", details = " V
           / ["details = " V ", "] "code = " N ", " ... "reason = " V               ; in a cause
           / "Code: " N ", Enhanced code: " N.N.N ", Message: " TEXT                ; 0.1 to 0.10
    JSON   = {"createdAt": ..., "type": EVENT, "data": {...}} / {"events": [...]}
    raw    = span / PAIRS ... "contents = " Q REPLIES Q      ; of "raw-input" and "raw-output"
    old    = STAMP " " LEVEL " " [SPAN ": "] [TARGET ": "] "context=" Q " event=" Q " " ...
             ("reason=" / "response=") WORDS
           / ... "event=" Q "write" Q " data=" Q REPLIES Q " size=" N    ; to a client

Pairs of the span are first and those of the event after them, so a key may come twice: an
event's own "to" is the recipient. A server's reply comes last, and ends at the last quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import ANY_STAMP, DATE, STAMP
from smtpreply.logs.input.syslog import SEVERITY, Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import QUOTED, coded, port_of, text_of, uncoloured
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.logs.toolkit.timestamps import time_of
from smtpreply.stage import Stage

_NAME = "stalwart"

_LINE = re.compile(
    rf"(?:({STAMP}) +)?(?:TRACE|DEBUG|INFO|WARN|ERROR) [^()=]{{1,100}} "
    r"\(([a-z0-9-]{2,30}\.[a-z0-9-]{2,50})\) ?"
)
_ADDRESS = rf"\"({QUOTED}?[^\"]{{0,320}})\""
_SPAN = re.compile(
    r"(?:queueId = ([0-9]{1,20}), )?(?:queueName = \"[^\"]{0,100}\", )?"
    rf"(?:from = (?:{_ADDRESS}|<>), )?(?:to = \[((?:{QUOTED}|[^\]\"]){{0,65536}}+)\], )?"
    r"(?:size = [0-9]+, )?(?:total = [0-9]+(?:, |\Z))?"
)
_SAID = re.compile(
    r"(?:\A|, )(?:code = ([0-9]{3}), details = \"|(?:details|reason) = \"|causedBy = )"
)
_TAIL = re.compile(r"(.*)\"(?:, [A-Za-z]{1,30} = [^\",]{0,100}){0,8}\Z", re.DOTALL)
_CAUSE = re.compile(
    r"SMTP error occurred \(smtp\.error\) \{ details = \"[A-Za-z ]{1,60}\", code = ([0-9]{3}), "
    r"(?:details = \".{0,1000}?\", )?reason = \"(.*)\" \}(?:, elapsed = [0-9]+ms)?\Z",
    re.DOTALL,
)
_OLD_REPLY = re.compile(
    r"Code: ([0-9]{3}), Enhanced code: ([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}), Message: (.*)\Z",
    re.DOTALL,
)
_COMMAND = re.compile(r"Unexpected response for ([A-Z]{4}[A-Z ]{0,10})")
_HOST = re.compile(r"(?:\A|, )hostname = \"([^\"]{0,255})\"")
_TO = re.compile(rf"(?:\A|, )to = {_ADDRESS}(?=, |\Z)")
# Quotes are not escaped, so an address may look like any pairs. Where those of the span or of a
# recipient are not read, or are left behind what was read, the line has two readings.
_OF_SPAN = re.compile(r"\A(?:from = |to = \[)|size = [0-9]+, total = [0-9]")
_OF_RECIPIENT = re.compile(r"(?:\A|, )to = ")
_DOMAIN = re.compile(r"(?:\A|, )domain = \"([^\"]{0,255})\"")
_IP = re.compile(r"(?:\A|, )remoteIp = ([0-9A-Fa-f.:]{2,45})(?:, |\Z)")
_PORT = re.compile(r"(?:\A|, )remotePort = ([0-9]{1,5})(?:, |\Z)")
_QUOTED = re.compile(rf"{_ADDRESS}(?=, |\Z)")
_ESCAPE = re.compile(r"\\([rnt\\])")
_MEANING = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}

_OLD = re.compile(
    rf"(?:({STAMP}) +)?(?:TRACE|DEBUG|INFO|WARN|ERROR) +(?:.{{0,1000}}?[: ])?"
    r"context=\"([a-z-]{1,30})\" event=\"([a-z-]{1,30})\" (.*)\Z",
    re.DOTALL,
)
_OLD_FIELDS = re.compile(
    r"(?:(?:rcpt=\"([^\"]{0,320})\"|mx=\"([^\"]{0,255})\") ){0,2}(?:reason|response)=(.*)\Z",
    re.DOTALL,
)
_OLD_RCPT = re.compile(r"rcpt=\"([^\"]{0,320})\" ")
_OLD_MX = re.compile(r"mx=\"([^\"]{0,255})\" ")
_OLD_STAGES = {
    "ehlo": Stage.EHLO,
    "auth": Stage.AUTH,
    "sender": Stage.MAIL,
    "rcpt": Stage.RCPT,
    "message": Stage.END_OF_DATA,
}

# Our refusals of a recipient, and their words: inbound/rcpt.rs. "smtp.relay-not-allowed" is none of
# these, for a version of 2024 wrote it of each recipient that it took.
_REFUSALS: Mapping[str, str] = {
    "smtp.mailbox-does-not-exist": "Mailbox does not exist",
    "smtp.rcpt-to-greylisted": "Recipient greylisted",
    "smtp.rate-limit-exceeded": "Rate limit exceeded",
}
# What each event answers, and whether it decides what becomes of the message.
_EVENTS: Mapping[str, tuple[Stage | None, bool]] = {
    **dict.fromkeys(_REFUSALS, (Stage.RCPT, False)),
    "delivery.delivered": (Stage.END_OF_DATA, True),
    "delivery.rcpt-to-rejected": (Stage.RCPT, True),
    "delivery.rcpt-to-failed": (Stage.RCPT, False),
    "delivery.mail-from-rejected": (Stage.MAIL, True),
    "delivery.message-rejected": (Stage.END_OF_DATA, True),
    "delivery.ehlo-rejected": (Stage.EHLO, False),
    "delivery.auth-failed": (Stage.AUTH, False),
    "delivery.greeting-failed": (Stage.CONNECT, False),
    "delivery.connect-error": (Stage.CONNECT, False),
    "delivery.start-tls-unavailable": (Stage.STARTTLS, False),
    "delivery.start-tls-error": (Stage.STARTTLS, False),
    "delivery.implicit-tls-error": (Stage.STARTTLS, False),
    "delivery.mx-lookup-failed": (None, False),
    "delivery.ip-lookup-failed": (None, False),
    "delivery.null-mx": (None, False),
    "delivery.dsn-success": (None, True),
    "delivery.dsn-temp-fail": (None, True),
    "delivery.dsn-perm-fail": (None, True),
}
_NOTICES: Mapping[str, Status] = {
    "delivery.dsn-success": Status.SENT,
    "delivery.dsn-temp-fail": Status.DEFERRED,
    "delivery.dsn-perm-fail": Status.BOUNCED,
}
_OWN = "smtp.raw-output"  # replies to clients are nowhere else, and seldom here: at level TRACE
_THEIRS = "delivery.raw-input"
_CONTENTS = re.compile(r"(?:\A|.{0,2000}?, )contents = \"([2-5][0-9]{2}[ -].*)\"\Z", re.DOTALL)
_OLD_WRITE = re.compile(
    rf"(?:({STAMP}) +)?(?:TRACE|DEBUG|INFO|WARN|ERROR) +(?:.{{0,1000}}?[: ])?"
    r"event=\"write\" data=\"([2-5][0-9]{2}[ -].*)\" size=[0-9]+\Z",
    re.DOTALL,
)
_REPLIES = re.compile(r"(?:[2-5][0-9]{2}-.*+\n)*+(?:.++|\Z)")
_GROUPS = ("delivery.", "queue.", "smtp.")


@attrs.define(kw_only=True)  # to make a frozen one takes three times as long
class _Event:
    """An event taken apart, in whichever form it was written."""

    name: str
    time: datetime | None
    queue_id: str | None = None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    host: str | None = None
    ip: str | None = None
    port: int | None = None
    stage: Stage | None = None
    code: int | None = None
    text: str | None = None


def _detect(line: Line) -> bool:
    if line.fields is not None:
        return any(True for _ in _json_events(line.fields))
    text = uncoloured(line.message)
    match = _LINE.match(text)
    if match is not None:
        return match[2].startswith(_GROUPS) or line.program == _NAME
    if line.program == _NAME:
        return True
    return _OLD.match(text) is not None or _OLD_WRITE.match(text) is not None


class StalwartReader(Reader):
    """Reads the lines of one log. A notice repeats an attempt, which is reported once."""

    def __init__(self) -> None:
        self._told: Memory[Status] = Memory()
        self._has_replies = False  # to clients: what refuses a recipient has one as well

    def read(self, line: Line) -> Iterable[Delivery] | None:
        if line.fields is not None:
            events = list(_json_events(line.fields))
            return [told for event in events for told in self._deliveries(line, event)]
        text = uncoloured(line.message)
        if match := _LINE.match(text):
            self._has_replies = self._has_replies or match[2] == _OWN
            if match[2] in (_OWN, _THEIRS):
                return _raw(line, match[1], text[match.end() :], is_ours=match[2] == _OWN)
            if match[2] not in _EVENTS:
                return ()
            event = _text_event(match, text[match.end() :])
            return None if event is None else list(self._deliveries(line, event))
        if match := _OLD_WRITE.match(text):
            return _spoken(line, match[1], match[2], is_ours=True)
        if match := _OLD.match(text):
            event = _old_event(match)
            return () if event is None else list(self._deliveries(line, event))
        return None

    def _deliveries(self, line: Line, event: _Event) -> Iterator[Delivery]:
        """Yield one delivery a recipient."""
        if event.name in _REFUSALS:
            yield from () if self._has_replies else _refusals(line, event)
            return
        status = _status(event)
        by = ReplyBy.REMOTE if event.code is not None and event.text else None
        stage = event.stage or (Stage.END_OF_DATA if by and status is Status.SENT else None)
        for recipient in event.recipients or (None,):
            key = f"{event.queue_id} {recipient}"
            if event.name in _NOTICES and self._told.get(key) is status:
                continue
            if status is not None and event.queue_id is not None:
                self._told[key] = status
            yield delivery_in(
                line,
                _NAME,
                time=line.time or event.time,
                direction=Direction.OUTGOING,
                queue_id=event.queue_id,
                sender=event.sender,
                recipient=recipient,
                relay_host=event.host or event.ip,
                relay_ip=event.ip,
                relay_port=event.port,
                stage=stage,
                status=status,
                text=event.text,
                reply_by=by,
            )


def _refusals(line: Line, event: _Event) -> Iterator[Delivery]:
    """Yield what an event says of our own refusal; of a rate limit, there is one without words."""
    for recipient in event.recipients:
        yield delivery_in(
            line,
            _NAME,
            time=line.time or event.time,
            direction=Direction.INCOMING,
            sender=event.sender,
            recipient=recipient,
            relay_host=event.ip,
            relay_ip=event.ip,
            relay_port=event.port,
            stage=event.stage,
            status=Status.REJECTED,
            text=_REFUSALS[event.name],
        )


def _raw(line: Line, stamp: str | None, rest: str, *, is_ours: bool) -> list[Delivery]:
    """Read what was sent by a server, us or another."""
    contents = _CONTENTS.match(rest)
    if contents is None:
        return []
    own = rest[: contents.start(1)]
    span = _SPAN.match(own)
    ip = _first(_IP, own)
    host = None if is_ours else _first(_HOST, own)
    return _spoken(
        line,
        stamp,
        contents[1],
        is_ours=is_ours,
        queue_id=span[1] if span else None,
        relay_host=host or ip,
        relay_ip=ip,
        relay_port=port_of(_first(_PORT, own)),
    )


def _spoken(
    line: Line, stamp: str | None, contents: str, *, is_ours: bool, **known: Any
) -> list[Delivery]:
    """Return each reply of what was sent at once."""
    time = line.time or time_of(stamp)
    text = _unescaped(contents).replace("\r\n", "\n").rstrip()
    return [
        delivery_in(
            line,
            _NAME,
            time=time,
            direction=Direction.INCOMING if is_ours else Direction.OUTGOING,
            status=Status.REJECTED if is_ours and reply[0] in "45" else None,
            text=reply,
            reply_by=ReplyBy.OWN if is_ours else ReplyBy.REMOTE,
            **known,
        )
        for reply in filter(None, _REPLIES.findall(text))
    ]


def _status(event: _Event) -> Status | None:
    if event.name in _NOTICES:
        return _NOTICES[event.name]
    decides = _EVENTS.get(event.name, (None, False))[1]
    if not decides or (event.code is None and event.name != "delivery.delivered"):
        return None
    if event.code is None or event.code < 400:
        return Status.SENT
    return Status.BOUNCED if event.code >= 500 else Status.DEFERRED


def _text_event(match: re.Match[str], rest: str) -> _Event | None:
    """Return an event; None where an address may be other pairs as well."""
    stamp, name = match.groups()
    span = _SPAN.match(rest)
    assert span is not None
    queue_id, sender, recipients = span.groups()
    rest = rest[span.end() :]
    said = _SAID.search(rest)
    own = rest[: said.start()] if said else rest
    to = _TO.search(own)
    if _OF_SPAN.search(rest) or (to is None and _OF_RECIPIENT.search(own)):
        return None
    code, text, stage = _said(rest, said) if said else (None, None, None)
    return _Event(
        name=name,
        time=time_of(stamp),
        queue_id=queue_id,
        sender=sender if sender is not None else "" if "from = <>" in span[0] else None,
        recipients=_addressed(to, own, recipients),
        host=_first(_HOST, own),
        ip=_first(_IP, own),
        port=port_of(_first(_PORT, own)),
        stage=stage or _EVENTS[name][0],
        code=code,
        text=text,
    )


def _said(rest: str, said: re.Match[str]) -> tuple[int | None, str | None, Stage | None]:
    """Return the code and the text of a reply, or the words on why there is none."""
    words = rest[said.end() :]
    if cause := _CAUSE.match(words):
        return int(cause[1]), coded(cause[1], _unescaped(cause[2])), None
    tail = _TAIL.match(words)
    text = _unescaped(tail[1] if tail and said[0].endswith('"') else words)
    if said[1]:
        return int(said[1]), coded(said[1], text), None
    return _old_reply(text)


def _old_reply(text: str) -> tuple[int | None, str | None, Stage | None]:
    match = _OLD_REPLY.search(text)
    if match is None:
        return None, text or None, None
    code, enhanced, message = match.groups()
    command = _COMMAND.match(text)
    stage = {"MAIL FROM": Stage.MAIL, "RCPT TO": Stage.RCPT, "DATA": Stage.END_OF_DATA}.get(
        command[1].strip() if command else ""
    )
    status = None if enhanced.startswith("0.") else enhanced
    return int(code), coded(code, message, status), stage


def _addressed(to: re.Match[str] | None, own: str, span: str | None) -> tuple[str, ...]:
    """Return whom an event is about: those of its domain, or the only one that there is."""
    if to is not None:
        return (to[1],)
    addresses = tuple(_QUOTED.findall(span or ""))
    domain = _first(_DOMAIN, own)
    if domain is None:
        return addresses if len(addresses) == 1 else ()
    end = "@" + domain.lower()
    return tuple(address for address in addresses if address.lower().endswith(end))


def _old_event(match: re.Match[str]) -> _Event | None:
    stamp, context, event, rest = match.groups()
    fields = _OLD_FIELDS.match(rest)
    if context not in _OLD_STAGES or fields is None:
        return None
    own = rest[: fields.start(3)]
    code, text, _ = _old_reply(fields[3])
    recipient = _OLD_RCPT.search(own)
    mx = _OLD_MX.search(own)
    names = {"delivered": "delivery.delivered", "rejected": "delivery.rcpt-to-rejected"}
    return _Event(
        name=names.get(event, "delivery.failed"),
        time=time_of(stamp),
        recipients=(recipient[1],) if recipient else (),
        host=mx[1] if mx else None,
        stage=Stage.END_OF_DATA if event == "delivered" else _OLD_STAGES[context],
        code=code,
        text=text,
    )


def _json_events(fields: Mapping[str, Any]) -> Iterator[_Event]:
    events = fields.get("events")
    for event in events if isinstance(events, list) else [fields]:
        if not isinstance(event, dict):
            continue
        name, data = event.get("type"), event.get("data")
        if isinstance(name, str) and name in _EVENTS and isinstance(data, dict):
            yield _json_event(name, event.get("createdAt"), data)


def _json_event(name: str, stamp: Any, data: Mapping[str, Any]) -> _Event:
    to = data.get("to")  # the span's, since a key is written once: certain where it is one
    recipients = to if isinstance(to, list) else [to]
    recipients = recipients if len(recipients) == 1 else []
    cause = data.get("causedBy")
    inner = cause.get("data") if isinstance(cause, dict) else None
    said = inner if isinstance(inner, dict) else data
    code = said.get("code")
    text = text_of(said.get("reason")) if said is not data else None
    text = text or text_of(said.get("details")) or text_of(said.get("reason"))
    if isinstance(code, int) and 100 <= code <= 999 and text is not None:
        text = coded(code, text)
    else:
        code, text, _ = _old_reply(text or "")
    queue_id = data.get("queueId")
    return _Event(
        name=name,
        time=time_of(stamp if isinstance(stamp, str) else None),
        queue_id=text_of(str(queue_id)) if isinstance(queue_id, (int, str)) else None,
        sender=text_of(data.get("from")),
        recipients=tuple(filter(None, map(text_of, recipients))),
        host=text_of(data.get("hostname")),
        ip=text_of(data.get("remoteIp")),
        port=port_of(str(data.get("remotePort"))),
        stage=_EVENTS[name][0],
        code=code,
        text=text,
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _MEANING[match[1]], text) if "\\" in text else text


FORMAT = Format(
    _NAME,
    _detect,
    StalwartReader,
    programs=r"stalwart",
    begins=rf"{ANY_STAMP}(?:TRACE|DEBUG|INFO|WARN|ERROR) ",
    needles=("(delivery.", "(queue.", "(smtp.", '" event="', ' event="write"', '"delivery.'),
    members=('"type"', '"events"'),
    certain=re.compile(
        rf"{DATE}T[0-9:.]{{8,15}}Z (?:TRACE|DEBUG|INFO|WARN|ERROR) "
        rf"[A-Za-z]+ (?!{SEVERITY})[A-Za-z]+ "
    ),
)
