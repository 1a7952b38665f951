"""`total_of_files`: summarize log files in several processes, a part of a file each."""

from __future__ import annotations

import gc
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from smtpreply._support.workers import count_up, results_in_workers
from smtpreply.logs import Coverage, Delivery, Part, parts_of, scan
from smtpreply.logs.input.split import size_of_file
from smtpreply.logs.received import Received, sender_in, size_in
from smtpreply.logs.toolkit.recent import CAPACITY
from smtpreply.reasons import classify
from smtpreply.summary.counts import Stray
from smtpreply.summary.delivery_filter import DeliveryFilter
from smtpreply.summary.summary import direction_of
from smtpreply.summary.total import Total, total_of

_LARGEST = 1 << 28  # octets of a part: what is in a process that is killed is read again
_MOST_POOLS = 5  # of processes, each after one of the last was killed
_MOST_STRAYS = 100_000
_MOST_RECEIVED = CAPACITY  # of a part: what was in the queue before comes up in its beginning

Progress = Callable[[int], None]

_Share = tuple[Part, bool, bool]  # a part, and whether it is the first and the last of all


@attrs.frozen
class _PartResult:
    """The result of a process for its part.

    Attributes:
        total: the summary and coverage of the part.
        strays: attempts at messages whose sender or size the part does not name.
        received: messages that entered the queue in the part, as far as it knows.
        envelopes: the envelope of each queue id, by the name of the format, for the parts that
            follow.
    """

    total: Total
    strays: Counter[Stray]
    received: list[Received]
    envelopes: dict[str, dict[str, str]]

    def __reduce__(self) -> tuple[Callable[..., _PartResult], tuple[object, ...]]:
        """Pickle many texts as one, which takes a quarter of the time."""
        received = [
            (new.times, _joined(new.envelopes), _joined(new.queue_ids), new.recipients)
            for new in self.received
        ]
        envelopes = {
            mta: (_joined(list(named)), _joined(list(named.values())))
            for mta, named in self.envelopes.items()
        }
        return _unpickled, (self.total, self.strays, received, envelopes)


def _unpickled(
    total: Total,
    strays: Counter[Stray],
    received: list[tuple[list[datetime | None], _Texts, _Texts, list[int]]],
    envelopes: dict[str, tuple[_Texts, _Texts]],
) -> _PartResult:
    return _PartResult(
        total,
        strays,
        [Received(times, _split(texts), _split(ids), n) for times, texts, ids, n in received],
        {
            mta: dict(zip(_split(ids), _split(texts), strict=True))
            for mta, (ids, texts) in envelopes.items()
        },
    )


_Texts = str | list[str]
_BETWEEN = "\0"  # which a line of a log does not have: see `smtpreply.logs.input.decode`


def _joined(texts: list[str]) -> _Texts:
    """Return texts as one, or as they are where that would not show them apart."""
    joined = _BETWEEN.join(texts)
    return joined if joined.count(_BETWEEN) == len(texts) - 1 else texts


def _split(texts: _Texts) -> list[str]:
    return texts.split(_BETWEEN) if isinstance(texts, str) else texts


def total_of_files(
    paths: Iterable[Path],
    wanted: DeliveryFilter,
    *,
    jobs: int,
    by_minute: bool = False,
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
        by_minute: see `total_of`.
        on_progress: called several times a second with the number of octets that have been read
            since the last call.
        options: options of `smtpreply.logs.scan`: format (by name), year, tz.

    Raises:
        OSError: a file cannot be read, or process after process was killed.
    """
    paths = list(paths)
    if options.get("year"):  # that of a line depends on all lines before it, of other files too
        run = scan(paths, on_progress=on_progress, **options)
        return total_of(run, wanted, by_minute=by_minute)
    octets = sum(size_of_file(path) or 0 for path in paths)
    shares = jobs * max(1, -(-octets // (jobs * _LARGEST)))
    parts = parts_of(paths, shares)
    classify("550")  # loads the rules before the fork, so that all processes share them
    total = Total()
    killed = Coverage()
    envelopes: dict[str, dict[str, str]] = {}
    read = partial(_read_part, wanted=wanted, by_minute=by_minute, options=options)
    left = octets  # what is read again is not counted again

    def on_counted(number: int) -> None:
        nonlocal left
        number = min(number, left)
        left -= number
        if number:
            on_progress(number)

    for result in _results(read, parts, jobs, killed, on_counted):
        _resolve(result, envelopes)
        total += result.total
    return Total(total.summary, total.coverage + killed)


def _results(
    read: Callable[[_Share], _PartResult],
    parts: list[Part],
    jobs: int,
    killed: Coverage,
    on_counted: Callable[[int], object],
) -> Iterator[_PartResult]:
    """Yield the results of all parts in their order; what a killed process had is read again.

    Raises:
        OSError: process after process is killed, as by the kernel where memory is short.
    """
    left = deque(parts)
    for _ in range(_MOST_POOLS):
        try:
            shares = [(part, part is parts[0], part is parts[-1]) for part in left]
            for result in results_in_workers(read, shares, jobs, on_counted):
                yield result
                left.popleft()
        except BrokenProcessPool:
            killed.report("a process was killed: what it had not finished is read again")
        if not left:
            return
    raise OSError("the processes were killed repeatedly; try fewer --jobs")


def _read_part(
    share: _Share, wanted: DeliveryFilter, options: dict[str, Any], *, by_minute: bool = False
) -> _PartResult:
    """Read a part. What only other parts have a use for is left out where there are none."""
    gc.collect()  # the last part's scan, 60 MB: it refers to itself, and cycles are collected late
    part, is_first, is_last = share
    strays: Counter[Stray] = Counter()
    received: list[Received] = []
    room = 0 if is_first else _MOST_RECEIVED

    def on_received(new: Received) -> None:
        nonlocal room
        if room > 0:
            received.append(new)
            room -= len(new)

    def on_stray(delivery: Delivery, queue_id: str, *, has_sender: bool, count: int) -> None:
        if len(strays) < _MOST_STRAYS and not is_first:
            direction = direction_of(delivery)
            strays[Stray.of(delivery, direction, queue_id, has_sender=has_sender)] += count

    run = scan(part, on_progress=count_up, **options)
    total = total_of(run, wanted, by_minute=by_minute, on_received=on_received, on_stray=on_stray)
    return _PartResult(total, strays, received, {} if is_last else run.envelopes())


def _resolve(result: _PartResult, envelopes: dict[str, dict[str, str]]) -> None:
    """Correct the counts of a part by what earlier parts know, and remember what it knows.

    Args:
        result: the part's; its summary is changed.
        envelopes: those of earlier parts, of which the latest are kept.
    """
    summary = result.total.summary
    for stray, count in result.strays.items():
        text = envelopes.get(stray.mta, {}).get(stray.queue_id)
        if text is not None:
            summary.add_envelope(stray, sender_in(text), size_in(text), count)
    for received in result.received:
        ids = received.queue_ids
        earlier = {each for named in envelopes.values() for each in filter(named.__contains__, ids)}
        if earlier:
            summary.volume.take_back(received.where(map(earlier.__contains__, ids)))
    for mta, named in result.envelopes.items():
        known = envelopes.setdefault(mta, {})
        known.update(named)
        for queue_id in list(islice(known, max(0, len(known) - 2 * CAPACITY))):
            del known[queue_id]
