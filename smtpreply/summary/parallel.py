"""`total_of_files`: summarize log files in several processes, a part of a file each."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from smtpreply.logs import Delivery, Part, parts_of, scan
from smtpreply.logs.grouping import Party
from smtpreply.logs.toolkit.recent import CAPACITY
from smtpreply.reasons import classify
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.total import Total, total_of

_PARTS = 4  # per process: several, so that a process with quick parts is not idle for long
_FORK = "fork"
_MOST_UNKNOWN = 100_000

Progress = Callable[[int], None]

Message = tuple[str, str]
"""The format of a log, and a queue id in it."""


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
        OSError: a file cannot be read.
    """
    # With a given year, the year of a line depends on the lines before it: files are not cut.
    parts = parts_of(paths, 1 if options.get("year") else jobs * _PARTS)
    classify("550")  # loads the rules before the fork, so that all processes share them
    total = Total()
    senders: dict[str, dict[str, str]] = {}
    with ProcessPoolExecutor(jobs, mp_context=_context()) as pool:
        answers = pool.map(partial(_read_part, wanted=wanted, options=options), parts)
        for part, result in zip(parts, answers, strict=True):
            _resolve_senders(result, senders)
            total += result.total
            on_progress(part.size)
    return total


def _read_part(part: Part, wanted: DeliveryFilter, options: dict[str, Any]) -> _PartResult:
    unknown: Counter[Message] = Counter()

    def on_refused(delivery: Delivery, party: Party) -> None:
        sender, _, _, queue_id = party
        if sender is None and queue_id is not None and len(unknown) < _MOST_UNKNOWN:
            unknown[delivery.mta, queue_id] += 1

    run = scan(part, **options)
    return _PartResult(total_of(run, wanted, on_refused), unknown, run.senders())


def _resolve_senders(result: _PartResult, senders: dict[str, dict[str, str]]) -> None:
    """Count the senders that earlier parts have named, and remember those of this one."""
    for (mta, queue_id), count in result.unknown_senders.items():
        result.total.summary.count_sender(senders.get(mta, {}).get(queue_id), count)
    for mta, named in result.senders.items():
        known = senders.setdefault(mta, {})
        known.update(named)
        for queue_id in list(islice(known, max(0, len(known) - 2 * CAPACITY))):
            del known[queue_id]


def _context() -> Any:
    """Return the fork context where there is one: imports and rules need not be loaded again."""
    can_fork = _FORK in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context(_FORK if can_fork else None)
