r"""Recipients and their words in a notice, by two patterns: of a recipient's line, and of a label.

Most notices have one form, whatever the words of it::

    notice  = *( text ) 1*( RECIPIENT-LINE *( words NL ) [ NL ] ) [ LABEL words ] *( text )

The words for a recipient are on its line, or on the lines below it, up to an empty line. Where
there are none, a label introduces them for all, such as "because:" or "Reason:", before or after
the recipients; else they are the next paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from smtpreply.logs.formats.dsn.words import read_words, reply_in_words

DOMAIN = r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,20}"
MARKS = "\\uff08\\uff09\\uff0c\\uff1a-\\uff1c\\uff1e\\u3001\\u3002\\u3008-\\u3011\\u201c\\u201d"
"""Full-width brackets, commas, colons and quotation marks, which Chinese and Japanese have."""

ADDRESS = rf"(?:\"[^\"@\s]{{1,64}}\"|[^\s<>()\[\]\"',;:@|{MARKS}]{{1,128}}(?<![.]))@{DOMAIN}"
"""A pattern of an address as notices have it, which is narrower than RFC 5321 allows."""

MORE = rf"(?P<more>(?:[,;]\s{{0,4}}<?{ADDRESS}>?){{0,200}})"
"""A pattern of the addresses that follow one on the same line."""

_ADDRESS = re.compile(ADDRESS)

LABEL = re.compile(
    r"\s*[-*>#=|]{0,80}\s?(?:(?:because(?: of)?|reason(?: for [a-z ]{1,30})?|"
    r"(?:for )?the following reasons?|"
    r"(?:the )?reasons?(?: (?:for the (?:problem|failure)|is|was|given))?|"
    r"(?:the )?error(?: message| text| code| description| details| returned| was| is)?(?: below)?|"
    r"(?:technical |error )?details(?: of .{1,40})?|diagnostics?(?: code| information| text)?|"
    r"(?:the )?(?:server|remote host|smtp|smtp server|remote server)(?: mx)? ?"
    r"(?:message|responded|response|reply|returned|reports?|said|error|says)?|"
    r"explanation|description|non-delivered information|session transcript|"
    r"the response (?:from the remote server )?was|received >>>|<<<|<--|"
    r"fehler(?:meldung|grund|ursache)?|grund|begr[uü]ndung|ursache|raison|erreur|motivo|causa|"
    r"причина|ошибка|理由|原因|エラー(?:内容|メッセージ)?)\s*[:=]|-{3,}\s?(?:server message|"
    r"error message)"
    r"|(?:because|for the following reason)\s*\Z|received >>>|<<< )"
    r"[ \t]*(?P<words>.*)\Z",
    re.IGNORECASE,
)
"""A pattern of what introduces the words for all recipients."""

_MOST_BELOW = 40  # lines

Found = Iterator[tuple[int, dict[str, Any]]]


def read_entries(
    lines: Sequence[str], recipient: re.Pattern[str], label: re.Pattern[str] | None = None
) -> Found:
    """Yield the recipients in the lines of a notice.

    Args:
        lines: of the notice, without the copy of the original.
        recipient: matches a recipient's line, with the groups ``to`` and, if there are words on
            it, ``words``, or other recipients, ``more``.
        label: matches the line that introduces the words for all, with the group ``words``; where
            it is given, there are no words below a recipient.

    Yields:
        The number of the line, and the fields of a `Delivery`.
    """
    below = _MOST_BELOW if label is None else 0
    label = LABEL if label is None else label
    places = [(n, match) for n, line in enumerate(lines) if (match := recipient.match(line))]
    own = [_own_words(lines[n : n + 1 + below], match, label) for n, match in places]
    last = places[-1][0] if places else 0
    shared: list[str] | None = None
    for (number, match), words in zip(places, own, strict=True):
        lone = len(places) == 1 and not reply_in_words("\n".join(words))
        if (lone or not words) and shared is None:
            shared = _shared_words(lines, last, recipient, label)
        if lone and shared and reply_in_words("\n".join(shared)):
            words = shared  # noqa: PLW2901  (what is beside the only recipient is no reply)
        told = read_words(words or shared or [])
        more = _ADDRESS.findall(match.groupdict().get("more") or "")
        yield from ((number, told | {"recipient": address}) for address in (match["to"], *more))


def _own_words(lines: Sequence[str], match: re.Match[str], label: re.Pattern[str]) -> list[str]:
    """Return the words on a recipient's line, and below it up to an empty line or a recipient."""
    beside = match.groupdict().get("words")
    words = [beside.strip(" \t:-.,;")] if beside and beside.strip(" \t:-.,;()[]>") else []
    for line in lines[1:]:
        if not line.strip() or match.re.match(line):
            break
        introduced = label.match(line)
        words.append(introduced["words"] if introduced else line)
    return [word for word in words if word.strip()]


def _shared_words(
    lines: Sequence[str], last: int, recipient: re.Pattern[str], label: re.Pattern[str]
) -> list[str]:
    """Return the words for all: after a label, else the only reply, else the next paragraph."""
    labelled: list[str] = []
    for number, line in enumerate(lines):
        if match := label.match(line):
            words = _behind(lines, number, match, recipient)
            labelled = labelled or words
            if reply_in_words("\n".join(words)):
                return words
    for paragraph in paragraphs_of([*lines[last + 1 :], "", *lines[:last]]):
        text = [line for line in paragraph if not recipient.match(line)]
        if reply_in_words("\n".join(line.strip() for line in text)):
            return text
    return labelled or _to_empty(lines[last + 1 :]) or _before(lines, last, recipient)


def paragraphs_of(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield the lines of each paragraph, without the empty ones between them."""
    found: list[str] = []
    for line in (*lines, ""):
        if line.strip():
            found.append(line)
        elif found:
            yield found
            found = []


def _behind(
    lines: Sequence[str], number: int, match: re.Match[str], recipient: re.Pattern[str]
) -> list[str]:
    rest = match["words"].strip()
    below = [] if rest and not lines[number + 1 : number + 2] else list(lines[number + 1 :])
    if rest:
        return [rest, *(_to_empty(below) if below and below[0].strip() else [])]
    return [line for line in _to_empty(below) if not recipient.match(line)]


def _before(lines: Sequence[str], last: int, recipient: re.Pattern[str]) -> list[str]:
    """Return the paragraph before the recipients, which then says why."""
    words: list[str] = []
    for line in reversed(lines[:last]):
        if recipient.match(line):
            continue
        if line.strip():
            words.insert(0, line)
        elif words:
            break
    return words[-10:]


def _to_empty(lines: Sequence[str]) -> list[str]:
    """Return the first lines that are not empty, up to one that is."""
    found: list[str] = []
    for line in lines:
        if line.strip():
            found.append(line)
        elif found:
            break
    return found[:_MOST_BELOW]
