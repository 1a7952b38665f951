"""`Text`: a string with its language; the languages of the catalog."""

from __future__ import annotations

from typing import Self

LANGUAGES = ("en", "ru", "de", "fr", "es", "ja", "zh", "ar")
FALLBACK = "en"
_COLONS = {"fr": "\u00a0: ", "ja": "\uff1a", "zh": "\uff1a"}


class Text(str):
    """A string in a known `language`: the tag of BCP 47 that HTML's ``lang`` takes.

    >>> Text("Описание", "ru").language
    'ru'
    """

    __slots__ = ("language",)

    language: str

    def __new__(cls, text: str, language: str = FALLBACK) -> Self:
        """Return a text in a language."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __reduce__(self) -> tuple[type[Text], tuple[str, str]]:
        return Text, (str(self), self.language)


class UnknownLanguageError(ValueError):
    """The catalog has no texts in this language.

    >>> from smtpreply.catalog import lookup
    >>> try:
    ...     lookup(550, language="xx")
    ... except UnknownLanguageError as error:
    ...     error.language
    'xx'

    Attributes:
        language: the language tag that was requested.
    """

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.language = language

    def __str__(self) -> str:
        return f"no such language: {self.language!r}; there are {', '.join(LANGUAGES)}"


def label_colon(language: str) -> str:
    """Return the colon between a label and its value, with the spaces that the language wants.

    >>> label_colon("de"), len(label_colon("zh"))
    (': ', 1)
    """
    return _COLONS.get(language, ": ")


def resolve(language: str) -> str:
    """Return the catalog's language for a tag: ``ru_RU``, ``ru-RU`` and ``RU`` all are ``ru``.

    Raises:
        UnknownLanguageError: the catalog does not speak it.

    >>> resolve("zh_CN")
    'zh'
    """
    if language in LANGUAGES:
        return language
    primary = language.replace("_", "-").partition("-")[0].lower()
    if primary not in LANGUAGES:
        raise UnknownLanguageError(language)
    return primary
