"""String literals as Python, Go and JSON print them: quotes and backslash escapes."""

from __future__ import annotations

import re

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
