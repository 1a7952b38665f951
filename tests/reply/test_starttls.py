"""The documented ways to begin TLS let no reply through that came before it (CVE-2021-38371)."""

from __future__ import annotations

import asyncio
import doctest
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from smtpreply import NEED_DATA, ReplyReader

DOCS = Path(__file__).parents[2] / "docs" / "connections.md"
INJECTED = b"250 AUTH PLAIN LOGIN\r\n"
# How long the reply to STARTTLS is: what stands behind it begins where a read may end.
LENGTHS = [30, 4096, 8190]


def documented() -> dict[str, Any]:
    """Return what the page defines, as its readers would copy it."""
    names: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(DOCS.read_text("utf-8")):
        if example.source.startswith(("import ", "from smtpreply", "def ", "async def ", "ALL =")):
            exec(example.source, names)  # our own page
    return names


PAGE = documented()


def answer(length: int) -> bytes:
    return b"220 " + b"x" * (length - 6) + b"\r\n"


@contextmanager
def serving(*segments: bytes, context: ssl.SSLContext | None = None) -> Iterator[tuple[str, int]]:
    """Answer one command with octets; then speak TLS, and say nothing, where there is a context."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with suppress(OSError), connection:
                connection.recv(100)
                for segment in segments:
                    connection.sendall(segment)
                if context is not None:
                    with context.wrap_socket(connection, server_side=True) as secured:
                        secured.sendall(b"220 under TLS\r\n")
                        secured.recv(100)
                connection.recv(100)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()
        thread.join(10)


async def upgraded(place: tuple[str, int], context: ssl.SSLContext) -> bytes:
    stream, out = await asyncio.open_connection(*place)
    try:
        await PAGE["upgrade"](stream, out, ReplyReader(), context, "localhost")
        return await stream.read(100)
    finally:
        await close(out)


async def close(out: asyncio.StreamWriter) -> None:
    out.close()
    with suppress(OSError):
        await out.wait_closed()


@pytest.mark.parametrize("length", LENGTHS)
def test_a_socket_with_octets_behind_the_reply_gets_no_tls(length: int) -> None:
    context = ssl.create_default_context()
    with (
        serving(answer(length) + INJECTED) as place,
        socket.create_connection(place) as connection,
        pytest.raises((ConnectionError, ssl.SSLError)),
    ):
        PAGE["start_tls"](connection, ReplyReader(), context, "localhost")


@pytest.mark.parametrize("length", LENGTHS)
def test_a_stream_with_octets_in_its_buffer_gets_no_tls(length: int) -> None:
    context = ssl.create_default_context()
    with (
        serving(answer(length) + INJECTED) as place,
        pytest.raises(ConnectionError, match="octets after"),
    ):
        asyncio.run(upgraded(place, context))


def test_without_the_large_read_they_would_wait_in_the_buffer() -> None:
    """The page's length of a read is what closes the hole."""

    async def left_behind(place: tuple[str, int]) -> bytes:
        stream, out = await asyncio.open_connection(*place)
        out.write(b"STARTTLS\r\n")
        reader = ReplyReader()
        await asyncio.sleep(0.2)
        while reader.next_reply() is NEED_DATA:
            reader.receive_data(await stream.read(4096))
        assert reader.trailing_data == b""
        left = await stream.read(4096)
        await close(out)
        return left

    with serving(answer(4096) + INJECTED) as place:
        assert asyncio.run(left_behind(place)) == INJECTED


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context and a client's, with a certificate of this run."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    subprocess.run([openssl, *words.split(), *names], check=True, capture_output=True)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


def test_without_octets_behind_the_reply_both_get_tls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = contexts
    with serving(answer(30), context=server) as place:
        assert asyncio.run(upgraded(place, client)) == b"220 under TLS\r\n"
    with (
        serving(answer(30), context=server) as place,
        socket.create_connection(place) as connection,
        PAGE["start_tls"](connection, ReplyReader(), client, "localhost") as secured,
    ):
        assert secured.recv(100) == b"220 under TLS\r\n"


def test_octets_in_a_later_segment_never_are_a_reply(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    """Wherever the injected octets arrive, they are refused, or break the handshake."""
    server, client = contexts
    for length in LENGTHS:
        with (
            serving(answer(length), INJECTED, context=server) as place,
            pytest.raises((ConnectionError, ssl.SSLError)),
        ):
            asyncio.run(upgraded(place, client))
