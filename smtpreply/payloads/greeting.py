"""The server's domain, from its 220 greeting and its 221 or 421 closing reply.

RFC 5321 4.2 and 4.2.3::

    Greeting = "220" SP ( Domain / address-literal ) [ SP textstring ] CRLF   ; or more lines
    221 <domain> Service closing transmission channel
    421 <domain> Service not available, closing transmission channel

The grammar asks for the domain, yet many servers say something else ("220 Welcome to ..."), so a
word is taken for a domain only where it looks like one.
"""

from __future__ import annotations

import re

import attrs

from smtpreply.reply.model import Reply

__all__ = ["Greeting", "closing_domain_of", "greeting_of"]

GREETING = 220
CLOSINGS = frozenset({221, 421})

# RFC 5321 4.1.2:
#   Domain     = sub-domain *("." sub-domain)
#   sub-domain = Let-dig [Ldh-str]
# Names of Windows hosts have underscores, and a root dot may end a name. The last label begins
# with a letter, as all top-level domains do: "4.9.6" is a version.
_LABEL = "[0-9A-Za-z_-]+"
_DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z][0-9A-Za-z-]*\.?|[Ll]ocalhost"
# RFC 5321 4.1.3:
#   address-literal = "[" ( IPv4-address-literal / IPv6-address-literal ) "]"
_LITERAL = r"\[(?:[Ii][Pp][Vv]6:)?[0-9A-Fa-f:.]+\]"
# Routers and appliances that have no name give an address without its brackets.
_BARE_ADDRESS = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"

# A no-break space was in a banner that slimta's users met.
_BLANKS = "[ \t\xa0]"
_WORD_END = f"(?:{_BLANKS}+|$)"
_OPENING = re.compile(rf"({_DOMAIN}|{_LITERAL}|{_BARE_ADDRESS}){_WORD_END}")
# A domain of one label is known by what follows: "220 mx ESMTP Postfix", "220 EXCH01 Microsoft
# ESMTP MAIL Service ready". Without that it is prose: "220 Welcome".
_SHORT_OPENING = re.compile(
    rf"({_LABEL}){_BLANKS}+((?:Microsoft{_BLANKS}+)?(?:E?SMTP|LMTP)(?:[^0-9A-Za-z].*)?$)",
    re.IGNORECASE | re.DOTALL,
)
_PROTOCOLS = frozenset({"SMTP", "ESMTP", "LMTP"})

# A 421 is often about the client, and then an address is the client's: "421 192.0.2.1 is listed".
# Exim and others end the domain with a colon: "421 mx.example.com: SMTP command timeout".
_UNAVAILABLE = re.compile(rf"({_DOMAIN}):?{_WORD_END}")
_CLOSING = re.compile(rf"({_DOMAIN}|{_LITERAL}):?{_WORD_END}")


@attrs.frozen
class Greeting:
    """The reply with which a server opens a session: RFC 5321 4.2.

    >>> from smtpreply import parse
    >>> greeting_of(parse("220 mx.example.com ESMTP Postfix")).domain
    'mx.example.com'
    """

    domain: str | None
    """The domain or address literal, as sent; None where the first word is neither."""

    text: str
    r"""All the rest, lines joined with ``\n``: the software, the time, rules of use."""


def greeting_of(reply: Reply) -> Greeting | None:
    r"""Return domain and text of the reply that opens a session.

    Args:
        reply: the first reply on a connection.

    Returns:
        None where it is no greeting: its code is not 220, or it carries an enhanced status, as the
        220 to STARTTLS does and a greeting never may (RFC 2034 4).

    >>> from smtpreply import parse
    >>> greeting_of(parse("220 mx.example.com ESMTP Postfix\r\n"))
    Greeting(domain='mx.example.com', text='ESMTP Postfix')
    """
    if reply.code != GREETING or reply.enhanced is not None:
        return None
    first, *others = reply.textstrings
    domain, rest = _opening(first)
    return Greeting(domain, "\n".join([rest, *others]))


def closing_domain_of(reply: Reply) -> str | None:
    r"""Return the domain with which a 221 or a 421 begins: RFC 5321 4.2.3.

    Args:
        reply: the last reply on a connection.

    Returns:
        None for other codes, and where the text begins with something else ("221 2.0.0 Bye"). The
        address with which many a 421 begins is the client's, and not given.

    >>> from smtpreply import parse
    >>> closing_domain_of(parse("421 4.4.2 mx.example.com Error: timeout exceeded\r\n"))
    'mx.example.com'
    """
    if reply.code not in CLOSINGS:
        return None
    pattern = _UNAVAILABLE if reply.is_transient else _CLOSING
    match = pattern.match(reply.lines[0])
    return match[1] if match else None


def _opening(text: str) -> tuple[str | None, str]:
    match = _OPENING.match(text)
    if match is not None:
        return match[1], text[match.end() :]
    short = _SHORT_OPENING.match(text)
    if short is not None and short[1].upper() not in _PROTOCOLS:
        return short[1], short[2]
    return None, text
