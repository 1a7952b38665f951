"""`CrossTable`: exact counts of pairs, for rows and columns of which there are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

import attrs


@attrs.define
class CrossTable:
    """The count of each pair of a row and a column.

    Two tables add up (`+`).

    >>> table = CrossTable()
    >>> table.add("gmail", "delivered", 3)
    >>> table.add("gmail", "bounced")
    >>> table.rows()
    [('gmail', Counter({'delivered': 3, 'bounced': 1}))]
    """

    counts: dict[str, Counter[str]] = attrs.field(factory=dict)

    @classmethod
    def of(cls, pairs: Mapping[tuple[str, str], int]) -> Self:
        """Return the table of counted pairs, such as those of a `TopCounter`."""
        table = cls()
        for (row, column), count in pairs.items():
            table.add(row, column, count)
        return table

    def add(self, row: str, column: str, count: int = 1) -> None:
        """Count a pair."""
        cells = self.counts.get(row)
        if cells is None:
            cells = self.counts[row] = Counter()
        cells[column] += count

    def __add__(self, other: Self) -> Self:
        both = type(self)()
        for table in (self, other):
            for row, cells in table.counts.items():
                both.counts.setdefault(row, Counter()).update(cells)
        return both

    def rows(self) -> list[tuple[str, Counter[str]]]:
        """Return the rows by descending total; ties by name."""
        return sorted(self.counts.items(), key=lambda item: (-item[1].total(), item[0]))

    def total(self) -> Counter[str]:
        """Return the total of each row."""
        return Counter({row: cells.total() for row, cells in self.counts.items()})

    def to_dict(self) -> dict[str, dict[str, int]]:
        """Return the whole table as JSON values, in the order of `rows`."""
        return {row: dict(cells.most_common()) for row, cells in self.rows()}
