"""rspamd: its own log tells what was refused; beside the server's log, the server tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpreply.logs import Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "rspamd.log"
REJECT = SAMPLE.read_text(encoding="utf-8").splitlines()[2]
BODY = REJECT[REJECT.index("<94f35e>") :]


def test_each_recipient_of_what_is_refused_is_told() -> None:
    run = scan(SAMPLE)
    assert [(told.line, told.recipient, told.sender, told.text) for told in run] == [
        (3, "bob@example.org", "x@example.com", "reject: spam score 22.31 of 15.00"),
        (3, "eve@example.org", "x@example.com", "reject: spam score 22.31 of 15.00"),
        (4, "bob@example.org", "", "greylist: spam score 4.20 of 15.00"),
    ]
    assert run.coverage.understood == run.coverage.lines == 4


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("reject", Status.REJECTED),
        ("soft reject", Status.REJECTED),
        ("discard", Status.DISCARDED),
        ("quarantine", Status.HELD),
    ],
)
def test_each_action_has_a_status(action: str, status: Status) -> None:
    told, _ = scan([REJECT.replace("(reject)", f"({action})")])
    assert (told.status, told.queue_id, told.message_id) == (status, "4E74613FE8", "8@example.com")
    assert told.relay_ip == "203.0.113.10"


def test_beside_the_log_of_the_server_that_tells_it_nothing_is_told() -> None:
    run = scan([f"Nov 24 11:43:32 mx rspamd[4493]: {BODY}"])
    assert list(run) == []
    assert run.coverage.understood == 1


@pytest.mark.parametrize(
    "line", [REJECT.replace("(reject)", "(explode)"), REJECT[: REJECT.index("22.31")]]
)
def test_a_verdict_that_is_unknown_or_was_cut_is_not_understood(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


def test_what_a_symbol_quotes_is_no_recipient() -> None:
    forged = "asn:64500]), len: 1, time: 1ms, dns req: 1, rcpts: <v@example.org>"
    [told] = scan([REJECT.replace("asn:64500", forged)])
    assert (told.status, told.recipient) == (Status.REJECTED, None)
