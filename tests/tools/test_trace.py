"""The life of a message through the logs of several hosts: all of it, once, and no other's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hosts import EXIM_ID, LOGS

from smtpreply.cli.group import group
from smtpreply.logs import Delivery, Status, scan
from smtpreply.tools.trace import Life, trace


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    paths = []
    for name, lines in LOGS.items():
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def lives(paths: Iterable[Path], key: str) -> tuple[Life, ...]:
    return trace(lambda: scan(list(paths)), key).lives


def run(*args: object) -> Result:
    return CliRunner().invoke(group, ["trace", *map(str, args)])


LIST_LIFE = [
    ("10:00:01", "AAAA1111AA", "list@example.com", "sent", True),
    ("10:00:02", "BBBB2222BB", "list@example.com", "sent", True),
    ("10:00:05", "CCCC3333CC", "bob@example.org", "deferred", False),
    ("10:00:06", "CCCC3333CC", "eve@example.org", "bounced", False),
    ("10:00:07", "CCCC3333CC", "kim@slow.example", "sent", True),
    ("10:00:08", EXIM_ID, "kim@slow.example", "deferred", False),
    ("10:10:05", "CCCC3333CC", "bob@example.org", "sent", False),
    ("10:30:08", EXIM_ID, "kim@slow.example", "deferred", False),
]


@pytest.mark.parametrize(
    "key",
    [
        "AAAA1111AA", "BBBB2222BB", "CCCC3333CC", EXIM_ID, "DDDD4444DD", "1@example.com",
        "<1@example.com>", "eve@example.org", "EVE@example.org", "kim@slow.example",
    ],
)  # fmt: skip
def test_the_life_of_a_message_is_whole_whatever_names_it(logs: list[Path], key: str) -> None:
    [life] = lives(logs, key)
    steps = [
        (
            f"{step.delivery.time:%H:%M:%S}",
            step.delivery.queue_id,
            step.delivery.recipient,
            step.delivery.status,
            step.is_handover,
        )
        for step in life.steps
    ]
    assert steps == LIST_LIFE
    assert life.queue_ids == ("AAAA1111AA", "BBBB2222BB", "CCCC3333CC", EXIM_ID)
    assert life.message_id == "1@example.com"
    assert life.sender == "al@example.com"
    assert f"{life.arrived:%H:%M:%S}" == "10:00:00"


def test_a_handover_is_no_outcome(logs: list[Path]) -> None:
    [life] = lives(logs, "AAAA1111AA")
    assert life.outcomes == {
        "list@example.com": None,
        "bob@example.org": Status.SENT,
        "eve@example.org": Status.BOUNCED,
        "kim@slow.example": Status.DEFERRED,
    }


def test_the_order_of_the_logs_does_not_matter(logs: list[Path]) -> None:
    assert lives(logs[::-1], EXIM_ID) == lives(logs, EXIM_ID)


def test_an_expiry_ends_all_who_still_wait(logs: list[Path]) -> None:
    [life] = lives(logs, "ann@example.org")
    assert life.outcomes == {"ann@example.org": Status.EXPIRED}
    assert len(life.steps) == 3


def test_an_address_may_have_several_messages(logs: list[Path]) -> None:
    found = lives(logs, "al@example.com")
    assert [life.message_id for life in found] == [
        "1@example.com",
        "2@example.com",
        "3@example.com",
    ]


def test_one_host_alone_shows_the_handover_as_the_end(logs: list[Path]) -> None:
    [life] = lives(logs[:1], "BBBB2222BB")
    assert life.outcomes == {"list@example.com": Status.SENT}


def test_deliveries_beyond_the_limit_are_counted() -> None:
    sent = [
        Delivery(mta="exim", queue_id="q", recipient=f"{n}@b.c", status=Status.SENT) for n in "abc"
    ]
    found = trace(lambda: iter(sent), "q", limit=2)
    assert found.left_out == 1
    assert len(found.lives[0].steps) == 2


def test_the_command_shows_each_step(logs: list[Path]) -> None:
    result = run(*logs, "eve@example.org")
    assert result.exit_code == 0
    assert "AAAA1111AA  to list@example.com  at 127.0.0.1  handed on as BBBB2222BB" in result.output
    assert "550 5.1.1 No such user (unknown_recipient)" in result.output
    assert "\neve@example.org: bounced\n" in result.output


def test_the_command_gives_json(logs: list[Path]) -> None:
    [life] = json.loads(run(*logs, EXIM_ID, "--json").output)
    assert life["outcomes"]["kim@slow.example"] == "deferred"
    assert [step["is_handover"] for step in life["steps"]] == [step[-1] for step in LIST_LIFE]


def test_the_command_says_where_nothing_is_found(logs: list[Path]) -> None:
    result = run(*logs, "nobody@example.org")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no such message" in result.stderr
    assert run("-", "x").exit_code == 2


def test_no_line_of_a_log_is_shown_as_a_command(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    event = {
        "event": "bounce",
        "sg_event_id": "e",
        "timestamp": 1764000042,
        "email": "bob@example.org\n\x1b[2J",
        "sg_message_id": "q\x1b[31m",
        "reason": "550 5.1.1 \x1b[31mNo such user",
    }
    path.write_text(json.dumps(event) + "\n", encoding="utf-8")
    for args in ([], ["--json"]):
        output = run(path, "q\x1b[31m", *args).output
        assert "bob@example.org" in output
        assert "\x1b" not in output


def test_what_is_missing_is_named(logs: list[Path]) -> None:
    for args, words in (
        ([logs[0]], "give the ID, ADDRESS or MESSAGE-ID behind"),
        (["eve@example.org"], "give the PATH of a log before 'eve@example.org'"),
        ([logs[0], ""], "is empty"),
        ([], "Missing argument"),
    ):
        result = run(*args)
        assert result.exit_code == 2
        assert words in result.stderr
    assert run(logs[0], "nobody").stderr == "smtpreply: no such message: nobody\n"
