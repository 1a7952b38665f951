"""The documentation: every public name is described, and every page is where links say."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import smtpreply
from smtpreply.cli.group import group
from smtpreply.logs import known_formats
from smtpreply.reasons.rule import rules_of
from smtpreply.reply.defects import Defect

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"


def reference() -> str:
    """Return the text of the reference's pages."""
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("*.md")))


def public_modules() -> list[str]:
    """Return the modules whose names the reference has, in the order of its pages."""
    return re.findall(r"automodule:: (\S+)", reference())


def names_of(module: str) -> list[str]:
    """Return a module's public names: `__all__`, or what is defined in it without an underscore.

    A module of `smtpreply.frames` has none where its extra is not installed.
    """
    try:
        found = importlib.import_module(module)
    except ImportError:
        assert module.startswith("smtpreply.frames.")
        return []
    declared: list[str] | None = getattr(found, "__all__", None)
    if declared is not None:
        return declared
    return [
        name
        for name, value in vars(found).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module
    ]


def public_objects() -> Iterator[tuple[str, object]]:
    """Yield each class and function that is public, once, with its first name."""
    seen = set()
    for module in ("smtpreply", *public_modules()):
        for name in names_of(module):
            value = getattr(importlib.import_module(module), name)
            if (inspect.isclass(value) or callable(value)) and id(value) not in seen:
                seen.add(id(value))
                yield f"{module}.{name}", value


PUBLIC = dict(public_objects())
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page that are in a language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def named(pages: list[Path], language: str) -> list[object]:
    """Return the blocks of pages as parameters of a test, named after their pages."""
    return [
        pytest.param(block, id=f"{page.stem}-{number}")
        for page in pages
        for number, block in enumerate(blocks(page, language))
    ]


def methods_of(owner: type) -> Iterator[tuple[str, object]]:
    """Yield the public methods and properties that a class defines itself."""
    for name, member in vars(owner).items():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        function = getattr(member, "func", function)  # a cached property's
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        if function.__module__ == owner.__module__:
            yield name, function


def source_of(function: object) -> str:
    """Return a function's source; "" for what a decorator of hypothesis has made."""
    assert callable(function)
    try:
        return inspect.getsource(inspect.unwrap(function))
    except OSError:
        return ""


def lacks(function: object, described: str) -> list[str]:
    """Return what a function's docstring lacks: a text, its arguments, its errors.

    Args:
        function: the function.
        described: a pattern of how the docstring names an argument; ``{}`` is its name.
    """
    text = inspect.getdoc(function)
    if not text:
        return ["a docstring"]
    assert callable(function)
    parameters = [name for name in inspect.signature(function).parameters if name[0] != "_"]
    lacking = [
        f"argument {name}"
        for name in parameters
        if name not in ("self", "cls") and not re.search(described.format(name), text)
    ]
    raises = re.search(r"^ +raise \w", source_of(function), re.MULTILINE)
    return [*lacking, "errors"] if raises and "Raises:" not in text else lacking


def test_the_reference_has_every_module_that_names_its_public_names() -> None:
    declared = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "smtpreply").rglob("*.py")
        if re.search(r"^(?:.*, )?__all__\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    private = ("smtpreply.logs.formats.", "smtpreply._support.")
    internal = {name for name in declared if name.startswith(private)}
    internal |= {"smtpreply", "smtpreply.reply.model"}  # whose names have entries of their own
    assert declared - internal - set(public_modules()) == set()


def test_the_reference_has_every_name_of_the_package() -> None:
    entry = re.compile(r"auto(?:function|class|data):: smtpreply\.(\w+)$", re.MULTILINE)
    named = set(entry.findall(reference()))
    shared = {name for module in public_modules() for name in names_of(module)}
    assert set(smtpreply.__all__) - named - shared == set()


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_described_with_an_example(name: str) -> None:
    text = inspect.getdoc(PUBLIC[name]) or ""
    assert text, "it has no docstring"
    assert ">>> " in text, "it has no example"


@pytest.mark.parametrize("name", PUBLIC)
def test_arguments_and_errors_of_a_public_name_are_described(name: str) -> None:
    value = PUBLIC[name]
    if inspect.isclass(value):
        # What a method with a short docstring takes, its sentence says.
        found = {method: lacks(what, r"\b{}\b") for method, what in methods_of(value)}
        assert {method: what for method, what in found.items() if what} == {}
    else:
        assert lacks(value, r"(?m)^ +\*{{0,2}}{}\b.*:") == []


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that has the samples, and a `smtpreply` to run."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "tests").symlink_to(ROOT / "tests")
    program = folder / "bin" / "smtpreply"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m smtpreply "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


# Pages for contributors are applied to a copy of the package: test_contributing.py.
GUIDES = [page for page in PAGES if page.parent.name != "contributing"]


@pytest.mark.parametrize("block", named(GUIDES, "console"))
def test_a_terminal_prints_what_a_page_shows(block: str, workplace: Path) -> None:
    path = f"{workplace / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, "COLUMNS": "80"}
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=workplace,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        printed = iter([line.rstrip() for line in run.stdout.splitlines()])
        for line in shown.splitlines():
            assert line in {"...", ""} or line.rstrip() in printed, run.stdout


def commands_in(block: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of smtpreply in a block of shell commands."""
    for line in re.sub(r"\\\n", " ", block).splitlines():
        for call in re.findall(r"(?:^|[;|(] *|root  |bin/)smtpreply ([^|)]*)", line):
            given = re.sub(r" [0-9]?> ?\S+", "", call.replace("\\%", "%"))
            yield shlex.split(given, comments=True)


@pytest.mark.parametrize("block", named(PAGES, "sh"))
def test_commands_of_a_page_have_the_options_that_it_names(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in commands_in(block):
        context = group.make_context("smtpreply", list(arguments))
        name, command, rest = group.resolve_command(context, arguments)
        while isinstance(command, click.Group):
            name, command, rest = command.resolve_command(context, rest)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter.type, click.Path):
                monkeypatch.setattr(parameter.type, "exists", False)  # the reader's files
        command.make_context(name, rest)


def test_the_commands_that_pages_name_exist() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named_commands = set(re.findall(r"`smtpreply ([a-z]\w*)", text))
    assert named_commands - set(group.list_commands(click.Context(group))) == set()


def test_the_tables_of_the_reference_have_every_row() -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("pyarrow")
    tables = pytest.importorskip("reference_tables").TABLES
    asked = re.findall(r"^{{ (\w+) }}$", reference(), re.MULTILINE)
    assert sorted(asked) == sorted(tables)
    for defect in Defect:
        assert f"`{defect.name}` | `{defect.value}`" in tables["defects"]
    for name in known_formats():
        assert f"`{name}`" in tables["formats"]
    for name, text in tables.items():
        assert "|  |" not in text, f"a cell of {name} is empty"


def test_the_guide_to_logs_has_every_format() -> None:
    guide = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", guide, re.MULTILINE))
    assert set(known_formats()) - rows == set()


def test_readme_is_short_and_begins_with_the_subject() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 180
    assert "Parse SMTP replies" in lines[2]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and myst make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_to_files_and_headings_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("block", named(GUIDES, "toml"))
def test_rules_of_a_page_are_valid(block: str) -> None:
    rules_of(tomllib.loads(block), "a page")
