"""Postfix's less common lines: checks of the content, lines that are quoted, what tells nothing."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Bundle, Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.formats.postfix.grammar import PROGRAM, SILENT
from smtpreply.logs.toolkit.shapes import capturing

HEAD = "Nov 24 11:43:32 mx1 postfix/"


def one(line: str) -> Delivery:
    [delivery] = scan([line])
    return delivery


def told(delivery: Delivery, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(delivery, name) for name in names)


# --- checks of the content -----------------------------------------------------------------

CHECKED = (
    "cleanup[7]: 4E74613FE7: {}: header Subject: buy from c.example[203.0.113.9]; "
    "from=<x@y.example> to=<bob@example.org> proto=ESMTP helo=<c>"
)


@pytest.mark.parametrize(
    ("action", "status"),
    [("reject", Status.REJECTED), ("discard", Status.DISCARDED), ("hold", Status.HELD)],
)
def test_a_check_of_the_content_refuses(action: str, status: Status) -> None:
    delivery = one(HEAD + CHECKED.format(action) + ": 5.7.1 No ads: none")
    assert told(delivery, "status", "stage", "direction", "queue_id") == (
        status,
        Stage.END_OF_DATA,
        Direction.INCOMING,
        "4E74613FE7",
    )
    assert told(delivery, "sender", "recipient", "relay_host", "relay_ip") == (
        "x@y.example",
        "bob@example.org",
        "c.example",
        "203.0.113.9",
    )
    assert (delivery.diagnostic, delivery.reply) == ("5.7.1 No ads: none", None)


@pytest.mark.parametrize("action", ["warning", "replace", "prepend", "info", "filter", "strip"])
def test_a_check_of_the_content_that_lets_it_through_tells_of_no_delivery(action: str) -> None:
    run = scan([HEAD + CHECKED.format(action)])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_a_subject_cannot_play_the_envelope_behind_it() -> None:
    evil = "buy from evil[192.0.2.66]; from=<a@b> to=<c@d> proto=ESMTP helo=<e>: 550 5.1.1 forged"
    delivery = one(HEAD + CHECKED.format("reject").replace("buy", evil) + ": 5.7.1 No")
    assert told(delivery, "relay_ip", "sender", "text") == (
        "203.0.113.9",
        "x@y.example",
        "5.7.1 No",
    )


# --- who was spoken to ---------------------------------------------------------------------


def delivered(relay: str, reason: str, service: str = "smtp") -> Delivery:
    return one(
        f"{HEAD}{service}[7]: 4E74613FE7: to=<bob@example.org>, relay={relay}, delay=9, "
        f"delays=9/0/0/0, dsn=4.4.1, status=deferred ({reason})"
    )


def test_a_server_that_could_not_be_reached_is_named_by_the_words() -> None:
    delivery = delivered("none", "connect to mx.example.org[192.0.2.1]:25: Connection refused")
    assert told(delivery, "relay_host", "relay_ip", "relay_port", "stage", "reply_by") == (
        "mx.example.org",
        "192.0.2.1",
        25,
        Stage.CONNECT,
        None,
    )


def test_a_socket_s_path_is_no_address() -> None:
    delivery = delivered(
        "mx1[private/dovecot-lmtp]",
        "host mx1[private/dovecot-lmtp] said: 451 4.2.0 Busy (in reply to end of DATA command)",
        "lmtp",
    )
    assert told(delivery, "relay_host", "relay_ip", "text") == ("mx1", None, "451 4.2.0 Busy")


def test_a_server_refused_to_talk_in_old_words_too() -> None:
    delivery = delivered(
        "none",
        "connect to mx.example.org[192.0.2.1]: server refused to talk to me: 421 Busy",
    )
    assert told(delivery, "relay_ip", "stage", "text", "reply_by") == (
        "192.0.2.1",
        Stage.CONNECT,
        "421 Busy",
        ReplyBy.REMOTE,
    )


def test_a_client_without_a_name_has_its_address() -> None:
    line = "postscreen[7]: NOQUEUE: reject: CONNECT from [203.0.113.9]:4242: too many connections"
    delivery = one(HEAD + line)
    assert told(delivery, "relay_host", "relay_ip", "relay_port", "stage") == (
        "203.0.113.9",
        "203.0.113.9",
        4242,
        Stage.CONNECT,
    )


# --- lines without their prefix ------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "stage", "speaker"),
    [
        (
            "host a.example[192.0.2.1] said: 550 No (in reply to RCPT TO command)",
            Stage.RCPT,
            "remote",
        ),
        (
            "4E74613FE7: host a.example[192.0.2.1]:25 said: 550 No (in reply to DATA command)",
            Stage.DATA,
            "remote",
        ),
        ("host a.example[192.0.2.1] refused to talk to me: 554 No", Stage.CONNECT, "remote"),
        (
            "status=bounced (host a.example[192.0.2.1] said: 550 No (in reply to DATA command))",
            Stage.DATA,
            "remote",
        ),
        (
            "proxy-reject: END-OF-MESSAGE: 550 5.7.1 No; from=<a@b.example> proto=ESMTP helo=<c>",
            Stage.END_OF_DATA,
            "own",
        ),
        (
            "NOQUEUE: reject: RCPT from a.example[192.0.2.1]: 554 5.7.1 No; from=<a@b.example>",
            Stage.RCPT,
            "own",
        ),
        (
            "4E74613FE7: SASL authentication failed; server a.example[192.0.2.1] said: 535 No",
            Stage.AUTH,
            "remote",
        ),
    ],
)
def test_a_line_that_is_quoted_is_read(line: str, stage: Stage, speaker: str) -> None:
    delivery = one(line)
    assert told(delivery, "mta", "stage", "reply_by") == ("postfix", stage, ReplyBy(speaker))
    assert delivery.reply is not None


def test_an_instance_may_have_any_name() -> None:
    line = (
        "Nov 24 11:43:32 mx1 mta-out/smtp[7]: 4E74613FE7: to=<bob@example.org>, "
        "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, "
        "status=sent (250 Ok)"
    )
    assert told(one(line), "mta", "program") == ("postfix", "mta-out/smtp")


@pytest.mark.parametrize(
    "line",
    [
        "4E74613FE7: removed",
        "4E74613FE7: from=<a@example.org>, size=9, nrcpt=1 (queue active)",
        "4E74613FE7: message-id=<7@example.com>",
        "4E74613FE7: enabling PIX workarounds: delay_dotcrlf for mx[192.0.2.1]:25",
    ],
)
def test_a_quoted_line_of_no_delivery_is_understood(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert run.coverage.understood == 1


@pytest.mark.parametrize(
    "line",
    [
        "the host mx.example.org[192.0.2.1] said: 550 No",
        "host mx said: 550 No",
        "status=bounced (by hand)",
        "reject: RCPT",
        "removed",
    ],
)
def test_prose_is_no_line_of_postfix(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert run.coverage.known == 0


@pytest.mark.parametrize(
    "line",
    [
        "smtpd[7]: > c.example[203.0.113.9]: 250 2.1.0 Ok",
        "smtp[7]: < mx.example.org[192.0.2.1]:25: 250 2.1.0 Ok",
        "smtp[7]: Host offered STARTTLS: [mx.example.org]",
        "dnsblog[7]: addr 203.0.113.9 listed by domain bl.example as 127.0.0.2",
        "postsuper[7]: 4E74613FE7: placed on hold",
        "postsuper[7]: Released from hold: 1 message",
        "smtpd[7]: NOQUEUE: redirect: RCPT from c.example[203.0.113.9]: <b@example.org>: Recipient",
        "bounce[7]: 4E74613FE7: sender non-delivery notification: 4E74613FE8",
        "smtp[7]: 4E74613FE7: Cannot start TLS: handshake failure",
        "master[7]: reload -- version 3.10.1, configuration /etc/postfix",
    ],
)
def test_what_tells_of_no_delivery_is_understood(line: str) -> None:
    run = scan([HEAD + line])
    assert list(run) == []
    assert run.coverage.understood == 1


@settings(deadline=None)  # the first example imports the format
@given(
    st.sampled_from(
        ["4E74613FE7: reject: header ", "host a[b] said: 550 ", "status=bounced (host "]
    ),
    st.text(max_size=200),
    st.sampled_from([1, 300]),
)
def test_any_text_after_a_valid_head_is_read_without_an_error(
    head: str, text: str, times: int
) -> None:
    """No text behind a head raises anything."""
    for prefix in ("", HEAD + "cleanup[7]: "):
        for delivery in scan([prefix + head + (text * times).replace("\n", " ")]):
            assert delivery.to_dict()


@pytest.mark.parametrize("unit", [" from a[b]; from=<c> ", "; from=<", " from ", 'from=<"\\'])
def test_a_check_of_much_content_is_read_in_time(unit: str) -> None:
    list(scan([HEAD + "cleanup[7]: 4E74613FE7: reject: header Subject: " + unit * 20_000]))


# --- warnings that tell of a refusal -------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text", "stage"),
    [
        (
            "c.example[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            "SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            Stage.AUTH,
        ),
        (
            "c.example[203.0.113.9]: SASL PLAIN authentication failed: authentication failure, "
            "sasl_username=a, sasl_username=b",
            "SASL PLAIN authentication failed: authentication failure",
            Stage.AUTH,
        ),
        (
            "Connection concurrency limit exceeded: 5 from c.example[203.0.113.9] for service smtp",
            "Connection concurrency limit exceeded",
            Stage.CONNECT,
        ),
        (
            "Recipient address rate limit exceeded: 9 from c.example[203.0.113.9] for service smtp",
            "Recipient address rate limit exceeded",
            Stage.RCPT,
        ),
        (
            "Illegal address syntax from c.example[203.0.113.9] in RCPT command: <a..b@c>",
            "Illegal address syntax",
            Stage.RCPT,
        ),
    ],
)
def test_a_warning_of_a_refusal_is_one(line: str, text: str, stage: Stage) -> None:
    delivery = one(f"{HEAD}smtpd[7]: warning: {line}")
    assert told(delivery, "direction", "status") == (Direction.INCOMING, Status.REJECTED)
    assert told(delivery, "text", "stage", "reply_by") == (text, stage, None)
    assert told(delivery, "relay_host", "relay_ip") == ("c.example", "203.0.113.9")


@pytest.mark.parametrize(
    "words",
    [
        "queue file size limit exceeded",
        "write queue file: No space left on device",
        "virtual_alias_maps map lookup problem for b@example.org -- "
        "message not accepted, try again later",
    ],
)
def test_a_message_that_is_not_stored_is_refused(words: str) -> None:
    found = one(f"{HEAD}cleanup[7]: warning: 4E74613FE7: {words}")
    assert told(found, "direction", "status", "stage", "queue_id", "text") == (
        Direction.INCOMING,
        Status.REJECTED,
        Stage.END_OF_DATA,
        "4E74613FE7",
        words,
    )


@pytest.mark.parametrize(
    ("command", "stage", "sender", "recipient"),
    [
        ("MAIL FROM:<a@example.net>", Stage.MAIL, "a@example.net", None),
        ("RCPT TO:<b@example.org> NOTIFY=NEVER", Stage.RCPT, None, "b@example.org"),
        ("DATA", Stage.DATA, None, None),
        ("connection request", Stage.CONNECT, None, None),
    ],
)
def test_a_filter_refuses_before_the_end_of_the_message(
    command: str, stage: Stage, sender: str | None, recipient: str | None
) -> None:
    found = one(f'{HEAD}smtpd[7]: warning: proxy filter:10024 rejected "{command}": "550 5.7.1 No"')
    assert told(found, "status", "reply_by", "text", "stage", "sender", "recipient") == (
        Status.REJECTED,
        ReplyBy.FILTER,
        "550 5.7.1 No",
        stage,
        sender,
        recipient,
    )


def test_a_message_with_wrong_mime_is_refused() -> None:
    fault = "improper use of 8-bit data in message header"
    of = "from c.example[203.0.113.9]; from=<a@example.net> to=<b@example.org>"
    found = one(f"{HEAD}cleanup[7]: 4E74613FE7: reject: mime-error {fault}: Subject: hi {of}")
    assert told(found, "status", "text", "sender", "recipient", "relay_ip") == (
        Status.REJECTED,
        fault,
        "a@example.net",
        "b@example.org",
        "203.0.113.9",
    )


def test_what_postsuper_removes_is_thrown_away() -> None:
    arrival = f"{HEAD}qmgr[7]: 4E74613FE7: from=<a@example.net>, size=9, nrcpt=1 (queue active)"
    [found] = scan([arrival, f"{HEAD}postsuper[7]: 4E74613FE7: removed"])
    assert told(found, "status", "sender", "queue_id") == (
        Status.DISCARDED,
        "a@example.net",
        "4E74613FE7",
    )
    run = scan([arrival, f"{HEAD}qmgr[7]: 4E74613FE7: removed"])
    assert list(run) == []


@pytest.mark.parametrize(
    "line",
    [
        "smtp[7]: 4E74613FE7: to=<bob@example.org>, relay=mx[192.0.2.1]:25, delay=2",
        "smtp[7]: 4E74613FE7: to=<bob@example.org>, status=bounced",
        "smtp[7]: 4E74613FE7: host mx.example.org[192.0.2.1] went away",
    ],
)
def test_a_line_of_a_delivery_that_is_not_read_is_not_understood(line: str) -> None:
    run = scan([HEAD + line])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)


def test_a_message_whose_file_is_corrupt_is_kept_back() -> None:
    [found] = scan(
        [
            'Nov 24 11:43:32 mx1 postfix/qmgr[42]: warning: saving corrupt file "4E74613FE7" from '
            'queue "active" to queue "corrupt"'
        ]
    )
    assert (found.status, found.queue_id) == (Status.HELD, "4E74613FE7")
    assert found.text == "corrupt file"


def test_what_is_thrown_away_has_not_been_sent() -> None:
    """discard(8) answers as a mailbox would."""
    line = (
        "Nov 24 11:43:32 mx postfix/discard[104]: 4E74613FE7: to=<bob@example.org>, relay=none, "
        "delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (example.org)"
    )
    [delivery] = scan([line])
    assert delivery.status is Status.DISCARDED
    [found] = scan([f"{line}\n{line}\n{line}\n"]).bundled()
    assert isinstance(found, Bundle)
    assert (found.delivery.status, found.count) == (Status.DISCARDED, 3)


def test_servers_that_say_the_same_are_one_kind() -> None:
    lines = [
        f"Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE{number}: to=<u{number}@example.org>, "
        f"relay=mx{number}.example.org[192.0.2.{number}]:25, delay=1, delays=0/0/0/1, dsn=4.2.0, "
        f"status=deferred (host mx{number}.example.org[192.0.2.{number}] said: 450 4.2.0 Later "
        "(in reply to RCPT TO command))\n"
        for number in range(1, 10)
    ]
    [found] = scan(["".join(lines)]).bundled()
    assert isinstance(found, Bundle)
    assert found.count == len(found.servers) == len(lines)


SILENT_LINES = (
    "smtpd[7]: SSL_accept error from c.example[192.0.2.9]: lost connection",
    "smtp[7]: connect to mx.example.org[192.0.2.9]:25: Connection timed out",
    "scache[7]: statistics: start interval Mar  1 00:00:00",
    "dnsblog[7]: addr 192.0.2.9 listed by domain zen.spamhaus.org as 127.0.0.4",
    "tlsproxy[7]: CONNECT from [192.0.2.9]:5531",
    "tlsproxy[7]: DISCONNECT [192.0.2.9]:5531",
    "submission/smtpd[7]: disconnect from c.example[192.0.2.9] ehlo=1 quit=1 commands=2",
    "anvil[7]: statistics: max connection rate 1/60s for (smtp:192.0.2.9) at Mar  1 00:00:00",
)


@pytest.mark.parametrize("text", SILENT_LINES)
def test_lines_that_blocks_pass_over_report_nothing(text: str) -> None:
    line = f"Nov 24 11:43:32 mx postfix/{text}"
    assert re.fullmatch(rf"{PROGRAM}(?:{capturing(SILENT)})", f"postfix/{text}")
    run = scan([line])
    assert list(run) == []
    assert (run.coverage.understood, run.coverage.trouble.rows()) == (1, [])


DELIVERED_TO = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: {}, relay=mx.example.org[192.0.2.1]:25, delay=1.9, "
    "delays=0.1/0/1.1/0.7, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: "
    "550 5.1.1 No such user (in reply to RCPT TO command))"
)


@pytest.mark.parametrize(
    ("beginning", "recipient"),
    [
        ("4E74613FE7: to=bob at example.org", None),
        ("4E74613FE7: to=<bob <at> example.org>", None),
        ("4E74613FE7: to= <bob@example.org>", "bob@example.org"),
        ("4E74613FE7: to:<bob@example.org>", "bob@example.org"),
        ("4E74613FE7: bob@example.org", "bob@example.org"),
        ("[queue-id]: to=<bob@example.org>", "bob@example.org"),
        ("4e74613fe7: to=<bob@example.org>", "bob@example.org"),
        ("***: to=<***>, orig_to=<***>", None),
    ],
)
@pytest.mark.parametrize("relay", ["mx.example.org[192.0.2.1]:25", "mx.example.org [192.0.2.1]:25"])
def test_a_line_that_was_edited_is_read(beginning: str, recipient: str | None, relay: str) -> None:
    line = DELIVERED_TO.format(beginning).replace("mx.example.org[192.0.2.1]:25", relay)
    [delivery] = scan([line])
    assert delivery.recipient == recipient
    assert (delivery.relay_host, delivery.relay_ip) == ("mx.example.org", "192.0.2.1")
    assert delivery.reply is not None
    assert (delivery.status, delivery.reply.code) == (Status.BOUNCED, 550)


def test_an_edited_line_is_read_without_its_head() -> None:
    line = DELIVERED_TO.format("4E74613FE7: to=bob at example.org")
    [delivery] = scan([line.partition("[42]: ")[2]])
    assert (delivery.recipient, delivery.status) == (None, Status.BOUNCED)


@pytest.mark.parametrize(
    "beginning",
    [
        # Of another's fields in an address, as before 3.5, nothing is made up.
        "4E74613FE7: to=<x>, relay=x[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (250 ok) @y>",
        "4E74613FE7: to=<x>, status=sent (250 ok) @y>",
        "4E74613FE7: to=bob@x.example via ann@y.example",
        "4E74613FE7: bob@x.example ann@y.example",
        "4E74613FE7: from=<al@example.com>",
        "NOQUEUE: to=bob@x.example",
        "GET bob@x.example",
        "bob@x.example",
        "",
    ],
)
def test_an_edited_line_with_two_readings_is_not_read(beginning: str) -> None:
    run = scan([DELIVERED_TO.format(beginning)])
    assert not list(run)
    assert run.coverage.understood == 0


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (
            "milter-reject: END-OF-MESSAGE from c.example[203.0.113.9]: 4.7.1 Try again later; "
            "from=<a@example.net> to=<bob@example.org> proto=ESMTP helo=<c.example>",
            Stage.END_OF_DATA,
        ),
        (
            "reject: RCPT from c.example[203.0.113.9]: 554 5.7.1 No; from=<a@example.net> "
            "to=<bob@example.org> proto=ESMTP helo=<c.example>",
            Stage.RCPT,
        ),
        (
            "warning: c.example[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            Stage.AUTH,
        ),
    ],
)
def test_a_web_page_shows_what_is_behind_the_program(line: str, stage: Stage) -> None:
    for head in ("", "24.11.2026, 11:43:32 | warning | "):
        found = one(head + line)
        assert told(found, "mta", "status", "stage", "relay_ip") == (
            "postfix",
            Status.REJECTED,
            stage,
            "203.0.113.9",
        )


@pytest.mark.parametrize(
    "line",
    [
        "warning: SASL authentication failure: no secret in database",
        "reject: a header of somebody's own program from c.example: 550 no",
        "warning: hostname c.example does not resolve to address 203.0.113.9",
    ],
)
def test_words_like_it_are_not_enough(line: str) -> None:
    run = scan([line])
    assert (list(run), run.coverage.known) == ([], 0)


FORGED = "bob@example.org, relay=m, delay=1, status=bounced (550 5.1.1 User unknown"


@pytest.mark.parametrize("forged", [FORGED, f"4E74613FE7: {FORGED}", f"4E74613FE7: to={FORGED}"])
@pytest.mark.parametrize(
    ("program", "before"),
    [
        ("smtpd", "warning: non-SMTP command from unknown[203.0.113.9]: GET "),
        ("smtpd", "warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: "),
        ("smtpd", "warning: Illegal address syntax from x[203.0.113.9] in RCPT command: "),
        ("smtpd", "NOQUEUE: reject: RCPT from x[203.0.113.9]: 550 5.7.1 "),
        ("smtpd", "lost connection after "),
        ("smtpd", "improper command pipelining after DATA from x[203.0.113.9]: "),
        ("postscreen", "NON-SMTP COMMAND from [203.0.113.9]:77 after CONNECT: "),
        ("postscreen", "PREGREET 14 after 0.1 from [203.0.113.9]:77: "),
        ("smtp", "4E74613FE8: host mx.example.com[203.0.113.9] said: 450 4.2.0 "),
        ("smtp", "4E74613FE8: host mx.example.com[203.0.113.9] refused to talk to me: 450 "),
        ("smtp", "4E74613FE8: enabling PIX workarounds: "),
        ("smtp", "connect to mx.example.com[203.0.113.9]:25: "),
        ("cleanup", "4E74613FE8: reject: header Subject: "),
        ("cleanup", "4E74613FE8: message-id="),
    ],
)
def test_what_a_stranger_says_is_no_edited_line(program: str, before: str, forged: str) -> None:
    line = f"Nov 24 11:43:32 mx postfix/{program}[42]: {before}{forged}"
    for found in scan([line]):
        assert found.status is not Status.BOUNCED
        assert found.recipient != "bob@example.org"
        assert found.verdict is None or not found.verdict.suppress
