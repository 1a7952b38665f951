"""The short way to the content of a reply, for those whose lines keep to one plain form.

    plain-reply = *( code "-" [ text ] EOL ) code SP [ text ] [ EOL ]
    EOL         = CRLF / LF            ; the same on all lines
    text        = *( any octet but the control characters of ASCII; TAB is none )

with the same code on all lines, and the enhanced status plainly at the start of each text or of
none. `parse` has looked at the codes and the separators (`several_lines`), which is all that the
code depends on; here the rest is looked at, when somebody asks for it. Whatever turns out to be of
another form is left to `grammar.read_reply`, which reads everything. The two agree wherever the
short way is taken: tests hold them to it.

What is done here is done for every reply in a log, so it is written for speed: one pass over the
octets for each question, in C, and no look at single characters. Every line has been measured: a
look into a small dict, a slice and a call each take a fortieth of the time of reading a reply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import STATUS_ENDS, STATUS_STARTS, may_have_status
from smtpreply.reply.grammar import (
    MAX_LINE,
    Content,
    content_of,
    content_of_line,
    decoded,
    text_defects,
)
from smtpreply.reply.opening import Opening

# Whether octets are several lines of one code in due order. What the texts hold is not looked at.
several_lines = re.compile(
    rb"([2-5][0-9][0-9])-[^\n]*+\n(?:\1-[^\n]*+\n)*+\1 [^\n]*+\n?+"
).fullmatch

# Control characters become "?", so that octets without any are translated to themselves.
_WITHOUT_CONTROLS = bytes(
    octet if octet == 0x09 or (octet >= 0x20 and octet != 0x7F) else ord("?")
    for octet in range(256)
)
_WITHOUT_OTHER_CONTROLS = _WITHOUT_CONTROLS[:10] + b"\n??\r" + _WITHOUT_CONTROLS[14:]
_CR = 0x0D
_LF = 0x0A

_BARE_LF = (Defect.BARE_LF,)
_NO_FINAL_NEWLINE = (Defect.NO_FINAL_NEWLINE,)
_LINE_TOO_LONG = (Defect.LINE_TOO_LONG,)
_NON_ASCII = (Defect.NON_ASCII,)


def read_plain(octets: bytes, opening: Opening) -> Content | None:
    """Read what a reply says whose codes and separators are those of a plain one.

    Returns:
        The content; None where the reply is not plain, and `read_reply` must read it.
    """
    if opening.continued:
        return _read_several_lines(octets, opening)
    # Defects are put together in the order of `Defect`.
    defects = opening.defects
    if len(octets) > MAX_LINE:
        defects = _LINE_TOO_LONG + defects
    if octets.endswith(b"\r\n"):
        stop = -2
    elif octets[-1] == _LF:
        stop = -1
        defects = _BARE_LF + defects
    else:
        stop = len(octets)
        defects = _NO_FINAL_NEWLINE + defects
    status = opening.statuses.get(octets[4:10])
    text = octets[4:stop] if status is None else octets[10:stop]
    if text.translate(_WITHOUT_CONTROLS) != text:
        return None
    if text.isascii():
        line = text.decode()
    else:
        line = decoded(text)
        defects += _NON_ASCII if line.isprintable() else text_defects(line)
    if (
        status is None
        and line
        and (line[0] in STATUS_STARTS or line[-1] in STATUS_ENDS)
        and opening.statuses
        and may_have_status(line)
    ):
        return content_of_line(opening.code, line, defects)
    return (line,), status, defects, None


def _read_several_lines(octets: bytes, opening: Opening) -> Content | None:
    defects = opening.defects
    newline = "\r\n" if octets[octets.find(b"\n") - 1] == _CR else "\n"
    if octets.endswith(b"\r\n"):
        stop = -2
    elif octets[-1] == _LF:
        stop = -1
    else:
        stop = len(octets)
        defects = _NO_FINAL_NEWLINE + defects
    if stop == -1 or newline == "\n":
        defects = _BARE_LF + defects
    text = decoded(octets[:stop])
    status = opening.statuses.get(octets[4:10])
    start = 4 if status is None else 10
    code, word = text[:3], text[4:start]
    before, _, last = text[start:].rpartition(f"{newline}{code} {word}")
    lines = (*before.split(f"{newline}{code}-{word}"), last)
    # Where a line has another head (it lacks the status) or another line end, these are left in.
    joined = "".join(lines)
    if "\n" in joined or "\r" in joined or octets.translate(_WITHOUT_OTHER_CONTROLS) != octets:
        return None
    if len(octets) > MAX_LINE and max(map(len, octets.splitlines(keepends=True))) > MAX_LINE:
        return None
    if not joined.isascii():
        defects += text_defects(joined)
    if status is None and opening.statuses and _hold_status(lines):
        return content_of(opening.code, lines, defects)
    return lines, status, defects, None


def _hold_status(lines: Sequence[str]) -> bool:
    # A dot is in every status, and in few lines of an answer to EHLO.
    return any(map(may_have_status, [line for line in lines if "." in line]))
