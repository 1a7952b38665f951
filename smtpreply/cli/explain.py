"""``smtpreply explain``: one reply taken apart, and why."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

from smtpreply._support.escape import excerpt
from smtpreply.cli.language import language_option
from smtpreply.cli.output import draw, wants_drawing
from smtpreply.cli.rules import classifier_of, rules_option
from smtpreply.cli.views.replies import (
    explanation,
    explanation_table,
    plain_explanation,
    verdict_parts,
)
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.reasons import Verdict
from smtpreply.reply.diagnostic import parse_diagnostic
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import octets_of, parse

# Go prints a reply as 550 "5.1.1 ...\n...". That is a reply in form, too, but not what was meant.
_GO_QUOTED = re.compile(rb'\s*[2-5][0-9][0-9] ".*"\s*', re.DOTALL)


@click.command("explain")
@click.argument("words", metavar="REPLY|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option("--stage", help='What was answered, such as "RCPT".')
@rules_option
@language_option
def explain_command(
    words: tuple[str, ...],
    *,
    as_json: bool,
    stage: str | None,
    rules: tuple[str, ...],
    language: str,
) -> None:
    r"""Explain one reply: "550 5.1.1 No such user", or "-" for standard input.

    It is taken apart, its code explained, and then why the server said so, by which words, and
    what to do. This also reads a reply as bounces, logs and programs write it down: "smtp; 550
    5.1.1 ...", "(550, b'5.1.1 ...')", "host mx.example.com said: 550 ...", or a diagnostic without
    a code ("Connection timed out"). Only in a program's quotes does \n mean a new line.

    Exit code 1: there is more than one reply, or neither a reply nor a known diagnostic.
    """
    given = sys.stdin.buffer.read() if words == ("-",) else octets_of(" ".join(words))
    reply = _read(given)
    try:
        verdict = classifier_of(rules).classify(given if reply is None else reply, stage=stage)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--stage") from None
    if reply is None and not verdict.is_explained:
        shown = excerpt(given.decode("utf-8", "surrogateescape"))
        raise click.ClickException(f"no reply code in '{shown}'")
    if as_json:
        sys.stdout.write(json.dumps(_as_dict(reply, verdict, language)) + "\n")
        return
    parts = [] if reply is None else explanation(reply, language)
    parts += verdict_parts(verdict, language)
    if wants_drawing():
        draw(explanation_table(parts))
    else:
        sys.stdout.write(plain_explanation(parts))


def _as_dict(reply: Reply | None, verdict: Verdict, language: str) -> dict[str, Any]:
    said: dict[str, Any] = {"text": verdict.text}
    if reply is not None:
        canonical = bytes(reply).decode("utf-8", "surrogateescape")
        said = reply.to_dict() | {"canonical": canonical}
    return said | {"verdict": verdict.to_dict(language)}


def _read(given: bytes) -> Reply | None:
    """Read the reply; None where the text is a sentence, with or without a reply in it."""
    octets = _as_sent(given)
    try:
        if _GO_QUOTED.fullmatch(octets):
            return parse_diagnostic(given)
        return parse(octets)
    except MultipleRepliesError:
        raise click.ClickException("more than one reply: 'smtpreply parse' reads them") from None
    except ReplySyntaxError:
        return _read_diagnostic(given)


def _read_diagnostic(given: bytes) -> Reply | None:
    try:
        return parse_diagnostic(given)
    except MultipleRepliesError as error:  # a dict of refused recipients
        raise click.ClickException(str(error)) from None
    except ReplySyntaxError:
        return None


def _as_sent(given: bytes) -> bytes:
    """Return what was typed with the line ends that a server sends: a shell has LF, or none."""
    octets = given.removeprefix(b"\xef\xbb\xbf")
    if b"\r\n" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
