"""Pseudonyms are stable, tell nothing, and leave what is nobody's name."""

from __future__ import annotations

import ipaddress
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply.logs import Delivery, ReplyBy
from smtpreply.summary.pseudonyms import Pseudonyms

NAMES = Pseudonyms(b"key")


def test_they_are_the_same_for_the_same_key_only() -> None:
    assert NAMES.address("bob@example.org") == Pseudonyms(b"key").address("bob@example.org")
    assert NAMES.address("bob@example.org") != Pseudonyms(b"other").address("bob@example.org")
    assert Pseudonyms().host("mx.example.org") != Pseudonyms().host("mx.example.org")


def test_a_domain_is_the_same_in_an_address_and_alone() -> None:
    assert NAMES.address("bob@example.org").endswith(f"@{NAMES.host('example.org')}")
    assert NAMES.host("Example.ORG.") == NAMES.host("example.org")


@pytest.mark.parametrize("name", ["", "none", "local", "unknown", "localhost"])
def test_what_names_nobody_stays(name: str) -> None:
    assert NAMES.host(name) == name


@given(st.ip_addresses())
def test_an_ip_stays_an_ip_of_its_kind(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """A pseudonym of an address is one, in a private network, and always the same."""
    made = ipaddress.ip_address(NAMES.ip(str(ip)))
    assert made.version == ip.version
    assert made.is_private or ip.is_loopback
    assert NAMES.ip(str(ip)) == str(made)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <bob@example.org>: user bob unknown",
        "554 Client host [192.0.2.9] blocked, see https://example.org/q?bob@example.org&ip=192.0.2.9",
        "550 blocked using x; https://www.example.org/query/ip/192.0.2.9; http://example.org/bob/",
        "550 5.7.1 see http://192.0.2.9/?u=bob@example.org or https://bob@mx.example.org:8080/a b",
        "host mx.example.org[192.0.2.9] said: 450 try again, bob",
        '550 "a b"@example.org and bob@example.org are unknown',
        "550 2001:db8::9 has no PTR; mail for bob is refused by mx.example.org.",
    ],
)
def test_a_text_names_nobody_and_says_the_same(text: str) -> None:
    made = NAMES.text(text, "bob@example.org", '"a b"@example.org')
    for word in ("bob", "a b", "example.org", "192.0.2.9", "2001:db8::9"):
        assert word not in made
    assert made[:3] == text[:3]


@given(st.text(max_size=100), st.text(max_size=20), st.text(max_size=20))
def test_any_text_has_pseudonyms(text: str, sender: str, recipient: str) -> None:
    """Whatever a log holds, it does not raise."""
    assert isinstance(NAMES.text(text, sender, recipient), str)
    assert isinstance(NAMES.address(sender), str)
    assert isinstance(NAMES.host_or_ip(recipient), str)


def test_a_delivery_names_nobody() -> None:
    delivery = Delivery(
        mta="postfix",
        host="mx1",
        sender="al@example.com",
        recipient="bob@example.org",
        relay_host="mx.example.org",
        relay_ip="192.0.2.1",
        text="550 5.1.1 <bob@example.org>: no user bob, al",
        reply_by=ReplyBy.REMOTE,
        source="/var/log/example.org.log",
    )
    made = NAMES.delivery(delivery)
    shown = str(made.to_dict())
    for word in ("bob", "al@", "example.org", "example.com", "192.0.2.1", "mx1"):
        assert word not in shown
    assert made.reply is not None
    assert (made.reply.code, str(made.reply.enhanced)) == (550, "5.1.1")
    assert made.orig_recipient is None


@pytest.mark.parametrize("text", ["bob@example.org://host", "see bob://x", "mx.example.org://a b"])
def test_what_stands_where_a_scheme_does_is_hidden(text: str) -> None:
    shown = Pseudonyms(b"key").text(text)
    assert not any(word in shown for word in ("bob", "example.org", "mx"))


@pytest.mark.parametrize("letter", ["a", "0", "é"])
def test_a_long_word_takes_time_in_proportion_to_its_length(letter: str) -> None:
    names = Pseudonyms(b"key")
    names.text("a word")  # the vocabulary is loaded once
    start = time.process_time()
    names.text(letter * 500_000)
    assert time.process_time() - start < 5
