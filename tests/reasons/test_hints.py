"""Hints in a text besides its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpreply import template
from smtpreply.reasons.blocklists import blocklists, listing_in
from smtpreply.reasons.hints import retry_after
from smtpreply.reasons.providers import providers
from smtpreply.reasons.tokens import Kind, tokens


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 5 minutes", 300),
        ("Greylisted for 300 seconds", 300),
        ("Greylisting in action, please come back in 00:04:59", 299),
        ("retry in 04:59", 299),
        ("please wait 1 hour", 3600),
        ("please retry in an hour", 3600),
        ("come back later, in about ten minutes", 600),
        ("try again after 2 days", 172800),
        ("Bitte in 5 Minuten erneut versuchen", 300),
        ("повторите попытку через 15 минут", 900),
        ("retry after 30s please", 30),
        ("请在 5 分钟 后重试 again", 300),
        ("421 retry in 1,500 seconds", 1500),
        ("wait 1.5 hours", 5400),
        ("bitte 1,5 Stunden warten", 5400),
        ("retry in 1.500 seconds", None),
        ("retry in 99999999999999999 seconds", None),
        ("limit of 100 messages per hour", None),
        ("message is 3 days old", None),
        ("try again later", None),
        ("try again in 0 seconds", None),
        ("try again in 999999 days", None),
        ("", None),
    ],
)
def test_how_long_to_wait(text: str, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<bob@example.com>", [(Kind.ADDRESS, "bob@example.com")]),
        ("to:bob@example.com;", [(Kind.ADDRESS, "bob@example.com")]),
        ("[192.0.2.1]", [(Kind.IP, "192.0.2.1")]),
        ("[IPv6:2001:db8::1]", [(Kind.IP, "IPv6:2001:db8::1")]),
        ("client=192.0.2.1,", [(Kind.IP, "192.0.2.1")]),
        ("see https://example.com/a?b=c.", [(Kind.URL, "https://example.com/a?b=c")]),
        ("mx.example.com.", [(Kind.HOST, "mx.example.com")]),
        ("does not exist.Please", []),
        ("at 12:30:45", [(Kind.TIME, "12:30:45")]),
        ("17 mails, 25%", [(Kind.NUMBER, "17"), (Kind.NUMBER, "25%")]),
        ("5.7.1", []),
        ("(4XyZ12ab)", [(Kind.ID, "4XyZ12ab")]),
        ("TSS04", []),
    ],
)
def test_variable_parts(text: str, expected: list[tuple[Kind, str]]) -> None:
    assert [(token.kind, token.text) for token in tokens(text)] == expected


@given(st.text(st.characters(codec=None), max_size=300))
def test_variable_parts_stand_where_they_are_said_to(text: str) -> None:
    """Each part is in the text at its place, and behind the one before it."""
    at = 0
    for token in tokens(text):
        assert text[token.start : token.end] == token.text
        assert token.start >= at
        at = token.end


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("550 5.1.1 <bob@example.com> unknown", "550 5.1.1 <address> unknown"),
        ("host a.example.com[192.0.2.1] said: 550 no", "host <host>[<ip>] said: <number> no"),
        ("550-a\n550 b", "550-a 550 b"),
        ("over 500 a day", "over <number> a day"),
    ],
)
def test_templates(text: str, masked: str) -> None:
    assert template(text) == masked


@given(st.text(max_size=200))
def test_a_template_of_a_template_says_no_less(text: str) -> None:
    """Masking is stable: what has been masked is not masked again to something else."""
    once = template(text)
    assert len(template(once).split()) == len(once.split())


def test_the_most_exact_list_is_named() -> None:
    exact = listing_in("listed at zen.spamhaus.org [192.0.2.1]")
    vague = listing_in("listed at Spamhaus [192.0.2.1]")
    assert exact is not None
    assert vague is not None
    assert (exact.blocklist.key, vague.blocklist.key) == ("spamhaus-zen", "spamhaus")
    assert listing_in("nothing is listed") is None


def test_a_loopback_address_is_an_answer_and_not_listed() -> None:
    listing = listing_in("zen.spamhaus.org: 127.0.0.4; client 192.0.2.9")
    assert listing is not None
    assert listing.item == "192.0.2.9"


@pytest.mark.parametrize("key", blocklists())
def test_block_lists_are_complete(key: str) -> None:
    entry = blocklists()[key]
    assert entry.name
    assert entry.lists in ("address", "domain")
    assert entry.lookup.startswith("http")


def test_providers_are_complete() -> None:
    assert all(entry.name and entry.operator for entry in providers().values())
    assert len(providers()) > 80
