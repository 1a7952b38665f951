"""The built-in classifier decides as one that reads the rules' files."""

from __future__ import annotations

from smtpreply.reasons import Classifier, builtin_rules
from smtpreply.reasons.classifier import default_classifier


def test_a_classifier_of_compiled_rules_decides_as_one_that_reads_them() -> None:
    read = Classifier(builtin_rules())
    known = default_classifier()
    assert [rule.id for rule in known.rules] == [rule.id for rule in read.rules]
    for rule in read.rules:
        for text in (*rule.catches, *rule.spares):
            one, other = known.classify(text), read.classify(text)
            assert (one.reason, one.rule, one.basis) == (other.reason, other.rule, other.basis)
