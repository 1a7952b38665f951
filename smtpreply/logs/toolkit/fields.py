"""Helpers for the fields of log lines: replies, statuses, commands, numbers."""

from __future__ import annotations

import functools
from typing import Any

from smtpreply._support import regex as re
from smtpreply._support.octets import rejoined
from smtpreply.codes import EnhancedStatus
from smtpreply.errors import ReplySyntaxError
from smtpreply.logs.delivery import ReplyBy, Status
from smtpreply.stage import Stage

REPLY_HEAD = re.compile(r"([2-5][0-9][0-9])([ -]|\Z)")
"""How a line of a reply begins: code, and what follows it (RFC 5321 4.2)."""

# RFC 5321 4.1.2: Quoted-string = DQUOTE *QcontentSMTP DQUOTE, in which a backslash quotes. Whoever
# sends a message chooses what is in a quoted local part, a whole log line if they like, so it
# ends no field. Where its quotes do not close, the line has two readings, and is not understood.
QUOTED = r'(?:"(?:[^"\\]++|\\.)*+")'
PATH = rf'(?:[^"<>\\]*+(?:(?:\\.|{QUOTED})[^"<>\\]*+)*+)'
"""An address, as it is between angle brackets: a pattern without a group."""
BARE = rf'(?:[^"\s\\]*+(?:(?:\\.|{QUOTED})[^"\s\\]*+)*+)'
"""An address without brackets, which ends at white space."""
ITEM = rf'(?:[^"<>\\]|\\.|{QUOTED}|<{PATH}>)'
"""A character of a list of addresses, or what counts as one: a quoted string, or brackets."""

COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "other"})
"""The types of feedback reports that are a recipient's complaint (RFC 5965 7.3, RFC 6430):
"not-spam" takes one back; "virus" and "auth-failure" (RFC 6591) are of servers."""

_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_BY_CLASS = {"2": Status.SENT, "4": Status.DEFERRED, "5": Status.BOUNCED}
_STAGES = {
    "INITIAL CONNECTION": Stage.CONNECT,
    "CONNECT": Stage.CONNECT,
    "CONNECTION": Stage.CONNECT,
    "EHLO": Stage.EHLO,
    "HELO": Stage.EHLO,
    "LHLO": Stage.EHLO,
    "STARTTLS": Stage.STARTTLS,
    "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL,
    "RCPT": Stage.RCPT,
    "DATA": Stage.DATA,
    "END OF DATA": Stage.END_OF_DATA,
    "END-OF-MESSAGE": Stage.END_OF_DATA,
    "BDAT": Stage.END_OF_DATA,
    "SENDING DATA BLOCK": Stage.END_OF_DATA,  # Exim's words for BDAT
    "QUIT": Stage.QUIT,
}


def ends_again(text: str, place: int) -> bool:
    """Check whether the address before a place may end after it: the line has two readings then.

    A `PATH` ends at the first bracket outside of quotes. Where a server logs a local part without
    its quotes, that bracket may be within it, and the end of the address is still to come: an
    address without a beginning.

    Args:
        text: the line.
        place: where what follows the address begins.

    >>> ends_again("<x>: 250 y@b.example>: 550 no", 3), ends_again("<x>: 550 <y@b.example>: no", 3)
    (True, False)
    """
    end = text.find(">", place)
    if end < 0 or 0 <= text.find("<", place) < end:
        return False
    return "@" in text[max(place, text.rfind(" ", place, end)) : end]


@functools.lru_cache(maxsize=256)
def stage_of(command: str | None) -> Stage | None:
    """Return the stage of a command, as logs name it: "RCPT TO:<a@b>", "end of DATA".

    >>> stage_of("pipelined MAIL FROM:<bob@example.org> SIZE=7")
    <Stage.MAIL: 'MAIL'>
    """
    if not command:
        return None
    whole = command.upper().removeprefix("PIPELINED ")
    return _STAGES.get(whole) or _STAGES.get(whole.partition(" ")[0])


def status_of(text: str | None) -> EnhancedStatus | None:
    """Return an enhanced status; None where the field holds none."""
    if not text:
        return None
    try:
        return EnhancedStatus.parse(text)
    except ReplySyntaxError:
        return None


@functools.lru_cache(maxsize=1024)  # services have a few dozen
def transient(status: EnhancedStatus | None) -> EnhancedStatus:
    """Return a status as that of a failure that a mail service takes for transient: RFC 3463 2.

    >>> str(transient(EnhancedStatus(5, 1, 1))), str(transient(None))
    ('4.1.1', '4.0.0')
    """
    if status is None:
        return EnhancedStatus(4, 0, 0)
    return EnhancedStatus(4, status.subject, status.detail)


def status_by_code(code: str) -> Status | None:
    """Return what the reply of the next server means for a message, by the reply's first digit.

    >>> status_by_code("451 4.7.1 Greylisted"), status_by_code("334")
    (<Status.DEFERRED: 'deferred'>, None)
    """
    return _BY_CLASS.get(code[:1])


def said_by(speaker: ReplyBy, text: str | None) -> ReplyBy | None:
    """Return the speaker if the text begins as a reply does; None where it is no reply."""
    return speaker if text and REPLY_HEAD.match(text) else None


def text_of(value: Any) -> str | None:
    """Return a string of a JSON object as text; None for a value that is no string.

    >>> text_of("Ok"), text_of(250)
    ('Ok', None)
    """
    return rejoined(value) if isinstance(value, str) else None


def coded(code: str | int, text: str, enhanced: str | None = None) -> str:
    r"""Return a reply as it was sent, from a log that has its code and its text apart.

    An enhanced status that the text has already is not repeated.

    >>> coded(550, "No such user\nTry again", "5.1.1")
    '550-5.1.1 No such user\n550 5.1.1 Try again'
    """
    status = f"{enhanced} " if enhanced and not text.startswith(enhanced) else ""
    if "\n" not in text and "\r" not in text:
        return f"{code} {status}{text}".rstrip()
    lines = text.rstrip("\r\n").replace("\r\n", "\n").split("\n")
    heads = [f"{code}-"] * (len(lines) - 1) + [f"{code} "]
    return "\n".join(
        f"{head}{status}{line}".rstrip() for head, line in zip(heads, lines, strict=True)
    )


def uncoloured(text: str) -> str:
    r"""Remove the colours that a program writes for a terminal (ECMA-48 8.3.117).

    >>> uncoloured("\x1b[32;1mINFO\x1b[0m ready")
    'INFO ready'
    """
    return _COLOUR.sub("", text) if "\x1b[" in text else text


@functools.lru_cache(maxsize=1024)  # most messages wait as long as others
def seconds_of(*parts: str | None) -> float:
    """Return a span of time in seconds: of days, hours, minutes and seconds, any may be missing.

    >>> seconds_of("1", None, "2", "3")
    86523.0
    """
    days, hours, minutes, seconds = [int(part) if part else 0 for part in parts]
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def port_of(text: str | None) -> int | None:
    """Return a port's number; None for what is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 5 else None
