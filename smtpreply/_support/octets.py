"""Text as octets, whatever it holds."""

from __future__ import annotations


def to_octets(text: str) -> bytes:
    r"""Return text as UTF-8; a surrogate escape as the octet that it stands for (PEP 383).

    >>> to_octets("\u00fc\udcff")
    b'\xc3\xbc\xff'
    """
    return text.encode("utf-8", surrogates(text))


def rejoined(text: str) -> str:
    r"""Return text in which escaped octets that together are UTF-8 are the character that they are.

    Where a surrogate stands for no octet, each becomes the octets of its own form, as `to_octets`
    gives them.

    >>> rejoined("\udcc3\udcbc \udcff"), rejoined("\ud800")
    ('ü \udcff', '\udced\udca0\udc80')
    """
    return text if text.isascii() else to_octets(text).decode("utf-8", "surrogateescape")


def surrogates(text: str) -> str:
    """Name the error handler for the surrogates of `text`: octets, unless one stands for none.

    JSON can hold such a one, and it must not keep a reply from being read.
    """
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return "surrogatepass"
    return "surrogateescape"
