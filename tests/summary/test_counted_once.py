"""A message that is handed on within a host, and told of by both sides, is counted once."""

import pytest

from smtpreply.logs import scan
from smtpreply.report.findings import Report
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import Summary
from smtpreply.summary.total import total_of

HEAD = "Nov 24 11:43:32 mx1 postfix/"
HANDED = (
    HEAD + "smtp[7]: 4E74613FE7: to=<bob@example.org>, relay={}, delay=3, "
    "delays=1/0/0/2, dsn=2.0.0, status=sent ({})"
)
BACK = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 3C1D8F20A4"
LAST = (
    HEAD + "smtp[8]: 3C1D8F20A4: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, "
    "delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
)


@pytest.mark.parametrize(
    "relay", ["127.0.0.1[127.0.0.1]:10024", "localhost[::1]:10024", "mx1[/run/amavis/lmtp.sock]"]
)
def test_both_attempts_are_kept_and_one_outcome_is_counted(relay: str) -> None:
    lines = [HANDED.format(relay, BACK), LAST]
    assert len(list(scan(lines))) == 2
    for found in (list(scan(lines)), scan(lines).bundled()):
        summary = Summary.of(found)
        assert summary.deliveries == 2
        assert dict(summary.outgoing.outcome) == {"delivered": 1}
        assert dict(summary.local.outcome) == {"other": 1}


def test_a_message_that_a_filter_gives_back_is_received_twice_and_the_report_says_so() -> None:
    arrival = HEAD + "qmgr[7]: {}: from=<al@example.com>, size=2000, nrcpt=1 (queue active)"
    handed = HANDED.format("127.0.0.1[127.0.0.1]:10024", BACK)
    lines = [arrival.format("4E74613FE7"), handed, arrival.format("3C1D8F20A4"), LAST]
    total = total_of(scan(lines, year=2026), DeliveryFilter())
    report = Report.of(total.summary)
    assert (total.summary.volume.messages, report.handed_on, report.delivered) == (2, 1, 1)
    assert report.octets == 2000
    restored = Summary.from_state(total.summary.to_state())
    assert (restored + restored).local.handed_on == 2


@pytest.mark.parametrize(
    ("relay", "words"),
    [
        ("mx.example.org[192.0.2.1]:10024", BACK),  # their filter, not ours: it is theirs now
        (
            "127.0.0.1[127.0.0.1]:10024",
            "250 2.0.0 Ok: queued as 3C1D8F20A4",
        ),  # may be the last server
        ("127.0.0.1[127.0.0.1]:10024", "250 2.7.0 Ok, discarded, from MTA(none): 250 Ok"),
    ],
)
def test_what_does_not_come_back_is_counted(relay: str, words: str) -> None:
    lines = [HANDED.format(relay, words)]
    for found in (list(scan(lines)), scan(lines).bundled()):
        assert dict(Summary.of(found).outgoing.outcome) == {"delivered": 1}


def test_what_comes_in_through_a_filter_is_no_outgoing_mail() -> None:
    own_store = LAST.replace("smtp[8]", "lmtp[8]").replace("mx.example.org[192.0.2.1]:25", "{}")
    stored = own_store.format("mx1[private/dovecot-lmtp]")
    lines = [HANDED.format("127.0.0.1[127.0.0.1]:10024", BACK), stored]
    for found in (list(scan(lines)), scan(lines).bundled()):
        summary = Summary.of(found)
        assert summary.outgoing.deliveries == 0
        assert dict(summary.local.outcome) == {"delivered": 1, "other": 1}


SUBMITTED = (
    "Nov 24 11:43:31 mx1 sendmail[40]: 5AO1hVab000001: to=bob@example.org, ctladdr=al (7/7), "
    "delay=00:00:00, xdelay=00:00:00, mailer=relay, pri=30500, relay={}, dsn=2.0.0, "
    "stat=Sent ({})"
)
TO_DAEMON = "5AO1hVcd000002 Message accepted for delivery"
BY_DAEMON = (
    "Nov 24 11:43:32 mx1 sm-mta[42]: 5AO1hVcd000002: to=<bob@example.org>, delay=00:00:01, "
    "xdelay=00:00:01, mailer=esmtp, pri=120, relay=mx.example.org. [192.0.2.1], dsn=5.1.1, "
    "stat=User unknown"
)


@pytest.mark.parametrize(
    "relay", ["[127.0.0.1] [127.0.0.1]", "localhost [127.0.0.1]", "localhost. [IPv6:::1]"]
)
def test_what_sendmail_submits_to_its_own_daemon_is_counted_once(relay: str) -> None:
    lines = [SUBMITTED.format(relay, TO_DAEMON), BY_DAEMON]
    for found in (list(scan(lines)), scan(lines).bundled()):
        summary = Summary.of(found)
        assert dict(summary.outgoing.outcome) == {"bounced": 1}
        assert dict(summary.local.status) == {"filtered": 1}


@pytest.mark.parametrize(
    ("relay", "words"),
    [
        ("smtp.example.com. [192.0.2.9]", TO_DAEMON),
        ("localhost [127.0.0.1]", "ok, stored"),
    ],
)
def test_what_sendmail_hands_to_another_server_is_delivered(relay: str, words: str) -> None:
    lines = [SUBMITTED.format(relay, words)]
    assert dict(Summary.of(scan(lines)).outgoing.outcome) == {"delivered": 1}


STORED = (
    "Nov 24 11:43:32 mx1 dovecot: lmtp(bob@example.org)<99><{0}>: msgid=<7@b>: saved mail to INBOX"
)
TO_STORE = (
    HEAD + "lmtp[9]: 4E74613FE{0}: to=<bob@example.org>, relay=mx1[private/dovecot-lmtp], delay=1, "
    "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 <bob@example.org> {0} Saved)"
)
BY_EXIM = (
    "2026-11-24 11:43:32 1abcde-123456-00 => bob@example.org R=lmtp T=dovecot_lmtp "
    'C="250 2.0.0 <bob@example.org> x Saved"'
)


@pytest.mark.parametrize("mta", [TO_STORE, BY_EXIM])
def test_what_an_mta_hands_to_dovecot_is_one_message(mta: str) -> None:
    lines = [each.format(number) for number in range(3) for each in (STORED, mta)]
    for log in (lines, lines[::-1]):
        assert len(list(scan(log))) == 6
        for found in (list(scan(log)), scan(log).bundled()):
            summary = Summary.of(found).local
            assert summary.deliveries == 6
            assert dict(summary.outcome) == {"delivered": 3, "other": 3}
            assert not summary.reason.counts


def test_what_dovecot_alone_tells_is_counted() -> None:
    lines = [STORED.format(number) for number in range(3)]
    assert dict(Summary.of(scan(lines)).local.outcome) == {"delivered": 3}
    # Some mail to programs beside it is other mail.
    lines += [HEAD + "local[9]: 4E74613FE7: to=<root@b>, relay=local, delay=1, dsn=2.0.0, "
              "status=sent (delivered to mailbox)"]  # fmt: skip
    assert dict(Summary.of(scan(lines)).local.outcome) == {"delivered": 4}


def test_parts_of_a_log_that_were_read_apart_are_one_message_too() -> None:
    stored, handed = (Summary.of(scan([line.format(1)])) for line in (STORED, TO_STORE))
    for both in (stored + handed, Summary.from_state((handed + stored).to_state())):
        assert dict(both.local.outcome) == {"delivered": 1, "other": 1}
        assert both.part("local") == both.parts["local"] == both.local


def test_what_dovecot_throws_away_is_told_beside() -> None:
    lost = STORED.format(1).replace("saved mail to INBOX", "discarded message")
    summary = Summary.of(scan([lost, TO_STORE.format(1)])).local
    assert dict(summary.outcome) == {"delivered": 1, "other": 1}


SCREENED = (
    "2026-11-24 11:43:32 #44(rspamd_proxy) <94f35e>; proxy; rspamd_task_write_log: id: <8@b>, "
    "qid: <4E74613FE{0}>, ip: 203.0.113.10, from: <x@example.com>, (default: T (reject): "
    "[22.31/15.00] [BAYES_SPAM(5.10){{100.00%;}}]), len: 2061, time: 43.627ms, dns req: 7, digest: "
    "<be32>, rcpts: <bob@example.org>, mime_rcpts: <bob@example.org>"
)
REFUSED = (
    HEAD + "cleanup[9]: 4E74613FE{0}: milter-reject: END-OF-MESSAGE from x.example[203.0.113.10]: "
    "5.7.1 Spam message rejected; from=<x@example.com> to=<bob@example.org> proto=ESMTP helo=<x>"
)


def test_what_rspamd_has_an_mta_refuse_is_one_refusal() -> None:
    lines = [each.format(number) for number in range(3) for each in (SCREENED, REFUSED)]
    for log in (lines, lines[::-1]):
        for found in (list(scan(log, year=2026)), scan(log, year=2026).bundled()):
            summary = Summary.of(found).incoming
            assert summary.deliveries == 6
            assert dict(summary.outcome) == {"rejected": 3, "other": 3}
            assert summary.reason.total() == {"spam_content": 3}


def test_what_rspamd_alone_tells_is_counted() -> None:
    lines = [SCREENED.format(number) for number in range(3)]
    assert dict(Summary.of(scan(lines)).incoming.outcome) == {"rejected": 3}
