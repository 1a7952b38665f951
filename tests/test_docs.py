"""The documentation: every public name is described, and every page is where links say."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import smtpreply

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
    internal = {name for name in declared if name.startswith("smtpreply.logs.formats.")}
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
