"""The sections of the page: charts and tables, as the template draws them."""

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
from smtpreply.report import figures, findings
from smtpreply.report.findings import Place
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import Tally

_ROWS = 500
"""Of a table: what a person may scroll through, and a phone can hold."""
_LONGEST = 400
_PERCENTS = (50, 90, 99)


@attrs.frozen(kw_only=True)
class Cell:
    """A field of a table.

    Attributes:
        text: what it shows.
        value: what it is sorted by; by the text, where there is none.
        note: small print below.
        link: an address of ours to go to.
        parts: shares by outcome, which are drawn.
    """

    text: str = ""
    value: float | None = None
    note: str = ""
    link: str = ""
    parts: tuple[tuple[str, float], ...] = ()


@attrs.frozen
class Column:
    """The head of a column; numbers are sorted as such, and the greatest first."""

    name: str
    number: bool = False


@attrs.frozen(kw_only=True)
class Table:
    """A table that sorts and filters; one of prose has its cells below each other on a phone."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    remark: str = ""
    prose: bool = False


@attrs.frozen(kw_only=True)
class Chart:
    """A figure of plotly, and what the switch between several says."""

    key: str
    label: str
    figure: figures.Figure
    hint: str = ""


class Shape(enum.StrEnum):
    """How a section is laid out where there is room."""

    WIDE = "wide"
    HALF = "half"
    """Beside its neighbour."""
    BESIDE = "beside"
    """With its tables beside each other."""
    FOLDED = "folded"
    """With its tables folded away."""


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page: a heading, charts of which one is seen at a time, and tables."""

    key: str
    heading: str
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    shape: Shape = Shape.WIDE


def sections(summary: Summary, coverage: Coverage) -> Iterator[Section]:
    """Yield the sections that have something to show, in the order of the page."""
    for section in (
        _over_time(summary),
        _reasons(summary),
        _provider_shares(summary),
        _what_to_do(summary),
        _providers(summary),
        _delays(summary),
        _servers(summary),
        _domains(summary),
        _block_lists(summary),
        _replies(summary),
        _refused(summary),
        _unexplained(summary),
        _unread(coverage),
    ):
        charts = tuple(chart for chart in section.charts if chart.figure["data"])
        tables = tuple(table for table in section.tables if table.rows)
        if charts or tables:
            yield attrs.evolve(section, charts=charts, tables=tables)


# --- the sections --------------------------------------------------------------------------


def _over_time(summary: Summary) -> Section:
    zoom = "Drag to zoom in, double-click to zoom out; a click on a name hides it."
    charts = (
        Chart(
            key="outcomes-over-time",
            label="Outcomes",
            figure=figures.outcomes_over_time(summary),
            hint=zoom,
        ),
        Chart(
            key="reasons-over-time",
            label="Reasons",
            figure=figures.reasons_over_time(summary),
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


def _reasons(summary: Summary) -> Section:
    figure = figures.reasons(findings.whys(summary))
    chart = Chart(key="reasons-chart", label="Reasons", figure=figure)
    return Section(key="why", heading="Why mail did not arrive", charts=(chart,), shape=Shape.HALF)


def _provider_shares(summary: Summary) -> Section:
    figure = figures.providers(findings.provider_places(summary))
    chart = Chart(key="providers-chart", label="Providers", figure=figure)
    return Section(
        key="shares", heading="What each provider did", charts=(chart,), shape=Shape.HALF
    )


def _what_to_do(summary: Summary) -> Section:
    rows = findings.whys(summary)
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
                _text(str(why.advice.title), note=why.reason.value),
                _number(why.total, parts=_parts(why.outcomes)),
                _text(who[why.advice.actor.name]),
                _text(str(why.advice.action)),
                _text(why.example),
            )
            for why in rows
        ],
    )
    return Section(key="reasons", heading="What to do", tables=(table,))


def _providers(summary: Summary) -> Section:
    places = findings.provider_places(summary)
    known = providers()
    table = Table(
        key="providers-table",
        caption="Providers, told by the names of their servers",
        columns=(Column("Provider"), *_PLACE_COLUMNS, *_DELAY_COLUMNS),
        rows=[
            (
                _text(
                    place.name, link=known[place.provider].help if place.provider in known else ""
                ),
                *_place_cells(place),
                *_delay_cells(place.delays),
            )
            for place in places
        ],
    )
    speakers = Table(
        key="speakers",
        caption="Who refused, told by the words of the replies",
        columns=(
            Column("Provider or software"),
            Column("Replies", number=True),
            Column("Mostly because"),
        ),
        rows=[
            (
                _text(findings.provider_name(key)),
                _number(cells.total()),
                _text(", ".join(f"{_reason(key)} {n:,}" for key, n in cells.most_common(3))),
            )
            for key, cells in summary.speaker.rows()
        ],
    )
    return Section(key="providers", heading="Providers", tables=(table, speakers))


def _delays(summary: Summary) -> Section:
    charts = (
        Chart(key="delays-chart", label="How many", figure=figures.delays(summary)),
        Chart(key="delays-within", label="Share within", figure=figures.delays_within(summary)),
    )
    table = Table(
        key="delays-table",
        caption="Delay from arrival to the attempt",
        columns=(Column("Outcome"), Column("Attempts", number=True), *_DELAY_COLUMNS),
        rows=[
            (_text(kind), _number(len(delays)), *_delay_cells(delays))
            for kind, delays in summary.delays.rows()
        ],
    )
    return Section(key="delays", heading="How long it took", charts=charts, tables=(table,))


def _servers(summary: Summary) -> Section:
    found = findings.servers(summary)
    table = Table(
        key="servers-table",
        caption="Servers that were spoken to",
        columns=(Column("Server"), Column("Provider"), *_PLACE_COLUMNS, Column("Mostly because")),
        rows=[
            (
                _text(place.name),
                _text(findings.provider_name(place.provider) if place.provider else ""),
                *_place_cells(place),
                _text(str(advice_for(place.reason).title) if place.reason else ""),
            )
            for place in found[:_ROWS]
        ],
        remark=_remark(summary.relay, len(found)),
    )
    return Section(key="servers", heading="Servers", tables=(table,))


def _domains(summary: Summary) -> Section:
    found = findings.domains(summary)
    table = Table(
        key="domains-table",
        caption="Recipients' domains",
        columns=(Column("Domain"), *_PLACE_COLUMNS),
        rows=[(_text(place.name), *_place_cells(place)) for place in found[:_ROWS]],
        remark=_remark(summary.domain, len(found)),
    )
    return Section(key="domains", heading="Domains", tables=(table,))


def _block_lists(summary: Summary) -> Section:
    rows = []
    for item in findings.listings(summary):
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


def _replies(summary: Summary) -> Section:
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


def _refused(summary: Summary) -> Section:
    tables = tuple(
        _tallied(heading.lower(), f"{heading} refused most", heading[:-1], tally)
        for heading, tally in findings.refused(summary)
    )
    return Section(key="refused", heading="Who was refused", tables=tables, shape=Shape.BESIDE)


def _unexplained(summary: Summary) -> Section:
    table = _tallied(
        "unexplained-table", "Texts that nothing but the code explains", "Text", summary.unexplained
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

_PLACE_COLUMNS = (
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


def _place_cells(place: Place) -> Iterator[Cell]:
    outcomes = place.outcomes
    yield _number(place.total, parts=_parts(outcomes))
    yield _number(outcomes[Outcome.DELIVERED])
    yield _number(outcomes[Outcome.DEFERRED])
    yield _number(outcomes[Outcome.BOUNCED] + outcomes[Outcome.REJECTED])
    share = place.trouble / place.total if place.total else 0
    yield Cell(text=f"{share:.1%}", value=share)


def _delay_cells(delays: Delays) -> Iterator[Cell]:
    for percent in _PERCENTS:
        seconds = delays.percentile(percent)
        yield Cell(text=findings.duration(seconds), value=-1 if seconds is None else seconds)


def _parts(outcomes: Mapping[str, int]) -> tuple[tuple[str, float], ...]:
    total = sum(outcomes.values()) or 1
    return tuple(
        (outcome.value, outcomes[outcome] / total) for outcome in Outcome if outcomes[outcome]
    )


def _coded(key: str, count: int) -> tuple[Cell, ...]:
    try:
        meaning = str(lookup(key).title)
    except UnknownEntryError:  # of a summary that another version has sent
        meaning = ""
    return _text(key), _text(meaning), _number(count)


def _tallied(key: str, caption: str, name: str, tally: Tally[str]) -> Table:
    table = _counts(key, caption, name, tally.most_common(_ROWS))
    return attrs.evolve(table, remark=_remark(tally, len(tally.counts)))


def _counts(key: str, caption: str, name: str, rows: Iterable[tuple[str, int]]) -> Table:
    return Table(
        key=key,
        caption=caption,
        columns=(Column(name), Column("Count", number=True)),
        rows=[(_text(text), _number(count)) for text, count in rows],
    )


def _remark(tally: Tally[Any], number: int) -> str:
    inexact = (
        f"There were too many to count all: each count may be up to {tally.error:,} too low."
        if tally.error
        else ""
    )
    return " ".join(filter(None, (_cut_short(number), inexact)))


def _cut_short(number: int) -> str:
    return f"The first {_ROWS:,} of {number:,}." if number > _ROWS else ""


def _reason(key: str) -> str:
    return str(advice_for(Reason(key)).title)


def actors() -> dict[str, str]:
    """Return who acts, in words, by the name of the `Actor`."""
    words = messages("en")
    return {actor.name: words.get("who_acts", actor.name.lower()) for actor in Actor}


def shown(text: str) -> str:
    """Return a text of strangers without what is not printable, and not too long."""
    return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
