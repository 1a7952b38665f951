"""What readers of several formats do with a field: numbers, statuses, hosts, commands."""

from __future__ import annotations

from smtpreply.codes import EnhancedStatus
from smtpreply.errors import ReplySyntaxError
from smtpreply.stage import Stage

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
    "QUIT": Stage.QUIT,
}


def stage_of(command: str | None) -> Stage | None:
    """Give the stage of a command, as logs name it: "RCPT TO:<a@b>", "end of DATA".

    >>> stage_of("pipelined MAIL FROM:<bob@example.org> SIZE=7")
    <Stage.MAIL: 'MAIL'>
    """
    if not command:
        return None
    whole = command.upper().removeprefix("PIPELINED ")
    return _STAGES.get(whole) or _STAGES.get(whole.partition(" ")[0])


def status_of(text: str | None) -> EnhancedStatus | None:
    """Give an enhanced status; None where the field holds none."""
    if not text:
        return None
    try:
        return EnhancedStatus.parse(text)
    except ReplySyntaxError:
        return None


def port_of(text: str | None) -> int | None:
    """Give a port's number; None for what is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 5 else None
