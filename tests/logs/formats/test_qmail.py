"""The log of qmail: what its reports keep of a reply, and what they hide."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "qmail.log"
PEER = "192.0.2.25"


def one(line: str) -> Delivery:
    [delivery] = scan([line])
    assert delivery.mta == "qmail"
    return delivery


def test_a_report_is_joined_with_what_started_the_delivery() -> None:
    run = scan(SAMPLE)
    local, remote = run
    assert (run.coverage.lines, run.coverage.understood) == (9, 9)
    assert (local.recipient, local.direction, local.status) == (
        "team@example.com",
        Direction.LOCAL,
        Status.SENT,
    )
    assert (local.diagnostic, local.reply) == ("did 1+0+0", None)
    assert (remote.queue_id, remote.sender) == ("161214", "al@example.com")
    assert (remote.recipient, remote.relay_ip) == ("bob@example.org", PEER)
    assert (remote.stage, remote.status) == (Stage.RCPT, Status.BOUNCED)
    assert (remote.direction, remote.reply_by) == (Direction.OUTGOING, ReplyBy.REMOTE)
    assert remote.time == datetime(2025, 11, 25, 14, 35, 7, 723126, tzinfo=UTC)


def test_a_slash_ends_a_line_only_where_the_code_goes_on() -> None:
    [_, remote] = scan(SAMPLE)
    assert remote.text == (
        "550-5.1.1 <bob_b@example.org> is unknown\n"
        "550-5.1.1 See http://example.org/help\n"
        "550 5.1.1 to learn more"
    )
    assert remote.reply is not None
    assert (remote.reply.code, str(remote.reply.enhanced)) == (550, "5.1.1")


@pytest.mark.parametrize(
    ("report", "stage"),
    [
        (f"Connected_to_{PEER}_but_greeting_failed./", Stage.CONNECT),
        (f"Connected_to_{PEER}_but_my_name_was_rejected./", Stage.EHLO),
        (f"Connected_to_{PEER}_but_sender_was_rejected./", Stage.MAIL),
        (f"{PEER}_failed_on_DATA_command./", Stage.DATA),
        (f"{PEER}_failed_after_I_sent_the_message./", Stage.END_OF_DATA),
        (f"no_supported_AUTH_method_found,_going_on./{PEER}_accepted_message./", Stage.END_OF_DATA),
        (f"STARTTLS_rejected_while_x.pem_exists;_connected_to_{PEER}./", Stage.STARTTLS),
    ],
)
def test_the_sentence_tells_the_stage(report: str, stage: Stage) -> None:
    found = one(f"delivery 5: deferral: {report}Remote_host_said:_451_4.7.1_Later/")
    assert (found.stage, found.relay_ip, found.text) == (stage, PEER, "451 4.7.1 Later")
    assert found.status is Status.DEFERRED


@pytest.mark.parametrize(
    "head",
    [
        "@400000006925bea52b1a09cc ",
        "1764081362.721000 ",
        "2026-11-24 11:43:32.123456789 ",
        "Nov 24 11:43:32 mx1 qmail: 1764081362.721000 ",
        "Nov 24 11:43:32 mx1 qmail-send[9]: ",
        "",
    ],
)
def test_stamps_of_all_loggers(head: str) -> None:
    found = one(f"{head}delivery 5: success: (b@example.org)_{PEER}_accepted_message./"
                "Remote_host_said:_250_ok/")  # fmt: skip
    assert (found.recipient, found.text, found.status) == ("b@example.org", "250 ok", Status.SENT)
    assert (found.time is not None) is bool(head)


def test_epoch_stamps_are_times() -> None:
    found = one("1764081362.5 delivery 5: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/")
    assert found.time == datetime(2025, 11, 25, 14, 36, 2, 500000, tzinfo=UTC)


def test_a_time_beyond_all_calendars_is_none() -> None:
    assert one("@4fffffffffffffffffffffff delivery 5: success: did_0+0+1/").time is None


def test_its_own_words_are_no_reply() -> None:
    found = one(
        "delivery 6: deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/"
    )
    assert found.reply is None
    assert found.diagnostic == ("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)")
    assert (str(found.dsn), found.relay_ip, found.direction) == ("4.4.1", None, None)


def test_a_message_that_was_too_long_in_the_queue_has_expired() -> None:
    found = one(
        f"delivery 7: failure: Connected_to_{PEER}_but_greeting_failed./Remote_host_said:_421_Busy/"
        "I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./"
    )
    assert (found.status, found.text) == (Status.EXPIRED, "421 Busy")


def test_indimail_has_queues_that_count_for_themselves() -> None:
    log = [
        "starting delivery 1: msg 7 to remote a@example.org queue1",
        "starting delivery 1: msg 8 to remote b@example.org queue2",
        f"delivery 1: success: {PEER}_accepted_message./Remote_host_said:_250_ok/ queue1",
    ]
    [found] = scan(log)
    assert (found.queue_id, found.recipient) == ("7", "a@example.org")


def test_rblsmtpd_may_name_the_list() -> None:
    found = one("rblsmtpd: 203.0.113.9 pid 42 zen.example.net: 553 Blocked")
    assert (found.relay_ip, found.text, found.status) == (
        "203.0.113.9",
        "553 Blocked",
        Status.REJECTED,
    )


@pytest.mark.parametrize("head", ["", "qmail-smtpd: pid 42 "])
def test_qmail_smtpd_tells_what_it_refuses(head: str) -> None:
    found = one(
        f"{head}Reject::RCPT::Failed_Rcptto: P:ESMTP S:203.0.113.9:c.example.net H:c "
        "F:<a@example.net> T:<bob@example.org>"
    )
    assert (found.status, found.stage, found.text) == (
        Status.REJECTED,
        Stage.RCPT,
        "Failed Rcptto",
    )
    assert (found.relay_host, found.relay_ip) == ("c.example.net", "203.0.113.9")
    assert (found.sender, found.recipient) == ("a@example.net", "bob@example.org")


INDIMAIL = "@400000006925bea40f1e2d3c qmail-smtpd: pid 42 from 203.0.113.9 "


@pytest.mark.parametrize(
    ("words", "text", "stage", "sender", "recipient"),
    [
        ("BAD IP client", "BAD IP client", None, None, None),
        ("BAD HOST c.example.net", "BAD HOST c.example.net", None, None, None),
        ("Invalid SENDER address: MAIL from <>", "Invalid SENDER address", Stage.MAIL, "", None),
        (
            'Invalid RECIPIENT address: MAIL from <"x> RCPT <v"@example.net> RCPT bob@example.org',
            "Invalid RECIPIENT address",
            Stage.RCPT,
            '"x> RCPT <v"@example.net',
            "bob@example.org",
        ),
        (
            "virus/banned content: a program: MAIL from <a@example.net> RCPT <bob@example.org> "
            "Size: 7",
            "virus/banned content: a program",
            Stage.END_OF_DATA,
            "a@example.net",
            "bob@example.org",
        ),
        (
            "mail server rejects message (permanent): HELO <c> MAIL from <a@example.net> "
            "RCPT <bob@example.org> AUTH <local-rcpt> Size: 7 TLS=No qp 43",
            "mail server rejects message (permanent)",
            Stage.END_OF_DATA,
            "a@example.net",
            "bob@example.org",
        ),
        ("greylist  <a@b.example> to <bob@c.example>...", "greylist", None, "a@b.example", None),
    ],
)
def test_qmail_smtpd_of_indimail_tells_what_it_refuses(
    words: str, text: str, stage: Stage | None, sender: str | None, recipient: str | None
) -> None:
    found = one(INDIMAIL + words)
    assert (found.status, found.text, found.stage) == (Status.REJECTED, text, stage)
    assert (found.relay_ip, found.sender) == ("203.0.113.9", sender)
    assert found.recipient == (recipient or found.recipient)


def test_what_qmail_smtpd_of_indimail_takes_or_loses_is_no_refusal() -> None:
    [lost] = scan([INDIMAIL + "Blackholed SENDER address: MAIL a@example.net"])
    assert (lost.status, lost.sender) == (Status.DISCARDED, "a@example.net")
    for words, understood in (
        (" HELO <c> MAIL from <a@example.net> RCPT <bob@example.org> AUTH <local-rcpt> Size: 7", 1),
        ("words that nobody knows", 0),
    ):
        run = scan([INDIMAIL + words])
        assert list(run) == []
        assert (run.coverage.known, run.coverage.understood) == (1, understood)


def test_splogger_may_be_given_the_name_of_another_program() -> None:
    [found] = scan(
        ["Nov 24 11:43:32 mx smtpd: 1795520612.123456 rblsmtpd: 203.0.113.9 pid 42: 553 Blocked"]
    )
    assert (found.mta, found.text) == ("qmail", "553 Blocked")


def test_what_qmail_smtpd_accepts_is_told_as_it_is_delivered() -> None:
    run = scan(["Accept::ORIG::Valid_Auth: S:203.0.113.9:unknown F:a@b T:c@d"])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_rblsmtpd_refuses_in_our_name() -> None:
    found = one("rblsmtpd: 203.0.113.9 pid 42: 451 Blocked - see https://example.net/?203.0.113.9")
    assert (found.reply_by, found.status) == (ReplyBy.OWN, Status.REJECTED)
    assert (found.relay_ip, found.direction) == ("203.0.113.9", Direction.INCOMING)


def test_a_report_that_a_bounce_quotes_stands_alone() -> None:
    found = one(f"{PEER}_does_not_like_recipient./Remote_host_said:_553_No/Giving_up_on_{PEER}./")
    assert (found.text, found.stage, found.status) == ("553 No", Stage.RCPT, None)


@pytest.mark.parametrize(
    ("line", "stage", "ip"),
    [
        ("Remote host said: 550 5.1.1 No: a_b", None, None),
        (
            f"{PEER} does not like recipient. Remote host said: 550 5.1.1 No: a_b "
            f"Giving up on {PEER}.",
            Stage.RCPT,
            PEER,
        ),
        (
            f"Connected to {PEER} but sender was rejected. Remote host said: 550 5.1.1 No: a_b",
            Stage.MAIL,
            PEER,
        ),
    ],
)
def test_a_bounce_quotes_it_with_its_spaces(line: str, stage: Stage | None, ip: str | None) -> None:
    found = one(line)
    assert (found.text, found.stage, found.relay_ip) == ("550 5.1.1 No: a_b", stage, ip)
    assert (found.reply_by, found.status) == (ReplyBy.REMOTE, None)


def test_a_reply_that_looks_like_a_report_stays_a_reply() -> None:
    found = one(
        f"delivery 9: deferral: {PEER}_does_not_like_recipient./Remote_host_said:_450_no/"
        "Remote_host_said:_250_ok/delivery_9:_success/Giving_up_on_198.51.100.1./x/"
    )
    assert (found.status, found.relay_ip) == (Status.DEFERRED, PEER)
    assert found.reply is not None
    assert found.reply.code == 450


def test_an_address_with_an_underscore_keeps_it() -> None:
    found = one(f"delivery 9: failure: {PEER}_does_not_like_recipient./"
                "Remote_host_said:_550_<a_b@example.org>_unknown_here/")  # fmt: skip
    assert found.text == "550 <a_b@example.org> unknown here"


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from(["success", "failure", "deferral"]))
def test_any_report_is_read(report: str, result: str) -> None:
    """Whatever stands in a report, it is read as one delivery or left unread."""
    head = f"delivery 1: {result}: "
    for line in (head + report, f"{head}Connected_to_{PEER}_but_x./Remote_host_said:_{report}"):
        if "\n" not in line and "\0" not in line:
            for found in scan([line], format="qmail"):
                assert found.to_dict()


def test_a_bounce_that_is_thrown_away_is_told() -> None:
    for words in ("double bounce", "triple bounce"):
        [found] = scan([f"{words}: discarding bounce/161214"])
        assert (found.status, found.queue_id, found.text) == (Status.DISCARDED, "161214", words)


def test_a_report_that_is_mangled_is_a_deferral() -> None:
    *_, found = scan(
        [
            "starting delivery 5: msg 7 to remote bob@example.org",
            "delivery 5: report mangled, will defer",
        ]
    )
    assert (found.status, found.recipient) == (Status.DEFERRED, "bob@example.org")


CLIENTS = [
    "helo:x y|remotehostname:c.example|remotehostip:203.0.113.9",
    "x:c.example:203.0.113.9",
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("title", "to", "stage"),
    [
        ("rejected rcpt", "b@example.org", Stage.RCPT),
        ("rejected relaying", "b@example.org", Stage.RCPT),
        ("mbx overquota", "b@example.org", Stage.RCPT),
        ("no auth resource", "b@example.org", Stage.RCPT),
        ("must auth", "", Stage.MAIL),
        ("rejected sender", "", Stage.MAIL),
    ],
)
def test_chkuser_refuses(client: str, title: str, to: str, stage: Stage) -> None:
    found = one(
        f"@400000006925bea52b1a09cc CHKUSER {title}: from <a@example.net:al:> remote <{client}> "
        f"rcpt <{to}> : why it is so"
    )
    assert (found.status, found.stage, found.text) == (Status.REJECTED, stage, "why it is so")
    assert (found.sender, found.recipient) == ("a@example.net", to or None)
    assert (found.relay_host, found.relay_ip) == ("c.example", "203.0.113.9")
    assert found.direction is Direction.INCOMING


@pytest.mark.parametrize("title", ["accepted rcpt", "accepted any rcpt", "relaying rcpt"])
def test_what_chkuser_takes_is_no_delivery(title: str) -> None:
    run = scan(
        [f"CHKUSER {title}: from <a@example.net::> remote <x::192.0.2.1> rcpt <b@example.org> : ok"]
    )
    assert (list(run), run.coverage.understood) == ([], 1)


DYKE = (
    "Nov 24 11:43:32 mx1 spamdyke[42]: {} from: a@example.net to: {} origin_ip: 203.0.113.9 "
    "origin_rdns: {} auth: (unknown)"
)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("", "DENIED RBL MATCH"),
        (" encryption: (none) reason: (empty)", "DENIED RBL MATCH"),
        (" encryption: TLS reason: zen.example.net", "DENIED RBL MATCH: zen.example.net"),
    ],
)
def test_spamdyke_refuses(more: str, text: str) -> None:
    found = one(DYKE.format("DENIED_RBL_MATCH", "b@example.org", "c.example") + more)
    assert (found.status, found.stage, found.text) == (Status.REJECTED, Stage.RCPT, text)
    assert (found.sender, found.recipient) == ("a@example.net", "b@example.org")
    assert (found.relay_host, found.relay_ip) == ("c.example", "203.0.113.9")


def test_spamdyke_may_not_know() -> None:
    found = one(DYKE.format("DENIED_EARLYTALKER", "(unknown)", "(unknown)"))
    assert (found.recipient, found.stage, found.relay_host) == (None, None, "203.0.113.9")


@pytest.mark.parametrize("what", ["ALLOWED", "TIMEOUT"])
def test_spamdyke_reports_no_delivery(what: str) -> None:
    run = scan([DYKE.format(what, "b@example.org", "c.example")])
    assert (list(run), run.coverage.understood) == ([], 1)


SCAN = "simscan:[42]:{}:0.5s:{}:203.0.113.9:a@example.net:b@example.org,c@example.org"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("SPAM REJECT (21.2/12.0)", Status.REJECTED),
        ("SPAM DROPPED (21.2/12.0/9.0)", Status.DISCARDED),
    ],
)
def test_simscan_refuses(state: str, status: Status) -> None:
    forged = "Re: 0.5s:you:192.0.2.66:x@example.com:victim@example.com"
    found = list(scan([SCAN.format(state, forged)]))
    assert [each.recipient for each in found] == ["b@example.org", "c@example.org"]
    assert {(each.status, each.sender, each.relay_ip) for each in found} == {
        (status, "a@example.net", "203.0.113.9")
    }


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        (SCAN.format("CLEAN (0.1/12.0)", "hi"), 1),
        (SCAN.format("PASSTHRU (0.1/12.0)", ""), 1),
        (SCAN.format("SOMETHING", "hi"), 0),
        (
            "CHKUSER rejected rcpt: from <a b@example.net::> remote <::> rcpt <b@example.org> : no",
            0,
        ),
        (
            DYKE.format(
                "DENIED_OTHER", '"a to: v@x origin_ip: 192.0.2.1"@example.org', "c.example"
            ),
            0,
        ),
    ],
)
def test_what_is_in_doubt_is_not_understood(line: str, understood: int) -> None:
    run = scan([line])
    assert (list(run), run.coverage.known, run.coverage.understood) == ([], 1, understood)
