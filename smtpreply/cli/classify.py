"""``smtpreply classify``: the verdict on each reply in a file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from smtpreply._support.escape import escape, safe_cell
from smtpreply.cli.language import language_option
from smtpreply.cli.rules import classifier_of, rules_option
from smtpreply.cli.texts import Text, lines_of, texts_in
from smtpreply.reasons import Classifier, Verdict

_COLUMNS = (
    "line",
    "reason",
    "disposition",
    "suppress",
    "basis",
    "rule",
    "code",
    "status",
    "provider",
    "retry_after",
    "text",
)
# How a reply begins, which is no line of a log.
_REPLY = re.compile(rb"\s{0,20}[2-5][0-9][0-9](?:[- \r\n]|\Z)")
_GREETING = b"220"
# The formats of which a line alone says no more than its words.
_KINDS = {"dsn": "a mail", "transcript": "the transcript of a session"}
_LONG = 1_000_000  # octets: the size from which a progress bar is worth showing


@click.command("classify")
@click.argument(
    "path", metavar="[FILE|-]", default="-", type=click.Path(exists=True, allow_dash=True)
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@rules_option
@language_option
def classify_command(
    path: str, *, as_json: bool, as_csv: bool, rules: tuple[str, ...], language: str
) -> None:
    """Classify each reply in a file or standard input: a line of output for each.

    The file holds one text a line: a reply, how a log or bounce quotes it, or the line of a log,
    whose outcome counts; a reply of several lines ("550-...", "550 ...") counts as one text, and a
    text that reports on several recipients has a line of output for each. The tab-separated columns
    are: line, reason, disposition, whether to suppress the address, what decided, the rule, code,
    enhanced status, provider, seconds to wait, and the text. An empty column is "-".
    """
    classifier = classifier_of(rules)
    if as_json and as_csv:
        raise click.UsageError("--json cannot be combined with --csv")
    write = _write_json if as_json else _csv_writer() if as_csv else _write_columns
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerow(_COLUMNS)
    for text in texts_in(_read(path)):
        if text.line == 1 and (kind := _kind_of(text.octets)):
            click.echo(
                f"smtpreply: this looks like {kind}, and each line of it is classified alone: "
                "'smtpreply explain -' and 'smtpreply scan' read it as a whole",
                err=True,
            )
        for verdict in _verdicts(text.octets, classifier):
            write(text, verdict, language)


def _verdicts(text: bytes, classifier: Classifier) -> Iterator[Verdict]:
    """Yield the verdict on a text, or one for each recipient that it reports on."""
    found = () if _REPLY.match(text) else _of_log_line(text, classifier)
    yield from found or classifier.classify_all(text).values()


def _of_log_line(text: bytes, classifier: Classifier) -> list[Verdict]:
    """Return the verdicts on the deliveries that a line of a log reports; none of another text."""
    from smtpreply.cli.logged import judged  # noqa: PLC0415  (25 ms, and lists are mostly of replies)

    return [
        verdict
        for delivery, verdict in judged(io.BytesIO(text), classifier)
        if delivery.status is not None and delivery.mta not in _KINDS
    ]


def _kind_of(line: bytes) -> str | None:
    """Return what a file is that begins so and is no list of replies."""
    if _REPLY.match(line) and not line.lstrip().startswith(_GREETING):
        return None
    from smtpreply.logs.registry import Detection  # noqa: PLC0415  (lists are mostly of replies)

    known = Detection().of_source([line.decode("utf-8", "surrogateescape")])
    return _KINDS.get(known.name) if known else None


def _read(path: str) -> Iterator[bytes]:
    """Yield the lines of a file, with a progress bar on stderr if it is long."""
    size = Path(path).stat().st_size if path != "-" else 0
    if size < _LONG or not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        yield from lines_of(path)
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("classify", total=size)
        for line in lines_of(path):
            progress.advance(task, len(line))
            yield line


def _row(text: Text, verdict: Verdict) -> list[str]:
    pause, provider = verdict.retry_after, verdict.provider
    return [
        str(text.line),
        verdict.reason.value,
        verdict.disposition.value,
        "yes" if verdict.suppress else "no",
        verdict.basis.value,
        verdict.rule or "-",
        str(verdict.code or "-"),
        str(verdict.status or "-"),
        provider.key if provider else "-",
        f"{pause.total_seconds():.0f}" if pause else "-",
        escape(verdict.text) or "-",
    ]


def _write_columns(text: Text, verdict: Verdict, _language: str) -> None:
    sys.stdout.write("\t".join(_row(text, verdict)) + "\n")


def _csv_writer() -> Any:
    writer = csv.writer(sys.stdout, lineterminator="\n")

    def write(text: Text, verdict: Verdict, _language: str) -> None:
        *facts, words = _row(text, verdict)
        writer.writerow([*facts, words if words == "-" else safe_cell(words)])

    return write


def _write_json(text: Text, verdict: Verdict, language: str) -> None:
    place = {"line": text.line, "text": verdict.text}
    sys.stdout.write(json.dumps(place | verdict.to_dict(language)) + "\n")
