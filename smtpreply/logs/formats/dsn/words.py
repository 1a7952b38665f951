r"""The words that a bounce has for a recipient: whose they are, the reply in them, and its stage.

A reply is after any words of the server that passes it on. It begins where a line or a
sentence does, after what introduces speech, or where its code has an enhanced status after it::

    words  = *( text ) intro REPLY
    intro  = ":" / ";" / quote / bracket / "said" / "was" / "error" / "code" / ...
    REPLY  = CODE [ " " / "-" ] [ X.Y.Z ] text                     ; RFC 5321 4.2

Gmail writes "550 550 5.1.1", Zoho "ERROR_CODE :550, ERROR_CODE :5.1.1", IronPort
"5.1.0 - Unknown address error 550-'5.1.1 ...'".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from smtpreply.logs.delivery import ReplyBy
from smtpreply.logs.toolkit.fields import stage_of, status_of

_LONGEST = 10_000

_X_Y_Z = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"
_REPLY = re.compile(
    r"(?:\A|(?<=\n)|(?P<intro>[:;\"'\[(<>=,-] ?|\b(?:said|was|with|error|code|reply|response|"
    r"returned|reports?|message|status|reason|fehler|erreur) {1,3}))(?P<code>[45][0-9]{2})"
    r"(?:(?P<sep>[ -])(?=\S)|(?=: ?\S|\n|\Z))"
    rf"|(?<![0-9A-Za-z.#@/_-])(?P<coded>[45][0-9]{{2}})[ -]\(?#?(?={_X_Y_Z}\b)"
)
# In small letters, as within a sentence: "550 User not found" is a reply.
_COUNTED = re.compile(
    r"[ -](?:(?:[KMGkmg]i?|[Kk]ilo|[Mm]ega|[Gg]iga)?(?:[Bb]|[Bb]ytes?|octets?)|seconds?|minutes?|"
    r"hours?|days?|messages|recipients|attempts|times|lines|characters|users|port)\b"
)
_DOUBLED = re.compile(r"([45][0-9]{2})[ -](?=\1[ -])")
_ESC_FIRST = re.compile(
    rf"#?({_X_Y_Z})(?: - [^0-9']{{1,100}}| ){{0,1}}([45][0-9]{{2}})-'(.{{1,5000}})'", re.DOTALL
)
_ZOHO = re.compile(r"(?:ERROR_CODE ?: ?|ResponseCode )([45][0-9]{2}),[ ,]*(?:ERROR_CODE ?: ?)?")
_STATUS = re.compile(rf"(?:\A|\n|[#(\[]|\bstatus:? ?|\bcode:? ?)\(?#?({_X_Y_Z})\b", re.IGNORECASE)
_IN_REPLY = re.compile(r"\s*\(in reply to (?:the )?(.{1,60}?)(?: command)?\)\s*\Z")
_STAGE = re.compile(
    r"(?:after|reply to|response to|like our(?: final)?|our|SMTP:|>>> ?|--> ?|"
    r"[\[(])\s?(?:pipelined )?"
    r"(?:the )?(end of data|RCPT|MAIL|DATA|EHLO|HELO)\b",
    re.IGNORECASE,
)
_PEER = re.compile(
    r"(?:\A|[\s:])([A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,62}){1,10})\.?"
    r" ?[\[(]([0-9A-Fa-f.:]{7,45})[\])]"
)
_RULE = re.compile(r"\s*[-=*_~#+]{4,200}\s*\Z")
# Parts of Exchange that answer without asking a server. (STOREDRV.Deliver speaks for a mailbox.)
ASKED_NO_SERVER = re.compile(
    r"[245][0-9]{2}[ -](?:[245]\.[0-9]{1,3}\.[0-9]{1,3} )?(?:RESOLVER|ROUTING|CAT|QUEUE|AGENT|"
    r"SMTPSEND|TRANSPORT|XMITQ|APPROVAL)\.[A-Za-z]"
)
"""How replies begin that Exchange has made up."""

_CLOSING = {'"': '"', "'": "'", "[": "]", "(": ")", "<": ">"}

# What else a notice has on lines of their own, after a reply without an empty line between them.
_OTHER_LINE = re.compile(
    r"\n\s*(?:Remote (?:system|-?MTA)|Reporting-MTA|Original (?:address|recipient)|"
    r"Recipient address|"
    r"Final-Recipient|Action|Last-Attempt|Diagnostic-Code|Message-ID|Subject|Giving up on |"
    r"\[[A-Z_ ]{4,20}\]\s*(?:\n|\Z)|-{3}|[<>-]{2,3} |>>> |This (?:has been|is) a permanent|"
    r"I'm not going to try again|hMailServer|Sent [<>]{3}|.{0,40}(?:<--|-->) )",
    re.IGNORECASE,
)

_EXPIRED = re.compile(
    r"in the queue too long|queue time exceeded|(?:retry|delivery|message) (?:time-?out|time) "
    r"(?:exceeded|expired)|message (?:has )?expired|expired message|retry timeout|"
    r"retry time not reached|delivery time expired|could not be delivered within|"
    r"(?:has been|was) undeliverable for .{1,30} and",
    re.IGNORECASE,
)


def is_expired(text: str) -> bool:
    """Whether the words say that a message was given up since it has waited for too long."""
    return _EXPIRED.search(text[:_LONGEST]) is not None


def read_words(lines: Sequence[str]) -> dict[str, Any]:
    r"""Return the fields of a `Delivery` that the words for a recipient give.

    >>> read_words(["mx.example.org said:", "550-5.1.1 No such", "550 5.1.1 user"])["text"]
    '550-5.1.1 No such\n550 5.1.1 user'
    >>> told = read_words(["Sorry, no mailbox here by that name. (#5.1.1)"])
    >>> told["text"], told["reply_by"], str(told["dsn"])
    ('Sorry, no mailbox here by that name. (#5.1.1)', None, '5.1.1')
    """
    text = "\n".join(line.strip() for line in lines if not _RULE.match(line))[:_LONGEST].strip()
    if zoho := _ZOHO.search(text):
        text = f"{zoho[1]} {text[zoho.end() :]}"
    lead, reply = _parted(text)
    told: dict[str, Any] = {}
    if stage := _STAGE.search(lead) or _STAGE.search(reply or ""):
        told["stage"] = stage_of(stage[1])
    if peer := _PEER.search(lead[:1000]):
        told |= {"relay_host": peer[1], "relay_ip": peer[2]}
    if reply is None:
        dsn = _STATUS.search(text)
        flat = " ".join(text.split())
        return told | {"text": flat or None, "reply_by": None, "dsn": status_of(dsn and dsn[1])}
    if command := _IN_REPLY.search(reply[-200:]):
        told["stage"] = stage_of(command[1])
        reply = reply[: len(reply) - len(command[0])]
    own = ASKED_NO_SERVER.match(reply) is not None
    return told | {"text": reply, "reply_by": ReplyBy.MTA if own else ReplyBy.REMOTE}


def reply_in_words(text: str) -> str | None:
    """Return the reply that is in words; None where there is none.

    >>> reply_in_words("Server mx1 failed with: 550 5.1.1 No such user")
    '550 5.1.1 No such user'
    """
    return _parted(text[:_LONGEST])[1]


def _parted(text: str) -> tuple[str, str | None]:
    """Split words into those before the reply, and the reply."""
    if quoted := _ESC_FIRST.search(text):
        return text[: quoted.start()], " ".join(f"{quoted[2]} {quoted[3]}".split())
    for match in _REPLY.finditer(text):
        start = match.start("code") if match["code"] else match.start("coded")
        if _COUNTED.match(text, start + 3):
            continue
        reply = text[start:]
        other = _OTHER_LINE.search(reply)
        reply = _unquoted(
            reply[: other.start()] if other else reply, (match["intro"] or "").strip()
        )
        return text[:start], whole_reply(reply)
    return text, None


def _unquoted(reply: str, opened: str) -> str:
    """Return a reply without what closes the quotation or the bracket that it is in."""
    closing = _CLOSING.get(opened)
    if closing is None:
        return reply
    balance = reply.count(closing) - (0 if closing == opened else reply.count(opened))
    head, _, _ = reply.rpartition(closing)
    is_closed = balance % 2 == 1 if closing == opened else balance > 0
    return head if is_closed and head.strip() else reply


_PASSED_ON = re.compile(
    rf"[245][0-9]{{2}} {_X_Y_Z} <(?:([A-Za-z0-9.-]{{1,255}}) )?#{_X_Y_Z} smtp;\s?"
    r"(?=[245][0-9]{2}[ -])",
    re.IGNORECASE,
)


def passed_on(reply: str) -> tuple[str | None, str]:
    """Return the server whose reply is in another that Exchange has made up, and its reply.

    >>> passed_on("554 5.4.0 <mx.example.org #5.1.1 smtp;550 5.1.1 No such user>")
    ('mx.example.org', '550 5.1.1 No such user')
    >>> passed_on("550 5.1.1 No such user")
    (None, '550 5.1.1 No such user')
    """
    match = _PASSED_ON.match(reply)
    if match is None:
        return None, reply
    inner = reply[match.end() :].rstrip()
    return match[1], inner.removesuffix(">") if inner.count(">") > inner.count("<") else inner


def whole_reply(text: str) -> str:
    r"""Return a reply with its lines where they are certain, and else in one line.

    >>> whole_reply("550-No such\n550 user\nGiving up."), whole_reply("550 No\nsuch user")
    ('550-No such\n550 user', '550 No such user')
    """
    text = undoubled(text)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    code = lines[0][:3]
    if len(lines) > 1 and lines[0][3:4] == "-":
        coded = []
        for line in lines:
            if not line.startswith((f"{code}-", f"{code} ")):
                break
            coded.append(line)
        if len(coded) > 1 and coded[-1][3:4] == " ":
            return "\n".join(coded)
    flat = " ".join(" ".join(lines).split())
    return f"{code} {flat[4:].lstrip()}" if flat[3:4] == ":" else flat


def undoubled(reply: str) -> str:
    """Return a reply whose code is written once.

    >>> undoubled("550 550 5.1.1 No such user")
    '550 5.1.1 No such user'
    """
    return _DOUBLED.sub("", reply, count=1) if _DOUBLED.match(reply) else reply
