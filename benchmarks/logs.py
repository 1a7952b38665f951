"""Seeded logs, exact counts, and how fast they are found: ``python -m benchmarks.logs``.

Writes a log of Postfix, one of Exim, and one of a whole host whose other half is of other programs
(see `benchmarks.mail_logs` for the mix), checks that the summary of ``smtpreply scan`` has exactly
the counts that went into it, and times it as a whole process beside Debian's pflogsumm and
eximstats where they are installed: in rounds by turns, of which the median counts. What runs is a
wheel of this checkout: see `benchmarks.installed`.

Exits with 1 where a count is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.installed import Installed, installed
from benchmarks.mail_logs import MAKERS

PEERS = {"postfix": "pflogsumm", "exim": "eximstats", "host": "pflogsumm"}


def write(name: str, lines: int, path: Path) -> Counter[str]:
    """Write a log; give what it holds."""
    counts: Counter[str] = Counter()
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in MAKERS[name](lines, counts))
    return counts


def scanned(here: Installed, path: Path, jobs: int) -> Counter[str]:
    """Scan a log; give what was found, as `write` does."""
    found = json.loads(here.run(*command(jobs), "--json", str(path)).stdout)
    counts = Counter({"deliveries": found["deliveries"]})
    for kind, table in (
        ("status", found["status"]),
        ("code", found["code"]),
        ("enhanced", found["enhanced"]["top"]),
    ):
        counts.update({f"{kind} {key}": count for key, count in table.items()})
    coverage = found["coverage"]
    counts["left"] = coverage["lines"] - coverage["understood"]
    return counts


def command(jobs: int) -> list[str]:
    return ["-m", "smtpreply", "scan", "--jobs", str(jobs)]


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def is_exact(here: Installed, name: str, path: Path, counts: Counter[str]) -> bool:
    """Whether one process and two find what the log holds, and leave no other lines."""
    right = True
    for jobs in (1, 2):
        found = scanned(here, path, jobs)
        if found != counts:
            right = False
            differing = {key for key in found | counts if found[key] != counts[key]}
            for key in sorted(differing):
                print(f"  {name}, {jobs} processes, {key}: {found[key]} for {counts[key]}")
    return right


# A line of the grand totals of pflogsumm: the same figure of a summary.
TOTALS: dict[str, Callable[[Any], int]] = {
    "received": lambda found: found["volume"]["messages"],
    "bytes received": lambda found: found["volume"]["octets"],
    "bytes delivered": lambda found: found["octets"],
    "senders": lambda found: len(found["volume"]["sender"]["top"]),
    "delivered": lambda found: found["outcome"]["delivered"],
    "deferred": lambda found: found["outcome"]["deferred"],
    "bounced": lambda found: found["outcome"]["bounced"],
    "rejected": lambda found: found["outcome"]["rejected"],
}


def agrees(here: Installed, path: Path) -> bool:
    """Whether pflogsumm's grand totals of a log are ours; also where it is not installed."""
    program = shutil.which("pflogsumm")
    if program is None:
        print("  pflogsumm is not installed: its totals are not compared")
        return True
    words = [program, "-h", "0", "-u", "0", str(path)]
    told = subprocess.run(words, check=True, capture_output=True).stdout.decode()
    told = told.partition("Per-")[0]
    lines = re.findall(r"^ +([0-9]+[km]?)  +([a-z ]*[a-z])", told, re.MULTILINE)
    theirs = {label: figure for figure, label in lines}
    found = json.loads(here.run(*command(1), "--json", str(path)).stdout)
    right = True
    for label, of in TOTALS.items():
        ours, size = of(found), _shortened(of(found))
        if theirs.get(label) not in (str(ours), size):
            right = False
            print(f"  {label}: {ours}, and {theirs.get(label)} by pflogsumm")
    print(f"  pflogsumm's totals: {'the same' if right else 'OTHERS'}")
    return right


def _shortened(octets: int) -> str:
    """Return a number of octets as pflogsumm writes large ones: in KiB or MiB, rounded down."""
    for unit, size in (("m", 1024**2), ("k", 1024)):
        if octets > 512 * size:  # adj_int_units
            return f"{octets // size}{unit}"
    return str(octets)


def compare(here: Installed, name: str, path: Path, rounds: int) -> None:
    """Time one process, two, and the peer, by turns."""
    ways: dict[str, Callable[[], object]] = {
        "1 process": partial(here.run, *command(1), str(path)),
        "2 processes": partial(here.run, *command(2), str(path)),
    }
    peer = PEERS[name]
    if program := shutil.which(peer):
        words = [program, str(path)]
        ways[peer] = partial(subprocess.run, words, check=True, capture_output=True)
    else:
        print(f"  {peer} is not installed")
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, run in ways.items():
            took[way].append(timed(run))
    for way, seconds in took.items():
        ratios = [theirs / ours for theirs, ours in zip(took.get(peer, []), seconds, strict=False)]
        ratio = f", {statistics.median(ratios):.1f} times as fast as {peer}" if ratios else ""
        print(f"  {way}: {statistics.median(seconds):.2f} s{ratio if way != peer else ''}")


def peak(here: Installed, path: Path) -> float:
    """Return the most memory that a scan of a log has had, in MB."""
    script = (
        "import resource, runpy, sys; sys.argv[1:] = {!r}\n"
        "try:\n    runpy.run_module('smtpreply', run_name='__main__')\n"
        "finally:\n    sys.stderr.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))"
    )
    done = here.run("-c", script.format(["scan", "--jobs", "1", "--json", str(path)]))
    return int(done.stderr) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--memory", type=int, default=0, help="lines of one more log, whose peak is told"
    )
    parser.add_argument("--smoke", action="store_true", help="a short log, and no times")
    options = parser.parse_args()
    lines = 5000 if options.smoke else options.lines
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    print(f"CPython {platform.python_version()}, {machine}")
    right = True
    with installed() as here, tempfile.TemporaryDirectory() as folder:
        for name in MAKERS:
            path = Path(folder, f"{name}.log")
            counts = write(name, lines, path)
            exact = is_exact(here, name, path, counts)
            right &= exact
            if PEERS[name] == "pflogsumm":
                right &= agrees(here, path)
            size = path.stat().st_size / 1e6
            print(
                f"{name}: {lines:,} lines, {size:.0f} MB, {counts['deliveries']:,} deliveries, "
                f"counts {'exact' if exact else 'WRONG'}"
            )
            if not options.smoke:
                compare(here, name, path, options.rounds)
            path.unlink()
        if options.memory:
            path = Path(folder, "long.log")
            write("postfix", options.memory, path)
            size = path.stat().st_size / 1e6
            print(
                f"postfix: {options.memory:,} lines, {size:.0f} MB: peak {peak(here, path):.0f} MB"
            )
    sys.exit(not right)


if __name__ == "__main__":
    main()
