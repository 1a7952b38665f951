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


# What `journalctl -o json` of systemd 252 writes beside, for a line of Postfix's.
_OF_JOURNALD = {
    "__CURSOR": "s=6f9d2c0b8a7e4d1f9c3b5a6e7d8f9a0b;i=4f2a1;b=9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d;"
    "m=2540be400;t=64bd2f4a5c000;x=1b2c3d4e5f6a7b8c",
    "__MONOTONIC_TIMESTAMP": "10000000000",
    "_BOOT_ID": "9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d",
    "PRIORITY": "6",
    "SYSLOG_FACILITY": "2",
    "SYSLOG_TIMESTAMP": "Mar  1 00:00:00 ",
    "_UID": "109",
    "_GID": "116",
    "_CAP_EFFECTIVE": "0",
    "_SELINUX_CONTEXT": "unconfined\n",
    "_SYSTEMD_SLICE": "system-postfix.slice",
    "_SYSTEMD_UNIT": "postfix@-.service",
    "_SYSTEMD_CGROUP": "/system.slice/system-postfix.slice/postfix@-.service",
    "_SYSTEMD_INVOCATION_ID": "0d9e8f7a6b5c4d9a8b7c6d5e4f3a2b1c",
    "_MACHINE_ID": "5e4f3a2b1c0d9e8f7a6b5c4d9a8b7c6d",
    "_RUNTIME_SCOPE": "system",
    "_TRANSPORT": "syslog",
    "_COMM": "smtp",
    "_EXE": "/usr/lib/postfix/sbin/smtp",
    "_CMDLINE": "smtp -t unix -u -c",
    "_SOURCE_REALTIME_TIMESTAMP": "1772323200000000",
}


def _of_journald(line: str) -> str:
    program, _, rest = line[_HEAD:].partition("[")
    pid, _, message = rest.partition("]: ")
    entry = {
        "__REALTIME_TIMESTAMP": "1772323200000000",
        "_HOSTNAME": "mx1",
        "SYSLOG_IDENTIFIER": program,
        "SYSLOG_PID": pid,
        "MESSAGE": message,
    }
    return json.dumps(entry)


def _of_journald_in_full(line: str) -> str:
    entry = json.loads(_of_journald(line))
    return json.dumps(_OF_JOURNALD | entry | {"_PID": entry["SYSLOG_PID"]})


def _of_fluent_bit(line: str) -> str:
    return json.dumps({"date": 1772323200.123456, "log": line})


def _of_vector(line: str) -> str:
    entry = {"file": "/var/log/mail.log", "host": "mx1", "message": line, "source_type": "file"}
    return json.dumps(entry | {"timestamp": "2026-03-01T00:00:00.123456789Z"})


def _of_filebeat(line: str) -> str:
    entry = {
        "@timestamp": "2026-03-01T00:00:00.123Z",
        "log": {"offset": 1234567, "file": {"path": "/var/log/mail.log"}},
        "message": line,
        "input": {"type": "log"},
        "host": {"name": "mx1"},
        "agent": {"type": "filebeat", "version": "8.15.0"},
        "ecs": {"version": "8.0.0"},
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
    "`journalctl -o json`, some fields": _of_journald,
    "`journalctl -o json`, all fields": _of_journald_in_full,
    "Fluent Bit's JSON": _of_fluent_bit,
    "Vector's JSON": _of_vector,
    "Filebeat's JSON": _of_filebeat,
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
