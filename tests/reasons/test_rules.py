"""Our own rules: every example is a test, and no rule stands in another's way."""

from __future__ import annotations

from pathlib import Path

import pytest

import smtpreply
from smtpreply.reasons import Reason, Rule, RuleError, builtin_rules, default_classifier, rules_in
from smtpreply.reasons.lint import problems

RULES = builtin_rules()
CATCHES = [(rule, text) for rule in RULES for text in rule.catches]
SPARES = [(rule, text) for rule in RULES for text in rule.spares]


@pytest.mark.parametrize(("rule", "text"), CATCHES, ids=[f"{r.id}-{t[:30]}" for r, t in CATCHES])
def test_an_example_gets_its_reason_by_words(rule: Rule, text: str) -> None:
    verdict = default_classifier().classify(text)
    assert (verdict.reason, verdict.evidence is not None) == (rule.reason, True)


@pytest.mark.parametrize(("rule", "text"), SPARES, ids=[f"{r.id}-{t[:30]}" for r, t in SPARES])
def test_a_rule_spares_what_it_must(rule: Rule, text: str) -> None:
    assert default_classifier().classify(text).rule != rule.id


def test_every_rule_is_reached_and_none_contradicts() -> None:
    assert list(map(str, problems(default_classifier()))) == []


def test_every_rule_says_who_says_so_and_has_an_example() -> None:
    assert [rule.id for rule in RULES if not (rule.seen and rule.catches)] == []


def test_every_reason_has_a_rule() -> None:
    assert {rule.reason for rule in RULES} == set(Reason) - {Reason.ACCEPTED, Reason.UNKNOWN}


@pytest.mark.parametrize(
    "language", ["de", "fr", "es", "it", "pt", "ru", "pl", "nl", "ja", "zh", "ko"]
)
def test_servers_languages_are_spoken(language: str) -> None:
    own = {rule.reason for rule in RULES if rule.id.startswith(f"{language}-")}
    assert own >= {Reason.UNKNOWN_RECIPIENT, Reason.MAILBOX_FULL, Reason.SPAM_CONTENT}


GOOD = '[mine]\nreason = "policy"\nwords = ["frobnicated"]\ncatches = ["550 frobnicated"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('reason = "policy"', "a rule is [its-id] and keys below it"),
        ('[a]\nwords = ["x"]', "key 'reason' is missing"),
        ('[a]\nreason = "policy"', "key 'words' is missing"),
        ('[a]\nreason = "no"\nwords = ["x"]', "reason: no such reason: 'no'"),
        ('[a]\nreason = "accepted"\nwords = ["x"]', "reason: no such reason: 'accepted'"),
        ('[a]\nreason = "policy"\nwords = []', "words is empty"),
        ('[a]\nreason = "policy"\nwords = "x"', "words is a list of texts"),
        ('[a]\nreason = "policy"\nwords = ["(x"]', "'(' is not closed in '(x'"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nword = ["y"]', "unknown key 'word'"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nclass = 2', "class is 4 or 5"),
        ('[a]\nreason = "policy"\nwords = ["x"]\ncode = [250]', "code is a list of reply codes"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nstatus = ["5.7"]', "status: '5.7' is not like"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nstage = ["rcpt"]', "stage: no stage 'rcpt'"),
        ('[a]\nreason = "policy"\nwords = ["x"]\npattern = "a+"', "'+' at 1 is not allowed"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nvague = 1', "vague is true or false"),
        ('[a]\nreason = "policy"\nwords = ["x"]\nseen = 1', "seen is a text"),
        ("[a", "Expected"),
    ],
)
def test_a_file_that_breaks_the_schema_is_a_clear_error(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(RuleError) as caught:
        rules_in(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_file_that_is_not_there_is_a_rule_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="No such file"):
        rules_in(tmp_path / "none.toml")


def test_two_rules_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(RuleError, match=r"\[mine\]: this id is also in .*a\.toml"):
        smtpreply.Classifier.from_files(tmp_path)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (GOOD.replace("550 frob", "550 fob"), "missed example"),
        (GOOD + 'spares = ["550 frobnicated twice"]', "caught example"),
        (GOOD.replace("catches", "#"), "unreached"),
        (GOOD + GOOD.replace("mine", "yours").replace("policy", "virus"), "contradiction"),
        (GOOD + GOOD.replace("mine", "weak") + "vague = true", "shadowed"),
    ],
)
def test_check_finds(tmp_path: Path, text: str, kind: str) -> None:
    classifier = smtpreply.Classifier.from_files(write(tmp_path, text))
    own = [rule for rule in classifier.rules if rule.layer == 0]
    assert kind in {problem.kind.value for problem in problems(classifier, own)}


@pytest.mark.parametrize(
    ("builtin", "reason"),
    [
        ("after", "virus"),
        ("before", "mailbox_full"),
        ("together", "mailbox_full"),
        ("none", "virus"),
    ],
)
def test_the_users_rules_before_and_after_ours(tmp_path: Path, builtin: str, reason: str) -> None:
    text = '[mine]\nreason = "virus"\nwords = ["full"]\ncatches = ["full"]'
    classifier = smtpreply.Classifier.from_files(write(tmp_path, text), builtin=builtin)
    assert classifier.classify("552 Mailbox full").reason == reason
