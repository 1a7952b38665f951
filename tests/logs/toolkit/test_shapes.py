"""Patterns of blocks: made faster, they match the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs.toolkit.shapes import capturing, compiled

# Of the sets in the grammars, and of what is about them.
CHARACTERS = " \t\n\r\x0b\x1c\x85\xa0\u2003\"'<>()[]{}@,;:^-=\\/a0AzæÿĀα猫\udc80\U0001f600"
TIMES = ("*+", "++", "{1,3}+", "{0,2}+", "{2,3}+")
SETS = (
    r"[^ \n]",
    r"[^@> \t\n\"\\]",
    r"[^\[\],\s]",
    r"[^\]\n]",
    r"[^(>\n]",
    r"[^\n]",
    r"[^a-z\\^-]",
)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("others", SETS)
@given(text=st.text(CHARACTERS, max_size=12))
def test_a_set_matches_the_same(others: str, times: str, text: str) -> None:
    pattern = rf"(?P<before>{others}{times})(?P<after>[^x]?)"
    fields = ("before", "after")
    assert compiled(pattern, fields).findall(text) == re.findall(capturing(pattern, fields), text)
