"""Mail logs summed up by several processes, which read parts of them side by side."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from smtpreply.logs import Part, parts_of, scan
from smtpreply.reasons import classify
from smtpreply.report.total import Total, total_of
from smtpreply.report.wanted import Wanted

_PARTS = 4  # for each process: so that none is idle for long, whose part was the easiest
_FORK = "fork"

Progress = Callable[[int], None]


def total_of_files(
    paths: Iterable[Path],
    wanted: Wanted,
    *,
    jobs: int,
    on_progress: Progress = lambda _octets: None,
    **options: Any,
) -> Total:
    """Sum files up in several processes, a part of a file each.

    It comes to the same as in one, but for this: who sent a message is not known where its part of
    the file begins after the line that names them.

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
    with ProcessPoolExecutor(jobs, mp_context=_context()) as pool:
        for part, found in zip(parts, _totals(pool, parts, wanted, options), strict=True):
            total += found
            on_progress(part.size)
    return total


def _totals(
    pool: ProcessPoolExecutor, parts: list[Part], wanted: Wanted, options: dict[str, Any]
) -> Iterator[Total]:
    return pool.map(_total_of_part, parts, [wanted] * len(parts), [options] * len(parts))


def _total_of_part(part: Part, wanted: Wanted, options: dict[str, Any]) -> Total:
    return total_of(scan(part, **options), wanted)


def _context() -> Any:
    """Prefer to fork: what has been imported and read need not be so again."""
    can_fork = _FORK in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context(_FORK if can_fork else None)
