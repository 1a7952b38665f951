"""Words of doubt: those beside which a refusal does not prove that an address is dead."""

from __future__ import annotations

import functools

from smtpreply._support import data
from smtpreply.reasons.index import AnyOf, Words
from smtpreply.reasons.normalize import words_of
from smtpreply.reasons.phrase import Phrase
from smtpreply.reasons.tokens import without_names


def leaves_doubt(text: str, *, explained: bool) -> bool:
    """Return whether a text has words of doubt, in any language of ``data/doubts.toml``.

    Args:
        text: the text. Its host names, URLs and addresses are nobody's words.
        explained: whether other words in it say that the address is dead. Where a status alone
            says so, more words speak against it.

    >>> leaves_doubt("User unknown: server overloaded", explained=True)
    True
    >>> leaves_doubt("quota", explained=False), leaves_doubt("User unknown", explained=True)
    (True, False)
    """
    words = Words(words_of(without_names(text)))
    if _phrases("beside_words").stands_in(words):
        return True
    return not explained and _phrases("beside_status").stands_in(words)


@functools.cache
def _phrases(table: str) -> AnyOf:
    languages = data.read("reasons/data/doubts")[table]
    phrases = [Phrase(text, findable=False) for texts in languages.values() for text in texts]
    return AnyOf([variant for phrase in phrases for variant in phrase.variants])
