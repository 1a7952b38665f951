"""Assessments of refusals by our own server: nothing to do, or a look at our configuration."""

from __future__ import annotations

from smtpreply.reasons import Reason

AS_MEANT = "Refused by policy: working as meant."

_SUSPECT = {
    Reason.SYSTEM_ERROR: "Our server could not decide: look at its warnings (maps, DNS, milters).",
    Reason.SYSTEM_FULL: "Our server lacks room: free disk space, or raise the limit of the queue.",
    Reason.NETWORK_ERROR: "Our server could not reach what it needs: look at its warnings.",
    Reason.NOT_ACCEPTING_MAIL: "Our server took no mail at all: look at its warnings and its load.",
    Reason.ROUTING_LOOP: "Mail came back to us: look at our own routes, aliases and MX records.",
    Reason.MAILBOX_FULL: "A mailbox of ours is full: its owner must make room.",
    Reason.MAILBOX_DISABLED: "A mailbox of ours is disabled: check that this is intended.",
    Reason.TLS: "TLS with a client failed: check our certificate and the protocols that we allow.",
    Reason.UNKNOWN: "The text explains nothing: look at the examples.",
}
"""The refusals that may be a mistake of ours, and what to look at."""


def is_suspect(reason: Reason) -> bool:
    """Return whether an incoming refusal for this reason looks like a mistake of ours.

    >>> is_suspect(Reason.SYSTEM_FULL), is_suspect(Reason.IP_BLOCKED)
    (True, False)
    """
    return reason in _SUSPECT


def assessment(reason: Reason) -> str:
    """Return a sentence on an incoming refusal for this reason: as meant, or what to look at."""
    return _SUSPECT.get(reason, AS_MEANT)
