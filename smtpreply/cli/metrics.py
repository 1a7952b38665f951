"""``smtpreply metrics``: follow mail logs, and serve what became of the mail to Prometheus."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smtpreply._support.files import write_text
from smtpreply.cli.log_input import begun, log_options, report_problems
from smtpreply.logs import Scan
from smtpreply.logs.input.split import size_of_file

if TYPE_CHECKING:
    from smtpreply.tools.metrics import Metrics

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^:\[\]\s]{1,255}):(?P<port>[0-9]{1,5})\Z")


@click.command("metrics")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@log_options
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Follow the logs and serve the metrics over HTTP, such as 127.0.0.1:9154; Ctrl-C stops.",
)
@click.option(
    "--from-start",
    is_flag=True,
    help="With --listen, also count what is in the logs already.",
)
@click.option(
    "--textfile",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the logs once and write the metrics for node_exporter, to a FILE ending in .prom.",
)
def metrics_command(
    *,
    paths: tuple[str, ...],
    read_as: str | None,
    year: int | None,
    tz: str | None,
    listen: str | None,
    from_start: bool,
    textfile: Path | None,
) -> None:
    """Count deliveries for Prometheus: by direction, status, reason, class, provider and stage.

    PATH is a mail log. With --listen each is followed over rotation and truncation, and what is
    written from now on is counted.
    """
    if (listen is None) == (textfile is None):
        raise click.UsageError("give either --listen or --textfile")
    if listen is not None and "-" in paths:
        raise click.UsageError("standard input cannot be followed")
    try:
        from smtpreply.tools.metrics import Metrics  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.ClickException(str(error)) from None
    metrics = Metrics()
    if textfile is not None:
        run = begun(paths, read_as=read_as, year=year, tz=tz)
        metrics.watch(run.coverage)
        for delivery in run:
            metrics.add(delivery)
        write_text(textfile, metrics.to_text())
        report_problems(run)
        if run.coverage.problems:
            sys.exit(1)
        return
    runs = [begun((path,), read_as=read_as, year=year, tz=tz, follow=True) for path in paths]
    sizes = [0 if from_start else size_of_file(Path(path)) or 0 for path in paths]
    _serve(metrics, listen or "", runs, sizes)


def _serve(metrics: Metrics, listen: str, runs: list[Scan], sizes: list[int]) -> None:
    from prometheus_client import start_http_server  # noqa: PLC0415  (an extra)

    match = _ADDRESS.match(listen)
    if match is None or int(match["port"]) > 65_535:
        raise click.BadParameter("must be HOST:PORT", param_hint="--listen")
    server, _ = start_http_server(
        int(match["port"]), match["host"].strip("[]"), registry=metrics.registry
    )
    click.echo(f"smtpreply: serving http://{listen}/metrics", err=True)
    threads = [
        threading.Thread(target=_count, args=(metrics, run, size), daemon=True)
        for run, size in zip(runs, sizes, strict=True)
    ]
    with contextlib.suppress(KeyboardInterrupt):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    server.shutdown()


def _count(metrics: Metrics, run: Scan, size: int) -> None:
    """Count the deliveries of a log that is followed, but for those in its first octets."""
    metrics.watch(run.coverage)
    for delivery in run:
        if run.coverage.octets > size:
            metrics.add(delivery)
