"""Profiles of hypothesis: random by default, and the same each time for a build.

`--hypothesis-profile=steady` for a build, `=quick` for one on a second Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no fault of a test.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", unhurried)
settings.register_profile("steady", unhurried, derandomize=True)
settings.register_profile("quick", unhurried, derandomize=True, max_examples=15)


@pytest.fixture
def said_without() -> Callable[[str, str], str]:
    """Return what importing a module says in a Python that lacks a library, on stderr."""

    def said(library: str, module: str) -> str:
        code = (
            "import sys\n"
            f"sys.modules[{library!r}] = None\n"
            "try:\n"
            f"    import {module}\n"
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
        return run.stderr

    return said
