"""Whom a failure is about: the recipient of a delivery, another address or host, or our server."""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.reasons.normalize import LONGEST

_DOMAIN = r"[\w-][\w.-]{0,254}"
_ADDRESS = rf"""[^\s<>"'():,;@]{{1,64}}@{_DOMAIN}"""
_CODE = r"[245][0-9]{2}[ -]"
_STATUS = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\s"
# Where a reply names the address that it refuses. An address elsewhere may be whom to ask.
_REFUSED = lazy_pattern(
    # The command, as Exim quotes it before the reply.
    r"(?:RCPT TO|MAIL FROM):\s?<[^>\s]{0,320}>"
    # As Postfix begins: "<bob@example.org>: User unknown"; Sendmail has dots for the colon.
    rf"|<({_ADDRESS})>\s?(?::|\.\.\.)"
    # "550 5.1.1 bob@example.org is unknown"
    rf"|(?:\A(?:{_CODE})?|:\s{_CODE})(?:{_STATUS})?[\"'<]?({_ADDRESS})"
    # "No such user bob@example.org", "mailbox <bob@example.org> does not exist"
    r"|\b(?:(?:user|mailbox|recipient|account)(?: address)?|e-?mail address)"
    rf"[\s:=]{{1,3}}[\"'<(]{{0,2}}({_ADDRESS})"
    # At the end: "User unknown: bob@example.org", or in brackets.
    rf"|\b(?:unknown|found|rejected)\s?[:(]\s?[\"'<]{{0,2}}({_ADDRESS})",
    re.IGNORECASE,
)
# Where a text names the host or the domain that was not found: "Name service error for
# name=example.org type=MX" (Postfix), 'host lookup for "example.org" failed' (Exim), "Host unknown
# (Name server: example.org.: host not found)" (Sendmail), "Domain example.org not found".
_NOT_FOUND = lazy_pattern(
    r"(?:\bname=|\bname server: |\blookup (?:for|of) (?:host )?|\blook up host |\bdomain )"
    r"[\"'<]?((?:[\w-]{1,63}\.){1,60}[\w-]{0,63})",
    re.IGNORECASE,
)
# Where no server was asked: Exim, where no router takes the address (route.c), and Postfix, of a
# domain of its own (resolve.c, smtpd_check.c). Each may be a fault of its configuration.
_OF_OWN_TABLES = lazy_pattern(
    r"\s{0,9}(?:unrouteable address\b|user unknown in [a-z ]{1,30} table\b)", re.IGNORECASE
)


def is_of_own_tables(text: str) -> bool:
    """Return whether a diagnostic says that our own server does not know or route the address.

    Args:
        text: the words of an MTA, where no server spoke.

    >>> is_of_own_tables("User unknown in virtual alias table")
    True
    """
    return _OF_OWN_TABLES.match(text) is not None


def refuses_another(text: str, recipients: Iterable[str | None]) -> bool:
    """Return whether a text names the address that is refused, and it is none of these.

    A server that forwards mail may answer with the words of the next one, about an address there.

    Args:
        text: the reply or the diagnostic.
        recipients: the recipient, and what is known of it before aliases were followed.

    >>> refuses_another("550 5.1.1 <ann@example.com>: User unknown", ["bob@example.org"])
    True
    >>> refuses_another("550 No such user, ask postmaster@example.org", ["bob@example.org"])
    False
    """
    if "@" not in text:
        return False
    own = {_mailbox(address) for address in recipients if address and "@" in address}
    found = _REFUSED.finditer(text[:LONGEST])
    named = {_mailbox(match[match.lastindex]) for match in found if match.lastindex}
    return bool(own and named) and own.isdisjoint(named)


def misses_another(text: str, recipient: str | None, relay: str | None) -> bool:
    """Return whether the host or domain that was not found is another than the recipient's domain.

    A smarthost of the sender's own that does not resolve says nothing of any recipient.

    Args:
        text: a diagnostic or a reply that says so.
        recipient: its address.
        relay: the server to be spoken to, which counts where the text names none; None where it
            is unknown or has answered.

    >>> words = "Name service error for name=relay.example.com type=A: Host not found"
    >>> misses_another(words, "bob@example.org", None)
    True
    >>> misses_another("Domain does not exist", "bob@example.org", "example.org")
    False
    """
    if not recipient or "@" not in recipient:
        return False
    domain = _domain(recipient.rpartition("@")[2])
    named = {_domain(name) for name in _NOT_FOUND.findall(text[:LONGEST])}
    if not named and relay is not None:
        named = {_domain(relay)}
    return bool(named) and not any(f".{domain}".endswith(f".{name}") for name in named)


def _mailbox(address: str) -> str:
    """Return an address without its detail ("bob+news@example.org": RFC 5233), in small letters."""
    local, _, domain = address.rpartition("@")
    name = local.partition("+")[0]
    return f"{name or local}@{_domain(domain)}".lower()


def _domain(name: str) -> str:
    return name.rstrip(".").lower()
