"""An index of phrases by their rarest words, so that a text meets only those it may hold.

Every phrase is kept under two of its words: the one that the fewest owners use, and the next. A
text that lacks either never touches it; so what a text costs depends on its own words, and hardly
on how many phrases there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Generic, TypeVar

from smtpreply.reasons.phrase import Wanted

Owner = TypeVar("Owner")
Entry = tuple[int, Wanted, Owner]
"""A score, which no two entries share; the phrase; whose it is."""

_TOP = attrgetter("top")
_LOWEST = -(2**62)
_ALONE = ""  # the second word of a phrase that has one only; in no text, and in every look-up


class Words:
    """The words of a text, ready to be sought in: in a set, and with spaces between and around."""

    __slots__ = ("there", "wording")

    def __init__(self, words: list[str]) -> None:
        self.there = {*words, _ALONE}
        self.wording = f" {' '.join(words)} "


class Shelf(Generic[Owner]):
    """The phrases of one rarest word, by their next rarest; the best first."""

    __slots__ = ("by_second", "top")

    def __init__(self, top: int) -> None:
        self.top = top
        self.by_second: dict[str, list[Entry[Owner]]] = {}


class Index(Generic[Owner]):
    """Finds the phrases that stand in a text, and who owns them."""

    def __init__(self, entries: Iterable[Entry[Owner]]) -> None:
        kept = sorted(entries, key=lambda entry: entry[0], reverse=True)
        users: dict[str, set[int]] = {}
        for _, wanted, owner in kept:
            for word in wanted.words:
                users.setdefault(word, set()).add(id(owner))
        rarity = {word: (len(owners), word) for word, owners in users.items()}
        self.shelves: dict[str, Shelf[Owner]] = {}
        for entry in kept:
            first, second = (*sorted(entry[1].words, key=rarity.__getitem__)[:2], _ALONE)[:2]
            shelf = self.shelves.setdefault(first, Shelf(entry[0]))
            shelf.by_second.setdefault(second, []).append(entry)

    def found(self, words: Words) -> Iterator[Entry[Owner]]:
        """Give the phrases that stand in a text, in no order."""
        for word in self.shelves.keys() & words.there:
            by_second = self.shelves[word].by_second
            for second in by_second.keys() & words.there:
                for entry in by_second[second]:
                    if entry[1].found_in(words.wording):
                        yield entry

    def best(
        self, words: Words, fits: Callable[[Owner], int | None], most: int = 0
    ) -> Entry[Owner] | None:
        """Give the phrase of the highest score that stands in a text, and whose owner fits.

        Args:
            words: the text.
            fits: gives what an owner adds to the score; None if it may not have it.
            most: the most that it adds.
        """
        shelves, wording, there = self.shelves, words.wording, words.there
        top, best = _LOWEST, None
        near = [shelves[word] for word in shelves.keys() & there]
        near.sort(key=_TOP, reverse=True)
        for shelf in near:
            if shelf.top + most <= top:
                break  # so are all shelves behind it
            for second, entries in shelf.by_second.items():
                if second not in there:
                    continue
                for entry in entries:
                    score = entry[0]
                    if score + most <= top:
                        break  # so are all behind it
                    wanted = entry[1]
                    if wanted.head in wording and (wanted.is_whole or wanted.follows(wording)):
                        more = fits(entry[2])
                        if more is not None and score + more > top:
                            top, best = score + more, entry
        return best
