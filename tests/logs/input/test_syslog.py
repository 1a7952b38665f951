"""Prefixes: whatever stands before a line, the line is read as it is without it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from smtpreply.logs import Delivery, known_formats, scan
from smtpreply.logs.format_table import PREFIXES
from smtpreply.logs.input.clock import Clock
from smtpreply.logs.input.months import month_number
from smtpreply.logs.input.syslog import Line, read_prefix, records_in
from smtpreply.summary.summary import Summary

DATA = Path(__file__).parents[2] / "data" / "logs"
SENT = (
    "4E74613FE7: to=<bob@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1.9, "
    "delays=0.1/0/1.1/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
)
STAMP = "Nov 24 11:43:32"
ISO = "2026-11-24T11:43:32Z"
TAG = "postfix/smtp[42]: "
WHOLE = f"{STAMP} mx1 {TAG}{SENT}"
TIME = datetime(2026, 11, 24, 11, 43, 32, tzinfo=UTC)


def prefix_of(text: str) -> Line:
    return read_prefix(text, 1, Clock(year=2026, zone=UTC))


def read(line: Line) -> tuple[datetime | None, str | None, str | None, str]:
    time = line.time and line.time.replace(microsecond=0)
    return time, line.host, line.program, line.message


HEADERS = {
    "container image with the severity": f"2026-11-24T11:43:32.064246+00:00 INFO    {TAG}",
    "severity in brackets": f"{ISO} [info] {TAG}",
    "severity and host": f"{ISO} mx1 INFO {TAG}",
    "busybox": f"{STAMP} mx1 mail.info {TAG}",
    "busybox without a host": f"{STAMP} mail.info {TAG}",
    "journalctl, German": f"Nov. 24 11:43:32 mx1 {TAG}",
    "journalctl, Russian": f"ноя 24 11:43:32 mx1 {TAG}",
    "journalctl, Japanese": f"11月 24 11:43:32 mx1 {TAG}",
    "journalctl, Korean": f"11월 24 11:43:32 mx1 {TAG}",
    "journalctl -o short-full": f"Tue 2026-11-24 11:43:32 UTC mx1 {TAG}",
    "journalctl -o short-unix": f"1795520612.123456 mx1 {TAG}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_is_read_with_what_programs_add_to_it(header: str) -> None:
    host = "mx1" if "mx1" in header else None
    assert read(prefix_of(header + SENT)) == (TIME, host, "postfix/smtp", SENT)


@pytest.mark.parametrize(
    ("header", "host"),
    [("INFO    postfix/smtp[42] ", None), (f"postfix-0 {TAG}", "postfix-0"), (TAG, None)],
)
def test_a_header_may_lack_its_stamp(header: str, host: str | None) -> None:
    assert read(prefix_of(header + SENT)) == (None, host, "postfix/smtp", SENT)


@pytest.mark.parametrize("before", ["", "mail.log:12:", "2026-11-24T11:43:33Z ", "    "])
@pytest.mark.parametrize("severity", ["", "INFO    ", "[warning] "])
def test_a_stamp_without_a_host_counts_whatever_is_before_it(before: str, severity: str) -> None:
    line = prefix_of(f"{before}2026-11-24T11:43:32Z {severity}{TAG}{SENT}")
    assert read(line) == (TIME, None, "postfix/smtp", SENT)


def test_what_follows_a_header_without_a_host_is_the_programs_own() -> None:
    line = prefix_of(f"{STAMP} app[42]: {TAG}{SENT}")
    assert (line.program, line.message) == ("app", f"{TAG}{SENT}")


def test_a_month_of_two_names_is_no_time_but_a_header() -> None:
    assert read(prefix_of(f"lip 24 11:43:32 mx1 {TAG}{SENT}")) == (
        None,
        "mx1",
        "postfix/smtp",
        SENT,
    )
    assert prefix_of(f"foo 24 11:43:32 mx1 {TAG}{SENT}").host is None


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *[("Jan", 1), ("janv.", 1), ("Feb", 2), ("févr.", 2), ("MÄR", 3), ("Mai", 5), ("mei", 5)],
        *[("août", 8), ("Okt", 10), ("okt.", 10), ("дек", 12), ("déc.", 12), ("12月", 12)],
        *[("lis", 0), ("mx", None), ("", None)],
    ],
)
def test_months_have_names_in_many_languages(name: str, number: int | None) -> None:
    assert month_number(name) == number


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "grep": "/var/log/mail.log:{}".format,
    "grep -n": "mail.log:12:{}".format,
    "grep -C": "mail.log-12-{}".format,
    "docker compose": "smtp_1  | {}".format,
    "docker compose in colour": "\x1b[36msmtp-1  |\x1b[0m {}".format,
    "pm2": "0|mta  | {}".format,
    "Kubernetes' CRI": "2026-11-24T11:43:32.1Z stdout F {}".format,
    "docker logs -t": "2026-11-24T11:43:32.123456789Z {}".format,
    "aws logs tail": "2026-11-24T11:43:32.123000+00:00 mail/mail/0a1b {}".format,
    "kubectl logs --prefix": "[pod/mail-0/postfix] {}".format,
    "stern": "mail-0 postfix {}".format,
    "a quotation": "> {}".format,
    "a quotation of a quotation": "> > {}".format,
    "indentation": "    {}".format,
    "a container's syslog": "Nov 24 11:43:33 host docker[32360]: {}".format,
    "Docker's syslog driver": "Nov 24 11:43:33 host 5de1a1801612[32360]: {}".format,
    "docker json-file": lambda line: json.dumps({"log": f"{line}\n", "stream": "o", "time": ISO}),
    "CloudWatch": lambda line: json.dumps({"timestamp": 1795520612000, "message": line}),
    "Loki": lambda line: json.dumps({"labels": {"job": "mail"}, "line": line, "timestamp": ISO}),
    "Fluent Bit": lambda line: json.dumps({"date": 1795520612.1, "log": line}),
    "Vector": lambda line: json.dumps({"message": line, "timestamp": ISO, "source_type": "file"}),
    "Elastic": lambda line: json.dumps({"_source": {"@timestamp": ISO, "message": line}}),
    "Google Cloud": lambda line: json.dumps({"textPayload": line, "timestamp": ISO}),
    "journalctl -o json-sse": lambda line: f"data: {json.dumps({'MESSAGE': line})}",
    "journald of a container": lambda line: json.dumps(
        {"MESSAGE": line, "CONTAINER_NAME": "mail", "SYSLOG_IDENTIFIER": "5de1a1801612"}
    ),
}
BY_NAME = pytest.mark.parametrize("wrap", WRAPPINGS.values(), ids=WRAPPINGS)


@BY_NAME
def test_a_wrapping_is_taken_off(wrap: Callable[[str], str]) -> None:
    assert read(prefix_of(wrap(WHOLE))) == (TIME, "mx1", "postfix/smtp", SENT)


@BY_NAME
def test_wrappings_are_taken_off_one_after_the_other(wrap: Callable[[str], str]) -> None:
    assert prefix_of(wrap(f"smtp_1  | {WHOLE}")).message == SENT


def test_no_more_wrappings_are_taken_off_than_anybody_has() -> None:
    assert prefix_of("> " * 5 + WHOLE).message == SENT
    assert prefix_of("a-1  | " * 100 + WHOLE).message.endswith(WHOLE)


PARSED = {
    "syslog-ng": {"PROGRAM": "postfix/smtp", "PID": "42", "MESSAGE": SENT, "HOST": "mx1"},
    "rsyslog": {"msg": f" {SENT}", "syslogtag": "postfix/smtp[42]:", "hostname": "mx1"},
    "rsyslog's program": {
        "@timestamp": ISO,
        "message": f" {SENT}",
        "sysloghost": "mx1",
        "programname": "postfix/smtp",
        "procid": "42",
    },
    "Fluent Bit": {"ident": "postfix/smtp", "pid": "42", "message": SENT, "host": "mx1"},
    "Vector": {"appname": "postfix/smtp", "procid": 42, "message": SENT, "hostname": "mx1"},
    "Logstash": {"program": "postfix/smtp", "pid": "42", "message": SENT, "logsource": "mx1"},
    "Filebeat": {
        "@timestamp": ISO,
        "host": {"name": "mx1"},
        "process": {"name": "postfix/smtp", "pid": 42},
        "message": SENT,
    },
}


@pytest.mark.parametrize("fields", PARSED.values(), ids=PARSED)
def test_a_line_that_a_shipper_has_parsed(fields: dict[str, object]) -> None:
    line = prefix_of(json.dumps(fields))
    assert (line.host, line.program, line.pid) == ("mx1", "postfix/smtp", 42)
    assert line.message == SENT


@pytest.mark.parametrize(
    "stamp", ["24.11.2026, 11:43:32", "11/24/2026, 11:43:32 AM", "24/11/2026 11:43:32"]
)
@pytest.mark.parametrize("cells", [" | info | ", "\tinfo\t", " | postfix/smtp | info | "])
def test_a_row_of_a_page_of_logs(stamp: str, cells: str) -> None:
    line = prefix_of(f"{stamp}{cells}{SENT}")
    assert (line.time, line.message) == (TIME, SENT)
    assert line.program == ("postfix/smtp" if "smtp |" in cells else None)


def test_the_afternoon_on_a_page() -> None:
    assert prefix_of(f"11/24/2026, 1:43:32 PM | info | {SENT}").time == TIME.replace(hour=13)
    assert prefix_of(f"11/24/2026, 12:43:32 AM | info | {SENT}").time == TIME.replace(hour=0)


def test_what_another_program_writes_is_its_own_though_it_begins_as_a_line() -> None:
    for program in ("sshd", "nginx", "app"):
        assert list(scan([f"{STAMP} mx1 {program}[1]: {WHOLE}"])) == []
        record = {"MESSAGE": WHOLE, "SYSLOG_IDENTIFIER": program, "_PID": "1"}
        assert list(scan([json.dumps(record)])) == []


@pytest.mark.parametrize(
    ("outer", "inner", "year"),
    [
        (STAMP, "2024-02-29 10:00:00", 2024),  # the program's own, with its year
        ("2025-11-24T11:43:32Z", "Nov 24 11:43:30", 2025),  # the year is known outside only
        ("2025-11-24T11:43:32Z", "2024-11-24T11:43:30Z", 2024),
    ],
)
def test_the_innermost_stamp_with_a_year_counts(outer: str, inner: str, year: int) -> None:
    line = prefix_of(f"{outer} host docker[1]: {inner} mx1 {TAG}{SENT}")
    assert line.time is not None
    assert line.time.year == year


def test_the_stamp_of_exim_itself_counts_where_syslog_names_no_year() -> None:
    line = (
        "Nov 24 11:43:32 mx1 exim[42]: 2021-03-04 05:06:07 1sQpLm-0000Ab-Cd => bob@example.org "
        'R=out T=smtp H=mx.example.org [192.0.2.1] C="250 Ok"'
    )
    [found] = scan([line], tz="UTC")
    assert found.time == datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)


# --- a line of every format behind every prefix -----------------------------------------------

# Formats whose samples have no line that gives a delivery on its own: a row needs its table's head,
# and a session's replies their commands.
LONE = {
    "exim": "2026-11-24 11:43:32 1abcde-123456-00 => bob@example.org R=out T=smtp "
    'H=mx.example.org [192.0.2.1] C="250 Ok"',
    "sendmail": "Nov 24 11:43:32 mx1 sendmail[42]: 5AOBhVcd012345: to=<bob@example.org>, "
    "delay=00:00:02, mailer=esmtp, relay=mx.example.org. [192.0.2.1], dsn=5.1.1, "
    "stat=User unknown",
    "opensmtpd": "Nov 24 11:43:32 mx1 smtpd[42]: ba6a2a2629b48883 mta delivery "
    "evpid=8f26ea98359eccea from=<al@example.com> to=<bob@example.org> rcpt=<-> "
    'source="203.0.113.1" relay="192.0.2.1 (mx.example.org)" delay=1s result="Ok" stat="250 Ok"',
    "transcript": "<** 550 5.1.1 No such user",
    "ssmtp": "Nov 24 11:43:32 mx1 sSMTP[42]: RCPT TO:<bob@example.org> (550 5.1.1 No such user)",
}
OF_TABLES = {"exchange-online", "google-workspace", "zeek"}
SAMPLES = {
    path.name: path.read_text("utf-8", "surrogateescape").splitlines()
    for path in sorted([*DATA.iterdir(), DATA.parent / "sample.log"])
} | {name: [line] for name, line in LONE.items()}
# A stamp before "Last Error: ..." makes a host and a program of its first words.
NOT_TO_TELL = {("exchange_status.txt", "docker logs -t")}


def read_from(line: str) -> list[Delivery]:
    """Return a line's deliveries, without what a prefix says."""
    found = scan([line], year=2026)
    return [attrs.evolve(each, time=None, host=None, program=None) for each in found]


ALONE = {
    name: {line: found for line in dict.fromkeys(lines[:100]) if (found := read_from(line))}
    for name, lines in SAMPLES.items()
}


def test_every_format_of_lines_is_tried() -> None:
    tried = {each.mta for lines in ALONE.values() for found in lines.values() for each in found}
    assert tried == known_formats().keys() - OF_TABLES


@pytest.mark.parametrize("name", WRAPPINGS)
@pytest.mark.parametrize("sample", [name for name, lines in ALONE.items() if lines])
def test_every_line_behind_every_prefix(sample: str, name: str) -> None:
    """A line gives the same deliveries behind each prefix."""
    wrap = WRAPPINGS[name]
    for line, found in ALONE[sample].items():
        is_lost = (sample, name) in NOT_TO_TELL and line.startswith("Last Error")
        assert read_from(wrap(line)) == ([] if is_lost else found)


@pytest.mark.parametrize("sample", [name for name in ALONE if name.endswith(".jsonl")])
def test_an_event_in_the_log_of_any_program(sample: str) -> None:
    for line, found in ALONE[sample].items():
        assert read_from(f"Nov 24 11:43:33 host app[1]: {line}") == found


def test_what_no_format_knows_is_shown_as_it_stands() -> None:
    shown: list[str] = []
    run = scan(
        ["> mail-0 postfix words of nobody"], on_unreadable=lambda line: shown.append(line.text)
    )
    assert list(run) == []
    assert shown == ["> mail-0 postfix words of nobody"]


def test_a_header_that_was_seen_before_is_read_as_at_first() -> None:
    rests = [
        " mx postfix/smtp[42]: x: y", " mx cron: x", " mx docker[7]: Nov 24 11:43:32 a b: c",
        " mx: x: y", " mx a b: c", " mx postfix/smtp[42]:", " [mail] cron: x", " INFO cron: x",
        " <mail.info> mx cron: x", ' mx a: {"b": 1}', " mx a[12345678901]: x", "", " ", ": x",
        " mx " + "a" * 120 + ": x",
    ]  # fmt: skip
    stamps = ["Nov 24 11:43:32", "Nov 24 11:43:60", "Nov 24 11:43:75", "Nov 24 11:44:00"]
    stamps += ["Dez 24 11:43:01", "Nov  1 11:43:01", "Nov 24 11:43:3", "Nov 31 11:43:01"]
    assert not any(re.match(own, "Nov 24 11:43:32 mx") for own in PREFIXES)
    clock = Clock(latest=datetime(2026, 12, 31, tzinfo=UTC))
    for stamp, rest in [(stamp, rest) for stamp in stamps for rest in rests] * 2:
        text = stamp + rest
        alone = Clock(latest=datetime(2026, 12, 31, tzinfo=UTC))
        assert read_prefix(text, 1, clock) == read_prefix(text, 1, alone), text


STREAMS = [
    {"stream": {"job": "mail", "host": "mx1"}, "values": [["1795520612000000000", WHOLE]] * 2},
    {
        "stream": {"appname": "postfix/smtp"},
        "values": [["1795520612000000000", SENT, {"trace": "7"}]],
    },
]
BODIES = {
    "Loki, pushed": {"streams": STREAMS},
    "Loki, queried": {"status": "success", "data": {"resultType": "streams", "result": STREAMS}},
    "CloudWatch": {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"id": "7", "timestamp": 1795520612000, "message": WHOLE}] * 3,
    },
    "CloudWatch, queried": {
        "events": [{"timestamp": 1795520612000, "message": WHOLE, "ingestionTime": 7}] * 3,
        "nextForwardToken": "f/[{",
    },
    "Elasticsearch": {"hits": {"hits": [{"_source": {"@timestamp": ISO, "message": WHOLE}}] * 3}},
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_holds_several_lines(body: dict[str, object]) -> None:
    run = scan([json.dumps(body)])
    assert [delivery.recipient for delivery in run] == ["bob@example.org"] * 3
    assert (run.coverage.lines, run.coverage.understood) == (3, 3)


QUOTED = (
    '2026-11-24 08:46:56 1vNSM6-00000002tCu-ai0h => "bob\\\\ b"@example.org R=dnslookup '
    'T=remote_smtp H=mx.example.org [192.0.2.1] C="250 2.0.0 Ok"'
)


def _with_quotes(body: object) -> object:
    return json.loads(json.dumps(body).replace(json.dumps(WHOLE), json.dumps(QUOTED)))


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_is_read_the_same_however_it_is_printed(body: object, indent: int | str) -> None:
    text = json.dumps(_with_quotes(body), indent=indent)
    for source in (text.split("\n"), io.BytesIO(text.encode()), [*text.split("\n")] * 2):
        run = scan(source)
        found = {one.recipient: one.reply for one in run}
        assert str(found['"bob\\\\ b"@example.org']) == "250 2.0.0 Ok"
        assert run.coverage.lines == run.coverage.understood == run.coverage.deliveries
        assert run.coverage.problems == []


def test_a_string_of_a_document_is_unescaped() -> None:
    [found] = scan([f"        {json.dumps(QUOTED)},"])
    assert (found.recipient, str(found.reply)) == ('"bob\\\\ b"@example.org', "250 2.0.0 Ok")


def test_a_document_that_is_cut_off_is_a_problem_and_hides_no_line_after_it() -> None:
    text = json.dumps(_with_quotes(BODIES["Loki, pushed"]), indent=2).split("\n")
    for end in range(1, len(text)):
        run = scan([*text[:end], WHOLE, WHOLE])
        assert [one.line for one in run] == [end + 1, end + 2]
        assert run.coverage.problems == ["line:1: an object that is never closed"]
    assert list(cut := scan(text[:-1])) == []
    assert cut.coverage.problems == ["line:1: an object that is never closed"]


@pytest.mark.parametrize("document", [[QUOTED] * 2, {"lines": [QUOTED] * 2}, [{"a": [QUOTED] * 2}]])
def test_the_strings_of_a_list_are_lines(document: object) -> None:
    run = scan(json.dumps(document, indent=2).split("\n"))
    assert [str(one.reply) for one in run] == ["250 2.0.0 Ok"] * 2
    assert run.coverage.problems == []


RECORD = {"timestamp": 1795520612000, "message": QUOTED, "ingestionTime": 7}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([RECORD] * 3),
        json.dumps([RECORD] * 3, separators=(",", ":")),
        json.dumps(RECORD) * 3,
        json.dumps([QUOTED] * 3),
        json.dumps([{"logEvents": [RECORD] * 3}]),
        json.dumps({"logEvents": [RECORD]}) * 3,
    ],
)
def test_records_on_one_line_are_lines(text: str) -> None:
    """A list is read as the indented one is, and so are objects one after the other."""
    for source in ([text], [WHOLE, text], io.BytesIO(text.encode())):
        run = scan(source)
        found = [str(one.recipient) for one in run]
        assert found.count('"bob\\\\ b"@example.org') == 3
        assert run.coverage.lines == run.coverage.understood == len(found)
        assert Summary.of(scan([text])).deliveries == 3


@pytest.mark.parametrize(
    "text", ["[NOTICE] a", "[1, 2]", "[]", "[[[[", '["', '[{"a": 1}', "[" * 5000 + "]" * 5000]
)
def test_what_is_no_list_of_records_is_one_line(text: str) -> None:
    run = scan([WHOLE, text])
    assert len(list(run)) == 1
    assert (run.coverage.lines, run.coverage.known) == (2, 1)


def test_a_list_in_the_log_of_another_program_is_its_own() -> None:
    assert list(scan([f"Nov 24 11:43:32 web proxy[7]: {json.dumps([RECORD])}"])) == []


def test_objects_over_lines_keep_their_numbers() -> None:
    record = {"timestamp": 1795520612000, "message": WHOLE}
    text = json.dumps([record] * 2, indent=1).split("\n")
    assert [one.line for one in scan([*text, WHOLE])] == [2, 6, len(text) + 1]


def test_the_labels_of_a_body_do_not_multiply() -> None:
    """Each line gets those that say who wrote it, and no long ones."""
    labels = {"host": "x" * 1000, "appname": "postfix/smtp", "other": "y" * 1000}
    body = {"streams": [{"stream": labels, "values": [["1795520612", SENT]] * 3}]}
    line = prefix_of(json.dumps(body))
    assert {len(record) for record in records_in(line)} < {*range(len(SENT) + 200)}
    assert [found.program for found in scan([json.dumps(body)])] == ["postfix/smtp"] * 3


def test_a_body_in_the_log_of_another_program_is_its_own() -> None:
    run = scan([f"Nov 24 11:43:32 web proxy[7]: {json.dumps(BODIES['Loki, pushed'])}"])
    assert list(run) == []
    assert (run.coverage.lines, run.coverage.known) == (1, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"streams": 7},
        {"streams": [7, {"values": 7}, {"values": [7, [], ["1"], [1, 2]], "stream": 7}]},
        {"data": {"result": {"a": 1}}, "hits": {"hits": "x"}, "logEvents": {}},
        {"hits": [], "data": []},
    ],
)
def test_a_body_that_is_none_is_one_line(body: dict[str, object]) -> None:
    run = scan([json.dumps(body)])
    assert list(run) == []
    assert (run.coverage.lines, run.coverage.known) == (1, 0)
