"""Events as such: the lines, lists, documents and wrappings that bring them, and hostile ones."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smtpreply.logs import Delivery, ReplyBy, known_formats, scan
from smtpreply.logs.toolkit.json_events import Event, reply_fields, with_code
from smtpreply.logs.toolkit.json_stream import ObjectsOverLines, begins_objects, parsed
from smtpreply.logs.toolkit.timestamps import time_of

DATA = Path(__file__).parents[2] / "data" / "logs"
SERVICES = sorted(path.stem for path in DATA.glob("*.jsonl") if path.stem in known_formats())


def event(reason: str = "550 5.1.1 No such user", **more: Any) -> dict[str, Any]:
    return {
        "email": "bob@example.org",
        "timestamp": 1764000042,
        "event": "bounce",
        "sg_event_id": "c2dfZXZlbnRfaWQ",
        "reason": reason,
        **more,
    }


def texts(*lines: str, **options: Any) -> list[str | None]:
    return [delivery.text for delivery in scan(list(lines), **options)]


def document(*events: Any, indent: int | str | None = 2) -> list[str]:
    return json.dumps(list(events), indent=indent).split("\n")


# --- what brings events --------------------------------------------------------------------


def test_events_come_one_a_line_or_in_a_list_on_a_line() -> None:
    one, two = json.dumps(event("550 a")), json.dumps([event("550 b"), event("550 c")])
    deliveries = list(scan([one, two]))
    assert [delivery.text for delivery in deliveries] == ["550 a", "550 b", "550 c"]
    assert [delivery.line for delivery in deliveries] == [1, 2, 2]


def test_events_stand_one_after_the_other_on_a_line() -> None:
    assert texts(json.dumps(event("550 a")) + json.dumps(event("550 b"))) == ["550 a", "550 b"]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda text: json.dumps({"log": text + "\n", "stream": "stdout", "time": "2025-11-24"}),
        lambda text: json.dumps({"timestamp": 1764000043000, "message": text}),
        lambda text: json.dumps({"timestamp": 1, "message": json.dumps({"log": text})}),
        lambda text: json.dumps({"MESSAGE": text, "_HOSTNAME": "a", "SYSLOG_IDENTIFIER": "hook"}),
        lambda text: json.dumps({"events": [{"timestamp": 1764000043000, "message": text}]}),
        lambda text: f"2025-11-24T16:00:43.1Z stdout F {text}",
        lambda text: f"hook-1  | {text}",
        lambda text: f"Nov 24 16:00:43 mx hook[7]: {text}",
        lambda text: f"<22>1 2025-11-24T16:00:43Z mx hook 7 - - {text}",
        lambda text: f"hook[7]: {text}",
        lambda text: f"\ufeff{text}",
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_events_come_in_wrappings(wrapped: Any, listed: bool) -> None:
    value: Any = [event()] if listed else event()
    [delivery] = scan([wrapped(json.dumps(value))])
    assert (delivery.mta, delivery.text) == ("sendgrid", "550 5.1.1 No such user")
    assert delivery.time is not None
    assert delivery.time.isoformat() == "2025-11-24T16:00:42+00:00"


def test_an_event_with_a_message_of_its_own_is_no_wrapping() -> None:
    assert texts(json.dumps(event("550 a", message="hello"))) == ["550 a"]
    assert texts(json.dumps(event("550 a", log="2025-11-24T16:00:43Z stdout F x"))) == ["550 a"]


def test_a_program_that_is_a_mail_server_logs_no_events_of_others() -> None:
    assert texts(f"Nov 24 16:00:43 mx postfix/smtp[7]: {json.dumps(event())}") == []


@pytest.mark.parametrize("indent", [0, 1, 2, 4, "\t"])
def test_a_list_may_go_over_lines(indent: int | str) -> None:
    lines = document(event("550 a"), event("550 b", args={"x": [1, {"y": "}]"}]}), indent=indent)
    run = scan(lines)
    deliveries = list(run)
    assert [delivery.text for delivery in deliveries] == ["550 a", "550 b"]
    assert [delivery.line for delivery in deliveries] == [2, 9]
    assert run.coverage.understood == run.coverage.lines == len(lines)


def test_a_list_may_have_an_event_a_line() -> None:
    lines = ["[", json.dumps(event("550 a")) + ",", json.dumps(event("550 b")), "]"]
    run = scan(lines)
    assert [(delivery.text, delivery.line) for delivery in run] == [("550 a", 2), ("550 b", 3)]
    assert run.coverage.understood == 4


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_says_on_a_line_it_says_over_lines(service: str) -> None:
    for line in (DATA / f"{service}.jsonl").read_text(encoding="utf-8").splitlines():
        whole = list(scan([line]))
        parted = list(scan(json.dumps(json.loads(line), indent=2).split("\n")))
        assert {one.mta for one in parted} <= {service}
        assert [(one.text, one.recipient, one.reply_by) for one in parted] == [
            (one.text, one.recipient, one.reply_by) for one in whole
        ]


def test_objects_over_lines_stand_one_after_the_other() -> None:
    lines = [
        line for name in "abc" for line in json.dumps(event(f"550 {name}"), indent=2).split("\n")
    ]
    assert texts(*lines) == ["550 a", "550 b", "550 c"]


def test_an_object_that_was_cut_off_takes_only_itself_with_it() -> None:
    cut = json.dumps(event("550 cut"), indent=2).split("\n")[:-2]
    assert texts(*cut, *json.dumps(event("550 a"), indent=2).split("\n")) == ["550 a"]
    assert texts(*cut, json.dumps(event("550 a")), json.dumps(event("550 b"))) == ["550 a", "550 b"]
    log = [json.dumps(event("550 cut"))[:-9], json.dumps(event("550 a"))]
    assert texts(*log, format="sendgrid") == texts(*log) == ["550 a"]


def test_a_source_that_ends_in_an_object_does_not_go_on_in_the_next(tmp_path: Path) -> None:
    whole = json.dumps([event("550 a"), event("550 b")], indent=2)
    (tmp_path / "1.json").write_text(whole[: whole.rindex("550 b")], encoding="utf-8")
    (tmp_path / "2.json").write_text(whole, encoding="utf-8")
    deliveries = list(scan(tmp_path))
    assert [delivery.text for delivery in deliveries] == ["550 a", "550 a", "550 b"]
    assert deliveries[-1].source == str(tmp_path / "2.json")


def test_an_object_that_is_not_read_to_its_end_is_a_problem(tmp_path: Path) -> None:
    whole = json.dumps([event("550 a"), event("550 b")], indent=2)
    path = tmp_path / "1.json"
    path.write_text(whole[: whole.rindex("550 b")], encoding="utf-8")
    run = scan(path)
    assert len(list(run)) == 1
    begun = whole[: whole.rindex(" {")].count("\n") + 1
    assert run.coverage.problems == [f"{path}:{begun}: an object that is never closed"]
    cut = json.dumps(event("550 cut"), indent=2).split("\n")[:-2]
    run = scan([*cut, json.dumps(event("550 a"))])
    assert len(list(run)) == 1
    assert run.coverage.problems == ["line:1: an object that is never closed"]


def test_an_object_that_is_too_long_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.logs.toolkit.json_stream._LONGEST", 200)
    lines = json.dumps([event("550 " + "x" * 300), event("550 a")], indent=2).split("\n")
    run = scan(lines)
    assert [delivery.text for delivery in run] == ["550 a"]
    assert run.coverage.problems == ["line:2: an object of more than 200 characters"]


def test_objects_of_others_in_a_list_are_not_understood() -> None:
    run = scan(document({"a": 1}, event("550 a")), format="sendgrid")
    assert [delivery.text for delivery in run] == ["550 a"]
    assert run.coverage.lines - run.coverage.understood == 1  # the line that ends the first


@pytest.mark.parametrize("line", ["{}{", "{} {]", "{}{}x", "[{}]{}", '{"a": 1} {"b": }'])
def test_what_stands_after_an_object_may_be_none(line: str) -> None:
    assert scan_all(line, line, format="sendgrid").coverage.understood == 0


def test_lines_that_are_no_json_are_not_understood() -> None:
    run = scan(["hello {", json.dumps(event("550 a")), "]}", "", "{", '"a": 1'], format="sendgrid")
    assert [delivery.text for delivery in run] == ["550 a"]
    assert run.coverage.understood < run.coverage.known == 5


def test_an_object_of_any_size_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpreply.logs.toolkit.json_stream._LONGEST", 5000)
    lines = document(event("550 a"), event("550 x", args=["y" * 99] * 99), event("550 b"))
    run = scan(lines)
    assert [delivery.text for delivery in run] == ["550 a", "550 b"]


def test_memory_is_bounded_whatever_the_size_of_a_list() -> None:
    def lines() -> Iterator[str]:
        yield from ("{", ' "items": [')
        for number in range(1000):
            yield from json.dumps(event(f"550 {number}", args="x" * 500), indent=2).split("\n")
            yield ","
        yield from ("{}", "]", "}")

    next(scan(lines(), format="sendgrid"))  # with the modules that are loaded once
    tracemalloc.start()
    try:
        count = sum(1 for _ in scan(lines(), format="sendgrid"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1000  # of 700 kB
    assert peak < 300_000


def test_the_sides_of_a_wrapper_are_no_events() -> None:
    wrapper = {"total": 1, "paging": {"next": [event("550 x")]}, "items": [event("550 a")]}
    for value in (wrapper, dict(reversed(wrapper.items()))):
        assert texts(*json.dumps(value, indent=1).split("\n"), format="sendgrid") == ["550 a"]


# --- what looks like events, and is not -----------------------------------------------------


def test_an_event_is_not_looked_into_for_others() -> None:
    forged = [event("250 forged")]
    bearing = event("550 a", items=forged, events=forged, args={"items": forged}, message="{}")
    assert texts(json.dumps(bearing)) == ["550 a"]
    assert texts(*document(bearing)) == ["550 a"]


@pytest.mark.parametrize(
    ("records", "body", "receipt"),
    [("Records", "body", "receiptHandle"), ("Messages", "Body", "ReceiptHandle")],
)
def test_the_messages_of_a_queue_hold_events_as_strings(
    records: str, body: str, receipt: str
) -> None:
    """Amazon SQS, as Lambda and as the command line have it."""
    held = {records: [{body: json.dumps([event("550 a"), event("550 b")]), receipt: "AQ"}] * 2}
    assert texts(json.dumps(held)) == ["550 a", "550 b"] * 2
    assert texts(*json.dumps(held, indent=4).split("\n")) == ["550 a", "550 b"] * 2


def test_a_reply_cannot_play_events_or_fields() -> None:
    evil = '550 "}], {"event": "delivered", "reason": "250 ok", \\u0022status\\u0022: "2.0.0"'
    assert texts(json.dumps(event(evil))) == [evil]
    assert texts(*document(event(evil), event("550 b"))) == [evil, "550 b"]


@pytest.mark.parametrize(
    "line",
    [
        "[NOTICE] [A51BD432.1] [core] disconnect ip=127.0.0.1",
        '{"level": "info", "msg": "delivered", "event": "x"}',
        '{"event": "bounce", "email": "bob@example.org", "reason": "550 a"}',
        '{"type": "Delivery", "response": {"code": 250}}',
        '{"Records": [{"eventVersion": "1.08", "eventType": "AwsApiCall", "eventSource": "s3"}]}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"msys": 7}',
        "{}",
        "[]",
        "[[[]]]",
        "null",
        '"x"',
        '{"created": true, "email": "a", "reason": "b", "status": "c"}',
        '{"type": "email.bounced", "data": "550"}',
        '{"event": "MessageSent", "payload": "550 a"}',
    ],
)
def test_what_is_no_certain_event_is_of_no_format(line: str) -> None:
    assert scan_all(line).coverage.known == 0


def scan_all(*lines: str, **options: Any) -> Any:
    run = scan(list(lines), **options)
    assert list(run) == []
    return run


def test_json_without_end_is_left_unread_and_does_not_hang() -> None:
    began = time.process_time()
    heads = ('{"items": ', "[", '{"event-data": ', '{"Message": "', '{"a": "\\', "{}", '[{"', '"\\')
    for head in heads:
        for line in (head * 5000, json.dumps({"event": "bounce", "msg": head * 5000})):
            for service in SERVICES:
                scan_all_of(line, service)
    assert time.process_time() - began < 30


def scan_all_of(line: str, service: str) -> list[Delivery]:
    return list(scan([line, line], format=service))


# --- the words -----------------------------------------------------------------------------

REMOTE = ReplyBy.REMOTE


@pytest.mark.parametrize(
    ("said", "text", "by"),
    [
        ("smtp; 550 5.1.1 No", "550 5.1.1 No", REMOTE),
        ("smtp;550 No", "550 No", REMOTE),
        (" SMTP ; 550-a\n550 b ", "550-a\n550 b", REMOTE),
        ("sent (250 2.0.0 Ok (really))", "250 2.0.0 Ok (really)", REMOTE),
        ("soft bounce (450 4.2.0 Busy)", "450 4.2.0 Busy", REMOTE),
        ("bounced (host a.example[192.0.2.1] said: 550 No (in reply to DATA))", "550 No", REMOTE),
        ("a.example[192.0.2.1] refused to talk to me: 554 No", "554 No", REMOTE),
        ("550 a\r\n550 b\r\n", "550-a\n550 b", REMOTE),
        ("550 a\nb", "550 a\nb", REMOTE),
        ("deferred (connect to a.example: timed out)", "connect to a.example: timed out", None),
        ("x-unix; 550 a", "x-unix; 550 a", None),
        ("5.1.1 No such user", "5.1.1 No such user", None),
        ("5501 messages", "5501 messages", None),
        ("host a[1] said: hello", "host a[1] said: hello", None),
        ("smtp;", None, None),
        ("", None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_words_are_a_reply_where_they_begin_as_one(
    said: str | None, text: str | None, by: ReplyBy | None
) -> None:
    told = reply_fields(said)
    assert (told["text"], told["reply_by"]) == (text, by)


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        ("No", 550, "550 No"),
        ("5.1.1 a\n5.1.1 b", 550, "550-5.1.1 a\n550 5.1.1 b"),
        ("550 5.1.1 No", 550, "550 5.1.1 No"),
        ("bounced (550 No)", 550, "550 No"),
        ("", 421, "421"),
        ("No", 605, "No"),
    ],
)
def test_a_code_is_put_back_once(said: str, code: int, text: str) -> None:
    assert reply_fields(said, code=code)["text"] == text


def test_a_code_that_smtp_has_not_is_not_put_back() -> None:
    assert with_code(600, "a") == with_code(None, "a") == "a"


@pytest.mark.parametrize(
    "value",
    [None, True, "", "x", "nan", "inf", "1e999", 1e300, -1e300, 10**400, "²", [], {}, "2025-99-99"],
)
def test_a_time_that_is_none_is_none(value: object) -> None:
    assert time_of(value) is None


def test_members_of_another_type_are_as_good_as_none() -> None:
    odd = Event({"a": [1, {"b": "c"}], "n": "7" * 99, "t": True, "s": "\ud800", "m": {"x": 5}})
    assert (odd.text("a"), odd.number("n"), odd.number("t"), odd.text("m")) == (None,) * 4
    assert (odd.name("m", "x"), odd.seconds("m", "x"), odd.texts("m")) == ("5", 0.005, [])
    assert odd.part("a").members == {}
    assert [part.text("b") for part in odd.parts("a")] == ["c"]
    (odd.text("s") or "").encode("utf-8", "surrogateescape")


# --- objects over lines --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        (["["], True),
        (["", "  [ {"], True),
        (["{"], True),
        (['{ "a": ['], True),
        (['{"a": 1}'], False),
        (["[]"], False),
        (["[2025-11-24 a"], False),
        (["{a"], False),
        ([], False),
        ([""], False),
    ],
)
def test_objects_over_lines_begin_with_a_bracket_that_stays_open(
    head: list[str], begins: bool
) -> None:
    assert begins_objects(head) is begins


_SCALARS = st.sampled_from(
    [
        None,
        True,
        0,
        -1.5,
        7,
        "",
        "a",
        "}",
        "]",
        "{",
        "[",
        '"',
        "\\",
        '\\"}',
        "é",
        "\u2028",
        "\ud800",
    ]
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "events", "items", "{", "]"]), inner, max_size=2),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), _JSON, max_size=3), max_size=5),
    st.sampled_from([None, 0, 1, 2, "\t"]),
)
def test_objects_are_found_however_they_are_printed(objects: list[Any], indent: Any) -> None:
    """The objects of a list come back, each as it was, with the line that it begins in."""
    lines = json.dumps(objects, indent=indent).split("\n")
    document = ObjectsOverLines()
    found = [ended for number, line in enumerate(lines, 1) for ended in document.feed(line, number)]
    assert [json.dumps(parsed(text)) for _, text in found] == [json.dumps(each) for each in objects]
    assert all(lines[number - 1].lstrip(" \t,[").startswith("{") for number, _ in found)
    assert not document.under_way


# --- hostile events ------------------------------------------------------------------------

_SAMPLES = [
    (service, json.loads(line))
    for service in SERVICES
    for line in (DATA / f"{service}.jsonl").read_text(encoding="utf-8").splitlines()
]
_ODD = st.one_of(
    _JSON, st.sampled_from([10**400, "550 " + "a" * 99, "\ud800", "9" * 5000, -1, 1e999])
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return the containers and keys of all that a value holds."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            found += _places(inner)
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a loaded machine
@given(st.data())
def test_any_member_may_be_anything(data: st.DataObject) -> None:
    """An event with members of any type is read or counted, and never raises."""
    service, sample = data.draw(st.sampled_from(_SAMPLES))
    changed = json.loads(json.dumps(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(changed)
        if places:
            holder, key = data.draw(st.sampled_from(places))
            holder[key] = data.draw(_ODD)
    for name in (None, service):
        run = scan([json.dumps(changed)], format=name)
        for delivery in run:
            json.dumps(delivery.to_dict()).encode()
            (delivery.text or "").encode("utf-8", "surrogateescape")
            assert delivery.verdict is None or delivery.verdict.reason
        # Each item of a list of which no format knows any counts as a line.
        assert run.coverage.lines in (1, len(changed) if isinstance(changed, list) else 1)


@settings(deadline=None)
@given(st.sampled_from(_SAMPLES), st.integers(0, 4000), st.text(max_size=20))
def test_any_text_after_a_head_is_read_or_counted(
    sample: tuple[str, Any], place: int, text: str
) -> None:
    """A line that is cut anywhere, with anything behind, neither raises nor is lost."""
    service, value = sample
    line = (json.dumps(value)[:place] + text).replace("\n", " ")
    run = scan([line, json.dumps(value)], format=service)
    assert len(list(run)) >= 0
    assert run.coverage.known >= run.coverage.understood


@pytest.mark.parametrize("other", [{"toy_event": "bounced"}, event() | {"event": "bounce_v2"}, 7])
def test_an_event_in_a_list_is_not_lost_beside_one_that_is_read(other: Any) -> None:
    run = scan([json.dumps([event(), other])])
    assert [delivery.text for delivery in run] == ["550 5.1.1 No such user"]
    assert (run.coverage.known, run.coverage.understood) == (1, 0)
    assert len(run.coverage.shapes) == 1


def test_a_list_of_events_that_are_all_read_is_understood() -> None:
    run = scan([json.dumps([event(), event()])])
    assert len(list(run)) == 2
    assert (run.coverage.understood, len(run.coverage.shapes)) == (1, 0)


UNKNOWN = event() | {"event": "bounce_v2"}
OF_ANOTHER = json.loads((DATA / "resend.jsonl").read_text(encoding="utf-8").splitlines()[0])


@pytest.mark.parametrize(
    "value",
    [
        [event(), UNKNOWN, {"toy": 1}],
        {"events": [event(), UNKNOWN, OF_ANOTHER]},
        [{"items": [UNKNOWN, event()]}, OF_ANOTHER],
        [event(), event() | {"event": 7}, 7],
    ],
)
def test_each_event_that_nobody_reads_is_a_shape_of_its_line(value: Any) -> None:
    run = scan([json.dumps(value)], format="sendgrid")
    assert len(list(run)) == 1
    assert (run.coverage.known, run.coverage.understood) == (1, 0)
    assert run.coverage.shapes.total() == 2


def test_objects_that_end_in_one_line_are_not_lost_beside_one_that_is_read() -> None:
    lines = ["[", " {", '  "toy": 1', f" }}, {json.dumps(event())}", "]"]
    run = scan(lines, format="sendgrid")
    assert len(list(run)) == 1
    assert run.coverage.known - run.coverage.understood == 1
    assert run.coverage.shapes.total() == 1


def test_two_services_in_one_list_are_not_read_as_one() -> None:
    run = scan([json.dumps([event(), OF_ANOTHER])])
    assert [delivery.mta for delivery in run] in (["sendgrid"], ["resend"])
    assert (run.coverage.understood, run.coverage.shapes.total()) == (0, 1)
