"""The results of the scalar parser as rows: the reference for the columnar path.

It parses the rows that the expressions of `smtpreply.frames._parse` do not cover.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from smtpreply._support.octets import storable
from smtpreply.errors import MultipleRepliesError, ReplySyntaxError
from smtpreply.frames._schema import NO_REPLY, PARSED, SEVERAL_REPLIES, defect_bits
from smtpreply.reply.parser import parse

Text = str | bytes
Row = tuple[Any, ...]

_WIDTH = len(PARSED.fields)
_NO_ROW: Row = (None,) * _WIDTH


def parsed_frame(texts: Iterable[Text | None]) -> pl.DataFrame:
    """Parse each text with `parse`; return the fields of `PARSED` as columns."""
    given = list(texts)
    rows = {text: _NO_ROW if text is None else parsed_row(text) for text in dict.fromkeys(given)}
    columns = zip(*(rows[text] for text in given), strict=True) if given else [()] * _WIDTH
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=dtype)
            for (name, dtype), values in zip(PARSED.to_schema().items(), columns, strict=True)
        ]
    )


def parsed_row(text: Text) -> Row:
    """Parse one text; return its fields in the order of `PARSED`.

    >>> parsed_row("550 5.1.1 No such user\\r\\n")[:8]
    (550, 5, 5, 0, '5.1.1', 5, 1, 1)
    """
    try:
        reply = parse(text)
    except MultipleRepliesError:
        return (*_NO_ROW[1:], SEVERAL_REPLIES)
    except ReplySyntaxError:
        return (*_NO_ROW[1:], NO_REPLY)
    status = reply.enhanced
    numbers = (
        (None,) * 4
        if status is None
        else (str(status), status.class_, status.subject, status.detail)
    )
    return (
        reply.code,
        int(reply.reply_class),
        None if reply.subject is None else int(reply.subject),
        reply.detail,
        *numbers,
        storable(reply.text),
        len(reply.lines),
        defect_bits(reply.defects),
        None,
    )
