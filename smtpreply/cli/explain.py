"""``smtpreply explain``: show the parts of a reply, their meaning and the verdict."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click
from rich.text import Text

from smtpreply._support.escape import escape, excerpt
from smtpreply.cli.answers import Answer, answers_in
from smtpreply.cli.language import language_option
from smtpreply.cli.output import draw, wants_drawing
from smtpreply.cli.rules import classifier_of, rules_option
from smtpreply.cli.texts import stdin
from smtpreply.cli.views.replies import (
    Part,
    explanation,
    explanation_table,
    plain_explanation,
    verdict_parts,
)

_LONGEST = 1 << 24  # octets of standard input


@click.command("explain")
@click.argument("words", metavar="REPLY|-", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a reply, one a line.")
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
    r"""Explain a reply: "550 5.1.1 No such user", or "-" for standard input.

    Shows the reason for the refusal, what to do and the words that decided (in a pipe between "[["
    and "]]"), then the parts of the reply and the meaning of its code. Replies are also read as
    bounces, logs and programs print them: "smtp; 550 5.1.1 ...", "(550, b'5.1.1 ...')", "host
    mx.example.com said: 550 ...", and so are diagnostics without a code ("Connection timed out").
    \r\n, #015#012, <CR><LF> and the like are line ends before a reply code; a program's \n within
    its quotes is one everywhere.

    Of the transcript of a session, a bounce, an event or the lines of a log, there is an
    explanation for each recipient or reply that matters: explain - < bounce.eml

    Exit code 1: neither a reply nor a known diagnostic.
    """
    given = _given(words)
    try:
        answers = answers_in(given, classifier_of(rules), stage)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--stage") from None
    if not answers:
        raise click.ClickException(_nothing_in(given, is_stdin=words == ("-",)))
    for number, answer in enumerate(answers):
        if as_json:
            sys.stdout.write(json.dumps(_as_dict(answer, language)) + "\n")
            continue
        parts = [*_about(answer), *verdict_parts(answer.verdict, language)]
        if answer.reply is not None:
            parts += explanation(answer.reply, language)
        if number:
            sys.stdout.write("\n")
        if wants_drawing():
            draw(explanation_table(parts))
        else:
            sys.stdout.write(plain_explanation(parts))


def _given(words: tuple[str, ...]) -> bytes:
    if words != ("-",):
        return os.fsencode(" ".join(words))
    given = stdin().read(_LONGEST + 1)
    if len(given) > _LONGEST:
        raise click.ClickException(
            f"standard input has more than {_LONGEST:,} octets: 'smtpreply scan -' summarizes logs"
        )
    return given


def _nothing_in(given: bytes, *, is_stdin: bool) -> str:
    """Return why there is nothing to explain, and what to do instead."""
    text = given.decode("utf-8", "surrogateescape")
    if not text.strip():
        return "standard input is empty" if is_stdin else "the reply is empty"
    hint = ""
    if not is_stdin and os.path.isdir(text):  # noqa: PTH112  (False for what cannot be a path)
        hint = "; use 'smtpreply scan' for folders"
    elif not is_stdin and os.path.isfile(text):  # noqa: PTH113
        hint = (
            "; use 'smtpreply scan' or 'smtpreply parse' for files, "
            "or 'smtpreply explain -' with the file as standard input"
        )
    return f"no reply code in '{excerpt(text)}', and no words that are known{hint}"


def _about(answer: Answer) -> list[Part]:
    """Return whom and what an answer is about, where there may be several."""
    place = None
    if answer.line is not None:
        place = str(answer.line)
        if answer.command is not None:
            command = "the end of the message" if answer.command == "." else answer.command
            place += f", in reply to {command}"
    told = (("recipient", answer.recipient), ("status", answer.status), ("line", place))
    return [(label, Text(escape(text))) for label, text in told if text is not None]


def _as_dict(answer: Answer, language: str) -> dict[str, Any]:
    verdict, reply = answer.verdict, answer.reply
    values: dict[str, Any] = {"text": verdict.text}
    if reply is not None:
        canonical = bytes(reply).decode("utf-8", "surrogateescape")
        values = reply.to_dict() | {"canonical": canonical}
    if answer.recipient is not None or answer.line is not None:
        names = ("recipient", "status", "line", "command")
        values = {name: getattr(answer, name) for name in names} | values
    return values | {"verdict": verdict.to_dict(language)}
