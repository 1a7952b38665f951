"""Servers on loopback that answer as they were told to, octet for octet: aiosmtpd cannot.

Each script has a server of its own, with an address of its own: a greeting is sent before the
client has said what it came for, and a client may shun an address that sent it away. The port is
the same for all, as Sendmail has one for each mailer, and few mailers. At the stage of the script
its reply is sent as it stands; at any other, a plain one that lets the client go on.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import attrs

from smtpreply.logs import Status
from smtpreply.stage import Stage

TAKEN = "250 2.0.0 Ok"
"""What is said to a message where no script has anything else."""

_HELLO = b"250-mx.example.com\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
_OFFER = b"250-mx.example.com\r\n250-STARTTLS\r\n"
_ORDINARY = {
    Stage.CONNECT: b"220 mx.example.com ESMTP\r\n",
    Stage.EHLO: _HELLO,
    Stage.MAIL: b"250 2.1.0 Ok\r\n",
    Stage.RCPT: b"250 2.1.5 Ok\r\n",
    Stage.DATA: b"354 Go ahead\r\n",
    Stage.END_OF_DATA: f"{TAKEN}\r\n".encode(),
    Stage.QUIT: b"221 2.0.0 Bye\r\n",
}
_VERBS = {
    b"EHLO": Stage.EHLO,
    b"HELO": Stage.EHLO,
    b"LHLO": Stage.EHLO,
    b"MAIL": Stage.MAIL,
    b"RCPT": Stage.RCPT,
    b"DATA": Stage.DATA,
    b"STAR": Stage.STARTTLS,
    b"QUIT": Stage.QUIT,
}

Place = tuple[str, int]
"""Where a server listens: its address and port."""


@attrs.frozen
class Script:
    r"""What a server says at one stage, and the recipient that a client comes for.

    Attributes:
        name: of the script; the recipient's domain has it, so that each client finds its server.
        stage: at which it is said.
        wire: the octets, with their line ends.
        enhanced: the enhanced status in them.
        hang_up: whether the server then closes the connection.
        local: the recipient's local part.
    """

    name: str
    stage: Stage
    wire: bytes
    enhanced: str | None = None
    hang_up: bool = False
    local: str = "bob"

    @property
    def domain(self) -> str:
        return f"{self.name}.example.com"

    @property
    def host(self) -> str:
        return f"mx.{self.domain}"

    @property
    def recipient(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def lines(self) -> tuple[bytes, ...]:
        """The reply's lines, without their ends."""
        return tuple(re.split(rb"\r?\n", self.wire)[:-1])

    @property
    def code(self) -> int:
        return int(self.wire[:3])

    @property
    def outcome(self) -> Status:
        """What should become of the message."""
        return {2: Status.SENT, 4: Status.DEFERRED, 5: Status.BOUNCED}[self.code // 100]


class _Session:
    """One client's session with the server of one script."""

    def __init__(
        self, script: Script | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._script = script
        self._reader = reader
        self._writer = writer

    async def run(self) -> None:
        goes_on = await self._answer(Stage.CONNECT)
        while goes_on and (command := await self._reader.readline()):
            stage = _VERBS.get(command[:4].upper())
            if stage is None:
                self._writer.write(b"250 2.0.0 Ok\r\n")  # RSET, NOOP
                continue
            goes_on = await self._answer(stage) and stage is not Stage.QUIT
            if goes_on and stage is Stage.DATA and self._wants_message():
                await self._read_message()
                goes_on = await self._answer(Stage.END_OF_DATA)

    async def _answer(self, stage: Stage) -> bool:
        """Say what is to be said; tell whether the session goes on."""
        scripted = self._script if self._script and self._script.stage is stage else None
        self._writer.write(scripted.wire if scripted else self._ordinary(stage))
        await self._writer.drain()
        return scripted is None or not scripted.hang_up

    def _ordinary(self, stage: Stage) -> bytes:
        if stage is Stage.EHLO and self._script and self._script.stage is Stage.STARTTLS:
            return _OFFER + _ORDINARY[stage]
        return _ORDINARY[stage]

    def _wants_message(self) -> bool:
        return self._script is None or self._script.stage is not Stage.DATA

    async def _read_message(self) -> None:
        while await self._reader.readline() not in (b".\r\n", b""):
            pass


@contextmanager
def serving(scripts: Iterable[Script | None]) -> Iterator[list[Place]]:
    """Serve each script, in one thread; gives where. None takes every message."""
    loop = asyncio.new_event_loop()
    sessions: set[asyncio.Task[None]] = set()

    async def serve(script: Script | None, address: str, port: int) -> asyncio.Server:
        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            sessions.add(task)
            with suppress(ConnectionError, asyncio.CancelledError):
                await _Session(script, reader, writer).run()
            sessions.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

        return await asyncio.start_server(session, address, port)

    async def close(servers: list[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        left = set(sessions)
        for task in left:
            task.cancel()
        await asyncio.gather(*left)

    servers: list[asyncio.Server] = []
    for number, script in enumerate(scripts, start=1):
        port = servers[0].sockets[0].getsockname()[1] if servers else 0
        servers.append(loop.run_until_complete(serve(script, f"127.0.1.{number}", port)))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield [server.sockets[0].getsockname() for server in servers]
    finally:
        asyncio.run_coroutine_threadsafe(close(servers), loop).result(timeout=30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
