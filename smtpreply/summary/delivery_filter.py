"""`DeliveryFilter`: select deliveries by time, status, direction, recipient domain and reason."""

from __future__ import annotations

from datetime import datetime

import attrs

from smtpreply.logs import Delivery
from smtpreply.summary.summary import direction_of


@attrs.frozen(kw_only=True)
class DeliveryFilter:
    """A predicate for deliveries: all criteria must hold, and None sets no criterion.

    Attributes:
        status: a value of `smtpreply.logs.Status`.
        direction: a value of `smtpreply.logs.Direction`.
        domain: the recipient's domain, compared without case.
        reason: a value of `smtpreply.reasons.Reason`.
        since: the earliest time: by the log's own clock, or with a time zone, as an instant.
        until: the time before which a delivery must lie; as `since`.

    The times of a log without a time zone are compared to an instant as this machine's local time.

    >>> DeliveryFilter(status="sent")(Delivery(mta="postfix", status=None))
    False
    """

    status: str | None = None
    direction: str | None = None
    domain: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def criteria(self) -> list[str]:
        """The criteria that are set, in words, such as "status bounced"."""
        given = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return [
            f"{name} {value.isoformat(' ', 'minutes') if isinstance(value, datetime) else value}"
            for name, value in given.items()
            if value is not None
        ]

    @property
    def needs_each(self) -> bool:
        """Whether the filter needs each delivery's time or domain, so that groups must be split."""
        return self.by_time or self.domain is not None

    @property
    def by_time(self) -> bool:
        """Whether the filter is about the time."""
        return self.since is not None or self.until is not None

    def __call__(self, delivery: Delivery) -> bool:
        """Return whether a delivery meets all criteria."""
        if self.status is not None and delivery.status != self.status:
            return False
        if self.direction is not None and direction_of(delivery) != self.direction:
            return False
        if self.domain is not None and not _is_of(delivery.recipient, self.domain):
            return False
        if self.by_time and not self._is_in_time(delivery.time):
            return False
        verdict = delivery.verdict if self.reason is not None else None
        return self.reason is None or (verdict is not None and verdict.reason == self.reason)

    def _is_in_time(self, time: datetime | None) -> bool:
        if time is None:
            return False
        return (self.since is None or not _is_before(time, self.since)) and (
            self.until is None or _is_before(time, self.until)
        )


def _is_before(time: datetime, limit: datetime) -> bool:
    """Compare a log's time to a limit; a limit without a zone is on the log's own clock."""
    if limit.tzinfo is None:
        return time.replace(tzinfo=None) < limit
    if time.tzinfo is None:
        return time < limit.astimezone().replace(tzinfo=None)
    return time < limit


def _is_of(recipient: str | None, domain: str) -> bool:
    return (recipient or "").lower().endswith(f"@{domain.lower()}")
