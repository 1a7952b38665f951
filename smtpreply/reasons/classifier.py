"""`classify`, and the classifier behind it: rules, put together once, and asked often."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from smtpreply._support import data
from smtpreply.reasons.engine import ACCEPTED, Engine, Plan, plan_of
from smtpreply.reasons.extract import AnySaid, SaidByReply, said_in
from smtpreply.reasons.fallback import default_fallback
from smtpreply.reasons.providers import provider_in
from smtpreply.reasons.rule import LazyRules, Rule, RuleError, rules_in, rules_of
from smtpreply.reasons.verdict import Verdict
from smtpreply.reply.model import Reply
from smtpreply.stage import Stage

CACHE_SIZE = 4096


class Builtin(enum.StrEnum):
    """Where our rules come beside a user's own."""

    AFTER = "after"
    """Ours are asked where none of the user's matches."""
    BEFORE = "before"
    """The user's are asked where none of ours matches."""
    TOGETHER = "together"
    """The more specific decides, whosever it is."""
    NONE = "none"
    """Ours are not asked."""


class Classifier:
    """Tells why a server answered as it did. Any number of threads may share one.

    Args:
        rules: what it knows. Their order has no say: the more specific decides.
        cache_size: how many wordings are remembered; 0 for none.
        plan: the plan of an engine of the same rules, which saves making it.

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
        own = [rule for path in paths for file in _files(Path(path)) for rule in rules_in(file)]
        return cls([*own, *ours], cache_size=cache_size)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that it asks."""
        return self.engine.rules

    def classify(self, reply: Reply | str | bytes, *, stage: Stage | str | None = None) -> Verdict:
        """Explain why a server answered so.

        Args:
            reply: a `Reply`; or text or octets as logs and bounces have them, with or without a
                code in it.
            stage: what was answered, such as "RCPT"; some texts say it themselves.

        Raises:
            ValueError: there is no such stage.
        """
        if stage is not None:
            stage = Stage(stage)
        said: AnySaid
        if isinstance(reply, Reply):
            said = SaidByReply(reply, stage)
            if reply.code < 400:
                return Verdict(said, ACCEPTED, self.engine)
        else:
            said = said_in(reply, stage)
            if said.digit in (2, 3):
                return Verdict(said, ACCEPTED, self.engine)
        return Verdict(said, self.engine.decide(said), self.engine)


def classify(reply: Reply | str | bytes, *, stage: Stage | str | None = None) -> Verdict:
    """Explain why a server answered so, by our own rules, which are read on the first call.

    Args:
        reply: a `Reply`; or text or octets as logs and bounces have them: with words around the
            reply ("host mx.example.com[192.0.2.1] said: 550 ..."), or without any code.
        stage: what was answered, such as "RCPT"; some texts say it themselves.

    Raises:
        ValueError: there is no such stage.

    >>> verdict = classify("550 5.7.1 <bob@example.com>: Recipient address rejected: User unknown")
    >>> verdict.reason.value, verdict.rule, verdict.evidence.words
    ('unknown_recipient', 'user-unknown', 'Recipient address rejected: User unknown')
    """
    return default_classifier().classify(reply, stage=stage)


@functools.cache
def default_classifier() -> Classifier:
    """Return the classifier that `classify` asks; it is made on the first call."""
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
    """Read our own rules."""
    rows = rule_rows().items()
    return [rule for key, (file, table) in rows for rule in rules_of({key: table}, file, layer)]


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.toml")) if path.is_dir() else [path]


def _refuse_twins(rules: Iterable[Rule]) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules:
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            raise RuleError(f"this id is also in {first.source}", rule.source, rule.id)


def _provider_of(said: AnySaid) -> str | None:
    provider = provider_in(said.text)
    return None if provider is None else provider.key
