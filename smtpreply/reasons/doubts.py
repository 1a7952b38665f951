"""Words of doubt: those beside which a refusal does not prove that an address is dead."""

from __future__ import annotations

import functools
from typing import Any

from smtpreply._support import data
from smtpreply.reasons.index import AnyOf, Index, Plan, Words, planned
from smtpreply.reasons.normalize import words_of
from smtpreply.reasons.phrase import Phrase, PhraseError
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
    if _doubts("beside_words").stand_in(words):
        return True
    return not explained and _doubts("beside_status").stand_in(words)


class _Doubts:
    """The phrases of a table, of which those are read that a text may have.

    Args:
        table: its name.
    """

    def __init__(self, table: str) -> None:
        plan = plan_of_doubts()[table]
        phrases = list(map(Phrase.read_before, plan["findable"]))
        stems = (Phrase(text, findable=False) for text in plan["stems"])
        self._stems = AnyOf([variant for phrase in stems for variant in phrase.variants])
        self._index: Index[None] = Index(
            lambda number: (phrases[number], None), lambda *_: 0, Plan(*plan["index"])
        )

    def stand_in(self, words: Words) -> bool:
        """Return whether a text has any of them."""
        return any(self._index.found(words)) or self._stems.stands_in(words)


_doubts = functools.cache(_Doubts)


@data.derived("reasons/data/doubts-index")
def plan_of_doubts() -> data.Table:
    """Return for each table its phrases and the plan of their index, and those without a word.

    Raises:
        PhraseError: a phrase cannot be read.
    """
    return {name: _plan(table) for name, table in data.read("reasons/data/doubts").items()}


def _plan(table: dict[str, list[str]]) -> dict[str, Any]:
    texts = [text for texts in table.values() for text in texts]
    findable = list(filter(_is_findable, texts))
    return {
        "findable": findable,
        "stems": [text for text in texts if text not in findable],
        "index": planned((Phrase(text), text) for text in findable),
    }


def _is_findable(text: str) -> bool:
    """Return whether each variant of a phrase has a whole word to be found by."""
    try:
        Phrase(text)
    except PhraseError:
        Phrase(text, findable=False)
        return False
    return True
