"""A syslog daemon for one run: what a server logs by syslog(3), as rsyslog would write it.

A message is what glibc sends: ``<22>Nov 24 11:43:32 sm-mta[42]: words``. rsyslog's traditional file
format takes the priority off and puts the host before the tag; by default it writes a control
character as ``#`` and three octal digits, and leaves all other octets as they are.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = b"out"

_LONGEST = 65_536
_MESSAGE = re.compile(rb"<[0-9]{1,3}>([A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} )(.*)", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@contextmanager
def syslog_in(folder: Path) -> Iterator[None]:
    """Write the messages that come to `syslog.socket` in a folder to `syslog`, a line each."""
    directory = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        # A socket's own path may have 107 octets (unix(7)), and pytest's folders may have more.
        receiver.bind(f"/proc/self/fd/{directory}/syslog.socket")
        os.close(directory)
        with (folder / "syslog").open("wb", buffering=0) as log:
            thread = threading.Thread(target=_write, args=(receiver, log.write))
            thread.start()
            try:
                yield
            finally:
                receiver.shutdown(socket.SHUT_RD)
                thread.join()


def _write(receiver: socket.socket, write: Callable[[bytes], object]) -> None:
    while message := receiver.recv(_LONGEST):
        if match := _MESSAGE.fullmatch(message.rstrip(b"\n\0")):
            text = _CONTROL.sub(lambda found: b"#%03o" % ord(found[0]), match[2])
            write(match[1] + HOST + b" " + text + b"\n")
