"""One schema of deliveries: every output has its columns, its types and the same values."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from smtpreply.cli.group import group
from smtpreply.frames import duckdb as in_duckdb
from smtpreply.frames._rows import row_of
from smtpreply.frames.arrow import DELIVERY_SCHEMA, MailLog
from smtpreply.frames.polars import LOG, scan_mail_log
from smtpreply.logs import Delivery, scan
from smtpreply.logs.record import COLUMNS, SCHEMA, Column, record_of

duckdb = pytest.importorskip("duckdb")

ROOT = Path(__file__).parents[2]
NAMES = [column.name for column in COLUMNS]
VERDICT = ["reason", "disposition", "suppress", "bounce_type", "provider", "blocklist", "rule"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with times of three zones and without one, and an octet that is no UTF-8."""
    text = (ROOT / "tests" / "data" / "sample.log").read_text("utf-8")
    line = (
        "2026-11-24T12:00:00{} mx postfix/smtp[7]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced "
        "(host mx.example.org[192.0.2.1] said: 550 5.1.1 Empf\xe4nger weg (in reply to RCPT TO))"
        "\n"
    )
    path = tmp_path_factory.mktemp("logs") / "mail.log"
    zones = "".join(line.format(zone) for zone in ("Z", "+01:00", "-03:30"))
    path.write_bytes(text.encode() + zones.encode("latin-1"))
    return path


def plain(name: str, value: Any) -> Any:
    """Return a value of a column as it stands in JSON."""
    if name == "octets" and value is not None:
        pairs = value.items() if isinstance(value, dict) else value
        return {key: octets.hex() for key, octets in pairs}
    return value


def rows_of_table(table: Any) -> list[dict[str, Any]]:
    """Return a table's rows as JSON has them, but for the times, which are the instants."""
    columns = {
        name: (
            table.column(name).cast(pa.int64()) if name == "time" else table.column(name)
        ).to_pylist()
        for name in table.schema.names
    }
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return [{name: plain(name, value) for name, value in row.items()} for row in rows]


def expected(log: Path) -> list[dict[str, Any]]:
    """Return what `scan` yields as rows, with the times as instants."""
    return [record_of(delivery) | {"time": row_of(delivery)["time"]} for delivery in scan(log)]


def without_schema(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    assert {row.pop("schema") for row in rows} == {SCHEMA}
    return rows


def instants(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of text with their times as instants."""
    for row in rows:
        if row["time"]:
            time = datetime.fromisoformat(row["time"])
            since = time if time.tzinfo else time.replace(tzinfo=UTC)
            row["time"] = (since - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return rows


def test_every_attribute_of_a_delivery_has_a_column() -> None:
    of_delivery = [column.name for column in COLUMNS if column.origin == "delivery"]
    assert of_delivery == [field.name for field in attrs.fields(Delivery)]
    assert NAMES[-len(VERDICT) :] == VERDICT
    assert len(set(NAMES)) == len(NAMES)


def test_parquet_has_the_columns_and_values(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.parquet"
    result = CliRunner().invoke(group, ["scan", str(log), "--deliveries", str(out)])
    assert result.exit_code == 0
    table = pq.read_table(out)
    assert table.schema.equals(DELIVERY_SCHEMA)
    assert table.schema.metadata[b"smtpreply.deliveries"] == str(SCHEMA).encode()
    assert table.schema.names == NAMES
    assert rows_of_table(table) == without_schema(expected(log))


def test_json_lines_have_the_columns_and_values(log: Path) -> None:
    result = CliRunner().invoke(group, ["scan", str(log), "--deliveries", "-"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [*rows[0]] == [*NAMES, "schema"]
    assert instants(rows) == expected(log)


def test_csv_has_the_columns_and_values(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    args = ["scan", str(log), "--deliveries", str(out), "--raw-cells"]
    assert CliRunner().invoke(group, args).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]] == [*NAMES, "schema"]
    for row, record in zip(rows, map(record_of, scan(log)), strict=True):
        octets = record["octets"]
        record["octets"] = None if octets is None else json.dumps(octets)
        assert row == {name: "" if one is None else str(one) for name, one in record.items()}


def test_polars_has_the_columns_and_values(log: Path) -> None:
    frame = scan_mail_log(log)
    assert frame.collect_schema().names() == [*LOG] == NAMES
    for column in COLUMNS:
        if column.choices is not None:
            assert LOG[column.name] == pl.Enum([str(member) for member in column.choices])
    rows = frame.with_columns(pl.col("time").cast(pl.Int64)).collect().to_dicts()
    for row in rows:
        row["octets"] = row["octets"] and {
            pair["key"]: pair["value"].hex() for pair in row["octets"]
        }
    assert rows == without_schema(expected(log))


def test_arrow_has_the_columns_and_values(log: Path) -> None:
    stream = MailLog(log)
    assert stream.schema is DELIVERY_SCHEMA
    for _ in range(2):  # the log is read anew
        assert rows_of_table(pa.table(stream)) == without_schema(expected(log))


def test_duckdb_has_the_columns_and_values(log: Path) -> None:
    relation = in_duckdb.scan_mail_log(duckdb.connect(), log)
    assert relation.columns == NAMES
    for _ in range(2):  # each query reads the log
        names = ", ".join("epoch_us(time) AS time" if one == "time" else one for one in NAMES)
        found = relation.project(names)
        rows = [dict(zip(NAMES, row, strict=True)) for row in found.fetchall()]
        assert [
            {name: plain(name, value) for name, value in row.items()} for row in rows
        ] == without_schema(expected(log))


def test_any_reader_of_json_lines_takes_octets_that_are_no_text(log: Path, tmp_path: Path) -> None:
    """A log may have any octets; a lone surrogate, as Python writes one, is no JSON to others."""
    out = tmp_path / "all.jsonl"
    assert CliRunner().invoke(group, ["scan", str(log), "--deliveries", str(out)]).exit_code == 0
    where = "text LIKE '%Empf\ufffdnger%' AND octets IS NOT NULL"
    counted = duckdb.sql(f"SELECT count(*) FROM read_json('{out}') WHERE {where}")
    assert counted.fetchall() == [(3,)]
    assert pl.read_ndjson(out, infer_schema_length=None).height == len(list(scan(log)))


# --- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "iso", "offset"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), "2026-11-24T12:00:00+00:00", 0),
        (
            datetime(2026, 11, 24, 12, 0, 0, 5, timezone(timedelta(hours=1))),
            "2026-11-24T11:00:00.000005+00:00",
            3600,
        ),
        (datetime(2026, 11, 24, 12), "2026-11-24T12:00:00", None),  # noqa: DTZ001
        (
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            "0001-01-01T00:00:00+01:00",
            3600,
        ),
        (None, None, None),
    ],
)
def test_times_with_a_zone_are_in_utc_and_others_have_none(
    time: datetime | None, iso: str | None, offset: int | None
) -> None:
    delivery = Delivery(mta="x", time=time)
    record = record_of(delivery)
    assert (record["time"], record["utc_offset"]) == (iso, offset)
    assert Delivery.from_dict(record) == delivery


# --- what is written down about it ---------------------------------------------------------------


def described(page: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `([a-z_]+)` \| ([a-z0-9]+) \|", page, re.MULTILINE))


def test_the_page_lists_each_column_with_its_type() -> None:
    page = (ROOT / "docs" / "columns.md").read_text("utf-8")
    assert described(page) == {column.name: column.kind for column in COLUMNS}
    assert f"version {SCHEMA}" in page


def test_a_column_says_what_it_is_of() -> None:
    assert Column("code", "uint16", origin="reply") in COLUMNS
    assert {column.kind for column in COLUMNS if column.choices} == {"text"}
