"""OpenSMTPD's logs: deliveries in the forms of several versions, and refusals."""

from __future__ import annotations

import pytest

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

HEAD = "Nov 24 11:43:32 mx1 smtpd[42]: "
DELIVERY = (
    '4b3a6c195c1f6010 mta delivery evpid=8f26ea98359eccea from=<al@example.com> '
    'to=<bob@example.org> rcpt=<team@example.org> source="203.0.113.1" '
    'relay="192.0.2.1 (mx.example.org)" delay=1m2s result="{}" stat="{}"'
)  # fmt: skip


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    return delivery


@pytest.mark.parametrize(
    ("result", "status"),
    [("Ok", Status.SENT), ("TempFail", Status.DEFERRED), ("PermFail", Status.BOUNCED)],
)
def test_every_field_of_a_delivery_is_read(result: str, status: Status) -> None:
    for form in (DELIVERY, DELIVERY.replace("mta delivery", "mta event=delivery")):
        found = one(HEAD + form.format(result, '550 5.7.1 We "really" refuse'))
        assert (found.status, found.delay, found.queue_id) == (status, 62.0, "8f26ea98359eccea")
        assert (found.sender, found.recipient, found.orig_recipient) == (
            "al@example.com",
            "bob@example.org",
            "team@example.org",
        )
        assert (found.relay_host, found.relay_ip) == ("mx.example.org", "192.0.2.1")
        assert found.reply is not None
        assert found.reply.text == 'We "really" refuse'


def test_the_lines_of_version_5_are_read() -> None:
    found = one(
        f"{HEAD}relay: PermFail for 6430369adcce4408: session=7818378a988ca63b, "
        "from=<al@example.com>, to=<bob@example.org>, rcpt=<->, source=203.0.113.1, "
        "relay=192.0.2.1 (mx.example.org), delay=0s, stat=550 Invalid recipient"
    )
    assert (found.status, found.orig_recipient, found.delay) == (Status.BOUNCED, None, 0.0)
    assert found.reply is not None
    assert found.reply.code == 550


def test_a_delivery_agent_quotes_the_reply_of_the_lmtp_server() -> None:
    line = HEAD + DELIVERY.replace("mta", "mda").replace('stat="{}"', "stat={}")
    said = 'Error (temporary failure: "mail.lmtp: LMTP server error: 550 5.7.1 No")'
    found = one(line.format("TempFail", said))
    assert (found.status, found.direction) == (Status.DEFERRED, Direction.LOCAL)
    assert (found.text, found.reply_by) == ("550 5.7.1 No", ReplyBy.REMOTE)
    own = one(line.format("TempFail", "Error (mda is busy)"))
    assert own.diagnostic == "Error (mda is busy)"


@pytest.mark.parametrize(
    "line",
    [
        '4b3a6c195c1f6010 smtp failed-command command="RCPT TO:<b@c>" result="550 Invalid"',
        '4b3a6c195c1f6010 smtp event=failed-command address=203.0.113.9 host=c command="RCPT TO:'
        '<b@c>" result="550 Invalid"',
        'smtp-in: Failed command on session 7818378b78e6ffe0: "RCPT TO:<b@c>" => 550 Invalid',
    ],
)
def test_the_reply_of_a_refusal_is_our_own(line: str) -> None:
    found = one(HEAD + line)
    assert (found.text, found.reply_by, found.stage) == ("550 Invalid", ReplyBy.OWN, Stage.RCPT)


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        (r"j\M-C\M-<rgen@example.org", "jürgen@example.org"),
        (r"\M-g\M^T\M-(\M-f\M^H\M-7@example.org", "用户@example.org"),
        (r'"a\\"b"@example.org', r'"a\"b"@example.org'),
        (r"\^H\t\033\^?@example.org", "\b\t\x1b\x7f@example.org"),
        (r"\M-C@example.org", "\udcc3@example.org"),
        (r"a\q\-b\@example.org", r"a\q\-b\@example.org"),
        ("\udcc3\\t@example.org", "\udcc3\t@example.org"),
    ],
)
def test_a_command_is_read_as_it_was_sent(written: str, recipient: str) -> None:
    """It is logged as strnvis(3) writes it."""
    line = f'4b3a6c195c1f6010 smtp failed-command command="RCPT TO:<{written}>" result="550 No"'
    assert one(HEAD + line).recipient == recipient


def test_lines_without_a_delivery() -> None:
    run = scan([HEAD + "4b3a6c195c1f6010 smtp connected address=local", HEAD + "odd"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)
    assert one(DELIVERY.format("Ok", "250 Ok")).mta == "opensmtpd"


@pytest.mark.parametrize(
    ("line", "deliveries"),
    [
        ('failed-command command="AUTH LOGIN" result="503 5.5.1 Invalid command"', 1),
        ('event=failed-command command="RCPT TO:<bob@example.org>" result="550 Invalid"', 1),
        ('bad-input result="500 5.5.1 Invalid command: Pipelining not supported"', 1),
        ("connected address=192.0.2.1 host=<unknown>", 0),
        ("disconnected reason=quit", 0),
    ],
)
def test_a_line_of_a_session_is_known_without_its_program(line: str, deliveries: int) -> None:
    run = scan([f"c1a89cb774083905 smtp {line}"])
    assert len(list(run)) == deliveries
    assert (run.coverage.formats, run.coverage.understood) == ({"opensmtpd": 1}, 1)


@pytest.mark.parametrize("form", ["bad-input", "event=bad-input address=192.0.2.9 host=c.example"])
def test_bad_input_is_answered(form: str) -> None:
    opened = "4b3a6c195c1f6010 smtp connected address=192.0.2.9 host=c.example"
    line = f'4b3a6c195c1f6010 smtp {form} result="500 5.5.1 Invalid command"'
    [found] = scan([HEAD + opened, HEAD + line])
    assert (found.direction, found.status, found.reply_by) == (
        Direction.INCOMING,
        Status.REJECTED,
        ReplyBy.OWN,
    )
    assert (found.relay_ip, found.text, found.recipient, found.stage) == (
        "192.0.2.9",
        "500 5.5.1 Invalid command",
        None,
        None,
    )


def test_what_an_administrator_removes_is_thrown_away() -> None:
    found = one(
        f"{HEAD}relay: Remove for 8f26ea98359eccea: from=<al@example.com>, to=<bob@example.org>, "
        "rcpt=<->, delay=1h, stat=Removed by administrator"
    )
    assert (found.status, found.recipient, found.reply_by) == (
        Status.DISCARDED,
        "bob@example.org",
        None,
    )
