"""The catalog as a static site: `write_site`. Needs jinja2, the extra ``report``.

A page for each entry and for each comparison worth having, lists of both, and a search box on every
page, all in every language and linked with each other. No page needs a network: the site can be
opened from disk.
"""

from __future__ import annotations

import json
import os
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from smtpreply._support.files import write_text
from smtpreply._support.workers import results_in_workers
from smtpreply.catalog import (
    LANGUAGES,
    CommandEntry,
    Comparison,
    Entry,
    KeywordEntry,
    MechanismEntry,
    ReplyCodeEntry,
    StatusEntry,
    Text,
    compare,
    describe,
    everything,
    lookup,
)
from smtpreply.catalog.comparison import CodeEntry, written_pairs
from smtpreply.catalog.document import Document, Items, Section
from smtpreply.catalog.messages import Messages, messages
from smtpreply.catalog.rendering import write_html
from smtpreply.catalog.site import addresses
from smtpreply.catalog.site.search_index import search_index
from smtpreply.catalog.tables import read
from smtpreply.catalog.text import FALLBACK

_ASSETS = ("style.css", "search.js", "favicon.svg")
_LISTS = {
    "status": ("enhanced_codes", StatusEntry),
    "keyword": ("keywords", KeywordEntry),
    "mechanism": ("mechanisms", MechanismEntry),
    "command": ("commands", CommandEntry),
}
_KINDS = {KeywordEntry: "kind_keyword", CommandEntry: "kind_command"}
_SCRIPTS = {"zh": "zh-Hans"}
_DESCRIPTION = 300


@attrs.frozen
class Row:
    """A line of a list of pages."""

    key: str
    title: Text
    address: str


@attrs.frozen
class Page:
    """The values that the template of a page needs beside the messages."""

    address: str
    title: str
    description: Text
    article: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    digit: str = ""
    """The class digit of the code, for its colour; "" without one."""

    translated: bool = True
    """Whether the prose is in the page's language, and not English under its headings."""

    prose_of: tuple[str, ...] = ()
    """The addresses of the entries whose prose it shows."""

    kind: str = "entry"


@attrs.frozen
class Site:
    """The folder of the site, and the URL under which it will be served."""

    out: Path
    languages: tuple[str, ...] = LANGUAGES
    base_url: str = ""

    def url(self, language: str, address: str, root: str) -> str:
        """Return the URL of a page: absolute with a base, relative to the page without."""
        return f"{self.base_url or root}{language}/{address}"


def write_site(out: Path, languages: tuple[str, ...] = LANGUAGES, base_url: str = "") -> int:
    """Write the site into a folder, which is created if necessary; existing files are replaced.

    Args:
        out: the folder.
        languages: which of the catalog's languages.
        base_url: the URL at which the folder will be served, such as ``https://smtp.example/``.
            With it the pages name their canonical URL, and a sitemap is written.

    Returns:
        How many pages were written.

    Raises:
        OSError: the folder can't be written.
    """
    site = Site(out, languages, base_url and base_url.rstrip("/") + "/")
    out.mkdir(parents=True, exist_ok=True)
    for name in _ASSETS:
        source = files(__package__).joinpath("templates", name)
        write_text(out / name, source.read_text("utf-8"))
    first = messages(languages[0])
    entrance = _rendered("entrance.html", site=site, words=first, names=_names(languages))
    write_text(out / "index.html", entrance)
    workers = min(len(languages), os.cpu_count() or 1)
    if workers == 1:
        indexed = [_write_language(site, language) for language in languages]
    else:
        indexed = list(results_in_workers(partial(_write_language, site), languages, workers))
    _write_robots(site, dict(zip(languages, indexed, strict=True)))
    return 1 + sum(count for count, _ in indexed)


def _write_robots(site: Site, indexed: dict[str, tuple[int, list[str]]]) -> None:
    """Write robots.txt, and with a base URL a sitemap for each language and one over all."""
    lines = ["User-agent: *", "Allow: /"]
    if site.base_url:
        for language, (_, found) in indexed.items():
            urls = [f"{site.base_url}{language}/{address}" for address in found]
            sitemap = _rendered("sitemap.xml", urls=urls, entry="url", root="urlset")
            write_text(site.out / f"sitemap-{language}.xml", sitemap)
        maps = [f"{site.base_url}sitemap-{language}.xml" for language in indexed]
        overview = _rendered("sitemap.xml", urls=maps, entry="sitemap", root="sitemapindex")
        write_text(site.out / "sitemap.xml", overview)
        lines.append(f"Sitemap: {site.base_url}sitemap.xml")
    write_text(site.out / "robots.txt", "\n".join(lines) + "\n")


# --- one language --------------------------------------------------------------------------


def _write_language(site: Site, language: str) -> tuple[int, list[str]]:
    """Write the pages of a language; return their number, and the addresses worth indexing."""
    folder = site.out / language
    for name in (*addresses.FOLDERS.values(), addresses.COMPARE):
        (folder / name).mkdir(parents=True, exist_ok=True)
    words = messages(language)
    entries = everything(language=language)
    written: list[Page] = []
    translations = _translations(site)

    def write(page: Page, template: str = "page.html", **values: object) -> None:
        rendered = _page(site, words, page, template, translations, **values)
        write_text(folder / page.address, rendered)
        written.append(page)

    for entry in entries:
        write(_entry_page(entry, words))
    for pair in addresses.pairs():
        write(_comparison_page(compare(*pair, language=language), words))
    for name in _LISTS:
        write(_list_page(name, words), "list.html", rows=_rows(name, entries), root="../../")
    write(
        _compare_index(words),
        "compare.html",
        pairs=_written_rows(words),
        codes=[entry for entry in entries if isinstance(entry, ReplyCodeEntry)],
        root="../../",
    )
    write(
        Page("index.html", words.get("site", "title"), words.get("site", "introduction")),
        "index.html",
        common=[_row(lookup(key, language=language)) for key in read("site")["common"]],
        families=_families(words, entries),
        lists=[
            (words.get("headings", key), f"{name}/index.html") for name, (key, _) in _LISTS.items()
        ],
        root="../",
    )
    write_text(folder / "search-index.js", search_index(entries))
    return len(written), [page.address for page in written if page.translated]


def _translations(site: Site) -> dict[str, set[str]]:
    """Return, for the address of each entry, the languages of the site that have its prose."""
    found: dict[str, set[str]] = {}
    for language in site.languages:
        for entry in everything(language=language):
            if entry.description.language == language:
                found.setdefault(addresses.address(entry), set()).add(language)
    return found


def _page(
    site: Site,
    words: Messages,
    page: Page,
    template: str,
    translations: dict[str, set[str]],
    **values: object,
) -> str:
    root = str(values.pop("root", "../../"))
    # A page whose prose is English is no translation: the English page, if any, stands for it, and
    # only the others are each other's alternates.
    without_english = FALLBACK not in site.languages
    stands_for_itself = page.translated or without_english
    language = words.language if stands_for_itself else FALLBACK
    alternates = [
        row
        for row in _names(site.languages if stands_for_itself else ())
        if without_english or all(row[0] in translations.get(of, ()) for of in page.prose_of)
    ]
    return _rendered(
        template,
        site=site,
        words=words,
        page=page,
        names=_names(site.languages),
        alternates=alternates,
        tag=bcp47(words.language),
        article=Markup(page.article),  # noqa: S704  (write_html escapes)
        canonical=site.url(language, page.address, root),
        structured=_structured(page, words),
        forms=json.dumps(read(f"messages/{words.language}")["search"]["results"]),
        root=root,
        **values,
    )


def _entry_page(entry: Entry, words: Messages) -> Page:
    document = describe(entry, words.language)
    if isinstance(entry, CodeEntry):
        document = _with_comparisons(document, entry.key, words)
    kind = _KINDS.get(type(entry))
    title = f"{document.title} ({words.get('site', kind)})" if kind else str(document.title)
    return Page(
        address=addresses.address(entry),
        title=title,
        description=_short(entry.description),
        article=write_html(document, partial(_resolve, addresses.address(entry))),
        crumbs=(_crumb(entry, words), (entry.key, "")),
        digit=_digit(entry),
        translated=entry.description.language == words.language,
        prose_of=(addresses.address(entry),),
    )


def _with_comparisons(document: Document, key: str, words: Messages) -> Document:
    """Return a page with links to the comparisons of its code before the last section."""
    found = addresses.partners().get(key, ())
    if not found:
        return document
    items = tuple(words.get("comparison", "compare_with", a=a, b=b) for a, b in found)
    links = tuple(f"{a}/{b}" for a, b in found)
    section = Section(
        "compare_with", words.get("headings", "compare_with"), (Items(items, links=links),)
    )
    *sections, last = document.sections
    return attrs.evolve(document, sections=(*sections, section, last))


def _comparison_page(comparison: Comparison, words: Messages) -> Page:
    first, second = comparison.first, comparison.second
    document = describe(comparison, words.language)
    place = addresses.comparison_address(first.key, second.key)
    return Page(
        address=place,
        title=document.title,
        description=_short(comparison.statement or document.summary[0]),
        article=write_html(document, partial(_resolve, place)),
        crumbs=(
            (words.get("headings", "comparisons"), "compare/index.html"),
            (first.key, addresses.resolve(first.key) or ""),
            (second.key, addresses.resolve(second.key) or ""),
        ),
        translated=all(e.description.language == words.language for e in (first, second)),
        prose_of=tuple(addresses.resolve(key) or "" for key in (first.key, second.key)),
        kind="comparison",
    )


def _list_page(name: str, words: Messages) -> Page:
    heading = words.get("headings", _LISTS[name][0])
    return Page(
        address=f"{name}/index.html",
        title=f"SMTP: {heading}",
        description=words.get("site", "introduction"),
        crumbs=((heading, ""),),
        kind=heading,
    )


def _compare_index(words: Messages) -> Page:
    heading = words.get("headings", "comparisons")
    return Page(
        address="compare/index.html",
        title=f"SMTP: {heading}",
        description=words.get("site", "introduction"),
        crumbs=((heading, ""),),
        kind=heading,
    )


def _structured(page: Page, words: Messages) -> Markup:
    """Return the page's data for search engines: schema.org, JSON-LD."""
    data = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": page.title,
        "description": page.description,
        "inLanguage": bcp47(words.language if page.translated else FALLBACK),
    }
    # Within a script element, "</" would end it.
    return Markup(json.dumps(data, ensure_ascii=False).replace("</", "<\\/"))  # noqa: S704


# --- rows and pieces -----------------------------------------------------------------------


def _row(entry: Entry) -> Row:
    return Row(entry.key, entry.title, addresses.address(entry))


def _rows(name: str, entries: tuple[Entry, ...]) -> list[Row]:
    return [_row(entry) for entry in entries if isinstance(entry, _LISTS[name][1])]


def _written_rows(words: Messages) -> list[Row]:
    return [
        Row(
            f"{a} / {b}",
            compare(a, b, language=words.language).statement or Text(""),
            addresses.comparison_address(a, b),
        )
        for a, b in written_pairs()
    ]


def _families(words: Messages, entries: tuple[Entry, ...]) -> list[tuple[str, str, list[Row]]]:
    """Return the reply codes by class, those that are no SMTP replies last."""
    families: dict[str, list[Row]] = {}
    for entry in entries:
        if isinstance(entry, ReplyCodeEntry):
            families.setdefault(entry.key[0], []).append(_row(entry))
    digits = sorted(families, key=lambda digit: (not words.has("reply_class", digit), digit))
    return [(_class_name(digit, words), digit, families[digit]) for digit in digits]


def _class_name(digit: str, words: Messages) -> str:
    known = words.has("reply_class", digit)
    return words.get("reply_class", digit) if known else words.get("standing", "not-smtp")


def _crumb(entry: Entry, words: Messages) -> tuple[str, str]:
    """Return the list that an entry is on: that of its class, or that of its kind."""
    if isinstance(entry, ReplyCodeEntry):
        digit = entry.key[0] if words.has("reply_class", entry.key[0]) else "other"
        return _class_name(entry.key[0], words), f"index.html#class-{digit}"
    folder = addresses.FOLDERS[type(entry)]
    return words.get("headings", _LISTS[folder][0]), f"{folder}/index.html"


def _digit(entry: Entry) -> str:
    return entry.key[0] if isinstance(entry, CodeEntry) and entry.key[0] in "2345" else ""


def _short(text: Text) -> Text:
    """Return the sentences of a text that fit into a search result, without marks of code."""
    plain = text.replace("`", "")
    if len(plain) > _DESCRIPTION:
        cut = plain[:_DESCRIPTION]
        plain = cut[: cut.rfind(". ") + 1] or f"{cut[: cut.rfind(' ')]}..."
    return Text(plain, text.language)


def _resolve(here: str, key: str) -> str | None:
    """Return the link from a page to an entry or comparison, if it has another page."""
    found = addresses.resolve(key)
    return f"../{found}" if found is not None and found != here else None


def _names(languages: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(language, bcp47(language), messages(language).name) for language in languages]


def bcp47(language: str) -> str:
    """Return the tag for HTML: a language of the catalog, with its script where readers need it.

    >>> bcp47("zh"), bcp47("ru")
    ('zh-Hans', 'ru')
    """
    return _SCRIPTS.get(language, language)


def _rendered(template: str, **values: object) -> str:
    return str(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    loader = PackageLoader(__package__)
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
