"""Accuracy of `scan` on labelled lines of mail logs: ``python -m benchmarks.lines FILE.jsonl``.

A row has ``line``, ``mta``, and ``expect``: ``has_reply``, ``reply_by`` (remote or local),
``code``, ``enhanced``, ``recipient``, ``relay`` and ``command``, of which null asks nothing. A
reply is found where all that is asked is right; it is invented where the row has none and one is
given.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smtpreply.logs import Delivery, ReplyBy, scan
from smtpreply.logs.toolkit.fields import stage_of


def faults(expect: dict[str, Any], found: Delivery) -> Iterator[str]:
    """Yield what is wrong with a delivery, beside what was expected."""
    reply = found.reply
    by = "remote" if found.reply_by in (ReplyBy.REMOTE, ReplyBy.FILTER) else "local"
    if found.reply_by is None or by != expect["reply_by"]:
        yield f"reply_by {found.reply_by}"
    if (reply and reply.code) != expect["code"]:
        yield f"code {reply and reply.code}"
    if (reply and reply.enhanced and str(reply.enhanced)) != expect["enhanced"]:
        yield f"enhanced {reply and reply.enhanced}"
    wanted = expect["recipient"]
    if wanted and found.recipient not in (wanted if isinstance(wanted, list) else [wanted]):
        yield f"recipient {found.recipient}"
    relay = expect["relay"]
    if relay and not any(part and part in relay for part in (found.relay_ip, found.relay_host)):
        yield f"relay {found.relay_host} {found.relay_ip}"
    if expect["command"] and found.stage is not stage_of(expect["command"]):
        yield f"stage {found.stage}"


def wrongs(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with what a row's line is read as: nothing at best."""
    replies = [found for found in scan([row["line"]]) if found.reply_by is not None]
    expect = row["expect"]
    if not expect["has_reply"]:
        # What an MTA made up is told apart from what a server said: it is no invention of ours.
        return [f"invented {found.reply}" for found in replies if found.reply_by != ReplyBy.MTA]
    if not replies:
        return ["no reply found"]
    return min((list(faults(expect, found)) for found in replies), key=len)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", type=int, default=0, help="so many that are wrong")
    parser.add_argument("--mta", help="only rows of this one")
    options = parser.parse_args()
    rows = [
        json.loads(line)
        for file in options.files
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    rows = [row for row in rows if options.mta in (None, row["mta"])]
    results = [(row, wrongs(row)) for row in rows]
    with_reply = [(row, wrong) for row, wrong in results if row["expect"]["has_reply"]]
    right = sum(not wrong for _, wrong in with_reply)
    invented = sum(bool(wrong) for row, wrong in results if not row["expect"]["has_reply"])
    print(
        f"{right} of {len(with_reply)} replies right ({right / max(len(with_reply), 1):.1%}), "
        f"{invented} invented in {len(rows) - len(with_reply)} lines without"
    )
    bad = Counter(row["mta"] for row, wrong in results if wrong)
    for mta, count in bad.most_common():
        print(f"  {mta}: {count} of {sum(row['mta'] == mta for row in rows)} wrong")
    for row, wrong in [pair for pair in results if pair[1]][: options.show]:
        print(f"  {row['mta']}: {'; '.join(wrong)}\n    {row['line'][:400]!r}")


if __name__ == "__main__":
    main()
