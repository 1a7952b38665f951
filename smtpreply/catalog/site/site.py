"""The catalog as a static site: `write_site`. Needs jinja2, the extra ``report``.

A page for each entry and for each comparison worth having, an index with search in the page, all
in every language and linked with each other. No page needs a network: it can be opened from disk.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from smtpreply._support.files import write_text
from smtpreply._support.workers import worker_pool
from smtpreply.catalog import (
    LANGUAGES,
    CommandEntry,
    Entry,
    KeywordEntry,
    MechanismEntry,
    ReplyCodeEntry,
    StatusEntry,
    Text,
    codes,
    describe,
    everything,
    statuses,
)
from smtpreply.catalog.comparison import CodeEntry, compare_entries
from smtpreply.catalog.messages import Messages, messages
from smtpreply.catalog.rendering import write_html
from smtpreply.catalog.tables import read

_FOLDERS: dict[type[Entry], str] = {
    ReplyCodeEntry: "reply",
    StatusEntry: "status",
    KeywordEntry: "keyword",
    MechanismEntry: "mechanism",
    CommandEntry: "command",
}
_HEADINGS = {"status": "enhanced_codes", "keyword": "keywords", "mechanism": "mechanisms"}
_ASSETS = ("style.css", "search.js")


@attrs.frozen
class _Row:
    """A line of the index."""

    key: str
    title: Text
    address: str


def write_site(out: Path, languages: tuple[str, ...] = LANGUAGES) -> int:
    """Write the site into a folder, which is created if necessary; existing files are replaced.

    Args:
        out: the folder.
        languages: which of the catalog's languages.

    Returns:
        How many pages were written.

    Raises:
        OSError: the folder can't be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in _ASSETS:
        source = files(__package__).joinpath("templates", name)
        write_text(out / name, source.read_text("utf-8"))
    write_text(out / "index.html", _entrance(languages))
    write = partial(_write_language, out, languages)
    workers = min(len(languages), os.cpu_count() or 1)
    if workers == 1:
        return 1 + sum(map(write, languages))
    with worker_pool(workers) as pool:
        return 1 + sum(pool.map(write, languages))


def pairs() -> Iterator[tuple[str, str]]:
    """Yield the comparisons with a page: within a family, and of each code with related ones."""
    known = {entry.key for entry in (*codes(), *statuses())}
    wanted = {
        pair
        for _, family in itertools.groupby(codes(), key=lambda entry: entry.code // 100)
        for pair in itertools.combinations([entry.key for entry in family], 2)
    }
    for entry in (*codes(), *statuses()):
        wanted |= {_in_order(entry.key, key) for key in entry.related if key in known}
    yield from sorted(wanted)


# --- one language --------------------------------------------------------------------------


def _write_language(out: Path, languages: tuple[str, ...], language: str) -> int:
    folder = out / language
    for name in (*_FOLDERS.values(), "compare"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    words = messages(language)
    entries = everything(language=language)
    page = partial(_page, words, languages)
    for entry in entries:
        _write(folder, _address(entry), page, entry)
    by_key = {entry.key: entry for entry in entries if isinstance(entry, CodeEntry)}
    written = list(pairs())
    for first, second in written:
        comparison = compare_entries(by_key[first], by_key[second])
        _write(folder, _comparison_address(first, second), page, comparison)
    write_text(folder / "index.html", _index(words, languages, entries))
    write_text(folder / "search-index.js", _search_index(entries))
    return len(entries) + len(written) + 1


def _write(folder: Path, address: str, page: partial[str], subject: object) -> None:
    write_text(folder / address, page(subject, address))


def _page(words: Messages, languages: tuple[str, ...], subject: object, address: str) -> str:
    document = describe(subject, words.language)  # type: ignore[arg-type]
    article = write_html(document, _resolve)
    return _rendered(
        "page.html",
        words=words,
        languages=_names(languages),
        title=document.title,
        root="../../",
        path=address,
        article=Markup(article),  # noqa: S704  (write_html escapes)
    )


def _index(words: Messages, languages: tuple[str, ...], entries: tuple[Entry, ...]) -> str:
    families: dict[str, list[_Row]] = {}
    for entry in entries:
        row = _Row(entry.key, entry.title, _address(entry))
        families.setdefault(_family(entry, words), []).append(row)
    return _rendered(
        "index.html",
        words=words,
        languages=_names(languages),
        title=words.get("site", "title"),
        root="../",
        path="index.html",
        families=families.items(),
        forms=json.dumps(read(f"messages/{words.language}")["search"]["results"]),
    )


def _family(entry: Entry, words: Messages) -> str:
    if isinstance(entry, ReplyCodeEntry):
        digit = str(entry.code // 100)
        if words.has("reply_class", digit):
            return words.get("reply_class", digit)
        return words.get("standing", "not-smtp")
    return words.get("headings", _HEADINGS.get(_FOLDERS[type(entry)], "commands"))


def _search_index(entries: tuple[Entry, ...]) -> str:
    rows = [
        (entry.key, entry.title, _address(entry), f"{entry.title} {_prose(entry)}".lower())
        for entry in entries
    ]
    return f"window.SMTP_INDEX = {json.dumps(rows, ensure_ascii=False)};\n"


def _prose(entry: Entry) -> str:
    return " ".join(
        str(getattr(entry, name, "") or "") for name in ("official_text", "description", "when")
    )


def _entrance(languages: tuple[str, ...]) -> str:
    """Return the root page, which redirects to the first language."""
    first = languages[0]
    links = "".join(
        f'<li><a lang="{tag}" href="{tag}/index.html">{name}</a></li>'
        for tag, name in _names(languages)
    )
    return (
        '<!doctype html><meta charset="utf-8">'
        f"<title>{messages(first).get('site', 'title')}</title>"
        f'<meta http-equiv="refresh" content="0; url={first}/index.html"><ul>{links}</ul>\n'
    )


# --- addresses -----------------------------------------------------------------------------


def _address(entry: Entry) -> str:
    return f"{_FOLDERS[type(entry)]}/{entry.slug}.html"


def _comparison_address(first: str, second: str) -> str:
    return f"compare/{first.lower()}-vs-{second.lower()}.html"


def _in_order(first: str, second: str) -> tuple[str, str]:
    entries = _code_entries()
    comparison = compare_entries(entries[first], entries[second])
    return comparison.first.key, comparison.second.key


@cache
def _code_entries() -> dict[str, CodeEntry]:
    entries: tuple[CodeEntry, ...] = (*codes(), *statuses())
    return {entry.key: entry for entry in entries}


@cache
def _addresses() -> dict[str, str]:
    """Return the URL of each page by its subject; a name with two meanings is the keyword."""
    found: dict[str, str] = {}
    for entry in everything():
        found.setdefault(entry.key, _address(entry))
    for first, second in pairs():
        found[f"{first}/{second}"] = found[f"{second}/{first}"] = _comparison_address(first, second)
    return found


def _resolve(key: str) -> str | None:
    address = _addresses().get(key)
    return f"../{address}" if address else None


def _names(languages: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(language, messages(language).name) for language in languages]


def _rendered(template: str, **values: object) -> str:
    return str(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    loader = PackageLoader(__package__)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
