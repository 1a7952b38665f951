"""FortiMail: events are read as Sendmail's, history lines where something was kept back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "fortimail.log"
EVENT, HISTORY = SAMPLE.read_text(encoding="utf-8").splitlines()[3:6:2]


def one(line: str) -> Delivery:
    [found] = scan([line])
    return found


def test_what_became_of_each_message() -> None:
    run = scan(SAMPLE)
    assert [(told.line, told.status, told.recipient, told.text) for told in run] == [
        (3, Status.SENT, "bob@example.org", "2.0.0 Ok: queued as 4E74613FE7"),
        (4, Status.BOUNCED, "eve@example.org", "550 5.1.1 <eve@example.org>: User unknown"),
        (5, Status.DEFERRED, "bob@example.org", "452 4.2.2 Mailbox full"),
        (6, Status.REJECTED, "bob@example.org", "Reject: FortiGuard AntiSpam-IP"),
        (7, Status.HELD, "bob@example.org", "Modify Subject;System Quarantine: Attachment Filter"),
    ]
    assert run.coverage.understood == run.coverage.lines == 8
    assert run.coverage.formats == {"fortimail": 8}


def test_an_event_has_the_time_the_session_and_the_sender() -> None:
    sent, refused, *_ = scan(SAMPLE, tz="UTC")
    assert sent.mta == "fortimail"
    assert sent.time == datetime(2026, 11, 24, 11, 43, 32, 410000, tzinfo=UTC)
    assert sent.queue_id == "5AO9hVcd012345-5AO9hVcd012346"
    assert (sent.sender, sent.message_id) == ("al@example.net", "7@example.net")
    assert (refused.reply_by, refused.relay_ip) == (ReplyBy.REMOTE, "192.0.2.25")


def test_a_line_by_syslog_and_a_line_without_names_of_the_time() -> None:
    plain = one(HISTORY)
    for line in (
        f"<22>{HISTORY}",
        f"Nov 24 11:44:02 fm1 {HISTORY}",
        HISTORY.replace("date=", "").replace(" time=", " "),
    ):
        found = one(line)
        assert (found.status, found.text, found.time) == (plain.status, plain.text, plain.time)


def test_a_refusal_that_an_event_has_told_in_words_is_not_told_again() -> None:
    refusal = EVENT.replace(
        EVENT[EVENT.index('msg="') :],
        'msg="ruleset=check_rcpt, arg1=<bob@example.org>, relay=c.example.net [203.0.113.9], '
        'reject=550 5.7.1 No"',
    )
    session = "5AO9hVcd012345-5AO9hVcd012346"
    again = HISTORY.replace("5AO9iVcd012351-5AO9iVcd012351", session)
    found = list(scan([refusal, again, HISTORY]))
    assert [(told.text, told.direction) for told in found] == [
        ("550 5.7.1 No", Direction.INCOMING),
        ("Reject: FortiGuard AntiSpam-IP", Direction.INCOMING),
    ]


@pytest.mark.parametrize(
    "line",
    [
        HISTORY.replace('subject="Win"', 'subject="x" disposition="Accept" virus="y"'),
        HISTORY.replace('disposition="Reject"', 'disposition="0x4"'),
        EVENT[: EVENT.index(", dsn=")],
        EVENT.replace("stat=User unknown", 'state="'),
    ],
)
def test_what_is_forged_unknown_or_cut_is_not_understood(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


def test_a_line_in_the_csv_format_has_commas_for_spaces() -> None:
    history = (
        "<187>date=2026-11-24,time=11:44:02,device_id=FE100C,log_id=0200025843,type=statistics,"
        'pri=information,session_id="5AO9-5AO9",client_name="c.example.net",client_ip="203.0.113.9",'
        'dst_ip="192.0.2.25",from="al@example.net",to="bob@example.org",subject="a, b",'
        'disposition="Reject",classifier="Session Limits",message_length="199986"'
    )
    found = one(history)
    assert (found.status, found.recipient) == (Status.REJECTED, "bob@example.org")
    assert (found.text, found.relay_ip) == ("Reject: Session Limits", "203.0.113.9")
    event = (
        "date=2026-11-24,time=11:43:33.410,device_id=FE100C,log_id=0300025843,type=event,"
        'subtype=smtp,pri=information,user=mail,ui=mail,action=NONE,status=N/A,session_id="5AO9hVcd012345",'
        'msg="to=<eve@example.org>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=30000, '
        'relay=mx.example.org. [192.0.2.25], dsn=5.1.1, reply=550 5.1.1 No, stat=User unknown"'
    )
    found = one(event)
    assert (found.status, found.recipient, found.text) == (
        Status.BOUNCED,
        "eve@example.org",
        "550 5.1.1 No",
    )
