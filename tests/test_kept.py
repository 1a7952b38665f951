"""What is made of data files is kept, and made anew when it must be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from smtpreply.kept import kept, toml
from smtpreply.reasons import Classifier, builtin_rules
from smtpreply.reasons.classifier import default_classifier


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SMTPREPLY_CACHE", str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.toml"
    path.write_text("number = 1\n")
    return path


def test_what_is_made_is_made_once(cache: Path, source: Path) -> None:
    made = iter([{"a": (1, "b")}])  # it can be made once only
    for _ in range(2):
        assert kept("x", [source], lambda: next(made)) == {"a": (1, "b")}


def test_it_is_made_anew_when_its_source_changes(cache: Path, source: Path) -> None:
    assert toml(source) == {"number": 1}
    source.write_text("number = 12\n")
    assert toml(source) == {"number": 12}


def test_it_is_made_anew_when_a_file_comes_into_its_folder(cache: Path, source: Path) -> None:
    count = lambda: len(list(source.parent.glob("*.toml")))  # noqa: E731
    assert kept("x", [source.parent], count) == 1
    source.with_name("other.toml").touch()
    assert kept("x", [source.parent], count) == 2


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\xe9\xff\xff\xff\x7f", b"i\x01\0\0\0"])
def test_a_damaged_file_is_no_harm(cache: Path, source: Path, damage: bytes) -> None:
    toml(source)
    [place] = cache.iterdir()
    place.write_bytes(damage)
    assert toml(source) == {"number": 1}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to chown")
def test_what_another_user_has_written_is_not_read(cache: Path, source: Path) -> None:
    toml(source)
    [place] = cache.iterdir()
    os.chown(place, 12345, -1)
    assert kept(place.name.rpartition("-")[0], [source], lambda: "made anew") == "made anew"


def test_what_is_old_is_taken_away_when_something_new_comes(cache: Path, source: Path) -> None:
    toml(source)
    [old] = cache.iterdir()
    os.utime(old, (0, 0))
    kept("new", [source], lambda: 1)
    assert [path.name.startswith("new-") for path in cache.iterdir()] == [True]


def test_nothing_is_kept_where_that_is_not_wanted(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTPREPLY_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert toml(source) == {"number": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["source.toml"]


def test_it_works_where_nothing_can_be_written(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTPREPLY_CACHE", str(source / "below-a-file"))
    assert toml(source) == {"number": 1}


def test_a_classifier_of_kept_rules_decides_as_one_that_has_read_them() -> None:
    read = Classifier(builtin_rules())
    known = default_classifier()
    assert [rule.id for rule in known.rules] == [rule.id for rule in read.rules]
    for rule in read.rules:
        for text in (*rule.catches, *rule.spares):
            one, other = known.classify(text), read.classify(text)
            assert (one.reason, one.rule, one.basis) == (other.reason, other.rule, other.basis)
