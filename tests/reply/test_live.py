"""The reader on real connections to a real server; smtplib asks the same on another one."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from smtpreply import EnhancedStatus, IncompleteReplyError, Reply, parse
from smtpreply.reply.stream import END_OF_STREAM, NEED_DATA, ReplyReader

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

REFUSALS = {
    "nobody@example.com": "550 5.1.1 No such user",
    "full@example.com": "452 4.2.2 The mailbox is full",
    "grey@example.com": "450-4.2.0 You are greylisted,\r\n450 4.2.0 come back later",
    "spam@example.com": "550-5.7.1 We do not like you.\r\n550-\r\n550 5.7.1 Go away.",
    "empfänger@example.com": "550 5.1.1 Empfänger unbekannt",
    "old@example.com": "571 Message refused",
}
LMTP_ANSWERS = "250 2.1.5 <a@example.com> Saved\r\n452 4.2.2 <b@example.com> Full"


class Handler:
    """Refuses some recipients and takes every message."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in REFUSALS:
            return REFUSALS[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if isinstance(server, LMTP):
            return LMTP_ANSWERS
        return "250 2.0.0 Ok: queued as 4F2C1"


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    good = data == LoginPassword(b"bob", b"secret")
    return AuthResult(success=good, handled=False)


@contextmanager
def serving(kind: type[SMTP]) -> Iterator[int]:
    """Serve on loopback, in a thread of its own; gives the port."""
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return kind(
            Handler(),
            hostname="mx.example.com",
            authenticator=authenticate,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()


@pytest.fixture(scope="module")
def smtp_port() -> Iterator[int]:
    with serving(SMTP) as port:
        yield port


@pytest.fixture(scope="module")
def lmtp_port() -> Iterator[int]:
    with serving(LMTP) as port:
        yield port


class Client:
    """A connection that is read by `ReplyReader`, `size` octets at a time."""

    def __init__(self, connection: socket.socket, size: int = 4096) -> None:
        self.connection = connection
        self.reader = ReplyReader()
        self.size = size

    def next_reply(self) -> Reply:
        while (event := self.reader.next_reply()) is NEED_DATA:
            self.reader.receive_data(self.connection.recv(self.size))
        assert isinstance(event, Reply)
        return event

    def ask(self, command: str) -> Reply:
        self.connection.sendall(command.encode() + b"\r\n")
        reply = self.next_reply()
        assert self.reader.trailing_data == b""
        return reply


@contextmanager
def connected(port: int, size: int = 4096) -> Iterator[Client]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield Client(connection, size)


def credentials(user: str, password: str) -> str:
    return b64encode(f"\0{user}\0{password}".encode()).decode()


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


SESSIONS = {
    "plain": [f"AUTH PLAIN {credentials('bob', 'secret')}"],
    "plain in two steps": ["AUTH PLAIN", credentials("bob", "secret")],
    "login": ["AUTH LOGIN", base64("bob"), base64("secret")],
    "wrong password": [f"AUTH PLAIN {credentials('bob', 'wrong')}"],
    "no such mechanism": ["AUTH NONSENSE"],
    "recipients": [
        "MAIL FROM:<alice@example.org> SMTPUTF8",
        *(f"RCPT TO:<{address}>" for address in [*REFUSALS, "carol@example.com"]),
        "DATA",
        "Subject: hello\r\n\r\nHello.\r\n.",
    ],
    "all refused": [
        "MAIL FROM:<alice@example.org>",
        "RCPT TO:<nobody@example.com>",
        "DATA",
        "RSET",
    ],
    "in the wrong order": ["DATA", "RCPT TO:<carol@example.com>", "MAIL FROM:", "NONSENSE"],
    "talk": ["NOOP", "HELP", "VRFY carol@example.com", "HELO client.example.org", "HELP NOOP"],
}


@pytest.mark.parametrize("size", [1, 5, 4096])
@pytest.mark.parametrize("commands", SESSIONS.values(), ids=SESSIONS)
def test_every_answer_of_a_session_is_what_smtplib_hears(
    smtp_port: int, commands: list[str], size: int
) -> None:
    with connected(smtp_port, size) as client, smtplib.SMTP(timeout=10) as peer:
        assert client.next_reply() == Reply.from_response(*peer.connect("127.0.0.1", smtp_port))
        peer.command_encoding = "utf-8"
        for command in ["EHLO client.example.org", *commands, "QUIT"]:
            peer.send(f"{command}\r\n")
            code, message = peer.getreply()
            reply = client.ask(command)
            assert (reply.code, "\n".join(reply.textstrings).encode()) == (code, message)
            assert reply == Reply.from_response(code, message)
            assert parse(bytes(reply)) == reply
        assert client.connection.recv(1) == b""


def test_a_session_runs_from_greeting_to_quit(smtp_port: int) -> None:
    with connected(smtp_port) as client:
        assert client.next_reply().code == 220
        assert "AUTH LOGIN PLAIN" in client.ask("EHLO client.example.org").lines
        assert client.ask("AUTH LOGIN").is_intermediate
        assert client.ask(base64("bob")).is_intermediate
        assert str(client.ask(base64("secret")).enhanced) == "2.7.0"
        assert client.ask("MAIL FROM:<alice@example.org>").is_positive
        refused = client.ask("RCPT TO:<nobody@example.com>")
        assert (refused.is_permanent, refused.enhanced) == (True, EnhancedStatus(5, 1, 1))
        deferred = client.ask("RCPT TO:<grey@example.com>")
        assert deferred.is_transient
        assert deferred.lines == ("You are greylisted,", "come back later")
        assert client.ask("RCPT TO:<carol@example.com>").is_positive
        assert client.ask("DATA").code == 354
        assert client.ask("Hello.\r\n.").text == "Ok: queued as 4F2C1"
        assert client.ask("QUIT").code == 221
        client.reader.receive_data(client.connection.recv(1))
        assert client.reader.next_reply() is END_OF_STREAM


def test_a_wrong_password_is_a_permanent_refusal(smtp_port: int) -> None:
    with connected(smtp_port) as client:
        client.next_reply()
        client.ask("EHLO client.example.org")
        reply = client.ask(f"AUTH PLAIN {credentials('bob', 'wrong')}")
        assert (reply.code, reply.enhanced) == (535, EnhancedStatus(5, 7, 8))


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_pipelined_replies_come_out_one_by_one(smtp_port: int, size: int) -> None:
    commands = ["EHLO client.example.org", "MAIL FROM:<alice@example.org>"]
    commands += [f"RCPT TO:<{address}@example.com>" for address in ("carol", "nobody", "grey")]
    commands += ["DATA", "Hello.\r\n.", "QUIT"]
    with connected(smtp_port, size) as client:
        client.connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
        codes = [client.next_reply().code for _ in ["greeting", *commands]]
        assert codes == [220, 250, 250, 250, 550, 450, 354, 250, 221]


def test_a_commands_answer_that_has_not_been_asked_for_can_be_seen(smtp_port: int) -> None:
    with connected(smtp_port) as client:
        client.next_reply()
        client.connection.sendall(b"NOOP\r\nRSET\r\n")
        client.next_reply()
        while not client.reader.trailing_data.endswith(b"\n"):
            client.reader.receive_data(client.connection.recv(4096))
        assert client.reader.trailing_data.startswith(b"250 ")


@pytest.mark.parametrize("size", [1, 4096])
def test_the_several_replies_of_lmtp_to_one_message_come_out_one_by_one(
    lmtp_port: int, size: int
) -> None:
    with connected(lmtp_port, size) as client:
        client.next_reply()
        client.ask("LHLO client.example.org")
        client.ask("MAIL FROM:<alice@example.org>")
        client.ask("RCPT TO:<a@example.com>")
        client.ask("RCPT TO:<b@example.com>")
        client.ask("DATA")
        client.connection.sendall(b"Hello.\r\n.\r\n")
        answers = [client.next_reply(), client.next_reply()]
        assert [str(reply) for reply in answers] == LMTP_ANSWERS.split("\r\n")
        assert client.ask("QUIT").code == 221


def test_an_asyncio_stream_is_read_the_same_way(smtp_port: int) -> None:
    async def session() -> list[int]:
        stream, out = await asyncio.open_connection("127.0.0.1", smtp_port)
        reader = ReplyReader()
        codes = []
        for command in (b"EHLO client.example.org\r\n", b"NOOP\r\n", b"QUIT\r\n", b""):
            while (event := reader.next_reply()) is NEED_DATA:
                reader.receive_data(await stream.read(4096))
            assert isinstance(event, Reply)
            codes.append(event.code)
            out.write(command)
        out.close()
        await out.wait_closed()
        return codes

    assert asyncio.run(session()) == [220, 250, 250, 221]


def test_a_server_that_hangs_up_amid_a_reply_is_an_error_with_what_had_come() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(b"220 mx.example.com ESMTP\r\n250-mx.example.com\r\n250 SI")
        client = Client(ours)
        assert client.next_reply().code == 220
        with pytest.raises(IncompleteReplyError) as caught:
            client.next_reply()
        assert caught.value.received == b"250-mx.example.com\r\n250 SI"
