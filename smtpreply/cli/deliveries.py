"""Write deliveries to a file: JSON lines, CSV or Parquet, by the suffix of its name."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import attrs
import click

from smtpreply.logs import Delivery

_COLUMNS = (*(field.name for field in attrs.fields(Delivery)), "code", "enhanced")


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


def write(deliveries: Iterable[Delivery], path: Path) -> None:
    """Write deliveries one by one as they are read.

    Args:
        deliveries: the deliveries.
        path: the file: ``.jsonl``, ``.csv`` or ``.parquet``, which needs an extra.
    """
    _WRITERS[path.suffix](deliveries, path)


def _json_lines(deliveries: Iterable[Delivery], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for delivery in deliveries:
            file.write(json.dumps(delivery.to_dict()) + "\n")


def _csv(deliveries: Iterable[Delivery], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        rows = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(delivery.to_dict() for delivery in deliveries)


def _parquet(deliveries: Iterable[Delivery], path: Path) -> None:
    from smtpreply.frames._deliveries import write_deliveries  # noqa: PLC0415  (needs an extra)

    write_deliveries(path, deliveries)


_WRITERS = {".jsonl": _json_lines, ".csv": _csv, ".parquet": _parquet}
