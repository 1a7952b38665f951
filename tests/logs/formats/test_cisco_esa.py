"""The log of Cisco's email gateway: replies that Python wrote, and numbers that lead elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "cisco_esa.log"
HEAD = "Info: Bounced: DCID 2 MID 7 From: <al@example.com> To: <bob@example.org> RID 0 - "


def account(lines: list[str], **options: Any) -> Coverage:
    run = scan(lines, **options)
    assert list(run) == []
    return run.coverage


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    assert delivery.mta == "cisco-esa"
    return delivery


def test_numbers_lead_to_who_wrote_to_whom() -> None:
    run = scan(SAMPLE, tz="UTC")
    eve, bob = run
    assert (run.coverage.lines, run.coverage.understood) == (12, 12)
    assert (eve.recipient, eve.sender) == ("eve@example.org", "al@example.com")
    assert (eve.relay_ip, eve.relay_port, eve.queue_id) == ("192.0.2.1", 25, "7")
    assert eve.text == "550-5.1.1 <eve@example.org>: No\n550 5.1.1 such user: it's \u00fcber"
    assert (eve.status, eve.reply_by, str(eve.dsn)) == (Status.BOUNCED, ReplyBy.REMOTE, "5.1.1")
    assert eve.time == datetime(2026, 11, 24, 11, 43, 31, tzinfo=UTC)
    assert (bob.recipient, bob.status, bob.message_id) == (
        "bob@example.org",
        Status.SENT,
        "7@example.com",
    )
    assert (bob.text, bob.stage) == ("2.0.0 Ok: queued as 4Zq8", Stage.END_OF_DATA)
    assert (bob.reply, bob.direction) == (None, Direction.OUTGOING)  # the code is not logged


@pytest.mark.parametrize(
    "line",
    [
        "Tue Nov 24 11:43:31 2026 Info: Delayed: DCID 2 MID 7 From: <a@b> To: <bob@example.org> "
        "RID 0 ",
        "Delayed: DCID 2 MID 7 From:<a@b> To:<bob@example.org> RID 0 ",
        "Nov 24 11:43:31 esa1 mail_logs: Info: Delayed: DCID 2 MID 7 From: <a@b> To: "
        "<bob@example.org> RID 0 ",
        "Tue Nov 24 11:43:31 2026 Warning: Delayed by destination server: DCID 2 MID 7 From: <a@b> "
        "To: <bob@example.org> RID 0 ",
    ],
)
def test_heads_of_all_versions(line: str) -> None:
    found = one(line + "- 4.3.2 - Not accepting messages at this time ('421', ['4.3.2 later'])")
    assert (found.recipient, found.status, found.text) == (
        "bob@example.org",
        Status.DEFERRED,
        "421 4.3.2 later",
    )


def test_the_first_versions_named_no_recipient() -> None:
    found = one(
        "Tue Nov 24 11:43:31 2026 Info: Bounced: DCID: 9 Message 7 to 0 - 5.1.0 - Unknown address "
        "error ('554', ['Too long line.']) []"
    )
    assert (found.queue_id, found.recipient, found.text) == ("7", None, "554 Too long line.")


@pytest.mark.parametrize(
    ("words", "text", "status"),
    [
        ("5.4.7 - Delivery expired (message too old) ('000', ['timeout'])",
         "Delivery expired (message too old): timeout", Status.EXPIRED),
        ("5.1.2 - Bad destination host ('000', [])", "Bad destination host", Status.BOUNCED),
        ("5.1.2 - Bad destination host", "Bad destination host", Status.BOUNCED),
    ],
)  # fmt: skip
def test_where_no_server_answered_there_is_no_reply(words: str, text: str, status: Status) -> None:
    found = one(HEAD + words)
    assert (found.diagnostic, found.reply, found.status) == (text, None, status)


def test_an_expired_message_keeps_what_was_said_last() -> None:
    found = one(HEAD + "5.4.7 - Delivery expired (message too old) ('451', ['Try later'])")
    assert (found.status, found.text) == (Status.EXPIRED, "451 Try later")


def test_a_reply_cannot_play_another_field() -> None:
    found = one(
        HEAD + r"""5.1.0 - Unknown address error ('550', ['x\'\\', "('250', ['ok'])\n"]) []"""
    )
    assert found.text == "550-x'\\\n550 ('250', ['ok'])"
    assert (found.recipient, found.status) == ("bob@example.org", Status.BOUNCED)


def test_a_message_that_is_done_without_a_response_was_sent() -> None:
    found = list(scan(["Info: Message done DCID 8 MID 7 to RID [0, 3]"]))
    assert [delivery.status for delivery in found] == [Status.SENT, Status.SENT]
    assert {delivery.text for delivery in found} == {None}


@pytest.mark.parametrize("response", ["2.0.0 Ok: queued", "'2.0.0 Ok: queued'"])
def test_a_response_may_stand_behind_the_end(response: str) -> None:
    [found] = scan(
        [
            "Info: New SMTP DCID 8 interface 192.0.2.9 address 192.0.2.1 port 25",
            "Info: Message done DCID 8 MID 7 to RID [0]",
            f"Info: MID 7 RID [0] Response {response}",
            "Info: DCID 8 close",
        ]
    )
    assert (found.text, found.relay_ip) == ("2.0.0 Ok: queued", "192.0.2.1")


def test_what_has_no_response_is_told_when_the_connection_is_closed() -> None:
    done, later = scan(
        [
            "Info: Message done DCID 8 MID 7 to RID [0]",
            "Info: DCID 8 close",
            "Info: MID 9 RID [0] Response 'Ok'",
            "Info: Message done DCID 9 MID 9 to RID [0]",
        ]
    )
    assert [(found.queue_id, found.text) for found in (done, later)] == [("7", None), ("9", "Ok")]


def test_no_end_waits_for_its_response_without_bound() -> None:
    log = [f"Info: Message done DCID 8 MID {mid} to RID [0]" for mid in range(2500)]
    log += [f"Info: Message done DCID {dcid} MID 1 to RID [0]" for dcid in range(9, 30009)]
    assert len(list(scan(log))) == len(log)


@pytest.mark.parametrize(
    ("event", "status"), [("Bounced", Status.BOUNCED), ("Delayed", Status.DEFERRED)]
)
def test_a_bounce_log_has_all_in_one_line(event: str, status: Status) -> None:
    found = one(
        f"Tue Nov 24 11:43:31 2026 Info: {event}: 7:0 From:<al@example.com> To:<bob@example.org> "
        """Reason: "5.1.0 - Unknown address error" Response: "('550', ['5.1.1 No'])" """
    )
    assert (found.text, found.recipient, found.sender, found.status) == (
        "550 5.1.1 No",
        "bob@example.org",
        "al@example.com",
        status,
    )


def test_a_day_that_there_is_not_is_no_time() -> None:
    line = "Tue Feb 31 11:43:31 2026 Info: Message done DCID 8 MID 7 to RID [0]"
    assert one(line).time is None


def test_debug_logs_hold_sessions() -> None:
    log = [
        "Tue Nov 24 11:43:31 2026 Info: 102503993 Sent: 'RCPT TO:<bob@example.org>'",
        "Tue Nov 24 11:43:31 2026 Info: 102503993 Rcvd: '550 5.1.1 It\\'s unknown'",
        r"Tue Nov 24 11:43:31 2026 Info: Rcvd from '203.0.113.9': 'MAIL FROM:<x@y>\015\012'",
        r"Tue Nov 24 11:43:31 2026 Info: Sent to '203.0.113.9': '450 Later\015\012'",
    ]
    theirs, ours = scan(log)
    assert (theirs.text, theirs.recipient) == ("550 5.1.1 It's unknown", "bob@example.org")
    assert (theirs.stage, theirs.status) == (Stage.RCPT, Status.BOUNCED)
    assert (ours.text, ours.reply_by, ours.stage) == ("450 Later", ReplyBy.OWN, Stage.MAIL)
    assert (ours.relay_ip, ours.status) == ("203.0.113.9", Status.REJECTED)
    assert ours.time is not None


def test_lines_of_others_are_not_understood() -> None:
    run = scan(["Info: MIDI DCID", "Nov 24 11:43:31 esa1 mail_logs: Info: MID"])
    assert (list(run), run.coverage.known) == ([], 0)
    assert account(["x"], format="cisco-esa").understood == 0


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from(["5.1.0 - ", "5.1.0 - x ('550', [", "5.1.0 - x ('550', ['"]))
def test_any_words_are_read(words: str, start: str) -> None:
    """Whatever stands behind a status, it is one delivery."""
    if "\n" not in words and "\0" not in words:
        assert one(HEAD + start + words).to_dict()


@pytest.mark.parametrize(
    "head", ["Mon Nov 24 11:43:32 2025 ", "Nov 24 11:43:32 mail_logs: ", "<22>"]
)
def test_what_the_gateway_refuses(head: str) -> None:
    lines = [
        f"{head}Info: New SMTP ICID 5 interface Data 1 (192.0.2.9) address 203.0.113.9 reverse dns",
        f"{head}Info: ICID 5 To: <bob@example.org> Rejected by RAT",
        f"{head}Info: ICID 5 REJECT SG BLOCKED match sbrs[-10.0:-3.0] SBRS -9.1",
        f"{head}Info: Message aborted MID 7 Dropped by CASE",
        f'{head}Info: MID 8 quarantined to "Policy" (message filter:x)',
    ]
    rat, rejected, dropped, held = scan(lines)
    assert (rat.status, rat.recipient, rat.relay_ip, rat.stage) == (
        Status.REJECTED,
        "bob@example.org",
        "203.0.113.9",
        Stage.RCPT,
    )
    assert (rejected.status, rejected.stage) == (Status.REJECTED, Stage.CONNECT)
    assert (dropped.status, dropped.queue_id) == (Status.DISCARDED, "7")
    assert (held.status, held.queue_id) == (Status.HELD, "8")
    assert {each.direction for each in (rat, rejected, dropped, held)} == {Direction.INCOMING}


def test_a_syslog_without_a_host() -> None:
    line = (
        "Nov 24 11:43:32 mail_logs: Info: Bounced: DCID 8 MID 19 From: <a@example.net> "
        "To: <bob@example.org> RID 0 - 5.1.0 - Unknown address error ('550', ['5.1.1 Unknown'])"
    )
    [delivery] = scan([line], year=2025)
    assert (delivery.text, delivery.recipient) == ("550 5.1.1 Unknown", "bob@example.org")
    assert delivery.time is not None
    assert delivery.time.isoformat().startswith("2025-11-24T11:43:32")


@pytest.mark.parametrize("priority", ["", "<22>"])
def test_the_stamp_of_a_syslog_without_a_host(priority: str) -> None:
    [found] = scan(
        [
            f"{priority}Nov 24 11:43:32 mail_logs: Info: Bounced: DCID 8 MID 7 to RID 0 - 5.1.0 - "
            "Unknown address error ('550', ['5.1.1 No such user']) []"
        ],
        year=2026,
        tz="UTC",
    )
    assert found.time is not None
    assert found.time.isoformat() == "2026-11-24T11:43:32+00:00"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("ICID 3 TCPREFUSE SG BLOCKED match sbrs[-10.0:-3.0] SBRS -5.1", Status.REJECTED),
        (
            "ICID 3 Dropping connection due to potential Directory Harvest Attack from "
            "host=('192.0.2.1', None), dhap_limit=25, sender_group=X, listener=In",
            Status.REJECTED,
        ),
        (
            'MID 7 enqueued for transfer to centralized quarantine "Policy" (content filter x)',
            Status.HELD,
        ),
    ],
)
def test_what_is_refused_at_once_and_what_another_host_keeps(words: str, status: Status) -> None:
    [found] = scan([f"Tue Nov 24 11:43:31 2026 Info: {words}"])
    assert found.status is status
