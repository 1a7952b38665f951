"""Inputs that are small on disk, or have few lines, and ask for much memory; and their measurement.

``python tests/hostile/bombs.py`` prints a table of the peak memory of each.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

MOST = 150
"""Megabytes that a scan may take for any of them."""

_LINE = (
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613F{0}: to=<a{0}@b.example>, "
    "relay=mx{0}.example[192.0.2.1]:25, delay=1, delays=0/0/0/0, dsn={1}, status={2} ({3})\n"
)
_MIB = 1 << 20

# Reads a log in a process of its own, whose peak is then nobody else's; RLIMIT_AS makes what grows
# without a bound end, and soon.
_CHILD = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from smtpreply.logs import scan
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.total import total_of
run = scan(Path(sys.argv[1]))
if sys.argv[2] == "each":
    for delivery in run:
        pass
else:
    total_of(run, DeliveryFilter())
status = Path("/proc/self/status").read_text()
print(status.partition("VmHWM:")[2].split()[0], len(run.coverage.problems))
"""


def peak_of(path: Path, how: str) -> tuple[float, int]:
    """Return the peak memory in megabytes of a scan, and how many problems it has reported.

    Args:
        path: the log.
        how: "each" for the deliveries one by one, or "summary".
    """
    words = [sys.executable, "-c", _CHILD, str(path), how]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    peak, problems = map(int, done.stdout.split())
    return peak / 1024, problems


# --- inputs, as pieces ---------------------------------------------------------------------


def long_lines() -> Iterator[str]:
    """Yield lines of 16 MiB that a wide character makes four times as large in memory."""
    for _ in range(3):
        yield f"\U0001f600{'x' * (16 * _MIB)}\n"


def long_replies(count: int = 60) -> Iterator[str]:
    """Yield successes with a text of 2 MB, each another."""
    for number in range(count):
        yield _LINE.format(number, "2.0.0", "sent", f"y{number}" * 600_000)


def wide_replies() -> Iterator[str]:
    """Yield the same with a wide character."""
    for number in range(40):
        yield _LINE.format(number, "2.0.0", "sent", f"\U0001f600{number}" * 300_000)


def many_examples() -> Iterator[str]:
    """Yield deferrals that are all different, of 100 kB each."""
    for number in range(700):
        said = f"host mx[192.0.2.1] said: 450 {number} " + "z" * 100_000
        yield _LINE.format(number, "4.0.0", "deferred", said)


def diagnostics() -> Iterator[str]:
    """Yield a delivery report about 3,000 recipients with a diagnostic of 60 kB each."""
    yield "From: MAILER-DAEMON@x\nTo: a@b\nMIME-Version: 1.0\nContent-Type: multipart/report;"
    yield ' report-type=delivery-status; boundary="B"\n\n--B\n'
    yield "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    for number in range(3_000):
        yield f"Final-Recipient: rfc822; u{number}@x.example\nAction: failed\nStatus: 5.1.1\n"
        yield f"Diagnostic-Code: smtp; 550 {number} {'x' * 60_000}\n\n"


def message_ids() -> Iterator[str]:
    """Yield messages with a Message-ID of 8 kB."""
    for number in range(40_000):
        head = f"Nov 24 11:43:32 mx postfix/cleanup[42]: 4E7461{number:06X}: message-id="
        yield f"{head}<{number}{'m' * 8_000}@x>\n"


def program_names() -> Iterator[str]:
    """Yield lines of programs with a name of 300 kB."""
    for number in range(300):
        yield f"Nov 24 11:43:32 mx p{number}{'r' * 300_000}[42]: hello\n"


def commands() -> Iterator[str]:
    """Yield a transcript whose 3,000 commands of 100 kB nobody answers."""
    yield "220 mx ESMTP\n"
    for number in range(3_000):
        yield f"C: RCPT TO:<{number}{'c' * 100_000}>\n"


def attempts() -> Iterator[str]:
    """Yield attempts of Courier that are never ended."""
    for number in range(30_000):
        head = f"Nov 24 11:43:31 mx1 courieresmtp: id=0038C081.4D026173.{number:08X},"
        yield f"{head}from=<al@example.com>,addr=<u@x.example>: 550 {'q' * 8_000}\n"


def holes() -> Iterator[str]:
    """Yield lines with a NUL each."""
    for _ in range(200_000):
        yield "x\0\n"


def one_line() -> Iterator[str]:
    """Yield a line of 200 MiB."""
    yield "2026-11-24 11:43:32 "
    for _ in range(200):
        yield "A" * _MIB


def names(count: int) -> Iterator[str]:
    """Yield deferrals and refusals, each of another queue id, address, server and client."""
    head = "Nov 24 11:43:32 mx postfix"
    for number in range(0, count, 2):
        client = f"c{number}.example[{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.9]"
        yield (
            f"{head}/smtp[42]: {number:010X}: to=<a{number}@b{number}.example>, relay=mx{number}"
            f".example[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.2.0, status=deferred (host "
            f"mx{number}.example[192.0.2.1] said: 450 4.2.0 <a{number}@b{number}.example> busy)\n"
        )
        yield (
            f"{head}/smtpd[42]: NOQUEUE: reject: RCPT from {client}: 554 5.7.1 "
            f"<d{number}@e.example>: Relay access denied; from=<f{number}@g{number}.example> "
            f"to=<d{number}@e.example> proto=ESMTP helo=<c{number}.example>\n"
        )


LINES: dict[str, Callable[[], Iterator[str]]] = {
    "lines of 16 MiB with wide characters": long_lines,
    "successes of 2 MB": long_replies,
    "successes of wide characters": wide_replies,
    "deferrals of 100 kB, all different": many_examples,
    "a report with diagnostics of 60 kB": diagnostics,
    "Message-IDs of 8 kB": message_ids,
    "programs' names of 300 kB": program_names,
    "commands of 100 kB without an answer": commands,
    "attempts without an end": attempts,
    "lines with a NUL": holes,
    "a line of 200 MiB": one_line,
    "100,000 distinct names": lambda: names(100_000),
}
MANY: dict[str, Callable[[], Iterator[str]]] = {
    "a million distinct names": lambda: names(1_000_000),
    "four million distinct names": lambda: names(4_000_000),
}
"""What takes too long for a test; the table has it."""


def xz_with(dictionary: int, size: int) -> Iterator[bytes]:
    """Yield an xz file that asks for a dictionary of so many octets, of zeros."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": dictionary}]
    packer = lzma.LZMACompressor(filters=filters)
    for _ in range(size // _MIB):
        yield packer.compress(bytes(_MIB))
    yield packer.flush()


PACKED: dict[str, Callable[[], Iterator[bytes]]] = {
    "an xz dictionary of 512 MiB": lambda: xz_with(512 * _MIB, 600 * _MIB),
    "an xz dictionary of 64 MiB": lambda: xz_with(64 * _MIB, 100 * _MIB),
    "200 MiB of zeros in gzip": lambda: iter([gzip.compress(bytes(200 * _MIB), 1)]),
    "200 MiB of zeros in bzip2": lambda: iter([bz2.compress(bytes(200 * _MIB), 1)]),
}


def write(name: str, path: Path) -> Path:
    """Write the bomb of a name to a file, compressed where that is its point."""
    if name in PACKED:
        with path.open("wb") as file:
            file.writelines(PACKED[name]())
        return path
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as text:
        text.writelines((LINES | MANY)[name]())
    return path


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(
            "| input | on disk, kB | one by one, MB | summary, MB |\n|---|--:|--:|--:|\n"
        )
        for name in (*LINES, *MANY, *PACKED):
            path = write(name, Path(folder) / "bomb")
            each, summed = (peak_of(path, how)[0] for how in ("each", "summary"))
            size = path.stat().st_size / 1000
            sys.stdout.write(f"| {name} | {size:,.0f} | {each:.0f} | {summed:.0f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
