"""Workloads to time smtpreply at: one function a use, over the corpus.

A workload is made ready with the replies (`prepare`), and then run any number of times. A run
gives its last result, so that what is timed can also be checked; it keeps no other, since a
program that reads a log or a connection does not either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from smtpreply import NEED_DATA, Reply, ReplyReader, parse, parse_all

Raw = bytes | str
Run = Callable[[], Any]
Prepare = Callable[[Sequence[bytes]], Run]

CHUNK = 65536


def read_every_field(reply: Reply) -> None:
    """Ask a reply for all that it can say."""
    reply.code  # noqa: B018
    reply.reply_class  # noqa: B018
    reply.subject  # noqa: B018
    reply.lines  # noqa: B018
    reply.text  # noqa: B018
    reply.enhanced  # noqa: B018
    reply.defects  # noqa: B018


def parse_code_and_class(replies: Sequence[Raw]) -> Run:
    def run() -> Reply:
        for raw in replies:
            reply = parse(raw)
            reply.code  # noqa: B018
            reply.reply_class  # noqa: B018
        return reply

    return run


def parse_every_field(replies: Sequence[Raw]) -> Run:
    def run() -> Reply:
        for raw in replies:
            reply = parse(raw)
            # What `read_every_field` does, without the call, which the peers don't pay either.
            reply.code  # noqa: B018
            reply.reply_class  # noqa: B018
            reply.subject  # noqa: B018
            reply.lines  # noqa: B018
            reply.text  # noqa: B018
            reply.enhanced  # noqa: B018
            reply.defects  # noqa: B018
        return reply

    return run


def parse_all_code_and_class(replies: Sequence[bytes]) -> Run:
    stream = b"".join(replies)

    def run() -> Reply:
        for reply in parse_all(stream):
            reply.code  # noqa: B018
            reply.reply_class  # noqa: B018
        return reply

    return run


def reader_in_chunks(replies: Sequence[bytes]) -> Run:
    return _reader_fed_with(_chunks(b"".join(replies), CHUNK))


def reader_octet_by_octet(replies: Sequence[bytes]) -> Run:
    return _reader_fed_with(_chunks(b"".join(replies), 1))


def reader_reply_by_reply(replies: Sequence[bytes]) -> Run:
    """As a client that waits for each answer has them: nearly always one reply a packet."""
    return _reader_fed_with(replies)


def _reader_fed_with(chunks: Sequence[bytes]) -> Run:
    def run() -> Reply:
        reader = ReplyReader()
        for chunk in chunks:
            reader.receive_data(chunk)
            while (event := reader.next_reply()) is not NEED_DATA:
                assert isinstance(event, Reply)
                reply = event
                reply.code  # noqa: B018
                reply.reply_class  # noqa: B018
        return reply

    return run


def _chunks(stream: bytes, length: int) -> list[bytes]:
    return [stream[start : start + length] for start in range(0, len(stream), length)]
