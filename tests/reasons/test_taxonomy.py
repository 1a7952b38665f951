"""Attributes of reasons: group, type of bounce, and the names that others use."""

from __future__ import annotations

import pickle

import pytest

from smtpreply.catalog import LANGUAGES
from smtpreply.reasons import BounceType, Group, Reason, advice_for

NOT_BOUNCED = {Reason.ACCEPTED, Reason.UNKNOWN}


@pytest.mark.parametrize("reason", Reason)
def test_what_is_suppressed_is_a_hard_bounce(reason: Reason) -> None:
    hard = reason.bounce_type is BounceType.HARD
    assert hard or not advice_for(reason).suppress


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_is_hard_or_soft(reason: Reason) -> None:
    assert (reason.bounce_type is None) == (reason in NOT_BOUNCED)


def test_only_the_recipients_reasons_are_hard() -> None:
    assert {r.group for r in Reason if r.bounce_type is BounceType.HARD} == {Group.RECIPIENT}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in NOT_BOUNCED])
def test_most_services_have_a_name_for_a_refusal(reason: Reason) -> None:
    assert set(reason.aliases) == {"sisimai", "kumomta", "sparkpost", "sendgrid", "ses", "mailgun"}
    assert sum(map(bool, reason.aliases.values())) >= 5


def test_a_member_survives_pickling_with_all_it_carries() -> None:
    copy = pickle.loads(pickle.dumps(Reason.DOMAIN_BLOCKED))
    assert copy is Reason.DOMAIN_BLOCKED
    assert copy.aliases["kumomta"] == ("SpamBlock",)


@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
@pytest.mark.parametrize("reason", Reason)
def test_the_advice_is_translated(reason: Reason, language: str) -> None:
    advice = advice_for(reason, language)
    assert {text.language for text in (advice.title, advice.means, advice.action)} == {language}
