"""The packages as users get them: what is in the wheel and in the source distribution."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from smtpreply.catalog import LANGUAGES

pytest.importorskip("hatchling")
pytest.importorskip("hatch_fancy_pypi_readme")

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HINT = re.compile(r"pip install ['\"]?smtpreply\[([a-z,]+)\]")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both, made from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(packages: Path) -> zipfile.ZipFile:
    [path] = packages.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_the_modules_and_the_compiled_data(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = ROOT / "smtpreply"
    modules = {str(path.relative_to(ROOT)) for path in package.rglob("*.py")}
    tables = {str(path.relative_to(ROOT)) for path in package.rglob("*.toml")}
    rules = {name for name in tables if name.startswith("smtpreply/reasons/rules/")}
    compiled = {name.replace(".toml", ".json") for name in tables - rules}
    derived = {
        "smtpreply/reasons/rules.json",
        "smtpreply/reasons/rules-index.json",
        "smtpreply/reasons/data/blocklists-index.json",
        "smtpreply/reasons/data/doubts-index.json",
        "smtpreply/reasons/data/providers-index.json",
        *(f"smtpreply/catalog/data/search/{name}.json" for name in LANGUAGES),
    }
    templates = {str(path.relative_to(ROOT)) for path in package.rglob("templates/*.*")}
    assert {path.split("/")[1] for path in templates} == {"catalog", "report"}
    others = {"smtpreply/py.typed"} | templates
    assert names == modules - {"smtpreply/_build_hook.py"} | compiled | derived | others


def test_the_metadata_of_the_wheel(wheel: zipfile.ZipFile) -> None:
    [name] = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(wheel.read(name))
    requirements = metadata.get_all("Requires-Dist", [])
    assert [one for one in requirements if "extra ==" not in one] == ["attrs>=24.1"]
    assert set(metadata.get_all("Provides-Extra", [])) == set(PROJECT["optional-dependencies"])
    assert len(metadata.get_all("Project-URL", [])) == len(PROJECT["urls"])
    text = str(metadata.get_payload())
    assert text.startswith("# smtpreply\n")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert all(link.startswith("https://") for link in links)  # there are no files beside it


def test_the_source_distribution_has_what_tests_and_documentation_need(packages: Path) -> None:
    [path] = packages.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-co",
            "--exclude-standard",
            "smtpreply",
            "tests",
            "benchmarks",
            "docs",
            "*.md",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    assert set(listed.stdout.splitlines()) - names == set()
    assert names - set(listed.stdout.splitlines()) == {
        ".gitignore",
        "LICENSE",
        "PKG-INFO",
        "pyproject.toml",
    }


def test_hints_of_missing_extras_name_extras_that_exist() -> None:
    pages = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "smtpreply").rglob("*.py"),
    ]
    hints = [hint for page in pages for hint in HINT.findall(page.read_text(encoding="utf-8"))]
    assert hints
    assert {name for hint in hints for name in hint.split(",")} <= set(
        PROJECT["optional-dependencies"]
    )
