r"""Texts and objects that hold a reply for each of several recipients.

RCPT is answered once for each recipient, so libraries report refusals together::

    {'ann@example.org': (550, b'5.1.1 No such user'), 'bob@example.org': (452, b'Full')}
    [SMTPRecipientRefused(550, '5.1.1 No such user', 'ann@example.org'), ...]
    ann@example.org: 550 5.1.1 No such user, bob@example.org: 452 Full
    ann@example.org: 5.1.1 No such user, bob@example.org: 4.2.2 Full
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from smtpreply.codes import ENHANCED_STATUS
from smtpreply.reply.literals import QUOTED, unescaped

_LOCAL, _DOMAIN = r"[^\s<>()\[\]\"',:;={}@]{1,64}", r"[^\s<>()\[\]\"',:;={}@]{1,255}"
_ADDRESS = rf"(?:\A|(?<=[\s<>()\[\]\"',:;={{}}]))({_LOCAL}@{_DOMAIN})"
# The address, and the code next to it: "'a@x': (550, ", "<a@x>: 550 ", '"a@x" => "550 '. PHPMailer
# has a status alone: "a@x: 5.1.1 ".
_BEFORE_CODE = re.compile(
    rf"{_ADDRESS}[>'\"\])]{{0,2}}[ \t]{{0,3}}(?:=>|->|[:=,]|[-\u2013\u2014])?[ \t]{{0,3}}"
    rf"[(\[]?b?['\"]?(?P<code>[2-5][0-9][0-9]|{ENHANCED_STATUS})(?=[- ,;'\")\]}}\r\n]|\Z)"
)
# The code and the text as Python prints a pair of them: (550, b'5.1.1 No such user').
_PAIR = re.compile(rf"([2-5][0-9][0-9]), (b?){QUOTED}", re.DOTALL)
# aiosmtplib has the address last: SMTPRecipientRefused(550, '5.1.1 No such user', 'a@x').
_REFUSED = re.compile(
    rf"\bSMTPRecipientRefused\({_PAIR.pattern}, ['\"]({_LOCAL}@{_DOMAIN})['\"]\)", re.DOTALL
)

# JavaMail nests an exception for each recipient, whose address only the server may name.
_NESTED = "SMTPAddressFailedException: "
_NAMED_FIRST = re.compile(
    rf"[2-5][0-9][0-9][- ](?:{ENHANCED_STATUS}[ ])?<?(?P<address>{_LOCAL}@{_DOMAIN})"
)


def recipients_in(text: str) -> dict[str, str]:
    """Return the part of a text that reports each recipient's reply; empty where it names none.

    >>> recipients_in("ann@example.org: 550 5.1.1 No, bob@example.org: 452 Full")
    {'ann@example.org': '550 5.1.1 No', 'bob@example.org': '452 Full'}
    """
    if "@" not in text:
        return {}
    if _NESTED in text:
        return dict(_nested(text))
    return {match[5]: _response(match) for match in _REFUSED.finditer(text)} or dict(_parts(text))


def names_several(text: str) -> bool:
    """Return whether a text holds replies to more than one recipient."""
    # Most texts name one address, or none.
    return text.count("@") > 1 and len(recipients_in(text)) > 1


def _parts(text: str) -> Iterator[tuple[str, str]]:
    matches = [each for each in _BEFORE_CODE.finditer(text) if not _is_sender(text, each.start(1))]
    for number, match in enumerate(matches):
        pair = _PAIR.match(text, match.start("code"))
        if pair is not None:
            yield match[1], _response(pair)
        else:
            last = number + 1 == len(matches)
            end = len(text) if last else matches[number + 1].start(1)
            yield match[1], text[match.start("code") : end].strip(" \t\r\n,;{}()[]'\"<")


def _nested(text: str) -> Iterator[tuple[str, str]]:
    for piece in text.split(_NESTED)[1:]:
        reply = piece.partition("nested exception is")[0].strip(" \t\r\n;")
        named = _NAMED_FIRST.match(reply)
        if named is not None and "sender" not in reply.lower():
            yield named["address"].rstrip("."), reply


def _is_sender(text: str, at: int) -> bool:
    """Return whether an address is in "MAIL FROM:<ann@example.org>:550 ..."."""
    return text[max(0, at - len("FROM: <")) : at].upper().rstrip("< ").endswith("FROM:")


def _response(pair: re.Match[str]) -> str:
    """Return code and text of a printed pair, as a server sends them."""
    return f"{pair[1]} {unescaped(pair[3] or pair[4] or '', octets=bool(pair[2]))}"
