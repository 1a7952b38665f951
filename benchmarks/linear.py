"""Hostile texts cost time in proportion to their length: ``python -m benchmarks.linear``.

Each text that a server may send is read at 1 MB and at 4 MB, through every entry point, and every
field of each reply is asked for (or the error is formatted): four times the text may take at most
six times as long. Columns marked so have an eighth of it. The reader has its bounds lifted, but for
the column that shows what the bounds are for. Then follow the lines of all log formats,
transcripts, bounces, queues, the catalog and columns, at 4 kB and at 16 kB: see
`benchmarks.linear_doors`.

All of it takes some ten minutes; ``--text WORDS`` and ``--door NAME`` pick some. With ``--smoke``
each door gets few texts, of some kilobytes, once: it shows in half a minute that the benchmark runs
and that nothing explodes, since no text may take a second. It measures no growth.

Exits with 1 where a text takes too long.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.growth import LIMIT, growth, once
from benchmarks.linear_doors import report
from benchmarks.workloads import CHUNK, read_every_field
from smtpreply import Reply, ReplyError, ReplyReader, classify, parse, parse_all, template
from smtpreply.dialogue.transcript import iter_transcript
from smtpreply.errors import ReplySyntaxError
from smtpreply.payloads.challenge import challenge_of
from smtpreply.payloads.ehlo import Capabilities
from smtpreply.payloads.forwarding import forward_path_of
from smtpreply.payloads.greeting import closing_domain_of, greeting_of
from smtpreply.payloads.queue_id import queue_id_of

MEGABYTE = 2**20
SMOKE = 2**14
UNBOUNDED = 2**62


def _repeated(unit: bytes, after: bytes = b"", before: bytes = b"") -> Callable[[int], bytes]:
    def text(size: int) -> bytes:
        count = (size - len(before) - len(after)) // len(unit)
        return before + unit * count + after

    return text


TEXTS: dict[str, Callable[[int], bytes]] = {
    # lines
    "only `250-` lines": _repeated(b"250-\r\n"),
    "`250-` lines and an end": _repeated(b"250-a\r\n", after=b"250 a\r\n"),
    "`250-` lines and an end of another code": _repeated(b"250-a\r\n", after=b"550 a\r\n"),
    "`250-` lines, then garbage": _repeated(b"250-a\r\n", after=b"garbage"),
    "one-line replies": _repeated(b"250 a\r\n"),
    "one-line replies, each with a status": _repeated(b"550 5.1.1 a\r\n"),
    "one-line replies, then garbage": _repeated(b"250 a\n", after=b"garbage"),
    "alternating codes, `-`": _repeated(b"250-a\r\n550-a\r\n"),
    "alternating codes, `-` and SP": _repeated(b"250-a\r\n550 a\r\n"),
    "a reply, then lines without a code": _repeated(b"garbage\r\n", before=b"250 a\r\n"),
    "replies and lines without a code in turn": _repeated(b"250 a\r\nb\r\n"),
    "blank lines": _repeated(b"\r\n"),
    "blank lines before a reply": _repeated(b"\r\n", after=b"250 a\r\n"),
    "blank lines between replies": _repeated(b"250 a\r\n\r\n"),
    "blank lines in a reply": _repeated(b"\r\n", before=b"250-a\r\n", after=b"250 b\r\n"),
    "lines of CR CR LF": _repeated(b"250 a\r\r\n"),
    "a thousand digits a line": _repeated(b"2" * 1000 + b"\r\n", before=b"250-a\r\n"),
    # one line
    "only digits": _repeated(b"2"),
    "only spaces": _repeated(b" "),
    "only CR": _repeated(b"\r"),
    "only NUL": _repeated(b"\0"),
    "only byte order marks": _repeated(b"\xef\xbb\xbf"),
    "byte order marks and NULs, then a reply": _repeated(b"\xef\xbb\xbf\0 ", after=b"250 a\r\n"),
    "one endless line": _repeated(b"a", before=b"250 "),
    "one endless line that ends": _repeated(b"a", before=b"250 ", after=b"\r\n"),
    "one endless line, `-`": _repeated(b"a", before=b"250-"),
    "an endless line of spaces": _repeated(b" ", before=b"250 ", after=b"x\r\n"),
    "an endless line of octets that are not UTF-8": _repeated(b"\xff", before=b"250 "),
    "an endless line of escape sequences": _repeated(b"\x1b[2J", before=b"250 "),
    "replies that end with CR": _repeated(b"250 a\r"),
    "replies of two lines that end with CR": _repeated(b"250-a\r250 b\r"),
    "`250-` lines that end with CR": _repeated(b"250-a\r"),
    "replies that end with CR, then one LF": _repeated(b"250 a\r", after=b"\n"),
    # folds and statuses
    "`550-5.` repeated": _repeated(b"550-5."),
    "`550-5.7.1 ` folds": _repeated(b"550-5.7.1 a "),
    "`550-5.7.1 ` folds and an end": _repeated(b"550-5.7.1 a ", after=b"550 5.7.1 b\r\n"),
    "`550-a ` folds": _repeated(b"550-a "),
    "`550 ` folds after a `-`": _repeated(b"550 a ", before=b"550-"),
    "`550-5.7.1 550-` in each line": _repeated(b"550-5.7.1 550-\r\n"),
    "a folded reply a line": _repeated(b"550-5.7.1 a 550 5.7.1 b\r\n"),
    "`(#5.1.1)` repeated": _repeated(b"(#5.1.1)", before=b"550 "),
    "`5.1.1 ` repeated": _repeated(b"5.1.1 ", before=b"550 "),
    "an opening bracket, endlessly": _repeated(b"[", before=b"550 "),
    "a status of endless digits": _repeated(b"1", before=b"550 5.1."),
    # what the rules and the hints look for
    "`user unknown ` repeated": _repeated(b"user unknown ", before=b"550 "),
    "`user ` repeated, and no other word": _repeated(b"user ", before=b"550 "),
    "`a@` repeated": _repeated(b"a@", before=b"550 "),
    "one endless local part": _repeated(b"a", before=b"550 <", after=b"@example.com>"),
    "`a.` repeated": _repeated(b"a.", before=b"550 "),
    "`1:` repeated": _repeated(b"1:", before=b"550 "),
    "`http://` repeated": _repeated(b"http://", before=b"550 "),
    "`said: 550 ` repeated": _repeated(b"said: 550 ", before=b"host "),
    "`try again in 5 ` repeated": _repeated(b"try again in 5 ", before=b"450 "),
    # transcripts, whose dialect is found first
    "a session behind stamps": _repeated(b"07.07.26 17:23:12 smtp: 250-a\r\n"),
    "a session with words for the sides": _repeated(b"Sent: EHLO a\r\nGot: 250 a\r\n"),
    "sentences that repeat a reply": _repeated(b"got 550, with response: 550 5.1.1 a\r\n"),
    "quotes that do not close": _repeated(b'recv "250 a\\" \r\n'),
    "one endless prefix": _repeated(b"1:2 ", after=b"recv: 250 a\r\n"),
    "one endless mark": _repeated(b"<-", after=b"250 a\r\n"),
    "another status in each line": lambda size: b"".join(
        b"550-5.%d.%d a\r\n" % divmod(number % 10**6, 1000) for number in range(size // 15)
    ),
}

PAYLOADS: tuple[Callable[[Reply], object], ...] = (
    Capabilities.from_reply,
    challenge_of,
    closing_domain_of,
    forward_path_of,
    greeting_of,
    queue_id_of,
)


def by_parse(text: bytes) -> None:
    try:
        reply = parse(text)
        read_every_field(reply)
        str(reply)
        bytes(reply)
    except ReplyError as error:
        str(error)


def by_parse_all(text: bytes) -> None:
    try:
        for reply in parse_all(text):
            read_every_field(reply)
    except ReplyError as error:
        str(error)


def by_strict_parse_all(text: bytes) -> None:
    try:
        for reply in parse_all(text, strict=True):
            read_every_field(reply)
    except ReplyError as error:
        str(error)


def by_reader_in_chunks(text: bytes) -> None:
    _feed(_unbounded_reader(), text, CHUNK)


def by_bounded_reader_in_chunks(text: bytes) -> None:
    _feed(ReplyReader(), text, CHUNK)


def by_classify(text: bytes) -> None:
    classify(text).to_dict()


def by_template(text: bytes) -> None:
    template(text.decode("utf-8", "surrogateescape"))


def by_transcript(text: bytes) -> None:
    for _ in iter_transcript(text.splitlines(keepends=True)):
        pass


def by_payloads(text: bytes) -> None:
    try:
        reply = parse(text)
    except ReplyError:
        return
    for read in PAYLOADS:
        try:
            read(reply)
        except ReplySyntaxError as error:
            str(error)


def by_reader_octet_by_octet(text: bytes) -> None:
    _feed(_unbounded_reader(), text, 1)


def _unbounded_reader() -> ReplyReader:
    return ReplyReader(max_line_length=UNBOUNDED, max_lines=UNBOUNDED, max_reply_length=UNBOUNDED)


def _feed(reader: ReplyReader, text: bytes, length: int) -> None:
    # The end of the stream is the empty chunk, as a socket gives it.
    try:
        for start in range(0, len(text) + length, length):
            reader.receive_data(text[start : start + length])
            while isinstance(event := reader.next_reply(), Reply):
                read_every_field(event)
    except ReplyError as error:
        str(error)


class Door(NamedTuple):
    """A way to have a text read, and by how much less of it."""

    name: str
    read: Callable[[bytes], None]
    divisor: int = 1


DOORS = [
    Door("parse", by_parse),
    Door("parse_all", by_parse_all),
    Door("parse_all, strict", by_strict_parse_all),
    Door("reader, 64 KiB", by_reader_in_chunks),
    Door("reader, bounded", by_bounded_reader_in_chunks),
    Door("classify (1/8)", by_classify, 8),
    Door("template (1/8)", by_template, 8),
    Door("transcript (1/8)", by_transcript, 8),
    Door("payloads", by_payloads),
    Door("reader, octets (1/8)", by_reader_octet_by_octet, 8),  # a million calls are enough
]


def row(name: str, make: Callable[[int], bytes], size: int, *, smoke: bool) -> tuple[str, bool]:
    """Return the row of a text, and whether its time grows as it should through each door."""
    measure = once if smoke else growth
    found = [measure(door.read, make, size // door.divisor) for door in DOORS]
    return f"| {' | '.join([name, *map(str, found)])} |", all(one.is_linear for one in found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linear", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few and short texts, each read once")
    parser.add_argument("--text", help="only the texts whose name contains this")
    parser.add_argument("--door", help="only logs and the like whose name contains this")
    arguments = parser.parse_args()
    smoke, every = arguments.smoke, arguments.text is None and arguments.door is None
    slow = False
    if every or arguments.text is not None:
        slow = report_texts(arguments.text or "", smoke=smoke)
    if every or arguments.door is not None:
        slow |= report(arguments.door or "", smoke=smoke)
    return int(slow)


def report_texts(wanted: str, *, smoke: bool) -> bool:
    """Print the table of the texts of servers; return whether one is not read in linear time."""
    size = SMOKE if smoke else MEGABYTE
    print(
        "The time of a text over that of one a quarter as long, at most "
        f"{LIMIT:.0f} (and its seconds; -: not measured, or at the speed of memory).\n"
    )
    print("| text | " + " | ".join(door.name for door in DOORS) + " |")
    print("|---|" + "---:|" * len(DOORS), flush=True)
    slow = False
    for name, make in TEXTS.items():
        if wanted in name:
            shown, is_linear = row(name, make, size, smoke=smoke)
            slow |= not is_linear
            print(shown, flush=True)
    which = "see above" if slow else "none took a second" if smoke else "all are linear"
    print(f"\nTexts of servers: {which}.\n", flush=True)
    return slow


if __name__ == "__main__":
    sys.exit(main())
