"""Lines that were cut: what still shows that it is about a delivery is not lost in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smtpreply.logs import scan

DATA = Path(__file__).parents[2] / "data" / "logs"

# What shows that a line tells what became of a message.
OUTCOMES = {
    "cisco_esa": r": (?:Bounced|Delayed|Message done |MID [0-9]+ RID \[)",
    "dma": r"\]: (?:<|remote delivery|connect to )",
    "domino": r"ReceiveResponse: ",
    "dovecot": r": (?:saved mail|stored mail|save failed|Sent message|Failed to (?:send|relay))",
    "haraka": r"outbound\] +(?:recipient <|delivered file=)",
    "kerio": r"Sent: Queue-ID: ",
    "nullmailer": r"\]: (?:smtp: |Sending |Sent )",
    "zonemta": r" (?:ACCEPTED|DEFERRED|REJECTED)",
}


def _understood(line: str) -> tuple[int, int]:
    """Return how many deliveries a line has, and how many lines were understood."""
    run = scan([line], year=2026)
    return len(list(run)), run.coverage.understood


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_outcome_that_was_cut_is_read_or_not_understood(name: str) -> None:
    text = (DATA / f"{name}.log").read_text(encoding="utf-8", errors="surrogateescape")
    tried = 0
    for line in dict.fromkeys(text.splitlines()):
        shown = re.search(OUTCOMES[name], line)
        if shown is None or not _understood(line)[0]:
            continue
        for end in range(shown.end(), len(line)):
            deliveries, understood = _understood(line[:end])
            assert deliveries or not understood, line[:end]
            tried += 1
    assert tried


POSTFIX = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (550 no)"
)


@pytest.mark.parametrize(
    "line",
    [POSTFIX[:end] for end in range(POSTFIX.index("to="), POSTFIX.index("(550"))]
    + [
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=x",
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, status=weird (x)",
    ],
)
def test_a_delivery_of_postfix_that_was_cut_before_its_status_is_not_understood(line: str) -> None:
    assert _understood(line) == (0, 0)


@pytest.mark.parametrize(
    "line",
    [
        "Nov 24 11:43:32 mx smtpd[42]: ba6a2a2629b48883 mta delivery evpid=8f26ea98359eccea from=",
        'Nov 24 11:43:32 mx smtpd[42]: ba6a2a2629b48883 smtp failed-command command="RCPT',
        "Nov 24 11:43:32 mx courieresmtpd: error,relay=203.0.113.9,from=<a@b.example>",
        "Nov 24 11:43:32 mx courieresmtp: id=0038C081.4D026173.000051A4,from=<a@b.example>,addr=<b",
        "2026-11-24 11:43:32 dovecot_login authenticator failed for (x) [203.0.113.9]:42",
    ],
)
def test_a_refusal_that_was_cut_is_not_understood(line: str) -> None:
    assert _understood(line) == (0, 0)


def test_an_outcome_of_maddy_whose_fields_were_cut_is_not_understood() -> None:
    line = 'maddy[42]: queue: delivered\t{"attempt":1,"msg_id":"fa2790f2","rcpt":"amy@example.org"}'
    assert _understood(f"Nov 24 11:43:32 mx {line}") == (1, 1)
    assert _understood(f"Nov 24 11:43:32 mx {line[:-5]}") == (0, 0)
