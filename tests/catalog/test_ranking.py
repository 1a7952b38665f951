"""Searching by words."""

from __future__ import annotations

import pytest

from smtpreply.catalog import Standing, lookup, search
from smtpreply.catalog.ranking import synonyms


def keys(query: str, limit: int = 5) -> list[str]:
    return [hit.entry.key for hit in search(query, limit=limit)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mailbox full", "X.2.2"),
        ("550", "550"),
        ("5.7.509", "5.7.509"),
        ("X.1.1", "X.1.1"),
        ("starttls", "STARTTLS"),
        ("help message", "214"),
        ("transaction failed", "554"),
        ("reverse DNS", "X.7.25"),
        ("SPF", "X.7.23"),
        ("too many recipients", "X.5.3"),
    ],
)
def test_what_people_look_for_comes_first(query: str, expected: str) -> None:
    assert expected in keys(query, 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("5.1.1", "X.1.1"),
        ("4.7.1", "X.7.1"),
        ("5.7.1", "X.7.1"),
        ("5.7.26", "X.7.26"),
        ("5.7.610", "5.7.610"),  # in a provider's range
        ("5.9.9", "5.9.9"),  # registered nowhere
        ("572", "572"),
        ("blacklist", "X.7.1"),
        ("blocklist", "X.7.1"),
        ("bounce", "550"),
        ("spf fail", "X.7.23"),
        ("over quota", "X.2.2"),
        ("greylisted", "450"),
        ("wrong password", "535"),
        ("smtp error 535", "535"),
        ("ящик переполнен", "X.2.2"),
        ("переполненного ящика", "X.2.2"),
        ("чёрный список", "X.7.1"),
        ("грейлистинг", "450"),
        ("нет такого пользователя", "X.1.1"),
        # Whole replies as people paste them.
        ("550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown", "X.1.1"),
        ("550-5.7.26 This mail has been blocked because the sender is unauthenticated.", "X.7.26"),
        (
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example",
            "X.7.1",
        ),
        ("452 4.2.2 The recipient's inbox is out of storage space", "X.2.2"),
        ("host mx.example.com[192.0.2.1] said: 421 Too many connections (in reply to MAIL)", "421"),
        ("250 2.0.0 Ok: queued as 4F1B2C3D4E", "250"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru", "ja"])
def test_what_is_searched_for_is_found_first(query: str, expected: str, language: str) -> None:
    assert search(query, limit=1, language=language)[0].entry.key == expected


@pytest.mark.parametrize(
    ("language", "query", "expected"),
    [
        ("de", "Postfach voll", "X.2.2"),
        ("de", "unbekannter Empfänger", "X.1.1"),
        ("de", "falsches Passwort", "535"),
        ("fr", "boîte pleine", "X.2.2"),
        ("fr", "liste grise", "450"),
        ("fr", "mot de passe incorrect", "535"),
        ("es", "buzón lleno", "X.2.2"),
        ("es", "lista negra", "X.7.1"),
        ("ja", "メールボックス満杯", "X.2.2"),
        ("ja", "迷惑メールと判定された", "X.7.1"),
        ("zh", "灰名单", "450"),
        ("zh", "收件人邮箱已满", "X.2.2"),
        ("ar", "الصندوق ممتلئ", "X.2.2"),
    ],
)
def test_what_is_searched_for_in_another_language_is_found_first(
    language: str, query: str, expected: str
) -> None:
    assert search(query, limit=1, language=language)[0].entry.key == expected


@pytest.mark.parametrize(("language", "query"), [("zh", "暂时"), ("ja", "利用不可")])
def test_a_part_of_a_title_without_spaces_is_found(language: str, query: str) -> None:
    assert "450" in [hit.entry.key for hit in search(query, language=language, limit=10)]


def test_a_detail_of_zero_says_less_than_the_reply_code_before_it() -> None:
    assert keys("421 4.7.0 [TSS04] Messages temporarily deferred - 4.16.55.1", 2) == [
        "421",
        "X.7.0",
    ]


def test_parts_of_addresses_and_ports_are_no_codes() -> None:
    assert search("5.7.1.1") == []
    assert "587" not in keys("port 587")


def test_two_codes_find_both() -> None:
    assert keys("214 235", 2) == ["214", "235"]


def test_every_synonym_means_entries_that_exist() -> None:
    for phrase, found in synonyms():
        assert phrase
        for key in found:
            assert lookup(key).standing is not Standing.UNREGISTERED, key


def test_a_word_finds_the_longer_word_that_it_begins() -> None:
    assert "450" in keys("greylist", 10)


def test_russian_words_are_found_in_russian() -> None:
    assert "550" in [hit.entry.key for hit in search("ящик недоступен", language="ru", limit=10)]


def test_the_best_comes_first_and_nothing_is_twice() -> None:
    hits = search("authentication", limit=50)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({(type(hit.entry), hit.entry.key) for hit in hits}) == len(hits)


@pytest.mark.parametrize("query", ["", "   ", "xyzzy", "!!!", "\x00"])
def test_nothing_found_is_an_empty_list(query: str) -> None:
    assert search(query) == []


def test_no_more_than_the_limit() -> None:
    assert len(search("mail", limit=3)) == 3
