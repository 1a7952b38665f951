"""``smtpreply parse``: replies and transcripts as a table, as plain columns, or as JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from smtpreply._support.escape import escape
from smtpreply.cli.output import draw, wants_drawing
from smtpreply.cli.views.replies import plain_row, replies_table
from smtpreply.dialogue.transcript import Exchange, iter_transcript
from smtpreply.errors import ReplySyntaxError
from smtpreply.reply.parser import parse


@click.command("parse")
@click.argument(
    "files",
    metavar="[FILE|-]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for each reply.")
@click.option("--strict", is_flag=True, help="Complain of replies that RFC 5321 does not allow.")
@click.option("--skipped", is_flag=True, help="Show the lines that were skipped, too (on stderr).")
@click.pass_context
def parse_command(
    ctx: click.Context, files: tuple[str, ...], *, as_json: bool, strict: bool, skipped: bool
) -> None:
    """Read the replies in files, or in standard input.

    A file holds replies as they came, or the transcript of a session: of swaks, openssl s_client,
    curl -v, telnet, Python's smtplib, sendmail -v, exim -v, with the marks S: and C:, or in one of
    Postfix's notices. What the client and the program said is skipped.

    In a terminal this draws a table. Elsewhere, or where NO_COLOR is set, it writes a line for each
    reply, with columns that tabs part: line, code, class, enhanced status, text, defects, and the
    command that was answered; before them, if there are several files, the file. Where there is
    nothing, there is a "-".

    Lines that are skipped are no failure; a file without a single reply is (exit code 1).
    """
    sources = [_Source(file, show_skipped=skipped) for file in files or ("-",)]
    for source in sources:
        exchanges = source.checked() if strict else source.exchanges()
        if as_json:
            _write_json(source, exchanges)
        elif wants_drawing():
            _draw_table(source, exchanges, with_title=len(sources) > 1)
        else:
            _write_columns(source, exchanges, with_name=len(sources) > 1)
        if not source.replies:
            source.complain("no reply in it")
    if any(source.complaints for source in sources):
        ctx.exit(1)


class _Source:
    """A file to read, and what came of it so far."""

    def __init__(self, path: str, *, show_skipped: bool) -> None:
        self.name = path
        self.replies = 0
        self.skipped = 0
        self.complaints = 0
        self._show_skipped = show_skipped

    def exchanges(self) -> Iterator[Exchange]:
        """Read the file, and count."""
        for item in iter_transcript(self._lines()):
            if isinstance(item, Exchange):
                self.replies += 1
                yield item
                continue
            self.skipped += 1
            if self._show_skipped:
                self._say(f"skipped: {item.text}", item.line)

    def checked(self) -> Iterator[Exchange]:
        """Read the file, and complain of every reply that is not as RFC 5321 has it."""
        for exchange in self.exchanges():
            try:
                parse(exchange.reply.raw, strict=True)
            except ReplySyntaxError as error:
                self.complain(error.message, exchange.line + error.line - 1)
            yield exchange

    def complain(self, message: str, line: int | None = None) -> None:
        """Say on stderr what is wrong, and remember that something is."""
        self.complaints += 1
        self._say(message, line)

    def _say(self, message: str, line: int | None) -> None:
        place = self.name if line is None else f"{self.name}:{line}"
        click.echo(escape(f"{place}: {message}"), err=True)

    def _lines(self) -> Iterator[bytes]:
        try:
            with click.open_file(self.name, "rb") as stream:
                yield from stream
        except OSError as error:
            raise click.FileError(escape(self.name), error.strerror) from None


def _write_json(source: _Source, exchanges: Iterator[Exchange]) -> None:
    for exchange in exchanges:
        place = {"file": source.name, "line": exchange.line, "command": exchange.command}
        # ASCII alone: JSON's own escapes keep control characters and odd octets from a terminal.
        sys.stdout.write(json.dumps(place | exchange.reply.to_dict()) + "\n")


def _write_columns(source: _Source, exchanges: Iterator[Exchange], *, with_name: bool) -> None:
    name = f"{escape(source.name)}\t" if with_name else ""
    for exchange in exchanges:
        sys.stdout.write(f"{name}{plain_row(exchange)}\n")


def _draw_table(source: _Source, exchanges: Iterator[Exchange], *, with_title: bool) -> None:
    shown = list(exchanges)
    if shown:
        counted = f"{_counted(source.replies, 'reply', 'replies')}"
        skipped = f", {_counted(source.skipped, 'line', 'lines')} skipped" if source.skipped else ""
        title = source.name if with_title else ""
        draw(replies_table(shown, title=title, caption=counted + skipped))


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
