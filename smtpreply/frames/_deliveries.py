"""Write deliveries to a Parquet file, a row each, and read them back. Needs only pyarrow.

The columns are those of `smtpreply.frames._rows`, in the types of `DELIVERY_SCHEMA`, which has
`VERSION` in its metadata. ``code``, ``enhanced`` and the verdict are for SQL queries; they are not
read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    from smtpreply.frames._missing import missing

    raise missing("arrow", "pyarrow", "arrow") from None

from smtpreply._support.files import part_of
from smtpreply.frames._rows import delivery_of, row_of
from smtpreply.logs import Delivery
from smtpreply.logs.record import SCHEMA, VERDICT_COLUMNS

VERSION = SCHEMA
"""The version of the schema: that of all outputs of deliveries."""

_KEY = b"smtpreply.deliveries"

DELIVERY_SCHEMA = pa.schema(
    [
        pa.field("mta", pa.string(), nullable=False),
        ("time", pa.timestamp("us", tz="UTC")),
        ("utc_offset", pa.int32()),
        ("host", pa.string()),
        ("program", pa.string()),
        ("direction", pa.string()),
        ("queue_id", pa.string()),
        ("message_id", pa.string()),
        ("subject", pa.string()),
        ("sender", pa.string()),
        ("recipient", pa.string()),
        ("orig_recipient", pa.string()),
        ("relay_host", pa.string()),
        ("relay_ip", pa.string()),
        ("relay_port", pa.int32()),
        ("stage", pa.string()),
        ("status", pa.string()),
        ("dsn", pa.string()),
        ("delay", pa.float64()),
        ("tls", pa.string()),
        ("text", pa.string()),
        ("reply_by", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("octets", pa.map_(pa.string(), pa.binary())),
        ("code", pa.uint16()),
        ("enhanced", pa.string()),
        *((name, pa.bool_() if name == "suppress" else pa.string()) for name in VERDICT_COLUMNS),
    ],
    metadata={_KEY: str(VERSION).encode()},
)
"""The columns of a file of deliveries."""

ROW_GROUP = 65_536
"""The number of deliveries that are held in memory at once."""


def write_deliveries(
    path: str | Path, deliveries: Iterable[Delivery], *, row_group: int = ROW_GROUP
) -> int:
    """Write deliveries to a Parquet file, a group of rows at a time.

    The file gets its name when it is complete: if writing fails, an earlier file of that name
    stays as it was.

    Args:
        path: the path of the file.
        deliveries: such as a `smtpreply.logs.scan`; they are consumed as they are written.
        row_group: the number of rows of a group, which are held in memory.

    Returns:
        The number of deliveries.

    Raises:
        OSError: the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> from smtpreply.logs import scan
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "deliveries.parquet")
    ...     written = write_deliveries(path, scan("tests/data/sample.log"))
    ...     written == len(list(read_deliveries(path)))
    True
    """
    with (
        part_of(path) as part,
        pq.ParquetWriter(part, DELIVERY_SCHEMA, compression="zstd") as writer,
    ):
        return sum(_write_groups(writer, deliveries, row_group))


def read_deliveries(path: str | Path) -> Iterator[Delivery]:
    """Yield the deliveries of a Parquet file, which is read batch by batch.

    Args:
        path: the path of a file that `write_deliveries` wrote.

    Raises:
        ValueError: the file is not Parquet, has no deliveries, or has a later schema version.
        OSError: the file cannot be read.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "deliveries.parquet")
    ...     _ = write_deliveries(path, [Delivery(mta="postfix", recipient="bob@example.org")])
    ...     [delivery.recipient for delivery in read_deliveries(path)]
    ['bob@example.org']
    """
    with pq.ParquetFile(path) as file:
        _check(file.schema_arrow, path)
        for batch in file.iter_batches(batch_size=ROW_GROUP // 8):
            yield from deliveries_in(batch)


def delivery_batch(deliveries: Iterable[Delivery]) -> Any:
    """Return deliveries as a `pyarrow.RecordBatch` of `DELIVERY_SCHEMA`."""
    rows = [row_of(delivery) for delivery in deliveries]
    arrays = []
    for field in DELIVERY_SCHEMA:
        column = [row[field.name] for row in rows]
        if field.name == "time":
            arrays.append(pa.array(column, pa.int64()).cast(field.type))
        else:
            arrays.append(pa.array(column, field.type))
    return pa.record_batch(arrays, schema=DELIVERY_SCHEMA)


def _write_groups(writer: Any, deliveries: Iterable[Delivery], row_group: int) -> Iterator[int]:
    rest = iter(deliveries)
    while group := list(islice(rest, row_group)):
        writer.write_batch(delivery_batch(group), row_group_size=row_group)
        yield len(group)


def _check(schema: Any, path: str | Path) -> None:
    version = (schema.metadata or {}).get(_KEY, b"")
    if not version.isdigit():
        raise ValueError(f"no file of deliveries: {str(path)!r}")
    if int(version) > VERSION:
        raise ValueError(
            f"deliveries of version {int(version)}, and version {VERSION} is known: {str(path)!r}"
        )


def deliveries_in(batch: Any) -> Iterator[Delivery]:
    """Yield the deliveries of a `pyarrow.RecordBatch` that has the columns of `DELIVERY_SCHEMA`."""
    columns = {}
    for name in DELIVERY_SCHEMA.names:
        if name not in batch.schema.names:  # it has been added since the file was written
            columns[name] = [None] * batch.num_rows
            continue
        column = batch.column(name)
        columns[name] = (column.cast(pa.int64()) if name == "time" else column).to_pylist()
    for values in zip(*columns.values(), strict=True):
        yield delivery_of(dict(zip(columns, values, strict=True)))
