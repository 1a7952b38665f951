"""The reasons for refusals: verdicts, what to do, and the words that decided."""

from smtpreply.reasons.advice import Advice, advice_for
from smtpreply.reasons.blocklists import BlockList, Listing, blocklists
from smtpreply.reasons.classifier import (
    Builtin,
    Classifier,
    builtin_rules,
    classify,
    classify_all,
    default_classifier,
    from_exception,
)
from smtpreply.reasons.dedup import alike
from smtpreply.reasons.engine import Finding
from smtpreply.reasons.evidence import Evidence
from smtpreply.reasons.providers import Provider, provider_at, providers
from smtpreply.reasons.rule import Rule, RuleError, rules_in
from smtpreply.reasons.taxonomy import (
    Actor,
    Basis,
    BounceType,
    Disposition,
    Group,
    Outcome,
    Reason,
    services,
)
from smtpreply.reasons.template import template
from smtpreply.reasons.verdict import Verdict

__all__ = [
    "Actor",
    "Advice",
    "Basis",
    "BlockList",
    "BounceType",
    "Builtin",
    "Classifier",
    "Disposition",
    "Evidence",
    "Finding",
    "Group",
    "Listing",
    "Outcome",
    "Provider",
    "Reason",
    "Rule",
    "RuleError",
    "Verdict",
    "advice_for",
    "alike",
    "blocklists",
    "builtin_rules",
    "classify",
    "classify_all",
    "default_classifier",
    "from_exception",
    "provider_at",
    "providers",
    "rules_in",
    "services",
    "template",
]
