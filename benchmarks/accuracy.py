"""Accuracy of `classify` on labelled replies: ``python -m benchmarks.accuracy FILE.jsonl``.

A row of the file has ``reply`` (text), ``native`` (its source's own label) and ``accept`` (the
reasons that agree with that). Printed are accuracy, macro recall (the mean over the labels), and
the two figures that matter most to a sender:

- false suppression: of the replies that are not about the recipient's address, the share that
  gets a reason of the recipient group and the advice to suppress;
- dead addresses: of the replies whose every accepted reason means a dead address, the share that
  gets such a reason, and the share that is suppressed.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from smtpreply import Reason, Verdict, classify
from smtpreply.reasons import Group

DEAD = {Reason.UNKNOWN_RECIPIENT, Reason.UNKNOWN_DOMAIN, Reason.MAILBOX_DISABLED}
Row = tuple[Verdict, str, set[str]]


def judged(path: Path) -> list[Row]:
    """Classify the rows of a file."""
    with path.open(encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [(classify(row["reply"]), row["native"], set(row["accept"])) for row in rows]


def figures(rows: list[Row]) -> list[str]:
    """Return the lines to print."""
    by_label = defaultdict(list)
    for verdict, label, accept in rows:
        by_label[label].append(verdict.reason.value in accept)
    right = sum(map(sum, by_label.values()))
    recall = sum(sum(hits) / len(hits) for hits in by_label.values()) / len(by_label)
    groups = {reason.value: reason.group for reason in Reason}
    others = [v for v, _, accept in rows if Group.RECIPIENT not in {groups[a] for a in accept}]
    wrong = sum(v.suppress and v.reason.group is Group.RECIPIENT for v in others)
    dead = [v for v, _, accept in rows if accept <= {reason.value for reason in DEAD}]
    seen = sum(v.reason in DEAD for v in dead)
    suppressed = sum(v.suppress for v in dead)
    return [
        f"{len(rows)} replies: accuracy {right / len(rows):.3f}, macro recall {recall:.3f}",
        f"false suppression: {wrong} of {len(others)}, {wrong / max(1, len(others)):.1%}",
        f"dead addresses: {seen} of {len(dead)} recognised, {seen / max(1, len(dead)):.1%}; "
        f"{suppressed} suppressed",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl")
    for path in parser.parse_args().files:
        print("\n".join([path.name, *figures(judged(path))]))


if __name__ == "__main__":
    main()
