"""``smtpreply scan``: summarize mail logs: replies, outcomes, and why mail did not arrive."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfoNotFoundError

import attrs
import click

from smtpreply._support.escape import escape
from smtpreply._support.files import replacing, write_text
from smtpreply.cli.filters import filter_options
from smtpreply.cli.log_input import (
    InputCheck,
    check_format,
    check_paths,
    log_options,
    sources_of,
)
from smtpreply.cli.thresholds import ThresholdType, report_exceeded
from smtpreply.cli.when import moment
from smtpreply.logs import Delivery, Line, Scan, scan
from smtpreply.logs.input.split import can_be_parted, size_of_file, span_of_files
from smtpreply.report.findings import BY, TITLE
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import Total, count_received, empty_summary, total_of
from smtpreply.tools.threshold import Threshold

if TYPE_CHECKING:
    from smtpreply.summary.comparison import Change
    from smtpreply.summary.pseudonyms import Pseudonyms

_MOST_JOBS = 256
_SHORT = 1 << 20  # octets: the size up to which times are counted by the minute in any case
_FEW_HOURS = timedelta(hours=2)  # in a log of a shorter span they are counted so, too
_LONG_FOR_ONE = 1 << 25  # octets: the size from which several processes are worth starting
_LONG = 20_000_000  # octets: the size from which a progress bar is worth showing

# Options that exclude each other: --jobs loses the order, --follow never ends, and
# --unreadable would defeat --anonymize.
_EXCLUSIVE = (
    ("--jobs", "--follow"),
    ("--jobs", "--deliveries"),
    ("--jobs", "--unreadable"),
    ("--jobs", "-"),
    ("--follow", "--deliveries"),
    ("--follow", "-"),
    ("--anonymize", "--unreadable"),
    ("--against yesterday", "--follow"),
    ("--against yesterday", "-"),
    ("--by", "--json"),
    ("--by", "--follow"),
    ("--json", "--unreadable -"),
    ("--jobs", "--deliveries -"),
    ("--json", "--deliveries -"),
    ("--unreadable -", "--deliveries -"),
)
_STDOUT = Path("-")
_YESTERDAY = "yesterday"

_file = click.Path(dir_okay=False, path_type=Path)


@attrs.frozen(kw_only=True)
class _Output:
    """Output options other than the summary itself."""

    as_json: bool
    html: Path | None
    deliveries: Path | None
    unreadable: Path | None
    raw_cells: bool
    names: Pseudonyms | None
    save: Path | None = None
    against: Summary | None = None
    by: str | None = None
    heading: str = TITLE
    subtitle: str = ""

    @property
    def paths(self) -> dict[str, Path]:
        """The files to write, by the option that names them."""
        given = {
            "--html": self.html,
            "--deliveries": self.deliveries,
            "--unreadable": self.unreadable,
            "--save": self.save,
        }
        return {option: path for option, path in given.items() if path not in (None, _STDOUT)}

    def anonymized(self, total: Total) -> Total:
        """Return a total with pseudonyms, if they are wanted."""
        return total if self.names is None else self.names.total(total)

    @property
    def is_stdout_free(self) -> bool:
        """Whether no other output goes to standard output."""
        return _STDOUT not in (self.unreadable, self.deliveries)


class _Against(click.Path):
    """A file, or the word "yesterday", which stays text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == _YESTERDAY else super().convert(value, param, ctx)


@click.command("scan")
@click.argument("paths", metavar="PATH...|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--html", metavar="FILE", type=_file, help="Also write the report as an HTML page.")
@click.option(
    "--deliveries",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write each delivery to FILE.jsonl, FILE.csv or FILE.parquet; - is JSON lines on standard "
    "output, without the report, and with --follow as they come.",
)
@click.option(
    "--unreadable",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the lines that could not be parsed; - is standard output, without the report.",
)
@click.option(
    "--raw-cells",
    is_flag=True,
    help="In FILE.csv, keep cells that a spreadsheet takes for formulas, and control characters.",
)
@click.option("--anonymize", is_flag=True, help="Replace addresses, hosts and IPs by pseudonyms.")
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the key of the pseudonyms. Default: $SMTPREPLY_KEY, or else a random key.",
)
@log_options("--format")
@filter_options("status", "direction", "domain", "reason", "since", "until")
@click.option(
    "--by",
    type=click.Choice(list(BY)),
    help="Instead of the report, show outgoing mail by sender-domain, domain, provider or server.",
)
@click.option("--save", metavar="FILE", type=_file, help="Write the summary, for --against.")
@click.option(
    "--against",
    metavar="FILE|yesterday",
    type=_Against(exists=True, dir_okay=False, path_type=Path),
    help="Show what changed since the summary in this file; or from yesterday to today, or to the "
    "time from --since on.",
)
@click.option(
    "--warn-on",
    "warn_on",
    metavar="THRESHOLD",
    multiple=True,
    type=ThresholdType(),
    help="Exit with 1 if exceeded, such as 'deferred>20%' or 'deliveries<1'; may be repeated.",
)
@click.option(
    "--fail-on",
    "fail_on",
    metavar="THRESHOLD",
    multiple=True,
    type=ThresholdType(),
    help="Exit with 2 if exceeded, such as 'bounced>5%' or 'ip_blocked>0'; may be repeated.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, _MOST_JOBS),
    help="Number of processes. Default: one for each CPU where a log is long and can be cut.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Keep reading as the file grows, like tail -F, and wait for one that is not there yet; "
    "Ctrl-C stops.",
)
@click.option(
    "--metrics",
    "metrics_to",
    metavar="HOST:PORT|FILE.prom",
    help="With --follow, count what is written from now on for Prometheus: serve it over HTTP, or "
    "write it for node_exporter.",
)
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86_400),
    default=60,
    show_default=True,
    help="With --follow, how often the files of --html and --metrics are written.",
)
def scan_command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    html: Path | None,
    deliveries: Path | None,
    unreadable: Path | None,
    raw_cells: bool,
    anonymize: bool,
    key: Path | None,
    save: Path | None,
    against: Path | str | None,
    by: str | None,
    read_as: str | None,
    year: int | None,
    tz: str | None,
    jobs: int | None,
    follow: bool,
    metrics_to: str | None,
    every: float,
    warn_on: tuple[Threshold, ...],
    fail_on: tuple[Threshold, ...],
    **wanted: Any,
) -> None:
    """Summarize the deliveries in mail logs.

    PATH is a file, a folder or a glob. Files may be compressed with gzip, bzip2, xz or zstd; the
    files of a rotated log are read oldest first. "-" is standard input.

    The exit code is 1 if something could not be read, if there is no file or no line of a mail log
    (or of the format that --read-as names), and if no delivery matches the filters. An empty log is
    no error.
    """
    criteria = DeliveryFilter(**wanted)
    if against == _YESTERDAY and criteria.since is None:
        criteria = attrs.evolve(criteria, since=moment("today", datetime.now(UTC).astimezone()))
    _check_span(criteria)
    output = _Output(
        as_json=as_json,
        html=html,
        deliveries=deliveries,
        unreadable=unreadable,
        raw_cells=raw_cells,
        names=_pseudonyms(key, anonymize=anonymize),
        save=save,
        by=by,
        against=_saved(against) if isinstance(against, Path) else None,
        heading=TITLE if anonymize else f"{TITLE}: {_named(paths, Counter())}",
        subtitle=_subtitle(criteria),
    )
    _check(paths, read_as, output, jobs=jobs or 1, follow=follow, by_day=against == _YESTERDAY)
    options = {"format": read_as, "year": year, "tz": tz}
    check = InputCheck(paths, read_as)
    try:
        if against == _YESTERDAY:
            earlier = _day_before(paths, criteria, output, options, jobs=jobs)
            output = attrs.evolve(output, against=earlier)
        if follow:
            total = _follow(paths, criteria, output, options, metrics_to=metrics_to, every=every)
            output = attrs.evolve(output, html=None)  # which has been written
        elif metrics_to is not None:
            raise click.UsageError('--metrics needs --follow; see also "smtpreply metrics"')
        else:
            total = _read(paths, criteria, output, options, jobs=jobs)
    except ZoneInfoNotFoundError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--tz") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    is_empty = not follow and (check.is_misread(total.coverage) or _is_empty(total, criteria))
    if not anonymize:
        heading = f"{TITLE}: {_named(paths, total.coverage.hosts)}"
        output = attrs.evolve(output, heading=heading)
    _show(total, output, is_empty=is_empty)
    is_warned = report_exceeded(total.summary, warn_on)
    if report_exceeded(total.summary, fail_on):
        sys.exit(2)
    if is_empty:
        check.check(total.coverage)
        raise click.ClickException(_no_match(total, criteria))
    if is_warned or total.coverage.problems:
        sys.exit(1)


def _named(paths: tuple[str, ...], hosts: Counter[str]) -> str:
    """Return the hosts and the paths that a report is about: the first of each, and how many more.

    With --anonymize the title has neither, since a path may name a host or a person.
    """
    names = ["standard input"] if paths == ("-",) else list(paths)
    lists = ([host for host, _ in hosts.most_common()], names)
    return ", ".join(
        f"{some[0]} and {len(some) - 1:,} more" if len(some) > 1 else some[0]
        for some in lists
        if some
    )


def _subtitle(criteria: DeliveryFilter) -> str:
    """Return the filters and the time of making."""
    made = f"Made {datetime.now(UTC).astimezone():%Y-%m-%d %H:%M %Z}"
    return f"Only {', '.join(criteria.criteria)}. {made}" if criteria.criteria else made


def _saved(path: Path) -> Summary:
    """Return the summary that --save has written.

    Raises:
        click.BadParameter: the file is no such summary.
    """
    try:
        return Summary.from_state(json.loads(path.read_bytes()))
    except (ValueError, RecursionError):
        raise click.BadParameter(
            f"not a summary that --save has written: {path}", param_hint="--against"
        ) from None


def _day_before(
    paths: tuple[str, ...],
    criteria: DeliveryFilter,
    output: _Output,
    options: dict[str, Any],
    *,
    jobs: int | None,
) -> Summary:
    """Return the summary of the same hours a day earlier.

    Raises:
        click.ClickException: there is no delivery in them.
    """
    assert criteria.since is not None  # given, or the beginning of today
    day = timedelta(days=1)
    until = criteria.since if criteria.until is None else criteria.until - day
    earlier = attrs.evolve(criteria, since=criteria.since - day, until=until)
    nothing = attrs.evolve(output, deliveries=None, unreadable=None)
    found = _read(paths, earlier, nothing, options, jobs=jobs).summary
    if not found.deliveries:
        words = ", ".join(earlier.criteria)
        raise click.ClickException(f"nothing to compare with: no delivery matches {words}")
    return found


def _check_span(criteria: DeliveryFilter) -> None:
    since, until = criteria.since, criteria.until
    if since is None or until is None:
        return
    if (since.tzinfo is None) != (until.tzinfo is None):
        since, until = since.astimezone(), until.astimezone()
    if since >= until:
        raise click.UsageError(f"--since {since} is not before --until {until}")


def _is_empty(total: Total, criteria: DeliveryFilter) -> bool:
    """Return whether no delivery matches the filters, though there are some."""
    coverage = total.coverage
    return bool(coverage.deliveries and criteria.criteria and not total.summary.deliveries)


def _no_match(total: Total, criteria: DeliveryFilter) -> str:
    return (
        f"no delivery matches {', '.join(criteria.criteria)}: "
        f"{total.coverage.deliveries:,} were found in {total.coverage.lines:,} lines"
    )


def _pseudonyms(key: Path | None, *, anonymize: bool) -> Pseudonyms | None:
    """Return the pseudonyms; their key is never an argument, which other users could see."""
    if not anonymize:
        if key is not None:
            raise click.UsageError("--key needs --anonymize")
        return None
    from smtpreply.summary.pseudonyms import Pseudonyms  # noqa: PLC0415  (20 ms)

    if key is None:
        return Pseudonyms(os.environ.get("SMTPREPLY_KEY", "").encode())
    secret = key.read_bytes().strip()
    if not secret:
        raise click.BadParameter(f"{key} is empty", param_hint="--key")
    return Pseudonyms(secret)


def _check(
    paths: tuple[str, ...],
    read_as: str | None,
    output: _Output,
    *,
    jobs: int,
    follow: bool,
    by_day: bool,
) -> None:
    check_paths(paths)
    check_format(read_as)
    given = {
        "--jobs": jobs > 1,
        "--follow": follow,
        "--deliveries": output.deliveries not in (None, _STDOUT),
        "--deliveries -": output.deliveries == _STDOUT,
        "--unreadable": output.unreadable is not None,
        "--anonymize": output.names is not None,
        "--json": output.as_json,
        "--by": output.by is not None,
        "--against yesterday": by_day,
        "--unreadable -": output.unreadable == _STDOUT,
        "-": paths == ("-",),
    }
    for one, other in _EXCLUSIVE:
        if given[one] and given[other]:
            raise click.UsageError(f"{one} cannot be combined with {other}")
    _check_extras(output)
    written: dict[Path, str] = {}
    for option, path in output.paths.items():
        if not path.parent.is_dir():
            raise click.BadParameter(f"no such folder: {path.parent}", param_hint=option)
        other = written.setdefault(path.resolve(), option)
        if other != option:
            raise click.BadParameter(f"is also the file of {other}: {path}", param_hint=option)


def _check_extras(output: _Output) -> None:
    """Report a missing extra before a long log is read."""
    try:
        if output.deliveries not in (None, _STDOUT):
            import_module("smtpreply.cli.deliveries").check_ending(output.deliveries)
        if output.html is not None:
            import_module("smtpreply.report.html").chart_library()
    except ImportError as error:
        raise click.ClickException(str(error)) from None


def _read(
    paths: tuple[str, ...],
    wanted: DeliveryFilter,
    output: _Output,
    options: dict[str, Any],
    *,
    jobs: int | None,
) -> Total:
    """Read the logs and return their total; write deliveries and unreadable lines if asked."""
    source = sources_of(paths, output.paths)
    size = 0 if paths == ("-",) else sum(size_of_file(path) or 0 for path in source)
    by_minute = 0 < size <= _SHORT or (size > 0 and _is_of_few_hours(source))
    with ExitStack() as stack:
        on_unreadable = stack.enter_context(_keeper(output.unreadable))
        on_progress = stack.enter_context(_bar(size))
        in_order = output.deliveries or output.unreadable or options["format"] or options["year"]
        if jobs is None:
            jobs = 1 if in_order or size < _LONG_FOR_ONE else _jobs_for(source)
        if jobs > 1:
            from smtpreply.summary.parallel import total_of_files  # noqa: PLC0415  (30 ms)

            return total_of_files(
                source, wanted, jobs=jobs, by_minute=by_minute, on_progress=on_progress, **options
            )
        run = scan(source, on_unreadable=on_unreadable, on_progress=on_progress, **options)
        if output.deliveries is not None:
            return _one_by_one(run, wanted, output, output.deliveries, by_minute=by_minute)
        return total_of(run, wanted, by_minute=by_minute)


def _follow(
    paths: tuple[str, ...],
    wanted: DeliveryFilter,
    output: _Output,
    options: dict[str, Any],
    *,
    metrics_to: str | None,
    every: float,
) -> Total:
    """Follow a log until Ctrl-C, and return its total; write on the way what is asked for."""
    from smtpreply.cli.watch import Watch  # noqa: PLC0415  (rich is slow to import)

    is_new = not Path(paths[0]).exists()
    source = sources_of(paths, output.paths, follow=True)
    with ExitStack() as stack:
        outputs: dict[str, Callable[[Total], object]] = {}
        if output.html is not None:
            outputs[str(output.html)] = lambda total: _write_html(output.anonymized(total), output)
        metrics = None
        if metrics_to is not None:
            from smtpreply.cli.metrics import metrics_for  # noqa: PLC0415  (an extra)

            metrics, write = stack.enter_context(metrics_for(metrics_to))
            if write is not None:
                outputs[metrics_to] = lambda _: write()
        watch = Watch(
            wanted,
            output.names,
            title=output.heading,
            stream=sys.stdout if output.deliveries == _STDOUT else None,
            metrics=metrics,
            outputs=outputs,
            every=every,
            is_new=is_new,
        )
        run = scan(
            source,
            on_unreadable=stack.enter_context(_keeper(output.unreadable)),
            on_progress=lambda _: watch.refresh(),
            follow=watch.goes_on,
            **options,
        )
        return watch.follow(run)


def _jobs_for(source: list[Path]) -> int:
    """Return how many processes to read long logs with, to the same summary as one.

    That holds where lines are independent: a message that continues in the next file of a rotated
    log would count as two.
    """
    try:
        # A pipe can be opened once, so only what has a size is looked into.
        if not all(size_of_file(path) is not None and can_be_parted(path) for path in source):
            return 1
    except OSError:  # reported when it is read
        return 1
    given = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return min(len(given(0)) if given else os.cpu_count() or 1, _MOST_JOBS)


def _one_by_one(
    run: Scan, wanted: DeliveryFilter, output: _Output, path: Path, *, by_minute: bool
) -> Total:
    """Write each delivery, and return the total of all."""
    total = Total(empty_summary(wanted, by_minute=by_minute), run.coverage)
    count_received(run, wanted, total.summary)
    names = output.names

    def counted() -> Iterator[Delivery]:
        for delivery in filter(wanted, run):
            total.summary.add(delivery)
            yield names.delivery(delivery) if names else delivery

    from smtpreply.cli.deliveries import write, write_lines  # noqa: PLC0415  (most runs need it not)

    if path == _STDOUT:
        write_lines(counted(), sys.stdout)
    else:
        write(counted(), path, raw_cells=output.raw_cells)
    return total


def _show(total: Total, output: _Output, *, is_empty: bool) -> None:
    """Write the outputs; an empty report is not drawn, since an error says why it is empty."""
    total = output.anonymized(total)
    summary, coverage = total.summary, total.coverage
    changed = _changed(summary, output)
    if output.save is not None:
        write_text(output.save, json.dumps(summary.to_state()) + "\n")
    if output.html is not None:
        _write_html(total, output)
    if output.as_json:
        account = attrs.asdict(coverage) | {
            "trouble": coverage.trouble.to_dict(),
            "hosts": sorted(coverage.hosts),
        }
        shown = summary.to_dict() | {"coverage": account}
        if changed is not None:
            shown["changes"] = [change.to_dict() for change in changed]
        sys.stdout.write(json.dumps(shown, indent=2, allow_nan=False) + "\n")
    elif not is_empty and output.is_stdout_free:
        from smtpreply.cli.output import draw  # noqa: PLC0415  (rich is slow to import)
        from smtpreply.report.terminal import terminal_report, terminal_table  # noqa: PLC0415

        words = {"title": output.heading, "subtitle": output.subtitle}
        if output.by is None:
            draw(terminal_report(summary, coverage, changes=changed, **words))
        else:
            draw(terminal_table(summary, output.by, **words))


def _changed(summary: Summary, output: _Output) -> Sequence[Change] | None:
    if output.against is None:
        return None
    from smtpreply.summary.comparison import changes  # noqa: PLC0415  (most runs need it not)

    return changes(output.against, summary)


def _write_html(total: Total, output: _Output) -> None:
    from smtpreply.report.html import html_report  # noqa: PLC0415  (an extra, and slow)

    assert output.html is not None
    page = html_report(
        total.summary,
        total.coverage,
        title=output.heading,
        subtitle=output.subtitle,
        changes=_changed(total.summary, output),
    )
    write_text(output.html, page)


def _is_of_few_hours(paths: list[Path]) -> bool:
    """Return whether logs are seen to have so few hours that a chart of these says nothing."""
    try:
        span = span_of_files(paths)
    except OSError:  # which is reported when it is read
        return False
    return span is not None and span < _FEW_HOURS


@contextmanager
def _bar(size: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar for a long log on stderr, if that is a terminal."""
    if size < _LONG or not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        yield lambda _octets: None
        return
    from smtpreply.cli.watch import bar  # noqa: PLC0415  (as above)

    with bar(size) as advance:
        yield advance


@contextmanager
def _keeper(path: Path | None) -> Iterator[Callable[[Line], object] | None]:
    if path is None:
        yield None
        return
    if path == _STDOUT:
        shown = escape if sys.stdout.isatty() else str
        yield lambda line: sys.stdout.write(f"{shown(line.text)}\n")
        return
    with replacing(path, errors="surrogateescape") as file:
        yield lambda line: file.write(f"{line.text}\n")
