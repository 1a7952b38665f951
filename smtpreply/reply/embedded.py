r"""Reply codes inside text that a program wrote around them: logs, bounces, exceptions.

::

    Expected response code "250" but got code "550", with message "550 5.1.1 No such user"
    host mx.example.com [192.0.2.1]:587: 421 Too many connections
    Remote Server at example.com (192.0.2.3) returned '550 4.4.7 QUEUE.Expired'

A number is taken for a code where something introduces it. Ports, sizes, counts and the codes that
a client says it had expected are none.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from smtpreply.codes import ENHANCED_STATUS, EnhancedStatus


class Head(NamedTuple):
    """A reply code in a text, and the enhanced status after it.

    Attributes:
        code: 200 to 599.
        status: the status, if it is of the code's class.
        start: where the reply begins in the text.
        is_sure: whether the code begins the text or a line, has a status after it, or is
            where programs write replies and nothing else.
    """

    code: int
    status: EnhancedStatus | None
    start: int
    is_sure: bool


# What may be between a code and its status: "550 5.1.1", "550-5.1.1", "550 #5.1.0" (Cisco),
# "550-'5.1.1" (IronPort), "550, b'5.1.1" (smtplib), "550\n5.7.1" (an exception, a field a line).
_STATUS_BEHIND = re.compile(
    rf"(?:[- \t\r\n]{{1,2}}#?|[- ]['\"]|,[ ]?b?['\"])({ENHANCED_STATUS})(?![0-9]|\.[0-9])"
)
_AT_START = re.compile(r"\s{0,8}([2-5][0-9][0-9])(?:[- :,;.)<\"'\r\n\t]|\Z)")
# What may not be before the first digit is looked for when it is found: a pattern that begins
# with digits is found several times as fast.
_NUMBER = re.compile(r"[2-5](?<![0-9A-Za-z.,/_+-][2-5])[0-9][0-9](?![0-9A-Za-z_])")

# Statuses recur, and it takes longer to make one than to find it.
_status_of = functools.lru_cache(maxsize=1024)(EnhancedStatus.parse)

_WINDOW = 48
"""How many characters before a number show whether it is a code."""

# "got code "550", with message "550 5.1.1 ..."", "(code: 550, response: 5.1.1 ...)": the reply
# follows, with its code or without it.
_MESSAGE_BEHIND = re.compile(
    r"['\"]?(?:[,;]\s{0,2}(?:with )?|\swith )(?:message|response|msg|text)\b[ :=]{1,3}b?['\"]?",
    re.IGNORECASE,
)

# Between a code and its text: "550-", "550 '", "(550): ".
_SEPARATOR = re.compile(r"[)\]]?[-:,]?[ \t\r\n]{0,2}(['\"]?)")

# Behind a code: no "352.479", "550:25", "250-300", "5%", and not "354 expected".
_NO_CODE_BEHIND = re.compile(
    r"[.:,/][0-9]|-[0-9](?!\.[0-9])|[%@*=]|['\"]?[ ](?:was |is )?(?:expected|wanted)\b"
)
COUNTED = (
    r"[ ](?:(?:more|new|other) )?(?:bytes|octets|[KMGkmg]i?[Bb]\b|messages|mails|e-?mails"
    r"|recipients|connections|seconds|secs?\b|ms\b|minutes|mins?\b|hours|days|times|lines|users"
    r"|attempts|char(?:acter)?s|requests|per\b|of\b|and\b|to\b)"
)
"""A pattern of what follows a number that counts something, and is no code."""

_COUNTED = re.compile(COUNTED)
_OK_BEHIND = re.compile(r"[- ][Oo][Kk]\b")
_REPLY_BEHIND = re.compile(r"[ ](?:error|response|reply|status)\b")
_TUPLE_BEHIND = re.compile(r",[ ]?(?:message=)?b?['\"]")

# Before a code, at the end of the window. "Expected code 250 but got 550": 250 is no answer.
_EXPECTED = re.compile(
    r"\b(?:expect(?:ed|ing|s)?|wanted|instead of|should (?:be|have been))\b"
    r"(?:(?!\b(?:got|but|received|was|actual|found|not|returned)\b)[^;\n])*\Z",
    re.IGNORECASE,
)
_ANSWER = r"said|says|answered|replied|responded|returned|returns|reply|response|answer|code|status"
_OTHER_WORDS = (
    r"error|errors|got|received|gave|message|server|smtp|failed|failure|refused|rejected|with|to"
    r"|from|data|command"
)
_SURE = re.compile(
    rf"(?:[\r\n][ \t]{{0,8}}|(?:<<<|<--|<-|<<|->|=>|\*\*<|<~)[ \t]{{0,4}}"
    rf"|\b[SL]MTP(?:[ ]?\([^()]{{0,20}}\))?;\s{{0,4}}['\"]?"
    rf"|(?<!exit )(?<!exited )\b(?:{_ANSWER})(?:[ ](?:with|was|is|code|from server))?"
    rf"['\"]?[ ]?[:=]?[ ]{{0,3}}[(\[]?b?['\"]?)\Z",
    re.IGNORECASE,
)
_MAYBE = re.compile(
    rf"(?:[<>;(\[{{'\"]\s{{0,4}}|\[[A-Z][A-Z_-]{{2,15}}\]\s{{1,4}}"
    rf"|\b(?:{_OTHER_WORDS})['\"]?(?:[ ]|[ ]?[:=])[ ]{{0,3}}"
    rf"|(?<!\bport)(?<!\bsize)(?<!\bqueue)(?<!\blimit)(?<!\btimeout)(?<!\bcount)(?<!\bline)"
    rf":\s{{1,4}}|>:|[ ][-\u2013\u2014][ ]{{1,3}}|,[ ]{{1,4}})[(\[]?b?['\"]?\Z",
    re.IGNORECASE,
)


def head_in(text: str) -> Head | None:
    """Return the head of the reply that a text reports.

    The first negative one counts: a refusal may be reported with the replies before and after
    it. A positive one counts only where there is no other, and it is surely a reply.

    >>> head_in('Expected response code 250 but got code "550", with message "550 No"').code
    550
    >>> head_in("connect ECONNREFUSED 192.0.2.1:587") is None
    True
    """
    start = _start_of(text)
    if start is not None and start.code >= 400:
        return start
    head = _head_behind(text, start)
    return head and _at_its_message(text, head)


def text_behind(text: str, head: Head) -> tuple[str, str]:
    """Return the text after the code of a reply, and the quote that it is in, or ""."""
    quote, begin = text[head.start - 1 : head.start] if head.start else "", head.start
    if text.startswith(str(head.code), begin):
        mark = _SEPARATOR.match(text, begin + 3)
        begin, quote = (mark.end(), mark[1] or quote) if mark else (begin + 3, quote)
    return text[begin:], quote if quote in ("'", '"') else ""


def _head_behind(text: str, start: Head | None) -> Head | None:
    positive, unsure = start, None
    for head in _heads_behind(text, start):
        if head.code < 400:
            positive = positive or (head if head.is_sure else None)
        elif head.is_sure:
            return head
        else:
            unsure = unsure or head
    return positive if start is not None else unsure or positive


def _at_its_message(text: str, head: Head) -> Head:
    """Return the head where the reply itself is, if a program names the code before it."""
    match = _MESSAGE_BEHIND.match(text, head.start + 3)
    if match is None:
        return head
    begin = match.end()
    if text.startswith(str(head.code), begin):
        return head._replace(start=begin, status=_status_behind(text, begin + 3, head.code))
    return head._replace(start=begin)


def heads_in(text: str) -> Iterator[Head]:
    """Yield all heads of replies in a text, in their order."""
    start = _start_of(text)
    if start is not None:
        yield start
    yield from _heads_behind(text, start)


def _start_of(text: str) -> Head | None:
    match = _AT_START.match(text)
    if match is None or _NO_CODE_BEHIND.match(text, match.end(1)):
        return None
    code = int(match[1])
    return Head(code, _status_behind(text, match.end(1), code), match.start(1), is_sure=True)


def _heads_behind(text: str, start: Head | None) -> Iterator[Head]:
    for match in _NUMBER.finditer(text, 0 if start is None else start.start + 3):
        head = _head_at(text, match.start())
        if head is not None:
            yield head


def _head_at(text: str, at: int) -> Head | None:
    """Return the head of a reply, if the number at this place begins one."""
    end = at + 3
    if _NO_CODE_BEHIND.match(text, end):
        return None
    before = text[max(0, at - _WINDOW) : at]
    if _EXPECTED.search(before):
        return None
    code = int(text[at:end])
    status = _status_behind(text, end, code)
    if status is not None:
        return Head(code, status, at, is_sure=True)
    if text[at + 1] > "5":  # RFC 5321 4.2: the second digit is 0 to 5. 465 and 587 are ports.
        return None
    if _SURE.search(before) or (before[-1:] == "(" and _TUPLE_BEHIND.match(text, end)):
        return Head(code, None, at, is_sure=True)
    if _COUNTED.match(text, end):
        return None
    if _MAYBE.search(before) or (code >= 400 and _REPLY_BEHIND.match(text, end)):
        return Head(code, None, at, is_sure=_OK_BEHIND.match(text, end) is not None)
    return None


def _status_behind(text: str, end: int, code: int) -> EnhancedStatus | None:
    match = _STATUS_BEHIND.match(text, end)
    if match is None or int(match[2]) != code // 100:
        return None
    return _status_of(match[1])
