"""Counts of pairs of which there are few: an exact table of rows and columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

import attrs


@attrs.define
class Grid:
    """How often each pair of a row and a column was seen.

    >>> grid = Grid()
    >>> grid.add("gmail", "delivered", 3)
    >>> grid.add("gmail", "bounced")
    >>> grid.rows()
    [('gmail', Counter({'delivered': 3, 'bounced': 1}))]
    """

    counts: dict[str, Counter[str]] = attrs.field(factory=dict)

    @classmethod
    def of(cls, pairs: Mapping[tuple[str, str], int]) -> Self:
        """Sort counted pairs into rows, such as those of a `Tally`."""
        grid = cls()
        for (row, column), count in pairs.items():
            grid.add(row, column, count)
        return grid

    def add(self, row: str, column: str, count: int = 1) -> None:
        """Count a pair."""
        cells = self.counts.get(row)
        if cells is None:
            cells = self.counts[row] = Counter()
        cells[column] += count

    def __add__(self, other: Self) -> Self:
        both = type(self)()
        for grid in (self, other):
            for row, cells in grid.counts.items():
                both.counts.setdefault(row, Counter()).update(cells)
        return both

    def rows(self) -> list[tuple[str, Counter[str]]]:
        """Return the rows, the one that was seen most first; of equals, by name."""
        return sorted(self.counts.items(), key=lambda item: (-item[1].total(), item[0]))

    def total(self) -> Counter[str]:
        """Return how often each row was seen, whatever the column."""
        return Counter({row: cells.total() for row, cells in self.counts.items()})

    def to_dict(self) -> dict[str, dict[str, int]]:
        """Return what JSON can hold: all of it, in the order of `rows`."""
        return {row: dict(cells.most_common()) for row, cells in self.rows()}
