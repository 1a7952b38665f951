"""Write deliveries to a file: JSON lines, CSV or Parquet, by the suffix of its name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TextIO

import click

from smtpreply._support.files import replacing
from smtpreply.cli.tables import CsvRows
from smtpreply.logs import Delivery
from smtpreply.logs.record import COLUMNS, record_of

_COLUMNS = (*(column.name for column in COLUMNS), "schema")


def check_ending(path: Path) -> None:
    """Check that the suffix of a file name is one of the formats, and that its extra is installed.

    Raises:
        click.BadParameter: the suffix is unknown.
        ImportError: the extra for Parquet is not installed.
    """
    if path.suffix not in _WRITERS:
        raise click.BadParameter(
            f"must end in one of: {', '.join(_WRITERS)}", param_hint="--deliveries"
        )
    if _WRITERS[path.suffix] is _parquet:
        import_module("smtpreply.frames._deliveries")


def write(deliveries: Iterable[Delivery], path: Path, *, raw_cells: bool = False) -> None:
    """Write deliveries one by one as they are read. The file gets its name when it is complete.

    Args:
        deliveries: the deliveries.
        path: the file: ``.jsonl``, ``.csv`` or ``.parquet``, which needs an extra.
        raw_cells: whether a CSV file has the values as they are, though a spreadsheet may take one
            for a formula, or a terminal for a command.
    """
    _WRITERS[path.suffix](deliveries, path, raw_cells=raw_cells)


def write_lines(deliveries: Iterable[Delivery], file: TextIO, *, flush: bool = False) -> None:
    """Write deliveries as JSON, a line each.

    Args:
        deliveries: the deliveries.
        file: where to.
        flush: whether each line is passed on at once.
    """
    for delivery in deliveries:
        file.write(json.dumps(record_of(delivery), allow_nan=False) + "\n")
        if flush:
            file.flush()


def _json_lines(deliveries: Iterable[Delivery], path: Path, *, raw_cells: bool) -> None:  # noqa: ARG001
    with replacing(path) as file:
        write_lines(deliveries, file)


def _csv(deliveries: Iterable[Delivery], path: Path, *, raw_cells: bool) -> None:
    with replacing(path, newline="") as file:
        rows = CsvRows(file, _COLUMNS, raw_cells=raw_cells)
        for delivery in deliveries:
            record = record_of(delivery)
            if record["octets"] is not None:
                record["octets"] = json.dumps(record["octets"])
            rows.write(record)


def _parquet(deliveries: Iterable[Delivery], path: Path, *, raw_cells: bool) -> None:  # noqa: ARG001
    from smtpreply.frames._deliveries import write_deliveries  # noqa: PLC0415  (needs an extra)

    write_deliveries(path, deliveries)


_WRITERS = {".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}
