"""Words on failures of our own server: what it refused, and what it could not deliver itself."""

from __future__ import annotations

from smtpreply.reasons import Reason, advice_for
from smtpreply.report.findings import ReasonCount

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


def title_and_action(row: ReasonCount, *, is_own: bool) -> tuple[str, str]:
    """Return the title of a failure, and what to do about it.

    Args:
        row: the reason and its counts.
        is_own: whether it is local mail that failed: then our own server is meant.

    >>> from collections import Counter
    >>> row = ReasonCount(
    ...     reason=Reason.MAILBOX_FULL, outcomes=Counter({"deferred": 1}), example="452 Full"
    ... )
    >>> title_and_action(row, is_own=True)
    ('Mailbox full', 'A mailbox of ours is full: its owner must make room.')
    """
    if not is_own:
        return str(row.advice.title), row.action
    return own_title(row.reason), _SUSPECT.get(row.reason, row.action)
