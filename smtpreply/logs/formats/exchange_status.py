"""Exchange's status of a queue or a recipient, and its lists, as they are pasted into tickets.

From the output of ``Get-Queue``, ``Get-Message``, ``Get-MessageTrackingLog`` and
``Get-MessageTraceDetail``, the Queue Viewer and Exchange Online's message trace::

    line  = [label] status [words]
    label = name 1*SP ":" SP        ; a list in PowerShell: "LastError : ", "RecipientStatus : "
          / name "=" / [event ":"] "Reason:" SP
    name  = "LastError" / "Last Error" / "RecipientStatus" / "Status" / "Detail" / "Error"

where ``status`` has pairs: see `smtpreply.logs.toolkit.exchange`. Behind LastError a reply may
stand alone, as Exchange 2007 and 2010 write it.

``Get-MessageTrackingLog | Format-List`` has a line for each column of the log, and where a value is
too long for the window, more of them::

    record = 1*( name 1*SP ":" [SP value] NL *( 1*SP more NL ) )     ; a name once a record
    name   = "Timestamp" / "EventId" / "Recipients" / "RecipientStatus" / "Sender" / ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from smtpreply.logs.delivery import Delivery, Direction, ReplyBy, Status
from smtpreply.logs.format import Format, Reader
from smtpreply.logs.formats.exchange_tracking import deliveries_of
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.envelopes import delivery_in
from smtpreply.logs.toolkit.exchange import answer_in, holds_pairs, is_expired, values_in
from smtpreply.logs.toolkit.fields import status_by_code
from smtpreply.logs.toolkit.timestamps import time_of

_NAME = "exchange-status"

_STATUS = re.compile(
    r"[ \t]{0,80}['\"]?(?:(?:Last ?Error|RecipientStatus|Status|Detail|Error)[ \t]{0,80}[:=] ?)?"
    r"(?:(?:[A-Za-z]{2,20}: ?)?Reason: ?)?['\"]?\{?\[\{(?:LRT=[^{}]{0,80}\};\{)?LED=",
    re.IGNORECASE,
)
_LAST_ERROR = re.compile(
    r"[ \t]{0,80}Last ?Error[ \t]{0,80}: ([2-5][0-9]{2}[ -].*)\Z", re.IGNORECASE | re.DOTALL
)
_IN_QUEUE = re.compile(r"[ \t]{0,80}Last ?Error", re.IGNORECASE)


_LISTED = re.compile(r"[ \t]{0,20}([A-Z][A-Za-z]{2,40})[ \t]{0,40}:(?:[ \t]+(.*))?\Z", re.DOTALL)
_OPENS = re.compile(
    r"[ \t]{0,20}(?:(?:Timestamp|ClientIp|ClientHostname|SourceContext|ConnectorId|"
    r"InternalMessageId) {2,40}:|"
    r"Source {2,40}: (?:ADMIN|AGENT|DNS|DSN|GATEWAY|PICKUP|QUEUE|ROUTING|SMTP|STOREDRIVER)\s*\Z|"
    r"EventId {2,40}: [A-Z]{3,25}\s*\Z)"
)
_MORE = re.compile(r"[ \t]{4,80}\S")
_CLOSED = re.compile(r"\}\]\}?[ \t'\";.]*\Z|\}\][^\[\]{}]{0,300}\Z")
_RECIPIENT_STATUS = "recipientstatus"
_TELLING = frozenset({"eventid", _RECIPIENT_STATUS})
_LONGEST = 10_000  # characters of a value
_MOST_LINES = 100


def _detect(line: Line) -> bool:
    text = line.message
    if _STATUS.match(text) is not None or _LAST_ERROR.match(text) is not None:
        return True
    return _OPENS.match(text) is not None


class ExchangeStatusReader(Reader):
    """Reads statuses that stand alone, and records of lists, each of which ends with the next."""

    def __init__(self) -> None:
        self._record: dict[str, str] = {}  # in small letters, as columns of the log are named
        self._name = ""  # of the value that the next line may go on with
        self._place: Line | None = None
        self._begun: Line | None = None  # a status that stands alone, whose value may go on
        self._words: list[str] = []

    def read(self, line: Line) -> Iterable[Delivery] | None:
        """Read a line; what it ends is returned before what it is."""
        text = line.message
        if self._goes_on(text):
            return self._go_on(text)
        found = list(self._status_ends())
        listed = _LISTED.match(text)
        if listed is not None and (self._record or _OPENS.match(text)):
            self._name = listed[1].lower()
            if self._name in self._record:
                found += self._record_ends()
            self._record[self._name] = (listed[2] or "").strip()
            if self._place is None or self._name in _TELLING:
                self._place = line
            return found
        if last := _LAST_ERROR.match(text):
            return [*found, self._delivery(line, last[1], queued=True)]
        if not _STATUS.match(text):
            return found or None
        self._begun, self._words = line, [text]
        return found if not _CLOSED.search(text) else [*found, *self._status_ends()]

    def continues(self, line: Line) -> bool:
        """Check whether a line goes on with a value, or is one more of a record."""
        is_listed = bool(self._record) and _LISTED.match(line.message) is not None
        return is_listed or self._goes_on(line.message)

    def finish(self) -> Iterable[Delivery]:
        """Return the deliveries of the last record, or status."""
        return [*self._status_ends(), *self._record_ends()]

    def _goes_on(self, text: str) -> bool:
        return bool(self._record or self._begun) and _MORE.match(text) is not None

    def _go_on(self, text: str) -> Iterable[Delivery]:
        """Read a line that goes on with a value."""
        if self._begun is None:
            value = self._record[self._name]
            if len(value) < _LONGEST:
                self._record[self._name] = f"{value}\n{text.strip()}"
            return ()
        if len(self._words) < _MOST_LINES:
            self._words.append(text.strip())
        return self._status_ends() if _CLOSED.search(text) else ()

    def _status_ends(self) -> Iterable[Delivery]:
        """Return the delivery of a status that stands alone."""
        begun, self._begun = self._begun, None
        if begun is None:
            return ()
        queued = _IN_QUEUE.match(begun.message) is not None
        return (self._delivery(begun, "\n".join(self._words), queued=queued),)

    def _record_ends(self) -> Iterable[Delivery]:
        """Return the deliveries of a record."""
        record, place = self._record, self._place
        self._record, self._place = {}, None
        if place is None or not record.keys() & _TELLING:
            return ()
        if "eventid" in record:
            found = deliveries_of(place, record, _NAME)
            if found is None:
                self.not_understood.append(place)
            return found or ()
        status = record[_RECIPIENT_STATUS]
        if not holds_pairs(status):
            return ()
        place.time = time_of(record.get("timestamp"))
        recipients = values_in(record.get("recipients", ""))
        sender = record.get("returnpath") or record.get("sender") or None
        delivery = self._delivery(place, status, queued=False)
        return (
            attrs.evolve(
                delivery,
                recipient=recipients[0] if len(recipients) == 1 else None,
                sender=sender,
            ),
        )

    def _delivery(self, line: Line, status: str, *, queued: bool) -> Delivery:
        """Return the delivery that a status is about."""
        answer = answer_in(status)
        line.time = line.time or time_of(answer.retried)
        spoke = answer.host is not None or answer.reply_by is ReplyBy.REMOTE
        return delivery_in(
            line,
            _NAME,
            direction=Direction.OUTGOING if spoke else None,
            relay_host=answer.host,
            relay_ip=answer.ip,
            status=_status(answer.text or "", queued=queued),
            text=answer.text,
            reply_by=answer.reply_by,
        )


def _status(text: str, *, queued: bool) -> Status | None:
    """Return the status. What has a last error in a queue is tried again, whatever the error."""
    if queued:
        return Status.DEFERRED
    status = status_by_code(text)
    if status is not Status.DEFERRED and is_expired(text):  # 400 4.4.7 warns of a delay
        return Status.EXPIRED
    return status


FORMAT = Format(
    _NAME,
    _detect,
    ExchangeStatusReader,
    needles=("{LED=", "LastError", "Last Error", "  :"),
    certain=re.compile(
        r"(?:(?:LastError|RecipientStatus|Status) *[:=] ?)?\{?\[\{L|LastError *: [2-5][0-9]{2} "
    ),
)
