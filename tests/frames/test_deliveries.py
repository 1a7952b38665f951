"""Deliveries in Parquet: what is written is read back, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply.codes import EnhancedStatus
from smtpreply.frames._deliveries import deliveries_in, delivery_batch
from smtpreply.frames.arrow import DELIVERY_SCHEMA, read_deliveries, write_deliveries
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.stage import Stage
from smtpreply.testing import enhanced_statuses

_text = st.none() | st.binary(max_size=20).map(lambda o: o.decode("utf-8", "surrogateescape"))
_TEXTS = (
    *(
        "host",
        "program",
        "queue_id",
        "message_id",
        "subject",
        "sender",
        "recipient",
        "orig_recipient",
    ),
    *("relay_host", "relay_ip", "tls", "text", "source"),
)
_offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
_deliveries = st.builds(
    Delivery,
    mta=_text.map(lambda text: text or "postfix"),
    time=st.none() | st.datetimes() | st.datetimes(timezones=_offsets | st.just(UTC)),
    direction=st.none() | st.sampled_from(Direction),
    relay_port=st.none() | st.integers(0, 99_999),
    stage=st.none() | st.sampled_from(Stage),
    status=st.none() | st.sampled_from(Status),
    dsn=st.none() | enhanced_statuses(),
    delay=st.none() | st.floats(allow_nan=False),
    reply_by=st.none() | st.sampled_from(ReplyBy),
    line=st.none() | st.integers(1, 2**40),
    **dict.fromkeys(_TEXTS, _text),
)


def test_there_is_a_column_for_each_attribute() -> None:
    """A new attribute needs a column, and a word in the schema's documentation."""
    assert {field.name for field in attrs.fields(Delivery)} <= set(DELIVERY_SCHEMA.names)


@settings(max_examples=100, deadline=None)
@given(st.lists(_deliveries, max_size=4))
def test_what_is_written_is_read_back(deliveries: list[Delivery]) -> None:
    """Any delivery is the same after it was in a batch: octets, zones and ends of time, too."""
    found = list(deliveries_in(delivery_batch(deliveries)))
    assert found == deliveries
    assert [d.time and d.time.utcoffset() for d in found] == [
        d.time and d.time.utcoffset() for d in deliveries
    ]


def test_a_file_has_groups_of_rows_and_the_version(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    deliveries = [Delivery(mta="exim", line=number, text="250 Ok") for number in range(1, 26)]
    assert write_deliveries(path, iter(deliveries), row_group=10) == 25
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [10, 10, 5]
    assert file.schema_arrow.metadata[b"smtpreply.deliveries"] == b"1"
    assert list(read_deliveries(path)) == deliveries
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.parquet"]


def test_no_more_than_a_group_is_taken_ahead(tmp_path: Path) -> None:
    taken = 0
    written: list[int] = []

    def counted() -> Iterator[Delivery]:
        nonlocal taken
        for _ in range(30):
            taken += 1
            yield Delivery(mta="exim")

    class Watched(pq.ParquetWriter):  # type: ignore[misc]
        def write_batch(self, batch: object, row_group_size: int | None = None) -> None:
            written.append(taken)
            super().write_batch(batch, row_group_size)

    original = pq.ParquetWriter
    pq.ParquetWriter = Watched
    try:
        write_deliveries(tmp_path / "d.parquet", counted(), row_group=10)
    finally:
        pq.ParquetWriter = original
    assert written == [10, 20, 30]


def test_what_fails_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    write_deliveries(path, [Delivery(mta="exim")])

    def broken() -> Iterator[Delivery]:
        yield Delivery(mta="postfix")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_deliveries(path, broken(), row_group=1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.parquet"]
    assert [delivery.mta for delivery in read_deliveries(path)] == ["exim"]


def test_none_at_all_are_a_file_too(tmp_path: Path) -> None:
    assert write_deliveries(tmp_path / "d.parquet", []) == 0
    assert list(read_deliveries(tmp_path / "d.parquet")) == []


def test_code_and_status_of_the_reply_stand_in_columns_of_their_own() -> None:
    batch = delivery_batch(
        [
            Delivery(mta="exim", text="550 5.1.1 No such user", reply_by=ReplyBy.REMOTE),
            Delivery(mta="exim", text="Connection timed out", dsn=EnhancedStatus(4, 4, 1)),
        ]
    )
    assert batch.column("code").to_pylist() == [550, None]
    assert batch.column("enhanced").to_pylist() == ["5.1.1", None]
    assert batch.column("dsn").to_pylist() == [None, "4.4.1"]


def test_octets_that_are_no_utf8_are_kept_beside() -> None:
    batch = delivery_batch([Delivery(mta="exim", sender="b\udce4r@example.org")])
    assert batch.column("sender").to_pylist() == ["b\ufffdr@example.org"]
    assert batch.column("octets").to_pylist() == [[("sender", b"b\xe4r@example.org")]]


def test_the_deliveries_of_a_log_come_back(tmp_path: Path) -> None:
    lines = [
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
        f"relay=mx.example.org[192.0.2.1]:25, delay={n}.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
        "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
        "(in reply to RCPT TO command))"
        for n in range(20)
    ]
    path = tmp_path / "d.parquet"
    write_deliveries(path, scan(lines, tz="Europe/Vienna", year=2026))
    assert list(read_deliveries(path)) == list(scan(lines, tz="Europe/Vienna", year=2026))


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ValueError, match=r"no file of deliveries: '.*d\.parquet'"):
        list(read_deliveries(path))
    path.write_text("no Parquet")
    with pytest.raises(ValueError, match="Parquet"):
        list(read_deliveries(path))


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    later = DELIVERY_SCHEMA.with_metadata({b"smtpreply.deliveries": b"2"})
    pq.write_table(later.empty_table(), path)
    with pytest.raises(ValueError, match="deliveries of version 2, and version 1 is known"):
        list(read_deliveries(path))


def test_columns_that_a_later_smtpreply_has_added_are_left(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    batch = delivery_batch([Delivery(mta="exim", time=datetime(2026, 3, 1, tzinfo=UTC))])
    table = pa.Table.from_batches([batch]).append_column("colour", pa.array(["red"]))
    pq.write_table(table, path)
    assert [delivery.mta for delivery in read_deliveries(path)] == ["exim"]
