"""A log that grows on the command line: what is shown and written as it does, and how that ends."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest
from click.testing import CliRunner
from mail_server import free_port
from rich.console import Console

from smtpreply.cli.group import group
from smtpreply.cli.watch import is_closed
from smtpreply.logs import Coverage, Delivery, Direction, ReplyBy, Status, scan
from smtpreply.report.live import live_report
from smtpreply.summary.recent import Recent
from smtpreply.summary.summary import Summary

COMMAND = (sys.executable, "-m", "smtpreply", "scan")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
_PATIENCE = 20  # seconds; a shared machine may be very slow
LINE = (
    "2026-11-24T12:00:00Z mx postfix/smtp[7]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced "
    "(host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user (in reply to RCPT TO command))\n"
)
SHOWN = "2026-11-24 12:00:00+00:00  bounced  {}@example.org  at mx.example.org  unknown_recipient"


def add(path: Path, name: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(LINE.replace("bob", name))


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert what()


@contextmanager
def following(*args: object, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    command = (*COMMAND, *map(str, args), "--follow")
    options: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0} | streams
    with subprocess.Popen(command, env=ENVIRONMENT, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """End a process as Ctrl-C does, and return what was left of its output and errors."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0
    return out.decode(), err.decode()


def line_of(stream: IO[bytes] | None) -> str:
    assert stream is not None
    assert select.select([stream], [], [], _PATIENCE)[0]
    return stream.readline().decode()


def test_new_failures_are_shown_and_the_file_may_come_later(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mail.log"
    with following(path, "--json") as process:
        assert line_of(process.stderr) == f"smtpreply: waiting for {path}\n"
        path.parent.mkdir()
        add(path, "eve")
        assert line_of(process.stderr).startswith(SHOWN.format("eve"))
        path.rename(path.with_name("mail.log.1"))
        add(path, "kim")
        assert line_of(process.stderr).startswith(SHOWN.format("kim"))
        out, err = end(process)
    assert json.loads(out)["deliveries"] == 2
    assert err == ""


def test_what_was_there_is_counted_and_not_shown_as_new(tmp_path: Path) -> None:
    path, prom = tmp_path / "mail.log", tmp_path / "all.prom"
    add(path, "old")
    with following(path, "--anonymize", "--metrics", prom) as process:
        until(prom.exists)  # it is written once all is read that was there
        add(path, "new")
        assert "  bounced  user-" in line_of(process.stderr)
        out, err = end(process)
    assert "2 deliveries" in out
    assert "new@" not in out + err


def test_a_page_and_metrics_are_rewritten_as_the_log_grows(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    path, page, prom = tmp_path / "mail.log", tmp_path / "all.html", tmp_path / "all.prom"
    add(path, "bob")
    counted = 'smtpreply_failures_total{direction="outgoing",outcome="bounced",provider="other"'
    with following(
        path, "--html", page, "--metrics", prom, "--every", "0.1", "--deliveries", "-"
    ) as process:
        assert json.loads(line_of(process.stdout))["recipient"] == "bob@example.org"
        until(lambda: page.exists() and prom.exists())
        assert "1 delivery" in page.read_text("utf-8")
        assert counted not in prom.read_text("utf-8")  # it counts what is new
        add(path, "eve")
        until(lambda: counted in prom.read_text("utf-8"))
        until(lambda: "2 deliveries" in page.read_text("utf-8"))
        end(process)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.html", "all.prom", "mail.log"]


def test_metrics_are_served_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    address = f"127.0.0.1:{free_port()}"
    with following(path, "--metrics", address) as process:
        assert "waiting for" in line_of(process.stderr)
        assert line_of(process.stderr) == f"smtpreply: serving http://{address}/metrics\n"
        add(path, "eve")
        assert line_of(process.stderr).startswith(SHOWN.format("eve"))

        def is_counted() -> bool:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=_PATIENCE) as answer:
                return b'reason="unknown_recipient"} 1.0' in answer.read()

        until(is_counted)
        end(process)


def test_what_cannot_be_written_is_reported_and_the_log_read_on(tmp_path: Path) -> None:
    path, folder = tmp_path / "mail.log", tmp_path / "out"
    folder.mkdir()
    add(path, "bob")
    with following(path, "--metrics", folder / "x.prom", "--every", "0.1") as process:
        until((folder / "x.prom").exists)
        folder.rename(tmp_path / "elsewhere")  # at once: it is written to all the time
        assert "x.prom: No such file or directory" in line_of(process.stderr)
        folder.mkdir()
        until((folder / "x.prom").exists)
        end(process)


def test_a_pipe_that_is_closed_ends_it_though_the_log_is_quiet(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    add(path, "bob")
    with following(path, "--deliveries", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line_of(process.stdout)
        process.stdout.close()
        assert process.wait(_PATIENCE) == 141
        assert process.stderr.read() == b""


def test_a_terminal_shows_the_last_minutes_beside_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    add(path, "bob")
    add(path, "eve\x1b[31m")
    ours, theirs = pty.openpty()
    shown = b""
    with following(path, stderr=theirs) as process:
        os.close(theirs)
        deadline = time.monotonic() + _PATIENCE
        while b"eve" not in shown and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert b"2  deliveries found" in process.stdout.read()
        assert process.wait(_PATIENCE) == 0
    os.close(ours)
    for words in (b"last 15 minutes", b"whole", b"bounced", b"unknown_recipient"):
        assert words in shown
    assert b"eve\x1b[31m" not in shown


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["mail.log", "--metrics", "127.0.0.1:1"], "--metrics needs --follow"),
        (["mail.log", "--metrics", "nonsense", "--follow"], "must be HOST:PORT"),
        (["mail.log", "--metrics", "none/x.prom", "--follow"], "no such folder"),
        (["mail.log", "other.log", "--follow"], "one file can be followed"),
    ],
)
def test_what_does_not_go_together_is_reported(
    args: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    add(tmp_path / "mail.log", "bob")
    result = CliRunner().invoke(group, ["scan", *args])
    assert (result.exit_code, words in result.output) == (2, True)


def test_a_file_without_a_descriptor_is_not_closed() -> None:
    assert not is_closed(io.StringIO())


# --- the last minutes -----------------------------------------------------------------------


def at(minute: int, second: int = 0, **values: Any) -> Delivery:
    return Delivery(
        mta="postfix",
        time=datetime(2026, 11, 24, 12, minute, second, tzinfo=UTC),
        direction=Direction.OUTGOING,
        status=Status.BOUNCED,
        recipient="bob@example.org",
        text="550 5.1.1 No such user",
        reply_by=ReplyBy.REMOTE,
        **values,
    )


def test_the_last_minutes_go_by_the_logs_clock_which_goes_on() -> None:
    now = 0.0
    recent = Recent(15, clock=lambda: now)
    for minute in (0, 5, 16, 20):
        recent.add(at(minute))
    assert recent.summary().deliveries == 2
    now = 11 * 60
    assert recent.summary().deliveries == 1
    now = 3600
    assert recent.summary().deliveries == 0
    recent.add(Delivery(mta="postfix"))
    assert recent.summary().deliveries == 0


def test_a_stamp_from_the_future_does_not_stay_the_present() -> None:
    recent = Recent(15, clock=lambda: 0)
    recent.add(at(1).__class__(mta="x", time=datetime(2999, 1, 1, tzinfo=UTC)))
    recent.add(at(2))
    assert recent.summary().deliveries == 1


def test_the_minutes_that_are_kept_are_few() -> None:
    recent = Recent(1, clock=lambda: 0)
    for minute in range(60):
        recent.add(at(minute))
        assert len(recent._kept) <= 5
    with pytest.raises(ValueError, match="at least 1 minute"):
        Recent(0)


def test_the_view_has_counts_shares_reasons_and_escaped_failures() -> None:
    whole = Summary.of([at(1), at(2), at(3), Delivery(mta="x", status=Status.SENT)])
    failure = at(3, relay_host="mx\x1b[2J.example.org")
    view = live_report(
        whole,
        Summary.of([at(3)]),
        Coverage(lines=9, understood=8, problems=["gone"]),
        [failure],
        title="mail\x1b.log",
        minutes=15,
    )
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(view)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b" not in text
    rows = [line.split() for line in text.splitlines()]
    assert ["bounced", "1", "100.0%", "3", "100.0%"] in rows
    assert ["unknown_recipient", "1", "3"] in rows
    assert "9 lines, 8 understood, 1 problems" in text


def test_a_library_ends_following_by_its_own_function(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    add(path, "bob")
    assert len(list(scan(path, follow=lambda: False))) == 1
