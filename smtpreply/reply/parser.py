"""From raw text to replies: `parse`, `parse_all`, `iter_replies`.

A reply in a plain form (see `plain`), as nearly all are, is recognised by the heads of its lines;
their text is read on access. Every other text goes through `grammar.read_reply`. So a change of
what a reply says belongs there first, and then in `plain`, or the plain form is made narrower; a
change of what a head says belongs in `opening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from smtpreply._support.octets import surrogates, to_octets
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reply.grammar import newline_of, read_reply, strict_end, syntax_error
from smtpreply.reply.model import Reply, new_reply, reply_of
from smtpreply.reply.opening import FIRST, OPENINGS, new_opening, opening_of
from smtpreply.reply.plain import match_all_lines, match_lines, read_folded

Raw = str | bytes | bytearray | memoryview

_CR = 0x0D
_LF = 0x0A

# A plain reply of one line, and the head of another one behind it.
_match_line_by_cr = re.compile(rb"[2-5][0-9][0-9] [^\r]*+\r(?=[2-5][0-9][0-9][- ])").match


def parse(raw: Raw, *, strict: bool = False) -> Reply:
    r"""Read the one reply in `raw`.

    Lenient by default: whatever carries a reply code gives a reply, and its `defects`
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
    if type(raw) is bytes:
        octets = raw
    elif type(raw) is str:  # `octets_of` inlined: the call would take a tenth of the time
        try:
            octets = raw.encode()
        except UnicodeEncodeError:
            octets = to_octets(raw)
    else:
        octets = octets_of(raw)
    if strict:
        return _parse_strictly(raw, octets)
    try:
        opening = OPENINGS[octets[FIRST]]
    except KeyError:
        opening = new_opening(octets)
    if opening is None:
        return _parse_slowly(raw, octets)
    if opening.continued:
        if match_all_lines(octets) is None:
            return _parse_slowly(raw, octets)
    else:
        # White space behind a reply belongs to it, blank lines too: what stands before it counts.
        text = octets.rstrip()
        if _LF in text or ((text is octets or _LF not in octets) and _CR in octets):
            return _parse_slowly(raw, octets)
    # `reply_of` inlined: the call would take a twentieth of the time.
    reply = new_reply()
    reply._opening = opening  # noqa: SLF001
    reply._octets = octets  # noqa: SLF001
    reply._content = None  # noqa: SLF001
    return reply


def parse_all(raw: Raw, *, strict: bool = False) -> list[Reply]:
    r"""Read all replies in `raw`, one after the other. A text without one gives an empty list.

    A line without a code belongs to the reply before it.

    Args:
        raw: as for `parse`.
        strict: as for `parse`.

    Raises:
        ReplySyntaxError: with `strict`, any departure from the ABNF of RFC 5321 4.2.

    >>> [reply.code for reply in parse_all(b"250 2.1.0 Ok\r\n550 5.1.1 No such user\r\n")]
    [250, 550]
    """
    octets = octets_of(raw)
    try:
        return list(_replies(octets, strict=strict))
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None


def iter_replies(raw: Raw, *, strict: bool = False) -> Iterator[Reply]:
    r"""Yield the replies in `raw` one by one: `parse_all` as an iterator.

    Args:
        raw: as for `parse`.
        strict: as for `parse`.

    Raises:
        ReplySyntaxError: as for `parse_all`, when the iterator reaches the departure.

    >>> next(iter_replies("220 mx.example.com ESMTP\r\n250 Ok\r\n")).text
    'mx.example.com ESMTP'
    """
    octets = octets_of(raw)
    try:
        yield from _replies(octets, strict=strict)
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None


def octets_of(raw: Raw) -> bytes:
    """Return `raw` as octets: text as UTF-8, surrogate escapes as the octets they stand for.

    Raises:
        TypeError: it is neither text nor octets. (`bytes` would make 550 NULs of the number 550.)
    """
    if isinstance(raw, str):
        try:
            return raw.encode()
        except UnicodeEncodeError:
            return to_octets(raw)
    if isinstance(raw, (bytes, bytearray, memoryview)):
        return bytes(raw)
    raise TypeError(f"a reply is text or octets, not {type(raw).__name__}")


def _parse_strictly(raw: Raw, octets: bytes) -> Reply:
    try:
        end = strict_end(octets, 0)
        if end < len(octets):
            strict_end(octets, end)  # what follows may be no reply either
            raise _more_than_one(octets, end)
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None
    return parse(octets)


def _parse_slowly(raw: Raw, octets: bytes) -> Reply:
    folded = read_folded(octets)
    if folded is not None:
        code, content = folded
        return reply_of(opening_of(code), octets, content)
    try:
        reading = read_reply(octets, 0, newline_of(octets))
        if reading is None:
            raise syntax_error("no reply code", octets, 0)
        code, content, end = reading
        if end < len(octets):
            raise _more_than_one(octets, end)
    except ReplySyntaxError as error:
        raise _in_characters(error, raw) from None
    return reply_of(opening_of(code), octets, content)


def _more_than_one(octets: bytes, position: int) -> ReplySyntaxError:
    message = "more than one reply, parse_all reads them"
    return syntax_error(message, octets, position, MultipleRepliesError)


def _replies(octets: bytes, *, strict: bool) -> Iterator[Reply]:
    if strict:
        return _strict_replies(octets)
    return _replies_by_line(octets) if newline_of(octets) == b"\n" else _replies_by_cr(octets)


def _strict_replies(octets: bytes) -> Iterator[Reply]:
    position = 0
    while position < len(octets):
        end = strict_end(octets, position)
        yield parse(octets[position:end])
        position = end


def _replies_by_cr(octets: bytes) -> Iterator[Reply]:
    position = 0
    while True:
        plain = _match_line_by_cr(octets, position)
        if plain is not None:
            line, end = plain[0], plain.end()
            opening = OPENINGS.get(line[FIRST]) or new_opening(line)
            assert opening is not None
            yield reply_of(opening, line)
        else:
            reading = read_reply(octets, position, b"\r")
            if reading is None:
                return
            code, content, end = reading
            yield reply_of(opening_of(code), octets[position:end], content)
        position = end


def _replies_by_line(octets: bytes) -> Iterator[Reply]:
    """Yield the replies of octets whose lines end with LF.

    Whether a reply is plain shows with the line after it, which may be one without a code that
    belongs to it. So each is held back until that line has come.
    """
    stream = BytesIO(octets)
    held: Reply | None = None
    for line in stream:
        try:
            opening = OPENINGS[line[FIRST]]
        except KeyError:
            opening = new_opening(line)
        if opening is not None:
            if held is not None:
                yield held
            if not opening.continued:
                # `reply_of` inlined, as in `parse`.
                held = new_reply()
                held._opening = opening  # noqa: SLF001
                held._octets = line  # noqa: SLF001
                held._content = None  # noqa: SLF001
                continue
            several = match_lines(octets, stream.tell() - len(line))
            if several is not None:
                held = reply_of(opening, several[0])
                stream.seek(several.end())
                continue
            held = None
        start = stream.tell() - len(line) - (0 if held is None else len(held.raw))
        reading = read_reply(octets, start, b"\n")
        if reading is None:
            return
        code, content, end = reading
        yield reply_of(opening_of(code), octets[start:end], content)
        stream.seek(end)
        held = None
    if held is not None:
        yield _last_reply(held)


def _last_reply(held: Reply) -> Reply:
    # Alone, a last line without LF would end at a CR.
    if newline_of(held.raw) == b"\n":
        return held
    reading = read_reply(held.raw, 0, b"\n")
    assert reading is not None
    code, content, _ = reading
    return reply_of(opening_of(code), held.raw, content)


def _in_characters(error: ReplySyntaxError, raw: Raw) -> ReplySyntaxError:
    """Return the error with its position counted in what the caller handed in."""
    if not isinstance(raw, str):
        return error
    before = octets_of(raw)[: error.position]
    position = len(before.decode("utf-8", surrogates(raw)))
    return type(error)(error.message, raw, position, error.line)
