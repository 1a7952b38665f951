r"""`parse` over a whole column: expressions for regular replies, the scalar parser for the rest.

The expressions parse these texts, with line ends CRLF or LF, of which the last may be missing::

    Reply        = *( Reply-code "-" *TEXT EOL ) Reply-code [ SP *TEXT ] [ EOL ]
    Reply-code   = %x32-35 2DIGIT         ; the same on all lines
    TEXT         = %d09 / %d32-126

with the enhanced status at the start of each text (RFC 2034 4), or nowhere; or, in a reply of one
line, in brackets at the end, as qmail writes it. They also settle a text that begins with a visible
ASCII character other than the first digit of a code: it is no reply. All others are passed to
`smtpreply.parse`, each distinct text once: folded replies, other forms of status or a status on
some lines only, text that is not ASCII, and any other `Defect`.

This repeats a part of the grammar in `smtpreply.reply.grammar`; tests compare the two. The patterns
are in the dialect that Python's `re` and Polars' engine share. Line ends are searched as single
octets, which takes a sixth of the time of a pattern over the whole text.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from smtpreply.codes import ENHANCED_STATUS
from smtpreply.frames._scalar import parsed_frame
from smtpreply.frames._schema import DEFECT_BITS, ERRORS, NO_REPLY, PARSED
from smtpreply.reply.defects import Defect
from smtpreply.reply.enhanced import GREETING, LAST_LENGTH
from smtpreply.reply.grammar import MAX_LINE

CODE = "[2-5][0-9][0-9]"
TEXT = "[\t -~]"

# For the whole text.
SEVERAL_LINES = f"(?:{CODE}-{TEXT}*\r?\n)+{CODE}(?: {TEXT}*)?(?:\r?\n)?"

# For the start and the end of a textstring: text that is odd may be a status in a form that
# RFC 2034 does not have.
STATUS = f"({ENHANCED_STATUS})(?:[ \t]|$)"
ODD_START = r"(?:[#(\[ \t]|[245]\.)"
ODD_END = rf"[(\[]#?{ENHANCED_STATUS}[)\]][ \t]*"
ODD_CHARACTER = "[^\t -~]"

FIELDS = tuple(PARSED.to_schema())
_NUMBERS = {"enhanced_class": pl.UInt8, "enhanced_subject": pl.UInt16, "enhanced_detail": pl.UInt16}
# The fields that are parsed; all others derive from them.
_READ = ("code", "enhanced", "text", "line_count", "defects", "error")
_NEEDED = {
    "reply_class": "code",
    "subject": "code",
    "detail": "code",
    **dict.fromkeys(_NUMBERS, "enhanced"),
}
_OF_HEADS = {"code", "line_count"}  # the same for any text
_HEAD = len("250 ")

_ONE_LINE, _SEVERAL_LINES, _NO_REPLY, _OTHER = range(4)


def parsed(replies: pl.Series, fields: Sequence[str] = FIELDS) -> pl.Series:
    """Parse a column of texts or octets; return the struct of `PARSED`, or some of its fields."""
    answer = pl.struct(pl.all())
    if replies.null_count():
        answer = pl.when(replies.is_not_null()).then(answer)
    columns = parsed_columns(replies, fields)
    return columns.select(answer.alias(replies.name)).to_series()


def field(replies: pl.Series, name: str) -> pl.Series:
    """Parse a column of texts or octets; return one field of `PARSED`."""
    return parsed_columns(replies, [name]).to_series().alias(replies.name)


def parsed_columns(replies: pl.Series, fields: Sequence[str] = FIELDS) -> pl.DataFrame:
    """Parse a column of texts or octets; return some fields of `PARSED` as columns.

    Raises:
        polars.exceptions.InvalidOperationError: the column is neither String nor Binary.
    """
    wanted = {_NEEDED.get(field, field) for field in fields}
    read = _read(replies, [field for field in _READ if field in wanted])
    if not _NUMBERS.keys().isdisjoint(fields):
        read = read.join(_numbers(read), on="enhanced", how="left", maintain_order="left")
    code = pl.col("code")
    second = (code // 10 % 10).cast(pl.UInt8)
    derived = {
        "reply_class": (code // 100).cast(pl.UInt8),
        "subject": pl.when(second <= 5).then(second),
        "detail": (code % 10).cast(pl.UInt8),
    }
    return read.select(derived.get(field, pl.col(field)).alias(field) for field in fields)


def _numbers(read: pl.DataFrame) -> pl.DataFrame:
    """Return the distinct statuses with their numbers."""
    statuses = read.select(pl.col("enhanced").drop_nulls().unique())
    groups = pl.col("enhanced").str.extract_groups(f"^{ENHANCED_STATUS}$").struct
    return statuses.with_columns(
        groups.field(str(place)).cast(dtype).alias(name)
        for place, (name, dtype) in enumerate(_NUMBERS.items(), start=1)
    )


def _read(replies: pl.Series, fields: Sequence[str]) -> pl.DataFrame:
    """Parse each row by the method for its shape."""
    looked = _looked_at(replies)
    shapes = looked.get_column("shape")
    ways = {_ONE_LINE: _one_line, _SEVERAL_LINES: _several_lines}
    if _OF_HEADS.issuperset(fields):
        ways[_SEVERAL_LINES] = _heads
    elif {"text", "defects"}.isdisjoint(fields):
        ways[_SEVERAL_LINES] = _first_statuses
    found = pl.collect_all(
        way(looked.filter(shapes == shape).lazy()).select(*fields, _is_left(fields))
        for shape, way in ways.items()
    )
    rows = [(shapes == shape).arg_true() for shape in ways]
    left = [(shapes == _OTHER).arg_true()]
    for at, (own, columns) in enumerate(zip(rows, found, strict=True)):
        is_left = columns.drop_in_place("is_left")
        if is_left.any():
            left.append(own.filter(is_left))
            rows[at], found[at] = own.filter(~is_left), columns.filter(~is_left)
    others = pl.concat(left)
    none = (shapes == _NO_REPLY).arg_true()
    null = shapes.is_null().arg_true()
    return _in_order(
        [*rows, others, none, null],
        [
            *found,
            _one_by_one(replies.gather(others), fields),
            _nothing(len(none), fields, NO_REPLY),
            _nothing(len(null), fields),
        ],
    )


# --- which rows are read how ---------------------------------------------------------------


def as_text(replies: pl.Series) -> pl.Series:
    """Return octets as text; null where they are not UTF-8."""
    if replies.dtype == pl.String:
        return replies
    if replies.dtype == pl.Binary:
        try:
            return replies.cast(pl.String)
        except pl.exceptions.ComputeError:  # for one bad row, and it does not say for which
            return pl.Series(
                [None if octets is None else _decoded(octets) for octets in replies],
                dtype=pl.String,
            )
    if replies.dtype == pl.Null:
        return replies.cast(pl.String)
    raise pl.exceptions.InvalidOperationError(
        f"replies are a column of String or Binary, not of {replies.dtype}"
    )


def _decoded(octets: bytes) -> str | None:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None


def _looked_at(replies: pl.Series) -> pl.DataFrame:
    """Return each text with its size, the length of its last line end, its code, and its shape."""
    raw = pl.col("raw")
    return (
        as_text(replies)
        .to_frame("raw")
        .lazy()
        .with_columns(
            # A text of fewer octets has none, and is left to the scalar parser.
            head=raw.cast(pl.Binary)
            .bin.head(_HEAD)
            .bin.reinterpret(dtype=pl.UInt32, endianness="big"),
            size=raw.str.len_bytes(),
            line_feed=raw.str.find("\n", literal=True),
            carriage_return=raw.str.find("\r", literal=True),
            is_null=replies.is_null(),
        )
        .with_columns(end=_line_end())
        .select("raw", "size", "end", code=_code(), shape=_shape())
        .collect()
    )


def _line_end() -> pl.Expr:
    """Return how many octets the only line end has; null where a line ends elsewhere, too."""
    size, line_feed, carriage_return = map(pl.col, ("size", "line_feed", "carriage_return"))
    return (
        pl.when(line_feed.is_null() & carriage_return.is_null())
        .then(0)
        .when((line_feed + 1 == size) & carriage_return.is_null())
        .then(1)
        .when((line_feed + 1 == size) & (carriage_return + 2 == size))
        .then(2)
    )


def _shape() -> pl.Expr:
    """Return how a text is to be read, by its first octets and its line ends; null for null."""
    first, second, third = _digits()
    has_code = first.is_between(2, 5) & (second <= 9) & (third <= 9)
    has_head = pl.col("size") - pl.col("end") >= _HEAD
    # What begins with another character that is visible has no code: nothing is taken off it.
    no_code = _octet(0).is_between(ord("!"), ord("~")) & ~first.is_between(2, 5)
    return (
        pl.when(has_code & (_octet(3) == ord(" ")) & has_head)
        .then(_ONE_LINE)
        .when(has_code & (_octet(3) == ord("-")))
        .then(_SEVERAL_LINES)
        .when(no_code)
        .then(_NO_REPLY)
        .when(~pl.col("is_null"))
        .then(_OTHER)
        .cast(pl.UInt8)
    )


def _code() -> pl.Expr:
    first, second, third = _digits()
    return (first * 100 + second * 10 + third).cast(pl.UInt16, strict=False)


def _digits() -> list[pl.Expr]:
    """Return the numbers that the first three octets would be; what is no digit is above 9."""
    return [_octet(place) - ord("0") for place in range(3)]


def _octet(place: int) -> pl.Expr:
    """Return one of the four octets that a text begins with, as a number."""
    return pl.col("head") // pl.lit(256 ** (3 - place), pl.UInt32) % 256


def _is_left(fields: Collection[str]) -> pl.Expr:
    """Return which rows turn out to be beyond the expressions, for what is asked of them."""
    if _OF_HEADS.issuperset(fields):
        return pl.col("odd_head").alias("is_left")
    odd = pl.col("odd")
    return (odd | pl.col("odd_characters") if "defects" in fields else odd).alias("is_left")


def _nothing(count: int, fields: Sequence[str], error: str | None = None) -> pl.DataFrame:
    schema = PARSED.to_schema()
    columns = {field: pl.repeat(None, count, dtype=schema[field], eager=True) for field in fields}
    if "error" in columns and error is not None:
        columns["error"] = pl.repeat(error, count, dtype=ERRORS, eager=True)
    return pl.DataFrame(columns)


def _one_by_one(replies: pl.Series, fields: Sequence[str]) -> pl.DataFrame:
    """Read each text with `parse`, those that are the same once."""
    rows = replies.alias("raw").to_frame()
    distinct = rows.unique().to_series()
    answers = parsed_frame(distinct).select(fields).with_columns(distinct)
    return rows.join(answers, on="raw", how="left", maintain_order="left").select(fields)


def _in_order(rows: Sequence[pl.Series], columns: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the parts together, each row where it was."""
    together = pl.concat(columns, rechunk=True)  # which makes gathering four times as fast
    was = pl.concat([own.cast(pl.UInt32) for own in rows])
    now = pl.int_range(len(was), dtype=pl.UInt32, eager=True)
    return together.select(pl.all().gather(now.clone().scatter(was, now)))


# --- replies of one line -------------------------------------------------------------------


def _one_line(replies: pl.LazyFrame) -> pl.LazyFrame:
    code, size, end, last = map(pl.col, ("code", "size", "end", "last"))
    textstring, unsure = pl.col("textstring"), pl.col("unsure")
    octets = pl.col("raw").cast(pl.Binary).bin
    # RFC 2034 4: a greeting has no status, but the 220 that answers STARTTLS has.
    may_carry = _may_carry() & ((code != GREETING) | textstring.str.starts_with("2"))
    # A status at the end is one where its class is the code's, else it is text. What is done with
    # one is done with those few texts: a null costs nothing.
    may_end = pl.when(unsure & textstring.str.contains(f"{ODD_END}$")).then(textstring)
    last_status = last.str.extract(f"({ENHANCED_STATUS})", 1)
    fits = (last.str.len_bytes() <= LAST_LENGTH) & (_class_of(last_status) == code // 100)
    before_last = pl.when(last.is_not_null()).then(textstring).str.replace(f"{ODD_END}$", "")
    return (
        replies.with_columns(
            textstring=octets.slice(_HEAD, size - end - _HEAD).cast(pl.String),
            line_count=pl.lit(1, pl.UInt32),
        )
        .with_columns(enhanced=pl.when(may_carry).then(_plain_status()))
        .with_columns(
            unsure=_may_carry() & pl.col("enhanced").is_null() & (code != GREETING),
            behind=_without_status(),
        )
        .with_columns(
            odd=unsure & textstring.str.contains(f"^{ODD_START}"),
            last=may_end.str.extract(f"({ODD_END})$", 1),
        )
        .with_columns(last=pl.when(fits).then(last))
        .with_columns(
            enhanced=pl.coalesce("enhanced", last_status),
            text=pl.coalesce(before_last.str.strip_chars_end(" \t"), "behind"),
            odd_head=pl.lit(value=False),
            odd_characters=textstring.str.contains(ODD_CHARACTER),
        )
        .with_columns(
            defects=_bit(Defect.BARE_LF, end == 1)
            | _bit(Defect.NO_FINAL_NEWLINE, end == 0)
            | _bit(Defect.LINE_TOO_LONG, size > MAX_LINE)
            | _bit(Defect.STATUS_FORM, last.is_not_null())
            | _defects_of_codes(),
            error=pl.lit(None, ERRORS),
        )
    )


# --- replies of several lines --------------------------------------------------------------


def _several_lines(replies: pl.LazyFrame) -> pl.LazyFrame:
    line_count, carried = pl.col("line_count"), pl.col("carried")
    heads = _heads(replies)
    return pl.concat([heads, _lines_together(heads)], how="horizontal").with_columns(
        odd=pl.col("odd_head") | pl.col("odd_line") | ((carried > 0) & (carried < line_count)),
        odd_characters=pl.lit(value=False),
        defects=_bit(Defect.BARE_LF, pl.col("line_feeds") != pl.col("line_ends"))
        | _bit(Defect.NO_FINAL_NEWLINE, ~pl.col("ended"))
        | _defects_of_codes(),
        error=pl.lit(None, ERRORS),
    )


def _heads(replies: pl.LazyFrame) -> pl.LazyFrame:
    """Count the lines of each reply; odd are those not in form, or of several codes."""
    raw = pl.col("raw")
    return (
        replies.with_columns(
            ended=raw.str.ends_with("\n"),
            line_feeds=raw.str.count_matches("\n", literal=True),
            line_ends=raw.str.count_matches("\r\n", literal=True),
            alike=raw.str.count_matches(pl.lit("\n") + raw.str.head(3), literal=True),
        )
        .with_columns(line_count=pl.col("line_feeds") + (~pl.col("ended")).cast(pl.UInt32))
        .with_columns(
            odd_head=(pl.col("alike") + 1 != pl.col("line_count"))
            | ~raw.str.contains(f"^(?:{SEVERAL_LINES})$")
        )
    )


def _first_statuses(replies: pl.LazyFrame) -> pl.LazyFrame:
    """Return the status of each reply, where its first line has one or none of its lines has."""
    raw = pl.col("raw")
    carries = _may_carry() & (pl.col("code") != GREETING)
    status = raw.str.extract(rf"^{CODE}-({ENHANCED_STATUS})[ \t\r\n]", 1)
    unsure = pl.when(pl.col("enhanced").is_null()).then(raw)
    looks_odd = unsure.str.contains(rf"(?m)^{CODE}[ -]{ODD_START}|{ODD_END}\r?$")
    return (
        _heads(replies)
        .with_columns(enhanced=pl.when(carries).then(status))
        .with_columns(
            odd=pl.col("odd_head") | (carries & looks_odd).fill_null(value=False),
            error=pl.lit(None, ERRORS),
        )
    )


def _lines_together(heads: pl.LazyFrame) -> pl.LazyFrame:
    """Read the lines of each reply one by one, and put what they say together, a row a reply."""
    line, row, code, status = map(pl.col, ("line", "row", "code", "enhanced"))
    return (
        heads.with_row_index("row")
        .select("row", "code", line=pl.col("raw").str.strip_suffix("\n").str.split("\n"))
        .explode("line")
        .with_columns(textstring=line.str.strip_suffix("\r").str.slice(_HEAD))
        .with_columns(enhanced=pl.when(_may_carry() & (code != GREETING)).then(_plain_status()))
        .with_columns(
            rest=_without_status(),
            odd_line=(_is_odd() & (code != GREETING))
            | (line.str.len_bytes() >= MAX_LINE - 1)
            | ((status != status.shift()) & (row == row.shift())).fill_null(value=False),
        )
        .group_by("row", maintain_order=True)
        .agg("rest", status.first(), status.count().alias("carried"), pl.col("odd_line").any())
        .select("enhanced", "carried", "odd_line", text=pl.col("rest").list.join("\n"))
    )


# --- what both have ------------------------------------------------------------------------


def _may_carry() -> pl.Expr:
    """Return whether a reply of this code may have a status: RFC 2034 4, a 3yz never has."""
    return pl.col("code") // 100 != 3


def _plain_status() -> pl.Expr:
    return pl.col("textstring").str.extract(f"^{STATUS}", 1)


def _without_status() -> pl.Expr:
    behind = (pl.col("enhanced").str.len_bytes() + 1).fill_null(0)
    return pl.col("textstring").str.slice(behind)


def _is_odd() -> pl.Expr:
    """Return whether only the grammar knows if a textstring without a plain status has one."""
    textstring = pl.col("textstring")
    looks = textstring.str.contains(f"^{ODD_START}") | textstring.str.contains(f"{ODD_END}$")
    return _may_carry() & pl.col("enhanced").is_null() & looks


def _defects_of_codes() -> pl.Expr:
    code = pl.col("code")
    other_class = _class_of(pl.col("enhanced")) != code // 100
    return _bit(Defect.SECOND_DIGIT, code // 10 % 10 > 5) | _bit(Defect.STATUS_CLASS, other_class)


def _class_of(status: pl.Expr) -> pl.Expr:
    return status.str.head(1).cast(pl.UInt16)


def _bit(defect: Defect, is_there: pl.Expr) -> pl.Expr:
    return is_there.fill_null(value=False).cast(pl.UInt32) * pl.lit(DEFECT_BITS[defect], pl.UInt32)
