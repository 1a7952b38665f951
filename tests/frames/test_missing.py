"""A module of frames whose library is not installed says so in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("module", "hidden", "line"),
    [
        (
            "polars",
            "polars",
            'smtpreply.frames.polars needs polars: pip install "smtpreply[polars]"',
        ),
        (
            "arrow",
            "pyarrow",
            'smtpreply.frames.arrow needs pyarrow: pip install "smtpreply[arrow]"',
        ),
        ("arrow", "polars", 'smtpreply.frames.arrow needs polars: pip install "smtpreply[arrow]"'),
        (
            "_deliveries",
            "pyarrow",
            'smtpreply.frames.arrow needs pyarrow: pip install "smtpreply[arrow]"',
        ),
    ],
)
def test_a_missing_library_is_one_clear_line(
    module: str, hidden: str, line: str, said_without: Callable[[str, str], str]
) -> None:
    assert said_without(hidden, f"smtpreply.frames.{module}") == line


def test_frames_alone_need_nothing() -> None:
    code = (
        "import sys\n"
        "sys.modules['polars'] = sys.modules['pyarrow'] = None\n"
        "import smtpreply.frames\n"
    )
    path = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=True)
