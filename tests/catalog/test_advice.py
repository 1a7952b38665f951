"""Advice follows the class: every code, in every class that it can have."""

from __future__ import annotations

import pytest

from smtpreply import EnhancedStatus
from smtpreply.catalog import (
    LANGUAGES,
    NextStep,
    ReplyCodeEntry,
    ResponsibleParty,
    Standing,
    StatusEntry,
    codes,
    lookup,
    statuses,
)

DETAILS = [entry.key for entry in statuses() if entry.key.startswith("X.")]
IN_CLASSES = [f"{digit}{key[1:]}" for key in DETAILS for digit in "245"]
OF_PROVIDERS = [entry.key for entry in statuses() if not entry.key.startswith("X.")]

# Microsoft's pages say that these limits of an hour, and of an IPv6 range, end by themselves.
RETRIED_BY_A_VENDORS_PAGE = {"5.2.121", "5.2.122", "5.7.508"}


def entry_of(key: str, language: str = "en") -> StatusEntry:
    entry = lookup(key, language=language)
    assert isinstance(entry, StatusEntry)
    return entry


@pytest.mark.parametrize("key", [*IN_CLASSES, *OF_PROVIDERS, "2.9.9", "4.9.9", "5.9.9"])
def test_an_enhanced_status_advises_what_its_class_allows(key: str) -> None:
    entry = entry_of(key)
    if key[0] == "2":
        assert (entry.advice, entry.actor) == (NextStep.NONE, ResponsibleParty.NOBODY)
    elif key[0] == "4":
        assert entry.advice not in (NextStep.STOP, NextStep.NONE, NextStep.CHANGE)
    else:
        retried = entry.advice in (NextStep.RETRY, NextStep.REMAINDER, NextStep.NONE)
        assert retried == (key in RETRIED_BY_A_VENDORS_PAGE)
        # "The sending server waits and tries again" is no advice on a permanent failure.
        assert entry.actor is not ResponsibleParty.SERVER


@pytest.mark.parametrize("entry", codes(), ids=lambda entry: entry.key)
def test_a_reply_code_advises_what_its_class_allows(entry: ReplyCodeEntry) -> None:
    if entry.key[0] == "2" and entry.standing is not Standing.NOT_SMTP:
        assert (entry.advice, entry.actor) == (NextStep.NONE, ResponsibleParty.NOBODY)
    elif entry.key[0] == "4":
        assert entry.advice is not NextStep.STOP
    elif entry.key[0] == "5":
        assert entry.advice not in (NextStep.RETRY, NextStep.REMAINDER, NextStep.NONE)
        assert entry.actor is not ResponsibleParty.SERVER


@pytest.mark.parametrize("code", [299, 399, 497, 599])
def test_an_unregistered_code_advises_by_its_first_digit(code: int) -> None:
    steps = {2: NextStep.NONE, 3: NextStep.CONTINUE, 4: NextStep.RETRY, 5: NextStep.STOP}
    entry = lookup(code)
    assert isinstance(entry, ReplyCodeEntry)
    assert entry.advice is steps[code // 100]


@pytest.mark.parametrize("key", IN_CLASSES)
def test_usual_reply_codes_have_the_first_digit_of_the_status(key: str) -> None:
    """RFC 2034 4: the first digits must agree."""
    assert all(str(code)[0] == key[0] for code in entry_of(key).codes)


def test_a_detail_in_no_class_keeps_all_registered_reply_codes() -> None:
    assert entry_of("X.7.1").codes == (451, 454, 502, 503, 533, 550, 551)
    assert entry_of("4.7.1").codes == (451, 454)
    assert entry_of("5.7.1").codes == (502, 503, 533, 550, 551)
    assert entry_of("4.2.2").codes == ()
    assert entry_of("X.7.1").advice is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", [key for key in IN_CLASSES if key[0] == "2"])
def test_success_needs_no_repair(key: str, language: str) -> None:
    """No success code tells its reader to send a bounce to somebody."""
    fix = entry_of(key, language).fix
    assert not any(word in fix.sender for word in ("bounce", "administrator", "администратор"))


@pytest.mark.parametrize("key", [key for key in IN_CLASSES if key[0] == "4"])
def test_a_temporary_status_asks_for_patience_first(key: str) -> None:
    classes = entry_of(f"X{key[1:]}").classes
    if classes != (2,):
        fix = entry_of(key).fix
        assert fix.sender.startswith("Wait first")
        assert "4.5.4.1" in fix.admin
        assert "your server tries again" not in fix.sender.removeprefix("Wait first")


def test_a_password_is_never_asked_for_where_the_mechanism_or_tls_is_the_matter() -> None:
    assert lookup(530).advice is NextStep.PREREQUISITE
    assert lookup(534).advice is NextStep.MECHANISM
    assert lookup(535).advice is NextStep.CREDENTIALS
    assert entry_of("5.7.8").advice is NextStep.CREDENTIALS
    assert entry_of("5.7.9").advice is NextStep.MECHANISM
    assert entry_of("4.7.12").advice is NextStep.MECHANISM


def test_a_retry_time_is_given_with_class_4_only() -> None:
    for key in IN_CLASSES:
        if key[0] != "4":
            assert entry_of(key).practice.retry is None, key
    assert entry_of("4.7.28").practice.retry
    assert entry_of("2.7.1").practice.checks == ()


def test_looking_up_a_status_value_gives_the_same_entry() -> None:
    assert lookup(EnhancedStatus(4, 7, 1)) == lookup("4.7.1")
