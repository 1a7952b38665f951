"""Deliveries out of logs: formats, prefixes, sources, and what damage does to them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply import Stage
from smtpreply.logs import (
    Bundle,
    Delivery,
    Direction,
    Format,
    Line,
    Reader,
    ReplyBy,
    Status,
    known_formats,
    register,
    scan,
    unregister,
)
from smtpreply.logs.grouping import Groups, Place
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.toolkit.json_documents import begins_document
from smtpreply.logs.toolkit.recent import Memory
from smtpreply.summary.summary import Summary

HEAD = "Nov 24 11:43:32 mx1 postfix/smtp[4242]: "
SENT = (
    "4E74613FE7: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1.9, "
    "delays=0.1/0/1.1/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb)"
)


def one(line: str, **options: object) -> Delivery:
    [delivery] = scan([line], year=2026, **options)  # type: ignore[arg-type]
    return delivery


def refused(reply: str, command: str = "RCPT TO") -> str:
    return (
        f"{HEAD}4E74613FE7: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1.9, "
        "delays=0.1/0/1.1/0.7, dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: "
        f"{reply} (in reply to {command} command))"
    )


# --- Postfix -------------------------------------------------------------------------------


def test_postfix_tells_every_field_of_a_delivery() -> None:
    log = [
        "Nov 24 11:43:30 mx1 postfix/cleanup[1]: 4E74613FE7: message-id=<7@example.com>",
        "Nov 24 11:43:30 mx1 postfix/qmgr[2]: 4E74613FE7: from=<al@example.com>, size=9, nrcpt=1 "
        "(queue active)",
        HEAD + SENT,
    ]
    [delivery] = scan(log, tz="Europe/Vienna", year=2026)
    assert delivery.time is not None
    assert delivery.time.isoformat() == "2026-11-24T11:43:32+01:00"
    assert attrs_of(delivery) == {
        "mta": "postfix",
        "host": "mx1",
        "program": "postfix/smtp",
        "direction": Direction.OUTGOING,
        "queue_id": "4E74613FE7",
        "message_id": "7@example.com",
        "sender": "al@example.com",
        "recipient": "bob@example.org",
        "relay_host": "mx.example.org",
        "relay_ip": "192.0.2.1",
        "relay_port": 25,
        "stage": Stage.END_OF_DATA,
        "status": Status.SENT,
        "delay": 1.9,
        "size": 9,
        "text": "250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb",
        "reply_by": ReplyBy.REMOTE,
        "line": 3,
    }
    assert str(delivery.dsn) == "2.0.0"


def attrs_of(delivery: Delivery) -> dict[str, object]:
    names = [field.name for field in attrs.fields(Delivery) if field.name not in ("time", "dsn")]
    values = {name: getattr(delivery, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def test_postfix_flattened_lines_become_lines_again() -> None:
    reply = one(refused("550-5.7.1 Our system 550-5.7.1 has seen 550 5.7.1 spam.")).reply
    assert reply is not None
    assert reply.lines == ("Our system", "has seen", "spam.")


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        ("MAIL FROM", Stage.MAIL),
        ("RCPT TO", Stage.RCPT),
        ("DATA", Stage.DATA),
        ("end of DATA", Stage.END_OF_DATA),
        ("EHLO", Stage.EHLO),
        ("STARTTLS", Stage.STARTTLS),
    ],
)
def test_postfix_names_the_stage(command: str, stage: Stage) -> None:
    assert one(refused("550 No", command)).stage is stage


def test_postfix_defers_after_a_greeting_of_554() -> None:
    delivery = one(
        f"{HEAD}4E74613FE7: to=<bob@example.org>, relay=none, delay=9, delays=9/0/0/0, dsn=4.0.0, "
        "status=deferred (delivery temporarily suspended: host mx.example.org[192.0.2.1] refused "
        "to talk to me: 554 No service)"
    )
    assert delivery.status is Status.DEFERRED
    assert delivery.stage is Stage.CONNECT
    assert delivery.reply is not None
    assert (delivery.reply.code, delivery.relay_host) == (554, "mx.example.org")


def test_postfix_words_of_its_own_are_no_reply() -> None:
    delivery = one(
        f"{HEAD}4E74613FE7: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=9, "
        "delays=9/0/0/0, dsn=4.4.2, status=deferred (lost connection with "
        "mx.example.org[192.0.2.1] while sending RCPT TO)"
    )
    assert (delivery.reply, delivery.stage) == (None, Stage.RCPT)
    assert delivery.diagnostic is not None
    assert delivery.verdict is not None
    assert delivery.verdict.reason.value != "accepted"


def test_postfix_a_filter_hands_through_what_the_server_behind_it_said() -> None:
    delivery = one(HEAD + SENT.replace("(250", "(250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250"))
    assert delivery.reply_by is ReplyBy.FILTER


def test_postfix_tells_a_host_of_several_and_sasl() -> None:
    said = one(
        f"{HEAD}4E74613FE7: host a.example[192.0.2.1] said: 450 Busy (in reply to DATA command)"
    )
    assert (said.status, said.stage, said.text) == (None, Stage.DATA, "450 Busy")
    sasl = one(f"{HEAD}4E74613FE7: SASL authentication failed; server a[192.0.2.1] said: 535 No")
    assert (sasl.stage, sasl.relay_ip, sasl.text) == (Stage.AUTH, "192.0.2.1", "535 No")


def test_postfix_refusals_are_our_own_words() -> None:
    delivery = one(
        "Nov 24 11:43:32 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: "
        "554 5.7.1 Blocked; see https://bl.example; ask; from=<x@y.example> to=<bob@example.org> "
        "proto=ESMTP helo=<c>"
    )
    assert delivery.reply_by is ReplyBy.OWN
    assert delivery.status is Status.REJECTED
    assert delivery.direction is Direction.INCOMING
    assert delivery.text == "554 5.7.1 Blocked; see https://bl.example; ask"
    assert (delivery.sender, delivery.recipient) == ("x@y.example", "bob@example.org")
    assert (delivery.relay_ip, delivery.stage) == ("203.0.113.9", Stage.RCPT)


@pytest.mark.parametrize(
    "queue_id", ["4E7461", "4E74613FE7", "4Zq8mN2c7TzXb", "3mPVKl0Mhjz7sXv", "4ZQ8MN2C7TZXBCDFG"]
)
def test_postfix_queue_ids_are_short_or_long(queue_id: str) -> None:
    assert one(HEAD + SENT.replace("4E74613FE7", queue_id)).queue_id == queue_id


@pytest.mark.parametrize("program", ["postfix/smtp", "postfix-out/smtp", "postfix/relay/smtp"])
def test_postfix_instances_have_names(program: str) -> None:
    assert one(HEAD.replace("postfix/smtp", program) + SENT).program == program


def test_postfix_a_line_that_was_cut_still_tells() -> None:
    assert one(HEAD + SENT[:-4]).status is Status.SENT


# --- log injection -------------------------------------------------------------------------


def test_a_recipient_cannot_play_the_fields_behind_it() -> None:
    evil = '"x>, relay=evil[1.2.3.4]:25, delay=1, dsn=2.0.0, status=sent (250 ok"@example.org'
    delivery = one(refused("550 No").replace("bob@example.org", evil))
    assert delivery.recipient == evil
    assert (delivery.status, delivery.relay_ip) == (Status.BOUNCED, "192.0.2.1")


def test_a_reply_cannot_play_the_fields_before_it() -> None:
    evil = "550 No (in reply to DATA command)), status=sent (250 Ok"
    delivery = one(refused(evil))
    assert (delivery.text, delivery.status, delivery.stage) == (evil, Status.BOUNCED, Stage.RCPT)


def test_a_subject_cannot_play_a_delivery() -> None:
    subject = SENT.partition(": ")[2]
    line = f"4E74613FE7: warning: header Subject: {subject} from c[203.0.113.9]"
    run = scan([f"Nov 24 11:43:32 mx1 postfix/cleanup[7]: {line}"])
    assert list(run) == []
    assert run.coverage.understood == 1


def test_an_exim_reply_cannot_play_a_field() -> None:
    delivery = one(
        "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org R=r T=t "
        "H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after "
        'RCPT TO:<bob@example.org>: 550 No H=evil [1.2.3.4] F=<evil@example> C="250 Ok"'
    )
    assert (delivery.relay_ip, delivery.sender, delivery.status) == (
        "192.0.2.1",
        None,
        Status.BOUNCED,
    )
    assert delivery.reply is not None
    assert delivery.reply.code == 550


# --- Exim ----------------------------------------------------------------------------------


@pytest.mark.parametrize("queue_id", ["1jmFYj-00039V-QX", "1sQpLm-00000002Rfh-3kYd"])
def test_exim_message_ids_are_old_or_new(queue_id: str) -> None:
    log = [
        f"2026-11-24 11:43:30 {queue_id} <= al@example.com H=c [203.0.113.9] P=esmtp S=9 "
        'id=7@example.com T="a"',
        f"2026-11-24 11:43:32 {queue_id} => bob@example.org R=dnslookup T=remote_smtp "
        "H=mx.example.org [192.0.2.1]:25 X=TLS1.3:X:256 CV=yes "
        'C="250-One\\\\n250 Two \\"2\\"" QT=1.5s DT=1s',
        f"2026-11-24 11:43:32 {queue_id} Completed",
    ]
    run = scan(log, tz="UTC")
    [delivery] = run
    assert delivery.reply is not None
    assert delivery.reply.lines == ("One", 'Two "2"')
    assert (delivery.queue_id, delivery.sender, delivery.message_id) == (
        queue_id,
        "al@example.com",
        "7@example.com",
    )
    assert (delivery.relay_host, delivery.relay_port, delivery.tls) == (
        "mx.example.org",
        25,
        "TLS1.3:X:256",
    )
    assert delivery.delay == 1.5
    assert delivery.time == datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)
    assert run.coverage.understood == 3


def test_exim_defers_with_the_host_at_either_place() -> None:
    head = "2026-11-24 11:43:32 1jmFYj-00039V-QX == bob@example.org R=r T=t defer (-44)"
    said = "SMTP error from remote mail server after RCPT TO:<bob@example.org>:"
    new = one(f"{head} H=mx.example.org [192.0.2.1]: {said} 450-One\\n450 Two")
    old = one(f"{head}: {said} host mx.example.org [192.0.2.1]: 450-One\\n450 Two")
    for delivery in (new, old):
        assert delivery.status is Status.DEFERRED
        assert (delivery.relay_ip, delivery.stage) == ("192.0.2.1", Stage.RCPT)
        assert delivery.direction is Direction.OUTGOING
        assert delivery.reply is not None
        assert delivery.reply.lines == ("One", "Two")


def test_exim_words_of_its_own_are_no_reply() -> None:
    delivery = one(
        "2026-11-24 11:43:32 1jmFYj-00039V-QX == bob@example.org R=r T=t defer (110): "
        "Connection timed out"
    )
    assert (delivery.reply, delivery.diagnostic) == (None, "Connection timed out")


def test_exim_a_host_that_hangs_up_is_told_with_its_stage() -> None:
    delivery = one(
        "2026-11-24 11:43:32 1jmFYj-00039V-QX H=mx.example.org [192.0.2.1]: Remote host closed "
        "connection in response to end of data"
    )
    assert (delivery.stage, delivery.status) == (Stage.END_OF_DATA, None)


def test_exim_refusals_have_a_code_where_the_text_has_one() -> None:
    client = "2026-11-24 11:43:32 H=c.example [203.0.113.9] F=<x@y.example>"
    line = f"{client} rejected RCPT <b@c.example>: "
    with_code, without = one(line + "550 Go away"), one(line + "relay not permitted")
    assert (with_code.reply_by, without.reply_by) == (ReplyBy.OWN, None)
    assert without.diagnostic == "relay not permitted"
    assert (without.sender, without.recipient) == ("x@y.example", "b@c.example")


def test_exim_failed_authentication_is_our_own_reply() -> None:
    delivery = one(
        "2026-11-24 11:43:32 login authenticator failed for c.example (c) [203.0.113.9]:999: "
        "535 Incorrect authentication data (set_id=bob)"
    )
    assert (delivery.stage, delivery.relay_ip, delivery.relay_port) == (
        Stage.AUTH,
        "203.0.113.9",
        999,
    )
    assert delivery.text == "535 Incorrect authentication data"


# --- prefixes ------------------------------------------------------------------------------

_JOURNAL = {
    "MESSAGE": SENT,
    "SYSLOG_IDENTIFIER": "postfix/smtp",
    "_HOSTNAME": "mx1",
    "_PID": "42",
    "__REALTIME_TIMESTAMP": "1795520612000000",
}


@pytest.mark.parametrize(
    "line",
    [
        HEAD + SENT,
        "<22>" + HEAD + SENT,
        "2026-11-24T11:43:32.123456+00:00 mx1 postfix/smtp[42]: " + SENT,
        "<22>1 2026-11-24T11:43:32Z mx1 postfix/smtp 42 - - " + SENT,
        '<22>1 2026-11-24T11:43:32Z mx1 postfix/smtp 42 - [a@1 b="]"] ' + SENT,
        "Nov 24 11:43:32 <mail.info> mx1 postfix/smtp[42]: " + SENT,
        "mail-1  | " + HEAD + SENT,
        "2026-11-24T11:43:32.1Z stdout F " + HEAD + SENT,
        json.dumps(_JOURNAL),
        json.dumps(_JOURNAL | {"MESSAGE": list(SENT.encode())}),
        json.dumps({"log": HEAD + SENT + "\n", "stream": "stdout", "time": "2026-11-24T11:43:32Z"}),
        json.dumps({"timestamp": 1795520612000, "message": HEAD + SENT}),
    ],
)
def test_every_prefix_leads_to_the_same_delivery(line: str) -> None:
    delivery = one(line, tz="UTC")
    assert delivery.time is not None
    assert delivery.time.replace(microsecond=0) == datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)
    assert (delivery.host, delivery.program, delivery.queue_id) == (
        "mx1",
        "postfix/smtp",
        "4E74613FE7",
    )


def test_a_line_without_a_prefix_is_read_too() -> None:
    assert one(SENT).recipient == "bob@example.org"


@pytest.mark.parametrize("line", ['{"MESSAGE": 7}', "{", "[" * 9999, '{"message": null}'])
def test_json_that_is_none_of_ours_is_not_read(line: str) -> None:
    run = scan([line])
    assert list(run) == []
    assert (run.coverage.lines, run.coverage.known) == (1, 0)


# --- the year ------------------------------------------------------------------------------


def test_the_year_turns_with_the_log() -> None:
    clock = Clock(latest=datetime(2025, 1, 3, tzinfo=UTC))
    times = [clock.read(stamp) for stamp in ("Dec 31 23:59:59", "Jan  1 00:00:00")]
    assert [time.year for time in times if time] == [2024, 2025]


def test_a_given_year_runs_on_and_back() -> None:
    clock = Clock(year=2024)
    stamps = ("Nov  1 00:00:00", "Jan  1 00:00:00", "Dec 31 23:59:59", "Feb  1 00:00:00")
    assert [time.year for time in map(clock.read, stamps) if time] == [2024, 2025, 2024, 2025]


def test_the_29th_of_february_is_of_a_leap_year() -> None:
    time = Clock(latest=datetime(2026, 6, 1, tzinfo=UTC)).read("Feb 29 12:00:00")
    assert time is not None
    assert time.year == 2024


@pytest.mark.parametrize(
    "stamp", ["Feb 30 12:00:00", "Jan 99 12:00:00", "2026-13-01 00:00:00", "2026"]
)
def test_what_is_no_time_is_none(stamp: str) -> None:
    assert Clock().read(stamp) is None


# --- sources -------------------------------------------------------------------------------


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_seen_from_the_content(tmp_path: Path, compress: object) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(compress(f"{HEAD}{SENT}\n".encode() * 3))  # type: ignore[operator]
    assert [delivery.line for delivery in scan(path)] == [1, 2, 3]
    assert [delivery.source for delivery in scan(str(path))] == [str(path)] * 3
    with path.open("rb") as stream:
        assert len(list(scan(stream))) == 3
    assert len(list(scan(io.BytesIO(path.read_bytes())))) == 3


def test_rotated_files_are_read_from_the_oldest_on(tmp_path: Path) -> None:
    names = ["mail.log.10.gz", "mail.log.2", "mail.log.1", "mail.log"]
    for name in names:
        (tmp_path / name).write_text(f"{HEAD}{SENT}\n", encoding="utf-8")
    for source in (tmp_path, f"{tmp_path}/mail.log*", [tmp_path / name for name in sorted(names)]):
        found = [Path(delivery.source or "").name for delivery in scan(source)]
        assert found == names


def test_a_path_that_leads_to_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no_such\.log"):
        next(scan(tmp_path / "no_such.log"))


def test_a_truncated_file_gives_what_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mail.log.gz"
    lines = "".join(f"{HEAD}{SENT.replace('1.9', str(n))}\n" for n in range(5000))
    whole = gzip.compress(lines.encode())
    path.write_bytes(whole[: len(whole) // 2])
    run = scan(path)
    assert 0 < len(list(run)) < 5000
    assert "broken off after line" in run.coverage.problems[0]


def test_zstd_is_read(tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd", reason="backports.zstd is not installed")
    path = tmp_path / "mail.log"
    whole = zstd.compress(f"{HEAD}{SENT}\n".encode() * 9)
    path.write_bytes(whole)
    assert len(list(scan(path))) == 9
    path.write_bytes(whole[:-9])
    run = scan(path)
    list(run)
    assert "broken off after line" in run.coverage.problems[0]


def test_a_missing_zstd_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    path = tmp_path / "mail.log"
    path.write_bytes(b"\x28\xb5\x2f\xfd\x00\x00")
    run = scan(path)
    assert list(run) == []
    assert 'pip install "smtpreply[zstd]"' in run.coverage.problems[0]


def test_a_hole_of_nuls_is_told_and_stepped_over() -> None:
    run = scan(["\0" * 4096 + HEAD + SENT, "\0" * 9])
    assert len(list(run)) == 1
    assert run.coverage.problems == ["line: 4096 NUL octets", "line: 9 NUL octets"]


def test_a_line_of_10_megabytes_is_one_line() -> None:
    delivery = one(refused("550 " + "a (in reply to b; " * 600_000))
    assert len(delivery.text or "") > 10_000_000


def test_octets_that_are_not_utf_8_are_kept() -> None:
    [delivery] = scan([refused("550 caf\udce9").encode("utf-8", "surrogateescape")])
    assert delivery.text == "550 caf\udce9"


def test_what_is_not_a_line_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not int"):
        next(scan([7]))  # type: ignore[arg-type]


# --- the account ---------------------------------------------------------------------------


def test_every_line_is_in_the_account() -> None:
    kept: list[Line] = []
    log = [
        HEAD + SENT,
        HEAD + "what is 42",
        HEAD + "what is 43",
        "Nov 24 11:43:32 mx1 sshd[1]: hi",
        "",
        "x",
    ]
    run = scan(log, on_unreadable=kept.append)
    assert len(list(run)) == 1
    coverage = run.coverage
    assert (coverage.lines, coverage.known, coverage.understood, coverage.deliveries) == (
        5,
        3,
        1,
        1,
    )
    assert coverage.shapes == {"what is <number>": 2}
    assert [line.number for line in kept] == [2, 3, 4, 6]
    assert coverage.formats == {"postfix": 3}


def test_mixed_logs_are_read_line_by_line() -> None:
    exim = "2026-11-24 11:43:32 1jmFYj-00039V-QX ** bob@example.org: Unrouteable address"
    assert [delivery.mta for delivery in scan([HEAD + SENT, exim])] == ["postfix", "exim"]
    assert [delivery.mta for delivery in scan([HEAD + SENT, exim], format="exim")] == ["exim"]


def test_a_format_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"there are: .*postfix"):
        scan([], format="no such")


def test_a_user_can_bring_a_format() -> None:
    class OwnReader(Reader):
        def read(self, line: Line) -> list[Delivery]:
            return [Delivery(mta="own", text=line.message[4:], reply_by=ReplyBy.REMOTE)]

    own = Format("own", lambda line: line.message.startswith("own "), OwnReader)
    [delivery] = scan(["own 550 No", HEAD + "x"], format=own)
    assert delivery.reply is not None
    assert delivery.reply.code == 550
    with pytest.raises(ValueError, match="already"):
        register(Format("exim", own.detect, own.reader))


def test_a_format_is_detected_until_it_is_unregistered() -> None:
    class OwnReader(Reader):
        def read(self, line: Line) -> list[Delivery]:
            return [Delivery(mta="own", text=line.message)]

    register(Format("own", lambda line: line.message.startswith("own "), OwnReader))
    assert "own" in known_formats()
    assert [delivery.text for delivery in scan(["own words"])] == ["own words"]
    unregister("own")
    assert "own" not in known_formats()
    assert list(scan(["own words"])) == []
    for name in ("own", "exim"):
        with pytest.raises(ValueError, match=r"no format .* was registered"):
            unregister(name)


def test_a_reader_that_only_reads_has_the_defaults_for_the_rest() -> None:
    class OwnReader(Reader):
        def read(self, line: Line) -> tuple[Delivery, ...]:
            return ()

    reader = OwnReader()
    line = Line(" folded", " folded", 1)
    assert not reader.continues(line)
    assert list(reader.finish()) == []
    assert list(reader.group("one\ntwo\n", Groups(finely=False))) == ["one\ntwo\n"]
    place = Place(7, Clock(), None)
    assert [(line, place.number) for line in reader.walk("one\n\x1c\n", place)] == [
        ("one\n", 8),
        ("\x1c\n", 9),
    ]
    assert not reader.reads_blocks
    assert (reader.problems, reader.envelopes(), reader.lines_stand_alone) == ([], {}, False)
    assert OwnReader().problems is not reader.problems


def test_a_delivery_is_json() -> None:
    found = one(refused("550 5.1.1 No"), tz="UTC").to_dict()
    assert json.loads(json.dumps(found)) == found
    assert (found["code"], found["enhanced"], found["status"]) == (550, "5.1.1", "bounced")


def test_a_code_out_of_range_is_no_reply_and_is_kept() -> None:
    delivery = one(
        "2026-11-24 11:43:32 1jmFYj-00039V-QX H=a [192.0.2.1]: SMTP error from remote mail server "
        "after end of data: 850 RUBBISH"
    )
    assert (delivery.reply, delivery.text) == (None, "850 RUBBISH")
    assert delivery.verdict is not None


def test_a_memory_forgets_the_oldest() -> None:
    memory: Memory[int] = Memory(2)
    for number, name in enumerate("abcdae"):
        memory[name] = number
    memory.forget("e")
    assert [memory.get(name) for name in "abcde"] == [4, None, None, None, None]


def test_a_memory_takes_many_values_at_once_or_none() -> None:
    memory: Memory[str] = Memory(3)
    for values in ({}, {"a": "1", "b": "2"}, {"b": "3"}):
        memory.update(values)
    assert memory.values() == {"a": "1", "b": "3"}


# --- hostile lines -------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        HEAD, SENT, "2026-11-24 11:43:32 ", "1jmFYj-00039V-QX ", "** a@b ", "== a@b ", "=> a@b ",
        " H=", "mx [192.0.2.1]", ' C="', "\\", '"', ": SMTP error from remote mail server after ",
        "RCPT TO:<", "550 No", " (in reply to ", "host a[1] said: ", "; from=<", "status=", "{",
        "reject: RCPT from ",
        "rejected RCPT <", " defer (-44)", "\\377", "\\n", "<22>1 ", "Jan 99 ", "\0", "a | ",
        "2026-11-24T11:43:32Z stdout F ", '{"log": "', "\\ud800", "\ud800", "9" * 5000, "]: ", "[",
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        f"a[{'9' * 5000}]: x",
        f"Nov 24 11:43:32 mx1 postfix/smtp[{'9' * 5000}]: x",
        f"<22>1 - mx1 postfix/smtp {'9' * 5000} - - x",
        f"4AOBhVx2012345: to=<a>, delay={'9' * 5000}:00:00, stat=Sent",
        f"4AOBhVx2012345: to=<a>, delay={'9' * 400}:00:00, stat=Sent",
        f"4b3a6c195c1f6010 mta delivery evpid=8f from=<a> to=<b> delay={'9' * 5000}d "
        'result="Ok" stat=250 Ok',
        "a | " * 2000 + HEAD + SENT,
        "2026-11-24T11:43:32Z stdout F " * 2000,
        r'{"log": "2026-11-24 11:43:32 1jmFYj-00039V-QX ** a@b: x \ud800 \\n"}',
        "2026-11-24 11:43:32 1jmFYj-00039V-QX ** a@b: x \ud800 \\n",
    ],
)
def test_what_is_too_much_is_left_unread_and_never_raises(line: str) -> None:
    run = scan([line])
    for delivery in run:
        json.dumps(delivery.to_dict()).encode()
        (delivery.text or "").encode("utf-8", "surrogateescape")
    assert run.coverage.lines == 1


@pytest.mark.parametrize("time", ["", "{}", "yesterday", "Foo 24 11:43:32", "Nov", 10**30, [], 1.5])
def test_a_wrapping_may_say_anything_for_a_time(time: object) -> None:
    [delivery] = scan([json.dumps({"log": SENT, "time": time})])
    assert (delivery.queue_id, delivery.time) == ("4E74613FE7", None)


def test_wrappings_stand_around_each_other() -> None:
    inner = "2026-11-24T11:43:32Z stdout F " + HEAD + SENT
    delivery = one("mail-1  | " + json.dumps({"log": inner}))
    assert delivery.queue_id == "4E74613FE7"


@settings(deadline=None)  # the first example imports all formats
@given(st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=12).map("".join))
def test_whatever_a_line_holds_it_is_read_or_counted(line: str) -> None:
    """No line raises, and each that is not empty is in the account."""
    for name in (None, *known_formats()):
        run = scan([line], format=name)
        for delivery in run:
            assert delivery.to_dict()
            assert delivery.verdict is None or delivery.verdict.reason
        coverage = run.coverage
        parts = re.split(r"\n|\0", line)
        lines = [part for part in parts if part and not part.isspace()]
        if any(map(begins_document, ([part] for part in lines))):  # which is counted by its objects
            assert min(len(lines), 1) <= coverage.lines <= len(lines)
        else:
            assert coverage.lines == len(lines)
        assert coverage.understood <= coverage.known <= coverage.lines


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 300))  # noqa: DTZ001
def test_a_stamp_of_the_last_months_finds_its_year(latest: datetime, days: int) -> None:
    """A stamp without a year is read as the last such day before the file was written."""
    written = latest.replace(tzinfo=UTC, microsecond=0)
    time = written - timedelta(days=days)
    clock = Clock(zone=UTC, latest=written)
    assert clock.read(f"{time:%b} {time.day:2} {time:%H:%M:%S}") == time


def test_a_delivery_is_a_value() -> None:
    delivery = one(refused("550 5.1.1 No"))
    assert delivery.reply is delivery.reply
    assert pickle.loads(pickle.dumps(delivery)) == delivery == one(refused("550 5.1.1 No"))
    assert hash(delivery) == hash(one(refused("550 5.1.1 No")))
    other = attrs.evolve(delivery, text="450 4.2.0 Later")
    assert other.reply is not None
    assert other.reply.code == 450
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        delivery.text = ""  # type: ignore[misc]


# --- repeats, and what all lines of a source have before them --------------------------------

_REFUSED = (
    "NOQUEUE: reject: RCPT from out.sender.example[198.51.100.7]: 450 4.1.8 <news@sender.example>: "
    "Sender address rejected: Domain not found; from=<news@sender.example> "
    "to=<ola@example.net> proto=ESMTP helo=<out.sender.example>"
)
_SMTPD = "Nov 24 11:43:32 mx1 postfix/smtpd[42]: "


@pytest.mark.parametrize(
    "repeated",
    [
        f"{_SMTPD}message repeated 3 times: [ {_REFUSED}]",
        "Nov 24 11:43:40 mx1 last message repeated 3 times",
        "Nov 24 11:43:40 mx1 syslogd: last message repeated 3 times",
        "Nov 24 11:43:40 mx1 --- last message repeated 3 times ---",
    ],
)
def test_what_was_repeated_counts_as_often_as_it_was(repeated: str) -> None:
    log = [_SMTPD + _REFUSED, repeated]
    run = scan(log)
    found = list(run)
    assert [(one.recipient, one.status) for one in found] == [
        ("ola@example.net", Status.REJECTED)
    ] * 4
    assert run.coverage.deliveries == 4
    assert (run.coverage.lines, run.coverage.understood) == (2, 2)
    summed = scan(log).bundled()
    assert sum(one.count if isinstance(one, Bundle) else 1 for one in summed) == 4


@pytest.mark.parametrize("said", ["message repeated {} times: [ " + _REFUSED + "]", "last"])
@pytest.mark.parametrize("finely", [False, True])
def test_many_repetitions_are_one_bundle(said: str, finely: bool) -> None:
    line = (
        f"{_SMTPD}{said}"
        if said != "last"
        else "Nov 24 11:43:40 mx1 last message repeated {} times"
    )
    run = scan([_SMTPD + _REFUSED, line.format(99_999)], year=2026)
    bundles = [one for one in run.bundled(finely=finely) if isinstance(one, Bundle)]
    assert [one.count for one in bundles if one.repeats > 1] == [99_999]
    assert run.coverage.deliveries == 100_000
    assert run.coverage.problems == []


@pytest.mark.parametrize("number", ["100001", "9999999", "0" * 30 + "9" * 30, "9" * 5000])
def test_repetitions_that_cannot_be_are_a_problem(number: str) -> None:
    log = [f"{_SMTPD}message repeated {number} times: [ {_REFUSED}]"]
    alone, together = scan(log), scan(log)
    assert sum(1 for _ in alone) == 100_000
    assert Summary.of(together).incoming.status == {"rejected": 100_000}
    problem = "repeated more than 100,000 times; counted as 100,000"
    assert alone.coverage.problems == [f"line 1: {problem}"]
    assert together.coverage.problems == [problem]  # where lines have no numbers


def test_a_repetition_of_nothing_is_nothing() -> None:
    assert list(scan(["Nov 24 11:43:40 mx1 last message repeated 3 times"])) == []
    assert list(scan([f"{_SMTPD}connect from a[192.0.2.1]", "last message repeated 3 times"])) == []


def test_words_about_repetition_repeat_nothing() -> None:
    text = _REFUSED.replace("Domain not found", "last message repeated 3 times")
    assert len(list(scan([_SMTPD + text]))) == 1


_REPORT = """\
From: MAILER-DAEMON@mx.example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; bob@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No
    such user

--b--
"""


@pytest.mark.parametrize(
    "before", ["> ", "    ", "\t", "mail-1  | ", "bounce.eml:", "| "], ids=repr
)
def test_a_source_of_one_format_behind_what_all_its_lines_have(before: str) -> None:
    lines = [f"{before}{line}".rstrip(" \t") for line in _REPORT.splitlines()]
    [found] = scan(lines)
    assert (found.recipient, found.text) == ("bob@example.org", "550 5.1.1 No such user")


def test_a_given_year_runs_on_over_stamps_behind_something() -> None:
    before = [f"    Mar  1 00:00:0{second} mx1 cron[7]: nightly job" for second in range(3)]
    first = "2026-03-01T00:00:00Z mx1 cron[7]: nightly job"  # so nothing is taken off the others
    [found] = scan(["\n".join([first, *before, _SMTPD + _REFUSED])], year=2026)
    assert found.time is not None
    assert found.time.year == 2025  # nine months before are more likely than eight after


def test_a_given_year_runs_on_over_lines_of_other_programs() -> None:
    mail = (
        "{} mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=none, delay=1, "
        "delays=0/0/1/0, dsn=5.4.4, status=bounced (Host not found)"
    )
    months = ("Nov", "Dec", "Jan", "Feb", "Mar", "Apr")
    cron = [f"{month} 11 11:43:32 mx CRON[{day}]: (root)" for month in months for day in range(9)]
    log = [mail.format("Nov  3 11:43:32"), *cron, mail.format("May 12 11:43:32")]
    for source in (log, ["\n".join(log)]):
        for found in (list(scan(source, year=2025)), scan(source, year=2025).bundled()):
            times = [
                time
                for one in found
                for time in (one.times if isinstance(one, Bundle) else [one.time])
            ]
            assert sorted(time.year for time in times if time) == [2025, 2026]


@pytest.mark.parametrize(
    "text",
    ["[", "{", "[\n]", "[\n1,\n2", '{"events": [', '{\n "events": [\n', "[\n[\n", "[\n{", "a\n["],
)
def test_a_document_without_an_object_is_counted_line_by_line(text: str) -> None:
    run = scan([f"{text}\n"])
    assert list(run) == []
    lost = len(run.coverage.problems)
    assert run.coverage.lines >= 1
    assert run.coverage.lines == text.rstrip("\n").count("\n") + 1 or lost
