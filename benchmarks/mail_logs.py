"""Seeded logs of Postfix, of Exim and of a whole host, with what they hold known to the last reply.

The mix is that of a busy relay's log: of a thousand lines of Postfix some 165 are attempts to
deliver and 35 refusals in sessions (as in the logs on which other parsers are compared), the rest
says who connected, who sent what, TLS, and that messages are done. Of the attempts 80 of 100 are
sent, 13 deferred and 7 bounced. They go to 400 domains, of which the first gets the most
(Zipf), whose servers answer in 24 ways; half of the texts hold ids and addresses that are
in no other. Exim's ids are old (6-6-2) and new (6-11-4) by turns.

Of the log of a host (``/var/log/syslog``, ``journalctl``), half of the lines are Postfix's. The
others are of programs that have nothing to do with mail, and of those that do, such as Dovecot.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 1, tzinfo=UTC)

# status, weight, code, enhanced status, stage, text: {to} {id} {ip} and {n} for a line's end
ANSWERS = (
    ("sent", 300, 250, "2.0.0", "end", "250 2.0.0 Ok: queued as {id}"),
    ("sent", 220, 250, "2.0.0", "end", "250 2.0.0 OK  {n1} {id}.123 - gsmtp"),
    ("sent", 120, 250, None, "end", "250 OK id={id}"),
    (
        "sent",
        90,
        250,
        "2.6.0",
        "end",
        "250 2.6.0 <{id}@mail.example.com> [InternalId={n1}] Queued mail",
    ),
    ("sent", 40, 250, "2.1.5", "end", "250 2.1.5 <{to}> {id} Saved"),
    ("sent", 30, 250, None, "end", "250 ok {n1} qp {n2}"),
    (
        "deferred",
        40,
        450,
        "4.2.0",
        "RCPT TO",
        "450 4.2.0 <{to}>: Recipient address rejected: Greylisted",
    ),
    (
        "deferred",
        18,
        451,
        "4.7.1",
        "RCPT TO",
        "451 4.7.1 Greylisting in action, please come back later",
    ),
    (
        "deferred",
        18,
        421,
        "4.7.0",
        "MAIL FROM",
        "421-4.7.0 [{ip}] Our system has detected an unusual rate of{n}421 4.7.0 mail. {id} - gsmtp",
    ),
    (
        "deferred",
        16,
        452,
        "4.2.2",
        "RCPT TO",
        "452 4.2.2 <{to}> The mailbox is over its quota {id}",
    ),
    ("deferred", 12, 451, "4.3.0", "end", "451 4.3.0 {id} Temporary lookup failure"),
    (
        "deferred",
        10,
        450,
        "4.1.8",
        "RCPT TO",
        "450 4.1.8 <news@example.com>: Sender address rejected: Domain not found",
    ),
    ("deferred", 8, 421, None, "DATA", "421 Too many concurrent connections from {ip}"),
    ("deferred", 8, 454, "4.7.0", "MAIL FROM", "454 4.7.0 Too busy, try again in {n2} seconds"),
    (
        "bounced",
        20,
        550,
        "5.1.1",
        "RCPT TO",
        "550 5.1.1 <{to}>: Recipient address rejected: User unknown",
    ),
    (
        "bounced",
        14,
        550,
        "5.1.1",
        "RCPT TO",
        "550-5.1.1 The email account that you tried to reach does not exist.{n}550 5.1.1 See the help pages {id} - gsmtp",
    ),
    (
        "bounced",
        8,
        552,
        "5.2.2",
        "RCPT TO",
        "552-5.2.2 The mailbox of <{to}> is full{n}552 5.2.2 and takes no more",
    ),
    (
        "bounced",
        8,
        554,
        "5.7.1",
        "RCPT TO",
        "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org",
    ),
    (
        "bounced",
        6,
        550,
        "5.7.26",
        "end",
        "550-5.7.26 This mail is unauthenticated, which poses a security risk.{n}550 5.7.26 SPF did not pass {id} - gsmtp",
    ),
    ("bounced", 5, 550, None, "RCPT TO", "550 No such user here"),
    ("bounced", 4, 554, "5.7.1", "end", "554 5.7.1 {id}: message looks like spam"),
    ("bounced", 3, 553, "5.3.0", "RCPT TO", "553 5.3.0 <{to}>... Mailbox disabled"),
    (
        "bounced",
        2,
        550,
        "5.4.1",
        "RCPT TO",
        "550 5.4.1 Recipient address rejected: Access denied. [{id}]",
    ),
)
REFUSALS = (
    (
        60,
        554,
        "5.7.1",
        "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{ip}",
    ),
    (
        20,
        550,
        "5.1.1",
        "550 5.1.1 <{to}>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    (12, 450, "4.7.1", "450 4.7.1 Client host rejected: cannot find your hostname, [{ip}]"),
    (8, 554, "5.7.1", "554 5.7.1 <{to}>: Relay access denied"),
)
DOMAINS = [f"domain{number:03}.example" for number in range(400)]
DOMAIN_WEIGHTS = [1 / (number + 1) for number in range(400)]
EXIM_STATUS = {"sent": "=>", "deferred": "==", "bounced": "**"}
COMMANDS = {"end": "end of DATA"}


class Chance:
    """What a log is made of by chance: always the same for one seed."""

    def __init__(self, seed: int = 5) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self._answers = self._endless(ANSWERS, [row[1] for row in ANSWERS])
        self._refusals = self._endless(REFUSALS, [row[0] for row in REFUSALS])
        self._domains = self._endless(range(400), DOMAIN_WEIGHTS)

    def _endless(self, rows: Sequence[Any], weights: Sequence[float]) -> Iterator[Any]:
        while True:
            yield from self.random.choices(rows, weights, k=4096)

    def answer(self) -> Any:
        return next(self._answers)

    def refusal(self) -> Any:
        return next(self._refusals)

    def address(self) -> tuple[str, int]:
        """Return an address and the number of its domain."""
        domain = next(self._domains)
        return f"user{self.random.randrange(9999)}@{DOMAINS[domain]}", domain

    def ip(self) -> str:
        return f"203.0.113.{self.random.randrange(256)}"

    def words(self, text: str, to: str, end: str) -> str:
        """Fill in what differs from one reply to the next."""
        self.number += 1
        return text.format(
            to=to,
            id=f"{self.number * 2654435761 % 2**40:010X}",
            ip="192.0.2.25",
            n=end,
            n1=1772323200 + self.number,
            n2=self.number % 600,
        )


def postfix(lines: int, counts: Counter[str]) -> Iterator[str]:
    """Yield a log of Postfix of about so many lines, and count what it holds."""
    chance = Chance()
    made = number = 0
    while made < lines:
        number += 1
        at = START + timedelta(seconds=number / 5)
        head = f"{at:%b} {at.day:2} {at:%H:%M:%S} mx1 postfix/"
        told = (
            _refused(chance, head, counts)
            if number % 5 == 0
            else _message(chance, head, number, counts)
        )
        yield from told
        made += len(told)


def _message(chance: Chance, head: str, number: int, counts: Counter[str]) -> list[str]:
    queue_id = f"{number + 0x4E0000000:X}"
    client = f"client{number % 50}.example.com[{chance.ip()}]"
    told = [
        f"{head}smtpd[7]: connect from {client}",
        f"{head}smtpd[7]: {queue_id}: client={client}",
        f"{head}cleanup[8]: {queue_id}: message-id=<{number}@example.com>",
        f"{head}qmgr[9]: {queue_id}: from=<news{number % 20}@example.com>, size=2112, nrcpt=1 (queue active)",
        f"{head}smtpd[7]: disconnect from {client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
    ]
    if number % 3 == 0:
        told.append(
            f"{head}smtp[10]: Untrusted TLS connection established to mx.domain000.example[192.0.2.1]:25: "
            "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"
        )
    told += [_attempt(chance, head, queue_id, counts) for _ in range(1 + (number % 10 == 0))]
    told.append(f"{head}qmgr[9]: {queue_id}: removed")
    return told


def _attempt(chance: Chance, head: str, queue_id: str, counts: Counter[str]) -> str:
    status, _, code, enhanced, command, text = chance.answer()
    to, domain = chance.address()
    relay = f"mx{domain % 4}.{DOMAINS[domain]}[192.0.2.{domain % 256}]"
    said = chance.words(text, to, " ")
    if status != "sent":
        said = f"host {relay} said: {said} (in reply to {COMMANDS.get(command, command)} command)"
    counts.update(("deliveries", f"status {status}", f"code {code}"))
    if enhanced:
        counts[f"enhanced {enhanced}"] += 1
    delay = chance.random.choice(("0.31", "0.9", "1.2", "1.9", "2.4", "3.7", "11", "86", "301"))
    return (
        f"{head}smtp[10]: {queue_id}: to=<{to}>, relay={relay}:25, delay={delay}, "
        f"delays=0.1/0/1.1/0.7, dsn={enhanced or f'{code // 100}.0.0'}, status={status} ({said})"
    )


def _refused(chance: Chance, head: str, counts: Counter[str]) -> list[str]:
    _, code, enhanced, text = chance.refusal()
    ip = chance.ip()
    to = f"user{chance.random.randrange(9999)}@example.com"
    sender = f"a{chance.random.randrange(9999)}@spam.example"
    counts.update(("deliveries", "status rejected", f"code {code}", f"enhanced {enhanced}"))
    words = text.format(ip=ip, to=to)
    return [
        f"{head}smtpd[7]: connect from unknown[{ip}]",
        f"{head}smtpd[7]: NOQUEUE: reject: RCPT from unknown[{ip}]: {words}; from=<{sender}> to=<{to}> proto=ESMTP helo=<x>",
        f"{head}smtpd[7]: lost connection after RCPT from unknown[{ip}]",
        f"{head}smtpd[7]: disconnect from unknown[{ip}] ehlo=1 mail=1 rcpt=0/1 commands=2/3",
    ]


def exim(lines: int, counts: Counter[str]) -> Iterator[str]:
    """Yield a log of Exim of about so many lines, and count what it holds."""
    chance = Chance()
    made = number = 0
    while made < lines:
        number += 1
        at = START + timedelta(seconds=number / 5)
        if number % 4 == 0:
            told = _exim_connection(chance, f"{at:%Y-%m-%d %H:%M:%S}", number)
        else:
            told = _exim_message(chance, f"{at:%Y-%m-%d %H:%M:%S}", number, counts)
        yield from told
        made += len(told)


def _exim_message(chance: Chance, stamp: str, number: int, counts: Counter[str]) -> list[str]:
    old = f"1{number % 99999:05d}-{number:06d}-00"
    new = f"1{number % 99999:05d}-{number:011d}-0000"
    head = f"{stamp} {old if number % 2 else new}"
    told = [
        f"{head} <= news{number % 20}@example.com H=client{number % 50}.example.com [{chance.ip()}] "
        f"P=esmtps X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=2112 id={number}@example.com",
        *[_exim_attempt(chance, head, counts) for _ in range(1 + (number % 10 == 0))],
    ]
    if not told[-1].startswith(f"{head} =="):
        told.append(f"{head} Completed")
    return told


def _exim_attempt(chance: Chance, head: str, counts: Counter[str]) -> str:
    status, _, code, enhanced, command, text = chance.answer()
    to, domain = chance.address()
    relay = f"H=mx{domain % 4}.{DOMAINS[domain]} [192.0.2.{domain % 256}]:25"
    counts.update(("deliveries", f"status {status}", f"code {code}"))
    if enhanced:
        counts[f"enhanced {enhanced}"] += 1
    said = chance.words(text, to, "\\n")
    if status == "sent":
        return (
            f"{head} => {to} R=dnslookup T=remote_smtp {relay} "
            f'X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="{said}"'
        )
    after = {
        "RCPT TO": f"RCPT TO:<{to}>",
        "MAIL FROM": "MAIL FROM:<news@example.com>",
        "end": "end of data",
    }
    defer = " defer (-44)" if status == "deferred" else ""
    error = f"SMTP error from remote mail server after {after.get(command, command)}"
    return f"{head} {EXIM_STATUS[status]} {to} R=dnslookup T=remote_smtp{defer} {relay}: {error}: {said}"


def _exim_connection(chance: Chance, stamp: str, number: int) -> list[str]:
    ip = chance.ip()
    if number % 100 == 0:
        return [f"{stamp} Start queue run: pid={number}", f"{stamp} End queue run: pid={number}"]
    return [
        f"{stamp} no host name found for IP address {ip}",
        f"{stamp} SMTP connection from [{ip}] lost D=1s",
    ]


# What other programs of a host write. {pid}, {id} and {port} are numbers.
OTHER_PROGRAMS = (
    "sshd[{pid}]: Failed password for invalid user admin{id} from {ip} port {port} ssh2",
    "sshd[{pid}]: Connection closed by {ip} port {port} [preauth]",
    "CRON[{pid}]: (root) CMD (cd / && run-parts --report /etc/cron.hourly)",
    "systemd[1]: Started session-{id}.scope - Session {id} of User root.",
    "kernel: [{port}.{id:06}] [UFW BLOCK] IN=eth0 OUT= SRC={ip} DST=192.0.2.1 PROTO=TCP SPT={port}",
    "named[612]: client @0x7f2c {ip}#{port} (d{id}.example): query (cache) 'd{id}.example' denied",
    "opendkim[640]: {id:010X}: DKIM-Signature field added (s=mail, d=example.com)",
    "spamd[{pid}]: spamd: result: . -1 - BAYES_00,DKIM_SIGNED scantime=0.4,size={port},user=nobody",
)
DOVECOT = (
    "dovecot: imap-login: Login: user=<user{id}@example.com>, method=PLAIN, rip={ip}, "
    "lip=192.0.2.1, mpid={pid}, TLS, session=<{id:016X}>",
    "dovecot: imap(user{id}@example.com)<{pid}><{id:016X}>: Disconnected: Logged out in={port} "
    "out={pid} deleted=0 expunged=0",
)


def host(lines: int, counts: Counter[str]) -> Iterator[str]:
    """Yield a log of all programs of a host, and count what it holds: see `postfix`."""
    chance = random.Random(7)
    for line in postfix(lines // 2, counts):
        yield line
        is_foreign = chance.random() < 0.8
        counts["left"] += is_foreign
        message = chance.choice(OTHER_PROGRAMS if is_foreign else DOVECOT).format(
            pid=chance.randrange(300, 99_999),
            id=chance.randrange(999_999),
            port=chance.randrange(1024, 65_536),
            ip=f"203.0.113.{chance.randrange(256)}",
        )
        yield f"{line[: len('Mar  1 00:00:00 mx1 ')]}{message}"


MAKERS = {"postfix": postfix, "exim": exim, "host": host}
