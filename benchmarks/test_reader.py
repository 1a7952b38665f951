"""The reader over the corpus, however it is cut: ``python -m pytest benchmarks``."""

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
        workloads.reader_in_chunks,
        workloads.reader_reply_by_reply,
        workloads.reader_octet_by_octet,
    ],
)
def test_reading_the_corpus_ends_with_its_last_reply(
    benchmark: BenchmarkFixture, replies: Sequence[bytes], prepare: workloads.Prepare
) -> None:
    benchmark.extra_info["replies"] = len(replies)
    last = benchmark(prepare(replies))
    assert bytes(last) == replies[-1]
