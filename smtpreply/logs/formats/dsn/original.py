"""The copy of the original message that is in the text of a bounce, and its fields."""

from __future__ import annotations

import re
from collections.abc import Sequence

from smtpreply.logs.toolkit.mime import FIELD

# How servers announce the copy: qmail, Exim, Postfix, Sendmail, Smail, Google, Exchange, Yahoo,
# GMX, OpenSMTPD, dma, James, IMail, m-FILTER, MX Logic, Notes and others.
_MARK = re.compile(
    r"\s{0,20}(?:[-=*|+_#]{2,80}\s{0,4})?(?:begin(?:ning)? of |start of |text of |copy of )?(?:"
    r"below (?:this|the next) line is (?:a|the)\b|below is a copy of the original|"
    r"(?:this is|here is|included is|enclosed is|attached is|following is) (?:a|the) (?:copy|"
    r"original)|"
    r"the (?:header|body|text)s? (?:of|from) the original|enclosed(?: are| is)? |"
    r"(?:the )?(?:unsent|undelivered|returned|rejected|bounced) (?:message|"
    r"mail)\b(?!.*:\s?returning)|"
    r"(?:the |your )?original (?:message|mail)(?: (?:headers?|text|body))?(?: follows?| attached)?"
    r"\s*[-:.=]{1,80}|"
    r"(?:the )?original (?:message|mail)\s*(?:\(.{0,40}\))?\s*\Z|"
    r"(?:message|mail|original) (?:headers?|text|body)(?: of .{1,40})?\s?(?:follows?|"
    r"as follows)?\s*[-:.]|"
    r"no message (?:was )?collected|header of the (?:original|returned)|"
    r"your (?:original )?message (?:is attached|reads|follows|begins)|"
    r"forwarded message|part of the (?:original )?message)",
    re.IGNORECASE,
)
_RULED = re.compile(
    r"\s{0,20}[-=*|+_#]{2,80}|.*(?:[:.]|-{2})\s*\Z|\s*below |\s*message headers? follow"
)
# A copy that nothing announces begins with what only servers write.
_BEGINS = re.compile(
    r"(?:Received|Return-Path|Delivered-To|X-Envelope-From|X-[A-Za-z-]{1,40})\s?:", re.IGNORECASE
)
_TRACE = re.compile(r"(?:Received|Message-ID)\s?:", re.IGNORECASE)
_BLOCK = 12  # lines of a header that are looked at
_MOST_FIELDS = 400  # lines

_LABELLED = re.compile(r"\s*(Message-ID|Subject|From|To)\s*:\s*(\S.{0,990})", re.IGNORECASE)


def place_of_copy(lines: Sequence[str]) -> int:
    """Return the number of the first line of the copy, with the line that announces it.

    Returns:
        The number of lines, where there is no copy.
    """
    for number, line in enumerate(lines):
        if _is_mark(line, number):
            return number
        if _BEGINS.match(line) and _is_header(lines[number : number + _BLOCK]):
            return number
    return len(lines)


def _is_mark(line: str, number: int) -> bool:
    return number > 0 and len(line) < 200 and bool(_RULED.match(line) and _MARK.match(line))


def _is_header(lines: Sequence[str]) -> bool:
    """Whether these lines begin the header of a message that a server has handled."""
    fields = folds = 0
    traced = False
    for line in lines:
        if not line.strip():
            break
        if line[0] in " \t":
            folds += 1
        elif FIELD.match(line):
            fields += 1
            traced |= _TRACE.match(line) is not None
        else:
            return False
    return traced and fields + folds > 1


def fields_of_copy(lines: Sequence[str]) -> dict[str, str]:
    """Return the fields of a copy, by their names in lower case; of several the first.

    >>> fields_of_copy(["--- Below this line is a copy", "", "Subject: a", " b", "", "Subject: c"])
    {'subject': 'a b'}
    """
    fields: dict[str, str] = {}
    name = None
    for line in lines[:_MOST_FIELDS]:
        if not line.strip():
            if fields:
                break
        elif line[0] in " \t" and name is not None:
            fields[name] = f"{fields[name]} {line.strip()}"[:1000]
        elif match := FIELD.match(line):
            name = match[1].lower()
            if name in fields:
                name = None
            else:
                fields[name] = match[2].strip()[:1000]
    return fields


def fields_in_words(lines: Sequence[str]) -> dict[str, str]:
    """Return the fields of the original that are in a notice where it says what it is about.

    >>> fields_in_words(["This report relates to your message:", "  Subject: Hello"])
    {'subject': 'Hello'}
    """
    fields: dict[str, str] = {}
    for line in lines:
        if ":" in line and (match := _LABELLED.match(line)):
            fields.setdefault(match[1].lower(), match[2].strip())
    return fields
