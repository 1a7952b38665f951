"""Worker processes that end with the process that has started them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")

_FORK = "fork"
_ENDING = (signal.SIGINT, signal.SIGTERM)


def results_in_workers(
    function: Callable[[_Given], _Result], given: Iterable[_Given], count: int
) -> Iterator[_Result]:
    """Yield the results of a function, which worker processes call, in order.

    Each worker holds the end of a pipe whose other end only this process has. Once that is closed,
    by an error here or by the kernel, whatever ended this process (SIGKILL too), the workers exit.

    Args:
        function: what is called. It and its results are pickled.
        given: what it is called with, each.
        count: the number of workers.

    Raises:
        concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    context = _context()
    reader, writer = context.Pipe(duplex=False)  # nothing is written: that it closes is the message
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_end_with, initargs=(reader, writer)
    )
    try:
        with _signals_held():
            answers = deque(pool.submit(function, each) for each in given)
        while answers:
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


def _end_with(reader: Connection, writer: Connection) -> None:
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
