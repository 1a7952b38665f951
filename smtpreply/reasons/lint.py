"""Problems of rules: examples that fail, rules that never decide, rules that contradict."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator

import attrs

from smtpreply.reasons.classifier import Classifier
from smtpreply.reasons.phrase import Phrase
from smtpreply.reasons.rule import Rule


class Kind(enum.StrEnum):
    """The kind of a problem."""

    MISSED = "missed example"
    """A text that the rule must catch gets another reason, or none by words."""
    CAUGHT = "caught example"
    """A text that the rule must spare is decided by it."""
    UNREACHED = "unreached"
    """No example shows that the rule ever decides."""
    SHADOWED = "shadowed"
    """Whatever it matches, another rule matches too, and weighs more."""
    CONTRADICTION = "contradiction"
    """The same words within the same bounds stand for another reason in another rule."""


@attrs.frozen
class Problem:
    """A problem of a rule."""

    rule: Rule
    kind: Kind
    message: str

    def __str__(self) -> str:
        return f"{self.rule.source}: [{self.rule.id}] {self.kind.value}: {self.message}"


def problems(classifier: Classifier, rules: Iterable[Rule] | None = None) -> list[Problem]:
    """Find what is wrong with some rules of a classifier, or with all of them.

    >>> from smtpreply.reasons import default_classifier
    >>> problems(default_classifier(), rules=[])
    []
    """
    chosen = classifier.rules if rules is None else tuple(rules)
    rivals = _rivals(chosen, classifier.rules)
    found: list[Problem] = []
    for rule in chosen:
        found += _with_examples(classifier, rule)
        found += _with_rivals(rule, rivals)
    return found


def _with_examples(classifier: Classifier, rule: Rule) -> Iterator[Problem]:
    verdicts = [classifier.classify(text) for text in rule.catches]
    for text, verdict in zip(rule.catches, verdicts, strict=True):
        # Another rule may be more specific, as long as it has the same reason.
        if verdict.rule != rule.id and (not verdict.rule or verdict.reason is not rule.reason):
            decided = verdict.rule or verdict.basis.value
            yield Problem(rule, Kind.MISSED, f"{decided} says {verdict.reason}: {text!r}")
    for text in rule.spares:
        if classifier.classify(text).rule == rule.id:
            yield Problem(rule, Kind.CAUGHT, repr(text))
    if rule.id not in {verdict.rule for verdict in verdicts}:
        yield Problem(rule, Kind.UNREACHED, "no example in `catches` is decided by it")


_Words = tuple[tuple[str, ...], tuple[int, ...]]
_MANY = 500  # wordings, for which it is no use to choose


def _rivals(chosen: tuple[Rule, ...], rules: tuple[Rule, ...]) -> dict[_Words, list[Rule]]:
    """Return the rules of each wording that the chosen ones have."""
    sought = {frozenset(variant.words) for rule in chosen for variant in rule.variants}
    found: dict[_Words, list[Rule]] = {}
    for rule in rules:
        # Expanding every phrase takes seconds, and few are like the chosen ones.
        phrases = rule.phrases if len(sought) > _MANY else _like(rule.phrases, sought)
        variants = {
            (variant.chunks, variant.gaps) for phrase in phrases for variant in phrase.variants
        }
        for words in variants:
            found.setdefault(words, []).append(rule)
    return found


def _like(phrases: Iterable[Phrase], sought: set[frozenset[str]]) -> list[Phrase]:
    return [phrase for phrase in phrases if any(words <= phrase.words for words in sought)]


def _with_rivals(rule: Rule, rivals: dict[_Words, list[Rule]]) -> Iterator[Problem]:
    shadows: set[Rule] | None = None
    for words in {(variant.chunks, variant.gaps) for variant in rule.variants}:
        others = [other for other in rivals[words] if other is not rule]
        for other in others:
            if other.reason is not rule.reason and _same_bounds(rule, other):
                phrase = " * ".join(chunk.strip() for chunk in words[0])
                yield Problem(
                    rule, Kind.CONTRADICTION, f"{phrase!r} is {other.reason} in {other.id}"
                )
        over = {other for other in others if _outweighs(other, rule)}
        shadows = over if shadows is None else shadows & over
    for other in sorted(shadows or (), key=lambda other: other.id):
        yield Problem(rule, Kind.SHADOWED, f"by {other.id}")


def _bounds(rule: Rule) -> tuple[object, ...]:
    pattern = rule.pattern and rule.pattern.pattern
    given = (rule.class_, rule.codes, rule.statuses, rule.provider, rule.stages, pattern)
    return (*given, rule.also, rule.unless, rule.vague, rule.layer)


def _same_bounds(one: Rule, other: Rule) -> bool:
    return _bounds(one) == _bounds(other)


def _outweighs(one: Rule, other: Rule) -> bool:
    """Return whether `one` decides wherever both match, which it does wherever `other` does."""
    free = not (one.bonus or one.also or one.unless)
    return free and (one.vague, one.layer, -one.bonus) < (other.vague, other.layer, -other.bonus)
