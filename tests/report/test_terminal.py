"""The terminal report: all of it, at any width, and nothing of a log that a terminal obeys."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from rich.console import Console

from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan
from smtpreply.reasons import Actor, Reason
from smtpreply.report.findings import Findings
from smtpreply.report.terminal import terminal_report
from smtpreply.summary.counts import Counts
from smtpreply.summary.outcome import Outcome
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import TopCounter

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOSTILE = "\x1b[2J[red]\u202e</b>\r\n"


def drawn(
    summary: Summary,
    coverage: Coverage | None = None,
    *,
    width: int = 80,
    encoding: str = "utf-8",
    color: bool = False,
) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="")
    console = Console(
        file=file, width=width, force_terminal=color, color_system="truecolor" if color else None
    )
    console.print(terminal_report(summary, coverage or Coverage()))
    file.flush()
    return raw.getvalue().decode(encoding)


def attempt(status: Status, text: str, hour: int = 0, **fields: object) -> Delivery:
    given: dict[str, object] = {
        "time": START + timedelta(hours=hour),
        "direction": Direction.OUTGOING,
        "relay_host": "mx.example.org",
        "recipient": "bob@example.org",
        "sender": "al@example.com",
        "reply_by": ReplyBy.REMOTE,
        "delay": 1.5,
    }
    return Delivery(mta="postfix", status=status, text=text, **(given | fields))  # type: ignore[arg-type]


@pytest.fixture
def summary() -> Summary:
    return Summary.of(
        [
            *[attempt(Status.SENT, "250 Ok", hour) for hour in (0, 1, 1, 1, 5)],
            attempt(Status.SENT, "250 Ok", relay_host="gmail-smtp-in.l.google.com"),
            attempt(Status.BOUNCED, "550 5.1.1 No such user", 1),
            attempt(Status.DEFERRED, "554 5.7.1 listed at zen.spamhaus.org", 2, delay=7200),
            attempt(Status.BOUNCED, "554 Qwxyz 17", 2),
        ]
    )


def section(text: str, heading: str) -> list[str]:
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(heading)) + 1
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    return [line.strip() for line in lines[start:end]]


def test_the_headline_has_counts_shares_and_bars(summary: Summary) -> None:
    head = section(drawn(summary), "Outgoing: 9 deliveries")
    assert [line.split()[:3] for line in head] == [
        ["delivered", "6", "66.7%"],
        ["deferred", "1", "11.1%"],
        ["bounced", "2", "22.2%"],
    ]
    assert [line.count("█") for line in head] == [24, 4, 8]


def test_the_hours_are_a_line_with_those_that_had_no_mail(summary: Summary) -> None:
    hours = section(drawn(summary), "Over time, by hour")
    assert hours[0] == "delivered  peak 3 per hour  ▆█   ▃"
    assert hours[-1] == "all        peak 4 per hour  ▄█▄  ▂"


def test_a_reason_comes_with_who_acts_and_how(summary: Summary) -> None:
    text = drawn(summary)
    reasons = section(text, "Outbound failures and recommended actions")
    assert "1  No such recipient (unknown_recipient)" in reasons
    assert "The sender: Take the address off the list" in " ".join(reasons)


def test_providers_servers_and_the_rest_have_their_tables(summary: Summary) -> None:
    text = drawn(summary)
    assert section(text, "Providers")[1].split() == ["Gmail", "1", "0", "0", "1.5", "s"]
    assert section(text, "Providers")[2].startswith("Other servers")
    assert section(text, "Remote servers by failures")[1].split()[:2] == ["3", "8"]
    assert section(text, "Recipients' domains")[1].split() == ["example.org", "6", "1", "2"]
    assert section(text, "Block lists cited") == ["1  Spamhaus ZEN"]
    assert section(text, "Recipients by bounces") == ["2  bob@example.org"]
    assert section(text, "Unclassified replies") == ["1  554 Qwxyz <number>"]
    assert "status and code differ  deferred 5xx: 1" in section(text, "Replies")
    assert any(line.split()[:3] == ["deferred", "2.0", "h"] for line in section(text, "Delay"))


def test_what_was_not_read_is_said() -> None:
    coverage = Coverage(lines=10, known=8, understood=4, deliveries=3)
    coverage.formats["postfix"] = 8
    coverage.shapes.update({"what <number>": 3, HOSTILE: 1})
    coverage.problems += [f"mail.log.{number}: ends too early {HOSTILE}" for number in range(10)]
    text = drawn(Summary(), coverage)
    assert section(text, "Input")[1:3] == [
        "8  recognised: postfix 8 (80.0%)",
        "4  understood (40.0%)",
    ]
    assert "3  what <number>" in section(text, "Lines not understood")
    assert section(text, "Problems")[-1] == "and 2 problems more"


def test_nothing_is_said_of_what_is_not_there() -> None:
    text = drawn(Summary())
    assert [line for line in text.splitlines() if line and line[0] != " "] == [
        "Mail delivery report",
        "0 deliveries",
        "Input",
    ]


def test_a_long_list_says_that_it_goes_on_and_an_inexact_one_says_so() -> None:
    summary = Summary(outgoing=Counts(refused_recipient=TopCounter(capacity=10)))
    for number in range(100):
        summary.add(attempt(Status.BOUNCED, "550 no", recipient=f"{number}@example.org"))
    text = drawn(summary)
    assert "more: there are too many" in text
    assert any(line.startswith("and ") for line in section(text, "Recipients by bounces"))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_every_width_will_do(summary: Summary, width: int) -> None:
    assert all(len(line) <= width for line in drawn(summary, width=width).splitlines())


def test_a_terminal_without_unicode_gets_ascii(summary: Summary) -> None:
    assert "####" in drawn(summary, encoding="ascii")


@pytest.mark.parametrize("color", [True, False])
def test_nothing_in_a_log_becomes_an_order_to_the_terminal(color: bool) -> None:
    said = attempt(
        Status.BOUNCED,
        f"554 {HOSTILE}",
        sender=HOSTILE,
        recipient=f"{HOSTILE}@{HOSTILE}",
        relay_host=HOSTILE,
    )
    client = attempt(Status.REJECTED, "554 no", direction=Direction.INCOMING, relay_ip=HOSTILE)
    coverage = Coverage(lines=1, known=1, problems=[HOSTILE])
    coverage.shapes[HOSTILE] += 1
    coverage.formats[HOSTILE] += 1
    text = drawn(Summary.of([said, client]), coverage, color=color, width=300)
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert "\r" not in text
    assert text.count(r"\x1b[2J[red]\u202e</b>\r\n") >= 6


def test_outcomes_have_their_colours(summary: Summary) -> None:
    text = drawn(summary, color=True)
    for outcome, code in ((Outcome.DELIVERED, 32), (Outcome.DEFERRED, 33), (Outcome.BOUNCED, 31)):
        assert f"\x1b[{code}m{outcome.value}" in text


def test_a_long_log_fits_in_the_line() -> None:
    summary = Summary.of(attempt(Status.SENT, "250 Ok", hour) for hour in range(0, 500, 7))
    found = section(drawn(summary), "Over time, by 9 hours")
    assert len(found) == 1
    assert len(found[0].partition("peak 2  ")[2]) == 56


@pytest.mark.parametrize(
    ("status", "text", "removes"),
    [
        (Status.DEFERRED, "450 4.1.1 User unknown", False),
        (Status.BOUNCED, "550 5.1.1 User unknown", True),
        (Status.BOUNCED, "550", False),
        (Status.BOUNCED, "550 Sorry", False),
    ],
)
def test_an_address_is_taken_off_the_list_once_a_text_proves_that_it_is_dead(
    status: Status, text: str, *, removes: bool
) -> None:
    findings = Findings.of(Counts.of([attempt(status, text)] * 3))
    [row] = findings.reasons
    assert row.reason is Reason.UNKNOWN_RECIPIENT
    assert (row.action == row.advice.action) is removes
    assert ("Take the address off" in row.action) is removes


def test_a_row_of_proven_and_unproven_addresses_tells_both_steps() -> None:
    texts = ["550 5.1.1 User unknown"] * 2 + ["550"] * 3
    [row] = Findings.of(Counts.of(attempt(Status.BOUNCED, text) for text in texts)).reasons
    assert row.action.startswith("2 of 5: Take the address off the list")
    assert "Others: Check the address for a typo" in row.action


def test_greylisting_calls_for_action_where_the_message_was_given_up() -> None:
    waits = attempt(Status.DEFERRED, "450 4.2.0 Greylisted")
    given_up = attempt(Status.EXPIRED, "450 4.2.0 Greylisted")
    [row] = Findings.of(Counts.of([waits] * 4)).reasons
    assert (row.gain, row.actor, row.action) == (0, Actor.NOBODY, "No action needed.")
    [row] = Findings.of(Counts.of([*[waits] * 4, given_up])).reasons
    assert (row.gain, row.actor) == (1, Actor.POSTMASTER)
    assert row.action.startswith("1 of 5: Send the message again")


def test_only_local_failures_are_our_own() -> None:
    failed = attempt(Status.BOUNCED, "554 5.3.0 Internal server error")
    for direction, blamed in ((Direction.LOCAL, "our own server"), (None, "the receiving system")):
        text = drawn(Summary.of([attrs.evolve(failed, direction=direction, reply_by=None)]))
        assert f"1  Error of {blamed} (system_error)" in text


def test_no_line_ends_in_spaces(summary: Summary) -> None:
    for color in (False, True):
        lines = drawn(summary, color=color).splitlines()
        assert [line for line in lines if line != line.rstrip()] == []


def test_failures_without_a_text_are_accounted_for(summary: Summary) -> None:
    summary.add(attempt(Status.EXPIRED, ""))
    assert "1 more have no text in the log" in drawn(summary)


def test_own_trouble_comes_first_and_is_blamed_on_nobody_else() -> None:
    lines = [
        f"Nov 24 11:0{minute}:02 mx1 postfix/{line}"
        for minute in range(3)
        for line in (
            "smtpd[43]: fatal: open database /etc/postfix/virtual.db: No such file or directory",
            "error[44]: 4E74613FE8: to=<bob@example.org>, relay=none, delay=12, delays=12/0/0/0, "
            "dsn=4.3.0, status=deferred (unknown mail transport error)",
            "smtpd[45]: warning: hostname mx.example.net does not resolve to address 192.0.2.9",
        )
    ]
    run = scan(lines, year=2026)
    summary = Summary.of(run)
    text = drawn(summary, run.coverage)
    headings = [line for line in text.splitlines() if line and line[0] != " "]
    assert headings[3:] == [
        "Trouble of our own servers",
        "Local: 3 deliveries",
        "Local: failures",
        "Local: delay, from arrival to the attempt",
        "Warnings about other hosts",
        "Input",
    ]
    assert section(text, "Local: failures")[0] == "3  Error of our own server (system_error)"
    assert "receiving" not in text
    assert summary.outgoing.deliveries == 0
