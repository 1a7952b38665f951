"""Tables: heads, rows, and records over several lines, closed or not."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Delivery, Format, Line, scan
from smtpreply.logs.toolkit import tables
from smtpreply.logs.toolkit.tables import (
    MOST_CHARACTERS,
    MOST_LINES,
    Head,
    Row,
    TableReader,
    claims_by,
    fields_of,
    read_head,
    with_columns,
)

IS_HEAD = with_columns("id", "said")


def told(line: Line, row: Row) -> list[Delivery] | None:
    """Return what is said; a row that says nothing is not understood."""
    if "said" not in row:
        return None
    return [Delivery(mta="t", queue_id=row.get("id"), text=row["said"], line=line.number)]


def read(*lines: str) -> list[tuple[str | None, str | None, int | None]]:
    reader = TableReader(IS_HEAD, told)
    found: list[Delivery] = []
    for number, text in enumerate(lines, start=1):
        found += reader.read(Line(text, text, number)) or ()
    found += reader.finish()
    return [(delivery.queue_id, delivery.text, delivery.line) for delivery in found]


@pytest.mark.parametrize(
    ("text", "columns", "delimiter"),
    [
        ("id,said", ("id", "said"), ","),
        ('"Id";"Said";"x, y"', ("id", "said", "xy"), ";"),
        ("ID\tSaid", ("id", "said"), "\t"),
        ("#Fields: recipient-status,Recipient_Status", ("recipientstatus",) * 2, ","),
        ("#fields: c-ip cs(User-Agent)", ("cip", "csuseragent"), " "),
        ("\ufeffid,said", ("id", "said"), ","),
    ],
)
def test_a_head_names_columns_whatever_parts_them(
    text: str, columns: tuple[str, ...], delimiter: str
) -> None:
    assert read_head(text) == Head(columns, delimiter)


@pytest.mark.parametrize("text", ["", "id", "#Version: 15,0", "sep=;", "#TYPE a,b", "," * 99_999])
def test_a_line_that_names_no_columns_is_no_head(text: str) -> None:
    assert read_head(text) is None


def test_a_value_is_found_by_its_name_and_an_empty_one_is_not_there() -> None:
    row = Head(("id", "said", "id")).row(["1", "", "2"])
    assert row == {"id": "1"}


def test_a_row_with_more_fields_than_columns_is_in_doubt() -> None:
    head = Head(("id", "said"))
    assert head.row(["1", "a", "b"]) is None
    assert head.row(["1", "a", ""]) == {"id": "1", "said": "a"}
    assert head.row(["1"]) == {"id": "1"}


def test_a_record_goes_on_over_lines_and_is_of_its_first() -> None:
    assert read("#TYPE x", "id,said", '1,"550-No', "", '550 ""such"" user"', "2,b") == [
        ("1", '550-No\n\n550 "such" user', 3),
        ("2", "b", 6),
    ]


def test_a_new_head_renames_the_columns() -> None:
    assert read("id,said", "1,a", "#Fields: said,id", "b,2") == [("1", "a", 2), ("2", "b", 4)]


def test_a_source_with_another_head_may_follow() -> None:
    reader = TableReader(IS_HEAD, told)
    for head, row in (("id,said", "1,a"), ("said;id", "a;1")):
        reader.read(Line(head, head, 1))
        [delivery] = reader.read(Line(row, row, 2)) or ()
        assert (delivery.queue_id, delivery.text) == ("1", "a")
        assert list(reader.finish()) == []


def test_files_that_were_put_together_have_a_preamble_each() -> None:
    reader = TableReader(IS_HEAD, told)
    lines = ["#Kind: a", "id,said", "1,a", "#Kind: b", "#Date: x", "#Fields: id,said", "2,b"]
    seen = []
    for number, text in enumerate(lines, start=1):
        reader.read(Line(text, text, number))
        seen.append(list(reader.preamble))
    assert (seen[2], seen[-1]) == (["Kind: a"], ["Kind: b", "Date: x"])


def test_the_rows_of_another_table_are_none_of_ours() -> None:
    assert read("id,said", "1,a", "#Fields: id,other", "2,b") == [("1", "a", 2)]


OWN = Format("own", lambda _: False, lambda: TableReader(IS_HEAD, told), claims_by(IS_HEAD))


def test_a_quote_that_is_never_closed_costs_one_line_and_is_told() -> None:
    rows = [f"{number},a" for number in range(MOST_LINES + 50)]
    run = scan(["id,said", '0,"x', *rows], format=OWN)
    assert [delivery.queue_id for delivery in run] == [row.partition(",")[0] for row in rows]
    assert run.coverage.problems == ["line:2: a quote that is never closed"]
    assert run.coverage.understood == run.coverage.lines - 1


def test_a_quote_that_is_open_at_the_end_is_told_too() -> None:
    run = scan(["id,said", '0,"x', "1,a"], format=OWN)
    assert [delivery.queue_id for delivery in run] == ["1"]
    assert run.coverage.problems == ["line:2: a quote that is never closed"]


def test_a_record_that_is_too_long_is_given_up() -> None:
    assert read("id,said", '1,"' + "x" * MOST_CHARACTERS, "2,a") == [("2", "a", 3)]
    assert read("id,said", "1," + '"x"' + "x" * 200_000, "2,a") == [("2", "a", 3)]


def test_what_failed_with_a_line_is_told_with_the_next() -> None:
    reader = TableReader(IS_HEAD, told)
    reader.read(Line("id,said", "id,said", 1))
    for number, text in ((2, '1,"a'), (9, "2,b")):  # the lines between are not ours
        answer = reader.read(Line(text, text, number))
    assert answer is None
    assert [delivery.queue_id for delivery in reader.finish()] == ["2"]


def test_without_a_head_a_line_is_not_understood() -> None:
    run = scan(["1,a"], format=OWN)
    assert list(run) == []
    assert run.coverage.understood == 0


def test_one_line_is_parted_as_it_stands() -> None:
    assert fields_of('a,"b, ""c""",d') == ["a", 'b, "c"', "d"]
    assert fields_of('a,"' + "x" * 200_000) == []


def test_lines_that_are_never_closed_take_no_time() -> None:
    lines = ["id,said", *['a"b,"c'] * 3000]
    began = time.perf_counter()
    assert read(*lines) == []
    assert time.perf_counter() - began < 10


_CELL = st.text(st.sampled_from('ab,;\t" \n'), min_size=1, max_size=8).filter(
    lambda text: not text.isspace()
)


@given(st.lists(st.tuples(_CELL, _CELL), max_size=8), st.sampled_from(",;\t"))
def test_whatever_the_csv_module_writes_is_read(
    rows: list[tuple[str, str]], delimiter: str
) -> None:
    """Records that are written by the standard library are read as they were."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "said"), *rows])
    found = read(*written.getvalue().removesuffix("\n").split("\n"))
    assert [(first, second) for first, second, _ in found] == rows


@given(st.lists(st.text(st.sampled_from('a1,;"\r\n# \0\ufeff'), max_size=12), max_size=30))
def test_any_lines_are_read_or_counted(lines: list[str]) -> None:
    """No line raises, whatever is in it, and none is left open."""
    run = scan(["id,said", *lines], format=OWN)
    list(run)
    assert run.coverage.understood <= run.coverage.known <= run.coverage.lines


@given(st.text('",;a \r\t', min_size=1), st.sampled_from(",;\t "))
def test_a_record_of_one_line_is_split_as_those_of_several(text: str, delimiter: str) -> None:
    """The quick way gives what the csv module does, or gives up."""
    fields = tables._fields_of_whole(text, delimiter)
    found, taken = tables._records([Line(text, text, 1)], delimiter)
    if fields is not None:
        assert taken == 1
        assert [each for _, each in found] == [fields]
    elif "\r" not in text:
        assert taken == 0
