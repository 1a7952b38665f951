"""A catalog page for the terminal. Needs rich."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from smtpreply.catalog.document import Block, Document, Fields, Items, Paragraph, Section
from smtpreply.catalog.text import label_colon

_INDENT = 2


def page(document: Document) -> RenderableType:
    """Return a document as a rich renderable: coloured headings with indented content.

    >>> from smtpreply.catalog import describe, lookup
    >>> isinstance(page(describe(lookup(250))), Group)
    True
    """
    parts: list[RenderableType] = [Text(document.title, style="bold underline"), Text()]
    for summary in document.summary:
        parts += [prose(summary), Text()]
    for section in document.sections:
        parts += _section(section, 0, label_colon(document.language))
    return Group(*parts)


def _section(section: Section, depth: int, colon: str) -> Iterator[RenderableType]:
    style = "bold cyan" if depth == 0 else "bold"
    yield _indented(Text(section.heading, style=style), depth)
    for block in section.blocks:
        for part in _block(block, colon):
            yield _indented(part, depth + 1)
    if section.blocks:
        yield Text()
    for inner in section.sections:
        yield from _section(inner, depth + 1, colon)


def _block(block: Block, colon: str) -> Iterator[Text]:
    if isinstance(block, Paragraph):
        yield prose(block.text)
    elif isinstance(block, Items):
        for number, item in enumerate(block.items, 1):
            mark = f"{number}. " if block.numbered else "- "
            yield Text(mark, style="dim") + prose(item)
    elif isinstance(block, Fields):
        for name, value in block.fields:
            yield Text(f"{name}{colon}", style="dim") + prose(value)
    else:
        if block.caption:
            yield Text(f"{block.caption}{colon}".rstrip(), style="dim")
        yield Text("\n".join(f"  {line}" for line in block.text.split("\n")), style="green")


def prose(text: str) -> Text:
    """Return a text with its code spans, which are in backticks, coloured.

    >>> prose("Read `5.7.1` first.").plain
    'Read 5.7.1 first.'
    """
    drawn = Text()
    for number, part in enumerate(text.split("`")):
        drawn.append(part, style="green" if number % 2 else "")
    return drawn


def _indented(part: Text, depth: int) -> Padding:
    return Padding(part, (0, 0, 0, depth * _INDENT))
