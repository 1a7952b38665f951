"""A mail server on this machine for the examples, which refuses some recipients."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

collect_ignore = ["conf.py", "reference_tables.py"]  # they need Sphinx, and have no doctests

_REFUSALS = {
    "unknown": "550 5.1.1 <{}>: Recipient address rejected: User unknown",
    "full": "452 4.2.2 Mailbox full",
    "greylisted": "450 4.2.0 Greylisted for 300 seconds",
}


class Handler:
    """Answers by the local part of a recipient; ``busy`` is accepted at the second attempt."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    async def handle_RCPT(  # noqa: D102, N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        local = address.partition("@")[0]
        if local in _REFUSALS:
            return _REFUSALS[local].format(address)
        if local == "busy" and address not in self._seen:
            self._seen.add(address)
            return "421 4.3.2 Service busy, try again in 1 second"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: D102, N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        if b"Cheap watches" in envelope.content:
            return "554 5.7.1 Message rejected as spam"
        return "250 2.0.0 Ok: queued as 4Zq8mN2c7TzXb"


@pytest.fixture(autouse=True)
def mail_server(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """Give each page that names it a `mail_server` of its own: a host and a port."""
    if "mail_server" not in request.node.path.read_text(encoding="utf-8"):
        yield
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    server = Controller(Handler(), hostname=host, port=port, server_hostname="mx.example.com")
    server.start()
    doctest_namespace["mail_server"] = host, port
    yield
    server.stop()
