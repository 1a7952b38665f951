"""Hostile lines of logs, transcripts and mails cost time in proportion to their length.

Of every format the lines of its sample are taken, and at each place where a field may begin, each
of some units is put in again and again. What takes less than a microsecond a character is as fast
as it should be; of the others the time of four times the length is measured: see
`benchmarks.linear`, which runs this too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from smtpreply.catalog import lookup, search
from smtpreply.catalog.finder import UnknownEntryError
from smtpreply.dialogue.transcript import read_transcript
from smtpreply.logs import scan
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.total import total_of

LIMIT = 6.0
_FAST = 3e-6  # seconds a character
_SIZE = 1 << 14  # characters
_SMOKE = 1 << 10
_DATA = Path(__file__).parents[1] / "tests" / "data"
_UNITS = (
    " ",
    "<",
    '"',
    "\\",
    "(",
    "[",
    "a@",
    "=",
    ", ",
    ": ",
    "550 ",
    "a=b ",
    "\t",
    "0",
    "a.",
    "'",
)
_PLACES = re.compile(r"[=<\"(\[:,|] ?")
_MOST_LINES = 3  # of a sample
_MOST_PLACES = 8  # of a line

# The two formats without a sample of their own in tests/data/logs.
_LINES = {
    "postfix": [
        "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<u@b.example>, relay=mx[192.0.2.1]:25,"
        " delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx[192.0.2.1] said: 550 5.1.1 x "
        "(in reply to RCPT TO command))",
        "Nov 24 11:43:32 mx postfix/smtpd[42]: NOQUEUE: reject: RCPT from c[203.0.113.9]: 554 5.7.1"
        " x; from=<a@b.example> to=<u@c.example> proto=ESMTP helo=<c>",
    ],
    "exim": [
        "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** u@b.example R=r T=t H=mx [192.0.2.1]: SMTP "
        "error from remote mail server after RCPT TO:<u@b.example>: 550 5.1.1 x",
        "2026-11-24 11:43:32 H=mx [203.0.113.9] F=<a@b.example> rejected RCPT <u@c.example>: no",
    ],
    "sendmail": [
        "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: to=<u@b.example>, delay=00:00:07, "
        "mailer=esmtp, pri=1, relay=mx. [192.0.2.1], dsn=5.1.1, stat=User unknown",
        "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: ruleset=check_rcpt, arg1=<u@b.example>, "
        "relay=mx [203.0.113.9], reject=550 5.7.1 no",
    ],
    "opensmtpd": [
        "Nov 24 11:43:32 mx smtpd[42]: 6a2f8b4c1d3e5f70 mta delivery evpid=0e8ad1a2b3c4d5e6 "
        'from=<a@b> to=<u@b> rcpt=<-> source="192.0.2.1" relay="203.0.113.9 (mx)" delay=7s '
        'result="PermFail" stat="550 5.1.1 x"',
    ],
}


class Slow(NamedTuple):
    """What took longer than it should: the ratio is of four times the length."""

    door: str
    text: str
    seconds: float
    ratio: float


def _each(lines: list[str]) -> None:
    for delivery in scan(lines):
        delivery.verdict  # noqa: B018  (computed when asked for)


def _together(lines: list[str]) -> None:
    total_of(scan(lines), DeliveryFilter())


def _transcript(lines: list[str]) -> None:
    read_transcript(lines)


def _catalog(lines: list[str]) -> None:
    for line in lines:
        search(line)
        try:
            lookup(line)
        except UnknownEntryError as error:
            str(error)


def _columns() -> dict[str, Callable[[list[str]], None]]:
    try:
        import polars as pl

        from smtpreply.frames import polars as frames
    except ImportError:
        return {}

    def parsed(lines: list[str]) -> None:
        frame = pl.DataFrame({"raw": ["550 5.1.1 " + line for line in lines]})
        frame.select(frames.parse("raw"), frames.classify("raw").alias("verdict"))

    return {"columns": parsed}


def _samples() -> Iterator[tuple[str, list[str]]]:
    for path in sorted(_DATA.joinpath("logs").iterdir()):
        text = path.read_text("utf-8", "surrogateescape")
        yield path.stem, [line for line in text.split("\n") if line.strip()]
    yield from _LINES.items()


def _hostile(lines: list[str], size: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines with a unit put in many times at some place in one of them."""
    for number in range(min(len(lines), _MOST_LINES)):
        line = lines[number]
        ends = [match.end() for match in _PLACES.finditer(line)][:_MOST_PLACES]
        for place in (*ends, len(line)):
            for unit in _UNITS:
                changed = line[:place] + unit * (size // len(unit)) + line[place:]
                around = [*lines[:number][-5:], changed, *lines[number + 1 :][:5]]
                yield f"{unit!r} at {place} of {line[:60]!r}", around


def _time(read: Callable[[list[str]], Any], lines: list[str]) -> float:
    start = time.perf_counter()
    read(lines)
    return time.perf_counter() - start


def slow_at(size: int, wanted: str = "") -> Iterator[Slow]:
    """Yield what does not take time in proportion to its length, and print nothing."""
    reads: dict[str, Callable[[list[str]], None]] = {"each": _each, "summary": _together}
    doors = [
        (f"{name}, {how}", read, lines) for name, lines in _samples() for how, read in reads.items()
    ]
    for path in sorted(_DATA.joinpath("transcripts").iterdir()):
        text = path.read_text("utf-8", "surrogateescape")
        doors.append((f"transcript of {path.stem}", _transcript, text.split("\n")[:30]))
    for name, read in {"catalog": _catalog, **_columns()}.items():
        doors.append((name, read, ["550 5.1.1", "AUTH PLAIN", "user <a@b.example> unknown"]))
    for door, read, lines in doors:
        if wanted in door:
            read(lines[:20])  # what is loaded once
            for text, changed in _hostile(lines, size):
                seconds = _time(read, changed)
                if seconds > _FAST * size and (slow := _measured(door, read, text, changed, lines)):
                    yield slow


def _measured(
    door: str, read: Callable[[list[str]], None], text: str, changed: list[str], lines: list[str]
) -> Slow | None:
    """Return how slow a door is, if it is; the best of three, since the clock slips."""
    size = sum(map(len, changed))  # as in the larger one: what stands around the units counts too
    larger = dict(_hostile(lines, 4 * size))[text]
    changed = dict(_hostile(lines, size))[text]
    seconds = min(_time(read, larger) for _ in range(3))
    ratio = seconds / min(_time(read, changed) for _ in range(3))
    return (
        Slow(door, text, seconds, ratio) if ratio > LIMIT and seconds > 4 * size * _FAST else None
    )


def report(*, smoke: bool, wanted: str = "") -> bool:
    """Print what is not linear, and return whether there is anything."""
    found = False
    for slow in slow_at(_SMOKE if smoke else _SIZE, wanted):
        found = True
        print(f"{slow.door}: {slow.ratio:.1f} ({slow.seconds:.2f} s): {slow.text}", flush=True)
    print(f"Logs, transcripts, catalog, columns: {'see above' if found else 'all are linear'}.")
    return found
