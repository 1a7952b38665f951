"""The sections of the page: charts and tables, as values that the template renders."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from smtpreply._support.escape import escape
from smtpreply.catalog import UnknownEntryError, lookup
from smtpreply.catalog.messages import messages
from smtpreply.logs import Coverage
from smtpreply.logs.trouble import TroubleRow
from smtpreply.reasons import Actor, Reason, advice_for, providers
from smtpreply.report import figures
from smtpreply.report.findings import (
    HANDED_ON,
    MAILS,
    NULL_SENDER,
    WITHOUT_TEXT,
    Destination,
    Findings,
    Report,
    change_title,
    duration,
    provider_name,
    recipients_each,
    size,
)
from smtpreply.report.own_server import assessment, is_suspect, own_title, title_and_action
from smtpreply.summary.cases import Cases
from smtpreply.summary.comparison import Change
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.top_counter import TopCounter

_ROWS = 500
"""The most rows of a table: what can be scrolled through, and fits into a phone's memory."""
_LONGEST = 400
_CLICK = "A click on a bar shows some of its deliveries."
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
    EACH_FOLDED = "each-folded"
    """Full width, with each table collapsed on its own, below its caption."""


@attrs.frozen(kw_only=True)
class Section:
    """A part of the page: a heading, charts that are shown one at a time, and tables."""

    key: str
    heading: str
    charts: tuple[Chart, ...] = ()
    tables: Sequence[Table] = ()
    shape: Shape = Shape.WIDE


def sections(
    report: Report, coverage: Coverage, changes: Sequence[Change] = ()
) -> Iterator[Section]:
    """Yield the sections that are not empty, in the order of the page."""
    findings = report.outgoing
    for section in (
        _trouble("trouble", "Trouble of our own servers", coverage.trouble.own()),
        _changes(changes),
        _over_time(findings),
        _reasons(findings),
        _provider_shares(findings),
        _what_to_do(findings),
        _providers(findings),
        _delays(findings),
        _servers(findings),
        _domains(findings),
        _sender_domains(findings),
        _block_lists(findings),
        _replies(findings),
        _refused(findings),
        _unclassified(findings),
        _cases_by_reason(findings),
        _cases_by_provider(findings),
        _volume(report),
        _incoming(report.incoming),
        _incoming_refused(report.incoming),
        _others("local", "Local mail", report.local, is_own=True),
        _others("unknown", "Direction unknown", report.unknown, is_own=False),
        _trouble("peers", "Warnings about other hosts", coverage.trouble.of_peers()),
        _unread(coverage),
    ):
        charts = tuple(chart for chart in section.charts if chart.figure["data"])
        tables = tuple(_without_empty_columns(table) for table in section.tables if table.rows)
        if charts or tables:
            yield attrs.evolve(section, charts=charts, tables=tables)


def _without_empty_columns(table: Table) -> Table:
    """Return a table without the columns that are empty in each row, such as unknown providers."""
    used = [any(cell.text for cell in cells) for cells in zip(*table.rows, strict=True)]
    rows = [tuple(itertools.compress(row, used)) for row in table.rows]
    return attrs.evolve(table, columns=tuple(itertools.compress(table.columns, used)), rows=rows)


# --- the sections --------------------------------------------------------------------------


def _trouble(key: str, heading: str, rows: Sequence[TroubleRow]) -> Section:
    table = Table(
        key=f"{key}-table",
        caption=heading,
        columns=(
            Column("Text"),
            Column("Severity"),
            Column("Program"),
            Column("Lines", number=True),
            Column("First"),
            Column("Last"),
        ),
        rows=[
            (
                _text(row.text),
                _text(row.severity.value),
                _text(row.program),
                _number(row.count),
                _text(row.first or ""),
                _text(row.last or ""),
            )
            for row in rows[:_ROWS]
        ],
        remark=_cut_short(len(rows)),
    )
    return Section(key=key, heading=heading, tables=(table,))


def _changes(changes: Sequence[Change]) -> Section:
    table = Table(
        key="changes-table",
        caption="Changes, beyond chance",
        columns=(
            Column("Share"),
            Column("Before", number=True),
            Column("Now", number=True),
            Column("Attempts before", number=True),
            Column("Attempts now", number=True),
        ),
        rows=[
            (
                _text(change_title(change), note="new" if change.is_new else ""),
                Cell(text=f"{change.before.rate:.1%}", value=change.before.rate),
                Cell(text=f"{change.after.rate:.1%}", value=change.after.rate),
                _number(change.before.total),
                _number(change.after.total),
            )
            for change in changes[:_ROWS]
        ],
        remark=_cut_short(len(changes)),
    )
    return Section(key="changes", heading="Changes, beyond chance", tables=(table,))


def _volume(report: Report) -> Section:
    volume = report.volume
    totals = Table(
        key="volume-table",
        caption="Received and delivered",
        columns=(Column("Mail"), Column("Number", number=True), Column("Size", number=True)),
        rows=[
            (_text("Messages received"), _number(volume.messages), _size(volume.octets)),
            (
                _text("Recipients of these", note=recipients_each(volume)),
                _number(volume.recipients),
                Cell(),
            ),
            *(
                [
                    (
                        _text("Handed on within this host", note=HANDED_ON),
                        _number(report.handed_on),
                        Cell(),
                    )
                ]
                if report.handed_on
                else []
            ),
            (_text("Deliveries to recipients"), _number(report.delivered), _size(report.octets)),
        ]
        if volume.messages
        else [],
    )
    domains = _by_volume("sender-domains", "Sender domains", volume.domain, volume.domain_octets)
    senders = _by_volume("senders-volume", "Senders", volume.sender, volume.sender_octets)
    return Section(
        key="volume", heading="Volume", tables=(totals, domains, senders), shape=Shape.BESIDE
    )


def _by_volume(key: str, name: str, counts: TopCounter[str], octets: TopCounter[str]) -> Table:
    return Table(
        key=key,
        caption=f"{name} by volume",
        columns=(Column(name[:-1]), Column("Messages", number=True), Column("Size", number=True)),
        rows=[
            (_text(sender or NULL_SENDER), _number(count), _size(octets.counts.get(sender, 0)))
            for sender, count in counts.most_common(_ROWS)
        ],
        remark=_remark(counts, len(counts.counts)),
    )


def _over_time(findings: Findings) -> Section:
    counts = findings.counts
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
    times = counts.times.coarser(figures.MOST_TIMES)
    unit = times.unit
    outcomes = [outcome for outcome in Outcome if counts.outcome[outcome]]
    rows = [
        (
            _text(time.replace("T", " ") + (":00" if unit == "hour" else "")),
            *(_number(cells[outcome]) for outcome in outcomes),
        )
        for time, cells in times.in_order()
    ]
    table = Table(
        key="times",
        caption=f"Deliveries by {unit}",
        columns=(
            Column(unit.capitalize()),
            *(Column(outcome.value.capitalize(), number=True) for outcome in outcomes),
        ),
        rows=rows[:_ROWS] if len(rows) > 1 else [],
        remark=_cut_short(len(rows)),
    )
    return Section(
        key="time",
        heading="Outgoing mail over time",
        charts=charts,
        tables=(table,),
        shape=Shape.FOLDED,
    )


def _reasons(findings: Findings) -> Section:
    figure = figures.reasons(findings)
    order = "In the order of what an action gains. " if len(findings.reasons) > 1 else ""
    hint = f"{order}{_CLICK}"
    chart = Chart(key="reasons-chart", label="Reasons", figure=figure, hint=hint)
    return Section(key="why", heading="Outbound failures", charts=(chart,), shape=Shape.HALF)


def _provider_shares(findings: Findings) -> Section:
    figure = figures.providers(findings)
    hint = _CLICK if any(row.trouble for row in findings.providers) else ""
    chart = Chart(key="providers-chart", label="Providers", figure=figure, hint=hint)
    return Section(key="shares", heading="Outcomes by provider", charts=(chart,), shape=Shape.HALF)


def _what_to_do(findings: Findings) -> Section:
    who = actors()
    heading = "Failures and actions"
    missing = findings.without_text
    table = Table(
        key="reasons-table",
        caption=heading,
        prose=True,
        remark=WITHOUT_TEXT.format(missing) if missing else "",
        columns=(
            Column("Reason"),
            Column("Attempts", number=True),
            Column("Who acts"),
            Column("What to do"),
            Column("For example"),
        ),
        rows=[
            (
                _text(
                    str(row.advice.title),
                    note=row.reason.value,
                    link=f"#{figures.cases_of_reason(row.reason)}",
                ),
                _number(row.total, parts=_parts(row.outcomes)),
                _text(who[row.actor.name] if row.calls_for_action else ""),
                _text(row.action),
                _text(row.example),
            )
            for row in (*findings.actions, *findings.no_actions)
        ],
    )
    return Section(key="reasons", heading=heading, tables=(table,))


def _providers(findings: Findings) -> Section:
    known = providers()
    table = Table(
        key="providers-table",
        caption="By the names of their servers",
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
            if findings.has_providers
        ],
    )
    speakers = Table(
        key="speakers",
        caption="Refusing providers (by reply text)",
        columns=(
            Column("Provider or software"),
            Column("Replies", number=True),
            Column("Most frequent reason"),
        ),
        rows=[
            (
                _text(provider_name(key)),
                _number(cells.total()),
                _text(", ".join(f"{_reason(key)} {n:,}" for key, n in cells.most_common(3))),
            )
            for key, cells in findings.counts.speaker.rows()
        ],
    )
    return Section(key="providers", heading="Providers", tables=(table, speakers))


def _delays(findings: Findings) -> Section:
    within = figures.delays_within(findings)
    charts = (
        Chart(key="delays-chart", label="Histogram", figure=figures.delays(findings)),
        Chart(key="delays-within", label="Cumulative share", figure=within),
    )
    table = _delay_table("delays-table", findings)
    return Section(key="delays", heading="Delivery delay", charts=charts, tables=(table,))


def _delay_table(key: str, findings: Findings) -> Table:
    return Table(
        key=key,
        caption="Delay, from arrival to the attempt",
        columns=(Column("Outcome"), Column("Attempts", number=True), *_DELAY_COLUMNS),
        rows=[
            (_text(kind), _number(len(delays)), *_delay_cells(delays))
            for kind, delays in findings.counts.delays.rows()
        ],
    )


def _servers(findings: Findings) -> Section:
    found = findings.servers
    table = Table(
        key="servers-table",
        caption="Remote servers",
        columns=(
            Column("Server"),
            Column("Provider"),
            *_DESTINATION_COLUMNS,
            Column("Most frequent reason"),
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
        remark=_remark(findings.counts.relay, len(found)),
    )
    return Section(key="servers", heading="Remote servers", tables=(table,))


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
        remark=_remark(findings.counts.domain, len(found)),
    )
    return Section(key="domains", heading="Recipients' domains", tables=(table,))


def _sender_domains(findings: Findings) -> Section:
    found = findings.sender_domains
    table = Table(
        key="sender-domains-table",
        caption="Sender domains by failures",
        columns=(
            Column("Domain"),
            Column("Messages", number=True),
            Column("Size", number=True),
            *_DESTINATION_COLUMNS,
            Column("Most frequent reason"),
        ),
        rows=[
            (
                _text(sender.name),
                _number(sender.messages),
                _size(sender.octets),
                *_destination_cells(sender),
                _text(_reason(sender.reason) if sender.reason else ""),
            )
            for sender in found[:_ROWS]
        ],
        remark=_remark(findings.counts.sender_domain, len(found)),
    )
    return Section(key="senders-by-failures", heading="Sender domains by failures", tables=(table,))


def _incoming(findings: Findings) -> Section:
    heading = "Refused by our own server"
    rows = sorted(findings.reasons, key=lambda row: not is_suspect(row.reason))
    chart = Chart(
        key="incoming-over-time",
        label="Incoming refusals over time",
        figure=figures.reasons_over_time(findings),
    )
    table = Table(
        key="incoming-reasons",
        caption=heading,
        prose=True,
        columns=(
            Column("Reason"),
            Column("Refusals", number=True),
            Column("Assessment"),
            Column("For example"),
        ),
        rows=[
            (
                _text(own_title(row.reason), note=row.reason.value),
                _number(row.total, parts=_parts(row.outcomes)),
                _text(assessment(row.reason)),
                _text(row.example),
            )
            for row in rows
        ],
    )
    return Section(key="incoming", heading=heading, charts=(chart,), tables=(table,))


def _incoming_refused(findings: Findings) -> Section:
    tallies = [
        _tallied(f"incoming-{heading.lower()}", f"{heading} by rejections", heading[:-1], counter)
        for heading, counter in findings.refused
    ]
    lists = _counts(
        "incoming-blocklists",
        "Block lists cited in refusals",
        "List",
        [(item.name, item.count) for item in findings.blocklists],
    )
    unclassified = _tallied(
        "incoming-unclassified", "Unclassified replies", "Text", findings.counts.unexplained
    )
    return Section(
        key="incoming-refused",
        heading="Incoming mail rejected",
        tables=(*reversed(tallies), lists, unclassified),
        shape=Shape.BESIDE,
    )


def _others(key: str, heading: str, findings: Findings, *, is_own: bool) -> Section:
    """Return the section of local mail, or of deliveries whose direction is unknown.

    The failures of our own server have words of their own.
    """
    reasons = Table(
        key=f"{key}-reasons",
        caption="Failures",
        prose=True,
        columns=(
            Column("Reason"),
            Column("Attempts", number=True),
            Column("What to do"),
            Column("For example"),
        ),
        rows=[
            (
                _text(title, note=row.reason.value),
                _number(row.total, parts=_parts(row.outcomes)),
                _text(action),
                _text(row.example),
            )
            for row in findings.reasons
            for title, action in [title_and_action(row, is_own=is_own)]
        ],
    )
    delays = _delay_table(f"{key}-delays", findings)
    return Section(key=key, heading=heading, tables=(reasons, delays))


def _block_lists(findings: Findings) -> Section:
    rows = []
    for item in findings.blocklists:
        known = item.blocklist
        link = known.lookup if known and "{" not in known.lookup else ""
        operator, lists = (known.operator, known.lists) if known else ("", "")
        rows.append(
            (_text(item.name, link=link), _text(operator), _text(lists), _number(item.count))
        )
    columns = (Column("List"), Column("Run by"), Column("Lists"), Column("Refusals", number=True))
    table = Table(
        key="blocklists-table", caption="Block lists cited in refusals", columns=columns, rows=rows
    )
    return Section(key="blocklists", heading="Block lists cited in refusals", tables=(table,))


def _replies(findings: Findings) -> Section:
    counts = findings.counts
    columns = (Column("Code"), Column("Meaning"), Column("Replies", number=True))
    codes = Table(
        key="codes",
        caption="Reply codes",
        columns=columns,
        rows=[_coded(key, count) for key, count in counts.code.most_common()],
    )
    enhanced = Table(
        key="enhanced",
        caption="Enhanced status codes",
        columns=columns,
        rows=[_coded(key, count) for key, count in counts.enhanced.most_common(_ROWS)],
        remark=_remark(counts.enhanced, len(counts.enhanced.counts)),
    )
    stages = _counts("stages", "In reply to", "Stage", counts.stage.most_common())
    mismatches = _counts(
        "mismatches",
        "Where status and code differ",
        "Status and code",
        counts.mismatch.most_common(),
    )
    return Section(
        key="replies",
        heading="Replies",
        tables=(codes, stages, mismatches, enhanced),
        shape=Shape.BESIDE,
    )


def _refused(findings: Findings) -> Section:
    tables = tuple(
        _tallied(heading.lower(), f"{heading} by bounces", heading[:-1], counter)
        for heading, counter in findings.refused
    )
    return Section(
        key="refused", heading="Outgoing mail bounced", tables=tables, shape=Shape.BESIDE
    )


def _unclassified(findings: Findings) -> Section:
    table = _tallied(
        "unexplained-table",
        "Unclassified replies",
        "Text",
        findings.counts.unexplained,
    )
    return Section(key="unexplained", heading="Unclassified replies", tables=(table,))


def _cases_by_reason(findings: Findings) -> Section:
    """Return deliveries that failed, by reason: what a click on a bar leads to."""
    kept = findings.counts.cases
    tables = [
        _case_table(
            figures.cases_of_reason(row.reason), str(row.advice.title), kept, row.reason, row.total
        )
        for row in (*findings.actions, *findings.no_actions)
    ]
    return Section(
        key=figures.CASES,
        heading="Failed deliveries by reason",
        tables=tables,
        shape=Shape.EACH_FOLDED,
    )


def _cases_by_provider(findings: Findings) -> Section:
    """Return the same by provider, of those whose remote server is known."""
    kept = findings.counts.provider_cases
    tables = [
        _case_table(
            figures.cases_of_provider(row.provider), row.name, kept, row.provider, row.trouble
        )
        for row in findings.providers
        if findings.has_providers
    ]
    return Section(
        key=f"{figures.CASES}-providers",
        heading="Failed deliveries by provider",
        tables=tables,
        shape=Shape.EACH_FOLDED,
    )


def _case_table(key: str, name: str, cases: Cases, kind: str, total: int) -> Table:
    kept = cases.kinds.get(kind, ())
    is_cut = len(kept) < total
    return Table(
        key=key,
        caption=f"{name}: {len(kept):,} of {total:,}" if is_cut else f"{name}: {total:,}",
        prose=True,
        columns=tuple(map(Column, ("Queue id", "Time", "Recipient", "Server", "Text"))),
        rows=[
            (
                _text(case.queue_id or "none"),
                *map(_text, (case.time, case.recipient, case.server, case.text)),
            )
            for case in kept
        ],
        remark="scan --deliveries FILE writes all." if is_cut else "",
    )


def _unread(coverage: Coverage) -> Section:
    shapes = _counts(
        "shapes",
        "Lines that were not understood, by what they have in common",
        "Line",
        coverage.shapes.most_common(_ROWS),
    )
    mails = _counts(
        "mails",
        "Mails by kind",
        "Kind",
        [(MAILS.get(kind, kind), count) for kind, count in coverage.mails.most_common()],
    )
    problems = Table(
        key="problems",
        caption="What could not be read",
        columns=(Column("Problem"),),
        rows=[(_text(problem),) for problem in coverage.problems[:_ROWS]],
        remark=_cut_short(len(coverage.problems)),
    )
    return Section(key="unread", heading="Input in detail", tables=(mails, problems, shapes))


# --- cells ---------------------------------------------------------------------------------

_DESTINATION_COLUMNS = (
    Column("Attempts", number=True),
    Column("Delivered", number=True),
    Column("Deferred", number=True),
    Column("Bounced", number=True),
    Column("Failure rate", number=True),
)
_DELAY_COLUMNS = tuple(
    Column(name, number=True) for name in ("Median", "90th percentile", "99th percentile")
)


def _text(text: str, *, note: str = "", link: str = "") -> Cell:
    return Cell(text=shown(text), note=shown(note), link=link)


def _number(count: int, *, parts: tuple[tuple[str, float], ...] = ()) -> Cell:
    return Cell(text=f"{count:,}", value=count, parts=parts)


def _size(octets: int) -> Cell:
    return Cell(text=size(octets) if octets else "", value=octets)


def _destination_cells(destination: Destination) -> Iterator[Cell]:
    outcomes = destination.outcomes
    yield _number(destination.total, parts=_parts(outcomes))
    yield _number(outcomes[Outcome.DELIVERED])
    yield _number(outcomes[Outcome.DEFERRED])
    yield _number(outcomes[Outcome.BOUNCED])
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
