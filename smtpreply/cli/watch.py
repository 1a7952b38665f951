"""Live views of a scan: a progress bar, and the growing report of a log that is followed."""

from __future__ import annotations

import errno
import select
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, TextIO

import attrs
import click
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

from smtpreply._support.escape import escape
from smtpreply.cli.deliveries import write_lines
from smtpreply.logs import Delivery, Scan
from smtpreply.report.live import failure_line, is_failure, live_report
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.recent import Recent
from smtpreply.summary.total import Total, count_received, empty_summary

if TYPE_CHECKING:
    from smtpreply.summary.pseudonyms import Pseudonyms
    from smtpreply.tools.metrics import Metrics

_FRAME = 1.0  # seconds between two drawings
_FAILURES = 10  # how many are shown


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


class Watch:
    """Follows a log, and shows and writes its summary as it grows.

    A terminal on stderr shows the last minutes beside the whole log, and the latest failures; what
    else stderr may be has a line for each new failure.

    Args:
        wanted: the deliveries to count.
        names: pseudonyms for all that is shown; None to show it as it is.
        title: the heading on a terminal.
        stream: where each delivery is written as JSON, in place of what stderr has.
        metrics: counts what is written to the log from now on.
        outputs: write a total, each under its name.
        every: the number of seconds between two writings.
        is_new: whether the log is not there yet, so that all of it will be new.
    """

    def __init__(
        self,
        wanted: DeliveryFilter,
        names: Pseudonyms | None,
        *,
        title: str,
        stream: TextIO | None = None,
        metrics: Metrics | None = None,
        outputs: Mapping[str, Callable[[Total], object]],
        every: float,
        is_new: bool = False,
    ) -> None:
        self._wanted = wanted
        self._names = names
        self._title = title
        self._stream = stream
        self._metrics = metrics
        self._outputs = outputs
        self._every = every
        self._total = Total(empty_summary(wanted))
        self._recent = Recent()
        self._failures: deque[Delivery] = deque(maxlen=_FAILURES)
        self._is_new = is_new  # whether what is read was not there at first
        self._is_read = True  # whether anybody reads the stream
        self._screen: Live | None = None
        self._next_frame = self._next_writing = 0.0

    def goes_on(self) -> bool:
        """Show and write what is due, while there is nothing to read; return whether to wait on."""
        if not self._is_new:
            self._is_new = True
            if self._metrics is not None:
                self._metrics.pass_over_trouble(self._total.coverage)
        self.refresh()
        self._is_read = self._stream is None or not is_closed(self._stream)
        return self._is_read

    def refresh(self) -> None:
        """Show and write what is due."""
        now = time.monotonic()
        if self._screen is not None and now >= self._next_frame:
            self._next_frame = now + _FRAME
            self._screen.update(self._drawn(), refresh=True)
        if self._is_new and now >= self._next_writing:
            self._write()
            self._next_writing = time.monotonic() + self._every

    def follow(self, run: Scan) -> Total:
        """Read until Ctrl-C, and return the total.

        Raises:
            BrokenPipeError: nobody reads the stream any longer.
        """
        self._total = attrs.evolve(self._total, coverage=run.coverage)
        count_received(run, self._wanted, self._total.summary)
        if self._metrics is not None:
            self._metrics.watch(run.coverage)
        if self._stream is None and sys.stderr.isatty():
            self._screen = Live(auto_refresh=False, screen=True, console=Console(stderr=True))
        with suppress(KeyboardInterrupt), self._screen or nullcontext():
            for delivery in filter(self._wanted, run):
                self._add(delivery)
                self.refresh()
        if not self._is_read:
            raise BrokenPipeError(errno.EPIPE, "the output was closed")
        self._write()
        return self._total

    def _add(self, delivery: Delivery) -> None:
        self._total.summary.add(delivery)
        self._recent.add(delivery)
        if self._metrics is not None and self._is_new:
            self._metrics.add(delivery)
        if self._stream is not None:
            write_lines([self._shown(delivery)], self._stream, flush=True)
        elif is_failure(delivery):
            self._failures.append(self._shown(delivery))
            if self._is_new and self._screen is None:
                click.echo(failure_line(self._failures[-1]), err=True)

    def _shown(self, delivery: Delivery) -> Delivery:
        return self._names.delivery(delivery) if self._names else delivery

    def _drawn(self) -> RenderableType:
        return live_report(
            self._total.summary,
            self._recent.summary(),
            self._total.coverage,
            self._failures,
            title=self._title,
            minutes=self._recent.minutes,
        )

    def _write(self) -> None:
        """Write each output; what fails is reported, and tried again the next time."""
        for name, write in self._outputs.items():
            try:
                write(self._total)
            except OSError as error:
                click.echo(escape(f"smtpreply: {name}: {error.strerror or error}"), err=True)


def is_closed(file: TextIO) -> bool:
    """Return whether a file is a pipe that nobody reads any longer, as far as that can be known.

    Who only writes learns it with the next line, which may never come.
    """
    if not hasattr(select, "poll"):  # Windows
        return False
    poll = select.poll()
    try:
        poll.register(file, 0)
    except (OSError, ValueError):  # no file is behind it
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
