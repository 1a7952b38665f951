"""The short way to the content of a reply, for those whose lines keep to one plain form.

    plain-reply = *( code "-" [ text ] EOL ) code SP [ text ] [ EOL ]
    EOL         = CRLF / LF            ; the same on all lines
    text        = *( TAB / printable character of ASCII or UTF-8 )

with the same code on all lines, and the enhanced status plainly at the start of each text or of
none. `parse` has looked at the codes and the separators (`several_lines`), which is all that the
code depends on; here the rest is looked at, when somebody asks for it. Whatever turns out to be of
another form is left to `grammar.read_reply`, which reads everything. The two agree wherever the
short way is taken: tests hold them to it.

What is done here is done for every reply in a log, so it is written for speed: one pass over the
octets for each question, in C, and no look at single characters.
"""

from __future__ import annotations

import re

from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import may_have_status
from smtpreply.reply.grammar import MAX_LINE, Content, content_of
from smtpreply.reply.opening import Opening

# Whether octets are several lines of one code in due order. What the texts hold is not looked at.
several_lines = re.compile(
    rb"([2-5][0-9][0-9])-[^\n]*+\n(?:\1-[^\n]*+\n)*+\1 [^\n]*+\n?+"
).fullmatch

# Control characters but the tab become "?", so that a text without any is translated to itself.
_WITHOUT_CONTROLS = bytes(
    octet if octet == 0x09 or (octet >= 0x20 and octet != 0x7F) else ord("?")
    for octet in range(256)
)
_C1_CONTROLS = re.compile("[\x80-\x9f]")
_CR = 0x0D

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
    elif octets.endswith(b"\n"):
        stop = -1
        defects = _BARE_LF + defects
    else:
        stop = len(octets)
        defects = _NO_FINAL_NEWLINE + defects
    status = opening.statuses.get(octets[4:10])
    text = octets[4:stop] if status is None else octets[10:stop]
    if text.translate(_WITHOUT_CONTROLS) != text:
        return None
    try:
        line = text.decode()
    except UnicodeDecodeError:
        return None
    if not text.isascii():
        if _C1_CONTROLS.search(line):
            return None
        defects += _NON_ASCII
    if status is None and opening.statuses and may_have_status(line):
        return content_of(opening.code, (line,), defects)
    return (line,), status, defects, None


def _read_several_lines(octets: bytes, opening: Opening) -> Content | None:
    defects = opening.defects
    newline = "\r\n" if octets[octets.find(b"\n") - 1] == _CR else "\n"
    if octets.endswith(b"\r\n"):
        stop = -2
    elif octets.endswith(b"\n"):
        stop = -1
    else:
        stop = len(octets)
        defects = _NO_FINAL_NEWLINE + defects
    if stop == -1 or newline == "\n":
        defects = _BARE_LF + defects
    try:
        text = octets[:stop].decode()
    except UnicodeDecodeError:
        return None
    status = opening.statuses.get(octets[4:10])
    head = text[:4] if status is None else text[:10]
    following = newline + head
    before, _, last = text[len(head) :].rpartition(following.replace("-", " ", 1))
    lines = (*before.split(following), last)
    # Where a line has another head (it lacks the status) or another line end, these are left in.
    joined = "".join(lines)
    if not joined.isprintable():
        return None
    if len(octets) > MAX_LINE and max(map(len, octets.splitlines(keepends=True))) > MAX_LINE:
        return None
    if not joined.isascii():
        defects += _NON_ASCII
    if status is None and opening.statuses and _hold_status(joined, lines):
        return content_of(opening.code, lines, defects)
    return lines, status, defects, None


def _hold_status(joined: str, lines: tuple[str, ...]) -> bool:
    # A number and a dot are in every status, and in few answers to EHLO.
    return ("2." in joined or "4." in joined or "5." in joined) and any(map(may_have_status, lines))
