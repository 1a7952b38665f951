r"""The replies of a session that decide what becomes of a message: `session_in`, `decisive`.

A greeting, the answer to EHLO or a 250 to MAIL only lets a session go on. A message is accepted by
the reply to the end of its data, and refused by any reply from the greeting on (RFC 5321 3.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply.dialogue.transcript import Exchange, read_transcript
from smtpreply.stage import Stage

_LONGEST = 1 << 18  # characters of a text in which a session is looked for
# Shows that a text may be a session: its first commands, a greeting, or the go-ahead for a message.
_OF_A_SESSION = lazy_pattern(
    r"\b(?:(?:EHLO|HELO|LHLO) |MAIL FROM:|RCPT TO:)|(?<![0-9])(?:220|354)[ -]", re.IGNORECASE
)
# A refused EHLO is tried as HELO, STARTTLS may be done without, and at QUIT all is over.
_MAY_GO_ON = (Stage.EHLO, Stage.STARTTLS, Stage.QUIT)
_GO_AHEAD = 354


def session_in(text: str) -> tuple[Exchange, ...]:
    r"""Return the replies of the session that a text is; none where it is no session.

    A session has commands and several replies, and from the first reply on most lines are of its
    two sides. Where all replies are positive, it may also have a greeting alone, or one reply:
    around a refusal there may be more to read than a session.

    >>> text = "S: 220 mx.example.org ESMTP\nC: MAIL FROM:<al@example.com>\nS: 550 No"
    >>> [exchange.reply.code for exchange in session_in(text)]
    [220, 550]
    >>> session_in("550-5.1.1 No such\n550 5.1.1 user")
    ()
    """
    if "\n" not in text or _OF_A_SESSION.search(text, 0, _LONGEST) is None:
        return ()
    lines = text[:_LONGEST].split("\n")
    transcript = read_transcript(lines)
    found = transcript.exchanges
    if not found:
        return ()
    first = found[0].line
    of_nobody = sum(skipped.line > first for skipped in transcript.skipped)
    if 2 * of_nobody > sum(map(bool, map(str.strip, lines[first - 1 :]))):
        return ()
    has_commands = any(exchange.command for exchange in found)
    if any(exchange.reply.code >= 400 for exchange in found):
        return found if has_commands and len(found) > 1 else ()
    return found if has_commands or found[0].stage is Stage.CONNECT else ()


def decisive(session: Iterable[Exchange]) -> dict[str | None, Exchange]:
    """Return the reply that decides for each recipient, or for None where none is named.

    That is the last refusal or, at the end of data, acceptance. Where there is neither, it is a
    reply that decides nothing, and whose stage says so.

    >>> lines = ["C: RCPT TO:<bob@example.org>", "S: 550 5.1.1 No", "C: QUIT", "S: 221 Bye"]
    >>> found = decisive(read_transcript(lines).exchanges)
    >>> {recipient: str(exchange.reply) for recipient, exchange in found.items()}
    {'bob@example.org': '550 5.1.1 No'}
    """
    decided: dict[str | None, Exchange] = {}
    others: list[Exchange] = []
    before: Exchange | None = None
    for given in session:
        exchange = given
        if before is not None and before.reply.code == _GO_AHEAD and exchange.stage is None:
            exchange = attrs.evolve(exchange, stage=Stage.END_OF_DATA)
        before = exchange
        if _decides(exchange):
            for recipient in exchange.recipients or (None,):
                decided.pop(recipient, None)  # so that the last decision is the last entry
                decided[recipient] = exchange
        else:
            others.append(exchange)
    if len(decided) > 1 and None in decided and not _is_last_word(decided):
        del decided[None]
    if not decided and others:
        decided[None] = _last_of(others)
    return decided


def _decides(exchange: Exchange) -> bool:
    if exchange.reply.code < 300:
        return exchange.stage is Stage.END_OF_DATA
    if exchange.reply.code < 400 or exchange.stage in _MAY_GO_ON:
        return False
    return exchange.stage is not None or exchange.command is None  # no answer to VRFY or RSET


def _is_last_word(decided: dict[str | None, Exchange]) -> bool:
    """Return whether what was said to nobody by name is about others than those that are named.

    A refused login may be tried again, and DATA is refused where all recipients were.
    """
    return next(reversed(decided)) is None and decided[None].stage is not Stage.DATA


def _last_of(others: list[Exchange]) -> Exchange:
    """Return the last refusal, or else the last reply whose stage is known, before that to QUIT."""
    for wanted in (
        [each for each in others if each.reply.code >= 400],
        [each for each in others if each.stage not in (None, Stage.QUIT)],
    ):
        if wanted:
            return wanted[-1]
    return others[-1]
