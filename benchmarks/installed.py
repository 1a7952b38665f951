"""The package as it is installed: a wheel of this checkout, in a folder of its own.

A checkout reads its rules and its catalog from TOML, so that an edit takes effect at once; a wheel
has them compiled. So what users wait for is measured with a wheel.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

_CHECKOUT = Path(__file__).parent.parent
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@attrs.frozen
class Installed:
    """A Python with the package: the interpreter, and where and how it runs."""

    python: str
    folder: Path
    environment: dict[str, str] = attrs.Factory(lambda: dict(os.environ))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            encoding="utf-8",
        )


def wheel(folder: Path) -> Path:
    """Build a wheel of this checkout in a folder; return its path."""
    words = [*_PIP, "wheel", "--no-deps", "--wheel-dir", str(folder), str(_CHECKOUT)]
    subprocess.run(words, check=True)
    return next(folder.glob("*.whl"))


@contextlib.contextmanager
def installed() -> Iterator[Installed]:
    """Install a wheel beside the packages of this Python, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "packages"
        words = [*_PIP, "install", "--no-deps", "--target", str(target), str(wheel(folder))]
        subprocess.run(words, check=True)
        yield Installed(sys.executable, folder, os.environ | {"PYTHONPATH": str(target)})
