"""An index of phrases by their rarest words, so that a text meets only those it may hold.

Every phrase is kept under two of its words: the one that the fewest owners use, and the next. A
text that lacks either never touches it; so what a text costs depends on its own words, and hardly
on how many phrases there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from smtpreply.reasons.phrase import Wanted

Owner = TypeVar("Owner")
Entry = tuple[int, Wanted, Owner]
"""A score, which no two entries share; the phrase; whose it is."""

_ALONE = ""  # the second word of a phrase that has one only; in no text, and in every look-up


class Index(Generic[Owner]):
    """Finds the phrases that stand in a text, and who owns them."""

    def __init__(self, entries: Iterable[Entry[Owner]]) -> None:
        kept = list(entries)
        users: dict[str, set[int]] = {}
        for _, wanted, owner in kept:
            for word in wanted.words:
                users.setdefault(word, set()).add(id(owner))
        rarity = {word: (len(owners), word) for word, owners in users.items()}
        self._shelves: dict[str, dict[str, list[Entry[Owner]]]] = {}
        for entry in kept:
            first, second = (*sorted(entry[1].words, key=rarity.__getitem__)[:2], _ALONE)[:2]
            self._shelves.setdefault(first, {}).setdefault(second, []).append(entry)

    def found(self, words: list[str]) -> list[Entry[Owner]]:
        """Give the phrases that stand in a text of these words, in no order."""
        there = {*words, _ALONE}
        shelves = self._shelves
        wording = ""
        found = []
        for word in shelves.keys() & there:
            shelf = shelves[word]
            for second in shelf.keys() & there:
                wording = wording or f" {' '.join(words)} "
                for entry in shelf[second]:
                    wanted = entry[1]
                    if wanted.head in wording and (wanted.is_whole or wanted.follows(wording)):
                        found.append(entry)
        return found
