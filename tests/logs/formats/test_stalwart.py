"""The log of Stalwart: events of its log, of its webhooks, and of its first versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "stalwart.log"
SPAN = (
    'queueId = 7, queueName = "remote", from = "al@example.com", to = ["bob@example.org"], '
    "size = 9, total = 1, "
)
STAMP = "2026-11-24T11:43:32Z "


def account(lines: list[str], **options: Any) -> Coverage:
    run = scan(lines, **options)
    assert list(run) == []
    return run.coverage


def one(line: str) -> Delivery:
    [delivery] = scan([line])
    assert delivery.mta == "stalwart"
    return delivery


def event(name: str, pairs: str, span: str = SPAN) -> str:
    return f"{STAMP}INFO Something happened ({name}) {span}{pairs}"


def test_an_attempt_tells_each_recipient_once() -> None:
    run = scan(SAMPLE)
    bob, eve = run
    assert (run.coverage.lines, run.coverage.understood) == (5, 5)
    assert (bob.recipient, bob.status, bob.stage) == ("bob@example.org", Status.BOUNCED, Stage.RCPT)
    assert (bob.sender, bob.queue_id) == ("al@example.com", "313515071556812801")
    assert (bob.relay_host, bob.reply_by) == ("mx.example.org", ReplyBy.REMOTE)
    assert bob.text == '550-5.1.1 No such user\n550 See "our" help'
    assert bob.time == datetime(2026, 11, 24, 11, 43, 31, tzinfo=UTC)
    assert (eve.recipient, eve.status, eve.stage) == (
        "eve@example.net",
        Status.SENT,
        Stage.END_OF_DATA,
    )
    assert eve.reply is not None
    assert (eve.reply.code, str(eve.reply.enhanced)) == (250, "2.0.0")


def test_a_notice_that_stands_alone_is_told() -> None:
    found = one(SAMPLE.read_text(encoding="utf-8").splitlines()[-1])
    assert (found.text, found.stage) == ("550 5.1.1 No such user", Stage.RCPT)
    assert (found.recipient, found.status) == ("bob@example.org", Status.BOUNCED)


@pytest.mark.parametrize("code", [250, 451, 553])
def test_the_code_says_what_becomes_of_the_message(code: int) -> None:
    found = one(
        event("delivery.message-rejected", f'hostname = "mx", code = {code}, details = "x"')
    )
    status = {2: Status.SENT, 4: Status.DEFERRED, 5: Status.BOUNCED}[code // 100]
    assert (found.status, found.text) == (status, f"{code} x")
    assert (found.recipient, found.direction) == ("bob@example.org", Direction.OUTGOING)


def test_a_cause_holds_a_reply() -> None:
    cause = (
        "causedBy = SMTP error occurred (smtp.error) { details = "
        '"Unexpected SMTP Response", code = 554, reason = "5.7.1 Go" away", code = 250" }'
    )
    found = one(event("delivery.mail-from-rejected", f'hostname = "mx", {cause}, elapsed = 9ms'))
    assert found.text == '554 5.7.1 Go" away", code = 250'
    assert (found.stage, found.status) == (Stage.MAIL, Status.BOUNCED)


def test_a_cause_without_a_reply_has_words() -> None:
    cause = (
        'causedBy = SMTP error occurred (smtp.error) { details = "I/O Error", '
        'reason = "Network is unreachable (os error 101)" }, elapsed = 0ms'
    )
    pairs = (
        f'domain = "example.org", hostname = "mx", remoteIp = 192.0.2.1, remotePort = 25, {cause}'
    )
    found = one(event("delivery.connect-error", pairs))
    assert (found.reply, found.status, found.stage) == (None, None, Stage.CONNECT)
    assert (found.relay_ip, found.relay_port) == ("192.0.2.1", 25)
    assert found.diagnostic is not None
    assert "Network is unreachable" in found.diagnostic


def test_recipients_are_told_only_where_they_are_certain() -> None:
    span = 'queueId = 7, from = <>, to = ["a@example.org", "b@example.net"], size = 9, total = 2, '
    found = one(
        event("delivery.mail-from-rejected", 'hostname = "mx", code = 550, details = "x"', span)
    )
    assert (found.recipient, found.sender) == (None, "")
    found = one(event("delivery.null-mx", 'domain = "EXAMPLE.net"', span))
    assert found.recipient == "b@example.net"


def test_a_reply_cannot_play_another_field() -> None:
    pairs = (
        'hostname = "mx.example.org", to = "bob@example.org", code = 450, details = "Later", '
        'hostname = "evil", to = "x@y", code = 250, details = "Ok", elapsed = 1ms", elapsed = 9ms'
    )
    found = one(event("delivery.rcpt-to-rejected", pairs))
    assert (found.relay_host, found.recipient) == ("mx.example.org", "bob@example.org")
    assert found.status is Status.DEFERRED
    assert found.text is not None
    assert found.text.endswith('details = "Ok", elapsed = 1ms')


def test_colours_are_taken_off() -> None:
    line = event(
        "delivery.delivered", 'hostname = "mx", to = "b@example.org", code = 250, details = "Ok"'
    )
    found = one("stalwart | \x1b[37m" + line.replace(" INFO ", "\x1b[0m \x1b[32;1mINFO\x1b[0m "))
    assert (found.text, found.recipient) == ("250 Ok", "b@example.org")
    assert found.time is not None


def test_refusals_are_our_own_words() -> None:
    pairs = (
        'listenerId = "smtp", localPort = 25, remoteIp = 203.0.113.9, remotePort = 4242, size = 9, '
    )
    line = STAMP + f"TRACE Raw SMTP output sent (smtp.raw-output) {pairs}"
    found = one(line + r'contents = "550-5.1.1 No\r\n550 5.1.1 "user"\r\n"')
    assert found.text == '550-5.1.1 No\n550 5.1.1 "user"'
    assert (found.reply_by, found.status) == (ReplyBy.OWN, Status.REJECTED)
    assert (found.relay_ip, found.relay_port) == ("203.0.113.9", 4242)
    both = list(scan([line + r'contents = "250-a\r\n250 b\r\n354 go\r\n"']))
    assert [(reply.text, reply.status) for reply in both] == [
        ("250-a\n250 b", None),
        ("354 go", None),
    ]


SESSION = 'listenerId = "smtp", localPort = 25, remoteIp = 203.0.113.9, remotePort = 4242, '


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("smtp.mailbox-does-not-exist", "Mailbox does not exist"),
        ("smtp.rcpt-to-greylisted", "Recipient greylisted"),
        ("smtp.rate-limit-exceeded", "Rate limit exceeded"),
    ],
)
def test_a_recipient_is_refused(name: str, words: str) -> None:
    line = event(name, 'to = "bob@example.org"', span=SESSION)
    data = {"remoteIp": "203.0.113.9", "remotePort": 4242, "to": "bob@example.org"}
    hook = json.dumps({"createdAt": STAMP.strip(), "type": name, "data": data})
    for found in (one(line), one(hook)):
        assert (found.direction, found.status, found.stage) == (
            Direction.INCOMING,
            Status.REJECTED,
            Stage.RCPT,
        )
        assert (found.recipient, found.relay_ip, found.relay_port) == (
            "bob@example.org",
            "203.0.113.9",
            4242,
        )
        assert (found.text, found.reply_by) == (words, None)


def test_a_refusal_is_reported_once_where_replies_are_logged() -> None:
    sent = f"{STAMP}TRACE Raw SMTP output sent (smtp.raw-output) {SESSION}size = 9, contents = "
    refusal = event("smtp.mailbox-does-not-exist", 'to = "bob@example.org"', span=SESSION)
    log = [sent + r'"220 mx\r\n"', refusal, sent + r'"550 5.1.2 No\r\n"']
    assert [found.text for found in scan(log)] == ["220 mx", "550 5.1.2 No"]


def test_which_limit_was_reached_is_no_refusal() -> None:
    line = event("smtp.rate-limit-exceeded", 'id = "sender", limit = [5, 60000ms]', span=SESSION)
    assert account([line]).understood == 1


def as_json(name: str, **data: Any) -> str:
    data = {"queueId": 7, "from": "al@example.com", "to": ["bob@example.org"]} | data
    return json.dumps({"createdAt": STAMP.strip(), "type": name, "data": data})


def test_webhooks_hold_events() -> None:
    refused = as_json("delivery.rcpt-to-rejected", hostname="mx", code=550, details="5.1.1 No")
    cause = {"type": "smtp.error", "data": {"details": "x", "code": 554, "reason": "No"}}
    both = json.dumps({"events": [json.loads(refused), json.loads(as_json("queue.x")), 7]})
    for line in (refused, both):
        found = one(line)
        assert (found.text, found.stage, found.queue_id) == ("550 5.1.1 No", Stage.RCPT, "7")
        assert (found.recipient, found.sender) == ("bob@example.org", "al@example.com")
        assert found.time == datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)
    found = one(as_json("delivery.greeting-failed", hostname="mx", causedBy=cause))
    assert (found.text, found.stage) == ("554 No", Stage.CONNECT)
    assert one(as_json("delivery.connect-error", reason="timed out")).diagnostic == "timed out"
    assert account(['{"type": "delivery.delivered"}', '{"events": []}']).known == 0


@pytest.mark.parametrize(
    ("context", "stage"), [("rcpt", Stage.RCPT), ("sender", Stage.MAIL), ("ehlo", Stage.EHLO)]
)
def test_the_first_versions_wrote_otherwise(context: str, stage: Stage) -> None:
    found = one(
        f"2023-11-24T11:43:32.123456Z  INFO delivery{{id=7}}: smtp::outbound::session: "
        f'context="{context}" event="rejected" rcpt="bob@example.org" mx="mx.example.org" '
        "reason=Code: 550, Enhanced code: 5.1.1, Message: No such user"
    )
    assert (found.stage, found.text) == (stage, "550 5.1.1 No such user")
    assert (found.recipient, found.relay_host) == ("bob@example.org", "mx.example.org")
    assert found.time is not None


def test_the_first_versions_told_of_success_and_silence() -> None:
    head = f'{STAMP} INFO context="rcpt" event='
    found = one(
        f'{head}"delivered" rcpt="b@c" mx="d" response=Code: 250, Enhanced code: 0.0.0, Message: ok'
    )
    assert (found.status, found.text, found.stage) == (Status.SENT, "250 ok", Stage.END_OF_DATA)
    found = one(f'{head}"failed" mx="d" rcpt="b@c" reason=Connection timeout')
    assert (found.status, found.diagnostic) == (None, "Connection timeout")


def test_lines_without_a_delivery() -> None:
    log = [
        event("queue.rescheduled", "nextRetry = 2026-11-24T12:43:32Z"),
        event("delivery.rcpt-to", 'hostname = "mx", code = 250, details = "Ok"'),
        f'{STAMP} INFO context="queue" event="started" size=1',
    ]
    run = scan(log)
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (3, 3)
    assert account(["stalwart: nothing"], format="stalwart").understood == 0


def test_what_a_server_sends_as_it_is() -> None:
    found = one(
        STAMP + "TRACE Raw SMTP input received (delivery.raw-input) queueId = 7, "
        'from = "al@example.com", to = ["bob@example.org"], size = 9, total = 1, '
        'hostname = "mx.example.org", contents = "550 5.1.1 No, contents = x\\r\\n"'
    )
    assert (found.text, found.reply_by) == ("550 5.1.1 No, contents = x", ReplyBy.REMOTE)
    assert (found.relay_host, found.queue_id, found.status) == ("mx.example.org", "7", None)


def test_the_first_versions_told_clients_too() -> None:
    found = one(
        f'{STAMP}TRACE session{{ip=203.0.113.9}}: smtp: event="write" '
        'data="503 5.5.3 \\"RCPT\\" first\\r\\n" size=29'
    )
    assert (found.text, found.reply_by) == ('503 5.5.3 \\"RCPT\\" first', ReplyBy.OWN)
    assert found.time is not None


@settings(deadline=None)  # the first example imports the format
@given(
    st.text(), st.sampled_from(["", 'hostname = "mx", ', "code = 550, details = ", "causedBy = "])
)
def test_any_pairs_are_read(words: str, head: str) -> None:
    """Whatever pairs an event has, it is read."""
    if "\n" not in words and "\0" not in words:
        for line in (
            event("delivery.delivered", head + words),
            event("delivery.delivered", head + words, span=""),
            as_json("delivery.delivered", details=words, code=head),
            f'INFO context="rcpt" event="rejected" {words}reason={words}',
        ):
            run = scan([line])
            assert all(found.to_dict() for found in run)
            assert run.coverage.understood == 1
