"""The forward path of a 251 or a 551."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given

from smtpreply import Reply, parse
from smtpreply.payloads.forwarding import ForwardPath, forward_path_of
from smtpreply.testing import replies

BOB = ForwardPath("bob", "example.org")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("251 User not local; will forward to <bob@example.org>", BOB),
        ("251 2.1.5 User not local; will forward to <bob@example.org>", BOB),
        ("551 User not local; please try <bob@example.org>", BOB),
        ("551 5.1.6 User not local; please try <bob@example.org>.", BOB),
        # Sendmail's REDIRECT: the old path comes first.
        ("551 5.1.6 <old@example.com>... User has moved; please try <bob@example.org>", BOB),
        ("551 5.1.6 User has moved to <bob@example.org>", BOB),
        ("551 Address is now at: <bob@example.org>", BOB),
        ("551-5.1.6 User not local;\r\n551 5.1.6 please try <bob@example.org>", BOB),
        ("551-5.1.6 User not local; please try\r\n551 5.1.6 <bob@example.org>", BOB),
        ("551 PLEASE TRY <bob@example.org>", BOB),
        # Bare, as RFC 788 had no brackets in its text.
        ("551 User not local; please try bob@example.org", BOB),
        ("551 User not local; please try bob@example.org.", BOB),
        ("251 will forward to (bob@example.org), thanks", BOB),
        ("551 old@example.com: please try bob@example.org", BOB),
        # Odd mailboxes.
        ('551 try <"bob b.>@"@example.org>', ForwardPath('"bob b.>@"', "example.org")),
        (r'551 try <"b\"ob"@example.org>', ForwardPath(r'"b\"ob"', "example.org")),
        ("551 try <bob+tag/x=y@[192.0.2.1]>", ForwardPath("bob+tag/x=y", "[192.0.2.1]")),
        ("551 try <bob@[IPv6:2001:db8::1]>", ForwardPath("bob", "[IPv6:2001:db8::1]")),
        ("551 try <боб@почта.example>", ForwardPath("боб", "почта.example")),
        (
            "551 try <@relay.example,@b.example:bob@example.org>",
            ForwardPath("bob", "example.org", ("relay.example", "b.example")),
        ),
    ],
)
def test_a_forward_path_is_found(raw: str, path: ForwardPath) -> None:
    assert forward_path_of(parse(f"{raw}\r\n")) == path


@pytest.mark.parametrize(
    "raw",
    [
        "551 User not local",
        "551",
        "551 please try again",
        "551 please try <>",
        "551 please try <bob>",
        "551 please try <bob@>",
        "551 please try <@example.org>",
        "551 please try <bob@example.org",
        "551 please try <bob@exa mple.org>",
        "551 please try bob@@example.org",
        # The path that was asked for, not a new one.
        "551 5.1.1 <old@example.com>: user unknown",
        "551 5.7.1 unable to relay to <old@example.com>",
        "551 5.7.1 unable to relay to old@example.com",
        "551 retry <old@example.com>",
        "251 2.1.5 <old@example.com> ok",
    ],
)
def test_no_forward_path_is_made_up(raw: str) -> None:
    assert forward_path_of(parse(f"{raw}\r\n")) is None


@pytest.mark.parametrize("code", [250, 252, 450, 550, 553])
def test_only_a_251_and_a_551_name_a_forward_path(code: int) -> None:
    assert forward_path_of(Reply(code, ["User not local; please try <bob@example.org>"])) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (BOB, "<bob@example.org>"),
        (ForwardPath("bob", "example.org", ("a.example", "b")), "<@a.example,@b:bob@example.org>"),
    ],
)
def test_a_path_prints_as_it_is_sent(path: ForwardPath, text: str) -> None:
    assert str(path) == text
    assert path.mailbox == "bob@example.org"
    assert forward_path_of(Reply(551, [f"User not local; please try {text}"])) == path


def test_a_path_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(BOB)) == BOB
    assert len({BOB, ForwardPath("bob", "example.org")}) == 1


@given(replies())
def test_any_reply_names_a_path_that_stands_in_it_or_none(reply: Reply) -> None:
    """A mailbox is never changed and never made up."""
    path = forward_path_of(reply)
    assert path is None or path.mailbox in " ".join(reply.lines)


@pytest.mark.parametrize(
    "unit", ["<", "<a", "a@", '<"', '<"a', '<"\\', '\\<"', "<@a,", "try <a", "a", '"', "try a@b@ "]
)
def test_a_long_text_is_read_all_the_same(unit: str) -> None:
    end = '"; please try <bob@example.org>'
    without, with_path = (Reply(551, [unit * 100_000 + text]) for text in ("", end))
    assert forward_path_of(without) is None  # quadratic time would be minutes
    assert forward_path_of(with_path) == BOB
