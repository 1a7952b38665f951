"""Whom a failure is about: the recipient, another address or host, or our own server."""

from __future__ import annotations

import re
from collections.abc import Iterable

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.reasons.normalize import LONGEST
from smtpreply.reasons.taxonomy import Reason
from smtpreply.reasons.verdict import Verdict

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
# (Name server: example.org.: host not found)" (Sendmail), "Domain example.org not found", "host
# mx.example.org not found", "example.org: domain not found".
_IS_NOT = r"(?:(?:is |was |could )?not\b|(?:is )?unknown\b|does(?: not|n't)\b|can ?not\b)"
_NOT_FOUND = lazy_pattern(
    r"(?:\bname=|\bname server: |\blookup (?:for|of) (?:host )?|\blook up host |\bdomain )"
    r"[\"'<]?((?:[\w-]{1,63}\.){1,60}[\w-]{0,63})"
    rf"|\bhost(?:name)? [\"'<]?((?:[\w-]{{1,63}}\.){{1,60}}[\w-]{{0,63}})[\"'>]?:? {_IS_NOT}"
    # No number, such as a status.
    r"|(?<![\w.-])((?:[\w-]{1,63}\.){1,60}[a-z][\w-]{1,62}\.?)[\"'>)]{0,2}:? "
    rf"(?:host|domain)(?: name)? {_IS_NOT}",
    re.IGNORECASE,
)
# Where no server was asked: Exim, where no router takes the address (route.c), and Postfix, of a
# domain of its own (resolve.c, smtpd_check.c). Each may be a fault of its configuration. And what
# Sendmail calls any 550, 551 and 553 to RCPT (usersmtp.c, smtprcptstat), such as that of a block
# list, and what its own tables do not know.
_OF_OWN_TABLES = lazy_pattern(
    r"\s{0,9}(?:unrouteable address\b|user unknown(?: in [a-z ]{1,30} table\b|\s{0,9}\Z))",
    re.IGNORECASE,
)


def is_of_own_tables(text: str) -> bool:
    """Return whether a diagnostic says no more than that our own server knows no such address.

    It may be that its tables do not have it, that it has no route, or that it says so of what
    another server has refused in words that are not logged.

    Args:
        text: the words of an MTA, where no server spoke.

    >>> is_of_own_tables("User unknown in virtual alias table")
    True
    """
    return _OF_OWN_TABLES.match(text) is not None


def verdict_for(
    verdict: Verdict,
    recipients: Iterable[str | None],
    relay: str | None = None,
    *,
    is_of_several: bool = False,
) -> Verdict:
    """Return a verdict as one on a recipient, which does not suppress where another may be meant.

    Args:
        verdict: the verdict on what was answered.
        recipients: the recipient, and then what is known of it before aliases were followed.
        relay: as for `misses_another`.
        is_of_several: whether the one answer is about several recipients. Then it suppresses only
            whom it names.

    >>> from smtpreply import classify
    >>> verdict = classify("550 5.1.1 <ann@example.com>: User unknown")
    >>> verdict_for(verdict, ["bob@example.org"]).suppress
    False
    """
    # What is cheap to know is asked first: most verdicts are on other reasons.
    if not verdict.advice.suppress:
        return verdict
    own = [each and _bare(each) for each in recipients]
    if not (
        refuses_another(verdict.text, own)
        or (verdict.reason is Reason.UNKNOWN_DOMAIN and misses_another(verdict.text, own[0], relay))
        or (is_of_several and not _refuses_one_of(verdict.text, own))
    ):
        return verdict
    return verdict.as_soft() if verdict.suppress else verdict


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
    named = _refused_in(text)
    own = _mailboxes(recipients) if named else named
    return bool(own) and own.isdisjoint(named)


def names_target(text: str) -> bool:
    """Return whether a text names an address that is refused, or a host that was not found.

    Only then does the verdict on it depend on the recipient: see `verdict_for`.

    Args:
        text: the reply or the diagnostic.

    >>> names_target("550 5.1.1 bob@example.org is unknown"), names_target("550 5.1.1 No such user")
    (True, False)
    """
    return bool(_refused_in(text)) or _NOT_FOUND.search(text[:LONGEST]) is not None


def _refuses_one_of(text: str, recipients: Iterable[str | None]) -> bool:
    return not _mailboxes(recipients).isdisjoint(_refused_in(text))


def _refused_in(text: str) -> set[str]:
    """Return the mailboxes that a text names as refused."""
    if "@" not in text:
        return set()
    found = _REFUSED.finditer(text[:LONGEST])
    return {_mailbox(match[match.lastindex]) for match in found if match.lastindex}


def _mailboxes(addresses: Iterable[str | None]) -> set[str]:
    return {_mailbox(address) for address in addresses if address and "@" in address}


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
    found = _NOT_FOUND.finditer(text[:LONGEST])
    named = {_domain(match[match.lastindex]) for match in found if match.lastindex}
    if not named and relay is not None:
        named = {_domain(relay)}
    return bool(named) and not any(f".{domain}".endswith(f".{name}") for name in named)


def _bare(address: str) -> str:
    """Return the address in "Bob <bob@example.org>", as callers of smtplib name recipients."""
    return address.rpartition("<")[2].partition(">")[0] if "<" in address else address


def _mailbox(address: str) -> str:
    """Return an address without its detail ("bob+news@example.org": RFC 5233), in small letters."""
    local, _, domain = address.rpartition("@")
    name = local.partition("+")[0]
    return f"{name or local}@{_domain(domain)}".lower()


def _domain(name: str) -> str:
    return name.rstrip(".").lower()
