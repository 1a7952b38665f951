"""The session log of hMailServer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan

SAMPLE = Path(__file__).parents[2] / "data" / "logs" / "hmailserver.log"


def row(text: str, service: str = "SMTPC", way: str = "RECEIVED", session: int = 2) -> str:
    stamp = "2026-11-24 11:43:31.001"
    return f'"{service}"\t102\t{session}\t"{stamp}"\t"192.0.2.1"\t"{way}: {text}"'


def one(*lines: str) -> Delivery:
    [delivery] = scan(list(lines))
    assert delivery.mta == "hmailserver"
    return delivery


def test_sessions_of_both_sides_are_read_reply_by_reply() -> None:
    run = scan(SAMPLE)
    found = list(run)
    assert (run.coverage.lines, run.coverage.understood) == (20, 20)
    ours = [delivery for delivery in found if delivery.reply_by is ReplyBy.OWN]
    assert [(delivery.stage, delivery.status) for delivery in ours] == [
        (Stage.CONNECT, None),
        (Stage.EHLO, None),
        (Stage.AUTH, None),
        (Stage.AUTH, Status.REJECTED),
    ]
    assert ours[1].text == "250-mx1.example.com\n250-SIZE 20480000\n250 HELP"
    assert (ours[3].text, ours[3].relay_ip) == (
        '535 Authentication failed. "Go" away',
        "203.0.113.9",
    )
    theirs = [delivery for delivery in found if delivery.reply_by is ReplyBy.REMOTE]
    eve, sent = theirs[3], theirs[-1]
    assert (eve.recipient, eve.status, eve.stage) == (
        "eve@example.org",
        Status.DEFERRED,
        Stage.RCPT,
    )
    assert eve.text == "450-4.2.0 Greylisted\n450 4.2.0 for a while"
    assert (sent.recipient, sent.sender, sent.status) == (
        "bob@example.org",
        "al@example.com",
        Status.SENT,
    )
    assert (sent.stage, sent.direction) == (Stage.END_OF_DATA, Direction.OUTGOING)
    assert sent.time == datetime(2026, 11, 24, 11, 43, 32, 11000)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "stage"),
    [("220 mx", Stage.CONNECT), ("354 Go", Stage.DATA), ("221 Bye", Stage.QUIT), ("250 Ok", None)],
)
def test_a_row_alone_tells_the_stage_by_its_code_if_at_all(text: str, stage: Stage | None) -> None:
    assert one(row(text)).stage is stage


def test_tabs_may_have_become_spaces() -> None:
    assert one(row("550 No").replace("\t", " ")).text == "550 No"


def test_sessions_do_not_mix() -> None:
    found = one(row("RCPT TO:<a@b>", way="SENT"), row("550 No", session=3))
    assert (found.stage, found.recipient) == (None, None)


def test_a_reset_forgets_the_message() -> None:
    log = [row("RCPT TO:<a@b>", way="SENT"), row("250 Ok"), row("RSET", way="SENT"), row("250 Ok")]
    found = list(scan(log))
    assert [(delivery.stage, delivery.recipient) for delivery in found] == [
        (Stage.RCPT, "a@b"),
        (None, None),
    ]


def test_a_message_has_no_end_of_recipients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.dialogue.session._MOST_RECIPIENTS", 1)
    log = []
    for address in ("a@b", "c@d"):
        log += [row(f"RCPT TO:<{address}>", way="SENT"), row("250 Ok")]
    log += [row("DATA", way="SENT"), row("354 Go"), row("250 Ok")]
    assert [delivery.recipient for delivery in scan(log)][-1] == "a@b"
    assert len(list(scan(log))) == 4


def test_a_reply_cannot_play_another_row() -> None:
    found = one(row('550 x"\t"SENT: 250 ok'))
    assert found.text == '550 x"\t"SENT: 250 ok'


def test_rows_without_a_reply() -> None:
    run = scan([row("hello"), '"POP3D"\t1\t2\t"x"', '"SMTPC"\tx'])
    assert list(run) == []
    assert (run.coverage.known, run.coverage.understood) == (1, 1)


def test_a_stamp_that_is_none_is_no_time() -> None:
    assert one(row("250 Ok").replace("2026-11-24", "2026-99-24")).time is None


@settings(deadline=None)  # the first example imports the format
@given(st.text(), st.sampled_from(["SENT", "RECEIVED"]))
def test_any_text_is_read(words: str, way: str) -> None:
    """Whatever is said in a session, it is read."""
    if "\n" not in words and "\0" not in words:
        run = scan([row(words, way=way), row("250" + words, way=way), row("550 " + words)])
        assert all(found.to_dict() for found in run)
        assert run.coverage.understood == 3
