"""Two codes side by side."""

from __future__ import annotations

import itertools
import json
from html.parser import HTMLParser

import pytest

from smtpreply.catalog import (
    LANGUAGES,
    Axis,
    NotComparableError,
    ReplyCodeEntry,
    codes,
    compare,
    describe,
    render,
    statuses,
)
from smtpreply.catalog.comparison import compare_entries
from smtpreply.catalog.document import Document, Items, Section

PAIRS = list(itertools.combinations([entry.key for entry in codes()], 2))


def section(document: Document, name: str) -> Section:
    return next(part for part in document.sections if part.name == name)


def items(document: Document, name: str) -> list[str]:
    block = section(document, name).blocks[0]
    assert isinstance(block, Items)
    return [str(item) for item in block.items]


def test_either_order_gives_the_same_comparison() -> None:
    assert compare(235, 214) == compare("214", 235)
    assert compare("5.7.1", "5.1.1").first.key == "5.1.1"


def test_214_and_235_share_their_class_and_part_where_the_rfcs_do() -> None:
    comparison = compare(214, 235)
    assert {point.axis for point in comparison.shared} >= {Axis.CLASS, Axis.ADVICE}
    values = {point.axis: (point.first, point.second) for point in comparison.differences}
    assert values[Axis.COMMANDS][0] == ("HELP",)
    assert "AUTH" in (values[Axis.COMMANDS][1] or ())  # type: ignore[operator]
    assert values[Axis.SUBJECT] == (1, 3)
    assert values[Axis.STATE] == ("none", "authenticated")
    assert values[Axis.ENHANCED] == (("2.0.0",), ("2.7.0",))
    assert values[Axis.LINES] == (True, False)
    assert values[Axis.STANDING] == ("standard", "extension")


def test_classes_that_differ_come_first() -> None:
    assert compare(214, 535).differences[0].axis is Axis.CLASS
    said = describe(compare(214, 535)).summary[0]
    assert "2xx Positive Completion" in said
    assert "5xx Permanent Negative Completion" in said


def test_a_reply_code_is_compared_with_an_enhanced_one() -> None:
    comparison = compare("5.1.1", 550)
    assert isinstance(comparison.first, ReplyCodeEntry)
    assert Axis.ASSOCIATION in {point.axis for point in comparison.shared}
    assert Axis.KIND in {point.axis for point in comparison.differences}


@pytest.mark.parametrize(("a", "b"), [(550, 550), (550, "STARTTLS"), ("AUTH", "PLAIN")])
def test_what_cannot_be_compared_is_an_error(a: int | str, b: int | str) -> None:
    with pytest.raises(NotComparableError, match="compared"):
        compare(a, b)


def test_unregistered_codes_can_be_compared_too() -> None:
    assert compare(599, 550).differences
    assert compare("5.9.9", "5.1.1").differences


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_pairs_of_reply_codes_compare_in_all_languages(language: str) -> None:
    entries = codes(language=language)
    for a, b in itertools.combinations(entries, 2):
        document = describe(compare_entries(a, b), language)
        differences = items(document, "key_differences")
        assert differences
        assert len(differences) == len(set(differences)), (a.key, b.key)
        texts = {str(a.description), str(b.description), str(a.when), str(b.when)}
        assert not texts & set(differences)
        for text in (*document.summary, *differences):
            assert text.strip()
            assert "{" not in text, (a.key, b.key, text)


def test_all_pairs_of_enhanced_codes_compare() -> None:
    for a, b in itertools.combinations(statuses(), 2):
        comparison = compare_entries(a, b)
        differences = items(describe(comparison), "key_differences")
        assert differences
        assert len(differences) == len(set(differences)), (a.key, b.key)


def test_every_reply_code_compares_with_every_enhanced_code() -> None:
    for a, b in itertools.product(codes(), statuses()):
        assert items(describe(compare_entries(a, b)), "key_differences")


RUSSIAN = [
    "Описание",
    "Когда вы это видите",
    "Как исправить",
    "Ключевые различия",
    "Когда что использовать",
    "Узнать больше",
]


@pytest.mark.parametrize("style", ["text", "markdown", "html", "json"])
def test_the_russian_comparison_has_every_section(style: str) -> None:
    written = render(compare(214, 235, language="ru"), style, language="ru")  # type: ignore[arg-type]
    for heading in RUSSIAN:
        assert heading in written, heading
    assert "214" in written
    assert "HELP" in written


class Checker(HTMLParser):
    """Sees to it that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.languages: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.languages += [value or "" for name, value in attrs if name == "lang"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_well_formed_and_names_its_languages(language: str) -> None:
    checker = Checker()
    written = render(compare(250, 550, language=language), "html", language=language)
    checker.feed(written)
    assert not checker.open
    assert checker.languages[0] == language
    assert ('dir="rtl"' in written) == (language == "ar")
    if language not in ("en", "ru"):
        assert "en" in checker.languages  # the prose is not translated, and says so


def test_html_escapes_what_looks_like_markup() -> None:
    written = render(compare(354, 250), "html")
    assert "<CRLF>" not in written
    assert "&lt;CRLF&gt;" in written or "CRLF" not in written


def test_json_gives_the_language_of_every_text() -> None:
    data = json.loads(render(compare(214, 235, language="de"), "json", language="de"))
    assert data["title"]["lang"] == "de"
    card = next(section for section in data["sections"] if section["name"] == "code")
    assert card["sections"][0]["heading"]["lang"] == "de"
    assert card["sections"][0]["blocks"][0]["paragraph"]["lang"] == "en"


def test_an_unknown_format_is_an_error_that_names_ours() -> None:
    with pytest.raises(ValueError, match="markdown"):
        render(compare(214, 235), "pdf")  # type: ignore[arg-type]
