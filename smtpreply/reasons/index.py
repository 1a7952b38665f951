"""An index of phrases by their rarest words, so that a text meets only those it may hold.

Every phrase is kept on the bucket of its rarest word (that which the fewest owners use), or of the
words of which each of its variants has one. There it waits for a text that also has its next rarest
word, or one of those: only then is it expanded into all variants, which are sorted by their second
words. So the time for a text depends on its own words, and hardly on the number of phrases; and a
language in which no text is written takes nearly none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Generic, NamedTuple, TypeVar

from smtpreply.reasons.phrase import CompiledVariant, Phrase

Owner = TypeVar("Owner")
Entry = tuple[int, CompiledVariant, Owner]
"""A score, which no two entries share; a variant of a phrase; the owner of the phrase."""
Score = Callable[[Owner, CompiledVariant], int]
_LOWEST = -(2**62)
_TOP = attrgetter("top")
_ALONE = ""  # the second word of a phrase that has one only; in no text, and in every look-up
# Below a score's own units are the numbers of its phrase and of the variant.
UNIT = 2**40
_MOST_VARIANTS = 2**12


class Plan(NamedTuple):
    """The positions of an index's phrases."""

    words: Sequence[str]
    """All words of the phrases, from the rarest (which the fewest owners use) to the commonest."""
    buckets: Mapping[str, str]
    """By the word of a bucket, the numbers of its phrases, with spaces between them.

    A process opens few of 5,800 buckets, and so many texts load in half the time of as many lists.
    """
    gates: Sequence[str]
    """For each phrase, beside the words of its buckets, others of which each of its variants has
    one, with spaces between them; none where there are no others."""


class Words:
    """The words of a text, ready for searching: in a set, and with spaces between and around."""

    __slots__ = ("there", "wording")

    def __init__(self, words: Sequence[str]) -> None:
        self.there = {*words, _ALONE}
        self.wording = f" {' '.join(words)} "


class AnyOf:
    """Tells whether a text has any of some phrases.

    Args:
        variants: the variants of the phrases.
    """

    def __init__(self, variants: Sequence[CompiledVariant]) -> None:
        self._alone = frozenset(
            variant.words[0]
            for variant in variants
            if variant.chunks == (f" {''.join(variant.words)} ",)
        )
        self._stems = [variant for variant in variants if not variant.words]
        self._longer: dict[str, list[CompiledVariant]] = {}
        for variant in variants:
            if variant.words and self._alone.isdisjoint(variant.words):
                self._longer.setdefault(max(variant.words, key=len), []).append(variant)

    def stands_in(self, words: Words) -> bool:
        """Return whether a text has any of them."""
        if not self._alone.isdisjoint(words.there):
            return True
        for word in self._longer.keys() & words.there:
            for variant in self._longer[word]:
                if variant.found_in(words.wording):
                    return True
        return any(variant.found_in(words.wording) for variant in self._stems)


class Bucket(Generic[Owner]):
    """The phrases of one word. It is not changed: with more phrases expanded, it is another one.

    Attributes:
        by_second: the variants of those that are expanded, by their next rarest word; the best
            first.
        top: the score of the best of them.
        waiting: the numbers of the others, by the words of their gates.
    """

    __slots__ = ("by_second", "top", "waiting")

    def __init__(
        self, by_second: dict[str, list[Entry[Owner]]], top: int, waiting: dict[str, list[int]]
    ) -> None:
        self.by_second = by_second
        self.top = top
        self.waiting = waiting


class Index(Generic[Owner]):
    """Finds the phrases that are in a text, and who owns them. They are read when a text may.

    Args:
        pair_of: gives the phrase of a number, and its owner; of equals, the lower number is better.
        score: how much it counts that an owner's phrase is found in a text in this variant.
        plan: `planned` from the phrases in the order of their numbers.

    Attributes:
        known: all words of the phrases.
        keys: words of which each phrase has one at least.
    """

    def __init__(
        self, pair_of: Callable[[int], tuple[Phrase, Owner]], score: Score[Owner], plan: Plan
    ) -> None:
        self._rank = {word: rank for rank, word in enumerate(plan.words)}
        self._numbers = plan.buckets
        self._gates = plan.gates
        self.known = self._rank.keys()
        self.keys = self._numbers.keys()
        self._pair_of = pair_of
        self._score = score
        self._buckets: dict[str, Bucket[Owner]] = {}

    def _near(self, there: set[str]) -> list[Bucket[Owner]]:
        """Return the buckets of a text's words, with all phrases expanded that it may have.

        Racing threads each expand what they need.
        """
        known = self._buckets
        near = []
        for word in self.keys & there:
            bucket = known.get(word) or self._open(word)
            if gates := bucket.waiting.keys() & there:
                bucket = known[word] = self._with_expanded(bucket, word, gates)
            near.append(bucket)
        return near

    def _open(self, word: str) -> Bucket[Owner]:
        """Return the bucket of a word, with no phrase expanded."""
        waiting: dict[str, list[int]] = {}
        for number in map(int, self._numbers[word].split()):
            for gate in self._gates[number].split(" "):  # "" is `_ALONE`
                waiting.setdefault(gate, []).append(number)
        return Bucket({}, _LOWEST, waiting)

    def _with_expanded(
        self, bucket: Bucket[Owner], word: str, gates: Collection[str]
    ) -> Bucket[Owner]:
        """Return a bucket of a word with its phrases of some gates expanded, too."""
        numbers = {number for gate in gates for number in bucket.waiting[gate]}
        pairs = ((number, *self._pair_of(number)) for number in numbers)
        entries = [
            (self._score(owner, variant) * UNIT - number * _MOST_VARIANTS - place, variant, owner)
            for number, phrase, owner in pairs
            for place, variant in phrase.variants_with(word)
        ]
        by_second = dict(bucket.by_second)
        more: dict[str, list[Entry[Owner]]] = {}
        for entry in entries:
            others = [other for other in entry[1].words if other != word] or [_ALONE]
            second = min(others, key=self._rank.__getitem__) if len(others) > 1 else others[0]
            more.setdefault(second, []).append(entry)
        for second, added in more.items():
            both = [*by_second.get(second, ()), *added]
            by_second[second] = sorted(both, key=itemgetter(0), reverse=True)
        waiting = {
            gate: left
            for gate, those in bucket.waiting.items()
            if (left := [number for number in those if number not in numbers])
        }
        top = max(bucket.top, *(entry[0] for entry in entries))
        return Bucket(by_second, top, waiting)

    def found(self, words: Words) -> Iterator[Entry[Owner]]:
        """Yield the phrases that are in a text, in no order."""
        for bucket in self._near(words.there):
            for second in bucket.by_second.keys() & words.there:
                for entry in bucket.by_second[second]:
                    if entry[1].found_in(words.wording):
                        yield entry

    def best(
        self, words: Words, fits: Callable[[Owner], int | None], most: int = 0
    ) -> Entry[Owner] | None:
        """Return the phrase of the highest score that is in a text, and whose owner fits.

        Args:
            words: the text.
            fits: gives what an owner adds to the score; None if it may not have it.
            most: the most that it adds.
        """
        wording, there = words.wording, words.there
        top, best = _LOWEST, None
        near = self._near(there)
        near.sort(key=_TOP, reverse=True)
        for bucket in near:
            if bucket.top + most <= top:
                break  # so are all buckets after it
            by_second = bucket.by_second
            for second in by_second.keys() & there:
                for entry in by_second[second]:
                    score = entry[0]
                    if score + most <= top:
                        break  # so are all after it
                    variant = entry[1]
                    if variant.head in wording and (variant.is_whole or variant.follows(wording)):
                        more = fits(entry[2])
                        if more is not None and score + more > top:
                            top, best = score + more, entry
        return best


def planned(pairs: Iterable[tuple[Phrase, object]]) -> Plan:
    """Choose the buckets of phrases, whose owners are given with them."""
    users: dict[str, set[int]] = {}
    phrases = []
    for phrase, owner in pairs:
        phrases.append(phrase)
        for word in phrase.words:
            users.setdefault(word, set()).add(id(owner))
    words = sorted(users, key=lambda word: (len(users[word]), word))
    ranks = {word: rank for rank, word in enumerate(words)}
    buckets: dict[str, list[int]] = {}
    gates: list[str] = []
    for number, phrase in enumerate(phrases):
        first, *others = _by_rarity(phrase, ranks)
        for word in first:
            buckets.setdefault(word, []).append(number)
        gates.append(" ".join(others[0] if others else ()))
    texts = {word: " ".join(map(str, those)) for word, those in buckets.items()}
    return Plan(words, texts, gates)


def _by_rarity(phrase: Phrase, ranks: dict[str, int]) -> list[tuple[str, ...]]:
    """Return words to find a phrase by: those first of which the commonest is the rarest."""
    rank = ranks.__getitem__
    chosen = ([min(words, key=rank) for words in key] for key in phrase.keys)
    found = sorted(chosen, key=lambda words: max(map(rank, words)))
    return [tuple(dict.fromkeys(words)) for words in found]
