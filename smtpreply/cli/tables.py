"""CSV tables that no spreadsheet takes for formulas, and no terminal for commands."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from smtpreply._support.escape import safe_cell


class CsvRows:
    """Writes rows under a head line, RFC 4180 with LF as line end.

    Args:
        file: where to; line ends must stay as they are.
        columns: the names of the columns.
        raw_cells: whether to keep the values as they are, though a spreadsheet may take one for a
            formula, or a terminal for a command.
    """

    def __init__(self, file: TextIO, columns: Sequence[str], *, raw_cells: bool = False) -> None:
        self._columns = columns
        self._raw_cells = raw_cells
        self._rows = csv.writer(file, lineterminator="\n")
        # RFC 4180 2.6: a CR must be quoted, which the csv module does not see to everywhere.
        self._quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._rows.writerow(columns)

    def write(self, values: Mapping[str, Any]) -> None:
        """Write a row: the values of the columns."""
        cells = [values[name] for name in self._columns]
        if not self._raw_cells:
            cells = [safe_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        has_cr = any("\r" in cell for cell in cells if isinstance(cell, str))
        (self._quoted if has_cr else self._rows).writerow(cells)


def write_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, raw_cells: bool
) -> None:
    """Print rows as CSV, or as a JSON list of objects.

    Args:
        rows: the values by column, as JSON can hold them.
        columns: the names of the columns.
        as_json: whether to print JSON.
        raw_cells: see `CsvRows`.
    """
    if as_json:
        sys.stdout.write(json.dumps(list(rows), indent=2, allow_nan=False) + "\n")
        return
    table = CsvRows(sys.stdout, columns, raw_cells=raw_cells)
    for row in rows:
        table.write(row)
