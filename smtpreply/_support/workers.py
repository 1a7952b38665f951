"""Worker processes that end with the process that has started them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")

_FORK = "fork"
_ENDING = (signal.SIGINT, signal.SIGTERM)
_PAUSE = 0.2  # seconds between two looks at what workers have counted

_counted: Any = None
"""In a worker: the number that all of them count up, which is in shared memory."""


def results_in_workers(
    function: Callable[[_Given], _Result],
    given: Iterable[_Given],
    count: int,
    on_counted: Callable[[int], object] = lambda _: None,
) -> Iterator[_Result]:
    """Yield the results of a function, which worker processes call, in order.

    Each worker holds the end of a pipe whose other end only this process has. Once that is closed,
    by an error here or by the kernel, whatever ended this process (SIGKILL too), the workers exit.

    Args:
        function: what is called. It and its results are pickled.
        given: what it is called with, each.
        count: the number of workers.
        on_counted: called several times a second, while a result is waited for, with what
            `count_up` was called with in all workers since the last call.

    Raises:
        concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    context = _context()
    reader, writer = context.Pipe(duplex=False)  # nothing is written: that it closes is the message
    counted = context.Value("Q", 0)
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_begin, initargs=(reader, writer, counted)
    )
    reported = 0

    def report() -> None:
        nonlocal reported
        now = counted.get_obj().value  # a worker that was killed may have the lock
        on_counted(now - reported)
        reported = now

    try:
        with _signals_held():
            answers = deque(pool.submit(function, each) for each in given)
        while answers:
            while not wait([answers[0]], timeout=_PAUSE).done:
                report()
            report()
            yield answers.popleft().result()
    except BaseException:
        writer.close()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    else:
        pool.shutdown()
    finally:
        writer.close()
        reader.close()


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold signals back while workers start: what a handler raises at a fork, Python drops."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def count_up(number: int) -> None:
    """Count, in a worker, what `results_in_workers` reports; elsewhere this does nothing."""
    if _counted is not None:
        with _counted.get_lock():
            _counted.value += number


def _begin(reader: Connection, writer: Connection, counted: Any) -> None:
    """Begin a worker, which ends with the process that has started it."""
    global _counted  # noqa: PLW0603  (one a process)
    _counted = counted
    gc.freeze()  # to look through what was there before the fork would copy it, page by page
    writer.close()  # else this process would keep its own pipe open
    threading.Thread(target=_wait, args=(reader,), daemon=True).start()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def _wait(reader: Connection) -> None:
    try:
        reader.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _context() -> Any:
    """Return the fork context where there is one: imports and rules need not be loaded again."""
    can_fork = _FORK in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context(_FORK if can_fork else None)
