"""The replies that every benchmark here reads: made up, seeded, and distinct.

The mix is that of the log of a large sender, whose mail is mostly taken:

====  =====================================================================================
 60%  the message is queued, one line, with the id: Postfix (new and old), Exim, Sendmail,
      Gmail, Exchange, Amazon SES, qmail, OpenSMTPD, Haraka, Stalwart; a good half with 2.0.0
      (Exchange 2.6.0), the others without a status
 10%  no such user, one line
  8%  Gmail's four lines of 550 5.1.1
  6%  greylisting, one line
  6%  a block list, one line
  6%  too fast or too much, one line
  4%  the answer to EHLO, 8 to 11 lines: Postfix, Gmail, Exchange
====  =====================================================================================

The wordings are what these servers are known to send, from their sources and their operators'
help pages; ids, hosts, addresses and numbers are made at random, so that no reply comes twice and
nothing can be looked up. All are in due form (RFC 5321 4.2): a peer that takes no bare LF can
take part.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

SEED = 5321
SIZE = 20_000
SMOKE_SIZE = 500

Make = Callable[[Random], str]

_UPPER_HEX = "0123456789ABCDEF"
_LOWER_HEX = "0123456789abcdef"
_ALPHANUMERIC = string.ascii_letters + string.digits
_WORDS = ("alpha", "relay", "mail", "mx", "smtp", "inbound", "edge", "gateway", "news", "post")


def corpus(size: int = SIZE, seed: int = SEED) -> list[bytes]:
    """Make `size` distinct replies as octets, in the shares that the module names."""
    random = Random(seed)
    seen: dict[bytes, None] = {}
    for kind, share in _SHARES.items():
        wanted = len(seen) + round(size * share / 100)
        while len(seen) < wanted:
            seen[_octets(random.choice(kind)(random))] = None
    replies = list(seen)
    random.shuffle(replies)
    # Copied, so that they lie in memory as they come, as what is read from a connection or a log.
    return [bytes(bytearray(reply)) for reply in replies]


def figures(replies: list[bytes]) -> str:
    """Say how much there is of it: replies, lines, octets, and how many have one line."""
    lines = [reply.count(b"\n") for reply in replies]
    return (
        f"{len(replies):,} distinct replies, {sum(lines):,} lines, "
        f"{sum(map(len, replies)):,} octets, {lines.count(1) / len(lines):.0%} of one line"
    )


def _octets(text: str) -> bytes:
    return "".join(f"{line}\r\n" for line in text.splitlines()).encode("ascii")


# --- what is made at random ---


def _letters(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def _host(random: Random) -> str:
    return f"{random.choice(_WORDS)}{random.randrange(100)}.{_domain(random)}"


def _domain(random: Random) -> str:
    name = _letters(random, string.ascii_lowercase, random.randrange(4, 12))
    return f"{name}.{random.choice(('example', 'example.com', 'example.net', 'example.org'))}"


def _address(random: Random) -> str:
    name = _letters(random, string.ascii_lowercase, random.randrange(3, 12))
    return f"{name}@{_domain(random)}"


def _ip(random: Random) -> str:
    return f"{random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{random.randrange(1, 255)}"


def _gmail_id(random: Random) -> str:
    head, tail = _letters(random, _LOWER_HEX, 13), random.randrange(10**10, 10**11)
    return f"{head}-{_letters(random, _LOWER_HEX, 11)}si{tail}.{random.randrange(1000)}"


def _uuid(random: Random) -> str:
    return "-".join(_letters(random, _LOWER_HEX, length) for length in (8, 4, 4, 4, 12))


# --- queued ---


def _postfix_queued(random: Random) -> str:
    return f"250 2.0.0 Ok: queued as {_letters(random, _UPPER_HEX, random.randrange(9, 12))}"


def _postfix_long_id_queued(random: Random) -> str:
    return f"250 2.0.0 Ok: queued as 4{_letters(random, _ALPHANUMERIC, 14)}"


def _old_postfix_queued(random: Random) -> str:
    return f"250 Ok: queued as {_letters(random, _UPPER_HEX, 10)}"


def _postfix_filter_queued(random: Random) -> str:
    inner = _postfix_queued(random)
    return f"250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): {inner}"


def _exim_queued(random: Random) -> str:
    parts = (_letters(random, _ALPHANUMERIC, length) for length in (6, 6, 2))
    return f"250 OK id={'-'.join(parts)}"


def _sendmail_queued(random: Random) -> str:
    queue_id = f"{_letters(random, _ALPHANUMERIC, 8)}{random.randrange(10**6):06}"
    return f"250 2.0.0 {queue_id} Message accepted for delivery"


def _gmail_queued(random: Random) -> str:
    return f"250 2.0.0 OK  {random.randrange(10**9, 2 * 10**9)} {_gmail_id(random)} - gsmtp"


def _exchange_queued(random: Random) -> str:
    return (
        f"250 2.6.0 <{_uuid(random)}@{_host(random)}> "
        f"[InternalId={random.randrange(10**12, 10**14)}, Hostname={_host(random)}] "
        f"{random.randrange(2000, 90000)} bytes in 0.{random.randrange(10, 999)}, "
        f"{random.randrange(10, 400)}.{random.randrange(1000):03} KB/sec "
        "Queued mail for delivery"
    )


def _ses_queued(random: Random) -> str:
    return f"250 Ok {_letters(random, _LOWER_HEX, 16)}-{_uuid(random)}-000000"


def _qmail_queued(random: Random) -> str:
    return f"250 ok {random.randrange(10**9, 2 * 10**9)} qp {random.randrange(1, 99999)}"


def _opensmtpd_queued(random: Random) -> str:
    return f"250 2.0.0 {_letters(random, _LOWER_HEX, 8)} Message accepted for delivery"


def _haraka_queued(random: Random) -> str:
    return f"250 Message Queued ({_uuid(random).upper()}.1)"


def _stalwart_queued(random: Random) -> str:
    return f"250 2.0.0 Message queued with id {_letters(random, _LOWER_HEX, 16)}."


# --- refused, for now or for good ---


def _gmail_no_such_user(random: Random) -> str:
    # The two spaces in the last line are Gmail's.
    return (
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
        "550-5.1.1 double-checking the recipient's email address for typos or\n"
        "550-5.1.1 unnecessary spaces. For more information, go to\n"
        f"550 5.1.1  https://support.google.com/mail/?p=NoSuchUser {_gmail_id(random)} - gsmtp"
    )


def _postfix_no_such_user(random: Random) -> str:
    table = random.choice(("local", "virtual mailbox", "relay"))
    return (
        f"550 5.1.1 <{_address(random)}>: Recipient address rejected: "
        f"User unknown in {table} recipient table"
    )


def _exchange_no_such_user(random: Random) -> str:
    return (
        "550 5.4.1 Recipient address rejected: Access denied. For more information see "
        f"https://aka.ms/EXOSmtpErrors [{_host(random)} {_uuid(random)}]"
    )


def _exim_no_such_user(random: Random) -> str:
    return f"550 No Such User Here: {_address(random)}"


def _sendmail_no_such_user(random: Random) -> str:
    return f"550 5.1.1 <{_address(random)}>... User unknown"


def _qmail_no_such_user(random: Random) -> str:
    return f"550 sorry, no mailbox here by the name {_address(random)} (#5.1.1)"


def _postgrey_greylisted(random: Random) -> str:
    domain = _domain(random)
    return (
        f"450 4.2.0 <{_address(random)}>: Recipient address rejected: Greylisted, "
        f"see http://postgrey.example/help/{domain}.html"
    )


def _exim_greylisted(random: Random) -> str:
    return f"451 {_ip(random)} is greylisted for {_address(random)}, try again later"


def _seconds_greylisted(random: Random) -> str:
    return (
        f"451 4.7.1 Greylisting in action, please come back in {random.randrange(30, 900)} "
        f"seconds (ref {_letters(random, _LOWER_HEX, 8)})"
    )


def _postfix_blocked(random: Random) -> str:
    ip = _ip(random)
    return (
        f"554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.example.org; "
        f"https://www.example.org/query/ip/{ip}?from={_domain(random)}"
    )


def _outlook_blocked(random: Random) -> str:
    return (
        f"550 5.7.1 Unfortunately, messages from [{_ip(random)}] weren't sent. Please contact "
        "your Internet service provider since part of their network is on our block list "
        f"(S3140). [{_host(random)}]"
    )


def _exim_blocked(random: Random) -> str:
    return f'550 "JunkMail rejected - {_host(random)} [{_ip(random)}]:{random.randrange(65536)}"'


def _yahoo_too_fast(random: Random) -> str:
    return (
        f"421 4.7.0 [TSS04] Messages from {_ip(random)} temporarily deferred due to unexpected "
        f"volume or user complaints - {_letters(random, _LOWER_HEX, 6)}; see "
        "https://postmaster.yahooinc.com/error-codes"
    )


def _gmail_too_fast(random: Random) -> str:
    return (
        "450 4.2.1 The user you are trying to contact is receiving mail too quickly. "
        f"https://support.google.com/mail/?p=ReceivingRate {_gmail_id(random)} - gsmtp"
    )


def _outlook_too_fast(random: Random) -> str:
    return (
        "451 4.7.650 The mail server [" + _ip(random) + "] has been temporarily rate limited due "
        f"to IP reputation. [{_host(random)}]"
    )


def _postfix_too_fast(random: Random) -> str:
    return f"450 4.7.1 Error: too much mail from {_ip(random)} ({_address(random)})"


# --- EHLO ---


def _several_lines(code: int, texts: list[str]) -> str:
    *before, last = texts
    return "\n".join([*(f"{code}-{text}" for text in before), f"{code} {last}"])


def _postfix_ehlo(random: Random) -> str:
    texts = [_host(random), "PIPELINING", f"SIZE {random.randrange(10**7, 10**8)}"]
    texts += random.choice((["VRFY", "ETRN"], ["VRFY"], ["ETRN"]))
    texts += ["STARTTLS", *random.choice((["AUTH PLAIN LOGIN"], []))]
    texts += ["ENHANCEDSTATUSCODES", "8BITMIME", *random.choice((["DSN"], []))]
    return _several_lines(250, [*texts, *random.choice((["CHUNKING"], ["SMTPUTF8"]))])


def _gmail_ehlo(random: Random) -> str:
    # The greeting names the client's address, as Gmail's does.
    texts = [f"mx.{_domain(random)} at your service, [{_ip(random)}]", "SIZE 157286400"]
    texts += ["8BITMIME", "STARTTLS", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8"]
    return _several_lines(250, texts)


def _exchange_ehlo(random: Random) -> str:
    texts = [f"{_host(random)} Hello [{_ip(random)}]", f"SIZE {random.randrange(10**7, 10**8)}"]
    texts += ["PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "STARTTLS", "8BITMIME", "BINARYMIME"]
    return _several_lines(250, [*texts, "CHUNKING", *random.choice((["SMTPUTF8"], []))])


_SHARES: dict[tuple[Make, ...], int] = {
    (
        _postfix_queued,
        _postfix_queued,
        _postfix_long_id_queued,
        _old_postfix_queued,
        _postfix_filter_queued,
        _exim_queued,
        _exim_queued,
        _sendmail_queued,
        _gmail_queued,
        _gmail_queued,
        _exchange_queued,
        _ses_queued,
        _qmail_queued,
        _opensmtpd_queued,
        _haraka_queued,
        _stalwart_queued,
    ): 60,
    (
        _postfix_no_such_user,
        _exchange_no_such_user,
        _exim_no_such_user,
        _sendmail_no_such_user,
        _qmail_no_such_user,
    ): 10,
    (_gmail_no_such_user,): 8,
    (_postgrey_greylisted, _exim_greylisted, _seconds_greylisted): 6,
    (_postfix_blocked, _outlook_blocked, _exim_blocked): 6,
    (_yahoo_too_fast, _gmail_too_fast, _outlook_too_fast, _postfix_too_fast): 6,
    (_postfix_ehlo, _gmail_ehlo, _exchange_ehlo): 4,
}
