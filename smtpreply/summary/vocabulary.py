"""The words that mail servers use, which identify nobody: those of our rules and of the catalog."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from smtpreply.catalog import everything
from smtpreply.reasons.classifier import builtin_rules

_WORD = re.compile(r"([^\W\d_]+)(\*?)")
_SHORTEST_STEM = 4  # letters: a shorter one would let names pass
_TEXTS = ("title", "official_text", "description", "when")
# What else is in logs, in `tls` fields and in the templates of lines.
_OTHERS = [
    "address",
    "host",
    "id",
    "ip",
    "number",
    "time",
    "url",
    "eof",
    "tls",
    "ssl",
    "aes",
    "gcm",
    "cbc",
    "ccm",
    "sha",
    "md",
    "ecdhe",
    "ecdh",
    "dhe",
    "dh",
    "rsa",
    "pss",
    "rsae",
    "ecdsa",
    "chacha",
    "poly",
    "secp",
    "prime",
    "ed",
    "kyber",
    "mlkem",
    "null",
    "bits",
    "cipher",
    "cv",
    "yes",
    "no",
    "digest",
    "nul",
    "octets",
    "broken",
    "off",
    "after",
    "line",
    "var",
    "log",
    "mail",
    "exim",
    "postfix",
    "sendmail",
    "postmaster",
    "relay",
]


def is_a_word(word: str) -> bool:
    """Check whether a word is one that mail servers use.

    >>> is_a_word("Mailbox"), is_a_word("Lindqvist")
    (True, False)
    """
    words, stems, longest = _known()
    lowered = word.lower()
    if lowered in words:
        return True
    lengths = range(_SHORTEST_STEM, min(len(lowered), longest) + 1)
    return any(lowered[:length] in stems for length in lengths)


@functools.cache
def _known() -> tuple[frozenset[str], frozenset[str], int]:
    """Return words, stems, and the length of the longest stem."""
    words, stems = set(_OTHERS), set()
    for text in _texts():
        for word, star in _WORD.findall(text.lower()):
            if not star:
                words.add(word)
            elif len(word) >= _SHORTEST_STEM:
                stems.add(word)
    return frozenset(words), frozenset(stems), max(map(len, stems))


def _texts() -> Iterator[str]:
    for rule in builtin_rules():
        yield from (*rule.words, *rule.also, *rule.unless)
    for entry in everything():
        yield from (str(getattr(entry, name, "") or "") for name in _TEXTS)
