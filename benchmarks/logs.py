"""A seeded log, its known counts, and how fast `scan` finds them: ``python -m benchmarks.logs``.

Writes a log of Postfix or Exim, checks that the summary has exactly the counts that went into it,
and times ``smtpreply scan`` as a whole process beside Debian's pflogsumm or eximstats, where it is
installed. Of the messages (Postfix: seven lines each, Exim: three) 80 of 100 are sent, 10 deferred
and 10 bounced; Exim's have old and new message ids by turns.

Exits with 1 where a count is wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPLIES = (
    ("sent", 80, 250, "250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb"),
    ("deferred", 10, 450, "450 4.2.0 <{to}>: Recipient address rejected: Greylisted"),
    ("bounced", 7, 550, "550 5.1.1 <{to}>: Recipient address rejected: User unknown"),
    ("bounced", 3, 552, "552-5.2.2 The mailbox is full{n}552 5.2.2 and takes no more"),
)
PEERS = {"postfix": "pflogsumm", "exim": "eximstats"}
START = datetime(2026, 3, 1, tzinfo=UTC)


def postfix(lines: int, counts: Counter[str]) -> Iterator[str]:
    """Give a log of Postfix, and count what it holds."""
    chance = random.Random(5)
    for number in range(lines // 7):
        at = START + timedelta(seconds=number / 4)
        head = f"{at:%b} {at.day:2} {at:%H:%M:%S} mx1 postfix/"
        queue_id, to = f"{number + 0x4E0000000:X}", f"user{chance.randrange(9999)}@example.org"
        status, _, code, reply = chance.choices(REPLIES, [row[1] for row in REPLIES])[0]
        said = reply.format(to=to, n=" ")
        if status != "sent":
            said = f"host mx.example.org[192.0.2.1] said: {said} (in reply to RCPT TO command)"
        counts.update((status, str(code), "deliveries"))
        yield f"{head}smtpd[7]: connect from client.example.com[203.0.113.9]"
        yield f"{head}smtpd[7]: {queue_id}: client=client.example.com[203.0.113.9]"
        yield f"{head}cleanup[8]: {queue_id}: message-id=<{number}@example.com>"
        yield f"{head}qmgr[9]: {queue_id}: from=<al@example.com>, size=9, nrcpt=1 (queue active)"
        yield (
            f"{head}smtp[10]: {queue_id}: to=<{to}>, relay=mx.example.org[192.0.2.1]:25, "
            f"delay=1.9, delays=0.1/0/1.1/0.7, dsn={code // 100}.0.0, status={status} ({said})"
        )
        yield f"{head}smtpd[7]: disconnect from client.example.com[203.0.113.9]"
        yield f"{head}qmgr[9]: {queue_id}: removed"


def exim(lines: int, counts: Counter[str]) -> Iterator[str]:
    """Give a log of Exim, and count what it holds."""
    chance = random.Random(5)
    flags = {"sent": "=>", "deferred": "==", "bounced": "**"}
    for number in range(lines // 3):
        at = START + timedelta(seconds=number / 4)
        old = f"1{number % 99999:05d}-{number:06d}-00"
        new = f"1{number % 99999:05d}-{number:011d}-0000"
        head = f"{at:%Y-%m-%d %H:%M:%S} {old if number % 2 else new}"
        to = f"user{chance.randrange(9999)}@example.org"
        status, _, code, reply = chance.choices(REPLIES, [row[1] for row in REPLIES])[0]
        said = reply.format(to=to, n="\\n")
        defer = " defer (-44)" if status == "deferred" else ""
        host = f"R=dns T=smtp{defer} H=mx.example.org [192.0.2.1]:25"
        counts.update((status, str(code), "deliveries"))
        yield f"{head} <= news@example.com H=c [203.0.113.9] P=esmtp S=2112 id={number}@example.com"
        if status == "sent":
            yield f'{head} => {to} {host} C="{said}"'
        else:
            error = f"SMTP error from remote mail server after RCPT TO:<{to}>: {said}"
            yield f"{head} {flags[status]} {to} {host}: {error}"
        yield f"{head} Completed"


MAKERS = {"postfix": postfix, "exim": exim}


def timed(command: list[str]) -> tuple[float, bytes]:
    """Run a command; give the seconds that it took, and what it wrote."""
    start = time.perf_counter()
    run = subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start, run.stdout


def measure(name: str, lines: int, folder: Path) -> bool:
    """Time both on one log; whether all counts are right."""
    counts: Counter[str] = Counter()
    path = folder / f"{name}.log"
    with path.open("w", encoding="utf-8") as file:
        for line in MAKERS[name](lines, counts):
            file.write(line + "\n")
    command = [sys.executable, "-m", "smtpreply", "scan", "--json", str(path)]
    seconds, output = timed(command)
    found = json.loads(output)
    flat = Counter({"deliveries": found["deliveries"]} | found["status"] | found["code"])
    right = flat == counts and found["coverage"]["understood"] == found["coverage"]["lines"]
    print(f"{name}: {lines:,} lines in {seconds:.1f} s, counts {'exact' if right else 'WRONG'}")
    if not right:
        print(f"  wanted {dict(counts)}, found {dict(flat)}")
    peer = PEERS[name]
    if shutil.which(peer):
        took, _ = timed([peer, str(path)])
        print(f"  {peer}: {took:.1f} s; smtpreply is {took / seconds:.2f} times as fast")
    else:
        print(f"  {peer} is not installed")
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--smoke", action="store_true", help="a short log")
    options = parser.parse_args()
    lines = 2100 if options.smoke else options.lines
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(name, lines, Path(folder)) for name in MAKERS]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
