"""The pages for contributors: each is applied, as it stands, to a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "contributing").glob("*.md"))

_BLOCK = re.compile(
    r"(?P<before>[^\n]*)\n\n```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_NEW = re.compile(r"New file `([^`]+)`:")
_AT_THE_END = re.compile(r"At the end of `([^`]+)`:")
_AFTER = re.compile(r"In `([^`]+)`, after the line `([^`]+)`:")
_IN_PLACE = re.compile(r"In `([^`]+)`, in place of the line `([^`]+)`:")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the package and its tests."""
    unneeded = shutil.ignore_patterns("__pycache__", "live", "hostile", "frames", "fuzz")
    shutil.copytree(ROOT / "smtpreply", tmp_path / "smtpreply", ignore=unneeded)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=unneeded)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in ("smtpreply", "python"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        module = "-m smtpreply " if name == "smtpreply" else ""
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module}"$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def edit(folder: Path, instruction: str, code: str) -> bool:
    """Do with a file what the line above a block says; return whether it says something."""
    if match := _NEW.fullmatch(instruction):
        path = folder / match[1]
        assert not path.exists()
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")
    elif match := _AT_THE_END.fullmatch(instruction):
        path = folder / match[1]
        path.write_text(path.read_text(encoding="utf-8") + code, encoding="utf-8")
    elif match := _AFTER.fullmatch(instruction) or _IN_PLACE.fullmatch(instruction):
        path, line = folder / match[1], f"{match[2]}\n"
        text = path.read_text(encoding="utf-8")
        assert text.count(f"\n{line}") == 1
        kept = line if "after" in instruction else ""
        path.write_text(text.replace(f"\n{line}", f"\n{kept}{code}"), encoding="utf-8")
    else:
        return False
    return True


def run(folder: Path, command: str, shown: str) -> None:
    """Run a command in the copy; it succeeds, and prints the lines that are shown, in order."""
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "COLUMNS": "80",
    }
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    pattern = ".*".join(map(re.escape, re.split(r"\n?\.\.\.\n?", shown.strip())))
    assert re.search(pattern, done.stdout, re.DOTALL), done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, copy: Path) -> None:
    edits = 0
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["language"] == "console":
            for command, shown in re.findall(
                r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block["code"], re.MULTILINE
            ):
                run(copy, command, shown)
        else:
            assert edit(copy, block["before"], block["code"]), block["before"]
            edits += 1
    assert edits
