"""Time of a verdict, beside smtplib's reading of the reply: ``python -m benchmarks.reasons``.

All rows are timed in one run, in interleaved rounds (see `benchmarks.peers`). The corpora are
those of `benchmarks.corpus`: the negative replies of it, and the whole of it, in which 64 % are
positive. smtplib reads the same replies; nothing else here says why.

The rules that are added are made up, seeded: a third with a word of their own, a third of words
that our rules use, a third of such words with gaps between them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from benchmarks.corpus import SIZE, SMOKE_SIZE, corpus, figures
from benchmarks.peers import header, race, smtplib_stream
from benchmarks.workloads import Run
from smtpreply import Classifier, Reply, parse
from smtpreply.reasons import Reason, Rule, builtin_rules

ROUNDS = 9
ADDED = 1000
BARS = {"plain": 10.0, "log": 4.0, "added": 1.25}


def made_up_rules(count: int, seed: int = 5321) -> list[Rule]:
    """Make rules that are as long as ours, and of other words or of the same."""
    random = Random(seed)
    common = sorted(
        {word for rule in builtin_rules() for phrase in rule.phrases for word in phrase.words}
    )
    rules = []
    for number in range(count):
        words = random.sample(common, 3)
        if number % 3 == 0:
            words[0] = f"word{number}x"
        joint = " * " if number % 3 == 2 else " "
        rules.append(
            Rule(
                id=f"added-{number}",
                reason=random.choice(list(Reason)[:31]),
                words=(joint.join(words),),
            )
        )
    return rules


def classified(classifier: Classifier, replies: Sequence[Reply]) -> Run:
    def run() -> Any:
        classify = classifier.classify
        for reply in replies:
            verdict = classify(reply)
        return verdict

    return run


def parsed_and_classified(classifier: Classifier, replies: Sequence[bytes]) -> Run:
    def run() -> Any:
        classify = classifier.classify
        for raw in replies:
            verdict = classify(parse(raw))
        return verdict

    return run


def read(replies: Sequence[bytes]) -> list[Reply]:
    """Parse replies, texts included, as they are when somebody has looked at them."""
    parsed = [parse(raw) for raw in replies]
    for reply in parsed:
        reply.text  # noqa: B018
    return parsed


def report(size: int, rounds: int) -> tuple[list[str], dict[str, float]]:
    """Race all, and give the lines of the table and the figures that have a bar."""
    log = corpus(size)
    negative = [raw for raw in log if raw[:1] in b"45"]
    plain = Classifier(builtin_rules(), cache_size=0)
    cached = Classifier(builtin_rules())
    more = Classifier([*builtin_rules(), *made_up_rules(ADDED)], cache_size=0)
    rows: list[tuple[str, str, Callable[[Sequence[bytes]], Run], Sequence[bytes]]] = [
        ("smtplib `SMTP.getreply`", "negative", smtplib_stream, negative),
        ("`classify`, no cache", "negative", lambda r: classified(plain, read(r)), negative),
        ("the same, text unread", "negative", lambda r: parsed_and_classified(plain, r), negative),
        (
            f"the same, {ADDED:,} rules more",
            "negative",
            lambda r: classified(more, read(r)),
            negative,
        ),
        ("`classify`, cache", "negative", lambda r: classified(cached, read(r)), negative),
        ("smtplib `SMTP.getreply`", "log-like", smtplib_stream, log),
        (
            "`parse` and `classify`, cache",
            "log-like",
            lambda r: parsed_and_classified(cached, r),
            log,
        ),
    ]
    seconds = race([prepare(replies) for _, _, prepare, replies in rows], rounds)
    base = {"negative": seconds[0], "log-like": seconds[5]}
    lines = ["| what | corpus | µs a reply | ratio to smtplib |", "|---|---|---:|---:|"]
    for (name, kind, _, replies), taken in zip(rows, seconds, strict=True):
        each = statistics.median(taken) / len(replies) * 1e6
        lines.append(f"| {name} | {kind} | {each:.2f} | {_ratio(taken, base[kind]):.2f} |")
    found = {
        "plain": _ratio(seconds[1], seconds[0]),
        "log": _ratio(seconds[6], seconds[5]),
        "added": _ratio(seconds[3], seconds[1]),
    }
    return lines, found


def _ratio(own: Sequence[float], base: Sequence[float]) -> float:
    return statistics.median(mine / other for mine, other in zip(own, base, strict=True))


def first_verdict() -> float:
    """Return the seconds of the first verdict in a fresh Python, which reads the rules."""
    code = (
        "import time, smtpreply; start = time.perf_counter(); smtpreply.classify('552 full'); "
        "print(time.perf_counter() - start)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        for _ in range(5)
    ]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reasons", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small corpus and three rounds")
    arguments = parser.parse_args()
    size, rounds = (SMOKE_SIZE, 3) if arguments.smoke else (SIZE, ROUNDS)
    print("\n".join(header(corpus(size), rounds)))
    negative = [raw for raw in corpus(size) if raw[:1] in b"45"]
    print(f"Negative: {figures(negative)}. {len(builtin_rules())} rules.\n")
    lines, found = report(size, rounds)
    print("\n".join(lines))
    print(
        f"\n{ADDED:,} rules more: {found['added']:.2f} times as long; the bar is {BARS['added']}."
    )
    print(
        f"Bars beside smtplib: {BARS['plain']:.0f} without the cache, {BARS['log']:.0f} log-like."
    )
    print(f"The first verdict, which reads the rules: {first_verdict() * 1000:.0f} ms.")


if __name__ == "__main__":
    main()
