"""Searching by words."""

from __future__ import annotations

import pytest

from smtpreply.catalog import search


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
