"""Times in tables: what a text means, or nothing where it means two things."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs.toolkit.timestamps import span_between, span_of, time_of


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-02-08T13:58:27.1234567Z", "2026-02-08T13:58:27.123456+00:00"),
        ("2026/02/08 13:58:27 UTC", "2026-02-08T13:58:27+00:00"),
        ("2026-02-08 13:58:27-0500", "2026-02-08T13:58:27-05:00"),
        ("2026-02-08 13:58:60", "2026-02-08T13:58:59"),
        ("1790000000", "2026-09-21T14:13:20+00:00"),
        ("08.02.2026 13:58:27", "2026-02-08T13:58:27"),
        ("2/8/2026 12:58:27 AM", "2026-02-08T00:58:27"),
        ("2/8/2026 12:58:27 pm", "2026-02-08T12:58:27"),
        ("2/8/2026 1:58:27 PM", "2026-02-08T13:58:27"),
    ],
)
def test_a_time_is_read_in_the_form_that_it_has(text: str, wanted: str) -> None:
    time = time_of(text)
    assert time is not None
    assert time.isoformat() == wanted


@pytest.mark.parametrize(
    "text", [None, "", "2/8/2026 13:58:27", "31.02.2026 00:00:00", "2026-13-01 00:00:00", "x", "12"]
)
def test_what_is_no_time_or_two_is_none(text: str | None) -> None:
    assert time_of(text) is None


def test_the_zone_is_of_times_that_name_none() -> None:
    assert time_of("2026-02-08 13:58:27", UTC) == datetime(2026, 2, 8, 13, 58, 27, tzinfo=UTC)


def test_a_span_is_a_number_of_seconds() -> None:
    assert (span_of("1.5"), span_of("-1"), span_of("inf"), span_of(None)) == (1.5, None, None, None)
    start = datetime(2026, 2, 8, tzinfo=UTC)
    assert span_between(start, None) is None
    assert span_between(start, start.replace(tzinfo=None)) is None
    assert span_between(start.replace(day=9), start) == 0


@given(st.text(st.sampled_from("0123456789-/.: TZPAM+"), max_size=30) | st.text(max_size=12))
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text raises."""
    assert time_of(text) is None or isinstance(time_of(text), datetime)
