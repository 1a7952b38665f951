"""Brings up a mail server from its Debian package, unpacked in a folder, beside all others.

The packages exclude one another, want users of their own, and have paths compiled in. So a server
runs in a mount namespace of its own (and a process namespace, which takes all of its processes
with it when it ends), where the paths lead elsewhere and nothing of the machine is changed:

    /mnt                the unpacked package, or the machine itself where it is installed there
    /var/spool          the folder of this run: configuration, queue, log
    /var/lib, /run      empty
    /etc/passwd, group  the machine's, with the server's users added
    /etc/hosts          the names of this run alone, so that nobody asks for any other
    /etc/resolv.conf    a nameserver that is not there, so that nobody waits for one
    /etc/ld.so.cache    knows the unpacked libraries too, also to what is setuid
    /dev                a few devices, and as /dev/log a socket of this run, for `syslog`
"""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from syslog_server import syslog_in

from smtpreply import Reply
from smtpreply.reply.stream import NEED_DATA, ReplyReader

PACKAGES = "SMTPREPLY_MTAS"
"""The variable that names the folder of `.ci/fetch-mtas`."""

SENDER = "alice@example.org"
OUTSIDE, OUTSIDE_HOST = "127.0.0.2", "outside.example.net"
"""A client that the servers do not relay for."""

_PATIENCE = 90  # seconds; a shared machine may be very slow, and a good run waits for two or three
_FIRST_ID = 64_100  # beyond those that Debian gives
# When the tests are killed, unshare is, and with it the first process of the namespace, and with it
# all others. That is the shell: a server that changes its user would outlive unshare (prctl(2)).
_NAMESPACE = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
)
_TRY = "mount --make-rprivate / && mount -t tmpfs tmpfs /run && mount --bind /etc /mnt"
_ENTER = """
set -e
mount --make-rprivate /
mount --bind "$PACKAGE" /mnt
mount --bind "$FOLDER" /var/spool
for name in passwd group hosts resolv.conf; do
    if [ -e "/etc/$name" ]; then mount --bind "$FOLDER/$name" "/etc/$name"; fi
done
ldconfig -C /var/spool/ld.so.cache $LIBRARIES
mount --bind /var/spool/ld.so.cache /etc/ld.so.cache
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /run
mount -t proc proc /proc
mkdir /run/dev
mount --rbind /dev /run/dev
mount -t tmpfs -o mode=755 tmpfs /dev
for name in full null random urandom zero; do
    touch /dev/$name
    mount --bind /run/dev/$name /dev/$name
done
ln -s /var/spool/syslog.socket /dev/log
cd /
"""


@attrs.frozen
class Program:
    """A mail server to bring up.

    Attributes:
        name: of the folder that its package is unpacked in.
        binary: where the package has its program.
        users: that it needs, each with a group of its name.
        groups: that it needs besides.
        enter: shell commands that make ready what it has under /var and /run.
        command: how it is run, in the foreground.
        mailq: how it lists its queue; "" where that is not asked for.
    """

    name: str
    binary: str
    users: tuple[str, ...]
    command: str
    groups: tuple[str, ...] = ()
    enter: str = ""
    mailq: str = ""

    def package(self) -> Path:
        """Return the folder of the unpacked package; skip the test where it cannot be run."""
        unpacked = Path(os.environ.get(PACKAGES) or "/nonexistent").absolute() / self.name
        for root in (unpacked, Path("/")):
            if (root / self.binary).is_file():
                _need_namespaces()
                return root
        pytest.skip(f"{self.name} is neither installed nor unpacked in ${PACKAGES}")


def _need_namespaces() -> None:
    if os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may give a mail server a mount namespace of its own")
    if not all(map(shutil.which, ("setpriv", "unshare", "mount"))):
        pytest.skip("util-linux is needed to give a mail server a mount namespace of its own")
    tried = subprocess.run([*_NAMESPACE, "sh", "-c", _TRY], capture_output=True, check=False)
    if tried.returncode != 0:
        pytest.skip("this machine gives no mount namespaces")
    for address in ("127.0.0.1", OUTSIDE):
        try:
            with socket.socket() as probe:
                probe.bind((address, 0))
        except OSError as error:
            pytest.skip(f"no socket on {address}: {error}")


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class MailServer:
    """A running mail server."""

    def __init__(self, port: int, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.folder = folder
        self._process = process

    def send(self, recipients: Iterable[str]) -> None:
        """Return it one message for each recipient."""
        with smtplib.SMTP("127.0.0.1", self.port, "client.example.org", timeout=60) as client:
            for recipient in recipients:
                client.sendmail(SENDER, recipient, "Subject: hello\r\n\r\nHello.\r\n")

    def session(self, *commands: bytes, source: str = OUTSIDE) -> list[Reply]:
        """Return its replies to a client, from outside by default, the greeting first."""
        address, client = ("127.0.0.1", self.port), (source, 0)
        with socket.create_connection(address, timeout=60, source_address=client) as connection:
            reader = ReplyReader()
            replies = [_next_reply(reader, connection)]
            for command in commands:
                connection.sendall(command + b"\r\n")
                replies.append(_next_reply(reader, connection))
        return replies

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Wait until something is so, and tell what the server said where it never is."""
        deadline = time.monotonic() + _PATIENCE
        while not done():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{what}; the log:\n{self.log()[-4000:]}")
            time.sleep(0.05)

    def log(self) -> str:
        """Return all that it has written so far."""
        files = (self.folder / name for name in ("stderr", "mainlog", "syslog"))
        return "".join(file.read_text("utf-8", "replace") for file in files if file.exists())

    def inside(self, command: str) -> str:
        """Return what a command prints that is run in the server's namespaces."""
        parent = self._process.pid
        first = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0]
        run = subprocess.run(
            ["nsenter", "--target", first, "--mount", "--pid", "sh", "-c", command],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=True,
            timeout=_PATIENCE,
        )
        return run.stdout

    def is_listening(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except OSError:
            return False
        return True


def _next_reply(reader: ReplyReader, connection: socket.socket) -> Reply:
    while (event := reader.next_reply()) is NEED_DATA:
        reader.receive_data(connection.recv(4096))
    assert isinstance(event, Reply)
    return event


@contextmanager
def running(
    program: Program,
    package: Path,
    folder: Path,
    files: Callable[[int], dict[str, str]],
    names: str,
) -> Iterator[MailServer]:
    """Run a mail server.

    Args:
        program: the server.
        package: the folder that it is unpacked in.
        folder: an empty one, for all that it writes.
        files: its configuration, by names in the folder, for the port that it shall listen on.
        names: of hosts, as /etc/hosts has them.
    """
    port = free_port()
    machine = {name: Path("/etc", name).read_text() for name in ("passwd", "group")}
    for name, text in (_machine_files(program, machine, names) | files(port)).items():
        (folder / name).write_text(text)
    folder.chmod(0o755)
    script = f"{_ENTER}\n{program.enter}\n{program.command}\nexit\n"
    with syslog_in(folder), (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [*_NAMESPACE, "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "PACKAGE": str(package),
                "FOLDER": str(folder),
                "LIBRARIES": _libraries(package),
                "TZ": "UTC",
            },
            start_new_session=True,
        )
        try:
            server = MailServer(port, folder, process)
            server.wait(server.is_listening, f"{program.name} does not come up")
            yield server
        finally:
            _end(process)
    shutil.rmtree(folder)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the first process of the namespace: the kernel ends all others before unshare returns."""
    if process.poll() is None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        for child in children.split():
            os.kill(int(child), signal.SIGKILL)
    process.wait(timeout=60)


def _libraries(package: Path) -> str:
    """Return where the unpacked libraries are, as they will be found under /mnt."""
    if package == Path("/"):
        return ""
    found = {
        file.parent for place in ("lib", "usr/lib") for file in package.glob(f"{place}/*/*.so*")
    }
    return " ".join(sorted(f"/mnt/{folder.relative_to(package)}" for folder in found))


def _machine_files(program: Program, machine: dict[str, str], names: str) -> dict[str, str]:
    """Return the files of /etc: the machine's users and groups, and those missing there."""
    known = {
        kind: {row.partition(":")[0] for row in text.splitlines()} for kind, text in machine.items()
    }
    owners = [*program.users, *program.groups]
    ids = {name: _FIRST_ID + number for number, name in enumerate(owners)}
    users = [
        f"{name}:x:{ids[name]}:{ids[name]}::/nonexistent:/usr/sbin/nologin\n"
        for name in program.users
        if name not in known["passwd"]
    ]
    groups = [f"{name}:x:{ids[name]}:\n" for name in owners if name not in known["group"]]
    return {
        "passwd": machine["passwd"] + "".join(users),
        "group": machine["group"] + "".join(groups),
        "hosts": f"127.0.0.1 localhost\n{OUTSIDE} {OUTSIDE_HOST}\n{names}",
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    }
