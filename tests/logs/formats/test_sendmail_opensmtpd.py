"""The logs of Sendmail and of OpenSMTPD."""

from __future__ import annotations

import pytest

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SENDMAIL = "Nov 24 11:43:32 mx1 sm-mta[42]: 4AOBhVx2012345: "
TO = "to=<bob@example.org>, ctladdr=<al@example.com> (33/33), delay=1+02:00:03, xdelay=00:00:01, "
RELAY = "mailer=esmtp, pri=120314, relay=mx.example.org. [192.0.2.1], "
SMTPD = "Nov 24 11:43:32 mx1 smtpd[42]: "
NEW = (
    '4b3a6c195c1f6010 mta delivery evpid=8f26ea98359eccea from=<al@example.com> '
    'to=<bob@example.org> rcpt=<team@example.org> source="203.0.113.1" '
    'relay="192.0.2.1 (mx.example.org)" delay=1m2s result="{}" stat="{}"'
)  # fmt: skip


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    return delivery


# --- Sendmail ------------------------------------------------------------------------------


def test_sendmail_tells_every_field_of_a_delivery() -> None:
    log = [
        SENDMAIL + "from=<al@example.com>, size=9, class=0, msgid=<7@example.com>, proto=",
        f"{SENDMAIL}{TO}{RELAY}dsn=4.1.8, stat=Deferred: 450 4.1.8 <al@example.com>: No, stat=Sent",
    ]
    [found] = scan(log, year=2026)
    assert (found.sender, found.message_id, found.recipient) == (
        "al@example.com",
        "7@example.com",
        "bob@example.org",
    )
    assert (found.relay_host, found.relay_ip) == ("mx.example.org", "192.0.2.1")
    assert (found.status, found.delay, str(found.dsn)) == (Status.DEFERRED, 93603.0, "4.1.8")
    assert (found.reply_by, found.direction) == (ReplyBy.REMOTE, Direction.OUTGOING)
    assert found.reply is not None
    assert (found.reply.code, found.reply.text) == (450, "<al@example.com>: No, stat=Sent")


def test_sendmail_keeps_no_code_of_a_success() -> None:
    found = one(f"{SENDMAIL}{TO}{RELAY}dsn=2.0.0, stat=Sent (Ok: queued as 4Zq8mN2c7TzXb)")
    assert (found.status, found.stage, found.reply_by) == (
        Status.SENT,
        Stage.END_OF_DATA,
        ReplyBy.REMOTE,
    )
    assert (found.reply, found.text) == (None, "Ok: queued as 4Zq8mN2c7TzXb")


def test_sendmail_names_several_recipients_on_a_line() -> None:
    line = f"{SENDMAIL}{TO}{RELAY}dsn=5.1.1, stat=User unknown"
    found = list(scan([line.replace("<bob@example.org>", "<a@b.example>,<c@d.example>")]))
    assert [delivery.recipient for delivery in found] == ["a@b.example", "c@d.example"]
    assert {delivery.status for delivery in found} == {Status.BOUNCED}
    assert {delivery.diagnostic for delivery in found} == {"User unknown"}


@pytest.mark.parametrize(
    ("relay", "host", "ip"),
    [
        ("[127.0.0.1] [127.0.0.1]", "127.0.0.1", "127.0.0.1"),
        ("a.example [192.0.2.9] (may be forged)", "a.example", "192.0.2.9"),
        ("a.example.", "a.example", None),
    ],
)
def test_sendmail_names_a_relay_in_several_ways(relay: str, host: str, ip: str | None) -> None:
    line = f"{SENDMAIL}{TO}{RELAY}dsn=5.0.0, stat=Service unavailable"
    found = one(line.replace("mx.example.org. [192.0.2.1]", relay))
    assert (found.relay_host, found.relay_ip) == (host, ip)


@pytest.mark.parametrize(
    ("ruleset", "stage", "recipient", "sender"),
    [
        ("check_rcpt", Stage.RCPT, "x@y.example", None),
        ("check_mail", Stage.MAIL, None, "x@y.example"),
        ("check_relay", Stage.CONNECT, None, None),
    ],
)
def test_sendmail_refusals_are_our_own_words(
    ruleset: str, stage: Stage, recipient: str | None, sender: str | None
) -> None:
    found = one(
        f"{SENDMAIL}ruleset={ruleset}, arg1=<x@y.example>, relay=c.example [203.0.113.9], "
        "reject=550 5.7.1 <x@y.example>... Relaying denied"
    )
    assert (found.stage, found.status, found.reply_by) == (stage, Status.REJECTED, ReplyBy.OWN)
    assert (found.recipient, found.sender) == (recipient, sender)
    assert (found.relay_host, found.relay_ip) == ("c.example", "203.0.113.9")


def test_sendmail_lines_without_a_delivery() -> None:
    run = scan([SENDMAIL + "Milter add: header: X: y", "Nov 24 11:43:32 mx1 sm-mta[42]: odd"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)


# --- OpenSMTPD -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "status"),
    [("Ok", Status.SENT), ("TempFail", Status.DEFERRED), ("PermFail", Status.BOUNCED)],
)
def test_opensmtpd_tells_every_field_of_a_delivery(result: str, status: Status) -> None:
    for form in (NEW, NEW.replace("mta delivery", "mta event=delivery")):
        found = one(SMTPD + form.format(result, '550 5.7.1 We "really" refuse'))
        assert (found.status, found.delay, found.queue_id) == (status, 62.0, "8f26ea98359eccea")
        assert (found.sender, found.recipient, found.orig_recipient) == (
            "al@example.com",
            "bob@example.org",
            "team@example.org",
        )
        assert (found.relay_host, found.relay_ip) == ("mx.example.org", "192.0.2.1")
        assert found.reply is not None
        assert found.reply.text == 'We "really" refuse'


def test_opensmtpd_5_wrote_it_otherwise() -> None:
    found = one(
        f"{SMTPD}relay: PermFail for 6430369adcce4408: session=7818378a988ca63b, "
        "from=<al@example.com>, to=<bob@example.org>, rcpt=<->, source=203.0.113.1, "
        "relay=192.0.2.1 (mx.example.org), delay=0s, stat=550 Invalid recipient"
    )
    assert (found.status, found.orig_recipient, found.delay) == (Status.BOUNCED, None, 0.0)
    assert found.reply is not None
    assert found.reply.code == 550


def test_opensmtpd_a_helper_tells_what_the_lmtp_server_said() -> None:
    line = SMTPD + NEW.replace("mta", "mda").replace('stat="{}"', "stat={}")
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
def test_opensmtpd_refusals_are_our_own_words(line: str) -> None:
    found = one(SMTPD + line)
    assert (found.text, found.reply_by, found.stage) == ("550 Invalid", ReplyBy.OWN, Stage.RCPT)


def test_opensmtpd_lines_without_a_delivery() -> None:
    run = scan([SMTPD + "4b3a6c195c1f6010 smtp connected address=local", SMTPD + "odd"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)
    assert one(NEW.format("Ok", "250 Ok")).mta == "opensmtpd"
