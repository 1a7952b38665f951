r"""Return paths that carry more than an address: a tag that proves them, a recipient, a sender.

BATV (draft-levine-smtp-batv) and what servers use that came before it::

    batv = "prvs=" TAG "=" LOCAL "@" DOMAIN / "prvs=" LOCAL "/" TAG "@" DOMAIN
         / "btv1==" TAG "==" LOCAL "@" DOMAIN / "msprvs1=" TAG "=" LOCAL "@" DOMAIN

VERP (D. J. Bernstein's "Variable Envelope Return Paths"; Postfix's and Mailman's have "+")::

    verp = LIST ("+" / "-") [ NUMBER "-" ] LOCAL-OF-RCPT "=" DOMAIN-OF-RCPT "@" DOMAIN

SRS (the Sender Rewriting Scheme), as forwarders write it, and Exchange Online's form of it::

    srs  = "SRS0" SEP HASH "=" TIME "=" DOMAIN-OF-SENDER "=" LOCAL-OF-SENDER "@" DOMAIN
         / "SRS1" SEP HASH "=" HOST "=" SEP HASH "=" TIME "=" DOMAIN "=" LOCAL "@" DOMAIN
         / LOCAL "+SRS=" HASH "=" TIME "=" DOMAIN-OF-SENDER "=" LOCAL-OF-SENDER "@" DOMAIN
    SEP  = "=" / "+" / "-"
"""

from __future__ import annotations

import re

from smtpreply._support.lazy_pattern import lazy_pattern

_LONGEST = 1000

_DOMAIN = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}\.){1,10}[A-Za-z0-9-]{2,63}"
_BATV = lazy_pattern(
    r"(?:ms)?prvs1?=(?:[0-9A-Za-z]{6,20}=(?P<after>[^=/@]{1,64}(?:=[^/@]{1,200})?)|"
    r"(?P<before>[^=/@]{1,64})/[0-9A-Za-z]{6,20})@|"
    r"btv1==[0-9A-Za-z]{1,40}==(?P<barracuda>[^@]{1,200})@",
    re.IGNORECASE,
)
_SRS = lazy_pattern(
    r"(?:SRS0[=+-]|SRS1[=+-][^=@]{1,40}=[^=@]{1,255}=[=+-]|[^@]{1,64}\+SRS=)"
    rf"[^=@]{{1,40}}=[^=@]{{1,10}}=(?P<domain>{_DOMAIN})=(?P<local>[^@]{{1,200}})@",
    re.IGNORECASE,
)
# What precedes the recipient: a list's name, and what its program adds to it.
_VERP = lazy_pattern(
    r"(?P<list>[A-Za-z0-9][^=@+]{0,100}(?:\+|-(?:bounces?|owner|return|errors?|request)[-+]"
    r"(?:[0-9]{1,15}-)?))"
    rf"(?P<local>[^=@\s]{{1,100}})=(?P<domain>{_DOMAIN})@",
    re.IGNORECASE,
)


def original_sender(address: str) -> str:
    """Return the address that a tagged, a forwarder's or a list's return path was made from.

    Args:
        address: of the envelope, without brackets.

    Returns:
        The address itself where it carries nothing.

    >>> original_sender("prvs=2715f3a1b4=al@example.com")
    'al@example.com'
    >>> original_sender("SRS0=HHH=TT=example.com=al@forward.example.net")
    'al@example.com'
    >>> original_sender("news-bounces+bob=example.org@lists.example.com")
    'news-bounces@lists.example.com'
    """
    if len(address) > _LONGEST:
        return address
    if match := _BATV.match(address):
        local = match["after"] or match["before"] or match["barracuda"]
        return original_sender(f"{local}@{address[match.end() :]}")
    if match := _SRS.match(address):
        return f"{match['local']}@{match['domain']}"
    if match := _VERP.match(address):
        return f"{match['list'].rstrip('+-0123456789')}@{address[match.end() :]}"
    return address


def recipient_in(address: str) -> str | None:
    """Return the recipient that a list has written into its return path (VERP); None for none.

    >>> recipient_in("news-return-17-bob=example.org@lists.example.com")
    'bob@example.org'
    """
    match = _VERP.match(address) if len(address) <= _LONGEST else None
    return f"{match['local']}@{match['domain']}" if match else None
