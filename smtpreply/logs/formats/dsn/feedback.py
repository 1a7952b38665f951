r"""Complaints: feedback reports (ARF) of mailbox providers about mail that a user called spam.

RFC 5965 3, the part of the type message/feedback-report; 3.1 and 3.2::

    report   = "Feedback-Type:" ( "abuse" / "fraud" / "virus" / "not-spam" / "opt-out" / ... )
               "User-Agent:" name "Version:" number
               [ "Source-IP:" ip ] *( "Original-Rcpt-To:" "<" address ">" )
               [ "Original-Mail-From:" "<" address ">" ] [ "Arrival-Date:" date-time ]
               [ "Reported-Domain:" domain ] ...

Many providers leave the recipient out. Hotmail's, which have no such part, name it in a field of
the mail that they return: ``X-HmXmrOriginalRecipient``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from smtpreply.logs.delivery import Delivery, Direction, Status
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.fields import COMPLAINTS
from smtpreply.logs.toolkit.mime import FIELD, MOST_KEPT, date_of, mailbox_of
from smtpreply.logs.toolkit.return_paths import recipient_in

PART = "message/feedback-report"

_FIELDS = frozenset(
    {
        "arrival-date",
        "feedback-type",
        "original-mail-from",
        "original-rcpt-to",
        "received-date",
        "removal-recipient",
        "source-ip",
    }
)
_RECIPIENTS = ("original-rcpt-to", "removal-recipient")
_MOST_RECIPIENTS = 1000
_JUNK_REPORT = re.compile(r"complaint about message from ", re.IGNORECASE)


class Feedback:
    """Reads the fields of a feedback report.

    Args:
        message: the fields of the message that it came in.
    """

    def __init__(self, message: dict[str, str]) -> None:
        self._message = message
        self._values: dict[str, str] = {}
        self._recipients: list[str] = []
        self._name: str | None = None
        self._start: Line | None = None

    def feed(self, text: str, line: Line) -> None:
        """Read a line."""
        if text[:1] in (" ", "\t") and self._name is not None:
            self._values[self._name] = f"{self._values[self._name]} {text.strip()}"[:MOST_KEPT]
            return
        match = FIELD.match(text)
        self._name = match[1].lower() if match else None
        if match is None or self._name not in _FIELDS:
            self._name = None
            return
        self._start = self._start or line
        if self._name in _RECIPIENTS and len(self._recipients) < _MOST_RECIPIENTS:
            self._recipients.append(match[2].strip()[:1000])
        self._values.setdefault(self._name, match[2].strip()[:MOST_KEPT])

    @property
    def has_type(self) -> bool:
        """Whether it is a feedback report at all: RFC 5965 3.1."""
        return bool(self._values.get("feedback-type"))

    def end(self, returned: dict[str, str]) -> list[Delivery]:
        """Return the complaints; none where the report is of another type.

        Args:
            returned: the fields of the mail that was complained about.
        """
        kind = self._values.get("feedback-type", "")
        if kind.lower() not in COMPLAINTS or self._start is None:
            return []
        found = (mailbox_of(text) for text in self._recipients)
        recipients: Iterable[str | None] = dict.fromkeys(filter(None, found))
        values = self._values
        sender = mailbox_of(values.get("original-mail-from"))
        sender = mailbox_of(returned.get("return-path")) if sender is None else sender
        fallback = recipient_in(sender or "") or mailbox_of(returned.get("to"))
        written = values.get("arrival-date") or values.get("received-date")
        place = attrs.evolve(self._start, time=date_of(written or self._message.get("date")))
        source = (values.get("source-ip") or "").strip("[]() ") or None
        return [
            delivery_in(
                place,
                "dsn",
                direction=Direction.OUTGOING,
                status=Status.COMPLAINED,
                recipient=recipient,
                sender=sender,
                relay_ip=source,
                text=f"Feedback-Type: {kind}",
            )
            for recipient in recipients or (fallback,)
        ]


def junk_report(message: dict[str, str], returned: dict[str, str], line: Line) -> Delivery | None:
    """Return the complaint in a mail of Hotmail's Junk Mail Reporting; None for other mail."""
    recipient = mailbox_of(returned.get("x-hmxmroriginalrecipient"))
    if recipient is None or not _JUNK_REPORT.match(message.get("subject", "")):
        return None
    return delivery_in(
        attrs.evolve(line, time=date_of(message.get("date"))),
        "dsn",
        direction=Direction.OUTGOING,
        status=Status.COMPLAINED,
        recipient=recipient,
        sender=mailbox_of(returned.get("return-path")),
        text="Feedback-Type: abuse",
    )
