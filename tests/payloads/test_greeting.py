"""The server's domain in greetings and closing replies."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given

from smtpreply import Reply, parse
from smtpreply.payloads.greeting import Greeting, closing_domain_of, greeting_of
from smtpreply.testing import replies


@pytest.mark.parametrize(
    ("text", "domain", "rest"),
    [
        ("mx.example.com ESMTP Postfix", "mx.example.com", "ESMTP Postfix"),
        ("mx.example.com", "mx.example.com", ""),
        ("mx.example.com.", "mx.example.com.", ""),
        ("mx-1.example.co.uk ESMTP Exim 4.97", "mx-1.example.co.uk", "ESMTP Exim 4.97"),
        ("xn--p1ai.example.xn--p1ai ESMTP", "xn--p1ai.example.xn--p1ai", "ESMTP"),
        (
            "mx.google.example ESMTP a1-b2c3.12 - gsmtp",
            "mx.google.example",
            "ESMTP a1-b2c3.12 - gsmtp",
        ),
        ("mail_gw.example.com ESMTP", "mail_gw.example.com", "ESMTP"),
        ("localhost ESMTP OpenSMTPD", "localhost", "ESMTP OpenSMTPD"),
        ("[192.0.2.1] ESMTP ready", "[192.0.2.1]", "ESMTP ready"),
        ("[IPv6:2001:db8::25] ready", "[IPv6:2001:db8::25]", "ready"),
        ("192.0.2.1 ESMTP", "192.0.2.1", "ESMTP"),
        # One label, and what makes a domain of it.
        ("mx ESMTP Postfix", "mx", "ESMTP Postfix"),
        (
            "EXCH01 Microsoft ESMTP MAIL Service ready",
            "EXCH01",
            "Microsoft ESMTP MAIL Service ready",
        ),
        ("mx smtp", "mx", "smtp"),
        ("lists LMTP Dovecot ready.", "lists", "LMTP Dovecot ready."),
        # A no-break space, as python-slimta's users met it.
        ("mx.example.fr\xa0ESMTP", "mx.example.fr", "ESMTP"),
        ("mx.example.com\tESMTP", "mx.example.com", "ESMTP"),
    ],
)
def test_a_greeting_begins_with_the_domain(text: str, domain: str, rest: str) -> None:
    assert greeting_of(parse(f"220 {text}\r\n")) == Greeting(domain, rest)


@pytest.mark.parametrize(
    "text",
    [
        "Welcome to the Example ESMTP server",
        "ESMTP Postfix",
        "ESMTP SMTP ready",
        "SMTP ESMTP",
        "Hello world",
        "Ready.",
        "****************************",  # a Cisco PIX hides what it guards
        "4.9.6 ESMTP",
        "mx ESMTPS",
        "bob@example.org ESMTP",
        "-= mx.example.com =-",
        "http://mx.example.com/ ESMTP",
        "[TSS04] ESMTP",
        "почта.example ESMTP",
        "example..com ESMTP",
        "",
    ],
)
def test_a_greeting_that_begins_with_something_else_has_no_domain(text: str) -> None:
    assert greeting_of(parse(f"220 {text}\r\n")) == Greeting(None, text)


def test_all_lines_of_a_greeting_are_its_text() -> None:
    raw = "220-mx.example.com ESMTP Exim 4.97\r\n220-We do not take\r\n220 bulk mail.\r\n"
    greeting = greeting_of(parse(raw))
    assert greeting == Greeting("mx.example.com", "ESMTP Exim 4.97\nWe do not take\nbulk mail.")


def test_a_version_in_parentheses_stays_in_the_text() -> None:
    greeting = greeting_of(parse("220 mx.example.com ESMTP Exim (4.9.6)\r\n"))
    assert greeting == Greeting("mx.example.com", "ESMTP Exim (4.9.6)")


@pytest.mark.parametrize(
    "raw",
    [
        "220 2.0.0 Ready to start TLS",
        "250 mx.example.com ESMTP",
        "421 mx.example.com ESMTP",
        "554 mx.example.com ESMTP not accepting messages",
        "220-mx.example.com ESMTP\r\n521 5.7.1 Service unavailable",
    ],
)
def test_another_reply_is_no_greeting(raw: str) -> None:
    assert greeting_of(parse(raw)) is None


@pytest.mark.parametrize(
    ("raw", "domain"),
    [
        ("221 mx.example.com closing connection", "mx.example.com"),  # Exim
        ("221 2.0.0 mx.example.com closing connection", "mx.example.com"),  # Sendmail
        ("221 2.0.0 Bye", None),  # Postfix
        ("221 2.0.0 closing connection a1-b2c3.12 - gsmtp", None),  # Gmail
        ("221 2.0.0 Service closing transmission channel", None),  # Exchange
        ("221 [192.0.2.1] Service closing transmission channel", "[192.0.2.1]"),
        ("221 localhost closing", "localhost"),
        ("221 mx ESMTP", None),
        ("221", None),
        ("421 mx.example.com Service not available", "mx.example.com"),
        ("421 4.4.2 mx.example.com Error: timeout exceeded", "mx.example.com"),  # Postfix
        ("421 mx.example.com: SMTP command timeout - closing connection", "mx.example.com"),  # Exim
        ("421 mx.example.com: ", "mx.example.com"),
        ("421-4.7.0 [192.0.2.1 15] Our system\r\n421 4.7.0 has detected", None),  # Gmail
        ("421 4.7.0 [TSS04] Messages from 192.0.2.1 deferred", None),  # Yahoo
        ("421 4.7.1 [192.0.2.1] is listed", None),
        ("421 192.0.2.1 has sent too much", None),
        ("421 Too many connections", None),
        ("421 See https://mx.example.com/", None),
        ("421 first\nmx.example.com second", None),
        ("220 mx.example.com ESMTP", None),
        ("250 mx.example.com", None),
        ("451 mx.example.com is busy", None),
    ],
)
def test_a_closing_reply_may_begin_with_the_domain(raw: str, domain: str | None) -> None:
    assert closing_domain_of(parse(raw)) == domain


def test_a_greeting_is_a_value() -> None:
    greeting = Greeting("mx.example.com", "ESMTP")
    assert pickle.loads(pickle.dumps(greeting)) == greeting
    assert len({greeting, Greeting("mx.example.com", "ESMTP")}) == 1


@given(replies())
def test_any_reply_is_a_greeting_with_all_of_its_text_or_none(reply: Reply) -> None:
    """A greeting's domain and text are the reply's text, but for the blanks between them."""
    greeting = greeting_of(reply)
    whole = "\n".join(reply.textstrings)
    if greeting is None:
        assert reply.code != 220 or reply.enhanced is not None
    else:
        assert whole.startswith(greeting.domain or "")
        assert whole.endswith(greeting.text)


@given(replies())
def test_a_closing_domain_stands_in_the_first_line(reply: Reply) -> None:
    """Whatever the reply, there is no domain, or the first line of a 221 or 421 begins with it."""
    domain = closing_domain_of(reply)
    assert domain is None or (reply.code in {221, 421} and reply.lines[0].startswith(domain))


@pytest.mark.parametrize("unit", ["a.", "a", "[1", "1.", "a ", "\xa0", "a SMTP"])
def test_a_long_text_is_read_all_the_same(unit: str) -> None:
    greeting, closing = (Reply(code, [unit * 100_000 + "!"]) for code in (220, 421))
    assert greeting_of(greeting) is not None  # quadratic time would be a minute
    assert closing_domain_of(closing) is None
