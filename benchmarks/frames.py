"""Columns beside the scalar functions and smtplib, in one run: ``python -m benchmarks.frames``.

All read the same replies (`benchmarks.corpus`): smtplib as octets from one stream, the scalar
functions as octets one by one, frames as a column of strings. Spark reads its from Parquet, since
it keeps no frame of ours. The rounds are interleaved and a ratio is the median of the ratios in
each round, see `benchmarks.peers`. Polars, DuckDB and Spark use all processors; Python's loops
use one.

A verdict takes long, so that the scalar `classify` reads a part of the replies only, which the
table tells; its time grows with their number. Columns ask a classifier with its cache.

Before anything is timed, the columns must be what the scalar functions say.

Then a log of Postfix (`benchmarks.mail_logs`) is counted by reason, by column and by `scan`; and a
process by itself sends many replies from one Parquet file to another through Polars' streaming
engine, and tells the most memory that it had.

Exits with 1 where an answer is wrong.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import workloads
from benchmarks.corpus import SEED, SMOKE_SIZE, corpus, figures
from benchmarks.mail_logs import postfix
from benchmarks.peers import Absent, race, smtplib_stream
from benchmarks.workloads import Run
from smtpreply import Classifier
from smtpreply.frames import arrow
from smtpreply.frames import polars as columns
from smtpreply.frames._scalar import parsed_row
from smtpreply.logs import Bundle, scan
from smtpreply.reasons import Verdict, builtin_rules
from smtpreply.reasons.classifier import CACHE_SIZE

ROUNDS = 3
ROWS = 1_000_000
STREAMED_ROWS = 10_000_000
LOG_LINES = 1_000_000
CLASSIFIED_SHARE = 20  # of so many replies, the scalar classify without cache reads one
CHUNK, DISTINCT_CHUNKS = 100_000, 10
BARS = {"every field": 0.25, "code and status": 0.08, "classify": 0.2}
LOG_BAR, MEMORY_BAR = 1.5, 1e9


class Given(NamedTuple):
    """The replies, as each of them takes them."""

    replies: list[bytes]
    texts: Any
    parquet: Path
    closing: ExitStack


class Contestant(NamedTuple):
    """A way to read the replies. `like` is what the scalar functions call the same."""

    name: str
    gives: str
    prepare: Callable[[Given], Run]
    like: str | None = None
    share: int = 1
    bar: bool = False


# --- the scalar functions --------------------------------------------------------------------


def scalar_code_and_status(given: Given) -> Run:
    from smtpreply import parse

    def run() -> Any:
        for raw in given.replies:
            reply = parse(raw)
            reply.code  # noqa: B018
            status = reply.enhanced
        return status

    return run


def scalar_classify(cache_size: int) -> Callable[[Given], Run]:
    def prepare(given: Given) -> Run:
        classifier = Classifier(builtin_rules(), cache_size=cache_size)
        some = given.replies[::CLASSIFIED_SHARE]

        def run() -> Any:
            classify = classifier.classify
            for raw in some:
                verdict = classify(raw)
                _read_every_field(verdict)
            return verdict

        return run

    return prepare


def _read_every_field(verdict: Verdict) -> None:
    """Ask a verdict for what the columns have of it."""
    verdict.reason  # noqa: B018
    verdict.disposition  # noqa: B018
    verdict.suppress  # noqa: B018
    verdict.basis  # noqa: B018
    verdict.rule  # noqa: B018
    verdict.provider  # noqa: B018
    verdict.blocklist  # noqa: B018
    verdict.retry_after  # noqa: B018


# --- columns -----------------------------------------------------------------------------------


def polars_run(answer: Callable[[str], pl.Expr]) -> Callable[[Given], Run]:
    def prepare(given: Given) -> Run:
        frame = pl.DataFrame({"reply": pl.from_arrow(given.texts)}).lazy()
        # The expression is a new one in each run, since one remembers texts that it has seen.
        return lambda: frame.select(answer("reply")).collect()

    return prepare


def arrow_run(answer: Callable[[Any], Any]) -> Callable[[Given], Run]:
    return lambda given: lambda: answer(given.texts)


def duckdb_run(call: str) -> Callable[[Given], Run]:
    def prepare(given: Given) -> Run:
        duckdb = _module("duckdb")
        connection = given.closing.enter_context(duckdb.connect())
        _module("smtpreply.frames.duckdb").register(connection)
        connection.register("given", pa.table({"reply": given.texts}))
        query = f"CREATE OR REPLACE TEMP TABLE answers AS SELECT {call} AS answer FROM given"
        return lambda: connection.execute(query)

    return prepare


def spark_run(name: str) -> Callable[[Given], Run]:
    def prepare(given: Given) -> Run:
        session = _session(given.closing)
        answer = getattr(_module("smtpreply.frames.spark"), name)
        frame = session.read.parquet(str(given.parquet)).repartition(os.cpu_count() or 1).cache()
        frame.count()
        answers = answer(frame, "reply", "answer").select("answer.*")
        return lambda: answers.write.format("noop").mode("overwrite").save()

    return prepare


def _session(closing: ExitStack) -> Any:
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise Absent("there is no Java")
    builder = _module("pyspark.sql").SparkSession.builder
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wants another pandas than is there, and uses none
        session = builder.master(f"local[{os.cpu_count()}]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    closing.callback(session.stop)
    return session


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Absent(str(error)) from error


CONTESTANTS = [
    Contestant(
        "smtplib `SMTP.getreply`", "code, octets", lambda given: smtplib_stream(given.replies)
    ),
    Contestant(
        "`parse`", "code", lambda given: workloads.parse_code_and_class(given.replies), "code"
    ),
    Contestant("`parse`", "code, status", scalar_code_and_status, "code and status"),
    Contestant(
        "`parse`",
        "every field",
        lambda given: workloads.parse_every_field(given.replies),
        "every field",
    ),
    Contestant(
        "`classify`, no cache", "every field", scalar_classify(0), "classify", CLASSIFIED_SHARE
    ),
    Contestant(
        "`classify`, cache",
        "every field",
        scalar_classify(CACHE_SIZE),
        "classify",
        CLASSIFIED_SHARE,
    ),
    Contestant("Polars `code`", "code", polars_run(columns.code), "code"),
    Contestant(
        "Polars `parse`",
        "code, status",
        polars_run(lambda name: columns.parse(name, fields=["code", "enhanced"])),
        "code and status",
        bar=True,
    ),
    Contestant("Polars `parse`", "every field", polars_run(columns.parse), "every field", bar=True),
    Contestant(
        "Polars `classify`",
        "every field",
        polars_run(columns.classify),
        "classify",
        bar=True,
    ),
    Contestant("Arrow `parse`", "every field", arrow_run(arrow.parse), "every field"),
    Contestant("Arrow `classify`", "every field", arrow_run(arrow.classify), "classify"),
    Contestant("DuckDB `smtp_code`", "code", duckdb_run("smtp_code(reply)"), "code"),
    Contestant(
        "DuckDB `smtp_parse`", "every field", duckdb_run("smtp_parse(reply)"), "every field"
    ),
    Contestant(
        "DuckDB `smtp_classify`", "every field", duckdb_run("smtp_classify(reply)"), "classify"
    ),
    Contestant("Spark `parse`", "every field", spark_run("parse"), "every field"),
    Contestant("Spark `classify`", "every field", spark_run("classify"), "classify"),
]


# --- the check, the race, the table ------------------------------------------------------------


def check(replies: Sequence[bytes]) -> None:
    """Make sure that what will be timed says what the scalar functions say.

    Raises:
        AssertionError: it does not.
    """
    texts = pa.array([raw.decode() for raw in replies])
    rows = [tuple(row.values()) for row in arrow.parse(texts).to_pylist()]
    assert rows == [parsed_row(raw) for raw in replies]
    reasons = arrow.classify(texts).field("reason").to_pylist()
    ask = Classifier(builtin_rules(), cache_size=0).classify
    assert reasons == [ask(raw).reason.value for raw in replies]


def report(given: Given, rounds: int) -> tuple[list[str], list[str]]:
    """Let all race; give the lines of the table, and what became of the bars."""
    runs: dict[int, Run] = {}
    absent: dict[int, str] = {}
    for index, contestant in enumerate(CONTESTANTS):
        try:
            runs[index] = contestant.prepare(given)
        except Absent as error:
            absent[index] = str(error)
    seconds = dict(zip(runs, race(list(runs.values()), rounds), strict=True))
    count = len(given.replies)
    each = {
        index: [one * CONTESTANTS[index].share / count for one in taken]
        for index, taken in seconds.items()
    }
    scalar: dict[str, list[float]] = {}  # the first that is like it
    for index, taken in each.items():
        scalar.setdefault(CONTESTANTS[index].like or "", taken)
    lines = [
        "| what | gives | replies | µs a reply | ratio to the scalar function | ratio to smtplib |",
        "|---|---|---:|---:|---:|---:|",
    ]
    bars = []
    for index, contestant in enumerate(CONTESTANTS):
        if index in absent:
            lines.append(f"| {contestant.name} | {absent[index]} | | | | |")
            continue
        own, like = each[index], contestant.like
        to_scalar = _ratio(own, scalar[like]) if like else None
        cells = [
            contestant.name,
            contestant.gives,
            f"{len(range(0, count, contestant.share)):,}",
            f"{statistics.median(own) * 1e6:.3f}",
            "" if to_scalar is None else f"{to_scalar:.3f}",
            f"{_ratio(own, each[0]):.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
        if contestant.bar and like and to_scalar is not None:
            bars.append(f"{contestant.name}, {like}: {to_scalar:.3f}; the bar is {BARS[like]}.")
    return lines, bars


def _ratio(own: Sequence[float], base: Sequence[float]) -> float:
    return statistics.median(mine / other for mine, other in zip(own, base, strict=True))


# --- a log ---------------------------------------------------------------------------------------


def log_report(lines: int, rounds: int, folder: Path) -> str:
    """Count a log by reason, by column and by `scan`; say how much faster the column is.

    Raises:
        AssertionError: the counts differ.
    """
    path = folder / "mail.log"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in postfix(lines, Counter()))

    def by_scan() -> Counter[str]:
        return Counter(
            verdict.reason.value for delivery in scan(path) if (verdict := delivery.verdict)
        )

    def by_bundle() -> Counter[str]:
        counts: Counter[str] = Counter()
        for found in scan(path).bundled():
            if isinstance(found, Bundle):
                delivery, count = found.delivery, found.count
            else:
                delivery, count = found, 1
            if verdict := delivery.verdict:
                counts[verdict.reason.value] += count
        return counts

    def by_column() -> Counter[str]:
        found = columns.scan_mail_log(path).group_by("reason").len().collect()
        return Counter(dict(found.iter_rows()))

    counts = by_scan()
    for found in (by_bundle(), by_column()):
        assert found == counts, f"{found} is not {counts}"
    scanned, bundled, column = race([by_scan, by_bundle, by_column], rounds)
    return (
        f"A log of {lines:,} lines, {counts.total():,} deliveries, counted by reason: "
        f"`scan` {statistics.median(scanned):.2f} s, "
        f"its `bundled` {statistics.median(bundled):.2f} s, "
        f"`scan_mail_log` {statistics.median(column):.2f} s, "
        f"{_ratio(scanned, column):.2f} times as fast as `scan`; the bar is {LOG_BAR}."
    )


# --- memory --------------------------------------------------------------------------------------

_STREAM = """
import json, resource, sys, time
import polars as pl
from smtpreply.frames.polars import parse
source, target = sys.argv[1:]
start = time.perf_counter()
answers = pl.scan_parquet(source).select(parse("reply").struct.unnest())
answers.sink_parquet(target)
print(json.dumps({
    "seconds": time.perf_counter() - start,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,  # Linux gives kilobytes
    "rows": pl.scan_parquet(target).select(pl.col("code").count()).collect().item(),
}))
"""


def memory_report(rows: int, folder: Path) -> str:
    """Send replies from Parquet to Parquet by the streaming engine; say what memory it took.

    Raises:
        AssertionError: not every reply has come out with a code.
    """
    source = folder / "replies.parquet"
    size = write_replies(source, rows)
    command = [sys.executable, "-c", _STREAM, str(source), str(folder / "answers.parquet")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert found["rows"] == rows, f"{found['rows']:,} rows of {rows:,}"
    return (
        f"{rows:,} replies from Parquet ({size / 1e6:,.0f} MB of text) to every field in Parquet, "
        f"streaming: {found['seconds']:.1f} s, at most {found['peak'] / 1e6:,.0f} MB; "
        f"the bar is {MEMORY_BAR / 1e6:,.0f} MB."
    )


def write_replies(path: Path, rows: int) -> int:
    """Write a column of replies, the first million over again; give how many octets they are."""
    size = 0
    batches: list[Any] = []
    with pq.ParquetWriter(path, pa.schema([("reply", pa.string())])) as writer:
        for number, at in enumerate(range(0, rows, CHUNK)):
            if number < DISTINCT_CHUNKS:
                texts = [raw.decode() for raw in corpus(min(CHUNK, rows), seed=SEED + number)]
                batches.append(pa.record_batch({"reply": pa.array(texts)}))
            batch = batches[number % DISTINCT_CHUNKS].slice(0, rows - at)
            size += batch.nbytes
            writer.write_batch(batch)
    return size


def header(replies: list[bytes], rounds: int) -> list[str]:
    """Say what was measured, and on what."""
    names = ("polars", "pyarrow", "duckdb", "pyspark")
    return [
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs; "
        f"{', '.join(_versions(names))}; medians of {rounds} interleaved rounds.",
        f"Corpus: {figures(replies)}.",
        "",
    ]


def _versions(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"no {name}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frames", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few rows and one round")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--streamed-rows", type=int, default=STREAMED_ROWS)
    parser.add_argument("--lines", type=int, default=LOG_LINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    if options.smoke:
        options.rows, options.streamed_rows, options.lines = SMOKE_SIZE, SMOKE_SIZE, 2100
        options.rounds = 1
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = Path(name)
        print(memory_report(options.streamed_rows, folder), flush=True)
        print(log_report(options.lines, options.rounds, folder), flush=True)
        replies = corpus(options.rows)
        check(replies[:: max(1, len(replies) // 10_000)])
        texts = pa.array([raw.decode() for raw in replies])
        parquet = folder / "corpus.parquet"
        pq.write_table(pa.table({"reply": texts}), parquet)
        print("\n".join(["", *header(replies, options.rounds)]), flush=True)
        lines, bars = report(Given(replies, texts, parquet, closing), options.rounds)
        print("\n".join([*lines, "", *([] if options.smoke else bars)]))


if __name__ == "__main__":
    main()
