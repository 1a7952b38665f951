"""Hostile logs, transcripts, bounces and the like cost time in proportion to their length.

Of each sample some lines are taken, from all over it. At each place in such a line where a field
may begin or end, each of some units is put in again and again; and the line as a whole, the line
cut at some places, and the sample as a whole are repeated. All of these are read through the doors
that the sample is for. See `benchmarks.linear`, which runs this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeVar

from benchmarks.bounces import BOUNCES
from benchmarks.growth import Make, Read, growth, once
from smtpreply import ReplyError, classify, parse_diagnostic
from smtpreply._support.escape import safe_cell
from smtpreply.catalog import lookup, search
from smtpreply.catalog.finder import UnknownEntryError
from smtpreply.dialogue.transcript import read_transcript
from smtpreply.logs import scan
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.pseudonyms import Pseudonyms
from smtpreply.summary.total import total_of
from smtpreply.tools.mailq import MailqError, read_mailq
from smtpreply.tools.queue import Queue
from smtpreply.tools.suppressions import Suppressions
from smtpreply.tools.trace import trace

Lines = list[str]
_T = TypeVar("_T")

_DATA = Path(__file__).parents[1] / "tests" / "data"
_UNITS = (
    " ", "\t", "0", "a", "a.", "a@", "a=b ", "=", ", ", ": ", "; ", "<", "<a>", ">", "(", ")", "[",
    "]", '"', "'", "\\", '\\"', "\\n", "550 ", "550-5.1.1 ", "to=<a", "- ", "%", "{", "\u00e4",
)  # fmt: skip
_PLACE = re.compile(r"[=<>\"()\[\]:,|] ?|$")
_LONG_SAMPLE = 60
"""Lines; of a longer one, the first and those around the hostile line are read."""
_HEAD = 10
_AROUND = 8


class Extent(NamedTuple):
    """The extent of a measurement.

    Attributes:
        size: octets of the shorter one of two texts: the longer has four times as many.
        lines: of a sample that are made hostile.
        places: of a line.
        share: one of so many units at a place; each unit has its turn.
    """

    size: int
    lines: int
    places: int
    share: int


FULL = Extent(size=1 << 12, lines=6, places=9, share=4)
SMOKE = Extent(size=1 << 10, lines=2, places=3, share=10)


class Door(NamedTuple):
    """A way to have lines read.

    Attributes:
        name: what is read, and how.
        read: reads them.
        sample: lines that are as they should be.
    """

    name: str
    read: Read[Lines]
    sample: Lines


# --- the doors ---


def _each(lines: Lines) -> None:
    for _ in scan(lines):
        pass


def _together(lines: Lines) -> None:
    total_of(scan(lines), DeliveryFilter())


def _tools(lines: Lines) -> None:
    list(Suppressions.of(scan(lines)))
    list(Queue.of(scan(lines)))
    trace(partial(scan, lines), "bob@example.org")


def _bounce(lines: Lines) -> None:
    for delivery in scan([f"{line}\n" for line in lines], format="dsn"):
        delivery.verdict  # noqa: B018  (computed when asked for)


def _mailq(lines: Lines) -> None:
    try:
        list(read_mailq(lines))
    except MailqError as error:
        str(error)


def _verdicts(lines: Lines) -> None:
    for line in lines:
        classify(line)
        try:
            parse_diagnostic(f"smtp; {line}")
        except ReplyError as error:
            str(error)


def _outputs(lines: Lines) -> None:
    names = Pseudonyms(b"linear")
    for line in lines:
        names.text(line)
        safe_cell(line)


def _catalog(lines: Lines) -> None:
    for line in lines:
        search(line)
        try:
            lookup(line)
        except UnknownEntryError as error:
            str(error)


def _columns() -> dict[str, Read[Lines]]:
    try:
        import polars as pl

        from smtpreply.frames import polars as frames
    except ImportError:
        return {}

    def replies(lines: Lines) -> None:
        frame = pl.DataFrame({"raw": lines})
        frame.select(frames.parse("raw"), frames.classify("raw").alias("verdict"))

    def log(lines: Lines) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, "mail.log")
            path.write_text("\n".join(lines), "utf-8", "surrogateescape")
            frames.scan_mail_log(path).collect()

    return {"columns of replies": replies, "columns of a log": log}


# --- the samples ---

_POSTFIX = [
    "Nov 24 11:43:31 mx postfix/smtpd[41]: 4E74613FE7: client=c.example[203.0.113.9]",
    "Nov 24 11:43:31 mx postfix/cleanup[41]: 4E74613FE7: message-id=<1@b.example>",
    "Nov 24 11:43:31 mx postfix/qmgr[41]: 4E74613FE7: from=<a@b.example>, size=7, nrcpt=1",
    "Nov 24 11:43:32 mx postfix/smtp[42]: 4E74613FE7: to=<u@b.example>, orig_to=<v@b.example>, "
    "relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx[192.0.2.1]"
    " said: 550 5.1.1 x (in reply to RCPT TO command))",
    "Nov 24 11:43:32 mx postfix/smtpd[42]: NOQUEUE: reject: RCPT from c[203.0.113.9]: 554 5.7.1 x; "
    "from=<a@b.example> to=<u@c.example> proto=ESMTP helo=<c>",
    "Nov 24 11:43:33 mx postfix/cleanup[43]: 4E74613FE8: reject: header Subject: x from c"
    "[203.0.113.9]; from=<a@b.example> to=<u@c.example> proto=ESMTP helo=<c>: 5.7.1 no",
    "Nov 24 11:43:33 mx postfix/smtpd[43]: warning: c[203.0.113.9]: SASL PLAIN authentication "
    "failed: no, sasl_username=u",
    "Nov 24 11:43:34 mx postfix/smtp[43]: 4E74613FE8: host mx[192.0.2.1] said: 450 4.2.0 x (in "
    "reply to RCPT TO command)",
]
_EXIM = [
    "2026-11-24 11:43:31 1sQpLm-00000002Rfh-3kYd <= a@b.example H=c [203.0.113.9] P=esmtp S=7 "
    "id=1@b.example",
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd ** u@b.example <v@b.example> F=<a@b.example> R=r "
    'T=t H=mx [192.0.2.1]:25 X=TLS1.3:x:256 CV=yes DN="CN=mx": SMTP error from remote mail server '
    "after RCPT TO:<u@b.example>: 550 5.1.1 x",
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd => u@b.example R=r T=t H=mx [192.0.2.1] "
    'C="250 OK id=1" DT=1s',
    "2026-11-24 11:43:32 1sQpLm-00000002Rfh-3kYd == u@b.example R=r T=t defer (110): Connection "
    "timed out H=mx [192.0.2.1]",
    "2026-11-24 11:43:32 H=mx (c) [203.0.113.9] F=<a@b.example> rejected RCPT <u@c.example>: no",
    "2026-11-24 11:43:32 SMTP protocol synchronization error (input sent without waiting for "
    'greeting): rejected connection from H=[203.0.113.9] input="x"',
    "2026-11-24 11:43:33 plain authenticator failed for c (d) [203.0.113.9]: 535 no (set_id=u)",
]
_SENDMAIL = [
    "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: from=<a@b.example>, size=7, nrcpts=1, "
    "msgid=<1@b.example>, relay=c [203.0.113.9]",
    "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: to=<u@b.example>, delay=00:00:07, "
    "mailer=esmtp, pri=1, relay=mx. [192.0.2.1], dsn=5.1.1, reply=550 5.1.1 x, stat=User unknown",
    "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: ruleset=check_rcpt, arg1=<u@b.example>, "
    "relay=mx [203.0.113.9], reject=550 5.7.1 no",
    "Nov 24 11:43:32 mx sm-mta[42]: 4ANFx2Qk031277: Milter: to=<u@b.example>, reject=550 5.7.1 no",
]
_OPENSMTPD = [
    "Nov 24 11:43:32 mx smtpd[42]: 6a2f8b4c1d3e5f70 mta delivery evpid=0e8ad1a2b3c4d5e6 "
    'from=<a@b> to=<u@b> rcpt=<-> source="192.0.2.1" relay="203.0.113.9 (mx)" delay=7s '
    'result="PermFail" stat="550 5.1.1 x"',
    'Nov 24 11:43:32 mx smtpd[42]: 6a2f8b4c1d3e5f71 smtp failed-command command="RCPT TO:<u@b>" '
    'result="550 Invalid recipient"',
]
_SSMTP = ["Nov 24 11:43:32 mx sSMTP[42]: RCPT TO:<u@b> (550 5.1.1 x)"]
_MAILQ = [
    '{"queue_name": "deferred", "queue_id": "4E74613FE7", "arrival_time": 1795520612, '
    '"message_size": 7, "forced_expire": false, "sender": "a@b.example", "recipients": '
    '[{"address": "u@b.example", "delay_reason": "host mx[192.0.2.1] said: 450 4.2.0 x (in reply '
    'to RCPT TO command)"}]}',
    " 2h  1.2K 1sQpLm-00000002Rfh-3kYd <a@b.example> *** frozen ***",
    "          u@b.example",
    "        D v@b.example",
]
_REPLIES = [
    "550 5.1.1 <u@b.example>: Recipient address rejected: User unknown in local recipient table",
    "554 5.7.1 Client host [203.0.113.9] blocked using bl.example; see http://bl.example/?ip=1",
    "452-4.2.2 The email account that you tried to reach is over quota.",
    "421 4.7.0 [TS01] Messages from 203.0.113.9 temporarily deferred; try again in 5 minutes",
]
_WORDS = ["550 5.1.1", "AUTH PLAIN", "user <a@b.example> unknown", "greylisting"]


def _lines_of(path: Path) -> Lines:
    return path.read_text("utf-8", "surrogateescape").removesuffix("\n").split("\n")


def _doors() -> Iterator[Door]:
    logs = {path.stem: _lines_of(path) for path in sorted(_DATA.joinpath("logs").iterdir())}
    logs |= {"postfix": _POSTFIX, "exim": _EXIM, "sendmail": _SENDMAIL, "opensmtpd": _OPENSMTPD}
    logs["ssmtp"] = _SSMTP
    for name, lines in logs.items():
        yield Door(f"{name}, each", _each, lines)
    # Only two formats read blocks; of the others, a summary adds up what has been read one by one.
    for name in ("postfix", "exim", "postmark"):
        yield Door(f"{name}, summary", _together, logs[name])
        yield Door(f"{name}, tools", _tools, logs[name])
    for path in sorted(_DATA.joinpath("transcripts").iterdir()):
        yield Door(f"transcript of {path.stem}", read_transcript, _lines_of(path))
    for name, mail in BOUNCES.items():
        yield Door(f"bounce of {name}", _bounce, mail.split("\n"))
    for mailer, queue in {"postfix": _MAILQ[:1], "exim": _MAILQ[1:]}.items():
        yield Door(f"queue of {mailer}", _mailq, queue)
    yield Door("classify", _verdicts, _REPLIES)
    yield Door("pseudonyms and cells", _outputs, [*_REPLIES, *_POSTFIX])
    yield Door("catalog", _catalog, _WORDS)
    for name, read in _columns().items():
        yield Door(name, read, _POSTFIX if "log" in name else _REPLIES)


# --- the hostile texts ---


class Shape(NamedTuple):
    """A kind of hostile text.

    Attributes:
        name: what is repeated, and where.
        make: makes one of some length.
    """

    name: str
    make: Make[Lines]


def _shapes(sample: Lines, extent: Extent) -> Iterator[Shape]:
    turn = 0
    for number in _spread(range(len(sample)), extent.lines):
        line = sample[number]
        where = f"{line[:60]!r}"
        places = [match.end() for match in _PLACE.finditer(line)]
        for place in _spread(places, extent.places):
            turn += 1
            for unit in _UNITS[turn % extent.share :: extent.share]:
                make = partial(_filled, sample, number, place, unit)
                yield Shape(f"{unit!r} at {place} of {where}", make)
        cut = places[turn % len(places)]
        for text in (line, line[:cut], line[cut:]):
            yield Shape(f"{text[:60]!r} again and again", partial(_again, sample, number, text))
    yield Shape("the sample again and again", partial(_repeated, sample))


def _spread(values: Sequence[_T], count: int) -> list[_T]:
    """Return some of the values, from all over them."""
    if len(values) <= count:
        return list(values)
    return [values[place * (len(values) - 1) // (count - 1)] for place in range(count)]


def _filled(sample: Lines, number: int, place: int, unit: str, size: int) -> Lines:
    """Return the sample, with a unit put in at a place in one line again and again."""
    line = sample[number]
    return _around(sample, number, line[:place] + unit * (size // len(unit)) + line[place:])


def _again(sample: Lines, number: int, text: str, size: int) -> Lines:
    """Return the sample, with a text as so many lines in place of one line."""
    return _around(sample, number, *[text] * (size // (len(text) + 1)))


def _repeated(sample: Lines, size: int) -> Lines:
    return sample * max(1, size // sum(map(len, sample)))


def _around(sample: Lines, number: int, *hostile: str) -> Lines:
    """Return a sample with lines in place of one; of a long one, what tells how to read them."""
    if len(sample) <= _LONG_SAMPLE:
        return [*sample[:number], *hostile, *sample[number + 1 :]]
    before = sample[max(_HEAD, number - _AROUND) : max(_HEAD, number)]
    after = sample[max(_HEAD, number + 1) : number + _AROUND]
    head = (
        [*sample[:number], *hostile, *sample[number + 1 : _HEAD]]
        if number < _HEAD
        else [*sample[:_HEAD], *before, *hostile]
    )
    return head + after


# --- the report ---


def report(wanted: str = "", *, smoke: bool = False) -> bool:
    """Print what does not take time in proportion to its length; return whether there is anything.

    Args:
        wanted: only doors whose name contains this.
        smoke: read few texts, and short ones, and print what takes too long for its length.
    """
    extent = SMOKE if smoke else FULL
    found, texts = False, 0
    for door in _doors():
        if wanted not in door.name:
            continue
        door.read(door.sample)  # what is loaded once
        for shape in _shapes(door.sample, extent):
            texts += 1
            measured = (once if smoke else growth)(door.read, shape.make, extent.size)
            if not measured.is_linear:
                found = True
                print(f"{door.name}: {measured}: {shape.name}", flush=True)
    which = "see above" if found else "none took a second" if smoke else "all are linear"
    print(f"Logs, transcripts, bounces and the like, {texts:,} texts: {which}.")
    return found
