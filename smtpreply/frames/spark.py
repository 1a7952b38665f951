"""Replies in a Spark DataFrame, and mail logs summed up by Spark. Needs the extra ``spark``.

`parse` and `classify` are Arrow UDFs over `smtpreply.frames.arrow`: one column goes to Python and
back by Arrow, the others stay where they are. smtpreply must be installed where Spark's Python
workers run.
"""

from __future__ import annotations

import functools
import os
import pickle
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

try:
    import polars as pl
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession, functions
    from pyspark.sql.pandas.types import from_arrow_type
except ImportError as error:
    from smtpreply.frames._missing import missing

    raise missing("spark", (error.name or "pyspark").partition(".")[0], "spark") from None

from smtpreply.frames import arrow
from smtpreply.frames._classify import ColumnClassifier
from smtpreply.logs import Coverage, Format, scan
from smtpreply.logs.input.sources import age
from smtpreply.summary.summary import Summary

__all__ = ["LARGEST", "Account", "classify", "parse", "summarize"]

sql: Any = functions  # whose types do not know all of them

LARGEST = 1 << 30
"""The octets of the largest file that `summarize` reads: Spark hands a file over in one piece."""


class Account(NamedTuple):
    """What `summarize` gives.

    Attributes:
        summary: what the logs come to.
        coverage: what was read of them, and what not.
    """

    summary: Summary
    coverage: Coverage


# --- columns -------------------------------------------------------------------------------


def parse(frame: DataFrame, column: str | Column, name: str = "parsed") -> DataFrame:
    """Read each reply of a column of strings or binaries.

    Args:
        frame: any DataFrame.
        column: its column with the replies.
        name: of the column that is added.

    Returns:
        The frame with one column more: a struct of `smtpreply.frames._schema.PARSED`, where numbers
        are the next larger type of Spark, which has none without sign; null where the text is.

    See docs/frames.md for an example.
    """
    return _with_column(frame, column, name, _parsed, arrow.PARSED)


def classify(frame: DataFrame, column: str | Column, name: str = "verdict") -> DataFrame:
    """Explain why servers answered so, by our own rules.

    Args and what is returned are those of `parse`, but for the struct, which is that of
    `smtpreply.frames._schema.CLASSIFIED`; `retry_after` is an INTERVAL DAY TO SECOND.
    """
    return _with_column(frame, column, name, _classified, arrow.CLASSIFIED)


def _with_column(
    frame: DataFrame,
    column: str | Column,
    name: str,
    answer: Callable[[pa.Array], pa.Array],
    given: Any,
) -> DataFrame:
    over = sql.arrow_udf(answer, from_arrow_type(_in_spark(given)))
    return frame.withColumn(name, over(column))


# Spark tells what a UDF does from the types in its head.
def _parsed(texts: pa.Array) -> pa.Array:
    return arrow.parse(texts).cast(_in_spark(arrow.PARSED))


def _classified(texts: pa.Array) -> pa.Array:
    answers = _classifier().classified(pl.Series(texts))
    return answers.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_in_spark(arrow.CLASSIFIED))


@functools.cache
def _classifier() -> ColumnClassifier:
    """Return the classifier of a worker, which remembers texts from batch to batch."""
    return ColumnClassifier()


def _in_spark(given: Any) -> Any:
    """Return Spark's type for one of Arrow's: all numbers have signs, text is string."""
    if pa.types.is_struct(given):
        return pa.struct([field.with_type(_in_spark(field.type)) for field in given])
    if pa.types.is_dictionary(given) or pa.types.is_large_string(given):
        return pa.string()
    return {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64()}.get(
        given, given
    )


# --- logs ----------------------------------------------------------------------------------

_PLACES = "path string, log int, place int"
_PART = "log int, account binary"


def summarize(
    spark: SparkSession,
    paths: str | Iterable[str],
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
    each: Literal["log", "file"] = "log",
) -> Account:
    """Sum up mail logs: what `Summary.of` says of `smtpreply.logs.scan`, by as many tasks as fit.

    Spark finds the files, hands each to a task, and brings the parts together, so they may lie
    wherever Spark reads. It passes over files whose names begin with a dot or an underscore.

    Args:
        spark: the session.
        paths: what ``spark.read.load`` takes: a file, a folder or a glob, or several.
        format: as for `scan`.
        year: as for `scan`.
        tz: as for `scan`.
        each: what a task reads. "log" is all files of one rotated log, in their order, since a
            message may go on in the next file; "file" has more tasks where there are few logs, but
            what is said of a message in an earlier file, such as its sender, is lost in the next.

    Returns:
        The summary, and the account of what was read. Files of more than `LARGEST` octets are
        not, and stand among its problems.

    Raises:
        ValueError: there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        pyspark.errors.PySparkException: as Spark does, such as for a path that leads to nothing.

    See docs/frames.md for an example.
    """
    scan((), format=format, tz=tz)  # what is wrong is told here, not by each of the tasks
    found = spark.read.format("binaryFile").load(paths if isinstance(paths, str) else [*paths])
    sizes = {row["path"]: row["length"] for row in found.select("path", "length").collect()}
    small = [path for path, size in sizes.items() if size <= LARGEST]
    problems = [
        f"{path}: {size:,} octets, and {LARGEST:,} can be read"
        for path, size in sizes.items()
        if size > LARGEST
    ]
    account = Account(Summary(), Coverage(problems=problems))
    logs = [[path] for path in sorted(small)] if each == "file" else _rotated(small)
    if not logs:
        return account
    places = [(path, log, at) for log, files in enumerate(logs) for at, path in enumerate(files)]
    files = (
        found.where(sql.col("length") <= LARGEST)
        .select("path", sql.unix_micros("modificationTime").alias("written"), "content")
        .join(sql.broadcast(spark.createDataFrame(places, _PLACES)), "path")
    )

    class Log(_Log):
        options = {"format": format, "year": year, "tz": tz}  # noqa: RUF012  (nobody changes it)

    read, merge = (sql.arrow_udtf(cls, returnType=_PART) for cls in (Log, _Merged))
    parts = read(files.asTable().partitionBy("log").orderBy("place"))
    # Parts come in any order, on which it may depend what a `TopCounter` leaves out.
    [whole] = merge(parts.asTable().withSinglePartition().orderBy("log")).collect()
    return _added(account, _opened(whole["account"]))


def _rotated(paths: Iterable[str]) -> list[list[str]]:
    """Put together the files of each rotated log, the oldest first."""
    logs = defaultdict(list)
    for path in sorted(paths, key=lambda path: age(PurePath(path))):
        logs[age(PurePath(path))[0]].append(path)
    return list(logs.values())


class _Log:
    """Reads one log: a table function of Spark, which is told of the files, the oldest first.

    They go to the disk, since all of them together may be more than the memory holds.
    """

    options: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="smtpreply-")
        self._names: dict[str, str] = {}
        self._log = 0

    def eval(self, files: pa.RecordBatch) -> Iterator[pa.Table]:
        for file in files.to_pylist():
            self._log = file["log"]
            path = Path(self._folder.name, f"{file['place']:08}")
            path.write_bytes(file["content"])
            os.utime(path, (file["written"] / 1e6,) * 2)  # tells the year of stamps without one
            self._names[str(path)] = file["path"]
        yield from ()

    def terminate(self) -> Iterator[pa.Table]:
        run = scan([Path(name) for name in self._names], **self.options)
        summary = Summary.of(run.bundled())
        self._folder.cleanup()
        run.coverage.problems = [self._renamed(problem) for problem in run.coverage.problems]
        yield _part(self._log, Account(summary, run.coverage))

    def _renamed(self, problem: str) -> str:
        """Have a problem name the file as the user does."""
        length = len(next(iter(self._names)))  # they all have the same
        return self._names.get(problem[:length], problem[:length]) + problem[length:]


class _Merged:
    """Adds the accounts of all logs up: a table function of Spark."""

    def __init__(self) -> None:
        self._whole = Account(Summary(), Coverage())

    def eval(self, parts: pa.RecordBatch) -> Iterator[pa.Table]:
        for octets in parts.column("account").to_pylist():
            self._whole = _added(self._whole, _opened(octets))
        yield from ()

    def terminate(self) -> Iterator[pa.Table]:
        yield _part(0, self._whole)


def _added(one: Account, other: Account) -> Account:
    return Account(one.summary + other.summary, one.coverage + other.coverage)


def _part(log: int, account: Account) -> pa.Table:
    return pa.table({"log": pa.array([log], pa.int32()), "account": [pickle.dumps(account)]})


def _opened(octets: bytes) -> Account:
    account: Account = pickle.loads(octets)  # noqa: S301  (by another task of this very job)
    return account
