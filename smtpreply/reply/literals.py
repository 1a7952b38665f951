r"""String literals of Python, Go and JSON, and line ends that are written as marks.

A line end that is copied out of a program's output is a mark in the text, with or without quotes
around it::

    250 ok\r\n550 5.1.1 No such user            ; Python, JSON, Go and others
    250 ok\015\012550 5.1.1 No such user        ; Perl, C
    250 ok#015#012550 5.1.1 No such user        ; rsyslog
    250 ok<CR><LF>550 5.1.1 No such user        ; RFC 5321's own notation
    250 ok^M550 5.1.1 No such user              ; cat -v, less
"""

from __future__ import annotations

import re

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.octets import character_of, rejoined

QUOTED = r"""(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")"""
"""A literal; its two groups are what is in single and in double quotes."""

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescaped(literal: str, *, octets: bool = False) -> str:
    r"""Undo backslash escapes. In a literal of octets, ``\xNN`` is an octet, not a character."""

    def meaning(escape: re.Match[str]) -> str:
        body = escape[1]
        if body[0] in "xuU" and len(body) > 1:
            number = int(body[1:], 16)
        elif body[0] in "01234567":
            number = int(body, 8) & 0xFF
        else:
            return _NAMED_ESCAPES.get(body, body)
        if octets and number > 0x7F:
            return character_of(number)
        surrogate = 0xD800 <= number <= 0xDFFF
        return body if surrogate or number > 0x10FFFF else chr(number)

    text = _ESCAPE.sub(meaning, literal)
    return rejoined(text) if octets else text


_WHOLE = re.compile(rf"{QUOTED}\Z", re.DOTALL)


def unquoted(text: str) -> str:
    r"""Return what is in the quotes that are around a text, as JSON and others have them.

    >>> unquoted(r'"250 ok\r\n"'), unquoted("250 ok")
    ('250 ok\r\n', '250 ok')
    """
    match = _WHOLE.match(text)
    return unescaped(match[1] or match[2] or "") if match else text


# A line end as a mark; "\\\\n" is one that was written down twice. "=0D" is of quoted-printable.
_END = (
    r"(?:\\{1,4}(?:r|n|0?1[25]|x0[ADad]|u000[ADad])|#01[25]|<(?:CR|LF|CRLF|br ?/?)>|\^[MJ]"
    r"|%0[ADad]|=0[AD]|&#(?:1[03]|[xX]0?[ADad]);|[\u240a\u240d\u2424])"
)
# Before a reply code, such as "550 " or "S: 550-", it can be nothing else; so then all are that are
# written alike. Elsewhere it may be anything, such as a path.
_BEFORE_CODE = lazy_pattern(
    rf"(?P<mark>(?:{_END}){{1,4}})[ \t]{{0,4}}(?:[A-Za-z]{{0,8}}[:<>~*=-]{{1,4}}[ ]{{0,4}})?"
    r"[2-5][0-9][0-9](?:[- ]|\Z)"
)
_ANYWHERE = lazy_pattern(rf"(?:{_END}){{1,4}}")
_AT_END = lazy_pattern(rf"(?:{_END}){{1,4}}(?=\s{{0,4}}\Z)")
_MOST_FORMS = 4  # of marks in one text
IN_MARKS = ("\\", "#01", "^", "<CR", "<LF", "<br", "%0", "=0D", "=0A", "&#")
"""Of these, one is in each mark of a line end that is ASCII."""

_PICTURES = ("\u240a", "\u240d", "\u2424")


def with_line_ends(text: str) -> str:
    r"""Return a text with CRLF for the marks of line ends, where one is before a reply code.

    One at the end is a line end, too.

    >>> with_line_ends(r"250 ok\r\n550 5.1.1 No such user")
    '250 ok\r\n550 5.1.1 No such user'
    >>> with_line_ends(r"550 5.1.1 No such mailbox: C:\new\mail")
    '550 5.1.1 No such mailbox: C:\\new\\mail'
    """
    if not _may_have_marks(text):
        return text
    text = _AT_END.sub("\r\n", text)
    for _ in range(_MOST_FORMS):
        found = _BEFORE_CODE.search(text)
        if found is None:
            return text
        mark = found["mark"]
        half = mark[: len(mark) // 2]
        text = text.replace(half if mark == 2 * half else mark, "\r\n")
    return _BEFORE_CODE.sub(lambda found: f"\r\n{found[0].removeprefix(found['mark'])}", text)


def with_all_line_ends(text: str) -> str:
    r"""Return a text with CRLF for all that may be marks of line ends, wherever they are.

    >>> with_all_line_ends(r"550 5.1.1 User unknown\nor mailbox full")
    '550 5.1.1 User unknown\r\nor mailbox full'
    """
    return _ANYWHERE.sub("\r\n", text) if _may_have_marks(text) else text


def _may_have_marks(text: str) -> bool:
    # Substrings are found ten times as fast as the patterns, and most texts have none of them.
    marks = IN_MARKS if text.isascii() else (*IN_MARKS, *_PICTURES)
    return any(map(text.__contains__, marks))
