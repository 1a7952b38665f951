"""Messages: the headings, names and sentences of catalog pages, in each language."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from smtpreply.catalog.tables import read
from smtpreply.catalog.text import FALLBACK, Text, resolve

# CLDR's rules for whole numbers, as far as our languages need them.
_SLAVIC_FEW = range(2, 5)


def _plural_ru(count: int) -> str:
    if count % 10 == 1 and count % 100 != 11:
        return "one"
    if count % 10 in _SLAVIC_FEW and count % 100 not in range(12, 15):
        return "few"
    return "many"


def _plural_ar(count: int) -> str:
    exact = {0: "zero", 1: "one", 2: "two"}.get(count)
    if exact is not None:
        return exact
    last = count % 100
    if 3 <= last <= 10:
        return "few"
    return "many" if last >= 11 else "other"


def plural_form(language: str, count: int) -> str:
    """Return CLDR's plural category of `count` in a language of the catalog.

    >>> [plural_form("ru", count) for count in (1, 3, 5, 11, 21)]
    ['one', 'few', 'many', 'many', 'one']
    """
    if language == "ru":
        return _plural_ru(count)
    if language == "ar":
        return _plural_ar(count)
    if language in ("ja", "zh"):
        return "other"
    singular = (0, 1) if language == "fr" else (1,)
    return "one" if count in singular else "other"


class Messages:
    """The messages of one language, falling back to English string by string."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._own: Mapping[str, Any] = read(f"messages/{language}")
        self._english: Mapping[str, Any] = read(f"messages/{FALLBACK}")

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return str(self._own.get("direction", "ltr"))

    @property
    def name(self) -> str:
        """The language's own name."""
        return str(self._own.get("name", self.language))

    def has(self, section: str, key: str) -> bool:
        """Return whether there is such a message."""
        return key in self._english.get(section, {})

    def get(self, section: str, key: str, /, **values: object) -> Text:
        """Return a message with its placeholders filled in.

        Raises:
            KeyError: there is no such message.
        """
        own = self._own.get(section, {}).get(key)
        if own is not None:
            return Text(own.format_map(values), self.language)
        return Text(self._english[section][key].format_map(values), FALLBACK)

    def count(self, section: str, key: str, count: int) -> Text:
        """Return a message about a number, in the plural form that the number takes."""
        own = self._own.get(section, {}).get(key)
        language = self.language if own else FALLBACK
        forms = own or self._english[section][key]
        form = forms.get(plural_form(language, count), forms["other"])
        return Text(form.format(count=count), language)


@functools.cache
def messages(language: str = FALLBACK) -> Messages:
    """Return the messages of a language; any form of its tag will do.

    Raises:
        UnknownLanguageError: the catalog does not speak it.

    >>> str(messages("ru").get("headings", "key_differences"))
    'Ключевые различия'
    """
    return Messages(resolve(language))
