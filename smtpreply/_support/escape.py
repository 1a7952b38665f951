"""Text of strangers made safe to show.

A server's text may hold control characters, terminal escape sequences, text that changes the
direction of what follows, and octets that are not UTF-8. What this library shows to people
(``str()`` of a reply, the messages of its errors) goes through `escape` first, so that a server
cannot write into a log or a terminal through us (as Go's net/textproto could be made to:
CVE-2026-42507).
"""

from __future__ import annotations

EXCERPT_LENGTH = 60


def escape(text: str) -> str:
    r"""Return `text` with every character that is not printable as a backslash escape.

    Printable is what `str.isprintable` says: no control, format, surrogate or private character,
    and no white space but the space. An octet that was not UTF-8 shows as ``\xNN``.

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
    if "\udc80" <= char <= "\udcff":  # an undecodable octet, as "surrogateescape" keeps it
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
