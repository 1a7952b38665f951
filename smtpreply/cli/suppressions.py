"""``smtpreply suppressions``: list the addresses to take off a mailing list."""

from __future__ import annotations

import sys
from datetime import datetime

import attrs
import click

from smtpreply.cli.filters import filter_options, reason_option
from smtpreply.cli.log_input import log_options, run_over
from smtpreply.cli.tables import write_rows
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.tools.suppressions import COMPLAINT, LIMIT, Suppression, Suppressions

_COLUMNS = tuple(field.name for field in attrs.fields(Suppression))


@click.command("suppressions")
@click.argument("paths", metavar="PATH...|-", nargs=-1, required=True)
@log_options()
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["csv", "json", "txt"]),
    default="csv",
    show_default=True,
    help="Output format; txt is one address a line.",
)
@filter_options("domain")
@reason_option(COMPLAINT)
@filter_options("since", "until")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000_000),
    default=LIMIT,
    show_default=True,
    help="Number of addresses to remember, about 1 kB of memory for each.",
)
@click.option(
    "--raw-cells",
    is_flag=True,
    help="In CSV, keep cells that a spreadsheet takes for formulas.",
)
def suppressions_command(
    *,
    paths: tuple[str, ...],
    read_as: str | None,
    year: int | None,
    tz: str | None,
    output_format: str,
    domain: tuple[str, ...],
    reason: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    limit: int,
    raw_cells: bool,
) -> None:
    """List the addresses to take off a mailing list, from logs, bounces and events.

    An address is listed where its server refused a message of ours for good, in words or with an
    enhanced status that say why, or where its owner reported one as spam. A later delivery takes
    refusals back. Never listed: what may be delivered later (4yz), a reply code without words,
    words that leave another reason open, and what our own server refused.
    """
    wanted = DeliveryFilter(domain=domain, since=since, until=until)
    with run_over(paths, read_as=read_as, year=year, tz=tz) as run:
        found = Suppressions.of(filter(wanted, run), limit)
    # A delivery, which takes an address off, has no reason: so reasons select what is listed.
    listed = [one for one in found if not reason or one.reason in reason]
    if output_format == "txt":
        sys.stdout.writelines(f"{one.address}\n" for one in listed)
    else:
        rows = (one.to_dict() for one in listed)
        write_rows(rows, _COLUMNS, as_json=output_format == "json", raw_cells=raw_cells)
    _report(found)
    if found.left_out or run.coverage.problems:
        sys.exit(1)


def _report(found: Suppressions) -> None:
    for count, words in (
        (found.left_out, "refusals or complaints left out: raise --limit"),
        (
            found.undecided,
            "refusals not listed, since a delivery may be later: raise --limit, set --tz",
        ),
        (found.no_address, "refusals or complaints of recipients that are no addresses"),
    ):
        if count:
            click.echo(f"smtpreply: {count:,} {words}", err=True)
