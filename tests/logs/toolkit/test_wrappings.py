"""Wrappings taken off a whole block, and lines made of JSON objects, read as each alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply.logs.input.clock import Clock
from smtpreply.logs.input.syslog import MEMBERS, read_prefix
from smtpreply.logs.toolkit import wrappings
from smtpreply.logs.toolkit.json_records import JsonRecords
from smtpreply.logs.toolkit.shapes import sample_of
from smtpreply.logs.toolkit.wrappings import Wrappings

MESSAGES = [
    "4E0000001: to=<bob@example.org>, relay=none, delay=1, status=bounced (Host not found)",
    "connect from unknown[192.0.2.1]",
    *("", " indented", "\tindented", "ends\n", "two\nlines", "ends\r\n", "\x1c", "é", "\udcff"),
    *('{"event": "bounce"}', "[INFO] listening", "docker[7]: x", "Mar  1 00:00:02 mx2 sshd[9]: x"),
    *("2026-03-01T00:00:02Z mx2 sshd[9]: x", "postfix/smtp[9]: x", "INFO     postfix/smtp[9]: x"),
    *("message repeated 2 times: [ connect]", "last message repeated 2 times", "NaN", "x | y"),
]
STAMPS = [
    *("2026-03-01T00:00:00Z", "2026-03-01T00:00:00+01:00", "2026-03-01T00:00:00.123456789Z"),
    *("2026-03-01T00:00:00,1 +0100", "2026-02-30T00:00:00Z", "2026-03-01T00:00:60Z"),
    *("Mar  1 00:00:00", "Feb 31 00:00:00", "Mar 1 00:00:00", "2026-03-01 00:00:00"),
    *("2026-03-01T24:00:00Z", "2024-02-29T00:00:00Z", "0000-01-01T00:00:00Z"),
]
PROGRAMS = [
    *("postfix/smtp", "postfix/qmgr", "sshd", "CRON", "docker", "0123456789ab", "a" * 256, "a b"),
    *("", "postfix/smtp:", "postfix/smtp[43]:", "[", "é"),
]
HOSTS = [
    "mx1",
    "mx.example.org",
    "INFO",
    "info",
    "10.0.0.1/24",
    "2026-03-01Tx",
    "::1",
    "a b",
    "",
    "é",
]
SEVERITIES = ["", "", "INFO    ", "WARNING ", "ERR ", "[info] ", "info ", "NOTICE\t", "mail.info "]
BEFORE = [
    *("", "", "", "smtp-1  | ", "mail.log:12:", "> ", "    ", "<22>", "[pod/mail-0/postfix] "),
    *("2026-03-01T00:00:01.123456789Z ", "2026-03-01T00:00:01Z stdout F ", "words of nobody: "),
    *(
        "2026-03-01T00:00:01Z stderr P ",
        "smtp-1  | 2026-02-30T00:00:01Z ",
        "\x1b[36mmail-1 |\x1b[0m ",
    ),
]


FORMS = [
    "{stamp} {host} {program}{pid}: ",
    "{stamp} {severity}{program}{pid}: ",
    "{program}{pid}: ",
    "",
]


@st.composite
def written(draw: st.DrawFn, form: str, *, usual: bool = False) -> str:
    """Return a line with a header of a form, whose parts may be odd."""

    def one_of(values: list[str], count: int) -> str:
        return draw(st.sampled_from(values[:count] if usual else values))

    header = form.format(
        stamp=one_of(STAMPS, 3),
        host=one_of(HOSTS, 2),
        program=one_of(PROGRAMS, 3),
        pid=one_of(["[42]", "[1]", "[0]", "", "[12345678901]"], 2),
        severity=one_of(SEVERITIES, 5),
    )
    return header + one_of(MESSAGES, 2).replace("\n", " ")


@st.composite
def wrapped_blocks(draw: st.DrawFn) -> list[str]:
    """Return lines most of which have the same form and the same before them."""
    before, form = draw(st.sampled_from(BEFORE)), draw(st.sampled_from(FORMS))
    usual = written(form, usual=True).map(before.__add__)
    odd = st.tuples(
        st.sampled_from([before, *BEFORE]), st.sampled_from([form, *FORMS]).flatmap(written)
    ).map("".join)
    return draw(st.lists(usual | usual | odd, min_size=2, max_size=12))


TIMES = [
    *("1772323200000000", "1772323200123456", "3999999999999999", "4000000000000001"),
    *("1772323200", "1772323200123456789", "99", "１772323200000000", "9" * 20, "", "x\n2026"),
    *(1772323200, 1772323200123, 1772323200.123456, 0, -1, 1e300, True, None, [1], {"a": 1}),
    *STAMPS,
]
_VALUES: list[tuple[str, list[Any]]] = [
    ("__REALTIME_TIMESTAMP @timestamp timestamp time date", TIMES),
    ("_HOSTNAME host hostname", [*HOSTS, 7, None, {"name": "mx1"}, {"name": 7}, {}]),
    ("SYSLOG_IDENTIFIER program syslogtag", [*PROGRAMS, 7, None, {}]),
    ("process", [{"name": "postfix/smtp", "pid": 42}, {"name": None}, {"pid": "7"}, "sshd", 7]),
    ("_PID SYSLOG_PID pid", ["42", 42, "x", 4.0, True, None, "042", [], 10**30]),
    ("MESSAGE", [*MESSAGES, [99, 255], [], [1.5], ["a"], None, 7]),
    ("log line textPayload message msg", [*MESSAGES, None, 7, {}, []]),
    ("CONTAINER_NAME container_id", ["mail", "", None, 0, {}]),
    ("kubernetes", [{"pod": "mail-0"}, {}, None, "x"]),
    ("event email recipient", ["bounce", None, 7]),
    ("x", ["y", 1, None, {"MESSAGE": "no"}]),
]
VALUES = {name: values for names, values in _VALUES for name in names.split()}
assert VALUES.keys() - {"x"} <= MEMBERS


@st.composite
def objects(draw: st.DrawFn, names: list[str], *, usual: bool) -> dict[str, Any]:
    """Return an object with members of some names."""
    found = {}
    for name in names:
        values = VALUES[name]
        known = values[:2] if usual else values
        text = st.sampled_from(FORMS).flatmap(lambda form: written(form, usual=usual))
        is_line = name in {"log", "line", "message"} and draw(st.booleans())
        found[name] = draw(text if is_line else st.sampled_from(known))
    return found


@st.composite
def blocks_of_objects(draw: st.DrawFn) -> list[str]:
    """Return objects most of which have the same members, as lines, with others between."""
    some_names = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=8, unique=True)
    usual_names = st.sampled_from(
        [
            ["__REALTIME_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_PID", "MESSAGE"],
            ["__REALTIME_TIMESTAMP", "SYSLOG_IDENTIFIER", "_PID", "MESSAGE"],
            ["SYSLOG_IDENTIFIER", "_PID", "MESSAGE"],
            ["CONTAINER_NAME", "_HOSTNAME", "SYSLOG_IDENTIFIER", "MESSAGE", "timestamp"],
            ["log", "time"],
            ["line", "host"],
            ["@timestamp", "host", "process", "message"],
            ["date", "log", "kubernetes"],
            ["timestamp", "message", "hostname"],
            ["log"],
        ]
    )
    names = draw(usual_names | some_names)
    envelope = draw(st.sampled_from([None, None, None, "_source", "jsonPayload"]))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        is_usual = draw(st.integers(0, 3)) > 0
        of_line = names if is_usual else draw(some_names)
        found = draw(objects(of_line, usual=is_usual and draw(st.booleans())))
        line = json.dumps({envelope: found} if envelope else found, separators=separators)
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(0, len(line)))
            line = line[:at] + draw(st.sampled_from(["", "}", "{", " ", ",", '"', "NaN"]))
        lines.append(line)
    return lines


def read(text: str) -> tuple[object, ...]:
    line = read_prefix(text, 0, Clock(year=2026))
    is_indented = line.text[:1] in {" ", "\t"}
    parts = line.time, line.host, line.program, line.pid, line.message, line.fields, is_indented
    # Of a stamp that is no time, it makes no difference whether it says its year.
    return *parts, line.time is not None and line.is_dated


def assert_read_alike(lines: list[str]) -> None:
    """Check that each line of a block is read as it is alone, though only the first is tried."""
    block = "".join(f"{line}\n" for line in lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            wrappings, "sample_of", lambda of, *_, longest: sample_of(of, 1, longest=longest)
        )
        bare = Wrappings().taken_off(block)
    assert bare.endswith("\n")
    left = bare[:-1].split("\n")
    assert len(left) == len(lines)
    for line, made in zip(lines, left, strict=True):
        assert line == made or read(line) == read(made), made


@settings(max_examples=600)
@given(wrapped_blocks())
def test_each_line_of_a_wrapped_block_is_read_as_it_is_alone(lines: list[str]) -> None:
    """To take wrappings off a block changes nothing that a line's prefix says."""
    assert_read_alike(lines)


@settings(max_examples=600)
@given(blocks_of_objects())
def test_each_object_of_a_block_is_read_as_it_is_alone(lines: list[str]) -> None:
    """To take them off the lines that objects carry changes nothing that a line's prefix says."""
    assert_read_alike(lines)


@settings(max_examples=1000)
@given(blocks_of_objects())
def test_a_line_made_of_an_object_is_read_as_the_object(lines: list[str]) -> None:
    """A plain line says what `read_prefix` reads in the object of which it was made."""
    for line, made in zip(lines, JsonRecords().lines_in(lines), strict=True):
        if isinstance(made, str):
            assert made.endswith("\n")
            assert read(line) == read(made[:-1]), made


NAMED = "postfix/smtp[42]: connect"
DATED = "2026-03-01T00:00:00Z"
HOSTLESS = f"{DATED} {NAMED}"
TAG = {"program": "postfix/smtp", "pid": 42}
OBJECT = {"timestamp": DATED, "host": "mx1"}


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([f"smtp-1  | Mar  1 00:00:00 mx1 {NAMED}"], f"Mar  1 00:00:00 mx1 {NAMED}"),
        ([f"{DATED} Mar  1 00:00:00 mx1 {NAMED}"], f"{DATED} mx1 {NAMED}"),
        ([f"{DATED} INFO    {NAMED}", f"{DATED} [info] {NAMED}", HOSTLESS], HOSTLESS),
        ([f"2026-03-02T00:00:00Z stdout F {DATED} INFO    {NAMED}"], HOSTLESS),
        ([f"{DATED} stdout F {NAMED}", f"{DATED} stderr P {NAMED}"], HOSTLESS),
        ([f"smtp-1  | {NAMED}"], NAMED),
        ([json.dumps({"line": NAMED})], NAMED),
        ([json.dumps({**OBJECT, "message": NAMED})], f"{DATED} mx1 {NAMED}"),
        ([json.dumps({**OBJECT, "log": f"Mar  1 00:00:01 b {NAMED}\n"})], f"{DATED} b {NAMED}"),
        ([json.dumps({**OBJECT, **TAG, "msg": " connect"})], f"{DATED} mx1 {NAMED}"),
    ],
)
def test_blocks_of_such_lines_are_plain(lines: list[str], left: str) -> None:
    """A block that is read faster gives the same result."""
    assert Wrappings().taken_off("".join(f"{line}\n" for line in lines)) == f"{left}\n" * len(lines)


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        (f"smtp-1  | {DATED} mx1 {NAMED}", f"smtp-2  | mail {DATED} mx1 {NAMED}"),
        (f"{DATED} INFO    {NAMED}", f"{DATED} info {NAMED}"),  # which may be a host
        (f"{DATED} {DATED} mx1 {NAMED}", f"2026-02-30T00:00:00Z {DATED} mx1 {NAMED}"),
        (f"{DATED} {DATED} mx1 {NAMED}", f"{DATED} 2026-02-30T00:00:00Z mx1 {NAMED}"),
        (json.dumps({"line": NAMED}), json.dumps({"line": "postfix/smtp: connect"})),
        (json.dumps({**OBJECT, "line": NAMED}), json.dumps({"line": NAMED, "host": "mx1"})),
    ],
)
def test_a_line_of_another_form_is_left_as_it_is(usual: str, other: str) -> None:
    left = Wrappings().taken_off(f"{usual}\n{usual}\n{other}\n{usual}\n").split("\n")
    assert left[2] == other
    assert usual not in left
