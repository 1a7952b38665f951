"""The index of the search in the pages: a script that search.js loads at the first key press.

It carries what `smtpreply.catalog.search` knows: the words of the entries, the synonyms, the
endings and the providers' ranges, so that both find the same entry first.
"""

from __future__ import annotations

import json

from smtpreply.catalog import Entry, everything
from smtpreply.catalog.load import provider_ranges
from smtpreply.catalog.ranking import endings, searched_words, synonyms
from smtpreply.catalog.site import addresses


def search_index(entries: tuple[Entry, ...]) -> str:
    """Return the script for the entries of one language."""
    data = {
        "rows": [_row(*pair) for pair in zip(entries, everything(), strict=True)],
        "synonyms": synonyms(),
        "endings": endings(),
        "ranges": [(str(first), str(last), key) for first, last, key in provider_ranges()],
        "pairs": [
            "/".join(pair) for pair in sorted({*addresses.pairs()} - {*addresses.within_families()})
        ],
    }
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"window.SMTP_INDEX = {written};\n"


def _row(entry: Entry, english: Entry) -> tuple[str, str, str, str]:
    """Return the row of an entry; its English title is searched in every language."""
    words = dict.fromkeys((*searched_words(entry), *english.title.casefold().split()))
    return entry.key, entry.title, addresses.address(entry), " ".join(words)
