"""The sections of the page: charts and tables, as values that the template renders."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from smtpreply._support.escape import escape
from smtpreply.catalog import UnknownEntryError, lookup
from smtpreply.catalog.messages import messages
from smtpreply.logs import Coverage
from smtpreply.reasons import Actor, Reason, advice_for, providers
from smtpreply.report import figures
from smtpreply.report.findings import Destination, Findings, duration, provider_name
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.top_counter import TopCounter

_ROWS = 500
"""The most rows of a table: what can be scrolled through, and fits into a phone's memory."""
_LONGEST = 400
_PERCENTS = (50, 90, 99)


@attrs.frozen(kw_only=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: the text shown.
        value: the number to sort by; None to sort by the text.
        note: small print below the text.
        link: a URL from our own data.
        parts: shares by outcome, drawn as a bar.
    """

    text: str = ""
    value: float | None = None
    note: str = ""
    link: str = ""
    parts: tuple[tuple[str, float], ...] = ()


@attrs.frozen
class Column:
    """The head of a column; numbers are sorted numerically, in descending order."""

    name: str
    number: bool = False


@attrs.frozen(kw_only=True)
class Table:
    """A table to sort and filter; on a phone the cells of a `prose` table are stacked."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    remark: str = ""
    prose: bool = False


@attrs.frozen(kw_only=True)
class Chart:
    """A plotly figure, and its label on the switch between several charts."""

    key: str
    label: str
    figure: figures.Figure
    hint: str = ""


class Shape(enum.StrEnum):
    """The layout of a section on a wide screen."""

    WIDE = "wide"
    HALF = "half"
    """Half the width, beside the next such section."""
    BESIDE = "beside"
    """Full width, with its tables side by side."""
    FOLDED = "folded"
    """Full width, with its tables collapsed."""


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page: a heading, charts that are shown one at a time, and tables."""

    key: str
    heading: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    shape: Shape = Shape.WIDE


def sections(findings: Findings, coverage: Coverage) -> Iterator[Section]:
    """Yield the sections that are not empty, in the order of the page."""
    for section in (
        _over_time(findings),
        _reasons(findings),
        _provider_shares(findings),
        _what_to_do(findings),
        _providers(findings),
        _delays(findings),
        _servers(findings),
        _domains(findings),
        _block_lists(findings),
        _replies(findings),
        _refused(findings),
        _unexplained(findings),
        _unread(coverage),
    ):
        charts = tuple(chart for chart in section.charts if chart.figure["data"])
        tables = tuple(table for table in section.tables if table.rows)
        if charts or tables:
            yield attrs.evolve(section, charts=charts, tables=tables)


# --- the sections --------------------------------------------------------------------------


def _over_time(findings: Findings) -> Section:
    summary = findings.summary
    zoom = "Drag to zoom in, double-click to zoom out; a click on a name hides it."
    charts = (
        Chart(
            key="outcomes-over-time",
            label="Outcomes",
            figure=figures.outcomes_over_time(findings),
            hint=zoom,
        ),
        Chart(
            key="reasons-over-time",
            label="Reasons",
            figure=figures.reasons_over_time(findings),
            hint=zoom,
        ),
    )
    unit = summary.times.unit
    outcomes = [outcome for outcome in Outcome if summary.outcome[outcome]]
    rows = [
        (
            _text(time.replace("T", " ") + (":00" if unit == "hour" else "")),
            *(_number(cells[outcome]) for outcome in outcomes),
        )
        for time, cells in summary.times.in_order()
    ]
    table = Table(
        key="times",
        caption=f"Deliveries by {unit}",
        columns=(
            Column(unit.capitalize()),
            *(Column(outcome.value.capitalize(), number=True) for outcome in outcomes),
        ),
        rows=rows[:_ROWS],
        remark=_cut_short(len(rows)),
    )
    return Section(
        key="time", heading="Over time", charts=charts, tables=(table,), shape=Shape.FOLDED
    )


def _reasons(findings: Findings) -> Section:
    figure = figures.reasons(findings)
    chart = Chart(key="reasons-chart", label="Reasons", figure=figure)
    return Section(key="why", heading="Why mail did not arrive", charts=(chart,), shape=Shape.HALF)


def _provider_shares(findings: Findings) -> Section:
    figure = figures.providers(findings)
    chart = Chart(key="providers-chart", label="Providers", figure=figure)
    return Section(
        key="shares", heading="What each provider did", charts=(chart,), shape=Shape.HALF
    )


def _what_to_do(findings: Findings) -> Section:
    who = actors()
    table = Table(
        key="reasons-table",
        caption="Reasons, and what to do",
        prose=True,
        columns=(
            Column("Reason"),
            Column("Replies", number=True),
            Column("Who acts"),
            Column("What to do"),
            Column("For example"),
        ),
        rows=[
            (
                _text(str(row.advice.title), note=row.reason.value),
                _number(row.total, parts=_parts(row.outcomes)),
                _text(who[row.advice.actor.name]),
                _text(str(row.advice.action)),
                _text(row.example),
            )
            for row in findings.reasons
        ],
    )
    return Section(key="reasons", heading="What to do", tables=(table,))


def _providers(findings: Findings) -> Section:
    known = providers()
    table = Table(
        key="providers-table",
        caption="Providers, by the names of their servers",
        columns=(Column("Provider"), *_DESTINATION_COLUMNS, *_DELAY_COLUMNS),
        rows=[
            (
                _text(
                    destination.name,
                    link=known[destination.provider].help if destination.provider in known else "",
                ),
                *_destination_cells(destination),
                *_delay_cells(destination.delays),
            )
            for destination in findings.providers
        ],
    )
    speakers = Table(
        key="speakers",
        caption="Who refused, by the wording of the replies",
        columns=(
            Column("Provider or software"),
            Column("Replies", number=True),
            Column("Mostly because"),
        ),
        rows=[
            (
                _text(provider_name(key)),
                _number(cells.total()),
                _text(", ".join(f"{_reason(key)} {n:,}" for key, n in cells.most_common(3))),
            )
            for key, cells in findings.summary.speaker.rows()
        ],
    )
    return Section(key="providers", heading="Providers", tables=(table, speakers))


def _delays(findings: Findings) -> Section:
    charts = (
        Chart(key="delays-chart", label="How many", figure=figures.delays(findings)),
        Chart(key="delays-within", label="Share within", figure=figures.delays_within(findings)),
    )
    table = Table(
        key="delays-table",
        caption="Delay from arrival to the attempt",
        columns=(Column("Outcome"), Column("Attempts", number=True), *_DELAY_COLUMNS),
        rows=[
            (_text(kind), _number(len(delays)), *_delay_cells(delays))
            for kind, delays in findings.summary.delays.rows()
        ],
    )
    return Section(key="delays", heading="How long it took", charts=charts, tables=(table,))


def _servers(findings: Findings) -> Section:
    found = findings.servers
    table = Table(
        key="servers-table",
        caption="Servers that were spoken to",
        columns=(
            Column("Server"),
            Column("Provider"),
            *_DESTINATION_COLUMNS,
            Column("Mostly because"),
        ),
        rows=[
            (
                _text(destination.name),
                _text(provider_name(destination.provider) if destination.provider else ""),
                *_destination_cells(destination),
                _text(str(advice_for(destination.reason).title) if destination.reason else ""),
            )
            for destination in found[:_ROWS]
        ],
        remark=_remark(findings.summary.relay, len(found)),
    )
    return Section(key="servers", heading="Servers", tables=(table,))


def _domains(findings: Findings) -> Section:
    found = findings.domains
    table = Table(
        key="domains-table",
        caption="Recipients' domains",
        columns=(Column("Domain"), *_DESTINATION_COLUMNS),
        rows=[
            (_text(destination.name), *_destination_cells(destination))
            for destination in found[:_ROWS]
        ],
        remark=_remark(findings.summary.domain, len(found)),
    )
    return Section(key="domains", heading="Domains", tables=(table,))


def _block_lists(findings: Findings) -> Section:
    rows = []
    for item in findings.blocklists:
        known = item.blocklist
        link = known.lookup if known and "{" not in known.lookup else ""
        operator, lists = (known.operator, known.lists) if known else ("", "")
        rows.append(
            (_text(item.name, link=link), _text(operator), _text(lists), _number(item.count))
        )
    columns = (Column("List"), Column("Run by"), Column("Lists"), Column("Hits", number=True))
    table = Table(
        key="blocklists-table", caption="Lists that refusals name", columns=columns, rows=rows
    )
    return Section(key="blocklists", heading="Block lists", tables=(table,))


def _replies(findings: Findings) -> Section:
    summary = findings.summary
    columns = (Column("Code"), Column("Meaning"), Column("Replies", number=True))
    codes = Table(
        key="codes",
        caption="Reply codes",
        columns=columns,
        rows=[_coded(key, count) for key, count in summary.code.most_common()],
    )
    enhanced = Table(
        key="enhanced",
        caption="Enhanced status codes",
        columns=columns,
        rows=[_coded(key, count) for key, count in summary.enhanced.most_common(_ROWS)],
        remark=_remark(summary.enhanced, len(summary.enhanced.counts)),
    )
    stages = _counts("stages", "What was answered", "Stage", summary.stage.most_common())
    mismatches = _counts(
        "mismatches",
        "Where status and code differ",
        "Status and code",
        summary.mismatch.most_common(),
    )
    return Section(
        key="replies",
        heading="Replies",
        tables=(codes, stages, mismatches, enhanced),
        shape=Shape.BESIDE,
    )


def _refused(findings: Findings) -> Section:
    tables = tuple(
        _tallied(heading.lower(), f"{heading} refused most", heading[:-1], counter)
        for heading, counter in findings.refused
    )
    return Section(key="refused", heading="Who was refused", tables=tables, shape=Shape.BESIDE)


def _unexplained(findings: Findings) -> Section:
    table = _tallied(
        "unexplained-table",
        "Texts that nothing but the code explains",
        "Text",
        findings.summary.unexplained,
    )
    return Section(key="unexplained", heading="Not explained", tables=(table,))


def _unread(coverage: Coverage) -> Section:
    shapes = _counts(
        "shapes",
        "Lines that were not understood, by what they have in common",
        "Line",
        coverage.shapes.most_common(_ROWS),
    )
    problems = Table(
        key="problems",
        caption="What could not be read",
        columns=(Column("Problem"),),
        rows=[(_text(problem),) for problem in coverage.problems[:_ROWS]],
        remark=_cut_short(len(coverage.problems)),
    )
    return Section(key="unread", heading="Not read", tables=(problems, shapes))


# --- cells ---------------------------------------------------------------------------------

_DESTINATION_COLUMNS = (
    Column("Attempts", number=True),
    Column("Delivered", number=True),
    Column("Deferred", number=True),
    Column("Refused", number=True),
    Column("Trouble", number=True),
)
_DELAY_COLUMNS = tuple(Column(f"{percent}% within", number=True) for percent in _PERCENTS)


def _text(text: str, *, note: str = "", link: str = "") -> Cell:
    return Cell(text=shown(text), note=shown(note), link=link)


def _number(count: int, *, parts: tuple[tuple[str, float], ...] = ()) -> Cell:
    return Cell(text=f"{count:,}", value=count, parts=parts)


def _destination_cells(destination: Destination) -> Iterator[Cell]:
    outcomes = destination.outcomes
    yield _number(destination.total, parts=_parts(outcomes))
    yield _number(outcomes[Outcome.DELIVERED])
    yield _number(outcomes[Outcome.DEFERRED])
    yield _number(outcomes[Outcome.BOUNCED] + outcomes[Outcome.REJECTED])
    share = destination.trouble / destination.total if destination.total else 0
    yield Cell(text=f"{share:.1%}", value=share)


def _delay_cells(delays: Delays) -> Iterator[Cell]:
    for percent in _PERCENTS:
        seconds = delays.percentile(percent)
        yield Cell(text=duration(seconds), value=-1 if seconds is None else seconds)


def _parts(outcomes: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    total = sum(outcomes.values()) or 1
    return tuple(
        (outcome.value, outcomes[outcome] / total) for outcome in Outcome if outcomes[outcome]
    )


def _coded(key: str, count: int) -> tuple[Cell, ...]:
    try:
        meaning = str(lookup(key).title)
    except UnknownEntryError:  # the summary is from a version with a newer catalog
        meaning = ""
    return _text(key), _text(meaning), _number(count)


def _tallied(key: str, caption: str, name: str, counter: TopCounter[str]) -> Table:
    table = _counts(key, caption, name, counter.most_common(_ROWS))
    return attrs.evolve(table, remark=_remark(counter, len(counter.counts)))


def _counts(key: str, caption: str, name: str, rows: Iterable[tuple[str, int]]) -> Table:
    return Table(
        key=key,
        caption=caption,
        columns=(Column(name), Column("Count", number=True)),
        rows=[(_text(text), _number(count)) for text, count in rows],
    )


def _remark(counter: TopCounter[Any], number: int) -> str:
    inexact = (
        f"There were too many to count all: each count may be up to {counter.error:,} too low."
        if counter.error
        else ""
    )
    return " ".join(filter(None, (_cut_short(number), inexact)))


def _cut_short(number: int) -> str:
    return f"The first {_ROWS:,} of {number:,}." if number > _ROWS else ""


def _reason(key: str) -> str:
    return str(advice_for(Reason(key)).title)


def actors() -> dict[str, str]:
    """Return the words for who acts, by the name of the `Actor`."""
    words = messages("en")
    return {actor.name: words.get("who_acts", actor.name.lower()) for actor in Actor}


def shown(text: str) -> str:
    """Return a text from a log, escaped and cut to a readable length."""
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
