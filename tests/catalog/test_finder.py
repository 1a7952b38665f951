"""Looking things up."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from smtpreply import EnhancedStatus, ReplyClass, parse
from smtpreply.catalog import (
    CommandEntry,
    KeywordEntry,
    ReplyCode,
    ReplyCodeEntry,
    Standing,
    StatusEntry,
    UnknownEntryError,
    UnknownLanguageError,
    codes,
    command,
    keyword,
    load,
    lookup,
    mechanism,
)


@pytest.mark.parametrize("key", [550, "550", " 550 ", ReplyCode.MAILBOX_UNAVAILABLE])
def test_a_reply_code_is_found_by_number_and_by_text(key: Any) -> None:
    entry = lookup(key if isinstance(key, str) else int(key))
    assert isinstance(entry, ReplyCodeEntry)
    assert entry.code == 550
    assert entry.reply_class is ReplyClass.PERMANENT_NEGATIVE


@pytest.mark.parametrize("key", ["5.1.1", EnhancedStatus(5, 1, 1)])
def test_an_enhanced_code_is_found_by_text_and_by_value(key: Any) -> None:
    entry = lookup(key)
    assert isinstance(entry, StatusEntry)
    assert entry.key == "5.1.1"
    assert entry.status == EnhancedStatus(5, 1, 1)
    assert entry.class_title is not None
    assert lookup("X.1.1").title == entry.title


def test_names_are_found_in_any_case() -> None:
    assert lookup("starttls").key == "STARTTLS"
    assert isinstance(lookup("STARTTLS"), KeywordEntry)
    assert isinstance(command("starttls"), CommandEntry)
    assert keyword("size").key == "SIZE"
    assert mechanism("Scram-Sha-256").key == "SCRAM-SHA-256"


@pytest.mark.parametrize("code", [299, 399, 497, 599, 573])
def test_a_code_that_nobody_registered_says_so_and_keeps_its_class(code: int) -> None:
    entry = lookup(code)
    assert isinstance(entry, ReplyCodeEntry)
    assert entry.standing is Standing.UNREGISTERED
    assert entry.reply_class == code // 100
    assert str(code) in entry.description


@pytest.mark.parametrize("key", ["5.9.9", "4.7.999", "2.99.0"])
def test_an_enhanced_code_that_nobody_registered_says_so(key: str) -> None:
    entry = lookup(key)
    assert isinstance(entry, StatusEntry)
    assert entry.standing is Standing.UNREGISTERED
    assert key in entry.description


@pytest.mark.parametrize(
    "key", ["", "999", 199, 600, 25, "5.01.1", "3.1.1", "no such", "X.9.9", "5501"]
)
def test_what_is_no_code_and_no_name_is_an_error(key: Any) -> None:
    with pytest.raises(UnknownEntryError, match="catalog has no") as caught:
        lookup(key)
    assert isinstance(caught.value, KeyError)
    assert pickle.loads(pickle.dumps(caught.value)).key == caught.value.key


def test_an_unknown_language_is_an_error_that_names_ours() -> None:
    with pytest.raises(UnknownLanguageError, match="ru"):
        lookup(550, language="tlh")


@pytest.mark.parametrize("tag", ["ru", "RU", "ru-RU", "ru_RU", "ru-Cyrl-RU"])
def test_any_form_of_a_language_tag_will_do(tag: str) -> None:
    assert lookup(250, language=tag) is lookup(250, language="ru")


def test_codes_are_chosen_by_command_class_and_standing() -> None:
    assert {entry.code for entry in codes(command="rcpt", reply_class=2)} == {250, 251}
    assert 454 in {entry.code for entry in codes(command="AUTH", reply_class=ReplyClass(4))}
    assert 454 in {entry.code for entry in codes(command="STARTTLS")}
    assert [entry.code for entry in codes()] == sorted(entry.code for entry in codes())


def test_a_reply_carries_its_entry_and_a_status_finds_its_own() -> None:
    reply = parse("550 5.1.1 No such user")
    assert reply.entry is lookup(550)
    assert reply.enhanced is not None
    assert lookup(reply.enhanced) == lookup("5.1.1")


def test_an_entry_is_a_value() -> None:
    entry = lookup(451, language="ru")
    assert pickle.loads(pickle.dumps(entry)) == entry
    assert copy.deepcopy(entry) == entry
    assert hash(copy.deepcopy(entry)) == hash(entry)
    assert pickle.loads(pickle.dumps(entry)).title.language == "ru"


def test_a_provider_s_own_code_is_marked_by_provider() -> None:
    entry = lookup("5.7.509")
    assert isinstance(entry, StatusEntry)
    assert entry.standing is Standing.PROVIDER
    assert entry.providers[0].provider


def test_454_means_one_thing_to_auth_and_another_to_starttls() -> None:
    entry = lookup(454)
    assert isinstance(entry, ReplyCodeEntry)
    meanings = {meaning.command: meaning.text for meaning in entry.meanings}
    assert meanings["AUTH"] != meanings["STARTTLS"]


def test_a_code_within_a_provider_s_range_has_the_range_s_entry() -> None:
    first, *_, key = load.provider_ranges()[-1]
    within = EnhancedStatus(first.class_, first.subject, first.detail + 1)
    entry = lookup(within)
    assert entry.key == str(within)
    assert entry.title == lookup(key).title
    assert entry.standing is Standing.PROVIDER
