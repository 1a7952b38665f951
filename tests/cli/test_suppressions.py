"""The command that lists the addresses to take off a mailing list."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smtpreply.cli.group import group

DATA = Path(__file__).parents[1] / "data"
EVENT = {"event": "bounce", "sg_event_id": "e", "timestamp": 1764000042}


def run(*args: object, given: str | bytes = b"") -> Result:
    return CliRunner().invoke(group, ["suppressions", *map(str, args)], input=given)


def bounce(address: str, reason: str = "550 5.1.1 No such user", **values: object) -> str:
    return json.dumps(EVENT | {"email": address, "reason": reason} | values) + "\n"


def test_the_formats_list_the_same() -> None:
    paths = (DATA / "sample.log", DATA / "logs" / "ses.jsonl")
    rows = list(csv.DictReader(io.StringIO(run(*paths).output)))
    objects = json.loads(run(*paths, "--format", "json").output)
    addresses = run(*paths, "--format", "txt").output.splitlines()
    assert [row["address"] for row in rows] == [one["address"] for one in objects] == addresses
    assert len(addresses) == 12
    assert objects[0].keys() == rows[0].keys()


def test_filters_and_the_standard_input() -> None:
    log = (DATA / "sample.log").read_bytes()
    found = run("-", "--format", "txt", "--domain", "example.net", given=log)
    assert found.output == "uma@example.net\n"
    assert run("-", "--format", "txt", "--since", "2026-11-26", given=log).output == ""


def test_a_cell_is_no_formula_unless_cells_are_raw() -> None:
    given = bounce("=cmd|x@example.org") + bounce("+tag@example.org") + bounce("@@example.org")
    cells = [row["address"] for row in csv.DictReader(io.StringIO(run("-", given=given).output))]
    assert cells == ["'+tag@example.org", "'=cmd|x@example.org", "'@@example.org"]
    assert "\n+tag@example.org," in run("-", "--raw-cells", given=given).output


@pytest.mark.parametrize("output_format", ["csv", "json", "txt"])
def test_no_event_can_forge_a_line_or_a_command(output_format: str) -> None:
    given = bounce("a@example.org\nb@example.org") + bounce(
        "c@example.org", "550 5.1.1 No such \x1b[2Juser\nd@example.org"
    )
    result = run("-", "--format", output_format, given=given)
    assert "b@example.org" not in result.stdout
    assert "\x1b" not in result.output
    assert "1 refusals or complaints of recipients that are no addresses" in result.stderr


def test_what_is_left_out_is_reported() -> None:
    given = bounce("a@example.org") + bounce("b@example.org")
    result = run("-", "--limit", 1, "--format", "txt", given=given)
    assert (result.exit_code, result.stdout) == (1, "a@example.org\n")
    assert "1 refusals or complaints left out" in result.stderr


def test_what_is_wrong_with_the_command_is_reported(tmp_path: Path) -> None:
    for args in ([tmp_path / "none"], ["-", "--tz", "No/Where"], ["-", "--read-as", "nothing"]):
        assert run(*args).exit_code == 2


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"\0" * 9)
    result = run(path)
    assert result.exit_code == 1
    assert "NUL" in result.stderr
