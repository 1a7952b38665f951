"""A summary as one page that opens without a network: `html_report`.

Needs jinja2 and plotly, the extra ``report``. The page holds the charts' library, so that it can
be kept, sent and opened anywhere. Why plotly: its bars, hovers and zoom look best as they come; a
click hides a series, a button saves a picture, and its colours change with the page; and it is
Python alone, while bokeh brings NumPy, and altair needs a binary of 84 MB to work without a
network. Its 4.8 MB of JavaScript go into the page compressed, as 2 MB, which every browser since
2023 unpacks.

Nothing in a log becomes markup: texts go through `escape`, then through the template's own
escaping; no chart has a name out of a log; and should something slip through, the page's content
security policy names the two scripts that run by their hashes, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from importlib.resources import files

import attrs

try:
    from jinja2 import Environment, PackageLoader, StrictUndefined, Template
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs
except ImportError as error:
    raise ImportError(
        f"the HTML report needs {(error.name or '').partition('.')[0]}: "
        'pip install "smtpreply[report]"',
        name=error.name,
    ) from None

from smtpreply import __version__
from smtpreply.logs import Coverage
from smtpreply.report import findings
from smtpreply.report.palette import OUTCOMES
from smtpreply.report.sections import actors, sections, shown
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary

TITLE = "What became of the mail"


def html_report(summary: Summary, coverage: Coverage, *, title: str = TITLE) -> str:
    """Draw a summary, and what of the log was not read, as a page of its own.

    Args:
        summary: what was counted.
        coverage: what was read; merge the parts first, where there are several.
        title: the heading, which may be any text.

    Returns:
        HTML of about 2 MB, without a reference to any other file.

    >>> page = html_report(Summary(), Coverage(), title="Monday")
    >>> page.startswith("<!doctype html>"), "<h1>Monday</h1>" in page
    (True, True)
    """
    script = _asset("report.js")
    library = _library()
    page: str = _template().render(
        title=shown(title),
        version=__version__,
        style=Markup(_asset("report.css")),  # noqa: S704  (ours)
        script=Markup(script),  # noqa: S704
        library=library.packed,
        hashes=(_hash(script), library.hash),
        outcomes=[_Tile.of(outcome, summary) for outcome in Outcome if summary.outcome[outcome]],
        colors=OUTCOMES,
        deliveries=summary.deliveries,
        span=findings.span(summary),
        first=findings.whys(summary)[:3],
        actors=actors(),
        sections=list(sections(summary, coverage)),
        coverage=coverage,
        formats=[(shown(name), count) for name, count in coverage.formats.most_common()],
    )
    return page


# --- what the template is given ------------------------------------------------------------


@attrs.frozen
class _Tile:
    """A headline number."""

    name: str
    count: int
    share: float

    @classmethod
    def of(cls, outcome: Outcome, summary: Summary) -> _Tile:
        count = summary.outcome[outcome]
        return cls(outcome.value, count, count / summary.deliveries)


# --- the page ------------------------------------------------------------------------------


@attrs.frozen
class _Library:
    """The charts' library, compressed and in letters, and the hash of its text."""

    packed: str
    hash: str


@functools.cache
def _library() -> _Library:
    text: str = get_plotlyjs()
    packed = gzip.compress(text.encode(), 9, mtime=0)
    return _Library(base64.b64encode(packed).decode(), _hash(text))


def _hash(script: str) -> str:
    """Name a script as a content security policy does: CSP Level 3, 2.3.1."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


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
