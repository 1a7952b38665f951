"""Tables of the reference, made from the tables of the code when the site is built."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sphinx.pycode import ModuleAnalyzer

from smtpreply.logs import known_formats
from smtpreply.reasons import phrase, rule
from smtpreply.reply.defects import Defect


def table(heads: str, rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table.

    Args:
        heads: the heads of the columns, with ``|`` between them.
        rows: the cells of each row.
    """
    lines = [heads, "|".join("---" for _ in heads.split("|"))]
    lines += [" | ".join(str(cell).replace("|", r"\|") for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def defects() -> str:
    """Return the defects, in the order of their bits in columns."""
    return table(
        "name | value | bit | strict | RFC | means",
        (
            (
                f"`{defect.name}`",
                f"`{defect.value}`",
                bit,
                "refuses it" if defect.in_grammar else "accepts it",
                defect.reference,
                defect.description,
            )
            for bit, defect in enumerate(Defect)
        ),
    )


def formats() -> str:
    """Return the log formats, with what their modules say of them."""
    rows = []
    for name, known in sorted(known_formats().items()):
        module = f"smtpreply.logs.formats.{known.module}"  # type: ignore[union-attr]
        first = (importlib.import_module(module).__doc__ or "").partition("\n")[0]
        rows.append((f"`{name}`", first, f"`{module}`"))
    return table("name | what it reads | module", rows)


def reply_columns() -> str:
    """Return the fields of a column of parsed replies."""
    from smtpreply.frames.polars import PARSED  # noqa: PLC0415

    return _fields(PARSED)


def verdict_columns() -> str:
    """Return the fields of a column of verdicts."""
    from smtpreply.frames.polars import CLASSIFIED  # noqa: PLC0415

    return _fields(CLASSIFIED)


def rule_keys() -> str:
    """Return the keys of a rule in a file of rules."""
    documented = ModuleAnalyzer.for_module(rule.__name__).find_attr_docs()
    return table(
        "key | holds",
        (
            (f"`{key}`", " ".join(documented[("Rule", field)]).strip().replace("``", "`"))
            for key, (field, _) in rule._SCHEMA.items()  # noqa: SLF001  (no public name: users write files)
        ),
    )


def phrase_grammar() -> str:
    """Return the grammar of phrases, as the module that reads them has it."""
    found = re.search(r"::\n\n(.*?)\n\n(?=\S)", inspect.getdoc(phrase) or "", re.DOTALL)
    assert found is not None
    return f"```\n{inspect.cleandoc(found[1])}\n```"


def _fields(answer: Any) -> str:
    types: Mapping[str, object] = answer.to_schema()
    return table(
        "field | type",
        ((f"`{name}`", f"`{str(kind).partition('(')[0]}`") for name, kind in types.items()),
    )


TABLES = {
    made.__name__: made()
    for made in (
        defects,
        formats,
        reply_columns,
        verdict_columns,
        rule_keys,
        phrase_grammar,
    )
}
