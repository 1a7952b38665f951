"""Convert text with surrogates to octets and back."""

from __future__ import annotations

from smtpreply._support.lazy_pattern import lazy_pattern

_SURROGATES = lazy_pattern("[\ud800-\udfff]")


def to_octets(text: str) -> bytes:
    r"""Return text as UTF-8; a surrogate escape as the octet that it stands for (PEP 383).

    >>> to_octets("\u00fc\udcff")
    b'\xc3\xbc\xff'
    """
    return text.encode("utf-8", surrogates(text))


def character_of(octet: int) -> str:
    r"""Return an octet as a character of text that `to_octets` and `rejoined` read.

    >>> character_of(0x41), character_of(0xC3)
    ('A', '\udcc3')
    """
    return chr(octet) if octet < 0x80 else chr(0xDC00 + octet)


def rejoined(text: str) -> str:
    r"""Return text with escaped octets decoded where they form a character in UTF-8.

    In a text with a surrogate that stands for no octet, each surrogate becomes the octets of its
    own encoded form, as in `to_octets`.

    >>> rejoined("\udcc3\udcbc \udcff"), rejoined("\ud800")
    ('ü \udcff', '\udced\udca0\udc80')
    """
    return text if text.isascii() else to_octets(text).decode("utf-8", "surrogateescape")


def storable(text: str) -> str:
    r"""Return a text that can be stored as UTF-8, as JSON and columns want it.

    Each octet that is not UTF-8, which is in a text as a surrogate escape, becomes U+FFFD.

    >>> storable("\u00fc\udcff")
    'ü\ufffd'
    """
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def surrogates(text: str) -> str:
    """Return the error handler that encodes the surrogates of `text`.

    A surrogate that stands for no octet can come from JSON, and must not make a reply unreadable.
    """
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "surrogatepass"
    return "surrogateescape"
