"""The charts of the page, as plotly figures: JSON with data and layout.

All names in them are our own (reasons, providers, outcomes), none is from a log, since plotly would
interpret markup in them. Colours of text and lines are set by the page, which may be dark or light.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

from smtpreply.reasons import Reason, advice_for
from smtpreply.report.findings import Findings, duration
from smtpreply.report.palette import OUTCOMES, REST, SERIES
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.quantiles import Delays
from smtpreply.summary.timeline import Timeline

Figure = dict[str, Any]
"""A figure; its ``targets`` are the elements of the page that a click on each bar leads to."""

CASES = "cases"
"""The section of the page that has the deliveries."""


def cases_of_reason(reason: str) -> str:
    """Return the name of the element with deliveries that failed for a reason."""
    return f"cases-{reason}"


def cases_of_provider(key: str) -> str:
    """Return the name of the element with deliveries that failed at a provider."""
    return f"cases-at-{key or 'others'}"


MOST_TIMES = 400
"""The most bars over time: more would be thinner than three pixels."""
_MOST_BARS = 12
_FEW = 6  # counts below which plotly places ticks between whole numbers
_HOUR = 3_600_000  # milliseconds, plotly's unit of time
_PERIODS: dict[str, int | str] = {
    "minute": _HOUR // 60,
    "hour": _HOUR,
    "day": 24 * _HOUR,
    "month": "M1",
    "year": "M12",
}
_SHAPES = {
    "minute": "%a %-d %b, %H:%M",
    "hour": "%a %-d %b, %H:00",
    "day": "%a %-d %b %Y",
    "month": "%b %Y",
    "year": "%Y",
}
_TICKS = [
    {"dtickrange": [60_000, 24 * _HOUR - 1], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [24 * _HOUR, 31 * 24 * _HOUR], "value": "%-d %b\n%Y"},
]
"""The labels of times nearer than a day and than a month: short enough for a phone."""
_STEPS = (
    (0.3, "0.3 s"),
    (1, "1 s"),
    (3, "3 s"),
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (300, "5 min"),
    (1800, "30 min"),
    (7200, "2 h"),
    (43200, "12 h"),
    (172800, "2 days"),
)
"""The upper limits of the bars of delays, in seconds, and their labels."""


def outcomes_over_time(findings: Findings) -> Figure:
    """Return a chart of deliveries over time: stacked bars by outcome."""
    times = findings.counts.times
    shown = [outcome for outcome in Outcome if times_of(times, outcome)]
    return _over_time(times, [(outcome.value, OUTCOMES[outcome], [outcome]) for outcome in shown])


def reasons_over_time(findings: Findings) -> Figure:
    """Return a chart of failures over time: the most frequent reasons, and the rest as one."""
    order = [counted.reason.value for counted in findings.reasons]
    first, rest = order[: len(SERIES)], order[len(SERIES) :]
    series = [
        (_title(reason), color, [reason]) for reason, color in zip(first, SERIES, strict=False)
    ]
    return _over_time(
        findings.counts.reason_times, [*series, *([("All others", REST, rest)] if rest else [])]
    )


def reasons(findings: Findings) -> Figure:
    """Return a chart of the reasons, in the order of the recommended actions: bars by outcome."""
    rows = [*findings.actions, *findings.no_actions]
    shown = [(str(row.advice.title), row.outcomes) for row in rows[:_MOST_BARS]]
    if len(rows) > _MOST_BARS:
        shown[-1] = "All others", sum((row.outcomes for row in rows[_MOST_BARS - 1 :]), Counter())
    names = [name for name, _ in shown]
    found = [(outcome, [counts[outcome] for _, counts in shown]) for outcome in Outcome]
    data = [
        _bar(outcome, counts, names, "%{y}<br>%{x:,} " + outcome.value)
        for outcome, counts in found
        if any(counts)
    ]
    most = max((counts.total() for _, counts in shown), default=0)
    layout = _sideways(len(shown), {"rangemode": "tozero"} | _whole_ticks(most))
    targets = [cases_of_reason(row.reason) for row in rows[:_MOST_BARS]]
    if len(rows) > _MOST_BARS:
        targets[-1] = CASES
    return {"data": data, "layout": layout, "targets": targets}


def providers(findings: Findings) -> Figure:
    """Return a chart of the mail to each provider: shares by outcome; empty if none is known."""
    found = findings.providers if findings.has_providers else []
    destinations = [destination for destination in found if destination.total][:_MOST_BARS]
    names = [f"{destination.name} ({destination.total:,})" for destination in destinations]
    data = []
    for outcome in Outcome:
        counts = [destination.outcomes[outcome] for destination in destinations]
        if any(counts):
            shares = [
                destination.outcomes[outcome] / destination.total for destination in destinations
            ]
            words = f"%{{y}}<br>%{{customdata:,}} {outcome.value}, %{{x:.1%}}"
            data.append(_bar(outcome, shares, names, words) | {"customdata": counts})
    axis = {"tickformat": ".0%", "range": [0, 1], "tickvals": [0, 0.25, 0.5, 0.75, 1]}
    targets = [
        cases_of_provider(destination.provider) if destination.trouble else CASES
        for destination in destinations
    ]
    return {"data": data, "layout": _sideways(len(destinations), axis), "targets": targets}


def delays(findings: Findings) -> Figure:
    """Return a histogram of the delays, by outcome."""
    limits = [seconds for seconds, _ in _STEPS]
    words = [f"\N{LESS-THAN OR EQUAL TO} {label}" for _, label in _STEPS] + [f"> {_STEPS[-1][1]}"]
    data = []
    for outcome, found in _by_outcome(findings.counts):
        within = [0, *map(found.within, limits), len(found)]
        counts = [more - less for less, more in itertools.pairwise(within)]
        data.append(
            {
                "type": "bar",
                "name": outcome.value,
                "x": words,
                "y": counts,
                "marker": {"color": OUTCOMES[outcome]},
                "hovertemplate": "%{y:,} " + outcome.value + "<extra></extra>",
            }
        )
    layout = {
        "barmode": "stack",
        "hovermode": "x unified",
        "bargap": 0.12,
        "xaxis": {"fixedrange": True, "showgrid": False},
        "yaxis": {"fixedrange": True} | _whole_ticks(_tallest(data)),
    }
    return {"data": data, "layout": layout}


def delays_within(findings: Findings) -> Figure:
    """Return a chart of the share of attempts within each delay, by outcome."""
    percents = [0, *range(1, 100), 99.5, 99.9, 100]
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": outcome.value,
            "x": [max(found.percentile(percent) or 0, 0.01) for percent in percents],
            "y": [percent / 100 for percent in percents],
            "line": {"color": OUTCOMES[outcome], "width": 2.5, "shape": "hv"},
            "text": [duration(found.percentile(percent)) for percent in percents],
            "hovertemplate": f"%{{y:.1%}} {outcome.value} within %{{text}}<extra></extra>",
        }
        for outcome, found in _by_outcome(findings.counts)
    ]
    ticks = [0.1, 1, 10, 60, 600, 3600, 36000, 86400]
    words = ["0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h", "10 h", "1 day"]
    axis = {"type": "log", "tickvals": ticks, "ticktext": words}
    return {"data": data, "layout": {"xaxis": axis, "yaxis": {"tickformat": ".0%"}}}


def times_of(times: Timeline, kind: str) -> int:
    """Return the count of a kind over all times."""
    return sum(cells[kind] for cells in times.counts.values())


def _over_time(times: Timeline, series: Iterable[tuple[str, str, list[Any]]]) -> Figure:
    """Return bars over time; a series is a name, a colour, and the kinds that it sums up.

    A single time is no course of time: then there are no bars.
    """
    times = times.coarser(MOST_TIMES)
    rows = times.in_order() if len(times.counts) > 1 else []
    stamps = [f"{time}:00" if times.unit == "hour" else time for time, _ in rows]
    period = _PERIODS[times.unit]
    data = [
        {
            "type": "bar",
            "name": name,
            "x": stamps,
            "y": [_sum(cells, kinds) for _, cells in rows],
            "xperiod": period,
            "xperiodalignment": "middle",
            "xhoverformat": _SHAPES[times.unit],
            "marker": {"color": color},
            "hovertemplate": "%{y:,} " + name + "<extra></extra>",
        }
        for name, color, kinds in series
        if rows
    ]
    layout = {
        "barmode": "stack",
        "hovermode": "x unified",
        "bargap": 0.12,
        "xaxis": {
            "type": "date",
            "hoverformat": _SHAPES[times.unit],
            "tickangle": 0,
            "tickformatstops": _TICKS,
        },
        "yaxis": {"fixedrange": True} | _whole_ticks(_tallest(data)),
    }
    return {"data": data, "layout": layout}


def _tallest(data: list[Figure]) -> int:
    """Return the height of the tallest stack of bars."""
    return max(map(sum, zip(*(series["y"] for series in data), strict=True)), default=0)


def _whole_ticks(most: int) -> dict[str, Any]:
    """Return the ticks of an axis of counts up to `most`: a few counts would get ticks of 0.2."""
    return {"tickformat": ",d"} | ({"dtick": 1} if most < _FEW else {})


def _sum(cells: Counter[str], kinds: list[Any]) -> int:
    return sum(cells[kind] for kind in kinds)


def _bar(outcome: Outcome, lengths: list[Any], names: list[Any], words: str) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": outcome.value,
        "x": lengths,
        "y": [str(name) for name in names],
        "marker": {"color": OUTCOMES[outcome]},
        "hovertemplate": f"{words}<extra></extra>",
    }


def _sideways(bars: int, axis: dict[str, Any]) -> dict[str, Any]:
    """Return the layout of horizontal bars, the first on top, in a chart of fitting height."""
    return {
        "barmode": "stack",
        "bargap": 0.35,
        "height": 60 + 36 * bars,
        "margin": {"l": 8, "r": 20, "t": 4, "b": 8},
        "showlegend": False,  # no room beside the names: the page draws the legend
        "xaxis": {"nticks": 6, "tickangle": 0} | axis | {"fixedrange": True},
        "yaxis": {"autorange": "reversed", "fixedrange": True, "ticksuffix": "  "},
    }


def _by_outcome(counts: Counts) -> list[tuple[Outcome, Delays]]:
    found = [(outcome, counts.delays.of(outcome.value)) for outcome in Outcome]
    return [(outcome, known) for outcome, known in found if len(known)]


def _title(reason: str) -> str:
    return str(advice_for(Reason(reason)).title)
