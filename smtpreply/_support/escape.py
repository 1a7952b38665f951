"""Escape untrusted text for display.

Text from a server may contain control characters, terminal escape sequences, bidirectional control
characters, and octets that are not UTF-8. All text for people (``str()`` of a reply, error
messages) passes through `escape`, so that a server cannot forge lines of a log or control a
terminal (as with Go's net/textproto: CVE-2026-42507).
"""

from __future__ import annotations

from smtpreply._support.lazy_pattern import lazy_pattern

EXCERPT_LENGTH = 60

# Excel and others take full-width signs for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROLS = lazy_pattern(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)


def escape(text: str) -> str:
    r"""Return `text` with every character that is not printable as a backslash escape.

    Printable is what `str.isprintable` says: no control, format, surrogate or private character,
    and no white space but the space. An octet that was not UTF-8 becomes ``\xNN``.

    >>> print(escape("250 \x1b[31mred"))
    250 \x1b[31mred
    """
    if text.isprintable():
        return text
    return text.translate(_SHOWN)


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the first `length` characters of `text`, escaped, with ``...`` where it was cut.

    >>> excerpt("a" * 100, length=5)
    'aaaaa...'
    """
    return escape(text[:length]) + ("..." if len(text) > length else "")


def safe_cell(text: str) -> str:
    r"""Return a cell that no spreadsheet takes for a formula, and no terminal for a command.

    OWASP, "CSV Injection": a cell that begins with ``=``, ``+``, ``-``, ``@``, a tabulator or a CR
    gets an apostrophe before it. Control characters but for tabulator and line ends, and marks that
    change the direction of text, become backslash escapes.

    >>> safe_cell("=1+1"), safe_cell("550 5.1.1 No \x1b[31msuch user")
    ("'=1+1", '550 5.1.1 No \\x1b[31msuch user')
    """
    if not text.isprintable():
        text = _CONTROLS.sub(lambda match: escape(match[0]), text)
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Shown(dict[int, str]):
    """Shown forms of characters by code point: of those that have been met, up to a limit."""

    def __missing__(self, number: int) -> str:
        char = chr(number)
        if char.isprintable():
            shown = char
        elif 0xDC80 <= number <= 0xDCFF:  # an undecodable octet under "surrogateescape"
            shown = f"\\x{number - 0xDC00:02x}"
        else:
            shown = char.encode("unicode_escape", "surrogatepass").decode("ascii")
        if len(self) < _MAX_SHOWN:
            self[number] = shown
        return shown


_MAX_SHOWN = 4096
_SHOWN = _Shown()
