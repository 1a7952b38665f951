"""The log of Dovecot: what is stored, handed on or refused, and what is none of these."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "dovecot.log"
HEAD = "Nov 24 11:43:32 mx1 dovecot: lmtp(bob@example.org)<42><x>: "


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    assert delivery.mta == "dovecot"
    return delivery


def test_what_is_stored_is_told_and_logins_are_not() -> None:
    run = scan(SAMPLE, year=2026)
    bob, eve, joe = run
    assert (run.coverage.lines, run.coverage.understood) == (6, 6)
    assert (bob.recipient, bob.message_id, bob.status) == (
        "bob@example.org",
        "7@example.com",
        Status.SENT,
    )
    assert (bob.direction, bob.reply_by) == (Direction.LOCAL, None)
    assert (eve.recipient, eve.diagnostic) == ("eve@example.org", "stored mail into mailbox 'Junk'")
    assert (joe.recipient, joe.status) == ("joe", None)
    assert joe.diagnostic == "save failed to INBOX: Quota exceeded (mailbox for user is full)"


@pytest.mark.parametrize(
    "line",
    [
        "Nov 24 11:43:32 lmtp(bob)<42><x>: Info: sieve: msgid=<7@example.com>: saved mail to INBOX",
        "Nov 24 11:43:32 lmtp(42, bob): Info: Ab12Cd34Ef56: msgid=<7@example.com>: saved mail to A",
        "2026-11-24 11:43:32 lda(bob): Info: msgid=<7@example.com>: saved mail to INBOX",
        "deliver(<bob>): 2026-11-24 11:43:32 Info: msgid=<<7@example.com>>: saved mail to INBOX",
        "Nov 24 11:43:32 mx1 dovecot: lda(bob): from=<a@b>, msgid=<7@example.com>, saved mail to X",
        "Nov 24 11:43:32 mx1 dovecot[9]: lmtp(bob)<42><x>: msgid=<7@example.com>: fileinto action: "
        "stored mail into mailbox 'A: B'",
    ],
)
def test_heads_of_all_versions(line: str) -> None:
    found = one(line)
    assert (found.recipient, found.message_id) == ("bob", "7@example.com")
    assert found.status is Status.SENT


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("sieve: msgid=<7@e.example>: rejected message from <a@b.c> (reject)", Status.REJECTED),
        ("msgid=<7@e.example>: rejected: Quota exceeded", Status.REJECTED),
        ("sieve: msgid=<7@e.example>: marked message to be discarded if not explicitly delivered",
         Status.DISCARDED),
    ],
)  # fmt: skip
def test_what_is_not_stored(event: str, status: Status) -> None:
    assert one(HEAD + event).status is status


def test_a_message_id_cannot_say_what_happened() -> None:
    found = one(f"{HEAD}msgid=<7@e.example>: rejected: No: saved mail to INBOX")
    assert (found.status, found.diagnostic) == (Status.SENT, "saved mail to INBOX")


@pytest.mark.parametrize(
    ("result", "reply", "status", "by"),
    [
        ("Sent", "250 2.0.0 <bob@example.org> x Saved", Status.SENT, ReplyBy.REMOTE),
        ("Failed to send", "552 5.2.2 Full (1/1 at 2 ms)", Status.BOUNCED, ReplyBy.REMOTE),
        ("Failed to send", "451 4.3.0 Later", Status.DEFERRED, ReplyBy.REMOTE),
        ("Failed to send", "Connection timed out", Status.DEFERRED, None),
    ],
)
def test_a_proxy_tells_what_the_server_behind_it_said(
    result: str, reply: str, status: Status, by: ReplyBy | None
) -> None:
    found = one(
        f"Nov 24 11:43:32 mx1 dovecot: lmtp(42): Ab12Cd34: {result} message to <bob@example.org> "
        f"at 192.0.2.5:24: {reply} (1/1 at 7 ms)"
    )
    assert (found.text, found.status, found.reply_by) == (reply, status, by)
    assert (found.relay_host, found.relay_port) == ("192.0.2.5", 24)


def test_submission_tells_what_the_relay_said() -> None:
    found = one(
        "Nov 24 11:43:32 mx1 dovecot: submission(al)<42><x>: Successfully relayed message: "
        "from=<al@example.com>, size=350, id=Ab12Cd34, nrcpt=1, "
        "reply=`250 2.0.0 Ok: queued as `7' on mx'"
    )
    assert (found.sender, found.queue_id) == ("al@example.com", "Ab12Cd34")
    assert (found.text, found.stage) == ("250 2.0.0 Ok: queued as `7' on mx", Stage.END_OF_DATA)


def test_lines_without_a_delivery() -> None:
    run = scan(["Nov 24 11:43:32 mx1 dovecot: pop3(x): saved mail to INBOX", HEAD + "7", "Info: 1"])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (2, 2)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_event_is_read(event: str) -> None:
    """Whatever an agent says, it is read, or counted as not understood."""
    if "\n" not in event and "\0" not in event:
        for head in (HEAD, f"{HEAD}msgid=<a@b>: saved mail to ", f"{HEAD}Sent message to <"):
            run = scan([head + event])
            assert all(found.to_dict() for found in run)
            assert run.coverage.understood + run.coverage.shapes.total() == 1


def test_a_line_with_the_name_alone_is_known() -> None:
    for head in ("dovecot: ", "Nov 24 11:43:32 dovecot: ", "Nov 24 11:43:32 [dovecot] "):
        [found] = scan([f"{head}lmtp(bob)<42><x>: msgid=<7@example.com>: saved mail to INBOX"])
        assert (found.mta, found.recipient, found.status) == ("dovecot", "bob", Status.SENT)


@pytest.mark.parametrize(
    ("words", "status", "stage", "text"),
    [
        (
            "RCPT TO failed: 550 5.1.1 No (permanent failure)",
            Status.BOUNCED,
            Stage.RCPT,
            "550 5.1.1 No",
        ),
        (
            "smtp(mx:25): DATA failed: 451 No (temporary failure)",
            Status.DEFERRED,
            Stage.DATA,
            "451 No",
        ),
        ("Failed to connect (temporary failure)", Status.DEFERRED, None, "Failed to connect"),
    ],
)
def test_a_redirection_of_sieve_fails(
    words: str, status: Status, stage: Stage | None, text: str
) -> None:
    found = one(
        f"{HEAD}Error: sieve: msgid=<7@example.com>: redirect action: "
        f"failed to redirect message to <al@example.net>: {words}"
    )
    assert (found.direction, found.status, found.stage, found.text) == (
        Direction.OUTGOING,
        status,
        stage,
        text,
    )
    assert (found.recipient, found.orig_recipient, found.message_id) == (
        "al@example.net",
        "bob@example.org",
        "7@example.com",
    )
    assert found.reply_by is (ReplyBy.REMOTE if text[0].isdigit() else None)
    assert found.relay_host == ("mx" if "mx" in words else None)


def test_a_message_id_is_no_redirection() -> None:
    event = "failed to redirect message to <{}>: 550 No (permanent failure)"
    line = f"{HEAD}Error: sieve: msgid=<x>: {event.format('eve@example.net')}: "
    run = scan([line + event.format("al@example.net")], year=2026)
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 0)
