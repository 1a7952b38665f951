"""`parse` and `parse_all` over the corpus: ``python -m pytest benchmarks``."""

from collections.abc import Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import workloads
from benchmarks.corpus import corpus


@pytest.fixture(scope="module")
def replies() -> list[bytes]:
    return corpus()


@pytest.mark.parametrize(
    "prepare",
    [
        workloads.parse_code_and_class,
        workloads.parse_every_field,
        workloads.parse_all_code_and_class,
    ],
)
def test_parsing_the_corpus_ends_with_its_last_reply(
    benchmark: BenchmarkFixture, replies: Sequence[bytes], prepare: workloads.Prepare
) -> None:
    benchmark.extra_info["replies"] = len(replies)
    last = benchmark(prepare(replies))
    assert bytes(last) == replies[-1]
