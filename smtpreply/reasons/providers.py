"""`Provider`: the provider or the software that gave a reply, by its wordings, codes and hosts."""

from __future__ import annotations

import functools

import attrs

from smtpreply.reasons.hints import each_hostname
from smtpreply.reasons.lexicon import Names, table

_LABELS = 10  # more than any host of the table has; a name may be anything


@attrs.frozen
class Provider:
    """A mail provider, gateway or server software that can be recognised by its replies.

    >>> providers()["gmail"].operator
    'Google'

    Attributes:
        key: how rules name it, such as ``gmail``.
        name: how people name it.
        operator: the company or project.
        help: its page on error replies, or for postmasters; "" where none is known.
    """

    key: str
    name: str
    operator: str
    help: str = ""


@functools.cache
def providers() -> dict[str, Provider]:
    """Return all providers that are known, by their keys.

    >>> providers()["gmail"].name
    'Gmail'
    """
    return {
        key: Provider(key, row["name"], row["operator"], row.get("help", ""))
        for key, row in table("providers").items()
    }


def provider_in(text: str) -> Provider | None:
    """Return who speaks in a text: by a wording of its own, else by the host that is named.

    >>> provider_in("421 4.7.0 Try again later. a1b2c3d4e5f6-gsmtp").key
    'gmail'
    """
    return provider_by_wording(text) or _by_host(text)


def provider_by_wording(text: str) -> Provider | None:
    """Return who speaks in a text by a wording of its own, whatever hosts it names."""
    return _names().best_in(text)


def provider_forms() -> tuple[frozenset[str], ...]:
    """Return sets of words: one of each is in a text that `provider_by_wording` knows."""
    return _names().forms


def known_hosts() -> frozenset[str]:
    """Return the host names, or ends of them, by which `provider_in` knows a provider."""
    return frozenset(_hosts())


@functools.lru_cache(maxsize=1024)  # a log names the same servers again and again
def provider_at(host: str) -> Provider | None:
    """Return whose server a host is, by its name; None where it is of no provider that is known.

    Args:
        host: a host name, with or without a dot at its end.

    >>> provider_at("gmail-smtp-in.l.google.com").name
    'Gmail'
    """
    labels = host.lower().rstrip(".").split(".")[-_LABELS:]
    if tuple(labels[-2:]) not in _ends():  # most hosts are nobody's we know
        return None
    known = _hosts()
    for first in range(len(labels) - 1):
        if provider := known.get(".".join(labels[first:])):
            return provider
    return None


def provider_words() -> frozenset[str]:
    """Return the words by which providers are recognised, and the parts of their hosts' names."""
    return _names().words.union(*(host.split(".") for host in _hosts()))


@functools.cache
def _names() -> Names[Provider]:
    return Names("providers", providers())


@functools.cache
def _hosts() -> dict[str, Provider]:
    rows = table("providers").items()
    return {host: providers()[key] for key, row in rows for host in row.get("hosts", ())}


@functools.cache
def _ends() -> frozenset[tuple[str, ...]]:
    """Return the last two labels of the hosts that are known."""
    return frozenset(tuple(host.split(".")[-2:]) for host in _hosts())


def _by_host(text: str) -> Provider | None:
    return next(filter(None, map(provider_at, each_hostname(text))), None)
