"""Objects as Python, JavaScript and Ruby print them, and forms: the same events as in JSON."""

import json
import pprint
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Delivery, scan
from smtpreply.logs.toolkit.json_stream import parsed
from smtpreply.logs.toolkit.notations import as_json, form_as_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5) | st.lists(VALUES, max_size=5)

REASON = (
    "550 5.1.1 <bob@example.org>: it's the wrong address, {see} [the] manual, or ask the postmaster"
)
BOUNCE: dict[str, Any] = {
    "email": "bob@example.org",
    "event": "bounce",
    "sg_event_id": "e-1",
    "sg_message_id": "m-1",
    "reason": REASON,
    "status": "5.1.1",
    "timestamp": 1764000000,
    "tls": True,
    "ip": None,
    "category": ["a", "b"],
}
OPEN = {"email": "al@example.net", "event": "open", "sg_event_id": "e-2", "timestamp": 1764000001}

NODE = """\
[
  {
    email: 'bob@example.org',
    event: 'bounce',
    sg_event_id: 'e-1',
    'sg_message_id': 'm-1',
    reason: "550 5.1.1 <bob@example.org>: it's the wrong address, {see} [the] manual, " +
      'or ask the postmaster',
    status: '5.1.1',
    timestamp: 1764000000,
    tls: true,
    ip: undefined,
    category: [ 'a', 'b' ],
    more: [Object]
  }
]"""
RUBY = (
    '{"email"=>"bob@example.org", :event=>"bounce", sg_event_id: "e-1", "sg_message_id" => "m-1", '
    f'"reason"=>"{REASON}", "status"=>"5.1.1", "timestamp"=>1764000000, "ip"=>nil}}'
)
COMMENTED = f"""\
[
  {{ // a bounce, of "yesterday"
    "email": "bob@example.org", "event": "bounce", "sg_event_id": "e-1", "sg_message_id": "m-1",
    /* the reply */ "reason": "{REASON}",
    "status": "5.1.1", # the enhanced status
    "timestamp": 1764000000,
  }},
]"""


LINE = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: 7C21A0042: to=<al@example.net>, relay=none, delay=1, "
    "delays=0/0/1/0, dsn=5.4.4, status=bounced (Host not found)"
)


def read(text: str) -> list[Delivery]:
    return list(scan(text.split("\n")))


def fields(delivery: Delivery) -> tuple[Any, ...]:
    return (delivery.mta, delivery.recipient, delivery.status, delivery.text, delivery.time)


@pytest.mark.parametrize(
    "text",
    [
        repr(BOUNCE),
        repr([OPEN, BOUNCE]),
        pprint.pformat(BOUNCE),
        pprint.pformat([OPEN, BOUNCE]),
        pprint.pformat([BOUNCE, OPEN], width=40),
        NODE,
        NODE.removeprefix("[\n").removesuffix("\n]"),
        " ".join(NODE.split()),
        RUBY,
        COMMENTED,
        "[" + COMMENTED.strip("[]") + ",]",
        urlencode({name: value for name, value in BOUNCE.items() if isinstance(value, str | int)}),
        json.dumps({"httpMethod": "POST", "body": json.dumps([BOUNCE])}),
        json.dumps(
            {"routeKey": "POST /", "body": urlencode({"mandrill_events": "[]"} | OPEN | BOUNCE)}
        ),
    ],
)
def test_an_event_is_the_same_in_any_notation(text: str) -> None:
    [whole] = read(json.dumps(BOUNCE))
    assert [fields(each) for each in read(text)] == [fields(whole)]


def test_a_log_after_a_document_in_another_notation_is_read() -> None:
    run = scan([*pprint.pformat(BOUNCE).split("\n"), LINE, *NODE.split("\n"), LINE])
    assert [each.recipient for each in run] == ["bob@example.org", "al@example.net"] * 2
    assert run.coverage.known == run.coverage.understood == 4


def test_a_document_that_is_cut_off_is_reported_and_ends_at_the_next_log_line() -> None:
    run = scan([*pprint.pformat(BOUNCE).split("\n")[:4], LINE])
    assert [each.recipient for each in run] == ["al@example.net"]
    assert any("never closed" in problem for problem in run.coverage.problems)


@pytest.mark.parametrize(
    "line",
    [
        f"login failed for user {BOUNCE}",
        f"GET /?q={urlencode(OPEN | {'event': 'bounce', 'reason': '550 x'})} 404",
        f"sshd[42]: Invalid user {BOUNCE} from 192.0.2.1",
    ],
)
def test_what_a_stranger_put_into_another_line_is_no_event(line: str) -> None:
    assert read(line) == []


@given(OBJECTS)
def test_python_s_notation_is_that_of_its_repr(value: Any) -> None:
    """A JSON value is read from what Python prints of it, in any layout."""
    for text in (repr(value), pprint.pformat(value, width=30), json.dumps(value, indent=1)):
        written = as_json(text)
        assert written is not None
        assert json.loads(written) == value


@given(st.dictionaries(st.from_regex(r"[a-z_-]{1,10}", fullmatch=True), st.text(), min_size=1))
def test_a_form_has_the_values_that_were_posted(fields: dict[str, str]) -> None:
    """A form that a browser posts gives its texts, but for those that are JSON themselves."""
    written = form_as_json(urlencode(fields))
    assert written is not None
    values = {
        name: value if parsed(value) is None else parsed(value) for name, value in fields.items()
    }
    assert json.loads(written) == values


@given(st.text(alphabet="{}[]()'\"`\\,:+=#/*ax1 \n>.-"))
def test_any_text_is_a_value_or_none(text: str) -> None:
    """The answer is JSON or nothing, and no error, whatever is written."""
    written = as_json(text)
    assert written is None or json.loads(written) is not None
    form_as_json(text)


@pytest.mark.parametrize(
    "unit", ["[", "{'a':", "('", "'a' ", "f(", "/*", "#", "[{'a':1},", "'\\", "a=b&", "a.b(", "-"]
)
def test_any_length_is_read_in_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    as_json(text)
    as_json("{'a': " + text)
    form_as_json(text)
    assert time.process_time() - start < 5
