"""``smtpreply code``, ``compare``, ``search`` and ``codes``: look up catalog entries."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from smtpreply.catalog import (
    Comparison,
    Entry,
    codes,
    compare,
    describe,
    everything,
    lookup,
    render,
    search,
)
from smtpreply.catalog.messages import messages
from smtpreply.catalog.rendering import Format
from smtpreply.cli.language import language_option
from smtpreply.cli.output import draw, wants_drawing
from smtpreply.cli.views.catalog_page import page
from smtpreply.errors import ReplyError

_format = click.option(
    "--format",
    "-f",
    "style",
    type=click.Choice(["text", "markdown", "html", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)


def _shown(subject: Callable[[], Entry | Comparison], style: Format, language: str) -> None:
    """Show the entry that `subject` returns, or report in one line why not (exit code 1)."""
    try:
        found = subject()
    except ReplyError as error:
        raise click.ClickException(str(error)) from None
    if style == "text" and wants_drawing():
        draw(page(describe(found, language)))
    else:
        sys.stdout.write(render(found, style, language=language))


@click.command("code")
@click.argument("key", metavar="CODE")
@language_option
@_format
def code_command(key: str, language: str, style: Format) -> None:
    """Show the meaning of a code: 550, 5.1.1, X.7.1, STARTTLS, SCRAM-SHA-256, RCPT.

    Exit code 1: the catalog has no such entry.
    """
    _shown(lambda: lookup(key, language=language), style, language)


@click.command("compare")
@click.argument("first", metavar="CODE")
@click.argument("second", metavar="CODE")
@language_option
@_format
def compare_command(first: str, second: str, language: str, style: Format) -> None:
    """Compare two reply codes, two enhanced status codes, or one of each.

    Exit code 1: one of them is not a code, or both are the same.
    """
    _shown(lambda: compare(first, second, language=language), style, language)


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit",
    "-n",
    default=10,
    show_default=True,
    type=click.IntRange(1),
    help="Number of entries to list.",
)
@language_option
def search_command(words: tuple[str, ...], limit: int, language: str) -> None:
    """Find entries by words: greylist, "mailbox full", SPF.

    Exit code 1: nothing was found.
    """
    hits = search(" ".join(words), limit=limit, language=language)
    for hit in hits:
        click.echo(f"{hit.entry.key:12} {hit.entry.title}")
    if not hits:
        click.echo(str(messages(language).get("search", "nothing")), err=True)
        raise SystemExit(1)


@click.command("codes")
@click.option("--command", "verb", metavar="VERB", help="Only reply codes that VERB may receive.")
@click.option("--class", "digit", type=click.IntRange(2, 5), help="Only reply codes of this class.")
@click.option("--count", is_flag=True, help="Print the number of entries of each kind instead.")
@language_option
def codes_command(verb: str | None, digit: int | None, language: str, *, count: bool) -> None:
    """List the reply codes of the catalog, or count its entries.

    Exit code 1: there is no such code.
    """
    if count:
        for family, number in _families().items():
            click.echo(f"{number:5}  {family}")
        return
    found = list(codes(command=verb, reply_class=digit, language=language))
    if not found:
        raise click.ClickException("no reply code of the catalog matches")
    for entry in found:
        click.echo(f"{entry.key}  {entry.standing:12} {entry.title}")


def _families() -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in everything():
        family: Any = type(entry).__name__.removesuffix("Entry")
        digit = entry.key[0]
        name = {
            "ReplyCode": f"reply codes {digit}xx",
            "Status": "enhanced status codes, registered details"
            if digit == "X"
            else "enhanced status codes of providers",
            "Keyword": "EHLO keywords",
            "Mechanism": "SASL mechanisms",
            "Command": "commands",
        }[family]
        counts[name] = counts.get(name, 0) + 1
    return counts
