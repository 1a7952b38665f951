"""The cost of a line of each log format: ``python -m benchmarks.formats [--base FOLDER]``.

Of each format a log is made of its sample in ``tests/data/logs``, again and again with other
addresses; of Postfix and Exim by `benchmarks.mail_logs`, which makes ten times as many lines. It is
read by ``for delivery in scan(path)`` in a process of its own, once to warm up and once to be
timed, in rounds by turns, of which the median counts.

With ``--base`` and the folder of another checkout, such as a ``git worktree`` of an older commit,
the last column is what a line costs here, as a share of what it costs there, where both find as
many deliveries.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.mail_logs import MAKERS
from smtpreply.logs import known_formats, scan

HERE = Path(__file__).parent.parent
SAMPLES = HERE / "tests" / "data" / "logs"
# Formats whose sample is not a file.
LINES = {
    "sendmail": "Nov 24 11:43:32 mx sendmail[42]: 5AOBhVcd012345: to=<bob@example.org>, "
    "delay=00:00:02, mailer=esmtp, relay=mx.example.org. [192.0.2.1], dsn=5.1.1, "
    "stat=User unknown\n",
    "opensmtpd": "Nov 24 11:43:32 mx1 smtpd[42]: ba6a2a2629b48883 mta delivery "
    "evpid=8f26ea98359eccea from=<al@example.com> to=<bob@example.org> rcpt=<-> "
    'source="203.0.113.1" relay="192.0.2.1 (mx.example.org)" delay=1s result="Ok" stat="250 Ok"\n',
    "ssmtp": "Nov 24 11:43:32 mx sSMTP[42]: RCPT TO:<bob@example.org> "
    "(550 5.1.1 <bob@example.org>: no such user)\n",
    "transcript": "<- 250 Ok\n-> RCPT TO:<bob@example.org>\n<- 550 5.1.1 No such user\n-> QUIT\n",
}
_LOCAL_PART = re.compile(r"\b([a-z]+)@(?=[a-z0-9-]+\.)")
_TIMED = """
import sys, time
from smtpreply.logs import scan
path = sys.argv[1]
for number in range(2):
    start = time.process_time()
    run = scan(path)
    count = sum(1 for _ in run)
    took = time.process_time() - start
print(took / run.coverage.lines * 1e6, count / run.coverage.lines)
"""


def samples() -> Iterator[tuple[str, str]]:
    """Yield each format with its longest sample."""
    found: dict[str, tuple[int, str]] = {}
    for path in sorted(SAMPLES.iterdir()):
        run = scan(path)
        for _ in run:
            pass
        for name, lines in run.coverage.formats.items():
            if lines > found.get(name, (0, ""))[0]:
                text = path.read_text("utf-8", "surrogateescape")
                found[name] = lines, text if text.endswith("\n") else f"{text}\n"
    for name in sorted(known_formats()):
        if name in found:
            yield name, found[name][1]
        elif name in LINES:
            yield name, LINES[name]


def repeated(sample: str, lines: int) -> Iterator[str]:
    """Yield a sample again and again, each time with other recipients, for so many lines."""
    made = 0
    for number in itertools.count():
        if made >= lines:
            return
        yield _LOCAL_PART.sub(rf"\g<1>{number}@", sample)
        made += sample.count("\n")


def logs(folder: Path, lines: int) -> Iterator[tuple[str, Path]]:
    """Write a log of each format, and yield its name and path."""
    for name, sample in samples():
        if name not in MAKERS:
            path = folder / f"{name}.log"
            text = "".join(repeated(sample, lines))
            path.write_text(text, "utf-8", "surrogateescape")
            yield name, path
    for name, make in MAKERS.items():
        path = folder / f"{name}.log"
        path.write_text("".join(f"{line}\n" for line in make(10 * lines, Counter())), "utf-8")
        yield name, path


def timed(tree: Path, path: Path) -> tuple[float, float]:
    """Return the microseconds of a line, and the deliveries of a line."""
    words = [sys.executable, "-c", _TIMED, str(path)]
    environment = os.environ | {"PYTHONPATH": str(tree)}
    done = subprocess.run(words, check=True, capture_output=True, cwd=path.parent, env=environment)
    cost, deliveries = map(float, done.stdout.split())
    return cost, deliveries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--base", type=Path, help="another checkout")
    parser.add_argument("--smoke", action="store_true", help="short logs, once")
    options = parser.parse_args()
    lines, rounds = (100, 1) if options.smoke else (options.lines, options.rounds)
    trees = [HERE, *([options.base.resolve()] if options.base else [])]
    print(f"CPython {platform.python_version()}, {platform.system()} {platform.machine()}")
    print(f"| format | µs a line | deliveries a line |{' beside the base |' * (len(trees) - 1)}")
    print(f"|---|---:|---:|{'---:|' * (len(trees) - 1)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in logs(Path(folder), lines):
            runs = [[timed(tree, path) for tree in trees] for _ in range(rounds)]
            cost = statistics.median(run[0][0] for run in runs)
            row = f"| {name} | {cost:.1f} | {runs[0][0][1]:.2f} |"
            if len(trees) > 1:
                same = runs[0][0][1] == runs[0][1][1]
                share = statistics.median(run[0][0] / run[1][0] for run in runs)
                row += f" {share:.2f} |" if same else " |"
            print(row, flush=True)


if __name__ == "__main__":
    main()
