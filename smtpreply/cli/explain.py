"""``smtpreply explain``: show the parts of one reply, their meaning and the verdict."""

from __future__ import annotations

import json
import os
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
from smtpreply.reply.diagnostic import parse_literal
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import octets_of, parse

# Go prints a reply as 550 "5.1.1 ...\n...", which is a well-formed reply with quotes in its text.
_GO_QUOTED = re.compile(rb'\s*[2-5][0-9][0-9] ".*"\s*', re.DOTALL)


@click.command("explain")
@click.argument("words", metavar="REPLY|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--stage", help='Stage of the session that was answered, such as "RCPT".')
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

    Shows the reason for the refusal, what to do and the words that decided (in a pipe between "[["
    and "]]"), then the parts of the reply and the meaning of its code. Replies are also read as
    bounces, logs and programs print them: "smtp; 550 5.1.1 ...", "(550, b'5.1.1 ...')", "host
    mx.example.com said: 550 ...", and so are diagnostics without a code ("Connection timed out").
    \n is a line break only within the quotes of a program.

    Exit code 1: more than one reply, or neither a reply nor a known diagnostic.
    """
    given = sys.stdin.buffer.read() if words == ("-",) else octets_of(" ".join(words))
    reply = _read(given)
    try:
        verdict = classifier_of(rules).classify(given if reply is None else reply, stage=stage)
    except MultipleRepliesError:
        message = "several recipients: 'smtpreply classify' explains each"
        raise click.ClickException(message) from None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--stage") from None
    if reply is None and not verdict.is_explained:
        text = given.decode("utf-8", "surrogateescape")
        is_file = os.path.isfile(text)  # noqa: PTH113  (False for what cannot be a path)
        hint = "; use 'smtpreply scan' or 'smtpreply parse' for files" if is_file else ""
        raise click.ClickException(f"no reply code in '{excerpt(text)}'{hint}")
    if as_json:
        sys.stdout.write(json.dumps(_as_dict(reply, verdict, language)) + "\n")
        return
    parts = verdict_parts(verdict, language)
    if reply is not None:
        parts += explanation(reply, language)
    if wants_drawing():
        draw(explanation_table(parts))
    else:
        sys.stdout.write(plain_explanation(parts))


def _as_dict(reply: Reply | None, verdict: Verdict, language: str) -> dict[str, Any]:
    values: dict[str, Any] = {"text": verdict.text}
    if reply is not None:
        canonical = bytes(reply).decode("utf-8", "surrogateescape")
        values = reply.to_dict() | {"canonical": canonical}
    return values | {"verdict": verdict.to_dict(language)}


def _read(given: bytes) -> Reply | None:
    """Return the reply; None where the text is a sentence, with or without a reply in it."""
    octets = _as_sent(given)
    try:
        if _GO_QUOTED.fullmatch(octets):
            return parse_literal(given.decode("utf-8", "surrogateescape"))
        return parse(octets)
    except MultipleRepliesError:
        raise click.ClickException("more than one reply: 'smtpreply parse' reads them") from None
    except ReplySyntaxError:
        return _read_diagnostic(given)


def _read_diagnostic(given: bytes) -> Reply | None:
    try:
        return parse_literal(given.decode("utf-8", "surrogateescape"))
    except MultipleRepliesError as error:  # a dict of refused recipients
        raise click.ClickException(str(error)) from None
    except ReplySyntaxError:
        return None


def _as_sent(given: bytes) -> bytes:
    """Return the input with CRLF line ends, as a server sends them: a shell has LF, or none."""
    octets = given.removeprefix(b"\xef\xbb\xbf")
    if b"\r\n" not in octets:
        octets = octets.replace(b"\n", b"\r\n")
    return octets if octets.endswith(b"\n") else octets + b"\r\n"
