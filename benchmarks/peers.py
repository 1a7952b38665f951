"""smtpreply beside its peers, in one run: ``python -m benchmarks.peers`` prints a Markdown table.

Each contestant reads the same replies, given as octets. The rounds are interleaved: in each, all
have their turn, in an order that moves on by one. What is measured is processor time, which other
programs do not take part in. A contestant's time is the median of its rounds; its ratio is the
median of the ratios to smtplib's time in the same round, so that a machine that slows down half way
slows all alike.

Before anything is timed, each must get the code and the number of lines of every reply right, and
must stand at the last reply of the corpus when it has read all. A peer that is not installed is a
row that says so.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import importlib.util
import io
import os
import platform
import smtplib
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any, NamedTuple

from benchmarks import workloads
from benchmarks.corpus import SIZE, SMOKE_SIZE, corpus, figures
from benchmarks.workloads import Prepare, Run
from smtpreply import Reply, __version__

ROUNDS = 15

Outcome = tuple[int, int]  # the code, and how many lines
Describe = Callable[[Any], Outcome]


class Contestant(NamedTuple):
    """A way to read replies. `package` is what must be installed for it."""

    package: str
    entry: str
    gives: str
    prepare: Prepare
    describe: Describe


class Absent(Exception):  # noqa: N818
    """A peer can't be imported; the text says why."""


# --- the adapters: each gives a run that reads all replies, and returns the last result ---


def smtplib_stream(replies: Sequence[bytes]) -> Run:
    client = _smtplib_client()
    stream = b"".join(replies)

    def run() -> Any:
        client.file = io.BytesIO(stream)
        getreply = client.getreply
        for _ in replies:
            result = getreply()
        return result

    return run


def smtplib_reply_by_reply(replies: Sequence[bytes]) -> Run:
    client = _smtplib_client()

    def run() -> Any:
        getreply, file_of = client.getreply, io.BytesIO
        for raw in replies:
            client.file = file_of(raw)
            result = getreply()
        return result

    return run


def _smtplib_client() -> Any:
    return smtplib.SMTP(local_hostname="localhost")  # else it asks the DNS for a name


def aiosmtplib_buffer(replies: Sequence[bytes]) -> Run:
    protocol = _aiosmtplib_protocol()

    def run() -> Any:
        for raw in replies:
            protocol._buffer += raw
            result = protocol._read_response_from_buffer()
        return result

    return run


def aiosmtplib_data_received(replies: Sequence[bytes]) -> Run:
    protocol = _aiosmtplib_protocol()

    def run() -> Any:
        new_future = protocol._loop.create_future
        for raw in replies:
            # As `read_response` leaves it, and `execute_command` arms it.
            protocol._response_waiter = waiter = new_future()
            protocol._response_pending = True
            protocol.data_received(raw)
            result = waiter.result()
        return result

    return run


class _Loop:
    """As much of an event loop as a future needs that nobody waits for; asyncio's own does this."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def get_debug(self) -> bool:
        return False


def _aiosmtplib_protocol() -> Any:
    return _module("aiosmtplib.protocol").SMTPProtocol(loop=_Loop())


def smtpproto_feed_bytes(replies: Sequence[bytes]) -> Run:
    module = _module("smtpproto.protocol")

    base: Any = module.SMTPClientProtocol

    class AnyCode(base):  # type: ignore[misc]
        """Takes any code at any time; as shipped it refuses 421 in answer to RCPT, say."""

        def _parse_response(self, code: int, lines: Sequence[str]) -> Any:
            return module.SMTPResponse(code, "\n".join(lines))

    protocol = AnyCode()

    def run() -> Any:
        feed_bytes = protocol.feed_bytes
        for raw in replies:
            result = feed_bytes(raw)
        return result

    return run


def twisted_data_received(replies: Sequence[bytes]) -> Run:
    client = _module("twisted.mail.smtp").SMTPClient("localhost")
    client.debug = False
    results: list[Any] = [None]

    def take(code: int, text: bytes) -> None:
        results[0] = (code, text)

    client._expected = range(1000)
    client._okresponse = client._failresponse = take

    def run() -> Any:
        data_received = client.dataReceived
        for raw in replies:
            data_received(raw)
        return results[0]

    return run


def slimta_recv_reply(replies: Sequence[bytes]) -> Run:
    stream = _slimta_io()

    def run() -> Any:
        for raw in replies:
            stream.recv_buffer += raw
            result = stream.recv_reply()
        return result

    return run


def slimta_reply_recv(replies: Sequence[bytes]) -> Run:
    stream = _slimta_io()
    new_reply = _module("slimta.smtp.reply").Reply

    def run() -> Any:
        for raw in replies:
            stream.recv_buffer += raw
            reply = new_reply()
            reply.recv(stream)
        return reply

    return run


def _slimta_io() -> Any:
    return _module("slimta.smtp.io").IO(None, address=("192.0.2.1", 25))


def _module(name: str) -> Any:
    package = name.partition(".")[0]
    if importlib.util.find_spec(package) is None:
        raise Absent("not installed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # python-slimta imports pkg_resources
            return importlib.import_module(name)
    except Exception as error:  # an old package may fail in any way when it is imported
        reason = str(error).partition("\n")[0]
        raise Absent(f"cannot be imported: {type(error).__name__}: {reason}") from error


# --- what the results say ---


def _of_reply(reply: Reply) -> Outcome:
    return reply.code, len(reply.lines)


def _of_pair(pair: tuple[int | str, bytes | str]) -> Outcome:
    code, text = pair
    return int(code), len(text.splitlines()) or 1


def _of_response(response: Any) -> Outcome:
    return _of_pair((response.code, response.message))


CONTESTANTS = [
    Contestant(
        "smtplib",
        "`SMTP.getreply`, one stream",
        "code, octets",
        smtplib_stream,
        _of_pair,
    ),
    Contestant(
        "smtplib",
        "`SMTP.getreply`, a stream per reply",
        "code, octets",
        smtplib_reply_by_reply,
        _of_pair,
    ),
    Contestant(
        "smtpreply",
        "`parse`",
        "code, class",
        workloads.parse_code_and_class,
        _of_reply,
    ),
    Contestant(
        "smtpreply",
        "`parse`, every field",
        "code, class, subject, lines, text, status, defects",
        workloads.parse_every_field,
        _of_reply,
    ),
    Contestant(
        "smtpreply",
        "`parse_all`, one buffer",
        "code, class",
        workloads.parse_all_code_and_class,
        _of_reply,
    ),
    Contestant(
        "smtpreply",
        "`ReplyReader`, 64 KiB chunks",
        "code, class",
        workloads.reader_in_chunks,
        _of_reply,
    ),
    Contestant(
        "smtpreply",
        "`ReplyReader`, reply by reply",
        "code, class",
        workloads.reader_reply_by_reply,
        _of_reply,
    ),
    Contestant(
        "twisted",
        "`SMTPClient.dataReceived`, debug off",
        "code, octets",
        twisted_data_received,
        _of_pair,
    ),
    Contestant(
        "aiosmtplib",
        "`SMTPProtocol._read_response_from_buffer`",
        "code, text",
        aiosmtplib_buffer,
        _of_response,
    ),
    Contestant(
        "aiosmtplib",
        "`SMTPProtocol.data_received`, with its future",
        "code, text",
        aiosmtplib_data_received,
        _of_response,
    ),
    Contestant(
        "smtpproto",
        "`SMTPClientProtocol.feed_bytes`, any code",
        "code, text",
        smtpproto_feed_bytes,
        _of_response,
    ),
    Contestant(
        "python-slimta",
        "`IO.recv_reply`",
        "code, text",
        slimta_recv_reply,
        _of_pair,
    ),
    Contestant(
        "python-slimta",
        "`Reply.recv`",
        "code, text, status",
        slimta_reply_recv,
        _of_response,
    ),
]


# --- the check, the race, the table ---


def check(contestant: Contestant, replies: Sequence[bytes]) -> None:
    """Make sure that what will be timed reads every reply right.

    Raises:
        Absent: the peer is not there.
        AssertionError: a code or a number of lines is wrong.
    """
    name = f"{contestant.package} {contestant.entry}"
    for raw in replies:
        outcome = contestant.describe(contestant.prepare([raw])())
        assert outcome == _expected(raw), f"{name}: {outcome} for {raw!r}"
    last = contestant.describe(contestant.prepare(replies)())
    assert last == _expected(replies[-1]), f"{name} is out of step at the end: {last}"


def _expected(raw: bytes) -> Outcome:
    return int(raw[:3]), raw.count(b"\r\n")


def race(runs: Sequence[Run], rounds: int) -> list[list[float]]:
    """Return the seconds that each run took in each round. (The first, a warm-up, is left out.)"""
    seconds: list[list[float]] = [[] for _ in runs]
    for turn in range(rounds + 1):
        for step in range(len(runs)):
            index = (turn + step) % len(runs)
            gc.collect()  # nobody clears up after another
            start = time.process_time()
            runs[index]()
            taken = time.process_time() - start
            if turn:
                seconds[index].append(taken)
    return seconds


def report(replies: Sequence[bytes], rounds: int) -> list[str]:
    """Check all, let all race, and give the lines of the table."""
    absent: dict[int, str] = {}
    runs: dict[int, Run] = {}
    for index, contestant in enumerate(CONTESTANTS):
        try:
            check(contestant, replies)
        except Absent as error:
            absent[index] = str(error)
        else:
            runs[index] = contestant.prepare(replies)
    seconds = dict(zip(runs, race(list(runs.values()), rounds), strict=True))
    lines = [
        "| package | entry point | gives | µs a reply | ratio to smtplib |",
        "|---|---|---|---:|---:|",
    ]
    for index, contestant in enumerate(CONTESTANTS):
        if index in absent:
            cells = [absent[index], "", ""]
        else:
            cells = [contestant.gives, *_figures(seconds[index], seconds[0], len(replies))]
        lines.append(f"| {' | '.join([_name(contestant.package), contestant.entry, *cells])} |")
    return lines


def _figures(own: Sequence[float], smtplibs: Sequence[float], count: int) -> tuple[str, str]:
    ratio = statistics.median(mine / base for mine, base in zip(own, smtplibs, strict=True))
    return f"{statistics.median(own) / count * 1e6:.2f}", f"{ratio:.2f}"


def _name(package: str) -> str:
    if package == "smtplib":
        return package
    if package == "smtpreply":
        return f"**smtpreply** {__version__}"
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return package


def header(replies: list[bytes], rounds: int) -> list[str]:
    """Say what was measured, and on what."""
    return [
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; "
        f"medians of {rounds} interleaved rounds.",
        f"Corpus: {figures(replies)}.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small corpus and three rounds")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    replies = corpus(SMOKE_SIZE if arguments.smoke else SIZE)
    rounds = 3 if arguments.smoke else arguments.rounds
    print("\n".join([*header(replies, rounds), *report(replies, rounds)]))


if __name__ == "__main__":
    main()
