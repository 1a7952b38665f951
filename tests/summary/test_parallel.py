"""Parts of a file, read apart, come to what the file comes to."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Coverage, Direction, Part, parts_of, scan
from smtpreply.logs.received import Received
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.parallel import _PartResult, _read_part, _resolve, total_of_files
from smtpreply.summary.total import Total, total_of

FROM = "Nov 24 11:43:31 mx1 postfix/qmgr[7]: 4E74613FE7: from=<al@example.com>, size=9, nrcpt=1"
BOUNCED = (
    "Nov 24 11:43:32 mx1 postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: "
    "User unknown (in reply to RCPT TO command))"
)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 1000)
    path = tmp_path / "mail.log"
    path.write_text("\n".join([FROM, *[BOUNCED] * 60]) + "\n", encoding="utf-8")
    return path


def test_a_part_tells_of_whom_it_knows_and_whom_not(log: Path) -> None:
    one, other = parts_of([log], 2)
    first = _read_part((one, True, False), DeliveryFilter(), {})
    second = _read_part((other, False, True), DeliveryFilter(), {})
    assert first.envelopes["postfix"] == {"4E74613FE7": "al@example.com>, size=9"}
    assert not first.strays
    [stray] = second.strays
    assert (stray.mta, stray.direction, stray.queue_id) == (
        "postfix",
        Direction.OUTGOING,
        "4E74613FE7",
    )
    envelopes: dict[str, dict[str, str]] = {}
    for told in (first, second):
        _resolve(told, envelopes)
    total = first.total + second.total
    assert total.summary.outgoing.refused_sender.counts == {"al@example.com": 60}


TEXTS = st.lists(st.text() | st.sampled_from(["", "\0", "a\0b", "\udcff@example.org"]))


@given(TEXTS, TEXTS)
def test_what_a_part_gives_is_sent_from_process_to_process(
    names: list[str], more: list[str]
) -> None:
    times: list[datetime | None] = [datetime(2026, 11, 29, tzinfo=UTC), None] * len(names)
    received = Received(times[: len(names)], names, names[::-1], list(range(len(names))))
    envelopes = {"postfix": dict.fromkeys(names, "x"), "exim": dict(zip(more, names, strict=False))}
    result = _PartResult(Total(), Counter(), [received, received], envelopes)
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_problem_in_a_part_tells_from_where_its_lines_are_counted(log: Path) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole + b"\0\0\n" + whole)
    part = Part(log, len(whole), log.stat().st_size)
    run = scan(part)
    list(run)
    assert run.coverage.problems == [f"{log} (from octet {len(whole):,}):1: 2 NUL octets"]


def test_a_given_year_runs_on_over_the_files_of_a_log(tmp_path: Path) -> None:
    for name, stamp in (("m.log.1", "Dec 30"), ("m.log", "Jan  2"), ("n.log", "Mar  1")):
        tmp_path.joinpath(name).write_text(
            f"{stamp} 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=none, "
            "delay=1, delays=0/0/1/0, dsn=5.4.4, status=bounced (Host not found)\n"
        )
    found = list(scan(tmp_path, year=2025))
    assert [one.time and one.time.year for one in found] == [2025, 2026, 2025]
    paths = sorted(tmp_path.iterdir())
    total = total_of_files(paths, DeliveryFilter(), jobs=2, year=2025)
    assert sorted(total.summary.total.times.counts) == [
        "2025-03-01T11",
        "2025-12-30T11",
        "2026-01-02T11",
    ]


def test_all_parts_come_to_the_same_as_the_file(log: Path) -> None:
    seen: list[int] = []
    total = total_of_files([log], DeliveryFilter(), jobs=2, on_progress=seen.append)
    whole = total_of(scan(log), DeliveryFilter())
    assert total.summary == whole.summary
    assert total.coverage == whole.coverage
    assert sum(seen) == log.stat().st_size


def test_progress_is_reported_while_a_part_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtpreply._support.workers._PAUSE", 0.001)
    paths = [tmp_path / "mail.log.1", tmp_path / "mail.log"]
    for path in paths:
        path.write_text(f"{BOUNCED}\n" * 20_000, encoding="utf-8")
    seen: list[int] = []
    total_of_files(paths, DeliveryFilter(), jobs=2, on_progress=seen.append)
    assert len(seen) > len(paths)
    assert sum(seen) == sum(path.stat().st_size for path in paths)


def test_the_size_of_a_message_is_known_from_an_earlier_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a line names the sender (Exim's F=), only the size is missing."""
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 1000)
    path = tmp_path / "mainlog"
    head = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd "
    sent = '=> bob@example.org{} R=out T=smtp H=mx.example.org [192.0.2.1]:25 C="250 OK"'
    arrived = f"{head}<= al@example.com H=c.example [203.0.113.9] P=esmtp S=9 id=7@example.com"
    sender = (" F=<al@example.com>", " F=<al@example.com> P=<al@example.com>", "")
    lines = [arrived, *[head + sent.format(sender[n % 3]) for n in range(60)]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    total = total_of_files([path], DeliveryFilter(), jobs=2)
    assert total.summary.total.octets == 60 * 9
    assert total.summary == total_of(scan(path), DeliveryFilter()).summary


REJECTED = """\
2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd H=c.example [203.0.113.9] F=<x@spam.example> rejected \
after DATA: spam
Envelope-from: <x@spam.example>
Envelope-to: <bob@example.org>
P Received: from c.example
\tby mx.example.org
  Subject: 2026 is here
----------------------------------------
"""
REPEATED = f"{FROM}\n{BOUNCED}\n" + "Nov 24 11:43:33 mx1 last message repeated 3 times\n" * 2


@pytest.mark.parametrize("record", [REJECTED, REPEATED], ids=["rejectlog", "repeated"])
def test_no_part_begins_within_a_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    path = tmp_path / "log"
    path.write_text(record * 30, encoding="utf-8")
    whole = total_of(scan(path), DeliveryFilter())
    for size in range(300, 700, 20):
        monkeypatch.setattr("smtpreply.logs.input.split._LEAST", size)
        parts = parts_of([path], 20)
        read = [total_of(scan(part), DeliveryFilter()) for part in parts]
        assert sum((one.coverage for one in read), Coverage()) == whole.coverage
        assert sum(one.summary.deliveries for one in read) == whole.summary.deliveries


def test_what_hangs_together_over_many_lines_has_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtpreply.logs.input.split._LEAST", 100)
    path = tmp_path / "qmail.log"
    line = "1054194593.322921 starting delivery 183: msg 161214 to remote bob@example.org\n"
    path.write_text(line * 99, encoding="utf-8")
    assert len(parts_of([path], 4)) == 1
