"""Deliveries in Arrow, a row each: logs as streams, and Parquet files. Needs only pyarrow.

The columns are those of `smtpreply.frames._rows`, in the types of `DELIVERY_SCHEMA`, which has
`VERSION` in its metadata. ``code``, ``enhanced`` and the verdict are for queries; they are not read
back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from functools import partial
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
from smtpreply.logs import Delivery, Format, scan
from smtpreply.logs.record import COLUMNS, SCHEMA, Kind

VERSION = SCHEMA
"""The version of the schema: that of all outputs of deliveries."""

_KEY = b"smtpreply.deliveries"

_TYPES: dict[Kind, Any] = {
    "text": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "uint16": pa.uint16(),
    "float64": pa.float64(),
    "octets": pa.map_(pa.string(), pa.binary()),
}

DELIVERY_SCHEMA = pa.schema(
    [
        pa.field(column.name, _TYPES[column.kind], nullable=column.name != "mta")
        for column in COLUMNS
    ],
    metadata={_KEY: str(VERSION).encode()},
)
"""The columns of deliveries: `smtpreply.logs.record.COLUMNS`, with the version."""

ROW_GROUP = 65_536
"""The number of deliveries of a group in a file, which are held in memory."""

_BATCH = 8192  # deliveries


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
        for batch in file.iter_batches(batch_size=_BATCH):
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


class MailLog:
    """The deliveries in mail logs as a stream of Arrow, which is read batch by batch.

    Whatever speaks the Arrow PyCapsule interface takes it: pyarrow, DuckDB, Polars, pandas and
    others. The logs are read anew each time.

    Args:
        path: a file, a folder or a glob.
        format: as for `smtpreply.logs.scan`.
        year: as for `scan`.
        tz: as for `scan`.

    Attributes:
        schema: `DELIVERY_SCHEMA`.

    Raises:
        ValueError: there is no such format or year.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.

    >>> pa.table(MailLog("tests/data/sample.log")).num_rows
    171
    """

    schema = DELIVERY_SCHEMA

    def __init__(
        self,
        path: str | Path,
        *,
        format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
        year: int | None = None,
        tz: tzinfo | str | None = None,
    ) -> None:
        scan((), format=format, year=year, tz=tz)  # reports invalid options now
        self._path = path
        self._scan = partial(scan, path, format=format, year=year, tz=tz)

    def reader(self) -> Any:
        """Return a `pyarrow.RecordBatchReader` of the deliveries.

        Reading from it raises FileNotFoundError where the path leads to nothing.
        """
        return pa.RecordBatchReader.from_batches(DELIVERY_SCHEMA, batches_of(self._scan()))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the deliveries by the Arrow PyCapsule interface."""
        return self.reader().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"MailLog({str(self._path)!r})"


def batches_of(deliveries: Iterable[Delivery], size: int = _BATCH) -> Iterator[Any]:
    """Yield deliveries as `delivery_batch` has them, so many at a time."""
    rest = iter(deliveries)
    while group := list(islice(rest, size)):
        yield delivery_batch(group)


def _write_groups(writer: Any, deliveries: Iterable[Delivery], row_group: int) -> Iterator[int]:
    for batch in batches_of(deliveries, row_group):
        writer.write_batch(batch, row_group_size=row_group)
        yield batch.num_rows


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
    for name in batch.schema.names:
        column = batch.column(name)
        columns[name] = (column.cast(pa.int64()) if name == "time" else column).to_pylist()
    for values in zip(*columns.values(), strict=True):
        yield delivery_of(dict(zip(columns, values, strict=True)))
