r"""Lines of Postfix and Exim as columns: the usual shapes, read by expressions.

::

    Postfix  = stamp SP host SP program ["[" pid "]"] ": " QID ": to=<" RCPT ">, " ["orig_to=<" ...]
               "relay=" HOST ", " ... "delay=" N ", " ... "status=" WORD " (" SAID ")"
    SAID     = REPLY / "host " HOST " said: " REPLY [" (in reply to " CMD " command)"]
             / "host " HOST " refused to talk to me: " REPLY
    Exim     = stamp SP MSGID " => " ADDR [" <" ORIG ">"] " R=" fields ' C="' TEXT '"' fields
             / stamp SP MSGID (" ** " / " == ") ADDR [" <" ORIG ">"] " R=" fields
               ": SMTP error from remote mail server after " CMD ": " REPLY

The patterns are those of `smtpreply.logs.formats`, narrowed to what can be read in one way only:
addresses without quotes and blanks, a server that did speak, text without escapes but ``\n``. What
they do not match is no error; it is left to the readers there.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from itertools import takewhile

import attrs
import polars as pl

from smtpreply.codes import ENHANCED_STATUS
from smtpreply.logs import Direction, ReplyBy, Status
from smtpreply.logs.formats.exim.message_id import EXIM_ID
from smtpreply.logs.input.clock import STAMP
from smtpreply.logs.registry import BUILTIN
from smtpreply.logs.toolkit.fields import stage_of
from smtpreply.stage import Stage

Read = Callable[[pl.DataFrame], pl.LazyFrame]


@attrs.frozen
class Shape:
    """How the lines of one format look.

    Attributes:
        mta: the format's name.
        silent: a pattern of lines that tell of no delivery, and nothing of a message.
        teaching: a pattern of lines that tell of no delivery, but of whom a message is, and where
            it ends.
        needle: stands in each line that `read` may settle.
        others: what shows that a line may be of another format: it is left to the readers.
        read: takes a frame of lines, in ``raw``, and gives the columns of a log, and
            ``is_settled``.
    """

    mta: str
    silent: str | None
    teaching: str
    needle: str
    others: list[str]
    read: Read


def _choice(values: type[enum.StrEnum]) -> pl.Enum:
    return pl.Enum([str(value) for value in values])


_DIRECTIONS, _REPLY_BY, _STATUSES, _STAGES = map(_choice, (Direction, ReplyBy, Status, Stage))

_PLAIN_ADDRESS = "[!#-;=?A-~]*(?:@[!#-;=?A-~]*)?"  # no blank, no quote, no bracket
_LONGEST_ADDRESS = 1000
_REPLY_HEAD = "^[2-5][0-9]{2}(?:[ -]|$)"
_NUMBER = "[0-9]{1,15}(?:\\.[0-9]{1,15})?"


def _captured(text: pl.Expr, pattern: str) -> Callable[[str], pl.Expr]:
    """Match a pattern, and give what gives its groups, by their names."""
    return text.str.extract_groups(pattern).struct.field


def _stages_of(commands: pl.Expr) -> pl.Expr:
    """Return the stages of commands, each command looked at once."""

    def mapped(column: pl.Series) -> pl.Series:
        known = column.drop_nulls().unique()
        found = [stage_of(command) for command in known]
        stages = pl.DataFrame(
            {
                column.name: known,
                "stage": pl.Series([stage and stage.value for stage in found], dtype=_STAGES),
            }
        )
        rows = column.to_frame().join(stages, on=column.name, how="left", maintain_order="left")
        return rows.get_column("stage")

    return commands.map_batches(mapped, return_dtype=_STAGES, is_elementwise=True)


def _port(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.len_bytes() <= 5).then(text.cast(pl.Int32, strict=False))


# --- Postfix -------------------------------------------------------------------------------

_QID = "(?:[0-9A-F]{6,15}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})"
_HOST = r"[!-+.-Z\\^-~-]*"  # no blank, comma or square bracket
_NAMED_HOST = rf"{_HOST}\[[0-9A-Za-z.:%]{{1,60}}\]"
_PREFIX = (
    rf"^{STAMP} (?P<host>[!-;=-~]+) "
    r"(?P<program>postfix(?:[/@-][0-9A-Za-z_.@/-]*)?)(?:\[[0-9]+\])?: "
)
_POSTFIX_SILENT = (
    rf"{_PREFIX}(?:(?:dis)?connect from {_NAMED_HOST}(?: [a-z]+=[0-9/]+)*|"
    rf"lost connection after [A-Z][A-Za-z ]{{0,40}} from {_NAMED_HOST}|"
    r"(?:Anonymous|Trusted|Untrusted|Verified) TLS connection established (?:to|from) [ -~]*|"
    rf"{_QID}: client={_NAMED_HOST})$"
)
_POSTFIX_TEACHING = (
    rf"{_PREFIX}{_QID}: (?:removed|message-id=<?[!-;=?-~]*>?|"
    rf"from=<{_PLAIN_ADDRESS}>, size=[0-9]+, nrcpt=[0-9]+ \(queue active\))$"
)
_POSTFIX_DELIVERY = (
    rf"(?s){_PREFIX}(?P<queue_id>{_QID}): to=<(?P<recipient>{_PLAIN_ADDRESS})>, "
    rf"(?:orig_to=<(?P<orig_recipient>{_PLAIN_ADDRESS})>, )?"
    rf"relay=(?P<relay_host>{_HOST})\[(?P<relay_ip>[^\]]+)\](?::(?P<port>[0-9]+))?, "
    rf"(?:conn_use=[0-9]+, )?delay=(?P<delay>{_NUMBER}), (?:delays=[0-9./]+, )?"
    r"(?:tls=(?P<tls>[^,]*), )?dsn=(?P<dsn>[0-9.]+), "
    r"status=(?P<status>sent|deferred|bounced) \((?P<reason>.*)\)$"
)
_POSTFIX_SAID = (
    r"(?s)^host [^\[\], ]*?(?:\[[^\]]*\])?(?::[0-9]+)? "
    r"(?P<how>said|refused to talk to me): (?P<reply>.*)$"
)
_IN_REPLY = r"(?s)^(?P<reply>.*) \(in reply to (?P<command>.{1,60}?)(?: command| probe)?\)$"
_FILTER = " from MTA("
_FILTER_WITHIN = 80
_INTO_MAILBOXES = ["lmtp", "local", "virtual", "pipe"]


def _postfix(lines: pl.DataFrame) -> pl.LazyFrame:
    of_line = _captured(pl.col("raw"), _POSTFIX_DELIVERY)
    reason, program, status, address = map(pl.col, ("reason", "program", "status", "relay_ip"))
    of_reason = _captured(reason, _POSTFIX_SAID)
    of_reply = _captured(pl.col("said"), _IN_REPLY)
    answers_at_once = reason.str.contains(_REPLY_HEAD)
    refused = pl.col("how") == "refused to talk to me"
    answered = pl.col("how").eq("said") & pl.col("command").is_not_null()
    by_filter = pl.col("text").str.head(_FILTER_WITHIN).str.contains(_FILTER, literal=True)
    fields = (
        *("host", "program", "queue_id", "recipient", "orig_recipient", "relay_host", "relay_ip"),
        *("port", "delay", "tls", "dsn", "status", "reason"),
    )
    return (
        lines.lazy()
        .with_columns(of_line(field).alias(field) for field in fields)
        .with_columns(how=of_reason("how"), said=of_reason("reply"))
        .with_columns(command=of_reply("command"), reply=of_reply("reply"))
        .with_columns(
            text=pl.when(answers_at_once)
            .then(reason)
            .when(answered)
            .then("reply")
            .otherwise("said"),
            at=pl.when(refused)
            .then(pl.lit(Stage.CONNECT.value, _STAGES))
            .when(answered)
            .then(_stages_of(pl.col("command"))),
        )
        .with_columns(
            mta=pl.lit("postfix"),
            direction=pl.when(
                program.str.extract("([^/]*)$").is_in(_INTO_MAILBOXES)
                | pl.col("relay_host").is_in(["local", "virtual"])
            )
            .then(pl.lit(Direction.LOCAL.value, _DIRECTIONS))
            .otherwise(pl.lit(Direction.OUTGOING.value, _DIRECTIONS)),
            relay_host=pl.when(pl.col("relay_host") == "").then(address).otherwise("relay_host"),
            # The path of a socket is no address.
            relay_ip=pl.when(
                (address != "unknown") & ~address.str.contains("/", literal=True)
            ).then(address),
            relay_port=_port(pl.col("port")),
            stage=pl.when(pl.col("at").is_null() & (status == Status.SENT.value))
            .then(pl.lit(Stage.END_OF_DATA.value, _STAGES))
            .otherwise("at"),
            status=status.cast(_STATUSES),
            dsn=pl.col("dsn").str.extract(f"^{ENHANCED_STATUS}$", 0),
            delay=pl.col("delay").cast(pl.Float64),
            reply_by=pl.when(by_filter & ~refused.fill_null(value=False))
            .then(pl.lit(ReplyBy.FILTER.value, _REPLY_BY))
            .otherwise(pl.lit(ReplyBy.REMOTE.value, _REPLY_BY)),
            is_settled=pl.col("text").is_not_null()
            & _addresses_fit()
            & (pl.col("relay_host") != "none"),
        )
    )


def _addresses_fit() -> pl.Expr:
    sizes = (pl.col(name).str.len_bytes() for name in ("recipient", "orig_recipient"))
    return pl.max_horizontal(*sizes).fill_null(0) <= _LONGEST_ADDRESS


# --- Exim ----------------------------------------------------------------------------------

_EXIM_STAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?: [+-][0-9]{4})?"
)
_EXIM_HEAD = rf"^{_EXIM_STAMP} (?:\[[0-9]+\] )?(?P<queue_id>{EXIM_ID}) "
_EXIM_ADDRESS = "[0-9A-Za-z._+=-]+@[0-9A-Za-z.-]+"
_EXIM_ATTEMPT = (
    rf"{_EXIM_HEAD}(?P<flag>=>|->|\*\*|==) (?P<recipient>{_EXIM_ADDRESS})"
    rf"(?: <(?P<orig_recipient>{_EXIM_ADDRESS})>)?(?P<rest> R=[ -~]*)$"
)
_EXIM_CONFIRMED = r'^(?P<fields>[^"\\]*) C="(?P<text>[^"\\]*)"(?P<behind>[^"\\]*)$'
_EXIM_ERROR = (
    r"^(?P<fields>.*?)SMTP error from remote mail server after "
    r"(?P<command>(?:pipelined )?(?:(?:RCPT TO|MAIL FROM):<[!-;=?-~]*>(?: SIZE=[0-9]{1,20})?"
    r"|[A-Za-z]{1,20}(?: [ -9;-~]{0,60})?)): (?P<text>[!-~].*[!-=?-~])$"
)
_EXIM_H = (
    r" ?H=(?:(?P<relay_host>[!-'*-Z\\^-~][!-~]{0,254}) )?(?:\([ -(*-~]{0,255}\) )?"
    r"\[(?P<relay_ip>[ -\\^-~]{1,255})\](?::(?P<port>[0-9]{1,5}))?"
)
_EXIM_DELAY = r" DT=(?P<time>[0-9.]{1,20})(?P<thousandth>m?)s(?: |$)"
_ERROR = " error from remote mail"
# What also leads in what a server said, or quotes an address in a way of its own.
_OTHER_LEADS = [
    *("LMTP error after ", "Malformed SMTP reply", "PRDR error after ", "(EHLO response was: "),
    *("Remote host", "SMTP timeout while", ' <"'),
]
_NEXT_LINE = r"\\n[0-9]{3}[ -]"
_ADDED = ": retry timeout exceeded"
_EXIM_REPLY_HEAD = "^[0-9]{3}(?:[ -]|$)"
_EXIM_STATUSES = {
    "=>": Status.SENT,
    "->": Status.SENT,
    "**": Status.BOUNCED,
    "==": Status.DEFERRED,
}


def _exim(lines: pl.DataFrame) -> pl.LazyFrame:
    of_line = _captured(pl.col("raw"), _EXIM_ATTEMPT)
    rest, fields, text = map(pl.col, ("rest", "fields", "text"))
    confirmed, error = _captured(rest, _EXIM_CONFIRMED), _captured(rest, _EXIM_ERROR)
    host = _captured(fields, _EXIM_H)
    is_error = pl.col("errors") > 0
    # Of the escapes only that of a line end, behind which the next line of a reply stands.
    escapes = rest.str.count_matches("\\", literal=True)
    plain = (escapes == rest.str.count_matches(_NEXT_LINE)) & ~rest.str.contains_any(_OTHER_LEADS)
    words = text.str.strip_suffix(_ADDED).str.replace_all("\\n", "\n", literal=True)
    replied = is_error | text.str.contains(_EXIM_REPLY_HEAD)
    taken = _captured(pl.col("behind"), _EXIM_DELAY)
    seconds = taken("time").cast(pl.Float64, strict=False)
    return (
        lines.lazy()
        .with_columns(
            of_line(field).alias(field)
            for field in ("queue_id", "flag", "recipient", "orig_recipient", "rest")
        )
        .with_columns(errors=rest.str.count_matches(_ERROR, literal=True))
        .with_columns(
            fields=pl.when(is_error).then(error("fields")).otherwise(confirmed("fields")),
            text=pl.when(is_error).then(error("text")).otherwise(confirmed("text")),
            command=pl.when(is_error).then(error("command")),
            behind=pl.when(is_error).then(error("fields")).otherwise(confirmed("behind")),
        )
        .with_columns(host(field).alias(field) for field in ("relay_host", "relay_ip", "port"))
        .with_columns(
            mta=pl.lit("exim"),
            relay_host=pl.coalesce("relay_host", "relay_ip"),
            direction=pl.when(pl.col("relay_ip").is_null())
            .then(pl.lit(Direction.LOCAL.value, _DIRECTIONS))
            .otherwise(pl.lit(Direction.OUTGOING.value, _DIRECTIONS)),
            relay_port=_port(pl.col("port")),
            stage=pl.when(is_error)
            .then(_stages_of(pl.col("command")))
            .when(replied)
            .then(pl.lit(Stage.END_OF_DATA.value, _STAGES)),
            status=pl.col("flag").replace_strict(
                list(_EXIM_STATUSES),
                [status.value for status in _EXIM_STATUSES.values()],
                return_dtype=_STATUSES,
            ),
            delay=pl.when(taken("thousandth") == "m").then(seconds / 1000).otherwise(seconds),
            tls=fields.str.extract(r" X=([!-~]+)"),
            text=pl.when(is_error).then(words).otherwise(text),
            reply_by=pl.when(replied).then(pl.lit(ReplyBy.REMOTE.value, _REPLY_BY)),
            is_settled=text.is_not_null()
            & (pl.col("errors") <= 1)
            & plain
            & ~text.str.starts_with("host ")
            & (pl.col("command").str.len_bytes().fill_null(0) <= _LONGEST_ADDRESS)
            & taken("time").str.contains(f"^{_NUMBER}$").fill_null(value=True),
        )
    )


def _shown_before(name: str) -> list[str]:
    """Return what makes a line that names no program be shown to other formats than this first.

    Postfix is none of them: such a line of its begins with a queue id, or with a field.
    """
    before = takewhile(lambda known: known.name != name, BUILTIN)
    return [needle for known in before if known.name != "postfix" for needle in known.needles]


_EXIM_SILENT = (
    rf"^{_EXIM_STAMP} (?:no host name found for IP address [0-9a-f.:]{{2,45}}|"
    r"SMTP connection from \[[0-9a-f.:]{2,45}\](?::[0-9]{1,5})? (?:lost|closed by QUIT)[ -~]*)$"
)
_EXIM_TEACHING = rf"{_EXIM_HEAD}(?:<= [!-~]|Completed$)"

SHAPES = (
    Shape("postfix", _POSTFIX_SILENT, _POSTFIX_TEACHING, ", status=", [], _postfix),
    Shape("exim", _EXIM_SILENT, _EXIM_TEACHING, " R=", _shown_before("exim"), _exim),
)
