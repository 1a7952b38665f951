"""`live_report`: a log that grows: its last minutes beside the whole, and failures as they come.

Text from a log is escaped first and reaches rich as `Text` only, as in `smtpreply.report.terminal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smtpreply._support.escape import escape, excerpt
from smtpreply.logs import Coverage, Delivery
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import FAILURES, Outcome, outcome_of
from smtpreply.summary.summary import Summary

_MOST_REASONS = 10
_LONGEST_TEXT = 200


def live_report(
    whole: Summary,
    recent: Summary,
    coverage: Coverage,
    failures: Iterable[Delivery],
    *,
    title: str,
    minutes: int,
) -> RenderableType:
    """Return what a log that is followed shows, as a rich renderable.

    Args:
        whole: the counts of the whole log.
        recent: those of the last minutes.
        coverage: what was read.
        failures: the latest failures, the newest last.
        title: the heading, which is escaped.
        minutes: of `recent`.
    """
    grid = Table.grid(padding=(0, 2, 0, 0))
    for justify in ("left", "right", "right", "right", "right"):
        grid.add_column(justify=justify, no_wrap=True)
    grid.add_row(*map(Text, ("", f"last {minutes} minutes", "", "whole", "")), style="dim")
    for name, counts in whole.parts.items():
        _add_outcomes(grid, name, recent.parts[name], counts)
    _add_reasons(grid, recent.total, whole.total)
    lines = [Text(failure_line(one)) for one in failures]
    latest = [Text("\nLatest failures", "bold"), *lines] if lines else []
    return Group(Text(escape(title), "bold"), grid, *latest, Text(_account(coverage), "dim"))


def is_failure(delivery: Delivery) -> bool:
    """Return whether a message was put off, given up, or refused."""
    return outcome_of(delivery.status) in FAILURES


def failure_line(delivery: Delivery) -> str:
    """Return a delivery in a line, escaped: when, what became of it, for whom, where, and why.

    >>> failure_line(Delivery(mta="postfix", recipient="bob@example.org", text="452 4.2.2 Full"))
    'bob@example.org  mailbox_full: 452 4.2.2 Full'
    """
    verdict, server = delivery.verdict, delivery.relay_host or delivery.relay_ip
    words = "" if delivery.text is None else excerpt(delivery.text, _LONGEST_TEXT)
    parts = (
        None if delivery.time is None else delivery.time.isoformat(" ", "seconds"),
        delivery.status,
        delivery.recipient and escape(delivery.recipient),
        server and f"at {escape(server)}",
        words if verdict is None else f"{verdict.reason.value}: {words}",
    )
    return "  ".join(filter(None, parts))


def _add_outcomes(grid: Table, name: str, recent: Counts, whole: Counts) -> None:
    if whole.deliveries:
        grid.add_row(Text(f"\n{name.capitalize()}", "bold"))
    for outcome in Outcome:
        if whole.outcome[outcome]:
            cells = [*_cells(recent, outcome), *_cells(whole, outcome)]
            grid.add_row(Text(f"  {outcome.value}"), *map(Text, cells))


def _cells(counts: Counts, outcome: Outcome) -> Iterator[str]:
    count = counts.outcome[outcome]
    yield f"{count:,}"
    yield f"{count / counts.deliveries:.1%}" if counts.deliveries else ""


def _add_reasons(grid: Table, recent: Counts, whole: Counts) -> None:
    now = {reason: cells.total() for reason, cells in recent.reason.counts.items()}
    ever = {reason: cells.total() for reason, cells in whole.reason.counts.items()}
    shown = sorted(ever, key=lambda reason: (-now.get(reason, 0), -ever[reason], reason))
    if shown:
        grid.add_row(Text("\nReasons", "bold"))
    for reason in shown[:_MOST_REASONS]:
        cells = (f"  {reason}", f"{now.get(reason, 0):,}", "", f"{ever[reason]:,}", "")
        grid.add_row(*map(Text, cells))


def _account(coverage: Coverage) -> str:
    problems = f", {len(coverage.problems):,} problems" if coverage.problems else ""
    return f"\n{coverage.lines:,} lines, {coverage.understood:,} understood{problems}"
