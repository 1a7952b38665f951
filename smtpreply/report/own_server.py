"""Words on failures of our own server: what it refused, and what it could not deliver itself."""

from __future__ import annotations

from smtpreply.reasons import Reason, advice_for

AS_MEANT = "Refused by policy: working as meant."

_SUSPECT = {
    Reason.SYSTEM_ERROR: "Look at the warnings of our server (maps, DNS, milters, transports).",
    Reason.SYSTEM_FULL: "Our server lacks room: free disk space, or raise the limit of the queue.",
    Reason.NETWORK_ERROR: "Our server could not reach what it needs: look at its warnings.",
    Reason.NOT_ACCEPTING_MAIL: "Our server took no mail at all: look at its warnings and its load.",
    Reason.ROUTING_LOOP: "Mail came back to us: look at our own routes, aliases and MX records.",
    Reason.MAILBOX_FULL: "A mailbox of ours is full: its owner must make room.",
    Reason.MAILBOX_DISABLED: "A mailbox of ours is disabled: check that this is intended.",
    Reason.TLS: "TLS with a client failed: check our certificate and the protocols that we allow.",
    Reason.UNKNOWN: "The text explains nothing: look at the examples.",
}
"""The failures that may be a mistake of ours, and what to look at."""

_TITLES = {
    Reason.SYSTEM_ERROR: "Error of our own server",
    Reason.SYSTEM_FULL: "Our own server is full",
}
"""The titles where "the receiving system" of the advice is ours."""


def own_title(reason: Reason) -> str:
    """Return the title of a failure of our own server.

    >>> own_title(Reason.SYSTEM_ERROR), own_title(Reason.GREYLISTED)
    ('Error of our own server', 'Greylisted')
    """
    return _TITLES.get(reason) or str(advice_for(reason).title)


def is_suspect(reason: Reason) -> bool:
    """Return whether an incoming refusal for this reason looks like a mistake of ours.

    >>> is_suspect(Reason.SYSTEM_FULL), is_suspect(Reason.IP_BLOCKED)
    (True, False)
    """
    return reason in _SUSPECT


def assessment(reason: Reason) -> str:
    """Return a sentence on an incoming refusal for this reason: as meant, or what to look at."""
    return _SUSPECT.get(reason, AS_MEANT)


def local_action(reason: Reason, advised: str) -> str:
    """Return what to do about local mail that failed: what to look at, or what is advised.

    >>> local_action(Reason.MAILBOX_FULL, "Wait."), local_action(Reason.GREYLISTED, "Wait.")
    ('A mailbox of ours is full: its owner must make room.', 'Wait.')
    """
    return _SUSPECT.get(reason, advised)
