"""The verdict of a delivery: its words, and what the log says beside them."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from smtpreply import EnhancedStatus, Verdict
from smtpreply.logs import Delivery, Direction, ReplyBy, Status, scan
from smtpreply.logs.delivery import delivery_of, with_changes
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in

NO_NAME = "Host or domain name not found. Name service error for name=mx.example.org type=MX: "


def verdict(
    text: str,
    status: Status | None = None,
    dsn: str | None = None,
    direction: Direction | None = Direction.OUTGOING,
    reply_by: ReplyBy | None = None,
) -> Verdict:
    delivery = Delivery(
        mta="postfix",
        text=text,
        status=status,
        dsn=None if dsn is None else EnhancedStatus.parse(dsn),
        direction=direction,
        reply_by=reply_by,
    )
    found = delivery.verdict
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "status", "dsn", "expected"),
    [
        (f"{NO_NAME}Host not found", Status.DEFERRED, "4.4.3", ("network_error", "retry", False)),
        (f"{NO_NAME}Host not found", Status.BOUNCED, "5.4.4", ("unknown_domain", "stop", True)),
        ("unknown user: bob", Status.DEFERRED, "4.1.1", ("unknown_recipient", "retry", False)),
        ("unknown user: bob", Status.BOUNCED, "5.1.1", ("unknown_recipient", "stop", True)),
        ("TLS is required, but was not offered", Status.DEFERRED, "4.7.4", ("tls", "retry", False)),
        ("Command died with status 89", Status.BOUNCED, "5.3.0", ("system_error", "stop", False)),
        ("Connection timed out", Status.EXPIRED, "4.4.1", ("network_error", "stop", False)),
        ("delivered to mailbox", Status.SENT, "2.0.0", ("accepted", "delivered", False)),
        ("Delivered", Status.SENT, None, ("accepted", "delivered", False)),
        ("Connection timed out", None, None, ("network_error", "retry", False)),
    ],
)
def test_the_status_of_a_log_bounds_what_to_do(
    text: str, status: Status | None, dsn: str | None, expected: tuple[str, str, bool]
) -> None:
    found = verdict(text, status, dsn)
    assert (found.reason.value, found.disposition.value, found.suppress) == expected


def test_a_positive_reply_is_not_the_last_word_on_a_message_that_came_back() -> None:
    for status in (Status.DEFERRED, Status.BOUNCED, Status.EXPIRED):
        found = verdict("250 2.1.5 Ok", status, reply_by=ReplyBy.REMOTE)
        assert found.reason.value != "accepted"
    assert verdict("250 2.1.5 Ok", Status.SENT, reply_by=ReplyBy.REMOTE).reason == "accepted"


def test_a_refusal_is_no_acceptance_even_where_the_log_says_sent() -> None:
    found = verdict("550 5.1.1 No such user", Status.SENT, reply_by=ReplyBy.REMOTE)
    assert found.reason == "unknown_recipient"
    assert not found.suppress


@pytest.mark.parametrize("status", [Status.REJECTED, Status.BOUNCED])
def test_what_our_own_server_refused_is_on_no_list_of_ours(status: Status) -> None:
    text = "550 5.1.1 <bob@example.org>: User unknown in local recipient table"
    found = verdict(text, status, None, Direction.INCOMING, ReplyBy.OWN)
    assert (found.reason.value, found.disposition.value) == ("unknown_recipient", "stop")
    assert not found.suppress


def test_replies_to_several_recipients_leave_open_which_is_this_ones() -> None:
    text = "{'ann@example.org': (550, b'5.1.1 No'), 'bob@example.org': (452, b'4.2.2 Full')}"
    found = verdict(text, Status.DEFERRED)
    assert (found.reason.value, found.suppress) == ("unknown", False)


def test_lines_of_one_text_and_different_statuses_are_judged_apart() -> None:
    head = "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, relay=none, "
    lines = [
        f"{head}delay=1, delays=0/0/1/0, dsn={dsn}, status={status} ({NO_NAME}Host not found)\n"
        for dsn, status in (("4.4.3", "deferred"), ("5.4.4", "bounced"))
    ]
    one_by_one = [delivery.verdict for delivery in scan(lines)]
    assert [each and each.reason.value for each in one_by_one] == [
        "network_error",
        "unknown_domain",
    ]


def suppresses(text: str, **fields: Any) -> bool:
    delivery = Delivery(
        mta="postfix",
        status=Status.BOUNCED,
        direction=Direction.OUTGOING,
        text=text,
        **{"recipient": "bob+news@lists.example.org", **fields},
    )
    found = delivery.verdict
    assert found is not None
    assert found.bounce_type == ("hard" if found.suppress else "soft")
    return found.suppress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 <bob+news@lists.example.org>: Recipient address rejected: User unknown", True),
        ("550 5.1.1 <BOB@lists.example.org>... User unknown", True),
        ("550 5.1.1 <robert@example.org>: Recipient address rejected: User unknown", True),
        ("550 5.1.1 No such user bob@lists.example.org", True),
        ("550 5.1.1 No such user here, contact postmaster@example.com", True),
        ("550 5.1.1 User unknown, see https://example.com/?to=ann@example.com", True),
        ("550-5.1.1 No such user here. Questions:\n550 5.1.1 postmaster@example.com", True),
        ("550 5.1.1 User unknown", True),
        ("550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown", False),
        ("550 5.1.1 <ann@example.com>... User unknown", False),
        ("550 <ann@example.com> User unknown", False),
        ("550 5.1.1 ann@example.com: user unknown", False),
        ("550 5.1.1 No such user ann@example.com", False),
        ("550 5.1.1 User unknown: ann@example.com", False),
        ("550 5.1.1 Recipient <ann@example.com> does not exist", False),
        ("550-5.1.1 mx.example.org says\n550 5.1.1 <ann@example.com>: User unknown", False),
    ],
)
def test_a_refusal_of_another_address_does_not_suppress(text: str, expected: bool) -> None:
    """A server that forwards mail may pass on what the next one said of an address there."""
    original = "robert@example.org"
    assert suppresses(text, orig_recipient=original, reply_by=ReplyBy.REMOTE) is expected


def test_the_quoted_command_is_not_the_refused_address() -> None:
    start = "SMTP error after RCPT TO:<bob+news@lists.example.org>: 550 5.1.1 "
    assert suppresses(f"{start}<bob@lists.example.org>: User unknown")
    assert not suppresses(f"{start}<ann@example.com>: User unknown")


@pytest.mark.parametrize("name", ["lists.example.org", "example.org", "lists.example.org."])
@pytest.mark.parametrize(
    "text",
    [
        "Host or domain name not found. Name service error for name={} type=A: Host not found",
        'host lookup for "{}" failed: host not found',
        "Host unknown (Name server: {}: host not found)",
        "550 5.1.2 Domain {} not found",
        "550 5.1.2 {}: Domain does not exist",
    ],
)
def test_a_relay_that_does_not_resolve_does_not_suppress(text: str, name: str) -> None:
    assert suppresses(text.format(name))
    assert not suppresses(text.format("relay.example.com"))
    assert not suppresses(text.format("ample.org"))


def test_a_relay_that_the_log_names_beside_the_words_counts() -> None:
    words = "Domain does not exist"
    assert suppresses(words, relay_host="lists.example.org")
    assert not suppresses(words, relay_host="relay.example.com")
    # A server that answers speaks of the recipient's domain.
    said = f"550 5.1.2 {words}"
    assert suppresses(said, relay_host="relay.example.com", reply_by=ReplyBy.REMOTE)


def test_a_recipient_without_a_domain_is_compared_to_nothing() -> None:
    assert suppresses("550 5.1.1 <ann@example.com>: User unknown", recipient="bob")
    assert suppresses("550 5.1.2 Domain example.com not found", recipient=None)


def test_a_delivery_is_the_same_however_it_is_made() -> None:
    names = {field.name for field in attrs.fields(Delivery)}
    line = Line("", "", 7, "mail.log", None, "mx", "smtpd", 42)
    given: dict[str, Any] = {name: name for name in names - {"mta", "program", "source", "line"}}
    found = delivery_in(line, "mta", **given)
    whole = given | {"mta": "mta", "program": "smtpd", "source": "mail.log", "line": 7}
    assert found == Delivery(**whole) == delivery_of(whole)
    assert type(found) is type(delivery_of(whole)) is Delivery
    assert with_changes(found, text="x") == attrs.evolve(found, text="x")
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        found.text = "x"  # type: ignore[misc]
    assert delivery_in(line, "mta") == Delivery(
        mta="mta", host="mx", program="smtpd", source="mail.log", line=7
    )
