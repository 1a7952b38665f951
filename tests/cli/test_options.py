"""Options and arguments that cannot be meant so, and what is read without any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from smtpreply.cli.group import group
from smtpreply.logs import Delivery, scan
from smtpreply.summary.delivery_filter import DeliveryFilter


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
