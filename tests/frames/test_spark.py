"""Spark's columns and summaries are those of one process. A real local Spark, two workers."""

from __future__ import annotations

import datetime as dt
import doctest
import gzip
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest

pytest.importorskip("pyspark")
pa = pytest.importorskip("pyarrow")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java", allow_module_level=True)

from pyspark.errors import PySparkException  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as sql  # noqa: E402

from smtpreply.frames import arrow, spark  # noqa: E402
from smtpreply.frames._rows import row_of  # noqa: E402
from smtpreply.logs import Coverage, scan  # noqa: E402
from smtpreply.logs.record import COLUMNS  # noqa: E402
from smtpreply.summary.summary import Summary  # noqa: E402

# Spark leaves it to the garbage collector to close some of its sockets.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed <socket:ResourceWarning",
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
)

REPLIES = [
    "550 5.1.1 No such user",
    None,
    "450 4.2.0 Greylisted for 300 seconds",
    "",
    "rubbish",
    "250-mx.example.com\r\n250 SIZE\r\n",
    "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "250 a\n250 b\n",
    "550 5.1.1 " + "x" * 100_000,
    "550-5.7.1 We have seen 550-5.7.1 spam from 550 5.7.1 you.",
    "552 \u90ae\u7bb1\u5df2\u6ee1",
]

FROM = "Nov 24 11:43:31 mx1 postfix/qmgr[7]: 4E74613FE7: from=<al@example.com>, size=9, nrcpt=1"
TO = "Nov 24 11:43:32 mx1 postfix/smtp[42]: 4E74613FE7: to=<bob@example.org>, "
RELAY = "relay=mx.example.org[192.0.2.1]:25, delay=1.9, delays=0.1/0/1.1/0.7, "
BOUNCED = (
    f"{TO}{RELAY}dsn=5.1.1, status=bounced (host mx.example.org[192.0.2.1] said: 550 5.1.1 "
    "<bob@example.org>: User unknown (in reply to RCPT TO command))"
)
SENT = f"{TO}{RELAY}dsn=2.0.0, status=sent (250 2.0.0 Ok)"
ODD = "Nov 24 11:43:32 mx1 postfix/smtp[1]: what"
EXIM = "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** bob@example.org: Unrouteable address"


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    settings: dict[str, Any] = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").appName("smtpreply")
    session = builder.config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two logs: one of three files, in which a message goes on in the next, and one of Exim."""
    folder = tmp_path / "logs of two"
    folder.mkdir()
    oldest = folder / "mail.log.2.gz"
    oldest.write_bytes(gzip.compress(f"{SENT}\n{FROM}\n".encode()))
    (folder / "mail.log.1").write_bytes(f"{BOUNCED}\nRubbish \xe4\n".encode("latin-1"))
    (folder / "mail.log").write_text(f"{BOUNCED}\n{ODD}\n" + "\0" * 9 + "\n", encoding="utf-8")
    (folder / "exim.log").write_text(f"{EXIM}\n", encoding="utf-8")
    (folder / "broken.gz").write_bytes(gzip.compress(b"x\n" * 9999)[:-9])
    in_2024 = dt.datetime(2024, 12, 1, tzinfo=dt.UTC).timestamp()
    os.utime(oldest, (in_2024, in_2024))
    return folder


# --- columns -------------------------------------------------------------------------------


def test_columns_are_those_of_arrow(session: Any) -> None:
    rows = [(number, text) for number, text in enumerate(REPLIES)]
    frame = session.createDataFrame(rows, "number int, value string").repartition(3)
    assert frame.rdd.getNumPartitions() == 3
    both = spark.classify(spark.parse(frame, "value"), sql.col("value"), "why")
    found = [row.asDict(recursive=True) for row in both.orderBy("number").collect()]
    replies = pa.array(REPLIES, pa.string())
    assert [row["value"] for row in found] == REPLIES
    assert [row["parsed"] for row in found] == arrow.parse(replies).to_pylist()
    assert [row["why"] for row in found] == arrow.classify(replies).to_pylist()


def test_a_column_of_binaries_is_read_as_octets(session: Any) -> None:
    octets = [b"550 Empf\xe4nger unbekannt\r\n", None, b"\xff"]
    frame = session.createDataFrame([(raw,) for raw in octets], "value binary")
    [first, *others] = [row.parsed for row in spark.parse(frame, "value").collect()]
    assert (first.code, first.text) == (550, "Empf\ufffdnger unbekannt")
    assert [row and row.error for row in others] == [None, "no reply"]


def test_the_types_are_those_of_spark() -> None:
    # What runs in Spark's workers, run here.
    for answer, given in ((spark._parsed, arrow.PARSED), (spark._classified, arrow.CLASSIFIED)):
        column = answer(pa.array(["550 5.1.1 No", None]))
        assert column.type == spark._in_spark(given)
        assert column.type.names == given.names
        assert column.is_null().to_pylist() == [False, True]


# --- logs ----------------------------------------------------------------------------------


def test_summaries_add_up_to_that_of_one_process(session: Any, logs: Path) -> None:
    run = scan(logs)
    whole = Summary.of(run)
    summary, coverage = spark.summarize(session, str(logs))
    assert summary == whole
    assert summary.total.refused_sender.counts == {"al@example.com": 2}  # named in an older file
    assert "2024" in str(summary.total.times)  # as the oldest file's own time tells
    names = [problem.rpartition("/")[2] for problem in coverage.problems]
    assert names == [problem.rpartition("/")[2] for problem in run.coverage.problems]
    coverage.problems = run.coverage.problems
    assert coverage == run.coverage


def test_files_can_be_read_each_by_itself(session: Any, logs: Path) -> None:
    paths = [path for path in logs.iterdir() if path.name != "broken.gz"]
    parts = sum((Summary.of(scan(path)) for path in paths), Summary())
    summary, coverage = spark.summarize(session, [str(path) for path in paths], each="file")
    assert summary.to_dict() == parts.to_dict()
    assert summary.total.refused_sender.counts == {}
    assert coverage.lines == 7


def test_what_is_asked_of_scan_is_asked_of_each_task(session: Any, logs: Path) -> None:
    options: dict[str, Any] = {"format": "postfix", "year": 1999, "tz": "Europe/Vienna"}
    summary, coverage = spark.summarize(session, str(logs / "mail.log*"), **options)
    assert summary == Summary.of(scan(logs / "mail.log*", **options))
    assert "1999" in str(summary.total.times)
    assert set(coverage.formats) == {"postfix"}


def test_a_folder_without_files_has_an_empty_summary(session: Any, tmp_path: Path) -> None:
    assert spark.summarize(session, str(tmp_path)) == (Summary(), Coverage())


def test_a_file_that_is_too_large_is_a_problem(
    session: Any, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "LARGEST", 100)
    summary, coverage = spark.summarize(session, str(logs))
    assert summary.deliveries == 1  # exim.log's
    assert sum("more than the limit of 100" in problem for problem in coverage.problems) == 3


def test_deliveries_have_the_columns_and_values_of_all_outputs(session: Any, logs: Path) -> None:
    frame = spark.scan_mail_log(session, str(logs), year=2026)
    assert frame.columns == [column.name for column in COLUMNS]
    found = []
    for row in frame.withColumn("time", sql.unix_micros("time")).collect():
        values = row.asDict(recursive=True)
        values["source"] = values["source"].removeprefix("file:").replace("%20", " ")
        values["octets"] = values["octets"] and [
            (name, bytes(octets)) for name, octets in values["octets"].items()
        ]
        found.append(values)
    expected = [row_of(delivery) for delivery in scan(logs, year=2026)]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_deliveries_of_a_file_that_is_too_large_are_an_error(
    session: Any, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "LARGEST", 100)
    with pytest.raises(ValueError, match="more than the limit of 100"):
        spark.scan_mail_log(session, str(logs))


def test_a_folder_without_files_has_no_deliveries(session: Any, tmp_path: Path) -> None:
    assert spark.scan_mail_log(session, str(tmp_path)).collect() == []


def test_what_is_wrong_is_told_before_spark_works(session: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no format 'pigeon'"):
        spark.summarize(session, str(tmp_path), format="pigeon")
    with pytest.raises(ZoneInfoNotFoundError):
        spark.summarize(session, str(tmp_path), tz="No/Where")
    with pytest.raises(PySparkException, match="PATH_NOT_FOUND"):
        spark.summarize(session, str(tmp_path / "none"))


def test_a_log_is_read_file_after_file(logs: Path) -> None:
    # What runs in Spark's workers, run here.
    order = ["mail.log.2.gz", "mail.log.1", "mail.log"]
    assert spark._rotated([f"s3a://b/{name}" for name in ("mail.log", "exim.log", *order[:2])]) == [
        ["s3a://b/exim.log"],
        [f"s3a://b/{name}" for name in order],
    ]
    log = spark._Summarized()
    for place, name in enumerate(order):
        path = logs / name
        columns = {
            "path": [f"s3a://b/{name}"],
            "log": [5],
            "place": [place],
            "written": [int(path.stat().st_mtime * 1e6)],
            "content": [path.read_bytes()],
        }
        assert list(log.eval(pa.RecordBatch.from_pydict(columns))) == []
    [part] = log.terminate()
    assert not Path(log._folder.name).exists()
    merged = spark._Merged()
    assert list(merged.eval(part.to_batches()[0])) == []
    [whole] = merged.terminate()
    summary, coverage = spark._opened(whole["account"][0].as_py())
    assert summary == Summary.of(scan(logs / "mail.log*"))
    assert coverage.problems == ["s3a://b/mail.log:3: 9 NUL octets"]


def test_the_example_of_the_docs_runs(session: Any) -> None:
    root = Path(__file__).parent.parent.parent
    page = (root / "docs" / "frames.md").read_text(encoding="utf-8")
    code = page.partition("\n## Spark\n")[2].partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(code.replace("tests/data", str(root / "tests" / "data")), names)
    assert names["rows"] == [(450, "greylisted", dt.timedelta(minutes=5)), (None, None, None)]
    whole = Summary.of(scan(root / "tests" / "data" / "sample.log", year=2026))
    assert (names["bounced"], names["problems"]) == (whole.total.status["bounced"], [])
    assert names["suppressed"] == 14


# --- what it needs -------------------------------------------------------------------------


@pytest.mark.parametrize("needed", ["pyspark", "polars", "pyarrow"])
def test_a_missing_extra_is_one_clear_line(
    needed: str, said_without: Callable[[str, str], str]
) -> None:
    line = f'smtpreply.frames.spark needs {needed}: pip install "smtpreply[spark]"'
    assert said_without(needed, "smtpreply.frames.spark") == line


@pytest.mark.parametrize(
    "function", [spark.parse, spark.classify, spark.scan_mail_log, spark.summarize]
)
def test_the_examples_in_docstrings(session: Any, function: Callable[..., Any]) -> None:
    # They are skipped elsewhere, since they need a session.
    names = {**vars(spark), "session": session}
    [found] = doctest.DocTestFinder(recurse=False).find(function, globs=names)
    for example in found.examples:
        del example.options[doctest.SKIP]
    assert doctest.DocTestRunner().run(found) == doctest.TestResults(0, len(found.examples))
