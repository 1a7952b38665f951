"""`Verdict`: why a server answered as it did, what to do, and the words that decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs

from smtpreply._support.checks import check_mapping, check_type, items_of, member_of
from smtpreply.catalog.text import Text
from smtpreply.codes import EnhancedStatus
from smtpreply.reasons import hints
from smtpreply.reasons.advice import Advice, advice_for, given_up_action, unproven_action
from smtpreply.reasons.alternatives import is_negated, leaves_open, names_other_cause
from smtpreply.reasons.blocklists import Listing, listing_in
from smtpreply.reasons.doubts import leaves_doubt
from smtpreply.reasons.engine import Engine, Finding
from smtpreply.reasons.evidence import Evidence, evidence_in
from smtpreply.reasons.extract import (
    AnyExtract,
    Extract,
    Known,
    ReplyExtract,
    extract_from,
    has_lines_that_disagree,
    is_before_recipient,
    is_followed_by_another,
    is_logged_as_sent,
    is_of_sender,
    is_within_acceptance,
    line_of,
    names_sender,
    statuses_of,
    tells_of_delay,
    tells_of_giving_up,
    tells_of_probe,
    tells_of_waiting,
)
from smtpreply.reasons.normalize import words_of
from smtpreply.reasons.providers import Provider, provider_in
from smtpreply.reasons.taxonomy import Actor, Basis, BounceType, Disposition, Outcome, Reason
from smtpreply.reasons.tokens import names_in, without_names
from smtpreply.reply.literals import with_all_line_ends
from smtpreply.stage import Stage

# Beside words about a recipient they are about the client ("User unknown in 192.0.2.1 DNSBL").
_LIST_WORDS = frozenset(["blacklist", "dnsbl", "rbl"])
# Words beside those that decided are no contradiction to them: in its turn a command fails after a
# refused RCPT, and "not accepting mail" is what a mailbox does, too.
_NO_CONTRADICTION = frozenset([Reason.PROTOCOL_ERROR, Reason.NOT_ACCEPTING_MAIL])
_RETRIES = frozenset([Disposition.RETRY, Disposition.RETRY_SLOWER])
# Positive replies to other commands than the end of data: RFC 5321 4.2.3, RFC 4954 6.
_OTHER_POSITIVE = frozenset([211, 214, 220, 221, 235, 252])


@attrs.frozen(kw_only=True)
class Record:
    """An engine's answers, stored: the source of verdicts that were copied, pickled or read back.

    Attributes: those of `Verdict`.
    """

    evidence: Evidence | None
    findings: tuple[Finding, ...]
    conflicts: bool
    suppress: bool
    bounce_type: BounceType | None


class Verdict:
    """Why a server answered as it did. A value; hints in the text are found on access.

    Verdicts can be compared, hashed, copied and pickled, and `from_dict` reads what `to_dict` gave.

    >>> from smtpreply import classify
    >>> verdict = classify("450 4.2.0 <bob@example.com>: Greylisted, try again in 5 minutes")
    >>> verdict.reason.value, verdict.disposition.value, str(verdict.retry_after)
    ('greylisted', 'retry', '0:05:00')
    """

    # Private slots, since a frozen class of attrs takes twice as long to make.
    __slots__ = ("_extract", "_finding", "_source")

    def __init__(self, extract: AnyExtract, finding: Finding, source: Engine | Record) -> None:
        self._extract = extract
        self._finding = finding
        self._source = source

    def __repr__(self) -> str:
        shown = f"{self.reason.value!r}, {self.disposition.value!r}, basis={self.basis.value!r}"
        return f"Verdict({shown}{f', rule={self.rule!r}' if self.rule else ''})"

    @property
    def _key(self) -> tuple[object, ...]:
        extract = self._extract
        return (
            self._finding,
            extract.text,
            extract.code,
            extract.status,
            extract.stage,
            extract.known,
        )

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, Verdict) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle it without the engine, whose rules are many."""
        return Verdict, (self._extract, self._finding, self._record())

    def _record(self) -> Record:
        source = self._source
        if isinstance(source, Record):
            return source
        return Record(
            evidence=self.evidence,
            findings=tuple(self.findings),
            conflicts=self.conflicts,
            suppress=self.suppress,
            bounce_type=self.bounce_type,
        )

    # --- what was decided ---

    @property
    def reason(self) -> Reason:
        """Why."""
        return self._finding.reason

    @property
    def basis(self) -> Basis:
        """The grounds that decided: words, the enhanced status, the code, ..."""
        return self._finding.basis

    @property
    def rule(self) -> str | None:
        """The id of the rule whose words decided."""
        return self._finding.rule

    @property
    def evidence(self) -> Evidence | None:
        """The words that decided, and where they are in `text`."""
        if isinstance(self._source, Record):
            return self._source.evidence
        extract, variant = self._extract, self._finding.variant
        if variant is None:
            return None
        found = (
            evidence_in(extract.text, text, variant)
            for text in (without_names(extract.sentence), extract.sentence, extract.frame or "")
        )
        # None where a character changes its length with its case.
        return next(filter(None, found), None)

    @property
    def findings(self) -> list[Finding]:
        """All findings, the best first: for each reason, its best only."""
        if isinstance(self._source, Record):
            return list(self._source.findings)
        if self.reason is Reason.ACCEPTED:
            return []
        return self._source.findings(self._extract)

    @property
    def runner_up(self) -> Finding | None:
        """The best finding that speaks for another reason, if any does."""
        return next((other for other in self.findings if other.reason is not self.reason), None)

    @property
    def is_explained(self) -> bool:
        """Whether more than a code decided: words, an enhanced status, or the log."""
        return self.basis not in (Basis.CODE, Basis.NOTHING)

    @property
    def conflicts(self) -> bool:
        """Whether words and codes contradict each other.

        That is, words decided against an enhanced status that says something else by itself, or
        against the first digit: a pause asked for with a 5, a final no with a 4.
        """
        source = self._source
        if isinstance(source, Record):
            return source.conflicts
        if self.basis not in (Basis.WORDS, Basis.HINT):
            return False
        meaning = source.meaning_of(self._extract)
        if meaning is not None and meaning.sharp and meaning.reason is not self.reason:
            return True
        usual = self.advice.usual_class
        return usual is not None and self._extract.digit in (4, 5) and usual != self._extract.digit

    # --- what to do ---

    @property
    def disposition(self) -> Disposition:
        """The action of the sending system on the message.

        A log that says what it did is believed: a message that is deferred is tried again, and one
        that is bounced or expired is not; nor is one of which the text says that it was given up.
        """
        advice, known = self.advice, self._extract.known
        if known.outcome in (Outcome.BOUNCED, Outcome.EXPIRED):
            return _final(advice.disposition(5))
        transient = known.status is not None and known.status.class_ == 4
        if transient or known.outcome is Outcome.DEFERRED:
            return _again(advice.disposition(4))
        if self.reason is Reason.ACCEPTED and not self._is_delivery:
            return Disposition.CONTINUE
        usual = advice.disposition(self._extract.digit)
        if usual in _RETRIES:
            return _final(usual) if tells_of_giving_up(self.text) else usual
        return _again(usual) if self._extract.digit == 4 and tells_of_waiting(self.text) else usual

    @property
    def _is_delivery(self) -> bool:
        """Whether a positive reply may answer the end of data: RFC 5321 4.3.2."""
        code, known = self._extract.code, self._extract.known
        if code is None or known.outcome is Outcome.SENT:
            return True
        is_final = code < 300 and code not in _OTHER_POSITIVE
        return is_final and self._extract.stage in (None, Stage.END_OF_DATA)

    @property
    def suppress(self) -> bool:
        """Whether to take the recipient's address off the list.

        Only where words or an exact status say that it is dead, and only for good: never where a
        code, a status, the log or words speak of a transient failure, never by a reply code alone,
        by words that may mean anything, by words that leave another cause open ("or", "spam",
        "maintenance"), by denied ones ("not a 'user unknown' error"), or by words about the client,
        its account or the sender. An answer to what comes before RCPT says nothing of a
        recipient, nor do 5.1.7 and 5.1.8, nor does a refusal that is quoted in the line of a
        positive reply. Of bare statuses 5.2.1 may be temporary (RFC 3463 3.3).
        """
        source = self._source
        if isinstance(source, Record):
            return source.suppress
        if not self._suppresses:
            return False
        other = self._as_lines(source)
        return other is None or other.suppress

    def _as_lines(self, engine: Engine) -> Verdict | None:
        r"""Return the verdict on the text with line ends for all marks of them; None without any.

        Where no reply code follows, ``\n`` may be one, or of a path; and a line end parts words.
        """
        extract, text = self._extract, self.text
        lines = with_all_line_ends(text)
        if lines == text:
            return None
        if isinstance(extract, ReplyExtract):  # its text is without codes and statuses
            head = " ".join(map(str, filter(None, (extract.code, extract.reply.enhanced))))
            lines = f"{head} {lines}"
        other = extract_from(lines, extract.stage, extract.known)
        return Verdict(other, engine.decide(other), engine)

    @property
    def _suppresses(self) -> bool:
        """Whether the text as it is suppresses the address: see `suppress`."""
        if not self.advice.suppress or self._extract.known.outcome is Outcome.REJECTED:
            return False
        if is_before_recipient(self._extract) or is_of_sender(self._extract):
            return False
        if self.reason is Reason.UNKNOWN_DOMAIN and not self._is_permanent:
            return False  # a relay that does not resolve says nothing of the recipient's domain
        if self._is_trouble_of_probe:
            return False
        if names_sender(self._extract) or names_other_cause(line_of(self._extract)):
            return False
        if self.basis is Basis.STATUS:
            if not self._is_exact or not self._is_final or self._is_mixed:
                return False
            # 5.2.1 alone may be temporary: RFC 3463 3.3.
            if self.reason is Reason.MAILBOX_DISABLED or self._hints_at_others:
                return False
            return not leaves_doubt(self._extract.sentence, explained=False)
        if self.basis is not Basis.WORDS or not self._is_final or self._is_contradicted:
            return False
        evidence = self.evidence
        if evidence is None or self._is_mixed:
            return False
        if self._is_in_name(evidence) or is_negated(self.text, evidence.span[0]):
            return False
        if self._leaves_open(evidence) or self._has_another_reason(evidence):
            return False
        # Around a reply are the words of a program: "Server error: 550 ...".
        extract = self._extract
        is_in_reply = evidence.span[0] >= extract.start
        told = extract.sentence if is_in_reply else line_of(extract)
        return not leaves_doubt(told, explained=True)

    @property
    def bounce_type(self) -> BounceType | None:
        """Hard or soft, as the industry has it; None where nothing bounced, or nobody knows.

        Hard: the address takes no mail, whatever is sent to it. Soft: the address may be good;
        this message, this sender or this attempt was refused.
        """
        if isinstance(self._source, Record):
            return self._source.bounce_type
        usual = self.reason.bounce_type
        if usual is not BounceType.HARD:
            return usual
        evidence = self.evidence
        is_open = evidence is not None and self._leaves_open(evidence)
        return BounceType.SOFT if is_open or not self._is_final else usual

    @property
    def _is_contradicted(self) -> bool:
        """Whether an exact status means something that is no fault of the address.

        Exchange Online refuses unknown recipients with 5.4.1, and a mailbox that has moved without
        a new address (5.1.6, RFC 3463 3.2) is no more.
        """
        assert not isinstance(self._source, Record)
        meaning = self._source.meaning_of(self._extract)
        if meaning is None or not meaning.sharp:
            return False
        agrees = advice_for(meaning.reason).suppress
        return not agrees and meaning.reason not in (Reason.NETWORK_ERROR, Reason.RECIPIENT_MOVED)

    @property
    def _is_trouble_of_probe(self) -> bool:
        """Whether Postfix's probe of the address may have failed for a reason of its own.

        Its 5.1.1 and "undeliverable address" are the same whatever became of the probe, and a
        host that does not resolve may be a relay.
        """
        if not tells_of_probe(self._extract):
            return False
        if self.reason is Reason.UNKNOWN_DOMAIN:
            return True
        evidence = self.evidence
        return evidence is None or evidence.span[0] < self._extract.start

    @property
    def _is_exact(self) -> bool:
        assert not isinstance(self._source, Record)
        meaning = self._source.meaning_of(self._extract)
        return meaning is not None and meaning.sharp

    @property
    def _is_permanent(self) -> bool:
        """Whether a code, a status or the log says that the failure is permanent."""
        return self._extract.digit == 5 or self._extract.known.outcome is Outcome.BOUNCED

    @property
    def _is_final(self) -> bool:
        extract = self._extract
        if extract.digit not in (5, None) or is_within_acceptance(extract):
            return False
        if tells_of_delay(extract) or has_lines_that_disagree(extract):
            return False
        return not (is_followed_by_another(extract) or is_logged_as_sent(extract))

    @property
    def _is_mixed(self) -> bool:
        """Whether the text holds statuses of different meanings, or speaks of a block list."""
        source = self._source
        assert not isinstance(source, Record)
        meanings = map(source.meaning_of_status, statuses_of(self._extract))
        # "503 5.5.1 RCPT first" is the effect of a refused RCPT.
        reasons = {meaning.reason for meaning in meanings if meaning is not None}
        reasons -= {Reason.PROTOCOL_ERROR}
        return len(reasons) > 1 or not _LIST_WORDS.isdisjoint(words_of(self.text))

    def _is_in_name(self, evidence: Evidence) -> bool:
        """Whether the words that decided begin or end in a host name or a URL.

        A name between them is theirs: "doesn't have a yahoo.com account".
        """
        if self._finding.reads_text:
            return False
        first, last = evidence.span
        return any(
            start <= first < end or start < last <= end for start, end in names_in(self.text)
        )

    @property
    def _hints_at_others(self) -> bool:
        """Whether vague words beside an exact status speak of no fault of the address."""
        return any(
            found.basis is Basis.HINT
            and found.reason is not Reason.PROTOCOL_ERROR  # as in `_is_mixed`
            and not advice_for(found.reason).suppress
            for found in self.findings
        )

    def _has_another_reason(self, evidence: Evidence) -> bool:
        """Whether words beside those that decided tell of another cause ("User unknown: virus")."""
        source = self._source
        assert not isinstance(source, Record)
        text, at = without_names(self._extract.sentence), 0
        parts = []
        for start, end in evidence.spans:
            parts.append(text[at:start])
            at = end
        if self.reason is Reason.UNKNOWN_DOMAIN:  # "host lookup for ... failed: host not found"
            parts = [part for part in parts if not part.rstrip().endswith(":")]
        reasons = map(source.reason_by_words, [*parts, text[at:]])
        return any(
            reason not in _NO_CONTRADICTION and not advice_for(reason).suppress
            for reason in filter(None, reasons)
        )

    def _leaves_open(self, evidence: Evidence) -> bool:
        source = self._source
        assert not isinstance(source, Record)
        meaning = source.meaning_of(self._extract)
        settled = meaning is not None and meaning.sharp and meaning.reason is self.reason

        def agrees(part: str) -> bool:
            read = source.reason_by_words(part)
            return read is self.reason or (settled and read is None)

        return leaves_open(self.text, evidence.spans, agrees)

    @property
    def advice(self) -> Advice:
        """The actor and the recommended action, in English; `advice_in` has the other languages."""
        return advice_for(self.reason)

    def advice_in(self, language: str) -> Advice:
        """Return the advice in a language of the catalog, such as ``ru``.

        Raises:
            UnknownLanguageError: the catalog does not speak it.
        """
        return advice_for(self.reason, language)

    @property
    def actor(self) -> Actor:
        """The party that can change the outcome: the actor of the advice.

        Where nobody has to act, but the message was given up, the postmaster of the sending side.

        >>> from smtpreply import classify
        >>> from smtpreply.reasons import Outcome
        >>> classify("450 Greylisted", outcome=Outcome.EXPIRED).actor.value
        'postmaster'
        """
        return Actor.POSTMASTER if self.is_given_up else self.advice.actor

    @property
    def is_given_up(self) -> bool:
        """Whether the message was given up for a reason that time would have settled.

        >>> from smtpreply import classify
        >>> from smtpreply.reasons import Outcome
        >>> classify("450 Greylisted", outcome=Outcome.EXPIRED).is_given_up
        True
        """
        return self.disposition is Disposition.STOP and self.advice.actor is Actor.NOBODY

    def action_in(self, language: str) -> Text:
        """Return what the actor does, in a language of the catalog: the advice on the reason.

        Where the reason is a dead address, but `suppress` is False, to look first; where only
        waiting was asked for, but the message was given up, to send it again.

        Raises:
            UnknownLanguageError: the catalog does not speak it.

        >>> from smtpreply import classify
        >>> print(classify("450 4.1.1 User unknown").action_in("en"))
        Check the address for a typo and read the reply: it does not prove that the address is dead.
        """
        if self.is_given_up:
            return given_up_action(language)
        advice = self.advice_in(language)
        return unproven_action(language) if advice.suppress and not self.suppress else advice.action

    # --- hints in the text ---

    @property
    def text(self) -> str:
        """The text that was read: a reply's lines, or the text as it was given."""
        return self._extract.text

    @property
    def code(self) -> int | None:
        """The reply code in it."""
        return self._extract.code

    @property
    def status(self) -> EnhancedStatus | None:
        """The enhanced status in it."""
        return self._extract.status

    @property
    def stage(self) -> Stage | None:
        """The stage of the session, as the caller or the text names it."""
        return self._extract.stage

    @property
    def retry_after(self) -> timedelta | None:
        """The time that the text asks to wait."""
        return hints.retry_after(self.text)

    @property
    def blocklist(self) -> Listing | None:
        """The block list that the text names, and what is listed there."""
        return listing_in(self.text)

    @property
    def provider(self) -> Provider | None:
        """The author of the text, as far as its wording shows."""
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
        """Return what JSON can hold; `from_dict` makes the same verdict of it.

        Args:
            language: of ``title`` and ``action``.
        """
        advice, evidence, other = self.advice_in(language), self.evidence, self.runner_up
        listing, provider, pause = self.blocklist, self.provider, self.retry_after
        extract, bounce = self._extract, self.bounce_type
        return {
            "reason": self.reason.value,
            "group": self.reason.group.value,
            "disposition": self.disposition.value,
            "bounce_type": bounce and bounce.value,
            "suppress": self.suppress,
            "basis": self.basis.value,
            "rule": self.rule,
            "evidence": evidence and {"words": evidence.words, "spans": evidence.spans},
            "conflicts": self.conflicts,
            "runner_up": other and _finding_as_dict(other),
            "findings": [_finding_as_dict(finding) for finding in self.findings],
            "text": self.text,
            "code": self.code,
            "class": extract.digit,
            "status": self.status and str(self.status),
            "stage": self.stage and self.stage.value,
            "known_status": extract.known.status and str(extract.known.status),
            "outcome": extract.known.outcome and extract.known.outcome.value,
            "title": str(advice.title),
            "actor": self.actor.value,
            "action": str(self.action_in(language)),
            "retry_after": pause and pause.total_seconds(),
            "blocklist": listing and listing.to_dict(),
            "provider": provider and provider.key,
            "urls": list(self.urls),
            "addresses": list(self.addresses),
            "ips": list(self.ips),
            "hostnames": list(self.hostnames),
        }

    def as_soft(self) -> Verdict:
        """Return the same verdict as a soft bounce, which does not suppress.

        >>> from smtpreply import classify
        >>> soft = classify("550 5.1.1 User unknown").as_soft()
        >>> soft.reason.value, soft.bounce_type.value, soft.suppress
        ('unknown_recipient', 'soft', False)
        """
        record = attrs.evolve(self._record(), suppress=False, bounce_type=BounceType.SOFT)
        return Verdict(self._extract, self._finding, record)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Make a verdict from what `to_dict` returned.

        Args:
            data: the dictionary, also after a way through JSON.

        Raises:
            KeyError: a key is missing.
            ValueError: a value is none that `to_dict` returns.
            TypeError: a value has another type, or `data` is no mapping.

        >>> from smtpreply import classify
        >>> verdict = classify("552 5.2.2 Mailbox full")
        >>> Verdict.from_dict(verdict.to_dict()) == verdict
        True
        """
        check_mapping(data, "a verdict's data")
        evidence = member_of(data, "evidence", Mapping)
        bounce = member_of(data, "bounce_type", str)
        findings = items_of(data["findings"], "findings")
        record = Record(
            evidence=None if evidence is None else _evidence_of_dict(evidence),
            findings=tuple(map(_finding_of_dict, findings)),
            conflicts=bool(data["conflicts"]),
            suppress=bool(data["suppress"]),
            bounce_type=bounce and BounceType(bounce),
        )
        text, outcome = data["text"], member_of(data, "outcome", str)
        check_type(text, str, "text")
        stage = member_of(data, "stage", str)
        extract = Extract(
            text,
            member_of(data, "code", int),
            _status_of(data, "status"),
            stage and Stage(stage),
            text,
            severity=member_of(data, "class", int),
            known=Known(_status_of(data, "known_status"), outcome and Outcome(outcome)),
        )
        return cls(extract, _finding_of_dict(data), record)


def _again(disposition: Disposition) -> Disposition:
    """Return what to do where the message is still in a queue."""
    return Disposition.RETRY if disposition is Disposition.STOP else disposition


def _final(disposition: Disposition) -> Disposition:
    """Return what to do where the message was given up, and is not tried again."""
    return Disposition.STOP if disposition in _RETRIES else disposition


def _status_of(data: Mapping[str, Any], name: str) -> EnhancedStatus | None:
    text = member_of(data, name, str)
    return None if text is None else EnhancedStatus.parse(text)


def _finding_as_dict(finding: Finding) -> dict[str, str | None]:
    return {
        "reason": finding.reason.value,
        "basis": finding.basis.value,
        "rule": finding.rule,
    }


def _finding_of_dict(data: Mapping[str, Any]) -> Finding:
    check_mapping(data, "a finding")
    return Finding(Reason(data["reason"]), Basis(data["basis"]), member_of(data, "rule", str))


def _evidence_of_dict(data: Mapping[str, Any]) -> Evidence:
    words = data["words"]
    check_type(words, str, "words")
    return Evidence(words, tuple(map(_span_of_list, items_of(data["spans"], "spans"))))


def _span_of_list(value: object) -> tuple[int, int]:
    match list(items_of(value, "a span")):
        case [int() as start, int() as end]:
            return start, end
        case other:
            raise ValueError(f"a span is a start and an end, not {other}")
