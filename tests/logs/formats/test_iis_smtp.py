"""The SMTP service of IIS: outgoing replies with their words, our own with their code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, Status, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "iis_smtp.log"
LINES = DATA.read_text(encoding="utf-8").splitlines()


def test_each_reply_has_the_command_that_it_is_to() -> None:
    run = scan(DATA)
    found = [(one.recipient, one.status, one.stage, one.text) for one in run]
    assert found == [
        (None, None, Stage.CONNECT, "220 mx.example.org ESMTP"),
        (None, None, Stage.EHLO, "250-mx.example.org"),
        (None, None, Stage.MAIL, "250 2.1.0 Ok"),
        ("bo@example.org", None, Stage.RCPT, "250 2.1.5 Ok"),
        (None, None, Stage.DATA, "354 Go on"),
        (
            "bo@example.org",
            Status.DEFERRED,
            Stage.END_OF_DATA,
            "451 4.7.0 Try again later; see https://example.org/why",
        ),
        (None, None, Stage.MAIL, "250"),
        ("cy@example.net", Status.REJECTED, Stage.RCPT, "550"),
    ]
    assert run.coverage.understood == run.coverage.lines == len(LINES)


def test_every_field_of_a_delivery_is_told() -> None:
    *_, deferred, _, rejected = scan(DATA)
    assert deferred.time == datetime(2026, 2, 9, 5, 28, 30, tzinfo=UTC)
    assert (deferred.host, deferred.relay_ip, deferred.relay_port, deferred.sender) == (
        "WEB01",
        "203.0.113.7",
        25,
        "al@example.com",
    )
    assert (deferred.direction, deferred.reply_by) == (Direction.OUTGOING, ReplyBy.REMOTE)
    assert (rejected.direction, rejected.reply_by) == (Direction.INCOMING, ReplyBy.OWN)
    assert rejected.relay_ip == "192.0.2.50"


def test_a_row_that_stands_alone_is_known() -> None:
    [delivery] = scan([LINES[13]])
    assert (delivery.mta, delivery.text[:13] if delivery.text else None) == (
        "iis-smtp",
        "451 4.7.0 Try",
    )
    [short] = scan(
        ["203.0.113.7 OutboundConnectionResponse SMTPSVC1 WEB01 - 25 - 550+5.1.1+No 0 0 SMTP - -"]
    )
    assert (short.text, short.time) == ("550 5.1.1 No", None)


def test_a_new_connection_to_the_same_server_begins_anew() -> None:
    deliveries = list(scan([*LINES, *LINES[4:7]]))
    assert [one.stage for one in deliveries[-2:]] == [Stage.CONNECT, Stage.EHLO]


def test_a_log_of_web_requests_is_not_claimed() -> None:
    web = (
        "2026-02-09 05:28:28 192.0.2.50 - W3SVC1 WEB01 192.0.2.5 80 GET /a - 550 0 0 0 0 - - - - -"
    )
    run = scan([*LINES[:4], web])
    assert list(run) == []
    assert run.coverage.formats["iis-smtp"] == 0


def test_requests_among_the_rows_tell_of_no_mail() -> None:
    web = LINES[15].replace("SMTPSVC1", "W3SVC1")
    assert len(list(scan([*LINES, web]))) == 8


@given(
    st.lists(st.one_of(st.sampled_from(["250", "+", " ", "-", "TO:<", "354"]), st.text(max_size=6)))
)
def test_whatever_a_query_holds_it_is_read_or_counted(pieces: list[str]) -> None:
    """No query raises."""
    text = "".join(pieces)
    for row in (LINES[4].replace("220+mx", text), LINES[15].replace("+TO:<cy", text)):
        run = scan([*LINES[:4], row, LINES[4]])
        for delivery in run:
            assert delivery.to_dict()
        assert run.coverage.understood <= run.coverage.lines


ALONE = (
    "2026-02-09 05:28:28 192.0.2.50 client SMTPSVC1 WEB01 192.0.2.5 0 RCPT - +TO:<cy@x.example> "
)


@pytest.mark.parametrize(
    ("columns", "deliveries"),
    [
        ("550 0 33 30 0 SMTP - - - -", [(Status.REJECTED, "550", "cy@x.example")]),
        ("250 0 44 31 0 SMTP - - - -", [(None, "250", "cy@x.example")]),
        ("250 31 0 SMTP - - - -", []),  # the octets that were sent and received
        ("SMTP - -", []),
    ],
)
def test_a_clients_command_that_stands_alone_has_the_code_of_the_reply(
    columns: str, deliveries: list[object]
) -> None:
    run = scan([ALONE + columns])
    assert [(one.status, one.text, one.recipient) for one in run] == deliveries
    assert (run.coverage.formats, run.coverage.understood) == ({"iis-smtp": 1}, 1)
