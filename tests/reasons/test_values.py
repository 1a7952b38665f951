"""Verdicts, replies, deliveries and summaries as values: copied, pickled, as JSON, in processes."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import Reply, Verdict, classify, parse
from smtpreply.logs import Delivery, scan
from smtpreply.reasons import builtin_rules
from smtpreply.summary.summary import Summary
from smtpreply.testing import replies

LOG = [
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
    "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, dsn=5.1.1, "
    "status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 No such user "
    "(in reply to RCPT TO command))",
    "2026-11-24T11:43:33.5+01:00 mx postfix/smtp[42]: 4E74613FE8: to=<ann@example.org>, "
    "relay=none, delay=5, delays=1/1/1/2, dsn=4.4.1, status=deferred "
    "(connect to mx.example.org[192.0.2.1]:25: Connection timed out)",
]
PROPERTIES = [name for name, value in vars(Verdict).items() if isinstance(value, property)]
TEXTS = st.sampled_from(
    [text for rule in builtin_rules()[:60] for text in rule.catches]
    + ["", "250 Ok", "550 User unknown or mailbox full", "host x said: 550-5.1.1 No such\n550 user"]
)


def copies(value: Any) -> list[Any]:
    return [
        copy.copy(value),
        copy.deepcopy(value),
        *(pickle.loads(pickle.dumps(value, protocol)) for protocol in range(2, 6)),
    ]


def same(one: Verdict, other: Verdict) -> None:
    assert one == other
    assert hash(one) == hash(other)
    assert one.to_dict() == other.to_dict()
    for name in PROPERTIES:
        if not name.startswith("_"):
            assert getattr(one, name) == getattr(other, name), name


@given(
    TEXTS | st.text(max_size=40), st.sampled_from([None, "4.4.3"]), st.sampled_from([None, "sent"])
)
def test_copies_of_a_verdict_say_the_same(
    text: str, status: str | None, outcome: str | None
) -> None:
    """Copied, pickled or read back from JSON, a verdict says all that it said."""
    verdict = classify(text, status=status, outcome=outcome)
    for other in copies(verdict):
        same(verdict, other)
    same(verdict, Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))))


@given(replies())
def test_copies_of_a_reply_are_equal(reply: Reply) -> None:
    """A reply and the verdict on it can be copied, pickled and written as JSON."""
    for other in (*copies(reply), Reply.from_dict(json.loads(json.dumps(reply.to_dict())))):
        assert other == reply
        assert other.enhanced == reply.enhanced
    verdict = classify(reply)
    for other in copies(verdict):
        same(verdict, other)
    again = Verdict.from_dict(json.loads(json.dumps(verdict.to_dict())))
    assert again.to_dict() == verdict.to_dict()


def test_a_verdict_read_back_in_another_language_is_the_same() -> None:
    verdict = classify("552 Mailbox full")
    assert Verdict.from_dict(verdict.to_dict("ru")) == verdict
    with pytest.raises(KeyError):
        Verdict.from_dict({})


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("text", 7, "text is str, not int"),
        ("code", "550", "code is int, not str"),
        ("status", 5.1, "status is str, not float"),
        ("stage", [], "stage is str, not list"),
        ("rule", 7, "rule is str, not int"),
        ("evidence", "x", "evidence is Mapping, not str"),
        ("evidence", {"words": None, "spans": []}, "words is str, not NoneType"),
        ("evidence", {"words": "x", "spans": "x"}, "spans is a list, not str"),
        ("evidence", {"words": "x", "spans": [7]}, "a span is a list, not int"),
        ("evidence", {"words": "x", "spans": [[1, 2, 3]]}, "a span is a start and an end, not"),
        ("findings", None, "findings is a list, not NoneType"),
        ("findings", ["x"], "a finding is Mapping, not str"),
    ],
)
def test_what_is_no_verdict_is_told(member: str, value: object, message: str) -> None:
    data = classify("552 5.2.2 Mailbox full", stage="RCPT").to_dict() | {member: value}
    with pytest.raises((TypeError, ValueError), match=message):
        Verdict.from_dict(data)


def test_copies_of_deliveries_are_equal() -> None:
    for delivery in scan(LOG, year=2026):
        read = Delivery.from_dict(json.loads(json.dumps(delivery.to_dict())))
        for other in (*copies(delivery), read):
            assert other == delivery
            assert other.verdict == delivery.verdict
    with pytest.raises(KeyError):
        Delivery.from_dict({})


def test_copies_of_a_summary_are_equal() -> None:
    summary = Summary()
    for delivery in scan(LOG, year=2026):
        summary.add(delivery)
    state = Summary.from_state(json.loads(json.dumps(summary.to_state())))
    for other in (*copies(summary), state):
        assert other.to_dict() == summary.to_dict()


def explained(text: str) -> Verdict:
    return classify(text)


def of_delivery(line: str) -> Verdict | None:
    return next(scan([line])).verdict


@pytest.mark.parametrize(
    ("work", "given"),
    [(explained, ["550 5.1.1 No such user", "450 Greylisted", "250 Ok"]), (of_delivery, LOG)],
)
def test_verdicts_come_back_from_a_pool_of_processes(
    work: Callable[[str], Verdict | None], given: list[str]
) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(work, given))
    for verdict, text in zip(found, given, strict=True):
        expected = work(text)
        assert verdict is not None
        assert expected is not None
        same(verdict, expected)


def test_a_verdict_goes_to_a_process_and_a_reply_with_it() -> None:
    pairs = [(parse("550 5.1.1 No such user"), classify("550 5.1.1 No such user"))]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(agree, pairs)) == [True]


def agree(pair: tuple[Reply, Verdict]) -> bool:
    reply, verdict = pair
    return classify(reply).reason is verdict.reason and verdict.suppress
