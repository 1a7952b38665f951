"""`Pseudonyms`: replace addresses, hosts and IPs, so that a report or its deliveries can be shared.

A pseudonym is a keyed hash of the name (BLAKE2, RFC 7693): the same key gives the same pseudonyms
everywhere, and without the key a name can only be guessed. A text fails closed: what is not known
to identify nobody is hidden.
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
from smtpreply.logs.trouble import Trouble
from smtpreply.reasons.tokens import Kind, Token, tokens
from smtpreply.summary.cases import Cases
from smtpreply.summary.counts import Counts
from smtpreply.summary.summary import Summary
from smtpreply.summary.top_counter import Key, TopCounter
from smtpreply.summary.total import Total
from smtpreply.summary.vocabulary import is_a_word
from smtpreply.summary.volume import Volume

_NOBODY = ("", "none", "local", "virtual", "localhost", "unknown")
"""Host fields that identify no host."""
_HIDDEN = "***"
_RUN = re.compile(r"[^\s<>()\[\]{}\"`,;|]+")
_EDGE = ".:!?*#=-_'"
_WORD = re.compile(r"[^\W_]+")
_UNIT = re.compile(
    r"[0-9]+(?:[kKMGT]?i?[bB]|ms|[smhd%])?|"  # "5MB"; and the parts of the names of ciphers
    r"(?:SHA|AES|MD|P|X|ED|SECP|POLY|CHACHA|MLKEM|TLS|SSL)v?[0-9]{1,5}(?:R1)?"
)
_PLAIN = re.compile(
    r"[0-9]+(?:[.,][0-9]+)?(?:[kKMGT]?i?[bB]|[smhd%])?|#?[245X]\.[0-9]{1,3}\.[0-9]{1,3}|"
    r"[245][0-9]{2}[ -]?[245]\.[0-9]{1,3}\.[0-9]{1,3}|(?:TLS|SSL)v?[0-9](?:\.[0-9])?|"
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z?)?|[0-9]{1,2}(?::[0-9]{2}){1,2}"
)
_ENCODED_AT = re.compile(r"%40|=40|\w%\w|\wAT\w")
_DOTTED = re.compile(r"\w\.\w|\w\.-|[0-9]/[0-9]|:[0-9A-Fa-f]{0,4}:")
# What Exchange names, beside a reply, is a part of its own: "RESOLVER.ADR.RecipNotFound".
_COMPONENT = re.compile(
    r"(?:RESOLVER|QUEUE|ROUTING|STOREDRV|SMTPSEND|AGENT|TRANSPORT|APPROVAL|CAT)\.[A-Za-z]+"
)
_PLAIN_ID = re.compile(r"[0-9A-Za-z_:+/=-]{1,80}")
_SCHEMES = frozenset({"http", "https", "ftp", "ldap", "ldaps", "smtp", "smtps"})
_URL_HOST = re.compile(r"[^/\s:?#@]{1,255}")
_OURS = re.compile(r"(?:user-[0-9a-f]{8}@)?host-[0-9a-f]{8}\.example|user-[0-9a-f]{8}")


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
        """Return the pseudonym of an IP address, in a private network.

        Args:
            ip: the address; other text is returned unchanged.
        """
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

        What is not known to identify nobody is hidden: a word with an ``@``, ``%40`` or a dot
        inside gets a pseudonym, in whatever script; any other word that mail servers do not use
        becomes ``***``. Numbers, reply codes and enhanced statuses stay.

        Args:
            text: a reply or diagnostic.
            addresses: addresses that it may name by their local part alone: "user bob unknown".
        """
        for address in filter(None, addresses):
            if "@" in address:  # a quoted local part with a space would be split into two tokens
                text = text.replace(address, self.address(address))
        names = _local_parts(addresses)
        parts: list[str] = []
        at = 0
        for token in tokens(text):
            parts += (self._hidden(text[at : token.start], names), self._token(token, names))
            at = token.end
        return "".join([*parts, self._hidden(text[at:], names)])

    def _hidden(self, text: str, names: frozenset[str]) -> str:
        """Hide what no token is: addresses in odd forms, and words that may be names."""

        def run(match: re.Match[str]) -> str:
            found = match[0]
            bare = found.strip(_EDGE)
            if not bare or _OURS.fullmatch(bare) or _PLAIN.fullmatch(bare):
                return found
            if bare.lower() in names:
                return found.replace(bare, f"user-{self._digest('local', bare.lower())}")
            if "@" in bare or _ENCODED_AT.search(bare):
                return f"user-{self._digest('local', bare.lower())}"
            if _DOTTED.search(bare) and not _COMPONENT.match(bare):
                return found.replace(bare, self.host(bare))
            return _WORD.sub(word, found)

        def word(match: re.Match[str]) -> str:
            found = match[0]
            if found.lower() in names:
                return f"user-{self._digest('local', found.lower())}"
            is_known = len(found) == 1 or found.isdecimal() or _UNIT.fullmatch(found)
            return found if is_known or is_a_word(found) else _HIDDEN

        return _RUN.sub(run, text)

    def _token(self, token: Token, names: frozenset[str]) -> str:
        kind, text = token.kind, token.text
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
        return self._hidden(text, names)

    def _url(self, url: str) -> str:
        """Return scheme and host pseudonym; a path or query, which may name anybody, as "/..."."""
        scheme, _, rest = url.partition("://")
        if scheme.lower() not in _SCHEMES:  # what precedes "://" may be an address
            scheme = "***"
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
        counts = {name: self.counts(counts) for name, counts in summary.parts.items()}
        return Summary(**counts, volume=self.volume(summary.volume))

    def volume(self, volume: Volume) -> Volume:
        """Return a volume with pseudonyms."""
        return attrs.evolve(
            volume,
            sender=_renamed(volume.sender, self.address),
            sender_octets=_renamed(volume.sender_octets, self.address),
            domain=_renamed(volume.domain, self.host),
            domain_octets=_renamed(volume.domain_octets, self.host),
        )

    def counts(self, counts: Counts) -> Counts:
        """Return counts with pseudonyms."""
        return attrs.evolve(
            counts,
            relay=_renamed(counts.relay, lambda pair: (self.host_or_ip(pair[0]), pair[1])),
            relay_reason=_renamed(
                counts.relay_reason, lambda pair: (self.host_or_ip(pair[0]), pair[1])
            ),
            domain=_renamed(counts.domain, lambda pair: (self.host(pair[0]), pair[1])),
            sender_domain=_renamed(
                counts.sender_domain, lambda pair: (self.host(pair[0]), pair[1])
            ),
            sender_reason=_renamed(
                counts.sender_reason, lambda pair: (self.host(pair[0]), pair[1])
            ),
            refused_sender=_renamed(counts.refused_sender, self.address),
            refused_recipient=_renamed(counts.refused_recipient, self.address),
            refused_client=_renamed(counts.refused_client, self.host_or_ip),
            unexplained=_renamed(counts.unexplained, self.text),
            cases=self._cases(counts.cases),
            provider_cases=self._cases(counts.provider_cases),
            example={reason: self.text(text) for reason, text in counts.example.items()},
        )

    def _cases(self, cases: Cases) -> Cases:
        return Cases(
            {
                kind: [
                    attrs.evolve(
                        case,
                        queue_id=self._id(case.queue_id),
                        recipient=self.address(case.recipient),
                        server=self.host_or_ip(case.server),
                        text=self.text(case.text, case.recipient),
                    )
                    for case in known
                ]
                for kind, known in cases.kinds.items()
            }
        )

    def coverage(self, coverage: Coverage) -> Coverage:
        """Return a coverage with pseudonyms."""
        shapes = Counter[str]()
        for shape, count in coverage.shapes.items():
            shapes[self.text(shape)] += count
        problems = [self.text(problem) for problem in coverage.problems]  # with paths
        trouble = Trouble(more=coverage.trouble.more)
        for (severity, program, text), kind in coverage.trouble.kinds.items():
            key = severity, self._program(program), self.text(text)
            trouble += Trouble({key: attrs.evolve(kind, text=self.text(kind.text))})
        hosts = Counter[str]()
        for host, count in coverage.hosts.items():
            hosts[self.host_or_ip(host)] += count
        return attrs.evolve(
            coverage, hosts=hosts, shapes=shapes, problems=problems, trouble=trouble
        )

    def delivery(self, delivery: Delivery) -> Delivery:
        """Return a delivery with pseudonyms, and without its subject and its source file."""
        addresses = delivery.recipient, delivery.orig_recipient, delivery.sender
        return attrs.evolve(
            delivery,
            host=_optional(self.host_or_ip, delivery.host),
            program=_optional(self._program, delivery.program),
            queue_id=_optional(self._id, delivery.queue_id),
            tls=_optional(self.text, delivery.tls),
            message_id=_optional(self.address, delivery.message_id),
            sender=_optional(self.address, delivery.sender),
            recipient=_optional(self.address, delivery.recipient),
            orig_recipient=_optional(self.address, delivery.orig_recipient),
            relay_host=_optional(self.host_or_ip, delivery.relay_host),
            relay_ip=_optional(self.ip, delivery.relay_ip),
            text=delivery.text and self.text(delivery.text, *addresses),
            subject=None,
            source=None,
        )

    def _program(self, program: str) -> str:
        """Return a program's name; the parts of it that may be a host's, as in instances' names."""
        return "/".join(
            self.host(part) if "." in part or not part.isascii() else part
            for part in program.split("/")
        )

    def _id(self, queue_id: str) -> str:
        """Return a queue id; a pseudonym for one that may name a host or an address."""
        known = _PLAIN_ID.fullmatch(queue_id)
        return queue_id if known else f"id-{self._digest('id', queue_id)}"

    def host_or_ip(self, name: str) -> str:
        """Return the pseudonym of a name that is a host or an IP address."""
        ip = self.ip(name)
        return self.host(name) if ip == name else ip


def _local_parts(addresses: tuple[str | None, ...]) -> frozenset[str]:
    """Return the forms in which a text may name addresses without their domains, in lower case."""
    names: set[str] = set()
    for address in filter(None, addresses):
        local = (address.rpartition("@")[0] or address).strip('"').lower()
        names |= {local, *_WORD.findall(local)}
    return frozenset(name for name in names if len(name) > 1)


def _optional(rename: Callable[[str], str], value: str | None) -> str | None:
    return None if value is None else rename(value)


def _renamed(counter: TopCounter[Key], rename: Callable[[Key], Key]) -> TopCounter[Key]:
    made: TopCounter[Key] = TopCounter(counter.capacity, counter.error)
    for key, count in counter.counts.items():
        made.add(rename(key), count)
    return made
