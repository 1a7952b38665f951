"""Mail logs summed up by several processes, which read parts of them side by side."""

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
from smtpreply.summary.delivery_filter import Wanted
from smtpreply.summary.total import Total, total_of

_PARTS = 4  # for each process: so that none is idle for long, whose part was the easiest
_FORK = "fork"
_MOST_STRANGERS = 100_000

Progress = Callable[[int], None]


Message = tuple[str, str]
"""The format of a log, and a queue id in it."""


@attrs.frozen
class _Told:
    """What a process tells of its part.

    Attributes:
        total: what it comes to.
        strangers: how often a message was refused of which the part does not say who sent it.
        senders: who sent what, for the parts that come after, by the format's name.
    """

    total: Total
    strangers: Counter[Message]
    senders: dict[str, dict[str, str]]


def total_of_files(
    paths: Iterable[Path],
    wanted: Wanted,
    *,
    jobs: int,
    on_progress: Progress = lambda _octets: None,
    **options: Any,
) -> Total:
    """Sum files up in several processes, a part of a file each: to the same as in one.

    That holds for Postfix, Exim and Sendmail. What other formats began in a rotated file and end in
    the next one is read apart: each of their files is a part of its own.

    Args:
        paths: the files.
        wanted: what to count.
        jobs: how many processes.
        on_progress: is told of octets that have been read.
        options: of `smtpreply.logs.scan`: format (by name), year, tz.

    Raises:
        OSError: a file can't be read.
    """
    # A year that is given runs on from line to line, so then a file is read as a whole.
    parts = parts_of(paths, 1 if options.get("year") else jobs * _PARTS)
    classify("550")  # reads the rules, which the processes then have
    total = Total()
    senders: dict[str, dict[str, str]] = {}
    with ProcessPoolExecutor(jobs, mp_context=_context()) as pool:
        answers = pool.map(partial(_read_part, wanted=wanted, options=options), parts)
        for part, told in zip(parts, answers, strict=True):
            _name_strangers(told, senders)
            total += told.total
            on_progress(part.size)
    return total


def _read_part(part: Part, wanted: Wanted, options: dict[str, Any]) -> _Told:
    strangers: Counter[Message] = Counter()

    def on_refused(delivery: Delivery, party: Party) -> None:
        sender, _, _, queue_id = party
        if sender is None and queue_id is not None and len(strangers) < _MOST_STRANGERS:
            strangers[delivery.mta, queue_id] += 1

    run = scan(part, **options)
    return _Told(total_of(run, wanted, on_refused), strangers, run.senders())


def _name_strangers(told: _Told, senders: dict[str, dict[str, str]]) -> None:
    """Count the senders that earlier parts have named, and remember those of this one."""
    for (mta, queue_id), count in told.strangers.items():
        told.total.summary.count_sender(senders.get(mta, {}).get(queue_id), count)
    for mta, named in told.senders.items():
        known = senders.setdefault(mta, {})
        known.update(named)
        for queue_id in list(islice(known, max(0, len(known) - 2 * CAPACITY))):
            del known[queue_id]


def _context() -> Any:
    """Prefer to fork: what has been imported and read need not be so again."""
    can_fork = _FORK in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context(_FORK if can_fork else None)
