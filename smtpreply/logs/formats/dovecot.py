"""Dovecot: what its LMTP server and its deliver programs store, forward, or refuse.

From lib-lda/mail-deliver.c, lmtp/lmtp-proxy.c, submission/, and Pigeonhole's actions::

    line   = ["dovecot: "] AGENT ["(" [PID ", "] USER ")" ["<" PID ">"] ["<" SESSION ">"]] ": "
             [LEVEL ": "] [SESSION ": "] EVENT
    AGENT  = "lmtp" / "lda" / "deliver" / "local" / "submission" / "imap-login" / "auth" / ...
    EVENT  = ["sieve: "] ["msgid=" ID ": "] [ACTION " action: "] WHAT     ; deliver_log_format says
    WHAT   = "saved mail to " MAILBOX / "stored mail into mailbox '" MAILBOX "'"
           / "save failed to " MAILBOX ": " WHY
           / "rejected message from <" A "> " ... / "rejected: " WHY
           / "failed to redirect message to <" A ">: " ["smtp(" HOST [":" PORT] "): "]
             [COMMAND " failed: "] REPLY [" (" ("permanent" / "temporary") " failure)"]
           / "marked message to be discarded ..." / "discarded message"
    EVENT  =/ ("Sent" / "Failed to send") " message to <" A "> at " HOST ":" PORT ": " REPLY
              " (" N "/" N " at " N " ms)"                        ; the proxy of LMTP
    EVENT  =/ ("Successfully relayed" / "Failed to relay") " message: from=<" A ">, ..."
              "reply=`" REPLY "'"                                ; the proxy of submission

In its own file, a line has no host: "Nov 24 11:43:32 lmtp(bob)<42><x>: Info: ...". A Message-ID is
a stranger's words, so the event is what the line ends with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from smtpreply._support import regex as re
from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.input.clock import ANY_STAMP, STAMP
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import PATH, port_of, said_by, stage_of
from smtpreply.stage import Stage

_NAME = "dovecot"

_STAMPED = re.compile(rf"(?:{STAMP} )?(?:dovecot: )?")
_AGENTS = (
    r"(?:lmtp|lda|dovecot-lda|deliver|local|submission|imap|pop3|managesieve|sieve|auth|auth-worker|"
    r"master|config|anvil|log|ssl-params|stats|indexer|indexer-worker|doveadm|dsync|dict|director|"
    r"replicator|old-stats|script|script-login|quota-status|imap-urlauth)(?:-login)?"
)
_HEAD = re.compile(
    rf"({_AGENTS})(?:\((?:[0-9]{{1,10}}(?:, )?)?<?([^()>]{{0,320}})>?\))?"
    rf"(?:<[0-9]{{0,10}}>)?(?:<[^<>\s]{{0,100}}>)?: (?:{STAMP} )?"
    r"(?:(?:Info|Error|Warning|Debug|Fatal|Panic): )?"
)
_EVENT = re.compile(
    r"(?:.{0,4000}(?::|,) )?(?:[a-z]{1,20} action: )?"
    r"(saved mail to|stored mail into mailbox|save failed to|failed to store into mailbox|"
    r"rejected message|rejected:|discarded message|marked message to be discarded)( .*)?\Z",
    re.DOTALL,
)
_OUTCOME = re.compile(
    r"(?:\S{1,100}: )?(?:Sent message|Failed to (?:send|relay)|Successfully relayed)|"
    r"(?:.{0,4000}(?::|,) )?(?:saved mail|stored mail|save failed|failed to store)",
    re.DOTALL,
)
"""What reports what became of a message: a line that was cut after it is not understood."""
_TELLING = (
    "mail", "message", "rejected:", "save failed", "failed to store", "Failed to ", "relayed",
)  # fmt: skip
"""One of them is in each event that is read, and in what `_OUTCOME` matches."""
_MESSAGE_ID = re.compile(r"msgid=<?<([^<>\s]{1,998})>")
_PROXIED = re.compile(
    rf"(?:\S{{1,100}}: )?(Sent|Failed to send) message to <({PATH})> at "
    r"(\S{1,255}?)(?::([0-9]{1,5}))?: (.*?)(?: \([0-9]+/[0-9]+ at [0-9]+ ms\))?\Z",
    re.DOTALL,
)
_REDIRECTING = "failed to redirect message to <"
_REDIRECTED = re.compile(
    rf"(.{{0,4000}}(?::|,) )?(?:redirect action: )?{_REDIRECTING}({PATH})>: "
    r"(?:smtp\(([^\s():]{1,255}|\[[^\]]{1,50}\])(?::([0-9]{1,5}))?\): )?"
    r"(?:([A-Z]{4}(?: [A-Z]{2,4})?) failed: )?(.*?)(?: \((permanent|temporary) failure\))?\Z",
    re.DOTALL,
)
_RELAYED = re.compile(
    rf"(Successfully relayed|Failed to relay) message: from=<({PATH})>, .{{0,500}}?"
    r"reply=`(.*)'[^']{0,100}\Z",
    re.DOTALL,
)
_ID = re.compile(r"id=([^,\s]{1,200}),")
_STATUSES = {
    "saved mail to": Status.SENT,
    "stored mail into mailbox": Status.SENT,
    "rejected message": Status.REJECTED,
    "rejected:": Status.REJECTED,
    "discarded message": Status.DISCARDED,
    "marked message to be discarded": Status.DISCARDED,
}
_DELIVERING = ("lmtp", "lda", "dovecot-lda", "deliver", "local")


def _detect(line: Line) -> bool:
    if line.program is not None and line.program.startswith("dovecot"):
        return True
    return _HEAD.match(_body(line)) is not None


class DovecotReader(Reader):
    """Reads each line on its own."""

    def read(self, line: Line) -> Iterable[Delivery] | None:
        body = _body(line)
        head = _HEAD.match(body)
        if head is None:
            return None
        agent, user = head.groups()
        event = body[head.end() :]
        if not any(map(event.__contains__, _TELLING)):  # most lines
            return ()
        if match := _PROXIED.match(event):
            return (_proxied(line, match),)
        if match := _RELAYED.match(event):
            return (_relayed(line, match, event),)
        if agent in _DELIVERING and _REDIRECTING in event:
            # A Message-ID or a reply may have these words as well: there are two readings then.
            redirected = _REDIRECTED.match(event) if event.count(_REDIRECTING) == 1 else None
            return None if redirected is None else (_redirected(line, user, redirected),)
        what = _EVENT.match(event) if agent in _DELIVERING else None
        if what is not None:
            return (_delivered(line, user, event, what),)
        is_about_mail = agent in _DELIVERING or agent == "submission"
        return None if is_about_mail and _OUTCOME.match(event) else ()


def _delivered(line: Line, user: str | None, event: str, what: re.Match[str]) -> Delivery:
    message_id = _MESSAGE_ID.search(event, 0, what.start(1))
    return delivery_in(
        line,
        _NAME,
        direction=Direction.LOCAL,
        message_id=message_id[1] if message_id else None,
        recipient=user or None,
        status=_STATUSES.get(what[1]),
        text=what[1] + (what[2] or ""),
    )


def _redirected(line: Line, user: str | None, match: re.Match[str]) -> Delivery:
    """Read that a message could not be sent on; as a rule, Sieve then keeps it for the user."""
    before, recipient, host, port, command, words, failure = match.groups()
    message_id = _MESSAGE_ID.search(before or "")
    statuses = {"permanent": Status.BOUNCED, "temporary": Status.DEFERRED}
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        message_id=message_id[1] if message_id else None,
        recipient=recipient,
        orig_recipient=user or None,
        relay_host=host and host.strip("[]"),
        relay_port=port_of(port),
        stage=stage_of(command),
        status=statuses.get(failure or ""),
        text=words,
        reply_by=said_by(ReplyBy.REMOTE, words),
    )


def _proxied(line: Line, match: re.Match[str]) -> Delivery:
    result, recipient, host, port, reply = match.groups()
    sent = result == "Sent"
    return delivery_in(
        line,
        _NAME,
        direction=Direction.LOCAL,
        recipient=recipient,
        relay_host=host.strip("[]"),
        relay_port=port_of(port),
        **_answered(reply, sent=sent),
    )


def _relayed(line: Line, match: re.Match[str], event: str) -> Delivery:
    result, sender, reply = match.groups()
    queue_id = _ID.search(event, match.end(2), match.start(3))
    return delivery_in(
        line,
        _NAME,
        direction=Direction.OUTGOING,
        queue_id=queue_id[1] if queue_id else None,
        sender=sender,
        **_answered(reply, sent=result.startswith("Successfully")),
    )


def _answered(reply: str, *, sent: bool) -> dict[str, Any]:
    by = said_by(ReplyBy.REMOTE, reply)
    failed = Status.BOUNCED if by and not reply.startswith("4") else Status.DEFERRED
    return {
        "stage": Stage.END_OF_DATA if by else None,
        "status": Status.SENT if sent else failed,
        "text": reply,
        "reply_by": by,
    }


def _body(line: Line) -> str:
    """Return a line from its agent on, without the stamp of Dovecot's own file, or its name."""
    stamp = _STAMPED.match(line.message) if line.program is None else None
    return line.message[stamp.end() :] if stamp else line.message


# Logins, and what became of them. What a proxy says of a message could follow a name and a colon.
_SILENT = (
    r"(?:imap|pop3|managesieve|auth|auth-worker)(?:-login)?(?:\([^()<>\n]{0,320}+\)|)"
    r"(?:<[0-9]{0,10}+>|)(?:<[^<>\s]{0,100}+>|): (?:Info: |)"
    rf"(?!{STAMP} |(?:[^ \n]{{1,100}}+ ){{0,2}}(?:Sent|Failed to|Successfully relayed) )"
)

FORMAT = Format(
    _NAME,
    _detect,
    DovecotReader,
    programs=r"dovecot",
    needles=("lmtp(", "lda(", "deliver(", "submission(", "-login: "),
    begins=rf"{ANY_STAMP}(?:dovecot: )?[a-z0-9-]{{3,30}}[(<:]",
    silent=_SILENT,
    order=30,  # before exim, whose lines begin with the same stamp and may go on with anything
)
