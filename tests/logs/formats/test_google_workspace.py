"""Google Workspace: Email Log Search's export, and BigQuery's objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Direction, ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "google_workspace.csv"
LINES = DATA.read_text(encoding="utf-8").splitlines()
EVENT: dict[str, Any] = {
    "event_info": {"timestamp_usec": "1789992000000000", "success": False},
    "message_info": {
        "rfc2822_message_id": "<m@example.com>",
        "source": {"address": "al@example.com"},
        "destination": [{"address": "bo@example.org"}, {"address": "cy@example.org"}],
        "connection_info": {
            "smtp_reply_code": 550,
            "smtp_out_connect_ip": "203.0.113.7",
            "smtp_out_remote_host": "mx.example.org",
        },
    },
}


def test_each_event_of_smtp_has_its_code() -> None:
    run = scan(DATA)
    found = [(one.recipient, one.status, one.direction, one.reply_by, one.text) for one in run]
    assert found == [
        ("bo@example.org", Status.SENT, Direction.OUTGOING, ReplyBy.REMOTE, "250"),
        ("cy@example.org", Status.BOUNCED, Direction.OUTGOING, ReplyBy.REMOTE, "550"),
        ("al@example.com", Status.REJECTED, Direction.INCOMING, ReplyBy.OWN, "421"),
        ("al@example.com", Status.SENT, Direction.LOCAL, None, None),
    ]
    assert run.coverage.understood == run.coverage.lines == len(LINES)


def test_every_field_of_a_delivery_is_told() -> None:
    first = next(scan(DATA))
    assert first.time == datetime(2026, 5, 10, 13, 44, 1, tzinfo=UTC)
    assert (first.message_id, first.sender, first.relay_ip) == (
        "m1@example.com",
        "al@example.com",
        "203.0.113.7",
    )
    assert first.reply is not None
    assert first.reply.code == 250


@pytest.mark.parametrize("event", [EVENT, {"gmail": EVENT}])
def test_an_object_of_bigquery_has_a_delivery_a_recipient(event: dict[str, Any]) -> None:
    deliveries = list(scan([json.dumps(event)]))
    assert [one.recipient for one in deliveries] == ["bo@example.org", "cy@example.org"]
    first = deliveries[0]
    assert (first.text, first.status, first.relay_host, first.relay_ip) == (
        "550",
        Status.BOUNCED,
        "mx.example.org",
        "203.0.113.7",
    )
    assert first.time == datetime(2026, 9, 21, 12, tzinfo=UTC)


def test_an_object_without_smtp_has_no_reply() -> None:
    event = {**EVENT, "message_info": {"connection_info": {"smtp_reply_code": 0}}}
    run = scan([json.dumps(event)])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_a_subject_cannot_play_another_column() -> None:
    line = LINES[1].replace('"Hi, ""you"""', '"Hi"",Sent,0,evil@example.net,SMTP_OUT,,,,,550"')
    [delivery] = scan([LINES[0], line])
    assert (delivery.recipient, delivery.text) == ("bo@example.org", "250")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(EVENT["message_info"])), _VALUES, _VALUES)
def test_whatever_an_object_holds_it_is_read(name: str, value: object, stamp: object) -> None:
    """No value raises, of whichever kind."""
    message = {**EVENT["message_info"], name: value}
    event = {"event_info": {"timestamp_usec": stamp}, "message_info": message}
    for delivery in scan([json.dumps(event)]):
        assert delivery.to_dict()


@given(st.lists(st.one_of(st.sampled_from([",", '"', "550", "SMTP_OUT"]), st.text(max_size=6))))
def test_whatever_a_row_holds_it_is_read_or_counted(pieces: list[str]) -> None:
    """No row raises."""
    run = scan([LINES[0], "".join(pieces)])
    list(run)
    assert run.coverage.understood <= run.coverage.lines
