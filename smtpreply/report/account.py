"""A summary as a terminal shows it. Needs rich."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smtpreply.escape import escape
from smtpreply.logs import Coverage
from smtpreply.report.grid import Grid
from smtpreply.report.summary import Summary
from smtpreply.report.tally import Tally

_ROWS = 10
_TITLES = {
    "status": "What became of it",
    "code": "Reply codes",
    "enhanced": "Enhanced status codes",
    "reason": "Why not",
    "speaker": "Who refused",
    "blocklist": "Block lists",
    "relay": "Servers",
    "domain": "Recipients' domains",
    "refused_sender": "Senders refused",
    "refused_recipient": "Recipients refused",
    "unexplained": "Not explained",
}


def account(summary: Summary, coverage: Coverage) -> RenderableType:
    """Draw a summary, and below it what of the log was not read."""
    return Group(*_tables(summary), *_lines(summary, coverage))


def _tables(summary: Summary) -> Iterator[RenderableType]:
    for name, title in _TITLES.items():
        rows = _commonest(getattr(summary, name))
        if rows:
            yield Text(title, "bold")
            yield _table(rows)


def _commonest(counts: Counter[str] | Tally[Any] | Grid) -> list[tuple[str, int]]:
    if isinstance(counts, Grid):
        return counts.total().most_common(_ROWS)
    if isinstance(counts, Tally) and any(isinstance(key, tuple) for key in counts.counts):
        return Grid.of(counts.counts).total().most_common(_ROWS)
    return counts.most_common(_ROWS)


def _table(rows: Iterable[tuple[str, int]]) -> Table:
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for key, count in rows:
        table.add_row(Text(f"{count:,}"), Text(escape(key)))
    return table


def _lines(summary: Summary, coverage: Coverage) -> Iterator[Text]:
    delays = summary.delays.total()
    middle, most = delays.percentile(50), delays.percentile(99)
    if middle is not None and most is not None:
        yield Text(f"Delay: half within {middle:.3g} s, 99% within {most:.3g} s")
    yield Text(
        f"{coverage.lines:,} lines, {coverage.known:,} of a known format, "
        f"{coverage.understood:,} understood, {coverage.deliveries:,} deliveries"
    )
    for shape, count in coverage.shapes.most_common(_ROWS):
        yield Text(f"not understood, {count:,} times: {escape(shape)}", "yellow")
    for problem in coverage.problems[:_ROWS]:
        yield Text(escape(problem), "red")
    if len(coverage.problems) > _ROWS:
        yield Text(f"and {len(coverage.problems) - _ROWS:,} problems more", "red")
