"""`Engine`: decides on a reason by words, then the enhanced status, then the code.

1. A phrase of a rule that is not vague decides; of several the most specific, which is the one
   with the most letters, its rule's bounds counted in. The order of files and rules is irrelevant.
2. An exact enhanced status: one that servers use for one reason only (``5.1.1``, not ``5.7.1``).
3. A vague phrase.
4. Any other enhanced status that is known, then the code.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.reasons import index
from smtpreply.reasons.evidence import evidence_in
from smtpreply.reasons.extract import AnyExtract, Extract, is_of_login, is_of_sender, status_in
from smtpreply.reasons.fallback import Fallback, Meaning
from smtpreply.reasons.index import UNIT, AnyOf, Entry, Index, Words
from smtpreply.reasons.normalize import LONGEST, meaning_of, words_of, written_words_of
from smtpreply.reasons.phrase import CompiledVariant, Phrase
from smtpreply.reasons.rule import Rule, Rules
from smtpreply.reasons.taxonomy import Basis, Reason
from smtpreply.reasons.tokens import names_in, without_names
from smtpreply.stage import Stage

AGREEMENT = 8
"""What an exact status of the same meaning adds to the weight of a phrase, in letters."""

LONGEST_CACHED = 256
"""How many words a text may have to be cached."""

# What words about an address mean where it is the recipient's.
_OF_RECIPIENT = frozenset(
    [
        Reason.UNKNOWN_RECIPIENT,
        Reason.UNKNOWN_DOMAIN,
        Reason.MAILBOX_DISABLED,
        Reason.RECIPIENT_MOVED,
    ]
)
# A run of characters without this is neither a host name nor a URL.
_NAME = re.compile(r"[A-Za-z0-9][._/-][A-Za-z]")
_MASK = "_"  # a word that no rule knows
_MOST_MASKS = 16_384
_STEM = 3  # stems are found by their first letters, so many at most
_HEAVIEST = 2**12
_AGREEMENT = AGREEMENT * UNIT

ProviderOf = Callable[[AnyExtract], str | None]
Stems = Mapping[str, Sequence[str]]
"""Stems by their first letters, equally many of each; a longer one is before a shorter."""


class Plan(NamedTuple):
    """The part of a compiled rule set that can be marshalled."""

    phrases: index.Plan
    """That of an index of the phrases, in the order of their rules' ids; marshalled, a tuple."""
    order: Sequence[int]
    """The places of the rules, by the order of their ids."""
    firsts: Sequence[int]
    """The number of each such rule's first phrase."""
    companions: Sequence[str]
    """The words that make a difference beside those of the phrases."""
    stems: Stems
    reads_text: bool
    """Whether a rule reads the text."""


@attrs.frozen
class Finding:
    """One piece of evidence for a reason.

    >>> from smtpreply import classify
    >>> [finding.rule for finding in classify("552 5.2.2 Mailbox full").findings]
    ['mailbox-full']

    Attributes:
        reason: the reason.
        basis: what speaks for it.
        rule: the id of the rule, where it is words.
        variant: the phrase that was found.
        reads_text: whether the rule reads more of the text than its words.
    """

    reason: Reason
    basis: Basis
    rule: str | None = None
    variant: CompiledVariant | None = attrs.field(default=None, eq=False, repr=False)
    reads_text: bool = attrs.field(default=False, eq=False, repr=False)


UNKNOWN = Finding(Reason.UNKNOWN, Basis.NOTHING)
ACCEPTED = Finding(Reason.ACCEPTED, Basis.CLASS)
SENT = Finding(Reason.ACCEPTED, Basis.OUTCOME)


class Engine:
    """A compiled rule set.

    No state but a bounded cache, so any number of threads may ask it. The cache is keyed on the
    words that the rules know, in their places, with all others masked: what differs in ids, hosts
    and names only is decided once.

    Args:
        rules: the rules. With a plan of theirs, none is asked for before its words are in a text.
        fallback: what statuses and codes say by themselves.
        provider_of: gives who speaks in a text.
        cache_size: how many wordings are remembered.
        plan: as `plan_of` makes it.

    Attributes:
        known: the words that make a difference.
        stems: the starts of words that do, of which the start is given.
    """

    def __init__(
        self,
        rules: Rules,
        fallback: Fallback,
        provider_of: ProviderOf,
        *,
        cache_size: int = 0,
        plan: Plan | None = None,
    ) -> None:
        self._rules = rules
        self._plan = plan = plan or plan_of(rules)
        phrases = index.Plan(*plan.phrases)
        self.known = frozenset([*phrases.words, *plan.companions])
        self.stems = plan.stems
        self._reach = len(next(iter(self.stems), ""))
        self._index = Index(self._phrase, _score, phrases)
        self._companions: dict[Rule, _Companions] = {}
        self._fallback = fallback
        self._provider_of = provider_of
        self._masks = _Masks(self.masked)
        self._cached = functools.lru_cache(cache_size)(self._of_wording) if cache_size else None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules."""
        return tuple(self._rules)

    def _phrase(self, number: int) -> tuple[Phrase, Rule]:
        place = bisect.bisect_right(self._plan.firsts, number) - 1
        rule = self._rules[self._plan.order[place]]
        return rule.phrases[number - self._plan.firsts[place]], rule

    def decide(self, extract: AnyExtract) -> Finding:
        """Decide on a reply that is not positive."""
        best, _ = self._read(extract, extract.sentence)
        if best is None and extract.frame is not None:
            # The reply itself has no known words; the text around it may.
            best, _ = self._read(extract, extract.frame)
        if best is None or best.basis is not Basis.WORDS:
            best = self._by_codes(extract, best)
        return _as_said_of(extract, best)

    def reason_by_words(self, text: str) -> Reason | None:
        """Return the reason of a text by its words alone; None where they are vague or unknown."""
        best = self._best(Extract(text, None, None, None, text), text)
        return best.reason if best is not None and best.basis is Basis.WORDS else None

    def findings(self, extract: AnyExtract) -> list[Finding]:
        """Return all findings, the best first; for each reason, its best only."""
        decisive, text = self._read(extract, extract.sentence)
        if extract.frame is not None and decisive is None:
            _, text = self._read(extract, extract.frame)
        words = Words(words_of(text))
        agreed = self._agreed(extract.status)
        held = [
            (score + (_AGREEMENT if rule.reason is agreed else 0), _finding(rule, variant))
            for score, variant, rule in self._index.found(words)
            if self._holds(rule, extract, words)
        ]
        held.sort(key=lambda pair: pair[0], reverse=True)
        sure = [found for _, found in held if found.basis is Basis.WORDS]
        hints = [found for _, found in held if found.basis is Basis.HINT]
        best: dict[Reason, Finding] = {}
        for found in [*sure, *self._grounds(extract, hints)]:
            finding = _as_said_of(extract, found)
            best.setdefault(finding.reason, finding)
        return list(best.values())

    def meaning_of(self, extract: AnyExtract) -> Meaning | None:
        """Return the meaning of the enhanced status."""
        return self.meaning_of_status(extract.status or status_in(extract.text))

    def meaning_of_status(self, status: EnhancedStatus | None) -> Meaning | None:
        """Return the meaning of any enhanced status."""
        return self._fallback.of_status(status)

    def _read(self, extract: AnyExtract, text: str) -> tuple[Finding | None, str]:
        """Find the best phrase, and return the text that it was found in.

        Words about a recipient that are in a host name or a URL are nobody's words: such names
        are blanked then, except for a rule with a pattern, which knows what it reads.
        """
        best = self._best(extract, text)
        if best is None or best.reason not in _OF_RECIPIENT or not _stands_in_name(best, text):
            return best, text
        text = without_names(text)
        return self._best(extract, text), text

    def _best(self, extract: AnyExtract, text: str) -> Finding | None:
        """Find the best phrase in a text whose rule holds."""
        if self._cached is not None:
            words = tuple(filter(None, map(self._masks.__getitem__, written_words_of(text))))
            if len(words) <= LONGEST_CACHED:
                best, reads_text = self._cached(words, extract.code, extract.status, extract.stage)
                if not reads_text:
                    return best
        match = self._match(extract, Words(words_of(text)))
        return None if match is None else _finding(match[2], match[1])

    def masked(self, written: str) -> str:
        """Return a written word as the cache's key has it; "" if it is silent."""
        word = meaning_of(written)
        if not word or word in self.known:
            return word
        return self.stem_of(word) + _MASK

    def stem_of(self, word: str) -> str:
        """Return the longest stem that a word begins with, or "": it begins with no longer one."""
        stems = self.stems.get(word[: self._reach])
        return next(filter(word.startswith, stems), "") if stems else ""

    def _of_wording(
        self,
        masked: tuple[str, ...],
        code: int | None,
        status: EnhancedStatus | None,
        stage: Stage | None,
    ) -> tuple[Finding | None, bool]:
        """Return the best phrase, and whether that depends on the text as it is written."""
        words = Words(masked)
        extract = Extract("", code, status, stage, "")
        best = self._match(extract, words, blind=True)
        found = None if best is None else _finding(best[2], best[1])
        if not self._plan.reads_text:
            return found, False
        if best is None:
            return None, any(rule.reads_text for _, _, rule in self._index.found(words))
        # A rule that reads the text matters where it might outweigh what is best without it.
        agreed = self._agreed(status)
        least = best[0] + (_AGREEMENT if best[2].reason is agreed else 0)
        return found, any(
            rule.reads_text and score + (_AGREEMENT if rule.reason is agreed else 0) > least
            for score, _, rule in self._index.found(words)
        )

    def _match(
        self, extract: AnyExtract, words: Words, *, blind: bool = False
    ) -> Entry[Rule] | None:
        """Find the best phrase whose rule holds; if `blind`, of rules that read words alone."""
        agreed = self._agreed(extract.status)

        def fits(rule: Rule) -> int | None:
            if not rule.is_free and (
                (blind and rule.reads_text) or not self._holds(rule, extract, words)
            ):
                return None
            return _AGREEMENT if rule.reason is agreed else 0

        return self._index.best(words, fits, _AGREEMENT if agreed else 0)

    def _agreed(self, status: EnhancedStatus | None) -> Reason | None:
        """Return the reason of an exact status: words with the same reason weigh more."""
        meaning = self._fallback.of_status(status)
        return meaning.reason if meaning is not None and meaning.sharp else None

    def _holds(self, rule: Rule, extract: AnyExtract, words: Words) -> bool:
        if rule.bonus and not self._within(rule, extract):
            return False
        if not (rule.also or rule.unless):
            return True
        companions = self._companions.get(rule)
        if companions is None:  # racing threads compute equal results
            companions = self._companions[rule] = _Companions(rule)
        return companions.allow(words)

    def _within(self, rule: Rule, extract: AnyExtract) -> bool:
        return (
            rule.allows(extract)
            and (rule.pattern is None or rule.pattern.search(extract.text[:LONGEST]) is not None)
            and (rule.provider is None or rule.provider == self._provider_of(extract))
        )

    def _by_codes(self, extract: AnyExtract, hint: Finding | None) -> Finding:
        return next(self._grounds(extract, [hint] if hint else []), UNKNOWN)

    def _grounds(self, extract: AnyExtract, hints: Iterable[Finding]) -> Iterator[Finding]:
        """Yield what decides where no words do for sure, the best first.

        A status or code that servers use for one reason only outweighs vague words.
        """
        meaning = self.meaning_of(extract)
        code = self._fallback.of_code(extract.code, extract.stage)
        if meaning is not None and meaning.sharp:
            yield Finding(meaning.reason, Basis.STATUS)
        if code is not None and code.sharp:
            yield Finding(code.reason, Basis.CODE)
        yield from hints
        if meaning is not None:
            yield Finding(meaning.reason, Basis.STATUS)
        if code is not None:
            yield Finding(code.reason, Basis.CODE)


class _Masks(dict[str, str]):
    """The masked forms of written words. Those that recur are cached."""

    def __init__(self, masked: Callable[[str], str]) -> None:
        super().__init__()
        self._masked = masked

    def __missing__(self, written: str) -> str:
        made = self._masked(written)
        # Ids hardly recur.
        if len(self) < _MOST_MASKS and (made != _MASK or written.isalpha()):
            self[written] = made
        return made


def plan_of(rules: Rules) -> Plan:
    """Return the serializable part of compiled rules, for an engine of the same rules."""
    by_id = sorted(enumerate(rules), key=lambda numbered: numbered[1].id)
    counts = [len(rule.phrases) for _, rule in by_id]
    phrases = [(phrase, rule) for _, rule in by_id for phrase in rule.phrases]
    of_phrases = index.planned(phrases)
    companions = [
        variant for rule in rules for variant in rule.also_variants + rule.unless_variants
    ]
    beside = {word for variant in companions for word in variant.words}
    stems = {stem for phrase, _ in phrases for stem in phrase.stems}
    stems |= {stem for variant in companions for stem in variant.stems}
    return Plan(
        of_phrases,
        order=[place for place, _ in by_id],
        firsts=[0, *itertools.accumulate(counts)][:-1],
        companions=sorted(beside.difference(of_phrases.words)),
        stems=_by_start(stems),
        reads_text=any(rule.reads_text for rule in rules),
    )


def _by_start(stems: set[str]) -> Stems:
    reach = min([_STEM, *map(len, stems)])
    found: dict[str, list[str]] = {}
    for stem in sorted(stems, key=lambda stem: (-len(stem), stem)):
        found.setdefault(stem[:reach], []).append(stem)
    return found


@functools.lru_cache(maxsize=4096)
def _finding(rule: Rule, variant: CompiledVariant) -> Finding:
    return Finding(
        rule.reason, Basis.HINT if rule.vague else Basis.WORDS, rule.id, variant, rule.reads_text
    )


def _as_said_of(extract: AnyExtract, finding: Finding) -> Finding:
    """Return what a finding about an address means where it is not a recipient's.

    That is, where the client's own login is meant, or the address of the sender.
    """
    if finding.reason not in _OF_RECIPIENT:
        return finding
    if is_of_login(extract):
        return attrs.evolve(finding, reason=Reason.CREDENTIALS)
    if is_of_sender(extract):
        return attrs.evolve(finding, reason=Reason.SENDER_REJECTED)
    return finding


def _stands_in_name(finding: Finding, text: str) -> bool:
    """Return whether all words that decided are within one host name or URL."""
    variant = finding.variant
    if variant is None or finding.reads_text:
        return False
    # A name has no spaces: most texts have the words as the phrase has them, with spaces.
    words = variant.head.strip()
    if variant.is_whole and " " in words and words in text.lower().replace(": ", " "):
        return False
    if not _may_stand_in_name(variant.words, text):
        return False
    evidence = evidence_in(text, text, variant)
    if evidence is None:
        return False
    first, last = evidence.span
    return any(start <= first and last <= end for start, end in names_in(text))


def _may_stand_in_name(words: tuple[str, ...], text: str) -> bool:
    """Return whether one run of characters without a space has a name's marks and all words."""
    for run in text[:LONGEST].split():
        if ("." in run or "://" in run) and _NAME.search(run) is not None:
            written = written_words_of(run)
            if len(written) >= len(words) and set(map(meaning_of, written)).issuperset(words):
                return True
    return False


def _score(rule: Rule, variant: CompiledVariant) -> int:
    """Return what counts, in this order: whether it is vague, the layer, the weight."""
    weight = min(variant.letters + rule.bonus, _HEAVIEST)
    return weight - _HEAVIEST * (2 * rule.layer + 100 * rule.vague)


class _Companions:
    """What must be beside the words of a rule (`with`), and what must not (`unless`)."""

    def __init__(self, rule: Rule) -> None:
        self._also = AnyOf(rule.also_variants) if rule.also else None
        self._unless = AnyOf(rule.unless_variants)

    def allow(self, words: Words) -> bool:
        if self._also is not None and not self._also.stands_in(words):
            return False
        return not self._unless.stands_in(words)
