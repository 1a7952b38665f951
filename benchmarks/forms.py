"""Every form in which programs hold a reply: ``python -m benchmarks.forms`` prints a table.

`benchmarks.peers` reads replies as a connection brings them. But a log, a data frame, a bounce or
an exception holds a reply as text, with LF or with no line end at all, and not always in due form.
Each row is the corpus of `benchmarks.corpus`, which states its mix, or a part of it, put into one
form. The times are beside smtplib's for the same replies as it needs them, as octets with CRLF. The
peers read the rows of octets; a dash is where one misreads the form, or waits for more.

``--check docs/performance.md`` compares with the table in that file. A form that has become slower
than its row there is named, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import peers, workloads
from benchmarks.corpus import SMOKE_SIZE, corpus
from benchmarks.workloads import Raw, Run
from smtpreply import parse

SIZE = 4000
ROUNDS = 15
NOISE = 1.2  # one run on a busy machine differs from another by this much

PEERS = {
    "Twisted": peers.twisted_data_received,
    "aiosmtplib": peers.aiosmtplib_buffer,
    "smtpproto": peers.smtpproto_feed_bytes,
    "slimta": peers.slimta_recv_reply,
}
HEADER = (
    "| form | smtplib, µs | `parse`: code, class | `parse`: every field | "
    + " | ".join(PEERS)
    + " |"
)


# --- the forms: each makes it of a reply in due form, or gives None where there is none ----

Make = Callable[[bytes], Raw | None]


def _as_text(make: Make) -> Make:
    def text(reply: bytes) -> Raw | None:
        made = make(reply)
        return made.decode() if isinstance(made, bytes) else made

    return text


def _of_one_line(make: Callable[[bytes], bytes]) -> Make:
    return lambda reply: make(reply) if reply.count(b"\n") == 1 else None


def _several_lines(reply: bytes) -> bytes | None:
    return reply if reply.count(b"\n") > 1 else None


def _with_status(reply: bytes) -> bytes | None:
    return reply if re.match(rb"[0-9]{3}[ -][245]\.[0-9]+\.[0-9]+ ", reply) else None


def _without_status(reply: bytes) -> bytes | None:
    return None if _with_status(reply) else reply


def _folded(reply: bytes) -> bytes | None:
    return reply[:-2].replace(b"\r\n", b" ") if _several_lines(reply) else None


_OF_OCTETS: dict[str, Make] = {
    "CRLF": lambda reply: reply,
    "LF": lambda reply: reply.replace(b"\r\n", b"\n"),
    "no line end": lambda reply: reply[:-2],
    "UTF-8": lambda reply: reply.replace(b"o", "ö".encode()),
    "one line": _of_one_line(lambda reply: reply),
    "several lines": _several_lines,
    "with a status": _with_status,
    "without a status": _without_status,
}
# The slow way, by what makes it so; the first is told by its head and takes the other one.
_ODD: dict[str, Make] = {
    "second digit above 5": _of_one_line(lambda reply: reply[:1] + b"7" + reply[2:]),
    "tab after the code": _of_one_line(lambda reply: reply[:3] + b"\t" + reply[4:]),
    "colon after the code": _of_one_line(lambda reply: reply[:3] + b":" + reply[4:]),
    "space before the code": _of_one_line(lambda reply: b" " + reply),
    "CR CR LF": _of_one_line(lambda reply: reply[:-2] + b"\r\r\n"),
    "blank line before": _of_one_line(lambda reply: b"\r\n" + reply),
    "line without a code": _of_one_line(lambda reply: reply + b"See our page\r\n"),
    "Latin-1": _of_one_line(lambda reply: reply[:-2] + b" gr\xfc\xdfe\r\n"),
    "escape sequence": _of_one_line(lambda reply: reply[:-2] + b" \x1b[31m\r\n"),
    "folded": _folded,
}
FORMS = {
    **{f"bytes, {name}": make for name, make in _OF_OCTETS.items()},
    **{f"str, {name}": _as_text(make) for name, make in _OF_OCTETS.items()},
    **_ODD,
}


# --- the rows ------------------------------------------------------------------------------


class Row(NamedTuple):
    """What a form costs: seconds a reply in smtplib, and ratios to it. None: cannot be read."""

    name: str
    smtplib: float
    code_and_class: float
    every_field: float
    peers: tuple[float | None, ...]

    def __str__(self) -> str:
        ratios = (self.code_and_class, self.every_field, *self.peers)
        cells = ["-" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
        return f"| {self.name} | {self.smtplib * 1e6:.2f} | {' | '.join(cells)} |"


def measure(name: str, make: Make, replies: Sequence[bytes], rounds: int) -> Row:
    """Check that the form says what the reply does, let all read it, and return its row."""
    made = [(reply, form) for reply in replies if (form := make(reply)) is not None]
    due, forms = [reply for reply, _ in made], [form for _, form in made]
    for reply, form in made:
        digits = (parse(form).code % 10, parse(form).reply_class)
        assert digits == (parse(reply).detail, parse(reply).reply_class), f"{name}: {form!r}"
    runs: list[Run | None] = [
        peers.smtplib_stream(due),
        workloads.parse_code_and_class(forms),
        workloads.parse_every_field(forms),
        *[_peer_run(prepare, forms) for prepare in PEERS.values()],
    ]
    present = [run for run in runs if run is not None]
    seconds = iter(peers.race(present, rounds))
    taken = [None if run is None else next(seconds) for run in runs]
    base = taken[0]
    assert base is not None
    ratios = [
        None
        if own is None
        else statistics.median(mine / its for mine, its in zip(own, base, strict=True))
        for own in taken
    ]
    _, code_and_class, every_field, *others = ratios
    assert code_and_class is not None
    assert every_field is not None
    seconds_a_reply = statistics.median(base) / len(due)
    return Row(name, seconds_a_reply, code_and_class, every_field, tuple(others))


def _peer_run(prepare: workloads.Prepare, forms: Sequence[Raw]) -> Run | None:
    """Return the run of a peer that gets every code right, one by one and in a row, else None."""
    octets = [form for form in forms if isinstance(form, bytes)]
    if len(octets) < len(forms):
        return None
    try:
        for form in octets:
            if _code_of(prepare([form])()) != parse(form).code:
                return None
        run = prepare(octets)
        return run if _code_of(run()) == parse(octets[-1]).code else None
    except Exception:  # noqa: BLE001  (whatever a peer raises for a form that it does not know)
        return None


def _code_of(result: Any) -> int:
    return int(result[0] if isinstance(result, tuple) else result.code)


def slower(rows: Iterable[Row], document: str) -> list[str]:
    """Return a line for each form that takes longer than its row in the table of `document`."""
    table = document.partition(HEADER)[2].partition("\n\n")[0]
    known = {
        cells[1].strip(): cells for line in table.splitlines() if (cells := line.split("|"))[1:]
    }
    found = []
    for row in rows:
        for name, place, ratio in (
            ("code, class", 3, row.code_and_class),
            ("every field", 4, row.every_field),
        ):
            limit = float(known[row.name][place])
            if ratio > limit * NOISE:
                found.append(f"{row.name}, {name}: {ratio:.2f}, and {limit:.2f} in the table")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forms", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small corpus and three rounds")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--form", default="", help="only the forms whose name contains this")
    parser.add_argument("--check", type=Path, metavar="FILE", help="compare with the table in it")
    arguments = parser.parse_args()
    replies = corpus(SMOKE_SIZE if arguments.smoke else SIZE)
    rounds = 3 if arguments.smoke else arguments.rounds
    print("\n".join([*peers.header(replies, rounds), HEADER]))
    print("|---|---:|---:|---:|" + "---:|" * len(PEERS), flush=True)
    rows = []
    for name, make in FORMS.items():
        if arguments.form in name:
            rows.append(measure(name, make, replies, rounds))
            print(rows[-1], flush=True)
    if arguments.check is None:
        return 0
    found = slower(rows, arguments.check.read_text(encoding="utf-8"))
    print("\n".join(["", *found, f"{len(found)} slower than the table"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
