"""A mail server for the examples, which refuses some recipients.

To run it here: ``pip install aiosmtpd``, then, in the folder of this file,
``python -m aiosmtpd --nosetuid --listen localhost:8025 --class example_server.Handler``.
"""

from __future__ import annotations

from aiosmtpd.smtp import SMTP, Envelope, Session

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
