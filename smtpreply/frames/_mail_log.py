"""Mail logs as lazy frames: lines in the usual shapes by columns, all others one by one.

The answers are those of `smtpreply.logs.scan`, a row a delivery. What the columns know of Postfix
and Exim is in `smtpreply.frames._log_lines`: which lines tell of no delivery, and how the attempts
look whose reply stands in its usual place. A line that is neither goes to the reader of its format,
in its order, as `scan` would give it there.

Sender and Message-ID of a message stand in earlier lines than the attempts to deliver it. Whoever
asks for them has the lines read one by one; without them, most are not even looked into.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from polars.io.plugins import register_io_source

from smtpreply.codes import EnhancedStatus
from smtpreply.frames._log_lines import SHAPES, Shape
from smtpreply.frames._parse import parsed_columns
from smtpreply.frames._rows import ATTRIBUTES, instant, row_of, storable
from smtpreply.frames._schema import CLASSIFIED
from smtpreply.logs import Delivery, Direction, Format, ReplyBy, Status, scan
from smtpreply.logs.delivery import known_outcome, verdict_on
from smtpreply.logs.format import Reader
from smtpreply.logs.input.clock import STAMP, Clock
from smtpreply.logs.input.sources import Reading, inputs
from smtpreply.logs.input.syslog import read_prefix, stamp_from_message
from smtpreply.logs.registry import Detection, beginning, format_called, known_formats
from smtpreply.reasons import Outcome, Verdict, classify
from smtpreply.reply.model import Reply
from smtpreply.reply.parser import parse
from smtpreply.stage import Stage

_OF_VERDICT = {name: CLASSIFIED.to_schema()[name] for name in ("reason", "disposition", "rule")}
_JUDGED_BY = ["text", "stage", "code", "dsn", "status", "direction"]
_NUMBERS: dict[str, pl.DataType] = {
    "time": pl.Datetime("us", "UTC"),
    "utc_offset": pl.Int32(),
    "relay_port": pl.Int32(),
    "delay": pl.Float64(),
    "line": pl.Int64(),
    "code": pl.UInt16(),
}
_CHOICES = {"direction": Direction, "stage": Stage, "status": Status, "reply_by": ReplyBy}


def _type(name: str) -> pl.DataType:
    if name in _CHOICES:
        return pl.Enum([str(member) for member in _CHOICES[name]])
    return _NUMBERS.get(name) or pl.String()


LOG: dict[str, pl.DataType] = {
    **{name: _type(name) for name in (*ATTRIBUTES, "utc_offset", "code", "enhanced")},
    **{name: dtype for name, dtype in _OF_VERDICT.items() if isinstance(dtype, pl.DataType)},
}
"""The columns of a log: see `smtpreply.frames._rows`; and of the verdict, what decided."""

_REMEMBERED = {"sender", "message_id"}
_BATCH = 1 << 23  # characters
_GROUP = 10_000  # deliveries


def scan_mail_log(
    path: str | Path,
    *,
    format: str | Format | None = None,  # noqa: A002  (as `scan` calls it)
    year: int | None = None,
    tz: tzinfo | str | None = None,
) -> pl.LazyFrame:
    """Read the deliveries in mail logs: `smtpreply.logs.scan` as a lazy frame.

    Only what is asked for is worked out, and only for rows that a filter leaves.

    Args:
        path: a file, a folder or a glob.
        format: as for `scan`.
        year: as for `scan`.
        tz: as for `scan`.

    Returns:
        A frame of the columns `LOG`.

    Raises:
        ValueError: there is no such format.
        zoneinfo.ZoneInfoNotFoundError: there is no such time zone.
        FileNotFoundError: when the frame is collected: the path leads to nothing.
    """
    only = format_called(format) if isinstance(format, str) else format
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz

    def read(
        with_columns: list[str] | None,
        predicate: pl.Expr | None,
        n_rows: int | None,
        batch_size: int | None,  # noqa: ARG001  (the blocks of a log are what they are)
    ) -> Iterator[pl.DataFrame]:
        wanted = list(LOG) if with_columns is None else with_columns
        asked = [] if predicate is None else predicate.meta.root_names()
        log = _Log(path, {*wanted, *asked}, only, year, zone)
        left = n_rows
        for frame in log.frames(predicate):
            if left is not None and left <= 0:
                return
            found = frame if left is None else frame.head(left)
            left = None if left is None else left - len(found)
            yield found.select(wanted)

    return register_io_source(read, schema=LOG)


class _Log:
    """A run over a log, for some of its columns."""

    def __init__(
        self,
        path: str | Path,
        wanted: Collection[str],
        only: Format | None,
        year: int | None,
        zone: tzinfo | None,
    ) -> None:
        needed = {*wanted, "line"}
        if not {"time", "utc_offset"}.isdisjoint(wanted):
            needed |= {"time", "utc_offset"}
        if not _OF_VERDICT.keys().isdisjoint(wanted):
            needed |= {*_JUDGED_BY}
        self._needed = [name for name in LOG if name in needed and name not in _OF_VERDICT]
        self._tells_time = "time" in needed
        self._nothing = pl.DataFrame(schema={name: LOG[name] for name in self._needed})
        self._of_verdict = [name for name in _OF_VERDICT if name in wanted]
        self._path = path
        self._only = only
        self._year = year
        self._zone = zone
        self._detection = Detection(only)
        self._readers: dict[str, Reader] = {}
        # A format of the user's own comes before ours, and may know any line.
        own = any(isinstance(known, Format) for known in known_formats().values())
        shapes = [shape for shape in SHAPES if only is None or shape.mta == only.name]
        self._shapes = [] if own else shapes
        self._remembers = not _REMEMBERED.isdisjoint(wanted)

    def frames(self, predicate: pl.Expr | None) -> Iterator[pl.DataFrame]:
        """Yield the rows that the predicate leaves, some at a time."""
        for frame in self._unjudged():
            if predicate is None:
                yield self._judged(frame)
            elif _OF_VERDICT.keys().isdisjoint(predicate.meta.root_names()):
                yield self._judged(frame.filter(predicate))
            else:
                yield self._judged(frame).filter(predicate)

    def _unjudged(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, but not their verdicts."""
        for given in inputs(self._path, Reading(_ignored)):
            head, blocks = beginning(given.blocks)
            if not self._shapes or self._detection.of_source(head) is not None:
                yield from self._one_by_one(given.name)
                continue
            clock = Clock(year=self._year, zone=self._zone, latest=given.latest)
            count = 0
            for text in _batches(blocks):
                lines = _Lines(text, count + 1)
                count += len(lines)
                yield self._of_lines(lines, given.name, clock)
            yield self._of_deliveries(self._left())

    def _one_by_one(self, name: str | None) -> Iterator[pl.DataFrame]:
        """Read a source by `scan`, where none of our shapes may stand in it."""
        assert name is not None  # a path has one
        found = scan(name, format=self._only, year=self._year, tz=self._zone)
        while group := list(islice(found, _GROUP)):
            yield self._of_deliveries(group)

    # --- lines ---

    def _of_lines(self, lines: _Lines, name: str | None, clock: Clock) -> pl.DataFrame:
        left = lines.frame.filter(~self._is_known_to_be_mute())
        parts: list[pl.DataFrame] = []
        if not self._remembers:
            for shape in self._shapes:
                raw = pl.col("raw").str
                may_settle = raw.contains(shape.needle, literal=True) & ~_shown(shape)
                read = shape.read(left.filter(may_settle)).filter("is_settled").collect()
                parts.append(self._filled(read, name))
                left = left.join(read.select("line"), on="line", how="anti")
        settled = pl.concat([self._nothing, *parts])
        numbers = left.get_column("line").sort()
        times = _Times(clock, self._stamped(lines, settled), numbers) if self._tells_time else None
        others = self._of_deliveries(self._in_turn(numbers, lines, name, clock, times))
        if times is not None:
            settled = times.put_into(settled)
        return pl.concat([settled, others]).sort("line", maintain_order=True)

    def _stamped(self, lines: _Lines, settled: pl.DataFrame) -> pl.DataFrame:
        """Return the lines whose stamps count: all of them, where a given year runs on."""
        if self._year is not None:
            return lines.frame
        return lines.frame.join(settled.select("line"), on="line", how="semi")

    def _in_turn(
        self,
        numbers: Iterable[int],
        lines: _Lines,
        name: str | None,
        clock: Clock,
        times: _Times | None,
    ) -> Iterator[Delivery]:
        for number in numbers:
            if times is not None:
                times.read_to(number)
            yield from self._read(lines.original(number), number, name, clock)

    def _is_known_to_be_mute(self) -> pl.Expr:
        raw = pl.col("raw").str
        mute = [~raw.contains(r"\S")]
        for shape in self._shapes:
            if shape.silent:
                mute.append(raw.contains(shape.silent))
            if not self._remembers:
                mute.append(raw.contains(shape.teaching) & ~_shown(shape))
        return pl.any_horizontal(mute)

    def _filled(self, read: pl.DataFrame, name: str | None) -> pl.DataFrame:
        """Return the columns that are needed, those that the lines do not tell too."""
        columns = read.with_columns(source=pl.lit(None if name is None else storable(name)))
        if not {"code", "enhanced"}.isdisjoint(self._needed):
            spoken = pl.when(pl.col("reply_by").is_not_null()).then("text")
            replies = columns.select(spoken).to_series()
            columns = columns.with_columns(parsed_columns(replies, ["code", "enhanced"]))
        return columns.select(
            (pl.col(field) if field in columns.columns else pl.lit(None))
            .cast(LOG[field])
            .alias(field)
            for field in self._needed
        )

    # --- deliveries one by one ---

    def _read(self, text: str, number: int, name: str | None, clock: Clock) -> Iterable[Delivery]:
        """Read a line as `scan` does."""
        line = read_prefix(text, number, clock, name)
        known = self._detection.of_line(line)
        if known is None:
            return ()
        stamp_from_message(line, clock)
        reader = self._readers.get(known.name)
        if reader is None:
            reader = self._readers[known.name] = known.reader()
        return reader.read(line) or ()

    def _left(self) -> Iterator[Delivery]:
        """Yield what readers have kept back until they see no more lines of a source."""
        for reader in self._readers.values():
            yield from reader.finish()

    def _of_deliveries(self, deliveries: Iterable[Delivery]) -> pl.DataFrame:
        rows = [row_of(delivery) for delivery in deliveries]
        return pl.DataFrame(
            [
                pl.Series(field, [row[field] for row in rows], dtype=_stored(field)).cast(
                    LOG[field]
                )
                for field in self._needed
            ]
        )

    # --- verdicts ---

    def _judged(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what the verdicts say; each text is judged once."""
        if not self._of_verdict:
            return frame
        keys = frame.select(_JUDGED_BY).unique().filter(pl.col("text").is_not_null())
        answers = [_verdict(**key) for key in keys.iter_rows(named=True)]
        known = keys.with_columns(
            pl.Series(field, [answer[field] for answer in answers], dtype=LOG[field])
            for field in self._of_verdict
        )
        return frame.join(
            known,
            on=_JUDGED_BY,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )


def _verdict(
    text: str,
    stage: str | None,
    code: int | None,
    *,
    dsn: str | None,
    status: str | None,
    direction: str | None,
) -> dict[str, str | None]:
    """Judge what a row says; the code tells whether the text is a reply, or somebody's words."""
    outcome = known_outcome(
        None if status is None else Status(status),
        None if direction is None else Direction(direction),
    )
    if code is not None and code < 400 and outcome in (None, Outcome.SENT):
        return _positive(code)
    at = None if stage is None else Stage(stage)
    known = None if dsn is None else EnhancedStatus.parse(dsn)
    return _decided(verdict_on(text, None if code is None else parse(text), at, known, outcome))


@functools.lru_cache(maxsize=4096)
def _positive(code: int) -> dict[str, str | None]:
    return _decided(classify(Reply(code)))


def _decided(verdict: Verdict) -> dict[str, str | None]:
    return {
        "reason": verdict.reason.value,
        "disposition": verdict.disposition.value,
        "rule": verdict.rule,
    }


class _Lines:
    """Some lines of a source, by their numbers.

    Attributes:
        frame: their numbers, in ``line``, and their texts, in ``raw``; U+FFFD stands in these for
            octets that are not UTF-8.
    """

    def __init__(self, text: str, first: int) -> None:
        self._first = first
        self._text = text.removesuffix("\n")
        whole = pl.Series("raw", [storable(self._text)])
        lines = whole.str.split("\n").explode()
        self.frame = (
            lines.to_frame()
            .with_row_index("line", offset=first)
            .with_columns(pl.col("line").cast(pl.Int64))
        )
        self._raw = lines
        self._originals: list[str] | None = None

    def __len__(self) -> int:
        return len(self._raw)

    def original(self, number: int) -> str:
        """Return a line as it was read."""
        text: str = self._raw[number - self._first]
        if "\ufffd" not in text:
            return text
        if self._originals is None:
            self._originals = self._text.split("\n")
        return self._originals[number - self._first]


class _Times:
    """The times of lines that are not read one by one, by their stamps.

    A year that was given runs on from stamp to stamp. So stamps are read in their turn between
    the lines that are read one by one, by the same clock.
    """

    def __init__(self, clock: Clock, lines: pl.DataFrame, others: pl.Series) -> None:
        is_other = pl.col("line").is_in(others.implode())
        stamp = pl.when(~is_other).then(pl.col("raw").str.extract(f"^{STAMP}", 0))
        stamps = lines.sort("line").select("line", stamp=stamp)
        self._runs = stamps.with_columns(run=pl.col("stamp").rle_id())
        self._firsts = self._runs.unique("run", keep="first", maintain_order=True)
        self._left = deque(self._firsts.select("line", "stamp").iter_rows())
        self._read: list[tuple[int | None, int | None]] = []
        self._clock = clock

    def read_to(self, number: int | None = None) -> None:
        """Read the stamps of all lines before this one."""
        while self._left and (number is None or self._left[0][0] < number):
            _, stamp = self._left.popleft()
            self._read.append((None, None) if stamp is None else instant(self._clock.read(stamp)))

    def put_into(self, settled: pl.DataFrame) -> pl.DataFrame:
        """Add the times to rows, by their lines."""
        self.read_to()
        read = self._firsts.select(
            "run",
            time=pl.Series([time for time, _ in self._read], dtype=pl.Int64).cast(LOG["time"]),
            utc_offset=pl.Series([offset for _, offset in self._read], dtype=pl.Int32),
        )
        times = self._runs.select("line", "run").join(read, on="run", how="left")
        rows = settled.drop("time", "utc_offset")
        return rows.join(times, on="line", how="left").select(settled.columns)


def _shown(shape: Shape) -> pl.Expr:
    """Return whether a line is shown to other formats first."""
    return pl.col("raw").str.contains_any(shape.others) if shape.others else pl.lit(value=False)


def _batches(blocks: Iterable[str]) -> Iterator[str]:
    """Put blocks of lines together, since a block is little for a column."""
    held: list[str] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= _BATCH:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _stored(field: str) -> pl.DataType:
    return pl.Int64() if field == "time" else LOG[field]


def _ignored(_problem: str) -> None:
    """Take no notice: what cannot be read of a file is told by `smtpreply.logs.scan`."""
