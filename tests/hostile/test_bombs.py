"""A scan's memory has a bound, whatever the log holds, and what was cut is reported."""

from __future__ import annotations

import os
from pathlib import Path

import bombs
import pytest

from smtpreply.logs import Coverage, scan
from smtpreply.logs.coverage import MOST_PROBLEMS
from smtpreply.logs.input.decode import LONGEST_LINE
from smtpreply.logs.toolkit.recent import Memory, Pending

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads the peak from /proc"
)

QUICK = ["deferrals of 100 kB, all different", "lines with a NUL", "an xz dictionary of 512 MiB"]
"""What is measured without ``SMTPREPLY_BOMBS=1``: all of them take minutes."""


@pytest.fixture(
    scope="module",
    params=[*bombs.LINES, *bombs.PACKED] if os.environ.get("SMTPREPLY_BOMBS") else QUICK,
)
def bomb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bombs.write(request.param, tmp_path_factory.mktemp("bomb") / "mail.log")


@pytest.mark.parametrize("how", ["each", "summary"])
def test_memory_is_bounded(bomb: Path, how: str) -> None:
    peak, _ = bombs.peak_of(bomb, how)
    assert peak < bombs.MOST


def test_a_dictionary_that_is_too_large_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mail.log.xz"
    path.write_bytes(b"".join(bombs.xz_with(512 << 20, 8 << 20)))
    run = scan(path)
    assert list(run) == []
    [problem] = run.coverage.problems
    assert "broken off after line 0" in problem
    assert "emory" in problem


def test_a_line_that_is_cut_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_bytes(b"x" * (LONGEST_LINE + (2 << 20)) + b"\ny\n")
    run = scan(path)
    assert list(run) == []
    assert run.coverage.lines == 2
    assert run.coverage.problems == [f"{path}: a line is longer than {LONGEST_LINE:,} octets"]


def test_problems_are_bounded_and_that_there_are_more_is_reported() -> None:
    run = scan(["a\0b"] * 1000)
    assert list(run) == []
    assert len(run.coverage.problems) == MOST_PROBLEMS + 1
    assert "more problems" in run.coverage.problems[-1]
    both = run.coverage + run.coverage
    assert len(both.problems) == MOST_PROBLEMS + 1
    many = Coverage()
    many.report("x" * 10_000)
    assert len(many.problems[0]) < 1000


def test_a_memory_is_full_when_its_texts_are_long() -> None:
    memory: Memory[str] = Memory(capacity=1000, room=10_000)
    for number in range(20):
        memory[str(number)] = "x" * 5_000
    assert len(memory.values()) <= 4
    assert memory.get("19") is not None
    for _ in range(100):
        memory["same"] = "y"
    assert memory.get("19") is not None


def test_the_oldest_of_what_is_pending_is_overdue() -> None:
    pending: Pending[str] = Pending(capacity=10, room=10_000)
    for key in "abc":
        pending[key] = key
        pending.grows(key, "x" * 4_000)
    assert list(pending.overdue()) == ["a"]
    assert pending.end("b") == "b"
    assert pending.end("b") is None
    assert list(pending.overdue()) == []
