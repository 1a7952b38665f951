"""The grammar of a reply, and how a text is read that does not keep to it.

RFC 5321 4.2::

    Reply-line  = *( Reply-code "-" [ textstring ] CRLF )
                  Reply-code [ SP textstring ] CRLF
    Reply-code  = %x32-35 %x30-35 %x30-39
    textstring  = 1*(%d09 / %d32-126)

`strict_end` holds a text to this and to nothing else. `read_reply` reads whatever has a reply
code, and notes as `Defect` where it departs. `read_in_form` is the short way for the replies
whose lines have no defect, which are nearly all. All three are linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from smtpreply.codes import EnhancedStatus
from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.defects import Defect, in_order
from smtpreply.reply.enhanced import GREETING, KNOWN_STATUSES, may_have_status, statuses_of
from smtpreply.reply.unfolding import unfold

REPLY_CODE = "[2-5][0-5][0-9]"
TEXTSTRING = "[\t -~]+"
_STRICT_LINE = re.compile(f"({REPLY_CODE})(?:(-)(?:{TEXTSTRING})?|(?: {TEXTSTRING})?)".encode())

# Lenient: the second digit may be above 5, as in "571 Message refused" (old Exchange), and
# anything may follow, but no digit ("2500 ok") and no number ("220.181.12.1" is an address).
_CODE = re.compile(rb"[2-5][0-9][0-9]")
_NO_CODE = re.compile(rb"[0-9]|\.[0-9]")
# What may stand before a code. A byte order mark comes from editors and PowerShell, NULs come from
# damaged files and smtp.qq.com, spaces from copied text.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANKS = b" \t"
# What stands for a separator where there should be a space. All else is text: "250OK", "550<bob>".
_BAD_SEPARATORS = b"\t:;,=_/|."

MAX_LINE = 512  # octets, line end included: RFC 5321 4.5.3.1.5
_CR = 0x0D
_HYPHEN = 0x2D
_ODD_LINE_ENDS = {b"\n": Defect.BARE_LF, b"\r": Defect.BARE_CR}
_EMPTY_LINE = len(b"250 \r\n")
_PRINTABLE = b"\t" + bytes(range(0x20, 0x7F))

# The heads of lines in due form, to tell them at a glance.
CODES = [*range(200, 260), *range(300, 360), *range(400, 460), *range(500, 560)]
LAST_HEADS = {b"%d " % code: code for code in CODES}
CONTINUED_HEADS = {b"%d-" % code: code for code in CODES}
_C1_CONTROLS = re.compile("[\x80-\x9f]")


# What a reply says: its lines, its enhanced status, its defects, its textstrings, and the status of
# each line. A bare tuple, since most replies cost hardly more than this does.
Content = tuple[
    tuple[str, ...],
    EnhancedStatus | None,
    tuple[Defect, ...],
    tuple[str, ...],
    tuple[EnhancedStatus | None, ...],
]


class Reading(NamedTuple):
    """A reply that was read from octets, and where in them it ends."""

    code: int
    content: Content
    end: int


class _Line(NamedTuple):
    """A line as it stands in the octets; `text` is without its line end."""

    text: bytes
    start: int
    end: int


class Head(NamedTuple):
    """What a line with a reply code consists of."""

    code: bytes
    continued: bool
    text: bytes
    defects: list[Defect]


def newline_of(octets: bytes) -> bytes:
    """Return the octet that ends the lines: CR where there is no LF at all, else LF.

    Every peer that takes a bare LF (smtplib, Postfix, Exim, Go) ends lines at LF only; a CR
    before another octet is text to them, and would let a server hide a reply in a text if it
    were more. A text without any LF (a transcript from an old Mac, a log that dropped it) has no
    such reading, and there CR ends a line.
    """
    return b"\r" if b"\n" not in octets and b"\r" in octets else b"\n"


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
        The reply, or None where only blank lines are left.

    Raises:
        ReplySyntaxError: the first line that is not blank has no reply code.
    """
    found: set[Defect] = set()
    texts: list[bytes] = []
    code = b""
    position = start
    continued = True
    while position < len(octets):
        line = _line(octets, position, newline)
        head = read_head(line.text)
        if head is not None and not continued:
            break
        position = line.end
        found.update(_line_defects(octets, line, newline))
        if not line.text.strip(b" \t"):
            found.add(Defect.BLANK_LINE)
        elif head is not None:
            found.update(head.defects)
            if texts and head.code != code:
                found.add(Defect.CODE_CHANGE)
            code, continued = head.code, head.continued
            texts.append(head.text)
        elif texts:
            found.add(Defect.MISSING_CODE)
            texts.append(line.text)
        else:
            raise syntax_error("no reply code", octets, line.start)
    if not texts:
        return None
    if continued:
        texts = _unterminated(code, texts, found)
    found.update(_text_defects(b" ".join(texts)))
    textstrings = tuple([text.decode("utf-8", "surrogateescape") for text in texts])
    return Reading(int(code), _content(int(code), textstrings, found), position)


def read_in_form(octets: bytes, code: int) -> Content | None:
    """Read octets that are one reply, if its lines have no defect. None: `read_reply` must.

    The caller has seen that each line begins with the `code` and its separator, and that only the
    last one has a space for it.
    """
    line_ends = octets.translate(None, _PRINTABLE)
    if line_ends != b"\r\n":
        return _read_lines_in_form(octets, code, line_ends)
    if len(octets) > MAX_LINE or octets[-2] != _CR or len(octets) == _EMPTY_LINE:
        return None
    text = octets[4:-2].decode("ascii")
    word, _, rest = text.partition(" ")
    status = KNOWN_STATUSES.get(word)
    if status is not None and status.class_ == code // 100:
        return (rest,), status, (), (text,), (status,)
    if may_have_status(text):
        return _content(code, (text,), ())
    return (text,), None, (), (text,), (None,)


def _read_lines_in_form(octets: bytes, code: int, line_ends: bytes) -> Content | None:
    count = len(line_ends) // 2
    if line_ends != b"\r\n" * count or (len(octets) > MAX_LINE and _has_long_line(octets)):
        return None
    *heads_and_texts, rest = octets.decode("ascii").split("\r\n")
    if len(heads_and_texts) != count or rest or len(heads_and_texts[-1]) == len("250 "):
        return None
    textstrings = tuple([line[4:] for line in heads_and_texts])
    word = textstrings[0].partition(" ")[0]
    status = KNOWN_STATUSES.get(word)
    if status is not None and status.class_ == code // 100 and code != GREETING:
        head = word + " "
        start = len(head)
        lines = tuple([text[start:] for text in textstrings if text.startswith(head)])
        if len(lines) == count:
            return lines, status, (), textstrings, (status,) * count
    if any(map(may_have_status, textstrings)):
        return _content(code, textstrings, ())
    return textstrings, None, (), textstrings, (None,) * count


def _content(code: int, textstrings: tuple[str, ...], found: Iterable[Defect]) -> Content:
    """Say what textstrings mean, given the defects that were `found` in their lines."""
    parted = statuses_of(textstrings, code)
    statuses = tuple([status for status, _, _ in parted])
    enhanced = next(filter(None, statuses), None)
    defects = {*found, *[defect for _, _, defect in parted if defect is not None]}
    if enhanced is not None:
        defects.update(_status_defects(code, statuses))
    lines = tuple([rest for _, rest, _ in parted])
    return lines, enhanced, in_order(defects), textstrings, statuses


def syntax_error(
    message: str, octets: bytes, position: int, kind: type[ReplySyntaxError] = ReplySyntaxError
) -> ReplySyntaxError:
    """Make an error of that `kind` about `octets`, with the line counted."""
    line = octets.count(newline_of(octets), 0, position) + 1
    return kind(message, octets.decode("utf-8", "surrogateescape"), position, line)


# --- lines ---------------------------------------------------------------------------------


def _line(octets: bytes, start: int, newline: bytes) -> _Line:
    stop = octets.find(newline, start)
    end = stop + 1 or len(octets)
    return _Line(octets[start:end].rstrip(b"\r\n"), start, end)


def _line_defects(octets: bytes, line: _Line, newline: bytes) -> list[Defect]:
    line_end = octets[line.start + len(line.text) : line.end]
    defects: list[Defect] = []
    if line_end == b"\r\n" and b"\r" not in line.text and line.end - line.start <= MAX_LINE:
        return defects
    if newline not in line_end:
        defects.append(Defect.NO_FINAL_NEWLINE)
    elif line_end != b"\r\n":
        defects.append(_ODD_LINE_ENDS.get(line_end, Defect.EXTRA_CR))
    if b"\r" in line.text:
        defects.append(Defect.BARE_CR)
    if line.end - line.start > MAX_LINE:
        defects.append(Defect.LINE_TOO_LONG)
    return defects


def read_head(line: bytes) -> Head | None:
    """Split a line into code and text. None where it has no reply code."""
    if line[:4] in CONTINUED_HEADS or (line[:4] in LAST_HEADS and len(line) > len("250 ")):
        return Head(line[:3], line[3] == _HYPHEN, line[4:], [])
    bare = line.lstrip(_BLANKS + b"\0" + _BYTE_ORDER_MARK)
    defects = _leading_defects(line[: len(line) - len(bare)])
    if _CODE.match(bare) is None or _NO_CODE.match(bare, 3) or defects is None:
        return None
    code, separator, text = bare[:3], bare[3:4], bare[4:]
    if code[1] > ord("5"):
        defects.append(Defect.SECOND_DIGIT)
    if separator == b" ":
        if not text:
            defects.append(Defect.EMPTY_TEXT)
    elif separator and separator in _BAD_SEPARATORS:
        defects.append(Defect.BAD_SEPARATOR)
        text = text.lstrip(_BLANKS)
    elif separator and separator != b"-":
        defects.append(Defect.NO_SEPARATOR)
        text = separator + text
    return Head(code, separator == b"-", text, defects)


def _leading_defects(leading: bytes) -> list[Defect] | None:
    """Name what stands before a code. None: octets that only look like a byte order mark."""
    defects = []
    if leading.strip(_BLANKS + b"\0").replace(_BYTE_ORDER_MARK, b"").strip(_BLANKS + b"\0"):
        return None
    if b" " in leading or b"\t" in leading:
        defects.append(Defect.LEADING_SPACE)
    if b"\0" in leading:
        defects.append(Defect.LEADING_NUL)
    if _BYTE_ORDER_MARK in leading:
        defects.append(Defect.BYTE_ORDER_MARK)
    return defects


def _unterminated(code: bytes, texts: list[bytes], found: set[Defect]) -> list[bytes]:
    """Return the texts of a reply that ends on a hyphen: folded into one line, or cut off."""
    ended = False
    if len(texts) == 1:
        texts, ended = unfold(code, texts[0])
        if len(texts) > 1:
            found.add(Defect.FOLDED)
            texts = [text.rstrip(b"\r") for text in texts]
    if not ended:
        found.add(Defect.UNTERMINATED)
    return texts


def _text_defects(texts: bytes) -> list[Defect]:
    odd = texts.translate(None, _PRINTABLE)
    if not odd:
        return []
    defects = []
    # A CR is the lines' matter, and what is not ASCII comes next.
    controls = bool(odd.translate(None, b"\r" + bytes(range(0x80, 0x100))))
    if not odd.isascii():
        try:
            controls = bool(_C1_CONTROLS.search(texts.decode("utf-8"))) or controls
            defects.append(Defect.NON_ASCII)
        except UnicodeDecodeError:
            defects.append(Defect.NOT_UTF8)
    if controls:
        defects.append(Defect.CONTROL_CHARACTER)
    return defects


def _status_defects(code: int, statuses: Sequence[EnhancedStatus | None]) -> list[Defect]:
    carried = [status for status in statuses if status is not None]
    defects = []
    if any(status.class_ != code // 100 for status in carried):
        defects.append(Defect.STATUS_CLASS)
    if len(carried) < len(statuses):
        defects.append(Defect.STATUS_MISSING)
    if len(set(carried)) > 1:
        defects.append(Defect.STATUS_CHANGE)
    return defects


def _has_long_line(octets: bytes) -> bool:
    return max(map(len, octets.split(b"\n"))) >= MAX_LINE
