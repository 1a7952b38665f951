"""`Summary`: counts that are exact or have their error, and that add up."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.received import Received
from smtpreply.stage import Stage
from smtpreply.summary.counts import Counts
from smtpreply.summary.cross_table import CrossTable
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.outcome import Outcome, outcome_of
from smtpreply.summary.quantiles import Delays, DelaysByKind
from smtpreply.summary.summary import Summary
from smtpreply.summary.timeline import Timeline
from smtpreply.summary.top_counter import TopCounter
from smtpreply.summary.total import total_of

HEAD = "Nov 24 11:43:32 mx1 postfix/smtp[4242]: 4E74613FE7: to=<bob@example.org>, "
RELAY = "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, "
SENT = f"{HEAD}{RELAY}dsn=2.0.0, status=sent (250 2.0.0 Ok)"
BOUNCED = (
    f"{HEAD}{RELAY}dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 "
    "<bob@example.org>: User unknown (in reply to RCPT TO command))"
)
FROM = "Nov 24 11:43:31 mx1 postfix/qmgr[7]: 4E74613FE7: from=<al@example.com>, size=9, nrcpt=1"
LISTED = (
    "Nov 24 11:43:32 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from c.example[203.0.113.9]: "
    "554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; "
    "from=<x@y.example> to=<bob@example.org> proto=ESMTP helo=<c>"
)
ODD = f"{HEAD}{RELAY}dsn=5.0.0, status=bounced (host mx.example.org[192.0.2.1] said: 554 Qwxyz 17)"
LOG = [FROM, SENT, SENT, BOUNCED, LISTED, ODD, "Nov 24 11:43:32 mx1 postfix/smtp[1]: \x1b[2Jwhat"]

START = datetime(2026, 11, 24, 11, tzinfo=UTC)


def deliveries() -> st.SearchStrategy[Delivery]:
    """Attempts of every kind, also such as no log would tell of."""
    return st.builds(
        Delivery,
        mta=st.sampled_from(["postfix", "exim"]),
        time=st.none()
        | st.integers(0, 99_999).map(lambda minutes: START + timedelta(minutes=minutes)),
        direction=st.none() | st.sampled_from(Direction),
        sender=st.sampled_from([None, "", "al@example.com", "\udcff@example.com"]),
        recipient=st.sampled_from([None, "bob@example.org", "eve@EXAMPLE.net", "root"]),
        relay_host=st.sampled_from([None, "mx.example.org", "gmail-smtp-in.l.google.com"]),
        relay_ip=st.sampled_from([None, "192.0.2.1"]),
        stage=st.none() | st.sampled_from(Stage),
        status=st.none() | st.sampled_from(Status),
        delay=st.none() | st.floats(0, 1e6),
        text=st.sampled_from(
            [None, "", "250 Ok", "450 4.2.0 Greylisted", "550 5.2.2 full", "554 Qx 17", "timed out"]
        ),
        reply_by=st.none() | st.sampled_from(ReplyBy),
    )


# --- what is counted -----------------------------------------------------------------------


def test_a_summary_counts_what_there_is() -> None:
    found = Summary.of(scan(LOG, year=2026)).to_dict()
    assert found["deliveries"] == 5
    assert found["status"] == {"sent": 2, "bounced": 2, "rejected": 1}
    assert found["outcome"] == {"delivered": 2, "bounced": 2, "rejected": 1}
    assert found["reply_class"] == {"2xx": 2, "5xx": 3}
    assert found["status_class"]["bounced"] == {"5xx": 2}
    assert found["code"] == {"250": 2, "554": 2, "550": 1}
    assert found["enhanced"] == {"top": {"2.0.0": 2, "5.1.1": 1, "5.7.1": 1}, "error": 0}
    assert found["reply_by"] == {"remote": 4, "own": 1}
    assert found["direction"] == {"outgoing": 4, "incoming": 1}
    assert found["mta"] == {"postfix": 5}
    assert found["reason"]["unknown_recipient"] == {"bounced": 1}
    assert found["reason"]["ip_blocked"] == {"rejected": 1}
    assert "User unknown" in found["example"]["unknown_recipient"]
    assert sum(found["blocklist"].values()) == 1
    hours = {"2026-11-24T11": {"delivered": 2, "bounced": 2, "rejected": 1}}
    assert found["times"] == {"unit": "hour", "counts": hours}
    assert found["reason_times"]["counts"]["2026-11-24T11"]["ip_blocked"] == 1
    outcomes = {"delivered": 2, "bounced": 2}
    assert found["domain"]["top"] == {"example.org": outcomes | {"rejected": 1}}
    assert found["relay"]["top"] == {"mx.example.org": outcomes}
    assert found["relay_reason"]["top"]["mx.example.org"]["unknown_recipient"] == 1
    assert found["provider"] == {"": outcomes}
    assert found["refused_recipient"]["top"] == {"bob@example.org": 3}
    assert found["refused_sender"]["top"] == {"al@example.com": 2, "x@y.example": 1}
    assert found["refused_client"]["top"] == {"203.0.113.9": 1}
    assert found["unexplained"]["top"] == {"554 Qwxyz <number>": 1}
    assert found["mismatch"] == {}
    assert found["delays"]["all"]["count"] == 4
    assert found["delays"]["all"]["p50"] == pytest.approx(1.9, rel=0.01)
    assert found["delays"]["bounced"]["count"] == 2
    assert found["provider_delays"][""]["count"] == 2


@given(st.lists(st.sampled_from(LOG)))
def test_a_scan_has_the_summary_of_its_deliveries_and_of_what_was_received(log: list[str]) -> None:
    summary = Summary.of(scan(log, year=2026))
    total = total_of(scan(log, year=2026), DeliveryFilter())
    assert summary == total.summary
    assert summary.volume.messages == min(log.count(FROM), 1)
    deliveries = list(scan(log, year=2026))
    assert summary.deliveries == len(deliveries)
    assert attrs.evolve(summary, volume=Summary().volume) == Summary.of(deliveries)


def test_whoever_counts_what_a_scan_receives_still_does() -> None:
    run = scan([FROM], year=2026)
    received: list[Received] = []
    run.on_received = received.append
    assert Summary.of(run).volume.messages == 0
    assert [len(each) for each in received] == [1]


def test_the_volume_of_a_scan_is_whole_or_not_counted() -> None:
    run = scan([*LOG, *LOG], year=2026)
    next(run)
    summary = Summary.of(run)
    assert (summary.volume.messages, summary.deliveries) == (0, 2 * 5 - 1)


def test_a_provider_is_told_by_its_host_in_success_and_in_refusal() -> None:
    host = "gmail-smtp-in.l.google.com"
    sent = Delivery(mta="x", status=Status.SENT, relay_host=host, delay=2, text="250 2.0.0 OK")
    summary = Counts.of(
        [
            attrs.evolve(sent, reply_by=ReplyBy.REMOTE),
            attrs.evolve(sent, status=Status.DEFERRED, text="421 4.7.0 later"),
            attrs.evolve(sent, relay_host="mx.example.org", direction=Direction.OUTGOING),
            attrs.evolve(sent, direction=Direction.INCOMING),
        ]
    )
    assert summary.provider.counts == {
        "gmail": {"delivered": 1, "deferred": 1},
        "": {"delivered": 1},
    }
    assert {kind: len(delays) for kind, delays in summary.provider_delays.rows()} == {
        "": 1,
        "gmail": 1,
    }


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (Status.SENT, 250, None),
        (Status.SENT, 550, "sent 5xx"),
        (Status.DEFERRED, 450, None),
        (Status.DEFERRED, 554, "deferred 5xx"),
        (Status.DEFERRED, 250, "deferred 2xx"),
        (Status.BOUNCED, 550, None),
        (Status.BOUNCED, 450, "bounced 4xx"),
        (Status.EXPIRED, 450, None),
        (Status.REJECTED, 450, None),
        (Status.REJECTED, 550, None),
        (None, 550, None),
    ],
)
def test_where_status_and_code_differ_it_shows(
    status: Status | None, code: int, words: str | None
) -> None:
    said = Delivery(mta="x", status=status, text=f"{code} so", reply_by=ReplyBy.REMOTE)
    assert Counts.of([said, said]).mismatch == ({words: 2} if words else {})


def test_every_status_has_an_outcome_and_none_is_lost() -> None:
    assert {outcome_of(status) for status in (*Status, None)} == set(Outcome)
    found = Counts.of(Delivery(mta="x", status=status) for status in (*Status, None)).outcome
    assert found.total() == len(Status) + 1
    assert found[Outcome.BOUNCED] == 2
    assert Counts().outcome == {}


# --- parts and wholes ----------------------------------------------------------------------


@given(st.lists(st.sampled_from(LOG)), st.integers(0, 99))
def test_the_parts_of_a_log_add_up_to_the_whole(log: list[str], cut: int) -> None:
    """A log read in two parts has the summary of the whole, but for senders named in the other."""
    log = [line for line in log if line is not FROM]
    parts = Summary.of(scan(log[:cut], year=2026)) + Summary.of(scan(log[cut:], year=2026))
    assert parts == Summary.of(scan(log, year=2026))


@given(st.lists(deliveries()), st.integers(0, 99))
def test_the_parts_of_what_was_delivered_add_up_to_the_whole(
    found: list[Delivery], cut: int
) -> None:
    """Two summaries are added to the summary of both, and neither is changed."""
    first, second = Summary.of(found[:cut]), Summary.of(found[cut:])
    before = first.to_state(), second.to_state()
    assert first + second == second + first == Summary.of(found)
    assert (first.to_state(), second.to_state()) == before


@given(st.lists(deliveries(), max_size=5), st.integers(1, 9))
def test_equal_deliveries_may_be_counted_at_once(found: list[Delivery], count: int) -> None:
    """A kind counted once, with how many there are, is what each of them counted is."""
    at_once = Counts()
    for delivery in found:
        at_once.add_kind(delivery, count)
        at_once.add_own(delivery, count)
    assert at_once == Counts.of(delivery for delivery in found for _ in range(count))


@given(st.lists(deliveries(), max_size=20))
def test_a_kind_is_told_by_the_fields_that_are_named(found: list[Delivery]) -> None:
    """Deliveries may be grouped by what `add_kind` says it reads, and counted by one of a group."""
    groups: dict[tuple[object, ...], list[Delivery]] = {}
    for delivery in found:
        key = (
            *(delivery.mta, delivery.time and delivery.time.isoformat()[:13], delivery.direction),
            *(delivery.status, delivery.stage, delivery.reply_by, delivery.text),
            None
            if delivery.direction is Direction.INCOMING
            else (delivery.relay_host, delivery.relay_host or delivery.relay_ip),
            (delivery.recipient or "").rpartition("@")[1:],
        )
        groups.setdefault(key, []).append(delivery)
    grouped = Counts()
    for group in groups.values():
        grouped.add_kind(group[-1], len(group))
        for delivery in group:
            grouped.add_own(delivery)
    assert grouped == Counts.of(found)


@given(st.lists(deliveries()))
def test_a_summary_is_sent_as_json_and_comes_back_the_same(found: list[Delivery]) -> None:
    """The state of a summary goes through JSON, or pickle, and makes an equal one."""
    summary = Summary.of(found)
    assert Summary.from_state(json.loads(json.dumps(summary.to_state()))) == summary
    assert pickle.loads(pickle.dumps(summary)) == summary
    assert json.loads(json.dumps(summary.to_dict()))["deliveries"] == len(found)


def damaged(**fields: Any) -> Any:
    return Counts().to_state() | fields


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        {},
        {"deliveries": 1},
        damaged(more=1),
        damaged(deliveries="1"),
        damaged(deliveries=True),
        damaged(deliveries=-1),
        damaged(status={"sent": 1.5}),
        damaged(status={"lost": 1}),
        damaged(status_class={"lost": {"5xx": 1}}),
        damaged(reason={"bad luck": {"bounced": 1}}),
        damaged(example={"expired": 5}),
        damaged(example={"bad luck": "x"}),
        damaged(provider=[]),
        damaged(provider={"gmail": 5}),
        damaged(times={}),
        damaged(times=[9, 12, {}]),
        damaged(times=[0, 13, {}]),
        damaged(times=[9, 13, {"2026-11-24": {}}]),
        damaged(times=[9, 13, {"<script>alert": {}}]),
        damaged(domain=[2, 0, [[["a", "b", "c"], 1]]]),
        damaged(domain=[2, 0, [[["a", 1], 1]]]),
        damaged(domain=[1, 0, [["a", 1], ["b", 1], ["c", 1]]]),
        damaged(domain=[9, 0, [["a", 1], ["a", 1]]]),
        damaged(domain=[0, 0, []]),
        damaged(delays={"sent": {"x": 1}}),
        damaged(delays={"sent": {"9" * 5000: 1}}),
    ],
)
def test_what_is_no_state_is_a_value_error(state: Any) -> None:
    with pytest.raises(ValueError):
        Counts.from_state(state)


# --- what may be anything ------------------------------------------------------------------


@given(st.lists(st.text("abcdefgh", max_size=2)), st.lists(st.text("abcdefgh", max_size=2)))
def test_a_tally_is_wrong_by_no_more_than_it_says(first: list[str], second: list[str]) -> None:
    """A count is never too high, and too low by at most the error."""
    one: TopCounter[str] = TopCounter(3)
    other: TopCounter[str] = TopCounter(3)
    for tally, keys in ((one, first), (other, second)):
        for key in keys:
            tally.add(key)
    both = one + other
    assert len(both.counts) <= 6
    for key in {*first, *second}:
        true = first.count(key) + second.count(key)
        assert true - both.error <= both.counts.get(key, 0) <= true


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 50))))
def test_a_tally_takes_counts_of_any_size(items: list[tuple[str, int]]) -> None:
    """Many at once are no more and no less than one after the other, up to the error."""
    tally: TopCounter[str] = TopCounter(2)
    true: Counter[str] = Counter()
    for key, count in items:
        tally.add(key, count)
        true[key] += count
        assert len(tally.counts) <= 4
    for key, count in true.items():
        assert count - tally.error <= tally.counts.get(key, 0) <= count
    assert tally.error <= true.total() / 3  # the bound of Misra and Gries: n / (capacity + 1)


@given(st.lists(st.datetimes(), max_size=30), st.integers(0, 99))
def test_a_timeline_is_exact_and_bounded(times: list[datetime], cut: int) -> None:
    """Nothing is lost when times grow coarser, and parts are as coarse as the whole needs."""

    def of(seen: list[datetime]) -> Timeline:
        timeline = Timeline(limit=5)
        for time in seen:
            timeline.add_time(time, "sent")
        return timeline

    whole = of(times)
    assert of(times[:cut]) + of(times[cut:]) == whole
    assert whole.total().total() == len(times)
    assert len(whole.counts) <= 5 or whole.unit == "year"
    exact = Counter(time.isoformat()[: whole.length] for time in times)
    assert whole.total() == exact


def test_ten_years_are_counted_by_month_and_twelve_weeks_by_hour() -> None:
    def unit(hours: int) -> str:
        timeline = Timeline()
        for hour in range(0, hours, 1 if hours < 9999 else 6):
            timeline.add_time(START + timedelta(hours=hour), "sent")
        return timeline.unit

    assert unit(12 * 7 * 24) == "hour"
    assert unit(365 * 24) == "day"
    assert unit(10 * 365 * 24) == "month"


HOSTILE: list[Callable[[int], Delivery]] = [
    lambda n: Delivery(mta="x", recipient=f"{n}@{n}.example", status=Status.BOUNCED),
    lambda n: Delivery(mta="x", sender=f"{n}" * 2000, recipient="x", status=Status.BOUNCED),
    lambda n: Delivery(mta="x", relay_host=f"{n}.example", status=Status.SENT, delay=n * 1.37),
    lambda n: Delivery(
        mta="x",
        text=f"5{n % 100:02} 5.{n // 1000}.{n % 1000} {chr(97 + n % 26) * (n % 300)} is {n:b}x",
        reply_by=ReplyBy.REMOTE,
    ),
    lambda n: Delivery(mta="x", time=datetime(1 + n * 2, 1 + n % 12, 1), status=Status.SENT),  # noqa: DTZ001
]


@pytest.mark.parametrize("make", HOSTILE)
def test_memory_does_not_grow_with_what_a_log_can_make_up(make: Callable[[int], Delivery]) -> None:
    """Of a hundred times as many different ones, no more are kept; each is short."""
    few: dict[str, Any] = {
        field.name: TopCounter(capacity=20)
        for field in attrs.fields(Counts)
        if isinstance(getattr(Counts(), field.name), TopCounter)
    }
    summary = Counts(**few, times=Timeline(limit=20))
    for number in range(4_000):
        summary.add(make(number))
    # The most that this takes: of the years that a calendar has, each with one kind.
    assert len(json.dumps(summary.to_state())) < 200_000


# --- how long it took ----------------------------------------------------------------------


@given(st.lists(st.floats(0.001, 1e6), min_size=1), st.sampled_from([1, 50, 99, 100]))
def test_a_percentile_is_right_to_a_hundredth(delays: list[float], percent: int) -> None:
    """A percentile is within one percent of the delay that stands there."""
    sketch = Delays()
    for delay in delays:
        sketch.add(delay)
    place = max(1, -(-percent * len(delays) // 100))
    assert sketch.percentile(percent) == pytest.approx(sorted(delays)[place - 1], rel=0.0101)


@given(st.lists(st.floats(0, 1e6)), st.floats(0.01, 1e6))
def test_how_many_took_no_longer_is_right_to_a_hundredth(delays: list[float], limit: float) -> None:
    """What is counted is all that is clearly within, and nothing that is clearly not."""
    sketch = Delays()
    for delay in delays:
        sketch.add(delay)
    surely = sum(delay <= limit * 0.98 for delay in delays)
    maybe = sum(delay <= limit * 1.03 for delay in delays)
    assert surely <= sketch.within(limit) <= maybe


def test_no_delay_is_none_and_a_tiny_one_is_0() -> None:
    delays = Delays()
    assert delays.percentile(50) is None
    assert delays.within(1) == 0
    delays.add(0)
    assert delays.percentile(50) == 0.0


@pytest.mark.parametrize("odd", [float("nan"), -1.0, float("-inf"), float("inf"), 1e300])
def test_no_delay_is_too_odd_to_count(odd: float) -> None:
    delays = DelaysByKind()
    delays.add("sent", odd)
    assert len(delays.total()) == 1
    assert delays.of("sent").percentile(50) is not None


# --- rows ----------------------------------------------------------------------------------


def test_rows_come_by_size_and_then_by_name() -> None:
    grid = CrossTable.of({("b", "x"): 1, ("c", "x"): 1, ("c", "y"): 2, ("a", "x"): 1})
    assert [row for row, _ in grid.rows()] == ["c", "a", "b"]
    assert grid.total() == {"a": 1, "b": 1, "c": 3}
    assert list(grid.to_dict()["c"]) == ["y", "x"]


@pytest.mark.parametrize(
    "stamp",
    [
        "Nov 24 11:43:32",
        "2026-11-24T11:43:32Z",
        "2026-11-24T11:43:32.123456+01:00",
        "2026-11-24T11:43:32-0530",
    ],
)
def test_no_time_is_lost_by_the_minute(stamp: str, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(f"{SENT}\n{BOUNCED}\n".replace("Nov 24 11:43:32", stamp) * 3, "utf-8")
    since = DeliveryFilter(since=datetime(2026, 11, 24))  # noqa: DTZ001  (the log's own clock)
    for wanted, by_minute in ((since, False), (DeliveryFilter(), True)):
        summary = total_of(scan(log, year=2026), wanted, by_minute=by_minute).summary
        assert summary.outgoing.times.counts == {"2026-11-24T11:43": {"delivered": 3, "bounced": 3}}


def test_the_report_draws_the_finest_unit_that_the_span_leaves_room_for() -> None:
    timeline = Timeline.by_minute()
    for minute in range(0, 3000, 10):
        timeline.add_time(datetime(2026, 11, 24, tzinfo=UTC) + timedelta(minutes=minute), "sent")
    assert timeline.unit == "minute"
    found = {most: timeline.coarser(most) for most in (3000, 400, 40, 1)}
    assert [each.unit for each in found.values()] == ["minute", "hour", "day", "month"]
    assert {sum(map(Counter.total, each.counts.values())) for each in found.values()} == {300}
    assert Timeline().coarser(1).counts == {}
