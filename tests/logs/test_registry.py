"""The formats that there are, told without importing them."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest

from smtpreply.logs.format import Format
from smtpreply.logs.registry import BUILTIN, Builtin


@pytest.mark.parametrize("known", BUILTIN, ids=lambda known: known.name)
def test_a_source_is_claimed_by_those_that_can(known: Builtin) -> None:
    nothing = attrs.fields(Format).claims.default
    assert known.claims == (known.format.claims is not nothing)


def test_a_log_of_postfix_imports_no_other_format() -> None:
    script = (
        "import sys; from smtpreply.logs import scan\n"
        "line = 'Nov 24 11:43:32 mx postfix/qmgr[7]: 4E74613FE7: removed, host status='\n"
        "assert not list(scan([line] * 20)) and scan([line]).coverage.lines == 0\n"
        "print(*[name for name in sys.modules if name.startswith('smtpreply.logs.formats.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    imported = {name.rpartition(".")[2] for name in done.stdout.decode().split()}
    ours = {known.name.replace("-", "_") for known in BUILTIN}
    assert imported & ours == {"postfix"}
