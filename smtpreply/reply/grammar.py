"""The grammar of a reply, and how a text is read that does not keep to it.

RFC 5321 4.2::

    Reply-line  = *( Reply-code "-" [ textstring ] CRLF )
                  Reply-code [ SP textstring ] CRLF
    Reply-code  = %x32-35 %x30-35 %x30-39
    textstring  = 1*(%d09 / %d32-126)

`strict_end` holds a text to this and to nothing else. `read_reply` reads whatever has a reply
code, and notes as `Defect` where it departs. Both are linear in the text. (`plain` is the short way
for the replies that keep to a plain form, which are nearly all.)
"""

from __future__ import annotations

from collections.abc import Sequence

from smtpreply._support import regex as re
from smtpreply.codes import EnhancedStatus
from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.defects import Defect, in_order
from smtpreply.reply.enhanced import (
    split_status,
    status_of,
    status_texts_of,
)
from smtpreply.reply.opening import read_head
from smtpreply.reply.unfolding import unfold_to_any_code

REPLY_CODE = "[2-5][0-5][0-9]"
TEXTSTRING = "[\t -~]+"
# RFC 5321 4.2.1: servers SHOULD send the space also where no text follows, as Gmail's "235 ".
_STRICT_LINE = re.compile(f"({REPLY_CODE})(?:(-)(?:{TEXTSTRING})?| (?:{TEXTSTRING})?)?".encode())

_CR = 0x0D  # searched for as numbers: `b"\r" in octets` takes ten times as long
_LF = 0x0A
MAX_LINE = 512  # octets, line end included: RFC 5321 4.5.3.1.5
# By the octet that ends the lines, and the end of a line. Others have more CRs, or no such octet.
_LINE_END_DEFECTS: dict[bytes, dict[bytes, tuple[Defect, ...]]] = {
    b"\n": {b"\r\n": (), b"\n": (Defect.BARE_LF,)},
    b"\r": {b"\r": (Defect.BARE_CR,)},
}
_EMPTY_LINES = {line: re.compile(b"(?:%b)*+" % line) for line in (b"\r\n", b"\n", b"\r")}

# RFC 5321 4.2: a textstring has no control character but the tab. A CR is the matter of lines.
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\r\n"))
WITHOUT_CONTROLS = bytes.maketrans(_CONTROLS, b"?" * len(_CONTROLS))
_C1_CONTROLS = re.compile("[\x80-\x9f]")
LEADS_TO_C1 = 0xC2  # the first octet of a control character above ASCII in UTF-8

# What a reply says: its lines, these as one text, its enhanced status, its defects, and the text of
# its lines as sent. The last is None where each is the status, if there is one, a space, and the
# line. A bare tuple, since most replies cost hardly more than a named one does.
Content = tuple[
    tuple[str, ...],
    str,
    EnhancedStatus | None,
    tuple[Defect, ...],
    tuple[str, ...] | None,
]

# The code of a reply that was read, its content, and where in the octets it ends.
Reading = tuple[int, Content, int]


def newline_of(octets: bytes) -> bytes:
    """Return the octet that ends the lines: CR where there is no LF at all, else LF.

    Every peer that takes a bare LF (smtplib, Postfix, Exim, Go) ends lines at LF only; a CR
    before another octet is text to them, and would let a server hide a reply in a text if it
    were more. A text without any LF (a transcript from an old Mac, a log that dropped it) has no
    such reading, and there CR ends a line.
    """
    return b"\r" if _LF not in octets and _CR in octets else b"\n"


# --- strict --------------------------------------------------------------------------------


def strict_end(octets: bytes, start: int) -> int:
    """Return the position after the reply that begins at `start`, which keeps to the ABNF.

    Raises:
        ReplySyntaxError: it does not, with the first octet that the ABNF does not allow.
    """
    first_code = None
    position = start
    while True:
        line = _STRICT_LINE.match(octets, position)
        if line is None:
            raise syntax_error("no reply code of RFC 5321 4.2", octets, position)
        if first_code is not None and line[1] != first_code:
            raise syntax_error("the code changes between lines", octets, position)
        if not octets.startswith(b"\r\n", line.end()):
            raise syntax_error("not a textstring or CRLF of RFC 5321 4.2", octets, line.end())
        position = line.end() + 2
        if not line[2]:
            return position
        first_code = line[1]


# --- lenient -------------------------------------------------------------------------------


def read_reply(octets: bytes, start: int, newline: bytes) -> Reading | None:
    """Read the reply that begins at `start`, defects and all.

    The last line's code counts where codes differ, since that is the server's last word: after
    "220-mx.example.com" and "521 5.7.1 Service unavailable" the session is refused, and to take
    the 220 for the answer would be to talk on to a server that has hung up.
    Blank lines around it, and lines without a code after it, belong to it.

    Returns:
        The code, the content and the end of the reply; None where only blank lines are left.

    Raises:
        ReplySyntaxError: the first line that is not blank has no reply code.
    """
    found: list[Defect] = []
    texts: list[bytes] = []
    code = 0
    position = start
    continued = True
    while position < len(octets):
        end = octets.find(newline, position) + 1 or len(octets)
        line = octets[position:end]
        text = line.rstrip(b"\r\n")
        head = read_head(text) if text else None
        if head is not None and not continued:
            break
        if line[len(text) :] != b"\r\n":
            found += _line_end_defects(line[len(text) :], newline)
        if _CR in text:
            found.append(Defect.BARE_CR)
        if len(line) > MAX_LINE:
            found.append(Defect.LINE_TOO_LONG)
        if head is not None:
            opening, text = head
            found += opening.defects
            if texts and opening.code != code:
                found.append(Defect.CODE_CHANGE)
            code, continued = opening.code, opening.continued
            texts.append(text)
        elif not text.strip(b" \t"):
            found.append(Defect.BLANK_LINE)
            end = _end_of_empty_lines(octets, line, end)
        elif texts:
            found.append(Defect.MISSING_CODE)
            texts.append(text)
        else:
            raise syntax_error("no reply code", octets, position)
        position = end
    if not texts:
        return None
    if continued:
        code, texts = _unterminated(code, texts, found)
    joined, defects = read_text(b"\n".join(texts))
    found += defects
    return code, content_of(code, tuple(joined.split("\n")), found), position


def _end_of_empty_lines(octets: bytes, line: bytes, start: int) -> int:
    """Return where lines end that are empty like the `line` before: there may be millions."""
    others = _EMPTY_LINES[line].match(octets, start) if line in _EMPTY_LINES else None
    return start if others is None else others.end()


def read_text(octets: bytes) -> tuple[str, tuple[Defect, ...]]:
    """Return lines of octets as text, and what is wrong with their characters.

    Octets that are not UTF-8 become surrogate escapes (PEP 383). They say nothing of an encoding
    in which there are C1 controls.
    """
    has_controls = octets.translate(WITHOUT_CONTROLS) != octets
    if octets.isascii():
        return octets.decode(), (Defect.CONTROL_CHARACTER,) if has_controls else ()
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "surrogateescape")
        defect = Defect.NOT_UTF8
    else:
        has_controls |= LEADS_TO_C1 in octets and _C1_CONTROLS.search(text) is not None
        defect = Defect.NON_ASCII
    return text, (Defect.CONTROL_CHARACTER, defect) if has_controls else (defect,)


def content_of_line(code: int, text: str, defects: tuple[Defect, ...]) -> Content:
    """Return what the textstring of a single line says, given the `defects` of the line."""
    status, rest, defect = split_status(text, code)
    if status is not None and status.class_ != code // 100:
        defects += (Defect.STATUS_CLASS,)
    if defect is not None:
        defects += (defect,)
    return (rest,), rest, status, defects, (text,)


def content_of(code: int, textstrings: tuple[str, ...], found: Sequence[Defect]) -> Content:
    """Return what textstrings say, given the defects that were `found` in their lines."""
    if len(textstrings) == 1:
        return content_of_line(code, textstrings[0], in_order(found))
    text = "\n".join(textstrings)
    if "." not in text:  # which is in every status
        return textstrings, text, None, in_order(found), textstrings
    defects = [*found]
    lines: list[str] = []
    carried: list[str] = []
    for status, line, defect in status_texts_of(textstrings, code):
        lines.append(line)
        if status is not None:
            carried.append(status)
        if defect is not None:
            defects.append(defect)
    if not carried:
        return textstrings, text, None, in_order(defects), textstrings
    statuses = set(carried)
    if {status[0] for status in statuses} != {str(code // 100)}:
        defects.append(Defect.STATUS_CLASS)
    if len(carried) < len(lines):
        defects.append(Defect.STATUS_MISSING)
    if len(statuses) > 1:
        defects.append(Defect.STATUS_CHANGE)
    enhanced = status_of(carried[0])
    return tuple(lines), "\n".join(lines), enhanced, in_order(defects), textstrings


def syntax_error(
    message: str, octets: bytes, position: int, kind: type[ReplySyntaxError] = ReplySyntaxError
) -> ReplySyntaxError:
    """Make an error of that `kind` about `octets`, with the line counted."""
    line = octets.count(newline_of(octets), 0, position) + 1
    return kind(message, octets.decode("utf-8", "surrogateescape"), position, line)


# --- lines ---------------------------------------------------------------------------------


def _line_end_defects(line_end: bytes, newline: bytes) -> tuple[Defect, ...]:
    defects = _LINE_END_DEFECTS[newline].get(line_end)
    if defects is not None:
        return defects
    return (Defect.EXTRA_CR if line_end[-1:] == newline else Defect.NO_FINAL_NEWLINE,)


def _unterminated(code: int, texts: list[bytes], found: list[Defect]) -> tuple[int, list[bytes]]:
    """Return code and texts of a reply that ends on a hyphen: folded into one line, or cut off."""
    ended = False
    if len(texts) == 1:
        last_code, texts, ended = unfold_to_any_code(b"%d" % code, texts[0])
        if len(texts) > 1:
            found.append(Defect.FOLDED)
            texts = [text.rstrip(b"\r") for text in texts]
        if int(last_code) != code:
            found.append(Defect.CODE_CHANGE)
            code = int(last_code)
    if not ended:
        found.append(Defect.UNTERMINATED)
    return code, texts
