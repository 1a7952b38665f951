"""``smtpreply rules``: check and test custom rules, and find texts that no rule explains."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import attrs
import click

from smtpreply._support.escape import escape
from smtpreply.cli.texts import lines_of, texts_in
from smtpreply.reasons import Builtin, Classifier, Reason, RuleError, default_classifier, template
from smtpreply.reasons.engine import Finding
from smtpreply.reasons.lint import problems
from smtpreply.reasons.rule import Rule
from smtpreply.reasons.verdict import Verdict

rules_option = click.option(
    "--rules",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True),
    help="Custom rules, which precede the built-in ones. May be repeated.",
)


def classifier_of(paths: tuple[str, ...], builtin: Builtin = Builtin.AFTER) -> Classifier:
    """Return the classifier of the rules in files and the built-in ones.

    Raises:
        click.ClickException: a file breaks the schema.
    """
    if not paths:
        return default_classifier()
    try:
        return Classifier.from_files(*paths, builtin=builtin)
    except RuleError as error:
        raise click.ClickException(escape(str(error))) from None


@click.group("rules")
def rules_group() -> None:
    """Check and test custom rules, and find texts that no rule explains."""


@rules_group.command("check")
@click.argument("paths", metavar="FILE...", nargs=-1, type=click.Path(exists=True))
def check_command(paths: tuple[str, ...]) -> None:
    """Check files of rules: schema, examples, shadowing, contradictions.

    A contradiction is the same phrase under the same conditions (`unless` is one) for two reasons.

    FILE is a file of rules in TOML, or a folder of them. The rules are checked as they are used:
    your own before the built-in ones, and the built-in ones, if a file is one of theirs, among
    each other. Exit code 1: there are problems.
    """
    if not paths:
        raise click.UsageError(
            "give the FILE of your rules, as you give it to --rules: there are none but those"
        )
    own = classifier_of(paths, Builtin.NONE).rules
    if not own:
        raise click.ClickException(escape(f"no rules in {', '.join(paths)}"))
    classifier = default_classifier()
    known = {rule.id: rule for rule in classifier.rules}
    if all(rule.id in known and _content(rule) == _content(known[rule.id]) for rule in own):
        own = tuple(known[rule.id] for rule in own)
    else:
        classifier = classifier_of(paths)
        own = tuple(rule for rule in classifier.rules if rule.layer == 0)
    found = problems(classifier, own)
    for problem in found:
        click.echo(escape(str(problem)), err=True)
    click.echo(f"{_counted(len(own), 'rule')}, {_counted(len(found), 'problem')}")
    if found:
        raise SystemExit(1)


def _content(rule: Rule) -> dict[str, Any]:
    """Return what a rule says, wherever it is from."""
    of_its_place = {"source", "layer", "read_before"}
    return attrs.asdict(rule, filter=lambda field, _: field.name not in of_its_place)


@rules_group.command("test")
@click.argument("text")
@click.option("--stage", help='Stage of the session that was answered, such as "RCPT".')
@rules_option
def test_command(text: str, stage: str | None, rules: tuple[str, ...]) -> None:
    """Show the rules and codes that match a text, the best match first.

    Of a text with replies to several recipients, for each of them.
    """
    classifier = classifier_of(rules)
    try:
        verdicts = classifier.classify_all(text, stage=stage)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--stage") from None
    files = {rule.id: rule.source for rule in classifier.rules}
    for recipient, verdict in verdicts.items():
        whose = "" if recipient is None or len(verdicts) == 1 else f"{escape(recipient)}: "
        click.echo(f"{whose}{verdict.reason.value}, by {verdict.basis.value}")
        for finding in verdict.findings:
            click.echo(f"  {_described(finding, verdict, files)}")


def _described(finding: Finding, verdict: Verdict, files: dict[str, str]) -> str:
    described = f"{finding.reason.value}: {finding.basis.value}"
    if finding.rule is None or finding.variant is None:
        known = {"code": verdict.code, "enhanced status": verdict.status}
        return f"{described} {known.get(finding.basis.value) or ''}".rstrip()
    words = " * ".join(chunk.strip() for chunk in finding.variant.chunks)
    return escape(f"{described} {words!r}, rule {finding.rule} ({files[finding.rule]})")


@rules_group.command("unexplained")
@click.argument("path", metavar="FILE|-", type=click.Path(exists=True, allow_dash=True))
@click.option("--limit", default=20, show_default=True, help="Number of texts to list.")
@rules_option
def unexplained_command(path: str, limit: int, rules: tuple[str, ...]) -> None:
    """List unexplained texts with counts; addresses, hosts, ids and times are masked.

    A text is unexplained if neither its words nor an enhanced status gives a reason.
    """
    classifier = classifier_of(rules)
    counts: Counter[str] = Counter()
    seen = 0
    for text in texts_in(lines_of(path)):
        seen += 1
        for verdict in classifier.classify_all(text.octets).values():
            if verdict.reason is not Reason.ACCEPTED and not verdict.is_explained:
                counts[template(verdict.text)] += 1
    for masked, count in counts.most_common(limit):
        sys.stdout.write(f"{count:8}  {escape(masked)}\n")
    click.echo(f"{counts.total()} of {_counted(seen, 'text')} unexplained", err=True)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
