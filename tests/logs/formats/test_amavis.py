"""amavis: what is held or lost is told, and what the server tells besides is not told twice."""

from pathlib import Path

import pytest

from smtpreply import Stage
from smtpreply.logs import Direction, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "amavis.log"


def test_what_is_kept_back_is_told() -> None:
    run = scan(SAMPLE, year=2025)
    assert [(told.line, told.status, told.recipient, told.text) for told in run] == [
        (2, Status.HELD, "bob@example.org", "Blocked SPAM"),
        (2, Status.HELD, "eve@example.org", "Blocked SPAM"),
        (3, Status.DISCARDED, "bob@example.org", "Blocked INFECTED"),
        (5, Status.HELD, "bob@example.org", "Blocked SPAM"),
    ]
    assert run.coverage.understood == run.coverage.lines == 6


def test_who_sent_it_and_who_brought_it() -> None:
    [first, *_, lost, _] = scan(SAMPLE, year=2025)
    assert (first.mta, first.direction, first.stage) == (
        "amavis",
        Direction.INCOMING,
        Stage.END_OF_DATA,
    )
    assert (first.sender, first.relay_ip) == ("a@example.net", "203.0.113.9")
    assert (first.queue_id, first.message_id) == ("4E74613FE8", "8@example.net")
    assert lost.sender == ""


def test_a_line_that_tells_of_a_loss_and_is_not_read_is_not_understood() -> None:
    run = scan(
        ["Nov 24 11:43:32 mx1 amavis[812]: (00812-02) Blocked SPAM by a template of one's own"]
    )
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


@pytest.mark.parametrize(
    "peer",
    [
        "[192.0.2.1]:41000",
        "LOCAL [192.0.2.1]:41000",
        "MYNETS LOCAL [192.0.2.1]:41000",
        "ORIGINATING/MYNETS LOCAL [192.0.2.1]:41000 [198.51.100.4]",
        "AM.PDP-SOCK [192.0.2.1] [198.51.100.4]",
    ],
)
def test_policy_banks_and_local_clients_are_before_the_address(peer: str) -> None:
    [found] = scan(
        [
            "Nov 24 11:43:32 mx1 amavis[812]: (00812-02) Blocked BAD-HEADER-2 {DiscardedInternal,"
            f"Quarantined}}, {peer} <al@example.com> -> <bob@example.org>, Queue-ID: 4E74613FE7, "
            "mail_id: x, Hits: 9, size: 885, 1666 ms"
        ]
    )
    assert (found.recipient, found.relay_ip) == ("bob@example.org", "192.0.2.1")
    assert (found.status, found.text) == (Status.HELD, "Blocked BAD-HEADER-2")
