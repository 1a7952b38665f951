"""A mail server on this machine for each page whose examples need one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from example_server import Handler

collect_ignore = ["conf.py", "reference_tables.py"]  # they need Sphinx, and have no doctests


@pytest.fixture(autouse=True)
def mail_server(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """Provide a `mail_server`, a host and a port, to each page that names it."""
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
