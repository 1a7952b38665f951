"""``smtpreply trace``: show what became of a message, through queues, filters and hosts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime

import click

from smtpreply._support.escape import escape, excerpt
from smtpreply.cli.log_input import InputCheck, begun, log_options, report_problems
from smtpreply.logs import Delivery, Scan
from smtpreply.tools.trace import LIMIT, Life, Step, trace

_LONGEST = 300  # characters of a reply that are shown


@click.command("trace")
@click.argument("words", metavar="PATH... ID|ADDRESS|MESSAGE-ID", nargs=-1, required=True)
@log_options()
@click.option("--json", "as_json", is_flag=True, help="Print the messages as JSON.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000_000),
    default=LIMIT,
    show_default=True,
    help="Number of deliveries to keep, about 3 kB of memory for each.",
)
def trace_command(
    *,
    words: tuple[str, ...],
    read_as: str | None,
    year: int | None,
    tz: str | None,
    as_json: bool,
    limit: int,
) -> None:
    """Show what became of a message: each attempt, through filters and hosts.

    PATH is a mail log; those of several hosts may be given together, and are read several times.
    The message is named by a queue id, a Message-ID, or the address of its sender or a recipient.
    """
    *paths, key = words
    if not paths:
        is_path = os.path.exists(key)  # noqa: PTH110  (False for what cannot be a path)
        missing = "the ID, ADDRESS or MESSAGE-ID behind" if is_path else "the PATH of a log before"
        raise click.UsageError(f"give {missing} {key!r}")
    if not key:
        raise click.UsageError("the ID, ADDRESS or MESSAGE-ID is empty")
    if "-" in paths:
        raise click.UsageError(
            "the logs are read several times, and standard input can be read only once"
        )
    runs: list[Scan] = []

    def read() -> Iterator[Delivery]:
        runs[:] = [begun(tuple(paths), read_as=read_as, year=year, tz=tz)]
        return runs[0]

    found = trace(read, key, limit)
    if as_json:
        shown = [life.to_dict() for life in found.lives]
        sys.stdout.write(json.dumps(shown, indent=2, allow_nan=False) + "\n")
    else:
        sys.stdout.write("\n".join(map(_text, found.lives)))
    if found.left_out:
        click.echo(f"smtpreply: {found.left_out:,} deliveries left out: raise --limit", err=True)
    report_problems(runs[0])
    if not found.lives:
        InputCheck(tuple(paths), read_as).check(runs[0].coverage)
        click.echo(f"smtpreply: no such message: {escape(key)}", err=True)
    if found.left_out or not found.lives or runs[0].coverage.problems:
        sys.exit(1)


def _text(life: Life) -> str:
    arrived = "?" if life.arrived is None else _time(life.arrived)
    head = [
        f"message-id  {_shown(life.message_id)}",
        f"queue ids   {', '.join(map(escape, life.queue_ids)) or '?'}",
        f"sender      {'<>' if life.sender == '' else _shown(life.sender)}",
        f"arrived     {arrived}",
    ]
    steps = [line for step in life.steps for line in _lines(step)]
    ends = [
        f"{escape(recipient)}: {status.value if status else 'unknown'}"
        for recipient, status in life.outcomes.items()
    ]
    return "".join(f"{line}\n" for line in (*head, "", *steps, "", *ends))


def _lines(step: Step) -> Iterator[str]:
    """Yield the lines of a step: what happened, and what was answered."""
    delivery = step.delivery
    time = "?" if delivery.time is None else _time(delivery.time)
    status = f"handed on as {step.next_id}" if step.is_handover else delivery.status or "answered"
    server = delivery.relay_host or delivery.relay_ip
    parts = [
        time,
        delivery.host,
        delivery.queue_id,
        f"to {delivery.recipient}" if delivery.recipient else None,
        f"{'from' if delivery.direction == 'incoming' else 'at'} {server}" if server else None,
        f"{status}",
    ]
    yield "  ".join(escape(part) for part in parts if part)
    verdict = delivery.verdict
    if delivery.text and not step.is_handover:
        why = f" ({verdict.reason.value})" if verdict and verdict.reason != "accepted" else ""
        yield f"    {excerpt(delivery.text, _LONGEST)}{why}"


def _time(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="seconds")


def _shown(text: str | None) -> str:
    return "?" if text is None else escape(text)
