"""`classify`, `classify_all`, `from_exception`, and the `Classifier` behind them."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from smtpreply._support import data
from smtpreply._support.checks import check_type
from smtpreply.codes import EnhancedStatus
from smtpreply.errors import MultipleRepliesError
from smtpreply.reasons.engine import ACCEPTED, SENT, UNKNOWN, Engine, Plan, plan_of
from smtpreply.reasons.exceptions import (
    Answer,
    answers_in,
    causes_of,
    refusals_of,
    reply_of,
    reply_of_pair,
    stage_of,
    words_of_error,
)
from smtpreply.reasons.extract import (
    NOTHING_KNOWN,
    AnyExtract,
    Extract,
    Known,
    ReplyExtract,
    extract_from,
    refusals_behind,
    tells_of_deferral,
    tells_of_failure,
)
from smtpreply.reasons.fallback import default_fallback
from smtpreply.reasons.normalize import LONGEST
from smtpreply.reasons.providers import provider_in
from smtpreply.reasons.rule import LazyRules, Rule, RuleError, rules_in, rules_of
from smtpreply.reasons.target import verdict_for
from smtpreply.reasons.taxonomy import Basis, Outcome, Reason
from smtpreply.reasons.verdict import Verdict
from smtpreply.reply.model import Reply
from smtpreply.reply.recipients import names_several, recipients_in
from smtpreply.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from smtpreply.dialogue.transcript import Exchange

CACHE_SIZE = 4096
_MOST_ANSWERS = 500  # of a text, whose length is bounded, too


class Builtin(enum.StrEnum):
    """The place of the built-in rules beside a user's own.

    >>> Classifier.from_files(builtin=Builtin.NONE).rules
    ()
    """

    AFTER = "after"
    """The built-in ones apply where none of the user's matches."""
    BEFORE = "before"
    """The user's apply where none of the built-in ones matches."""
    TOGETHER = "together"
    """The most specific decides, of either."""
    NONE = "none"
    """Only the user's apply."""


class Classifier:
    """Explains why a server answered as it did. Any number of threads may share one.

    Args:
        rules: the rules. Their order is irrelevant: the most specific decides.
        cache_size: how many wordings are cached; 0 for none.
        plan: the plan of an engine of the same rules, made before.

    >>> Classifier(builtin_rules()).classify("552 5.2.2 Mailbox full").reason.value
    'mailbox_full'
    """

    def __init__(
        self, rules: Iterable[Rule], *, cache_size: int = CACHE_SIZE, plan: Plan | None = None
    ) -> None:
        known = rules if isinstance(rules, LazyRules) else tuple(rules)
        if plan is None:
            _refuse_twins(known)
        self.engine = Engine(
            known, default_fallback(), _provider_of, cache_size=cache_size, plan=plan
        )

    @classmethod
    def from_files(
        cls, *paths: str | Path, builtin: str = Builtin.AFTER, cache_size: int = CACHE_SIZE
    ) -> Classifier:
        """Make one of your own rules and ours.

        Args:
            paths: files of rules; a folder stands for all ``*.toml`` below it.
            builtin: where our rules come: ``after`` yours (the default), ``before`` them,
                ``together`` with them, or ``none``: see `Builtin`.
            cache_size: as for `Classifier`.

        Raises:
            RuleError: a file cannot be read, a rule breaks the schema, or two have one id.
        """
        place = Builtin(builtin)
        layer = {Builtin.AFTER: 1, Builtin.BEFORE: -1}.get(place, 0)
        ours = [] if place is Builtin.NONE else builtin_rules(layer)
        own = [rule for path in paths for file in _files(path) for rule in rules_in(file)]
        return cls([*own, *ours], cache_size=cache_size)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules."""
        return self.engine.rules

    def classify(
        self,
        reply: Classifiable,
        *,
        stage: Stage | str | None = None,
        status: EnhancedStatus | str | None = None,
        outcome: Outcome | str | None = None,
    ) -> Verdict:
        """Explain why a server answered as it did, as `smtpreply.classify` does by our rules.

        Args:
            reply: as for `smtpreply.classify`.
            stage: as for `smtpreply.classify`.
            status: as for `smtpreply.classify`.
            outcome: as for `smtpreply.classify`.

        Raises:
            MultipleRepliesError: the text holds replies to several recipients.
            ValueError: there is no such stage, status or outcome.
            TypeError: an object that holds no reply.
        """
        if stage is not None:
            stage = Stage(stage)
        known = NOTHING_KNOWN if status is None and outcome is None else _known(status, outcome)
        extract: AnyExtract
        if isinstance(reply, Reply):
            extract = ReplyExtract(reply, stage, known)
            if reply.code < 400 and known.allows_acceptance:
                return Verdict(extract, ACCEPTED, self.engine)
            return Verdict(extract, self.engine.decide(extract), self.engine)
        if not isinstance(reply, (str, bytes)):
            return self._of_object(reply, stage, known)
        extract = extract_from(reply, stage, known)
        if stage is None and known is NOTHING_KNOWN and (answers := _answers_in(extract.text)):
            return self._of_session(answers, extract.text)
        if extract.text.count("@") > 1 and names_several(extract.text):
            raise _several(extract.text)
        if extract.is_accepted:
            if extract.code is None:
                return Verdict(extract, SENT, self.engine)
            refusal = self._refusal_behind(extract) if known is NOTHING_KNOWN else None
            if refusal is None:
                return Verdict(extract, ACCEPTED, self.engine)
            extract = refusal
        return Verdict(extract, self.engine.decide(extract), self.engine)

    def _refusal_behind(self, extract: Extract) -> Extract | None:
        """Return the first refusal with known words on the line of a positive reply, if any."""
        for refusal in refusals_behind(extract):
            if self.engine.decide(refusal).basis in (Basis.WORDS, Basis.HINT):
                return refusal
        return None

    def classify_all(
        self, replies: Classifiable, *, stage: Stage | str | None = None
    ) -> dict[str | None, Verdict]:
        """Explain what was answered to each recipient, as `smtpreply.classify_all` does.

        Args:
            replies: as for `smtpreply.classify_all`.
            stage: as for `smtpreply.classify_all`.

        Raises:
            ValueError: there is no such stage.
            TypeError: an object that holds no reply.
        """
        answers: Mapping[str, Answer] = {}
        is_of_failure, is_deferred = isinstance(replies, BaseException), False
        if isinstance(replies, (str, bytes)):
            text = extract_from(replies).text
            if stage is None and (session := _answers_in(text)):
                return {whom: self.of_exchange(each, whom) for whom, each in session.items()}
            answers = recipients_in(text)
            # Before the first recipient: the name of an exception, or words of a program.
            first = next(iter(answers), None)
            is_of_failure = first is not None and tells_of_failure(text[: text.find(first)])
            is_deferred = bool(answers) and tells_of_deferral(_around(answers, text))
            # A server that has asked the sender's own quotes what was answered about that address.
            if len(answers) == 1 and self._is_about_sender(replies, stage):
                answers = {}
        elif isinstance(replies, Mapping):
            answers = answers_in(replies)
        elif isinstance(replies, BaseException):
            for error in causes_of(replies):
                answers = refusals_of(error)
                if answers:
                    stage = stage or stage_of(error)
                    break
                if reply_of(error) is not None:
                    break
        if not answers and not isinstance(replies, Mapping):
            return {None: self.classify(replies, stage=stage)}
        verdicts: dict[str | None, Verdict] = {
            whom: verdict_for(self.classify(answer, stage=stage), [whom])
            for whom, answer in answers.items()
        }
        if is_deferred:
            verdicts = {
                whom: verdict.as_soft() if verdict.suppress else verdict
                for whom, verdict in verdicts.items()
            }
        if is_of_failure:
            return {whom: self._not_accepted(verdict) for whom, verdict in verdicts.items()}
        return verdicts

    def of_exchange(self, exchange: Exchange, recipient: str | None) -> Verdict:
        """Explain a reply of a session, as far as it is about a recipient.

        Args:
            exchange: the reply, with what it answers. One to several recipients suppresses only
                whom it names.
            recipient: the recipient; None where it is unknown.

        >>> from smtpreply.dialogue.transcript import read_transcript
        >>> lines = ["C: RCPT TO:<bob@example.org>", "S: 550 5.1.1 No such user"]
        >>> [exchange] = read_transcript(lines).exchanges
        >>> default_classifier().of_exchange(exchange, "bob@example.org").suppress
        True
        """
        verdict = self.classify(exchange.reply, stage=exchange.stage)
        several = len(exchange.recipients) > 1
        return verdict_for(verdict, [recipient], is_of_several=several)

    def _of_session(self, answers: Mapping[str | None, Exchange], text: str) -> Verdict:
        """Classify what decides in the transcript of a session, if it is the same for all."""
        first, *others = answers.values()
        if any((each.reply, each.stage) != (first.reply, first.stage) for each in others):
            raise _several(text)
        verdicts = [self.of_exchange(each, whom) for whom, each in answers.items()]
        return next((each for each in verdicts if not each.suppress), verdicts[0])

    def _is_about_sender(self, text: str | bytes, stage: Stage | str | None) -> bool:
        try:
            return self.classify(text, stage=stage).reason is Reason.SENDER_REJECTED
        except MultipleRepliesError:
            return False

    def undecided(self, text: str) -> Verdict:
        """Return the verdict on a text of which nothing is known: a person looks."""
        return Verdict(Extract(text, None, None, None, text), UNKNOWN, self.engine)

    def _not_accepted(self, verdict: Verdict) -> Verdict:
        """Return a verdict on what an exception holds: no program raises one for a success."""
        if verdict.reason is not Reason.ACCEPTED:
            return verdict
        text, code = verdict.text, verdict.code
        return Verdict(
            Extract(text, code, verdict.status, verdict.stage, text), UNKNOWN, self.engine
        )

    def _of_object(self, given: object, stage: Stage | None, known: Known) -> Verdict:
        """Classify what is neither a reply nor text."""
        whom: str | None = None
        answer: Answer | None = None
        if isinstance(given, BaseException):
            return self._of_error(given, stage, known)
        if isinstance(given, (bytearray, memoryview)):
            answer = bytes(given).decode("utf-8", "surrogateescape")
        elif isinstance(given, Mapping):
            whom, answer = _only(answers_in(given))
        elif isinstance(given, (tuple, list)):
            answer = reply_of_pair(given)
            if answer is None and len(given) > 1:
                raise TypeError(
                    f"a pair is a reply code from 200 to 599 and text or octets, not {given!r:.80}"
                )
        if answer is None:
            raise TypeError(
                "classify takes a Reply, text, octets, a pair of code and text, or an exception, "
                f"not {type(given).__name__}"
            )
        verdict = self.classify(answer, stage=stage, status=known.status, outcome=known.outcome)
        return verdict_for(verdict, [whom])

    def _of_error(self, error: BaseException, stage: Stage | None, known: Known) -> Verdict:
        """Classify the first reply in an exception and its causes, or else the first known words.

        A library may hide a reply behind an exception of its own, which says less.
        """

        def classified(answer: Answer, cause: BaseException, whom: str | None = None) -> Verdict:
            at = stage or stage_of(cause)
            verdict = self.classify(answer, stage=at, status=known.status, outcome=known.outcome)
            return verdict_for(self._not_accepted(verdict), [whom])

        causes = list(causes_of(error))
        for cause in causes:
            whom, answer = _only(refusals_of(cause))
            answer = answer or reply_of(cause)
            if answer is not None:
                return classified(answer, cause, whom)
        verdicts = [classified(words_of_error(cause), cause) for cause in causes]
        return min(verdicts, key=_vagueness)  # of several that say as much, the outermost


def _vagueness(verdict: Verdict) -> int:
    """Return how vague a verdict on words is: ``sending failed`` is vaguer than its cause."""
    return 2 if not verdict.is_explained else 1 if verdict.basis is Basis.HINT else 0


Classifiable = (
    Reply
    | str
    | bytes
    | bytearray
    | memoryview
    | BaseException
    | Sequence[object]
    | Mapping[Any, object]
)
"""What can be classified: see `classify`."""


def _answers_in(text: str) -> Mapping[str | None, Exchange]:
    """Return the replies that decide in the transcript of a session; none in any other text.

    What is said beside a session without an end is left to the words: "connection lost".
    """
    if "\n" not in text:
        return {}
    from smtpreply.dialogue.decisive import decisive, session_in  # noqa: PLC0415  (rarely wanted)

    answers = decisive(session_in(text))
    is_open = any(
        each.reply.code < 400 and each.stage is not Stage.END_OF_DATA for each in answers.values()
    )
    return {} if is_open and tells_of_failure(text) else answers


@functools.lru_cache(maxsize=256)
def _known(status: EnhancedStatus | str | None, outcome: Outcome | str | None) -> Known:
    return Known(
        EnhancedStatus.parse(status) if isinstance(status, str) else status,
        None if outcome is None else Outcome(outcome),
    )


def _around(answers: Mapping[str, Answer], text: str) -> str:
    """Return what a text has around the answers that were found in it."""
    text = text[:LONGEST]
    for answer in islice(answers.values(), _MOST_ANSWERS):
        text = text.replace(str(answer), " ", 1)
    return text


def _only(answers: Mapping[str, Answer]) -> tuple[str, Answer] | tuple[None, None]:
    """Return the only recipient and what was answered to it; None where there is none."""
    if len(answers) > 1:
        raise _several(", ".join(answers))
    return next(iter(answers.items()), (None, None))


def _several(text: str) -> MultipleRepliesError:
    message = "several recipients with a reply each, classify_all gives a verdict for each"
    return MultipleRepliesError(message, text)


def classify(
    reply: Classifiable,
    *,
    stage: Stage | str | None = None,
    status: EnhancedStatus | str | None = None,
    outcome: Outcome | str | None = None,
) -> Verdict:
    """Explain why a server answered as it did, by the built-in rules, loaded on first use.

    Args:
        reply: a `Reply`; text or octets as logs and bounces have them: with words around the
            reply ("host mx.example.com[192.0.2.1] said: 550 ..."), or without any code; the
            transcript of a session, of which the reply decides that refuses or, at the end of
            data, accepts the message; a pair of code and text; or an exception, see
            `from_exception`.
        stage: what was answered, such as "RCPT"; some texts say it themselves.
        status: the enhanced status that is beside the text, such as Postfix's ``dsn=``.
        outcome: what became of the message: "sent", "deferred", "bounced", "expired" or
            "rejected" (by our own server). It bounds what to do: what is deferred is neither
            stopped nor suppressed, and what is bounced or expired is not tried again.

    Raises:
        MultipleRepliesError: the text holds replies to several recipients; `classify_all` gives a
            verdict for each.
        ValueError: there is no such stage, status or outcome.
        TypeError: an object that holds no reply.

    >>> verdict = classify("550 5.7.1 <bob@example.com>: Recipient address rejected: User unknown")
    >>> verdict.reason.value, verdict.rule, verdict.evidence.words
    ('unknown_recipient', 'user-unknown', 'Recipient address rejected: User unknown')
    >>> classify("Host not found", status="4.4.3", outcome="deferred").disposition.value
    'retry'
    """
    return default_classifier().classify(reply, stage=stage, status=status, outcome=outcome)


def classify_all(
    replies: Classifiable, *, stage: Stage | str | None = None
) -> dict[str | None, Verdict]:
    """Explain what was answered to each recipient.

    Args:
        replies: an exception such as smtplib's and aiosmtplib's ``SMTPRecipientsRefused``; the
            dict of refused recipients that `smtplib.SMTP.sendmail` returns; or text that holds
            either, or "ann@example.org: 550 ..., bob@example.org: 452 ...", or the transcript of a
            session.
        stage: what was answered.

    Returns:
        A verdict for each recipient, by its address. Where no recipient is named, there is one,
        by None.

    Raises:
        ValueError: there is no such stage.
        TypeError: an object that holds no reply.

    >>> refused = {"ann@example.org": (550, b"5.1.1 No such user"), "bob@example.org": (452, b"")}
    >>> [(whom, each.disposition.value) for whom, each in classify_all(refused).items()]
    [('ann@example.org', 'stop'), ('bob@example.org', 'retry')]
    """
    return default_classifier().classify_all(replies, stage=stage)


def from_exception(error: BaseException) -> Verdict:
    """Explain why sending failed, by the exception that a library raised.

    Args:
        error: an exception of smtplib or aiosmtplib, a time-out or an error of a socket, of TLS or
            of asyncio, or any other. The reply that it or one of its causes carries decides, or
            else their names and words.

    Raises:
        MultipleRepliesError: several recipients were refused; `classify_all` gives a verdict for
            each.
        TypeError: it is no exception.

    >>> from_exception(ConnectionRefusedError(111, "Connection refused")).reason.value
    'network_error'
    """
    check_type(error, BaseException, "what from_exception takes")
    return default_classifier().classify(error)


@functools.cache
def default_classifier() -> Classifier:
    """Return the classifier that `classify` uses; it is made on the first call.

    >>> default_classifier().classify("552 5.2.2 Mailbox full").reason.value
    'mailbox_full'
    """
    return Classifier(LazyRules(rule_rows()), plan=Plan(**plan_of_rules()))


@data.derived("reasons/rules")
def rule_rows() -> data.Table:
    """Return our own rules by their ids: of each, the name of its file, and its table there.

    Raises:
        RuleError: two have one id.
    """
    rows: dict[str, tuple[str, Any]] = {}
    for name in data.sources("reasons/rules"):
        source = f"{data.PACKAGE}/{name}.toml"
        for key, table in data.read(name).items():
            if key in rows:
                raise RuleError(f"this id is also in {rows[key][0]}", source, key)
            rows[key] = source, table
    return rows


@data.derived("reasons/rules-index")
def plan_of_rules() -> data.Table:
    """Return the plan of our own rules, as its members.

    Raises:
        RuleError: a rule breaks the schema.
    """
    return plan_of(builtin_rules())._asdict()


def builtin_rules(layer: int = 0) -> list[Rule]:
    """Return the built-in rules.

    Args:
        layer: their layer: of two rules that match, that of the lower layer decides.

    >>> next(rule.reason.value for rule in builtin_rules() if rule.id == "user-unknown")
    'unknown_recipient'
    """
    rows = rule_rows().items()
    return [rule for key, (file, table) in rows for rule in rules_of({key: table}, file, layer)]


def _files(given: str | Path) -> list[Path]:
    from pathlib import Path  # noqa: PLC0415  (4 ms that a verdict need not spend)

    path = Path(given)
    return sorted(path.rglob("*.toml")) if path.is_dir() else [path]


def _refuse_twins(rules: Iterable[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            raise RuleError(f"this id is also in {first.source}", rule.source, rule.id)


def _provider_of(extract: AnyExtract) -> str | None:
    provider = provider_in(extract.text)
    return None if provider is None else provider.key
