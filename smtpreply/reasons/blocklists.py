"""Block lists: which one a text names, and what is listed there."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any

import attrs

from smtpreply.reasons.hints import each_hostname, each_ip
from smtpreply.reasons.lexicon import Names, table


@attrs.frozen
class BlockList:
    """A block list.

    >>> blocklists()["spamhaus-zen"].operator
    'The Spamhaus Project'

    Attributes:
        key: its key in ``data/blocklists.toml``.
        name: such as "Spamhaus ZEN".
        operator: who runs it.
        lists: "address" or "domain".
        lookup: its look-up page; ``{item}`` is where the page takes what is looked up.
    """

    key: str
    name: str
    operator: str
    lists: str
    lookup: str


@attrs.frozen
class Listing:
    """The subject that a text reports as listed, and the block list.

    >>> from smtpreply import classify
    >>> verdict = classify("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org")
    >>> verdict.blocklist.blocklist.key, verdict.blocklist.item
    ('spamhaus-zen', '192.0.2.1')

    Attributes:
        blocklist: the list.
        item: the address or the domain, if the text names it.
        url: the page where it can be looked up.
    """

    blocklist: BlockList
    item: str | None
    url: str

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        kept = self.blocklist
        return {
            "key": kept.key,
            "name": kept.name,
            "lists": kept.lists,
            "item": self.item,
            "url": self.url,
        }


@functools.cache
def blocklists() -> dict[str, BlockList]:
    """Return all block lists that are known, by their keys.

    >>> blocklists()["spamhaus-zen"].name
    'Spamhaus ZEN'
    """
    return {
        key: BlockList(key, row["name"], row["operator"], row["lists"], row["lookup"])
        for key, row in table("blocklists").items()
    }


def listing_in(text: str) -> Listing | None:
    """Return the block list that a text names.

    >>> listing = listing_in("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org")
    >>> listing.blocklist.name, listing.item
    ('Spamhaus ZEN', '192.0.2.1')
    """
    found = _names().best_in(text)
    if found is None:
        return None
    item = _listed_ip(text) if found.lists == "address" else _listed_domain(text, found)
    return Listing(found, item, _url(found.lookup, item))


def blocklist_words() -> frozenset[str]:
    """Return the words by which block lists are recognised."""
    return _names().words


def blocklist_forms() -> tuple[frozenset[str], ...]:
    """Return sets of words: one of each is in a text that `listing_in` knows."""
    return _names().forms


@functools.cache
def _names() -> Names[BlockList]:
    return Names("blocklists", blocklists())


def _listed_ip(text: str) -> str | None:
    # A DNSBL answers with addresses of 127.0.0.0/8, which servers quote.
    return next((ip for ip in each_ip(text) if not ipaddress.ip_address(ip).is_loopback), None)


def _listed_domain(text: str, found: BlockList) -> str | None:
    own = found.key.partition("-")[0]
    return next((host for host in each_hostname(text) if own not in host.lower()), None)


def _url(lookup: str, item: str | None) -> str:
    from urllib.parse import quote  # noqa: PLC0415  (2 ms that a verdict need not spend)

    return lookup.replace("{item}", quote(item or "", safe=":"))
