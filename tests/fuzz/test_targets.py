"""Every target of the fuzzer holds for its seeds, and for seeds with random changes."""

from __future__ import annotations

import random

import pytest
from grouped import differences
from targets import TARGETS, seeds

_CHANGES = [b"<", b">", b'"', b"\\", b"\r", b"\n", b"\0", b"\xff", b" " * 50, b"550-5.1.1 ", b"@"]


def changed(octets: bytes, dice: random.Random) -> bytes:
    """Return octets with up to three changes: something put in, cut out, or said twice."""
    for _ in range(dice.randint(1, 3)):
        start = dice.randint(0, len(octets))
        end = min(len(octets), start + dice.randint(0, 40))
        kinds = (b"", dice.choice(_CHANGES), octets[start:end] * 2)
        octets = octets[:start] + dice.choice(kinds) + octets[end:]
    return octets


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_seeds_and_changed_seeds(name: str) -> None:
    dice = random.Random(name)
    inputs = list(seeds())
    for octets in dice.sample(inputs, 60):
        TARGETS[name](octets)
        TARGETS[name](changed(octets, dice))


def test_mutated_lines_come_to_the_same_in_groups() -> None:
    assert list(differences(2_000, seed=0)) == []
