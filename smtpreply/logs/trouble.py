"""`Trouble`: what a mail server reports of itself: warnings, errors, fatal errors and panics.

It is kept apart from deliveries, since none of it is another server's fault.
"""

from __future__ import annotations

import enum
import re
from datetime import datetime

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.reasons.template import template

_MOST_KINDS = 1000
_LONGEST = 200


class Severity(enum.StrEnum):
    """The severity that a server gives its own trouble."""

    PANIC = "panic"
    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    PEER = "peer warning"
    """A warning about another host: nothing of our own server is out of order."""


# Postfix, src/util/msg_output.c: each begins with its severity; panics and fatal errors end the
# process. A queue id may be before it, and "header" or "body" after it where a check of the
# content warns (cleanup_message.c).
POSTFIX = re.compile(
    r"(?:[0-9A-Za-z]{6,20}: )?(?P<severity>warning|error|fatal|panic): "
    r"(?!header |body |mime-header |nested-header )(?P<text>.*)",
    re.DOTALL,
)
# Exim has no such word. These begin what log_write sends to the main log and the panic log.
EXIM = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15} (?:[+-][0-9]{4} )?(?:\[[0-9]{1,10}\] )?)?"
    r"(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} )?"
    r"(?P<text>(?:(?:Failed|failed) to |(?:Cannot|cannot|unable|Unable) (?:to |open |create )|"
    r"socket bind\(\) |bind |Exim configuration (?:error|file)|spool directory space |"
    r"daemon: |(?:Tainted|Taint)|Berkeley DB error|hints ).*)",
    re.DOTALL,
)
# What is warned of, and another host causes (src/smtpd, src/global, src/util).
_OF_PEERS = lazy_pattern(
    r"hostname \S+ (?:does not resolve|verification)|\S+: hostname \S+ (?:does not|verif)|"
    r".{0,300}SASL .{0,60}authentication (?:failed|failure|aborted)|"
    r"(?:non-SMTP command|Illegal address syntax|Connection (?:rate|concurrency) limit|"
    r"Message delivery request rate|Recipient address rate|New TLS session rate|"
    r"TLS library problem|"
    r"malformed domain name|numeric (?:domain name|hostname)|numeric result|"
    r"valid_hostname|valid_ipv[46]_hostaddr|network_biopair_interop|"
    r"address not listed for hostname)"
)

_OWN_FAILURES = (
    "unknown mail transport error",
    "mail system configuration error",
    "local configuration problem",
    "bounce or trace service failure",
    "local mail system",
    "mail transport unavailable",
    "No space left on device",
)
"""How Postfix and Exim begin, or give as the errno, why they could not even try to deliver."""


@attrs.define
class _Kind:
    """The number of reports of a kind, and the first and last time as the log has it."""

    text: str
    count: int = 0
    first: str | None = None
    last: str | None = None

    def add(self, text: str, count: int, first: str | None, last: str | None) -> None:
        self.text = min(self.text, text)
        self.count += count
        self.first = min(filter(None, (self.first, first)), default=None)
        self.last = max(filter(None, (self.last, last)), default=None)


Key = tuple[str, str, str]
"""The severity, the program ("" where the log has none), and the text as a template."""


@attrs.frozen
class TroubleRow:
    """A kind of trouble.

    Attributes:
        severity: see `Severity`.
        program: the program that reported it; "" where the log has none.
        text: one of the texts, which differ in ids and numbers alone.
        count: the number of lines.
        first: the time of the first line; None where no line has one.
        last: the time of the last line.
    """

    severity: Severity
    program: str
    text: str
    count: int
    first: str | None
    last: str | None


@attrs.define
class Trouble:
    """Counts of a server's reports of its own trouble, by kind, in bounded memory. They add up.

    Attributes:
        kinds: the first thousand kinds.
        more: the number of lines of other kinds.
    """

    kinds: dict[Key, _Kind] = attrs.field(factory=dict)
    more: int = 0

    def note(self, match: re.Match[str], program: str | None, time: datetime | None) -> None:
        """Count a line that matches `POSTFIX` or `EXIM`."""
        fields = match.groupdict()
        text = fields["text"]
        severity = Severity(fields.get("severity", Severity.ERROR))
        if severity is Severity.WARNING and _OF_PEERS.match(text):
            severity = Severity.PEER
        stamp = None if time is None else time.replace(tzinfo=None).isoformat(" ", "seconds")
        text = text[:_LONGEST]
        key = severity.value, (program or "")[:_LONGEST], template(text)
        self._add(key, text, 1, stamp, stamp)

    def _add(self, key: Key, text: str, count: int, first: str | None, last: str | None) -> None:
        kind = self.kinds.get(key)
        if kind is None:
            if len(self.kinds) >= _MOST_KINDS:
                self.more += count
                return
            kind = self.kinds[key] = _Kind(text)
        kind.add(text, count, first, last)

    def __add__(self, other: Trouble) -> Trouble:
        both = Trouble(more=self.more + other.more)
        for trouble in (self, other):
            for key, kind in trouble.kinds.items():
                both._add(key, kind.text, kind.count, kind.first, kind.last)
        return both

    def rows(self) -> list[TroubleRow]:
        """Return the kinds: the most serious first, then by descending count."""
        order = list(Severity)
        rows = [
            TroubleRow(Severity(severity), program, kind.text, kind.count, kind.first, kind.last)
            for (severity, program, _), kind in self.kinds.items()
        ]
        return sorted(rows, key=lambda row: (order.index(row.severity), -row.count, row.text))

    def own(self) -> list[TroubleRow]:
        """Return the kinds that are our own server's, without warnings about other hosts."""
        return [row for row in self.rows() if row.severity is not Severity.PEER]

    def of_peers(self) -> list[TroubleRow]:
        """Return the kinds of warnings about other hosts."""
        return [row for row in self.rows() if row.severity is Severity.PEER]

    def to_dict(self) -> dict[str, object]:
        """Return the counts as JSON values."""
        return {"kinds": [attrs.asdict(row) for row in self.rows()], "more": self.more}


def is_own_failure(text: str | None) -> bool:
    """Return whether a text without a reply says that our own server could not try to deliver.

    >>> is_own_failure("unknown mail transport error"), is_own_failure("Connection timed out")
    (True, False)
    """
    return text is not None and any(words in text for words in _OWN_FAILURES)
