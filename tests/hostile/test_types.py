"""A value of the wrong type is refused at once, by a TypeError or a ValueError that names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from smtpreply import Reply, ReplyReader, classify, parse, parse_all
from smtpreply.errors import ReplySyntaxError
from smtpreply.logs import Delivery, scan
from smtpreply.reasons.verdict import Verdict
from smtpreply.summary.summary import Summary

DOORS: dict[str, Callable[[Any], object]] = {
    "parse": parse,
    "parse_all": lambda value: list(parse_all(value)),
    "classify": classify,
    "scan": lambda value: list(scan(value)),
    "Reply.from_dict": Reply.from_dict,
    "Reply.from_textstrings": lambda value: Reply.from_textstrings(550, value),
    "Reply.from_response": lambda value: Reply.from_response(550, value),
    "Delivery.from_dict": Delivery.from_dict,
    "Verdict.from_dict": Verdict.from_dict,
    "Summary.from_state": Summary.from_state,
    "ReplyReader.receive_data": lambda value: ReplyReader().receive_data(value),
}


@pytest.mark.parametrize("value", [550, 10**9, None, 5.5, [b"x", {}]], ids=repr)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_text_is_refused_at_once(door: str, value: object) -> None:
    start = time.perf_counter()
    with pytest.raises((TypeError, ValueError), match=r".{10}"):
        DOORS[door](value)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "data",
    [
        {"code": 550, "textstrings": 5},
        {"code": 550, "textstrings": [5]},
        {"code": 550, "textstrings": None},
        {"code": 550, "textstrings": "abc"},
        {"code": 550, "textstrings": b"abc"},
        {"code": 550, "textstrings": ["a"], "defects": 3},
        {"code": 550, "textstrings": ["a"], "defects": "bare_cr"},
        {"code": 550, "textstrings": ["a"], "defects": [3]},
        {"code": "550", "textstrings": ["a"]},
        {"code": 10**9, "textstrings": ["a"]},
        ["code", "textstrings"],
    ],
    ids=repr,
)
def test_data_of_another_shape_is_no_reply(data: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Reply.from_dict(data)


@pytest.mark.parametrize(
    "fields", [{"time": 5}, {"text": 5}, {"delay": "1"}, {"line": "1"}, {"status": "x"}, {"mta": 5}]
)
def test_data_of_another_shape_is_no_delivery(fields: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Delivery.from_dict({"mta": "postfix"} | fields)


@pytest.mark.parametrize("octets", [b"x", bytearray(b"x"), memoryview(b"x")])
def test_a_message_may_be_any_octets(octets: bytes) -> None:
    assert Reply.from_response(550, octets).text == "x"


def test_octets_after_an_error_are_not_kept() -> None:
    reader = ReplyReader()
    reader.receive_data(b"garbage\r\n")
    with pytest.raises(ReplySyntaxError):
        reader.next_reply()
    for _ in range(100):
        reader.receive_data(b"x" * 10_000)
    assert len(reader.trailing_data) < 100
    with pytest.raises(ReplySyntaxError):
        reader.next_reply()
