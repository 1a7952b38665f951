"""``smtpreply explain``: one reply taken apart."""

from __future__ import annotations

import json
import re
import sys

import click

from smtpreply.cli.output import draw, wants_drawing
from smtpreply.diagnostic import parse_diagnostic
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.escape import excerpt
from smtpreply.model import Reply
from smtpreply.parser import octets_of, parse
from smtpreply.report.terminal import explanation_table, plain_explanation

# Go prints a reply as 550 "5.1.1 ...\n...". That is a reply in form, too, but not what was meant.
_GO_QUOTED = re.compile(rb'\s*[2-5][0-9][0-9] ".*"\s*', re.DOTALL)


@click.command("explain")
@click.argument("words", metavar="REPLY|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def explain_command(words: tuple[str, ...], *, as_json: bool) -> None:
    r"""Take one reply apart: "550 5.1.1 No such user", or "-" for standard input.

    This also reads a reply as bounces and programs write it down: "smtp; 550 5.1.1 ...",
    "(550, b'5.1.1 ...')". Only in these does \n mean a new line.

    Exit code 1: there is no reply, or more than one.
    """
    given = sys.stdin.buffer.read() if words == ("-",) else octets_of(" ".join(words))
    reply = _read(given)
    if as_json:
        canonical = bytes(reply).decode("utf-8", "surrogateescape")
        sys.stdout.write(json.dumps(reply.to_dict() | {"canonical": canonical}) + "\n")
    elif wants_drawing():
        draw(explanation_table(reply))
    else:
        sys.stdout.write(plain_explanation(reply))


def _read(given: bytes) -> Reply:
    octets = _as_sent(given)
    try:
        if _GO_QUOTED.fullmatch(octets):
            return _read_diagnostic(given)
        return parse(octets)
    except MultipleRepliesError:
        raise click.ClickException("more than one reply: 'smtpreply parse' reads them") from None
    except ReplySyntaxError:
        return _read_diagnostic(given)


def _read_diagnostic(given: bytes) -> Reply:
    try:
        return parse_diagnostic(given)
    except MultipleRepliesError as error:  # a dict of refused recipients
        raise click.ClickException(str(error)) from None
    except ReplySyntaxError:
        shown = excerpt(given.decode("utf-8", "surrogateescape"))
        raise click.ClickException(f"no reply code in '{shown}'") from None


def _as_sent(given: bytes) -> bytes:
    """Give what was typed with the line ends that a server sends: a shell has LF, or none."""
    octets = given.removeprefix(b"\xef\xbb\xbf")
    if b"\r\n" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
