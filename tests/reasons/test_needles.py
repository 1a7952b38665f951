"""Patterns that are searched for only where a needle is in the text: see `NeedledPattern`."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpreply._support.needled_pattern import NeedledPattern
from smtpreply.reasons import alternatives, extract

PATTERNS = {
    name: pattern
    for module in (alternatives, extract)
    for name, pattern in vars(module).items()
    if isinstance(pattern, NeedledPattern)
}


@pytest.mark.parametrize("name", PATTERNS)
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_each_match_in_ascii_has_a_needle(name: str, data: st.DataObject) -> None:
    pattern = PATTERNS[name]
    whole = re.compile(pattern.pattern.pattern, pattern.pattern.flags)
    alphabet = st.characters(codec="ascii")
    text = data.draw(st.from_regex(whole, alphabet=alphabet))
    assert pattern.search(text) is not None
