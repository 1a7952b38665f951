"""`Document`: the page of an entry or a comparison as headings, paragraphs and lists.

A `Document` is the same for every form of output; `render` writes it as text, Markdown, HTML or
JSON. Every string knows its language, so that untranslated parts can be marked.
"""

from __future__ import annotations

import attrs

from smtpreply.catalog.text import Text


@attrs.frozen
class Paragraph:
    """One paragraph of prose."""

    text: Text


@attrs.frozen
class Items:
    """A list; `links` holds the key or URL of each item that has one."""

    items: tuple[Text, ...]
    numbered: bool = False
    links: tuple[str | None, ...] = ()


@attrs.frozen
class Fields:
    """Names and their values."""

    fields: tuple[tuple[Text, Text], ...]


@attrs.frozen
class Sample:
    """Protocol text, to be shown verbatim, with a caption that names the sender."""

    text: str
    caption: str | None = None


Block = Paragraph | Items | Fields | Sample


@attrs.frozen
class Section:
    """A heading and its content. `name` is the same in all languages."""

    name: str
    heading: Text
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


@attrs.frozen
class Document:
    """A page: what `describe` returns.

    >>> from smtpreply.catalog import describe, lookup
    >>> describe(lookup(550)).title
    'SMTP 550 Mailbox Unavailable'
    """

    title: Text
    language: str
    direction: str
    sections: tuple[Section, ...]
    summary: tuple[Text, ...] = ()
