"""Time of a look-up: the first one reads a data file, later ones find the entry in a cache."""

from __future__ import annotations

import subprocess
import sys

from pytest_benchmark.fixture import BenchmarkFixture

from smtpreply.catalog import compare, lookup, search

FIRST = """
import time
from smtpreply import catalog
start = time.perf_counter()
catalog.lookup(550)
print(1000 * (time.perf_counter() - start))
"""


def test_first_lookup(benchmark: BenchmarkFixture) -> None:
    """In a fresh process, without the import: milliseconds are in the extra info."""

    def first() -> float:
        command = [sys.executable, "-c", FIRST]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    benchmark.extra_info["milliseconds"] = benchmark.pedantic(  # type: ignore[no-untyped-call]
        first, rounds=3
    )


def test_later_lookup(benchmark: BenchmarkFixture) -> None:
    lookup(550)
    assert benchmark(lookup, 550).key == "550"


def test_compare(benchmark: BenchmarkFixture) -> None:
    assert benchmark(compare, 214, 235).differences


def test_search(benchmark: BenchmarkFixture) -> None:
    assert benchmark(search, "mailbox full")
