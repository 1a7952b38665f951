"""The words that decided, quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import classify
from smtpreply.reasons import builtin_rules

EXAMPLES = [text for rule in builtin_rules() for text in rule.catches]
BREAKS = st.sampled_from([" ", "\n", "\r\n", ". ", "; ", " - "])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("550-5.1.1 No such\n550 5.1.1 user", "No such user"),
        ("550-5.1.1 No such\r\n550-5.1.1 user\r\n550 5.1.1 here", "No such user"),
        ("550-No such\n550 user", "No such user"),
        ("host said: 550-5.1.1 No such 550 5.1.1 user", "No such user"),
        ("550 the mailbox of bob is full", "mailbox of bob is full"),
    ],
)
def test_evidence_is_quoted_without_the_heads_of_lines(text: str, words: str) -> None:
    evidence = classify(text).evidence
    assert evidence is not None
    assert evidence.words == words


@given(st.sampled_from(EXAMPLES), BREAKS, st.integers(0, 200))
def test_evidence_never_runs_over_a_line_or_into_another_clause(
    text: str, mark: str, at: int
) -> None:
    """Wherever a line or a clause ends, no run of evidence goes on behind it."""
    spaces = [place for place, character in enumerate(text) if character == " "]
    if spaces:
        place = spaces[at % len(spaces)]
        text = text[:place] + mark + text[place + 1 :]
    evidence = classify(text).evidence
    if evidence is None:
        return
    assert "\n" not in evidence.words
    for start, end in evidence.spans:
        run = text[start:end]
        assert run == run.strip()
        assert not any(stop in run for stop in ("\n", "\r", "; ", ". ")), run
