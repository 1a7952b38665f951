"""Things that a text names: a table of them, and the index that finds the best in a text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Generic, TypeVar

from smtpreply.reasons.index import Index, Words
from smtpreply.reasons.phrase import Phrase
from smtpreply.reasons.wording import words_of

Thing = TypeVar("Thing")


def table(name: str) -> dict[str, dict[str, Any]]:
    """Read a data file, such as "providers"."""
    path = files(__package__).joinpath("data", f"{name}.toml")
    return tomllib.loads(path.read_text("utf-8"))


class Names(Generic[Thing]):
    """Finds the thing whose phrase says most in a text."""

    def __init__(self, things: Iterable[tuple[Thing, Iterable[str]]]) -> None:
        pairs = [(Phrase(phrase), thing) for thing, phrases in things for phrase in phrases]
        self._index: Index[Thing] = Index(pairs, lambda _, way: way.letters)

    def best_in(self, text: str) -> Thing | None:
        """Give the thing that the text names by the most letters; None if it names none."""
        best = self._index.best(Words(words_of(text)), lambda _: 0)
        return None if best is None else best[2]
