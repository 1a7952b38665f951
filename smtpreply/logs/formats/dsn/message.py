"""One message: what kind of mail it is, and the deliveries that it reports.

A bounce has a report (RFC 3464), words for people, and the original or its header. The report says
who did not get the message; where it has no diagnostic, as Exim's and OpenSMTPD's have none, the
words do: they are joined by recipient. Without a report, the words are all there is.

A message that looks like a bounce and reports nothing is not lost: it is counted as not understood,
with its first sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from smtpreply.logs.delivery import Delivery, Status, with_changes
from smtpreply.logs.formats.dsn.feedback import PART as FEEDBACK_PART
from smtpreply.logs.formats.dsn.feedback import Feedback, junk_report
from smtpreply.logs.formats.dsn.looks import Kind, Looks
from smtpreply.logs.formats.dsn.original import place_of_copy
from smtpreply.logs.formats.dsn.prose import Notice
from smtpreply.logs.formats.dsn.report import NAME, Report, place_of_report
from smtpreply.logs.input.syslog import Line
from smtpreply.logs.toolkit.mime import MailReader, Part, mailbox_of, words_of
from smtpreply.logs.toolkit.recent import size_of

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")
_RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")
_OF_A_MESSAGE = ("received", "message-id")  # no fields of a part: RFC 2046 5.1
# Reported before the end of their message:
_MOST_RECIPIENTS = 10_000
_MOST_REPORTED = 1 << 23  # octets of their diagnostics


class Message:
    """Reads one message: its lines are fed, and deliveries come at its end."""

    def __init__(self) -> None:
        self._line: Line | None = None
        self._settled: list[Delivery] = []
        self._lost: list[Line] = []
        self._kinds: list[Kind] = []
        self._copy: Part | None = None
        self._part: Part | None = None
        self._told: list[Delivery] = []
        self._size = 0  # of the diagnostics in `_told`
        self._begin({}, Line("", "", 0))
        self._mail = MailReader(self)

    def feed(self, text: str, line: Line) -> list[Delivery]:
        """Read a line, and return what is settled: before the end of many recipients only."""
        self._line = line
        self._mail.feed(text)
        if len(self._told) > _MOST_RECIPIENTS or self._size > _MOST_REPORTED:
            self._settle(self._told, self._returned)
            self._told = []
            self._size = 0
        if not self._settled:
            return []
        settled, self._settled = self._settled, []
        return settled

    def end(self) -> tuple[list[Delivery], list[Line], list[Kind]]:
        """Return what the message reports, what is not understood of it, and its kinds.

        There are several where a mail forwards others.
        """
        self._mail.close()
        self._finish()
        return self._settled, self._lost, self._kinds

    def _begin(self, fields: dict[str, str], line: Line) -> None:
        """Begin a message: this one, or one that was forwarded in it."""
        self._fields = fields
        self._first = line
        self._looks = Looks(fields)
        self._notice = Notice(NAME, fields, self._looks, line)
        self._told = []
        self._size = 0
        self._returned: dict[str, str] = {}
        self._report: Report | None = None
        self._feedback: Feedback | None = None
        self._is_receipt = self._looks.is_receipt
        self._sink: Callable[[str, Line], object] = self._notice.feed

    # What the mail reader calls:

    def begins(self, part: Part) -> bool:
        if part.is_message:
            self._begins_message(part)
        elif any(name in part.fields for name in _OF_A_MESSAGE):
            self._returned = self._returned or part.fields  # the original, not marked as such
            return False
        return part is not self._copy and self._takes(part)

    def enters(self, part: Part) -> bool:
        return part is not self._copy

    def says(self, text: str) -> None:
        assert self._line is not None
        if self._report is not None:
            self._tell(self._report.feed(text, self._line))
        else:
            self._sink(text, self._line)

    def says_before(self, text: str) -> None:
        assert self._line is not None
        if self._looks.is_of_a_bounce:
            self._notice.feed_before(text, self._line)

    def ends(self, part: Part) -> None:  # noqa: ARG002  (the listener's)
        if self._report is not None:
            self._tell(self._report.end())
            self._report = None

    def _tell(self, found: Iterable[Delivery]) -> None:
        for delivery in found:
            self._told.append(delivery)
            self._size += size_of(delivery.text or "")

    def _begins_message(self, part: Part) -> None:
        if part.within is not None and self._is_returned(part.within):
            self._copy = part
            self._returned = self._returned or part.fields
            return
        if part.within is not None:
            self._finish()
        self._part = part
        self._begin(part.fields, self._line or self._first)

    def _is_returned(self, part: Part) -> bool:
        """Whether the message in a part is the original that a bounce is about."""
        outer = part.within
        while outer is not None and not outer.is_message:
            outer = outer.within
        if outer is not None and outer is not self._part:  # of several that are forwarded, one more
            return Looks(outer.fields).is_of_a_system
        if part.is_returned or self._looks.is_of_a_system:
            return True
        return self._looks.is_of_a_program and bool(self._notice.read({})[0])

    def _takes(self, part: Part) -> bool:
        """Return whether the lines of a part are wanted, and who hears them."""
        kind = part.type
        if kind in _STATUS_PARTS:
            self._report = Report(self._fields)
            return True
        if kind == FEEDBACK_PART:
            self._feedback = self._feedback or Feedback(self._fields)
            self._sink = self._feedback.feed
            return True
        self._is_receipt |= kind in _RECEIPTS
        is_text = kind.startswith("text/") and not part.is_returned
        if not is_text or not self._notice.is_empty or not self._looks.may_be_read:
            return False
        self._sink = self._notice.feed_html if kind == "text/html" else self._notice.feed
        return True

    # The outcome of a message:

    def _finish(self) -> None:
        told, returned = self._told, self._returned
        self._told = []
        complaints = self._complaints()
        if complaints or (self._feedback is not None and self._feedback.has_type):
            self._settle(complaints, returned)
            self._kinds.append(Kind.COMPLAINT if complaints else Kind.OTHER)
            return
        kind = None
        if not told and (self._is_receipt or self._looks.is_auto_reply):
            kind = Kind.RECEIPT if self._is_receipt else Kind.AUTO_REPLY
        elif told or self._looks.may_be_read:
            told, returned = self._with_words(told)
        self._settle(told, returned)
        if kind is None and not told and self._looks.is_of_a_bounce:
            self._lost.append(self._unread())
            kind = Kind.UNREAD
        self._kinds.append(kind or (Kind.REPORT if told else Kind.OTHER))

    def _complaints(self) -> list[Delivery]:
        if self._feedback is not None:
            return self._feedback.end(self._returned)
        found = junk_report(self._fields, self._returned, self._first)
        return [] if found is None else [found]

    def _with_words(self, told: list[Delivery]) -> tuple[list[Delivery], dict[str, str]]:
        """Return what the report and the words give together, and the fields of the original."""
        words, original = self._notice.read(self._returned)
        reported = told or self._report_in_words()
        if reported:
            return _joined(reported, words), original or self._returned
        return words, original or self._returned

    def _report_in_words(self) -> list[Delivery]:
        """Return what a report in the text gives, where its part has been lost."""
        if not self._looks.is_of_a_system and not self._looks.is_forwarded:
            return []
        lines, places = self._notice.lines()
        start = place_of_report(lines)
        if start is None:
            return []
        indent = len(lines[start]) - len(lines[start].lstrip())
        report = Report(self._fields)
        found: list[Delivery] = []
        for number in range(start, start + place_of_copy(lines[start:])):
            line = lines[number].removeprefix(" " * indent)
            found += report.feed(line, places[min(number, len(places) - 1)])
        return found + report.end()

    def _settle(self, told: Iterable[Delivery], original: dict[str, str]) -> None:
        """Return which message it was about: what is left of it is after the report.

        A failure without a diagnostic and without words is explained by its status alone.
        """
        message_id = original.get("message-id", "").strip("<> \t") or None
        subject = words_of(original.get("subject", "")).strip() or None
        sender = mailbox_of(original.get("return-path")) or mailbox_of(original.get("from"))
        self._settled += [
            with_changes(
                one,
                message_id=one.message_id or message_id,
                subject=one.subject or subject,
                sender=sender if one.sender is None else one.sender,
                text=str(one.dsn) if _has_status_alone(one) else one.text,
            )
            for one in told
        ]

    def _unread(self) -> Line:
        """Return the line that stands for a message that was not understood."""
        found = self._notice.sentence()
        if found is None:
            return attrs.evolve(self._first, message=f"Subject: {self._looks.subject}")
        sentence, place = found
        return attrs.evolve(place, text=sentence, message=sentence)


def _has_status_alone(delivery: Delivery) -> bool:
    """Return whether the enhanced status is all that is known of why a message failed."""
    has_failed = delivery.status in (Status.BOUNCED, Status.EXPIRED, Status.DEFERRED)
    return has_failed and delivery.text is None and delivery.dsn is not None


def _joined(reported: Sequence[Delivery], words: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries of a report with what the words add to them, by recipient."""
    by_recipient = {one.recipient.lower(): one for one in words if one.recipient}
    only = words[0] if len(words) == len(reported) == 1 else None
    found = []
    for one in reported:
        names = (one.recipient, one.orig_recipient)
        known = (by_recipient.get(name.lower()) for name in names if name)
        said = next((word for word in known if word is not None), only)
        found.append(one if said is None else _with(one, said))
    return found


def _with(reported: Delivery, said: Delivery) -> Delivery:
    changes: dict[str, Any] = {}
    if reported.text is None or (reported.reply_by is None and said.reply_by is not None):
        changes = {"text": said.text, "reply_by": said.reply_by}
    for name in ("recipient", "orig_recipient", "status", "stage", "relay_host", "relay_ip"):
        if getattr(reported, name) is None:
            changes[name] = getattr(said, name)
    if changes.get("orig_recipient") == reported.recipient:
        del changes["orig_recipient"]
    return with_changes(reported, **changes)
