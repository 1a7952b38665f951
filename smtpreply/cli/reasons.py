"""``smtpreply reasons``: what each reason means, what to do about it, and what others call it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import click

from smtpreply.cli.language import language_option
from smtpreply.reasons import Group, Reason, advice_for, services

_NONE = "-"


@click.command("reasons")
@click.argument(
    "names", metavar="[REASON]...", nargs=-1, type=click.Choice([each.value for each in Reason])
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON array.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As tables in Markdown.")
@language_option
def reasons_command(
    names: tuple[str, ...], *, as_json: bool, as_markdown: bool, language: str
) -> None:
    """List the reasons of verdicts: hard or soft, whether to suppress the address, what they mean.

    With a REASON or several, everything about them: also what to do, who does it, and the names
    that other tools and services have for the same.
    """
    if as_json and as_markdown:
        raise click.UsageError("--json cannot be combined with --markdown")
    facts = [_facts(Reason(name), language) for name in names or list(Reason)]
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
    elif as_markdown:
        sys.stdout.write("\n".join(_markdown(facts)) + "\n")
    elif names:
        sys.stdout.write("\n\n".join("\n".join(_paragraph(each)) for each in facts) + "\n")
    else:
        sys.stdout.write("\n".join(map(_line, facts)) + "\n")


def _facts(reason: Reason, language: str) -> dict[str, Any]:
    """Return what JSON has on a reason; the prose in a language."""
    advice = advice_for(reason, language)
    return {
        "reason": reason.value,
        "group": reason.group.value,
        "bounce_type": reason.bounce_type and reason.bounce_type.value,
        "suppress": advice.suppress,
        "title": str(advice.title),
        "means": str(advice.means),
        "action": str(advice.action),
        "actor": advice.actor.value,
        "aliases": {service: list(names) for service, names in reason.aliases.items()},
    }


def _line(facts: dict[str, Any]) -> str:
    suppress = "suppress" if facts["suppress"] else _NONE
    return f"{facts['reason']:22} {_bounce(facts):5} {suppress:9} {facts['title']}"


def _bounce(facts: dict[str, Any]) -> str:
    return facts["bounce_type"] or _NONE


def _paragraph(facts: dict[str, Any]) -> Iterator[str]:
    yield f"{facts['reason']}: {facts['title']}"
    rows = {
        "means": facts["means"],
        "action": facts["action"],
        "actor": facts["actor"],
        "bounce": _bounce(facts),
        "suppress": "yes" if facts["suppress"] else "no",
    }
    rows |= {services()[key]: ", ".join(names) for key, names in facts["aliases"].items() if names}
    for name, value in rows.items():
        yield f"  {name:10} {value}"


def _markdown(facts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table for each group, and of one with the names that others use."""
    for group in Group:
        those = [each for each in facts if each["group"] == group]
        if those:
            yield f"### {group.value.capitalize()}\n"
            yield from _table(
                ("reason", "means", "what to do", "who", "bounce", "suppress"),
                (
                    (
                        f"`{each['reason']}`",
                        each["means"],
                        each["action"],
                        each["actor"],
                        _bounce(each),
                        "yes" if each["suppress"] else "no",
                    )
                    for each in those
                ),
            )
            yield ""
    yield "### Names that others use\n"
    yield from _table(
        ("reason", *services().values()),
        (
            (f"`{each['reason']}`", *(", ".join(names) for names in each["aliases"].values()))
            for each in facts
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell or _NONE for cell in row)} |"
