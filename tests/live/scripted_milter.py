"""A milter on loopback that refuses what it is told to refuse.

libmilter/mfdef.h::

    packet  = 4OCTET command *OCTET         ; the length of what follows it, in network order
    command = "O" / "D" / "C" / "H" / "M" / "R" / "T" / "L" / "N" / "B" / "E" / "A" / "Q"
    answer  = "c" / "r" / "t" / "d" / "y" reply NUL         ; go on, reject, tempfail, discard

Options are answered with options; macros ("D") and an end ("A", "Q") are not answered.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

Answers = Mapping[bytes, tuple[bytes, bytes]]
"""By what an address of the envelope has: the command that is answered, and how."""

_VERSION, _ACTIONS, _STEPS = 6, 0x3F, 0


@contextmanager
def filtering(answers: Answers) -> Iterator[int]:
    """Serve a milter; gives its port."""

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            named = b""
            while head := self.rfile.read(4):
                packet = self.rfile.read(int.from_bytes(head, "big"))
                command = packet[:1]
                if command == b"O":
                    self._send(command + struct.pack("!III", _VERSION, _ACTIONS, _STEPS))
                elif command not in (b"D", b"A", b"Q"):
                    if command in (b"M", b"R"):
                        named = packet if command == b"M" else named + packet
                    self._send(_answer(answers, command, named))

        def _send(self, packet: bytes) -> None:
            self.wfile.write(struct.pack("!I", len(packet)) + packet)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _answer(answers: Answers, command: bytes, named: bytes) -> bytes:
    for name, (at, answer) in answers.items():
        if at == command and name in named:
            return answer
    return b"c"
