"""Outputs are written as a whole, inputs that cannot be read are one line, and no worker stays."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smtpreply._support import files
from smtpreply._support.escape import safe_cell
from smtpreply.cli.group import group

BOUNCED = (
    "Nov 24 11:43:32 mx1 postfix/smtp[42]: 4E74613FE7: to=<{}>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 {} "
    "(in reply to RCPT TO command))\n"
)
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def run(*args: object) -> Result:
    return CliRunner().invoke(group, ["scan", *map(str, args)])


def command(*args: object, **options: object) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "smtpreply", "scan", *map(str, args)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(words, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text(BOUNCED.format("bob@example.org", "No such user"), encoding="utf-8")
    return path


# --- outputs -------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("option", ["--html", "--deliveries", "--unreadable"])
def test_what_cannot_be_written_to_the_end_leaves_the_old_file(
    option: str,
    error: BaseException,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    old = folder / "old.jsonl"
    old.write_text("old")

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    result = run(log, option, old)
    assert result.exit_code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert old.read_text() == "old"
    assert list(folder.iterdir()) == [old]
    assert "Traceback" not in result.output


def test_a_new_file_has_the_permissions_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    files.write_text(path, "new\r\nnew\n")
    assert path.read_bytes() == b"new\r\nnew\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_is_followed(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    files.write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("option", ["--html", "--deliveries", "--unreadable"])
def test_an_output_that_is_an_input_is_refused(option: str, log: Path, tmp_path: Path) -> None:
    same = tmp_path / "link.csv"
    same.symlink_to(log)
    before = log.read_bytes()
    result = run(log, option, same)
    assert (result.exit_code, log.read_bytes()) == (2, before)
    assert "is also an input" in result.output
    assert run(tmp_path, option, same).exit_code == 2


def test_two_outputs_in_one_file_are_refused(log: Path, tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "x.jsonl")
    result = run(log, "--deliveries", tmp_path / "x.jsonl", "--save", tmp_path / "link.jsonl")
    assert result.exit_code == 2
    assert "is also the file of --deliveries" in result.output
    assert not (tmp_path / "x.jsonl").exists()


def test_a_missing_folder_is_reported_before_the_log_is_read(log: Path, tmp_path: Path) -> None:
    result = run(log, "--html", tmp_path / "missing" / "a.html")
    assert (result.exit_code, "no such folder" in result.output) == (2, True)


def test_a_full_device_is_one_line(log: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        process = command(log, "--json", stdout=full)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.count(b"\n")) == (1, 1)
    assert b"No space left" in errors


# --- CSV and JSON --------------------------------------------------------------------------


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_carriage_return_breaks_no_row(tmp_path: Path) -> None:
    log, out = tmp_path / "x.jsonl", tmp_path / "o.csv"
    event = {
        "RecordType": "Bounce",
        "ID": 1,
        "Type": "HardBounce",
        "MessageID": "m",
        "Email": "bob@example.org",
        "Details": "smtp;550 a\rb,c\n=d",
        "BouncedAt": "2026-11-24T11:43:32Z",
    }
    log.write_text(json.dumps(event) + "\n", encoding="utf-8")
    assert run(log, "--deliveries", out).exit_code == 0
    [row] = cells(out)
    assert "a\rb,c" in row["text"]
    assert row["code"] == "550"


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1"]
)
def test_a_cell_is_no_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("mark", ["\x1b", "\x07", "\x00", "\x9b", "\u202e", "\x7f"])
def test_a_cell_has_no_control_characters(mark: str) -> None:
    assert mark not in safe_cell(f"550 {mark}[31m")
    assert safe_cell("550 línea\n二") == "550 línea\n二"


def test_formulas_are_defused_unless_raw_cells_are_wanted(tmp_path: Path) -> None:
    log, out = tmp_path / "mail.log", tmp_path / "o.csv"
    log.write_text(BOUNCED.format("=cmd@example.org", "\x1b[31mred"), encoding="utf-8")
    assert run(log, "--deliveries", out).exit_code == 0
    [row] = cells(out)
    assert row["recipient"] == "'=cmd@example.org"
    assert b"\x1b" not in out.read_bytes()
    assert run(log, "--deliveries", out, "--raw-cells").exit_code == 0
    [row] = cells(out)
    assert row["recipient"] == "=cmd@example.org"


def test_no_number_is_infinite(tmp_path: Path) -> None:
    log, out = tmp_path / "mail.log", tmp_path / "o.jsonl"
    line = BOUNCED.format("bob@example.org", "x").replace("delay=1.9", f"delay={'9' * 400}")
    log.write_text(line, encoding="utf-8")
    assert run(log, "--deliveries", out).exit_code == 0
    assert "Infinity" not in out.read_text()
    assert json.loads(out.read_text())["delay"] is None


# --- inputs --------------------------------------------------------------------------------


def test_a_link_that_leads_nowhere_is_no_input(tmp_path: Path) -> None:
    link = tmp_path / "mail.log"
    link.symlink_to(tmp_path / "gone")
    assert run(link).exit_code == 2
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    assert run(circle).exit_code == 2
    result = run(tmp_path, "--json")
    assert (result.exit_code, "No such file" in result.output) == (1, True)


@pytest.mark.parametrize("path", ["", "nothing-*.log", "x" * 5000])
def test_a_path_to_nothing_is_one_line(path: str) -> None:
    result = run(path)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_folder_that_may_not_be_entered_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(self: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", forbidden)
    result = run(tmp_path)
    assert (result.exit_code, "Permission denied" in result.output) == (2, True)


def test_a_name_may_hold_a_line_end(tmp_path: Path) -> None:
    for name in ("bad\nname.log", "bad\nname.log.1", "\x1b[31mred.log"):
        (tmp_path / name).write_text(BOUNCED.format("bob@example.org", "x"), encoding="utf-8")
    found = json.loads(run(tmp_path, "--json").output)
    assert found["deliveries"] == 3


def test_what_was_typed_is_shown_escaped() -> None:
    result = run("x", "--tz", "\x1b]0;x\x07")
    assert result.exit_code == 2
    assert "\x1b" not in result.output


@pytest.mark.parametrize("year", ["0", "-1", "10000", "1" + "0" * 20])
def test_there_are_no_such_years(year: str, log: Path) -> None:
    assert run(log, "--year", year).exit_code == 2


# --- processes -----------------------------------------------------------------------------


def test_a_closed_pipe_is_141(log: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = command(log, stdout=write)
    os.close(write)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (141, b"")


@pytest.mark.parametrize("closed", [">&-", "<&-"])
def test_a_closed_stream_is_one_line(closed: str, log: Path) -> None:
    source = "-" if closed == "<&-" else str(log)
    words = f'exec "{sys.executable}" -m smtpreply scan "{source}" {closed}'
    done = subprocess.run(["/bin/sh", "-c", words], capture_output=True, timeout=60, check=False)
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert b"closed" in done.stderr


def children_of(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid and words[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def alive(pids: set[int]) -> set[int]:
    left = set()
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if words[0] != "Z":
            left.add(pid)
    return left


def wait_for(condition: object, seconds: float = 30, pause: float = 0.05) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(pause)
    return False


@pytest.fixture(scope="module")
def large_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log of which each half takes seconds to read: every line is another."""
    path = tmp_path_factory.mktemp("large") / "mail.log"
    with path.open("w", encoding="utf-8") as file:
        for number in range(200_000):
            file.write(BOUNCED.format(f"u{number}@example.org", f"No user {'x' * (number % 97)}"))
    return path


@LINUX
def test_a_signal_at_any_time_ends_a_command_that_has_workers(large_log: Path) -> None:
    """While they are forked too: Python drops what is raised then, or the pool is half made."""
    for number in range(0, 12, 2):
        process = command(large_log, "--jobs", 2, "--json")
        assert wait_for(lambda: children_of(process.pid), pause=0)  # noqa: B023  (called at once)
        time.sleep(0.001 * number)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 143


@LINUX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(number: signal.Signals, large_log: Path) -> None:
    process = command(large_log, "--jobs", 2, "--json")
    try:
        assert wait_for(lambda: len(children_of(process.pid)) == 2)
        workers = children_of(process.pid)
        process.send_signal(number)
        process.communicate(timeout=30)
        assert wait_for(lambda: not alive(workers), 10)
    finally:
        process.kill()
    expected = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}[number]
    assert process.returncode == expected


@LINUX
def test_what_a_killed_worker_had_is_read_again(large_log: Path) -> None:
    process = command(large_log, "--jobs", 2, "--json")
    assert wait_for(lambda: len(children_of(process.pid)) == 2)
    os.kill(min(children_of(process.pid)), signal.SIGKILL)
    output, errors = process.communicate(timeout=120)
    found = json.loads(output)
    assert found["deliveries"] == 200_000
    assert any("killed" in problem for problem in found["coverage"]["problems"])
    assert (process.returncode, errors) == (1, b"")


@LINUX
def test_a_pipe_is_read_by_several_processes_as_by_one(log: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = command(pipe, "--jobs", 2, "--json")
    pipe.write_bytes(log.read_bytes())
    output, _ = process.communicate(timeout=60)
    assert json.loads(output)["deliveries"] == 1
