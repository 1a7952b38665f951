"""The package is layered: imports point downwards only, and the core stays light."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import smtpreply

PACKAGE = Path(smtpreply.__file__).parent

# From the bottom up. A module (or a package, as one) imports from the layers below it, never from
# its own.
LAYERS = [
    {"_support"},
    {"errors", "stage"},
    {"codes"},
    {"catalog"},
    {"reply"},
    {"payloads", "dialogue"},
    {"reasons"},
    {"logs"},
    {"summary"},
    {"report", "frames", "tools"},
    {"testing", "cli"},
    {"__main__", "_build_hook"},
]
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}

# What a package, or a part of one, may import beside attrs: its extra.
EXTRAS = {
    "_build_hook": {"hatchling"},
    "cli": {"click", "rich"},
    "catalog.site": {"jinja2", "markupsafe"},
    "frames": {"polars", "pyarrow", "duckdb", "numpy", "pyspark", "pandas"},
    "report": {"rich", "jinja2", "markupsafe", "plotly"},
    "testing": {"hypothesis"},
    "tools.metrics": {"prometheus_client"},
    "cli.metrics": {"click", "prometheus_client"},
}

# What would make the import slow, or is an extra.
NEVER_LOADED = {"json", "tomllib", "hypothesis", "click", "rich", "importlib.metadata", "asyncio"}
NEVER_LOADED |= {"email", "logging", "argparse", "multiprocessing", "smtplib", "socket", "ssl"}

FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = [module for module in FILES if module != "__init__"]


_BY_NAME = re.compile(r"smtpreply[.]")


def imported_in(source: str) -> Iterator[str]:
    """Yield the full names that a module's source imports, wherever the import is.

    Imports for type checkers count, and so do imports by name: of ``import_module("a.b")`` the
    name, and of ``import_module(f"a.{b}")`` the name ``a.*``, for all modules of ``a``.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _is_import_by_name(node):
            for argument in node.args:
                parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
                written = str(parts[0].value) if isinstance(parts[0], ast.Constant) else ""
                if _BY_NAME.match(written):
                    yield written if len(parts) == 1 else f"{written}*"


def _is_import_by_name(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] in {"import_module", "__import__"}


def imported(module: str) -> Iterator[str]:
    return imported_in(FILES[module].read_text(encoding="utf-8"))


def neighbours(names: Iterable[str]) -> set[str]:
    """Return the modules of this package among imported names; "" is its ``__init__``."""
    found = set()
    for name in names:
        top, _, rest = name.partition(".")
        if top == "smtpreply" and rest.endswith(".*"):
            found |= {module for module in FILES if module.startswith(rest[:-1])}
        elif top == "smtpreply":
            while rest and rest not in FILES:
                rest = rest.rpartition(".")[0]
            found.add(rest)
    return found


def unit(module: str) -> str:
    return module.partition(".")[0]


def upward(module: str, names: Iterable[str]) -> list[str]:
    """Return those of the imported names that are not below a module, nor in its own package."""
    layer = LAYER_OF[unit(module)]
    return [
        name
        for name in sorted(neighbours(names) - {""})
        if LAYER_OF[unit(name)] >= layer and unit(name) != unit(module)
    ]


def in_cycles(needs: dict[str, set[str]]) -> set[str]:
    """Return the modules that import each other, directly or through others, and their users."""
    left = dict(needs)
    while free := {module for module, those in left.items() if not those & left.keys()}:
        left = {module: those for module, those in left.items() if module not in free}
    return set(left)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_in_a_layer(module: str) -> None:
    assert unit(module) in LAYER_OF


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    assert upward(module, imported(module)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from smtpreply.reasons import classify",
        "import smtpreply.reasons.engine",
        "if TYPE_CHECKING:\n    from smtpreply.reasons.verdict import Verdict",
        "def late():\n    return import_module('smtpreply.reasons').classify",
        "import importlib\nimportlib.import_module(f'smtpreply.reasons.{name}')",
    ],
)
def test_an_upward_import_is_found_however_it_is_written(source: str) -> None:
    assert upward("codes", imported_in(source))


def test_a_cycle_is_found() -> None:
    assert in_cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()}) == {"a", "b", "c"}


# Only the command line may import the package's own public names, and the page its version.
@pytest.mark.parametrize(
    "module", [name for name in MODULES if unit(name) not in {"cli", "report", "testing"}]
)
def test_the_package_itself_is_imported_from_above_only(module: str) -> None:
    assert "" not in neighbours(imported(module))


def test_no_two_modules_import_each_other() -> None:
    # The __init__ of a package re-exports; a module of the package that imports from it is in a
    # cycle, whenever the names are looked up.
    needs = {module: neighbours(imported(module)) - {"", module} for module in MODULES}
    assert in_cycles(needs) == set()


def test_modules_are_imported_by_name_in_known_places_only() -> None:
    # Public names when they are asked for, a log format when a line shows it, and all of them to
    # write their table, zstd when a file is so compressed. The upper layers look for their extras.
    importers = {
        module
        for module in FILES
        if LAYER_OF.get(unit(module), 0) < LAYER_OF["report"]
        for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _is_import_by_name(node)
    }
    assert importers == {
        "_support.lazy_exports",
        "logs.make_format_table",
        "logs.input.decode",
        "logs.registry",
    }


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_the_standard_library_attrs_and_its_extra_only(module: str) -> None:
    tops = {unit(name) for name in imported(module)}
    allowed = {"attrs", "smtpreply"}.union(
        *(extra for name, extra in EXTRAS.items() if f"{module}.".startswith(f"{name}."))
    )
    assert tops - set(sys.stdlib_module_names) <= allowed


def modules_after(code: str) -> set[str]:
    """Run `code` in a fresh Python; give the modules that it has loaded."""
    script = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"{code}\n"
        "loaded = {name: module for name, module in sys.modules.items() if name not in before}\n"
        "import json\n"
        "print(json.dumps(list(loaded)))\n"
    )
    path = os.pathsep.join(sys.path)
    run = subprocess.run(
        [sys.executable, "-S", "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(run.stdout))


ALL_USED = """
import smtpreply
for text in ("250-5.1.1 a\\n550 #5.1.1 b\\xe4\\n421 c", b"250 Ok\\r\\n", b"250-a\\r\\n250 b\\r\\n"):
    for reply in smtpreply.parse_all(text):
        assert str(reply) and repr(reply) and bytes(reply) and reply.to_dict()
"""


@pytest.mark.parametrize("code", ["import smtpreply", ALL_USED])
def test_the_core_loads_attrs_and_no_other_third_party_module(code: str) -> None:
    tops = {unit(name) for name in modules_after(code)}
    assert "smtpreply" in tops
    assert tops - set(sys.stdlib_module_names) <= {"smtpreply", "attr", "attrs"}


@pytest.mark.parametrize("code", ["import smtpreply", ALL_USED])
def test_the_core_loads_nothing_heavy(code: str) -> None:
    loaded = modules_after(code)
    assert "smtpreply" in loaded
    assert not loaded & NEVER_LOADED


def test_every_public_name_is_there() -> None:
    for name in smtpreply.__all__:
        assert getattr(smtpreply, name) is not None
        assert name in dir(smtpreply)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        smtpreply.no_such_name  # noqa: B018


def test_the_public_names_are_in_order() -> None:
    # As ruff sorts them: constants, classes, functions.
    names = smtpreply.__all__
    assert sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name)) == names


def test_a_missing_hypothesis_is_one_clear_line(said_without: Callable[[str, str], str]) -> None:
    assert (
        said_without("hypothesis", "smtpreply.testing")
        == 'smtpreply.testing needs hypothesis: pip install "smtpreply[testing]"'
    )
