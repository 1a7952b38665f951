"""Which deliveries to count: by time, status, recipient's domain and reason."""

from __future__ import annotations

from datetime import datetime

import attrs

from smtpreply.logs import Delivery


@attrs.frozen(kw_only=True)
class Wanted:
    """Deliveries that all of these fit, of which None fits everything.

    Attributes:
        status: as in `smtpreply.logs.Status`.
        domain: of the recipient.
        reason: as in `smtpreply.reasons.Reason`.
        since: the first time, by the log's own clock.
        until: the time before which.

    >>> Wanted(status="sent")(Delivery(mta="postfix", status=None))
    False
    """

    status: str | None = None
    domain: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_fine(self) -> bool:
        """Whether more than what was said tells which: the time, or the domain."""
        return self.by_time or self.domain is not None

    @property
    def by_time(self) -> bool:
        """Whether the time says which."""
        return self.since is not None or self.until is not None

    def __call__(self, delivery: Delivery) -> bool:
        """Return whether a delivery is one of them."""
        if self.status is not None and delivery.status != self.status:
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
        local = time.replace(tzinfo=None)
        return (self.since or local) <= local and (self.until is None or local < self.until)


def _is_of(recipient: str | None, domain: str) -> bool:
    return (recipient or "").lower().endswith(f"@{domain.lower()}")
