"""Compiles the package's data when a wheel is built: a hook of hatchling, in no wheel itself.

In the wheel is ``words.json`` where the source has ``words.toml``, and what is derived from
the data besides: see `smtpreply._support.data`, whose functions make both. Nothing is written
into the source, so an editable install reads TOML.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = ("catalog/data", "reasons/data")
"""The folders whose files are compiled one by one; those of rules are compiled into one."""


def compiled_files() -> Iterator[tuple[str, bytes]]:
    """Yield each compiled file: its name in the package, without suffix, and its content."""
    # Here, since hatchling loads this file before the package can be imported.
    from smtpreply._support import data  # noqa: PLC0415
    from smtpreply.catalog import LANGUAGES  # noqa: PLC0415
    from smtpreply.catalog.ranking import postings  # noqa: PLC0415
    from smtpreply.reasons.classifier import plan_of_rules, rule_rows  # noqa: PLC0415
    from smtpreply.reasons.doubts import plan_of_doubts  # noqa: PLC0415
    from smtpreply.reasons.lexicon import plan_of_names  # noqa: PLC0415

    for folder in DATA:
        yield from ((name, data.compiled(data.read(name))) for name in data.sources(folder))
    yield rule_rows.compiled()
    yield plan_of_rules.compiled()
    yield plan_of_doubts.compiled()
    yield from map(plan_of_names.compiled, ("blocklists", "providers"))
    yield from map(postings.compiled, LANGUAGES)


def compile_into(folder: Path) -> dict[str, str]:
    """Write the compiled files into a folder.

    Returns:
        The path of each file, and its place in a wheel.

    Raises:
        ValueError: a file is not TOML, or a rule breaks the schema.
    """
    places = {}
    for name, content in compiled_files():
        path = folder.joinpath(*f"{name}.json".split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        places[str(path)] = f"smtpreply/{name}.json"
    return places


def get_build_hook() -> type[Any]:
    """Return the hook; hatchling asks for it by this name."""
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # noqa: PLC0415

    class CompiledData(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
        """Adds the compiled data to a wheel."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Compile the data of the source that is built; an editable wheel needs none."""
            if version == "editable":
                return
            sys.path.insert(0, self.root)  # the source to build, whatever else is installed
            self.folder = tempfile.TemporaryDirectory()
            build_data["force_include"].update(compile_into(Path(self.folder.name)))

        def finalize(self, version: str, _build_data: dict[str, Any], _artifact: str) -> None:
            """Delete what has been added."""
            if version != "editable":
                self.folder.cleanup()

    return CompiledData
