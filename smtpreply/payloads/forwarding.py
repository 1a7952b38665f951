"""`ForwardPath`: the new address of a recipient, from a 251 or a 551.

RFC 5321 3.4 and 4.2.3::

    251 User not local; will forward to <forward-path>
    551 User not local; please try <forward-path>

A client need not act on it, and should not without asking: RFC 5321 7.4.
"""

from __future__ import annotations

import re

import attrs

from smtpreply.reply.model import Reply

# RFC 5321 4.1.2:
#   Path         = "<" [ A-d-l ":" ] Mailbox ">"
#   A-d-l        = At-domain *( "," At-domain )
#   At-domain    = "@" Domain
#   Mailbox      = Local-part "@" ( Domain / address-literal )
#   Local-part   = Dot-string / Quoted-string
# RFC 6531 3.3 adds what is not ASCII to local part and domain.
_ATOM = r'[^\x00-\x20"(),:;<>@\[\\\]\x7f]+'
_DOMAIN = r'[^\x00-\x2c/:;<=>?@\[\\\]\x7f"]+'
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*"'
_MAILBOX = rf"({_ATOM}|{_QUOTED})@({_DOMAIN}|\[[0-9A-Za-z:.-]+\])"
_PATH = re.compile(rf"<(?:(@{_DOMAIN}(?:,@{_DOMAIN})*):)?{_MAILBOX}>")
_BARE_MAILBOX = re.compile(_MAILBOX)

# The words before it show which path is the new one: Sendmail says "551 5.1.6 <bob@...>... User
# has moved; please try <robert@...>", and "551 unable to relay to <bob@...>" names no new one.
_CUES = {
    251: re.compile(r"(?:^|[^A-Za-z])(?:to|try|via|forwarding|forwarded)[: ]*$", re.IGNORECASE),
    551: re.compile(
        r"(?:^|[^A-Za-z])(?:try|use|(?:moved|forward|forwarded|changed) to|now (?:at|is))[: ]*$",
        re.IGNORECASE,
    ),
}
_LONGEST_CUE = 32

_PUNCTUATION = ".,;:!?\"'()[]<>"


@attrs.frozen
class ForwardPath:
    """A forward path: RFC 5321 4.1.2.

    >>> from smtpreply import parse
    >>> forward_path_of(parse("551 User not local; please try <bob@example.org>")).domain
    'example.org'
    """

    local_part: str
    """What precedes the ``@``, quotes and all."""

    domain: str
    """The domain or address literal."""

    route: tuple[str, ...] = ()
    """The domains of a source route, which RFC 5321 (appendix C) wants ignored."""

    @property
    def mailbox(self) -> str:
        """The mailbox that the path leads to.

        >>> ForwardPath("bob", "example.org").mailbox
        'bob@example.org'
        """
        return f"{self.local_part}@{self.domain}"

    def __str__(self) -> str:
        route = ",".join(f"@{domain}" for domain in self.route)
        return f"<{route}:{self.mailbox}>" if route else f"<{self.mailbox}>"


def forward_path_of(reply: Reply) -> ForwardPath | None:
    r"""Return the path that a 251 or a 551 names: RFC 5321 3.4.

    It is in angle brackets, or bare as some servers write it, after "try", "forward to" and
    the like: a path in another place is the one that was asked for.

    Args:
        reply: the reply to RCPT, or to VRFY.

    Returns:
        None for other codes, and where no path is named.

    >>> from smtpreply import parse
    >>> str(forward_path_of(parse("551 User not local; please try <bob@example.org>\r\n")))
    '<bob@example.org>'
    """
    cue = _CUES.get(reply.code)
    if cue is None:
        return None
    text = " ".join(reply.lines)
    for match in _PATH.finditer(text):
        if _follows(cue, text, match.start()):
            route = match[1].replace("@", "").split(",") if match[1] else ()
            return ForwardPath(match[2], match[3], tuple(route))
    return _bare_path(cue, text)


def _bare_path(cue: re.Pattern[str], text: str) -> ForwardPath | None:
    position = 0
    for word in text.split(" "):
        match = _BARE_MAILBOX.fullmatch(word.strip(_PUNCTUATION))
        if match is not None and not word.startswith("<") and _follows(cue, text, position):
            return ForwardPath(match[1], match[2].rstrip("."))
        position += len(word) + 1
    return None


def _follows(cue: re.Pattern[str], text: str, position: int) -> bool:
    return cue.search(text[max(0, position - _LONGEST_CUE) : position]) is not None
