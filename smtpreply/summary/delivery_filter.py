"""`DeliveryFilter`: select deliveries by time, status, recipient domain and reason."""

from __future__ import annotations

from datetime import datetime

import attrs

from smtpreply.logs import Delivery


@attrs.frozen(kw_only=True)
class DeliveryFilter:
    """A predicate for deliveries: all criteria must hold, and None sets no criterion.

    Attributes:
        status: a value of `smtpreply.logs.Status`.
        domain: the recipient's domain, compared without case.
        reason: a value of `smtpreply.reasons.Reason`.
        since: the earliest time, by the log's own clock.
        until: the time, by the log's own clock, before which a delivery must lie.

    >>> DeliveryFilter(status="sent")(Delivery(mta="postfix", status=None))
    False
    """

    status: str | None = None
    domain: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def needs_each(self) -> bool:
        """Whether the filter needs each delivery's time or domain, so that groups must be split."""
        return self._by_time or self.domain is not None

    @property
    def _by_time(self) -> bool:
        return self.since is not None or self.until is not None

    def __call__(self, delivery: Delivery) -> bool:
        """Return whether a delivery meets all criteria."""
        if self.status is not None and delivery.status != self.status:
            return False
        if self.domain is not None and not _is_of(delivery.recipient, self.domain):
            return False
        if self._by_time and not self._is_in_time(delivery.time):
            return False
        verdict = delivery.verdict if self.reason is not None else None
        return self.reason is None or (verdict is not None and verdict.reason == self.reason)

    def _is_in_time(self, time: datetime | None) -> bool:
        if time is None:
            return False
        local = time.replace(tzinfo=None)
        return (self.since or local) <= local and (self.until is None or local < self.until)


def _is_of(recipient: str | None, domain: str) -> bool:
    return (recipient or "").lower().endswith(f"@{domain.lower()}")
