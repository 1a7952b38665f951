"""Keys of texts that mean the same."""

import pytest

from smtpreply import classify, template
from smtpreply.reasons.dedup import alike

WAITING = (
    "451 4.7.1 Greylisted for {} seconds",
    "450 4.2.0 <bob@example.org>: try again in {} minutes.",
    "421 4.7.0 too many messages (wait {} hours)",
    "554 5.7.1 blocked for {} days; see https://example.org/help",
    "host mx.example.org[192.0.2.1] said: 550-5.1.1 gone {} days 550 5.1.1 see the help pages",
)


@pytest.mark.parametrize("number", ["5", "17", "234", "421"])
@pytest.mark.parametrize("text", WAITING)
def test_a_quantity_makes_no_difference(text: str, number: str) -> None:
    one, other = text.format("300"), text.format(number)
    assert alike(one) == alike(other)
    first, second = classify(one), classify(other)
    assert (first.reason, first.provider, first.blocklist) == (
        second.reason,
        second.provider,
        second.blocklist,
    )
    assert template(one) == template(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("554 5.7.1 mx said 550 unknown", "554 5.7.1 mx said 450 unknown"),
        ("550 5.7.1 (TSS04)", "550 5.7.1 (TSS09)"),
        ("550 seconds are too few", "450 seconds are too few"),
        ("mx said: 550 days have gone by", "mx said: 450 days have gone by"),
        ("550-gone for 550 days 550 5.1.1 so", "550-gone for 450 days 550 5.1.1 so"),
        ("550 wait for 24 hours", "550 wait for 1000 hours"),
    ],
)
def test_what_may_be_a_code_makes_a_difference(one: str, other: str) -> None:
    assert alike(one) != alike(other)
