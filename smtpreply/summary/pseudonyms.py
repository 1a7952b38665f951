"""Addresses, hosts and IPs by pseudonyms, so that a report or its deliveries can be shared.

A pseudonym is made of what it stands for and a key (BLAKE2, RFC 7693): the same key gives the same
one everywhere, and without the key there is no way back but guessing. What a log holds besides,
such as a name in a Subject, stays.
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
from smtpreply.summary.top_counter import Key, Tally
from smtpreply.summary.total import Total

_NOBODY = ("", "none", "local", "virtual", "localhost", "unknown")
"""Hosts that name nobody."""
_PART = re.compile(r"[A-Za-z0-9]{3,64}")
_URL_HOST = re.compile(r"[^/\s:?#@]{1,255}")
_OURS = re.compile(r"(?:user-[0-9a-f]{8}@)?host-[0-9a-f]{8}\.example")


class Pseudonyms:
    """Gives pseudonyms.

    Args:
        key: what makes them one's own; a random one by default.

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
            return address  # the null reverse-path is nobody's
        local, at, domain = address.rpartition("@")
        if not at:
            return f"user-{self._digest('local', domain)}"
        return f"user-{self._digest('local', local)}@{self.host(domain)}"

    def host(self, host: str) -> str:
        """Return the pseudonym of a host or a domain; of a literal, that of its address."""
        bare = host.strip("[]")
        if host.lower() in _NOBODY:
            return host
        if (ip := self.ip(bare)) != bare:
            return host.replace(bare, ip)
        return f"host-{self._digest('host', host.lower().rstrip('.'))}.example"

    def ip(self, ip: str) -> str:
        """Return the pseudonym of an IP address, in a private network; what is none stays."""
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
        """Return a text with pseudonyms in it.

        Args:
            text: what was said.
            addresses: whom it may name by the local part alone: "user bob unknown".
        """
        for address in filter(None, addresses):
            if "@" in address:  # one that is quoted, and holds a space, would be two words
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
        """Keep the scheme, the host's pseudonym, and that there was more: it may name anybody."""
        scheme, _, rest = url.partition("://")
        host = _URL_HOST.match(rest)
        if host is None:
            return scheme
        behind = "/..." if rest[host.end() :].strip("/") else rest[host.end() :]
        return f"{scheme}://{self.host(host[0])}{behind}"

    def _digest(self, kind: str, text: str, *, size: int = 4) -> str:
        octets = f"{kind}:{text}".encode("utf-8", "surrogatepass")
        return blake2b(octets, key=self._key, digest_size=size).hexdigest()

    # --- what is shown ---

    def total(self, total: Total) -> Total:
        """Return a total that names nobody."""
        return Total(self.summary(total.summary), self.coverage(total.coverage))

    def summary(self, summary: Summary) -> Summary:
        """Return a summary that names nobody."""
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
        """Return an account that names nobody."""
        shapes = Counter[str]()
        for shape, count in coverage.shapes.items():
            shapes[self.text(shape)] += count
        problems = [self.text(problem) for problem in coverage.problems]
        return attrs.evolve(coverage, shapes=shapes, problems=problems)

    def delivery(self, delivery: Delivery) -> Delivery:
        """Return a delivery that names nobody."""
        whom = delivery.recipient, delivery.orig_recipient, delivery.sender
        return attrs.evolve(
            delivery,
            host=_each(self.host_or_ip, delivery.host),
            message_id=_each(self.address, delivery.message_id),
            sender=_each(self.address, delivery.sender),
            recipient=_each(self.address, delivery.recipient),
            orig_recipient=_each(self.address, delivery.orig_recipient),
            relay_host=_each(self.host_or_ip, delivery.relay_host),
            relay_ip=_each(self.ip, delivery.relay_ip),
            text=delivery.text and self.text(delivery.text, *whom),
            source=None,
        )

    def host_or_ip(self, name: str) -> str:
        """Return the pseudonym of what may be either."""
        ip = self.ip(name)
        return self.host(name) if ip == name else ip


def _each(rename: Callable[[str], str], value: str | None) -> str | None:
    return None if value is None else rename(value)


def _renamed(tally: Tally[Key], rename: Callable[[Key], Key]) -> Tally[Key]:
    made: Tally[Key] = Tally(tally.capacity, tally.error)
    for key, count in tally.counts.items():
        made.add(rename(key), count)
    return made
