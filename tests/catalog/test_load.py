"""The data files as people edit them: in any order, and with a key forgotten."""

from __future__ import annotations

import pytest

from smtpreply.catalog import load
from smtpreply.catalog.tables import read

FILE = read("replies-5xx")


def test_reply_codes_are_in_order_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "read", lambda name: dict(reversed(list(FILE.items()))))
    found = list(load.reply_codes.__wrapped__(5, "en"))
    assert found == sorted(found)
    assert len(found) == len(FILE)


@pytest.mark.parametrize("key", ["title", "references", "evidence", "commands"])
def test_a_missing_key_is_reported_with_its_place(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {name: value for name, value in FILE["550"].items() if name != key}
    monkeypatch.setattr(load, "read", lambda name: {"550": table} if "5xx" in name else {})
    with pytest.raises(KeyError, match=rf"replies-5xx: \[550\] lacks the key '{key}'"):
        load.reply_codes.__wrapped__(5, "en")
