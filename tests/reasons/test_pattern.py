"""Patterns that cannot run away."""

from __future__ import annotations

import pytest

from smtpreply.reasons.pattern import PatternError, compiled


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"AS\([0-9]{1,12}\)", "[as(201806281)]"),
        (r"\b(?:SC|DY)-00[0-9]", "550 SC-001 no"),
        (r"OFR_?[0-9]{3}", "ofr_999"),
        (r"4\.16\.5[0-9]", "deferred - 4.16.55"),
    ],
)
def test_patterns(pattern: str, text: str) -> None:
    assert compiled(pattern).search(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "a*",
        "a+",
        "(a)+",
        "(ab){2}",
        "a{1,65}",
        "a{2,}",
        r"(a)\1",
        "(?=a)",
        "(?P<x>a)",
        "[a",
        "(a",
        "a{1}b{1}c{1}d{1}",
    ],
)
def test_patterns_that_are_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)
