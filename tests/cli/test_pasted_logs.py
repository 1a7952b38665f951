"""Lines of logs, pasted into `classify` and `explain`: what became of the message counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from smtpreply import classify
from smtpreply.cli.group import group
from smtpreply.logs import Delivery, Status, scan

DATA = Path(__file__).parent.parent / "data"
# A mail and a session are more than their lines.
SAMPLES = [
    *(path for path in sorted((DATA / "logs").iterdir()) if path.suffix != ".mbox"),
    DATA / "sample.log",
]
FITTING = {
    Status.SENT: {"delivered"},
    Status.ACCEPTED: {"delivered"},
    Status.DEFERRED: {"retry", "retry_slower"},
    Status.BOUNCED: {"stop", "review"},
    Status.EXPIRED: {"stop", "review"},
    Status.REJECTED: {"stop", "review", "retry", "retry_slower"},
}
EXIM = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd "
REFUSED = (
    "SMTP error from remote mail server after RCPT TO:<bob@example.org>: 550 5.1.1 No such user"
)


def lines_of(path: Path) -> Iterator[tuple[str, Delivery]]:
    """Yield the lines of a sample that report one delivery, each for itself."""
    for line in path.read_text("utf-8", "surrogateescape").splitlines():
        found = list(scan([line])) if line.strip() else []
        if len(found) == 1 and found[0].status in FITTING:
            yield line, found[0]


def run(*arguments: str, given: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(group, arguments, input=given.encode("utf-8", "surrogateescape"))
    assert result.exit_code == 0, (given, result.output)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_line_of_a_log_is_judged_by_its_outcome(path: Path) -> None:
    """In no format is what was delivered a failure, or what is tried again the end."""
    for line, delivery in lines_of(path):
        assert delivery.status is not None
        [row] = run("classify", "--json", "-", given=line)
        [explained] = run("explain", "--json", "-", given=line)
        for verdict in (row, explained["verdict"]):
            assert isinstance(verdict, dict)
            if delivery.text is None and verdict["reason"] == "unknown":
                continue  # nobody knows
            assert verdict["disposition"] in FITTING[delivery.status], line
            if delivery.verdict is not None:
                assert verdict["suppress"] == delivery.verdict.suppress, line


def test_most_formats_have_such_lines() -> None:
    """The others are tables, whose head names the columns, or report incoming mail alone."""
    assert sum(any(lines_of(path)) for path in SAMPLES) > 0.75 * len(SAMPLES)


@pytest.mark.parametrize(
    "line",
    [
        f"{EXIM}== bob@example.org R=dns T=smtp defer (-44) H=mx [192.0.2.1]: {REFUSED}",
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=5.1.1, status=deferred "
        "(host mx.example.org[192.0.2.1] said: 550 5.1.1 No (in reply to RCPT TO command))",
        "Nov 24 11:43:32 mx sendmail[42]: 4AOAhW1x000042: to=<bob@example.org>, delay=00:00:01, "
        "mailer=esmtp, relay=mx.example.org. [192.0.2.1], dsn=5.1.1, stat=Deferred: 550 5.1.1 No",
        "@400000006925bea50a3c11f8 delivery 184: deferral: "
        "192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_No/",
        "Nov 24 11:43:32 mx courieresmtp: id=1.2.3,from=<al@example.com>,addr=<bob@example.org>,"
        "status: deferred: 550 5.1.1 No such user",
        "Nov 24 11:43:32 mx smtpd[42]: 7c21a2 mta delivery evpid=1 to=<bob@example.org> "
        'result="TempFail" stat="550 5.1.1 No such user"',
    ],
)  # fmt: skip
def test_what_a_field_says_was_deferred_is_tried_again(line: str) -> None:
    """`classify` of the library knows no formats, but their words for it."""
    verdict = classify(line)
    assert (verdict.disposition.value, verdict.suppress) == ("retry", False)


def test_what_a_reply_says_of_itself_is_no_field_of_a_log() -> None:
    assert classify("550 5.1.1 No such user, status=deferred").disposition.value == "stop"


def test_what_came_in_suppresses_nobody() -> None:
    line = (
        "Nov 24 11:43:32 mx postfix/smtpd[42]: NOQUEUE: reject: RCPT from c[203.0.113.9]: "
        "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown; "
        "from=<al@example.com> to=<bob@example.org> proto=ESMTP helo=<c>"
    )
    [row] = run("classify", "--json", "-", given=line)
    assert (row["reason"], row["suppress"]) == ("unknown_recipient", False)


def test_a_line_without_words_has_its_outcome() -> None:
    line = "Nov 24 11:53:31 mx1 dma[17c0.560e2b2000]: <bob@example.org> delivery successful"
    [row] = run("classify", "--json", "-", given=line)
    [explained] = run("explain", "--json", "-", given=line)
    assert row["reason"] == "accepted"
    assert (explained["recipient"], explained["status"]) == ("bob@example.org", "sent")
