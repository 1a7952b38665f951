"""The formats that there are: which one a line may be of is told before any is imported.

The patterns of thirty formats take longer to compile than a small log takes to read. So each has a
row here, with what shows that a line may be its, and its module is imported when a line does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import chain
from types import MappingProxyType

import attrs

from smtpreply.logs.format import Format
from smtpreply.logs.input.syslog import Line


@functools.cache
def _imported(name: str) -> Format:
    module = name.replace("-", "_")
    known: Format = import_module(f"smtpreply.logs.formats.{module}").FORMAT
    return known


@attrs.frozen
class Builtin:
    """A format of ours, which is not imported yet.

    Attributes:
        name: the format's, and with underscores its module's in `smtpreply.logs.formats`, where it
            is called ``FORMAT``.
        programs: a pattern that the names of its programs have, as a prefix names them.
        needles: one of them stands in each of its lines that name no program, and in the first
            lines of each source that is its as a whole. "" stands everywhere.
        claims: whether a source may be of it as a whole: see `Format.claims`.
    """

    name: str
    programs: str | None = None
    needles: tuple[str, ...] = ()
    claims: bool = False

    @property
    def format(self) -> Format:
        """The format itself."""
        return _imported(self.name)

    def logs_as(self, program: str) -> bool:
        """Whether one of its programs is called so."""
        return self.programs is not None and re.match(self.programs, program) is not None

    def shows_in(self, text: str) -> bool:
        """Whether a text without a program may be its."""
        return any(needle in text for needle in self.needles)


# In this order a line is shown to them; the first that knows it has it.
BUILTIN = (
    # In front of exim, to which each line with a date and a time is one of its own.
    Builtin("iis-smtp", None, ("OutboundConnection", "SMTPSVC"), claims=True),
    Builtin("domino", None, ("SMTPClient: ",)),
    # Its Postfix logs under the same names.
    Builtin(
        "barracuda",
        r"(?:outbound/smtp|inbound/pass[0-9]?|scan)\Z",
        (" SEND ", " RECV ", " SCAN "),
    ),
    Builtin(
        "postfix",
        r"postfix(?:[/@-]|\Z)|[^/]+/(?:smtpd?|lmtp|local|virtual|pipe|qmgr|cleanup|bounce|error)\Z",
        (
            *("status=", "host ", "reject", ": hold: ", ": discard: ", ": filter: ", "proxy-a"),
            *("milter-", ": from=<", "message-id=", ": removed", "released from", ": client="),
            *("SASL auth", ": uid=", "enabling PIX", "lost connection", "conversation with"),
        ),
    ),
    # Before Exim, whose lines begin with the same stamp and may go on with anything.
    Builtin("dovecot", r"dovecot", ("lmtp(", "lda(", "deliver(", "submission(", "-login: ")),
    Builtin("exim", r"exim", ("-",)),
    Builtin("sendmail", r"sendmail|sm-m|sm-acc|sm-que", (", stat=",)),
    Builtin("opensmtpd", r"smtpd\Z", ("stat=", "smtp", "delivery")),
    # Lines that tai64nlocal has stamped look as if a program were called "5".
    Builtin(
        "qmail",
        r"qmail|notqmail|rblsmtpd|[0-9]{1,20}\Z",
        (
            "delivery ",
            " msg ",
            "status: local",
            "bounce: ",
            "rblsmtpd: ",
            "Remote_host_said:_",
            "Remote host",
        ),
    ),
    Builtin(
        "stalwart",
        r"stalwart",
        ("(delivery.", "(queue.", "(smtp.", '" event="', ' event="write"', '"delivery.'),
    ),
    Builtin("zonemta", r"zone-?mta", ("Sender/",)),
    Builtin(
        "cisco-esa",
        r"(?i:mail_?logs?|iron_?port|esa)\Z",
        (
            "DCID",
            "MID ",
            "ICID ",
            " Response: ",
            " Rcvd: '",
            " Sent: '",
            "Sent to '",
            "Rcvd from '",
        ),
    ),
    Builtin("hmailserver", None, ('"SMTP', '"APPLICATION"', '"TCPIP"', '"DEBUG"')),
    Builtin("mdaemon", None, ("Mon 2", "Tue 2", "Wed 2", "Thu 2", "Fri 2", "Sat 2", "Sun 2")),
    Builtin("kerio", r"mail\Z", ("Queue-ID: ",)),
    Builtin("msmtp", r"msmtp\Z", (" recipients=",)),
    Builtin("dma", r"dma\Z", ("dma[",)),
    Builtin(
        "nullmailer",
        r"nullmailer",
        ("smtp: Failed: ", "smtp: Succeeded: ", "Starting delivery: ", "Sending failed: "),
    ),
    Builtin("ssmtp", r"s[sS][mM][tT][pP]\Z"),
    Builtin("zeek", None, ("#path\tsmtp", '"last_reply"'), claims=True),
    Builtin(
        "maddy",
        r"maddy\Z",
        ("\t{", '"msg_id"', '"smtp_code"', "(msg ID = ", " smtp: ", " submission: "),
    ),
    Builtin("courier", r"courier", (",addr=<", "error,relay=")),
    Builtin(
        "haraka",
        r"haraka",
        (
            "[outbound] ",
            "[PROTOCOL] [",
            "[NOTICE] [",
            "[INFO] [",
            "[WARN] [",
            "[ERROR] [",
            "uuid=",
            '"uuid"',
        ),
    ),
    Builtin(
        "transcript",
        None,
        (  # marks of lines, and how sources begin
            *("<-", "<~", "<**", "->", "~>", "<<<", ">>>", "SMTP<<", "SMTP>", "SMTP|", "SMTP+"),
            *("reply: ", "send: ", "b'", 'b"', "Trying", "Connect", "connect:", "CONNECTED"),
            *("220", "... ", "Transcript", "Service unavailable", "S: ", "C: "),
            *("Unexpected response", "The original message was", "LOG: ", "delivering "),
            "Exim version",
        ),
        claims=True,
    ),
    Builtin(
        "dsn",
        None,
        (  # fields of a report, as lone lines
            *("-MTA:", "-mta:", "-Recipient:", "-recipient:", "-Code:", "-code:", "-Date:"),
            *("Action:", "Status:", "X-Postfix-", "X-Actual-", "Original-", "Final-", "Will-"),
            # the first line of a mailbox; fields of a message
            *("From ", "From:", "Received:", "Return-Path:", "Delivered-To:", "Envelope-To:"),
            *("To:", "Subject:", "Date:", "Message-ID:", "Message-Id:", "MIME-Version:"),
        ),
        claims=True,
    ),
    Builtin(
        "exchange-tracking",
        None,
        ("Z,", "ecipient-status", "ecipientStatus", "ecipient_status"),
        claims=True,
    ),
    Builtin(
        "powermta",
        None,
        (
            "timeLogged",
            ",relayed,",
            ",delivered,",
            ",failed,",
            ",delayed,",
            ",expanded,",
            "smtp;",
        ),
        claims=True,
    ),
    Builtin(
        "momentum",
        None,
        ("@D@", "@T@", "@P@", "@B@", "@R@", "@X@", "@@@@M", ": Marker 1", ': R="'),
    ),
    Builtin("google-workspace", None, ("SMTP reply code", "message_info"), claims=True),
    Builtin("exchange-smtp", None, ("Z,", "session-id"), claims=True),
    Builtin(
        "exchange-online", None, ("ecipient_status", "enderAddress", "essageTraceId"), claims=True
    ),
    Builtin("exchange-status", None, ("{LED=", "LastError", "Last Error")),
    # Events of services, which any program may have written down: see `_candidates`. No needle ends
    # in a quote, since an event in a string has its quotes escaped.
    Builtin("kumomta", None, ('"response', '"queue', '"egress_pool'), claims=True),
    Builtin("ses", None, ("notificationType", "eventType", "aws.ses"), claims=True),
    Builtin("sparkpost", None, ('"msys', '"rcpt_to', '"bounce_class'), claims=True),
    Builtin(
        "sendgrid", None, ('"sg_event_id', '"sg_message_id', '"smtp-id', '"created'), claims=True
    ),
    Builtin(
        "mailgun",
        None,
        ('"event-data', '"delivery-status', '"log-level', '"message-headers', '"domain'),
        claims=True,
    ),
    Builtin("postmark", None, ('"RecordType', '"TypeCode'), claims=True),
    Builtin("mandrill", None, ('"msg', "mandrill_events"), claims=True),
    Builtin("mailjet", None, ('"MessageID', '"mj_campaign_id', '"mj_message_id'), claims=True),
    Builtin("mailtrap", None, ('"sending_stream',), claims=True),
    Builtin("brevo", None, ('"message-id', '"messageId'), claims=True),
    Builtin("unisender-go", None, ('"event_name',), claims=True),
    Builtin("postal", None, ('"payload', '"output', '"direction'), claims=True),
    Builtin("mailersend", None, ('"activity.',), claims=True),
    Builtin("resend", None, ('"email_id',), claims=True),
    Builtin("elastic-email", None, ('"TransactionID',), claims=True),
)

HEAD = 10
"""How many lines of a source tell whose it is."""

_own: dict[str, Format] = {}
_PROGRAMS = 1000  # whose formats are remembered: a hostile log may have any number


def register(known: Format) -> None:
    """Have `scan` detect a format of your own, before those that are there.

    Raises:
        ValueError: there is one of this name.
    """
    if known.name in known_formats():
        raise ValueError(f"there is a format {known.name!r} already")
    _own[known.name] = known


def unregister(name: str) -> None:
    """Take back what `register` did: the format of this name is detected no more.

    Raises:
        ValueError: no format of this name was registered.
    """
    if _own.pop(name, None) is None:
        raise ValueError(f"no format {name!r} was registered")


def known_formats() -> Mapping[str, Format | Builtin]:
    """Return all formats that `scan` detects, by name."""
    builtin = {known.name: known for known in BUILTIN}
    return MappingProxyType({**_own, **builtin})


def format_called(name: str) -> Format:
    """Return the format of a name.

    Raises:
        ValueError: there is none.
    """
    found = known_formats().get(name)
    if found is None:
        raise ValueError(f"there is no format {name!r}; there are: {', '.join(known_formats())}")
    return found.format if isinstance(found, Builtin) else found


def first_lines(text: str) -> list[str]:
    """Return the first lines of a text that are not empty, as many as tell whose it is.

    >>> first_lines("one\\n\\ntwo\\n")
    ['one', 'two']
    """
    return [line for line in text.split("\n", HEAD)[:HEAD] if line]


def beginning(blocks: Iterable[str], *, patient: bool = True) -> tuple[list[str], Iterable[str]]:
    """Return the first lines, and all blocks; of the first block only, unless `patient`."""
    rest = iter(blocks)
    seen: list[str] = []
    for block in rest:
        seen.append(block)
        if len(seen) >= HEAD or block.count("\n") >= HEAD or not patient:
            break
    return first_lines("".join(seen)), chain(seen, rest)


class Detection:
    """Tells which format a line is of, of one or of all.

    Args:
        only: the one to expect: it has all lines that name no other program.
    """

    def __init__(self, only: Format | None = None) -> None:
        self._only = only
        self._own = (only,) if only else tuple(_own.values())
        self._builtin = () if only else BUILTIN
        self._programs: dict[str, tuple[Format, ...]] = {}

    def of_line(self, line: Line) -> Format | None:
        """Return the format of a line; None where no format knows it."""
        for known in self._candidates(line):
            if known.detect(line):
                return known
        return self._only if line.program is None else None

    def of_source(self, head: list[str]) -> Format | None:
        """Return the format that a source is of as a whole, by its first lines."""
        text = "\n".join(head)
        shown = (known.format for known in self._builtin if known.claims and known.shows_in(text))
        for known in (*self._own, *shown):
            if known.claims(head):
                return known
        return None

    def _candidates(self, line: Line) -> Iterable[Format]:
        if line.program is not None:
            found = self._programs.get(line.program)
            found = self._of_program(line.program) if found is None else found
            # What is no mail server may write down the events that a service has sent to it.
            if found or not line.message.startswith(("{", "[")):
                return found
        return self._of_text(line.message)

    def _of_program(self, program: str) -> tuple[Format, ...]:
        ours = (known.format for known in self._builtin if known.logs_as(program))
        found = (*self._own, *ours)
        if len(self._programs) < _PROGRAMS:
            self._programs[program] = found
        return found

    def _of_text(self, text: str) -> Iterator[Format]:
        yield from self._own
        for known in self._builtin:
            for needle in known.needles:  # written out, since each line comes by here
                if needle in text:
                    yield known.format
                    break
