r"""Objects as programs print them that do not write JSON: read, and written as JSON.

People log an event as their language shows it, and paste JSON that they have commented::

    value    = object / list / string / number / word / call
    object   = "{" [pair *("," pair) [","]] "}"
    pair     = (string / word / number / ":" word) (":" / "=>") value    ; Ruby has "=>" and ":word"
    list     = ("[" / "(") [value *("," value) [","]] ("]" / ")")        ; Python's tuples, too
    string   = 1*(quoted ["+"])             ; Python and Node.js break long ones over several lines
    quoted   = [prefix] (DQUOTE / "'" / "`") ... the same            ; backslashes escape
    word     = %s"True" / "None" / "nil" / "undefined" / name / "[Object]" / ...
    call     = word "(" [argument *("," argument)] ")"      ; datetime.datetime(2026, 11, 24): null
    argument = [word "="] value
    comment  = "//" ... NL / "#" ... NL / "/*" ... "*/"

A form is what a browser posts: ``event=dropped&recipient=bob%40example.org``. Mailgun's and
Mandrill's first webhooks are of this kind.

What is not of this grammar as a whole is nothing. Each character is looked at a bounded number of
times.
"""

from __future__ import annotations

import json
import re
from typing import Any

from smtpreply._support.lazy_pattern import lazy_pattern

_STRING = r"[bBuUrRfF]{0,2}(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|`(?:[^`\\]|\\.)*+`)"
TOKEN = rf"{_STRING}|[{{}}\[\]]"
"""A pattern of what matters to where an object ends: strings, and brackets."""

_TOKEN = lazy_pattern(
    r"(?:[ \t\r\n\ufeff]++|//[^\n]*+|#[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"
    rf"(?:(?P<string>{_STRING})|(?P<mark>=>|[{{}}\[\](),:+=])|"
    r"(?P<number>-?(?:0|[1-9][0-9]{0,300}+)(?:\.[0-9]{1,300}+)?(?:[eE][+-]?[0-9]{1,3}+)?(?![\w.]))|"
    r"(?P<word>[\w$.-]{1,200}+)|(?P<end>\Z))",
)
_ESCAPE = lazy_pattern(
    r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8})|(.))",
    re.DOTALL,
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_WORDS = {"true": True, "false": False}
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_DEEPEST = 50
_LONGEST_FORM = 1 << 20
_FORM = lazy_pattern(r"[\w.\[\]%-]{1,80}=[^&\s\"'<>]*+(?:&[\w.\[\]%-]{1,80}=[^&\s\"'<>]*+)*+\Z")


def as_json(text: str) -> str | None:
    """Return an object or a list in another notation as JSON; None where it is none.

    >>> as_json("[{'event': 'bounce', 'tls': True, 'ip': None},]")
    '[{"event": "bounce", "tls": true, "ip": null}]'
    >>> as_json("{ event: 'open', 'smtp-id': '<a@b>' } // the first")
    '{"event": "open", "smtp-id": "<a@b>"}'
    >>> as_json("{ what is this }")
    """
    value = value_in(text)
    return None if value is None else json.dumps(value)


def value_in(text: str) -> dict[str, Any] | list[Any] | None:
    """Return the object or the list that a text in another notation is; None where it is neither.

    >>> value_in("{event: 'open'} // the first")
    {'event': 'open'}
    """
    try:
        value = _Parser(text).document()
    except _NoNotationError:
        return None
    return value if isinstance(value, (dict, list)) else None


def form_as_json(text: str) -> str | None:
    """Return a form, as a webhook posts it, as JSON; None where a text is none.

    >>> form_as_json("event=dropped&recipient=bob%40example.org")
    '{"event": "dropped", "recipient": "bob@example.org"}'
    """
    fields = form_in(text)
    return None if fields is None else json.dumps(fields)


def form_in(text: str) -> dict[str, Any] | None:
    """Return the fields of a form; None where a text is none.

    >>> form_in("event=dropped&recipient=bob%40example.org")["recipient"]
    'bob@example.org'
    """
    if len(text) > _LONGEST_FORM or not _FORM.match(text):
        return None
    from urllib.parse import parse_qsl  # noqa: PLC0415  (of what few logs have)

    fields: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        fields[name] = _inner(value) if value.startswith(("[", "{")) else value
    return fields


def _inner(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class _NoNotationError(ValueError):
    """A text is of no notation that is known."""


class _Parser:
    """Reads one value by recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._next()

    def document(self) -> Any:
        """Return the only value."""
        value = self._value(0)
        if self._kind != "end":
            raise _NoNotationError
        return value

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._place)
        if match is None or match.lastgroup is None:
            raise _NoNotationError
        self._kind, self._token = match.lastgroup, match[match.lastgroup]
        self._place = match.end()

    def _take(self, *marks: str) -> bool:
        """Pass over a mark, and return whether it is there."""
        if self._kind == "mark" and self._token in marks:
            self._next()
            return True
        return False

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _NoNotationError
        if self._kind == "string":
            return self._string()
        token = self._token
        if self._kind == "number":
            self._next()
            return json.loads(token)
        if self._kind == "word":
            return self._word(depth)
        if self._take(":"):  # Ruby's symbol
            return self._name()
        if self._take("{"):
            return self._object(depth)
        if self._take("[", "("):
            return self._list(_CLOSING[token], depth)
        raise _NoNotationError

    def _string(self) -> str:
        parts = []
        while self._kind == "string":
            opened = min(place for mark in "\"'`" if (place := self._token.find(mark)) >= 0)
            inner = self._token[opened + 1 : -1]
            is_raw = "r" in self._token[:opened].lower()
            parts.append(inner if is_raw or "\\" not in inner else _ESCAPE.sub(_unescaped, inner))
            self._next()
            if self._take("+") and self._kind != "string":
                raise _NoNotationError
        return "".join(parts)

    def _word(self, depth: int) -> Any:
        """Return what a word stands for: null, where it is no truth value."""
        word = self._token.lower()
        self._next()
        if self._take("("):
            self._list(")", depth)
        return _WORDS.get(word)

    def _name(self) -> str:
        """Return the name of a member."""
        if self._kind == "string":
            return self._string()
        if self._kind not in ("word", "number"):
            raise _NoNotationError
        name = self._token
        self._next()
        return name

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not self._take("}"):
            self._take(":")
            name = self._name()
            if not self._take(":", "=>"):
                raise _NoNotationError
            members[name] = self._value(depth + 1)
            self._separated("}")
        return members

    def _list(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._take(closing):
            items.append(self._value(depth + 1))
            if closing == ")" and self._take("="):  # an argument by name
                items[-1] = self._value(depth + 1)
            self._separated(closing)
        return items

    def _separated(self, closing: str) -> None:
        """Pass over a comma, which must be there unless the bracket is closed."""
        if not self._take(",") and not (self._kind == "mark" and self._token == closing):
            raise _NoNotationError


def _unescaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3] or escape[4]
    if digits is None:
        mark: str = escape[5]
        return _ESCAPED.get(mark, mark)
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"
