"""Live views of a scan: a progress bar, and the growing report of a log that is followed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from smtpreply.logs import Scan
from smtpreply.report.terminal import terminal_report
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.total import Total, count_received, empty_summary

if TYPE_CHECKING:
    from smtpreply.summary.pseudonyms import Pseudonyms


@contextmanager
def bar(size: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr: octets read, speed and remaining time.

    Args:
        size: the number of octets to read.

    Yields:
        A function to call with the number of octets of each step.
    """
    columns = (
        TextColumn("scan"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("scan", total=size)
        yield lambda octets: progress.advance(task, octets)


def followed(run: Scan, wanted: DeliveryFilter, names: Pseudonyms | None) -> Total:
    """Show the growing report on stderr until Ctrl-C; return the total."""
    total = Total(empty_summary(wanted), run.coverage)
    count_received(run, wanted, total.summary)
    lock = threading.Lock()  # rich draws in another thread

    def drawn() -> RenderableType:
        with lock:
            shown = names.total(total) if names else total
            return terminal_report(shown.summary, shown.coverage)

    screen = Live(
        get_renderable=drawn, refresh_per_second=1, screen=True, console=Console(stderr=True)
    )
    with suppress(KeyboardInterrupt), screen if sys.stderr.isatty() else nullcontext():
        for delivery in filter(wanted, run):
            with lock:
                total.summary.add(delivery)
    return total
