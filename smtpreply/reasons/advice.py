"""`Advice` on a reason and who acts: ``data/advice.toml``, translated in ``data/<language>/``."""

from __future__ import annotations

import functools
from typing import Any

import attrs

from smtpreply._support import data
from smtpreply.catalog.messages import messages
from smtpreply.catalog.text import FALLBACK, Text, resolve
from smtpreply.reasons.taxonomy import Actor, Disposition, Reason


@attrs.frozen(kw_only=True)
class Advice:
    """The meaning of a reason and the advice for it. Its prose is `Text`, which knows its language.

    >>> advice = advice_for(Reason.MAILBOX_FULL)
    >>> advice.title, advice.actor.value, advice.suppress
    ('Mailbox full', 'recipient', False)

    Attributes:
        reason: the reason.
        title: a name, such as "Mailbox full".
        means: one sentence on what happened.
        action: what to do, and the actor does it.
        actor: who can change the outcome.
        suppress: whether the address should get no more mail, once it is certain.
        usual_class: 4 or 5, where only one of them is right for this reason.
    """

    reason: Reason
    title: Text
    means: Text
    action: Text
    actor: Actor
    suppress: bool
    usual_class: int | None
    _transient: Disposition
    _permanent: Disposition
    _bare: Disposition

    def disposition(self, digit: int | None) -> Disposition:
        """Return what the sending system does: after a 4yz, a 5yz, or words without a code.

        Args:
            digit: the first of the reply code; None where there is no code.

        >>> advice_for(Reason.MAILBOX_FULL).disposition(4).value
        'retry'
        """
        return {4: self._transient, 5: self._permanent}.get(digit or 0, self._bare)


def advice_for(reason: Reason, language: str = FALLBACK) -> Advice:
    """Return the advice on a reason, in English where a language has no words for it yet.

    Args:
        reason: the reason.
        language: one of `smtpreply.catalog.LANGUAGES`.

    Raises:
        UnknownLanguageError: the catalog does not speak the language.

    >>> advice_for(Reason.MAILBOX_FULL).actor.value
    'recipient'
    """
    return _advice(resolve(language))[reason]


def unproven_action(language: str = FALLBACK) -> Text:
    """Return what to do about an address that may be dead, in place of `Advice.action`.

    >>> unproven_action("de").language
    'de'
    """
    return messages(language).get("next_steps", "unproven_address")


def given_up_action(language: str = FALLBACK) -> Text:
    """Return what to do where waiting would have been enough, but the message was given up.

    >>> given_up_action("de").language
    'de'
    """
    return messages(language).get("next_steps", "given_up")


@functools.cache
def _advice(language: str) -> dict[Reason, Advice]:
    english = _tables(FALLBACK)
    translated = english if language == FALLBACK else _tables(language)
    return {
        Reason(key): _entry(Reason(key), table, translated.get(key, {}), language)
        for key, table in english.items()
    }


def _tables(language: str) -> data.Table:
    if language == FALLBACK:
        return data.read("reasons/data/advice")
    return data.find(f"reasons/data/{language}/advice") or {}


def _entry(reason: Reason, table: dict[str, Any], words: dict[str, Any], language: str) -> Advice:
    def text(key: str) -> Text:
        return Text(words[key], language) if key in words else Text(table[key])

    permanent = Disposition(table["permanent"])
    return Advice(
        reason=reason,
        title=text("title"),
        means=text("means"),
        action=text("action"),
        actor=Actor(table["actor"]),
        suppress=table.get("suppress", False),
        usual_class=table.get("usual_class"),
        transient=Disposition(table["transient"]),
        permanent=permanent,
        bare=Disposition(table.get("bare", permanent)),
    )
