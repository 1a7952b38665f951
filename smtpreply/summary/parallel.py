"""`total_of_files`: summarize log files in several processes, a part of a file each."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from smtpreply._support.workers import worker_pool
from smtpreply.logs import Coverage, Delivery, Direction, Part, parts_of, scan
from smtpreply.logs.grouping import Party
from smtpreply.logs.toolkit.recent import CAPACITY
from smtpreply.reasons import classify
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import direction_of
from smtpreply.summary.total import Total, total_of

_PARTS = 4  # per process: several, so that a process with quick parts is not idle for long
_MOST_POOLS = 5  # of processes, each after one of the last was killed
_MOST_UNKNOWN = 100_000

Progress = Callable[[int], None]

Message = tuple[str, Direction | None, str]
"""The format of a log, the direction of a delivery, and its queue id."""


@attrs.frozen
class _PartResult:
    """The result of a process for its part.

    Attributes:
        total: the summary and coverage of the part.
        unknown_senders: refusals of each message whose sender the part does not name.
        senders: the sender of each queue id, by the name of the format, for the parts that follow.
    """

    total: Total
    unknown_senders: Counter[Message]
    senders: dict[str, dict[str, str]]


def total_of_files(
    paths: Iterable[Path],
    wanted: DeliveryFilter,
    *,
    jobs: int,
    on_progress: Progress = lambda _octets: None,
    **options: Any,
) -> Total:
    """Summarize files in several processes, a part of a file each.

    For Postfix, Exim and Sendmail the result equals that of one process. Files of other formats are
    parts of their own, so a message that continues in the next rotated file counts as two.

    Args:
        paths: the files.
        wanted: which deliveries to count.
        jobs: the number of processes.
        on_progress: called with the number of octets of each part that has been read.
        options: options of `smtpreply.logs.scan`: format (by name), year, tz.

    Raises:
        OSError: a file cannot be read, or process after process was killed.
    """
    # With a given year, the year of a line depends on the lines before it: files are not cut.
    parts = parts_of(paths, 1 if options.get("year") else jobs * _PARTS)
    classify("550")  # loads the rules before the fork, so that all processes share them
    total = Total()
    killed = Coverage()
    senders: dict[str, dict[str, str]] = {}
    read = partial(_read_part, wanted=wanted, options=options)
    for part, result in zip(parts, _results(read, parts, jobs, killed), strict=True):
        _resolve_senders(result, senders)
        total += result.total
        on_progress(part.size)
    return Total(total.summary, total.coverage + killed)


def _results(
    read: Callable[[Part], _PartResult], parts: list[Part], jobs: int, killed: Coverage
) -> Iterator[_PartResult]:
    """Yield the results of all parts in their order; what a killed process had is read again.

    Raises:
        OSError: process after process is killed, as by the kernel where memory is short.
    """
    left = deque(parts)
    for _ in range(_MOST_POOLS):
        try:
            with worker_pool(jobs) as pool:
                for answer in [pool.submit(read, part) for part in left]:
                    yield answer.result()
                    left.popleft()
        except BrokenProcessPool:
            killed.report("a process was killed: what it had not finished is read again")
        if not left:
            return
    raise OSError("the processes were killed again and again; try fewer --jobs")


def _read_part(part: Part, wanted: DeliveryFilter, options: dict[str, Any]) -> _PartResult:
    unknown: Counter[Message] = Counter()

    def on_refused(delivery: Delivery, party: Party) -> None:
        sender, _, _, queue_id = party
        if sender is None and queue_id is not None and len(unknown) < _MOST_UNKNOWN:
            unknown[delivery.mta, direction_of(delivery), queue_id] += 1

    run = scan(part, **options)
    return _PartResult(total_of(run, wanted, on_refused), unknown, run.senders())


def _resolve_senders(result: _PartResult, senders: dict[str, dict[str, str]]) -> None:
    """Count the senders that earlier parts have named, and remember those of this one."""
    for (mta, direction, queue_id), count in result.unknown_senders.items():
        sender = senders.get(mta, {}).get(queue_id)
        result.total.summary.count_sender(direction, sender, count)
    for mta, named in result.senders.items():
        known = senders.setdefault(mta, {})
        known.update(named)
        for queue_id in list(islice(known, max(0, len(known) - 2 * CAPACITY))):
            del known[queue_id]
