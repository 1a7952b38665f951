"""De-duplication keys: `alike` is equal for texts that differ in ids and numbers only.

A cheaper, coarser `template`: its result is a key for de-duplication, not text to display.
"""

from __future__ import annotations

import functools
import re

from smtpreply.reasons.blocklists import blocklist_words
from smtpreply.reasons.classifier import default_classifier
from smtpreply.reasons.providers import provider_words

_LONGEST = 8000
_MOST_PIECES = 20_000
_MOST_TEXTS = 5_000
_ID = 7  # letters and digits: what is shorter may be a provider's code, see `tokens`
# A word with a digit in it. Behind "(" and "#" are numbers that rules have patterns for.
_VARIABLE = re.compile(r"(?<![0-9A-Za-z(#])[A-Za-z]*+[0-9][0-9A-Za-z]*+")
# A number that is no reply code: "17", but not "550".
_SMALL = re.compile(r"[0-9]{1,2}|[016-9][0-9]{2}")


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
    made = " ".join(map(_pieces.__getitem__, text.split(" ")))
    if made == text and len(_plain) < _MOST_TEXTS:
        _plain.add(text)
    return made


class _Pieces(dict[str, str]):
    """What stands for each piece of a text between two spaces. Those that recur are remembered."""

    def __missing__(self, piece: str) -> str:
        made = _in_general(piece)
        if made == piece and len(self) < _MOST_PIECES:
            self[piece] = piece
        return made


_pieces = _Pieces()
_plain: set[str] = set()  # texts without variable parts: servers give many messages the same reply


def _in_general(piece: str) -> str:
    if not piece.isascii() or piece.isalpha():
        return piece
    if piece.isalnum():
        return "\0n" if _SMALL.fullmatch(piece) else _masked(piece)
    return _VARIABLE.sub(lambda found: _masked(found[0]), piece)


def _masked(word: str) -> str:
    if len(word) < _ID:
        return word
    small = word.lower()
    if small in _words() or default_classifier().engine.stem_of(small):
        return word
    return "\0n" if word.isdigit() else "\0i"


@functools.cache
def _words() -> frozenset[str]:
    """Return the words that make a difference."""
    return default_classifier().engine.known | provider_words() | blocklist_words()
