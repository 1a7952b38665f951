"""``smtpreply scan``: what servers answered, and why mail did not arrive, out of logs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import attrs
import click
from rich.console import Console

from smtpreply.logs import Delivery, Scan, Status, known_formats, scan
from smtpreply.reasons import Reason
from smtpreply.report.account import account
from smtpreply.report.summary import Summary

_TIMES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")
_COLUMNS = (*(field.name for field in attrs.fields(Delivery)), "code", "enhanced")


@click.command("scan")
@click.argument("paths", metavar="PATH...|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON.")
@click.option(
    "--deliveries",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every delivery to FILE.jsonl or FILE.csv.",
)
@click.option("--format", "name", metavar="NAME", help="The only format. Default: as lines show.")
@click.option("--year", type=int, help="Of the first stamp without one. Default: the file's.")
@click.option("--tz", help="Time zone of stamps that name none, such as Europe/Vienna.")
@click.option("--status", type=click.Choice([kind.value for kind in Status]), help="Only these.")
@click.option("--domain", help="Only recipients of this domain.")
@click.option("--reason", type=click.Choice([why.value for why in Reason]), help="Only refused so.")
@click.option("--since", type=click.DateTime(_TIMES), help="Only from then on, by the log's clock.")
@click.option("--until", type=click.DateTime(_TIMES), help="Only before then.")
def scan_command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    deliveries: Path | None,
    name: str | None,
    year: int | None,
    tz: str | None,
    **wanted: Any,
) -> None:
    """Sum up the deliveries in mail logs.

    A path is a file, a folder or a glob; files may be compressed by gzip, bzip2 or xz, and those
    of a rotated log are read from the oldest on. "-" is the standard input.
    """
    try:
        run = _scan(paths, name, year, tz)
        with _writer(deliveries) as write:
            summary = Summary()
            for delivery in filter(_Wanted(**wanted), run):
                summary.add(delivery)
                write(delivery)
    except ZoneInfoNotFoundError as error:
        raise click.BadParameter(str(error.args[0]), param_hint="--tz") from None
    except FileNotFoundError as error:
        raise click.UsageError(str(error)) from None
    _show(summary, run, as_json=as_json)
    if run.coverage.problems:
        sys.exit(1)


def _scan(paths: tuple[str, ...], name: str | None, year: int | None, tz: str | None) -> Scan:
    if "-" in paths and len(paths) > 1:
        raise click.UsageError('"-" stands alone')
    if name is not None and name not in known_formats():
        raise click.BadParameter(f"is one of: {', '.join(known_formats())}", param_hint="--format")
    if paths == ("-",):
        return scan(sys.stdin.buffer, format=name, year=year, tz=tz)
    return scan([Path(path) for path in paths], format=name, year=year, tz=tz)


@attrs.frozen
class _Wanted:
    """Which deliveries to count: those that all of these fit, of which None fits everything."""

    status: str | None
    domain: str | None
    reason: str | None
    since: datetime | None
    until: datetime | None

    def __call__(self, delivery: Delivery) -> bool:
        if self.status is not None and delivery.status != self.status:
            return False
        if self.domain is not None and not _is_of(delivery.recipient, self.domain):
            return False
        if not self._is_in_time(delivery.time):
            return False
        verdict = delivery.verdict if self.reason is not None else None
        return self.reason is None or (verdict is not None and verdict.reason == self.reason)

    def _is_in_time(self, time: datetime | None) -> bool:
        if self.since is None and self.until is None:
            return True
        if time is None:
            return False
        local = time.replace(tzinfo=None)
        return (self.since or local) <= local and (self.until is None or local < self.until)


def _is_of(recipient: str | None, domain: str) -> bool:
    return (recipient or "").lower().endswith(f"@{domain.lower()}")


def _show(summary: Summary, run: Scan, *, as_json: bool) -> None:
    if as_json:
        coverage = attrs.asdict(run.coverage)
        sys.stdout.write(json.dumps(summary.to_dict() | {"coverage": coverage}, indent=2) + "\n")
    else:
        Console(markup=False, emoji=False, highlight=False).print(account(summary, run.coverage))


@contextmanager
def _writer(path: Path | None) -> Iterator[Callable[[Delivery], object]]:
    if path is None:
        yield lambda _delivery: None
        return
    if path.suffix not in (".jsonl", ".csv"):
        raise click.BadParameter("is .jsonl or .csv", param_hint="--deliveries")
    with path.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        if path.suffix == ".jsonl":
            yield lambda delivery: file.write(json.dumps(delivery.to_dict()) + "\n")
        else:
            rows = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
            rows.writeheader()
            yield lambda delivery: rows.writerow(delivery.to_dict())
