"""Two codes side by side."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
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
    lookup,
    render,
    statuses,
)
from smtpreply.catalog.comparison import compare_entries, written_pairs
from smtpreply.catalog.document import Document, Items, Section
from smtpreply.catalog.rendering import Format

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_smtp_reply_is_called_so_and_compared_by_little(language: str) -> None:
    for other in (111, 421):
        comparison = compare(101, other, language=language)
        axes = {point.axis for point in (*comparison.shared, *comparison.differences)}
        assert not axes & {Axis.SUBJECT, Axis.STATE, Axis.TEXT, Axis.LINES, Axis.ENHANCED}
        [summary] = describe(comparison, language).summary
        assert "reply reply" not in summary
        assert "101" in summary
        assert str(other) in summary


@pytest.mark.parametrize("code", [111, 420, 403, 498, 510, 557, 571, "5.7.509", 599])
def test_no_rfc_is_said_to_describe_what_none_defines(code: int | str) -> None:
    other = "5.7.1" if isinstance(code, str) else 550
    assert Axis.REFERENCE not in {point.axis for point in compare(code, other).differences}


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


def test_a_reply_code_that_the_registry_does_not_list_with_a_status_is_a_difference() -> None:
    said = items(describe(compare(554, "5.7.26")), "key_differences")
    assert "Registry: with 5.7.26 it lists 550, not 554." in said
    assert said[0].startswith("Kind: ")
    # A provider's own code is in no registry.
    for provider in (entry for entry in statuses() if entry.key[0] in "245"):
        document = describe(compare(554, provider.key))
        told = [*items(document, "key_differences"), *shared_items(document)]
        assert not any("egistry" in text for text in told), provider.key


def test_unregistered_codes_can_be_compared_too() -> None:
    assert compare(599, 550).differences
    assert compare("5.9.9", "5.1.1").differences


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pair", [(598, 599), ("5.9.8", "5.9.9"), (561, 562), ("4.2.9", "4.2.8")])
def test_codes_that_nothing_tells_apart_are_told_apart_by_their_numbers(
    pair: tuple[int | str, int | str], language: str
) -> None:
    comparison = compare(*pair, language=language)
    said = items(describe(comparison, language), "key_differences")
    assert len(said) == 1
    assert all(str(key) in said[0] for key in pair)
    assert comparison.differences == ()


def falsehoods(a: ReplyCodeEntry, b: ReplyCodeEntry, differences: list[str]) -> Iterator[str]:
    """Yield the computed differences that do not hold for both sides."""
    for text in differences:
        if text.startswith("Where it occurs: of the two"):
            for one, other in ((a, b), (b, a)):
                claimed = re.search(f"only {one.key} answers (.*?)(?:, and only|\\.$)", text)
                for verb in re.split(", | and ", claimed[1]) if claimed else ():
                    if verb.isupper() and (verb in other.commands or "ANY" in other.commands):
                        yield text
        if text.startswith("Enhanced status:"):
            for one, other in ((a, b), (b, a)):
                claimed = re.search(
                    f"only {one.key} usually comes with ([0-9., and]+?)(?:, and only|\\.$)", text
                )
                listed = set(re.split(", | and ", claimed[1])) if claimed else set()
                if not listed <= set(one.enhanced) or listed & set(other.enhanced):
                    yield text
        if text.startswith("Form:") and not re.match("Form: (211|214) normally", text):
            yield text


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_pairs_of_reply_codes_compare_in_all_languages(language: str) -> None:
    entries = codes(language=language)
    for a, b in itertools.combinations(entries, 2):
        comparison = compare_entries(a, b, language=language)
        document = describe(comparison, language)
        differences = items(document, "key_differences")
        assert differences
        assert len(differences) == len(set(differences)), (a.key, b.key)
        assert not set(differences) & set(shared_items(document)), (a.key, b.key)
        texts = {str(a.description), str(b.description), str(a.when), str(b.when)}
        assert not texts & set(differences)
        for text in (*document.summary, *differences, *shared_items(document)):
            assert text.strip()
            assert "{" not in text, (a.key, b.key, text)
            assert "None" not in text, (a.key, b.key, text)
            assert not re.search(r"[:—] ?[.;]|: ,", text), (a.key, b.key, text)
        if language == "en":
            assert not list(falsehoods(a, b, differences))


def shared_items(document: Document) -> list[str]:
    return (
        items(document, "what_they_share")
        if any(part.name == "what_they_share" for part in document.sections)
        else []
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pair", written_pairs(), ids="/".join)
def test_a_written_sentence_comes_first(pair: tuple[str, str], language: str) -> None:
    comparison = compare(*pair, language=language)
    assert (comparison.first.key, comparison.second.key) == pair
    sentence = comparison.statement
    assert sentence is not None
    assert sentence.language == language
    assert items(describe(comparison, language), "key_differences")[0] == sentence
    for key in pair:
        assert key in sentence or key.removeprefix("X.7.") in sentence
    assert bool(re.search("[а-яё]", sentence)) == (language == "ru")
    assert bool(re.search("[\u3040-\u30ff]", sentence)) == (language == "ja")
    assert bool(re.search("[\u0600-\u06ff]", sentence)) == (language == "ar")
    assert len(sentence) < 350


def test_the_sentence_on_two_details_is_that_on_their_codes_of_one_class() -> None:
    assert compare("5.7.23", "5.7.26").statement == compare("X.7.23", "X.7.26").statement
    assert compare("4.7.0", "4.7.1").statement is not None
    assert compare("4.7.0", "5.7.1").statement is None


SEARCHED = """450/451 421/450 550/553 550/551 550/554 452/552 535/534 530/535 500/502 501/555
    503/554 5.1.1/5.1.10 5.7.1/4.7.1 5.7.26/5.7.509 214/235 250/354 4.2.2/5.2.2 504/534 432/454
    521/556 571/550 4.7.500/4.7.650 5.7.511/5.7.606 X.7.23/X.7.26 5.7.23/5.7.27 4.7.28/5.7.28"""


@pytest.mark.parametrize("pair", SEARCHED.split())
def test_pairs_that_people_search_for_are_described_by_hand(pair: str) -> None:
    assert compare(*pair.split("/")).statement is not None


def test_the_titles_are_no_difference_where_there_is_another() -> None:
    for a, b in itertools.combinations(codes(), 2):
        said = items(describe(compare_entries(a, b)), "key_differences")
        assert len(said) == 1 or not any(text.startswith("What is said") for text in said)


def test_two_enhanced_codes_differ_first_in_what_they_say() -> None:
    """Their class and subject may be the same; the title is what an expert names."""
    assert items(describe(compare("5.1.1", "5.1.3")), "key_differences")[0].startswith("What is")
    assert not items(describe(compare("4.1.1", "5.1.1")), "key_differences")[0].startswith("What")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_x_of_a_detail_is_no_class(language: str) -> None:
    for pair in (("X.1.1", "X.1.3"), ("X.7.1", "5.7.1")):
        document = describe(compare(*pair, language=language), language)
        for text in (*document.summary, *items(document, "key_differences")):
            assert "X.x.x" not in text
            assert not re.match(r"First digit|class_outside", text)


def test_related_codes_and_comparisons_lead_elsewhere() -> None:
    """Neither to the two compared nor from a code in a class to a detail that has no such class."""
    entries = [*(entry.key for entry in codes()), "5.1.1", "4.7.1", "2.1.5", "X.7.1", "5.7.509"]
    for a, b in itertools.combinations(entries, 2):
        comparison = compare(a, b)
        for first, second in comparison.others:
            assert {first, second} != {a, b}
            assert first.startswith("X") == second.startswith("X"), (a, b, first, second)
        more = section(describe(comparison), "learn_more")
        for part in more.sections:
            if part.name == "related":
                block = part.blocks[0]
                assert isinstance(block, Items)
                details = [str(key)[1:] if "." in str(key) else str(key) for key in block.links]
                assert len(details) == len(set(details)), (a, b)
                assert not {a, b} & set(map(str, block.links)), (a, b)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "only 235 answers AUTH and the response to a challenge."),
        ("de", "nur 235 auf AUTH und Antwort auf eine Challenge."),
        ("ar", "AUTH والرد على التحدي."),
        ("ja", "AUTH、チャレンジへの応答に返るのは235だけです。"),
    ],
)
def test_a_list_in_a_sentence_ends_as_the_language_does(language: str, said: str) -> None:
    differences = items(describe(compare(214, 235, language=language), language), "key_differences")
    assert any(text.endswith(said) for text in differences), differences


def test_nobody_has_to_act_is_said_once() -> None:
    said = shared_items(describe(compare(214, 235)))
    assert sum("Nobody" in text for text in said) == 1
    assert not any("Nothing to do" in text for text in said)


def test_lists_name_at_most_four_codes_of_each_side() -> None:
    for a, b in itertools.combinations(codes(), 2):
        for text in items(describe(compare_entries(a, b)), "key_differences"):
            if text.startswith("Enhanced status"):
                assert len(re.findall(r"[245]\.[0-9]+\.[0-9]+", text)) <= 8, text


def test_a_detail_in_two_classes_prints_its_description_once() -> None:
    written = render(compare("4.2.2", "5.2.2"), "text")
    assert written.count("The mailbox has reached its quota") == 1


def test_the_differences_stand_above_the_cards() -> None:
    names = [part.name for part in describe(compare(214, 235)).sections]
    assert names.index("key_differences") < names.index("code")


def test_one_code_has_no_choice_between_two() -> None:
    headings = [str(part.heading) for part in describe(lookup(550, language="ru"), "ru").sections]
    assert "Когда его использовать" in headings
    assert "Когда что использовать" not in headings


def test_all_pairs_of_enhanced_codes_compare() -> None:
    for a, b in itertools.combinations(statuses(), 2):
        comparison = compare_entries(a, b)
        differences = items(describe(comparison), "key_differences")
        assert differences
        assert len(differences) == len(set(differences)), (a.key, b.key)


def test_every_reply_code_compares_with_every_enhanced_code() -> None:
    for a, b in itertools.product(codes(), statuses()):
        assert items(describe(compare_entries(a, b)), "key_differences")


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@pytest.mark.parametrize("language", ["zh", "ja"])
def test_text_with_wide_characters_keeps_to_the_width_of_a_terminal(language: str) -> None:
    written = render(compare(599, 598, language=language), language=language)
    assert max(map(columns, written.split("\n"))) < 80
    for line, under in itertools.pairwise(written.split("\n")):
        assert not re.match(" *[、。，；：！？）」』”ーっゃゅょァィッャュョ]", line), line
        if under and set(under) == {"-"}:
            assert columns(line) == len(under)


@pytest.mark.parametrize(("language", "said"), [("fr", "Classe\u00a0: 5"), ("zh", "类别：5")])
@pytest.mark.parametrize("style", ["text", "markdown"])
def test_a_label_and_its_value_are_parted_as_in_the_language(
    language: str, said: str, style: Format
) -> None:
    written = render(lookup(550, language=language), style, language=language)
    assert said in written.replace("**", "").replace("： ", "：")


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
