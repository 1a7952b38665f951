"""The house stands on its floors: imports go downward only, and the core stays light."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import smtpreply

PACKAGE = Path(smtpreply.__file__).parent

# From the ground up. A module (or a package, as one) imports from the floors below it, never from
# its own.
FLOORS = [
    {"escape", "octets", "upstairs", "stage", "_support", "lazy"},
    {"errors"},
    {"codes"},
    {"defects"},
    {"statuses", "folding"},
    {"grammar"},
    {"model"},
    {"parser"},
    {"reader", "ehlo", "greeting", "challenge", "forwarding", "queue_id", "diagnostic", "catalog"},
    {"transcript", "reasons"},
    {"logs"},
    {"report"},
    {"frames"},
    {"testing", "cli"},
    {"__main__"},
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}

# The extra that brings what a floor needs beside attrs.
EXTRAS = {
    "cli": {"click", "rich"},
    "frames": {"polars", "pyarrow", "duckdb", "numpy", "pyspark", "pandas"},
    "report": {"rich", "jinja2", "markupsafe", "plotly"},
    "testing": {"hypothesis"},
}

# What would make the import slow, or is an extra.
NEVER_LOADED = {"json", "tomllib", "hypothesis", "click", "rich", "importlib.metadata", "asyncio"}
NEVER_LOADED |= {"email", "logging", "argparse", "multiprocessing", "smtplib", "socket", "ssl"}

FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
MODULES = [module for module in FILES if module != "__init__"]


def statements(module: str) -> Iterator[ast.AST]:
    """Give all nodes of a module but those for type checkers only."""
    pending: list[ast.AST] = [ast.parse(FILES[module].read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            pending += node.orelse
        else:
            pending += ast.iter_child_nodes(node)


def imported(module: str) -> Iterator[str]:
    """Give the whole names of what a module imports, wherever in it the import stands."""
    for node in statements(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a module, but not into ``if TYPE_CHECKING``: a name for type checkers is no import."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _run_time_nodes(child)


def neighbours(module: str) -> set[str]:
    """Give the modules of this package that a module imports; "" where it is the face."""
    found = set()
    for name in imported(module):
        top, _, rest = name.partition(".")
        if top == "smtpreply":
            found.add(rest if rest in FILES else rest.rpartition(".")[0])
    return found


def unit(module: str) -> str:
    return module.partition(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_stands_on_a_floor(module: str) -> None:
    assert unit(module) in FLOOR_OF


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_downward_only(module: str) -> None:
    for name in neighbours(module) - {""}:
        below = FLOOR_OF[unit(name)] < FLOOR_OF[unit(module)]
        assert below or unit(name) == unit(module), f"{module} imports {name}, not below it"


@pytest.mark.parametrize("module", [name for name in MODULES if unit(name) not in EXTRAS])
def test_the_face_is_imported_by_the_doors_only(module: str) -> None:
    # It knows all modules, so that to import from it would be a circle.
    assert "" not in neighbours(module)


def test_no_two_modules_import_each_other() -> None:
    above = {module: neighbours(module) for module in MODULES}
    while free := {module for module, needs in above.items() if not needs & above.keys()}:
        above = {module: needs for module, needs in above.items() if module not in free}
    assert not above, f"in a circle: {sorted(above)}"


def test_modules_are_opened_by_name_at_known_doors_only() -> None:
    # The faces open modules when their names are asked for, values ask the floors above them
    # upstairs, a format of logs is imported when a line shows it, and zstd when a file is so.
    # The upper floors look for their extras.
    openers = {
        module
        for module in FILES
        if FLOOR_OF.get(unit(module), 0) < FLOOR_OF["report"]
        for node in statements(module)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
    }
    assert openers == {"lazy", "upstairs", "logs.blocks", "logs.registry"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_the_standard_library_attrs_and_its_extra_only(module: str) -> None:
    tops = {unit(name) for name in imported(module)}
    allowed = {"attrs", "smtpreply"} | EXTRAS.get(unit(module), set())
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
