"""De-duplication keys: `alike` is equal for texts that differ in ids and numbers only.

A cheaper, coarser `template`: its result is a key for de-duplication, not text to display.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from smtpreply.reasons.blocklists import blocklist_words
from smtpreply.reasons.classifier import default_classifier
from smtpreply.reasons.providers import provider_words

_LONGEST = 8000
_MOST_PIECES, _LONGEST_PIECE = 20_000, 100
_MOST_TEXTS, _LONGEST_PLAIN = 5_000, 1000
_ID = 7  # letters and digits: what is shorter may be a provider's code, see `tokens`
# A word with a digit in it. Behind "(" and "#" are numbers that rules have patterns for.
_VARIABLE = re.compile(r"(?<![0-9A-Za-z(#])[A-Za-z]*+[0-9][0-9A-Za-z]*+")
# A number that is no reply code: "17", but not "550".
_SMALL = re.compile(r"[0-9]{1,2}|[016-9][0-9]{2}")
# Nor is one between a word and one of these, unless a line of the reply begins with it.
_UNITS = frozenset(
    f"{unit}{mark}"
    for unit in ("second", "seconds", "minute", "minutes", "hours", "days")
    for mark in ("", ".", ",", ";", ")", "))")
)
_CODE = re.compile(r"[2-5][0-9]{2}")
_NUMBER, _WORD = "\0n", "\0i"
"""Placeholders of a number, and of an id."""


def alike(text: str) -> str:
    """Return the same key for texts that mean the same: ids and long numbers make no difference.

    Texts for which it gives the same have, by our own rules, verdicts of the same reason, provider
    and block list, and the same template.

    Args:
        text: a reply, a diagnostic, or any other text.

    >>> alike("554 5.7.1 see 4Zq8mN2c7TzXb, in 17 s") == alike("554 5.7.1 see 9A2mN2c7TzXb, in 9 s")
    True
    >>> alike("550 5.7.1 (TSS04)") == alike("550 5.7.1 (TSS09)")
    False
    """
    if text in _plain or len(text) > _LONGEST:
        return text
    pieces = text.split(" ")
    if not _UNITS.isdisjoint(pieces):
        for at in range(1, len(pieces) - 1):
            number = pieces[at]
            if pieces[at + 1] in _UNITS and pieces[at - 1][-1:].isalpha():
                is_none = _CODE.fullmatch(number) and f"{number}-" not in text
                pieces[at] = _NUMBER if is_none else number
    made = " ".join(map(_pieces.__getitem__, pieces))
    if made == text and len(_plain) < _MOST_TEXTS and len(text) <= _LONGEST_PLAIN:
        _plain.add(text)
    return made


class _Pieces(dict[str, str]):
    """What stands for each piece of a text between two spaces. Those that recur are remembered."""

    def __missing__(self, piece: str) -> str:
        made = _in_general(piece)
        if made == piece and len(self) < _MOST_PIECES and len(piece) <= _LONGEST_PIECE:
            self[piece] = piece
        return made


_pieces = _Pieces()
_plain: set[str] = set()  # texts without variable parts: servers give many messages the same reply


def _in_general(piece: str) -> str:
    if not piece.isascii() or piece.isalpha():
        return piece
    if piece.isalnum():
        return _NUMBER if _SMALL.fullmatch(piece) else _masked(piece)
    return _VARIABLE.sub(lambda found: _masked(found[0]), piece)


def _masked(word: str) -> str:
    if len(word) < _ID:
        return word
    small = word.lower()
    known, stem_of = _words()
    if small in known or stem_of(small):
        return word
    return _NUMBER if word.isdigit() else _WORD


@functools.cache
def _words() -> tuple[frozenset[str], Callable[[str], str]]:
    """Return the words that make a difference, and what finds a stem that makes one."""
    engine = default_classifier().engine
    return engine.known | provider_words() | blocklist_words(), engine.stem_of
