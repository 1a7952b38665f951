"""Accounts of parts add up to that of the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Coverage, scan

HEAD = "Nov 24 11:43:32 mx1 postfix/smtp[42]: "
LINES = [
    f"{HEAD}4E74613FE7: to=<bob@example.org>, relay=none, delay=1, dsn=4.4.1, status=deferred (x)",
    f"{HEAD}what is this",
    f"{HEAD}and this",
    "no log at all",
    "\0\0",
]


@given(st.lists(st.sampled_from(LINES), max_size=9), st.lists(st.sampled_from(LINES), max_size=9))
def test_two_accounts_are_added(first: list[str], second: list[str]) -> None:
    """The account of two parts is that of the whole, but for the numbers of lines in problems."""
    whole, one, other = (_account(lines) for lines in (first + second, first, second))
    both = one + other
    assert len(both.problems) == len(whole.problems)
    both.problems = whole.problems
    assert both == whole


def test_the_kinds_of_lines_stay_bounded() -> None:
    one, other = Coverage(), Coverage()
    for number in range(1000):
        one.not_understood("x" * (number % 190 + 1) + "y" * (number // 190))
        other.not_understood("z" * (number % 190 + 1) + "y" * (number // 190))
    one.not_understood("x")
    both = one + other
    assert len(both.shapes) == 1000
    assert both.shapes["x"] == 2


def _account(lines: list[str]) -> Coverage:
    run = scan(lines, year=2026)
    for _ in run:
        pass
    return run.coverage
