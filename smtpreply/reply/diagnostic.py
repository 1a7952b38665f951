r"""Replies as programs write them down: bounces, exceptions, quoted strings.

RFC 3464 2.3.6, with the comments and the folding that RFC 822 headers allow::

    diagnostic-code-field = "Diagnostic-Code" ":" diagnostic-type ";" *text
"""

from __future__ import annotations

import re

from smtpreply._support.octets import rejoined
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import octets_of, parse

_FIELD_NAME = re.compile(r"[ \t]*Diagnostic-Code[ \t]*:", re.IGNORECASE)
# Exchange writes the host and the status before the type: "<mx.example.com #5.1.1 smtp;550 ...>".
_TYPE = re.compile(
    r"(?:(?:<?[A-Za-z0-9.-]+[ \t]+)?#[0-9.]+[ \t]+)?"
    r"[A-Za-z][A-Za-z0-9-]*[ \t]*(?:\([^()]*\)[ \t]*)?;"
)
_FOLD = re.compile(r"\r?\n[ \t]+")

_QUOTED = r"""(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)")"""
# Python: (550, b'5.1.1 ...'), SMTPResponse(code=550, message='...'), also inside a dict, and with
# the name of the exception before it. Only there: a server's own text may hold anything.
_PYTHON_START = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.]*:?[ ]*)?[({]")
_PYTHON = re.compile(
    rf"\([ ]*(?:code=)?([2-5][0-9][0-9]),[ ]*(?:message=)?(b?){_QUOTED}", re.DOTALL
)
# Go's net/textproto: 550 "5.1.1 ...\n..."
_GO = re.compile(rf"([2-5][0-9][0-9])[ ]{_QUOTED}\Z", re.DOTALL)
# JSON and others: "550 5.1.1 ..."
_WHOLE = re.compile(rf"{_QUOTED}\Z", re.DOTALL)

_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|.)", re.DOTALL)
_NAMED_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse_diagnostic(text: str | bytes) -> Reply:
    r"""Read the one reply in a diagnostic, as a bounce or a program's log has it.

    That is the Diagnostic-Code of RFC 3464 (with or without the field's name; type, comments and
    folding are taken off), the tuples and dicts that exceptions of Python's smtplib print, the
    ``550 "5.1.1 ..."`` of Go's net/textproto, and a reply in quotes as JSON has it. Anything else
    is read as `smtpreply.parse` reads it.

    Args:
        text: the diagnostic; octets are read as UTF-8.

    Raises:
        ReplySyntaxError: there is no reply in it, as in ``x-unix; 75``.
        MultipleRepliesError: there are several that differ (a dict of refused recipients).

    >>> parse_diagnostic("smtp; 550-5.1.1 No such\n 550 5.1.1 user").lines
    ('No such', 'user')
    >>> parse_diagnostic(r"{'bob@example.org': (550, b'5.1.1 No such user')}").code
    550
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    field = _FIELD_NAME.match(text)
    body = (text[field.end() :] if field else text).strip()
    kind = _TYPE.match(body)
    body = body[kind.end() :].lstrip() if kind else body
    try:
        reply = _from_python(body) or _from_go(body)
        return reply or parse(octets_of(_FOLD.sub(" ", _unquoted(body)).strip()) + b"\r\n")
    except MultipleRepliesError:
        raise
    except ReplySyntaxError as error:
        raise ReplySyntaxError(f"{error.message} in the diagnostic", text) from None


def _from_python(body: str) -> Reply | None:
    if _PYTHON_START.match(body) is None:
        return None
    replies = {
        Reply.from_response(int(code), _unescaped(single or double, octets=bool(prefix)))
        for code, prefix, single, double in _PYTHON.findall(body)
    }
    if len(replies) > 1:
        raise MultipleRepliesError("the diagnostic holds replies that differ", body)
    return replies.pop() if replies else None


def _from_go(body: str) -> Reply | None:
    match = _GO.match(body)
    if match is None:
        return None
    return Reply.from_response(int(match[1]), _unescaped(match[2] or match[3] or ""))


def _unquoted(body: str) -> str:
    match = _WHOLE.match(body)
    return _unescaped(match[1] or match[2] or "") if match else body


def _unescaped(literal: str, *, octets: bool = False) -> str:
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
            return chr(0xDC00 + number)
        surrogate = 0xD800 <= number <= 0xDFFF
        return body if surrogate or number > 0x10FFFF else chr(number)

    text = _ESCAPE.sub(meaning, literal)
    return rejoined(text) if octets else text
