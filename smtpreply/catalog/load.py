"""Load catalog entries from the data files.

English is in ``data/``, a translation of the same file in ``data/<language>/`` with the same
tables and only the keys that it translates. TOML for both: an administrator can read it, a
translator needs no tool, and a string that is missing falls back by itself. (Gettext's catalogs
are made for short strings that are their own keys; a comma corrected in an English paragraph would
orphan seven translations.)
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import attrs

from smtpreply.catalog.advice import NEXT_STEP, RESPONSIBLE
from smtpreply.catalog.entries import (
    Check,
    CommandEntry,
    Example,
    Fix,
    KeywordEntry,
    Meaning,
    MechanismEntry,
    NextStep,
    PasswordHidden,
    Practice,
    ProviderMeaning,
    Reference,
    ReplyCodeEntry,
    ResponsibleParty,
    Standing,
    State,
    StatusEntry,
    WildMeaning,
)
from smtpreply.catalog.messages import messages
from smtpreply.catalog.tables import read
from smtpreply.catalog.text import FALLBACK, Text
from smtpreply.codes import EnhancedStatus

Table = Mapping[str, Any]
Entries = Mapping[str, "Table"]

REPLY_FAMILIES = (1, 2, 3, 4, 5)


class _Fields(dict[str, Any]):
    """The fields of an entry; the error for one that is missing names the file and the entry."""

    def __init__(self, table: Table, place: str) -> None:
        super().__init__(table)
        self._place = place

    def __missing__(self, key: str) -> Any:
        raise KeyError(f"{self._place} lacks the key {key!r}")


class _Prose:
    """The prose of one table, translated where it can be."""

    def __init__(self, english: Table, translated: Table, language: str) -> None:
        self.english = english
        self.translated = translated
        self.language = language

    def get(self, key: str) -> Text | None:
        if key in self.translated:
            return Text(self.translated[key], self.language)
        return Text(self.english[key]) if key in self.english else None

    def __getitem__(self, key: str) -> Text:
        text = self.get(key)
        return Text(self.english[key]) if text is None else text

    def table(self, key: str) -> _Prose:
        return _Prose(self.english.get(key, {}), self.translated.get(key, {}), self.language)

    def rows(self, key: str) -> list[tuple[Table, _Prose]]:
        """Return the rows of an array of tables; a translation has them in the same order."""
        english = self.english.get(key, [])
        translated = self.translated.get(key, [])
        if len(translated) != len(english):
            translated = [{}] * len(english)
        return [
            (row, _Prose(row, words, self.language))
            for row, words in zip(english, translated, strict=True)
        ]


def _tables(name: str, language: str) -> list[tuple[str, Table, _Prose]]:
    translated = {} if language == FALLBACK else read(f"{language}/{name}")
    rows = [(key, _Fields(table, f"{name}: [{key}]")) for key, table in read(name).items()]
    return [(key, row, _Prose(row, translated.get(key, {}), language)) for key, row in rows]


@functools.cache
def reply_codes(family: int, language: str) -> dict[int, ReplyCodeEntry]:
    """Return the reply codes that begin with the digit `family`."""
    return {
        int(key): _reply_code(key, table, prose)
        for key, table, prose in sorted(
            _tables(f"replies-{family}xx", language), key=lambda row: int(row[0])
        )
    }


def _reply_code(key: str, table: Table, prose: _Prose) -> ReplyCodeEntry:
    return ReplyCodeEntry(
        **_common(key, table, prose),
        code=int(key),
        evidence=prose["evidence"],
        official_text=table.get("official_text"),
        official_source=table.get("official_source"),
        commands=tuple(table["commands"]),
        sent_when=prose["sent_when"],
        client_next=prose["client_next"],
        when=prose["when"],
        fix=_fix(prose),
        advice=NextStep(table["advice"]),
        actor=ResponsibleParty(table["actor"]),
        state=State(table["state"]),
        text_parsed=table.get("text_parsed", False),
        multiline=table.get("multiline", False),
        enhanced=tuple(table["enhanced"]),
        dialogue=table["dialogue"].strip("\n"),
        meanings=tuple(
            Meaning(row["command"], words["text"]) for row, words in prose.rows("meaning")
        ),
        wild=tuple(WildMeaning(words["text"], row["seen"]) for row, words in prose.rows("wild")),
        examples=tuple(Example(row["server"], row["text"]) for row, _ in prose.rows("example")),
    )


@functools.cache
def status_details(language: str) -> dict[str, StatusEntry]:
    """Return the registered details, "X.0.0" to the last."""
    return {
        key: _status_detail(key, table, prose, language)
        for key, (table, prose) in _status_tables("enhanced", language).items()
    }


@functools.cache
def provider_statuses(language: str) -> dict[str, StatusEntry]:
    """Return the codes that only providers define, such as "5.7.509"."""
    return {
        key: _status_in_class(_status_detail(key, table, prose, language), key, table, prose)
        for key, (table, prose) in _status_tables("providers", language).items()
    }


def status_in_class(status: EnhancedStatus, language: str) -> StatusEntry | None:
    """Return the entry of a concrete code, its provider's or its registered detail's, or None."""
    key = str(status)
    for name, entries, candidate in (
        ("providers", provider_statuses(language), key),
        ("providers", provider_statuses(language), _range_of(status)),
        ("enhanced", status_details(language), f"X{key[1:]}"),
    ):
        if candidate in entries:
            table, prose = _status_tables(name, language)[candidate]
            return _status_in_class(entries[candidate], key, table, prose)
    return None


def _range_of(status: EnhancedStatus) -> str:
    """Return the key of the provider's range that a code is in; "" for none."""
    return next((key for first, last, key in provider_ranges() if first <= status <= last), "")


@functools.cache
def _status_tables(name: str, language: str) -> dict[str, tuple[Table, _Prose]]:
    skipped = ("class", "subject")
    return {
        key: (table, prose) for key, table, prose in _tables(name, language) if key not in skipped
    }


@functools.cache
def provider_ranges() -> tuple[tuple[EnhancedStatus, EnhancedStatus, str], ...]:
    """Return the ranges that a provider uses with one meaning: first, last, key of the entry."""
    return tuple(
        (EnhancedStatus.parse(key), EnhancedStatus.parse(table["through"]), key)
        for key, table in read("providers").items()
        if "through" in table
    )


def status_class(digit: int, language: str) -> tuple[Text, Text] | None:
    """Return title and description of a class of enhanced codes."""
    return _title_of("class", str(digit), language)


def status_subject(number: str, language: str) -> tuple[Text, Text] | None:
    """Return title and description of a subject of enhanced codes, if it is registered."""
    return _title_of("subject", number, language)


def _title_of(kind: str, key: str, language: str) -> tuple[Text, Text] | None:
    for name, _, prose in _tables("enhanced", language):
        if name == kind:
            words = prose.table(key)
            title, description = words.get("title"), words.get("description")
            return (title, description) if title and description else None
    return None


def _status_detail(key: str, table: Table, prose: _Prose, language: str) -> StatusEntry:
    subject = status_subject(key.split(".")[1], language)
    provider = table.get("provider")
    return StatusEntry(
        **_common(key, table, prose),
        status=None,
        class_title=None,
        class_description=None,
        subject_title=subject and subject[0],
        subject_description=subject and subject[1],
        official_text=table.get("official_text"),
        classes=tuple(table.get("classes", ())),
        codes=tuple(table["codes"]),
        when=prose["when"],
        fix=_fix(prose),
        providers=tuple(
            ProviderMeaning(row["provider"], row["code"], words["text"])
            for row, words in prose.rows("provider")
        )
        if not isinstance(provider, str)
        else (ProviderMeaning(provider, key, prose["title"]),),
    )


def _status_in_class(entry: StatusEntry, key: str, table: Table, prose: _Prose) -> StatusEntry:
    """Return the entry of a detail as that of a concrete code, with what the class makes of it."""
    status = EnhancedStatus.parse(key)
    digit = str(status.class_)
    title, description = status_class(status.class_, prose.language) or (None, None)
    provider = isinstance(table.get("provider"), str)
    return attrs.evolve(
        entry,
        key=key,
        status=status,
        class_title=title,
        class_description=description,
        advice=NextStep(_by_class(table, "advice", digit, NEXT_STEP[status.class_])),
        actor=ResponsibleParty(_by_class(table, "actor", digit, RESPONSIBLE[status.class_])),
        codes=tuple(code for code in entry.codes if str(code)[0] == digit),
        fix=entry.fix if provider else _fix_in_class(entry, prose, status.class_),
        providers=tuple(
            meaning for meaning in entry.providers if provider or meaning.code in (key, entry.key)
        ),
        practice=_practice_in_class(_practice(key, prose.language) or entry.practice, status),
        related=tuple(_related_in_class(other, status.class_) for other in entry.related),
    )


def _related_in_class(key: str, class_: int) -> str:
    """Return the code in a class of a related detail, or the detail if that class does not use it.

    Next to 5.1.1 stands 5.1.2, not X.1.2; next to 4.7.1 stands X.7.2, since there is no 4.7.2.
    """
    detail = status_details(FALLBACK).get(key)
    return f"{class_}{key[1:]}" if detail and class_ in detail.classes_in_use else key


def _by_class(table: Table, field: str, digit: str, default: str) -> str:
    """Return a field that an entry may set for all classes or by class (``advice.5 = ...``)."""
    value = table.get(field, default)
    return str(value if isinstance(value, str) else value.get(digit, default))


def _fix_in_class(entry: StatusEntry, prose: _Prose, class_: int) -> Fix:
    """Return how to fix a detail in a class: nothing for success, patience first for class 4."""
    own = prose.table("fix").table(str(class_))
    only_success = entry.classes == (2,)
    if class_ == 2 or only_success:
        if own.get("sender") is not None:
            return Fix(own["sender"], own["admin"])
        if only_success and class_ == 2:
            return entry.fix
        return general_fix(class_, prose.language)
    sender = own.get("sender") or entry.fix.sender
    admin = own.get("admin") or entry.fix.admin
    if class_ == 4:
        return Fix(_after(_PATIENCE, "sender", sender), _after(_PATIENCE, "admin", admin))
    return Fix(sender, admin)


_PATIENCE = "patience"


def _after(key: str, reader: str, text: Text) -> Text:
    """Return a sentence of the messages and then `text`, whole sentences of one language."""
    return Text(f"{messages(text.language).get('entry', f'{key}_{reader}')} {text}", text.language)


def general_fix(digit: int, language: str) -> Fix:
    """Return what is known of a code by its first digit alone."""
    words = messages(language)
    kind = "success" if digit == 2 else "unregistered"
    return Fix(
        words.get("entry", f"{kind}_fix_sender"),
        words.get("entry", f"{kind}_fix_admin"),
    )


def _practice_in_class(practice: Practice, status: EnhancedStatus) -> Practice:
    """Return what helps with a detail in a class: success needs nothing, and only 4 is retried."""
    if status.class_ == 2:
        return Practice()
    return practice if status.class_ == 4 else attrs.evolve(practice, retry=None)


@functools.cache
def _practice(key: str, language: str) -> Practice | None:
    """Return the practical part of an entry, which has a file of its own; None without one."""
    table = read("practice").get(key)
    if table is None:
        return None
    translated = {} if language == FALLBACK else read(f"{language}/practice").get(key, {})
    prose = _Prose(table, translated, language)
    return Practice(
        checks=tuple(Check(row["command"], words["purpose"]) for row, words in prose.rows("check")),
        retry=prose.get("retry"),
        settings=tuple(table.get("settings", {}).items()),
        raised=tuple(table.get("raised", {}).items()),
    )


@functools.cache
def keywords(language: str) -> dict[str, KeywordEntry]:
    """Return the EHLO keywords, by their names in capitals."""
    return {
        key.upper(): KeywordEntry(
            **_common(key, table, prose),
            parameters=prose.get("parameters"),
            mail_parameters=tuple(table["mail_parameters"]),
            rcpt_parameters=tuple(table["rcpt_parameters"]),
            verbs=tuple(table["verbs"]),
            codes=tuple(table["codes"]),
            when=prose["when"],
            use=prose["use"],
            example=table["example"],
            seen=table.get("seen"),
        )
        for key, table, prose in _tables("keywords", language)
    }


@functools.cache
def mechanisms(language: str) -> dict[str, MechanismEntry]:
    """Return the SASL mechanisms, by their names in capitals."""
    return {
        key.upper(): MechanismEntry(
            **_common(key, table, prose),
            password_hidden=PasswordHidden(table["password_hidden"]),
            exchange=prose["exchange"],
            codes=tuple(table["codes"]),
        )
        for key, table, prose in _tables("sasl", language)
    }


@functools.cache
def commands(language: str) -> dict[str, CommandEntry]:
    """Return the commands, CONNECT and the like included, by their verbs."""
    return {
        key: CommandEntry(
            **_common(key, table, prose),
            syntax=table["syntax"],
            use=prose["use"],
            success=tuple(table["success"]),
            intermediate=tuple(table["intermediate"]),
            error=tuple(table["error"]),
            notes=prose.get("notes"),
            means=tuple((row["code"], words["text"]) for row, words in prose.rows("means")),
        )
        for key, table, prose in _tables("commands", language)
    }


def _common(key: str, table: Table, prose: _Prose) -> dict[str, Any]:
    """Return the fields that all entries share; an entry without a standing is a provider's."""
    return {
        "key": key,
        "title": prose["title"],
        "slug": table["slug"],
        "standing": Standing(table.get("status", Standing.PROVIDER)),
        "references": tuple(map(Reference, table["references"])),
        "description": prose["description"],
        "related": tuple(map(str, table["related"])),
        "practice": _practice(key, prose.language) or Practice(),
    }


def _fix(prose: _Prose) -> Fix:
    words = prose.table("fix")
    return Fix(words["sender"], words["admin"])
