"""What an import costs: ``python -m benchmarks.import_time``.

Each statement is run in fresh processes, turn by turn, after one that fills the caches. Two
figures, each a median: what ``-X importtime`` says of the modules that the statement brought in
(children included; what the interpreter had loaded before is not counted), and the wall time of
a whole process without that option.

``import smtpreply`` alone loads no parser, since its names are imported when they are asked for.
So there is a row, too, for a program that parses: with attrs and all that `parse` needs.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

PROCESSES = 11
STATEMENTS = (
    "import smtplib",
    "import smtpreply",
    "from smtpreply import parse",
    "from smtpreply import ReplyReader",
    "import attrs",
    "pass",
)


def modules(statement: str) -> dict[str, int]:
    """Return the modules that a process imports by itself, not for another, with microseconds."""
    process = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(_outermost(process.stderr))


def _outermost(log: str) -> Iterator[tuple[str, int]]:
    # "import time:       210 |       1423 | smtplib"; what another module imported is indented.
    for line in log.splitlines():
        _, _, cumulative, name = line.replace("|", ":").split(":", 3)
        if cumulative.strip().isdigit() and name.startswith(" ") and not name.startswith("  "):
            yield name.strip(), int(cumulative)


def import_milliseconds(statement: str, before: set[str]) -> float:
    """Return what the modules cost that are not in `before`."""
    return sum(cost for name, cost in modules(statement).items() if name not in before) / 1000


def wall_milliseconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return (time.perf_counter() - start) * 1000


def report(processes: int) -> list[str]:
    """Measure, and give the lines of the table."""
    before = set(modules("pass"))
    imports: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    walls: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    for turn in range(processes + 1):
        for statement in STATEMENTS:
            taken = import_milliseconds(statement, before), wall_milliseconds(statement)
            if turn:
                imports[statement].append(taken[0])
                walls[statement].append(taken[1])
    base = statistics.median(imports["import smtplib"])
    lines = ["| statement | ms | ratio to smtplib | ms of the process |", "|---|---:|---:|---:|"]
    for statement in STATEMENTS:
        own, wall = statistics.median(imports[statement]), statistics.median(walls[statement])
        lines.append(f"| `{statement}` | {own:.1f} | {own / base:.2f} | {wall:.1f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_time", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="three processes each")
    processes = 3 if parser.parse_args().smoke else PROCESSES
    version = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"{version}; medians of {processes} fresh processes, taking turns.\n")
    print("\n".join(report(processes)))


if __name__ == "__main__":
    main()
