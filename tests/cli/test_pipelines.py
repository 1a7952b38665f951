"""Deliveries to other programs: one schema in every output, as lines that can be read at once."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from click.testing import CliRunner, Result

from smtpreply.cli.group import group
from smtpreply.logs import scan
from smtpreply.logs.record import SCHEMA, VERDICT_COLUMNS, record_of

SAMPLE = Path(__file__).parents[1] / "data" / "sample.log"
COMMAND = (sys.executable, "-m", "smtpreply", "scan")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
LINE = (
    "2026-11-24T12:00:00Z mx postfix/smtp[7]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced "
    "(host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))\n"
)
QUERY = (
    "SELECT reason, count(*) FROM read_json('/dev/stdin', "
    "columns={reason: 'VARCHAR', suppress: 'BOOLEAN'}) WHERE suppress GROUP BY ALL"
)
# A query of two seconds has a progress bar on standard output.
COUNTED = (
    "import duckdb; duckdb.execute('SET enable_progress_bar = false'); "
    f"print(duckdb.sql({QUERY!r}).fetchall())"
)


def run(*args: object) -> Result:
    return CliRunner().invoke(group, ["scan", str(SAMPLE), *map(str, args)])


def test_standard_output_has_a_line_for_each_delivery_and_no_report() -> None:
    found = [json.loads(line) for line in run("--deliveries", "-").output.splitlines()]
    assert found == [record_of(delivery) for delivery in scan(SAMPLE)]
    assert {each["schema"] for each in found} == {SCHEMA}


def test_every_output_has_the_verdict(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    paths = {suffix: tmp_path / f"all{suffix}" for suffix in (".jsonl", ".csv", ".parquet")}
    for path in paths.values():
        assert run("--deliveries", path).exit_code == 0
    lines = paths[".jsonl"].read_text("utf-8").splitlines()
    objects = [json.loads(line) for line in lines]
    with paths[".csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(paths[".parquet"])
    assert table.schema.metadata[b"smtpreply.deliveries"] == str(SCHEMA).encode()
    for name in VERDICT_COLUMNS:
        values = [each[name] for each in objects]
        assert any(value is not None for value in values)
        assert [row[name] for row in rows] == ["" if one is None else str(one) for one in values]
        assert table.column(name).to_pylist() == values


@pytest.mark.parametrize(
    ("args", "count"),
    [
        (["--status", "bounced"], 21),
        (["--status", "bounced", "--status", "deferred"], 48),
        (["--status", "bounced,deferred"], 48),
        (["--status", " bounced , deferred,"], 48),
        (["--reason", "greylisted,unknown_recipient", "--status", "bounced"], 14),
        (["--domain", "example.net", "--domain", "SHOP.example"], 39),
        (["--direction", "outgoing,incoming,local"], 171),
    ],
)
def test_repeated_filters_add_up(args: list[str], count: int) -> None:
    assert len(run("--deliveries", "-", *args).output.splitlines()) == count
    assert json.loads(run("--json", *args).output)["deliveries"] == count


@pytest.mark.parametrize(
    "args",
    [
        ["--status", "bunced"],
        ["--reason", ","],
        ["--deliveries", "-", "--json"],
        ["--deliveries", "-", "--jobs", "2"],
        ["--deliveries", "-", "--unreadable", "-"],
        ["--deliveries", "all.jsonl", "--follow"],
    ],
)
def test_what_does_not_go_together_is_reported(args: list[str]) -> None:
    assert run(*args).exit_code == 2


def test_a_word_that_is_no_choice_is_answered_with_those_alike() -> None:
    assert "there are: bounced" in run("--status", "bunced").output


def test_a_log_that_is_followed_is_streamed(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE, encoding="utf-8")
    command = (*COMMAND, str(log), "--follow", "--deliveries", "-")
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["reason"] == "unknown_recipient"
            with log.open("a", encoding="utf-8") as file:
                file.write(LINE.replace("bob", "eve"))
            assert json.loads(process.stdout.readline())["recipient"] == "eve@example.org"
            process.send_signal(signal.SIGINT)
            assert process.stdout.read() == b""
            assert process.wait(60) == 0
        finally:
            process.kill()


@contextmanager
def followed_into(log: Path, *reader: str) -> Iterator[tuple[Any, Any]]:
    """Follow a log into a program; the log is streamed up to its end when the program starts."""
    written = log.with_name("new.prom")
    command = (*COMMAND, log, "--follow", "--deliveries", "-", "--metrics", written)
    with (
        subprocess.Popen([*command, "--every", "0.1"], env=ENVIRONMENT, stdout=PIPE) as writer,
        subprocess.Popen(reader, env=ENVIRONMENT, stdin=writer.stdout, stdout=PIPE) as program,
    ):
        assert writer.stdout is not None
        writer.stdout.close()  # the program alone reads it
        try:
            deadline = time.monotonic() + 60
            while not written.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            yield writer, program
        finally:
            writer.kill()
            program.kill()


def test_jq_reads_a_log_that_is_followed(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    log = tmp_path / "mail.log"
    log.write_text(LINE, encoding="utf-8")
    jq = ("jq", "--unbuffered", "-r", "select(.suppress) | [.recipient, .reason] | @tsv")
    with followed_into(log, *jq) as (writer, program):
        assert program.stdout.readline() == b"bob@example.org\tunknown_recipient\n"
        with log.open("a", encoding="utf-8") as file:
            file.write(LINE.replace("bob", "eve"))
        assert program.stdout.readline() == b"eve@example.org\tunknown_recipient\n"
        writer.send_signal(signal.SIGINT)
        assert (writer.wait(60), program.wait(60)) == (0, 0)


def test_duckdb_reads_a_log_that_was_followed(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    log = tmp_path / "mail.log"
    log.write_text(LINE * 3, encoding="utf-8")
    with followed_into(log, sys.executable, "-c", COUNTED) as (writer, program):
        writer.send_signal(signal.SIGINT)
        assert writer.wait(60) == 0
        assert program.communicate(timeout=60)[0] == b"[('unknown_recipient', 3)]\n"


def test_a_reader_that_has_seen_enough_ends_the_pipe_quietly(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(SAMPLE.read_text("utf-8") * 50, encoding="utf-8")
    command = (*COMMAND, log, "--deliveries", "-")
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (141, b"")


def piped(*reader: str) -> str:
    """Return what a program says that reads the deliveries from a pipe."""
    command = (*COMMAND, str(SAMPLE), "--deliveries", "-")
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE) as writer:
        run = subprocess.run(
            reader, stdin=writer.stdout, env=ENVIRONMENT, capture_output=True, text=True, check=True
        )
    assert writer.returncode == 0
    return run.stdout


def test_duckdb_reads_the_pipe() -> None:
    pytest.importorskip("duckdb")
    assert piped(sys.executable, "-c", COUNTED) == "[('unknown_recipient', 14)]\n"


def test_jq_reads_the_pipe() -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    assert len(piped("jq", "-r", "select(.suppress) | .recipient").splitlines()) == 14
