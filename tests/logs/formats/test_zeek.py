"""Zeek's smtp.log, as a table and as objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply.logs import ReplyBy, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "zeek.log"
JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=3)


def test_a_table_is_read_by_its_head() -> None:
    run = scan(SAMPLE)
    bob, eve, other = run
    assert (run.coverage.lines, run.coverage.understood) == (11, 11)
    assert [bob.recipient, eve.recipient] == ["bob@example.org", "eve@example.org"]
    assert (bob.sender, bob.message_id, bob.queue_id) == (
        "al@example.com",
        "7@example.com",
        "CExAmPlE0001",
    )
    assert (bob.text, bob.reply_by, bob.status) == (
        "250 2.0.0 Ok: queued",
        ReplyBy.REMOTE,
        None,
    )
    assert (bob.relay_ip, bob.relay_port, bob.tls) == ("192.0.2.1", 25, None)
    assert bob.time == datetime(2026, 11, 24, 11, 43, 32, 250000, tzinfo=UTC)
    assert (other.recipient, other.sender, other.tls) == (None, None, "T")
    assert other.reply is not None


@pytest.mark.parametrize(
    "server",
    [{"id.resp_h": "192.0.2.1", "id.resp_p": 25}, {"id": {"resp_h": "192.0.2.1", "resp_p": 25}}],
)
def test_objects_are_read(server: dict[str, Any]) -> None:
    fields = {
        "ts": "2026-11-24T11:43:32.250000Z",
        "uid": "CExAmPlE0001",
        "mailfrom": "al@example.com",
        "rcptto": ["<bob@example.org>"],
        "last_reply": "250 Ok",
        "tls": True,
    }
    [found] = scan([json.dumps(fields | server)])
    assert (found.recipient, found.text, found.tls) == ("bob@example.org", "250 Ok", "T")
    assert (found.relay_ip, found.relay_port) == ("192.0.2.1", 25)
    assert found.time == datetime(2026, 11, 24, 11, 43, 32, 250000, tzinfo=UTC)


def test_a_row_of_another_width_is_not_understood() -> None:
    run = scan(["#path\tsmtp", "#fields\tts\tuid", "1\t2\t3", "1\t2"])
    assert [found.queue_id for found in run] == ["2"]
    assert (run.coverage.lines, run.coverage.understood) == (4, 3)
    run = scan(['{"last_reply": "250 ok"}'], format="zeek")
    assert (list(run), run.coverage.understood) == ([], 0)


@settings(deadline=None)  # the first example imports the format
@given(
    st.fixed_dictionaries(dict.fromkeys(["ts", "uid", "rcptto", "last_reply", "id", "tls"], JSON))
)
def test_any_object_is_read(fields: dict[str, Any]) -> None:
    """Whatever an object holds, it is read."""
    run = scan([json.dumps(fields)])
    assert all(found.to_dict() for found in run)
    assert run.coverage.understood == 1
