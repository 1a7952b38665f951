r"""Bounces in words, from servers that write no RFC 3464 report, or have lost it on the way.

Each begins with a sentence of its own, and reports recipients in paragraphs of its own form:

qmail (qmail-send.c), after "Hi. This is the qmail-send program at ..."::

    "<" RCPT ">:" NL [ SENTENCE NL "Remote host said: " REPLY NL "Giving up on " IP "." ] / words

Exim (deliver.c, print_address_error), after "A message that you sent could not be delivered", or
"has not been delivered" for a delay. A line is broken after ": " where it grows long::

    "  " RCPT NL [ "    (generated from " ORIG ")" NL ] *( "    " words NL )
                                       ; "host H [IP]" ... "error from remote mail server after" CMD

Postfix (bounce_notify_util.c), after "This is the mail system at host ..."; folded at 79::

    "<" RCPT ">" [ " (expanded from <" ORIG ">)" ] ": " REASON

Exchange, after "Diagnostic information for administrators:" and "Generating server: ..."::

    RCPT NL [ HOST NL ] ( "#" [ "<" HOST " " ] REPLY [ "> #SMTP#" ] [ " ##" ]
                        / "Remote Server returned '" REPLY "'" )

Google, after "Delivery to the following recipient failed permanently:" (or "has been delayed")::

    "     " RCPT NL ... "by " HOST " [" IP "]" ... "returned was:" NL REPLY

Sendmail (savemail.c, deliver.c): "----- The following addresses had permanent fatal errors -----",
each as ``<RCPT>`` with ``(reason: REPLY)``, and "----- Transcript of session follows -----", which
is a transcript as `smtpreply.dialogue.transcript` reads it. So has the notice that Postfix's smtpd
writes to its postmaster.

A person may quote any of this. So it is read where the message came from a mail system: its return
path is null, or it is from the mailer daemon. What is quoted behind "> " is not at a line's start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from smtpreply.dialogue.transcript import Exchange, TranscriptReader
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.formats.postfix.lines import read_reason
from smtpreply.logs.formats.transcript import fields_of
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import said_by, stage_of, status_of
from smtpreply.logs.toolkit.mime import date_of, mailbox_of
from smtpreply.stage import Stage

_MOST_LINES = 2000
_LONGEST_LINE = 10_000

_DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail(?: |-|\+)?delivery|mail administrator|microsoft outlook",
    re.IGNORECASE,
)
_REPLY = re.compile(r"[245][0-9]{2}[ -]")
_STATUS = re.compile(r"\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)")
_BRACKETED = re.compile(r"<([^<>]{1,1000})>:?\s*\Z")

Found = Iterator[tuple[int, dict[str, Any]]]
"""The number of a line in the notice, and the fields of a recipient there."""


class Notice:
    """Reads the text of a message that may be a bounce.

    Args:
        mta: the format that is read.
        fields: those of the message.
    """

    def __init__(self, mta: str, fields: dict[str, str]) -> None:
        self._mta = mta
        self._fields = fields
        self._lines: list[str] = []
        self._places: list[Line] = []

    @property
    def is_of_a_bounce(self) -> bool:
        """Whether a mail system sent the message: RFC 5321 4.5.5."""
        fields = self._fields
        sent_by_none = fields.get("return-path", "").replace(" ", "") == "<>"
        return (
            sent_by_none
            or "x-failed-recipients" in fields
            or _DAEMON.search(fields.get("from", "")[:1000]) is not None
        )

    def feed(self, text: str, line: Line) -> None:
        """Read a line. What stands far behind is the message that is returned."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append(text.rstrip()[:_LONGEST_LINE])
            self._places.append(Line("", "", line.number, line.source))

    def end(self) -> list[Delivery]:
        """Return the deliveries in the text; none where its beginning is not a known one."""
        for begins, ends, read in _DIALECTS:
            start = next((n for n, text in enumerate(self._lines) if begins.match(text)), None)
            if start is None:
                continue
            count = len(self._lines)
            stop = next((n for n in range(start + 1, count) if ends.match(self._lines[n])), count)
            return [
                self._delivery(start + number, told)
                for number, told in read(self._lines[start:stop])
            ]
        return []

    def _delivery(self, number: int, told: dict[str, Any]) -> Delivery:
        place = self._places[min(number, len(self._places) - 1)]
        text = told.get("text")
        known = {
            "sender": mailbox_of(self._fields.get("to")),
            "direction": Direction.OUTGOING,
            "status": _status_by(text),
        }
        place.time = date_of(self._fields.get("date"))
        return delivery_in(place, self._mta, **(known | told))


def _status_by(text: str | None) -> Status:
    return Status.DEFERRED if text and text.startswith("4") else Status.BOUNCED


# --- qmail ---------------------------------------------------------------------------------

_QMAIL_STAGES = (
    ("greeting failed", Stage.CONNECT),
    ("my name was rejected", Stage.EHLO),
    ("sender was rejected", Stage.MAIL),
    ("does not like recipient", Stage.RCPT),
    ("failed on DATA command", Stage.DATA),
    ("failed after I sent the message", Stage.END_OF_DATA),
)
_QMAIL_PEER = re.compile(r"(?:Connected to )?\[?([0-9A-Fa-f.:]{2,45}?)\]? (?:but|does|failed)")
_HOST_SAID = "Remote host said: "


def _qmail(lines: Sequence[str]) -> Found:
    for number, block in _paragraphs(lines):
        match = _BRACKETED.match(block[0])
        if match is None or not block[0].endswith(":"):
            continue
        words = block[1:]
        said = next((n for n, text in enumerate(words) if text.startswith(_HOST_SAID)), None)
        told: dict[str, Any] = {"recipient": match[1], "status": Status.BOUNCED}
        if said is None:
            text = "\n".join(words)
            status = _STATUS.search(text[:_LONGEST_LINE])
            yield number, told | {"text": text or None, "dsn": status_of(status and status[1])}
            continue
        sentence = " ".join(words[:said])[:_LONGEST_LINE]
        end = next((n for n, text in enumerate(words) if text.startswith("Giving up on ")), None)
        text = "\n".join(words[said:end]).removeprefix(_HOST_SAID)
        peer = _QMAIL_PEER.match(sentence)
        told["relay_host"] = told["relay_ip"] = peer[1] if peer else None
        told["stage"] = next((stage for known, stage in _QMAIL_STAGES if known in sentence), None)
        yield number, told | _by_a_server(text)


# --- Exim ----------------------------------------------------------------------------------

_EXIM_RECIPIENT = re.compile(
    r"  ([^\s<>]\S{0,1000}|\"[^\"]{1,300}\"@\S{1,255})(?:\s+\(.{0,1000})?\Z"
)
_EXIM_PARENT = re.compile(r"\((?:ultimately )?generated from (\S{1,1000})\)\Z")
_EXIM_HOST = re.compile(
    r"(?:\A|(?<=[\s:]))(?:host )?([^\s\[\]]{1,255}) \[([^\]\s]{1,60})\](?::[0-9]{1,5})?:?\s"
)
_EXIM_ERROR = re.compile(
    r"(?:SMTP|LMTP) error from remote (?:mail server|mailer) after "
    r"((?:pipelined )?(?:(?:RCPT TO|MAIL FROM):<[^>]{0,1000}>(?: SIZE=[0-9]{1,20})?|"
    r"[A-Za-z]{1,20}(?: [^:]{0,300})?)):\s"
)


def _exim(lines: Sequence[str]) -> Found:
    delayed = any("has not been delivered" in line or "not yet been" in line for line in lines)
    for number, block in _paragraphs(lines):
        match = _EXIM_RECIPIENT.fullmatch(block[0])
        if match is None or not all(line.startswith("   ") for line in block[1:]):
            continue
        status = Status.DEFERRED if delayed else Status.BOUNCED
        words = [line.strip() for line in block[1:]]
        parent = _EXIM_PARENT.match(words[0]) if words else None
        orig = parent[1] if parent else None
        told = {"recipient": match[1], "orig_recipient": orig, "status": status}
        yield number, told | _exim_words(words[1 if parent else 0 :])


def _exim_words(lines: Sequence[str]) -> dict[str, Any]:
    text = ""
    for line in lines:
        glue = "" if not text else " " if text.endswith(":") and not _REPLY.match(line) else "\n"
        text += glue + line
    error = _EXIM_ERROR.search(text)
    if error is None:
        return {"text": text or None}
    host = _EXIM_HOST.search(text[: error.start()]) or _EXIM_HOST.match(text, error.end())
    reply = text[error.end() :]
    if host and host.start() >= error.end():  # before 4.8x, it stood after the command
        reply = text[host.end() :]
    told = {"stage": stage_of(error[1])} | _by_a_server(reply)
    return told | ({"relay_host": host[1], "relay_ip": host[2]} if host else {})


# --- Postfix -------------------------------------------------------------------------------

_POSTFIX_RECIPIENT = re.compile(
    r"<([^<>]{1,1000})>(?: \(expanded from <([^<>]{1,1000})>\))?: (.*)\Z", re.DOTALL
)


def _postfix(lines: Sequence[str]) -> Found:
    delayed = any("could not be delivered for" in line for line in lines)
    for number, block in _paragraphs(lines):
        match = _POSTFIX_RECIPIENT.match(" ".join(line.strip() for line in block))
        if match is None:
            continue
        text, by, stage, peer = read_reason(match[3], spoke=False)
        told: dict[str, Any] = {
            "recipient": match[1],
            "orig_recipient": match[2],
            "status": Status.DEFERRED if delayed else Status.BOUNCED,
            "stage": stage,
            "text": text,
            "reply_by": by,
        }
        if peer is not None:
            told |= {"relay_host": peer[0], "relay_ip": peer[1]}
        yield number, told


# --- Exchange ------------------------------------------------------------------------------

_EXCHANGE_ADDRESS = re.compile(r"([^\s<>@]{1,100}@[^\s<>@]{1,255})\Z")
_EXCHANGE_SAID = re.compile(
    r"Remote Server returned '<?(?:\[?\{LED=)?(.{3,}?)(?:>|\}.*)?'\s*\Z", re.DOTALL
)
_EXCHANGE_OWN = re.compile(
    r"#?<?(?:([A-Za-z0-9.-]{1,255})\s+)?#\s*(?:<[A-Za-z0-9.-]{1,255}\s+)?(?:#[0-9.]{1,12}\s+smtp;\s*)?"
    r"([245][0-9]{2} .{1,}?)(?:>?\s*#(?:SMTP)?#)?\s*\Z",
    re.DOTALL,
)
_EXCHANGE_REMOTE = "#SMTP#"


def _exchange(lines: Sequence[str]) -> Found:
    for number, block in _paragraphs(lines):
        match = _EXCHANGE_ADDRESS.match(block[0])
        if match is None or len(block) < 2:
            continue
        words = block[1:]
        host = (
            words[0] if len(words) > 1 and re.fullmatch(r"[A-Za-z0-9.-]{1,255}", words[0]) else None
        )
        text = " ".join(words[1 if host else 0 :])[:_LONGEST_LINE]
        told: dict[str, Any] = {"recipient": match[1], "relay_host": host}
        if said := _EXCHANGE_SAID.match(text):
            yield number, told | _by_a_server(said[1])
        elif own := _EXCHANGE_OWN.match(text):
            remote = _EXCHANGE_REMOTE in text or host is not None
            by = said_by(ReplyBy.REMOTE if remote else ReplyBy.MTA, own[2])
            yield number, told | {"relay_host": own[1] or host, "text": own[2], "reply_by": by}


# --- Google --------------------------------------------------------------------------------

_GOOGLE_RECIPIENT = re.compile(r"\s{3,20}([^\s<>@]{1,100}@[^\s<>@]{1,255})\Z")
_GOOGLE_HOST = re.compile(r" by ([A-Za-z0-9.-]{1,255}?)\.? \[([0-9A-Fa-f.:]{2,45})\]")
_GOOGLE_SAID = re.compile(r"(?:returned|response) was:\s*(.*)\Z", re.DOTALL)


def _google(lines: Sequence[str]) -> Found:
    status = Status.DEFERRED if "delayed" in lines[0] else Status.BOUNCED
    text = "\n".join(lines)[: 10 * _LONGEST_LINE]
    said = _GOOGLE_SAID.search(text)
    host = _GOOGLE_HOST.search(text[: said.start()] if said else text)
    told = _by_a_server(said[1].strip() if said else None) | {"status": status}
    if host is not None:
        told |= {"relay_host": host[1], "relay_ip": host[2]}
    for number, line in enumerate(lines):
        if match := _GOOGLE_RECIPIENT.match(line):
            yield number, told | {"recipient": match[1]}
        elif number and line.strip():
            return  # the technical details


# --- Sendmail, and transcripts -------------------------------------------------------------

_SENDMAIL_REASON = re.compile(r"\s{1,20}\(reason: (.{1,5000}?)\)?\Z")
_SENDMAIL_EXPANDED = re.compile(r"\s{1,20}\(expanded from: <?([^<>]{1,1000}?)>?\)\Z")
_TRANSCRIPT = re.compile(
    r"\s*-{5} Transcript of session follows -{5}|\s*Transcript of session follows\."
)


def _sendmail(lines: Sequence[str]) -> Found:
    at = next((n for n, line in enumerate(lines) if _TRANSCRIPT.match(line)), len(lines))
    listed = list(_listed(lines[:at]))
    spoken = list(_spoken(lines[at:], at))
    refused = {told["recipient"] for _, told in spoken if told.get("recipient")}
    yield from ((n, told) for n, told in listed if told["recipient"] not in refused)
    only = [told["recipient"] for _, told in listed if told["recipient"] not in refused]
    for number, told in spoken:
        if told.get("recipient") or len(only) != 1:
            yield number, told


def _listed(lines: Sequence[str]) -> Found:
    """Yield the recipients that are listed, with the reason where there is one."""
    for number, line in enumerate(lines):
        match = _BRACKETED.match(line) if line.startswith("<") else None
        if match is None:
            continue
        behind = lines[number + 1 : number + 4]
        reason = next(
            (found[1] for text in behind if (found := _SENDMAIL_REASON.match(text))), None
        )
        orig = next(
            (found[1] for text in behind if (found := _SENDMAIL_EXPANDED.match(text))), None
        )
        yield number, {"recipient": match[1], "orig_recipient": orig} | _by_a_server(reason)


def _spoken(lines: Sequence[str], start: int) -> Found:
    """Yield the refusals in a transcript: a server's own, where it shows a client's session."""
    reader = TranscriptReader()
    items = [item for line in lines for item in reader.feed(line)] + reader.end()
    own = reader.is_of_a_server
    for item in items:
        if not isinstance(item, Exchange) or item.reply.code < 400:
            continue
        for told in fields_of(item, own=own):
            status = Status.REJECTED if own else _status_by(told["text"])
            yield start + item.line - 1, told | {"status": status}


# --- what they share -----------------------------------------------------------------------


def _by_a_server(text: str | None) -> dict[str, Any]:
    return {"text": text or None, "reply_by": said_by(ReplyBy.REMOTE, text)}


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Split lines at empty ones; with the number of the first line of each."""
    block: list[str] = []
    for number, line in enumerate((*lines, "")):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


_Dialect = tuple[re.Pattern[str], re.Pattern[str], Callable[[Sequence[str]], Found]]
_DIALECTS: tuple[_Dialect, ...] = (
    (
        re.compile(r"Hi\. This is the \S{1,100} program at "),
        re.compile(r"--- Below this line is (?:a copy|the original)|--- Enclosed"),
        _qmail,
    ),
    (
        re.compile(
            r"A message that you sent (?:could not be|has not yet been|contained)|"
            r"A message that you have sent could not|Message \S+ has not been delivered|"
            r"A message sent by"
        ),
        re.compile(r"-{3,} This is a copy of "),
        _exim,
    ),
    (
        re.compile(r"This is the (?:mail system|Postfix program) at host |#{10,}\Z"),
        re.compile(r"--- (?:Below|Delivery report|Undelivered)"),
        _postfix,
    ),
    (
        re.compile(
            r"Delivery to the following recipients? (?:failed permanently|has been delayed)"
        ),
        re.compile(r"-{5} (?:Original message|Message header follows) -{5}"),
        _google,
    ),
    (
        re.compile(r"Diagnostic information for administrators:|Generating server: "),
        re.compile(r"Original message headers:"),
        _exchange,
    ),
    (
        re.compile(
            r"\s*-{5} The following addresses had |\s*-{5} Transcript of session follows|"
            r"\s*Transcript of session follows\."
        ),
        re.compile(r"\s*-{5} (?:Original message|Unsent message|Message header|No message)"),
        _sendmail,
    ),
)
