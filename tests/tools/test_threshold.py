"""Thresholds: what they measure, and the exit codes of a scan that exceeds one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.cli.group import group
from smtpreply.logs import scan
from smtpreply.summary.summary import Summary
from smtpreply.tools.threshold import Threshold

SAMPLE = Path(__file__).parents[1] / "data" / "sample.log"


@pytest.fixture(scope="module")
def summary() -> Summary:
    return Summary.of(scan(SAMPLE))


@pytest.mark.parametrize(
    ("text", "measure", "is_exceeded"),
    [
        ("bounced>5%", 100 * 23 / 171, True),  # the outcome: with what expired
        ("bounced>23", 23, False),
        ("outgoing.deliveries>0", 148, True),
        ("outgoing.bounced>5%", 100 * 23 / 148, True),
        ("incoming.bounced>0", 0, False),
        ("bounced > 22.5", 23, True),
        ("expired>1", 2, True),  # a status
        ("ip_blocked>0", 18, True),  # a reason
        ("deliveries<1", 171, False),
        ("deliveries<1000", 171, True),
        ("virus>0%", 0, False),
    ],
)
def test_a_threshold_measures(
    summary: Summary, text: str, measure: float, is_exceeded: bool
) -> None:
    threshold = Threshold.parse(text)
    assert threshold.measure(summary) == pytest.approx(measure)
    assert threshold.is_exceeded(summary) is is_exceeded


@pytest.mark.parametrize(
    "text", ["", "bounced", "bounced>", "bounced>x", ">5", "nothing>5", "a>1>2", "up.sent>1"]
)
def test_what_is_no_threshold_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not like|is not an outcome|is not a direction"):
        Threshold.parse(text)


@given(
    st.sampled_from(["bounced", "sent", "greylisted"]),
    st.booleans(),
    st.integers(0, 9999),
    st.booleans(),
)
def test_a_threshold_reads_what_it_shows(name: str, upper: bool, bound: int, percent: bool) -> None:
    """`parse` gives back what `str` has written."""
    threshold = Threshold("outgoing", name, upper, bound, percent)
    assert Threshold.parse(str(threshold)) == threshold


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], 0),
        (["--fail-on", "bounced>50%"], 0),
        (["--fail-on", "bounced>5%"], 2),
        (["--warn-on", "bounced>5%"], 1),
        (["--warn-on", "bounced>5%", "--fail-on", "bounced>50%"], 1),
        (["--warn-on", "bounced>5%", "--fail-on", "bounced>10%"], 2),
        (["--fail-on", "bounced>50%", "--fail-on", "ip_blocked>0"], 2),
        (["--fail-on", "nonsense"], 2),
    ],
)
def test_a_scan_exits_by_its_thresholds(args: list[str], code: int) -> None:
    result = CliRunner().invoke(group, ["scan", str(SAMPLE), "--json", *args])
    assert result.exit_code == code
    assert (code == 0) == (result.stderr == "")
