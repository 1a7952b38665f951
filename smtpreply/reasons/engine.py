"""How a verdict is reached: words, then the enhanced status, then the code.

1. A phrase that says something decides; of several the most specific, which is the one with the
   most letters, its rule's bounds counted in. The order of files and rules has no say.
2. An enhanced status that says something by itself (``5.1.1``, not ``5.7.1``).
3. A vague phrase.
4. Any other enhanced status that is known, then the code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.reasons.fallback import Fallback, Meaning
from smtpreply.reasons.index import Entry, Index
from smtpreply.reasons.phrase import Wanted
from smtpreply.reasons.rule import Rule
from smtpreply.reasons.said import AnySaid, Said, status_in
from smtpreply.reasons.taxonomy import Basis, Reason
from smtpreply.reasons.wording import LONGEST, words_of
from smtpreply.stage import Stage

AGREEMENT = 8
"""What an exact status of the same meaning adds to the weight of a phrase, in letters."""

LONGEST_CACHED = 256
"""How many words a text may have to be cached."""

_MASK = "_"  # a word that no rule knows
_HEAVIEST = 2**12
_UNIT = 2**32
_AGREEMENT = AGREEMENT * _UNIT

ProviderOf = Callable[[AnySaid], str | None]
Match = Entry[Rule]


@attrs.frozen
class Finding:
    """One thing that speaks for a reason; `rule` and `wanted` where it is words."""

    reason: Reason
    basis: Basis
    rule: Rule | None = None
    wanted: Wanted | None = None


UNKNOWN = Finding(Reason.UNKNOWN, Basis.NOTHING)
ACCEPTED = Finding(Reason.ACCEPTED, Basis.CLASS)


class Engine:
    """Rules, put together to be asked.

    No state but a bounded cache, so any number of threads may ask it. The cache is keyed on the
    words that the rules know, in their places, with all others masked: what differs in ids, hosts
    and names only is decided once.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        fallback: Fallback,
        provider_of: ProviderOf,
        *,
        cache_size: int = 0,
    ) -> None:
        self.rules = tuple(rules)
        self._index = Index(_scored(self.rules))
        self._companions = {
            rule: _Companions(rule) for rule in self.rules if rule.also or rule.unless
        }
        self._fallback = fallback
        self._provider_of = provider_of
        known = [
            way for rule in self.rules for way in rule.ways + rule.also_ways + rule.unless_ways
        ]
        self._known = frozenset(word for way in known for word in way.words)
        self._stems = tuple({stem for way in known for stem in way.stems})
        self._cached = functools.lru_cache(cache_size)(self._of_wording) if cache_size else None

    def decide(self, said: AnySaid) -> Finding:
        """Decide on a reply that is not positive."""
        best = self._best(said, said.sentence)
        if best is None and said.frame is not None:
            # The reply itself says nothing known; what was written around it may.
            best = self._best(said, said.frame)
        if best is not None and not best[2].vague:
            return Finding(best[2].reason, Basis.WORDS, best[2], best[1])
        return self._by_codes(said, best)

    def findings(self, said: AnySaid) -> list[Finding]:
        """Give all that speaks for something, the best first; for each reason, its best only."""
        text = said.sentence
        if said.frame is not None and self._best(said, text) is None:
            text = said.frame
        words = words_of(text)
        matches = self._sorted(self._index.found(words), said.status)
        held = [match for match in matches if self._holds(match[2], said, words)]
        found = [Finding(r.reason, Basis.WORDS, r, way) for _, way, r in held if not r.vague]
        hints = [Finding(r.reason, Basis.HINT, r, way) for _, way, r in held if r.vague]
        meaning = self.meaning_of(said)
        status = [Finding(meaning.reason, Basis.STATUS)] if meaning else []
        found += [*status, *hints] if meaning and meaning.sharp else [*hints, *status]
        code = self._fallback.of_code(said.code, said.stage)
        found += [Finding(code, Basis.CODE)] if code else []
        best: dict[Reason, Finding] = {}
        for finding in found:
            best.setdefault(finding.reason, finding)
        return list(best.values())

    def meaning_of(self, said: AnySaid) -> Meaning | None:
        """Give what the enhanced status says by itself."""
        return self._fallback.of_status(said.status or status_in(said.text))

    def _best(self, said: AnySaid, text: str) -> Match | None:
        """Find the best phrase in a text whose rule holds."""
        words = words_of(text)
        if self._cached is not None and len(words) <= LONGEST_CACHED:
            best, reads_text = self._cached(self._masked(words), said.code, said.status, said.stage)
            if not reads_text:
                return best
        return self._select(self._index.found(words), said, words)

    def _masked(self, words: list[str]) -> str:
        known, stems = self._known, self._stems
        return " ".join(
            [word if word in known or word.startswith(stems) else _MASK for word in words]
        )

    def _of_wording(
        self, masked: str, code: int | None, status: EnhancedStatus | None, stage: Stage | None
    ) -> tuple[Match | None, bool]:
        """Give the best phrase, and whether that depends on the text as it is written."""
        words = masked.split(" ")
        matches = self._index.found(words)
        if any(rule.reads_text for _, _, rule in matches):
            return None, True
        return self._select(matches, Said("", code, status, stage, ""), words), False

    def _select(self, matches: list[Match], said: AnySaid, words: list[str]) -> Match | None:
        for match in self._sorted(matches, said.status):
            if self._holds(match[2], said, words):
                return match
        return None

    def _sorted(self, matches: list[Match], status: EnhancedStatus | None) -> list[Match]:
        if len(matches) < 2:
            return matches
        meaning = self._fallback.of_status(status)
        if meaning is not None and meaning.sharp:
            agreed = meaning.reason
            matches = [
                (score + _AGREEMENT, way, rule) if rule.reason is agreed else (score, way, rule)
                for score, way, rule in matches
            ]
        matches.sort(reverse=True)
        return matches

    def _holds(self, rule: Rule, said: AnySaid, words: list[str]) -> bool:
        if rule.is_bounded and not rule.allows(said):
            return False
        if rule.pattern is not None and rule.pattern.search(said.text[:LONGEST]) is None:
            return False
        if rule.provider is not None and rule.provider != self._provider_of(said):
            return False
        companions = self._companions.get(rule)
        return companions is None or companions.allow(words)

    def _by_codes(self, said: AnySaid, hint: Match | None) -> Finding:
        meaning = self.meaning_of(said)
        if meaning is not None and meaning.sharp:
            return Finding(meaning.reason, Basis.STATUS)
        if hint is not None:
            return Finding(hint[2].reason, Basis.HINT, hint[2], hint[1])
        if meaning is not None:
            return Finding(meaning.reason, Basis.STATUS)
        code = self._fallback.of_code(said.code, said.stage)
        return UNKNOWN if code is None else Finding(code, Basis.CODE)


def _scored(rules: Sequence[Rule]) -> list[Match]:
    """Give all phrases with their scores: vague or not, then the layer, then the weight.

    In the units a score has a number of its own, so that no two are the same in any order.
    """
    ways = sorted(((rule, way) for rule in rules for way in rule.ways), key=lambda p: p[0].id)
    return [
        (_score(rule, way) * _UNIT - number, way, rule) for number, (rule, way) in enumerate(ways)
    ]


def _score(rule: Rule, way: Wanted) -> int:
    weight = min(way.letters + rule.bonus, _HEAVIEST)
    return weight - _HEAVIEST * (2 * rule.layer + 100 * rule.vague)


class _Companions:
    """What must stand beside the words of a rule (`with`), and what must not (`unless`)."""

    def __init__(self, rule: Rule) -> None:
        self._also = _AnyOf(rule.also_ways) if rule.also else None
        self._unless = _AnyOf(rule.unless_ways)

    def allow(self, words: list[str]) -> bool:
        there = set(words)
        if self._also is not None and not self._also.found(words, there):
            return False
        return not self._unless.found(words, there)


class _AnyOf:
    """Tells whether one of some phrases stands in a text."""

    def __init__(self, ways: Sequence[Wanted]) -> None:
        self._alone = frozenset(
            way.words[0] for way in ways if way.chunks == (f" {''.join(way.words)} ",)
        )
        self._longer: dict[str, list[Wanted]] = {}
        self._stems: list[Wanted] = []
        for way in ways:
            if not way.words:
                self._stems.append(way)
            elif self._alone.isdisjoint(way.words):
                self._longer.setdefault(max(way.words, key=len), []).append(way)

    def found(self, words: list[str], there: set[str]) -> bool:
        if not self._alone.isdisjoint(there):
            return True
        near = self._longer.keys() & there
        if not near and not self._stems:
            return False
        wording = f" {' '.join(words)} "
        return any(way.spans(wording) for word in near for way in self._longer[word]) or any(
            way.spans(wording) for way in self._stems
        )
