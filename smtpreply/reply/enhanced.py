"""The place of the enhanced status in the text of a reply: RFC 2034 4, and what servers do.

A status is found or not; it is never made up and never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from smtpreply.codes import ENHANCED_STATUS, EnhancedStatus
from smtpreply.reply.defects import Defect

# RFC 2034 4: it is first in the text, followed by one or more spaces.
_match_plain = re.compile(rf"({ENHANCED_STATUS})(?:[ \t]|$)").match
# At the start, but not plainly: "#5.1.0 Address rejected." (Cisco), "5.1.1: unknown",
# " 5.1.1 two spaces", "[5.1.1] x", "5.1.1<bob@example.org>...".
_match_odd = re.compile(
    rf"[ \t]*[(\[]?#?({ENHANCED_STATUS})[)\]]?(?:[:;,]?[ \t]|[:;,]?$|[:;,]|([<(\[]))"
).match
# At the end: "sorry, no mailbox here by that name. (#5.1.1)" (qmail).
_search_last = re.compile(rf"[(\[]#?({ENHANCED_STATUS})[)\]][ \t]*$").search
# "5.01.1", "5.7.1234": the look of a status, and none. An IP address has a fourth number.
_MALFORMED = re.compile(r"#?[245]\.[0-9]+\.[0-9]+(?:[ \t:;,]|$)")

_DIGITS = frozenset("245")
_ODD_STARTS = frozenset("#([ \t")
# What a text with a status that is not plain begins or ends with; few others do.
_STATUS_STARTS = _ODD_STARTS | _DIGITS
STATUS_ENDS = frozenset(")] \t")

# The longest is "(#5.999.999)" and blanks: where in a line to look for one at its end.
LAST_LENGTH = 24

# Statuses recur, so each is made once: those of one-digit numbers, as nearly all are, in advance.
# Bounded, since a hostile server could name three million.
KNOWN_STATUSES: dict[str, EnhancedStatus] = {
    f"{class_}.{subject}.{detail}": EnhancedStatus(class_, subject, detail)
    for class_ in (2, 4, 5)
    for subject in range(10)
    for detail in range(10)
}
_KNOWN_LIMIT = 4096

# The same by class and as they plainly are at the start of a text, with the space after it.
STATUS_WORDS: dict[int, dict[bytes, EnhancedStatus]] = {
    class_: {
        b"%s " % str(status).encode(): status
        for status in KNOWN_STATUSES.values()
        if status.class_ == class_
    }
    for class_ in (2, 3, 4, 5)
}

GREETING = 220  # also what STARTTLS is answered with

Found = tuple[EnhancedStatus | None, str, Defect | None]
# The same with the status as text: a reply may have a million, and of most only the first counts.
FoundText = tuple[str | None, str, Defect | None]


def split_status(text: str, code: int) -> Found:
    """Split a textstring into its status and the rest, with the defect of the status's form.

    The reply's `code` decides whether it may carry one: a 3yz never does (RFC 2034 4). A 220 does
    when it answers STARTTLS, with class 2; as the greeting it does not, and there the first word
    is a domain, or a version is in parentheses: "220 mx.example.com ESMTP Exim (4.9.6)".
    """
    status, rest, defect = split_status_text(text, code)
    return None if status is None else status_of(status), rest, defect


def split_status_text(text: str, code: int) -> FoundText:
    """Split a textstring as `split_status` does."""
    class_ = code // 100
    if class_ == 3 or not text:
        return None, text, None
    first = None
    begins = text[0] in _STATUS_STARTS
    if begins:
        if text[1:2] == ".":
            status, _, rest = text.partition(" ")
            if status not in KNOWN_STATUSES:
                plain = _match_plain(text)
                status, rest = ("", "") if plain is None else (plain[1], text[plain.end() :])
            if status and (code != GREETING or status[0] == "2"):
                return status, rest, None
        if code == GREETING:
            return None, text, None
        # A status in another form than RFC 2034's is taken for one only if its class fits the code.
        first = _match_odd(text)
        if first is not None and int(first[2]) == class_:
            rest = text[first.start(5) :] if first[5] else text[first.end() :]
            return first[1], rest.lstrip(" \t"), Defect.STATUS_FORM
    if text[-1] in STATUS_ENDS and code != GREETING:
        last = _search_last(text, len(text) - LAST_LENGTH)  # a position below 0 is 0
        if last is not None and int(last[2]) == class_:
            return last[1], text[: last.start()].rstrip(" \t"), Defect.STATUS_FORM
    malformed = begins and first is None and _MALFORMED.match(text) is not None
    return None, text, Defect.STATUS_NUMBER if malformed else None


def statuses_of(textstrings: Sequence[str], code: int) -> list[Found]:
    """Split each line of a reply as `split_status` does. A greeting of several lines has none."""
    found = status_texts_of(textstrings, code)
    return [
        (None if text is None else status_of(text), rest, defect) for text, rest, defect in found
    ]


def status_texts_of(textstrings: Sequence[str], code: int) -> list[FoundText]:
    """Split each line as `statuses_of` does."""
    if code == GREETING and len(textstrings) > 1:
        return [(None, text, None) for text in textstrings]
    return [split_status_text(text, code) for text in textstrings]


def may_have_status(text: str) -> bool:
    """Whether `text` may have a status, or what looks like one. Cheap; most texts have none."""
    return may_begin_with_status(text) or may_end_with_status(text)


def may_begin_with_status(text: str) -> bool:
    """Whether `text` begins with a status, or with what one is found behind."""
    return text[:1] in _ODD_STARTS or (text[:1] in _DIGITS and text[1:2] == ".")


def may_end_with_status(text: str) -> bool:
    """Whether `text` ends with a status in brackets."""
    return text[-1:] in STATUS_ENDS and _search_last(text, len(text) - LAST_LENGTH) is not None


def status_of(word: str) -> EnhancedStatus:
    """Return the status of that text, which is known to be one."""
    status = KNOWN_STATUSES.get(word)
    if status is None:
        status = EnhancedStatus.parse(word)
        if len(KNOWN_STATUSES) < _KNOWN_LIMIT:
            KNOWN_STATUSES[word] = status
    return status
