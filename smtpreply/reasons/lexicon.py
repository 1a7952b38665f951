"""Lexicons: tables of named entries (providers, block lists) and how to find them in a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from smtpreply._support import data
from smtpreply.reasons.index import Index, Plan, Words, planned
from smtpreply.reasons.normalize import forms_of, words_of
from smtpreply.reasons.phrase import CompiledVariant, Phrase

Entry = TypeVar("Entry")


def table(name: str) -> data.Table:
    """Read a data file, such as "providers"."""
    return data.read(f"reasons/data/{name}")


@data.derived("reasons/data/{}-index")
def plan_of_names(name: str) -> data.Table:
    """Return the plan of the index that `Names` of a table has, as its members.

    Raises:
        PhraseError: a phrase in the table cannot be read.
    """
    return planned([(Phrase(text), key) for key, text in _phrases(name)])._asdict()


def _phrases(name: str) -> Iterator[tuple[str, str]]:
    return ((key, text) for key, row in table(name).items() for text in row.get("words", ()))


class Names(Generic[Entry]):
    """Finds the entry of a lexicon whose phrase has the most letters in a text.

    Args:
        name: the table that has their phrases.
        entries: by their keys in it.
    """

    def __init__(self, name: str, entries: Mapping[str, Entry]) -> None:
        plan = Plan(**plan_of_names(name))
        pairs = [(Phrase.read_before(text), entries[key]) for key, text in _phrases(name)]
        self._phrases = [phrase for phrase, _ in pairs]
        self._index: Index[Entry] = Index(pairs.__getitem__, _letters, plan)

    @property
    def words(self) -> frozenset[str]:
        """All words of the phrases."""
        return frozenset(self._index.known)

    @property
    def forms(self) -> tuple[frozenset[str], ...]:
        """Sets of words, as they may be in a text: one of each is where something is named.

        They are the rarest words of the phrases, and the longest.
        """
        variants = (variant.words for phrase in self._phrases for variant in phrase.variants)
        longest = {max(words, key=lambda word: (len(word), word)) for words in variants}
        return forms_of(self._index.keys), forms_of(longest)

    def best_in(self, text: str) -> Entry | None:
        """Return the entry that the text names by the most letters; None if it names none."""
        best = self._index.best(Words(words_of(text)), lambda _: 0)
        return None if best is None else best[2]


def _letters(_thing: object, variant: CompiledVariant) -> int:
    return variant.letters
