"""Render a `Document` as text, Markdown, HTML or JSON. No I/O: the results are strings."""

from __future__ import annotations

import html
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

from smtpreply.catalog.comparison import Comparison
from smtpreply.catalog.description import describe
from smtpreply.catalog.document import (
    Block,
    Document,
    Fields,
    Items,
    Paragraph,
    Section,
)
from smtpreply.catalog.entries import Entry
from smtpreply.catalog.text import FALLBACK, Text, label_colon

Format = Literal["text", "markdown", "html", "json"]

_WIDTH = 79


def render(
    subject: Entry | Comparison,
    format: Format = "text",  # noqa: A002
    *,
    language: str = FALLBACK,
) -> str:
    """Return an entry or a comparison as text, Markdown, HTML or JSON.

    Args:
        subject: a result of `lookup` or `compare`, preferably in the same language.
        format: "text", "markdown", "html" (an article, to be set into a page) or "json".
        language: of headings and sentences.

    Raises:
        ValueError: there is no such format.
        UnknownLanguageError: the catalog does not speak that language.

    >>> from smtpreply.catalog import lookup
    >>> print(render(lookup(354)).splitlines()[0])
    SMTP 354 Start Mail Input
    """
    if format not in get_args(Format):
        raise ValueError(f"no such format: {format!r}; there are {', '.join(get_args(Format))}")
    return _WRITERS[format](describe(subject, language))


# --- text ----------------------------------------------------------------------------------


def _text(document: Document) -> str:
    lines = [document.title, "=" * _columns(document.title), ""]
    for text in document.summary:
        lines += [*_wrapped(text), ""]
    for section in document.sections:
        lines += _text_section(section, 0, label_colon(document.language))
    return "\n".join(lines).rstrip() + "\n"


def _text_section(section: Section, depth: int, colon: str) -> Iterator[str]:
    indent = "  " * depth
    yield indent + section.heading
    if depth == 0:
        yield "-" * _columns(section.heading)
    for block in section.blocks:
        yield from (f"{indent}  {line}".rstrip() for line in _text_block(block, colon))
    if section.blocks:
        yield ""
    for inner in section.sections:
        yield from _text_section(inner, depth + 1, colon)


def _text_block(block: Block, colon: str) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield from _wrapped(block.text)
    elif isinstance(block, Items):
        for number, item in enumerate(block.items, 1):
            mark = f"{number}. " if block.numbered else "- "
            yield from _wrapped(item, mark)
    elif isinstance(block, Fields):
        for name, value in block.fields:
            yield from _wrapped(f"{name}{colon}{value}", hang="  ")
    else:
        if block.caption:
            yield f"{block.caption}{colon}".rstrip()
        yield from (f"  {line}" for line in block.text.split("\n"))


def _wrapped(text: str, mark: str = "", hang: str = "") -> list[str]:
    margin = " " * len(mark) + hang
    if _columns(text) > len(text):
        return _wrapped_wide(text, mark, margin)
    return textwrap.wrap(
        text,
        _WIDTH - 6,
        initial_indent=mark,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


# What stays together in a text with wide characters: a word with the space before it, or one wide
# character with what must not begin a line: closing punctuation, small kana, the long vowel mark.
_CLOSING = (
    r"[\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f\uff09\u300d\u300f\u201d"
    r"\u30fc\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087"
    r"\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7]*"
)
_UNBREAKABLE = re.compile(rf" ?[\u0021-\u2e7f]+{_CLOSING}|.{_CLOSING}")


def _wrapped_wide(text: str, mark: str, margin: str) -> list[str]:
    """Wrap a text in Chinese or Japanese, where a line may end after nearly every character."""
    lines, line, empty = [], mark, True
    for part in _UNBREAKABLE.findall(text):
        if not empty and _columns(line + part) > _WIDTH - 6:
            lines.append(line.rstrip())
            line, empty = margin, True
        line += part.lstrip() if empty else part
        empty = False
    return [*lines, line.rstrip()]


def _columns(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    return sum(
        0
        if unicodedata.category(char) in ("Cf", "Mn")
        else 1 + (unicodedata.east_asian_width(char) in ("W", "F"))
        for char in text
    )


# --- Markdown ------------------------------------------------------------------------------


def _markdown(document: Document) -> str:
    parts = [f"# {_escaped(document.title)}", *map(_escaped, document.summary)]
    for section in document.sections:
        parts += _markdown_section(section, 2, label_colon(document.language).rstrip())
    return "\n\n".join(parts) + "\n"


def _markdown_section(section: Section, level: int, colon: str) -> Iterator[str]:
    yield f"{'#' * level} {_escaped(section.heading)}"
    for block in section.blocks:
        yield _markdown_block(block, colon)
    for inner in section.sections:
        yield from _markdown_section(inner, level + 1, colon)


def _markdown_block(block: Block, colon: str) -> str:
    if isinstance(block, Paragraph):
        return _escaped(block.text)
    if isinstance(block, Items):
        links = block.links or (None,) * len(block.items)
        return "\n".join(
            f"{f'{number}.' if block.numbered else '-'} {_markdown_item(item, link)}"
            for number, (item, link) in enumerate(zip(block.items, links, strict=True), 1)
        )
    if isinstance(block, Fields):
        return "\n".join(
            f"- **{_escaped(name)}{colon}** {_escaped(value)}" for name, value in block.fields
        )
    caption = f"{_escaped(block.caption)}{colon}\n\n" if block.caption else ""
    return f"{caption}```text\n{block.text}\n```"


def _markdown_item(item: Text, link: str | None) -> str:
    if link is not None and link.startswith("https://"):
        return f"[{_escaped(item)}]({link})"
    return _escaped(item)


def _escaped(text: str) -> str:
    # Prose marks protocol text with backticks, as Markdown does: their content is not escaped.
    parts = text.split("`")
    for number in range(0, len(parts), 2):
        for char in "\\*_<>[]#|":
            parts[number] = parts[number].replace(char, f"\\{char}")
    return "`".join(parts)


# --- HTML ----------------------------------------------------------------------------------


# Between the items of a list, in the languages of the catalog.
_SEPARATORS = re.compile("(, |، |、)")

Resolve = Callable[[str], str | None]


def _no_link(key: str) -> None:
    """Return no URL for any entry: an article on its own has no pages to link to."""


def write_html(document: Document, resolve: Resolve = _no_link) -> str:
    """Return a document as an HTML article.

    Args:
        document: a result of `describe`.
        resolve: gives the address of an entry ("550") or a comparison ("214/235"), or None.
    """
    body = [f"<h1>{_inline(document.title)}</h1>"]
    body += [f"<p{_lang(text, document)}>{_linked(text, resolve)}</p>" for text in document.summary]
    body += [_html_section(section, 2, document, resolve) for section in document.sections]
    inner = "\n".join(body)
    return f'<article lang="{document.language}" dir="{document.direction}">\n{inner}\n</article>\n'


def _html_section(section: Section, level: int, document: Document, resolve: Resolve) -> str:
    heading = f"<h{level}{_lang(section.heading, document)}>{_inline(section.heading)}</h{level}>"
    blocks = [_html_block(block, document, resolve) for block in section.blocks]
    inner = [_html_section(part, min(level + 1, 6), document, resolve) for part in section.sections]
    name = section.name.replace("_", "-")
    return "\n".join([f'<section class="{name}">', heading, *blocks, *inner, "</section>"])


def _html_block(block: Block, document: Document, resolve: Resolve) -> str:
    if isinstance(block, Paragraph):
        return f"<p{_lang(block.text, document)}>{_linked(block.text, resolve)}</p>"
    if isinstance(block, Items):
        tag = "ol" if block.numbered else "ul"
        links = block.links or (None,) * len(block.items)
        rows = "".join(
            f"<li>{_foreign(item, _html_item(item, link, resolve), document)}</li>"
            for item, link in zip(block.items, links, strict=True)
        )
        return f"<{tag}>{rows}</{tag}>"
    if isinstance(block, Fields):
        rows = "".join(
            f"<dt{_lang(name, document)}>{_listed(name, resolve)}</dt>"
            f"<dd{_lang(value, document)}>{_listed(value, resolve)}</dd>"
            for name, value in block.fields
        )
        return f"<dl>{rows}</dl>"
    caption = block.caption or ""
    tongue = _lang(caption, document) if isinstance(caption, Text) else ' lang="en" dir="ltr"'
    shown = f"<figcaption{tongue}>{_inline(caption)}</figcaption>" if caption else ""
    return (
        f'<figure>{shown}<pre lang="en" dir="ltr"><code>{html.escape(block.text)}</code></pre>'
        "</figure>"
    )


def _html_item(item: Text, link: str | None, resolve: Resolve) -> str:
    if link is None:
        return _linked(item, resolve)
    address = link if link.startswith("https://") else resolve(link)
    if address is None:
        return _inline(item)
    return f'<a href="{html.escape(address)}">{_inline(item)}</a>'


def _foreign(text: Text, written: str, document: Document) -> str:
    """Return the HTML of an item: the number before it keeps the page's direction."""
    marked = _lang(text, document)
    return f"<span{marked}>{written}</span>" if marked else written


def _lang(text: Text, document: Document) -> str:
    """Return the attributes of a text that is not in the page's language."""
    if text.language == document.language:
        return ""
    direction = ' dir="ltr"' if document.direction == "rtl" else ""
    return f' lang="{text.language}"{direction}'


def _linked(text: str, resolve: Resolve) -> str:
    """Return prose as HTML, in which code spans that name an entry are links to it."""
    parts = text.split("`")
    for number, part in enumerate(parts):
        parts[number] = html.escape(part)
        if number % 2 and number < len(parts) - 1:
            address = resolve(part)
            span = f"<code>{parts[number]}</code>"
            parts[number] = f'<a href="{html.escape(address)}">{span}</a>' if address else span
    return "".join(parts)


def _listed(text: str, resolve: Resolve) -> str:
    """Return a value as HTML; the items of a list that name an entry are links to it."""
    parts = _SEPARATORS.split(text)
    if not any(resolve(part) for part in parts[::2]):
        return _linked(text, resolve)
    for number in range(0, len(parts), 2):
        address = resolve(parts[number])
        shown = _linked(parts[number], _no_link)
        parts[number] = f'<a href="{html.escape(address)}">{shown}</a>' if address else shown
    return "".join(parts)


def _inline(text: str) -> str:
    """Return prose as HTML, with text in backticks as code."""
    parts = html.escape(text).split("`")
    for number in range(1, len(parts) - 1, 2):
        parts[number] = f"<code>{parts[number]}</code>"
    return "".join(parts)


# --- JSON ----------------------------------------------------------------------------------


def _json(document: Document) -> str:
    data = {
        "title": _said(document.title),
        "language": document.language,
        "direction": document.direction,
        "summary": [_said(text) for text in document.summary],
        "sections": [_json_section(section) for section in document.sections],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _json_section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "heading": _said(section.heading),
        "blocks": [_json_block(block) for block in section.blocks],
        "sections": [_json_section(inner) for inner in section.sections],
    }


def _json_block(block: Block) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"paragraph": _said(block.text)}
    if isinstance(block, Items):
        links = block.links or (None,) * len(block.items)
        rows = [
            {**_said(item), **({"link": link} if link else {})}
            for item, link in zip(block.items, links, strict=True)
        ]
        return {"items": rows, "numbered": block.numbered}
    if isinstance(block, Fields):
        return {
            "fields": [{"name": _said(name), "value": _said(value)} for name, value in block.fields]
        }
    return {"sample": block.text, "caption": block.caption}


def _said(text: Text) -> dict[str, str]:
    return {"text": str(text), "lang": text.language}


_WRITERS = {"text": _text, "markdown": _markdown, "html": write_html, "json": _json}
