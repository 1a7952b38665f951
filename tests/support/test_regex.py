"""Patterns that repeat a group possessively, where CPython matches them and where it does not."""

import re
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from smtpreply._support.regex import compile as portable
from smtpreply._support.regex import with_atomic_groups

DATA = Path(__file__).parents[1] / "data"
PATTERNS = (
    r"(.*+\n(?:(?!(?:\d-\d |)X).*+\n)*+)",
    r"((?:a|b[)*+]|\\|(?:ab)++c)*+)(.?)",
    r"([^a)]*+(?:\)+[^a]{1,2}+)?+)(.?)",
    r"((?:(?:a|b){2,3}+c?)++)(.*)",
)
# As it is before 3.11.5. What is compiled while a log is read is looked at.
SCRIPT = """
import re, sys
sys.version_info = (3, 11, 2, "final", 0)
compiled = []
compile = re.compile
def noted(pattern, flags=0):
    compiled.append(pattern)
    return compile(pattern, flags)
re.compile = noted
import importlib, pkgutil, smtpreply
for module in pkgutil.walk_packages(smtpreply.__path__, "smtpreply."):
    if "frames" not in module.name and "__main__" not in module.name:
        try:
            importlib.import_module(module.name)
        except ImportError:  # of an extra
            pass
from smtpreply.logs import scan
from smtpreply._support.lazy_pattern import _LazyPattern
import gc
for pattern in [one for one in gc.get_objects() if type(one) is _LazyPattern]:
    pattern.match
for path in sys.argv[1:]:
    list(scan(path)), list(scan(path).bundled())
for pattern in compiled:
    text = pattern if isinstance(pattern, str) else getattr(pattern, "decode", str)("latin-1")
    if re.search(r"(?<!\\\\)\\)([*+?]|\\{[0-9,]+\\})\\+", text):
        print(text)
"""


@given(st.sampled_from(PATTERNS), st.text("abcX12- \n)\\*+"))
def test_atomic_groups_match_the_same(pattern: str, text: str) -> None:
    made = with_atomic_groups(pattern)
    assert made != pattern
    assert re.findall(made, text) == portable(pattern).findall(text)


def test_what_is_no_such_group_stays() -> None:
    for pattern in (r"[)*+]*+", r"\)*+a", "(?:a)+b++", "(a)*(b)?(?=c)", r"[^]()]++"):
        assert with_atomic_groups(pattern) == pattern
    assert with_atomic_groups(rb"(?:\xff|a)*+") == rb"(?>(?:\xff|a)*)"


def test_where_cpython_is_wrong_no_such_group_is_compiled() -> None:
    """The modules whose patterns have them compile these by `smtpreply._support.regex`."""
    log = str(DATA / "sample.log")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, log], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
