"""Escape untrusted text for display.

Text from a server may contain control characters, terminal escape sequences, bidirectional control
characters, and octets that are not UTF-8. All text for people (``str()`` of a reply, error
messages) passes through `escape`, so that a server cannot forge lines of a log or control a
terminal (as with Go's net/textproto: CVE-2026-42507).
"""

from __future__ import annotations

EXCERPT_LENGTH = 60


def escape(text: str) -> str:
    r"""Return `text` with every character that is not printable as a backslash escape.

    Printable is what `str.isprintable` says: no control, format, surrogate or private character,
    and no white space but the space. An octet that was not UTF-8 becomes ``\xNN``.

    >>> print(escape("250 \x1b[31mred"))
    250 \x1b[31mred
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def excerpt(text: str, length: int = EXCERPT_LENGTH) -> str:
    """Return the first `length` characters of `text`, escaped, with ``...`` where it was cut.

    >>> excerpt("a" * 100, length=5)
    'aaaaa...'
    """
    return escape(text[:length]) + ("..." if len(text) > length else "")


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # an undecodable octet under "surrogateescape"
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
