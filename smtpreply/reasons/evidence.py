"""`Evidence`: the words of a text that decided, and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.codes import ENHANCED_STATUS
from smtpreply.reasons.normalize import placed_words
from smtpreply.reasons.phrase import CompiledVariant

Span = tuple[int, int]

# A line end with the head of the next line, the head of a line that a log has folded into the one
# before, or the end of a clause.
_HEAD = rf"[2-5][0-9][0-9](?![0-9])[- ]?(?:{ENHANCED_STATUS}(?![0-9.])[ ]?)?"
_LINE_END = lazy_pattern(
    rf"[ \t]*[\r\n][\r\n\t ]*(?:{_HEAD})?|[ \t]+[2-5][0-9][0-9][- ]{ENHANCED_STATUS}[ \t]+"
)
_BREAK = re.compile(rf"(?:{_LINE_END.pattern})|[.;!?]+(?:\s+|\Z)|;")


@attrs.frozen
class Evidence:
    """The words of a text that decided.

    >>> from smtpreply import classify
    >>> classify("550 5.7.1 <bob@example.com>: Recipient address rejected: User unknown").evidence
    Evidence(words='Recipient address rejected: User unknown', spans=((29, 69),))

    Attributes:
        words: the text from the first of them to the last, without line ends and the codes that
            begin lines; "..." is between words of different clauses.
        spans: where each run of them starts and ends in `Verdict.text`: several where the rule's
            phrase has gaps, or where a line or a clause ends among them.
    """

    words: str
    spans: tuple[Span, ...]

    @property
    def span(self) -> Span:
        """The positions of the first one's start and the last one's end."""
        return self.spans[0][0], self.spans[-1][1]


def evidence_in(text: str, sentence: str, variant: CompiledVariant) -> Evidence | None:
    """Return where a variant of a phrase is in a text; None where it is not.

    Args:
        text: the text to quote.
        sentence: the same text, at the same places, with what is not to be searched blanked.
        variant: the variant.
    """
    placed = placed_words(sentence)
    found = variant.spans(f" {' '.join(word for word, _, _ in placed)} ")
    if found is None:
        return None
    spans = [span for run in _runs(placed, found) for span in _unbroken(text, run)]
    return Evidence(_quoted(text, spans), tuple(spans))


def _runs(placed: list[tuple[str, int, int]], spans: tuple[Span, ...]) -> Iterator[Span]:
    """Turn places in the words into places in the text."""
    starts, at = {}, 0
    for number, (word, _, _) in enumerate(placed):
        starts[at] = number
        at += len(word) + 1
    ends = {start + len(placed[number][0]) + 1: number for start, number in starts.items()}
    for start, end in spans:
        first = starts[start]
        last = next(ends[place] for place in range(end - 1, at + 1) if place in ends)
        yield placed[first][1], placed[last][2]


def _unbroken(text: str, span: Span) -> list[Span]:
    """Split a span where a line or a clause ends in it."""
    start, end = span
    pieces = []
    for match in _BREAK.finditer(text, start, end):
        if match.start() > start:
            pieces.append((start, match.start()))
        start = match.end()
    if start < end:
        pieces.append((start, end))
    return pieces or [span]


def _quoted(text: str, spans: list[Span]) -> str:
    quoted = text[spans[0][0] : spans[0][1]]
    for (_, end), (start, last) in pairwise(spans):
        between = text[end:start]
        if _BREAK.search(between):
            between = " " if _LINE_END.fullmatch(between) else " ... "
        quoted += between + text[start:last]
    return quoted
