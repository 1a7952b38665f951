"""An index of phrases by their rarest words, so that a text meets only those it may hold.

Every phrase is kept on the shelf of its rarest word (that which the fewest owners use), or of the
words of which each of its ways has one. A shelf is opened when a text first has its word: only
then are its phrases said in all their ways, and sorted by their second words. So what a text costs
depends on its own words, and hardly on how many phrases there are; and a language that no text
speaks costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Generic, TypeVar

from smtpreply.reasons.phrase import Phrase, Wanted

Owner = TypeVar("Owner")
Entry = tuple[int, Wanted, Owner]
"""A score, which no two entries share; a way to say a phrase; whose it is."""
Score = Callable[[Owner, Wanted], int]
Plan = tuple[dict[str, int], list[tuple[str, ...]]]
"""How many owners use each word, and for each phrase the words of the shelves it is kept on."""

_LOWEST = -(2**62)
_TOP = attrgetter("top")
_ALONE = ""  # the second word of a phrase that has one only; in no text, and in every look-up
# Below a score's own units stands the number of its phrase, and of the way to say it.
UNIT = 2**40
_MOST_WAYS = 2**12


class Words:
    """The words of a text, ready to be sought in: in a set, and with spaces between and around."""

    __slots__ = ("there", "wording")

    def __init__(self, words: Sequence[str]) -> None:
        self.there = {*words, _ALONE}
        self.wording = f" {' '.join(words)} "


class Shelf(Generic[Owner]):
    """The phrases of one word, by their next rarest; the best first."""

    __slots__ = ("by_second", "closed", "top")

    def __init__(self) -> None:
        self.closed: list[tuple[int, Phrase, Owner]] | None = []
        self.by_second: dict[str, list[Entry[Owner]]] = {}
        self.top = _LOWEST


class Index(Generic[Owner]):
    """Finds the phrases that stand in a text, and who owns them.

    Args:
        phrases: phrases and their owners; of equals, an earlier one is better.
        score: how much it counts that an owner's phrase stands in a text, said in this way.
        plan: that of an index of the same phrases, which need not be read then.

    Attributes:
        plan: where each phrase is kept, in plain values.
        known: all words of the phrases.
        keys: words of which each phrase has one at least.
    """

    def __init__(
        self,
        phrases: Iterable[tuple[Phrase, Owner]],
        score: Score[Owner],
        plan: Plan | None = None,
    ) -> None:
        pairs = list(phrases)
        self.plan = plan or _planned(pairs)
        uses, places = self.plan
        self.known = uses.keys()
        self._score = score
        self._rarity = _rarity(uses)
        self._shelves: dict[str, Shelf[Owner]] = {}
        for number, ((phrase, owner), words) in enumerate(zip(pairs, places, strict=True)):
            for word in words:
                shelf = self._shelves.setdefault(word, Shelf())
                assert shelf.closed is not None  # none has been opened yet
                shelf.closed.append((number, phrase, owner))
        self.keys = frozenset(self._shelves)

    def _open(
        self, word: str, shelf: Shelf[Owner], closed: list[tuple[int, Phrase, Owner]]
    ) -> None:
        """Say the phrases of a shelf in all their ways. Two threads may do it: to the same end."""
        entries = [
            (self._score(owner, way) * UNIT - number * _MOST_WAYS - place, way, owner)
            for number, phrase, owner in closed
            for place, way in enumerate(phrase.ways)
            if word in way.words
        ]
        entries.sort(key=lambda entry: entry[0], reverse=True)
        by_second: dict[str, list[Entry[Owner]]] = {}
        for entry in entries:
            others = (other for other in entry[1].words if other != word)
            second = min(others, key=self._rarity.__getitem__, default=_ALONE)
            by_second.setdefault(second, []).append(entry)
        shelf.by_second, shelf.top = by_second, entries[0][0]
        shelf.closed = None  # only now may others take it for open

    def _near(self, there: set[str]) -> list[Shelf[Owner]]:
        """Give the shelves of a text's words, opened."""
        near = []
        for word in self._shelves.keys() & there:
            shelf = self._shelves[word]
            closed = shelf.closed
            if closed is not None:
                self._open(word, shelf, closed)
            near.append(shelf)
        return near

    def found(self, words: Words) -> Iterator[Entry[Owner]]:
        """Give the phrases that stand in a text, in no order."""
        for shelf in self._near(words.there):
            for second in shelf.by_second.keys() & words.there:
                for entry in shelf.by_second[second]:
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
        wording, there = words.wording, words.there
        top, best = _LOWEST, None
        near = self._near(there)
        near.sort(key=_TOP, reverse=True)
        for shelf in near:
            if shelf.top + most <= top:
                break  # so are all shelves behind it
            by_second = shelf.by_second
            for second in by_second.keys() & there:
                for entry in by_second[second]:
                    score = entry[0]
                    if score + most <= top:
                        break  # so are all behind it
                    wanted = entry[1]
                    if wanted.head in wording and (wanted.is_whole or wanted.follows(wording)):
                        more = fits(entry[2])
                        if more is not None and score + more > top:
                            top, best = score + more, entry
        return best


def _planned(pairs: list[tuple[Phrase, Owner]]) -> Plan:
    users: dict[str, set[int]] = {}
    for phrase, owner in pairs:
        for word in phrase.words:
            users.setdefault(word, set()).add(id(owner))
    uses = {word: len(owners) for word, owners in users.items()}
    rarity = _rarity(uses)
    return uses, [_rarest(phrase, rarity) for phrase, _ in pairs]


def _rarity(uses: dict[str, int]) -> dict[str, tuple[int, str]]:
    return {word: (count, word) for word, count in uses.items()}


def _rarest(phrase: Phrase, rarity: dict[str, tuple[int, str]]) -> tuple[str, ...]:
    """Choose the words to find a phrase by: those of which the commonest is the rarest."""
    rank = rarity.__getitem__
    keys = phrase.keys or (tuple(way.words for way in phrase.ways),)
    chosen = ([min(words, key=rank) for words in key] for key in keys)
    return tuple(dict.fromkeys(min(chosen, key=lambda words: max(map(rank, words)))))
