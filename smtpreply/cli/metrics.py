"""``smtpreply metrics``: follow mail logs, and serve what became of the mail to Prometheus."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smtpreply._support.files import write_text
from smtpreply.cli.log_input import InputCheck, begun, log_options, report_problems
from smtpreply.logs import Coverage, Scan

if TYPE_CHECKING:
    from smtpreply.tools.metrics import Metrics

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^:\[\]\s]{1,255}):(?P<port>[0-9]{1,5})\Z")

_SUFFIX = ".prom"  # the only one that node_exporter reads


@click.command("metrics")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@log_options()
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
    if textfile is not None and textfile.suffix != _SUFFIX:
        raise click.BadParameter(
            f"must end in {_SUFFIX}, since node_exporter reads no other file: {textfile}",
            param_hint="--textfile",
        )
    if textfile is not None and not textfile.parent.is_dir():
        raise click.BadParameter(f"no such folder: {textfile.parent}", param_hint="--textfile")
    if from_start and listen is None:
        raise click.UsageError("--from-start needs --listen: --textfile counts all there is")
    if listen is not None and "-" in paths:
        raise click.UsageError("standard input cannot be followed")
    metrics = _metrics()
    if textfile is not None:
        run = begun(paths, read_as=read_as, year=year, tz=tz)
        check = InputCheck(paths, read_as)
        metrics.watch(run.coverage)
        for delivery in run:
            metrics.add(delivery)
        write_text(textfile, metrics.to_text())
        report_problems(run)
        check.check(run.coverage)
        if run.coverage.problems:
            sys.exit(1)
        return
    logs = [_Log(metrics, path, from_start=from_start) for path in paths]
    runs = [
        begun((log.path,), read_as=read_as, year=year, tz=tz, follow=log.goes_on) for log in logs
    ]
    with _serving(metrics, listen or "", "--listen"), contextlib.suppress(KeyboardInterrupt):
        threads = [
            threading.Thread(target=log.count, args=(run,), daemon=True)
            for log, run in zip(logs, runs, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


class _Log:
    """A log that is followed, whose deliveries count from the end that it has at first."""

    def __init__(self, metrics: Metrics, path: str, *, from_start: bool) -> None:
        self.path = path
        self._metrics = metrics
        self._is_new = from_start or not Path(path).exists()
        self._coverage = Coverage()

    def goes_on(self) -> bool:
        """Return that the log goes on, once all is read that was there at first."""
        if not self._is_new:
            self._is_new = True
            self._metrics.pass_over_trouble(self._coverage)
        return True

    def count(self, run: Scan) -> None:
        """Count what is new."""
        self._coverage = run.coverage
        self._metrics.watch(run.coverage)
        for delivery in run:
            if self._is_new:
                self._metrics.add(delivery)
        report_problems(run)  # why it has come to an end


@contextlib.contextmanager
def metrics_for(target: str) -> Iterator[tuple[Metrics, Callable[[], None] | None]]:
    """Yield metrics, and what writes them to a file.

    Args:
        target: ``HOST:PORT`` to serve them over HTTP meanwhile; or a file ending in ``.prom``.

    Raises:
        click.BadParameter: it is neither.
        click.ClickException: the extra is not installed.
    """
    metrics = _metrics()
    if target.endswith(_SUFFIX):
        if not Path(target).parent.is_dir():
            raise click.BadParameter(f"no such folder: {target}", param_hint="--metrics")
        yield metrics, lambda: write_text(target, metrics.to_text())
    else:
        with _serving(metrics, target, "--metrics"):
            yield metrics, None


def _metrics() -> Metrics:
    try:
        from smtpreply.tools.metrics import Metrics  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise click.ClickException(str(error)) from None
    return Metrics()


@contextlib.contextmanager
def _serving(metrics: Metrics, address: str, option: str) -> Iterator[None]:
    """Serve metrics over HTTP at ``HOST:PORT``, which an option names."""
    from prometheus_client import start_http_server  # noqa: PLC0415  (an extra)

    match = _ADDRESS.match(address)
    if match is None or int(match["port"]) > 65_535:
        or_file = f" or a FILE ending in {_SUFFIX}" if option == "--metrics" else ""
        raise click.BadParameter(f"must be HOST:PORT{or_file}: {address}", param_hint=option)
    host = match["host"].strip("[]")
    server, _ = start_http_server(int(match["port"]), host, registry=metrics.registry)
    click.echo(f"smtpreply: serving http://{address}/metrics", err=True)
    try:
        yield
    finally:
        server.shutdown()
