"""Parse and classify columns, read and summarize mail logs, with Spark. Needs the extra ``spark``.

`parse` and `classify` are Arrow UDFs over `smtpreply.frames.arrow`: only their column is passed to
Python and back. smtpreply must be installed where Spark's Python workers run.
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

import attrs

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
from smtpreply.frames._deliveries import batches_of
from smtpreply.logs import Coverage, Delivery, Format, Scan, scan
from smtpreply.logs.input.rotation import age
from smtpreply.summary.summary import Summary

__all__ = ["LARGEST", "Account", "classify", "parse", "scan_mail_log", "summarize"]

sql: Any = functions  # its annotations are incomplete

LARGEST = 1 << 30
"""The size in octets of the largest file for `summarize`: Spark passes a file as one value."""


class Account(NamedTuple):
    """The result of `summarize`.

    Attributes:
        summary: the counts of the deliveries.
        coverage: what was read, and what could not be read.

    >>> summary, coverage = Account(Summary(), Coverage())
    >>> summary.deliveries, coverage.lines
    (0, 0)
    """

    summary: Summary
    coverage: Coverage


# --- columns -------------------------------------------------------------------------------


def parse(frame: DataFrame, column: str | Column, name: str = "parsed") -> DataFrame:
    """Parse each reply of a column of strings or binaries.

    Args:
        frame: any DataFrame.
        column: the column with the replies.
        name: the name of the column to add.

    Returns:
        The frame with a further column: a struct of `smtpreply.frames._schema.PARSED`, whose
        numbers have the next larger type, since Spark has no unsigned ones; null where the text
        is null.

    >>> frame = session.createDataFrame([("550 5.1.1 No such user",)], "reply string")
    ...     # doctest: +SKIP
    >>> parse(frame, "reply").select("parsed.code", "parsed.enhanced").collect()
    ...     # doctest: +SKIP
    [Row(code=550, enhanced='5.1.1')]
    """
    return _with_column(frame, column, name, _parsed, arrow.PARSED)


def classify(frame: DataFrame, column: str | Column, name: str = "verdict") -> DataFrame:
    """Classify each reply of a column, by the built-in rules.

    Args:
        frame: any DataFrame.
        column: the column with the replies.
        name: the name of the column to add.

    Returns:
        The frame with a further column: a struct of `smtpreply.frames._schema.CLASSIFIED`, of
        which `retry_after` is an INTERVAL DAY TO SECOND; null where the text is null.

    >>> frame = session.createDataFrame([("552 5.2.2 Mailbox full",)], "reply string")
    ...     # doctest: +SKIP
    >>> classify(frame, "reply").select("verdict.reason", "verdict.suppress").collect()
    ...     # doctest: +SKIP
    [Row(reason='mailbox_full', suppress=False)]
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


# Spark derives the kind of a UDF from its annotations.
def _parsed(texts: pa.Array) -> pa.Array:
    return arrow.parse(texts).cast(_in_spark(arrow.PARSED))


def _classified(texts: pa.Array) -> pa.Array:
    answers = _classifier().classified(pl.Series(texts))
    return answers.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_in_spark(arrow.CLASSIFIED))


@functools.cache
def _classifier() -> ColumnClassifier:
    """Return the classifier of a worker, which caches texts from batch to batch."""
    return ColumnClassifier()


def _in_spark(given: Any) -> Any:
    """Return Spark's type for a type of Arrow: numbers are signed, texts are strings."""
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
_ARROW_LOG = pa.schema(list(_in_spark(pa.struct(list(arrow.DELIVERY_SCHEMA)))))
_LOG: Any = from_arrow_type(pa.struct(list(_ARROW_LOG)))


def summarize(
    spark: SparkSession,
    paths: str | Iterable[str],
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
    each: Literal["log", "file"] = "log",
) -> Account:
    """Summarize mail logs in parallel: the `Summary` of `smtpreply.logs.scan`.

    Spark lists the files, passes each to a task, and adds up the results, so the files may be in
    any storage that Spark reads. Files whose names begin with a dot or an underscore are skipped.

    Args:
        spark: the session.
        paths: as for ``spark.read.load``: a file, a folder or a glob, or several.
        format: as for `scan`.
        year: as for `scan`.
        tz: as for `scan`.
        each: the input of a task. "log" is all files of one rotated log, in order, since a message
            may continue in the next file; "file" gives more tasks where there are few logs, but
            loses what an earlier file has on a message, such as its sender.

    Returns:
        The summary, and the coverage. Files of more than `LARGEST` octets are not read, and are
        listed in its problems.

    Raises:
        ValueError: there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        pyspark.errors.PySparkException: as Spark does, such as for a path that does not exist.

    >>> account = summarize(session, "tests/data/sample.log")  # doctest: +SKIP
    >>> account.summary.deliveries, account.coverage.formats["postfix"] > 0  # doctest: +SKIP
    (171, True)
    """
    options = {"format": format, "year": year, "tz": tz}
    files, problems = _files(spark, paths, options, each)
    account = Account(Summary(), Coverage(problems=problems))
    if files is None:
        return account

    class Log(_Summarized, options=options): ...

    read, merge = (sql.arrow_udtf(cls, returnType=_PART) for cls in (Log, _Merged))
    parts = read(files.asTable().partitionBy("log").orderBy("place"))
    # Parts arrive in any order, and the sum of `TopCounter`s depends on it.
    [whole] = merge(parts.asTable().withSinglePartition().orderBy("log")).collect()
    return _added(account, _opened(whole["account"]))


def scan_mail_log(
    spark: SparkSession,
    paths: str | Iterable[str],
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
    each: Literal["log", "file"] = "log",
) -> DataFrame:
    """Return the deliveries in mail logs, read in parallel, as a DataFrame.

    What could not be read of a file is in the coverage of `summarize`.

    Args:
        spark: as for `summarize`.
        paths: as for `summarize`.
        format: as for `scan`.
        year: as for `scan`.
        tz: as for `scan`.
        each: as for `summarize`.

    Returns:
        A frame of the columns of `smtpreply.frames.arrow.DELIVERY_SCHEMA`, in no particular order;
        ``source`` is the path as Spark has it.

    Raises:
        ValueError: a file has more than `LARGEST` octets, or there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        pyspark.errors.PySparkException: as for `summarize`.

    >>> log = scan_mail_log(session, "tests/data/sample.log")  # doctest: +SKIP
    >>> log.where("reason = 'greylisted'").count()  # doctest: +SKIP
    4
    """
    options = {"format": format, "year": year, "tz": tz}
    files, problems = _files(spark, paths, options, each)
    if problems:
        raise ValueError("; ".join(problems))
    if files is None:
        return spark.createDataFrame([], _LOG)

    class Log(_Listed, options=options): ...

    read = sql.arrow_udtf(Log, returnType=_LOG)
    frame: DataFrame = read(files.asTable().partitionBy("log").orderBy("place"))
    return frame


def _files(
    spark: SparkSession, paths: str | Iterable[str], options: dict[str, Any], each: str
) -> tuple[DataFrame | None, list[str]]:
    """Return the contents of the files of logs, and the problem with each that is too large.

    Of each file the frame has the number of its log, and its place within it; no frame is no file.
    """
    scan((), **options)  # reports invalid options here, not in each task
    found = spark.read.format("binaryFile").load(paths if isinstance(paths, str) else [*paths])
    sizes = {row["path"]: row["length"] for row in found.select("path", "length").collect()}
    small = [path for path, size in sizes.items() if size <= LARGEST]
    problems = [
        f"{path}: {size:,} octets, more than the limit of {LARGEST:,}"
        for path, size in sizes.items()
        if size > LARGEST
    ]
    logs = [[path] for path in sorted(small)] if each == "file" else _rotated(small)
    if not logs:
        return None, problems
    places = [(path, log, at) for log, files in enumerate(logs) for at, path in enumerate(files)]
    files = (
        found.where(sql.col("length") <= LARGEST)
        .select("path", sql.unix_micros("modificationTime").alias("written"), "content")
        .join(sql.broadcast(spark.createDataFrame(places, _PLACES)), "path")
    )
    return files, problems


def _rotated(paths: Iterable[str]) -> list[list[str]]:
    """Return the files of each rotated log, the oldest first."""
    logs = defaultdict(list)
    for path in sorted(paths, key=lambda path: age(PurePath(path))):
        logs[age(PurePath(path))[0]].append(path)
    return list(logs.values())


class _Log:
    """A table function that reads one log. Spark passes its files, the oldest first.

    They are written to the disk, since all of them together may not fit into memory.
    """

    options: Mapping[str, Any] = {}

    def __init_subclass__(cls, options: Mapping[str, Any] | None = None) -> None:
        super().__init_subclass__()
        cls.options = options or {}

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="smtpreply-")
        self._names: dict[str, str] = {}
        self._log = 0

    def eval(self, files: pa.RecordBatch) -> Iterator[pa.Table]:
        for file in files.to_pylist():
            self._log = file["log"]
            path = Path(self._folder.name, f"{file['place']:08}")
            path.write_bytes(file["content"])
            os.utime(path, (file["written"] / 1e6,) * 2)  # the year of timestamps without one
            self._names[str(path)] = file["path"]
        yield from ()

    def _scan(self) -> Scan:
        return scan([Path(name) for name in self._names], **self.options)


class _Summarized(_Log):
    """A table function whose row is the account of a log."""

    def terminate(self) -> Iterator[pa.Table]:
        run = self._scan()
        summary = Summary.of(run)
        self._folder.cleanup()
        run.coverage.problems = [self._renamed(problem) for problem in run.coverage.problems]
        yield _part(self._log, Account(summary, run.coverage))

    def _renamed(self, problem: str) -> str:
        """Return a problem with the path of the file as the user named it."""
        length = len(next(iter(self._names)))  # they all have the same
        return self._names.get(problem[:length], problem[:length]) + problem[length:]


class _Listed(_Log):
    """A table function whose rows are the deliveries of a log."""

    def terminate(self) -> Iterator[pa.Table]:
        try:
            for batch in batches_of(map(self._renamed, self._scan())):
                yield pa.Table.from_batches([batch]).cast(_ARROW_LOG)
        finally:
            self._folder.cleanup()

    def _renamed(self, delivery: Delivery) -> Delivery:
        """Return a delivery with the path of its file as Spark has it."""
        return attrs.evolve(delivery, source=self._names.get(delivery.source or ""))


class _Merged:
    """A table function that adds up the accounts of all logs."""

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
