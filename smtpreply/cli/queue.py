"""``smtpreply queue``: list the messages that wait in the queue, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs
import click

from smtpreply._support.escape import escape, excerpt
from smtpreply.cli.filters import filter_options
from smtpreply.cli.log_input import log_options, run_over
from smtpreply.cli.tables import write_rows
from smtpreply.cli.texts import lines_of
from smtpreply.report.findings import duration
from smtpreply.summary.delivery_filter import is_of_domain
from smtpreply.tools.mailq import MailqError, read_mailq
from smtpreply.tools.queue import LIMIT, Queue, Queued

_COLUMNS = tuple(field.name for field in attrs.fields(Queued))
_LINES_LOOKED_AT = 100
_ERRORS_SHOWN = 5
_LONGEST = 300  # characters of a reply that are shown


@click.command("queue")
@click.argument("paths", metavar="[PATH...|-]", nargs=-1)
@log_options()
@click.option(
    "--mailq",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help='Output of "mailq" or "postqueue -j" (Postfix), "mailq" (Sendmail), "exim -bp", "smtpctl '
    'show queue" (OpenSMTPD) or "qmail-qread"; "-" is standard input. Without it, the log alone '
    "says what is queued.",
)
@filter_options("domain", "reason")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000_000),
    default=LIMIT,
    show_default=True,
    help="Number of recipients to remember, about 2 kB of memory for each.",
)
@click.option(
    "--raw-cells",
    is_flag=True,
    help="In CSV, keep cells that a spreadsheet takes for formulas.",
)
def queue_command(
    *,
    paths: tuple[str, ...],
    read_as: str | None,
    year: int | None,
    tz: str | None,
    mailq: str | None,
    domain: tuple[str, ...],
    reason: tuple[str, ...],
    output_format: str,
    limit: int,
    raw_cells: bool,
) -> None:
    """List the messages whose last outcome is a deferral, the oldest first.

    PATH is a mail log. Ages are up to the latest time in it. With --mailq, the list of the mail
    server decides what is queued, and logs complete it.
    """
    if not paths and mailq is None:
        raise click.UsageError("give the PATH of a log, or --mailq")
    queue, has_problems = Queue(limit), False
    errors: list[MailqError] = []
    if paths:
        with _hinting(paths), run_over(paths, read_as=read_as, year=year, tz=tz) as run:
            for delivery in run:
                queue.add(delivery)
        has_problems = bool(run.coverage.problems)
    found = [
        one
        for one in (queue if mailq is None else _listed(queue, mailq, tz, errors))
        if (not domain or is_of_domain(one.recipient, domain))
        and (not reason or one.reason in reason)
    ]
    if output_format == "text":
        sys.stdout.writelines(_texts(found))
    else:
        rows = (one.to_dict() for one in found)
        write_rows(rows, _COLUMNS, as_json=output_format == "json", raw_cells=raw_cells)
    if queue.left_out:
        click.echo(f"smtpreply: {queue.left_out:,} recipients left out: raise --limit", err=True)
    for error in errors[:_ERRORS_SHOWN]:
        click.echo(f"smtpreply: {escape(mailq or '')}: {error}", err=True)
    if len(errors) > _ERRORS_SHOWN:
        click.echo(f"smtpreply: and {len(errors) - _ERRORS_SHOWN:,} more lines", err=True)
    if queue.left_out or has_problems or errors:
        sys.exit(1)


@contextmanager
def _hinting(paths: tuple[str, ...]) -> Iterator[None]:
    """Add to the error that there is no log that a file is what --mailq reads."""
    try:
        yield
    except click.ClickException as error:
        listed = [path for path in paths if Path(path).is_file() and _is_listing(path)]
        if not listed or isinstance(error, click.UsageError):
            raise
        raise click.ClickException(
            f"{escape(listed[0])} is a mail server's list of its queue: give it as "
            f"--mailq {escape(listed[0])}"
        ) from None


def _is_listing(path: str) -> bool:
    try:
        return next(read_mailq(islice(_texts_of(path), _LINES_LOOKED_AT)), None) is not None
    except (MailqError, click.FileError):
        return False


def _texts_of(path: str) -> Iterator[str]:
    return (line.decode("utf-8", "surrogateescape") for line in lines_of(path))


def _listed(queue: Queue, mailq: str, tz: str | None, errors: list[MailqError]) -> Iterator[Queued]:
    try:
        zone = None if tz is None else ZoneInfo(tz)
        yield from queue.listed(read_mailq(_texts_of(mailq), tz=zone, on_error=errors.append))
    except MailqError as error:
        raise click.BadParameter(f"{escape(mailq)}: {error}", param_hint="--mailq") from None
    except ZoneInfoNotFoundError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--tz") from None


def _texts(found: Sequence[Queued]) -> Iterator[str]:
    """Yield what is queued as lines for a terminal: columns, and the reply below them."""
    rows = [_cells(one) for one in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for one, (queue_id, age, *others) in zip(found, rows, strict=True):
        cells = (queue_id.ljust(widths[0]), age.rjust(widths[1]), others[0].ljust(widths[2]))
        yield f"{'  '.join((*cells, others[1]))}\n"
        words = ": ".join(filter(None, (one.reason, one.text)))
        if words:
            yield f"    {excerpt(words, _LONGEST)}\n"


def _cells(one: Queued) -> tuple[str, str, str, str]:
    return (
        escape(one.queue_id),
        "" if one.age is None else duration(one.age.total_seconds()),
        escape(one.state) if one.attempts is None else f"tried {one.attempts:,}x",
        f"{_address(one.sender)} to {_address(one.recipient)}",
    )


def _address(address: str | None) -> str:
    """Return an address in brackets, as SMTP has it; "<>" is the sender of notifications."""
    return "unknown" if address is None else f"<{escape(address)}>"
