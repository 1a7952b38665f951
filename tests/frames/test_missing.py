"""A module of frames whose library is not installed says so in one line."""

from __future__ import annotations

import os
import subprocess
import sys

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
            "deliveries",
            "pyarrow",
            'smtpreply.frames.deliveries needs pyarrow: pip install "smtpreply[arrow]"',
        ),
    ],
)
def test_a_missing_library_is_one_clear_line(module: str, hidden: str, line: str) -> None:
    code = (
        "import sys\n"
        f"sys.modules[{hidden!r}] = None\n"
        "try:\n"
        f"    import smtpreply.frames.{module}\n"
        "except ImportError as error:\n"
        "    sys.stderr.write(str(error))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stderr == line


def test_frames_alone_need_nothing() -> None:
    code = (
        "import sys\n"
        "sys.modules['polars'] = sys.modules['pyarrow'] = None\n"
        "import smtpreply.frames\n"
    )
    path = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=True)
