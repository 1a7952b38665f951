"""``smtpreply reasons``, and the page of the documentation that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smtpreply.cli.group import group
from smtpreply.reasons import Reason

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["reasons", *arguments])


def test_every_reason_has_a_line() -> None:
    lines = run().stdout.splitlines()
    assert [line.split()[0] for line in lines] == [reason.value for reason in Reason]
    assert lines[0].split(maxsplit=3) == [
        "unknown_recipient",
        "hard",
        "suppress",
        "No such recipient",
    ]


def test_one_reason_is_told_in_full() -> None:
    lines = run("mailbox_full").stdout.splitlines()
    assert lines[0] == "mailbox_full: Mailbox full"
    told = {line[2:12].strip(): line[13:] for line in lines[1:]}
    assert (told["bounce"], told["suppress"], told["actor"]) == ("soft", "no", "recipient")
    assert told["SparkPost"] == "22 Mailbox Full"


def test_a_service_without_a_name_for_it_is_left_out() -> None:
    assert "SparkPost" not in run("malformed_message").stdout


def test_json_has_the_data() -> None:
    rows = json.loads(run("--json").stdout)
    assert [row["reason"] for row in rows] == [reason.value for reason in Reason]
    for row in rows:
        reason = Reason(row["reason"])
        assert row["bounce_type"] == (reason.bounce_type and reason.bounce_type.value)
        assert row["aliases"] == {key: list(names) for key, names in reason.aliases.items()}


def test_the_prose_is_in_the_language_that_was_asked_for() -> None:
    (row,) = json.loads(run("--json", "-l", "de", "domain_blocked").stdout)
    assert row["title"] == "Domain gesperrt"
    assert run("-l", "de").stdout.splitlines()[0].endswith("Empfänger unbekannt")


def test_a_reason_that_is_none_is_a_usage_error() -> None:
    result = run("frobnicated")
    assert result.exit_code == 2
    assert "'frobnicated' is not one of" in result.stderr


@pytest.mark.skipif(not PAGE.exists(), reason="only the source has the documentation")
def test_the_documentation_has_what_the_command_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.endswith(run("--markdown").stdout), "run smtpreply reasons --markdown"
