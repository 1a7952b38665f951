"""Barracuda's gateway: what the server behind it answered."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "barracuda.log"
LINES = DATA.read_text(encoding="utf-8").splitlines()


def test_each_attempt_has_its_reply_and_the_scan_its_recipient() -> None:
    run = scan(DATA)
    found = [(one.mta, one.recipient, one.status, one.reply_by, one.text) for one in run]
    assert found == [
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
    delivery = next(scan(DATA))
    assert (delivery.sender, delivery.queue_id, delivery.tls, delivery.stage) == (
        "bo@example.org",
        "8B2052296C",
        "ENC",
        Stage.END_OF_DATA,
    )
    assert (delivery.host, delivery.program) == ("gate", "outbound/smtp")


def test_a_subject_cannot_play_a_delivery() -> None:
    assert list(scan(LINES[1:2])) == []


@given(st.lists(st.one_of(st.sampled_from(["SEND ", "SCAN ", "- ", "1 "]), st.text(max_size=6))))
def test_whatever_a_line_holds_it_is_read_or_counted(pieces: list[str]) -> None:
    """No line raises."""
    run = scan([LINES[2].partition("SEND")[0] + "".join(pieces)])
    list(run)
    assert run.coverage.understood <= run.coverage.lines
