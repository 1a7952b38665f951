"""The log of maddy: words, a tab, and an object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "maddy.log"


def account(lines: list[str], **options: Any) -> Coverage:
    run = scan(lines, **options)
    assert list(run) == []
    return run.coverage


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    assert delivery.mta == "maddy"
    return delivery


def line_of(message: str, **fields: Any) -> str:
    return f"{message}\t{json.dumps(fields)}"


def test_refusals_attempts_and_what_was_made_up() -> None:
    run = scan(SAMPLE)
    bob, eve, joe, amy = run
    assert (run.coverage.lines, run.coverage.understood) == (6, 6)
    assert (bob.recipient, bob.text) == ("bob@example.org", "501 5.1.8 Non-local sender domain")
    assert (bob.reply_by, bob.stage, bob.status) == (ReplyBy.OWN, Stage.RCPT, Status.REJECTED)
    assert (eve.text, eve.reply_by) == ("550-5.1.1 No such\n550 5.1.1 user", ReplyBy.REMOTE)
    assert (eve.relay_host, eve.sender) == ("mx.example.org", "al@example.com")
    assert (eve.status, eve.direction) == (Status.DEFERRED, Direction.OUTGOING)
    assert eve.time is not None
    assert (joe.text, joe.reply_by) == ("450 4.4.2 Network I/O error", ReplyBy.MTA)
    assert (joe.relay_ip, joe.relay_port) == ("192.0.2.1", 25)
    assert (amy.status, amy.text, amy.queue_id) == (Status.SENT, None, "fa2790f2")


@pytest.mark.parametrize(
    ("command", "stage"),
    [("MAIL FROM", Stage.MAIL), ("DATA", Stage.END_OF_DATA), ("AUTH", Stage.AUTH)],
)
def test_what_a_client_was_told(command: str, stage: Stage) -> None:
    found = one(
        line_of(f"smtp: {command} error", smtp_code=554, smtp_msg="No", src_ip="[2001:db8::9]:5")
    )
    assert (found.stage, found.text, found.relay_ip) == (stage, "554 No", "2001:db8::9")


def test_a_debug_line_alone_is_told() -> None:
    found = one("Nov 24 11:43:32 mx1 maddy[9]: [debug] smtp: 550 5.1.1 No (msg ID = ced400a6)")
    assert (found.text, found.queue_id) == ("550 5.1.1 No", "ced400a6")


@pytest.mark.parametrize(
    "stamp", ["24.11.26 11:43:31", "2026-11-24T11:43:31.000Z", "2026-11-24T11:43:31Z [debug]"]
)
def test_what_clients_were_told_is_debugged_too(stamp: str) -> None:
    found = one(f"{stamp} smtp: 550 5.1.1 No")
    assert (found.text, found.reply_by) == ("550 5.1.1 No", ReplyBy.OWN)
    assert found.status is Status.REJECTED
    assert one(f"{stamp} submission: 250 Ok").status is None
    again = [
        line_of("smtp: RCPT error", smtp_code=550, smtp_enchcode="5.1.1", smtp_msg="No"),
        f"{stamp} smtp: 550 5.1.1 No",
    ]
    assert [found.stage for found in scan(again)] == [Stage.RCPT]


def test_a_tab_may_have_become_spaces() -> None:
    assert one('smtp: RCPT error      {"smtp_code":550,"smtp_msg":"No"}').text == "550 No"


def test_a_tab_may_have_become_a_space() -> None:
    line = line_of("smtp: RCPT error", rcpt="a@b", smtp_code=550, smtp_msg="No").replace("\t", " ")
    assert (one(line).text, one(line).recipient) == ("550 No", "a@b")


def test_what_ends_a_message() -> None:
    found = one(
        line_of("queue: not delivered, permanent error", msg_id="7", rcpt="a@b", reason="x")
    )
    assert (found.status, found.diagnostic) == (Status.BOUNCED, "x")
    assert one(line_of("smtp: DATA error", smtp_code="x", reason="y", msg_id="7")).reply is None


def test_a_message_cannot_play_a_field() -> None:
    found = one(
        line_of("queue: delivery error", msg_id="7", rcpt='x","smtp_code":250', smtp_code=450,
                smtp_msg='mx said: Later","rcpt":"evil')
    )  # fmt: skip
    assert (found.recipient, found.text) == ('x","smtp_code":250', '450 Later","rcpt":"evil')


def test_lines_without_a_delivery() -> None:
    log = [
        line_of("smtp: RCPT ok", msg_id="7", rcpt="a@b"),
        line_of("smtp/pipeline: quarantined", msg_id="7", smtp_code=550, smtp_msg="No"),
        "smtp: 250 2.0.0 OK (msg ID = ced400a6)",
        "Nov 24 11:43:32 mx1 maddy[9]: smtp: listening on tcp://0.0.0.0:25",
    ]
    run = scan(log)
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (4, 4)
    assert account(['other: thing\t{"a": 1}']).known == 0
    assert account(["", "x", "a: b\t{[", "A"], format="maddy").understood == 1


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.dictionaries(st.sampled_from(["smtp_code", "rcpt"]), st.integers()))
def test_any_object_is_read(words: str, fields: dict[str, Any]) -> None:
    """Whatever an object holds, it is read."""
    for message in ("queue: delivered", "smtp: RCPT error"):
        run = scan([line_of(message, **(fields | {"smtp_msg": words, "msg_id": "7"}))])
        assert all(found.to_dict() for found in run)
        assert run.coverage.understood == 1
