"""Look up catalog entries by code, name or command."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import overload

from smtpreply.catalog import load
from smtpreply.catalog.advice import NEXT_STEP, RESPONSIBLE
from smtpreply.catalog.entries import (
    Entry,
    ReplyCodeEntry,
    Standing,
    State,
    StatusEntry,
)
from smtpreply.catalog.messages import Messages, messages
from smtpreply.catalog.text import FALLBACK, Text, resolve
from smtpreply.codes import EnhancedStatus, ReplyClass
from smtpreply.errors import ReplyError

Key = int | str | EnhancedStatus

_REPLY_CODE = re.compile(r"[0-9]{3}")
_STATUS = re.compile(r"([245X])\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")


class UnknownEntryError(ReplyError, KeyError):
    """The key is neither a code nor a name in the catalog.

    >>> try:
    ...     lookup("PLEASE")
    ... except UnknownEntryError as error:
    ...     error.key
    'PLEASE'

    Attributes:
        key: the key that was looked up.
    """

    def __init__(self, key: object) -> None:
        super().__init__(key)
        self.key = key

    def __str__(self) -> str:
        return (
            f"the catalog has no entry {self.key!r}: give a reply code (550), an enhanced "
            "status code (5.1.1, X.1.1), an EHLO keyword, a SASL mechanism or a command"
        )


@overload
def lookup(key: int, *, language: str = FALLBACK) -> ReplyCodeEntry: ...
@overload
def lookup(key: EnhancedStatus, *, language: str = FALLBACK) -> StatusEntry: ...
@overload
def lookup(key: Key, *, language: str = FALLBACK) -> Entry: ...
def lookup(key: Key, *, language: str = FALLBACK) -> Entry:
    """Look up a reply code, an enhanced status code, an EHLO keyword, a mechanism or a command.

    An unregistered code has an entry, too, which says so and explains its digits. A name with
    several meanings (AUTH, STARTTLS, HELP are keyword and command) is the keyword; `keyword`,
    `command` and `mechanism` distinguish them.

    Args:
        key: 550, "550", "5.1.1", an `EnhancedStatus`, "X.1.1", "STARTTLS", "scram-sha-256".
        language: of the prose, where it is translated.

    Raises:
        UnknownEntryError: it is none of these (a KeyError).
        UnknownLanguageError: the catalog does not speak that language (a ValueError).

    >>> lookup(550).title
    'Mailbox Unavailable'
    >>> lookup("5.7.1").standing.value
    'registered'
    """
    return _lookup(str(key), resolve(language))


@functools.lru_cache(maxsize=1024)
def _lookup(key: str, language: str) -> Entry:
    word = key.strip().upper()
    if _REPLY_CODE.fullmatch(word):
        return _reply_code(int(word), language)
    status = _STATUS.fullmatch(word)
    if status is not None:
        return _status(word, status, language)
    for entries in (load.keywords, load.commands, load.mechanisms):
        entry = entries(language).get(word)
        if entry is not None:
            return entry
    family = _family(load.mechanisms(language), word)
    if family is not None:
        return family
    raise UnknownEntryError(key)


def keyword(name: str, *, language: str = FALLBACK) -> Entry:
    """Look up an EHLO keyword, in any case.

    Args:
        name: the keyword, such as "SIZE".
        language: of the prose, where it is translated.

    Raises:
        UnknownEntryError: the catalog does not have it.
        UnknownLanguageError: the catalog does not speak that language.

    >>> keyword("size").key
    'SIZE'
    """
    return _named(load.keywords(resolve(language)), name)


def command(verb: str, *, language: str = FALLBACK) -> Entry:
    """Look up a command, in any case; CONNECT, DATA-END, AUTH-CONTINUE and ANY are some too.

    Args:
        verb: the command, such as "RCPT".
        language: of the prose, where it is translated.

    Raises:
        UnknownEntryError: the catalog does not have it.
        UnknownLanguageError: the catalog does not speak that language.

    >>> command("rcpt").key
    'RCPT'
    """
    return _named(load.commands(resolve(language)), verb)


def mechanism(name: str, *, language: str = FALLBACK) -> Entry:
    """Look up a SASL mechanism, in any case; one of a family has the family's entry.

    Args:
        name: the mechanism, such as "PLAIN".
        language: of the prose, where it is translated.

    Raises:
        UnknownEntryError: the catalog does not have it.
        UnknownLanguageError: the catalog does not speak that language.

    >>> mechanism("plain").key
    'PLAIN'
    """
    known = load.mechanisms(resolve(language))
    return _family(known, name.strip().upper()) or _named(known, name)


def codes(
    *,
    command: str | None = None,
    reply_class: ReplyClass | int | None = None,
    standing: Standing | str | None = None,
    language: str = FALLBACK,
) -> tuple[ReplyCodeEntry, ...]:
    """Return the reply codes of the catalog, in order; all of them, or those that fit.

    Args:
        command: only those that may answer this command.
        reply_class: only those of this class.
        standing: only those of this standing.
        language: of the prose, where it is translated.

    >>> [entry.code for entry in codes(command="QUIT", reply_class=2)]
    [221]
    """
    tongue = resolve(language)
    families = load.REPLY_FAMILIES if reply_class is None else (int(reply_class),)
    return tuple(
        entry
        for family in families
        for entry in load.reply_codes(family, tongue).values()
        if (command is None or command.upper() in entry.commands)
        and (standing is None or entry.standing == standing)
    )


def statuses(*, language: str = FALLBACK) -> tuple[StatusEntry, ...]:
    """Return the enhanced status codes: the registered details, then the providers' own codes.

    Args:
        language: of the prose, where it is translated.

    >>> [entry.key for entry in statuses()][:3]
    ['X.0.0', 'X.1.0', 'X.1.1']
    """
    tongue = resolve(language)
    return (*load.status_details(tongue).values(), *load.provider_statuses(tongue).values())


def everything(*, language: str = FALLBACK) -> tuple[Entry, ...]:
    """Return all entries: reply codes, enhanced codes, keywords, mechanisms, commands.

    Args:
        language: of the prose, where it is translated.

    >>> {"550", "X.1.1", "STARTTLS", "PLAIN", "RCPT"} <= {entry.key for entry in everything()}
    True
    """
    tongue = resolve(language)
    return (
        *codes(language=tongue),
        *statuses(language=tongue),
        *load.keywords(tongue).values(),
        *load.mechanisms(tongue).values(),
        *load.commands(tongue).values(),
    )


def _family(entries: Mapping[str, Entry], name: str) -> Entry | None:
    """Return the entry of the family that a mechanism without one of its own belongs to.

    IANA reserves SCRAM-, GS2- and the like for families; X- is private use.
    """
    prefix, dash, _ = name.partition("-")
    return entries.get(f"{prefix}-*") if dash and name not in entries else None


def _named(entries: Mapping[str, Entry], name: str) -> Entry:
    entry = entries.get(name.strip().upper())
    if entry is None:
        raise UnknownEntryError(name)
    return entry


def _reply_code(code: int, language: str) -> ReplyCodeEntry:
    family = code // 100
    known = load.reply_codes(family, language) if family in load.REPLY_FAMILIES else {}
    entry = known.get(code)
    if entry is None:
        if not 200 <= code <= 599:
            raise UnknownEntryError(code)
        entry = _unregistered_code(code, messages(language))
    return entry


def _unregistered_code(code: int, words: Messages) -> ReplyCodeEntry:
    digit = str(code // 100)
    description = words.get(
        "entry",
        "unregistered",
        code=code,
        **{"class": words.get("reply_class", digit)},
        meaning=words.get("reply_class_meaning", digit),
    )
    dotted = _without_dots(code)
    for key in dotted:
        title = _lookup(key, words.language).title
        hint = words.get("entry", "without_dots", status=key, title=title)
        description = Text(f"{description} {hint}", description.language)
    return ReplyCodeEntry(
        key=str(code),
        code=code,
        title=words.get("entry", "unregistered_title"),
        slug=f"{code}-unregistered",
        standing=Standing.UNREGISTERED,
        evidence=words.get("standing", Standing.UNREGISTERED),
        description=description,
        when=words.get("entry", "unregistered_when"),
        fix=load.general_fix(int(digit), words.language),
        advice=NEXT_STEP[int(digit)],
        actor=RESPONSIBLE[int(digit)],
        state=State.VARIES,
        related=dotted,
    )


def _without_dots(code: int) -> tuple[str, ...]:
    """Return the enhanced code that `code` may be without its dots, as 572 is 5.7.2; else none."""
    class_, subject, detail = tuple(str(code))
    known = class_ in "245" and f"X.{subject}.{detail}" in load.status_details(FALLBACK)
    return (f"{class_}.{subject}.{detail}",) if known else ()


def _status(key: str, match: re.Match[str], language: str) -> StatusEntry:
    class_, subject, detail = match.groups()
    general = load.status_details(language).get(f"X.{subject}.{detail}")
    if class_ == "X":
        if general is None:
            raise UnknownEntryError(key)
        return general
    status = EnhancedStatus(int(class_), int(subject), int(detail))
    return load.status_in_class(status, language) or _unregistered_status(
        status, messages(language), language
    )


def _unregistered_status(status: EnhancedStatus, words: Messages, language: str) -> StatusEntry:
    subject = load.status_subject(str(status.subject), language)
    subject_name = subject[0] if subject else words.get("status_subject", "other")
    return StatusEntry(
        key=str(status),
        title=words.get("entry", "unregistered_status_title"),
        slug=f"{str(status).replace('.', '-')}-unregistered",
        standing=Standing.UNREGISTERED,
        description=words.get(
            "entry",
            "unregistered_status",
            code=status,
            subject=subject_name,
            **{"class": words.get("status_class", str(status.class_))},
        ),
        status=status,
        class_title=None,
        class_description=None,
        subject_title=subject_name,
        subject_description=subject and subject[1],
        when=words.get("entry", "unregistered_when"),
        fix=load.general_fix(status.class_, language),
        advice=NEXT_STEP[status.class_],
        actor=RESPONSIBLE[status.class_],
    )
