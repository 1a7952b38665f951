"""``smtpreply parse``: show replies and transcripts as a table, plain columns or JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from smtpreply._support.escape import escape
from smtpreply.cli.output import draw, wants_drawing
from smtpreply.cli.texts import lines_of
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
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object per reply, one a line.")
@click.option("--strict", is_flag=True, help="Reject replies that violate RFC 5321.")
@click.option("--skipped", is_flag=True, help="Also print skipped lines, on stderr.")
@click.pass_context
def parse_command(
    ctx: click.Context, files: tuple[str, ...], *, as_json: bool, strict: bool, skipped: bool
) -> None:
    """Parse the replies in files or standard input.

    A file holds raw replies, or the transcript of a session: of swaks, openssl s_client, curl -v,
    telnet, sendmail, Exim, Postfix, OpenSMTPD, msmtp and other programs; the debug output of
    smtplib, nodemailer, PHPMailer, Swift and Symfony Mailer, Ruby, Perl, JavaMail, MailKit, .NET,
    lettre, go-mail and other libraries, also through a logger; or with prefixes for
    the two sides, such as S: and C:.
    Lines of the client and of the program are skipped.

    In a terminal the output is a table. Elsewhere, or with NO_COLOR set, it is a line for each
    reply with tab-separated columns: line, code, class, enhanced status, text, defects, and the
    command that was answered; with several files, the file comes first. An empty column is "-".

    A file whose first line ends with LF alone is read as a saved transcript: its line ends are no
    violation with --strict.

    Skipped lines are no failure. A file without any reply is one (exit code 1), and so is a reply
    with lines that have no reply code in a transcript with marks: those lines may belong to
    something else.
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
            source.complain(
                "no reply found: 'smtpreply scan' reads logs, bounces and events, "
                "'smtpreply classify' texts with a reply in them"
            )
    if any(source.complaints for source in sources):
        ctx.exit(1)


class _Source:
    """A file to parse, with counts of its replies, skipped lines and errors."""

    def __init__(self, path: str, *, show_skipped: bool) -> None:
        self.name = path
        self.replies = 0
        self.skipped = 0
        self.complaints = 0
        self._show_skipped = show_skipped

    def exchanges(self) -> Iterator[Exchange]:
        """Yield the replies of the file, and count them."""
        for item in iter_transcript(self._lines()):
            if isinstance(item, Exchange):
                self.replies += 1
                if item.doubt is not None:
                    self.complain(item.doubt, item.line)
                yield item
                continue
            self.skipped += 1
            if self._show_skipped:
                self._say(f"skipped: {item.text}", item.line)

    def checked(self) -> Iterator[Exchange]:
        """Yield the replies of the file, and report each that violates RFC 5321."""
        for exchange in self.exchanges():
            try:
                parse(exchange.reply.raw, strict=True)
            except ReplySyntaxError as error:
                self.complain(error.message, exchange.line + error.line - 1)
            yield exchange

    def complain(self, message: str, line: int | None = None) -> None:
        """Report an error on stderr, and count it."""
        self.complaints += 1
        self._say(message, line)

    def _say(self, message: str, line: int | None) -> None:
        place = self.name if line is None else f"{self.name}:{line}"
        click.echo(escape(f"{place}: {message}"), err=True)

    def _lines(self) -> Iterator[bytes]:
        return lines_of(self.name)


def _write_json(source: _Source, exchanges: Iterator[Exchange]) -> None:
    for exchange in exchanges:
        place = {"file": source.name, "line": exchange.line, "command": exchange.command}
        # ASCII only: JSON escapes keep control characters and undecodable octets off the terminal.
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
