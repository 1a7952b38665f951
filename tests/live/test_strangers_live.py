"""What a stranger chooses, sent through real servers: their logs name the true recipient, or none.

Addresses with a quoted local part (RFC 5321 4.1.2) that holds what the log's fields look like, and
a Message-ID and a Subject of the same kind, go to a server that refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from mail_server import OUTSIDE, SENDER, MailServer, Program
from performance import Routes, playing
from scripts import BY_NAME, LMTP, SCRIPTS, SECOND
from test_exim_live import EXIM
from test_exim_live import files as exim_files
from test_opensmtpd_live import OPENSMTPD
from test_opensmtpd_live import files as opensmtpd_files
from test_postfix_live import POSTFIX
from test_postfix_live import files as postfix_files
from test_sendmail_live import SENDMAIL
from test_sendmail_live import files as sendmail_files

from smtpreply.logs import Delivery, Direction, scan
from smtpreply.stage import Stage

VICTIM = "victim@good.example"
SERVER = "mx.good.example"
ADDRESS = "198.51.100.8"
SIZE = 987_654_321

_FORGED = (
    # Postfix, Exim, OpenSMTPD, Sendmail
    f">, relay={SERVER}[{ADDRESS}]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host "
    f"{SERVER}[{ADDRESS}] said: 550 5.1.1 forged (in reply to RCPT TO command))",
    f" R=r T=t H={SERVER} [{ADDRESS}]: SMTP error from remote mail server after RCPT TO:<{VICTIM}>:"
    " 550 5.1.1 forged",
    f"> to=<{VICTIM}> rcpt=<-> source=192.0.2.1 relay={ADDRESS} delay=1s result=PermFail stat=550",
    f">, delay=00:00:01, mailer=esmtp, pri=1, relay={SERVER}. [{ADDRESS}], dsn=5.1.1, reply=550 "
    "5.1.1 forged, stat=User unknown",
    f">, relay={SERVER} [{ADDRESS}], reject=550 5.1.1 forged",
    # What the line of an arrival has.
    f"> H={SERVER} [{ADDRESS}] S={SIZE} id=f@good.example",
    f">, size={SIZE}, nrcpt=1 (queue active)",
)
_LOCALS = (
    '"a b"',
    '"a,b"',
    '"a>b"',
    '"a<b@c"',
    '"a\\"b"',
    '"a\\\\"',
    f'"to=<{VICTIM}>"',
    '"a status=bounced (550 5.1.1 forged)"',
    "a=b",
    "a'b",
    "{a}",
    "|a",
    "jürgen",
    "用户",
    '"ü, b"',
    *(f'"a{forged}"' for forged in _FORGED),
)
# Exim cuts the recipient that it refuses, which then has no end, and reports nobody.
_LONGEST = 120
_CUT = re.compile(r" rejected RCPT <.*[^>]: relay not permitted")
_LAST = "last@elsewhere.example.net"
_REFUSES = BY_NAME["rcpt-5"]
_REFUSED = _REFUSES.lines[0].decode().strip()


class Server(NamedTuple):
    """A server, its configuration, and its log."""

    program: Program
    files: Callable[[int, Routes], dict[str, str]]
    log: str = "mainlog"
    format: str | None = None


SERVERS = (
    Server(POSTFIX, postfix_files),
    Server(EXIM, exim_files),
    Server(OPENSMTPD, opensmtpd_files, "stderr", "opensmtpd"),
    Server(SENDMAIL, sendmail_files, "syslog"),
)


class Sent(NamedTuple):
    """What was sent, and what the log tells.

    Attributes:
        recipients: of the messages that the server has taken.
        offered: the addresses of all messages.
        deliveries: what was read.
        unread: the lines that no reader understood.
    """

    recipients: Sequence[str]
    offered: Sequence[str]
    deliveries: Sequence[Delivery]
    unread: Sequence[str]


def _takes(server: MailServer, sender: str, recipient: str, forged: str) -> bool:
    """Give a server a message; return whether it has taken it."""
    message = f"Message-ID: <x{forged}@b>\r\nSubject: {forged}\r\n\r\nHello.\r\n."
    commands = ("EHLO client.example.org", f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>")
    replies = server.session(*map(str.encode, commands), source="127.0.0.1")
    if replies[-1].code != 250:
        return False
    octets = [command.encode() for command in (*commands, "DATA", message)]
    return server.session(*octets, source="127.0.0.1")[-1].code == 250


def _offer(server: MailServer, sender: str, recipient: str) -> None:
    """Offer a server a message from outside, which it does not relay."""
    commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>")
    server.session(b"EHLO client.example.org", *map(str.encode, commands), source=OUTSIDE)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda server: server.program.name)
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    program, files, log, name = request.param
    folder, domain = tmp_path_factory.mktemp(program.name), SENDER.partition("@")[2]
    with playing(program, folder, (*SCRIPTS, *LMTP, SECOND), files) as (server, _):
        letters = [
            (f"{local}@{domain}", f"{local}@{_REFUSES.domain}", forged)
            for local in _LOCALS
            for forged in (_FORGED if local == '"a b"' else _FORGED[:1])
        ]
        taken = [letter for letter in letters if _takes(server, *letter)]
        for letter in letters:
            _offer(server, *letter[:2])
        _offer(server, SENDER, _LAST)
        server.wait(lambda: server.log().count(_REFUSED) >= len(taken), "not all were refused")
        server.wait(lambda: _LAST in server.log(), "not every client was refused")
        octets = (folder / log).read_bytes()
    unread: list[str] = []
    path = tmp_path_factory.mktemp("log") / "mail.log"
    path.write_bytes(octets[: octets.rfind(b"\n") + 1])
    found = list(scan(path, format=name, on_unreadable=lambda line: unread.append(line.text)))
    assert taken
    offered = [_LAST, *(address for letter in letters for address in letter[:2])]
    return Sent([letter[1] for letter in taken], offered, found, unread)


def _unquoted(address: str) -> str:
    local, _, domain = address.rpartition("@")
    quoted = local.removeprefix('"').removesuffix('"')
    return re.sub(r"\\(.)", r"\1", quoted) + f"@{domain}"


def test_each_refusal_names_its_recipient(sent: Sent) -> None:
    refused = [found for found in sent.deliveries if found.reply and found.reply.code == 550]
    named = {found.recipient for found in refused} | {found.orig_recipient for found in refused}
    assert set(sent.recipients) <= named
    assert [line for line in sent.unread if not _CUT.search(line)] == []


def test_each_message_has_its_own_sender_and_size(sent: Sent) -> None:
    known = {_unquoted(address) for address in (SENDER, *sent.offered)}
    for found in sent.deliveries:
        assert found.size is None or found.size < SIZE
        assert not found.sender or _unquoted(found.sender) in known


def test_each_client_from_outside_is_refused(sent: Sent) -> None:
    """Each recipient is named, but for those that Exim cuts."""
    refused = {
        found.recipient
        for found in sent.deliveries
        if found.direction is Direction.INCOMING and found.stage is Stage.RCPT
    }
    assert len(sent.unread) <= len(_FORGED)
    assert {whom for whom in sent.recipients if len(whom) < _LONGEST} <= refused


def test_nobody_else_is_named_and_nothing_is_forged(sent: Sent) -> None:
    true = {address.lower() for address in (*sent.offered, SENDER)}
    true |= {_unquoted(address) for address in true}  # as Exim logs them
    for found in sent.deliveries:
        assert (found.recipient or SENDER).lower() in true
        assert found.relay_host != SERVER
        assert found.relay_ip != ADDRESS
        if found.direction is not Direction.INCOMING:  # there, the server repeats the recipient
            assert not (found.reply and "forged" in found.reply.text)
