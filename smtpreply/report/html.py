"""`html_report`: a summary as one self-contained HTML page.

Needs jinja2 and plotly, the extra ``report``. The page contains the chart library, so that it can
be archived, sent and opened without a network. Why plotly: its bars, hover texts and zoom need no
adjustment; a click hides a series, a button saves a picture, and colours can change with the page;
and it is pure Python, while bokeh requires NumPy, and altair a binary of 84 MB to work offline. Its
4.8 MB of JavaScript are compressed to 2 MB in the page, which every browser since 2023 can unpack.

Nothing in a log becomes markup: texts pass through `escape`, then through the template's own
escaping; no chart has a name from a log; and as a second line of defence, the page's content
security policy allows only the two scripts with the given hashes, and no requests.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from collections.abc import Sequence
from importlib.resources import files

import attrs

try:
    import plotly
    from jinja2 import Environment, PackageLoader, StrictUndefined, Template
    from markupsafe import Markup
except ImportError as error:
    raise ImportError(
        f"the HTML report needs {(error.name or '').partition('.')[0]}: "
        'pip install "smtpreply[report]"',
        name=error.name,
    ) from None

from smtpreply import __version__
from smtpreply.logs import Coverage
from smtpreply.report.findings import TITLE, Report, period
from smtpreply.report.palette import OUTCOMES
from smtpreply.report.sections import actors, sections, shown
from smtpreply.summary.comparison import Change
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary


def html_report(
    summary: Summary,
    coverage: Coverage,
    *,
    title: str = TITLE,
    subtitle: str = "",
    changes: Sequence[Change] | None = None,
) -> str:
    """Return a summary, and what of the log could not be read, as an HTML page.

    Args:
        summary: the counts.
        coverage: what was read; add up the parts first, where there are several.
        title: the heading: any text, which is escaped.
        subtitle: a line below it, such as the filters and the time of making; escaped, too.
        changes: what changed since another summary; None where there is none to compare with.

    Returns:
        HTML of about 2 MB, without references to other files.

    >>> page = html_report(Summary(), Coverage(), title="Monday")
    >>> page.startswith("<!doctype html>"), "<h1>Monday</h1>" in page
    (True, True)
    """
    report = Report.of(summary)
    script = _asset("report.js")
    library = chart_library()
    trouble = coverage.trouble.own()
    page: str = _template().render(
        title=shown(title),
        subtitle=shown(subtitle),
        version=__version__,
        style=Markup(_asset("report.css")),  # noqa: S704  (ours)
        script=Markup(script),  # noqa: S704
        library=library.packed,
        hashes=(_hash(script.encode()), library.hash),
        directions=[(heading, _tiles(findings.counts)) for heading, findings in report.parts],
        colors=OUTCOMES,
        deliveries=report.deliveries,
        period=period(report.span) if report.span else "",
        trouble=trouble[0] if trouble else None,
        trouble_lines=sum(row.count for row in trouble),
        first=report.outgoing.actions[:3],
        actors=actors(),
        shown=shown,
        sections=list(sections(report, coverage, changes or ())),
        coverage=coverage,
        formats=[(shown(name), count) for name, count in coverage.formats.most_common()],
    )
    return page


# --- values for the template ------------------------------------------------------------


@attrs.frozen
class _Tile:
    """The headline figure of an outcome: its count, and its share from 0 to 1."""

    name: str
    count: int
    share: float

    @classmethod
    def of(cls, outcome: Outcome, counts: Counts) -> _Tile:
        count = counts.outcome[outcome]
        return cls(outcome.value, count, count / counts.deliveries)


def _tiles(counts: Counts) -> list[_Tile]:
    return [_Tile.of(outcome, counts) for outcome in Outcome if counts.outcome[outcome]]


# --- the page ------------------------------------------------------------------------------


@attrs.frozen
class Library:
    """The chart library, as it is in a page.

    Attributes:
        packed: its source, compressed by gzip and in base64.
        hash: the hash of its source, as a content security policy has it.

    >>> Library("H4sI", "sha256-47DE").hash
    'sha256-47DE'
    """

    packed: str
    hash: str


@functools.cache
def chart_library() -> Library:
    """Return the chart library, which takes 10 MB to make and 2 MB to keep.

    Whoever calls it before a log is read, when there is room, has less memory taken at most.

    >>> chart_library().hash[:7]
    'sha256-'
    """
    # `plotly.offline.get_plotlyjs` decodes it, which takes 10 MB more.
    script = files(plotly).joinpath("package_data", "plotly.min.js").read_bytes()
    return Library(base64.b64encode(gzip.compress(script, 9, mtime=0)).decode(), _hash(script))


def _hash(script: bytes) -> str:
    """Return the hash source of a script for a content security policy: CSP Level 3, 2.3.1."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"


@functools.cache
def _asset(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("report.html")
