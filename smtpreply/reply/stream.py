r"""From the octets of a connection to replies: `ReplyReader`, which does no I/O of its own.

In the manner of h11: feed it what the socket gave, ask it for the next reply, and it says
`NEED_DATA` until one is whole. It works the same under sockets, asyncio, trio, or over a file.

With a socket::

    reader = ReplyReader()

    def next_reply(connection: socket.socket) -> Reply:
        while (event := reader.next_reply()) is NEED_DATA:
            reader.receive_data(connection.recv(4096))
        if event is END_OF_STREAM:
            raise ConnectionError("the server has hung up")
        return event

With asyncio, the same with ``reader.receive_data(await stream.read(4096))``.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator
from io import BytesIO
from typing import Final, Literal

from smtpreply._support.checks import check_type
from smtpreply.errors import (
    IncompleteReplyError,
    LineTooLongError,
    ReplyError,
    ReplyTooLongError,
    StreamError,
    TooManyLinesError,
)
from smtpreply.reply.grammar import syntax_error
from smtpreply.reply.model import Reply, new_reply
from smtpreply.reply.opening import FIRST, HEADS, OPENINGS, new_opening, read_head
from smtpreply.reply.parser import parse

_LF = 0x0A


class Signal(enum.Enum):
    """The result of `ReplyReader.next_reply` where there is no reply."""

    NEED_DATA = "need data"
    END_OF_STREAM = "end of stream"


NEED_DATA: Final = Signal.NEED_DATA
END_OF_STREAM: Final = Signal.END_OF_STREAM

Event = Reply | Literal[Signal.NEED_DATA, Signal.END_OF_STREAM]


class ReplyReader:
    r"""Turns the octets of one SMTP or LMTP connection into replies, however they were cut.

    Lines end with LF, with or without CR: a reply must not come out differently when its octets
    arrive in other pieces, so nothing may depend on what comes next. Departures from the standard
    become `defects` of the reply, as in `parse`. What cannot belong to a reply (a first line
    without a code) is an error, and an error stays: after it, every call raises it again, since
    no later reply could be trusted to answer the command that it seems to answer.

    Args:
        max_line_length: octets of a line, line end included. RFC 5321 4.5.3.1.5 says 512; servers
            send more.
        max_lines: lines of one reply.
        max_reply_length: octets of one reply, blank lines before it included.

    Raises:
        ValueError: a bound is below 1.

    >>> reader = ReplyReader()
    >>> reader.receive_data(b"250-mx.example.com\r\n250 SI")
    >>> reader.next_reply() is NEED_DATA
    True
    >>> reader.receive_data(b"ZE 1000\r\n")
    >>> reader.next_reply().lines
    ('mx.example.com', 'SIZE 1000')
    """

    def __init__(
        self,
        *,
        max_line_length: int = 8192,
        max_lines: int = 1000,
        max_reply_length: int = 65536,
    ) -> None:
        if min(max_line_length, max_lines, max_reply_length) < 1:
            raise ValueError("the bounds of a reader are 1 or more")
        self._max_line_length = max_line_length
        self._max_lines = max_lines
        self._max_reply_length = max_reply_length
        self._max_single_line = min(max_line_length, max_reply_length)
        self._closed = False
        self._error: ReplyError | None = None
        self._lines: deque[bytes] = deque()  # that have come, each with its line end
        self._rest = bytearray()  # what has come of the next line
        self._taken: list[bytes] = []  # the lines of a reply that has not ended yet,
        self._length = 0  # their octets,
        self._counted = 0  # and how many of them are not blank

    @property
    def trailing_data(self) -> bytes:
        """The octets that have come and belong to no reply given so far.

        After the last awaited reply there should be none. A client that sends commands one by one
        must not take what is here for the answer to its next command (a server that sends
        too much would be off by one ever after), and before TLS begins it must be empty: what an
        attacker injected before the handshake would else be read after it (CVE-2021-38371). What
        waits in the buffer of a stream below is not seen here: docs/connections.md empties it.
        """
        return b"".join([*self._taken, *self._lines, self._rest])

    def receive_data(self, data: bytes | bytearray | memoryview) -> None:
        """Take in what the connection gave. Nothing at all (``b""``) is the end of the stream.

        Raises:
            RuntimeError: data comes after the end.
            TypeError: `data` is no octets.
        """
        if type(data) is not bytes:
            check_type(data, (bytes, bytearray, memoryview), "what a connection gives")
            data = bytes(data)
        if self._error is not None:
            return  # it stays, and nothing after it can be separated
        if not data:
            self._closed = True
        elif self._closed:
            raise RuntimeError("data was received after the end of the stream")
        else:
            self._take_in(data)

    def next_reply(self) -> Event:
        """Return the next reply, or `NEED_DATA`, or after the last one `END_OF_STREAM`.

        Raises:
            ReplySyntaxError: a reply does not begin with a reply code.
            LineTooLongError, TooManyLinesError, ReplyTooLongError: a bound was exceeded.
            IncompleteReplyError: the stream ended in the middle of a reply, kept as `received`.
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._lines and not self._taken:
            # A reply of one line, as most are, is recognised by its head.
            line = self._lines[0]
            try:
                opening = OPENINGS[line[FIRST]]
            except KeyError:
                opening = new_opening(line)
            short = len(line) <= self._max_single_line
            if short and opening is not None and not opening.continued:
                # `reply_of` inlined, as in `parse`.
                reply = new_reply()
                reply._opening = opening  # noqa: SLF001
                reply._octets = self._lines.popleft()  # noqa: SLF001
                reply._content = None  # noqa: SLF001
                return reply
        elif not (self._lines or self._rest or self._closed):
            return NEED_DATA
        try:
            return self._next_reply()
        except ReplyError as error:
            self._error = error
            raise

    def __iter__(self) -> Iterator[Reply]:
        """Yield the replies that are whole, one by one, until more data is needed."""
        while isinstance(reply := self.next_reply(), Reply):
            yield reply

    def _take_in(self, octets: bytes) -> None:
        if octets.find(b"\n") == len(octets) - 1 and not self._rest:
            self._lines.append(octets)  # one line, as a client that waits for each reply gets it
            return
        if _LF not in octets:
            self._rest += octets
            return
        if self._rest:
            octets = bytes(self._rest) + octets
            self._rest.clear()
        self._lines += BytesIO(octets)
        if self._lines[-1][-1] != _LF:
            self._rest += self._lines.pop()

    def _next_reply(self) -> Event:
        while self._lines:
            line = self._lines[0]
            length = len(line)
            if length > self._max_line_length or self._length + length > self._max_reply_length:
                raise self._too_long(line)
            opening = HEADS.get(line[:4])
            if opening is not None:
                self._counted += 1
                ended = not opening.continued
            else:
                ended = self._is_last(line)
            if self._counted > self._max_lines:
                message = f"a reply has more than {self._max_lines} lines"
                raise TooManyLinesError(message, b"".join(self._taken))
            self._taken.append(self._lines.popleft())
            self._length += length
            if ended:
                return self._take_reply()
        length = len(self._rest)
        if length > self._max_line_length or self._length + length > self._max_reply_length:
            raise self._too_long(self._rest)
        return self._end_of_stream() if self._closed else NEED_DATA

    def _is_last(self, line: bytes) -> bool:
        """Whether a line with an odd head, or inside a reply without any, ends the reply."""
        text = line.rstrip(b"\r\n")
        if not text.strip(b" \t"):
            return False
        head = read_head(text)
        if head is None and not self._counted:
            raise syntax_error("no reply code", b"".join([*self._taken, line]), self._length)
        self._counted += 1
        return head is not None and not head[0].continued

    def _too_long(self, line: bytes | bytearray) -> StreamError:
        # The bound that comes first in the stream counts, whatever else has come, so that the
        # same octets give the same error in whatever pieces they come.
        kind: type[StreamError]
        bound = self._length + self._max_line_length
        if bound <= self._max_reply_length:
            kind = LineTooLongError
            message = f"a line has more than {self._max_line_length} octets"
        else:
            kind, bound = ReplyTooLongError, self._max_reply_length
            message = f"a reply has more than {self._max_reply_length} octets"
        return kind(message, b"".join([*self._taken, line])[:bound])

    def _take_reply(self) -> Reply:
        octets = b"".join(self._taken)
        self._taken.clear()
        self._length = self._counted = 0
        return parse(octets)

    def _end_of_stream(self) -> Event:
        received = b"".join([*self._taken, self._rest])
        if received.strip(b" \t\r\n"):
            raise IncompleteReplyError("the stream ended in the middle of a reply", received)
        return END_OF_STREAM
