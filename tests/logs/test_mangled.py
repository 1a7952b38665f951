"""Lines of real servers' logs; tests/live finds the same where those servers can run."""

from __future__ import annotations

import pytest

from smtpreply.logs import Delivery, ReplyBy, scan
from smtpreply.stage import Stage

EXIM = "2026-11-24 11:43:32 1jmFYj-00039V-QX "
FAILED = f"{EXIM}** bob@example.org R=out T=smtp H=mx.example.org [192.0.2.1]: "
TO = "SMTP error from remote mail server after RCPT TO:<bob@example.org>: "
SMTPD = "Nov 24 11:43:32 mx1 smtpd[42]: "
SESSION = "ba6a2a2629b48883"
SENT_TO = (
    f"{SMTPD}{SESSION} mta delivery evpid=8f26ea98359eccea from=<al@example.com> "
    'to=<bob@example.org> rcpt=<-> source="203.0.113.1" relay="192.0.2.1 (mx.example.org)" '
    'delay=1s result="Ok" stat="250 Ok"'
)


def one(*lines: str) -> Delivery:
    [delivery] = scan(list(lines), year=2026)
    return delivery


# --- Exim ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logged", "said"),
    [
        (r"550 C:\new\table \101 \\srv\b", r"550 C:\new\table \101 \\srv\b"),
        (r"550-no\n550 \n", "550-no\n550 \\n"),
        (r"550-no\n550-\n550 go", "550-no\n550-\n550 go"),
        (r"550-no\n550", "550-no\n550"),
        (r"550-no\n", "550-no"),
        (r"550 \303\274 \344 \007 \177", "550 ü \udce4 \a \x7f"),
        ("550 no <bob@example.org>", "550 no <bob@example.org>"),
    ],
)
def test_exim_escapes_what_does_not_print_and_no_backslash(logged: str, said: str) -> None:
    assert one(FAILED + TO + logged).text == said


def test_exim_escapes_quotes_and_backslashes_of_a_confirmation_besides() -> None:
    found = one(
        f"{EXIM}=> bob@example.org R=out T=smtp H=mx.example.org [192.0.2.1] "
        r'C="250-\"Ok\" \\ C:\\new\\n250 queued"'
    )
    assert found.text == '250-"Ok" \\ C:\\new\n250 queued'


def test_exim_takes_a_line_that_is_too_long_for_malformed() -> None:
    lead = "Malformed SMTP reply in response to RCPT TO:<bob@example.org>: "
    found = one(FAILED + lead + "550 5.7.1 No no no")
    assert (found.text, found.reply_by) == ("550 5.7.1 No no no", ReplyBy.REMOTE)
    assert found.stage is Stage.RCPT
    assert one(FAILED + lead + r"550-no such\n user").text == "550-no such\n user"
    other = one(FAILED + lead + "nonsense")
    assert other.diagnostic is not None
    assert other.diagnostic.endswith("nonsense")


@pytest.mark.parametrize("start", [f"{EXIM}== bob@example.org R=out T=smtp defer (-18) ", EXIM])
def test_exim_tells_what_answered_ehlo_where_helo_finds_nobody(start: str) -> None:
    found = one(
        f"{start}H=mx.example.org [192.0.2.1]:25: Remote host closed connection in response to "
        "HELO out.example.net (EHLO response was: 421 4.3.2 Not a good (time))"
    )
    assert (found.text, found.stage) == ("421 4.3.2 Not a good (time)", Stage.EHLO)
    assert (found.reply_by, found.relay_port) == (ReplyBy.REMOTE, 25)


def test_exim_tells_what_an_lmtp_server_said_of_one_recipient() -> None:
    found = one(FAILED + "LMTP error after DATA: 452 4.2.2 <bob> Mailbox full")
    assert (found.text, found.stage) == ("452 4.2.2 <bob> Mailbox full", Stage.END_OF_DATA)
    assert found.reply_by is ReplyBy.REMOTE


def test_exim_what_a_reply_quotes_is_no_lead() -> None:
    said = "550 no: Malformed SMTP reply in response to DATA: 250 Ok"
    found = one(FAILED + TO + said)
    assert (found.text, found.stage) == (said, Stage.RCPT)


def test_exim_a_quoted_recipient_cannot_play_a_field() -> None:
    local = "a R=x T=y: SMTP error from remote mail server after DATA: 250 Ok <B"
    found = one(
        f'{EXIM}** {local.lower()}@example.org <"{local}"@example.org> R=out T=smtp '
        f"H=mx.example.org [192.0.2.1]: SMTP error from remote mail server after "
        f'RCPT TO:<"{local}"@example.org>: 550 5.1.1 no'
    )
    assert found.recipient == f"{local.lower()}@example.org"
    assert found.orig_recipient == f'"{local}"@example.org'
    assert (found.text, found.stage, found.relay_ip) == ("550 5.1.1 no", Stage.RCPT, "192.0.2.1")


def test_exim_a_refused_recipient_may_hold_a_bracket() -> None:
    found = one(
        "2026-11-24 11:43:32 H=(c) [203.0.113.9] F=<al@example.com> "
        'rejected RCPT <"a> rejected RCPT <b>: 250 Ok"@example.org>: relay not permitted'
    )
    assert found.recipient == '"a> rejected RCPT <b>: 250 Ok"@example.org'
    assert found.text == "relay not permitted"


# --- Postfix -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "to"),
    [
        ("554 5.7.1 <a> from=<b@example.net>: no", '"a>; from=<b"@example.net'),
        ("550 no; from=<x@example.com> to=<y@example.com> proto=SMTP helo=<z>", "b@example.net"),
        ("550 no; from=<x@example.com>, to=<y@example.com>", "b@example.net"),
    ],
)
@pytest.mark.parametrize(
    "tail", ["", " sasl_method=PLAIN, sasl_username=al@example.org"], ids=["plain", "sasl"]
)
def test_postfix_what_looks_like_an_envelope_is_none(words: str, to: str, tail: str) -> None:
    found = one(
        "Nov 24 11:43:32 mx postfix/smtpd[42]: NOQUEUE: reject: RCPT from c[203.0.113.9]: "
        f"{words}; from=<al@example.com> to=<{to}> proto=ESMTP helo=<client.example.org>{tail}"
    )
    assert (found.text, found.sender, found.recipient) == (words, "al@example.com", to)


@pytest.mark.parametrize(
    "line",
    [
        "to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/1/0, "
        "dsn=4.7.0, status=deferred ({})",
        "{}",
    ],
    ids=["the last server", "one of several"],
)
def test_postfix_what_answered_starttls_has_a_lead_of_its_own(line: str) -> None:
    reason = (
        "TLS is required, but host mx.example.net[192.0.2.1] refused to start TLS: "
        "454 4.7.0 Not today"
    )
    found = one(f"Nov 24 11:43:32 mx postfix/smtp[42]: CBF8F238D19: {line.format(reason)}")
    assert (found.text, found.stage) == ("454 4.7.0 Not today", Stage.STARTTLS)
    assert (found.relay_ip, found.reply_by) == ("192.0.2.1", ReplyBy.REMOTE)


# --- OpenSMTPD -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        ("smtp://192.0.2.1:2525", "192.0.2.1"),
        ("smtps://[2001:db8::1]:2525", "2001:db8::1"),
        ("192.0.2.1:2525", "192.0.2.1"),
    ],
)
@pytest.mark.parametrize("event", ["", "event="])
def test_opensmtpd_who_refused_a_session_stands_where_it_opened(
    address: str, ip: str, event: str
) -> None:
    quote = '"' if event else ""
    found = one(
        f"{SMTPD}{SESSION} mta {event}connecting address={address} host=mx.example.org",
        f"{SMTPD}{SESSION} mta {event}connected",
        f"{SMTPD}{SESSION} mta {event}error reason={quote}BANNER rejected: 554 5.7.1 No{quote}",
    )
    assert (found.relay_host, found.relay_ip, found.relay_port) == ("mx.example.org", ip, 2525)
    assert (found.text, found.stage, found.reply_by) == (
        "554 5.7.1 No",
        Stage.CONNECT,
        ReplyBy.REMOTE,
    )
    assert (found.status, found.recipient) == (None, None)


def test_opensmtpd_a_session_may_be_refused_after_messages() -> None:
    found = one(
        f"{SMTPD}smtp-out: Error on session {SESSION} after 2 messages sent: "
        "HELO rejected: 421 4.3.2 Later"
    )
    assert (found.text, found.stage, found.relay_ip) == ("421 4.3.2 Later", Stage.EHLO, None)


def test_opensmtpd_the_port_of_a_delivery_stands_where_its_session_opened() -> None:
    opened = f"{SMTPD}{SESSION} mta connecting address=smtp://192.0.2.1:2525 host=mx.example.org"
    assert one(opened, SENT_TO).relay_port == 2525
    closed = f"{SMTPD}{SESSION} mta disconnected reason=quit messages=1"
    assert one(opened, closed, SENT_TO).relay_port is None


def test_opensmtpd_a_client_is_known_by_its_session() -> None:
    found = one(
        f"{SMTPD}{SESSION} smtp connected address=203.0.113.9 host=c.example.net",
        f'{SMTPD}{SESSION} smtp failed-command command="RCPT TO:<a" result="250 2.0.0 Ok>" '
        'result="501 5.1.3 Recipient address syntax error"',
    )
    assert (found.relay_host, found.relay_ip) == ("c.example.net", "203.0.113.9")
    assert found.recipient == 'a" result="250 2.0.0 Ok'
    assert (found.text, found.reply_by) == (
        "501 5.1.3 Recipient address syntax error",
        ReplyBy.OWN,
    )
    bounce = one(
        f"{SMTPD}{SESSION} smtp connected address=local host=mx1",
        f'{SMTPD}{SESSION} smtp failed-command command="DATA" result="503 5.5.4 No recipient"',
    )
    assert (bounce.relay_ip, bounce.recipient, bounce.stage) == (None, None, Stage.DATA)
