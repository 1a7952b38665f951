"""`terminal_report`: a summary as text for a terminal or a pipe, from 80 columns. Needs rich.

Text from a log is escaped first and reaches rich as `Text` only: rich would interpret markup in a
plain string, and a terminal would obey escape sequences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
from smtpreply.logs.trouble import TroubleRow
from smtpreply.report.findings import (
    BY,
    HANDED_ON,
    MAILS,
    NULL_SENDER,
    TITLE,
    WITHOUT_TEXT,
    Destination,
    Findings,
    ReasonCount,
    Report,
    change_title,
    destinations_by,
    duration,
    period,
    recipients_each,
    size,
)
from smtpreply.report.own_server import assessment, is_suspect, own_title, title_and_action
from smtpreply.summary.comparison import Change
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import TopCounter

_ROWS = 8
_MOST_ACTIONS = 12
_FEW = 5
_BAR = 36
_GAP = "   "
_LONGEST_LINE = 200
_MOST_TIMES = 1440  # the most units of time from the first to the last: a day of minutes
_WIDEST = 60  # the most columns of a chart over time; more times are merged
_STYLES = {
    Outcome.DELIVERED: "green",
    Outcome.DEFERRED: "yellow",
    Outcome.BOUNCED: "red",
    Outcome.REJECTED: "magenta",
    Outcome.OTHER: "cyan",
}
_PERCENTS = (50, 90, 99)
_MOST_BY = 100


def terminal_report(
    summary: Summary,
    coverage: Coverage,
    *,
    title: str = TITLE,
    subtitle: str = "",
    changes: Sequence[Change] | None = None,
) -> RenderableType:
    """Return a summary, and below it what of the log could not be read, as a rich renderable.

    Args:
        summary: the counts.
        coverage: what was read.
        title: the heading, before the period: any text, which is escaped.
        subtitle: a line below it, such as the filters; escaped, too.
        changes: what changed since another summary; None where there is none to compare with.

    >>> from rich.console import Console
    >>> with (console := Console(width=80)).capture() as captured:
    ...     console.print(terminal_report(Summary(), Coverage(), title="Monday"))
    >>> captured.get().splitlines()[:2]
    ['Monday', '0 deliveries']
    """
    report = Report.of(summary)
    parts = (
        _headline(report, title, subtitle),
        _trouble("Trouble of our own servers", coverage.trouble.own()),
        _changes(changes),
        _outgoing(report.outgoing),
        _incoming(report.incoming),
        _others("Local", report.local, is_own=True),
        _others("Direction unknown", report.unknown, is_own=False),
        _trouble("Warnings about other hosts", coverage.trouble.of_peers()),
        _volume(report),
        _coverage(coverage),
    )
    return _Unpadded(Group(*(drawn for part in parts for drawn in part)))


def terminal_table(
    summary: Summary, by: str, *, title: str = TITLE, subtitle: str = ""
) -> RenderableType:
    """Return the outgoing mail by one key, a row each, as a rich renderable.

    Args:
        summary: the counts.
        by: one of `BY`.
        title: the heading: see `terminal_report`.
        subtitle: a line below it, likewise.

    >>> from rich.console import Console
    >>> from smtpreply.logs import scan
    >>> table = terminal_table(Summary.of(scan("tests/data/sample.log")), "domain", title="Monday")
    >>> with (console := Console(width=80)).capture() as captured:
    ...     console.print(table)
    >>> "Monday" in captured.get(), "school.example.com" in captured.get()
    (True, True)
    """
    report = Report.of(summary)
    rows = destinations_by(report.outgoing, by)
    head = [*_headline(report, title, subtitle), _heading(f"Outgoing mail by {BY[by]}")]
    if not rows:
        why = f"no outgoing delivery has a {BY[by]}" if report.outgoing.counts.deliveries else ""
        return _Unpadded(Group(*head, _under(Text(why or "there is no outgoing mail"))))
    received = any(row.messages for row in rows)
    labels = ("messages", "size") if received else ("attempts",)
    labels = (*labels, "delivered", "deferred", "bounced", "failed", "")
    grid = _grid(">" * (len(labels) - 1) + "<")
    grid.add_row(*map(Text, labels), style="dim")
    for row in rows[:_MOST_BY]:
        sent = [Text(f"{row.messages:,}"), Text(size(row.octets), "dim")]
        outcomes = (Outcome.DELIVERED, Outcome.DEFERRED, Outcome.BOUNCED)
        grid.add_row(
            *(sent if received else [Text(f"{row.total:,}")]),
            *(Text(f"{row.outcomes[outcome]:,}") for outcome in outcomes),
            Text(f"{row.trouble / row.total:.1%}", "bold"),
            Text(_cut(row.name)).append(f"\n{row.reason.value}" if row.reason else "", "dim"),
        )
    return _Unpadded(Group(*head, _under(grid), *_more(len(rows), _MOST_BY)))


# --- the directions ------------------------------------------------------------------------


def _headline(report: Report, title: str, subtitle: str) -> Iterator[RenderableType]:
    yield Text(escape(title), "bold")
    if report.span:
        yield Text(period(report.span))
    if subtitle:
        yield Text(escape(subtitle), "dim")
    found = [f"{name.lower()} {findings.counts.deliveries:,}" for name, findings in report.parts]
    total = _many(report.deliveries, "delivery", "deliveries")
    yield Text(f"{total}: {', '.join(found)}" if found else total)


def _trouble(title: str, rows: Sequence[TroubleRow]) -> Iterator[RenderableType]:
    """Yield what our own servers report of themselves, or of other hosts."""
    if not rows:
        return
    yield _heading(title)
    grid = _grid("><<")
    for row in rows[:_ROWS]:
        times = row.first or ""
        if row.last != row.first:
            times = period((row.first or "", row.last or ""))
        words = Text(_cut(f"{row.program}: {row.text}" if row.program else row.text))
        severity = Text(row.severity.value, "yellow" if row.severity == "warning" else "red")
        grid.add_row(
            Text(f"{row.count:,}", "bold"), severity, Text("\n").join([words, Text(times, "dim")])
        )
    yield _under(grid)
    yield from _more(len(rows))


def _changes(changes: Sequence[Change] | None) -> Iterator[RenderableType]:
    if changes is None:
        return
    yield _heading("Changes, beyond chance")
    if not changes:
        yield _under(Text("none"))
        return
    grid = _grid("<>>")
    grid.add_row(*map(Text, ("", "before", "now")), style="dim")
    for change in changes[:_ROWS]:
        grid.add_row(
            Text(change_title(change)).append(" (new)" if change.is_new else "", "dim"),
            Text(f"{change.before.rate:.1%}"),
            Text(f"{change.after.rate:.1%}", "bold"),
        )
    yield _under(grid)
    yield from _more(len(changes))


def _volume(report: Report) -> Iterator[RenderableType]:
    """Yield what entered our queue, and who sent most of it."""
    volume = report.volume
    if not volume.messages:
        return
    yield _heading("Volume")
    grid = _grid("<><")
    grid.add_row(
        Text("messages received"),
        Text(f"{volume.messages:,}", "bold"),
        Text(size(volume.octets), "dim"),
    )
    if volume.recipients:
        grid.add_row(
            Text("recipients of these"),
            Text(f"{volume.recipients:,}", "bold"),
            Text(recipients_each(volume), "dim"),
        )
    if report.handed_on:
        grid.add_row(
            Text("handed on within this host"),
            Text(f"{report.handed_on:,}", "bold"),
            Text(HANDED_ON, "dim"),
        )
    grid.add_row(
        Text("deliveries to recipients"),
        Text(f"{report.delivered:,}", "bold"),
        Text(size(report.octets) if report.octets else "", "dim"),
    )
    yield _under(grid)
    for title, counts, octets in (
        ("Sender domains by volume", volume.domain, volume.domain_octets),
        ("Senders by volume", volume.sender, volume.sender_octets),
    ):
        yield _heading(title)
        grid = _grid(">><")
        for name, count in counts.most_common(_FEW):
            grid.add_row(
                Text(f"{count:,}", "bold"),
                Text(size(octets.counts.get(name, 0)), "dim"),
                Text(_cut(name or NULL_SENDER)),
            )
        yield _under(grid)
        yield from _more(len(counts.counts), _FEW)
        yield from _inexact(counts.error)


def _outgoing(findings: Findings) -> Iterator[RenderableType]:
    yield from _outcomes("Outgoing", findings)
    counts = findings.counts
    yield from _over_time(counts)
    yield from _actions(findings)
    if findings.has_providers:
        yield from _destinations("Providers", findings.providers)
    yield from _servers(findings)
    yield from _destinations("Recipients' domains by failures", _by_trouble(findings.domains))
    yield from _destinations("Sender domains by failures", _by_trouble(findings.sender_domains))
    yield from _block_lists(findings)
    yield from _delays(counts)
    yield from _replies(counts)
    yield from _refused(findings)
    yield from _unclassified(counts)


def _incoming(findings: Findings) -> Iterator[RenderableType]:
    yield from _outcomes("Incoming", findings)
    yield from _policy(findings)
    yield from _block_lists(findings, of="Incoming")
    yield from _refused(findings, of="Incoming")
    yield from _unclassified(findings.counts, of="Incoming")


def _others(heading: str, findings: Findings, *, is_own: bool) -> Iterator[RenderableType]:
    yield from _outcomes(heading, findings)
    yield from _failures(findings, heading, is_own=is_own)
    yield from _delays(findings.counts, of=heading)
    yield from _unclassified(findings.counts, of=heading)


# --- the parts -----------------------------------------------------------------------------


def _outcomes(heading: str, findings: Findings) -> Iterator[RenderableType]:
    counts = findings.counts
    if not counts.deliveries:
        return
    yield _heading(f"{heading}: {_many(counts.deliveries, 'delivery', 'deliveries')}")
    grid = _grid("<>><")
    for outcome, style in _STYLES.items():
        count = counts.outcome[outcome]
        if count:
            share = count / counts.deliveries
            grid.add_row(
                Text(outcome.value, style),
                Text(f"{count:,}", "bold"),
                Text(f"{share:.1%}"),
                _Bar(share, style),
            )
    yield _under(grid)


def _over_time(counts: Counts) -> Iterator[RenderableType]:
    times = counts.times.coarser(_MOST_TIMES)
    if len(times.counts) < 2:
        return
    size, stretches = times.stretches(_WIDEST)
    yield _heading(f"Over time, by {times.unit if size == 1 else f'{size:,} {times.unit}s'}")
    per = f" per {times.unit}" if size == 1 else ""
    everything = [cells.total() for cells in stretches]
    grid = _grid("<><")
    for outcome, style in _STYLES.items():
        heights = [cells[outcome] for cells in stretches]
        if any(heights):
            label = f"peak {max(heights):,}{per}"
            grid.add_row(Text(outcome.value, style), Text(label, "dim"), _Line(heights, style))
    if grid.row_count > 1:
        grid.add_row(
            Text("all"), Text(f"peak {max(everything):,}{per}", "dim"), _Line(everything, "")
        )
    yield _under(grid)


def _actions(findings: Findings) -> Iterator[RenderableType]:
    """Yield the reasons of failures: those that call for action, then the others."""
    if not findings.reasons:
        return
    yield _heading("Outbound failures and recommended actions")
    who = messages("en")
    grid = _grid("><")
    for row in findings.actions[:_MOST_ACTIONS]:
        acts = who.get("who_acts", row.actor.name.lower())
        _add_reason(grid, row, f"{acts}: {row.action}")
    more = len(findings.actions) - _MOST_ACTIONS
    if more > 0:
        grid.add_row(Text(""), Text(f"and {more:,} more that call for action", "dim"))
    for row in findings.no_actions:
        _add_reason(grid, row, row.action)
    if findings.without_text:
        grid.add_row(Text(""), Text(WITHOUT_TEXT.format(findings.without_text), "dim"))
    yield _under(grid)


def _failures(findings: Findings, of: str, *, is_own: bool) -> Iterator[RenderableType]:
    """Yield the reasons of other failures; those of our own server have words of their own."""
    if not findings.reasons:
        return
    yield _heading("Failures", of)
    grid = _grid("><")
    for row in findings.reasons[:_ROWS]:
        title, action = title_and_action(row, is_own=is_own)
        _add_reason(grid, row, action, title)
    yield _under(grid)
    yield from _more(len(findings.reasons))


def _policy(findings: Findings) -> Iterator[RenderableType]:
    """Yield why our server refused mail: what looks like a mistake of ours comes first."""
    rows = findings.reasons
    if not rows:
        return
    yield _heading("Refused by our own server")
    grid = _grid("><")
    for row in sorted(rows, key=lambda row: not is_suspect(row.reason))[:_ROWS]:
        _add_reason(grid, row, assessment(row.reason), own_title(row.reason))
    yield _under(grid)
    yield from _more(len(rows))


def _add_reason(grid: Table, row: ReasonCount, advised: str, title: str = "") -> None:
    words = Text(f"{title or row.advice.title} ", "bold").append(f"({row.reason.value})", "dim")
    grid.add_row(Text(f"{row.total:,}", "bold"), Text("\n").join([words, Text(advised, "dim")]))


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
    grid.add_row(Text(""), *labels, *[Text("median")] * delays, style="dim")
    for destination in destinations[:_ROWS]:
        row = [Text(_cut(destination.name))]
        row += [Text(f"{destination.outcomes[outcome]:,}") for outcome in shown]
        if delays:
            row.append(Text(duration(destination.delays.percentile(50)), "dim"))
        grid.add_row(*row)
    yield _under(grid)
    yield from _more(len(destinations))


def _servers(findings: Findings) -> Iterator[RenderableType]:
    """Yield the servers with most failures; the name comes last, since it may be long."""
    destinations = _by_trouble(findings.servers)
    if not destinations:
        return
    yield _heading("Remote servers by failures")
    grid = _grid(">><<")
    grid.add_row(*map(Text, ("failed", "of", "mostly", "")), style="dim")
    for destination in destinations[:_ROWS]:
        grid.add_row(
            Text(f"{destination.trouble:,}", "bold"),
            Text(f"{destination.total:,}"),
            Text(destination.reason.value if destination.reason else ""),
            Text(_cut(destination.name)),
        )
    yield _under(grid)
    yield from _more(len(destinations))


def _block_lists(findings: Findings, *, of: str = "") -> Iterator[RenderableType]:
    rows = [(item.name, item.count) for item in findings.blocklists]
    yield from _counted("Block lists cited in refusals", rows, of=of)


def _delays(counts: Counts, *, of: str = "") -> Iterator[RenderableType]:
    rows = counts.delays.rows()
    if not rows:
        return
    yield _heading("Delay, from arrival to the attempt", of)
    grid = _grid("<>>>>")
    labels = ("median", "90th percentile", "99th percentile", "attempts")
    grid.add_row(Text(""), *map(Text, labels), style="dim")
    for kind, delays in rows:
        found = [duration(delays.percentile(percent)) for percent in _PERCENTS]
        grid.add_row(Text(kind, _style(kind)), *map(Text, found), Text(f"{len(delays):,}", "dim"))
    yield _under(grid)


def _replies(counts: Counts) -> Iterator[RenderableType]:
    rows = [
        ("reply codes", counts.code.most_common(_ROWS)),
        ("enhanced codes", counts.enhanced.most_common(_ROWS)),
        ("in reply to", counts.stage.most_common(_ROWS)),
        ("status and code differ", counts.mismatch.most_common(_ROWS)),
    ]
    if not any(found for _, found in rows):
        return
    yield _heading("Replies")
    grid = _grid("<<")
    for label, found in rows:
        if found:
            items = [Text(f"{escape(key)}: ").append(f"{count:,}", "bold") for key, count in found]
            grid.add_row(Text(label, "dim"), _Flow(items))
    yield _under(grid)


def _refused(findings: Findings, *, of: str = "") -> Iterator[RenderableType]:
    for heading, counter in findings.refused:
        title = f"{heading} by {'rejections' if of else 'bounces'}"
        yield from _top(title, counter, of)


def _unclassified(counts: Counts, *, of: str = "") -> Iterator[RenderableType]:
    yield from _top("Unclassified replies", counts.unexplained, of)


_DELIVERIES = "deliveries found"


def _coverage(coverage: Coverage) -> Iterator[RenderableType]:
    yield _heading("Input")
    grid = _grid("><")
    for count, words in (
        (coverage.lines, "lines"),
        (coverage.known, f"recognised{_formats(coverage)}"),
        (coverage.understood, "understood"),
        (coverage.deliveries, _DELIVERIES),  # a line may report several
    ):
        of_lines = 0 < count < coverage.lines and words != _DELIVERIES
        share = f" ({count / coverage.lines:.1%})" if of_lines else ""
        grid.add_row(Text(f"{count:,}", "bold"), Text(words + share))
    yield _under(grid)
    if coverage.mails:
        mails = coverage.mails.most_common()
        yield from _counted("Mails read", [(MAILS.get(kind, kind), n) for kind, n in mails])
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


def _top(title: str, counter: TopCounter[str], of: str) -> Iterator[RenderableType]:
    found = counter.most_common(_FEW)
    yield from _counted(title, found, len(counter.counts), counter.error, of=of)


def _counted(
    title: str, rows: Iterable[tuple[str, int]], number: int = 0, error: int = 0, *, of: str = ""
) -> Iterator[RenderableType]:
    """Yield a list of texts and counts: the first of `number`, each at most `error` too low."""
    listed = list(rows)
    if not listed:
        return
    yield _heading(title, of)
    grid = _grid("><")
    for text, count in listed:
        grid.add_row(Text(f"{count:,}", "bold"), Text(_cut(text)))
    yield _under(grid)
    yield from _more(number, len(listed))
    yield from _inexact(error)


def _inexact(error: int) -> Iterator[RenderableType]:
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


def _heading(text: str, of: str = "") -> Text:
    """Return a heading, of the part `of` the report: "Incoming: block lists"."""
    return Text(f"\n{of}: {text[0].lower()}{text[1:]}" if of else f"\n{text}", "bold")


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
class _Unpadded:
    """A part without the spaces at the ends of lines with which rich fills its columns."""

    part: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self.part, options, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            yield from line[:-1]
            yield from (Segment(each.text.rstrip(), each.style) for each in line[-1:])
            yield Segment.line()


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
