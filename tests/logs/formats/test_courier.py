"""The log of Courier: the lines of a reply and its outcome, joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.formats import courier

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "courier.log"
HEAD = "Nov 24 11:43:32 mx1 courieresmtp: "
ID = "id=0038C081.4D026173.000051A4,from=<al@example.com>,addr=<bob@example.org>"


def one(*lines: str) -> Delivery:
    [delivery] = scan(list(lines), year=2026)
    return delivery


def test_a_reply_and_its_outcome_are_one_delivery() -> None:
    run = scan(SAMPLE, year=2026)
    bob, eve, local = run
    assert (run.coverage.lines, run.coverage.understood) == (10, 10)
    assert bob.text == (
        "550-5.7.1 Your address is listed\n550 5.7.1 See https://example.org/,status: success"
    )
    assert (bob.status, bob.reply_by, bob.line) == (Status.BOUNCED, ReplyBy.REMOTE, 6)
    assert (bob.sender, bob.queue_id) == ("al@example.com", "0038C081.4D026173.000051A4")
    assert (eve.status, eve.stage) == (Status.SENT, Stage.END_OF_DATA)
    assert (eve.relay_host, eve.relay_ip) == ("mx.example.net", "192.0.2.7")
    assert eve.reply is not None
    assert (eve.reply.code, eve.reply.text) == (250, "Ok, id=7")
    assert (local.direction, local.status, local.sender) == (Direction.LOCAL, Status.SENT, "")
    assert local.diagnostic == "Message delivered."


def test_an_outcome_without_a_reply_has_its_own_words() -> None:
    found = one(f"{HEAD}{ID}: Connection timed out", f"{HEAD}{ID},status: deferred")
    assert (found.status, found.diagnostic) == (Status.DEFERRED, "Connection timed out")


@pytest.mark.parametrize("head", [HEAD, "courieresmtp: ", ""])
def test_a_line_alone_is_given_at_the_end(head: str) -> None:
    found = one(f"{head}{ID}: 451 4.7.1 Later")
    assert (found.text, found.status) == ("451 4.7.1 Later", None)
    assert (found.mta, found.direction) == ("courier", Direction.OUTGOING)


def test_what_several_servers_said_is_kept() -> None:
    log = [f"{HEAD}{ID}: {words}" for words in ("450-a", "450 b", "450 c", "550 d")]
    found = list(scan([*log, f"{HEAD}{ID},status: failure"], year=2026))
    assert [delivery.text for delivery in found] == ["450-a\n450 b", "450 c", "550 d"]
    assert [delivery.status for delivery in found] == [None, None, Status.BOUNCED]


def test_a_reply_without_end_is_bounded() -> None:
    found = one(*[f"{HEAD}{ID}: 250-more"] * 500, f"{HEAD}{ID},status: success")
    assert found.text is not None
    assert found.text.count("\n") < 100


def test_more_attempts_than_are_remembered_are_given_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "CAPACITY", 3)
    log = (f"id=00000000.00000000.{n:08X},from=<>,addr=<a@b>: 250 ok" for n in range(9))
    run = scan(log)
    assert next(run).queue_id == "00000000.00000000.00000000"
    assert run.coverage.lines == 4
    assert sum(1 for _ in run) == 8


@pytest.mark.parametrize(
    ("line", "stage", "recipient"),
    [
        (
            "from=<x@example.net>,to=<bob@example.com>: 550 User unknown.",
            Stage.RCPT,
            "bob@example.com",
        ),
        ('ident="me",from=<x@example.net>,to=<b@example.com>: 550 No', Stage.RCPT, "b@example.com"),
        ("port=4242,from=<x@example.net>: 517 No such domain", Stage.MAIL, None),
        ('msg="535 Authentication failed.",cmd: AUTH LOGIN', Stage.AUTH, None),
        ('msg="535 Authentication failed.",cmd: YWJj', Stage.AUTH, None),
        ('msg="502 ESMTP command error",cmd: GET / HTTP/1.0', None, None),
    ],
)
def test_refusals_are_our_own_words(line: str, stage: Stage | None, recipient: str | None) -> None:
    found = one(f"Nov 24 11:43:32 mx1 courieresmtpd: error,relay=::ffff:203.0.113.9,{line}")
    assert (found.stage, found.recipient) == (stage, recipient)
    assert (found.reply_by, found.status) == (ReplyBy.OWN, Status.REJECTED)
    assert (found.relay_ip, found.direction) == ("203.0.113.9", Direction.INCOMING)
    assert found.reply is not None


def test_a_socket_that_broke_is_no_reply() -> None:
    found = one(
        "Nov 24 11:43:32 mx1 courieresmtpd: error,relay=2001:db8::9,"
        'msg="writev: Broken pipe",cmd: RCPT TO:<",cmd: x>'
    )
    assert (found.reply, found.diagnostic) == (None, 'writev: Broken pipe",cmd: RCPT TO:<')


def test_lines_without_a_delivery() -> None:
    run = scan(["Nov 24 11:43:32 mx1 courierd: Waiting.", "Nov 24 11:43:32 mx1 courierd: ?"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 1)


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from([": ", ",success: ", ",status: "]))
def test_any_words_are_read(words: str, what: str) -> None:
    """Whatever follows a head is one delivery; what may end an address again has two readings."""
    if not {"\n", "\0", ">"} & set(words):
        [found] = scan([f"{ID}{what}{words}"])
        assert found.to_dict()["recipient"] == "bob@example.org"
