"""`terminal_report`: a summary as text for a terminal or a pipe, from 80 columns. Needs rich.

Text from a log is escaped first and reaches rich as `Text` only: rich would interpret markup in a
plain string, and a terminal would obey escape sequences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from smtpreply._support.escape import escape
from smtpreply.catalog.messages import messages
from smtpreply.logs import Coverage
from smtpreply.report.findings import Destination, Findings, duration
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import TopCounter

_ROWS = 8
_FEW = 5
_BAR = 36
_GAP = "   "
_LONGEST_LINE = 200
_WIDEST = 60  # the most columns of a chart over time; more times are merged
_STYLES = {
    Outcome.DELIVERED: "green",
    Outcome.DEFERRED: "yellow",
    Outcome.BOUNCED: "red",
    Outcome.REJECTED: "magenta",
    Outcome.OTHER: "cyan",
}
_PERCENTS = (50, 90, 99)


def terminal_report(summary: Summary, coverage: Coverage) -> RenderableType:
    """Return a summary, and below it what of the log could not be read, as a rich renderable."""
    findings = Findings.of(summary)
    parts = (
        _headline(findings),
        _over_time(summary),
        _reasons(findings),
        _destinations("Providers", findings.providers),
        _servers(findings),
        _destinations("Recipients' domains that refuse most", _by_trouble(findings.domains)),
        _block_lists(findings),
        _delays(summary),
        _replies(summary),
        _refused(findings),
        _unexplained(summary),
        _coverage(coverage),
    )
    return Group(*(drawn for part in parts for drawn in part))


# --- the parts -----------------------------------------------------------------------------


def _headline(findings: Findings) -> Iterator[RenderableType]:
    summary, span = findings.summary, findings.span
    dates = f", {span[0]} to {span[1]}" if span else ""
    yield Text(f"{_many(summary.deliveries, 'delivery', 'deliveries')}{dates}", "bold")
    outcomes = summary.outcome
    grid = _grid("<>><")
    for outcome, style in _STYLES.items():
        count = outcomes[outcome]
        if count:
            share = count / summary.deliveries
            grid.add_row(
                Text(outcome.value, style),
                Text(f"{count:,}", "bold"),
                Text(f"{share:.1%}"),
                _Bar(share, style),
            )
    yield _under(grid)


def _over_time(summary: Summary) -> Iterator[RenderableType]:
    times = summary.times
    if len(times.counts) < 2:
        return
    size, stretches = times.stretches(_WIDEST)
    yield _heading(f"Over time, by {times.unit if size == 1 else f'{size:,} {times.unit}s'}")
    everything = [cells.total() for cells in stretches]
    grid = _grid("<><")
    for outcome, style in _STYLES.items():
        counts = [cells[outcome] for cells in stretches]
        if any(counts):
            most = f"most {max(counts):,}"
            grid.add_row(Text(outcome.value, style), Text(most, "dim"), _Line(counts, style))
    if grid.row_count > 1:
        grid.add_row(Text("all"), Text(f"most {max(everything):,}", "dim"), _Line(everything, ""))
    yield _under(grid)


def _reasons(findings: Findings) -> Iterator[RenderableType]:
    rows = findings.reasons
    if not rows:
        return
    yield _heading("Why mail did not arrive, and what to do")
    who = messages("en")
    grid = _grid("><")
    for row in rows[:_ROWS]:
        advice = row.advice
        title = Text(f"{advice.title} ", "bold").append(f"({row.reason.value})", "dim")
        acts = who.get("who_acts", advice.actor.name.lower())
        advised = Text(f"{acts}: {advice.action}", "dim")
        grid.add_row(Text(f"{row.total:,}", "bold"), Text("\n").join([title, advised]))
    yield _under(grid)
    yield from _more(len(rows))


def _destinations(title: str, destinations: list[Destination]) -> Iterator[RenderableType]:
    if not destinations:
        return
    yield _heading(title)
    shown = [
        outcome
        for outcome in _STYLES
        if any(destination.outcomes[outcome] for destination in destinations)
        or outcome is Outcome.DELIVERED
    ]
    delays = any(len(destination.delays) for destination in destinations)
    grid = _grid("<" + ">" * len(shown) + ">" * delays)
    labels = [Text(outcome.value, _STYLES[outcome]) for outcome in shown]
    grid.add_row(Text(""), *labels, *[Text("half within")] * delays, style="dim")
    for destination in destinations[:_ROWS]:
        row = [Text(_cut(destination.name))]
        row += [Text(f"{destination.outcomes[outcome]:,}") for outcome in shown]
        if delays:
            row.append(Text(duration(destination.delays.percentile(50)), "dim"))
        grid.add_row(*row)
    yield _under(grid)
    yield from _more(len(destinations))


def _servers(findings: Findings) -> Iterator[RenderableType]:
    """Yield the servers that refused most; the name comes last, since it may be long."""
    destinations = _by_trouble(findings.servers)
    if not destinations:
        return
    yield _heading("Servers that refuse most")
    grid = _grid(">><<")
    grid.add_row(*map(Text, ("refused", "of", "mostly", "")), style="dim")
    for destination in destinations[:_ROWS]:
        grid.add_row(
            Text(f"{destination.trouble:,}", "bold"),
            Text(f"{destination.total:,}"),
            Text(destination.reason.value if destination.reason else ""),
            Text(_cut(destination.name)),
        )
    yield _under(grid)
    yield from _more(len(destinations))


def _block_lists(findings: Findings) -> Iterator[RenderableType]:
    yield from _counted("Block lists", [(item.name, item.count) for item in findings.blocklists])


def _delays(summary: Summary) -> Iterator[RenderableType]:
    rows = summary.delays.rows()
    if not rows:
        return
    yield _heading("Delay, from arrival to the attempt")
    grid = _grid("<>>>>")
    labels = ("half within", "90% within", "99% within", "attempts")
    grid.add_row(Text(""), *map(Text, labels), style="dim")
    for kind, delays in rows:
        found = [duration(delays.percentile(percent)) for percent in _PERCENTS]
        grid.add_row(Text(kind, _style(kind)), *map(Text, found), Text(f"{len(delays):,}", "dim"))
    yield _under(grid)


def _replies(summary: Summary) -> Iterator[RenderableType]:
    rows = [
        ("reply codes", summary.code.most_common(_ROWS)),
        ("enhanced codes", summary.enhanced.most_common(_ROWS)),
        ("answering", summary.stage.most_common(_ROWS)),
        ("status and code differ", summary.mismatch.most_common(_ROWS)),
    ]
    if not any(found for _, found in rows):
        return
    yield _heading("Replies")
    grid = _grid("<<")
    for label, found in rows:
        if found:
            items = [Text(f"{escape(key)} ").append(f"{count:,}", "bold") for key, count in found]
            grid.add_row(Text(label, "dim"), _Flow(items))
    yield _under(grid)


def _refused(findings: Findings) -> Iterator[RenderableType]:
    for heading, counter in findings.refused:
        title = f"{heading} refused most"
        yield from _counted(title, counter.most_common(_FEW), len(counter.counts), counter.error)


def _unexplained(summary: Summary) -> Iterator[RenderableType]:
    counter: TopCounter[str] = summary.unexplained
    found = counter.most_common(_FEW)
    yield from _counted("Texts that nothing explains", found, len(counter.counts), counter.error)


_DELIVERIES = "deliveries reported"


def _coverage(coverage: Coverage) -> Iterator[RenderableType]:
    yield _heading("What was read")
    grid = _grid("><")
    for count, words in (
        (coverage.lines, "lines"),
        (coverage.known, f"of a known format{_formats(coverage)}"),
        (coverage.understood, "understood"),
        (coverage.deliveries, _DELIVERIES),  # a line may report several
    ):
        of_lines = 0 < count < coverage.lines and words != _DELIVERIES
        share = f" ({count / coverage.lines:.1%})" if of_lines else ""
        grid.add_row(Text(f"{count:,}", "bold"), Text(words + share))
    yield _under(grid)
    if coverage.shapes:
        shapes = coverage.shapes.most_common(_FEW)
        yield from _counted("Lines not understood", shapes, len(coverage.shapes))
    if coverage.problems:
        yield _heading("Problems")
        for problem in coverage.problems[:_ROWS]:
            yield _under(Text(escape(problem), "red"))
        if len(coverage.problems) > _ROWS:
            yield _under(Text(f"and {len(coverage.problems) - _ROWS:,} problems more", "red"))


# --- helpers --------------------------------------------------------------------------


def _counted(
    title: str, rows: Iterable[tuple[str, int]], number: int = 0, error: int = 0
) -> Iterator[RenderableType]:
    """Yield a list of texts and counts: the first of `number`, each at most `error` too low."""
    listed = list(rows)
    if not listed:
        return
    yield _heading(title)
    grid = _grid("><")
    for text, count in listed:
        grid.add_row(Text(f"{count:,}", "bold"), Text(_cut(text)))
    yield _under(grid)
    yield from _more(number, len(listed))
    if error:
        yield _under(Text(f"each may be {error:,} more: there are too many to count all", "dim"))


def _more(number: int, shown: int = _ROWS) -> Iterator[RenderableType]:
    if number > shown:
        yield _under(Text(f"and {number - shown:,} more", "dim"))


def _by_trouble(destinations: list[Destination]) -> list[Destination]:
    refusing = [destination for destination in destinations if destination.trouble]
    return sorted(refusing, key=lambda destination: (-destination.trouble, destination.name))


def _formats(coverage: Coverage) -> str:
    found = ", ".join(f"{name} {count:,}" for name, count in coverage.formats.most_common())
    return f": {escape(found)}" if found else ""


def _heading(text: str) -> Text:
    return Text(f"\n{text}", "bold")


def _under(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2), expand=False)


def _grid(columns: str) -> Table:
    """Return an empty grid; each column is aligned to the left (<) or the right (>)."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for column in columns:
        left = column == "<"
        grid.add_column(justify="left" if left else "right", no_wrap=not left, overflow="fold")
    return grid


def _cut(text: str) -> str:
    return escape(text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}...")


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _style(kind: str) -> str:
    return _STYLES.get(Outcome(kind), "") if kind in set(Outcome) else ""


@attrs.frozen
class _Bar:
    """A bar whose length is proportional to a share from 0 to 1."""

    share: float
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        eighths = max(round(self.share * _BAR * 8), 1)
        full, part = divmod(eighths, 8)
        drawn = "█" * full + " ▏▎▍▌▋▊▉"[part].strip()
        if options.ascii_only:
            drawn = "#" * max(full, 1)
        yield Segment(drawn, Style.parse(self.style))


@attrs.frozen
class _Flow:
    """Short texts side by side, wrapped between texts only."""

    items: list[Text]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines: list[Text] = []
        for item in self.items:
            if lines and lines[-1].cell_len + len(_GAP) + item.cell_len <= options.max_width:
                lines[-1] = Text.assemble(lines[-1], _GAP, item)
            else:
                lines.append(item)
        yield Text("\n").join(lines)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widths = [item.cell_len for item in self.items]
        return Measurement(max(widths), sum(widths) + len(_GAP) * (len(widths) - 1))


@attrs.frozen
class _Line:
    """Counts over time as blocks of eight heights; a space for 0."""

    counts: list[int]
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        marks = " .:-=+*%#" if options.ascii_only else " ▁▂▃▄▅▆▇█"
        most = max(self.counts)
        drawn = "".join(marks[-(-count * 8 // most)] for count in self.counts)
        yield Segment(drawn, Style.parse(self.style))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(len(self.counts), len(self.counts))
