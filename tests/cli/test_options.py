"""Options and arguments that cannot be meant so, and what is read without any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import smtpreply
from smtpreply.cli.group import group
from smtpreply.logs import Delivery, scan
from smtpreply.summary.delivery_filter import DeliveryFilter

SAMPLE = Path(__file__).parents[1] / "data" / "sample.log"
RULES = Path(smtpreply.__file__).parent / "reasons" / "rules"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["classify", "--json", "--csv"], 2, "--json cannot be combined with --csv"),
        (["reasons", "--json", "--markdown"], 2, "--json cannot be combined with --markdown"),
        (["codes", "--command", "XYZ"], 1, "no reply code"),
    ],
)
def test_what_cannot_be_answered_is_an_error(arguments: list[str], status: int, words: str) -> None:
    result = CliRunner().invoke(group, arguments, input="")
    assert result.exit_code == status
    assert words in result.output


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["rules", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert "no rules in" in result.output


def test_rules_are_not_checked_without_a_file() -> None:
    result = CliRunner().invoke(group, ["rules", "check"])
    assert result.exit_code == 2
    assert "give the FILE of your rules" in result.output


def test_a_file_of_the_built_in_rules_is_checked_among_them(tmp_path: Path) -> None:
    file = RULES / "mailbox_full.toml"
    result = CliRunner().invoke(group, ["rules", "check", str(file)])
    assert (result.exit_code, result.output.rpartition(", ")[2]) == (0, "0 problems\n")
    changed = tmp_path / "own.toml"
    changed.write_text(
        '["mailbox-full"]\nreason = "mailbox_full"\nwords = ["the box is brimful"]\n'
        'catches = ["552 The box is brimful"]\n',
        encoding="utf-8",
    )
    result = CliRunner().invoke(group, ["rules", "check", str(changed)])
    assert result.exit_code == 1
    assert "this id is also in" in result.output


@pytest.mark.parametrize("command", [["scan"], ["queue"], ["suppressions"]])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--domain", "@"], "names no domain"),
        (["--domain", "example.org,@"], "names no domain"),
        (["--domain", "bob@example.org"], "is an address"),
        (["--domain", " , "], "is empty"),
        (["--reason", "greylistd"], "there are: greylisted"),
        (["--reason", "xyz"], """'xyz'; see "smtpreply reasons\""""),
    ],
)
def test_filters_are_checked_alike_on_every_command(
    command: list[str], given: list[str], words: str
) -> None:
    result = CliRunner().invoke(group, [*command, str(SAMPLE), *given])
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize("command", ["scan", "queue", "suppressions"])
def test_the_help_of_filters_is_short_and_alike(command: str) -> None:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(group, [command, "--help"])
    help_text = " ".join(result.output.split())
    assert (
        '--reason NAME Only refusals with this reason, see "smtpreply reasons"; may be' in help_text
    )
    assert "unknown_recipient" not in help_text


def test_filters_of_queue_and_suppressions_add_up() -> None:
    def rows(command: str, *args: str) -> list[dict[str, Any]]:
        result = CliRunner().invoke(group, [command, str(SAMPLE), "--format", "json", *args])
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found

    for command, name in (("queue", "recipient"), ("suppressions", "address")):
        everything = rows(command)
        domains = sorted({one[name].rpartition("@")[2] for one in everything})[:2]
        reasons = sorted({one["reason"] for one in everything})[:2]
        both = [one for one in everything if one[name].rpartition("@")[2] in domains]
        assert rows(command, "--domain", domains[0], "--domain", f"@{domains[-1]}") == both
        assert rows(command, "--domain", ",".join(domains)) == both
        assert rows(command, "--reason", ",".join(reasons)) == [
            one for one in everything if one["reason"] in reasons
        ]


def test_complaints_can_be_asked_for_among_the_suppressions() -> None:
    path = SAMPLE.parent / "logs" / "ses.jsonl"
    args = ["suppressions", str(path), "--format", "txt", "--reason"]
    assert CliRunner().invoke(group, [*args, "complaint"]).stdout == "bob@example.org\n"
    assert CliRunner().invoke(group, [*args, "unknown_recipient"]).stdout == ""


def test_classify_reads_standard_input_without_a_file() -> None:
    result = CliRunner().invoke(group, ["classify"], input="550 5.1.1 No such user\n")
    assert result.exit_code == 0
    assert "\tunknown_recipient\t" in result.output or "\t550\t5.1.1\t" in result.output


@pytest.mark.parametrize(
    ("options", "words"), [({"year": "2026"}, "year is an int"), ({"tz": 5}, "tz is a name")]
)
def test_a_year_or_a_zone_of_another_type_is_an_error(options: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        scan([], **options)


def test_the_text_of_a_log_in_place_of_a_path_is_explained() -> None:
    with pytest.raises(FileNotFoundError, match=r"list of lines, or as io\.StringIO"):
        list(scan("line\nline"))


def test_a_domain_may_have_its_at_sign() -> None:
    found = Delivery(mta="postfix", recipient="bob@Example.org")
    assert DeliveryFilter(domain="@example.org")(found)
    assert not DeliveryFilter(domain="@example.net")(found)


QMAIL = "tests/data/logs/qmail.log"


@pytest.mark.parametrize("command", ["scan", "suppressions", "queue"])
@pytest.mark.parametrize(
    ("path", "named", "likely"),
    [(QMAIL, "exim", "qmail"), (QMAIL, "ses", "qmail"), (str(SAMPLE), "dsn", "postfix")],
)
def test_a_log_that_is_read_as_another_format_is_an_error(
    command: str, path: str, named: str, likely: str
) -> None:
    result = CliRunner().invoke(group, [command, path, "--read-as", named])
    assert result.exit_code == 1
    assert f" lines was understood as {named}: the input looks like {likely};" in result.stderr


def test_what_is_of_no_format_says_so_when_it_is_read_as_one(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("Dear Bob,\nhow are you?\n")
    for args in (
        ["scan", str(text), "--read-as", "exim"],
        ["trace", str(text), "x", "--read-as", "exim"],
    ):
        result = CliRunner().invoke(group, args)
        assert result.exit_code == 1
        assert "none of 2 lines was understood as exim: without --read-as" in result.stderr


@pytest.mark.parametrize("text", ["", "Nov 24 11:43:34 mx postfix/qmgr[43]: 4E74613FE7: removed\n"])
def test_a_log_of_the_right_format_may_have_no_delivery(text: str) -> None:
    result = CliRunner().invoke(group, ["scan", "-", "--read-as", "postfix"], input=text)
    assert result.exit_code == 0


def test_a_mistyped_format_names_those_that_are_close() -> None:
    result = CliRunner().invoke(group, ["scan", str(SAMPLE), "--read-as", "postfx"])
    assert result.exit_code == 2
    assert "no such format: 'postfx'; there are: postfix" in result.stderr
