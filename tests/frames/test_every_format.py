"""One truth, several speeds: by lines, by blocks, in groups and by columns a log is the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import mail_logs
from smtpreply.frames._rows import row_of
from smtpreply.frames.polars import LOG, scan_mail_log
from smtpreply.logs import Coverage, Delivery, Scan, known_formats, scan
from smtpreply.logs.grouping import Place
from smtpreply.summary.summary import Summary

DATA = Path(__file__).parent.parent / "data"
BESIDE = {
    "exim": "2026-03-01 00:00:00 1abcde-123456-00 H=c.example.com [203.0.113.9] F=<al@example.com> "
    "rejected after DATA: 550 spam\nP Received: from c.example.com\nF From: al@example.com",
    "sendmail": "Nov 24 11:43:32 mx sendmail[42]: 5AOBhVcd012345: to=<bob@example.org>, "
    "delay=00:00:02, mailer=esmtp, relay=mx.example.org. [192.0.2.1], dsn=2.0.0, "
    "stat=Sent (250 2.0.0 Ok)",
    "opensmtpd": "Nov 24 11:43:32 mx1 smtpd[42]: ba6a2a2629b48883 mta delivery "
    "evpid=8f26ea98359eccea from=<al@example.com> to=<bob@example.org> rcpt=<-> "
    'source="203.0.113.1" relay="192.0.2.1 (mx.example.org)" delay=1s result="Ok" stat="250 Ok"',
    "ssmtp": "Nov 24 11:43:32 mx sSMTP[42]: 550 5.1.1 No such user",
    "dsn": "Diagnostic-Code: smtp; 550 5.1.1 No such\n user here",
    "transcript": "<- 550 5.1.1 No such user\n-> QUIT",
}


def _lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8", "surrogateescape").removesuffix("\n").split("\n")


FILES = [
    *(DATA / "logs").iterdir(),
    DATA / "sample.log",
    *(path for path in (DATA / "transcripts").rglob("*") if path.is_file()),
]
SAMPLES = {path.name: _lines_of(path) for path in sorted(FILES)}
SAMPLES |= {name: lines.split("\n") for name, lines in BESIDE.items()}
SAMPLES |= {f"{name} log": list(make(120, Counter())) for name, make in mail_logs.MAKERS.items()}
USUAL = [*SAMPLES["postfix log"], *SAMPLES["exim log"]]
# Of programs that have nothing to do with mail, or with it in other words.
FOREIGN = [
    "Mar  1 00:00:00 mx1 CRON[7]: (root) CMD (run-parts /etc/cron.hourly && true)",
    "Mar  1 00:00:01 mx1 sshd[7]: Failed password for root from 203.0.113.9 port 22 ssh2",
    "Mar  1 00:00:01 mx1 kernel: [12345.678901] usb 1-1: new device",
    "<38>Mar  1 00:00:01 mx1 sshd[8]: Connection closed by 203.0.113.9",
    "2026-03-01T00:00:01.123456+00:00 mx1 sshd[9]: Connection closed by 203.0.113.9",
    "Mar  1 00:00:02 mx1 sshd[7]: message repeated 2 times: [ Failed password for root]",
    "Mar  1 00:00:02 mx1 last message repeated 2 times",
    "Feb 31 00:00:02 mx1 sshd[7]: Failed password for root",
    "Mar  1 00:00:02 mx1 hook[7]: [INFO] listening",
    'Mar  1 00:00:02 mx1 hook[7]: [{"email": "bob@example.org", "event": "bounce", '
    '"sg_event_id": "x", "sg_message_id": "y", "reason": "550 5.1.1 No such user"}]',
    'Mar  1 00:00:02 mx1 hook[7]: {"MESSAGE": "550 5.1.1 No such user"}',
    "Mar  1 00:00:02 mx1 hook[7]: 2026-03-01 00:00:02 1abcde-123456-00 Completed",
    "Mar  1 00:00:02 mx1 docker[7]: Mar  1 00:00:02 mx2 postfix/qmgr[9]: 4E0000001: removed",
    "Mar  1 00:00:02 mx1 docker[7]: what nobody knows",
    "Mar  1 00:00:02 mx1 dovecot: imap-login: Login: user=<bob>, method=PLAIN, rip=203.0.113.9",
    "Mar  1 00:00:02 mx1 dovecot: imap(bob)<7><x>: Disconnected: Logged out in=1 out=2",
    "Mar  1 00:00:03 mx1 dovecot: lmtp(bob)<7><x>: msgid=<7@example.org>: saved mail to INBOX",
    "Mar  1 00:00:03 mx1 dovecot: imap-login: x: Sent message to <bob@example.org> at mx: 550 no",
    "Mar  1 00:00:03 mx1 dovecot: imap(bob): Error: x: Sent message to <a@b.example> at mx: 550 no",
    "Mar  1 00:00:02 10.0.0.1/24 sshd[7]: Mar  1 00:00:02 mx1 postfix/qmgr[9]: 4E0000001: removed",
]
ODD = st.sampled_from(
    [
        *(
            "",
            " ",
            "rubbish",
            "\x1c",
            " a folded line",
            "P Received: from x",
            "2026-03-01 00:00:00 ",
        ),
        'Mar  1 00:00:00 mx1 postfix/qmgr[9]: 4E0000001: from=<"a b"@example.org>, size=2, nrcpt=1',
        "Mar  1 00:00:00 mx1 postfix/smtp[9]: 4E0000001: to=<bob@example.org>, relay=none, "
        "delay=1, delays=0/0/1/0, dsn=5.4.4, status=bounced (Host not found)",
        "Mar  1 00:00:00 mx1 postfix/smtp[9]: 4E0000001: to=<bob@example.org>, orig_to=<root>, "
        "relay=mx.example.org[192.0.2.1]:25, conn_use=2, delay=1, delays=0/0/1/0, tls=TLSv1.3, "
        "dsn=2.0.0, status=sent (250 2.0.0 Ok)",
        "2026-03-01 00:00:00 1abcde-123456-00 Completed",
        *BESIDE.values(),
    ]
)


@st.composite
def _damaged(draw: st.DrawFn, line: str) -> str:
    """Return a line that has lost or got some characters."""
    start = draw(st.integers(0, len(line)))
    end = draw(st.integers(start, min(len(line), start + 5)))
    put = draw(st.sampled_from(["", " ", ":", "\t", "<", ">", '"', "[", "0", "\\n", "é", "\udcff"]))
    return line[:start] + put + line[end:]


@st.composite
def logs(draw: st.DrawFn) -> list[str]:
    """Return a sample of some format, some lines of it damaged, with lines of others between."""
    lines = list(SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))])
    start = draw(st.integers(0, max(0, len(lines) - 40)))
    lines = lines[start : start + 40]
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, max(0, len(lines) - 1)))
        other = draw(st.sampled_from(USUAL) | ODD | st.sampled_from(lines or [""]))
        if draw(st.booleans()):
            other = draw(_damaged(other))
        if draw(st.booleans()):
            lines[at : at + 1] = other.split("\n")
        else:
            lines[at:at] = other.split("\n")
    for other in draw(st.lists(st.sampled_from(FOREIGN), max_size=12)):
        lines.insert(draw(st.integers(0, len(lines))), other)
    usual = draw(st.integers(0, len(USUAL) - 1))
    lines += USUAL[usual : usual + draw(st.integers(0, 30))]
    return lines


OPTIONS = st.sampled_from(
    [{}, {}, {"year": 2026}, {"tz": "Europe/Vienna"}, {"format": "exim"}, {"format": "postfix"}]
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "mail.log"


def written(path: Path, lines: list[str]) -> Path:
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    return path


class _LineByLine(Scan):
    """A run that reads no blocks, and each line in full."""

    def _block_reader(self, block: str) -> None:
        """Return that no format does."""

    def _skip_foreign(self, text: str, place: Place) -> bool:
        """Return that each line may be one of a mail server."""
        return False


def read(
    source: Path | list[str], monkeypatch: pytest.MonkeyPatch | None = None, **options: Any
) -> Scan:
    if monkeypatch is None:
        return scan(source, **options)
    with monkeypatch.context() as patch:
        patch.setattr("smtpreply.logs.scanner.Scan", _LineByLine)
        return scan(source, **options)


def exactly(path: Path, **options: Any) -> tuple[list[Delivery], Coverage]:
    with pytest.MonkeyPatch.context() as patch:
        run = read(path, patch, **options)
        assert isinstance(run, _LineByLine)
        return list(run), run.coverage


def rows(deliveries: list[Delivery]) -> Iterator[dict[str, Any]]:
    for delivery in deliveries:
        row, verdict = row_of(delivery), delivery.verdict
        row["reason"] = verdict and verdict.reason.value
        row["disposition"] = verdict and verdict.disposition.value
        row["rule"] = verdict and verdict.rule
        if row["octets"]:  # Polars has no maps
            row["octets"] = [{"key": name, "value": octets} for name, octets in row["octets"]]
        yield {name: row[name] for name in LOG}


def test_every_format_has_a_sample() -> None:
    read_as: set[str] = set()
    for name, lines in SAMPLES.items():
        run = scan(["\n".join(lines)], format="ssmtp" if name == "ssmtp" else None)
        list(run)
        read_as |= run.coverage.formats.keys()
    assert read_as == set(known_formats())


@settings(max_examples=300)
@given(logs(), OPTIONS)
def test_blocks_give_what_lines_give(path: Path, lines: list[str], options: Any) -> None:
    """Whatever a log holds, its deliveries and its account are those of reading line by line."""
    log = written(path, lines)
    deliveries, coverage = exactly(log, **options)
    run = read(log, **options)
    assert list(run) == deliveries
    assert run.coverage == coverage


@settings(max_examples=300)
@given(logs(), OPTIONS)
def test_groups_give_what_lines_give(path: Path, lines: list[str], options: Any) -> None:
    """Whatever a log holds, its summary and its account are those of reading line by line."""
    log = written(path, lines)
    deliveries, coverage = exactly(log, **options)
    run = read(log, **options)
    assert_equal(Summary.of(run.bundled()), Summary.of(deliveries))
    assert run.coverage == coverage


def assert_equal(found: Summary, exact: Summary) -> None:
    # An example is one of several: which one is no count.
    for summary in (found, exact):
        for field in attrs.fields(Summary):
            if field.name != "volume":
                getattr(summary, field.name).example.clear()
    for field in attrs.fields(Summary):
        assert getattr(found, field.name) == getattr(exact, field.name), field.name


_HEADED = re.compile(
    r"(?:<[0-9]+>)?([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}) (\S+) (\S+?)(?:\[([0-9]+)\])?: (.*)"
)


def _dated(line: str, zone: str = "+01:00") -> str:
    """Return a line with a stamp of RFC 3339."""
    return f"2026-03-01T{line[7:15]}{zone}{line[15:]}"


def _without_host(line: str) -> str:
    """Return a line as an image without a syslog writes it to its output."""
    headed = _HEADED.match(line)
    if headed is None:
        return line
    stamp, _, program, pid, message = headed.groups()
    severity = ("INFO    ", "WARNING ", "")[len(message) % 3]
    return f"{_dated(stamp)} {severity}{program}[{pid or 1}]: {message}"


def _without_stamp(line: str) -> str:
    headed = _HEADED.match(line)
    return f"{headed[3]}[{headed[4] or 1}]: {headed[5]}" if headed else line


def _of_docker(line: str) -> str:
    """Return a line as docker's driver json-file writes it, which escapes brackets."""
    entry = {"log": f"{line}\n", "stream": "stdout", "time": "2026-03-01T00:00:01.123456789Z"}
    written = json.dumps(entry, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e")


def _of_journald(line: str) -> str:
    """Return a line as journald has it: of such as have no header, the program is unknown."""
    headed = _HEADED.match(line)
    entry: dict[str, Any] = {"__REALTIME_TIMESTAMP": "1772323201123456", "_TRANSPORT": "syslog"}
    if headed is None:
        return json.dumps({**entry, "MESSAGE": line, "_HOSTNAME": "mx1"})
    _, host, program, pid, message = headed.groups()
    if len(message) % 5 == 0:  # as one that is not UTF-8
        return json.dumps({**entry, "MESSAGE": list(message.encode("utf-8", "surrogateescape"))})
    tag = {"SYSLOG_IDENTIFIER": program} | ({"_PID": pid} if pid else {})
    return json.dumps({**entry, **tag, "_HOSTNAME": host, "MESSAGE": message})


def _of_vector(line: str) -> str:
    return json.dumps({"host": "mx2", "message": line, "timestamp": "2026-03-01T00:00:01.123Z"})


def _of_filebeat(line: str) -> str:
    log = {"offset": len(line), "file": {"path": "/var/log/mail.log"}}
    entry = {"@timestamp": "2026-03-01T00:00:01.123Z", "log": log, "host": {"name": "mx2"}}
    return json.dumps(
        {"_source": {**entry, "message": line}}
        if len(line) % 7 == 0
        else {**entry, "message": line}
    )


def _put_before(text: str) -> Callable[[str], str]:
    return lambda line: text + line


WRAPPINGS: dict[str, Callable[[str], str]] = {
    before: _put_before(before)
    for before in (
        *("", "smtp-1  | ", "mail.log:", "mail.log.1:12:", "> ", "    ", "<22>"),
        *("2026-03-01T00:00:01.123456789Z ", "2026-03-01T00:00:01Z stdout F "),
        "smtp-1  | 2026-03-01T00:00:01+01:00 ",
    )
}
WRAPPINGS |= {
    "json-file": _of_docker,
    "journald": _of_journald,
    "Vector": _of_vector,
    "Filebeat": _of_filebeat,
    "Fluent Bit": lambda line: json.dumps({"date": 1772323201.123456, "log": line}),
    "a line alone": lambda line: json.dumps({"line": line}),
    "no host": _without_host,
    "no stamp": _without_stamp,
    "no host, CRI": lambda line: f"2026-03-01T00:00:01Z stderr F {_without_host(line)}",
    "no host, json-file": lambda line: _of_docker(_without_host(line)),
    "no host, Vector": lambda line: _of_vector(_without_host(line)),
    "no stamp, compose": lambda line: f"smtp-1  | {_without_stamp(line)}",
    "no stamp, json-file": lambda line: _of_docker(_without_stamp(line)),
}


def blocks_of_a_host() -> st.SearchStrategy[list[str]]:
    """Return blocks of lines of all programs of a host, as a rule each with a header."""
    usual = st.sampled_from(SAMPLES["postfix log"])
    of_others = st.sampled_from([line for line in chain(*SAMPLES.values()) if ": " in line])
    one = st.sampled_from(FOREIGN) | usual | usual.map(_dated) | of_others
    lines = st.lists(one, min_size=1, max_size=30)
    odd = st.lists(ODD, min_size=1, max_size=1)
    block = st.tuples(lines, st.just([]) | st.just([]) | odd, lines | st.just([]))
    return st.lists(block.map(lambda parts: "\n".join(chain(*parts))), min_size=2, max_size=4)


@settings(max_examples=300)
@given(blocks_of_a_host(), st.sampled_from(sorted(WRAPPINGS)), st.randoms(), OPTIONS)
def test_lines_of_other_programs_and_wrappings_are_taken_off(
    blocks: list[str], name: str, random: Random, options: Any
) -> None:
    """Wrappings of lines are taken off, and so are lines of programs known to have no mail."""
    wrap = WRAPPINGS[name]
    blocks = [
        "\n".join(line if random.random() < 0.05 else wrap(line) for line in block.split("\n"))
        for block in blocks
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smtpreply.logs.toolkit.other_programs._LEAST_LINES", 1)
        patch.setattr("smtpreply.logs.toolkit.other_programs._ENOUGH", 1 << 20)
        run, exact = scan(blocks, **options), read(blocks, patch, **options)
        deliveries = list(exact)
        assert_equal(Summary.of(run.bundled()), Summary.of(deliveries))
        assert run.coverage == exact.coverage
        run = scan(blocks, **options)
        assert list(run) == deliveries
        assert run.coverage == exact.coverage


@settings(max_examples=150)
@given(logs(), OPTIONS)
def test_columns_give_what_lines_give(path: Path, lines: list[str], options: Any) -> None:
    """Whatever a log holds, its columns are the deliveries of reading line by line."""
    log = written(path, lines)
    deliveries, _ = exactly(log, **options)
    frame = scan_mail_log(log, **options).with_columns(pl.col("time").cast(pl.Int64)).collect()
    assert frame.to_dicts() == list(rows(deliveries))
