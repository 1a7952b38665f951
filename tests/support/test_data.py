"""The package's data: compiled when a wheel is built, TOML in a checkout, and the same answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import smtpreply
from smtpreply._build_hook import compile_into
from smtpreply._support.data import Members, compiled, find, read

PACKAGE = Path(smtpreply.__file__).parent
SAMPLE = Path(__file__).parents[1] / "data" / "sample.log"

WITHOUT_TOML = "import sys\nsys.modules['tomllib'] = None\n"

ANSWERS = """
from smtpreply import catalog
from smtpreply.catalog.messages import messages
from smtpreply.reasons import Reason, advice_for, builtin_rules, default_classifier
from smtpreply.reasons.blocklists import blocklist_forms, blocklists
from smtpreply.reasons.providers import provider_forms, providers

rules = builtin_rules()
for rule in rules:
    print(rule.id, rule.source, rule.words, rule.bonus, rule.catches, rule.spares)
classify = default_classifier().classify
for rule in rules:
    for text in (*rule.catches, *rule.spares):
        print(classify(text).to_dict())
print(blocklists(), providers(), [reason.aliases for reason in Reason])
print([sorted(forms) for forms in (*blocklist_forms(), *provider_forms())])
for language in catalog.LANGUAGES:
    for reason in Reason:
        if reason.value not in ("accepted", "unknown"):
            print(advice_for(reason, language))
    print(messages(language).get("entry", "unregistered_title"))
    for entry in [*catalog.codes(language=language), *catalog.statuses(language=language)]:
        print(entry)
    for key in ("STARTTLS", "RCPT", "plain", 550, "5.7.509", "5.1.1", 599):
        print(catalog.lookup(key, language=language))
    for query in ("greylisting", "mailbox full", "почтовый ящик", "5.7.1", "tls", "rate lim"):
        print([(hit.entry.key, hit.score) for hit in catalog.search(query, language=language)])
"""


def run(code: str, folder: Path, *arguments: str, **environment: str) -> str:
    """Run code in a fresh Python that imports the package from a folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert not done.returncode, done.stderr
    return done.stdout


def copied(folder: Path, *suffixes: str) -> Path:
    """Copy the package's files that end so into a folder; return the copy."""
    for path in PACKAGE.rglob("*"):
        if path.suffix in suffixes:
            target = folder / "smtpreply" / path.relative_to(PACKAGE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder / "smtpreply"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what a wheel holds: code, and compiled data in place of the TOML."""
    folder = tmp_path_factory.mktemp("built")
    copied(folder, ".py")
    places = compile_into(tmp_path_factory.mktemp("compiled"))
    for path, place in places.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def test_compiled_data_give_the_answers_of_toml(built: Path) -> None:
    from_toml = run(ANSWERS, PACKAGE.parent)
    assert from_toml.count("\n") > 5000
    assert run(WITHOUT_TOML + ANSWERS, built) == from_toml


def test_every_toml_file_is_compiled(built: Path) -> None:
    rules = PACKAGE / "reasons" / "rules"
    for path in PACKAGE.rglob("*.toml"):
        if rules not in path.parents:  # which are compiled into one
            name = path.relative_to(PACKAGE).with_suffix(".json")
            assert (built / "smtpreply" / name).is_file()


def test_compiled_data_are_json(built: Path) -> None:
    for path in built.rglob("*.json"):
        octets = path.read_bytes()
        assert dict(Members(octets)) == json.loads(octets)


def test_data_are_compiled_the_same_each_time(built: Path, tmp_path: Path) -> None:
    for path, place in compile_into(tmp_path).items():
        assert Path(path).read_bytes() == (built / place).read_bytes()


def test_a_checkout_holds_no_compiled_data() -> None:
    assert not list(PACKAGE.rglob("*.json"))


@pytest.mark.parametrize(
    ("name", "before", "after", "code"),
    [
        (
            "catalog/data/replies-5xx.toml",
            'title = "Mailbox Unavailable"',
            'title = "An edited title"',
            "from smtpreply.catalog import lookup; print(lookup(550).title == 'An edited title')",
        ),
        (
            "reasons/rules/mailbox_full.toml",
            "",
            '[edited]\nreason = "mailbox_full"\nwords = ["zebras graze"]\n\n',
            "from smtpreply import classify; print(classify('550 Zebras graze').rule == 'edited')",
        ),
    ],
)
def test_an_edit_in_a_checkout_takes_effect_at_once(
    name: str, before: str, after: str, code: str, tmp_path: Path
) -> None:
    path = copied(tmp_path, ".py", ".toml") / name
    assert run(code, tmp_path) == "False\n"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert run(code, tmp_path) == "True\n"


WRITES = """
import os, sys

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if path != os.devnull and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(path)
    elif event in ("os.mkdir", "os.rename", "os.remove"):
        written.append(event)

written = []
sys.addaudithook(watch)

import smtpreply
from smtpreply import catalog
from smtpreply.cli import main

assert smtpreply.classify("550 5.1.1 No such user").advice.title
assert catalog.lookup(550).title
assert catalog.search("greylisting")
sys.argv = ["smtpreply", "scan", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code
print()
print(written)
"""


@pytest.mark.parametrize("form", ["built", "checkout"])
def test_nothing_is_written(form: str, built: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = built if form == "built" else PACKAGE.parent
    printed = run(WRITES, folder, str(SAMPLE), HOME=str(home), USERPROFILE=str(home))
    assert "171 deliveries" in printed
    assert printed.splitlines()[-1] == "[]"
    assert not list(home.iterdir())


VALUES = st.booleans() | st.integers() | st.text() | st.lists(st.text())
KEYS = st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cc", "Cs"]))


@given(st.dictionaries(KEYS, VALUES))
def test_a_compiled_table_is_the_table(table: dict[str, object]) -> None:
    """What is compiled and read is the same, whatever texts it holds."""
    members = Members(compiled(table))
    assert dict(members) == table
    assert list(members) == list(members.keys()) == list(table)
    assert len(members) == len(table)


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a\nb"])
def test_a_key_that_json_escapes_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key of compiled data"):
        compiled({key: 1})


def test_a_member_is_read_once() -> None:
    members = Members(compiled({"a": [1]}))
    assert members["a"] is members["a"]
    assert "b" not in members
    with pytest.raises(KeyError):
        members["b"]


def test_data_that_is_not_there() -> None:
    assert find("reasons/data/none") is None
    with pytest.raises(FileNotFoundError, match="no data 'reasons/data/none'"):
        read("reasons/data/none")
