"""The short way to the content of a reply, for those whose lines keep to one plain form.

    plain-reply = *( code "-" [ text ] EOL ) head [ text ] [ EOL ]
    EOL         = CRLF / LF            ; the same on all lines
    head        = code SP / odd-head   ; an odd one in replies of one line only, see `opening`
    text        = *( any octet but CR and LF )

with the same code on all lines, and the enhanced status plainly at the start of each text or of
none. `parse` has looked at the head of each line, which is all that the code depends on; here the
rest is looked at, when somebody asks for it. Whatever turns out to be of another form is left to
`grammar.read_reply`, which reads everything. The two agree wherever the short way is taken, on
every field: property tests hold them to it, so that a change of the one is a change of both.

What is done here is done for every reply in a log, so it is written for speed: one pass over the
octets for each question, in C, and no look at single characters. On CPython 3.11 a look into a
dict, a slice, a call and a property each take a fortieth of the time of reading a reply. An octet
is sought as a number, since the search for octets fails inside first; `octets[-1]` takes a third of
the time of `endswith`, and `translate` half of that of `isprintable`. Measure a change with
``python -m benchmarks.forms``: what saves time in a loop over one reply may save none over many.
"""

from __future__ import annotations

import re

from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import STATUS_ENDS, may_have_status
from smtpreply.reply.grammar import (
    MAX_LINE,
    Content,
    content_of,
    content_of_line,
    decoded,
    text_defects,
)
from smtpreply.reply.opening import HEADS, OPENING_LENGTH, OPENINGS, Opening
from smtpreply.reply.unfolding import unfold

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
_LEADS_TO_C1 = 0xC2  # the first octet of a control character above ASCII in UTF-8

_LINE_END_DEFECTS: dict[bytes, tuple[Defect, ...]] = {
    b"\r\n": (),
    b"\n": (Defect.BARE_LF,),
    b"": (Defect.NO_FINAL_NEWLINE,),
}
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
    if octets[-1] != _LF:
        text = octets[opening.text_start :]
        defects = _NO_FINAL_NEWLINE + defects
    elif octets[-2] == _CR:
        text = octets[opening.text_start : -2]
    else:
        text = octets[opening.text_start : -1]
        defects = _BARE_LF + defects
    if text.translate(_WITHOUT_CONTROLS) != text:
        if _LF in text or _CR in text:
            return None
        line = decoded(text)
        defects += text_defects(line)
    elif text.isascii():
        line = text.decode()
    else:
        line, found = _read_above_ascii(text)
        defects += found
    status = opening.status
    if status is None and (opening.begins_oddly or (line and line[-1] in STATUS_ENDS)):
        return content_of_line(opening.code, line, defects)
    return (line,), line, status, defects, None


def read_folded(octets: bytes) -> tuple[int, Content] | None:
    """Read several lines that were written as one, and which are plain when unfolded.

    Returns:
        The code and the content; None where the octets are not so, and `read_reply` must read them.
    """
    line = octets.rstrip(b"\r\n")
    opening = HEADS.get(line[:4])
    defects = _LINE_END_DEFECTS.get(octets[len(line) :])
    if opening is None or not opening.continued or defects is None:
        return None
    if _LF in line or _CR in line or len(octets) > MAX_LINE:
        return None
    code = line[:3]
    (*before, last), ended = unfold(code, line[4:])
    if not ended:
        return None
    newline = b"\r\n%b-" % code
    unfolded = b"%b-%b\r\n%b %b\r\n" % (code, newline.join(before), code, last)
    content = _read_several_lines(unfolded, OPENINGS[unfolded[:OPENING_LENGTH]] or opening)
    if content is None:
        return None
    lines, text, status, found, sent = content
    return opening.code, (lines, text, status, (*defects, Defect.FOLDED, *found), sent)


def _read_several_lines(octets: bytes, opening: Opening) -> Content | None:
    defects = opening.defects
    if octets[-1] == _LF:
        newline = "\r\n" if octets[-2] == _CR else "\n"
        stop = -len(newline)
    else:
        newline = "\r\n" if octets[octets.find(b"\n") - 1] == _CR else "\n"
        stop = None
        defects = _NO_FINAL_NEWLINE + defects
    if newline == "\n":
        defects = _BARE_LF + defects
    if octets.translate(_WITHOUT_OTHER_CONTROLS) != octets:
        return None
    if len(octets) > MAX_LINE and max(map(len, octets.splitlines(keepends=True))) > MAX_LINE:
        return None
    if octets.isascii():
        sent = octets[:stop].decode()
    else:
        sent, found = _read_above_ascii(octets[:stop])
        defects += found
    start = opening.text_start
    code, word = sent[:3], sent[4:start]
    before, _, last = sent[start:].rpartition(f"{newline}{code} {word}")
    lines = (*before.split(f"{newline}{code}-{word}"), last)
    text = "\n".join(lines)
    # Where a line has another head (it lacks the status) or another line end, these are left in.
    if text.count("\n") != len(lines) - 1 or "\r" in text:
        return None
    status = opening.status
    if status is None and _hold_status(lines, text):
        return content_of(opening.code, lines, defects)
    return lines, text, status, defects, None


def _read_above_ascii(octets: bytes) -> tuple[str, tuple[Defect, ...]]:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = decoded(octets)
    else:
        # It takes longer to look at each character.
        if _LEADS_TO_C1 not in octets:
            return text, _NON_ASCII
    return text, text_defects(text.replace("\r", "").replace("\n", ""))


def _hold_status(lines: tuple[str, ...], text: str) -> bool:
    # A dot is in every status. In an answer to EHLO, only the first line has one, in a name.
    if "." not in text[len(lines[0]) :]:
        return may_have_status(lines[0])
    return any(map(may_have_status, lines))
