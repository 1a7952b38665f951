"""A log as a lazy frame: the rows are what `scan` gives, whatever is asked for."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import mail_logs
from smtpreply.frames import _mail_log as mail_log
from smtpreply.frames._mail_log import LOG
from smtpreply.frames._rows import row_of
from smtpreply.frames.polars import scan_mail_log
from smtpreply.logs import Delivery, Format, Line, Reader, scan, scanner
from smtpreply.logs.input.sources import inputs
from smtpreply.logs.input.syslog import read_prefix
from smtpreply.logs.registry import register

STATELESS = [name for name in LOG if name not in {"sender", "message_id"}]


def mostly(usual: str, *others: str) -> st.SearchStrategy[str]:
    """Return the usual half of the time, so that whole lines are usual at times."""
    return st.just(usual) | st.sampled_from([usual, *others])


_stamps = mostly(
    *("Nov 24 11:43:32", "Jan  1 00:00:01", "Dec 31 23:59:59", "Feb 31 00:00:00"),
    *("2026-03-01T01:02:03.123456+01:00", "2026-03-01T01:02:03Z", "2026-03-01 01:02:03"),
)
_programs = mostly(
    *("postfix/smtp[42]", "postfix/lmtp[42]", "postfix-out/smtp[1]", "postfix/local[3]"),
    *("postfix/smtpd[7]", "postfix/qmgr[9]", "postfix/cleanup[8]", "dovecot[1]"),
    *("postfix/pipe", "postfix/smtp"),
)
_addresses = mostly(
    *("bob@example.org", "", '"b o"@example.org', "a@b@c", "x>y@example.org", "bob"),
    *("b\xf6b@x", "a" * 1200, "to=<x@example.org>, relay=none"),
)
_relays = mostly(
    *("mx.example.org[192.0.2.1]:25", "none", "local", "mx.example.org[2001:db8::1]:25"),
    *("mx.example.org[private/lmtp]", "[192.0.2.1]:2525", "127.0.0.1[127.0.0.1]:123456"),
)
_replies = mostly(
    *("250 2.0.0 Ok: queued as 4Zq8", "550 5.1.1 No such user", "550-5.1.1 No 550 5.1.1 such"),
    *("250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok", "452 4.2.2 Mailbox full"),
    *("550 5.1.1 (in reply to RCPT TO command)", "250", "421", "850 RUBBISH", "999"),
    *("451 4.7.1 Greylisted, wait 300 seconds", "250 Ok said: no", "550 a; b)", "250 2.0.0 Ok) "),
    "550 b\xf6b \ufffd",
)
_reasons = (
    _replies
    | st.builds(
        "{} {}: {}{}".format,
        mostly(
            *("host mx.example.org[192.0.2.1]", "host mx.example.org[192.0.2.1]:25", "host x"),
            "delivery temporarily suspended: host mx.example.org[192.0.2.1]",
        ),
        st.sampled_from(["said", "refused to talk to me"]),
        _replies,
        mostly(
            *(" (in reply to RCPT TO command)", "", " (in reply to end of DATA command)"),
            *(" (in reply to XYZZY)", " (in reply to MAIL FROM command)"),
        ),
    )
    | st.sampled_from(["delivered to maildir", "connect to mx[192.0.2.1]:25: Connection timed out"])
)
_postfix_deliveries = st.builds(
    "{}to=<{}>, {}relay={}, {}delay={}, delays=0.1/0/1.1/0.7, {}{}status={} ({}{}".format,
    mostly("4E74613FE7: ", "4Zq8mN2c7TzXb: ", "", "xyz: "),
    _addresses,
    st.just("") | st.builds("orig_to=<{}>, ".format, _addresses),
    _relays,
    mostly("", "conn_use=2, "),
    mostly("1.9", "0", "1.2.3", "."),
    mostly("", "tls=TLSv1.3, "),
    mostly("dsn=5.1.1, ", "dsn=2.0.0, ", "dsn=5.01.1, ", ""),
    st.sampled_from(["sent", "deferred", "bounced", "SOFTBOUNCE", "deliverable"]),
    _reasons,
    mostly(")", "", ") "),
)
_CLIENT = "c[203.0.113.9]"
_postfix_others = st.sampled_from(
    [
        *(f"connect from {_CLIENT}", "disconnect from unknown[unknown] quit=1", "hello"),
        *(f"4E74613FE7: client={_CLIENT}", "4E74613FE7: message-id=<1@example.com>"),
        "4E74613FE7: from=<al@example.com>, size=9, nrcpt=1 (queue active)",
        "4E74613FE7: removed",
        "4E74613FE7: host mx[192.0.2.1] said: 450 4.2.0 Later (in reply to RCPT TO command)",
        f"NOQUEUE: reject: RCPT from {_CLIENT}: 554 5.7.1 no; from=<a@b> to=<c@d> proto=SMTP",
        "connect from x said: 550 no[192.0.2.1]",
    ]
)
_postfix = st.builds(
    "{} mx1 {}: {}".format, _stamps, _programs, _postfix_deliveries | _postfix_others
)

_exim_addresses = mostly(
    *("bob@example.org", "bob@example.org <Bob@example.com>", "|/bin/x <a@b>", "bob", "<>"),
    *('"b o"@example.org', "bob@example.org (al@example.net) <al@example.com>"),
)
_exim_fields = st.lists(
    st.sampled_from(
        [
            *(" R=dns", " T=remote_smtp", " H=mx.example.org [192.0.2.1]:25", " X=TLS1.3:AES:256"),
            *(" H=x (helo) [192.0.2.2]", ' DN="/C=x"', " F=<al@example.com>", " P=<a@b>"),
            *(" DT=1s", " DT=20ms", " DT=1.2.3s", " defer (-44)", " H=y [2001:db8::1]", " L"),
            *(": host x", " K", ' T="a subject"', " id=1@example.com", " b\xf6b", "\\n", " QT=5s"),
        ]
    ),
    max_size=4,
).map("".join)
_exim_words = st.builds(
    ": {} error from remote {} after {}: {}{}".format,
    mostly("SMTP", "LMTP"),
    mostly("mail server", "mailer"),
    mostly(
        *("RCPT TO:<bob@example.org>", "pipelined MAIL FROM:<al@example.com> SIZE=2", "DATA"),
        *("end of data", "initial connection", "EHLO mx1.example.net", "pipelined DATA"),
    ),
    mostly("", "host mx.example.org [192.0.2.1]: "),
    mostly(
        *("550 5.1.1 No such user", "552-5.2.2 Full\\n552 5.2.2 x", "550 a\\tb", "550 a\\\\nb"),
        *("550 5.1.1 <bob@example.org>", "450 x: retry timeout exceeded", "4", "550 \xf6", ""),
        *(
            '550 <"b"@x> y',
            "550 x LMTP error after DATA: 250 y",
            "552-5.2.2 Full\\n552",
            "452-a\\n",
        ),
        *("550 x OutboundConnection", "550 Remote host x [192.0.2.1] closed connection after DATA"),
        *("550 x ", 'SMTP error from remote mail server after DATA: 550 "no"'),
    ),
)
_exim_ends = (
    _exim_words
    | st.builds(
        ' C="{}"{}'.format,
        mostly("250 OK id=1abc", '250 \\"x\\"', "250 a\\\\nb", "done", "250", ""),
        _exim_fields,
    )
    | st.sampled_from(["", ": Unrouteable address", ' C="250 Ok'])
)
_exim_bodies = st.builds(
    "{} {}{}{}".format,
    st.sampled_from(["=>", "->", "**", "==", "*>", ">>"]),
    _exim_addresses,
    _exim_fields.map(lambda fields: f" R=r{fields}") | _exim_fields,
    _exim_ends,
) | st.sampled_from(
    [
        "<= al@example.com H=c [203.0.113.9] P=esmtp S=2 id=1@example.com",
        "Completed",
        "H=c [203.0.113.9] F=<a@b> rejected RCPT <c@d>: 550 no",
    ]
)
_exim = st.builds(
    "{} {}{}{}".format,
    _stamps.map(lambda stamp: stamp.replace("Nov 24", "2026-03-01")),
    mostly("", "[42] "),
    mostly("1abcde-123456-00 ", "1abcde-12345678901-0000 ", ""),
    _exim_bodies,
)
_lines = st.lists(_postfix | _exim | st.sampled_from(["", " ", "rubbish", "\x1c"]), max_size=12)


def written(path: Path, lines: list[str]) -> str:
    text = "\n".join(lines).encode("utf-8")
    path.write_bytes(text.replace("\xf6".encode(), b"\xf6"))  # which is no UTF-8 any more
    return str(path)


def wanted(path: str, columns: list[str], **options: Any) -> list[dict[str, Any]]:
    rows = []
    for delivery in scan(path, **options):
        verdict = delivery.verdict
        row = row_of(delivery)
        row["reason"] = verdict and verdict.reason.value
        row["disposition"] = verdict and verdict.disposition.value
        row["rule"] = verdict and verdict.rule
        octets = [{"key": key, "value": value} for key, value in row["octets"] or ()]
        row["octets"] = octets or None
        rows.append({name: row[name] for name in columns})
    return rows


def found(frame: pl.LazyFrame) -> list[dict[str, Any]]:
    times = [name for name in frame.collect_schema().names() if name == "time"]
    return frame.with_columns(pl.col(name).cast(pl.Int64) for name in times).collect().to_dicts()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "mail.log"


@settings(max_examples=150, deadline=None)
@given(_lines, st.sampled_from([{}, {"year": 2026}, {"tz": "Europe/Vienna"}, {"format": "exim"}]))
def test_the_rows_are_what_scan_gives(
    path: Path, lines: list[str], options: dict[str, Any]
) -> None:
    """Whatever lines a log has, its rows without what is remembered are those of `scan`."""
    log = written(path, lines)
    frame = scan_mail_log(log, **options).select(STATELESS)
    assert found(frame) == wanted(log, STATELESS, **options)


@settings(max_examples=60, deadline=None)
@given(_lines)
def test_who_asks_for_the_sender_gets_it(path: Path, lines: list[str]) -> None:
    """What earlier lines have told of a message is there, for all rows."""
    log = written(path, lines)
    assert found(scan_mail_log(log)) == wanted(log, list(LOG))


@settings(max_examples=60, deadline=None)
@given(_lines, st.sets(st.sampled_from(list(LOG)), min_size=1))
def test_some_columns_are_as_they_are_among_all(
    path: Path, lines: list[str], names: set[str]
) -> None:
    """To ask for less changes no answer."""
    log = written(path, lines)
    columns = [name for name in LOG if name in names]
    assert found(scan_mail_log(log).select(columns)) == wanted(log, columns)


@pytest.mark.parametrize("make", [mail_logs.postfix, mail_logs.exim])
def test_the_synthetic_log_is_read_alike(tmp_path: Path, make: Any) -> None:
    counts: Counter[str] = Counter()
    log = written(tmp_path / "mail.log", list(make(2100, counts)))
    assert found(scan_mail_log(log).select(STATELESS)) == wanted(log, STATELESS)
    by_status = scan_mail_log(log).group_by("status").agg(pl.len()).collect(engine="streaming")
    assert {f"status {name}": count for name, count in by_status.rows()} == {
        name: count for name, count in counts.items() if name.startswith("status ")
    }


@pytest.mark.parametrize("make", [mail_logs.postfix, mail_logs.exim])
def test_the_usual_lines_are_not_read_one_by_one(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    unusual = ("NOQUEUE: reject", " queue run: ")
    lines = [line for line in make(2100, Counter()) if not any(word in line for word in unusual)]
    log = written(tmp_path / "mail.log", [*lines, ""])
    read: list[int] = []

    def counted(text: str, number: int, *rest: Any, **options: Any) -> Line:
        read.append(number)
        return read_prefix(text, number, *rest, **options)

    monkeypatch.setattr(scanner, "read_prefix", counted)
    assert scan_mail_log(log).select("reason", "time", "code").collect().height > 0
    assert not any(read)  # but some that show the format, which have no number


def test_a_filter_is_asked_before_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path / "mail.log", list(mail_logs.postfix(2100, Counter())))
    judged: list[int | None] = []
    verdict: Any = mail_log._verdict

    def counted(key: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        judged.append(key["code"])
        return dict(verdict(key, names))

    monkeypatch.setattr(mail_log, "_verdict", counted)
    full = scan_mail_log(log).filter(pl.col("code") == 552)
    rows = full.select("code", "reason").collect()
    assert set(rows.rows()) == {(552, "mailbox_full")}
    assert set(judged) == {552}
    assert full.filter(reason="mailbox_full").collect().height == rows.height


def test_a_head_reads_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        written(tmp_path / f"mail.log.{number + 1}", list(mail_logs.postfix(700, Counter())))
    opened: list[object] = []

    def counted(*arguments: Any) -> Iterator[object]:
        for given_input in inputs(*arguments):
            opened.append(given_input)
            yield given_input

    monkeypatch.setattr(scanner, "inputs", counted)
    assert scan_mail_log(tmp_path).head(7).collect().height == 7
    assert len(opened) == 1


def test_files_are_compressed_rotated_and_many(tmp_path: Path) -> None:
    lines = list(mail_logs.postfix(700, Counter()))
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress("\n".join(lines[:300]).encode()))
    written(tmp_path / "mail.log", lines[300:])
    log = str(tmp_path)
    assert found(scan_mail_log(log).select(STATELESS)) == wanted(log, STATELESS)


def test_a_log_of_another_format_is_read_too(tmp_path: Path) -> None:
    lines = [
        "Nov 24 11:43:32 mx sendmail[42]: 5AOBhVcd012345: to=<bob@example.org>, delay=00:00:02, "
        "mailer=esmtp, relay=mx.example.org. [192.0.2.1], dsn=2.0.0, stat=Sent (250 2.0.0 Ok)"
    ]
    log = written(tmp_path / "mail.log", lines * 3)
    assert len(found(scan_mail_log(log))) == 3
    assert found(scan_mail_log(log, format="sendmail")) == wanted(log, list(LOG))


def test_a_format_of_your_own_is_asked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smtpreply.logs import registry

    monkeypatch.setattr(registry, "_own", {})

    class OwnReader(Reader):
        def read(self, line: Line) -> list[Delivery]:
            return [Delivery(mta="own")]

    own = Format("own", lambda line: "status=sent" in line.message, OwnReader)
    register(own)
    log = written(tmp_path / "mail.log", list(mail_logs.postfix(70, Counter())))
    mtas = scan_mail_log(log).select("mta").collect().to_series().to_list()
    assert mtas == [delivery.mta for delivery in scan(log)]
    assert "own" in mtas
    given_alone = scan_mail_log(log, format=own).select("mta").collect().to_series().to_list()
    assert given_alone == [delivery.mta for delivery in scan(log, format=own)]


def test_a_format_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no format 'none'"):
        scan_mail_log(tmp_path, format="none")


def test_a_path_that_leads_to_nothing_is_an_error(tmp_path: Path) -> None:
    frame = scan_mail_log(tmp_path / "none.log")
    with pytest.raises(Exception, match="there is no such file"):
        frame.collect()


def test_an_empty_log_has_no_rows(tmp_path: Path) -> None:
    log = written(tmp_path / "mail.log", [])
    assert scan_mail_log(log).collect().schema == pl.Schema(LOG)
    assert scan_mail_log(log).collect().height == 0


def test_a_folded_diagnostic_code_is_whole(tmp_path: Path) -> None:
    lines = ["Diagnostic-Code: smtp; 550 5.1.1 No such", "    user here"]
    log = written(tmp_path / "mail.log", lines)
    [text] = scan_mail_log(log).select("text").collect().to_series()
    assert text.split() == ["550", "5.1.1", "No", "such", "user", "here"]


def test_a_time_zone_is_that_of_stamps_that_a_format_reads_itself(tmp_path: Path) -> None:
    sample = Path(__file__).parent.parent / "data" / "logs" / "kerio.log"
    log = written(tmp_path / "mail.log", sample.read_text().split("\n"))
    times = scan_mail_log(log, tz="Europe/Vienna").select("utc_offset").collect().to_series()
    assert set(times) <= {3600, 7200}
    assert len(times) > 0


def test_whom_a_refusal_names_decides_for_each_row_as_for_each_delivery(tmp_path: Path) -> None:
    refused = "host mx.example.org[192.0.2.1] said: 550 5.1.1 <{}>: User unknown"
    missing = "Name service error for name={} type=A: Host not found"
    lines = [
        "Nov 24 11:43:31 mx postfix/smtp[42]: 4E74613FA6: "
        f"to=<{recipient}>, relay=none, delay=1, dsn=5.1.1, status=bounced ({words})"
        for recipient, words in [
            ("ann@example.org", refused.format("ann@example.org")),
            ("bob@example.org", refused.format("ann@example.org")),
            ("ann@example.org", missing.format("relay.example.com")),
            ("ann@example.org", missing.format("example.org")),
        ]
    ]
    log = written(tmp_path / "mail.log", lines)
    found = scan_mail_log(log).select("suppress", "bounce_type").collect().rows()
    assert found == [(True, "hard"), (False, "soft"), (False, "soft"), (True, "hard")]
    verdicts = [delivery.verdict for delivery in scan(log)]
    assert [verdict and verdict.suppress for verdict in verdicts] == [row[0] for row in found]
