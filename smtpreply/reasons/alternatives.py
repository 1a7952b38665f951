"""Texts that name two reasons and leave open which it is: "User unknown or mailbox full"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from smtpreply._support.lazy_pattern import lazy_pattern
from smtpreply._support.needled_pattern import NeedledPattern

Span = tuple[int, int]

# "or" in the languages of the rules. Dutch "of" and Polish "i" are other words elsewhere, and
# "or" in "example.or.jp" is a part of a name.
_OR = re.compile(
    r"(?<![\w.-])(?:and/or|or|oder|ou|o|или|lub|albo|veya|either)(?![\w-]|\.\w)"
    r"|或(?:者)?|または|又は|또는",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;](?=\s|\Z)|[\r\n]+(?![2-5][0-9][0-9][- ])")

# What is no fault of a recipient's address: the account of who sends, its greeting, encryption, the
# content, a relay, a look-up that failed. In an address or a host name these are nobody's words.
_OTHER_CAUSE = NeedledPattern(
    lazy_pattern(
        r"(?<![\w.@+-])(?:log[ -]?[io]n|sign in|passwords?"
        r"|credentials?|helo|ehlo|starttls|(?:un)?authenticat(?:ed?|ion)|spam|scores?|reputation|policy"
        r"|resolver|dns servers?|relay(?:ing)? (?:access )?(?:denied|prohibited|not|is)"
        r"|not relay|unable to relay|look-?up (?:has )?fail(?:ed|ure)|fail(?:ed)? (?:to )?look ?up"
        r"|(?:ldap|sql|database|directory|backend) (?:[\w-]{1,20} )?(?:failed|failure|error|down"
        r"|unavailable))(?![\w@+=-]|\.\w)",
        re.IGNORECASE,
    ),
    (
        *("login", "logon", "log in", "log on", "log-in", "log-on", "sign in", "password"),
        *("credential", "helo", "ehlo", "starttls", "authenticat", "spam", "score", "reputation"),
        *("policy", "resolver", "dns server", "relay", "lookup", "look up", "look-up"),
        *("ldap", "sql", "database", "directory", "backend"),
    ),
)
# The client, its account or its host. Other languages' words are in ``data/doubts.toml``: there,
# "your" and the forms of "send" make no difference.
_OF_CLIENT = NeedledPattern(
    lazy_pattern(
        r"(?<![\w.@+-])(?:your (?:[\w-]{1,20} )?(?:accounts?|mailbox|user|username|host|ip|server"
        r"|domain)"
        r"|sending (?:account|user|mailbox|address|host|server)|sends? (?:mails? |messages? )?from"
        r"|sending (?:\w{1,20} )?(?:from|not|is|disabled|suspended|prohibited)"
        r"|(?:for|from) sending|client account"
        r"|(?:can ?not|can't|may not|unable to|not allowed to) send|used to send"
        r"|(?:that|who|which|we) (?:have |has |did not |didn't |never )?(?:sent|sends?|is sending)"
        r"|you (?:have )?sent (?:too|many|spam))(?![\w@+=-]|\.\w)",
        re.IGNORECASE,
    ),
    ("your ", "send", "sent", "client account"),
)
# Many recipients, of a client that guesses addresses or returns forged mail.
_OF_MANY = NeedledPattern(
    lazy_pattern(
        r"\b(?:to|of|for) (?:[\w-]{1,20} ){0,2}(?:unknown|non-?existent|invalid|inexistent)"
        r" (?:users|recipients|addresses|mailboxes|accounts)\b"
        r"|\b(?:many|several) (?:[\w-]{1,20} ){0,2}"
        r"(?:users|recipients|addresses|mailboxes|accounts)\b"
        r"|\b(?:users|recipients|addresses|mailboxes|accounts)"
        r" (?:that|which|who) (?:do|did) ?n[o']t\b",
        re.IGNORECASE,
    ),
    ("users", "recipients", "addresses", "mailboxes", "accounts"),
)
_SUPPOSED = NeedledPattern(
    lazy_pattern(
        r"\b(?:may|might|could) (?:not (?:have |be )?)?"
        r"(?:contain|exist|been|a valid|valid|unknown)\b"
        r"|\b(?:may|might) (?:be|have been) (?:disabled|suspended|inactive|closed|deleted|full"
        r"|invalid|unknown|unavailable)\b",
        re.IGNORECASE,
    ),
    ("may ", "might ", "could "),
)
_NEGATION = re.compile(
    r"(?:\bnot|n't|\bnicht|\bkeine?)\s(?:an?\s|the\s)?['\"(]{0,2}\Z", re.IGNORECASE
)
_LONGEST_NEGATION = 16


def names_other_cause(text: str) -> bool:
    """Return whether a text names a cause that is no fault of a recipient's address."""
    patterns = (_OTHER_CAUSE, _OF_CLIENT, _OF_MANY, _SUPPOSED)
    return any(pattern.search(text) is not None for pattern in patterns)


def is_negated(text: str, start: int) -> bool:
    """Return whether the words that begin at a place are denied: "not a 'user unknown' error"."""
    return _NEGATION.search(text[max(0, start - _LONGEST_NEGATION) : start]) is not None


def leaves_open(text: str, spans: Iterable[Span], agrees: Callable[[str], bool]) -> bool:
    """Return whether the clause of the words that decided names an alternative to them.

    An "or" within a run of these words is part of the phrase ("host or domain name not found").
    Any other leaves the reason open, unless both sides of it say the same.

    Args:
        text: the text.
        spans: where the words that decided are.
        agrees: whether a part of the text says the same as they do.
    """
    runs = list(spans)
    first, last = _clause(text, runs[0][0], runs[-1][1])
    parts = []
    for match in _OR.finditer(text, first, last):
        before = text[first : match.start()]
        # Nothing is an alternative to nothing: "O usuário" begins with an article.
        if any(map(str.isalpha, before)) and not any(
            start <= match.start() < end for start, end in runs
        ):
            parts.append(before)
            first = match.end()
    if not parts:
        return False
    parts.append(text[first:last])
    return not all(map(agrees, parts))


def _clause(text: str, start: int, end: int) -> Span:
    first = 0
    for match in _CLAUSE_END.finditer(text, 0, start):
        first = match.end()
    behind = _CLAUSE_END.search(text, end)
    return first, len(text) if behind is None else behind.start()
