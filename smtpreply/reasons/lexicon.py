"""Things that a text names: a table of them, and the index that finds the best in a text."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Generic, TypeVar

from smtpreply._support.toml import read_toml
from smtpreply.reasons.index import Index, Words, planned
from smtpreply.reasons.normalize import forms_of, words_of
from smtpreply.reasons.phrase import Phrase, Wanted

Thing = TypeVar("Thing")


def table(name: str) -> dict[str, dict[str, Any]]:
    """Read a data file, such as "providers"."""
    return read_toml(files(__package__).joinpath("data", f"{name}.toml"))


class Names(Generic[Thing]):
    """Finds the thing whose phrase says most in a text.

    Args:
        things: with their phrases, of our data.
    """

    def __init__(self, things: Iterable[tuple[Thing, Iterable[str]]]) -> None:
        pairs = [(Phrase(text), thing) for thing, phrases in things for text in phrases]
        plan = planned(pairs)
        self._phrases = [phrase for phrase, _ in pairs]
        self._index: Index[Thing] = Index(pairs.__getitem__, _letters, plan)

    @property
    def words(self) -> frozenset[str]:
        """All words of the phrases."""
        return frozenset(self._index.known)

    @property
    def forms(self) -> tuple[frozenset[str], ...]:
        """Sets of words, as they may stand in a text: one of each is where something is named.

        They are the rarest words of the phrases, and the longest.
        """
        ways = (way.words for phrase in self._phrases for way in phrase.ways)
        longest = {max(words, key=lambda word: (len(word), word)) for words in ways}
        return forms_of(self._index.keys), forms_of(longest)

    def best_in(self, text: str) -> Thing | None:
        """Return the thing that the text names by the most letters; None if it names none."""
        best = self._index.best(Words(words_of(text)), lambda _: 0)
        return None if best is None else best[2]


def _letters(_thing: object, way: Wanted) -> int:
    return way.letters
