"""Exim's less common lines: what is refused without an ACL, thrown away, or told of no delivery."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

STAMP = "2026-11-24 11:43:32 "
ID = STAMP + "1sQpLm-00000002Rfh-3kYd "


def one(line: str) -> Delivery:
    [delivery] = scan([line])
    return delivery


def told(delivery: Delivery, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(delivery, name) for name in names)


@pytest.mark.parametrize(
    ("client", "host"),
    [
        ("c.example [192.0.2.1]", "c.example"),
        ("c.example (helo) [192.0.2.1]:4242", "c.example"),
        ("(helo) [192.0.2.1]:4242", "192.0.2.1"),
        ("[192.0.2.1]", "192.0.2.1"),
    ],
)
@pytest.mark.parametrize(
    ("line", "stage", "status"),
    [
        ("H={} F=<x@example.net> rejected RCPT <b@example.org>: no", Stage.RCPT, Status.REJECTED),
        (
            'H={} temporarily rejected connection in "connect" ACL: no',
            Stage.CONNECT,
            Status.REJECTED,
        ),
        (
            "rejected EHLO from {}: syntactically invalid argument(s): a_b",
            Stage.EHLO,
            Status.REJECTED,
        ),
        ("Connection from {} refused: too many connections", Stage.CONNECT, Status.REJECTED),
        ("refused connection from {} (host_reject_connection)", Stage.CONNECT, Status.REJECTED),
        ("H={} F=<x@example.net> rejected during MIME ACL checks: no", None, Status.REJECTED),
        ("rejected from <x@example.net> H={}: message too big", Stage.END_OF_DATA, Status.REJECTED),
        ("unqualified recipient rejected: <bob> H={}", Stage.RCPT, Status.REJECTED),
        ("unqualified sender rejected: <bob> H={}", Stage.MAIL, Status.REJECTED),
        (
            "H={} F=<x@example.net> RCPT <b@example.org>: discarded by RCPT ACL",
            Stage.RCPT,
            Status.DISCARDED,
        ),
        ("login authenticator failed for {}: 535 Incorrect data", Stage.AUTH, Status.REJECTED),
    ],
)
def test_a_client_is_turned_away(
    line: str, stage: Stage | None, status: Status, client: str, host: str
) -> None:
    delivery = one(STAMP + line.format(client))
    assert told(delivery, "stage", "status", "relay_host", "relay_ip") == (
        stage,
        status,
        host,
        "192.0.2.1",
    )
    assert delivery.direction is Direction.INCOMING


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        (
            "cancelled by system filter: virus",
            Status.BOUNCED,
            "cancelled by system filter: virus",
        ),
        ("cancelled by root", Status.BOUNCED, "cancelled by root"),
        ("cancelled by timeout_frozen_after", Status.EXPIRED, None),
        ("removed by root", Status.DISCARDED, "removed by root"),
        ("frozen by ACL", Status.HELD, "frozen by ACL"),
    ],
)
def test_what_becomes_of_a_message_as_a_whole(line: str, status: Status, text: str | None) -> None:
    """Those who still wait for the message have no line of their own."""
    arrival = f"{ID}<= x@example.net H=c.example [192.0.2.1] P=esmtp S=9"
    [found] = scan([arrival, ID + line])
    assert told(found, "status", "text", "sender", "recipient", "direction") == (
        status,
        text,
        "x@example.net",
        None,
        None,
    )
    assert found.verdict is None or not found.verdict.suppress


def test_a_fake_refusal_is_an_arrival() -> None:
    arrival = f"{ID}(= x@example.net H=c.example [192.0.2.1] P=esmtp S=9"
    run = scan([arrival, f"{ID}=> b <b@example.org> R=user T=local_delivery"])
    assert [delivery.sender for delivery in run] == ["x@example.net"]
    assert run.coverage.understood == 2


def test_a_server_refuses_our_login() -> None:
    found = one(ID + "relay_login authenticator failed H=c.example [192.0.2.1] 535 5.7.8 No")
    assert told(found, "direction", "stage", "status", "reply_by", "relay_host", "text") == (
        Direction.OUTGOING,
        Stage.AUTH,
        None,
        ReplyBy.REMOTE,
        "c.example",
        "535 5.7.8 No",
    )


@pytest.mark.parametrize(
    ("line", "stage", "recipient", "text"),
    [
        (
            "PRDR R=<b@example.org> temporary refusal",
            Stage.END_OF_DATA,
            "b@example.org",
            "temporary refusal",
        ),
        ("Message abandoned: disk full", Stage.END_OF_DATA, None, "disk full"),
        (
            "too many recipients: message rejected: sender=<x@example.net> H=c [192.0.2.1]",
            Stage.RCPT,
            None,
            "too many recipients: message rejected",
        ),
        (
            "temporarily refused connection from c [192.0.2.1] (tcp wrappers errno=2)",
            Stage.CONNECT,
            None,
            None,
        ),
        ("F=x@example.net H=c [192.0.2.1] rejected by local_scan(): no", None, None, "no"),
    ],
)
def test_refusals_that_have_a_form_of_their_own(
    line: str, stage: Stage | None, recipient: str | None, text: str | None
) -> None:
    found = one(ID + line)
    assert told(found, "direction", "status", "stage", "recipient", "text") == (
        Direction.INCOMING,
        Status.REJECTED,
        stage,
        recipient,
        text,
    )
    assert found.sender == ("x@example.net" if "x@" in line else None)
    assert found.relay_ip == ("192.0.2.1" if "192.0.2.1" in line else None)


def test_who_was_turned_away_is_told() -> None:
    unqualified = one(STAMP + "unqualified recipient rejected: <bob> H=c [192.0.2.1]")
    assert told(unqualified, "recipient", "sender") == ("bob", None)
    sender = one(STAMP + "unqualified sender rejected: <bob> H=c [192.0.2.1]")
    assert told(sender, "recipient", "sender") == (None, "bob")
    large = one(ID + "rejected from <x@example.net> H=c [192.0.2.1] P=esmtp S=9: message too big")
    assert told(large, "sender", "text") == ("x@example.net", "message too big")


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (
            "Remote host mx.example.org [192.0.2.1] closed connection in response to EHLO x",
            Stage.EHLO,
        ),
        (
            "SMTP timeout while connected to mx.example.org [192.0.2.1] after end of data (9)",
            Stage.END_OF_DATA,
        ),
        ("mx.example.org [192.0.2.1] Connection refused", None),
        ("H=mx.example.org [192.0.2.1]: Host is unreachable", None),
        ("H=mx.example.org [192.0.2.1] Network unreachable", None),
        ("H=mx.example.org [192.0.2.1] Permission denied", None),
        ("H=mx.example.org [192.0.2.1] TLS error on connection (verify): expired", None),
        ("TLS error on connection to mx.example.org [192.0.2.1] (verify): expired", None),
        ("mx.example.org [192.0.2.1] No route to host", None),
        ("H=mx.example.org [192.0.2.1] Connection timed out", None),
    ],
)
def test_a_silent_host_is_told_in_old_and_new_lines(line: str, stage: Stage | None) -> None:
    delivery = one(ID + line)
    assert told(delivery, "relay_host", "relay_ip", "stage", "reply_by") == (
        "mx.example.org",
        "192.0.2.1",
        stage,
        None,
    )


@pytest.mark.parametrize(
    ("line", "recipient"),
    [
        ("=> blackhole (DATA ACL discarded recipients): why", None),
        ("=> blackhole (local_scan discarded recipients)", None),
        ("=> discarded (system filter)", None),
        ("=> :blackhole: <b@example.org> R=aliases", "b@example.org"),
        ("=> /dev/null <b@example.org> R=aliases T=**bypassed**", "b@example.org"),
    ],
)
def test_what_is_thrown_away_is_not_sent(line: str, recipient: str | None) -> None:
    assert told(one(ID + line), "status", "recipient") == (Status.DISCARDED, recipient)


@pytest.mark.parametrize(
    "line",
    [
        ID + "DKIM: d=example.net s=s c=relaxed a=rsa-sha256 b=2048 [verification succeeded]",
        ID + "*** Frozen (message created with -f <>)",
        ID + "no immediate delivery: more than 10 messages received in one connection",
        ID + "error message sent to al@example.net",
        ID + ">al@example.net <al@example.org>: error ignored",
        ID + "original recipients ignored (system filter)",
        ID + "PRDR R=<b@example.org> acceptance",
        ID + 'relay authenticator cancelled authentication H=c [192.0.2.1] Bad "334 User?"',
        ID + "SAN <a.example:b.example>",
        ID + "spam acl condition: error",
        STAMP + "Ci=p1235 SMTP peer appears to have seen our banner",
        STAMP + "ignoring AUTH=c@d from U=CALLER (rejected by ACL)",
        STAMP + "bind of [192.0.2.1]:10001 failed",
        STAMP + 'SMTP syntax error in "RCPT x" H=c.example [192.0.2.1] missing',
        STAMP + "DNS list lookup defer (probably timeout) for 1.2.0.192.bl.example: not in list",
    ],
)
def test_what_tells_of_no_delivery_is_understood(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_the_fields_in_a_rejectlog_are_of_the_refusal_and_play_none() -> None:
    log = [
        f"{ID}H=c.example [192.0.2.1] F=<x@example.net> rejected after DATA: no",
        "Envelope-from: <x@example.net>",
        "Envelope-to: <b@example.org>",
        "P Received: from c.example ([192.0.2.1])",
        "\tby mx.example.org",
        "  Subject: SMTP error from remote mail server after DATA: 550 forged",
        "F From: x@example.net",
        f"{STAMP}H=c.example [192.0.2.1] rejected MAIL <x@example.net>: no",
    ]
    run = scan(log)
    assert [delivery.stage for delivery in run] == [Stage.END_OF_DATA, Stage.MAIL]
    assert run.coverage.understood == run.coverage.lines == len(log)


def test_an_indented_line_after_others_is_of_nobody() -> None:
    run = scan([f"{ID}Completed", "\tat java.lang.Thread.run(Thread.java)"])
    assert list(run) == []
    assert (run.coverage.lines, run.coverage.known) == (2, 1)


def test_a_message_s_id_is_not_taken_for_a_host() -> None:
    line = f"{ID}TLS: H=mx.example.org [192.0.2.1]: odd"
    run = scan([line])
    assert list(run) == []
    assert run.coverage.formats == {"exim": 1}


def test_a_host_may_look_like_a_message_s_id_where_a_syslog_has_written() -> None:
    line = (
        "2026-11-24T11:43:32Z prod01-mailer-01 exim[4]: 2026-11-24 11:43:32 1jmFYj-00039V-QX ** "
        "b@example.org R=r T=t H=mx.example.org [192.0.2.1]: SMTP error from remote mail server "
        "after DATA: 550 No"
    )
    assert told(one(line), "host", "reply_by") == ("prod01-mailer-01", ReplyBy.REMOTE)


@pytest.mark.parametrize("command", ["sending data block", "pipelined sending data block"])
def test_a_chunk_is_refused(command: str) -> None:
    error = f"SMTP error from remote mail server after {command}: 550 No"
    found = one(f"{ID}** b@example.org R=r T=t H=c [192.0.2.1]: {error}")
    assert told(found, "stage", "text") == (Stage.END_OF_DATA, "550 No")


# --- callouts, and PRDR --------------------------------------------------------------------


@pytest.mark.parametrize("host", ["", " from mx.example.org [192.0.2.9]"])
def test_a_callout_says_what_was_asked_and_by_whom_it_was_answered(host: str) -> None:
    delivery = one(
        f"{STAMP}H=c.example [192.0.2.1] sender verify fail for <x@example.net>: "
        f'response to "RCPT TO:<x@example.net>"{host} was: 550-Unknown\\n550 user'
    )
    assert told(delivery, "recipient", "stage", "reply_by", "text") == (
        "x@example.net",
        Stage.RCPT,
        ReplyBy.REMOTE,
        "550-Unknown\n550 user",
    )
    assert delivery.relay_ip == ("192.0.2.9" if host else None)


def test_a_recipient_may_stand_without_brackets() -> None:
    head = f"{STAMP}U=al F=<x@example.net> rejected RCPT b@example.org"
    assert told(one(head + ": no"), "recipient", "text") == ("b@example.org", "no")
    asked = one(f'{head}: response to "MAIL FROM:<x@example.net>" from mx [192.0.2.9] was: 550 No')
    assert told(asked, "recipient", "stage", "text") == ("b@example.org", Stage.MAIL, "550 No")


def test_prdr_answers_for_each_recipient() -> None:
    delivery = one(
        f"{ID}** b@example.org R=r T=t H=mx.example.org [192.0.2.1]: PRDR error after DATA: 550 No"
    )
    assert told(delivery, "stage", "text", "reply_by", "status") == (
        Stage.END_OF_DATA,
        "550 No",
        ReplyBy.REMOTE,
        Status.BOUNCED,
    )


@settings(deadline=None)  # the first example imports the format
@given(
    st.sampled_from(
        ["", "rejected ", "refused connection from ", "H=", "unqualified sender ", "P "]
    ),
    st.text(max_size=200),
    st.sampled_from([1, 200]),
)
def test_any_text_after_a_valid_head_is_read_without_an_error(
    head: str, text: str, times: int
) -> None:
    """No text behind a head raises anything."""
    for start in (STAMP, ID):
        for delivery in scan([start + head + (text * times).replace("\n", " ")]):
            assert delivery.to_dict()


def test_a_word_before_an_address_is_no_host() -> None:
    delivery = one(
        "2026-11-24 11:43:32 H=x.example [203.0.113.9] sender verify defer for <a@b.example>: "
        "Could not complete sender verify callout: [192.0.2.1] : SMTP error from "
        "remote mail server after MAIL FROM:<>: 450 4.7.1 try later"
    )
    assert (delivery.relay_host, delivery.relay_ip) == ("192.0.2.1", "192.0.2.1")


def test_a_refusal_by_a_callout_is_ours() -> None:
    """The client and the sender are those of the refused message; the words, of the server."""
    delivery = one(
        f"{STAMP}H=x.example [203.0.113.9] F=<a@b.example> rejected RCPT <c@d.example>: "
        "mx.d.example [192.0.2.1] : SMTP error from remote mail server after RCPT TO:"
        "<c@d.example>: 550 5.1.1 No such user"
    )
    assert told(delivery, "direction", "status") == (Direction.INCOMING, Status.REJECTED)
    assert told(delivery, "relay_host", "relay_ip") == ("x.example", "203.0.113.9")
    assert told(delivery, "sender", "recipient") == ("a@b.example", "c@d.example")
    assert told(delivery, "stage", "text", "reply_by") == (
        Stage.RCPT,
        "550 5.1.1 No such user",
        ReplyBy.REMOTE,
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("** b@x.example R=users T=local: quota is used up: wait", "quota is used up: wait"),
        ("** b@x.example R=aliases: no such user: bob", "no such user: bob"),
        ("** b@x.example: Unrouteable address", "Unrouteable address"),
        ("** b@x.example P=<a@x.example> R=r: all: of: it", "all: of: it"),
        ("== b@x.example R=r T=t defer (13): Permission denied: lock: f", None),
        ("== b@x.example routing defer (-51): retry time not reached", "retry time not reached"),
    ],
)
def test_exim_s_own_words_are_whole(line: str, words: str | None) -> None:
    assert one(ID + line).text == (words or "Permission denied: lock: f")


HOST = "H=mx.x.example [192.0.2.1]:25"


@pytest.mark.parametrize(
    "rest",
    [
        f"{HOST} DT=1m3s defer (110): Connection timed out",
        f"defer (110) {HOST} DT=1m3s: Connection timed out",
        f"defer (110) DT=1m3s {HOST}: Connection timed out",
        f"defer (110): Connection timed out {HOST} DT=1m3s",
        f"defer (110) DT=1m3s: Connection timed out {HOST}",
    ],
)
def test_fields_stand_in_any_place(rest: str) -> None:
    """The words and the host are the same wherever the fields stand."""
    delivery = one(f"{ID}== b@x.example R=r T=t {rest}")
    assert told(delivery, "text", "delay") == ("Connection timed out", None)
    assert told(delivery, "relay_host", "relay_ip", "relay_port") == (
        "mx.x.example",
        "192.0.2.1",
        25,
    )


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("0.250s", 0.25), ("7s", 7), ("1h2m3s", 3723), ("1d", 86400), ("1w1s", 604801), ("5m", 300)],
)
def test_spans_of_time(words: str, seconds: float) -> None:
    for rest in (
        f'C="250 Ok" QT={words}',
        f'QT={words} C="250 Ok"',
        f'QT={words} DT=1s C="250 Ok"',
    ):
        assert one(f"{ID}=> b@x.example R=r T=t {HOST} {rest}").delay == seconds


@pytest.mark.parametrize("words", ["", "1", "1.5", "1h2", "s", "ms"])
def test_a_span_of_time_that_is_cut_off_is_none(words: str) -> None:
    for rest in (f'C="250 Ok" QT={words}', f'QT={words} C="250 Ok"', f"QT={words}"):
        assert one(f"{ID}=> b@x.example R=r T=t {HOST} {rest}").delay is None


@pytest.mark.parametrize("rest", ['C="250 a QT=5s b"', 'DN="/CN=a QT=5s b" C="250 Ok"'])
def test_a_span_of_time_that_the_server_says_is_none(rest: str) -> None:
    assert one(f"{ID}=> b@x.example R=r T=t {HOST} {rest}").delay is None


@pytest.mark.parametrize("took", ["0s", "0.123s", "1m3s", "2h", "5ms"])
@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (f"R=r T=t {HOST}: SMTP error from remote mail server after DATA: 550 no", "550 no"),
        (": Unrouteable address", "Unrouteable address"),
        ("R=r: all hosts failed DT=x", "all hosts failed DT=x"),
    ],
)
def test_how_long_a_failed_attempt_took_is_no_part_of_the_words(
    took: str, failure: str, text: str
) -> None:
    delivery = one(f"{ID}** b@x.example{'' if failure[0] == ':' else ' '}{failure} DT={took}")
    assert told(delivery, "text", "delay") == (text, None)


@pytest.mark.parametrize(
    ("line", "text", "stage"),
    [
        (
            "rejected MAIL FROM:<a@x.example> H=c.example (c) [192.0.2.7]:4 I=[192.0.2.8]:25: "
            "message too big: size=9 max=8",
            "message too big: size=9 max=8",
            Stage.MAIL,
        ),
        (
            "SMTP protocol synchronization error (input sent without waiting for greeting): "
            'rejected connection from H=c.example [192.0.2.7] input="QUIT\\r\\n"',
            "SMTP protocol synchronization error (input sent without waiting for greeting)",
            Stage.CONNECT,
        ),
        (
            "SMTP protocol synchronization error (next input sent too soon: pipelining was not "
            'advertised): rejected "HELO c" H=c.example [192.0.2.7] next input="MAIL\\r\\n"',
            "SMTP protocol synchronization error (next input sent too soon: pipelining was not "
            "advertised)",
            Stage.EHLO,
        ),
        (
            "plain_server authenticator failed for c.example ([10.0.0.1]) [192.0.2.7]:4 "
            "I=[192.0.2.8]:587: 535 Incorrect authentication data (set_id=bob)",
            "535 Incorrect authentication data",
            Stage.AUTH,
        ),
        (
            "SMTP call from c.example [192.0.2.7] dropped: too many nonmail commands",
            "too many nonmail commands",
            None,
        ),
    ],
)
def test_who_is_turned_away_is_told(line: str, text: str, stage: Stage | None) -> None:
    delivery = one(STAMP + line)
    assert told(delivery, "direction", "status") == (Direction.INCOMING, Status.REJECTED)
    assert told(delivery, "relay_host", "relay_ip") == ("c.example", "192.0.2.7")
    assert told(delivery, "text", "stage") == (text, stage)


def test_a_command_cannot_forge_a_client() -> None:
    """Where what the client has sent looks like a client, none is named."""
    delivery = one(
        f"{STAMP}SMTP protocol synchronization error (next input sent too soon: pipelining was "
        'not advertised): rejected "HELO x" H=y [192.0.2.1] next input="" '
        'H=c.example [192.0.2.7] next input="MAIL\\r\\n"'
    )
    assert told(delivery, "relay_host", "relay_ip") == (None, None)


def test_a_timeout_of_bsd_s_is_an_attempt() -> None:
    delivery = one(f"{ID}mx.x.example [192.0.2.1] Operation timed out")
    assert told(delivery, "relay_host", "text") == ("mx.x.example", "Operation timed out")


@pytest.mark.parametrize("pid", ["71 ", "123456 "])
def test_what_exim_v_shows(pid: str) -> None:
    """Lines with a process id in place of the stamp are read as those of the log."""
    lines = [
        f"{pid}LOG: MAIN",
        f"{pid}  ** b@x.example R=r T=t: no such user: bob",
        f"{pid}LOG: retry_defer MAIN",
        f"{pid}  == c@x.example R=r T=t defer (-53): retry time not reached for any host",
    ]
    run = scan(lines)
    assert [told(each, "status", "recipient", "text") for each in run] == [
        (Status.BOUNCED, "b@x.example", "no such user: bob"),
        (Status.DEFERRED, "c@x.example", "retry time not reached for any host"),
    ]
    assert run.coverage.understood == 4


@pytest.mark.parametrize(
    "line",
    [
        "H=c.example [192.0.2.7] F=<a@x.example> rejected WHAT <b@x.example> of no known form",
        "rejected WHAT <b@x.example>: of no known form",
        "SMTP protocol synchronization error of no known form",
        "SMTP call from [192.0.2.7] ended in no known way",
    ],
)
def test_a_refusal_that_is_not_read_is_not_understood(line: str) -> None:
    run = scan([STAMP + line])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


# --- a quoted local part is no field (RFC 5321 4.1.2) ----------------------------------------

_FORGED = (
    '"y: SMTP error from remote mail server after RCPT TO:<boss@victim.example>: 550 5.1.1 no > '
    'rejected RCPT <w@victim.example>: z"@sender.example'
)


def test_a_quoted_sender_makes_no_failure_of_somebody_else() -> None:
    [found] = scan(
        [
            "2026-11-24 11:43:32 H=mx.example.net [203.0.113.9] "
            f"F=<{_FORGED}> rejected RCPT <bob@example.org>: relay not permitted"
        ]
    )
    assert (found.direction, found.status) == (Direction.INCOMING, Status.REJECTED)
    assert (found.sender, found.recipient) == (_FORGED, "bob@example.org")
    assert (found.text, found.relay_ip) == ("relay not permitted", "203.0.113.9")


def test_a_quoted_recipient_makes_no_refusal_of_somebody_else() -> None:
    [found] = scan(
        [
            "2026-11-24 11:43:32 H=mx.example.net [203.0.113.9] F=<al@example.net> "
            f"rejected RCPT <{_FORGED}>: relay not permitted"
        ]
    )
    assert (found.sender, found.recipient) == ("al@example.net", _FORGED)
    assert (found.text, found.reply) == ("relay not permitted", None)


@pytest.mark.parametrize("mask", ["", "\ue000"])
def test_a_quoted_sender_of_a_delivery_leaves_its_reply_alone(mask: str) -> None:
    sent = (
        f"2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd => bob@example.org F=<{_FORGED}> R=out "
        f'T=smtp H=mx.example.org [192.0.2.1] C="250 Ok{mask}"'
    )
    found = list(scan([sent]))
    if mask:  # what stands in quotes cannot be masked, so the line has two readings
        assert found == []
        return
    [delivery] = found
    assert (delivery.sender, delivery.relay_ip) == (_FORGED, "192.0.2.1")
    assert (delivery.recipient, delivery.text) == ("bob@example.org", "250 Ok")


@pytest.mark.parametrize(
    ("attempt", "direction"),
    [
        # Routing failed, or nothing was tried: no host, but a router or a transport, or the words.
        ("** bob@example.org R=dnslookup: Unrouteable address", Direction.OUTGOING),
        (
            "** bob@example.org: all relevant MX records point to non-existent hosts",
            Direction.OUTGOING,
        ),
        (
            "** bob@example.org R=dnslookup T=remote_smtp: retry timeout exceeded",
            Direction.OUTGOING,
        ),
        ("== bob@example.org R=smarthost defer (-1): host lookup failed", Direction.OUTGOING),
        (
            "** bob@example.org R=x T=y: SMTP error from remote mail server after RCPT TO:<b@c>: "
            "550 no",
            Direction.OUTGOING,
        ),
        (
            "== bob@example.org R=local_user T=mail_spool defer (-22): mailbox is full",
            Direction.LOCAL,
        ),
        (
            "** bob@example.org R=lmtp T=dovecot_lmtp: LMTP error after DATA: 552 no",
            Direction.LOCAL,
        ),
        ("** |/usr/bin/x <bob@example.org> R=a T=b: Child process returned 1", Direction.LOCAL),
        ("=> bob <bob@example.org> R=x T=y", Direction.LOCAL),
        ("** bob@localhost.localdomain: Unrouteable address", Direction.LOCAL),
        # An unknown user of ours, or a domain that is nobody's: the line does not tell.
        ("** bob@example.org: Unrouteable address", None),
        ("== bob@example.org routing defer (-51): retry time not reached", None),
    ],
)
def test_where_an_attempt_went_that_names_no_host(
    attempt: str, direction: Direction | None
) -> None:
    [found] = scan([f"2026-11-24 11:43:32 1abcde-123456-00 {attempt}"])
    assert found.direction is direction


def test_an_address_at_the_host_that_wrote_the_line_is_local() -> None:
    line = "exim[42]: 1abcde-123456-00 ** bob@mx1.example.org: Unrouteable address"
    for host, direction in (("mx1.example.org", Direction.LOCAL), ("mx2", None)):
        [found] = scan([f"Nov 24 11:43:32 {host} {line}"])
        assert found.direction is direction


def test_what_is_not_sent_for_a_test_has_not_been_sent() -> None:
    """``exim -N`` does all but deliver."""
    line = (
        "2026-11-24 11:43:32 1jmFYj-00039V-QX *> bob@example.org R=dnslookup T=remote_smtp "
        'H=mx.example.org [192.0.2.1] C="delivery bypassed by -N option"'
    )
    [delivery] = scan([line])
    assert delivery.status is Status.DISCARDED
    assert delivery.verdict is None or not delivery.verdict.suppress


@pytest.mark.parametrize(
    ("flag", "status"), [("**", Status.BOUNCED), ("==", Status.DEFERRED), ("=>", Status.SENT)]
)
def test_an_address_may_have_brackets(flag: str, status: Status) -> None:
    [found] = scan(
        [
            f"2026-11-24 11:43:32 1jmFYj-00039V-QX {flag} <bob@example.org> R=out T=remote_smtp "
            "H=mx.example.org [192.0.2.1]"
        ]
    )
    assert (found.recipient, found.status) == ("bob@example.org", status)


@pytest.mark.parametrize("what", ["timed out", "crashed with signal 11"])
def test_where_local_scan_fails_the_message_is_put_off(what: str) -> None:
    found = one(f"{ID}local_scan() function {what} - message temporarily rejected (size 3000)")
    assert (found.status, found.stage) == (Status.REJECTED, Stage.END_OF_DATA)
    assert (found.direction, found.text) == (Direction.INCOMING, f"local_scan() function {what}")


def test_a_clients_error_in_the_protocol_is_no_delivery() -> None:
    run = scan(
        [
            f'{STAMP}SMTP protocol error in "AUTH LOGIN" H=(User) [192.0.2.1]:5 AUTH command used '
            "when not advertised"
        ]
    )
    assert (list(run), run.coverage.understood) == ([], 1)


def test_a_line_may_lack_its_stamp() -> None:
    log = [
        "1sQpLm-00000002Rfh-3kYd <= al@example.com H=c.example [203.0.113.9] P=esmtp S=7",
        "1sQpLm-00000002Rfh-3kYd => bob@example.org R=out T=remote_smtp H=mx. [192.0.2.1]",
        "1sQpLm-00000002Rfh-3kYd Completed",
    ]
    run = scan(log)
    [found] = run
    assert told(found, "queue_id", "sender", "recipient", "status") == (
        "1sQpLm-00000002Rfh-3kYd",
        "al@example.com",
        "bob@example.org",
        Status.SENT,
    )
    assert run.coverage.understood == 3


@pytest.mark.parametrize("head", ["", "  ", "  308   ", "12345   ", "smtp_1  |   308   "])
def test_exim_shows_the_reply_of_one_host_of_several(head: str) -> None:
    """``exim -v``, with the process id where several write."""
    found = one(
        f"{head}H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after "
        "RCPT TO:<bob@example.org>: 451 4.7.1 Later"
    )
    assert told(found, "mta", "recipient", "relay_ip", "stage", "text") == (
        "exim",
        "bob@example.org",
        "192.0.2.1",
        Stage.RCPT,
        "451 4.7.1 Later",
    )


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        ("RCPT TO:", Stage.RCPT),
        ("RCPT TO: ", Stage.RCPT),
        ("pipelined MAIL FROM: SIZE=42", Stage.MAIL),
    ],
)
def test_a_page_may_take_an_address_for_a_tag(command: str, stage: Stage) -> None:
    found = one(
        f"{ID}** bob@example.org R=out T=remote_smtp: SMTP error from remote mail server after "
        f"{command}: host mx.example.org [192.0.2.1]: 550 5.1.1 No such user"
    )
    assert told(found, "stage", "text", "relay_ip", "status") == (
        stage,
        "550 5.1.1 No such user",
        "192.0.2.1",
        Status.BOUNCED,
    )
