"""The catalog and IANA's registry of enhanced status codes, row by row."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smtpreply.catalog import StatusEntry, lookup, statuses

FILE = Path(__file__).with_name("iana_enhanced_status_codes.tsv")
ROWS = [
    tuple(line.split("\t"))
    for line in FILE.read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_registry_and_the_catalog_have_the_same_details() -> None:
    ours = [entry.key for entry in statuses() if entry.key.startswith("X.")]
    assert sorted(ours) == sorted(key for key, _, _ in ROWS)
    assert len(ROWS) == 81


@pytest.mark.parametrize(("key", "text", "associated"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_as_registered(key: str, text: str, associated: str) -> None:
    entry = lookup(key)
    assert isinstance(entry, StatusEntry)
    assert (entry.official_text or "") == text
    # "Not given", "Any" and "5XX" name no code; "(other 4XX or 5XX codes are allowed)" neither.
    registered = sorted(map(int, re.findall(r"\b[0-9]{3}\b", associated)))
    assert sorted(entry.codes) == registered
