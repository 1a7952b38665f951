"""A verdict: why a server answered so, what to do, and which words said it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from smtpreply.codes import EnhancedStatus
from smtpreply.reasons import hints
from smtpreply.reasons.advice import Advice, advice_for
from smtpreply.reasons.blocklists import Listing, listing_in
from smtpreply.reasons.engine import Engine, Finding
from smtpreply.reasons.extract import AnySaid
from smtpreply.reasons.normalize import placed_words
from smtpreply.reasons.providers import Provider, provider_in
from smtpreply.reasons.taxonomy import Basis, Disposition, Reason
from smtpreply.stage import Stage


@attrs.frozen
class Evidence:
    """The words of a text that decided.

    Attributes:
        words: the text from the first of them to the last.
        spans: where each run of them starts and ends in `Verdict.text`; several where the rule's
            phrase has gaps.
    """

    words: str
    spans: tuple[tuple[int, int], ...]

    @property
    def span(self) -> tuple[int, int]:
        """Where the first starts and the last ends."""
        return self.spans[0][0], self.spans[-1][1]


@attrs.frozen(repr=False)
class Verdict:
    """Why a server answered as it did. A value; what it tells besides is sought when asked for.

    >>> from smtpreply import classify
    >>> verdict = classify("450 4.2.0 <bob@example.com>: Greylisted, try again in 5 minutes")
    >>> verdict.reason.value, verdict.disposition.value, str(verdict.retry_after)
    ('greylisted', 'retry', '0:05:00')
    """

    _said: AnySaid
    _finding: Finding
    _engine: Engine = attrs.field(eq=False)

    def __repr__(self) -> str:
        shown = f"{self.reason.value!r}, {self.disposition.value!r}, basis={self.basis.value!r}"
        return f"Verdict({shown}{f', rule={self.rule!r}' if self.rule else ''})"

    # --- what was decided ---

    @property
    def reason(self) -> Reason:
        """Why."""
        return self._finding.reason

    @property
    def basis(self) -> Basis:
        """What decided: words, the enhanced status, the code, ..."""
        return self._finding.basis

    @property
    def rule(self) -> str | None:
        """The id of the rule whose words decided."""
        return None if self._finding.rule is None else self._finding.rule.id

    @property
    def evidence(self) -> Evidence | None:
        """The words that decided, and where they stand in `text`."""
        wanted = self._finding.wanted
        if wanted is None:
            return None
        for text in (self._said.sentence, self._said.frame or ""):
            placed = placed_words(text)
            spans = wanted.spans(f" {' '.join(word for word, _, _ in placed)} ")
            if spans is not None:
                return _evidence(self.text, placed, spans)
        return None  # the few characters that change their length with their case

    @property
    def second(self) -> Finding | None:
        """What came second: the best that speaks for another reason, if anything does."""
        return next((other for other in self.findings if other.reason is not self.reason), None)

    @property
    def findings(self) -> list[Finding]:
        """All that speaks for something, the best first: for each reason, what says most."""
        return [] if self.basis is Basis.CLASS else self._engine.findings(self._said)

    @property
    def is_explained(self) -> bool:
        """Whether more than the code speaks: words, or an enhanced status."""
        return self.basis not in (Basis.CODE, Basis.NOTHING)

    @property
    def disagrees(self) -> bool:
        """Whether words and codes disagree.

        That is, words decided against an enhanced status that says something else by itself, or
        against the first digit: a pause asked for with a 5, a final no with a 4.
        """
        if self.basis not in (Basis.WORDS, Basis.HINT):
            return False
        meaning = self._engine.meaning_of(self._said)
        if meaning is not None and meaning.sharp and meaning.reason is not self.reason:
            return True
        usual = self.advice.usual_class
        return usual is not None and self._said.digit in (4, 5) and usual != self._said.digit

    # --- what to do ---

    @property
    def disposition(self) -> Disposition:
        """What the sending system does with the message."""
        return self.advice.disposition(self._said.digit)

    @property
    def suppress(self) -> bool:
        """Whether to take the recipient's address off the list.

        Only where words or an exact status say that it is dead, and only for good: never for a
        4yz, never by a reply code alone, never by words that may mean anything.
        """
        sure = self.basis is Basis.WORDS or (self.basis is Basis.STATUS and self._is_exact)
        return sure and self._said.digit in (5, None) and self.advice.suppress

    @property
    def _is_exact(self) -> bool:
        meaning = self._engine.meaning_of(self._said)
        return meaning is not None and meaning.sharp

    @property
    def advice(self) -> Advice:
        """Who acts and how, in English; `advise` has the other languages."""
        return advice_for(self.reason)

    def advise(self, language: str) -> Advice:
        """Return the advice in a language of the catalog, such as ``ru``.

        Raises:
            UnknownLanguageError: the catalog does not speak it.
        """
        return advice_for(self.reason, language)

    # --- what the text tells besides ---

    @property
    def text(self) -> str:
        """The text that was read: a reply's lines, or the text as it was given."""
        return self._said.text

    @property
    def code(self) -> int | None:
        """The reply code in it."""
        return self._said.code

    @property
    def status(self) -> EnhancedStatus | None:
        """The enhanced status in it."""
        return self._said.status

    @property
    def stage(self) -> Stage | None:
        """What was answered, as the caller or the text says."""
        return self._said.stage

    @property
    def retry_after(self) -> timedelta | None:
        """How long the text asks to wait."""
        return hints.retry_after(self.text)

    @property
    def blocklist(self) -> Listing | None:
        """The block list that the text names, and what is listed there."""
        return listing_in(self.text)

    @property
    def provider(self) -> Provider | None:
        """Who speaks, as far as the wording tells."""
        return provider_in(self.text)

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs in the text."""
        return hints.urls(self.text)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The mail addresses in the text."""
        return hints.addresses(self.text)

    @property
    def ips(self) -> tuple[str, ...]:
        """The IP addresses in the text."""
        return hints.ips(self.text)

    @property
    def hostnames(self) -> tuple[str, ...]:
        """The host and domain names in the text, those in URLs and addresses left out."""
        return hints.hostnames(self.text)

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        """Return what JSON can hold."""
        advice, evidence, second = self.advise(language), self.evidence, self.second
        listing, provider, pause = self.blocklist, self.provider, self.retry_after
        return {
            "reason": self.reason.value,
            "group": self.reason.group.value,
            "disposition": self.disposition.value,
            "suppress": self.suppress,
            "basis": self.basis.value,
            "rule": self.rule,
            "evidence": evidence and {"words": evidence.words, "spans": evidence.spans},
            "disagrees": self.disagrees,
            "second": second and {"reason": second.reason.value, "basis": second.basis.value},
            "code": self.code,
            "status": self.status and str(self.status),
            "stage": self.stage and self.stage.value,
            "title": str(advice.title),
            "actor": advice.actor.value,
            "action": str(advice.action),
            "retry_after": pause and pause.total_seconds(),
            "blocklist": listing and listing.to_dict(),
            "provider": provider and provider.key,
            "urls": list(self.urls),
            "addresses": list(self.addresses),
            "ips": list(self.ips),
            "hostnames": list(self.hostnames),
        }


def _evidence(
    text: str, placed: list[tuple[str, int, int]], spans: tuple[tuple[int, int], ...]
) -> Evidence:
    """Turn places in the wording into places in the text."""
    starts, at = {}, 0
    for number, (word, _, _) in enumerate(placed):
        starts[at] = number
        at += len(word) + 1
    ends = {start + len(placed[number][0]) + 1: number for start, number in starts.items()}
    found = []
    for start, end in spans:
        first = starts[start]
        last = next(ends[place] for place in range(end - 1, at + 1) if place in ends)
        found.append((placed[first][1], placed[last][2]))
    return Evidence(text[found[0][0] : found[-1][1]], tuple(found))
