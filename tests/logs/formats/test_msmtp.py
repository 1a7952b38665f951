"""The log of msmtp: one line a mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "msmtp.log"
HEAD = "host=mx.example.org tls=on auth=on recipients=bob@example.org "


def one(line: str) -> Delivery:
    [delivery] = scan([line], year=2026)
    assert delivery.mta == "msmtp"
    return delivery


def test_a_line_tells_of_each_recipient() -> None:
    bob, eve, joe = scan(SAMPLE, year=2026)
    assert [bob.recipient, eve.recipient] == ["bob@example.org", "eve@example.org"]
    assert (bob.sender, bob.relay_host, bob.tls) == ("al@example.com", "mx.example.org", "on")
    assert (bob.text, bob.status) == ("250 2.0.0 OK 7 it's queued", Status.SENT)
    assert (bob.stage, bob.direction) == (Stage.END_OF_DATA, Direction.OUTGOING)
    assert bob.time is not None
    assert (joe.text, joe.stage) == ("550-5.1.1 No\n550 5.1.1 such user", Stage.RCPT)
    assert (joe.status, joe.reply_by, joe.tls) == (Status.BOUNCED, ReplyBy.REMOTE, None)


@pytest.mark.parametrize(
    ("error", "stage"),
    [
        ("cannot get initial OK message from server", Stage.CONNECT),
        ("command EHLO failed", Stage.EHLO),
        ("authentication failed (method PLAIN)", Stage.AUTH),
        ("envelope from address a@b not accepted by the server", Stage.MAIL),
        ("the server does not accept mail data", Stage.DATA),
        ("the server did not accept the mail", Stage.END_OF_DATA),
    ],
)
def test_its_words_tell_the_stage(error: str, stage: Stage) -> None:
    found = one(
        f"{HEAD}smtpstatus=454 smtpmsg='454 4.7.0 No' errormsg='{error}' exitcode=EX_TEMPFAIL"
    )
    assert (found.stage, found.status, found.text) == (stage, Status.DEFERRED, "454 4.7.0 No")


@pytest.mark.parametrize(
    ("code", "status"), [("EX_TEMPFAIL", Status.DEFERRED), ("EX_NOHOST", Status.BOUNCED)]
)
def test_where_no_server_answered_there_is_no_reply(code: str, status: Status) -> None:
    found = one(f"{HEAD}errormsg='cannot connect to it's host' exitcode={code}")
    assert (found.diagnostic, found.status) == ("cannot connect to it's host", status)
    assert found.reply is None


def test_a_success_without_a_reply() -> None:
    found = one(HEAD + "exitcode=EX_OK")
    assert (found.status, found.text, found.reply_by) == (Status.SENT, None, None)


def test_a_reply_cannot_play_another_field() -> None:
    found = one(
        f"{HEAD}smtpstatus=550 smtpmsg='550 x' errormsg='y' exitcode=EX_OK' "
        "errormsg='the server did not accept the mail' exitcode=EX_UNAVAILABLE"
    )
    assert (found.status, found.text) == (
        Status.BOUNCED,
        "550 x' errormsg='y' exitcode=EX_OK",
    )


def test_lines_without_a_delivery() -> None:
    run = scan(["Nov 24 11:43:32 mx1 msmtp: cannot read", "host=a tls=on recipients=x"])
    assert (list(run), run.coverage.known, run.coverage.understood) == ([], 1, 0)


@settings(deadline=None)  # the first example imports the format
@given(st.text())
def test_any_reply_is_read(words: str) -> None:
    """Whatever a server said, it is read as one delivery."""
    if "\n" not in words and "\0" not in words:
        for rest in (
            f"smtpstatus=250 smtpmsg='{words}' exitcode=EX_OK",
            f"smtpstatus=550 smtpmsg='{words}' errormsg='{words}' exitcode=EX_DATAERR",
        ):
            assert one(HEAD + rest).to_dict()
