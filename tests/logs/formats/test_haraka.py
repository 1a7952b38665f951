"""The log of Haraka, in the three forms that it is written in."""

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

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "haraka.log"
UUID = "D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1.1"
DEFERRED = "recipient <bob@example.org> deferred: 450 4.2.0 Later"
OUT = f"[NOTICE] [{UUID}] [outbound] "
CORE = "[NOTICE] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010.1] [core] "


def account(lines: list[str], **options: Any) -> Coverage:
    run = scan(lines, **options)
    assert list(run) == []
    return run.coverage


def one(line: str) -> Delivery:
    [delivery] = scan([line])
    assert delivery.mta == "haraka"
    return delivery


def as_json(**fields: Any) -> str:
    head = {"level": "NOTICE", "uuid": UUID, "origin": "outbound", "message": ""}
    return json.dumps(head | fields)


def test_a_session_and_what_became_of_its_message() -> None:
    run = scan(SAMPLE)
    refused, sent = run
    assert (run.coverage.lines, run.coverage.understood) == (8, 8)
    assert (refused.recipient, refused.status) == ("eve@example.org", Status.BOUNCED)
    assert (refused.stage, refused.reply_by) == (Stage.RCPT, ReplyBy.REMOTE)
    assert (refused.relay_ip, refused.relay_port) == ("192.0.2.1", 25)
    assert (refused.sender, refused.queue_id) == ("al@example.com", UUID)
    assert refused.text == "550 5.1.1 No such user here <eve@example.org> deferred: 250 ok"
    assert refused.time == datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)
    assert (sent.status, sent.stage, sent.delay) == (Status.SENT, Stage.END_OF_DATA, 4.565)
    assert (sent.relay_host, sent.relay_ip, sent.tls) == ("mx.example.org", "192.0.2.1", "Y")
    assert (sent.text, sent.reply_by) == ('2.0.0 Ok: queued as "7"', ReplyBy.REMOTE)
    assert sent.reply is None  # the code is not logged, and none is made up


@pytest.mark.parametrize(
    "line",
    [
        OUT + DEFERRED,
        f"Nov 24 11:43:32 mx1 haraka[42]: {OUT}{DEFERRED}",
        f"2026-11-24T11:43:32.000Z \x1b[34m{OUT}{DEFERRED}",
        f"[outbound] {DEFERRED}",
        f'level=NOTICE uuid={UUID} source=outbound message="{DEFERRED}"',
        as_json(message=DEFERRED),
        "2026-11-24T11:43:32.000Z " + as_json(message=DEFERRED),
    ],
)
def test_every_form_leads_to_the_same_delivery(line: str) -> None:
    found = one(line)
    assert (found.recipient, found.status) == ("bob@example.org", Status.DEFERRED)
    assert found.reply is not None
    assert (found.reply.code, str(found.reply.enhanced)) == (450, "4.2.0")
    assert found.queue_id in (UUID, None)


@pytest.mark.parametrize(
    "line",
    [
        f'level=NOTICE uuid={UUID} origin=outbound message=" " delivered file=7 domain=example.org '
        "host=mx.example.org ip=192.0.2.1 port=25 mode=SMTP tls=N auth=N "
        'response="Ok delay=9" delay=1.5 fails=0 rcpts=1/0/0',
        as_json(
            **{"delivered file": "7", "host": "mx.example.org", "ip": "192.0.2.1", "port": 25},
            response="Ok delay=9",
            delay=1.5,
            rcpts="1/0/0",
        ),
        OUT + " delivered file=7 domain=example.org host=mx.example.org ip=192.0.2.1 port=25 "
        'mode=SMTP tls=N auth=N response="Ok delay=9" delay=1.5 fails=0 rcpts=1/0/0',
    ],
)
def test_a_success_in_every_form(line: str) -> None:
    found = one(line)
    assert (found.text, found.delay, found.relay_port) == ("Ok delay=9", 1.5, 25)
    assert (found.relay_host, found.status) == ("mx.example.org", Status.SENT)


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [
        ("bouncing mail: 552 5.3.4 Too big", Status.BOUNCED, 552),
        ("bouncing mail: No such Domain: example.org", Status.BOUNCED, None),
        (
            "Temp failing 7_0_90 for 64 seconds: Upstream error: 421 4.7.0 Busy",
            Status.DEFERRED,
            421,
        ),
        ("Temp failing 7_0_90 for 64 seconds: Tried all MXs", Status.DEFERRED, None),
        ("bouncing mail: Too many failures (Upstream error: 450 No)", Status.EXPIRED, 450),
        ("Remote end 192.0.2.1:25 closed connection while we were processing mail.", None, None),
        ("Ongoing connection failed to 192.0.2.1:25 : socket timeout waiting on rcpt", None, None),
    ],
)
def test_what_ends_an_attempt(why: str, status: Status | None, code: int | None) -> None:
    found = one(OUT + why)
    assert (found.status, found.direction) == (status, Direction.OUTGOING)
    assert (found.reply and found.reply.code) == code
    assert (found.reply_by is None) is (code is None)
    if status is None:
        assert (found.relay_ip, found.relay_port) == ("192.0.2.1", 25)


@pytest.mark.parametrize(
    ("line", "stage", "text"),
    [
        ('recipient <x@example.com> relay=N code=DENY msg="550 No, \\"code=OK\\""', Stage.RCPT,
         '550 No, "code=OK"'),
        ('sender <x@example.com> code=DENYSOFT msg="450 Later"', Stage.MAIL, "450 Later"),
        ('queue code=DENY msg="not \\"now\\"" sender=a', Stage.END_OF_DATA, 'not "now"'),
        ("recipient <x@example.com>  code=DENYDISCONNECT msg= sender=y", Stage.RCPT, None),
        ('recipient <x@example.com> code=DENY msg="[object Object]"', Stage.RCPT, None),
    ],
)  # fmt: skip
def test_refusals_are_our_own_words(line: str, stage: Stage, text: str | None) -> None:
    found = one(CORE + line)
    assert (found.stage, found.text) == (stage, text)
    assert (found.status, found.direction) == (Status.REJECTED, Direction.INCOMING)
    assert found.reply_by is (ReplyBy.OWN if text else None)


DISCONNECT = (
    'disconnect ip=203.0.113.9 rdns={} helo=a lr="250 b" time=1 relay=N early=N esmtp=Y tls=N '
    'pipe=N errors=0 txns=1 rcpts=0/0/1 msgs=0/0/0 bytes=0 lr="550 lr=\\"x\\" time=0" time=2.656'
)  # fmt: skip


def test_the_last_refusal_of_a_session_is_told_once() -> None:
    found = one(CORE + DISCONNECT.format("client.example.net"))
    assert (found.text, found.reply_by) == ('550 lr="x" time=0', ReplyBy.OWN)
    assert (found.relay_host, found.relay_ip) == ("client.example.net", "203.0.113.9")
    assert one(CORE + DISCONNECT.format("NXDOMAIN")).relay_host is None
    both = [CORE + 'recipient <x@y> code=DENY msg="No"', CORE + DISCONNECT.format('"c d"')]
    assert [delivery.text for delivery in scan(both)] == ["No"]


def test_lines_without_a_delivery() -> None:
    log = [
        f"[PROTOCOL] [{UUID}] [dns-list] S: 550 5.1.1 No",
        f"[PROTOCOL] [{UUID}] [outbound] C: QUIT",
        "[INFO] [-] [core] [outbound] dispense() clients=0 available=1",
        f"[DEBUG] [{UUID}] [dns-list] recipient <x@y> rejected: 550 no",
        OUT + "Message bounced",
    ]
    run = scan(log, format="haraka")
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (5, 5)


def test_the_protocol_level_has_replies_in_full() -> None:
    log = [
        f"[INFO] [{UUID}] [outbound] Attempting to deliver to: mx.example.org:25 (0) (0)",
        f"[PROTOCOL] [{UUID}] [outbound] C: RCPT TO:<bob@example.org>",
        f"[PROTOCOL] [{UUID}] [outbound] S: 550-5.1.1 No",
        "[PROTOCOL] [D33D6290-C923-4DAC-A4B4-D0E7B8FAF010] [core] S: 450 Later" + r"\r\n",
        f"[PROTOCOL] [{UUID}] [outbound] S: 550 5.1.1 such user",
        f"[PROTOCOL] [{UUID}] [outbound] S: 221-2.0.0 B",
    ]
    ours, theirs, cut = scan(log)
    assert (ours.text, ours.reply_by, ours.status) == ("450 Later", ReplyBy.OWN, None)
    assert theirs.text == "550-5.1.1 No\n550 5.1.1 such user"
    assert (theirs.recipient, theirs.relay_host) == ("bob@example.org", "mx.example.org")
    assert (theirs.reply_by, theirs.status) == (ReplyBy.REMOTE, None)
    assert cut.text == "221-2.0.0 B"


def test_the_protocol_level_pairs_pipelined_commands_with_their_replies() -> None:
    spoken = [
        *("C: MAIL FROM:<al@example.com>", "C: RCPT TO:<bob@example.org>"),
        *("C: RCPT TO:<eve@example.org>", "C: DATA", "S: 250 2.1.0 Ok", "S: 550 5.1.1 No"),
        *("S: 250 2.1.5 Ok", "S: 354 Go", "C: .", "S: 250 2.0.0 Queued"),
    ]
    found = list(scan(f"[PROTOCOL] [{UUID}] [outbound] {text}" for text in spoken))
    assert [(delivery.stage, delivery.recipient) for delivery in found] == [
        (Stage.MAIL, None),
        (Stage.RCPT, "bob@example.org"),
        (Stage.RCPT, "eve@example.org"),
        (Stage.DATA, None),
        (Stage.END_OF_DATA, "eve@example.org"),
    ]
    assert found[1].text == "550 5.1.1 No"
    assert {delivery.sender for delivery in found} == {"al@example.com"}


def test_json_of_others_is_not_harakas() -> None:
    log = [json.dumps({"uuid": UUID, "level": "x", "origin": "o", "message": "m"}), '{"uuid":1}']
    assert account(log).known == 0
    assert list(scan(log, format="haraka")) == []


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from(["recipient <a@b> rejected: ", "bouncing mail: ", "", "queue "]))
def test_any_message_is_read(words: str, head: str) -> None:
    """Whatever a message says, it is read, or counted as not understood."""
    if "\n" not in words and "\0" not in words:
        for line in (OUT + head + words, CORE + head + words, as_json(message=head + words)):
            run = scan([line])
            assert all(found.to_dict() for found in run)
            assert run.coverage.understood + run.coverage.shapes.total() == 1


def test_a_senders_quotes_are_not_of_the_words() -> None:
    [found] = scan([CORE + 'recipient <x@y.example> code=DENY msg="No mail" sender="al@z.example"'])
    assert (found.text, found.recipient) == ("No mail", "x@y.example")


CHECKED = 'message mid="{}" size=37 rcpts=1/0/0 delay=0.1 code={} msg="{}"'


def test_a_message_is_refused_after_its_data() -> None:
    [found] = scan([CORE + CHECKED.format("<7@x.example>", "DENY", "spam score exceeded")])
    assert (found.status, found.stage) == (Status.REJECTED, Stage.END_OF_DATA)
    assert (found.text, found.message_id) == ("spam score exceeded", "7@x.example")
    assert found.direction is Direction.INCOMING
    assert list(scan([CORE + CHECKED.format("<7@x.example>", "CONT", "")])) == []


def test_a_message_id_with_such_a_line_in_it_leaves_open_what_became_of_the_message() -> None:
    inner = CHECKED.format("<7@x.example>", "DENY", "x").removeprefix("message ")
    for words in (CHECKED.format(inner, "CONT", ""), CHECKED.format("<7>", "DENY", inner)):
        run = scan([CORE + words])
        assert (list(run), run.coverage.known, run.coverage.understood) == ([], 1, 0)


def test_what_a_plugin_hears_from_the_next_server_is_its_reply() -> None:
    head = CORE.replace("NOTICE", "PROTOCOL").replace("[core]", "[queue/smtp_forward]")
    run = scan([head + "C: RCPT TO:<x@y.example>", head + "S: 550 5.1.1 No such user\\r\\n"])
    [found] = run
    assert (found.reply_by, found.stage, found.text) == (
        ReplyBy.REMOTE,
        Stage.RCPT,
        "550 5.1.1 No such user",
    )
