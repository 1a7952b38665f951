"""`DeliveryFilter`: select deliveries by time, status, direction, recipient domain and reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from smtpreply.logs import Delivery
from smtpreply.summary.summary import direction_of


def _several(values: str | Iterable[str] | None) -> tuple[str, ...]:
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)


@attrs.frozen(kw_only=True)
class DeliveryFilter:
    """A predicate for deliveries: all criteria must hold, and an empty one is none.

    Of the values of a criterion, any may hold; a single one may be given as text.

    Attributes:
        status: values of `smtpreply.logs.Status`.
        direction: values of `smtpreply.logs.Direction`.
        domain: recipients' domains, compared without case; an "@" before one is left out.
        reason: values of `smtpreply.reasons.Reason`.
        since: the earliest time: by the log's own clock, or with a time zone, as an instant.
        until: the time before which a delivery must lie; as `since`.

    The times of a log without a time zone are compared to an instant as this machine's local time.

    >>> DeliveryFilter(status="sent")(Delivery(mta="postfix", status=None))
    False
    """

    status: tuple[str, ...] = attrs.field(default=(), converter=_several)
    direction: tuple[str, ...] = attrs.field(default=(), converter=_several)
    domain: tuple[str, ...] = attrs.field(default=(), converter=_several)
    reason: tuple[str, ...] = attrs.field(default=(), converter=_several)
    since: datetime | None = None
    until: datetime | None = None

    @property
    def criteria(self) -> list[str]:
        """The criteria that are set, in words, such as "status bounced"."""
        given = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return [
            f"{name} "
            + (
                value.isoformat(" ", "minutes")
                if isinstance(value, datetime)
                else " or ".join(value)
            )
            for name, value in given.items()
            if value
        ]

    @property
    def needs_each(self) -> bool:
        """Whether the filter needs each delivery's time or domain, so that groups must be split."""
        return self.by_time or bool(self.domain)

    @property
    def by_time(self) -> bool:
        """Whether the filter is about the time."""
        return self.since is not None or self.until is not None

    @property
    def is_of_time_alone(self) -> bool:
        """Whether the filter has no criterion, or is about the time alone."""
        return not (self.status or self.direction or self.domain or self.reason)

    def __call__(self, delivery: Delivery) -> bool:
        """Return whether a delivery meets all criteria."""
        if self.status and delivery.status not in self.status:
            return False
        if self.direction and direction_of(delivery) not in self.direction:
            return False
        if self.domain and not is_of_domain(delivery.recipient, self.domain):
            return False
        if not self.is_in_time(delivery.time):
            return False
        if not self.reason:
            return True
        verdict = delivery.verdict
        return verdict is not None and verdict.reason in self.reason

    def is_in_time(self, time: datetime | None) -> bool:
        """Return whether a time is wanted; without a time, only if all are."""
        if not self.by_time:
            return True
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


def is_of_domain(recipient: str | None, domains: Iterable[str]) -> bool:
    """Return whether a recipient is in one of some domains.

    >>> is_of_domain("bob@Example.org", ["example.org"]), is_of_domain("bob", ["example.org"])
    (True, False)
    """
    _, at, domain = (recipient or "").lower().rpartition("@")
    return bool(at) and any(domain == wanted.lower().removeprefix("@") for wanted in domains)
