"""Time of an import and of a first call: ``python -m benchmarks.import_time [--wheel]``.

Each statement is run in fresh processes, turn by turn, after one that fills the caches. Two
figures, each a median: what ``-X importtime`` says of the modules that the statement brought in
(children included; what the interpreter had loaded before is not counted), and the wall time of
a whole process without that option.

``import smtpreply`` alone loads no parser, since its names are imported when they are asked for.
So there is a row, too, for a program that parses: with attrs and all that `parse` needs.

The second table is of the first verdict and the first look-up of a process: all that they take
after ``import smtpreply``, and of that what attrs takes, what other modules take, and the call
itself with the data that it reads. Without ``--wheel`` it is of the package that is imported here,
in a checkout with its TOML; with it, a wheel is built and installed in an environment of its own,
which is read-only and has no home.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import attrs

from benchmarks.installed import Installed, wheel

PROCESSES = 11
STATEMENTS = (
    "import smtplib",
    "import smtpreply",
    "from smtpreply import parse",
    "from smtpreply import ReplyReader",
    "import attrs",
    "pass",
)
FIRST_CALLS = {
    'classify("550 5.1.1 No such user")': "from smtpreply import classify",
    "catalog.lookup(550)": "from smtpreply import catalog; catalog.lookup",
}
_FIRST_CALL = """
from time import perf_counter
import smtpreply
times = [perf_counter()]
for statement in ("import attrs", {imports!r}, {call!r}):
    exec(statement)
    times.append(perf_counter())
print(*(1000 * (end - start) for start, end in zip(times, times[1:])))
"""
_FORM = """
from smtpreply._support.data import find
print("compiled data" if find("reasons/rules") else "TOML")
"""


@attrs.frozen
class Measured(Installed):
    """A Python with the package, whose imports and first calls are timed."""

    def modules(self, statement: str) -> dict[str, int]:
        """Return the modules that a process imports by itself, not for another: microseconds."""
        return dict(_outermost(self.run("-X", "importtime", "-c", statement).stderr))

    def import_milliseconds(self, statement: str, before: set[str]) -> float:
        """Return what the modules cost that are not in `before`."""
        took = self.modules(statement)
        return sum(cost for name, cost in took.items() if name not in before) / 1000

    def wall_milliseconds(self, statement: str) -> float:
        start = time.perf_counter()
        self.run("-c", statement)
        return (time.perf_counter() - start) * 1000

    def first_call(self, call: str) -> tuple[float, ...]:
        """Return the milliseconds of attrs, of other modules, and of a call."""
        script = _FIRST_CALL.format(imports=FIRST_CALLS[call], call=call)
        return tuple(map(float, self.run("-c", script).stdout.split()))


def _outermost(log: str) -> Iterator[tuple[str, int]]:
    # "import time:       210 |       1423 | smtplib"; what another module imported is indented.
    for line in log.splitlines():
        _, _, cumulative, name = line.replace("|", ":").split(":", 3)
        if cumulative.strip().isdigit() and name.startswith(" ") and not name.startswith("  "):
            yield name.strip(), int(cumulative)


@contextlib.contextmanager
def read_only() -> Iterator[Measured]:
    """Install a wheel of this checkout where nothing can be written, and nothing else is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "env", with_pip=True)
        python = str(folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python")
        subprocess.run([python, "-m", "pip", "--quiet", "install", wheel(folder)], check=True)
        packages = [path for path in (folder / "env").rglob("*") if not path.is_symlink()]
        for path in packages:
            path.chmod(path.stat().st_mode & ~0o222)
        try:
            nowhere = str(folder / "no-home")
            yield Measured(python, folder, os.environ | {"HOME": nowhere, "USERPROFILE": nowhere})
        finally:
            for path in packages:
                path.chmod(path.stat().st_mode | 0o200)


def imports(here: Measured, processes: int) -> list[str]:
    """Measure imports, and return the lines of the table."""
    before = set(here.modules("pass"))
    own: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    walls: dict[str, list[float]] = {statement: [] for statement in STATEMENTS}
    for turn in range(processes + 1):
        for statement in STATEMENTS:
            taken = here.import_milliseconds(statement, before), here.wall_milliseconds(statement)
            if turn:
                own[statement].append(taken[0])
                walls[statement].append(taken[1])
    base = statistics.median(own["import smtplib"])
    lines = ["| statement | ms | ratio to smtplib | ms of the process |", "|---|---:|---:|---:|"]
    for statement in STATEMENTS:
        cost, wall = statistics.median(own[statement]), statistics.median(walls[statement])
        lines.append(f"| `{statement}` | {cost:.1f} | {cost / base:.2f} | {wall:.1f} |")
    return lines


def first_calls(here: Measured, processes: int) -> list[str]:
    """Measure first calls, and return the lines of the table."""
    taken: dict[str, list[tuple[float, ...]]] = {call: [] for call in FIRST_CALLS}
    for turn in range(processes + 1):
        for call in FIRST_CALLS:
            times = here.first_call(call)
            if turn:
                taken[call].append(times)
    lines = [
        "| first call | attrs | other modules | the call | ms over `import smtpreply` |",
        "|---|---:|---:|---:|---:|",
    ]
    for call, rows in taken.items():
        parts = map(statistics.median, zip(*rows, strict=True))
        whole = statistics.median(map(sum, rows))
        cells = " | ".join(f"{figure:.1f}" for figure in (*parts, whole))
        lines.append(f"| `{call}` | {cells} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_time", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="three processes each")
    parser.add_argument("--wheel", action="store_true", help="measure a wheel, built and installed")
    options = parser.parse_args()
    processes = 3 if options.smoke else PROCESSES
    current = contextlib.nullcontext(Measured(sys.executable, Path.cwd()))
    with read_only() if options.wheel else current as here:
        version = f"{platform.python_implementation()} {platform.python_version()}"
        print(f"{version}; medians of {processes} fresh processes, taking turns.")
        print(f"smtpreply reads {here.run('-c', _FORM).stdout.strip()}.\n")
        print("\n".join(imports(here, processes)))
        print()
        print("\n".join(first_calls(here, processes)))


if __name__ == "__main__":
    main()
