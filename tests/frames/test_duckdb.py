"""The SQL functions give what `parse` and `classify` give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")

from smtpreply import Classifier, Reason, classify  # noqa: E402
from smtpreply.catalog import UnknownLanguageError  # noqa: E402
from smtpreply.frames import arrow  # noqa: E402
from smtpreply.frames.duckdb import register  # noqa: E402
from smtpreply.reasons import rules_in  # noqa: E402
from smtpreply.testing import damaged_replies, textstrings  # noqa: E402

GREYLISTED = "450 4.2.0 <bob@example.org>: Greylisted for 300 seconds"
NO_USER = "550-5.1.1 There is no\r\n550 5.1.1 such user\r\n"


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    with duckdb.connect() as connection:
        register(connection)
        yield connection


def answers(connection: Any, call: str, texts: list[Any], kind: str = "VARCHAR") -> list[Any]:
    table = pa.table({"r": pa.array(texts, pa.string() if kind == "VARCHAR" else pa.binary())})
    connection.register("given", table)
    rows = connection.sql(f"SELECT {call} FROM given").fetchall()
    return [row[0] for row in rows]


def test_each_function_gives_its_part_of_the_answer(connection: Any) -> None:
    texts = [GREYLISTED, NO_USER]
    assert answers(connection, "smtp_code(r)", texts) == [450, 550]
    assert answers(connection, "smtp_enhanced(r)", texts) == ["4.2.0", "5.1.1"]
    assert answers(connection, "smtp_reason(r)", texts) == ["greylisted", "unknown_recipient"]
    assert answers(connection, "smtp_parse(r).line_count", texts) == [1, 2]
    assert answers(connection, "smtp_classify(r).retry_after", texts) == [
        dt.timedelta(minutes=5),
        None,
    ]


def test_an_explanation_is_a_line_of_what_it_is_and_what_to_do(connection: Any) -> None:
    [line] = answers(connection, "smtp_explain(r)", [GREYLISTED])
    advice = classify(GREYLISTED).advice
    assert line == f"{advice.title}. {advice.action}"
    assert "\n" not in line


def test_every_reason_is_explained_in_every_language() -> None:
    with duckdb.connect() as connection:
        register(connection, language="ru")
        assert answers(connection, "smtp_explain(r)", ["552 Mailbox full"]) == [
            f"{classify('552 Mailbox full').advice_in('ru').title}. "
            f"{classify('552 Mailbox full').advice_in('ru').action}"
        ]
        with pytest.raises(UnknownLanguageError):
            register(connection, language="tlh")


@pytest.mark.parametrize("name", ["parse", "code", "enhanced", "classify", "reason", "explain"])
@pytest.mark.parametrize("suffix", ["", "_blob"])
def test_null_stays_null(connection: Any, name: str, suffix: str) -> None:
    call = f"smtp_{name}{suffix}"
    kind = "BLOB" if suffix else "VARCHAR"
    one = "250 Ok" if kind == "VARCHAR" else b"250 Ok"
    assert connection.sql(f"SELECT {call}(NULL)").fetchall() == [(None,)]
    assert answers(connection, f"{call}(r)", [None, None], kind) == [None, None]
    assert [found is None for found in answers(connection, f"{call}(r)", [one, None], kind)] == [
        name == "enhanced",
        True,
    ]
    assert answers(connection, f"{call}(r)", [], kind) == []


def test_what_is_no_reply_has_no_code(connection: Any) -> None:
    assert answers(connection, "smtp_code(r)", ["", "rubbish", "250 a\n250 b\n"]) == [None] * 3
    assert answers(connection, "smtp_parse(r).error", ["", "rubbish", "250 a\n250 b\n"]) == [
        "no reply",
        "no reply",
        "several replies",
    ]


def test_octets_that_are_not_utf8_are_a_blob(connection: Any) -> None:
    [parsed] = answers(connection, "smtp_parse_blob(r)", [b"550 Empf\xe4nger unbekannt"], "BLOB")
    assert parsed["code"] == 550
    assert parsed["text"] == "Empf\ufffdnger unbekannt"


def test_a_megabyte_in_one_cell_is_read(connection: Any) -> None:
    text = "550 5.1.1 " + "x" * 1_000_000
    assert answers(connection, "length(smtp_parse(r).text)", [text, "5" * 1_000_000]) == [
        1_000_000,
        None,
    ]


def test_all_threads_give_the_same_answers(connection: Any) -> None:
    connection.execute("SET threads = 2")
    connection.execute(  # of two row groups, which is what threads divide between them
        "CREATE OR REPLACE TEMP TABLE replies AS SELECT "
        "CASE i % 3 WHEN 0 THEN '250 2.0.0 Ok: ' || i WHEN 1 THEN '552 5.2.2 Full: ' || i END AS r "
        "FROM range(130000) AS rows(i)"
    )
    found = connection.sql("SELECT count(*), count(smtp_code(r)), sum(smtp_code(r)) FROM replies")
    assert found.fetchall() == [(130_000, 86_667, 43_334 * 250 + 43_333 * 552)]


@settings(deadline=None)  # DuckDB starts threads now and then
@given(st.lists(damaged_replies() | textstrings().map(lambda t: t.encode("utf-8", "replace"))))
def test_blobs_are_answered_as_arrow_is(connection: Any, octets: list[bytes]) -> None:
    """Of all octets SQL says what Arrow says."""
    array = pa.array(octets, pa.binary())
    assert answers(connection, "smtp_parse_blob(r)", octets, "BLOB") == parsed(array)
    assert answers(connection, "smtp_code_blob(r)", octets, "BLOB") == [
        row["code"] for row in parsed(array)
    ]


@settings(deadline=None)  # DuckDB starts threads now and then
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_are_answered_as_arrow_is(connection: Any, texts: list[str | None]) -> None:
    """Of all texts SQL says what Arrow says."""
    array = pa.array(texts, pa.string())
    assert answers(connection, "smtp_parse(r)", texts) == parsed(array)
    assert answers(connection, "smtp_classify(r)", texts) == arrow.classify(array).to_pylist()
    assert answers(connection, "smtp_enhanced(r)", texts) == [
        row and row["enhanced"] for row in parsed(array)
    ]


def parsed(array: Any) -> list[Any]:
    rows: list[Any] = arrow.parse(array).to_pylist()
    return rows


def test_a_classifier_of_your_own_replaces_the_first(tmp_path: Any) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[own]\nreason = "tls"\nwords = ["no blue cheese"]\ncatches = ["550 No blue cheese"]\n'
    )
    with duckdb.connect() as connection:
        register(connection)
        before = answers(connection, "smtp_reason(r)", ["550 No blue cheese"])
        register(connection, classifier=Classifier(rules_in(path)))
        assert answers(connection, "smtp_reason(r)", ["550 No blue cheese"]) == [Reason.TLS.value]
        assert before != [Reason.TLS.value]


def test_cursors_have_the_functions_too(connection: Any) -> None:
    assert connection.cursor().sql("SELECT smtp_code('250 Ok')").fetchall() == [(250,)]


@pytest.mark.parametrize("needed", ["duckdb", "numpy", "polars", "pyarrow"])
def test_a_missing_extra_is_one_clear_line(
    needed: str, said_without: Callable[[str, str], str]
) -> None:
    line = f'smtpreply.frames.duckdb needs {needed}: pip install "smtpreply[duckdb]"'
    assert said_without(needed, "smtpreply.frames.duckdb") == line
