"""Many programs in one file: each line is read by its own format."""

from __future__ import annotations

from itertools import chain, zip_longest
from pathlib import Path

import pytest

from smtpreply.logs import Delivery, scan

DATA = Path(__file__).parents[2] / "data" / "logs"
SAMPLES = {
    name.replace("-", "_"): name
    for name in (
        "cisco-esa",
        "courier",
        "dma",
        "dovecot",
        "haraka",
        "hmailserver",
        "kerio",
        "maddy",
        "mdaemon",
        "msmtp",
        "nullmailer",
        "qmail",
        "stalwart",
        "zonemta",
    )
}


def lines_of(sample: str) -> list[str]:
    return (DATA / f"{sample}.log").read_text(encoding="utf-8").splitlines()


def told(found: list[Delivery]) -> list[tuple[str, str, str]]:
    return sorted((each.mta, each.recipient or "", each.text or "") for each in found)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_of_one_format(sample: str) -> None:
    run = scan(lines_of(sample), year=2026)
    assert {found.mta for found in run} == {SAMPLES[sample]}
    assert dict(run.coverage.formats) == {SAMPLES[sample]: run.coverage.lines}
    assert run.coverage.understood == run.coverage.lines


def test_samples_shuffled_into_one_another_tell_the_same() -> None:
    alone = [found for sample in SAMPLES for found in scan(lines_of(sample), year=2026)]
    shuffled = chain.from_iterable(zip_longest(*map(lines_of, SAMPLES), fillvalue=""))
    run = scan(shuffled, year=2026)
    assert told(list(run)) == told(alone)
    assert run.coverage.understood == run.coverage.lines
