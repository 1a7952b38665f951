"""Sendmail's logs: deliveries, refusals, lines without a delivery; log injection."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

HEAD = "Nov 24 11:43:32 mx1 sm-mta[42]: "
ID = HEAD + "5AOBhWxY012345: "
TO = "to=<bob@example.org>, ctladdr=<al@example.com> (33/33), delay=1+02:00:03, xdelay=00:00:01, "
SERVER = "mailer=esmtp, pri=120314, relay=mx.example.org. [192.0.2.1], "
CLIENT = "relay=c.example [203.0.113.9]"


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    return delivery


def delivered(end: str, fields: str = "") -> Delivery:
    return one(
        f"{ID}to=<bob@example.org>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=30000, "
        f"{fields}relay=mx.example.org. [192.0.2.1], {end}"
    )


def values_of(delivery: Delivery, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(delivery, name) for name in names)


# --- deliveries ----------------------------------------------------------------------------


def test_every_field_of_a_delivery_is_read() -> None:
    log = [
        ID + "from=<al@example.com>, size=9, class=0, msgid=<7@example.com>, proto=",
        f"{ID}{TO}{SERVER}dsn=4.1.8, stat=Deferred: 450 4.1.8 <al@example.com>: No, stat=Sent",
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


def test_the_code_of_a_success_is_not_logged() -> None:
    found = one(f"{ID}{TO}{SERVER}dsn=2.0.0, stat=Sent (Ok: queued as 4Zq8mN2c7TzXb)")
    assert (found.status, found.stage, found.reply_by) == (
        Status.SENT,
        Stage.END_OF_DATA,
        ReplyBy.REMOTE,
    )
    assert (found.reply, found.text) == (None, "Ok: queued as 4Zq8mN2c7TzXb")


def test_a_line_names_several_recipients() -> None:
    line = f"{ID}{TO}{SERVER}dsn=5.1.1, stat=User unknown"
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
        ("[192.0.2.9]", "192.0.2.9", "192.0.2.9"),  # a client without a name
        ("[192.0.2.9] (may be forged)", "192.0.2.9", "192.0.2.9"),
        ("[IPv6:2001:db8::9]", "2001:db8::9", "2001:db8::9"),
        ("[mx.example.org]", "mx.example.org", None),
    ],
)
def test_a_relay_is_named_in_several_forms(relay: str, host: str, ip: str | None) -> None:
    line = f"{ID}{TO}{SERVER}dsn=5.0.0, stat=Service unavailable"
    found = one(line.replace("mx.example.org. [192.0.2.1]", relay))
    assert (found.relay_host, found.relay_ip) == (host, ip)


def test_a_line_whose_delay_lost_its_name_is_read() -> None:
    found = one(
        f"{ID}to=<bob@example.org>, 00:00:02, xdelay=00:00:01, {SERVER}dsn=2.0.0, stat=Sent"
    )
    assert (found.recipient, found.delay, found.status) == ("bob@example.org", 2, Status.SENT)


def test_where_the_reply_is_logged_it_is_read_whole() -> None:
    delivery = delivered("dsn=5.1.1, reply=550 5.1.1 No, such user, stat=User unknown")
    assert values_of(delivery, "text", "reply_by", "status") == (
        "550 5.1.1 No, such user",
        ReplyBy.REMOTE,
        Status.BOUNCED,
    )
    sent = delivered("dsn=2.0.0, reply=250 2.0.0 Ok: queued, stat=Sent (Ok: queued)")
    assert sent.reply is not None
    assert values_of(sent, "stage", "status") == (Stage.END_OF_DATA, Status.SENT)
    silent = delivered("dsn=4.0.0, reply=read error from mx., stat=Deferred: Connection reset")
    assert values_of(silent, "text", "reply_by") == ("Connection reset", None)


def test_a_reply_is_made_up_where_the_server_hangs_up() -> None:
    words = "421 4.4.1 Connection reset by"
    own = delivered(f"dsn=4.4.1, reply={words} mx.example.org., stat=Deferred")
    assert values_of(own, "status", "text", "reply_by") == (
        Status.DEFERRED,
        f"{words} mx.example.org.",
        ReplyBy.MTA,
    )
    nowhere = f"{ID}to=<b@example.org>, delay=00:00:01, mailer=esmtp, reply={words} mx., stat=no"
    assert one(nowhere).reply_by is ReplyBy.REMOTE
    behind = delivered(f"dsn=4.4.1, reply={words} mx.example.net., stat=Deferred")
    assert behind.reply_by is ReplyBy.REMOTE


def test_octets_are_read_as_they_were() -> None:
    sent = delivered(r"dsn=2.0.0, stat=Sent (\\o/\t\303\244 \344)")
    assert sent.text == "\\o/\t\u00e4 \udce4"
    assert delivered(r"dsn=2.0.0, stat=Sent (\n)").text is None


def test_recipients_of_several_lines_are_named_and_no_other() -> None:
    line = f"{ID}{TO}{SERVER}dsn=2.0.0, stat=Sent (Ok)"
    several = line.replace("<bob@example.org>", "<a@b.example>,<c@d.example>, [more]")
    assert [each.recipient for each in scan([several])] == ["a@b.example", "c@d.example"]


def test_of_a_line_in_parts_the_first_has_the_fields() -> None:
    """A stranger's words are the beginning of the next."""
    first = (
        f"{ID[:-2]}[1]: {TO}{SERVER}dsn=4.7.1, reply=450 4.7.1 No, stat=Deferred: 450 4.7.1  ..."
    )
    second = f"{ID[:-2]}[2]: {TO}{SERVER}dsn=2.0.0, stat=Sent (ok)"
    run = scan([first, second])
    [found] = run
    assert values_of(found, "status", "text", "queue_id") == (
        Status.DEFERRED,
        "450 4.7.1 No",
        "5AOBhWxY012345",
    )
    assert run.coverage.understood == 2
    cut = f"{ID[:-2]}[1]: to=<bob@example.org>, delay=00:00:01, mailer=esmtp, relay=mx. ..."
    assert scan([cut]).coverage.understood == 0


@pytest.mark.parametrize("fields", ["ntries=3, ", "tls_verify=OK, ", "tls_verify=NO, ntries=1, "])
def test_fields_that_some_versions_add_are_stepped_over(fields: str) -> None:
    delivery = delivered("dsn=4.2.0, stat=Deferred: 450 4.2.0 Later", fields)
    assert values_of(delivery, "relay_ip", "text") == ("192.0.2.1", "450 4.2.0 Later")


@pytest.mark.parametrize(
    ("stat", "status"), [("queued", Status.DEFERRED), ("quarantined", Status.HELD)]
)
def test_what_waits_has_not_bounced(stat: str, status: Status) -> None:
    assert delivered(f"dsn=2.0.0, stat={stat}").status is status


def test_an_address_of_ipv6_stands_without_its_tag() -> None:
    line = "to=<b@example.org>, delay=00:00:01, mailer=esmtp, pri=3, relay=mx. [IPv6:2001:db8::1], "
    assert one(f"{ID}{line}dsn=2.0.0, stat=Sent (ok)").relay_ip == "2001:db8::1"


# --- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ruleset", "stage", "recipient", "sender"),
    [
        ("check_rcpt", Stage.RCPT, "x@y.example", None),
        ("check_mail", Stage.MAIL, None, "x@y.example"),
        ("check_relay", Stage.CONNECT, None, None),
    ],
)
def test_the_reply_of_a_refusal_is_our_own(
    ruleset: str, stage: Stage, recipient: str | None, sender: str | None
) -> None:
    found = one(
        f"{ID}ruleset={ruleset}, arg1=<x@y.example>, relay=c.example [203.0.113.9], "
        "reject=550 5.7.1 <x@y.example>... Relaying denied"
    )
    assert (found.stage, found.status, found.reply_by) == (stage, Status.REJECTED, ReplyBy.OWN)
    assert (found.recipient, found.sender) == (recipient, sender)
    assert (found.relay_host, found.relay_ip) == ("c.example", "203.0.113.9")


@pytest.mark.parametrize(
    ("end", "status", "text"),
    [
        ("reject=550 5.7.1 No", Status.REJECTED, "550 5.7.1 No"),
        ("quarantine=why", Status.HELD, "why"),
        ("discard", Status.DISCARDED, None),
    ],
)
def test_a_ruleset_refuses_keeps_or_throws_away(end: str, status: Status, text: str | None) -> None:
    delivery = one(f"{ID}ruleset=check_rcpt, arg1=<b@example.org>, {CLIENT}, {end}")
    assert values_of(delivery, "status", "text", "recipient", "relay_ip") == (
        status,
        text,
        "b@example.org",
        "203.0.113.9",
    )


def test_a_ruleset_that_judges_a_server_is_of_a_client() -> None:
    delivery = one(f"{ID}ruleset=tls_server, arg1=SOFTWARE, relay=mx, reject=403 4.7.0 TLS failed")
    assert values_of(delivery, "direction", "stage", "reply_by", "status") == (
        Direction.OUTGOING,
        Stage.STARTTLS,
        ReplyBy.MTA,
        None,
    )


@pytest.mark.parametrize(
    ("where", "stage"),
    [
        ("connect: host=c.example, addr=203.0.113.9", Stage.CONNECT),
        ("helo=c.example", Stage.EHLO),
        ("from=<x@example.net>", Stage.MAIL),
        ("to=<b@example.org>", Stage.RCPT),
        ("cmd=data", Stage.DATA),
        ("data", Stage.END_OF_DATA),
        ("eoh", Stage.END_OF_DATA),
    ],
)
def test_a_milter_refuses(where: str, stage: Stage) -> None:
    delivery = one(f"{ID}Milter: {where}, reject=451 4.7.1 Later")
    assert values_of(delivery, "stage", "status", "text", "reply_by") == (
        stage,
        Status.REJECTED,
        "451 4.7.1 Later",
        ReplyBy.OWN,
    )
    assert values_of(one(f"{ID}Milter: {where}, discard"), "status", "text") == (
        Status.DISCARDED,
        None,
    )


def test_an_address_is_refused_without_its_code() -> None:
    delivery = one(f"{ID}<b@example.org>... User unknown")
    assert values_of(delivery, "recipient", "stage", "status", "diagnostic") == (
        "b@example.org",
        Stage.RCPT,
        Status.REJECTED,
        "User unknown",
    )


@pytest.mark.parametrize(
    "line",
    [
        HEAD + "NOQUEUE: connect from c.example [203.0.113.9]",
        HEAD + "rejecting connections on daemon MTA: load average: 12",
        HEAD + "/etc/aliases: 17 aliases, longest 32 bytes, 300 bytes total",
        ID + "5AOBhWxZ012345: DSN: User unknown",
        ID + "5AOBhWxZ012345: sender notify: Warning: could not send message for past 4 hours",
        ID + "c.example [203.0.113.9] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA",
        ID + "lost input channel from c.example [203.0.113.9] to MTA after rcpt",
        ID + "timeout waiting for input from c.example during server cmd read",
        ID + "milter=spamd, action=data, reject=550 5.7.1 Spam",
        ID + "--- 250 2.1.5 <b@example.org>... Recipient ok",
        ID + "c.example [203.0.113.9]: ETRN x, stat=Sent",
        ID + "[203.0.113.9]: VRFY x, reject=550 no",
        ID + "to=<b@example.org>, delay=00:00:09, pri=30000, stat=RSET",
    ],
)
def test_a_known_line_without_a_delivery_is_understood(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_lines_without_a_delivery() -> None:
    run = scan([ID + "Milter add: header: X: y", HEAD + "odd"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)


def test_a_line_that_may_hold_a_delivery_and_is_not_read_is_counted() -> None:
    run = scan([ID + "to=<b@example.org>, odd, stat=Sent (ok)"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Please try again later", Status.REJECTED),
        ("Sentinel says no, stat=Sent (ok)", Status.REJECTED),
        ("discarded", Status.DISCARDED),
    ],
)
@pytest.mark.parametrize("dsn", ["", "dsn=4.7.1, "])
def test_a_message_is_refused_after_its_data(words: str, status: Status, dsn: str) -> None:
    """No mailer was asked; the code is not logged."""
    delivery = one(f"{ID}to=<b@example.org>, delay=00:00:01, pri=30000, {dsn}stat={words}")
    assert values_of(delivery, "direction", "status", "stage", "recipient", "text") == (
        Direction.INCOMING,
        status,
        Stage.END_OF_DATA,
        "b@example.org",
        words,
    )


@pytest.mark.parametrize(
    "reason", ["Milter: data", "ruleset=check_eom, arg1=x", "ruleset=CheckSubject, arg1=x"]
)
def test_a_message_that_was_refused_is_not_refused_once_more_for_each_recipient(
    reason: str,
) -> None:
    to = f"{ID}to=<{{}}@example.org>, delay=00:00:01, pri=30000, stat=no"
    log = [f"{ID}{reason}, reject=550 5.7.1 no", to.format("a"), to.format("b")]
    run = scan(log)
    assert [each.text for each in run] == ["550 5.7.1 no"]
    assert run.coverage.understood == 3
    assert len(list(scan([log[0].replace(reason, "Milter: to=<c@example.org>"), *log[1:]]))) == 3


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Cannot send message for 5 days", Status.EXPIRED),
        ("Too many hops 26 (25 max): from <x@y.example> via c, to <b@z.example>", Status.BOUNCED),
    ],
)
def test_a_message_is_given_up_that_no_line_of_a_recipient_reports(
    words: str, status: Status
) -> None:
    log = [
        f"{ID}from=<al@example.com>, size=9, class=0, nrcpts=1, msgid=<7@example.com>, proto=",
        f"{ID}5AOBhWxZ012345: DSN: {words}",
        f"{ID}5AOBhWya012345: postmaster notify: {words}",
    ]
    [found] = scan(log)
    assert values_of(found, "status", "sender", "recipient", "text", "queue_id") == (
        status,
        "al@example.com",
        None,
        words,
        "5AOBhWxY012345",
    )


def test_a_notice_comes_from_nobody() -> None:
    sent = f"{TO}{SERVER}dsn=2.0.0, stat=Sent (Ok)"
    log = [f"{ID}5AOBhWxZ012345: DSN: User unknown", f"{HEAD}5AOBhWxZ012345: {sent}"]
    [found] = scan(log)
    assert found.sender == ""


# --- log injection -------------------------------------------------------------------------


def test_an_address_cannot_play_the_fields_behind_it() -> None:
    evil = "<b, relay=evil [192.0.2.66], reject=250 2.1.5 Ok>"
    delivery = one(f"{ID}ruleset=check_rcpt, arg1={evil}, {CLIENT}, reject=550 5.7.1 No")
    assert values_of(delivery, "relay_ip", "text") == ("203.0.113.9", "550 5.7.1 No")


def test_a_quoted_quote_does_not_end_an_address() -> None:
    """Sendmail writes a backslash twice."""
    evil = r'<"x\\">, relay=evil [192.0.2.66], reject=250 Ok <"@evil.example>'
    delivery = one(f"{ID}ruleset=check_rcpt, arg1={evil}, {CLIENT}, reject=550 5.7.1 No")
    assert values_of(delivery, "relay_ip", "text") == ("203.0.113.9", "550 5.7.1 No")
    assert delivery.recipient == evil[1:-1].replace(r"\\", "\\")


def test_an_address_that_was_cut_does_not_end_early() -> None:
    """It has lost the backslash of the quote that seems to be the last."""
    begin = '<"' + "x" * 98
    line = f"{ID}{{}}... prescan: token too long"
    assert list(scan([line.format(f'{begin}...">... User unknown {"y" * 80}')])) == []
    whole = f'{begin}...{"y" * 98}">'
    assert one(line.format(whole)).recipient == whole[1:-1]


def test_a_sender_that_was_cut_does_not_end_late() -> None:
    """A Message-ID closes its quotes."""
    from_ = 'from=<"' + "x" * 198
    log = [
        f'{ID}{from_}, size=9, class=0, nrcpts=1, msgid=<y">, size=99999, class=0, proto=ESMTP',
        f"{ID}{TO}{SERVER}dsn=2.0.0, stat=Sent (Ok)",
    ]
    [found] = scan(log)
    assert values_of(found, "sender", "size") == (None, None)


def test_what_waits_without_a_mailer_was_not_refused() -> None:
    line = f"{ID}to=<b@example.org>, delay=00:00:01, pri=30000, stat="
    assert one(f"{line}Deferred: 450 4.7.1 No").status is Status.DEFERRED
    assert one(f"{line}queued").status is Status.DEFERRED


def test_the_reason_of_a_quarantine_cannot_play_a_success() -> None:
    delivery = delivered("quarantine=bad, stat=Sent (ok), stat=quarantined")
    assert delivery.status is Status.HELD


def test_a_reply_cannot_play_a_success() -> None:
    delivery = delivered("dsn=5.7.1, reply=550 5.7.1 No, stat=Sent (ok), stat=Service unavailable")
    assert delivery.status is Status.BOUNCED


@settings(deadline=None)  # the first example imports the format
@given(
    st.sampled_from(["to=", "ruleset=", "Milter: ", "<", "to=<b>, delay=00:00:01, "]),
    st.text(max_size=200),
    st.sampled_from([1, 300]),
)
def test_any_text_after_a_valid_head_is_read_without_an_error(
    head: str, text: str, times: int
) -> None:
    """No text behind a head raises anything."""
    for delivery in scan([ID + head + (text * times).replace("\n", " ")]):
        assert delivery.to_dict()


@pytest.mark.parametrize(
    "unit", [", reply=", ", relay=a", ", ntries=1", ", arg2=", "ruleset=x, arg1=<a>, ", ", stat="]
)
def test_a_line_of_many_fields_is_read_in_time(unit: str) -> None:
    for head in ("to=<b>, delay=00:00:01", "ruleset=check_rcpt, arg1=<a>"):
        list(scan([ID + head + unit * 5_000]))


def test_a_delivery_that_was_cut_is_not_understood() -> None:
    line = (
        "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: to=<bob@example.org>, delay=00:00:01, "
        "xdelay=00:00:01, mailer=esmtp, pri=120303, relay=mx.example.org. [192.0.2.1], dsn=5.1.1"
    )
    run = scan([line])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


@pytest.mark.parametrize(
    ("message", "stage", "text"),
    [
        (
            "4ANFx2Qk031277: rejecting commands from c.example [203.0.113.9] due to pre-greeting "
            "traffic after 0 seconds",
            Stage.CONNECT,
            "pre-greeting traffic after 0 seconds",
        ),
        (
            "4ANFx2Qk031277: AUTH failure (LOGIN): authentication failure (-13) SASL(-13): no, "
            "user=bob, relay=c.example [203.0.113.9]",
            Stage.AUTH,
            "authentication failure (-13) SASL(-13): no",
        ),
    ],
)
def test_a_client_that_is_turned_away(message: str, stage: Stage, text: str) -> None:
    [found] = scan([f"Nov 24 11:43:32 mx sm-mta[42]: {message}"])
    assert (found.stage, found.status, found.text) == (stage, Status.REJECTED, text)
    assert (found.relay_host, found.relay_ip) == ("c.example", "203.0.113.9")


@pytest.mark.parametrize(
    "words",
    [
        "Losing ./qf4ANFx2Qk031277: savemail panic",
        "SYSERR(root): savemail: cannot save rejected email anywhere",
    ],
)
def test_a_message_that_is_lost_is_not_passed_over(words: str) -> None:
    run = scan([f"Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: {words}"])
    assert list(run) == []
    assert run.coverage.understood == 0


@pytest.mark.parametrize(
    ("mailer", "direction"),
    [
        ("cyrusv2", Direction.LOCAL),
        ("cyrus", Direction.LOCAL),
        ("procmail", Direction.LOCAL),
        ("*include*", Direction.LOCAL),
        ("esmtp", Direction.OUTGOING),
        ("relay", Direction.OUTGOING),
    ],
)
def test_a_mailer_delivers_on_this_host_or_elsewhere(mailer: str, direction: Direction) -> None:
    found = one(f"{ID}{TO}mailer={mailer}, pri=30000, dsn=5.1.1, stat=User unknown")
    assert found.direction is direction


def test_what_sendmail_calls_any_refusal_of_a_recipient_suppresses_nobody() -> None:
    """A 550 of a block list has the same words, and 5.1.1 where it has no enhanced status."""
    for dsn in ("5.1.1", "5.7.1"):
        found = delivered(f"dsn={dsn}, stat=User unknown")
        assert found.verdict is not None
        assert (found.status, found.verdict.suppress) == (Status.BOUNCED, False)
    answered = delivered("dsn=5.1.1, reply=550 5.1.1 No such user, stat=User unknown")
    assert answered.verdict is not None
    assert answered.verdict.suppress


@pytest.mark.parametrize(
    ("to", "recipients"),
    [
        ("[M42]<bob@example.org>", ["bob@example.org"]),
        (
            '"Bob, of <sales>" <bob@example.org>,<al@example.org>',
            ["bob@example.org", "al@example.org"],
        ),
        ("root", ["root"]),
        ('<"a<b"@example.org>', ['"a<b"@example.org']),
    ],
)
def test_a_recipient_may_have_a_name(to: str, recipients: list[str]) -> None:
    line = f"{ID}to={to}, delay=00:00:01, mailer=relay, relay=mx., dsn=2.0.0, stat=Sent (Ok)"
    assert [each.recipient for each in scan([line])] == recipients


def test_a_space_behind_the_ruleset_may_be_lost() -> None:
    [found] = scan(
        [
            f"{ID}ruleset=check_rcpt,arg1=<b@example.org>, relay=c.example [192.0.2.1], "
            "reject=550 5.7.1 <b@example.org>... Relaying denied"
        ]
    )
    assert (found.recipient, found.stage, found.status) == (
        "b@example.org",
        Stage.RCPT,
        Status.REJECTED,
    )
