"""The catalog's data holds to its schema, to the registries, and to itself."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import attrs
import pytest

from smtpreply.catalog import (
    LANGUAGES,
    CommandEntry,
    Entry,
    KeywordEntry,
    ReplyCode,
    ReplyCodeEntry,
    Standing,
    StatusEntry,
    codes,
    everything,
    lookup,
    statuses,
)
from smtpreply.catalog.tables import read
from smtpreply.codes import ReplyClass

# RFC 5321 4.2.3, with RFC 7504's two (521, 556) and what the extensions define: RFC 4954 (AUTH),
# 3207 (STARTTLS), 1985 (ETRN), 2645 (ATRN), 1845 (checkpoint); 538 is RFC 2554's, since withdrawn.
RFC_5321 = [
    *(211, 214, 220, 221, 250, 251, 252, 354),
    *(421, 450, 451, 452, 455),
    *(500, 501, 502, 503, 504, 550, 551, 552, 553, 554, 555),
]
OF_EXTENSIONS = [521, 556, 235, 334, 432, 454, 530, 534, 535, 538, 253, 458, 459, 453, 355]
BY_ASSOCIATION = [422, 430, 523, 524, 525, 533]

# The registry's details: how many there are of each subject.
DETAILS = {0: 1, 1: 11, 2: 5, 3: 7, 4: 8, 5: 7, 6: 11, 7: 31}

NOT_PROSE = {"key", "slug", "dialogue", "official_text", "official_source", "example", "seen"}


def of_kind(kind: type[Entry]) -> list[Any]:
    return [entry for entry in everything() if isinstance(entry, kind)]


def prose_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Walk all strings of an entry that are our own words."""
    if isinstance(value, str):
        yield path, value
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if field.name not in NOT_PROSE:
                yield from prose_of(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from prose_of(item, f"{path}[{number}]")


@pytest.mark.parametrize("code", [*RFC_5321, *OF_EXTENSIONS, *BY_ASSOCIATION])
def test_every_code_of_an_rfc_is_there(code: int) -> None:
    assert code in {entry.code for entry in codes()}


def test_the_codes_known_only_by_association_are_called_so() -> None:
    assert [entry.code for entry in codes(standing=Standing.ASSOCIATION)] == BY_ASSOCIATION


def test_every_detail_of_the_registry_is_there() -> None:
    details = [entry.key for entry in statuses() if entry.key.startswith("X.")]
    expected = [f"X.{subject}.{n}" for subject, count in DETAILS.items() for n in range(count)]
    assert len(details) == len(set(details)) == 81
    assert set(details) == set(expected)
    assert [e.key for e in statuses() if e.standing is Standing.DEPRECATED] == ["X.6.10"]


@pytest.mark.parametrize(
    "entry", everything(), ids=lambda entry: f"{type(entry).__name__}-{entry.key}"
)
def test_no_field_is_empty_and_no_text_is_twice_in_an_entry(entry: Entry) -> None:
    texts = [text for _, text in prose_of(entry)]
    assert all(text.strip() for text in texts)
    assert entry.references or entry.standing in (Standing.WILD, Standing.NOT_SMTP)
    long = [text for text in texts if len(text) > 60]
    assert len(long) == len(set(long)), "a text is repeated in another field"


@pytest.mark.parametrize(
    "entry", everything(), ids=lambda entry: f"{type(entry).__name__}-{entry.key}"
)
def test_prose_is_whole_sentences_in_plain_characters(entry: Entry) -> None:
    for path, text in prose_of(entry):
        if path.split(".")[-1].split("[")[0] in ("description", "when", "sender", "admin", "use"):
            assert re.search(r"[.!?:`)]$", text), (path, text)
            assert "  " not in text, (path, text)
        assert text.count("`") % 2 == 0, (path, text)
        assert not re.search("[\u2018\u2019\u201c\u201d\u00a0]", text), (path, text)


@pytest.mark.parametrize(
    "entry", everything(), ids=lambda entry: f"{type(entry).__name__}-{entry.key}"
)
def test_what_an_entry_names_exists(entry: Entry) -> None:
    for key in entry.related:
        other = lookup(key)
        assert other.standing is not Standing.UNREGISTERED, key
        assert other.key != entry.key
    assert len(entry.related) == len(set(entry.related))


def test_slugs_and_titles_are_unique_within_a_kind() -> None:
    for kind in (ReplyCodeEntry, StatusEntry, KeywordEntry, CommandEntry):
        for name in ("slug", "title"):
            values = [getattr(entry, name) for entry in of_kind(kind)]
            doubled = {value for value in values if values.count(value) > 1}
            assert not doubled, (kind, name)


def test_commands_exist_and_know_their_codes() -> None:
    verbs = {entry.key: entry for entry in of_kind(CommandEntry)}
    for entry in codes():
        for verb in entry.commands:
            assert verb in verbs, (entry.code, verb)
        for meaning in entry.meanings:
            assert meaning.command in verbs, (entry.code, meaning.command)
    for command in verbs.values():
        listed = {*command.success, *command.intermediate, *command.error}
        assert {code for code, _ in command.means} <= listed, command.key
        assert all(code // 100 == 2 for code in command.success)
        assert all(code // 100 == 3 for code in command.intermediate)
        assert all(code // 100 in (4, 5) for code in command.error)


@pytest.mark.parametrize("entry", codes(), ids=lambda entry: entry.key)
def test_advice_fits_the_class(entry: ReplyCodeEntry) -> None:
    if entry.standing is Standing.NOT_SMTP:
        return  # a client that meets one is talking to something else
    if entry.reply_class is ReplyClass.POSITIVE_COMPLETION:
        assert entry.advice == "none"
    elif entry.reply_class is ReplyClass.POSITIVE_INTERMEDIATE:
        assert entry.advice == "continue"


@pytest.mark.parametrize("entry", codes(), ids=lambda entry: entry.key)
def test_enhanced_codes_of_a_reply_code_are_of_its_class(entry: ReplyCodeEntry) -> None:
    assert all(status[0] == entry.key[0] for status in entry.enhanced)
    assert not (entry.enhanced and entry.reply_class is ReplyClass.POSITIVE_INTERMEDIATE)
    for line in entry.dialogue.split("\n"):
        assert line.startswith(("C: ", "S: ")), line


@pytest.mark.parametrize("entry", codes(), ids=lambda entry: entry.key)
def test_the_usual_enhanced_codes_come_first(entry: ReplyCodeEntry) -> None:
    """A comparison names the first few; what only the registry pairs stands behind them."""
    texts = [entry.dialogue, *(example.text for example in entry.examples)]
    seen = [key for key in entry.enhanced if re.search(rf"[ -]{key}\b", "\n".join(texts))]
    assert not seen or entry.enhanced[0] in seen


# Where the client itself can say something else: another name, another form of an address.
CORRECTED_BY_THE_CLIENT = {"1.7", "6.7", "6.8", "6.9", "6.10", "7.60", "7.506"}


def test_only_what_stands_in_a_command_is_corrected_by_the_client() -> None:
    """A message that is too large or fails DMARC is returned: no sending program mends it."""
    for detail in statuses():
        for class_ in "45" if detail.key[0] == "X" else detail.key[0]:
            entry = lookup(f"{class_}{detail.key[1:]}")
            assert isinstance(entry, StatusEntry)
            if entry.advice == "change":
                assert detail.key[2] == "5" or detail.key[2:] in CORRECTED_BY_THE_CLIENT, entry.key


def strings_in(value: Any) -> Iterator[str]:
    """Walk all strings of a data file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def test_no_text_has_swallowed_the_table_after_it() -> None:
    """As happens where the quotes that end a text of several lines are out of place."""
    folder = files("smtpreply.catalog").joinpath("data")
    for path in [*folder.iterdir(), *folder.joinpath("ru").iterdir()]:
        if path.name.endswith(".toml"):
            for text in strings_in(tomllib.loads(path.read_text("utf-8"))):
                assert not re.search(r'^\[\[|^\w+ = ["\[]', text, re.MULTILINE), (path.name, text)


def test_the_enumeration_and_the_catalog_agree() -> None:
    ours = {
        entry.code
        for entry in codes()
        if entry.standing
        in (Standing.STANDARD, Standing.EXTENSION, Standing.EXPERIMENTAL, Standing.HISTORICAL)
    }
    assert {int(code) for code in ReplyCode} == ours
    for code in ReplyCode:
        assert code.phrase == lookup(int(code)).title
        assert code.description == lookup(int(code)).description


# --- translations --------------------------------------------------------------------------

FILES = ["replies-1xx", "replies-2xx", "replies-3xx", "replies-4xx", "replies-5xx"]
FILES += ["enhanced", "providers", "practice", "versus"]
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", FILES)
def test_a_translation_has_no_key_that_english_has_not(name: str, language: str) -> None:
    def check(english: Any, theirs: Any, path: str) -> None:
        assert type(english) is type(theirs), path
        if isinstance(theirs, dict):
            for key, value in theirs.items():
                assert key in english, f"{path}.{key}"
                check(english[key], value, f"{path}.{key}")
        elif isinstance(theirs, list):
            assert len(theirs) == len(english), path
            for number, (ours, other) in enumerate(zip(english, theirs, strict=True)):
                check(ours, other, f"{path}[{number}]")

    check(read(name), read(f"{language}/{name}"), name)


@pytest.mark.parametrize("language", OTHERS)
def test_every_code_has_a_title_of_its_own(language: str) -> None:
    details = [entry for entry in statuses(language=language) if entry.key[0] == "X"]
    for entries in (codes(language=language), statuses(language=language)):
        titles = [entry.title for entry in entries]
        assert [t for t in titles if t.language != language] == []
        assert len(set(titles)) == len(titles)
    subjects = {str(entry.subject_title) for entry in details}
    assert all(title.language == language for e in details if (title := e.subject_title))
    assert len(subjects) == len(DETAILS)


@pytest.mark.parametrize("code", [*RFC_5321, *OF_EXTENSIONS])
def test_every_code_of_the_standards_speaks_russian(code: int) -> None:
    entry = lookup(code, language="ru")
    assert isinstance(entry, ReplyCodeEntry)
    texts = [entry.title, entry.description, entry.when, entry.fix.sender, entry.fix.admin]
    texts += [text for text in (entry.sent_when, entry.client_next) if text is not None]
    for text in texts:
        assert text.language == "ru", text
        assert re.search("[а-яё]", text), text


def test_what_is_not_translated_is_english_and_says_so() -> None:
    entry = lookup("STARTTLS", language="ja")
    assert entry.description.language == entry.title.language == "en"
    assert entry == lookup("STARTTLS", language="en")
    assert lookup("X.7.1", language="ja").description.language == "en"


def test_an_entry_is_asked_for_in_every_language() -> None:
    keys: tuple[int | str, ...] = (550, "5.1.1", "SIZE", 599, "5.9.9")
    for language, key in itertools.product(LANGUAGES, keys):
        assert lookup(key, language=language).title
