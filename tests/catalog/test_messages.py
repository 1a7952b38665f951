"""The words that pages are built of, in every language."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from smtpreply.catalog import LANGUAGES, codes, statuses
from smtpreply.catalog.entries import NextStep, PasswordHidden, ResponsibleParty, Standing, State
from smtpreply.catalog.messages import messages, plural_form
from smtpreply.catalog.tables import read
from smtpreply.codes import ReplyClass, ReplySubject
from smtpreply.reasons import Actor, Disposition, Reason
from smtpreply.reasons.advice import advice_for

ENGLISH = read("messages/en")
PLURALS = {("search", "results")}
OTHERS = [language for language in LANGUAGES if language != "en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def strings(table: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for section, messages_ in table.items():
        if isinstance(messages_, dict):
            for key, text in messages_.items():
                if (section, key) not in PLURALS:
                    yield section, key, text


@pytest.mark.parametrize("language", OTHERS)
def test_no_key_is_missing_and_none_is_strange(language: str) -> None:
    theirs = read(f"messages/{language}")
    assert {(s, k) for s, k, _ in strings(theirs)} == {(s, k) for s, k, _ in strings(ENGLISH)}
    assert theirs["name"] != ENGLISH["name"]
    assert theirs["direction"] == ("rtl" if language == "ar" else "ltr")


# The sections whose keys are values of an enumeration, and the keys that views look up in them.
VOCABULARIES: dict[str, list[str]] = {
    "reply_class": [str(int(each)) for each in ReplyClass],
    "reply_class_meaning": [str(int(each)) for each in ReplyClass],
    "reply_subject": [str(int(each)) for each in ReplySubject],
    "standing": [each.value for each in Standing],
    "advice": [each.value for each in NextStep],
    "actor": [each.value for each in ResponsibleParty],
    "state": [each.value for each in State],
    "labels": [each.value for each in PasswordHidden],
    "dispositions": [each.name.lower() for each in Disposition],
    "who_acts": [each.name.lower() for each in Actor],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", VOCABULARIES)
def test_every_member_of_a_vocabulary_has_a_message(section: str, language: str) -> None:
    theirs = read(f"messages/{language}")[section]
    assert [key for key in VOCABULARIES[section] if not theirs.get(key)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_keeps_its_placeholders(language: str) -> None:
    theirs = read(f"messages/{language}")
    for section, key, text in strings(ENGLISH):
        own = theirs.get(section, {}).get(key)
        if own is not None:  # what is missing, the test above lists
            assert placeholders(own) == placeholders(text), (section, key)
            assert own.strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_of_the_language_is_there(language: str) -> None:
    forms = read(f"messages/{language}").get("search", {}).get("results", {})
    needed = {plural_form(language, count) for count in range(200)} | {"other"}
    assert needed <= forms.keys()
    for count in (0, 1, 2, 5, 11, 21, 100, 111):
        assert str(messages(language).count("search", "results", count)).strip()


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "1 результат"),
        (2, "2 результата"),
        (5, "5 результатов"),
        (11, "11 результатов"),
        (21, "21 результат"),
    ],
)
def test_russian_counts_as_russians_do(count: int, shown: str) -> None:
    assert messages("ru").count("search", "results", count) == shown


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["other", "one", "other", "other", "other"]),
        ("fr", ["one", "one", "other", "other", "other"]),
        ("ja", ["other"] * 5),
        ("ar", ["zero", "one", "two", "few", "many"]),
        ("ru", ["many", "one", "few", "many", "many"]),
    ],
)
def test_plural_forms_are_those_of_cldr(language: str, forms: list[str]) -> None:
    assert [plural_form(language, count) for count in (0, 1, 2, 5, 11)] == forms


def test_word_order_is_the_languages_own() -> None:
    names = {"a": "214", "b": "550", "a_title": "Help", "b_title": "Unavailable", "class": "x"}
    for language in LANGUAGES:
        said = messages(language).get("comparison", "same_class", **names)
        assert "214" in said
        assert "550" in said


def test_the_headings_are_what_a_russian_administrator_would_write() -> None:
    words = messages("ru-RU")
    assert [
        str(words.get("headings", key))
        for key in (
            "description",
            "when_you_see_it",
            "how_to_fix",
            "key_differences",
            "when_to_use_which",
            "learn_more",
        )
    ] == [
        "Описание",
        "Когда вы это видите",
        "Как исправить",
        "Ключевые различия",
        "Когда что использовать",
        "Узнать больше",
    ]


def every_text(language: str) -> Iterator[str]:
    """Walk the messages and the advice of a language."""
    yield from (text for _, _, text in strings(read(f"messages/{language}")))
    for reason in Reason:
        advice = advice_for(reason, language)
        yield from (advice.title, advice.means, advice.action)


def test_french_has_its_apostrophes_and_spaces() -> None:
    for text in every_text("fr"):
        assert "'" not in text, text
        assert not re.search(r"[ \w][;?!]| [:»]|« |\b: ", text), text


def test_spanish_says_usted_throughout() -> None:
    familiar = r"(?i)\b(t[uú]|tus|te|ti|contigo|enviaste|administras|\w+(arás|erás|irás))\b"
    for text in every_text("es"):
        assert not re.search(familiar, text), text


def test_russian_has_yo_and_dashes() -> None:
    for text in every_text("ru"):
        assert not re.search(r" - |\bеще\b|\bее\b", text), text


# Other words for what a language has a term for: "queue", "reply", "relay", "reputation".
STRAY = {
    "de": r"\bQueue\b|Grey-?[Ll]iste",
    "fr": r"file de messages|liste noire",
    "es": r"lista negra|\bcola de correo\b",
    "ja": r"グレイ|評判|遮断|中継の禁止",
    "zh": r"回复|转发被拒|拒绝转发|认证机制(?<!验证机制)",
    "ru": r"(?i)почтмейстер|пересылка запрещена",
    "ar": r"تعمية|صفّ",
}


@pytest.mark.parametrize("language", STRAY)
def test_a_term_has_one_translation(language: str) -> None:
    written = [*every_text(language), *read(f"{language}/versus").values()]
    written += [entry.title for entry in (*codes(language=language), *statuses(language=language))]
    for text in written:
        assert not re.search(STRAY[language], text), text
