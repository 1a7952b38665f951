"""From raw text to replies: `parse`, `parse_all`, `iter_replies`.

The hot path, a reply in due form, only looks at the heads of the lines; what the lines say is
read when someone asks. Every other text goes through `grammar.read_reply`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from smtpreply._support.octets import surrogates, to_octets
from smtpreply.codes import ReplyClass
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reply.grammar import (
    CONTINUED_HEADS,
    LAST_HEADS,
    newline_of,
    read_reply,
    strict_end,
    syntax_error,
)
from smtpreply.reply.model import CLASSES, Draft, Reply, sealed

Raw = str | bytes | bytearray | memoryview

_new = object.__new__
_LAST_HEADS = {head: (code, CLASSES[code // 100]) for head, code in LAST_HEADS.items()}
_CONTINUED_HEADS = {head: (code, CLASSES[code // 100]) for head, code in CONTINUED_HEADS.items()}


def parse(raw: Raw, *, strict: bool = False) -> Reply:
    r"""Read the one reply in `raw`.

    Lenient unless told otherwise: whatever carries a reply code gives a reply, and its `defects`
    say how it departs from the standard. Where the code changes between lines ("220-host ESMTP",
    then "521 5.7.1 Service unavailable"), it is one reply and the last line's code counts: so do
    Postfix, smtplib, Twisted and curl, since the server's last word is that it refuses. (Exim and
    Nodemailer take the first.) A reply that was folded into one line, as logs and bounces have
    it, is unfolded.

    Args:
        raw: the text with its line ends. Octets are read as UTF-8; those that are not UTF-8 are
            kept (PEP 383), so that `bytes` gives them back.
        strict: accept the ABNF of RFC 5321 4.2 and nothing else.

    Raises:
        ReplySyntaxError: there is no reply code (a ValueError, with the position); with
            `strict`, any departure from the ABNF.
        MultipleRepliesError: there is more than one reply; `parse_all` reads them.

    >>> reply = parse("550-5.1.1 No such user\r\n550 5.1.1 here\r\n")
    >>> reply.code, str(reply.enhanced), reply.lines
    (550, '5.1.1', ('No such user', 'here'))
    """
    if type(raw) is bytes and not strict:
        code_and_class = _LAST_HEADS.get(raw[:4])
        if code_and_class is None:
            code_and_class = _continued(raw)
        elif raw.find(b"\n") != len(raw) - 1:
            code_and_class = None
        if code_and_class is not None:
            # This is `sealed` without the price of a call, an eighth of what parsing costs.
            draft = _new(Draft)
            draft.code, draft.reply_class = code_and_class
            draft._octets = raw  # noqa: SLF001
            draft._content = None  # noqa: SLF001
            draft.__class__ = Reply  # type: ignore[assignment]
            return draft
    return _parse_slowly(raw, strict=strict)


def parse_all(raw: Raw, *, strict: bool = False) -> list[Reply]:
    r"""Read all replies in `raw`, one after the other. None at all gives an empty list.

    Args and errors are those of `parse`. A line without a code goes with the reply before it.

    >>> [reply.code for reply in parse_all(b"250 2.1.0 Ok\r\n550 5.1.1 No such user\r\n")]
    [250, 550]
    """
    return list(iter_replies(raw, strict=strict))


def iter_replies(raw: Raw, *, strict: bool = False) -> Iterator[Reply]:
    r"""Read the replies in `raw` one by one, as they are asked for: `parse_all` as an iterator.

    >>> next(iter_replies("220 mx.example.com ESMTP\r\n250 Ok\r\n")).text
    'mx.example.com ESMTP'
    """
    octets = octets_of(raw)
    newline = newline_of(octets)
    # Where CR ends the lines, a look for LF would go to the end of the text, each time.
    end_of = _end_in_form if newline == b"\n" else _no_end
    position = 0
    try:
        while position < len(octets):
            end = strict_end(octets, position) if strict else end_of(octets, position)
            if end and (strict or end == len(octets) or _starts_reply(octets, end)):
                yield sealed(int(octets[position : position + 3]), octets[position:end])
                position = end
                continue
            reading = read_reply(octets, position, newline)
            if reading is None:
                return
            yield sealed(reading.code, octets[position : reading.end], reading.content)
            position = reading.end
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None


def octets_of(raw: Raw) -> bytes:
    """Return `raw` as octets: text as UTF-8, surrogate escapes as the octets they stand for.

    Raises:
        TypeError: it is neither text nor octets. (`bytes` would make 550 NULs of the number 550.)
    """
    if isinstance(raw, str):
        return to_octets(raw)
    if isinstance(raw, (bytes, bytearray, memoryview)):
        return bytes(raw)
    raise TypeError(f"a reply is text or octets, not {type(raw).__name__}")


def _parse_slowly(raw: Raw, *, strict: bool) -> Reply:
    octets = octets_of(raw)
    try:
        end = strict_end(octets, 0) if strict else 0
        if strict and end < len(octets):
            strict_end(octets, end)  # what follows may be no reply either
            raise _more_than_one(octets, end)
        reading = read_reply(octets, 0, newline_of(octets))
        if reading is None:
            raise syntax_error("no reply code", octets, 0)
        if reading.end < len(octets):
            raise _more_than_one(octets, reading.end)
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None
    return sealed(reading.code, octets, reading.content)


def _more_than_one(octets: bytes, position: int) -> ReplySyntaxError:
    message = "more than one reply, parse_all reads them"
    return syntax_error(message, octets, position, MultipleRepliesError)


def _continued(octets: bytes) -> tuple[int, ReplyClass] | None:
    """Return code and class of octets that begin with ``code-``, if they are one reply in form."""
    code_and_class = _CONTINUED_HEADS.get(octets[:4])
    if code_and_class is None or _in_form(code_and_class[0]).fullmatch(octets) is None:
        return None
    return code_and_class


@functools.cache
def _in_form(code: int) -> re.Pattern[bytes]:
    """Return the pattern of a reply of several lines that all have this code."""
    return re.compile(b"(?:%d-[^\n]*\n)+%d [^\n]*\n" % (code, code))


def _end_in_form(octets: bytes, start: int) -> int:
    """Return the end of the reply at `start`, if each line has the same code; 0 if it has not."""
    head = octets[start : start + 4]
    if head in LAST_HEADS:
        return octets.find(b"\n", start) + 1
    code = CONTINUED_HEADS.get(head)
    match = code and _in_form(code).match(octets, start)
    return match.end() if match else 0


def _no_end(_octets: bytes, _start: int) -> int:
    return 0


def _starts_reply(octets: bytes, start: int) -> bool:
    head = octets[start : start + 4]
    return head in LAST_HEADS or head in CONTINUED_HEADS


def _in_characters(error: ReplySyntaxError, raw: Raw) -> ReplySyntaxError:
    """Return the error with its position counted in what the caller handed in."""
    if not isinstance(raw, str):
        return error
    before = octets_of(raw)[: error.position]
    position = len(before.decode("utf-8", surrogates(raw)))
    return type(error)(error.message, raw, position, error.line)
