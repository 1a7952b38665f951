"""Domino: the replies that its router receives."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import Direction, ReplyBy, scan

DATA = Path(__file__).parents[2] / "data" / "logs" / "domino.log"
LINES = DATA.read_text(encoding="utf-8").splitlines()


def test_the_lines_of_a_thread_are_a_reply() -> None:
    run = scan(DATA)
    deliveries = list(run)
    assert [(one.stage, one.text, one.line) for one in deliveries] == [
        (Stage.CONNECT, "220 mx.example.org ESMTP", 1),
        (Stage.DATA, "354 Go on", 3),
        (Stage.EHLO, "250-mx.example.org\n250 SIZE", 4),
        (None, "554-5.7.1 Not accepted\nbecause of its contents\n554 5.7.1 Spam", 7),
        (None, "550-5.1.1 No such", 8),
        (None, "421-4.7.0 Later", 10),
    ]
    assert {one.reply_by for one in deliveries} == {ReplyBy.REMOTE}
    assert {one.direction for one in deliveries} == {Direction.OUTGOING}
    assert run.coverage.understood == run.coverage.lines


def test_the_time_is_told_where_its_form_is_certain() -> None:
    first, *_, last = scan(DATA)
    assert first.time == datetime(2026, 11, 24, 11, 43, 30)  # noqa: DTZ001  (not told)
    assert last.time == datetime(2026, 11, 24, 11, 43, 34)  # noqa: DTZ001
    [unsure] = scan([LINES[0].replace("24.11.2026", "04/11/2026")])
    assert unsure.time is None


def test_more_threads_than_are_remembered_lose_no_reply() -> None:
    lines = [LINES[1].replace("000F", f"{number:04X}") for number in range(1200)]
    assert len(list(scan(lines))) == 1200


@given(st.lists(st.one_of(st.sampled_from(["250-", "250 ", "554", "x"]), st.text(max_size=6))))
def test_whatever_a_thread_receives_it_is_read(pieces: list[str]) -> None:
    """No line raises."""
    head = LINES[0].partition("220")[0]
    run = scan([head + piece for piece in pieces])
    for delivery in run:
        assert delivery.to_dict()
    assert run.coverage.understood <= run.coverage.lines
