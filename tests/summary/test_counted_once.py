"""A message that a filter on the same host takes and gives back is counted once."""

import pytest

from smtpreply.logs import scan
from smtpreply.summary.summary import Summary

HEAD = "Nov 24 11:43:32 mx1 postfix/"
HANDED = (
    HEAD + "smtp[7]: 4E74613FE7: to=<bob@example.org>, relay={}:10024, delay=3, "
    "delays=1/0/0/2, dsn=2.0.0, status=sent ({})"
)
BACK = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"
LAST = (
    HEAD + "smtp[8]: 3C1D8F20A4: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, "
    "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
)


@pytest.mark.parametrize("relay", ["127.0.0.1[127.0.0.1]", "localhost[::1]"])
def test_both_attempts_are_kept_and_one_outcome_is_counted(relay: str) -> None:
    lines = [HANDED.format(relay, BACK), LAST]
    assert len(list(scan(lines))) == 2
    for found in (scan(lines), scan(lines).bundled()):
        summary = Summary.of(found).outgoing
        assert summary.deliveries == 2
        assert dict(summary.outcome) == {"delivered": 1, "other": 1}


@pytest.mark.parametrize(
    ("relay", "words"),
    [
        ("mx.example.org[192.0.2.1]", BACK),  # their filter, not ours: it is theirs now
        ("127.0.0.1[127.0.0.1]", "250 2.0.0 Ok: queued as 3C1D8F20A4"),  # may be the last server
        ("127.0.0.1[127.0.0.1]", "250 2.7.0 Ok, discarded, from MTA(none): 250 Ok"),
    ],
)
def test_what_does_not_come_back_is_counted(relay: str, words: str) -> None:
    lines = [HANDED.format(relay, words)]
    for found in (scan(lines), scan(lines).bundled()):
        assert dict(Summary.of(found).outgoing.outcome) == {"delivered": 1}
