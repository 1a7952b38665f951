"""Worker processes that end with the process that has started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_FORK = "fork"


@contextmanager
def worker_pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of worker processes.

    Each worker holds the end of a pipe whose other end only this process has. Once that is closed,
    by an error here or by the kernel, whatever ended this process (SIGKILL too), the workers exit.
    """
    context = _context()
    reader, writer = context.Pipe(duplex=False)  # nothing is written: that it closes is the message
    pool = ProcessPoolExecutor(
        count, mp_context=context, initializer=_end_with, initargs=(reader, writer)
    )
    try:
        with pool:
            try:
                yield pool
            except BaseException:
                writer.close()
                raise
    finally:
        writer.close()
        reader.close()


def _end_with(reader: Connection, writer: Connection) -> None:
    writer.close()  # else this process would keep its own pipe open
    threading.Thread(target=_wait, args=(reader,), daemon=True).start()


def _wait(reader: Connection) -> None:
    try:
        reader.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


def _context() -> Any:
    """Return the fork context where there is one: imports and rules need not be loaded again."""
    can_fork = _FORK in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context(_FORK if can_fork else None)
