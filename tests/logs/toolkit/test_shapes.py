"""Patterns of blocks: made faster, they match the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs.toolkit.shapes import SyslogPrefix, capturing, compiled

# Of the sets in the grammars, and of what is about them.
CHARACTERS = " \t\n\r\x0b\x1c\x85\xa0\u2003\"'<>()[]{}@,;:^-=\\/a0AzæÿĀα猫\udc80\U0001f600"
TIMES = ("*+", "++", "{1,3}+", "{0,2}+", "{2,3}+")
OF_NAMES = (r"[^ \n]", r"[^@> \t\n\"\\]", r"[^\[\],\s]")
OF_TEXT = (
    r"[^\]\n]",
    r"[^(>\n]",
    r"[^\n]",
    r"[^a-z\\^-]",
)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("others", OF_TEXT)
@given(text=st.text(CHARACTERS, max_size=12))
def test_a_set_matches_the_same(others: str, times: str, text: str) -> None:
    pattern = rf"(?P<before>{others}{times})(?P<after>[^x]?)"
    fields = ("before", "after")
    assert compiled(pattern, fields).findall(text) == re.findall(capturing(pattern, fields), text)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("others", OF_NAMES)
@given(text=st.text(CHARACTERS, max_size=12))
def test_a_set_of_names_matches_the_same_latin_characters(
    others: str, times: str, text: str
) -> None:
    pattern = rf"(?P<before>{others}{times})(?P<after> |$)"
    match = compiled(pattern, ("before", "after")).match(text)
    expected = re.match(pattern, text)
    if expected and all(char <= "\xff" for char in expected["before"]):
        assert match is not None
        assert match.groups() == (expected["before"], expected["after"])
    else:
        assert match is None


def block_of(*heads: str) -> str:
    return "".join(f"{head} postfix/qmgr[7]: 4E74613FE7: removed\n" for head in heads)


def has_prefix(block: str, prefix: SyslogPrefix) -> list[bool]:
    pattern = re.compile(capturing("".join(prefix.of(block))))
    return [bool(pattern.match(line)) for line in block.splitlines()]


def test_hosts_that_were_met_stay_known() -> None:
    prefix = SyslogPrefix("postfix/")
    rare, common = "Nov 24 11:43:32 mx2", "Nov 24 11:43:32 mx1"
    assert all(has_prefix(block_of(common, rare), prefix))
    assert all(has_prefix(block_of(common), prefix))
    # In so many lines, the sample has no rare one.
    assert all(has_prefix(block_of(*[common] * 3, rare, *[common] * 60), prefix))
    assert prefix.of(block_of(common)) is prefix.of(block_of(common, rare))


def test_of_many_hosts_any_is_known() -> None:
    prefix = SyslogPrefix("postfix/")
    for number in range(10):
        prefix.of(block_of(f"Nov 24 11:43:32 mx{number}"))
    assert all(has_prefix(block_of("Nov 24 11:43:32 a", "Nov 24 11:43:32 b"), prefix))


@pytest.mark.parametrize("later", ["Dec  1 00:00:01 mx", "2026-12-01T00:00:01.5+01:00 mx"])
def test_a_stamp_of_another_month_or_form_is_learnt(later: str) -> None:
    prefix = SyslogPrefix("postfix/")
    assert all(has_prefix(block_of("Nov 24 11:43:32 mx"), prefix))
    assert all(has_prefix(block_of(later), prefix))
