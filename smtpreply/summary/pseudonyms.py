"""`Pseudonyms`: replace addresses, hosts and IPs, so that a report or its deliveries can be shared.

A pseudonym is a keyed hash of the name (BLAKE2, RFC 7693): the same key gives the same pseudonyms
everywhere, and without the key a name can only be guessed. Other personal data in a log, such as a
name in a Subject, is left as it is.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b

import attrs

from smtpreply.logs import Coverage, Delivery
from smtpreply.reasons.tokens import Kind, tokens
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import Key, TopCounter
from smtpreply.summary.total import Total

_NOBODY = ("", "none", "local", "virtual", "localhost", "unknown")
"""Host fields that identify no host."""
_PART = re.compile(r"[A-Za-z0-9]{3,64}")
_URL_HOST = re.compile(r"[^/\s:?#@]{1,255}")
_OURS = re.compile(r"(?:user-[0-9a-f]{8}@)?host-[0-9a-f]{8}\.example")


class Pseudonyms:
    """Pseudonyms for addresses, hosts and IPs, derived with a key.

    Args:
        key: the secret; random by default, so that no other run gives the same pseudonyms.

    >>> names = Pseudonyms(b"key")
    >>> names.address("bob@example.org") == names.address("bob@example.org")
    True
    >>> names.text("550 5.1.1 <bob@example.org>: no such user") == (
    ...     f"550 5.1.1 <{names.address('bob@example.org')}>: no such user")
    True
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = blake2b(key or secrets.token_bytes(32)).digest()

    def address(self, address: str) -> str:
        """Return the pseudonym of a mail address, whose domain is that of `host`."""
        if not address:
            return address  # the null reverse-path identifies nobody
        local, at, domain = address.rpartition("@")
        if not at:
            return f"user-{self._digest('local', domain)}"
        return f"user-{self._digest('local', local)}@{self.host(domain)}"

    def host(self, host: str) -> str:
        """Return the pseudonym of a host or domain; for an address literal, that of its IP."""
        bare = host.strip("[]")
        if host.lower() in _NOBODY:
            return host
        if (ip := self.ip(bare)) != bare:
            return host.replace(bare, ip)
        return f"host-{self._digest('host', host.lower().rstrip('.'))}.example"

    def ip(self, ip: str) -> str:
        """Return the pseudonym of an IP address, in a private network; other text unchanged."""
        try:
            known = ipaddress.ip_address(ip.removeprefix("IPv6:"))
        except ValueError:
            return ip
        if known.is_loopback:
            return ip
        octets = bytes.fromhex(self._digest("ip", str(known), size=15))
        if known.version == 4:
            return str(ipaddress.IPv4Address(b"\x0a" + octets[:3]))
        return str(ipaddress.IPv6Address(b"\xfd" + octets))

    def text(self, text: str, *addresses: str | None) -> str:
        """Return a text with pseudonyms for all addresses, hosts and IPs in it.

        Args:
            text: a reply or diagnostic.
            addresses: addresses that it may name by their local part alone: "user bob unknown".
        """
        for address in filter(None, addresses):
            if "@" in address:  # a quoted local part with a space would be split into two tokens
                text = text.replace(address, self.address(address))
        parts: list[str] = []
        at = 0
        for token in tokens(text):
            parts += (text[at : token.start], self._token(token.kind, token.text))
            at = token.end
        made = "".join([*parts, text[at:]])
        for address in filter(None, addresses):
            local = address.partition("@")[0]
            if _PART.fullmatch(local):
                named = rf"(?<![A-Za-z0-9-]){local}(?![A-Za-z0-9-])"
                made = re.sub(named, f"user-{self._digest('local', local)}", made)
        return made

    def _token(self, kind: Kind, text: str) -> str:
        if _OURS.fullmatch(text):
            return text
        if kind is Kind.ADDRESS:
            return self.address(text)
        if kind is Kind.IP:
            return self.ip(text)
        if kind is Kind.HOST:
            return self.host(text)
        if kind is Kind.URL:
            return self._url(text)
        return text

    def _url(self, url: str) -> str:
        """Return scheme and host pseudonym; a path or query, which may name anybody, as "/..."."""
        scheme, _, rest = url.partition("://")
        host = _URL_HOST.match(rest)
        if host is None:
            return scheme
        rest_shown = "/..." if rest[host.end() :].strip("/") else rest[host.end() :]
        return f"{scheme}://{self.host(host[0])}{rest_shown}"

    def _digest(self, kind: str, text: str, *, size: int = 4) -> str:
        octets = f"{kind}:{text}".encode("utf-8", "surrogatepass")
        return blake2b(octets, key=self._key, digest_size=size).hexdigest()

    # --- values ---

    def total(self, total: Total) -> Total:
        """Return a total with pseudonyms."""
        return Total(self.summary(total.summary), self.coverage(total.coverage))

    def summary(self, summary: Summary) -> Summary:
        """Return a summary with pseudonyms."""
        return attrs.evolve(
            summary,
            relay=_renamed(summary.relay, lambda pair: (self.host_or_ip(pair[0]), pair[1])),
            relay_reason=_renamed(
                summary.relay_reason, lambda pair: (self.host_or_ip(pair[0]), pair[1])
            ),
            domain=_renamed(summary.domain, lambda pair: (self.host(pair[0]), pair[1])),
            refused_sender=_renamed(summary.refused_sender, self.address),
            refused_recipient=_renamed(summary.refused_recipient, self.address),
            refused_client=_renamed(summary.refused_client, self.host_or_ip),
            unexplained=_renamed(summary.unexplained, self.text),
            example={reason: self.text(text) for reason, text in summary.example.items()},
        )

    def coverage(self, coverage: Coverage) -> Coverage:
        """Return a coverage with pseudonyms."""
        shapes = Counter[str]()
        for shape, count in coverage.shapes.items():
            shapes[self.text(shape)] += count
        problems = [self.text(problem) for problem in coverage.problems]
        return attrs.evolve(coverage, shapes=shapes, problems=problems)

    def delivery(self, delivery: Delivery) -> Delivery:
        """Return a delivery with pseudonyms, and without its source file."""
        addresses = delivery.recipient, delivery.orig_recipient, delivery.sender
        return attrs.evolve(
            delivery,
            host=_optional(self.host_or_ip, delivery.host),
            message_id=_optional(self.address, delivery.message_id),
            sender=_optional(self.address, delivery.sender),
            recipient=_optional(self.address, delivery.recipient),
            orig_recipient=_optional(self.address, delivery.orig_recipient),
            relay_host=_optional(self.host_or_ip, delivery.relay_host),
            relay_ip=_optional(self.ip, delivery.relay_ip),
            text=delivery.text and self.text(delivery.text, *addresses),
            source=None,
        )

    def host_or_ip(self, name: str) -> str:
        """Return the pseudonym of a name that is a host or an IP address."""
        ip = self.ip(name)
        return self.host(name) if ip == name else ip


def _optional(rename: Callable[[str], str], value: str | None) -> str | None:
    return None if value is None else rename(value)


def _renamed(counter: TopCounter[Key], rename: Callable[[Key], Key]) -> TopCounter[Key]:
    made: TopCounter[Key] = TopCounter(counter.capacity, counter.error)
    for key, count in counter.counts.items():
        made.add(rename(key), count)
    return made
