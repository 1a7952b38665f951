r"""Normalize text for the rules: split it into words in lower case.

::

    "<x@example.com>... The User_is unknown" -> user unknown

Marks of all kinds only part words. Addresses, short numbers and the namespaces of exceptions are
left out, words that say nothing are silent, accents are taken off, and forms of one word are the
same (``data/words.toml``): so one phrase covers what servers write in many forms. A Chinese or
Japanese character and a Korean syllable is a word by itself, since these scripts don't part words
as a phrase would need it.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

from smtpreply._support import data
from smtpreply._support.lazy_pattern import lazy_pattern

LONGEST = 16_384
"""How many characters of a text are read: more than any reply and most bounces have."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_MARKS = r"\s<>()\[\]\"',;:=@"
_WIDE_MARKS = r"\u3000-\u303f\uff00-\uff65"
# ASCII is most of all text, and its octets can be translated and split in no time.
_TO_WORDS = bytes(ord(chr(o).lower()) if chr(o).isalnum() and o < 128 else 0x20 for o in range(256))


# Out of one text are read in turn the reason, who speaks, and what list is named.
@functools.lru_cache(maxsize=2)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in their order.

    >>> words_of("<bob@example.com>: The User_unknown; 邮箱, 550 doesn't")
    ('user', 'unknown', '邮', '箱', 'not')
    """
    words = written_words_of(text)
    return tuple(filter(None, map(_meaning().get, words, words)))


def written_words_of(text: str) -> list[str]:
    """Return the words of a text in lower case as they are written, silent ones included.

    >>> written_words_of("<bob@example.com>: The User_unknown, 550")
    ['the', 'user', 'unknown', '550']
    """
    if len(text) > LONGEST:
        text = text[:LONGEST]
    ascii_only = text.isascii()
    if "Exception" in text or "Error" in text:
        text = _NAMESPACE.sub("", text)
    if "@" in text:
        # "<x>... User unknown"
        text = _address(ascii_only=ascii_only).sub(" ", text.replace("...", "   "))
    if ascii_only:
        return text.encode().translate(_TO_WORDS).decode().split()
    return _word().findall(text.lower().translate(_plain_letters()))


def meaning_of(word: str) -> str:
    """Return the word that a written one stands for; "" for a silent one.

    >>> meaning_of("mailboxes"), meaning_of("the")
    ('mailbox', '')
    """
    return _meaning().get(word, word)


def forms_of(words: Iterable[str]) -> frozenset[str]:
    """Return all written forms, in lower case, for which `words_of` gives one of some words.

    >>> sorted(forms_of(["exist"]))[:2]
    ['exist', 'existed']
    """
    variant = frozenset(words)
    meaning = _meaning()
    as_they_are = (word for word in variant if meaning.get(word, word) == word)
    others = (form for form, word in meaning.items() if word in variant)
    return frozenset([*as_they_are, *others])


def placed_words(text: str) -> list[tuple[str, int, int]]:
    """Return the result of `words_of` with the start and end of each word in the text."""
    text = text[:LONGEST]
    if "Exception" in text or "Error" in text:
        text = _NAMESPACE.sub(_blank, text)
    if "@" in text:
        address = _address(ascii_only=text.isascii())
        text = address.sub(_blank, text.replace("...", "   "))
    if text.isascii():
        small = text.lower()
    else:
        # The few characters that are two when they are small ("İ") would move the rest.
        small = "".join(low if len(low := c.lower()) == 1 else c for c in text)
        small = small.translate(_plain_letters())
    meaning = _meaning()
    return [
        (word, match.start(), match.end())
        for match in _word().finditer(small)
        if (word := meaning.get(match[0], match[0]))
    ]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


# "MailKit.Net.Smtp." of an exception's class: a program's words, and no server's.
_NAMESPACE = lazy_pattern(
    r"(?<![\w.:\\])(?:[A-Za-z_]\w{0,40}(?:[.\\]|::)){1,10}"
    r"(?=[A-Z]\w{0,60}(?:Exception|Error)\b)"
)

# Patterns of ideographs take longer to compile than most texts to read.


@functools.cache
def _address(*, ascii_only: bool) -> re.Pattern[str]:
    marks, ideographs = (_MARKS, "") if ascii_only else (_MARKS + _WIDE_MARKS, _IDEOGRAPHS)
    # The bounds (RFC 5321 4.5.3.1), and that it starts after a mark, keep the search linear in a
    # text with a single "@".
    return re.compile(rf"(?:\A|[{marks}])[^{marks}]{{1,64}}@[^{marks}{ideographs}]{{0,255}}")


@functools.cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+")


@functools.cache
def _plain_letters() -> dict[int, str]:
    """Return the Latin letters without their accents, which servers leave out as often as not."""
    accented = (chr(point) for point in range(0xC0, 0x250))
    plain = {ord(c): unicodedata.normalize("NFD", c)[0] for c in accented if c.islower()}
    return plain | {ord("ł"): "l", ord("ø"): "o", ord("đ"): "d", ord("ё"): "\u0435"}


@functools.cache
def _meaning() -> dict[str, str]:
    """Return the words that forms stand for, from ``data/words.toml``; "" for silent ones.

    Numbers as codes and IP addresses have them are silent, too; long ones are a provider's codes.
    """
    table = data.read("reasons/data/words")
    same = {form: word for word, forms in table["same"].items() for form in forms.split()}
    silent = [*table["silent"].split(), *map(str, range(1000))]
    return same | dict.fromkeys(silent, "")
