"""Barracuda's gateway: what it keeps back, and what the server behind it answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "barracuda.log"
LINES = DATA.read_text(encoding="utf-8").splitlines()


def test_each_attempt_has_its_reply_and_the_scan_its_recipient() -> None:
    run = scan(DATA)
    found = [(one.mta, one.recipient, one.status, one.reply_by, one.text) for one in run]
    assert found == [
        ("barracuda", "al@example.com", Status.REJECTED, None, "Blocked, reason 62: bl.example"),
        (
            "barracuda",
            "al@example.com",
            Status.SENT,
            ReplyBy.REMOTE,
            "250 2.6.0 <m1@example.org> [InternalId=15] Queued mail for delivery",
        ),
        ("barracuda", None, Status.BOUNCED, ReplyBy.REMOTE, "550 5.1.1 No such user"),
        (
            "barracuda",
            None,
            Status.DEFERRED,
            None,
            "connect to mail.example.com[192.0.2.5]: Connection refused",
        ),
    ]
    assert run.coverage.understood == run.coverage.lines == len(LINES)


def test_every_field_of_a_delivery_is_told() -> None:
    delivery = next(scan(LINES[1:]))
    assert (delivery.sender, delivery.queue_id, delivery.tls, delivery.stage) == (
        "bo@example.org",
        "8B2052296C",
        "ENC",
        Stage.END_OF_DATA,
    )
    assert (delivery.host, delivery.program) == ("gate", "outbound/smtp")


def test_a_subject_cannot_play_a_delivery() -> None:
    assert list(scan(LINES[1:2])) == []


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("RECV x@c.example.net al@example.com 2 3 zen.example", Status.REJECTED),
        ("RECV - - 5 4 -", Status.REJECTED),
        ("SCAN - x@c.example.net al@example.com 9.7 2 1 Virus", Status.REJECTED),
        ("SCAN ENC x@c.example.net al@example.com 5.1 3 9 - SZ:1 SUBJ:x", Status.HELD),
        ("SCAN ENC x@c.example.net al@example.com 5.1 6 9 -", Status.HELD),
    ],
)
def test_what_it_keeps_back_is_told(action: str, status: Status) -> None:
    head = "c.example.net[198.51.100.9] 1790000000-0f823dad0000-LuzkN2 1790000000 1790000001"
    [told] = scan([f"Nov 24 11:43:28 gate scan[3970]: {head} {action}"])
    assert (told.status, told.direction) == (status, Direction.INCOMING)
    assert (told.relay_host, told.relay_ip) == ("c.example.net", "198.51.100.9")
    assert told.recipient == ("al@example.com" if "al@" in action else None)


@given(st.lists(st.one_of(st.sampled_from(["SEND ", "SCAN ", "- ", "1 "]), st.text(max_size=6))))
def test_whatever_a_line_holds_it_is_read_or_counted(pieces: list[str]) -> None:
    """No line raises."""
    run = scan([LINES[2].partition("SEND")[0] + "".join(pieces)])
    list(run)
    assert run.coverage.understood <= run.coverage.lines
