"""The cost of wrappings, which stand before each line of a log: ``python -m benchmarks.wrappings``.

Each row is the log of Postfix of `benchmarks.mail_logs`, as people and shippers hand it on: the
time that a line takes in a summary (`Scan.bundled`), and for deliveries one by one; of some rounds
by turns the least. Exits with 1 where a row has other deliveries than the bare log.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.mail_logs import postfix
from smtpreply.logs import Bundle, scan

LINES = 100_000
ROUNDS = 3
_STAMP = len("Mar  1 00:00:00")
_HEAD = len("Mar  1 00:00:00 mx1 ")


def _dated(line: str, zone: str) -> str:
    return f"2026-03-01T{line[7:_STAMP]}.123456{zone}"


def _of_docker(line: str) -> str:
    entry = {"log": f"{line}\n", "stream": "stdout", "time": _dated(line, "Z")}
    text = json.dumps(entry, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")  # as Go writes JSON


def _of_journald(line: str) -> str:
    program, _, rest = line[_HEAD:].partition("[")
    entry = {
        "__REALTIME_TIMESTAMP": "1772323200000000",
        "_HOSTNAME": "mx1",
        "SYSLOG_IDENTIFIER": program,
        "SYSLOG_PID": rest.partition("]")[0],
        "MESSAGE": rest.partition(": ")[2],
    }
    return json.dumps(entry)


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "none": lambda line: line,
    "rsyslog, stamps of RFC 3339": lambda line: _dated(line, "+01:00") + line[_STAMP:],
    "CRLF": lambda line: f"{line}\r",
    "`grep -n`, several files": lambda line: f"mail.log.1:12:{line}",
    "quoted": lambda line: f"> {line}",
    "indented": lambda line: f"    {line}",
    "syslog's priority": lambda line: f"<22>{line}",
    "`docker compose logs`": lambda line: f"mail-1  | {line}",
    "`docker logs -t`": lambda line: f"{_dated(line, 'Z')} {line}",
    "docker's json-file": _of_docker,
    "Kubernetes, CRI": lambda line: f"{_dated(line, 'Z')} stdout F {line}",
    "`journalctl -o json`": _of_journald,
    "a container without syslog": lambda line: f"{_dated(line, '+01:00')} INFO    {line[_HEAD:]}",
    "no stamp, no host": lambda line: line[_HEAD:],
}


def _in_bundles(path: Path) -> int:
    found = scan(path).bundled()
    return sum(one.count if isinstance(one, Bundle) else 1 for one in found)


def _one_by_one(path: Path) -> int:
    return sum(1 for _ in scan(path))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wrappings", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a short log, and one round")
    options = parser.parse_args()
    lines = list(postfix(2000 if options.smoke else LINES, Counter()))
    print(f"CPython {platform.python_version()}, {len(lines):,} lines")
    print("| before each line | summary, µs a line | deliveries, µs a line |\n|---|---:|---:|")
    wrong = False
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder, f"{place}.log") for place, name in enumerate(WRAPPINGS)}
        for name, wrap in WRAPPINGS.items():
            paths[name].write_text("".join(f"{wrap(line)}\n" for line in lines), encoding="utf-8")
        expected = _in_bundles(paths["none"])  # which also loads the rules
        took: dict[tuple[str, int], list[float]] = {}
        for _ in range(1 if options.smoke else ROUNDS):
            for name, path in paths.items():
                for way, read in enumerate((_in_bundles, _one_by_one)):
                    start = time.process_time()
                    found = read(path)
                    took.setdefault((name, way), []).append(time.process_time() - start)
                    if found != expected:
                        wrong = True
                        print(f"{name}: {found} deliveries of {expected}")
        for name in WRAPPINGS:
            summary, each = (min(took[name, way]) / len(lines) * 1e6 for way in (0, 1))
            print(f"| {name} | {summary:.1f} | {each:.1f} |")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
