r"""Replies as programs write them down: bounces, exceptions, quoted strings.

RFC 3464 2.3.6, with the comments and the folding that RFC 822 headers allow::

    diagnostic-code-field = "Diagnostic-Code" ":" diagnostic-type ";" *text
"""

from __future__ import annotations

import re

from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reply.embedded import head_in, text_behind
from smtpreply.reply.literals import QUOTED, unescaped, unquoted, with_line_ends
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import octets_of, parse

_FIELD_NAME = re.compile(r"[ \t]*Diagnostic-Code[ \t]*:", re.IGNORECASE)
# Exchange writes the host and the status before the type: "<mx.example.com #5.1.1 smtp;550 ...>".
_TYPE = re.compile(
    r"(?:(?:<?[A-Za-z0-9.-]+[ \t]+)?#[0-9.]+[ \t]+)?"
    r"[A-Za-z][A-Za-z0-9-]*[ \t]*(?:\([^()]*\)[ \t]*)?;"
)
_FOLD = re.compile(r"\r?\n[ \t]+")
_CLOSING = {"'": "'", '"': '"'}
# Postfix writes what was answered after the reply: "... (in reply to RCPT TO command)".
_IN_REPLY_TO = re.compile(r"[ ]?\(in reply to [^()]{1,40}\)\s{0,8}\Z")
_LONGEST = 16_384  # of a sentence: RFC 5321 4.5.3.1.5 has no longer reply than 512 octets a line

# Python: (550, b'5.1.1 ...'), SMTPResponse(code=550, message='...'), also inside a dict, and with
# the name of the exception before it. Only there: a server's own text may hold anything.
_PYTHON_START = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.]*:?[ ]*)?[({]")
_PYTHON = re.compile(rf"\([ ]*(?:code=)?([2-5][0-9][0-9]),[ ]*(?:message=)?(b?){QUOTED}", re.DOTALL)
# Go's net/textproto: 550 "5.1.1 ...\n..."
_GO = re.compile(rf"([2-5][0-9][0-9])[ ]{QUOTED}\Z", re.DOTALL)


def parse_diagnostic(text: str | bytes | bytearray | memoryview) -> Reply:
    r"""Read the one reply in a diagnostic, as a bounce or a program's log has it.

    That is the Diagnostic-Code of RFC 3464 (with or without the field's name; type, comments and
    folding are taken off), the tuples and dicts that exceptions of Python's smtplib print, the
    ``550 "5.1.1 ..."`` of Go's net/textproto, and a reply in quotes as JSON has it. What `parse`
    reads is read so, and a mark of a line end before a reply code (``\r\n550``, ``#015#012550``) is
    a line end. In other text, the reply is found that a program reports in its own words,
    such as "Server responded with 550 ..." or IronPort's "Unknown address error 550-'5.1.1 ...'".

    Args:
        text: the diagnostic; octets are read as UTF-8.

    Raises:
        ReplySyntaxError: there is no reply in it, as in ``x-unix; 75``.
        MultipleRepliesError: there are several that differ (a dict of refused recipients).
        TypeError: it is neither text nor octets.

    >>> parse_diagnostic("smtp; 550-5.1.1 No such\n 550 5.1.1 user").lines
    ('No such', 'user')
    >>> parse_diagnostic(r"{'bob@example.org': (550, b'5.1.1 No such user')}").code
    550
    """
    if not isinstance(text, str):
        text = octets_of(text).decode("utf-8", "surrogateescape")
    body = _body_of(text)
    try:
        return _literal_in(body)
    except MultipleRepliesError:
        raise
    except ReplySyntaxError as error:
        reply = _from_sentence(body)
        if reply is not None:
            return reply
        raise ReplySyntaxError(f"{error.message} in the diagnostic", text) from None


def parse_literal(text: str) -> Reply:
    """Read what `parse_diagnostic` does, except a reply within a program's own sentence.

    Raises:
        ReplySyntaxError, MultipleRepliesError: as `parse_diagnostic`.
    """
    return _literal_in(_body_of(text))


def _body_of(text: str) -> str:
    """Return a diagnostic without the name and the type of its field."""
    field = _FIELD_NAME.match(text)
    body = (text[field.end() :] if field else text).strip()
    kind = _TYPE.match(body)
    return body[kind.end() :].lstrip() if kind else body


def _literal_in(body: str) -> Reply:
    reply = _from_python(body) or _from_go(body)
    if reply is not None:
        return reply
    text = with_line_ends(_FOLD.sub(" ", unquoted(body)))
    return parse(octets_of(text.strip()) + b"\r\n")


def _from_python(body: str) -> Reply | None:
    if _PYTHON_START.match(body) is None:
        return None
    replies = {
        Reply.from_response(int(code), unescaped(single or double, octets=bool(prefix)))
        for code, prefix, single, double in _PYTHON.findall(body)
    }
    if len(replies) > 1:
        raise MultipleRepliesError("the diagnostic holds replies that differ", body)
    return replies.pop() if replies else None


def _from_sentence(body: str) -> Reply | None:
    """Read the reply that a program reports in a sentence of its own."""
    body = with_line_ends(body)
    head = head_in(body[:_LONGEST])
    if head is None:
        return None
    said, quote = text_behind(body, head)
    if quote in _CLOSING:
        said = said.partition(_CLOSING[quote])[0]
    said = _FOLD.sub(" ", _IN_REPLY_TO.sub("", said)).strip()
    if head.status is not None and said.startswith(str(head.status)):
        said = f"{head.status} {said.removeprefix(str(head.status)).lstrip()}".rstrip()
    # As a folded reply, since the codes of its further lines may be in it.
    mark = "-" if f" {head.code} " in said else " "
    return parse(octets_of(f"{head.code}{mark}{said}") + b"\r\n")


def _from_go(body: str) -> Reply | None:
    match = _GO.match(body)
    if match is None:
        return None
    return Reply.from_response(int(match[1]), unescaped(match[2] or match[3] or ""))
