"""`Metrics`: deliveries as Prometheus metrics, with a bounded number of series. Needs the extra.

Names and labels follow "Metric and label naming" of the Prometheus documentation. No label has a
value that a log can make up: hosts, addresses and texts are none, a provider is one that we know,
and where there are too many series all the same, further ones have the provider "other".
"""

from __future__ import annotations

import threading
from collections import Counter as Counts
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
    from prometheus_client.core import CounterMetricFamily, Metric
except ImportError:
    raise ImportError(
        'smtpreply.tools.metrics needs prometheus-client: pip install "smtpreply[metrics]"'
    ) from None

from smtpreply.logs import Coverage, Delivery, Direction, Status
from smtpreply.logs.grouping import provider_key
from smtpreply.logs.trouble import Severity
from smtpreply.summary.helpers import is_by_helper, is_repeated
from smtpreply.summary.outcome import FAILURES, Outcome, counted_status, outcome_of
from smtpreply.summary.summary import direction_of

MOST_SERIES = 2000
"""The number of series by reason and provider from which on further providers are "other"."""

_NONE = "none"
_OTHER = "other"
_Waiting = tuple[Direction, tuple[str, ...], tuple[str, ...] | None]
"""A direction, the labels of a delivery, and those of its failure."""
_BUCKETS = (1, 2, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 5 * 86400)


class Metrics:
    """Counters of deliveries, and of what could not be read. Several threads may add.

    Attributes:
        registry: the metrics, for an exporter of your own.

    >>> from smtpreply.logs import Status
    >>> metrics = Metrics()
    >>> metrics.add(Delivery(mta="postfix", status=Status.SENT, text="250 Ok"))
    >>> labels = {"direction": "none", "status": "sent", "stage": "none", "class": "none"}
    >>> metrics.registry.get_sample_value("smtpreply_deliveries_total", labels)
    1.0
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._series: set[tuple[str, ...]] = set()
        self._newest: datetime | None = None
        # What helpers report waits to be asked for: until then the mail server may repeat it.
        self._by_helper: Counts[_Waiting] = Counts()
        self._of_helper: Counts[Direction] = Counts()
        self._of_server: dict[Direction, Counts[str]] = {each: Counts() for each in Direction}
        registry = self.registry
        registry.register(self)  # first: `collect` counts what waits
        self._deliveries = Counter(
            "smtpreply_deliveries",
            "Attempts to deliver a message to a recipient, and refusals.",
            ("direction", "status", "stage", "class"),
            registry=registry,
        )
        self._failures = Counter(
            "smtpreply_failures",
            "Deliveries that were deferred, bounced or rejected, by reason.",
            ("direction", "outcome", "reason", "provider"),
            registry=registry,
        )
        self._delays = Histogram(
            "smtpreply_delay_seconds",
            "Time from the arrival of a message to an attempt to deliver it.",
            ("outcome",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._latest = Gauge(
            "smtpreply_latest_delivery_timestamp_seconds",
            "Time of the latest delivery; local times as if they were UTC.",
            registry=registry,
        )
        self._coverages: list[Coverage] = []
        self._old_trouble: Counts[str] = Counts()

    def add(self, delivery: Delivery) -> None:
        """Count a delivery; one that a helper reports (`is_by_helper`) when it is asked for."""
        direction, status = direction_of(delivery), counted_status(delivery)
        outcome = outcome_of(status)
        reply = delivery.reply
        labels = (
            direction or _NONE,
            status or _NONE,
            delivery.stage or _NONE,
            f"{reply.code // 100}xx" if reply is not None else _NONE,
        )
        with self._lock:
            failure = self._failure(delivery, outcome) if outcome in FAILURES else None
            if direction is not None and is_by_helper(delivery):
                self._by_helper[direction, labels, failure] += 1
                self._of_helper[direction] += 1
            else:
                self._count(labels, failure)
                if direction is not None and status is not None:
                    self._of_server[direction][status.value] += 1
            if delivery.delay is not None and delivery.delay >= 0:
                self._delays.labels(outcome.value).observe(delivery.delay)
            if delivery.time is not None:
                self._see(delivery.time)

    def _count(
        self, labels: tuple[str, ...], failure: tuple[str, ...] | None, count: int = 1
    ) -> None:
        self._deliveries.labels(*labels).inc(count)
        if failure is not None:
            self._failures.labels(*failure).inc(count)

    def _count_what_waits(self) -> None:
        """Count what helpers report: as filtered, where the mail server reports the outcome."""
        with self._lock:
            for (direction, labels, failure), count in self._by_helper.items():
                by_server, by_helper = self._of_server[direction], self._of_helper[direction]
                if is_repeated(direction, by_server, by_helper):
                    again = (labels[0], Status.FILTERED, *labels[2:])
                    self._count(again, None, count)
                else:
                    self._count(labels, failure, count)
            self._by_helper.clear()

    def watch(self, coverage: Coverage) -> None:
        """Report from now on what a scan reads, by its coverage, and the trouble in it."""
        self._coverages.append(coverage)

    def pass_over_trouble(self, coverage: Coverage) -> None:
        """Leave out the trouble that a coverage has so far: it is older than the scan."""
        with self._lock:
            self._old_trouble += _trouble(coverage)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of what the scans have read: prometheus-client asks for them."""
        self._count_what_waits()
        coverages = list(self._coverages)
        # Each grows on its own: a difference of two might shrink while a scan is under way.
        for name, help_text, count in (
            ("lines", "Lines that were read, without empty ones.", attrgetter("lines")),
            ("known_lines", "Lines of a known log format.", attrgetter("known")),
            ("understood_lines", "Lines whose meaning is clear.", attrgetter("understood")),
            ("octets", "Octets that were read, before decompression.", attrgetter("octets")),
            ("problems", "What could not be read: files, parts of files.", _problems),
        ):
            total = sum(map(count, coverages))
            yield CounterMetricFamily(f"smtpreply_log_{name}", help_text, value=total)
        trouble = CounterMetricFamily(
            "smtpreply_trouble",
            "What mail servers report of themselves: panics, errors, warnings.",
            labels=("severity",),
        )
        found = sum(map(_trouble, coverages), Counts())
        for severity in (*Severity, _OTHER):
            trouble.add_metric([severity], found[severity] - self._old_trouble[severity])
        yield trouble

    def to_text(self) -> str:
        """Return the metrics in Prometheus' text format, as node_exporter reads it from a file."""
        return generate_latest(self.registry).decode()

    def _failure(self, delivery: Delivery, outcome: Outcome) -> tuple[str, ...]:
        verdict = delivery.verdict
        reason = _NONE if verdict is None else verdict.reason.value
        server = delivery.relay_host if delivery.direction is Direction.OUTGOING else None
        provider = provider_key(server.lower()) if server else ""
        labels = (direction_of(delivery) or _NONE, outcome.value, reason, provider or _OTHER)
        if labels not in self._series:
            if len(self._series) >= MOST_SERIES:
                return (*labels[:-1], _OTHER)
            self._series.add(labels)
        return labels

    def _see(self, time: datetime) -> None:
        time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        if self._newest is None or time > self._newest:
            self._newest = time
            self._latest.set(time.timestamp())


def _trouble(coverage: Coverage) -> Counts[str]:
    """Return the lines of trouble by severity; of kinds beyond those reported, as "other"."""
    trouble = coverage.trouble
    found = Counts({_OTHER: trouble.more})
    for (severity, *_), kind in list(trouble.kinds.items()):  # a scan may add to it meanwhile
        found[severity] += kind.count
    return found


def _problems(coverage: Coverage) -> int:
    return len(coverage.problems)
